//! Something that is there only while a condition holds.

use leptos::prelude::*;

/// [`Show`] without a fallback, compiled once instead of once for every use.
#[component]
pub(crate) fn When(#[prop(into)] cond: Signal<bool>, children: ChildrenFn) -> impl IntoView {
    // A memo: what stands inside is kept while the condition holds, however often it is worked out again.
    let holds = Memo::new(move |_| cond.get());
    move || holds.get().then(|| children())
}
