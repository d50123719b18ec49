//! Who is behind an origin, as far as the server's mirrors of devices and members are here to say.

use super::{StoreError, rows};
use crate::domain::schema::{DELETED_AT, device, member};
use crate::domain::{Entity, FieldId, RowId, Value};
use crate::merge::RowState;
use rusqlite::Connection;
use std::collections::HashMap;

/// The member of each origin that this replica knows of.
pub(crate) struct Authors {
    members: HashMap<u32, RowId>,
}

impl Authors {
    /// Reads the mirrors of all devices.
    pub(crate) fn load(conn: &Connection) -> Result<Self, StoreError> {
        let devices = rows::of_entity(conn, Entity::Device)?;
        Ok(Self { members: devices.iter().filter_map(origin_and_member).collect() })
    }

    /// The member whose device has this origin.
    pub(crate) fn member(&self, origin: u32) -> Option<RowId> {
        self.members.get(&origin).copied()
    }

    /// Whether two origins are devices of one member.
    pub(crate) fn same_member(&self, one: u32, other: u32) -> bool {
        one == other || self.member(one).is_some_and(|member| self.member(other) == Some(member))
    }
}

/// What a member wants to be called; `None` when this replica does not know, or they gave no name.
pub(crate) fn member_name(conn: &Connection, id: RowId) -> Result<Option<String>, StoreError> {
    let row = rows::get(conn, id)?.filter(|row| row.entity == Entity::Member.number());
    let name = row.as_ref().and_then(|row| value(row, member::name)).map(Value::text);
    Ok(name.filter(|name| !name.is_empty()).map(str::to_owned))
}

fn origin_and_member(row: &RowState) -> Option<(u32, RowId)> {
    let origin = value(row, device::origin).and_then(Value::int)?;
    Some((u32::try_from(origin).ok()?, value(row, device::member).and_then(Value::row)?))
}

/// A field of a row that is not in the trash.
pub(crate) fn value(row: &RowState, field: FieldId) -> Option<&Value> {
    let held = |field| row.fields.get(&field).map(|register| &register.value);
    if held(DELETED_AT).and_then(Value::int).is_some() { None } else { held(field) }
}
