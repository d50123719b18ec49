//! The form for one mark: what it is first, then words, place, and who may see it.

use super::edit_place::PlaceField;
use super::photos::Photos;
use super::view_model::{Missing, Within, categories_for, missing, parse_place, scopes_for, with_category};
use super::words::{PinIcon, category_about, category_words, pin_scope_words};
use crate::components::{Button, ButtonKind, FormGuard, Icon, Page, TextField, provide_form_guard, unique_id};
use crate::i18n::*;
use crate::ipc::ask;
use crate::routes::paths;
use crate::state::{Var, derived, effect, use_draft, use_load, use_session, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use serde::{Deserialize, Serialize};
use trygkort_core::domain::{PinId, Scope};
use trygkort_core::ipc::{
    EditPin, Editing, GetMapFrame, IpcError, PinCategory, PinForm, PinKind, SavePin, Topic, WalkView,
};

/// An unfinished form, with what it was opened as: saving it tomorrow is still judged by what was seen today.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Unfinished {
    opened: Editing<PinForm>,
    form: PinForm,
    /// The place in the address when the form was opened: a place pressed later takes a draft's along.
    at: Option<(f64, f64)>,
}

/// *Ny markering* and *Rediger markering*.
#[component]
pub(crate) fn PinEditPage() -> impl IntoView {
    let i18n = use_i18n();
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse::<PinId>().ok()));
    let title = derived(move || match id.get() {
        Some(_) => t_string!(i18n, map.form.edit_title).to_owned(),
        None => t_string!(i18n, map.form.new_title).to_owned(),
    });
    view! {
        <Page title back=paths::map()>
            // A form of its own for each address: nothing typed for one mark may end up in another.
            {move || view! { <OpenForm id=id.get() /> }}
        </Page>
    }
}

