//! What an incoming row does to the row as it stood: what people are shown as *before and after*. Pure.

use super::{IncomingRow, RowState};
use crate::domain::{FieldId, Scope, Value};
use minicbor::{Decode, Encode};

/// What an incoming row did.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Effect {
    /// The row was not there before.
    #[n(0)]
    pub made: bool,
    /// The scope it was in, when that was another.
    #[n(1)]
    pub scope: Option<u32>,
    /// What the fields held that got a value. A field that is missing here held nothing.
    #[n(2)]
    pub before: Vec<Held>,
    /// Fields whose incoming value lost to a later one that was there already.
    #[n(3)]
    pub lost: Vec<FieldId>,
}

/// A field with its value.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Held {
    #[n(0)]
    pub field: FieldId,
    #[n(1)]
    pub value: Value,
}

impl Effect {
    /// What `incoming` does to the row as it stands.
    #[must_use]
    pub fn of(current: Option<&RowState>, incoming: &IncomingRow) -> Self {
        let Some(row) = current else { return Self { made: true, ..Self::default() } };
        let held = |field: &FieldId| row.fields.get(field);
        let before = incoming.fields.iter().filter_map(|(field, _)| Some((*field, held(field)?.value.clone())));
        let lost = incoming.fields.iter().filter(|(field, new)| held(field).is_some_and(|old| old.stamp > new.stamp));
        Self {
            made: false,
            scope: Some(row.scope).filter(|scope| *scope != incoming.scope).map(Scope::number),
            before: before.map(|(field, value)| Held { field, value }).collect(),
            lost: lost.map(|(field, _)| *field).collect(),
        }
    }

    /// What a field held; `None`: nothing.
    #[must_use]
    pub fn before(&self, field: FieldId) -> Option<&Value> {
        self.before.iter().find(|held| held.field == field).map(|held| &held.value)
    }
}
