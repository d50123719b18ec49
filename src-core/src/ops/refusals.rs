//! What the server refused, kept until its author has seen it.

use crate::domain::{Entity, Value};
use crate::error::Error;
use crate::ipc::{Refusal, RefusalReason};
use crate::store::StoreError;
use crate::store::area::AreaFile;
use crate::wire::v1::{Action, Reason};
use crate::wire::{from_bytes, to_bytes};
use rusqlite::{Connection, params};

const REASONS: [(Reason, RefusalReason); 9] = [
    (Reason::Permission, RefusalReason::Permission),
    (Reason::Validation, RefusalReason::Validation),
    (Reason::Reference, RefusalReason::Reference),
    (Reason::PersonalNumber, RefusalReason::PersonalNumber),
    (Reason::DependsOn, RefusalReason::DependsOn),
    (Reason::TooLarge, RefusalReason::TooLarge),
    (Reason::Quarantined, RefusalReason::Quarantined),
    (Reason::Unknown, RefusalReason::Other),
    (Reason::Erased, RefusalReason::Erased),
];

/// Keeps a refused action. Of one with a personal number, or on what was erased, only the fact is kept.
pub(crate) fn keep(conn: &Connection, action: &Action, reason: Reason, now_ms: i64) -> Result<(), StoreError> {
    let number = REASONS.iter().position(|(known, _)| *known == reason).unwrap_or(REASONS.len() - 1);
    let body = if matches!(reason, Reason::PersonalNumber | Reason::Erased) { None } else { Some(to_bytes(action)) };
    conn.execute("INSERT INTO refused (reason, refused_ms, body) VALUES (?1, ?2, ?3)", params![number, now_ms, body])?;
    Ok(())
}

/// Refused actions, newest first, with what was written.
pub(crate) fn all(file: &AreaFile) -> Result<Vec<Refusal>, Error> {
    let mut statement =
        file.conn.prepare_cached("SELECT id, reason, refused_ms, body FROM refused ORDER BY id DESC")?;
    let found = statement.query_map([], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, usize>(1)?, row.get::<_, i64>(2)?, row.get::<_, Option<Vec<u8>>>(3)?))
    })?;
    let mut refusals = Vec::new();
    for item in found {
        let (id, reason, refused_at_ms, body) = item?;
        refusals.push(Refusal {
            id,
            reason: REASONS.get(reason).map_or(RefusalReason::Other, |(_, reason)| *reason),
            refused_at_ms,
            fields: body.map_or_else(|| Ok(Vec::new()), |body| written(&body))?,
        });
    }
    Ok(refusals)
}

/// The texts of an action, named by their fields.
fn written(body: &[u8]) -> Result<Vec<(String, String)>, StoreError> {
    let action: Action = from_bytes(body)?;
    let mut fields = Vec::new();
    for row in action.rows {
        let Some(entity) = Entity::from_number(row.entity) else { continue };
        for change in row.fields {
            let (Some(field), Value::Text(text)) = (entity.field(change.field), change.value) else { continue };
            if field.name != "order" {
                fields.push((format!("{}.{}", entity.name(), field.name), text));
            }
        }
    }
    Ok(fields)
}

/// How many refused actions have not been dismissed.
pub(crate) fn count(file: &AreaFile) -> Result<u32, StoreError> {
    Ok(file.conn.prepare_cached("SELECT COUNT(*) FROM refused")?.query_row([], |row| row.get(0))?)
}

/// The author has read it.
pub(crate) fn dismiss(file: &AreaFile, id: i64) -> Result<(), Error> {
    file.conn.execute("DELETE FROM refused WHERE id = ?1", [id])?;
    Ok(())
}
