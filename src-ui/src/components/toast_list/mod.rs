//! Where short messages stand.

use super::{Button, IconButton};
use crate::i18n::*;
use crate::state::{Toast, use_toasts};
use leptos::prelude::*;

/// All messages, the newest last. Screen readers are told of each.
#[component]
pub(crate) fn ToastList() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <div class="toasts" role="status" aria-live="polite" aria-relevant="additions">
            <For each=move || toasts.list().get() key=|toast| toast.id let:toast>
                <ToastLine toast />
            </For>
        </div>
    }
}

#[component]
fn ToastLine(toast: Toast) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let id = toast.id;
    let class = if toast.error { "toast toast--error" } else { "toast" };
    let text = toast.text.clone();
    let undo = toast.undo.is_some().then(|| {
        view! { <Button icon="undo-2" on_click=move || toasts.take_back(&toast)>{tr!(i18n, common.undo)}</Button> }
    });
    view! {
        <div class=class>
            <p class="toast__text">{text}</p>
            {undo}
            <IconButton
                icon="x"
                label=tr!(i18n, common.close)
                on_click=move || toasts.close(id)
            />
        </div>
    }
}
