//! Unfinished forms: kept on this device while someone types, offered again when the form opens.

use crate::components::FormGuard;
use crate::ipc::{ask, from_json, to_json};
use crate::state::effect;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::sync::Arc;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{DropDraft, GetDraft, SaveDraft};

/// A change waits at most this long before the draft is written, however fast someone types on.
const KEEP_WITHIN_MS: u32 = 250;

/// The draft of one form.
pub(crate) struct Draft<F> {
    keeper: Keeper,
    form: PhantomData<fn() -> F>,
}

impl<F> Clone for Draft<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Draft<F> {}

impl<F: Serialize + DeserializeOwned + Send + Sync + 'static> Draft<F> {
    /// The draft from last time, if there is one that this version can read. Call it before filling the form.
    pub(crate) async fn restore(self) -> Option<F> {
        let form = from_json(&self.keeper.read().await?).ok()?;
        self.keeper.found.try_set(true);
        Some(form)
    }

    /// Whether the form was filled from a draft: show *Du har en kladde* and offer to drop it.
    pub(crate) fn found(self) -> bool {
        self.keeper.found.get()
    }

    /// Starts keeping what `form` gives. What it gives now counts as unchanged and is not written.
    ///
    /// Also keeps it at once when the page is hidden: a phone may end a hidden app without another word.
    pub(crate) fn watch(self, form: Signal<F>, guard: FormGuard) {
        let json = move || form.try_with(|form| to_json(form).map(String::from).ok()).flatten();
        self.keeper.watch(Arc::new(json), guard);
    }

    /// The form was saved or given up: nothing is kept, and nothing more is written.
    pub(crate) fn drop_it(self) {
        self.dropper()();
    }

    /// [`Draft::drop_it`] for when the answer has come: it works also when the screen is gone by then. A draft that
    /// outlived its saving would be offered as something new, and be saved over what it had become.
    pub(crate) fn dropper(self) -> impl FnOnce() + 'static {
        let (keeper, key) = (self.keeper, self.keeper.key.get_value());
        move || keeper.drop_kept(key)
    }
}

/// The draft kept under `key`, e.g. `contact/ID` or `contact/new`.
pub(crate) fn use_draft<F>(key: impl Into<String>) -> Draft<F> {
    let keeper = Keeper {
        key: StoredValue::new(key.into()),
        found: RwSignal::new(false),
        written: StoredValue::new(None),
        latest: StoredValue::new(None),
        waits: StoredValue::new(false),
        over: StoredValue::new(false),
    };
    Draft { keeper, form: PhantomData }
}

/// Gives a form as it is now; `None` when its screen is gone.
type Form = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// What is the same for all forms, compiled once.
#[derive(Clone, Copy)]
struct Keeper {
    key: StoredValue<String>,
    found: RwSignal<bool>,
    /// What the last written draft says; `None` before the form is ready.
    written: StoredValue<Option<String>>,
    /// What the form said last.
    latest: StoredValue<Option<String>>,
    /// A change is about to be written.
    waits: StoredValue<bool>,
    /// Saved or given up.
    over: StoredValue<bool>,
}

impl Keeper {
    async fn read(self) -> Option<String> {
        ask(GetDraft { key: self.key.try_get_value()? }).await.ok()?
    }

    fn watch(self, form: Form, guard: FormGuard) {
        self.written.set_value(untrack(|| form()));
        self.over.set_value(false);
        effect(move || {
            self.latest.set_value(form());
            if !guard.blocked() && !self.waits.get_value() {
                self.waits.set_value(true);
                spawn_local(async move {
                    TimeoutFuture::new(KEEP_WITHIN_MS).await;
                    self.keep(guard);
                });
            }
        });
        let hidden = window_event_listener_untyped("visibilitychange", move |_| self.keep(guard));
        on_cleanup(move || {
            hidden.remove();
            self.keep(guard);
        });
    }

    /// Writes what the form says now, unless it is written already, is over, or has a personal number in it.
    fn keep(self, guard: FormGuard) {
        self.waits.try_set_value(false);
        if self.over.try_get_value() != Some(false) || guard.blocked_untracked() {
            return;
        }
        let (Some(Some(json)), Some(key)) = (self.latest.try_get_value(), self.key.try_get_value()) else { return };
        if self.written.try_get_value() == Some(Some(json.clone())) {
            return;
        }
        self.written.try_set_value(Some(json.clone()));
        spawn_local(async move {
            // A refusal (a personal number the field did not see) leaves the earlier draft; saving tells about it. What
            // could not be written for another reason is tried again.
            let answer = ask(SaveDraft { key, json: json.clone() }).await;
            let failed = answer.is_err_and(|error| error.code != ErrorCode::PersonalNumber);
            if failed && self.written.try_get_value() == Some(Some(json)) {
                self.written.try_set_value(None);
            }
        });
    }

    fn drop_kept(self, key: String) {
        self.found.try_set(false);
        self.over.try_set_value(true);
        spawn_local(async move {
            let _ = ask(DropDraft { key }).await;
        });
    }
}
