//! The seal on what a device sends: that it is this device's, and that the device is the one it was.
//!
//! A push names the last action that the device knows to be judged. When the server has judged more, and that is not
//! among what comes now, then two devices go by one number: one was copied, or put back from a backup of its own. It
//! gets a number of its own, and nothing of what either wrote is lost.

use super::{HubError, Peer};
use crate::domain::AreaId;
use crate::seal::{self, Hash};
use crate::store::StoreError;
use crate::wire::to_bytes;
use crate::wire::v1::SyncRequest;
use rusqlite::{Connection, OptionalExtension, params};

/// Checks the signature over a request's actions. A device that never gave a key signs nothing.
pub(super) fn check(area: AreaId, peer: &Peer, request: &SyncRequest, hashes: &[Hash]) -> Result<(), HubError> {
    let Some(key) = peer.key.filter(|_| !hashes.is_empty()) else { return Ok(()) };
    let signed = request.push.as_ref().is_some_and(|push| {
        let digest = seal::push_digest(area, request.origin, push.after.as_ref(), &push.salt, hashes);
        push.signature.is_some_and(|signature| seal::is_signed(&key, &digest, &signature))
    });
    if signed || mutant!(AcceptAForgedSignature) {
        Ok(())
    } else {
        Err(HubError::BadRequest("the actions are not signed by this device".to_owned()))
    }
}

/// Whether a push continues what this origin sent before.
pub(super) fn continues(conn: &Connection, request: &SyncRequest, hashes: &[Hash]) -> Result<bool, StoreError> {
    // Where nothing is sent there is nothing to tell two devices apart by.
    let sent = request.push.as_ref().filter(|_| !request.actions.is_empty());
    let (Some(push), Some(last)) = (sent, last_judged(conn, request.origin)?) else { return Ok(true) };
    let known = push.after.map_or(0, |after| after.end);
    if last.end < known {
        // The server was restored, and this device will bring what it lacks.
        return Ok(true);
    }
    if last.end == known {
        return Ok(last.hash.is_none() || last.hash == push.after.map(|after| after.hash.into()));
    }
    if mutant!(OverlookACopiedDevice) {
        return Ok(true);
    }
    let mut coming = request.actions.iter().zip(hashes);
    Ok(coming.any(|(action, hash)| action.counter == last.counter && last.hash.is_none_or(|last| last == *hash)))
}

struct Last {
    counter: u64,
    end: u64,
    /// Unknown for what came back after a restore.
    hash: Option<Hash>,
}

fn last_judged(conn: &Connection, origin: u32) -> Result<Option<Last>, StoreError> {
    let sql = "SELECT counter, counter + count, hash FROM action WHERE origin = ?1 ORDER BY counter DESC LIMIT 1";
    let found = conn
        .prepare_cached(sql)?
        .query_row([origin], |row| Ok(Last { counter: row.get(0)?, end: row.get(1)?, hash: row.get(2)? }));
    Ok(found.optional()?)
}

/// Keeps the seal of a push that brought something new.
pub(super) fn keep(conn: &Connection, peer: &Peer, request: &SyncRequest, hashes: &[Hash]) -> Result<(), StoreError> {
    let (Some(push), Some(first)) = (&request.push, request.actions.first()) else { return Ok(()) };
    conn.prepare_cached(
        "INSERT OR REPLACE INTO push (origin, counter, key, seal, hashes) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![request.origin, first.counter, peer.key, to_bytes(push), hashes.concat()])?;
    Ok(())
}

/// What is wrong with the signatures that are kept, a sentence each.
pub(super) fn faults(conn: &Connection, area: AreaId) -> Result<Vec<String>, StoreError> {
    let mut faults = Vec::new();
    let mut statement = conn.prepare("SELECT origin, counter, key, seal, hashes FROM push WHERE key IS NOT NULL")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let (origin, counter, key): (u32, u64, Hash) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let push: crate::wire::v1::Push =
            crate::wire::from_bytes(row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?)?;
        let hashes: Vec<Hash> = row.get::<_, Vec<u8>>(4)?.as_chunks().0.to_vec();
        let digest = seal::push_digest(area, origin, push.after.as_ref(), &push.salt, &hashes);
        if !push.signature.is_some_and(|signature| seal::is_signed(&key, &digest, &signature)) {
            faults.push(format!("the signature of origin {origin} on what begins with {counter} is not theirs"));
        }
    }
    let mut statement = conn.prepare("SELECT origin, counter, hash, body FROM action WHERE body IS NOT NULL")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let body = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
        if row.get::<_, Option<Hash>>(2)? != Some(blake3::hash(body).into()) {
            let (origin, counter): (u32, u64) = (row.get(0)?, row.get(1)?);
            faults.push(format!("action {counter} of origin {origin} is not what was signed"));
        }
    }
    Ok(faults)
}
