//! Map pins.

use super::{Fields, remove_from, row_id, scope};
use crate::domain::schema::map_pin as f;
use crate::domain::{Position, RowId, Scope, Value, text};
use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A pin as screens read it.
#[derive(Clone)]
pub(crate) struct PinRow {
    pub(crate) id: RowId,
    pub(crate) scope: Scope,
    pub(crate) category: String,
    pub(crate) title: String,
    pub(crate) note: String,
    pub(crate) position: Position,
    pub(crate) expires_at: Option<i64>,
    pub(crate) created_by: u32,
    /// It has changes that the server has not admitted.
    pub(crate) pending: bool,
}

const SELECT: &str = "SELECT row, scope, category, title, note, lat_e7, lon_e7, expires_at, created_by,
        EXISTS (SELECT 1 FROM outbox_row WHERE outbox_row.row = map_pin.row)
    FROM map_pin";

fn from_row(row: &Row<'_>) -> rusqlite::Result<PinRow> {
    Ok(PinRow {
        id: row_id(row, 0)?,
        scope: scope(row, 1)?,
        category: row.get(2)?,
        title: row.get(3)?,
        note: row.get(4)?,
        position: Position { lat_e7: row.get(5)?, lon_e7: row.get(6)?, accuracy_m: None },
        expires_at: row.get(7)?,
        created_by: row.get(8)?,
        pending: row.get(9)?,
    })
}

/// A pin without a place cannot be shown on a map or beside it.
pub(crate) fn project(conn: &Connection, fields: &Fields<'_>, deleted: bool) -> Result<(), StoreError> {
    let Some(Value::Position(place)) = fields.value(f::position).filter(|_| !deleted) else {
        return remove_from(conn, "map_pin", fields.id());
    };
    let title = fields.text(f::title);
    conn.prepare_cached("INSERT OR REPLACE INTO map_pin VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?.execute(
        params![
            fields.id().0.as_bytes(),
            fields.scope().number(),
            fields.text(f::category),
            title,
            fields.text(f::note),
            place.lat_e7,
            place.lon_e7,
            fields.int(f::expires_at),
            fields.created_by(),
            text::sort_key(title)
        ],
    )?;
    Ok(())
}

/// All pins that have not expired, in alphabetical order.
pub(crate) fn all(conn: &Connection, now_ms: i64) -> Result<Vec<PinRow>, StoreError> {
    let sql = format!("{SELECT} WHERE expires_at IS NULL OR expires_at > ?1 ORDER BY sort, row");
    let mut statement = conn.prepare_cached(&sql)?;
    let found = statement.query_map([now_ms], from_row)?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// One pin.
pub(crate) fn get(conn: &Connection, row: RowId) -> Result<Option<PinRow>, StoreError> {
    let sql = format!("{SELECT} WHERE row = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([row.0.as_bytes()], from_row).optional()?)
}
