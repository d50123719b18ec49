//! A Lucide icon from the sprite that `index.html` carries.

use leptos::prelude::*;

/// An icon; always decoration, the words beside it carry the meaning.
#[component]
pub(crate) fn Icon(
    /// A name that stands in `assets/icons/icons.txt`.
    #[prop(into)]
    name: Signal<String>,
) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true" focusable="false" viewBox="0 0 24 24">
            <use href=move || name.with(|name| format!("#i-{name}"))></use>
        </svg>
    }
}
