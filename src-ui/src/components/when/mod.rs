//! Something that is there only while a condition holds.

use leptos::prelude::*;

/// What [`When`] waits for. A closure is kept behind a pointer: a signal of its own would weigh more.
pub(crate) struct Condition(Box<dyn Fn() -> bool + Send + Sync>);

impl<F: Fn() -> bool + Send + Sync + 'static> From<F> for Condition {
    fn from(holds: F) -> Self {
        Self(Box::new(holds))
    }
}

impl From<Signal<bool>> for Condition {
    fn from(holds: Signal<bool>) -> Self {
        Self(Box::new(move || holds.get()))
    }
}

impl From<Memo<bool>> for Condition {
    fn from(holds: Memo<bool>) -> Self {
        Self(Box::new(move || holds.get()))
    }
}

/// [`Show`] without a fallback, compiled once instead of once for every use.
#[component]
pub(crate) fn When(#[prop(into)] cond: Condition, children: ChildrenFn) -> impl IntoView {
    // A memo: what stands inside is kept while the condition holds, however often it is worked out again.
    let holds = Memo::new(move |_| (cond.0)());
    view! { {move || holds.get().then(|| children())} }
}
