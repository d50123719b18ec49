//! Which move put each row where it is: of two moves of one row the later clock decides, whichever came first.
//!
//! Only the server keeps this. Devices follow what the log says, and it says a move only when that has won.

use crate::domain::{ChangeId, RowId};
use crate::merge::Stamp;
use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension, params};

/// The move that a row is where it is by; `None`: it is where it was made.
pub(super) fn last(conn: &Connection, row: RowId) -> Result<Option<Stamp>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT effective, origin, counter FROM moved WHERE row = ?1")?;
    let stamp = |row: &rusqlite::Row<'_>| {
        Ok(Stamp { effective: row.get(0)?, id: ChangeId { origin: row.get(1)?, counter: row.get(2)? } })
    };
    Ok(statement.query_row([row.0.as_bytes()], stamp).optional()?)
}

/// Whether a move is at least as late as the one that a row is where it is by.
pub(super) fn wins(conn: &Connection, row: RowId, stamp: Stamp) -> Result<bool, StoreError> {
    Ok(last(conn, row)?.is_none_or(|last| last <= stamp))
}

/// Keeps a move that has won.
pub(super) fn keep(conn: &Connection, row: RowId, stamp: Stamp) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT OR REPLACE INTO moved (row, effective, origin, counter) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![row.0.as_bytes(), stamp.effective, stamp.id.origin, stamp.id.counter])?;
    Ok(())
}
