//! The page around a form: who may edit, loading, *Du har en kladde*, the buttons at the end.

use super::form::{Fields, FormState};
use super::view_model::Unfinished;
use crate::components::{Button, ButtonKind, EmptyState, Icon, Page, When, provide_form_guard};
use crate::format::error_words;
use crate::i18n::*;
use crate::ipc::ask;
use crate::state::{Var, derived, use_draft, use_session};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::{Ask, Editing, IpcError};

/// A page with a form on it, for coordinators.
#[component]
pub(crate) fn FormPage<F, A, V>(
    #[prop(into)] title: Signal<String>,
    #[prop(into)] back: String,
    /// The key of the form's draft.
    #[prop(into)]
    draft_key: String,
    /// Asks for the form as it is now.
    open: A,
    /// The form's fields and buttons, called with its state.
    children: fn(FormState<F>) -> V,
) -> impl IntoView
where
    F: Fields,
    A: Ask<Reply = Editing<F::Form>> + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    view! {
        <Page title back>
            <CoordinatorsOnly>
                <OpenForm draft_key=draft_key.clone() open=open.clone() children />
            </CoordinatorsOnly>
        </Page>
    }
}

/// What coordinators may do; others are told that it is for them.
#[component]
pub(crate) fn CoordinatorsOnly(children: ChildrenFn) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let allowed = Memo::new(move |_| session.is_coordinator());
    view! {
        <Show
            when=move || allowed.get()
            fallback=move || {
                view! {
                    <EmptyState
                        icon="lock"
                        title=tr!(i18n, edit.only_coordinators)
                        text=tr!(i18n, edit.only_coordinators_text)
                    />
                }
            }
        >
            {children()}
        </Show>
    }
}

#[component]
fn OpenForm<F, A, V>(draft_key: String, open: A, children: fn(FormState<F>) -> V) -> impl IntoView
where
    F: Fields,
    A: Ask<Reply = Editing<F::Form>> + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let i18n = use_i18n();
    let guard = provide_form_guard();
    let draft = use_draft::<Unfinished<F::Form>>(draft_key);
    let found = Var::new(None::<Result<Unfinished<F::Form>, IpcError>>);
    let fresh = {
        let open = open.clone();
        move || {
            let open = open.clone();
            spawn_local(async move {
                let answer = ask(open).await.map(|opened| Unfinished { form: opened.form.clone(), opened });
                found.try_set(Some(answer));
            });
        }
    };
    let first = fresh.clone();
    spawn_local(async move {
        match draft.restore().await {
            Some(under_way) => {
                found.try_set(Some(Ok(under_way)));
            }
            None => first(),
        }
    });
    let drop_draft = move || {
        draft.drop_it();
        // Whatever is typed from here on belongs into the fresh form, not into the one that is about to go.
        found.set(None);
        fresh();
    };
    view! {
        <When cond=move || draft.found()>
            <div class="draft" role="status">
                <Icon name="file-pen" />
                <p class="draft__words">
                    <strong>{tr!(i18n, common.draft.found)}</strong>
                    " "
                    {tr!(i18n, common.draft.text)}
                </p>
                <Button on_click=drop_draft.clone()>{tr!(i18n, common.draft.drop)}</Button>
            </div>
        </When>
        {move || match found.get() {
            None => {
                view! {
                    <div class="loading" role="status">
                        <span class="visually-hidden">{tr!(i18n, common.loading)}</span>
                    </div>
                }
                    .into_any()
            }
            Some(Ok(under_way)) => children(FormState::new(under_way, draft, guard)).into_any(),
            Some(Err(error)) => {
                let title = derived(move || error_words(i18n.get_locale(), &error).to_owned());
                view! { <EmptyState icon="triangle-alert" title /> }.into_any()
            }
        }}
    }
}

/// *Gem* and *Annuller*, and why nothing can be saved while a personal number stands in the form.
#[component]
pub(crate) fn FormEnd<F: Fields>(
    state: FormState<F>,
    /// Where giving up leads.
    #[prop(into)]
    cancel: String,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <When cond=move || state.blocked()>
            <p class="edit-stop" role="alert">
                <Icon name="shield-alert" />
                <span>{tr!(i18n, edit.personal_number)}</span>
            </p>
        </When>
        <div class="buttons edit-end">
            <Button submit=true kind=ButtonKind::Primary icon="check" disabled=state.busy()>
                {tr!(i18n, common.save)}
            </Button>
            <Button on_click=move || state.give_up(&cancel)>{tr!(i18n, common.cancel)}</Button>
        </div>
    }
}
