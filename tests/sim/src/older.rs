//! Devices whose program is older than the server's.
//!
//! On them runs today's application, and its requests say less than it understands: so the server answers as it answers
//! an old program, and must not send what that could not read ([`beyond`]). What a program of before seals and offers
//! ever were is simulated in `src-core/tests/core/old_client.rs`.

use crate::rng::Rng;
use trygkort_core::domain::Scope;
use trygkort_core::wire::v1::{
    Reason, SPEAKS_FOLDED, SPEAKS_SEEDS, SPEAKS_SNAPSHOTS, SPEAKS_WALKS, SnapshotOffer, SyncRequest, SyncResponse,
};
use trygkort_core::wire::{from_bytes, to_bytes};

/// What programs of before said that they may be sent.
const OLDER: [Option<u16>; 5] = [None, Some(1), Some(SPEAKS_SNAPSHOTS), Some(SPEAKS_WALKS), Some(SPEAKS_SEEDS)];

/// What some program of before said.
pub(crate) fn some(rng: &Rng) -> Option<u16> {
    OLDER[rng.index(OLDER.len())]
}

/// A request as a program sends it that speaks no more than this.
pub(crate) fn said(body: &[u8], speaks: Option<u16>) -> Vec<u8> {
    let request: SyncRequest = from_bytes(body).expect("the application's own");
    let log_only = request.log_only.filter(|_| speaks >= Some(SPEAKS_WALKS));
    to_bytes(&SyncRequest { speaks: request.speaks.min(speaks), log_only, ..request })
}

/// What an answer holds that a program does not understand which speaks this much.
pub(crate) fn beyond(speaks: Option<u16>, response: &SyncResponse) -> Option<&'static str> {
    if speaks < Some(1) && has_new_reason(response) {
        Some("a reason")
    } else if speaks < Some(SPEAKS_SNAPSHOTS) && response.snapshot.is_some() {
        Some("a snapshot")
    } else if speaks < Some(SPEAKS_WALKS) && has_walks(response) {
        Some("a walk")
    } else if speaks < Some(SPEAKS_SEEDS) && has_seeds(response) {
        Some("a seed")
    } else if speaks < Some(SPEAKS_FOLDED) && response.page.folded.is_some() {
        Some("a folded page")
    } else {
        None
    }
}

/// Whoever is to go on under another number has sealed what it pushed, and knows every reason.
fn has_new_reason(response: &SyncResponse) -> bool {
    let erased = response.verdicts.iter().any(|verdict| verdict.reason == Some(Reason::Erased));
    erased && response.incarnation.is_none()
}

fn has_walks(response: &SyncResponse) -> bool {
    let parts = response.page.entries.iter().flat_map(|entry| &entry.scopes).map(|part| part.scope);
    let heads = response.page.heads.iter().map(|head| head.scope);
    let files = response.snapshot.iter().flat_map(|SnapshotOffer { scopes, .. }| scopes).map(|file| file.scope);
    let is_walk = |scope| Scope::from_number(scope).is_none_or(|scope| scope.walk().is_some());
    response.walks.is_some() || parts.chain(heads).chain(files).any(is_walk)
}

fn has_seeds(response: &SyncResponse) -> bool {
    response.page.entries.iter().flat_map(|entry| &entry.scopes).any(|part| part.salt_seed.is_some())
}
