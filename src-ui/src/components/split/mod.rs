//! A list and what is chosen in it: one after the other on a phone, beside each other on a desk.

use super::PagePlace;
use leptos::context::Provider;
use leptos::prelude::*;

/// A list with its detail.
#[component]
pub(crate) fn Split(
    /// Whether something is chosen. On a phone the detail then stands in the place of the list.
    #[prop(into)]
    detail_open: Signal<bool>,
    list: Children,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="split" class:split--open=detail_open>
            <div class="split__list">
                <Provider value=PagePlace::List { detail_open }>{list()}</Provider>
            </div>
            <div class="split__detail">
                <Provider value=PagePlace::Detail>{children()}</Provider>
            </div>
        </div>
    }
}
