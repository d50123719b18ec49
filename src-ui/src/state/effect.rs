//! Effects that are compiled once.

use leptos::prelude::*;

/// [`Effect::new`] with its closure behind a pointer: Leptos compiles an effect anew for every closure type, which costs
/// the download more than a call costs the phone.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    compiled_once(Box::new(run));
}

/// A function of its own: a closure written inside a generic function is a new type for every one of its callers.
fn compiled_once(mut run: Box<dyn FnMut()>) {
    Effect::new(move |_| run());
}
