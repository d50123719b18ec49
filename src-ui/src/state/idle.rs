//! Whether anybody uses the app: told to the core, and the reason to lock when nobody does.

use super::focus::is_moved_by_the_app;
use super::{Host, Session, use_host, use_session};
use crate::ipc::ask;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;
use trygkort_core::ipc::{InUse, LockNow};

/// The core is told of use this often at most.
const TELL_EVERY_MS: f64 = 5_000.0;
const LOOK_EVERY: Duration = Duration::from_secs(2);
const MINUTE_MS: f64 = 60_000.0;
/// What a person does. The last three come from those who use neither finger nor key: screen readers and dictation.
///
/// What is selected is not among them. It changes whenever a text that was clicked is drawn anew, which colleagues and
/// the clock do all day: on a busy area the app would never lock.
const USES: [&str; 7] = ["pointerdown", "keydown", "wheel", "touchmove", "input", "click", "focusin"];

#[derive(Clone, Copy)]
struct Use {
    session: Session,
    host: Host,
    last_ms: StoredValue<f64>,
    told_ms: StoredValue<f64>,
}

/// Follows fingers, keys and the clock while the screens are open.
pub(crate) fn watch_use() {
    let now_ms = js_sys::Date::now();
    let used = Use {
        session: use_session(),
        host: use_host(),
        last_ms: StoredValue::new(now_ms),
        told_ms: StoredValue::new(now_ms),
    };
    for name in USES {
        let handle = window_event_listener_untyped(name, move |event| {
            if is_of_a_person(event.is_trusted(), is_moved_by_the_app()) {
                used.note();
            }
        });
        on_cleanup(move || handle.remove());
    }
    // A device that slept shows nothing of what is locked by now.
    let woken = window_event_listener_untyped("focus", move |_| used.look());
    on_cleanup(move || woken.remove());
    if let Ok(interval) = set_interval_with_handle(move || used.look(), LOOK_EVERY) {
        on_cleanup(move || interval.clear());
    }
}

/// Whether somebody must be there for it: not for what a script made up, nor for the focus that the app moves itself.
fn is_of_a_person(by_the_browser: bool, focus_moved_by_the_app: bool) -> bool {
    by_the_browser && !focus_moved_by_the_app
}

impl Use {
    /// Minutes without use until it locks; `None`: never by itself.
    fn limit_ms(self) -> Option<f64> {
        let minutes = self.session.boot().with_untracked(|boot| boot.lock_after_minutes)?;
        (minutes > 0).then(|| f64::from(minutes) * MINUTE_MS)
    }

    fn note(self) {
        // A timer or a finger may come when what was shown is gone already.
        let Some(last_ms) = self.last_ms.try_get_value() else { return };
        let Some(limit_ms) = self.limit_ms() else { return };
        let now_ms = js_sys::Date::now();
        if now_ms - last_ms >= limit_ms {
            // Too late: the finger that wakes a device does not open it.
            return self.look();
        }
        self.last_ms.set_value(now_ms);
        if now_ms - self.told_ms.get_value() >= TELL_EVERY_MS {
            self.told_ms.set_value(now_ms);
            spawn_local(async {
                // Refused means locked, and that is an event of its own.
                let _ = ask(InUse {}).await;
            });
        }
    }

    fn look(self) {
        let Some(last_ms) = self.last_ms.try_get_value() else { return };
        let Some(limit_ms) = self.limit_ms() else {
            // A PIN that is set later begins to count then.
            self.last_ms.set_value(js_sys::Date::now());
            return;
        };
        let idle = js_sys::Date::now() - last_ms >= limit_ms;
        // Another tab has the database: it locks, and this one hears of it.
        if idle && !self.host.parked.get_untracked() && !self.host.locked.get_untracked() {
            self.host.locked.set(true);
            spawn_local(async {
                let _ = ask(LockNow {}).await;
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_somebody_must_be_there_for_counts() {
        assert!(is_of_a_person(true, false));
        assert!(!is_of_a_person(false, false), "a script can click");
        assert!(!is_of_a_person(true, true), "a heading gets the focus");
        assert!(!USES.contains(&"selectionchange"), "a redraw moves what is selected");
    }
}
