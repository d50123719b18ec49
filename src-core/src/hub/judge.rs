//! Judging an action: permission, validation and references. The first rule that is broken decides.

use super::admit::{Admission, Judged, Writer};
use super::{erase, held, moved, page};
use crate::domain::access::{self, Change};
use crate::domain::schema::{DELETED_AT, Kind, card_cell, map_pin};
use crate::domain::validate::{self, ValueError};
use crate::domain::{Entity, RowId, Scope, Value, personal_number};
use crate::merge::{RowState, Stamp};
use crate::ops::card::cell_id;
use crate::store::authors::Authors;
use crate::store::{StoreError, rows};
use crate::wire::v1::{ACTION_BYTES_MAX, Action, CHANGES_MAX, FieldChange, Outcome, Reason, RowChange};
use std::collections::HashSet;

impl Admission<'_> {
    /// Permission, validation, references, for an action that is encoded in `bytes` bytes and would be admitted with the
    /// clock `effective`. The outer result is the file's, the inner one the judgement.
    pub(super) fn judge<'a>(
        &self,
        action: &'a Action,
        bytes: usize,
        effective: u64,
    ) -> Result<Result<Vec<Judged<'a>>, Reason>, StoreError> {
        if action.rows.is_empty() || action.change_count() > CHANGES_MAX || bytes > ACTION_BYTES_MAX {
            return Ok(Err(Reason::TooLarge));
        }
        if let Err(reason) = check_values(action) {
            return Ok(Err(reason));
        }
        if self.speaks_of_erased(action)? {
            return Ok(Err(Reason::Erased));
        }
        if let Some(reason) = self.builds_on_refused(action)?.filter(|_| !mutant!(BuildOnWhatWasRefused)) {
            return Ok(Err(reason));
        }
        let made_here: HashSet<RowId> = action.rows.iter().map(|row| row.row.0).collect();
        let mut judged = Vec::with_capacity(action.rows.len());
        let mut first_index = 0;
        let stamp = self.moved_by(action, effective);
        for change in &action.rows {
            match self.judge_row(change, stamp, &made_here, first_index)? {
                Ok(row) => judged.push(row),
                Err(_) if mutant!(AdmitAnActionInPart) && !judged.is_empty() => {}
                // Perhaps it is there once what is held can be judged.
                Err(Reason::Reference) if self.names_held(change)? => return Ok(Err(Reason::Unknown)),
                Err(reason) => return Ok(Err(reason)),
            }
            first_index += u16::try_from(change.fields.len().max(1)).unwrap_or(u16::MAX);
        }
        Ok(Ok(judged))
    }

    fn judge_row<'a>(
        &self,
        change: &'a RowChange,
        stamp: Stamp,
        made_here: &HashSet<RowId>,
        first_index: u16,
    ) -> Result<Result<Judged<'a>, Reason>, StoreError> {
        let Some(entity) = Entity::from_number(change.entity) else { return Ok(Err(Reason::Unknown)) };
        let current = rows::get(self.conn, change.row.0)?;
        let (Some(believed), move_to) = (Scope::from_number(change.scope), scope_or_none(change.move_to)) else {
            return Ok(Err(Reason::Validation));
        };
        let Ok(move_to) = move_to else { return Ok(Err(Reason::Validation)) };
        let scope = current.as_ref().map_or(believed, |row| row.scope);
        // What the server moves itself follows what was decided already.
        let by_device = matches!(self.writer, Writer::Device(_));
        let moves = by_device && current.is_some() && move_to.is_some();
        let moved_too_late = moves && !moved::wins(self.conn, change.row.0, stamp)?;
        let move_to = move_to.filter(|to| *to != scope && !moved_too_late);
        if current.as_ref().is_some_and(|row| row.entity != change.entity) {
            return Ok(Err(Reason::Validation));
        }
        // The server's own rows, such as those of conflicts, have ids that anyone can work out.
        let squats = by_device && current.is_none() && change.row.0.is_derived() && entity != Entity::CardCell;
        if squats && !mutant!(LetOthersTakeTheServersIds) {
            return Ok(Err(Reason::Validation));
        }
        if !self.is_open(scope)? || !move_to.map_or(Ok(true), |to| self.is_open(to))? {
            return Ok(Err(Reason::Validation));
        }
        let fields: Vec<_> = change.fields.iter().map(|field| field.field).collect();
        let about = current.as_ref().and_then(crate::merge::conflict::about);
        let asked = Change { entity, scope, move_to, new: current.is_none(), own: false, about, fields: &fields };
        if !self.permits(&asked, current.as_ref())? && !mutant!(AskNoPermission) {
            return Ok(Err(Reason::Permission));
        }
        if let Err(reason) = self.check_rules(entity, change, current.as_ref(), move_to.unwrap_or(scope)) {
            return Ok(Err(reason));
        }
        let set = |id| change.fields.iter().any(|field| field.field == id && field.value != Value::Null);
        let comes_to_be = || entity.required().iter().all(|field| set(*field));
        if current.is_none() && !comes_to_be() {
            return Ok(Err(Reason::Reference));
        }
        let hangs = entity != Entity::Photo || current.is_some() || self.may_hang(change)?;
        if !hangs || !self.references_exist(entity, change, made_here)? {
            return Ok(Err(Reason::Reference));
        }
        Ok(Ok(Judged { change, current, scope, move_to, moved_too_late, first_index }))
    }

    /// Whether rows may be put there. The server opens a walk's scope by putting the walk itself into it.
    fn is_open(&self, scope: Scope) -> Result<bool, StoreError> {
        let (Writer::Device(_), Some(walk)) = (self.writer, scope.walk()) else { return Ok(true) };
        Ok(page::walks(self.conn)?.contains(&walk) || mutant!(MarkOnAWalkThatIsNotThere))
    }

    /// Permission. The server needs none for what it writes itself.
    fn permits(&self, asked: &Change<'_>, current: Option<&RowState>) -> Result<bool, StoreError> {
        let Writer::Device(peer) = self.writer else { return Ok(true) };
        access::may_asking_whose(&peer.reader, asked, || match current {
            Some(row) if row.created_by == peer.origin => Ok(true),
            Some(row) => Ok(self.authors()?.member(row.created_by) == Some(peer.member)),
            None => Ok(false),
        })
    }

    /// Read once, however many rows ask: that is every device of the area.
    fn authors(&self) -> Result<&Authors, StoreError> {
        if let Some(authors) = self.authors.get() {
            return Ok(authors);
        }
        let loaded = Authors::load(self.conn)?;
        Ok(self.authors.get_or_init(|| loaded))
    }

    /// Rules that look at more than one field.
    fn check_rules(
        &self,
        entity: Entity,
        change: &RowChange,
        current: Option<&RowState>,
        scope: Scope,
    ) -> Result<(), Reason> {
        let after = |field| {
            change
                .fields
                .iter()
                .find(|f| f.field == field)
                .map(|f| &f.value)
                .or_else(|| current.and_then(|row| row.fields.get(&field)).map(|register| &register.value))
        };
        match entity {
            Entity::Area if change.row.0 != self.area.0 || scope != Scope::Public => Err(Reason::Reference),
            Entity::CardCell => {
                let ends =
                    (after(card_cell::problem).and_then(Value::row), after(card_cell::contact).and_then(Value::row));
                match ends {
                    (Some(problem), Some(contact)) if change.row.0 == cell_id(problem, contact) => Ok(()),
                    _ => Err(Reason::Reference),
                }
            }
            // Groups and environments are for coordination only, never public (docs/data-model.md, `map_pin`).
            Entity::MapPin if after(map_pin::category).is_some_and(|c| c.text() == "group") => {
                if scope == Scope::Coordination { Ok(()) } else { Err(Reason::Validation) }
            }
            _ => Ok(()),
        }
    }

    fn references_exist(
        &self,
        entity: Entity,
        change: &RowChange,
        made_here: &HashSet<RowId>,
    ) -> Result<bool, StoreError> {
        for field in &change.fields {
            let (Some(def), Value::Row(target)) = (entity.field(field.field), &field.value) else { continue };
            let Kind::Row(expected) = def.kind else { continue };
            if made_here.contains(target) {
                continue;
            }
            if rows::get(self.conn, *target)?.is_none_or(|row| row.entity != expected.number()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the action writes to, or names, a row that was erased.
    pub(super) fn speaks_of_erased(&self, action: &Action) -> Result<bool, StoreError> {
        for change in &action.rows {
            let named = change.fields.iter().filter_map(|field| field.value.row());
            for row in named.chain([change.row.0]) {
                if erase::is_erased(self.conn, row)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// What becomes of an action that edits what a refused action wrote, or one that is held.
    fn builds_on_refused(&self, action: &Action) -> Result<Option<Reason>, StoreError> {
        for change in &action.rows {
            for base in change.fields.iter().filter_map(|field| field.base) {
                if self.action_of(base.0)?.is_some_and(|(outcome, _)| outcome == Outcome::Rejected) {
                    let held = self.names_held(change)?;
                    return Ok(Some(if held { Reason::Unknown } else { Reason::DependsOn }));
                }
            }
        }
        Ok(None)
    }

    /// Whether a change is to a row, or names one, that an action speaks of which is held.
    fn names_held(&self, change: &RowChange) -> Result<bool, StoreError> {
        let named = change.fields.iter().filter_map(|field| field.value.row());
        for row in named.chain([change.row.0]) {
            if held::speaks_of(self.conn, row)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Checks every value against its field, and that no row or field is set twice.
pub(super) fn check_values(action: &Action) -> Result<(), Reason> {
    let mut rows = HashSet::new();
    for change in &action.rows {
        let entity = Entity::from_number(change.entity).ok_or(Reason::Unknown)?;
        let mut fields = HashSet::new();
        if !rows.insert(change.row) || !change.fields.iter().all(|field| fields.insert(field.field)) {
            return Err(Reason::Validation);
        }
        if change.fields.is_empty() && change.move_to.is_none() {
            return Err(Reason::Validation);
        }
        for field in &change.fields {
            check_value(entity, field)?;
        }
    }
    Ok(())
}

/// Whether any text of an action looks like a personal number, whatever else is wrong with it: then it is kept nowhere.
pub(super) fn holds_personal_number(action: &Action) -> bool {
    let hidden = |change: &RowChange| {
        let entity = Entity::from_number(change.entity);
        change.fields.iter().any(|field| match entity {
            Some(entity) => check_value(entity, field) == Err(Reason::PersonalNumber),
            None => personal_number::contains(field.value.text()),
        })
    };
    action.rows.iter().any(hidden)
}

fn check_value(entity: Entity, change: &FieldChange) -> Result<(), Reason> {
    // A field of a newer version: its text is searched all the same.
    let Some(field) = entity.field(change.field) else {
        let hidden = personal_number::contains(change.value.text());
        return if hidden { Err(Reason::PersonalNumber) } else { Ok(()) };
    };
    debug_assert!(field.id != DELETED_AT || field.kind == Kind::Time);
    validate::value(field, &change.value).map_err(|error| match error {
        ValueError::PersonalNumber { .. } => Reason::PersonalNumber,
        ValueError::TooLong { .. } | ValueError::WrongKind { .. } => Reason::Validation,
    })
}

/// `None` is "stays"; an unknown number is an error.
fn scope_or_none(number: Option<u32>) -> Result<Option<Scope>, ()> {
    number.map(|n| Scope::from_number(n).ok_or(())).transpose()
}
