//! Taking or choosing a photo: made small at once, then seen and described before it is kept.

use crate::components::{Button, ButtonKind, Dialog, Icon, TextField, When, provide_form_guard};
use crate::i18n::*;
use crate::ipc::{PreparedPhoto, ask, prepare_photo};
use crate::state::{derived, use_now, use_toasts};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::domain::PinId;
use trygkort_core::ipc::{AddPhoto, to_base64};

/// *Tag billede* and *Vælg billede*, while there is room for one more.
#[component]
pub(super) fn AddPhotos(pin: PinId, full: Signal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let open = RwSignal::new(false);
    let prepared = StoredValue::new_local(None::<PreparedPhoto>);
    let chosen = Callback::new(move |file: web_sys::File| {
        busy.set(true);
        spawn_local(async move {
            let made = prepare_photo(&file).await;
            busy.try_set(false);
            match made {
                Some(made) => {
                    prepared.try_set_value(Some(made));
                    open.try_set(true);
                }
                None => toasts.fail(td_string!(i18n.get_locale_untracked(), map.photo.not_a_picture)),
            }
        });
    });
    let words = derived(move || match (busy.get(), full.get()) {
        (true, _) => t_string!(i18n, map.photo.working).to_owned(),
        (_, true) => t_string!(i18n, map.photo.full).to_owned(),
        _ => t_string!(i18n, map.photo.hint).to_owned(),
    });
    view! {
        <When cond=move || !full.get()>
            <div class="buttons">
                <Source words=tr!(i18n, map.photo.take) icon="camera" capture=true busy chosen />
                <Source words=tr!(i18n, map.photo.choose) icon="plus" capture=false busy chosen />
            </div>
        </When>
        <p class="muted" role="status">{words}</p>
        <Dialog open title=tr!(i18n, map.photo.title)>
            <Describe pin prepared open />
        </Dialog>
    }
}

/// A file input that looks like a button.
#[component]
fn Source(
    words: Signal<String>,
    icon: &'static str,
    /// Opens the camera, where there is one.
    capture: bool,
    busy: RwSignal<bool>,
    chosen: Callback<web_sys::File>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let change = move |_| {
        let Some(input) = input.get_untracked() else { return };
        let file = input.files().and_then(|files| files.get(0));
        // The same file once more is a change too.
        input.set_value("");
        if let Some(file) = file {
            chosen.run(file);
        }
    };
    view! {
        <label class="button button--plain photos__source" class:photos__source--busy=busy>
            <Icon name=icon />
            <span class="button__words">{words}</span>
            <input
                type="file"
                class="visually-hidden"
                accept="image/*"
                capture=capture.then_some("environment")
                disabled=busy
                node_ref=input
                on:change=change
            />
        </label>
    }
}

/// The picture as it will be sent, and what it shows.
#[component]
fn Describe(
    pin: PinId,
    prepared: StoredValue<Option<PreparedPhoto>, LocalStorage>,
    open: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let now = use_now();
    let guard = provide_form_guard();
    let caption = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let picture = prepared.with_value(|prepared| {
        prepared.as_ref().map(|made| {
            let address = format!("data:image/jpeg;base64,{}", to_base64(&made.thumbnail.0));
            view! { <img class="photos__preview" src=address alt="" /> }
        })
    });
    let save = move || {
        if guard.blocked_untracked() || busy.get_untracked() {
            return;
        }
        let Some(PreparedPhoto { photo, thumbnail }) = prepared.get_value() else { return };
        let caption = caption.get_untracked().trim().to_owned();
        let taken_at_ms = Some(now.get_untracked());
        busy.set(true);
        spawn_local(async move {
            let answer = ask(AddPhoto { pin, photo, thumbnail, caption, taken_at_ms }).await;
            busy.try_set(false);
            match answer {
                Ok(saved) => {
                    toasts.saved(td_string!(i18n.get_locale_untracked(), map.photo.saved), &saved);
                    open.try_set(false);
                }
                Err(error) => toasts.error(&error),
            }
        });
    };
    view! {
        {picture}
        <form
            class="form"
            novalidate=true
            on:submit=move |event| {
                event.prevent_default();
                save();
            }
        >
            <TextField label=tr!(i18n, map.photo.caption) hint=tr!(i18n, map.photo.hint) value=caption max=300 guard=true />
            <Button kind=ButtonKind::Primary submit=true disabled=derived(move || busy.get() || guard.blocked())>
                {tr!(i18n, common.save)}
            </Button>
        </form>
    }
}
