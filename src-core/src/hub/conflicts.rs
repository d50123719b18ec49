//! Conflicts as rows of the log: written by the server beside the action that met them, in the scope of what they are
//! about, or a narrower one.

use super::admit::{Admission, Judged, Writer};
use super::{HubError, erase, mirror};
use crate::domain::schema::{DELETED_AT, conflict};
use crate::domain::{ChangeId, Entity, FieldId, RowId, Scope, Value};
use crate::merge::conflict::{Conflict, Writing, of_edit, with_deletion};
use crate::merge::{RowState, Stamp};
use crate::store::{StoreError, rows};
use crate::wire::v1::{Action, CHANGES_MAX, RowChange, WireId};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashSet;

/// A conflict row has fewer fields than this.
const FIELDS_MAX: usize = 12;

impl Admission<'_> {
    /// The conflicts that a row's changes meet. What the server writes meets none.
    pub(super) fn conflicts(
        &self,
        action: &Action,
        row: &Judged<'_>,
        stamp: impl Fn(usize) -> Stamp,
    ) -> Result<Vec<Conflict>, StoreError> {
        let (Writer::Device(_), Some(current)) = (self.writer, &row.current) else { return Ok(Vec::new()) };
        if Entity::from_number(current.entity).is_none_or(|entity| entity.is_mirror() || entity == Entity::Conflict) {
            return Ok(Vec::new());
        }
        let edits = row.change.fields.iter().enumerate().filter_map(|(index, field)| {
            let base = field.base.map(|base| base.0);
            of_edit(&Writing { row: current, field: field.field, value: &field.value, base, stamp: stamp(index) })
        });
        let mut found: Vec<Conflict> = edits.collect();
        let fields: Vec<FieldId> = row.change.fields.iter().map(|field| field.field).collect();
        let deletes = row.change.fields.iter().any(|f| f.field == DELETED_AT && f.value != Value::Null);
        let deleted = current.fields.get(&DELETED_AT).is_some_and(|held| held.value != Value::Null);
        if deletes != deleted && (deletes || !fields.contains(&DELETED_AT)) {
            let unseen = self.unseen(action, current)?;
            found.extend(with_deletion(current, &fields, stamp(0), |id| !unseen.contains(&id)));
        }
        Ok(found)
    }

    /// Whether a change of the action would conflict with somebody's, or lose.
    pub(super) fn meets_another(
        &self,
        action: &Action,
        effective: u64,
        judged: &[Judged<'_>],
    ) -> Result<bool, StoreError> {
        for row in judged {
            let stamp = |index| self.stamp(action, effective, row, index);
            let held = |field| row.current.as_ref().and_then(|current| current.fields.get(&field));
            let mut fields = row.change.fields.iter().enumerate();
            let loses = fields.any(|(index, set)| held(set.field).is_some_and(|held| held.stamp > stamp(index)));
            if loses || row.moved_too_late || !self.conflicts(action, row, stamp)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The changes that made the row what it is and that the action's writer had not read when they began.
    fn unseen(&self, action: &Action, row: &RowState) -> Result<HashSet<ChangeId>, StoreError> {
        let mut unseen = HashSet::new();
        for id in row.fields.values().map(|held| held.stamp.id) {
            let position = self.position_of(id)?;
            // A place that this log never had says nothing about what its writer saw.
            if action.seen <= self.head_before && position.is_some_and(|position| position > action.seen) {
                unseen.insert(id);
            }
        }
        Ok(unseen)
    }

    fn position_of(&self, id: ChangeId) -> Result<Option<u64>, StoreError> {
        let sql = "SELECT position FROM action WHERE origin = ?1 AND counter <= ?2 ORDER BY counter DESC LIMIT 1";
        let found = self.conn.prepare_cached(sql)?.query_row(params![id.origin, id.counter], |row| row.get(0));
        Ok(found.optional()?.flatten())
    }

    /// Writes what an admitted action means for conflicts: those it met, those its author has moved on from, and those
    /// that must follow a row into a narrower scope.
    pub(super) fn keep_conflicts(
        &self,
        action: &Action,
        judged: &[Judged<'_>],
        met: &[Conflict],
    ) -> Result<(), HubError> {
        let mut changes = Vec::new();
        for found in met {
            let before = judged.iter().find(|row| row.change.row.0 == found.row).map(|row| row.scope);
            changes.extend(self.entered(action, found, before.unwrap_or(Scope::Coordination))?);
        }
        let new: HashSet<RowId> = met.iter().map(|found| found.id(self.writer.origin())).collect();
        for row in judged.iter().filter(|row| row.current.is_some()) {
            for id in self.known_conflicts(row.change.row.0)? {
                if !new.contains(&id) {
                    changes.extend(self.followed(id, row)?);
                }
            }
        }
        let server = self.of_server();
        for rows in changes.chunks(CHANGES_MAX / FIELDS_MAX) {
            let hlc = u64::try_from(self.now_ms).unwrap_or(0);
            server.write(Action { counter: 0, hlc, seen: 0, all_or_nothing: None, rows: rows.to_vec() })?;
        }
        Ok(())
    }

    /// The row of a conflict just met, about something that was in the scope `before`. None where its place is taken by
    /// what a hostile device made there, or was erased: what lost is in the log, and the action is admitted all the same.
    fn entered(&self, action: &Action, met: &Conflict, before: Scope) -> Result<Option<RowChange>, StoreError> {
        let id = met.id(self.writer.origin());
        let about = rows::get(self.conn, met.row)?;
        let current = rows::get(self.conn, id)?;
        let taken = current.as_ref().is_some_and(|row| row.entity != Entity::Conflict.number());
        if taken || erase::is_erased(self.conn, id)? {
            return Ok(None);
        }
        // Nobody names what was erased, the server neither.
        let names_erased = met.value.row().map_or(Ok(false), |row| erase::is_erased(self.conn, row))?;
        let value = if names_erased { Value::Null } else { met.value.clone() };
        self.conn
            .prepare_cached("INSERT OR IGNORE INTO conflict_of (row, field, conflict) VALUES (?1, ?2, ?3)")?
            .execute(params![met.row.0.as_bytes(), met.field, id.0.as_bytes()])?;
        let written_at =
            if met.loser.origin == self.writer.origin() { Some(action.hlc) } else { self.hlc_of(met.loser)? };
        let fields = [
            (conflict::entity, Value::Int(met.entity.into())),
            (conflict::row, met.row.into()),
            (conflict::field, Value::Int(met.field.into())),
            (conflict::value, value),
            (conflict::origin, Value::Int(met.loser.origin.into())),
            (conflict::written_at, written_at.and_then(|at| i64::try_from(at).ok()).into()),
            (conflict::winner_origin, Value::Int(met.winner.origin.into())),
            (conflict::kind, met.kind.as_str().into()),
            (conflict::resolved_at, Value::Null),
        ];
        // What lost was written where the thing was before: whoever could not read it there is not shown it now.
        let now = about.map_or(Scope::Coordination, |row| row.scope);
        let scope = if mutant!(ShowWhatLostWhereItNeverWas) { now } else { now.narrowed(before) };
        Ok(changed(id, current.as_ref(), scope, fields.into_iter()))
    }

    /// What a known conflict becomes when its row was written to again.
    fn followed(&self, id: RowId, row: &Judged<'_>) -> Result<Option<RowChange>, StoreError> {
        let Some(current) = rows::get(self.conn, id)? else { return Ok(None) };
        let number = |field| current.fields.get(&field).and_then(|held| held.value.int());
        let mine = number(conflict::origin) == Some(self.writer.origin().into());
        let again = row.change.fields.iter().any(|field| number(conflict::field) == Some(field.field.into()));
        let open = number(conflict::resolved_at).is_none();
        // Whoever lost and writes there again has moved on.
        let settled = (mine && again && open).then_some((conflict::resolved_at, Value::Int(self.now_ms)));
        let scope = row.move_to.map_or(current.scope, |to| to.narrowed(current.scope));
        Ok(changed(id, Some(&current), scope, settled.into_iter()))
    }

    fn known_conflicts(&self, row: RowId) -> Result<Vec<RowId>, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT conflict FROM conflict_of WHERE row = ?1")?;
        let found = statement.query_map([row.0.as_bytes()], |row| crate::store::table::row_id(row, 0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn hlc_of(&self, id: ChangeId) -> Result<Option<u64>, StoreError> {
        let sql = "SELECT hlc FROM action WHERE origin = ?1 AND counter <= ?2 ORDER BY counter DESC LIMIT 1";
        let found = self.conn.prepare_cached(sql)?.query_row(params![id.origin, id.counter], |row| row.get(0));
        Ok(found.optional()?)
    }
}

/// Notes which field a conflict's row is about; other rows are left alone.
pub(super) fn index(conn: &Connection, row: &RowState) -> Result<(), StoreError> {
    let held = |field| row.fields.get(&field).map(|held| &held.value);
    if row.entity != Entity::Conflict.number() {
        return Ok(());
    }
    if let (Some(about), Some(field)) =
        (held(conflict::row).and_then(Value::row), held(conflict::field).and_then(Value::int))
    {
        conn.prepare_cached("INSERT OR IGNORE INTO conflict_of (row, field, conflict) VALUES (?1, ?2, ?3)")?
            .execute(params![about.0.as_bytes(), field, row.row.0.as_bytes()])?;
    }
    Ok(())
}

/// The change that brings a conflict's row to these values and at least this narrow a scope; `None`: it is so.
fn changed(
    id: RowId,
    current: Option<&RowState>,
    scope: Scope,
    fields: impl Iterator<Item = (FieldId, Value)>,
) -> Option<RowChange> {
    let fields: Vec<_> = fields.filter_map(|(field, value)| mirror::set(current, field, value)).collect();
    let here = current.map_or(scope, |row| row.scope);
    let move_to = Some(scope.narrowed(here)).filter(|to| *to != here).map(Scope::number);
    (!fields.is_empty() || move_to.is_some()).then(|| RowChange {
        entity: Entity::Conflict.number(),
        row: WireId(id),
        scope: here.number(),
        move_to,
        fields,
    })
}
