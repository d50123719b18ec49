//! What the log and the refused actions hold of a person.

use super::asked::Asked;
use super::{Finding, Part, Why};
use crate::hub::AreaError;
use crate::rows_json;
use rusqlite::Connection;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use trygkort_core::domain::{FieldId, RowId, Value};
use trygkort_core::hub::AreaLog;
use trygkort_core::store::StoreError;
use trygkort_core::wire::from_bytes;
use trygkort_core::wire::v1::{Action, Entry, LogRow};

/// Values that the log has and that no longer stand.
pub(super) fn earlier(log: &AreaLog, asked: &Asked, origins: &BTreeSet<u32>) -> Result<Vec<Finding>, AreaError> {
    let mut findings = Vec::new();
    each_log_row(log.connection(), |origin, row| {
        let stands = log.row(row.row.0)?;
        for field in row.fields {
            let now = stands.as_ref().and_then(|row| row.fields.get(&field.field));
            if now.is_some_and(|register| register.value == field.value) {
                continue;
            }
            let writer = field.stamp.map_or(origin, |stamp| stamp.origin);
            if let Some(why) = why(asked, origins, writer, (row.entity, field.field, &field.value)) {
                findings.push(finding(Part::History, why, row.row.0, row.entity, field.field, &field.value));
            }
        }
        Ok(())
    })?;
    Ok(findings)
}

/// Everything in the log, in its order.
fn each_log_row(
    conn: &Connection,
    mut take: impl FnMut(u32, LogRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = "SELECT entry.origin, log.rows FROM log JOIN entry ON entry.position = log.position
               ORDER BY log.position, log.scope";
    let mut statement = conn.prepare(sql)?;
    let mut found = statement.query([])?;
    while let Some(part) = found.next()? {
        let origin = part.get(0)?;
        let rows: Vec<LogRow> = from_bytes(part.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
        rows.into_iter().try_for_each(|row| take(origin, row))?;
    }
    Ok(())
}

/// What the server did not take, but kept.
pub(super) fn refused(log: &AreaLog, asked: &Asked, origins: &BTreeSet<u32>) -> Result<Vec<Finding>, AreaError> {
    let read = |conn: &Connection| -> rusqlite::Result<Vec<(u32, u64, Vec<u8>)>> {
        let mut statement = conn.prepare("SELECT origin, counter, body FROM refused ORDER BY origin, counter, hash")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect()
    };
    let mut findings = Vec::new();
    for (origin, counter, body) in read(log.connection()).map_err(StoreError::from)? {
        let id = format!("{origin}.{counter}");
        for (entity, field, value) in fields_of(&body) {
            if let Some(why) = why(asked, origins, origin, (entity, field, &value)) {
                let (place, value) = (rows_json::place(entity, field), rows_json::value(&value));
                findings.push(Finding { part: Part::Refused, why, id: id.clone(), place, value });
            }
        }
        if fields_of(&body).is_empty() && asked.is_in(&String::from_utf8_lossy(&body)) {
            let place = "unreadable".to_owned();
            findings.push(Finding { part: Part::Refused, why: Why::Mentions, id, place, value: Json::Null });
        }
    }
    Ok(findings)
}

/// What a refused body would have written: an action, or an entry of the log that a device offered after a restore.
fn fields_of(body: &[u8]) -> Vec<(u16, FieldId, Value)> {
    if let Ok(action) = from_bytes::<Action>(body) {
        let rows = action.rows.into_iter();
        return rows.flat_map(|row| row.fields.into_iter().map(move |f| (row.entity, f.field, f.value))).collect();
    }
    let Ok(entry) = from_bytes::<Entry>(body) else { return Vec::new() };
    let rows = entry.scopes.into_iter().flat_map(|scope| scope.rows).map(|row| (*row).clone());
    rows.flat_map(|row| row.fields.into_iter().map(move |f| (row.entity, f.field, f.value))).collect()
}

fn why(
    asked: &Asked,
    origins: &BTreeSet<u32>,
    writer: u32,
    (entity, field, value): (u16, FieldId, &Value),
) -> Option<Why> {
    let wrote = || origins.contains(&writer).then_some(Why::Wrote);
    if asked.is_in_field(entity, field, value) { Some(Why::Mentions) } else { wrote() }
}

fn finding(part: Part, why: Why, row: RowId, entity: u16, field: FieldId, value: &Value) -> Finding {
    let (place, value) = (rows_json::place(entity, field), rows_json::value(value));
    Finding { part, why, id: row.to_string(), place, value }
}
