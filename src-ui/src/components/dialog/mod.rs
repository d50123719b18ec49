//! The browser's own dialog: it keeps the focus inside, closes on Esc and gives the focus back.

use super::{IconButton, When, unique_id};
use crate::i18n::*;
use crate::state::{close_dialog, effect, open_dialog};
use leptos::html;
use leptos::prelude::*;

/// A modal dialog. What is in it is made when it opens.
#[component]
pub(crate) fn Dialog(open: RwSignal<bool>, #[prop(into)] title: Signal<String>, children: ChildrenFn) -> impl IntoView {
    let i18n = use_i18n();
    let node = NodeRef::<html::Dialog>::new();
    let title_id = unique_id("dialog");
    effect(move || {
        let (open, Some(dialog)) = (open.get(), node.get()) else { return };
        if open && !dialog.open() {
            open_dialog(&dialog);
        } else if !open && dialog.open() {
            close_dialog(&dialog);
        }
    });
    view! {
        <dialog node_ref=node class="dialog" aria-labelledby=title_id.clone() on:close=move |_| open.set(false)>
            <div class="dialog__head">
                <h2 class="dialog__title" id=title_id.clone()>{title}</h2>
                <IconButton
                    icon="x"
                    label=tr!(i18n, common.close)
                    on_click=move || open.set(false)
                />
            </div>
            <div class="dialog__body">
                <When cond=move || open.get()>{children()}</When>
            </div>
        </dialog>
    }
}
