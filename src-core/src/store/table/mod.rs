//! The tables that screens read, one file each: how a row of the log is shown, and the queries on it.
//!
//! They are made anew from `row_state` and the outbox whenever a row changes, so nothing lives here alone.

pub(crate) mod area;
pub(crate) mod card_cell;
pub(crate) mod channel;
pub(crate) mod contact;
pub(crate) mod map_pin;
pub(crate) mod organisation;
pub(crate) mod photo;
pub(crate) mod problem;

use super::{StoreError, outbox};
use crate::domain::schema::DELETED_AT;
use crate::domain::{Entity, FieldId, RowId, Scope, Value};
use crate::ipc::Topic;
use crate::merge::RowState;
use rusqlite::Connection;
use std::collections::BTreeSet;

/// A row's fields, for projecting.
pub(crate) struct Fields<'a>(&'a RowState);

impl Fields<'_> {
    pub(crate) fn text(&self, field: FieldId) -> &str {
        self.value(field).map_or("", Value::text)
    }

    pub(crate) fn int(&self, field: FieldId) -> Option<i64> {
        self.value(field).and_then(Value::int)
    }

    pub(crate) fn is_true(&self, field: FieldId) -> bool {
        self.value(field).is_some_and(Value::is_true)
    }

    /// The bytes of the row it names, as they stand in the tables.
    pub(crate) fn row(&self, field: FieldId) -> Option<[u8; 16]> {
        self.value(field).and_then(Value::row).map(|id| *id.0.as_bytes())
    }

    pub(crate) fn value(&self, field: FieldId) -> Option<&Value> {
        self.0.fields.get(&field).map(|register| &register.value)
    }

    pub(crate) fn scope(&self) -> Scope {
        self.0.scope
    }

    pub(crate) fn created_by(&self) -> u32 {
        self.0.created_by
    }

    pub(crate) fn id(&self) -> RowId {
        self.0.row
    }
}

/// Makes the screens' rows anew for everything that changed; returns what screens want to reload.
pub(crate) fn project(conn: &Connection, origin: u32, rows: &BTreeSet<RowId>) -> Result<BTreeSet<Topic>, StoreError> {
    let mut topics = BTreeSet::new();
    let mut contacts = BTreeSet::new();
    for row in rows {
        match outbox::overlay(conn, origin, *row)? {
            Some(state) => project_row(conn, &state, &mut topics, &mut contacts)?,
            None => forget_row(conn, *row, &mut topics, &mut contacts)?,
        }
    }
    for contact in contacts {
        contact::index(conn, contact)?;
    }
    Ok(topics)
}

fn project_row(
    conn: &Connection,
    state: &RowState,
    topics: &mut BTreeSet<Topic>,
    contacts: &mut BTreeSet<RowId>,
) -> Result<(), StoreError> {
    // An entity of a newer version is kept in row_state and shown by nobody.
    let Some(entity) = Entity::from_number(state.entity) else { return Ok(()) };
    let fields = Fields(state);
    let deleted = fields.int(DELETED_AT).is_some();
    topics.extend(topics_of(entity));
    match entity {
        Entity::Area => area::project(conn, &fields)?,
        Entity::Organisation => {
            organisation::project(conn, &fields, deleted)?;
            contacts.extend(contact::of_organisation(conn, state.row)?);
        }
        Entity::Contact => {
            contact::project(conn, &fields, deleted)?;
            contacts.insert(state.row);
        }
        Entity::Channel => {
            contacts.extend(channel::contact_of(conn, state.row)?);
            channel::project(conn, &fields, deleted)?;
            contacts.extend(channel::contact_of(conn, state.row)?);
        }
        Entity::Problem => problem::project(conn, &fields, deleted)?,
        Entity::CardCell => card_cell::project(conn, &fields, deleted)?,
        Entity::MapPin => map_pin::project(conn, &fields, deleted)?,
        Entity::Photo => photo::project(conn, &fields, deleted)?,
        // Read where they lie: `store::authors`.
        Entity::Member | Entity::Device | Entity::Invitation | Entity::Conflict | Entity::Walk => {}
    }
    Ok(())
}

/// Removes a row that left this replica. Its entity is not known any more, so every table is asked.
fn forget_row(
    conn: &Connection,
    row: RowId,
    topics: &mut BTreeSet<Topic>,
    contacts: &mut BTreeSet<RowId>,
) -> Result<(), StoreError> {
    // What they are found by, and where they stand, must not speak of what this device may no longer see.
    contacts.extend(contact::of_organisation(conn, row)?);
    contacts.extend(channel::contact_of(conn, row)?);
    contact::remove(conn, row)?;
    for (table, entity) in [
        ("organisation", Entity::Organisation),
        ("channel", Entity::Channel),
        ("problem", Entity::Problem),
        ("card_cell", Entity::CardCell),
        ("map_pin", Entity::MapPin),
        ("photo", Entity::Photo),
    ] {
        conn.prepare_cached(&format!("DELETE FROM {table} WHERE row = ?1"))?.execute([row.0.as_bytes()])?;
        topics.extend(topics_of(entity));
    }
    topics.extend(topics_of(Entity::Contact));
    Ok(())
}

fn topics_of(entity: Entity) -> &'static [Topic] {
    match entity {
        Entity::Area => &[Topic::Area, Topic::Card],
        Entity::Organisation | Entity::Contact | Entity::Channel => &[Topic::Contacts, Topic::Card],
        Entity::Problem | Entity::CardCell => &[Topic::Card],
        Entity::MapPin => &[Topic::Pins],
        Entity::Photo => &[Topic::Photos],
        // A pin and a photo say who added them.
        Entity::Member | Entity::Device => &[Topic::Pins, Topic::Photos, Topic::Members],
        Entity::Walk => &[Topic::Pins],
        Entity::Invitation => &[],
        Entity::Conflict => &[Topic::Updates],
    }
}

/// Rewrites the search index, so that nothing of what was taken out of it is left in its file.
pub(crate) fn purge_search(conn: &Connection) -> Result<(), StoreError> {
    conn.execute("INSERT INTO contact_search (contact_search) VALUES ('optimize')", [])?;
    Ok(())
}

/// Deletes a row of a table by its id.
fn remove_from(conn: &Connection, table: &'static str, row: RowId) -> Result<(), StoreError> {
    conn.prepare_cached(&format!("DELETE FROM {table} WHERE row = ?1"))?.execute([row.0.as_bytes()])?;
    Ok(())
}

/// Reads a row id from a column.
pub(crate) fn row_id(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<RowId> {
    let bytes: [u8; 16] = row.get(column)?;
    Ok(RowId(uuid::Uuid::from_bytes(bytes)))
}

/// Reads a scope from a column; an unknown one counts as the narrowest.
pub(crate) fn scope(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Scope> {
    Ok(Scope::from_number(row.get(column)?).unwrap_or(Scope::Coordination))
}
