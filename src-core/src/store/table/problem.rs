//! Problem types.

use super::{Fields, remove_from, row_id, scope};
use crate::domain::schema::problem as f;
use crate::domain::{RowId, Scope};
use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A problem type as screens read it.
#[derive(Clone, Debug)]
pub(crate) struct ProblemRow {
    pub(crate) id: RowId,
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) icon: String,
    pub(crate) order: String,
    pub(crate) call_112_if: String,
    pub(crate) call_114_if: String,
    pub(crate) notice: String,
    pub(crate) not_report: String,
    pub(crate) have_ready: String,
}

const SELECT: &str = "SELECT row, scope, name, icon, ord, call_112_if, call_114_if, notice, not_report, have_ready
    FROM problem";

fn from_row(row: &Row<'_>) -> rusqlite::Result<ProblemRow> {
    Ok(ProblemRow {
        id: row_id(row, 0)?,
        scope: scope(row, 1)?,
        name: row.get(2)?,
        icon: row.get(3)?,
        order: row.get(4)?,
        call_112_if: row.get(5)?,
        call_114_if: row.get(6)?,
        notice: row.get(7)?,
        not_report: row.get(8)?,
        have_ready: row.get(9)?,
    })
}

pub(crate) fn project(conn: &Connection, fields: &Fields<'_>, deleted: bool) -> Result<(), StoreError> {
    if deleted {
        return remove_from(conn, "problem", fields.id());
    }
    conn.prepare_cached("INSERT OR REPLACE INTO problem VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?.execute(
        params![
            fields.id().0.as_bytes(),
            fields.scope().number(),
            fields.text(f::name),
            fields.text(f::icon),
            fields.text(f::order),
            fields.text(f::call_112_if),
            fields.text(f::call_114_if),
            fields.text(f::notice),
            fields.text(f::not_report),
            fields.text(f::have_ready)
        ],
    )?;
    Ok(())
}

/// All problem types in the card's order.
pub(crate) fn all(conn: &Connection) -> Result<Vec<ProblemRow>, StoreError> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} ORDER BY ord, row"))?;
    let found = statement.query_map([], from_row)?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// One problem type.
pub(crate) fn get(conn: &Connection, row: RowId) -> Result<Option<ProblemRow>, StoreError> {
    let sql = format!("{SELECT} WHERE row = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([row.0.as_bytes()], from_row).optional()?)
}
