//! What a device read of the log lately, entry by entry, with the sealed cursors between.

use super::StoreError;
use crate::domain::RowId;
use crate::merge::effect::Effect;
use crate::seal;
use crate::wire::v1::{Cursor, Entry};
use crate::wire::{from_bytes, to_bytes};
use rusqlite::{Connection, params};
use std::collections::BTreeSet;

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

/// Keeps what an entry did to the rows, one [`Effect`] for each of its rows.
pub(crate) fn keep_effects(conn: &Connection, position: u64, effects: &Vec<Effect>) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT OR REPLACE INTO effect (position, body) VALUES (?1, ?2)")?
        .execute(params![position, to_bytes(effects)])?;
    Ok(())
}

/// An entry, and what it did to the rows as they stood here, as far as that was noted.
pub(crate) struct Read {
    pub(crate) entry: Entry,
    pub(crate) effects: Option<Vec<Effect>>,
}

/// The last entries that were read, newest first.
pub(crate) fn newest(conn: &Connection, limit: u32) -> Result<Vec<Read>, StoreError> {
    let sql = "SELECT entry.body, effect.body FROM entry LEFT JOIN effect ON effect.position = entry.position
               ORDER BY entry.position DESC LIMIT ?1";
    let mut statement = conn.prepare_cached(sql)?;
    let mut found = statement.query([limit])?;
    let mut entries = Vec::new();
    while let Some(row) = found.next()? {
        entries.push(read(row)?);
    }
    Ok(entries)
}

/// Entries that were read and speak of one of the rows, newest first.
pub(crate) fn about(conn: &Connection, rows: &BTreeSet<RowId>) -> Result<Vec<Read>, StoreError> {
    let mut positions = BTreeSet::new();
    let mut statement = conn.prepare_cached("SELECT position FROM entry WHERE instr(body, ?1) > 0")?;
    for row in rows {
        for position in statement.query_map([row.0.as_bytes()], |row| row.get::<_, u64>(0))? {
            positions.insert(position?);
        }
    }
    let sql = "SELECT entry.body, effect.body FROM entry LEFT JOIN effect ON effect.position = entry.position
               WHERE entry.position = ?1";
    let mut statement = conn.prepare_cached(sql)?;
    let mut entries = Vec::new();
    for position in positions.into_iter().rev() {
        let mut found = statement.query([position])?;
        if let Some(row) = found.next()? {
            entries.push(read(row)?);
        }
    }
    Ok(entries)
}

/// The position of the oldest entry that is kept, and of the newest; 0 when there is none.
pub(crate) fn bounds(conn: &Connection) -> Result<(u64, u64), StoreError> {
    let sql = "SELECT COALESCE(MIN(position), 0), COALESCE(MAX(position), 0) FROM entry";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

fn read(row: &rusqlite::Row<'_>) -> Result<Read, StoreError> {
    let effects = row.get_ref(1)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
    Ok(Read {
        entry: from_bytes(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?,
        effects: effects.map(from_bytes).transpose()?,
    })
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
    let until = if mutant!(LetGoOfWhatIsInNoBackup) { head } else { until };
    let mark: u64 = conn
        .prepare_cached("SELECT COALESCE(MAX(position), 0) FROM mark WHERE position <= ?1")?
        .query_row([until], |row| row.get(0))?;
    conn.prepare_cached("DELETE FROM entry WHERE position <= ?1")?.execute([mark])?;
    conn.prepare_cached("DELETE FROM effect WHERE position <= ?1")?.execute([mark])?;
    conn.prepare_cached("DELETE FROM mark WHERE position < ?1")?.execute([mark])?;
    Ok(())
}

/// Forgets everything.
pub(crate) fn clear(conn: &Connection) -> Result<(), StoreError> {
    conn.execute_batch("DELETE FROM entry; DELETE FROM effect; DELETE FROM mark")?;
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

/// Gives what may share a seed with an entry salts of its own. Part of it may have been read while the row was there, and
/// the rest when it was erased: so it does not matter whether this very entry still has a seed.
fn forget_seeds(conn: &Connection, position: u64) -> Result<(), StoreError> {
    let reach = seal::seed_reach(position);
    for mut entry in between(conn, reach.start().saturating_sub(1), *reach.end())? {
        let mut had_a_seed = false;
        for part in &mut entry.scopes {
            had_a_seed |= seal::spell_out(entry.position, part);
        }
        if had_a_seed && !mutant!(KeepTheSeedOfAnErasedRowOnDevices) {
            keep(conn, &entry)?;
        }
    }
    Ok(())
}

/// Takes an erased row out of everything that was read; the proof that it stood there stays.
pub(crate) fn erase(conn: &Connection, row: RowId) -> Result<(), StoreError> {
    for Read { mut entry, .. } in about(conn, &[row].into())? {
        for part in &mut entry.scopes {
            seal::erase(entry.position, part, row);
        }
        keep(conn, &entry)?;
        forget_seeds(conn, entry.position)?;
        // How it stood before is in there.
        conn.prepare_cached("DELETE FROM effect WHERE position = ?1")?.execute([entry.position])?;
    }
    for sql in [
        "DELETE FROM undo WHERE instr(body, ?1) > 0",
        "UPDATE refused SET body = NULL WHERE instr(body, ?1) > 0",
        "DELETE FROM reminder WHERE contact = ?1",
    ] {
        if !mutant!(LeaveErasedWordsInWhatCanBeUndone) {
            conn.prepare_cached(sql)?.execute([row.0.as_bytes()])?;
        }
    }
    Ok(())
}
