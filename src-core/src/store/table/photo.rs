//! Photos.

use super::{Fields, remove_from, row_id, scope};
use crate::domain::schema::photo as f;
use crate::domain::{RowId, Scope};
use crate::store::StoreError;
use rusqlite::{Connection, Row, params};

/// A photo as screens read it.
pub(crate) struct PhotoRow {
    pub(crate) id: RowId,
    pub(crate) scope: Scope,
    pub(crate) hash: String,
    pub(crate) thumbnail: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) caption: String,
    pub(crate) taken_at: Option<i64>,
    pub(crate) created_by: u32,
    /// It has changes that the server has not admitted.
    pub(crate) pending: bool,
}

const SELECT: &str = "SELECT row, scope, hash, thumbnail, width, height, caption, taken_at, created_by,
        EXISTS (SELECT 1 FROM outbox_row WHERE outbox_row.row = photo.row)
    FROM photo";

fn from_row(row: &Row<'_>) -> rusqlite::Result<PhotoRow> {
    Ok(PhotoRow {
        id: row_id(row, 0)?,
        scope: scope(row, 1)?,
        hash: row.get(2)?,
        thumbnail: row.get(3)?,
        width: row.get(4)?,
        height: row.get(5)?,
        caption: row.get(6)?,
        taken_at: row.get(7)?,
        created_by: row.get(8)?,
        pending: row.get(9)?,
    })
}

/// A photo of nothing, or without its file's name, cannot be shown.
pub(crate) fn project(conn: &Connection, fields: &Fields<'_>, deleted: bool) -> Result<(), StoreError> {
    let (Some(of), hash, thumbnail) = (fields.row(f::of), fields.text(f::hash), fields.text(f::thumbnail)) else {
        return remove_from(conn, "photo", fields.id());
    };
    if hash.is_empty() || thumbnail.is_empty() {
        return remove_from(conn, "photo", fields.id());
    }
    let pixels = |field| fields.int(field).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    conn.prepare_cached("INSERT OR REPLACE INTO photo VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?
        .execute(params![
            fields.id().0.as_bytes(),
            fields.scope().number(),
            of,
            hash,
            thumbnail,
            pixels(f::width),
            pixels(f::height),
            fields.text(f::caption),
            fields.int(f::taken_at),
            fields.created_by(),
            deleted
        ])?;
    Ok(())
}

/// The photos of a thing that are not in the trash, oldest first.
pub(crate) fn of(conn: &Connection, what: RowId) -> Result<Vec<PhotoRow>, StoreError> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} WHERE of = ?1 AND NOT deleted ORDER BY row"))?;
    let found = statement.query_map([what.0.as_bytes()], from_row)?;
    Ok(found.collect::<Result<_, _>>()?)
}
