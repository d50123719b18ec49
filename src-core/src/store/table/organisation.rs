//! Organisations.

use super::{Fields, remove_from, row_id, scope};
use crate::domain::schema::organisation as f;
use crate::domain::{RowId, Scope, text};
use crate::store::StoreError;
use rusqlite::{Connection, params};

/// An organisation as screens read it.
#[derive(Clone, Debug)]
pub(crate) struct OrganisationRow {
    pub(crate) id: RowId,
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) sector: String,
}

pub(crate) fn project(conn: &Connection, fields: &Fields<'_>, deleted: bool) -> Result<(), StoreError> {
    if deleted {
        return remove_from(conn, "organisation", fields.id());
    }
    let name = fields.text(f::name);
    conn.prepare_cached("INSERT OR REPLACE INTO organisation VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
        fields.id().0.as_bytes(),
        fields.scope().number(),
        name,
        fields.text(f::sector),
        fields.text(f::order),
        text::sort_key(name)
    ])?;
    Ok(())
}

/// All organisations in alphabetical order.
pub(crate) fn all(conn: &Connection) -> Result<Vec<OrganisationRow>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT row, scope, name, sector FROM organisation ORDER BY sort, row")?;
    let found = statement.query_map([], |row| {
        Ok(OrganisationRow { id: row_id(row, 0)?, scope: scope(row, 1)?, name: row.get(2)?, sector: row.get(3)? })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}