/// Opens the form, with the draft from last time if there is one.
#[component]
fn OpenForm(id: Option<PinId>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let guard = provide_form_guard();
    let start = Var::new(None::<(Unfinished, bool)>);
    let again = RwSignal::new(0_u32);
    let draft = use_draft::<Unfinished>(id.map_or_else(|| "pin/new".to_owned(), |id| format!("pin/{id}")));
    let query = use_query_map();
    let at =
        query.with_untracked(|query| query.get_str("at").and_then(parse_place)).map(|place| (place.lat, place.lon));
    effect(move || {
        again.track();
        spawn_local(async move {
            if let Some(mut unfinished) = draft.restore().await {
                if at.is_some() && at != unfinished.at {
                    unfinished.form.position = at;
                    unfinished.at = at;
                }
                start.try_set(Some((unfinished, true)));
                return;
            }
            match ask(EditPin { id }).await {
                Ok(opened) => {
                    let form = PinForm { position: opened.form.position.or(at), ..opened.form.clone() };
                    start.try_set(Some((Unfinished { opened, form, at }, false)));
                }
                Err(error) => toasts.error(&error),
            }
        });
    });
    let drop_draft = Callback::new(move |()| {
        draft.drop_it();
        start.set(None);
        again.update(|again| *again += 1);
    });
    view! {
        {move || start.get().map(|(start, found)| view! { <Form start draft guard found drop_draft /> })}
        <section class="stack pin-form__photos">
            <h2>{tr!(i18n, map.photo.list)}</h2>
            {match id {
                Some(pin) => view! { <Photos pin /> }.into_any(),
                None => view! { <p class="muted">{tr!(i18n, map.photo.after_saving)}</p> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Form(
    start: Unfinished,
    draft: crate::state::Draft<Unfinished>,
    guard: FormGuard,
    /// The form was filled from a draft.
    found: bool,
    drop_draft: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let session = use_session();
    let navigate = use_navigate();
    let Unfinished { opened, form, at } = start;
    let (was_new, was_in) = (opened.new, opened.form.scope);
    let title = RwSignal::new(form.title.clone());
    let note = RwSignal::new(form.note.clone());
    let rest = Var::new(form); // category, scope and position; title and note are in their fields
    let whole = derived(move || PinForm { title: title.get(), note: note.get(), ..rest.get() });
    let unfinished = {
        let opened = opened.clone();
        derived(move || Unfinished { opened: opened.clone(), form: whole.get(), at })
    };
    draft.watch(unfinished, guard);

    let lacks = Var::new(None::<Missing>);
    let refused = Var::new(None::<IpcError>);
    let busy = RwSignal::new(false);
    let send = Callback::new(move |()| {
        if busy.get_untracked() || guard.blocked_untracked() {
            return;
        }
        let form = whole.get_untracked();
        refused.set(None);
        lacks.set(missing(&form));
        if lacks.get_untracked().is_some() {
            return;
        }
        busy.set(true);
        let (opened, navigate, drop_draft) = (opened.clone(), navigate.clone(), draft.dropper());
        spawn_local(async move {
            let title = form.title.trim().to_owned();
            let answer = ask(SavePin { opened, form }).await;
            busy.try_set(false);
            match answer {
                Ok(saved) => {
                    drop_draft();
                    let words = td_string!(i18n.get_locale_untracked(), map.form.saved, title = title).to_string();
                    toasts.saved(words, &saved);
                    let options = NavigateOptions { replace: true, ..Default::default() };
                    navigate(&paths::pin(PinId(saved.row)), options);
                }
                Err(error) => {
                    toasts.error(&error);
                    refused.try_set(Some(error));
                }
            }
        });
    });
    let title_error = derived(move || {
        let empty = lacks.get() == Some(Missing::Title);
        empty.then(|| t_string!(i18n, map.form.title_missing).to_owned()).or_else(|| words_for(i18n, refused, "title"))
    });
    let note_error = derived(move || words_for(i18n, refused, "note"));
    let place_missing = derived(move || lacks.get() == Some(Missing::Position));
    let category = Memo::new(move |_| rest.with(|form| form.category));
    let role = move || session.role();
    let here = (!was_new).then_some(was_in);
    let frame = use_load(&[Topic::Area, Topic::Pins], || GetMapFrame {});
    let walks = derived(move || frame.map(|frame| frame.walks.clone()).unwrap_or_default());
    let within = move || {
        let open = walks.with(|walks| walks.iter().filter(|walk| walk.open).map(|walk| walk.number).collect());
        Within { here, walks: open }
    };
    view! {
        <form
            class="form pin-form"
            novalidate=true
            on:submit=move |event| {
                event.prevent_default();
                send.run(());
            }
        >
            {found.then(|| view! { <FoundDraft drop_draft /> })}
            <Categories
                category
                choose=Callback::new(move |category| {
                    rest.update(|form| *form = with_category(form, category, untrack(role), &untrack(within)));
                })
            />
            <p class="pin-form__rule">
                <Icon name="shield-check" />
                <span>
                    <strong>{tr!(i18n, common.places_not_persons)}</strong>
                    " "
                    {tr!(i18n, common.not_report)}
                    ". "
                    {tr!(i18n, map.form.not_report)}
                </span>
            </p>
            <TextField
                label=tr!(i18n, map.form.title)
                hint=tr!(i18n, map.form.title_hint)
                value=title
                error=title_error
                max=120
                guard=true
                required=true
            />
            <TextField
                label=tr!(i18n, map.form.note)
                value=note
                error=note_error
                multiline=true
                rows=4
                max=1000
                guard=true
            />
            <PlaceField
                position=derived(move || rest.with(|form| form.position))
                on_position=Callback::new(move |place: crate::map::Place| {
                    rest.update(|form| form.position = Some((place.lat, place.lon)));
                })
                kind=derived(move || category.get().kind())
                missing=place_missing
            />
            <Scopes
                scope=derived(move || rest.with(|form| form.scope))
                offered=derived(move || scopes_for(role(), category.get(), &within()))
                walks
                choose=Callback::new(move |scope| rest.update(|form| form.scope = scope))
            />
            <div class="buttons">
                <Button kind=ButtonKind::Primary submit=true disabled=derived(move || busy.get() || guard.blocked())>
                    {tr!(i18n, common.save)}
                </Button>
            </div>
        </form>
    }
}

/// The words for an error that belongs to this field of [`PinForm`].
fn words_for(i18n: crate::format::I18n, refused: Var<Option<IpcError>>, field: &str) -> Option<String> {
    let error = refused.get().filter(|error| error.field.as_deref() == Some(field))?;
    Some(crate::format::error_words(i18n.get_locale(), &error).to_owned())
}

#[component]
fn FoundDraft(drop_draft: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="pin-form__draft" role="status">
            <p>
                <strong>{tr!(i18n, common.draft.found)}</strong>
                " "
                {tr!(i18n, common.draft.text)}
            </p>
            <Button on_click=drop_draft>{tr!(i18n, common.draft.drop)}</Button>
        </div>
    }
}

/// Heart or star follows from the category, so that nobody has to choose twice.
#[component]
fn Categories(#[prop(into)] category: Signal<PinCategory>, choose: Callback<PinCategory>) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let name = unique_id("category");
    let of_kind = move |kind: PinKind, name: String| {
        categories_for(session.role())
            .into_iter()
            .filter(|category| category.kind() == kind)
            .map(|option| {
                view! {
                    <Choice
                        name=name.clone()
                        chosen=derived(move || category.get() == option)
                        on_choose=move || choose.run(option)
                        words=derived(move || category_words(i18n, option).to_owned())
                        kind=option.kind()
                    />
                }
            })
            .collect_view()
    };
    let caution = move || match category.get() {
        PinCategory::Enthusiast => Some(t_string!(i18n, map.form.enthusiast_note)),
        PinCategory::Group => Some(t_string!(i18n, map.form.group_note)),
        _ => None,
    };
    let (hearts, stars) = (name.clone(), name);
    view! {
        <fieldset class="pin-choices">
            <legend class="pin-choices__legend">{tr!(i18n, map.form.category)}</legend>
            <p class="pin-choices__heading">{tr!(i18n, map.form.resources)}</p>
            <div class="pin-choices__grid">{move || of_kind(PinKind::Resource, hearts.clone())}</div>
            <p class="pin-choices__heading">{tr!(i18n, map.form.challenges)}</p>
            <div class="pin-choices__grid">{move || of_kind(PinKind::Challenge, stars.clone())}</div>
            <div role="status">
                <p class="pin-choices__about">
                    <b>{move || category_words(i18n, category.get())}</b>
                    ": "
                    {move || category_about(i18n, category.get())}
                </p>
                {move || caution().map(|words| view! { <p class="pin-choices__caution">{words}</p> })}
            </div>
        </fieldset>
    }
}

/// Who may see the pin; where there is nothing to choose, a sentence.
#[component]
fn Scopes(
    #[prop(into)] scope: Signal<Scope>,
    #[prop(into)] offered: Signal<Vec<Scope>>,
    /// What the walks are called.
    #[prop(into)]
    walks: Signal<Vec<WalkView>>,
    choose: Callback<Scope>,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = unique_id("scope");
    let offered = Memo::new(move |_| offered.get());
    let about = move |scope: Scope| match scope {
        Scope::Public => t_string!(i18n, map.form.scope_public),
        Scope::Network => t_string!(i18n, map.form.scope_network),
        Scope::Coordination => t_string!(i18n, map.form.scope_coordination),
        Scope::Walk(_) => t_string!(i18n, map.form.scope_walk),
    };
    let words = move |scope: Scope| {
        let named = |walks: &Vec<WalkView>| walks.iter().find(|walk| Some(walk.number) == scope.walk()).cloned();
        let walk = walks.with(named);
        pin_scope_words(i18n, scope, walk.as_ref().map(|walk| walk.name.as_str()))
    };
    let choices = move || match &offered.get()[..] {
        [Scope::Network] => view! { <p class="muted">{tr!(i18n, map.form.scope_network_only)}</p> }.into_any(),
        [one] => {
            let one = *one;
            view! { <p class="muted">{move || words(one)}</p> }.into_any()
        }
        several => several
            .iter()
            .map(|option| {
                let option = *option;
                view! {
                    <Choice
                        name=name.clone()
                        chosen=derived(move || scope.get() == option)
                        on_choose=move || choose.run(option)
                        words=derived(move || words(option))
                        about=derived(move || about(option).to_owned())
                    />
                }
            })
            .collect_view()
            .into_any(),
    };
    view! {
        <fieldset class="pin-choices">
            <legend class="pin-choices__legend">{tr!(i18n, map.form.scope)}</legend>
            <div class="pin-choices__grid pin-choices__grid--wide">{choices}</div>
        </fieldset>
    }
}

/// One of several, large enough for gloves: a radio button that looks like a card.
#[component]
fn Choice(
    name: String,
    chosen: Signal<bool>,
    #[prop(into)] on_choose: Callback<()>,
    words: Signal<String>,
    /// Says more, below the words.
    #[prop(optional, into)]
    about: Option<Signal<String>>,
    /// Shows the heart or the star.
    #[prop(optional, into)]
    kind: Option<PinKind>,
) -> impl IntoView {
    let about_id = about.is_some().then(|| unique_id("about"));
    view! {
        <label
            class="pin-choice"
            class:pin-choice--on=chosen
            class:pin-choice--star=kind == Some(PinKind::Challenge)
        >
            <input
                type="radio"
                class="pin-choice__radio"
                name=name
                prop:checked=chosen
                aria-label=words
                aria-describedby=about_id.clone()
                on:change=move |_| on_choose.run(())
            />
            {kind.map(|kind| view! { <PinIcon kind /> })}
            <span class="pin-choice__words">
                <span class="pin-choice__name">{words}</span>
                {about.map(|about| view! { <span class="pin-choice__about" id=about_id>{about}</span> })}
            </span>
        </label>
    }
}
