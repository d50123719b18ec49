//! Values of fields, in words.

use super::names::Names;
use super::{AsideError, time};
use crate::rows_json;
use serde::Serialize;
use serde_json::Value as Json;
use trygkort_core::domain::schema::Kind;
use trygkort_core::domain::{Entity, FieldId, Value};

/// Stands for what looks like a personal number.
pub(super) const PERSONAL_NUMBER: &str = "(looks like a personal number: not shown)";

/// What was written to one field.
#[derive(Debug, Serialize)]
pub(crate) struct Said {
    pub(crate) field: String,
    /// As an export of the area has it.
    pub(crate) value: Json,
    /// As people read it.
    #[serde(skip)]
    pub(crate) words: String,
}

impl Said {
    /// `None` stands for a personal number.
    pub(super) fn new(
        names: &Names<'_>,
        (entity, field): (u16, FieldId),
        value: Option<&Value>,
    ) -> Result<Self, AsideError> {
        let def = Entity::from_number(entity).and_then(|entity| entity.field(field));
        let name = def.map_or_else(|| field.to_string(), |def| def.name.to_owned());
        let Some(value) = value else {
            return Ok(Self { field: name, value: PERSONAL_NUMBER.into(), words: PERSONAL_NUMBER.to_owned() });
        };
        let words = words(names, def.map(|def| def.kind), value)?;
        Ok(Self { field: name, value: rows_json::value(value), words })
    }
}

fn words(names: &Names<'_>, kind: Option<Kind>, value: &Value) -> Result<String, AsideError> {
    Ok(match value {
        Value::Null => "(nothing)".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Int(ms) if kind == Some(Kind::Time) => time(names.conn(), *ms)?,
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Row(row) => match names.of(*row)? {
            name if name.is_empty() => row.to_string(),
            name => format!("{name} ({row})"),
        },
        Value::Position(place) => {
            let accuracy = place.accuracy_m.map_or_else(String::new, |metres| format!(", within {metres} m"));
            format!("{:.7}, {:.7}{accuracy}", place.lat(), place.lon())
        }
        Value::Opaque(_) => format!("of a kind that this version does not know: {}", rows_json::value(value)),
    })
}
