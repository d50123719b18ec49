//! Effects that are compiled once.

use leptos::prelude::*;

/// [`Effect::new`] with its closure behind a pointer: Leptos compiles an effect anew for every closure type, which costs
/// the download more than a call costs the phone.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    let mut run: Box<dyn FnMut()> = Box::new(run);
    Effect::new(move |_| run());
}
