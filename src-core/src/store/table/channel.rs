//! Contact channels: telephone numbers and mail addresses.

use super::{Fields, remove_from, row_id, scope};
use crate::domain::schema::channel as f;
use crate::domain::{RowId, Scope};
use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension, params};

/// A channel as screens read it.
#[derive(Clone)]
pub(crate) struct ChannelRow {
    pub(crate) id: RowId,
    pub(crate) scope: Scope,
    pub(crate) label: String,
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) order: String,
    pub(crate) reported_at: Option<i64>,
}

pub(crate) fn project(conn: &Connection, fields: &Fields<'_>, deleted: bool) -> Result<(), StoreError> {
    if deleted {
        return remove_from(conn, "channel", fields.id());
    }
    conn.prepare_cached("INSERT OR REPLACE INTO channel VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?.execute(params![
        fields.id().0.as_bytes(),
        fields.scope().number(),
        fields.row(f::contact),
        fields.text(f::label),
        fields.text(f::kind),
        fields.text(f::value),
        fields.text(f::order),
        fields.int(f::reported_at)
    ])?;
    Ok(())
}

/// The contact that a channel belongs to, if the channel is shown.
pub(crate) fn contact_of(conn: &Connection, channel: RowId) -> Result<Option<RowId>, StoreError> {
    let found = conn
        .prepare_cached("SELECT contact FROM channel WHERE row = ?1 AND contact IS NOT NULL")?
        .query_row([channel.0.as_bytes()], |row| row_id(row, 0))
        .optional()?;
    Ok(found)
}

/// A contact's channels in order.
pub(crate) fn of_contact(conn: &Connection, contact: RowId) -> Result<Vec<ChannelRow>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT row, scope, label, kind, value, ord, reported_at FROM channel WHERE contact = ?1 ORDER BY ord, row",
    )?;
    let found = statement.query_map([contact.0.as_bytes()], |row| {
        Ok(ChannelRow {
            id: row_id(row, 0)?,
            scope: scope(row, 1)?,
            label: row.get(2)?,
            kind: row.get(3)?,
            value: row.get(4)?,
            order: row.get(5)?,
            reported_at: row.get(6)?,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}
