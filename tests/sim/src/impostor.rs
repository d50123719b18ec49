//! Somebody who has a device's token and not its key: they saw it on the way, or read it from a lost file. Nothing of
//! what they push may be kept, not even aside.

use crate::rng::Rng;
use crate::stranger::pin;
use trygkort_core::domain::{RowId, Scope, Value};
use trygkort_core::seal;
use trygkort_core::wire::v1::{Action, Push, SyncRequest};
use trygkort_core::wire::{from_bytes, to_bytes};
use uuid::Uuid;

/// The words of all that is forged.
pub(crate) const FORGED: &str = "tyvens ord";

/// A pin of their own, under a number that the device has not used: without a signature, or with that of another key.
pub(crate) fn made(origin: u32, rng: &Rng) -> Vec<u8> {
    let row = RowId(Uuid::from_u128(u128::from(rng.next())));
    let rows = vec![pin(row, FORGED, Scope::Public)];
    let actions = vec![Action { counter: 1_000_000 + rng.below(1_000), hlc: 1, seen: 0, all_or_nothing: None, rows }];
    let push = rng.percent(70).then(|| signed(origin, &actions, rng));
    to_bytes(&SyncRequest { version: 1, origin, actions, push, ..SyncRequest::default() })
}

fn signed(origin: u32, actions: &[Action], rng: &Rng) -> Push {
    let hashes: Vec<seal::Hash> = actions.iter().map(seal::action_hash).collect();
    let (mut salt, mut key) = ([0; 16], [0; 32]);
    rng.fill(&mut salt);
    rng.fill(&mut key);
    let digest = seal::push_digest(crate::prepared::area(), origin, None, &salt, &hashes);
    let signature = rng.percent(80).then(|| seal::sign(&key, &digest).into());
    Push { after: None, salt: salt.into(), signature }
}

/// A device's own message with a word of it changed; `None`: there is no word in it.
pub(crate) fn altered(body: &[u8]) -> Option<Vec<u8>> {
    let mut request: SyncRequest = from_bytes(body).ok()?;
    let fields = request.actions.iter_mut().flat_map(|action| &mut action.rows).flat_map(|row| &mut row.fields);
    let field = fields.into_iter().find(|field| !field.value.text().is_empty())?;
    field.value = Value::from(FORGED);
    Some(to_bytes(&request))
}
