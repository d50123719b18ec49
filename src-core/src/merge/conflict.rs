//! Conflicts: two people wrote to one field, and neither had seen the other. One value stands, the other is kept in a
//! row of its own, so that nothing that anyone wrote is lost and a person can choose. Pure.
//!
//! What a writer had seen is what their change names as its base. Whoever writes three times offline has seen their own
//! first and second, so three edits meet another's one as one conflict.

use super::{Register, RowState, Stamp};
use crate::domain::schema::{DELETED_AT, Kind};
use crate::domain::{ChangeId, Entity, FieldId, RowId, Value};

/// A change about to be admitted, with what it is to be compared with.
#[derive(Clone, Copy, Debug)]
pub struct Writing<'a> {
    pub row: &'a RowState,
    pub field: FieldId,
    pub value: &'a Value,
    pub base: Option<ChangeId>,
    pub stamp: Stamp,
}

/// Two values of one field, neither of which knew the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    pub entity: u16,
    pub row: RowId,
    pub field: FieldId,
    pub kind: Kinds,
    pub value: Value,
    pub loser: ChangeId,
    pub winner: ChangeId,
}

/// How two people came to disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// Both set the field.
    Edit,
    /// One edited what the other had deleted.
    EditOfDeleted,
    /// One deleted what the other had edited.
    DeleteOfEdited,
}

impl Kinds {
    /// The word in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kinds::Edit => "edit",
            Kinds::EditOfDeleted => "edit_of_deleted",
            Kinds::DeleteOfEdited => "delete_of_edited",
        }
    }
}

/// The conflict that a change to a field meets, if any.
#[must_use]
pub fn of_edit(change: &Writing<'_>) -> Option<Conflict> {
    let held = change.row.fields.get(&change.field)?;
    let own = held.stamp.id.origin == change.stamp.id.origin && !mutant!(MeetOnesOwnEdits);
    let unseen = Some(held.stamp.id) != change.base && !own && !mutant!(OverlookAConflict);
    if !unseen || agree(change, &held.value) {
        return None;
    }
    let incoming = Register { value: change.value.clone(), stamp: change.stamp };
    let (winner, loser) = if held.stamp > incoming.stamp { (held, &incoming) } else { (&incoming, held) };
    Some(Conflict {
        entity: change.row.entity,
        row: change.row.row,
        field: change.field,
        kind: Kinds::Edit,
        value: if mutant!(DropTheLosersWords) { winner.value.clone() } else { loser.value.clone() },
        loser: loser.stamp.id,
        winner: winner.stamp.id,
    })
}

/// Whether two values say the same, as far as people care.
fn agree(change: &Writing<'_>, held: &Value) -> bool {
    let kind = Entity::from_number(change.row.entity).and_then(|entity| entity.field(change.field)).map(|def| def.kind);
    match kind {
        // Two who both say *checked today*, *does not work* or *away with it* agree, whatever the minute.
        Some(Kind::Time) => (*change.value == Value::Null) == (*held == Value::Null),
        // A place in a list is nobody's words.
        Some(Kind::OrderKey) => true,
        _ => change.value == held,
    }
}

/// The conflict of an edit with a deletion that its writer had not seen. `seen` says of a change whether they had.
#[must_use]
pub fn with_deletion(
    row: &RowState,
    edits: &[FieldId],
    by: Stamp,
    seen: impl Fn(ChangeId) -> bool,
) -> Option<Conflict> {
    let deleted = row.fields.get(&DELETED_AT).filter(|held| held.value != Value::Null);
    let unseen = |id: ChangeId| id.origin != by.id.origin && !seen(id);
    let whole = |kind, loser, winner| Conflict {
        entity: row.entity,
        row: row.row,
        field: DELETED_AT,
        kind,
        value: Value::Null,
        loser,
        winner,
    };
    match (deleted, edits.contains(&DELETED_AT)) {
        (Some(deletion), false) => {
            let id = deletion.stamp.id;
            (!edits.is_empty() && unseen(id)).then(|| whole(Kinds::EditOfDeleted, by.id, id))
        }
        (None, true) => {
            let edited = row.fields.iter().filter(|(field, _)| **field != DELETED_AT).map(|(_, held)| held.stamp);
            let last = edited.filter(|stamp| unseen(stamp.id)).max()?;
            Some(whole(Kinds::DeleteOfEdited, last.id, by.id))
        }
        _ => None,
    }
}

impl Conflict {
    /// The id of its row: the same for all that one writer wrote on one thing that they had not seen.
    #[must_use]
    pub fn id(&self, writer: u32) -> RowId {
        let other = if self.loser.origin == writer { self.winner } else { self.loser };
        let Self { row, field, .. } = self;
        RowId::derived(&format!("conflict {field} {writer} {}.{}", other.origin, other.counter), &[*row])
    }
}

/// The kind of row that a conflict is about.
#[cfg(feature = "sqlite")]
pub(crate) fn about(row: &RowState) -> Option<Entity> {
    let number = row.fields.get(&crate::domain::schema::conflict::entity)?.value.int()?;
    Entity::from_number(row.entity).filter(|entity| *entity == Entity::Conflict)?;
    Entity::from_number(u16::try_from(number).ok()?)
}
