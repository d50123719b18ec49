//! What the sync badge says, in data; the words are in `features/shell`.

use super::Var;
use crate::ipc::ask;
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::{GetSyncStatus, SyncStatus};

/// The newest status the host told; `None` until the first answer.
#[derive(Clone, Copy)]
pub(crate) struct SyncBadge(Var<Option<SyncStatus>>);

impl SyncBadge {
    pub(crate) fn provide() -> Self {
        let badge = Self(Var::new(None));
        provide_context(badge);
        badge
    }

    pub(crate) fn set(self, status: SyncStatus) {
        self.0.set(Some(status));
    }

    /// No area is open: there is nothing to say.
    pub(crate) fn clear(self) {
        self.0.set(None);
    }

    /// Asks the host; for the start and after another area was opened.
    pub(crate) fn refresh(self) {
        spawn_local(async move {
            // Without an area there is no status, and the badge stays away.
            self.0.set(ask(GetSyncStatus {}).await.ok());
        });
    }
}

/// Whether this device's access to the open area has ended.
pub(crate) fn use_locked_out() -> Memo<bool> {
    let status = use_sync_status();
    Memo::new(move |_| status.with(|status| status.as_ref().is_some_and(|status| status.state.is_locked_out())))
}

/// The newest status.
pub(crate) fn use_sync_status() -> Var<Option<SyncStatus>> {
    expect_context::<SyncBadge>().0
}
