//! The table `row_state`: every row as the log has made it, the same on server and device.

use super::StoreError;
use super::table::row_id;
use crate::domain::{ChangeId, Entity, FieldId, RowId, Scope, Value};
use crate::merge::{IncomingRow, Plan, Register, RowState, Stamp, plan};
use crate::wire::{from_bytes, to_bytes};
use minicbor::{Decode, Encode};
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;

const SELECT: &str = "SELECT row, entity, scope, created_by, fields FROM row_state";

/// A register as it is stored.
#[derive(Encode, Decode)]
struct StoredRegister {
    #[n(0)]
    field: FieldId,
    #[n(1)]
    value: Value,
    #[n(2)]
    effective: u64,
    #[n(3)]
    origin: u32,
    #[n(4)]
    counter: u64,
}

/// Reads a row.
pub(crate) fn get(conn: &Connection, row: RowId) -> Result<Option<RowState>, StoreError> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} WHERE row = ?1"))?;
    let mut found = statement.query([row.0.as_bytes()])?;
    found.next()?.map(from_row).transpose()
}

/// A row as it lies in the table: read cheaply, understood later.
#[derive(Debug)]
pub(crate) struct StoredRow {
    row: RowId,
    entity: u16,
    scope: u32,
    created_by: u32,
    fields: Vec<u8>,
}

impl StoredRow {
    /// What it says.
    pub(crate) fn read(self) -> Result<RowState, StoreError> {
        let Self { row, entity, scope, created_by, fields } = self;
        let fields = decode_fields(&fields)?;
        Ok(RowState { row, entity, scope: scope_from(scope)?, created_by, fields })
    }
}

/// Reads all rows, also those in the trash.
pub(crate) fn all(conn: &Connection) -> Result<Vec<StoredRow>, StoreError> {
    let mut statement = conn.prepare_cached(SELECT)?;
    let stored = |row: &Row<'_>| {
        let (entity, scope, created_by) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(StoredRow { row: row_id(row, 0)?, entity, scope, created_by, fields: row.get(4)? })
    };
    let found = statement.query_map([], stored)?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Reads all rows of a kind, also those in the trash.
pub(crate) fn of_entity(conn: &Connection, entity: Entity) -> Result<Vec<RowState>, StoreError> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} WHERE entity = ?1"))?;
    let mut found = statement.query([entity.number()])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(from_row(row)?);
    }
    Ok(rows)
}

/// Rows of a kind that name another row in some field, or only look like it.
pub(crate) fn naming(conn: &Connection, entity: Entity, row: RowId) -> Result<Vec<RowState>, StoreError> {
    holding(conn, entity, row.0.as_bytes())
}

/// Rows of a kind in whose fields these bytes stand somewhere.
pub(crate) fn holding(conn: &Connection, entity: Entity, bytes: &[u8]) -> Result<Vec<RowState>, StoreError> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} WHERE entity = ?1 AND instr(fields, ?2) > 0"))?;
    let mut found = statement.query(params![entity.number(), bytes])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(from_row(row)?);
    }
    Ok(rows)
}

fn from_row(row: &Row<'_>) -> Result<RowState, StoreError> {
    let scope = scope_from(row.get(2)?)?;
    let fields = row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?;
    Ok(RowState {
        row: row_id(row, 0)?,
        entity: row.get(1)?,
        scope,
        created_by: row.get(3)?,
        fields: decode_fields(fields)?,
    })
}

fn scope_from(number: u32) -> Result<Scope, StoreError> {
    Scope::from_number(number).ok_or_else(|| StoreError::Damaged(format!("row_state holds the unknown scope {number}")))
}

/// Writes a row.
pub(crate) fn put(conn: &Connection, state: &RowState) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO row_state (row, entity, scope, created_by, fields) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        state.row.0.as_bytes(),
        state.entity,
        state.scope.number(),
        state.created_by,
        encode_fields(&state.fields)
    ])?;
    Ok(())
}

/// Merges an incoming row into the table and returns what was done.
pub(crate) fn merge(conn: &Connection, incoming: IncomingRow) -> Result<Plan, StoreError> {
    merge_into(conn, get(conn, incoming.row)?, incoming)
}

/// [`merge`] for a caller who has looked up how the row stands.
pub(crate) fn merge_into(
    conn: &Connection,
    current: Option<RowState>,
    incoming: IncomingRow,
) -> Result<Plan, StoreError> {
    let row = incoming.row;
    let done = plan(current, incoming);
    match &done {
        Plan::Write { state, .. } => put(conn, state)?,
        Plan::Forget => {
            conn.prepare_cached("DELETE FROM row_state WHERE row = ?1")?.execute([row.0.as_bytes()])?;
        }
        Plan::Nothing => {}
    }
    Ok(done)
}

/// Forgets a row, wherever it is.
pub(crate) fn forget(conn: &Connection, row: RowId) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM row_state WHERE row = ?1")?.execute([row.0.as_bytes()])?;
    Ok(())
}

/// Forgets all rows; returns which they were.
pub(crate) fn forget_all(conn: &Connection) -> Result<Vec<RowId>, StoreError> {
    let mut statement = conn.prepare_cached("DELETE FROM row_state RETURNING row")?;
    let found = statement.query_map([], |row| row_id(row, 0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The scopes that rows are in.
pub(crate) fn scopes(conn: &Connection) -> Result<Vec<Scope>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT DISTINCT scope FROM row_state")?;
    let found = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<u32>, _>>()?;
    found.into_iter().map(scope_from).collect()
}

/// Forgets all rows of a scope; returns which they were.
pub(crate) fn forget_scope(conn: &Connection, scope: Scope) -> Result<Vec<RowId>, StoreError> {
    let mut statement = conn.prepare_cached("DELETE FROM row_state WHERE scope = ?1 RETURNING row")?;
    let found = statement.query_map([scope.number()], |row| row_id(row, 0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn encode_fields(fields: &BTreeMap<FieldId, Register>) -> Vec<u8> {
    let stored: Vec<StoredRegister> = fields
        .iter()
        .map(|(field, register)| StoredRegister {
            field: *field,
            value: register.value.clone(),
            effective: register.stamp.effective,
            origin: register.stamp.id.origin,
            counter: register.stamp.id.counter,
        })
        .collect();
    to_bytes(&stored)
}

fn decode_fields(bytes: &[u8]) -> Result<BTreeMap<FieldId, Register>, StoreError> {
    let stored: Vec<StoredRegister> = from_bytes(bytes)?;
    Ok(stored
        .into_iter()
        .map(|r| {
            let id = ChangeId { origin: r.origin, counter: r.counter };
            (r.field, Register { value: r.value, stamp: Stamp { effective: r.effective, id } })
        })
        .collect())
}
