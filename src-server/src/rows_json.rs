//! Rows as JSON with the names of their entities and fields (docs/data-model.md), for people and other programs.

use crate::control::hex;
use crate::hub::{AreaError, AreaLog};
use rusqlite::Connection;
use serde_json::{Map, Value as Json, json};
use trygkort_core::domain::{Entity, FieldId, RowId, Scope, Value};
use trygkort_core::merge::RowState;
use trygkort_core::store::StoreError;
use uuid::Uuid;

/// All rows of an area, also those in the trash.
pub(crate) fn all(log: &AreaLog) -> Result<Vec<Json>, AreaError> {
    Ok(states(log)?.iter().map(of).collect())
}

/// All rows of an area as they stand.
pub(crate) fn states(log: &AreaLog) -> Result<Vec<RowState>, AreaError> {
    let ids = ids(log.connection()).map_err(|error| AreaError::from(StoreError::from(error)))?;
    let rows = ids.into_iter().map(|id| log.row(id));
    rows.filter_map(Result::transpose).collect::<Result<_, _>>().map_err(AreaError::from)
}

fn ids(conn: &Connection) -> rusqlite::Result<Vec<RowId>> {
    let mut statement = conn.prepare("SELECT row FROM row_state ORDER BY entity, row")?;
    let ids = statement.query_map([], |row| Ok(RowId(Uuid::from_bytes(row.get(0)?))))?;
    ids.collect()
}

/// One row.
pub(crate) fn of(row: &RowState) -> Json {
    let entity = Entity::from_number(row.entity);
    let fields: Map<String, Json> = row
        .fields
        .iter()
        .map(|(id, register)| {
            let name = entity.and_then(|entity| entity.field(*id)).map(|field| field.name.to_owned());
            (name.unwrap_or_else(|| id.to_string()), value(&register.value))
        })
        .collect();
    json!({
        "entity": entity.map_or_else(|| row.entity.to_string(), |entity| entity.name().to_owned()),
        "id": row.row.to_string(),
        "scope": scope(row.scope),
        "created_by_origin": row.created_by,
        "fields": fields,
    })
}

/// `contact.note`; numbers stand for what this version does not know.
pub(crate) fn place(entity: u16, field: FieldId) -> String {
    let known = Entity::from_number(entity);
    let entity = known.map_or_else(|| entity.to_string(), |entity| entity.name().to_owned());
    let field = known.and_then(|known| known.field(field)).map_or_else(|| field.to_string(), |f| f.name.to_owned());
    format!("{entity}.{field}")
}

/// The word for a scope.
pub(crate) fn scope(scope: Scope) -> String {
    scope.walk().map_or_else(|| scope.as_str().to_owned(), |walk| format!("walk:{walk}"))
}

/// One value.
pub(crate) fn value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(yes) => (*yes).into(),
        Value::Int(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Row(row) => row.to_string().into(),
        Value::Position(place) => {
            json!({ "lat": place.lat(), "lon": place.lon(), "accuracy_m": place.accuracy_m })
        }
        Value::Opaque(bytes) => json!({ "hex": hex(bytes) }),
    }
}
