//! Unfinished forms: kept on this device while someone types, offered again when the form opens.

use crate::components::FormGuard;
use crate::ipc::ask;
use crate::state::effect;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use serde::de::DeserializeOwned;
use trygkort_core::ipc::{DropDraft, GetDraft, SaveDraft};

/// Typing rests this long before a draft is written.
const REST_MS: u32 = 400;

/// The draft of one form.
#[derive(Clone)]
pub(crate) struct Draft<F: 'static> {
    key: StoredValue<String>,
    found: RwSignal<bool>,
    /// What the last written draft says; `None` before the form is ready.
    written: StoredValue<Option<String>>,
    round: StoredValue<u32>,
    form: std::marker::PhantomData<F>,
}

impl<F> Copy for Draft<F> where F: Clone {}

impl<F: Clone + Serialize + DeserializeOwned + 'static> Draft<F> {
    /// The draft from last time, if there is one that this version can read. Call it before filling the form.
    pub(crate) async fn restore(self) -> Option<F> {
        let json = ask(GetDraft { key: self.key.try_get_value()? }).await.ok()??;
        let form = serde_json::from_str(&json).ok()?;
        self.found.try_set(true);
        Some(form)
    }

    /// Whether the form was filled from a draft: show *Du har en kladde* and offer to drop it.
    pub(crate) fn found(self) -> bool {
        self.found.get()
    }

    /// Starts keeping what `form` gives. What it gives now counts as unchanged and is not written.
    pub(crate) fn watch(self, form: Signal<F>, guard: FormGuard)
    where
        F: Send + Sync,
    {
        self.written.set_value(serde_json::to_string(&form.get_untracked()).ok());
        effect(move || {
            let blocked = guard.blocked();
            let json = form.with(serde_json::to_string).ok();
            let round = self.round.get_value().wrapping_add(1);
            self.round.set_value(round);
            if blocked || json == self.written.get_value() {
                return;
            }
            let Some(json) = json else { return };
            spawn_local(async move {
                TimeoutFuture::new(REST_MS).await;
                let typed_on = self.round.try_get_value() != Some(round);
                if typed_on || guard.blocked_untracked() {
                    return;
                }
                let Some(key) = self.key.try_get_value() else { return };
                self.written.try_set_value(Some(json.clone()));
                // A refusal (a personal number the field did not see) leaves the earlier draft; saving tells about it.
                let _ = ask(SaveDraft { key, json }).await;
            });
        });
    }

    /// The form was saved or given up: nothing is kept, and nothing more is written.
    pub(crate) fn drop_it(self) {
        self.found.try_set(false);
        self.round.try_update_value(|round| *round = round.wrapping_add(1));
        if let Some(key) = self.key.try_get_value() {
            spawn_local(async move {
                let _ = ask(DropDraft { key }).await;
            });
        }
    }
}

/// The draft kept under `key`, e.g. `contact/ID` or `contact/new`.
pub(crate) fn use_draft<F: Clone + Serialize + DeserializeOwned + 'static>(key: impl Into<String>) -> Draft<F> {
    Draft {
        key: StoredValue::new(key.into()),
        found: RwSignal::new(false),
        written: StoredValue::new(None),
        round: StoredValue::new(0),
        form: std::marker::PhantomData,
    }
}
