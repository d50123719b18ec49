//! Effects and derived signals that are compiled once.
//!
//! Leptos compiles an effect or a signal anew for every closure type, which costs the download more than a call through
//! a pointer costs the phone.

use leptos::prelude::*;

/// [`Effect::new`] with its closure behind a pointer.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    compiled_once(Box::new(run));
}

/// A function of its own: a closure written inside a generic function is a new type for every one of its callers.
fn compiled_once(mut run: Box<dyn FnMut()>) {
    Effect::new(move |_| run());
}

/// [`Signal::derive`] with its closure behind a pointer.
pub(crate) fn derived<T: Send + Sync + 'static>(value: impl Fn() -> T + Send + Sync + 'static) -> Signal<T> {
    let value: Box<dyn Fn() -> T + Send + Sync> = Box::new(value);
    Signal::derive(value)
}
