//! Reading what a device sends, before any of it is judged.

use super::{HubError, Peer, push};
use crate::domain::AreaId;
use crate::seal::{self, Hash};
use crate::wire::v1::{Action, Cursor, Entry, LogRow, Offer, SyncRequest};
use crate::wire::{VERSION, from_bytes};

/// Numbers are kept as SQLite has them, and counted on from: they and all that they count up to stay below 2⁶³.
const NUMBER_MAX: u64 = i64::MAX.unsigned_abs();

/// More than a device has room for in what it sends at once, each of which changes something.
const ACTIONS_MAX: usize = 30_000;

/// The same for what it offers of a log that the server has lost.
const ENTRIES_MAX: usize = 30_000;

/// A request with what it takes to judge it. Reading it and checking who signed it needs no file: nobody who uses the same
/// area has to wait for that.
#[derive(Debug)]
pub struct Received {
    pub(super) request: SyncRequest,
    /// Of each of its actions.
    pub(super) hashes: Vec<Hash>,
}

impl Received {
    /// Reads a request and checks its signature.
    ///
    /// # Errors
    /// When the body is no request of this device, naming what is wrong with it.
    pub fn read(area: AreaId, peer: &Peer, bytes: &[u8]) -> Result<Self, HubError> {
        let received = Self::read_unsigned(peer, bytes)?;
        push::check(area, peer, &received.request, &received.hashes)?;
        Ok(received)
    }

    /// The same without a look at the signature.
    pub(super) fn read_unsigned(peer: &Peer, bytes: &[u8]) -> Result<Self, HubError> {
        let request = read_request(peer, bytes)?;
        let hashes = request.actions.iter().map(seal::action_hash).collect();
        Ok(Self { request, hashes })
    }
}

/// Reads a request of this device.
fn read_request(peer: &Peer, bytes: &[u8]) -> Result<SyncRequest, HubError> {
    // The version stands first, so that a newer device gets a clear answer even if the rest cannot be read.
    let mut decoder = minicbor::Decoder::new(bytes);
    let found = decoder.array().and_then(|_| decoder.u16()).map_err(|e| HubError::BadRequest(e.to_string()))?;
    if found != VERSION {
        return Err(HubError::Outdated { found });
    }
    let request: SyncRequest =
        from_bytes(bytes).map_err(|error| HubError::BadRequest(format!("sync request: {error}")))?;
    if request.actions.len() > ACTIONS_MAX {
        return Err(HubError::BadRequest(format!("sync request: actions: more than {ACTIONS_MAX}")));
    }
    if request.offer.as_ref().is_some_and(|offer| offer.entries.len() > ENTRIES_MAX) {
        return Err(HubError::BadRequest(format!("sync request: offer: more than {ENTRIES_MAX} entries")));
    }
    if let Some(what) = too_large(&request) {
        return Err(HubError::BadRequest(format!("sync request: {what}: a number of 2^63 or more")));
    }
    if request.origin != peer.origin && !peer.also.contains(&request.origin) && !mutant!(SpeakAsAnotherDevice) {
        return Err(HubError::BadRequest(format!("origin {} is not this device's ({})", request.origin, peer.origin)));
    }
    Ok(request)
}

/// Which part of a request holds a number that is too large.
fn too_large(request: &SyncRequest) -> Option<&'static str> {
    let parts = [
        ("cursor", is_cursor(&request.cursor)),
        ("actions", request.actions.iter().all(is_action)),
        ("push", request.push.as_ref().and_then(|push| push.after.as_ref()).is_none_or(|after| fits(after.end))),
        ("offer", request.offer.as_ref().is_none_or(is_offer)),
    ];
    parts.into_iter().find(|(_, fine)| !fine).map(|(what, _)| what)
}

fn fits(number: u64) -> bool {
    number <= NUMBER_MAX
}

/// Whether what counts on from `first` fits.
fn counts(first: u64, count: usize) -> bool {
    first.checked_add(count as u64).is_some_and(fits)
}

fn is_cursor(cursor: &Cursor) -> bool {
    fits(cursor.position) && cursor.epoch.is_none_or(fits) && cursor.scopes.iter().all(|scope| fits(scope.seq))
}

fn is_action(action: &Action) -> bool {
    let changes = action.rows.iter().map(|row| row.fields.len().max(1)).sum();
    let bases = action.rows.iter().flat_map(|row| &row.fields).filter_map(|field| field.base.as_ref());
    counts(action.counter, changes)
        && fits(action.hlc)
        && fits(action.seen)
        && bases.map(|base| base.0.counter).all(fits)
}

fn is_offer(offer: &Offer) -> bool {
    is_cursor(&offer.from) && is_cursor(&offer.to) && offer.entries.iter().all(is_entry)
}

fn is_entry(entry: &Entry) -> bool {
    // The index of a field among the changes of its action is a u16.
    counts(entry.counter, usize::from(u16::MAX) + 1)
        && [entry.position, entry.effective, entry.hlc].into_iter().all(fits)
        && entry.scopes.iter().all(|part| counts(part.first_seq, part.rows.len()))
        && entry.scopes.iter().flat_map(|part| &part.rows).all(|row| is_row(row))
}

fn is_row(row: &LogRow) -> bool {
    row.fields.iter().filter_map(|field| field.stamp.as_ref()).all(|stamp| fits(stamp.counter) && fits(stamp.effective))
}
