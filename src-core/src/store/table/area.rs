//! The area's own row.

use super::Fields;
use crate::domain::schema::area as f;
use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension, params};

/// The area as screens read it.
#[derive(Clone, Debug, Default)]
pub(crate) struct AreaRow {
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) bounds: String,
    pub(crate) concern_title: String,
    pub(crate) concern_text: String,
    pub(crate) concern_phone: String,
    pub(crate) concern_hours: String,
    pub(crate) demo: bool,
}

pub(crate) fn project(conn: &Connection, fields: &Fields<'_>) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT OR REPLACE INTO area VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?.execute(
        params![
            fields.id().0.as_bytes(),
            fields.text(f::name),
            fields.text(f::place),
            fields.text(f::bounds),
            fields.text(f::concern_title),
            fields.text(f::concern_text),
            fields.text(f::concern_phone),
            fields.text(f::concern_hours),
            fields.is_true(f::demo)
        ],
    )?;
    Ok(())
}

/// The area; empty until the first sync has brought it.
pub(crate) fn get(conn: &Connection) -> Result<AreaRow, StoreError> {
    let found = conn
        .prepare_cached(
            "SELECT name, place, bounds, concern_title, concern_text, concern_phone, concern_hours, demo FROM area",
        )?
        .query_row([], |row| {
            Ok(AreaRow {
                name: row.get(0)?,
                place: row.get(1)?,
                bounds: row.get(2)?,
                concern_title: row.get(3)?,
                concern_text: row.get(4)?,
                concern_phone: row.get(5)?,
                concern_hours: row.get(6)?,
                demo: row.get(7)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}
