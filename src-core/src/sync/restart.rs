//! Beginning anew: after the server was restored, when a page does not fit, or when the role has changed.
//!
//! After a restore the device first gives back, piece by piece, what it read behind the backup; only then does it let
//! go of it and read the log from the start. The rows stay on the screen until the first page is there.

use super::SyncError;
use crate::domain::{Reader, RowId};
use crate::store::area::{self, AreaFile, Session};
use crate::store::{StoreError, blobs, journal, outbox, rewrite_later, rows};
use crate::wire::v1::{Cursor, Offer, Page, Restart, WalkScope};
use rusqlite::Connection;
use std::collections::BTreeSet;

/// The next piece of what the server lost; `None`: it has not said that it lost anything, or all was offered.
pub(super) fn offer(file: &AreaFile) -> Result<Option<Offer>, StoreError> {
    let Some(restart) = area::restart(&file.conn)? else { return Ok(None) };
    let (from, to) = journal::marks_around(&file.conn, offered_until(restart))?;
    let Some(to) = to else { return Ok(None) };
    let from = from.unwrap_or_default();
    let entries = journal::between(&file.conn, from.position, to.position)?;
    Ok(Some(Offer { from, to, entries }))
}

/// Takes the server's word that it begins anew; whether something stays to be offered.
pub(super) fn take(tx: &Connection, told: Restart) -> Result<(), SyncError> {
    let known = area::restart(tx)?.filter(|known| known.epoch == told.epoch);
    let reached = match (known, told.taken) {
        (Some(known), Some(taken)) => offered_until(known).max(taken),
        (Some(known), None) => offered_until(known),
        (None, _) => told.after,
    };
    Ok(area::set_restart(tx, Some(Restart { taken: Some(reached), ..told }))?)
}

/// From where to read: from the start, once everything was offered.
pub(super) fn cursor(file: &AreaFile, offering: bool) -> Result<Cursor, StoreError> {
    let offered = !offering && area::restart(&file.conn)?.is_some() && !mutant!(KeepTheCursorAfterARestore);
    if offered { Ok(Cursor::default()) } else { file.cursor() }
}

/// What a page of the log means for what was offered; whether the page is to be taken.
///
/// What was read before is kept until the log comes that has it again. If that is of another epoch than the one it was
/// offered to, the server was put back once more meanwhile, and is to be offered everything again. So it is kept as well
/// where the page is left for the next answer: nothing of the log `has_come`.
pub(super) fn settle(tx: &Connection, page: &Page, has_come: bool) -> Result<bool, StoreError> {
    let Some(restart) = area::restart(tx)? else { return Ok(true) };
    let asked_from_start = page.from == 0 && area::cursor(tx)?.position != 0;
    if asked_from_start && page.epoch == Some(restart.epoch) {
        if has_come || mutant!(LetGoBeforeTheLogHasCome) {
            begin_anew(tx)?;
        }
        return Ok(has_come);
    }
    // Or it was put back to a log that this cursor is a place in, and nothing is to be offered.
    area::set_restart(tx, None)?;
    Ok(!asked_from_start)
}

/// Whether a page is of a log that was put back to a backup in which this device's cursor is a place. Nothing that was
/// read is lost then, but what the server admitted and this device had not come to read may be.
pub(super) fn is_of_another_epoch(tx: &Connection, page: &Page) -> Result<bool, StoreError> {
    let (known, now) = (area::cursor(tx)?.epoch, page.epoch);
    Ok(known.is_some() && now.is_some() && known != now)
}

fn offered_until(restart: Restart) -> u64 {
    restart.taken.unwrap_or(restart.after)
}

/// Forgets how far the log was read, so that it is read from the start. What was admitted and not read back counts as
/// unsent again: pushing twice is no harm.
pub(super) fn begin_anew(tx: &Connection) -> Result<(), StoreError> {
    area::set_restart(tx, None)?;
    area::set_cursor(tx, &Cursor::default())?;
    journal::clear(tx)?;
    outbox::none_admitted(tx)
}

/// Another device goes by this one's number, one being a copy of the other: what is unsent goes out under a new one.
pub(super) fn incarnate(tx: &Connection, session: &mut Session, origin: u32) -> Result<(), StoreError> {
    outbox::take_origin(tx, session.origin, origin)?;
    area::forget_judged(tx)?;
    session.origin = origin;
    area::keep_session(tx, session)
}

/// The member has another role or is on other walks: forgets at once what they may not read any more. Returns what.
pub(super) fn forget_what_is_lost(tx: &Connection, reader: &Reader) -> Result<BTreeSet<RowId>, StoreError> {
    let mut touched = BTreeSet::new();
    for scope in rows::scopes(tx)?.into_iter().filter(|scope| !reader.reads(*scope)) {
        if mutant!(KeepWhatIsNotTheReadersAnyMore) {
            continue;
        }
        blobs::forget_scope(tx, scope)?;
        touched.extend(rows::forget_scope(tx, scope)?);
    }
    // What would take an action back holds values of before.
    tx.execute("DELETE FROM undo", [])?;
    if !touched.is_empty() {
        rewrite_later(tx)?;
    }
    Ok(touched)
}

/// Whether what was read so far is no beginning of what the member reads now. A walk that began behind the cursor only
/// adds to it.
pub(super) fn reads_otherwise(
    tx: &Connection,
    before: &Reader,
    now: &Reader,
    walks: &[WalkScope],
) -> Result<bool, StoreError> {
    let read_until = area::cursor(tx)?.position;
    let missed = |walk: &WalkScope| {
        !before.walks.contains(&walk.walk) && walk.first <= read_until && !mutant!(ReadOnInAWalkThatHadBegun)
    };
    Ok(before.role != now.role || !before.walks.is_subset(&now.walks) || walks.iter().any(missed))
}
