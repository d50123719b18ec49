//! What a device could not send itself and somebody else hands over.

use super::admit::{Admission, Writer};
use super::request::Received;
use super::{AreaLog, HubError, Peer, push};
use crate::domain::{Role, RowId};
use crate::seal::Hash;
use crate::wire::to_bytes;
use crate::wire::v1::{Raw, SyncRequest};

/// What became of actions that were handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// In the log, now or already.
    pub taken: u32,
    /// Refused, as they would have been from their author's own device.
    pub refused: u32,
    /// Kept aside: nobody vouches for them.
    pub aside: u32,
}

/// Judges what `author` signed; keeps it aside when there is no such author, or they did not sign it.
pub(super) fn deliver(
    log: &AreaLog,
    author: Option<&Peer>,
    request: &Raw<SyncRequest>,
    now_ms: i64,
) -> Result<Delivered, HubError> {
    let stranger = Peer::new(request.origin, RowId(uuid::Uuid::nil()), Role::Resident);
    let peer = Peer { origin: request.origin, ..author.unwrap_or(&stranger).clone() };
    let Received { request, hashes } = Received::read_unsigned(&peer, request.bytes())?;
    // Without a key there is nothing to tell an author by.
    let signed = push::check(log.area, &peer, &request, &hashes).is_ok() || mutant!(DeliverUnderAnothersName);
    let vouched = peer.key.is_some() && signed;
    let admission = log.admission(Writer::Device(&peer), now_ms)?;
    if !(vouched && push::continues(&log.conn, &request, &hashes)?) {
        return aside(&admission, &request, &hashes);
    }
    let mut delivered = Delivered::default();
    for action in &request.actions {
        let verdict = admission.judge_and_keep(action)?;
        let count = if verdict.reason.is_none() { &mut delivered.taken } else { &mut delivered.refused };
        *count += 1;
    }
    push::keep(&log.conn, &peer, &request, &hashes)?;
    Ok(delivered)
}

fn aside(admission: &Admission<'_>, request: &SyncRequest, hashes: &[Hash]) -> Result<Delivered, HubError> {
    let mut delivered = Delivered::default();
    for (action, hash) in request.actions.iter().zip(hashes) {
        if admission.known(action, hash)?.is_some_and(|verdict| verdict.reason.is_none()) {
            delivered.taken += 1;
        } else {
            admission.quarantine(action, hash, &to_bytes(action))?;
            delivered.aside += 1;
        }
    }
    Ok(delivered)
}
