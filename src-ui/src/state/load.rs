//! Reading from the host: asked again when what it shows changes, old data kept on the screen meanwhile.

use super::{Changes, effect, use_now};
use crate::ipc::ask;
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{Ask, IpcError, Topic};

/// The answer to a request, as a screen sees it over time.
pub(crate) struct Load<T: 'static> {
    data: RwSignal<Option<T>>,
    error: RwSignal<Option<IpcError>>,
    again: RwSignal<u32>,
}

impl<T> Clone for Load<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Load<T> {}

impl<T: Clone + Send + Sync + 'static> Load<T> {
    /// The newest answer; `None` while the first one is under way, or when there is only a failure.
    pub(crate) fn get(self) -> Option<T> {
        self.data.get()
    }

    pub(crate) fn get_untracked(self) -> Option<T> {
        self.data.get_untracked()
    }

    /// Part of the newest answer.
    pub(crate) fn map<U>(self, part: impl FnOnce(&T) -> U) -> Option<U> {
        self.data.with(|data| data.as_ref().map(part))
    }

    /// Why the last attempt failed, if it did.
    pub(crate) fn error(self) -> Option<IpcError> {
        self.error.get()
    }

    /// Asks again.
    pub(crate) fn reload(self) {
        self.again.update(|count| *count = count.wrapping_add(1));
    }
}

/// Asks `request` now, whenever a signal it reads changes, and whenever one of `topics` changes; each minute too when
/// the answer speaks of opening hours.
pub(crate) fn use_load<A, F>(topics: &'static [Topic], request: F) -> Load<A::Reply>
where
    A: Ask + 'static,
    A::Reply: Clone + PartialEq + Send + Sync + 'static,
    F: Fn() -> A + 'static,
{
    let load = Load { data: RwSignal::new(None), error: RwSignal::new(None), again: RwSignal::new(0) };
    let changes = expect_context::<Changes>();
    let now = use_now();
    let has_hours = topics.iter().any(|topic| matches!(topic, Topic::Card | Topic::Contacts));
    let latest = StoredValue::new(0_u32);
    effect(move || {
        load.again.track();
        changes.track(topics);
        if has_hours {
            now.track();
        }
        let asked = request();
        let round = latest.try_get_value().unwrap_or(0).wrapping_add(1);
        latest.set_value(round);
        spawn_local(async move {
            let answer = ask(asked).await;
            // A later question was asked meanwhile, or the screen is gone: this answer is of no interest.
            if latest.try_get_value() == Some(round) {
                load.take(answer);
            }
        });
    });
    load
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Load<T> {
    fn take(self, answer: Result<T, IpcError>) {
        match answer {
            Ok(data) => {
                // An equal answer draws nothing again, so that focus and scrolling stay where they are.
                if self.data.with_untracked(|old| old.as_ref() != Some(&data)) {
                    self.data.set(Some(data));
                }
                if self.error.with_untracked(Option::is_some) {
                    self.error.set(None);
                }
            }
            Err(error) => {
                if error.code == ErrorCode::NotFound {
                    self.data.set(None);
                }
                self.error.set(Some(error));
            }
        }
    }
}
