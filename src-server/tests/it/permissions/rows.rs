//! Rows to try things on: whole ones to create, and one field to edit, for every entity.

use trygkort_core::domain::schema::{
    DELETED_AT, area, card_cell, channel, conflict, contact, device, invitation, map_pin, member, organisation, photo,
    problem, walk,
};
use trygkort_core::domain::{Entity, FieldId, Position, RowId, Scope, Value};
use trygkort_core::wire::v1::{Action, FieldChange, RowChange, WireId};
use uuid::Uuid;

/// What rows refer to.
#[derive(Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) contact: RowId,
    pub(crate) problem: RowId,
    pub(crate) member: RowId,
    pub(crate) pin: RowId,
}

pub(crate) fn new_row() -> RowId {
    RowId(Uuid::now_v7())
}

/// A row of this entity with all it needs.
pub(crate) fn whole(entity: Entity, ends: Ends) -> (RowId, Vec<(FieldId, Value)>) {
    let fields: Vec<(FieldId, Value)> = match entity {
        Entity::Area => vec![(area::name, "Et andet område".into())],
        Entity::Organisation => vec![(organisation::name, "Boligforeningen".into())],
        Entity::Contact => vec![(contact::name, "Vagten".into())],
        Entity::Channel => vec![
            (channel::contact, Value::Row(ends.contact)),
            (channel::kind, "phone".into()),
            (channel::value, "+4532571000".into()),
        ],
        Entity::Problem => vec![(problem::name, "Støj".into())],
        Entity::CardCell => {
            vec![(card_cell::problem, Value::Row(ends.problem)), (card_cell::contact, Value::Row(ends.contact))]
        }
        Entity::MapPin => vec![(map_pin::category, "place".into()), (map_pin::position, somewhere())],
        Entity::Member => {
            vec![(member::name, "Ny".into()), (member::role, "coordinator".into()), (member::joined_at, Value::Int(1))]
        }
        Entity::Device => vec![
            (device::member, Value::Row(ends.member)),
            (device::name, "Ny".into()),
            (device::origin, Value::Int(999)),
            (device::added_at, Value::Int(1)),
        ],
        Entity::Invitation => vec![
            (invitation::role, "coordinator".into()),
            (invitation::uses, Value::Int(9)),
            (invitation::uses_left, Value::Int(9)),
            (invitation::made_at, Value::Int(1)),
            (invitation::expires_at, Value::Int(1)),
        ],
        Entity::Conflict => vec![
            (conflict::entity, Value::Int(Entity::Contact.number().into())),
            (conflict::row, Value::Row(ends.contact)),
            (conflict::field, Value::Int(contact::note.into())),
            (conflict::kind, "edit".into()),
        ],
        Entity::Photo => vec![
            (photo::of, Value::Row(ends.pin)),
            (photo::hash, "0f".repeat(32).into()),
            (photo::thumbnail, "f0".repeat(32).into()),
            (photo::bytes, Value::Int(1)),
            (photo::width, Value::Int(4)),
            (photo::height, Value::Int(3)),
        ],
        Entity::Walk => vec![
            (walk::name, "Ny".into()),
            (walk::number, Value::Int(9)),
            (walk::starts_at, Value::Int(1)),
            (walk::ends_at, Value::Int(2)),
        ],
    };
    let row =
        if entity == Entity::CardCell { RowId::derived("card_cell", &[ends.problem, ends.contact]) } else { new_row() };
    (row, fields)
}

fn somewhere() -> Value {
    Value::Position(Position::from_degrees(55.7, 12.5).unwrap())
}

/// A field that [`whole`] leaves empty.
pub(crate) fn edit(entity: Entity) -> (FieldId, Value) {
    match entity {
        Entity::Area => (area::place, "Ved søen".into()),
        Entity::Organisation => (organisation::sector, "housing".into()),
        Entity::Contact => (contact::note, "Ring først".into()),
        Entity::Channel => (channel::label, "Vagttelefon".into()),
        Entity::Problem => (problem::notice, "Tidspunkt".into()),
        Entity::CardCell => (card_cell::on, Value::Bool(true)),
        Entity::MapPin => (map_pin::note, "Mørkt".into()),
        Entity::Member => (member::name, "Narret".into()),
        Entity::Device => (device::revoked_at, Value::Null),
        Entity::Invitation => (invitation::uses_left, Value::Int(500)),
        Entity::Conflict => (conflict::value, "Noget andet".into()),
        Entity::Photo => (photo::caption, "Lygten ved stien".into()),
        Entity::Walk => (walk::ends_at, Value::Int(1_900_000_000_000)),
    }
}

/// Marks a row as deleted.
pub(crate) fn deletion() -> (FieldId, Value) {
    (DELETED_AT, Value::Int(1_800_000_000_000))
}

/// *Nummeret virker ikke*.
pub(crate) fn report() -> (FieldId, Value) {
    (channel::reported_at, Value::Int(1_800_000_000_000))
}

/// Says that a conflict is settled.
pub(crate) fn settlement() -> (FieldId, Value) {
    (conflict::resolved_at, Value::Int(1_800_000_000_000))
}

/// What an action does to a row.
pub(crate) fn change(entity: Entity, row: RowId, scope: Scope, fields: Vec<(FieldId, Value)>) -> RowChange {
    let fields = fields.into_iter().map(|(field, value)| FieldChange { field, value, base: None }).collect();
    RowChange { entity: entity.number(), row: WireId(row), scope: scope.number(), move_to: None, fields }
}

/// An action on these rows; the next one's number is higher by how many changes it makes.
pub(crate) fn action(counter: &mut u64, rows: Vec<RowChange>) -> Action {
    let action = Action { counter: *counter, hlc: 1_800_000_000_000, seen: 0, all_or_nothing: None, rows };
    *counter += action.change_count() as u64;
    action
}
