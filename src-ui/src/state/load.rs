//! Reading from the host: asked again when what it shows changes, old data kept on the screen meanwhile.

use super::{Changes, Var, effect, use_now};
use crate::ipc::{ask_for_json, read_reply};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{Ask, IpcError, Request, Topic};

/// The answer to a request, as a screen sees it over time.
pub(crate) struct Load<T: 'static> {
    asked: Asked,
    reply: PhantomData<fn() -> T>,
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
        self.map(T::clone)
    }

    pub(crate) fn get_untracked(self) -> Option<T> {
        untrack(|| self.get())
    }

    /// Part of the newest answer.
    pub(crate) fn map<U>(self, part: impl FnOnce(&T) -> U) -> Option<U> {
        let reply = self.asked.reply()?;
        Some(part(reply.downcast_ref().expect("a load keeps what its own request was answered with")))
    }

    /// Why the last attempt failed, if it did.
    pub(crate) fn error(self) -> Option<IpcError> {
        self.asked.error.get()
    }

    /// Asks again.
    pub(crate) fn reload(self) {
        self.asked.again.update(|count| *count = count.wrapping_add(1));
    }
}

/// Asks `request` now, whenever a signal it reads changes, and whenever one of `topics` changes; each minute too when
/// the answer speaks of opening hours.
pub(crate) fn use_load<A, F>(topics: &'static [Topic], request: F) -> Load<A::Reply>
where
    A: Ask + 'static,
    A::Reply: Send + Sync + 'static,
    F: Fn() -> A + 'static,
{
    let read = |json: &str| read_reply::<A::Reply>(json).map(|reply| Arc::new(reply) as Reply);
    let asked = Asked::new();
    asked.keep_asking(topics, Box::new(move || request().into_request()), read);
    Load { asked, reply: PhantomData }
}

type Reply = Arc<dyn Any + Send + Sync>;

/// A [`Load`] that does not know the type of its reply. There are many loads, and this part is the same for all.
#[derive(Clone, Copy)]
struct Asked {
    reply: RwSignal<Option<Reply>>,
    error: Var<Option<IpcError>>,
    again: RwSignal<u32>,
    /// What [`Asked::reply`] was read from.
    json: StoredValue<Option<String>>,
    /// The number of the latest question.
    round: StoredValue<u32>,
}

impl Asked {
    fn new() -> Self {
        Self {
            reply: RwSignal::new(None),
            error: Var::new(None),
            again: RwSignal::new(0),
            json: StoredValue::new(None),
            round: StoredValue::new(0),
        }
    }

    fn reply(self) -> Option<Reply> {
        self.reply.get()
    }

    fn keep_asking(
        self,
        topics: &'static [Topic],
        request: Box<dyn Fn() -> Request>,
        read: fn(&str) -> Result<Reply, IpcError>,
    ) {
        let changes = expect_context::<Changes>();
        let now = use_now();
        let has_hours = topics.iter().any(|topic| matches!(topic, Topic::Card | Topic::Contacts));
        effect(move || {
            self.again.track();
            changes.track(topics);
            if has_hours {
                now.track();
            }
            let request = request();
            let round = self.round.try_get_value().unwrap_or(0).wrapping_add(1);
            self.round.set_value(round);
            spawn_local(async move {
                let answer = ask_for_json(request).await;
                // A later question was asked meanwhile, or the screen is gone: this answer is of no interest.
                if self.round.try_get_value() == Some(round) {
                    self.take(answer, read);
                }
            });
        });
    }

    fn take(self, answer: Result<String, IpcError>, read: fn(&str) -> Result<Reply, IpcError>) {
        match answer.and_then(|json| self.show(json, read)) {
            Ok(()) => {
                if self.error.with_untracked(Option::is_some) {
                    self.error.set(None);
                }
            }
            Err(error) => {
                if error.code == ErrorCode::NotFound {
                    self.json.set_value(None);
                    self.reply.set(None);
                }
                self.error.set(Some(error));
            }
        }
    }

    fn show(self, json: String, read: fn(&str) -> Result<Reply, IpcError>) -> Result<(), IpcError> {
        // An equal answer draws nothing again, so that focus and scrolling stay where they are.
        if self.json.with_value(|old| old.as_ref() != Some(&json)) {
            self.reply.set(Some(read(&json)?));
            self.json.set_value(Some(json));
        }
        Ok(())
    }
}
