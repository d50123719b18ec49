//! What a device read of the log lately, entry by entry, with the sealed cursors between.

use super::StoreError;
use crate::wire::v1::{Cursor, Entry};
use crate::wire::{from_bytes, to_bytes};
use rusqlite::{Connection, params};

/// So many entries are kept for people to look at, also when they are in the server's backup.
const SHOWN: u64 = 2_000;
/// No more than this many are kept, backup or not: a device is no archive.
const KEPT: u64 = 20_000;

/// Keeps an entry that was read.
pub(crate) fn keep(conn: &Connection, entry: &Entry) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT OR REPLACE INTO entry (position, body) VALUES (?1, ?2)")?
        .execute(params![entry.position, to_bytes(entry)])?;
    Ok(())
}

/// Keeps a sealed cursor.
pub(crate) fn mark(conn: &Connection, cursor: &Cursor) -> Result<(), StoreError> {
    if cursor.mac.is_some() {
        conn.prepare_cached("INSERT OR REPLACE INTO mark (position, cursor) VALUES (?1, ?2)")?
            .execute(params![cursor.position, to_bytes(cursor)])?;
    }
    Ok(())
}

/// Lets go of what is both old and in the server's backup. The last mark before what is kept stays, to prove it by.
pub(crate) fn prune(conn: &Connection, head: u64, backed_up: u64) -> Result<(), StoreError> {
    let until = backed_up.min(head.saturating_sub(SHOWN)).max(head.saturating_sub(KEPT));
    let mark: u64 = conn
        .prepare_cached("SELECT COALESCE(MAX(position), 0) FROM mark WHERE position <= ?1")?
        .query_row([until], |row| row.get(0))?;
    conn.prepare_cached("DELETE FROM entry WHERE position <= ?1")?.execute([mark])?;
    conn.prepare_cached("DELETE FROM mark WHERE position < ?1")?.execute([mark])?;
    Ok(())
}

/// Forgets everything.
pub(crate) fn clear(conn: &Connection) -> Result<(), StoreError> {
    conn.execute_batch("DELETE FROM entry; DELETE FROM mark")?;
    Ok(())
}

/// Entries behind `after` up to `to`, in their order.
pub(crate) fn between(conn: &Connection, after: u64, to: u64) -> Result<Vec<Entry>, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT body FROM entry WHERE position > ?1 AND position <= ?2 ORDER BY position")?;
    let mut found = statement.query([after, to])?;
    let mut entries = Vec::new();
    while let Some(row) = found.next()? {
        entries.push(from_bytes(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?);
    }
    Ok(entries)
}

/// The first mark behind `position`, and the last one up to it.
pub(crate) fn marks_around(conn: &Connection, position: u64) -> Result<(Option<Cursor>, Option<Cursor>), StoreError> {
    let one = |sql: &str| -> Result<Option<Cursor>, StoreError> {
        let mut statement = conn.prepare_cached(sql)?;
        let mut found = statement.query([position])?;
        let Some(row) = found.next()? else { return Ok(None) };
        Ok(Some(from_bytes(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?))
    };
    Ok((
        one("SELECT cursor FROM mark WHERE position <= ?1 ORDER BY position DESC LIMIT 1")?,
        one("SELECT cursor FROM mark WHERE position > ?1 ORDER BY position LIMIT 1")?,
    ))
}
