//! Erased rows: what they said is gone everywhere, and nobody writes to them again.

use crate::domain::RowId;
use crate::store::StoreError;
use rusqlite::Connection;

/// Whether a row was erased.
pub(super) fn is_erased(conn: &Connection, row: RowId) -> Result<bool, StoreError> {
    Ok(conn.prepare_cached("SELECT 1 FROM erased WHERE row = ?1")?.exists([row.0.as_bytes()])?)
}
