//! Ticked cells of the action card: who takes what, in which order.

use super::{Fields, remove_from, row_id};
use crate::domain::RowId;
use crate::domain::schema::card_cell as f;
use crate::store::StoreError;
use rusqlite::{Connection, params};

/// A ticked cell as screens read it.
#[derive(Clone, Debug)]
pub(crate) struct CellRow {
    pub(crate) id: RowId,
    pub(crate) problem: RowId,
    pub(crate) contact: RowId,
    pub(crate) order: String,
    pub(crate) hours: String,
}

pub(crate) fn project(conn: &Connection, fields: &Fields<'_>, deleted: bool) -> Result<(), StoreError> {
    if deleted || !fields.is_true(f::on) {
        return remove_from(conn, "card_cell", fields.id());
    }
    conn.prepare_cached("INSERT OR REPLACE INTO card_cell VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
        fields.id().0.as_bytes(),
        fields.scope().number(),
        fields.row(f::problem),
        fields.row(f::contact),
        fields.text(f::order),
        fields.text(f::hours)
    ])?;
    Ok(())
}

/// All ticked cells whose problem and contact this device has, problem by problem in the agreed order.
pub(crate) fn all(conn: &Connection) -> Result<Vec<CellRow>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT card_cell.row, card_cell.problem, card_cell.contact, card_cell.ord, card_cell.hours
         FROM card_cell JOIN problem ON problem.row = card_cell.problem JOIN contact ON contact.row = card_cell.contact
         ORDER BY problem.ord, problem.row, card_cell.ord, card_cell.row",
    )?;
    let found = statement.query_map([], |row| {
        Ok(CellRow {
            id: row_id(row, 0)?,
            problem: row_id(row, 1)?,
            contact: row_id(row, 2)?,
            order: row.get(3)?,
            hours: row.get(4)?,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}
