//! Nothing to show, and what to do about it.

use super::Icon;
use leptos::prelude::*;

/// An empty list, a pane where nothing is chosen, a failure.
#[component]
pub(crate) fn EmptyState(
    #[prop(into)] icon: String,
    #[prop(into)] title: Signal<String>,
    #[prop(optional, into)] text: Signal<String>,
    /// What to do: buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty-state">
            <span class="empty-state__icon"><Icon name=icon /></span>
            <p class="empty-state__title">{title}</p>
            {move || text.with(|text| (!text.is_empty()).then(|| view! { <p class="empty-state__text">{text.clone()}</p> }))}
            {children.map(|children| view! { <div class="empty-state__actions">{children()}</div> })}
        </div>
    }
}
