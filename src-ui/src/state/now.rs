//! The time of day, for words such as *Åbent til kl. 15*.

use super::Var;
use leptos::prelude::*;
use std::time::Duration;

/// Milliseconds since 1970 UTC; moves on each minute.
#[derive(Clone, Copy)]
pub(crate) struct Now(Var<i64>);

impl Now {
    /// Starts the clock of the page.
    pub(crate) fn provide() -> Self {
        let now = Var::new(current_ms());
        set_interval(move || now.set(current_ms()), Duration::from_secs(60));
        let now = Self(now);
        provide_context(now);
        now
    }
}

/// The clock of the page.
pub(crate) fn use_now() -> Var<i64> {
    expect_context::<Now>().0
}

/// The clock of the device. `f64` holds whole milliseconds exactly for longer than we will be around.
#[expect(clippy::cast_possible_truncation, reason = "Date.now() is a whole number of milliseconds")]
fn current_ms() -> i64 {
    js_sys::Date::now() as i64
}
