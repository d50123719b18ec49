//! Loading, failed or there: the same everywhere.

use super::{Button, EmptyState, LinkButton};
use crate::format::error_words;
use crate::i18n::*;
use crate::state::{Load, derived};
use leptos::prelude::*;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::IpcError;

/// Draws `children` with the newest answer of `load`, grey bars while there is none, and what went wrong when there
/// will be none.
#[component]
pub(crate) fn Loaded<T, F, V>(
    load: Load<T>,
    /// How many grey bars stand in for what is coming.
    #[prop(default = 4)]
    bars: usize,
    /// *Historik* of what is not there any more, for those who may restore it.
    #[prop(optional, into)]
    gone: Signal<Option<String>>,
    children: F,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    F: Fn(T) -> V + Send + 'static,
    V: IntoView + 'static,
{
    let retry = Callback::new(move |()| load.reload());
    view! {
        {move || match (load.get(), load.error()) {
            (Some(data), _) => children(data).into_any(),
            (None, Some(error)) => view! { <Failed error retry gone /> }.into_any(),
            (None, None) => view! { <Loading bars /> }.into_any(),
        }}
    }
}

#[component]
fn Failed(error: IpcError, retry: Callback<()>, gone: Signal<Option<String>>) -> impl IntoView {
    let i18n = use_i18n();
    let missing = error.code == ErrorCode::NotFound;
    let icon = if missing { "search-x" } else { "triangle-alert" };
    let history = move || {
        let href = gone.get().filter(|_| missing);
        href.map(|href| view! { <LinkButton href icon="history">{tr!(i18n, updates.history)}</LinkButton> })
    };
    let title = derived(move || error_words(i18n.get_locale(), &error).to_owned());
    view! {
        <div role="alert">
            <EmptyState icon title>
                {history}
                <Button icon="refresh-cw" on_click=retry>{tr!(i18n, common.retry)}</Button>
            </EmptyState>
        </div>
    }
}

#[component]
fn Loading(bars: usize) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="loading" role="status">
            <span class="visually-hidden">{tr!(i18n, common.loading)}</span>
            {(0..bars).map(|_| view! { <span class="loading__bar"></span> }).collect_view()}
        </div>
    }
}
