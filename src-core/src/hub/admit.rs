//! Admission: judging one action, whole or not at all, and putting it into the log.

use super::{HubError, Keys, Peer, SERVER_ORIGIN};
use super::{erase, page, restore};
use crate::domain::access::{self, Change};
use crate::domain::schema::{DELETED_AT, Kind, card_cell, map_pin};
use crate::domain::validate::{self, ValueError};
use crate::domain::{AreaId, ChangeId, Entity, FieldId, RowId, Scope, Value};
use crate::merge::{IncomingRow, Plan, Register, RowState, Stamp, effective_clock};
use crate::ops::card::cell_id;
use crate::seal::Hash;
use crate::store::authors::Authors;
use crate::store::{StoreError, rows};
use crate::wire::to_bytes;
use crate::wire::v1::{
    ACTION_BYTES_MAX, Action, CHANGES_MAX, Entry, FieldChange, LogField, LogRow, Outcome, Reason, RowChange, Verdict,
    WireId,
};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, HashSet};

/// One writer's actions being judged.
#[derive(Clone, Copy)]
pub(super) struct Admission<'a> {
    pub conn: &'a Connection,
    pub area: AreaId,
    pub keys: &'a Keys,
    pub writer: Writer<'a>,
    pub now_ms: i64,
    /// Where the log ended when the request came.
    pub head_before: u64,
}

/// Who wrote an action.
#[derive(Clone, Copy)]
pub(super) enum Writer<'a> {
    /// A device; its member's role decides what it may do.
    Device(&'a Peer),
    /// The server itself: what a new area begins with, and mirrors, which no device may write whatever its role.
    Server,
}

impl Writer<'_> {
    pub(super) fn origin(self) -> u32 {
        match self {
            Writer::Device(peer) => peer.origin,
            Writer::Server => SERVER_ORIGIN,
        }
    }
}

/// A row change that passed, with the row as it stood.
pub(super) struct Judged<'a> {
    pub change: &'a RowChange,
    pub current: Option<RowState>,
    pub scope: Scope,
    pub move_to: Option<Scope>,
    /// Number of the first of its changes within the action.
    pub first_index: u16,
}

impl Admission<'_> {
    /// Judges an action and keeps it: in the log, or aside. Pushing it again gives the same verdict.
    pub(super) fn judge_and_keep(&self, action: &Action) -> Result<Verdict, HubError> {
        let body = to_bytes(action);
        let hash = *blake3::hash(&body).as_bytes();
        if let Some((known, verdict)) = self.earlier(action)? {
            return if known.is_none_or(|known| known == hash) {
                Ok(verdict)
            } else {
                Ok(self.quarantine(action, &hash, &body)?)
            };
        }
        if self.overlaps_earlier(action)? {
            return Ok(self.quarantine(action, &hash, &body)?);
        }
        match self.judge(action, body.len())? {
            Ok(judged) => self.admit(action, (&hash, &body), &judged),
            Err(reason) => Ok(self.refuse(action, &hash, &body, reason)?),
        }
    }

    /// The way of everything that the server itself writes: under the next of its own numbers.
    pub(super) fn write(&self, mut action: Action) -> Result<(), HubError> {
        action.counter = self.end_of_numbers()?.unwrap_or(1);
        let verdict = self.judge_and_keep(&action)?;
        match verdict.reason {
            None => Ok(()),
            Some(reason) => {
                let action = verdict.counter;
                Err(HubError::BadRequest(format!("the server's own action {action} was refused: {reason:?}")))
            }
        }
    }

    /// The verdict on an action that was judged before; `None`: it was not, or it was another one.
    pub(super) fn known(&self, action: &Action, hash: &Hash) -> Result<Option<Verdict>, StoreError> {
        Ok(self
            .earlier(action)?
            .filter(|(known, _)| known.is_none_or(|known| known == *hash))
            .map(|(_, verdict)| verdict))
    }

    fn earlier(&self, action: &Action) -> Result<Option<(Option<Hash>, Verdict)>, StoreError> {
        let found = self
            .conn
            .prepare_cached(
                "SELECT hash, outcome, reason, position, conflicts FROM action WHERE origin = ?1 AND counter = ?2",
            )?
            .query_row(params![self.writer.origin(), action.counter], |row| {
                Ok((row.get(0)?, row.get::<_, u8>(1)?, row.get::<_, Option<u8>>(2)?, row.get(3)?, row.get(4)?))
            })
            .optional()?;
        Ok(found.map(|(hash, outcome, reason, position, conflicts)| {
            let verdict = Verdict {
                counter: action.counter,
                outcome: outcome_from(outcome),
                reason: reason.map(reason_from),
                position,
                conflicts,
            };
            (hash, verdict)
        }))
    }

    /// Whether a change number of this action was used before by an action that begins elsewhere.
    fn overlaps_earlier(&self, action: &Action) -> Result<bool, StoreError> {
        Ok(action.counter == 0 || self.end_of_numbers()?.is_some_and(|end| action.counter < end))
    }

    /// The change number after the last one this writer used; `None` when it has not written yet.
    pub(super) fn end_of_numbers(&self) -> Result<Option<u64>, StoreError> {
        let used: Option<u64> = self
            .conn
            .prepare_cached("SELECT counter + count FROM action WHERE origin = ?1 ORDER BY counter DESC LIMIT 1")?
            .query_row([self.writer.origin()], |row| row.get(0))
            .optional()?;
        match self.writer {
            Writer::Device(_) => Ok(used),
            Writer::Server => Ok(Some(used.unwrap_or(1).max(restore::server_floor(self.conn)? + 1))),
        }
    }

    /// Permission, validation, references. The outer result is the file's, the inner one the judgement.
    fn judge<'a>(&self, action: &'a Action, bytes: usize) -> Result<Result<Vec<Judged<'a>>, Reason>, StoreError> {
        if action.rows.is_empty() || action.change_count() > CHANGES_MAX || bytes > ACTION_BYTES_MAX {
            return Ok(Err(Reason::TooLarge));
        }
        if let Err(reason) = check_values(action) {
            return Ok(Err(reason));
        }
        if self.speaks_of_erased(action)? {
            return Ok(Err(Reason::Erased));
        }
        if self.builds_on_refused(action)? {
            return Ok(Err(Reason::DependsOn));
        }
        let made_here: HashSet<RowId> = action.rows.iter().map(|row| row.row.0).collect();
        let mut judged = Vec::with_capacity(action.rows.len());
        let mut first_index = 0;
        for change in &action.rows {
            match self.judge_row(change, &made_here, first_index)? {
                Ok(row) => judged.push(row),
                Err(reason) => return Ok(Err(reason)),
            }
            first_index += u16::try_from(change.fields.len().max(1)).unwrap_or(u16::MAX);
        }
        Ok(Ok(judged))
    }

    fn judge_row<'a>(
        &self,
        change: &'a RowChange,
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
        let move_to = move_to.filter(|to| *to != scope);
        if current.as_ref().is_some_and(|row| row.entity != change.entity) {
            return Ok(Err(Reason::Validation));
        }
        let fields: Vec<_> = change.fields.iter().map(|field| field.field).collect();
        let about = current.as_ref().and_then(crate::merge::conflict::about);
        let asked = Change { entity, scope, move_to, new: current.is_none(), own: false, about, fields: &fields };
        if !self.permits(&asked, current.as_ref())? {
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
        if !self.references_exist(entity, change, made_here)? {
            return Ok(Err(Reason::Reference));
        }
        Ok(Ok(Judged { change, current, scope, move_to, first_index }))
    }

    /// Permission. The server needs none for what it writes itself.
    fn permits(&self, asked: &Change<'_>, current: Option<&RowState>) -> Result<bool, StoreError> {
        let Writer::Device(peer) = self.writer else { return Ok(true) };
        access::may_asking_whose(peer.role, asked, || match current {
            Some(row) if row.created_by == peer.origin => Ok(true),
            Some(row) => Ok(Authors::load(self.conn)?.member(row.created_by) == Some(peer.member)),
            None => Ok(false),
        })
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
    fn speaks_of_erased(&self, action: &Action) -> Result<bool, StoreError> {
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

    /// Whether the action edits what a refused action wrote.
    fn builds_on_refused(&self, action: &Action) -> Result<bool, StoreError> {
        for change in &action.rows {
            for base in change.fields.iter().filter_map(|field| field.base) {
                if self.action_of(base.0)?.is_some_and(|(outcome, _)| outcome == Outcome::Rejected) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The outcome and effective clock of the action that made a change.
    fn action_of(&self, id: ChangeId) -> Result<Option<(Outcome, u64)>, StoreError> {
        let found = self
            .conn
            .prepare_cached(
                "SELECT outcome, effective, counter + count FROM action
                 WHERE origin = ?1 AND counter <= ?2 ORDER BY counter DESC LIMIT 1",
            )?
            .query_row(params![id.origin, id.counter], |row| {
                Ok((row.get::<_, u8>(0)?, row.get::<_, Option<u64>>(1)?, row.get::<_, u64>(2)?))
            })
            .optional()?;
        Ok(found
            .filter(|(_, _, end)| id.counter < *end)
            .map(|(outcome, effective, _)| (outcome_from(outcome), effective.unwrap_or(0))))
    }

    fn admit(&self, action: &Action, as_it_came: (&Hash, &[u8]), judged: &[Judged<'_>]) -> Result<Verdict, HubError> {
        let effective = self.effective(action)?;
        let entry = Entry {
            position: page::head_position(self.conn)? + 1,
            origin: self.writer.origin(),
            counter: action.counter,
            effective,
            hlc: action.hlc,
            scopes: Vec::new(),
        };
        page::append_entry(self.conn, &entry)?;
        let mut outcome = Outcome::Applied;
        let mut conflicts = Vec::new();
        let mut by_scope: BTreeMap<Scope, Vec<LogRow>> = BTreeMap::new();
        for row in judged {
            conflicts.extend(self.conflicts(action, row, |index| self.stamp(action, effective, row, index))?);
            let (state, superseded) = self.merge(action, effective, row)?;
            if !superseded.is_empty() {
                outcome = Outcome::Superseded;
            }
            for (scope, log_row) in log_rows(row, state, &superseded) {
                by_scope.entry(scope).or_default().push(log_row);
            }
        }
        for (scope, rows) in by_scope {
            page::append(self.conn, (self.area, self.keys), &entry, scope, rows)?;
        }
        let count = u16::try_from(conflicts.len()).ok().filter(|count| *count > 0);
        let (counter, position) = (action.counter, Some(entry.position));
        let verdict = Verdict { counter, outcome, reason: None, position, conflicts: count };
        self.keep(action, as_it_came, verdict, Some(effective))?;
        self.keep_conflicts(action, judged, &conflicts)?;
        Ok(verdict)
    }

    fn effective(&self, action: &Action) -> Result<u64, StoreError> {
        let mut bases = Vec::new();
        for base in action.rows.iter().flat_map(|row| &row.fields).filter_map(|field| field.base) {
            bases.extend(self.action_of(base.0)?.map(|(_, effective)| effective));
        }
        Ok(effective_clock(bases, action.hlc, u64::try_from(self.now_ms).unwrap_or(0)))
    }

    /// The stamp of one of a row's changes.
    fn stamp(&self, action: &Action, effective: u64, row: &Judged<'_>, index: usize) -> Stamp {
        let counter = action.counter + u64::from(row.first_index) + index as u64;
        Stamp { effective, id: ChangeId { origin: self.writer.origin(), counter } }
    }

    /// Merges a row's changes; returns the row as it now stands and the fields whose change lost.
    fn merge(&self, action: &Action, effective: u64, row: &Judged<'_>) -> Result<(RowState, Vec<FieldId>), StoreError> {
        let fields = row.change.fields.iter().enumerate();
        let incoming = IncomingRow {
            entity: row.change.entity,
            row: row.change.row.0,
            scope: row.move_to.unwrap_or(row.scope),
            created_by: self.writer.origin(),
            withdrawn: false,
            fields: fields
                .map(|(index, f)| {
                    let stamp = self.stamp(action, effective, row, index);
                    (f.field, Register { value: f.value.clone(), stamp })
                })
                .collect(),
        };
        match rows::merge(self.conn, incoming)? {
            Plan::Write { state, superseded } => Ok((state, superseded)),
            Plan::Forget | Plan::Nothing => unreachable!("an incoming row that is not withdrawn is always written"),
        }
    }

    fn refuse(&self, action: &Action, hash: &[u8; 32], body: &[u8], reason: Reason) -> Result<Verdict, StoreError> {
        let verdict = rejected(action, reason);
        // Its body lies with what was refused.
        self.keep(action, (hash, &[]), verdict, None)?;
        if !matches!(reason, Reason::PersonalNumber | Reason::Erased) {
            self.keep_aside(action, hash, body, reason)?;
        }
        Ok(verdict)
    }

    /// The same id with another content: kept aside, the first one stands.
    pub(super) fn quarantine(&self, action: &Action, hash: &[u8; 32], body: &[u8]) -> Result<Verdict, StoreError> {
        if check_values(action) != Err(Reason::PersonalNumber) && !self.speaks_of_erased(action)? {
            self.keep_aside(action, hash, body, Reason::Quarantined)?;
        }
        Ok(rejected(action, Reason::Quarantined))
    }

    fn keep_aside(&self, action: &Action, hash: &[u8; 32], body: &[u8], reason: Reason) -> Result<(), StoreError> {
        self.conn.prepare_cached("INSERT OR IGNORE INTO refused VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
            self.writer.origin(),
            action.counter,
            hash.as_slice(),
            reason_number(reason),
            self.now_ms,
            body
        ])?;
        Ok(())
    }

    fn keep(
        &self,
        action: &Action,
        (hash, body): (&Hash, &[u8]),
        verdict: Verdict,
        effective: Option<u64>,
    ) -> Result<(), StoreError> {
        self.conn
            .prepare_cached(
                "INSERT INTO action (origin, counter, count, hash, outcome, reason, position, effective, hlc, conflicts,
                                     body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                self.writer.origin(),
                action.counter,
                action.change_count().max(1),
                hash.as_slice(),
                outcome_number(verdict.outcome),
                verdict.reason.map(reason_number),
                verdict.position,
                effective,
                action.hlc,
                verdict.conflicts,
                matches!(self.writer, Writer::Device(_)).then_some(body).filter(|body| !body.is_empty()),
            ])?;
        Ok(())
    }
}

fn rejected(action: &Action, reason: Reason) -> Verdict {
    let counter = action.counter;
    Verdict { counter, outcome: Outcome::Rejected, reason: Some(reason), position: None, conflicts: None }
}

/// Checks every value against its field, and that no row or field is set twice.
fn check_values(action: &Action) -> Result<(), Reason> {
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

fn check_value(entity: Entity, change: &FieldChange) -> Result<(), Reason> {
    // A field of a newer version: its text is searched all the same.
    let Some(field) = entity.field(change.field) else {
        let hidden = crate::domain::personal_number::contains(change.value.text());
        return if hidden { Err(Reason::PersonalNumber) } else { Ok(()) };
    };
    debug_assert!(field.id != DELETED_AT || field.kind == Kind::Time);
    validate::value(field, &change.value).map_err(|error| match error {
        ValueError::PersonalNumber { .. } => Reason::PersonalNumber,
        ValueError::TooLong { .. } | ValueError::WrongKind { .. } => Reason::Validation,
    })
}

/// What a row's change looks like in the log: as it came, or, when the row moved, a withdrawal in the scope it left and
/// the whole row in the scope it came to, followed by those of its own changes that lost: what anyone wrote is in the log.
fn log_rows(row: &Judged<'_>, state: RowState, superseded: &[FieldId]) -> Vec<(Scope, LogRow)> {
    let (entity, id) = (row.change.entity, row.change.row);
    let own = |field: &FieldChange, index: usize| LogField {
        field: field.field,
        value: field.value.clone(),
        index: row.first_index + u16::try_from(index).unwrap_or(u16::MAX),
        stamp: None,
    };
    let changes = row.change.fields.iter().enumerate().map(|(index, field)| own(field, index));
    let moved_from = row.current.as_ref().filter(|_| row.move_to.is_some()).map(|current| current.scope);
    let Some(old_scope) = moved_from else {
        let fields = changes.collect();
        let stays = LogRow { entity, row: id, withdrawn: false, fields, created_by: None, erased: None };
        return vec![(state.scope, stays)];
    };
    let (scope, mut whole) = (state.scope, whole(state));
    whole.fields.extend(changes.filter(|change| superseded.contains(&change.field)));
    vec![(old_scope, withdrawal(entity, id)), (scope, whole)]
}

/// A row that left a scope.
pub(super) fn withdrawal(entity: u16, row: WireId) -> LogRow {
    LogRow { entity, row, withdrawn: true, fields: Vec::new(), created_by: None, erased: None }
}

/// A row that came into a scope, with all it holds.
pub(super) fn whole(state: RowState) -> LogRow {
    let field = |(field, register): (FieldId, Register)| LogField {
        field,
        value: register.value,
        index: 0,
        stamp: Some(crate::wire::v1::Stamp {
            origin: register.stamp.id.origin,
            counter: register.stamp.id.counter,
            effective: register.stamp.effective,
        }),
    };
    LogRow {
        entity: state.entity,
        row: WireId(state.row),
        withdrawn: false,
        fields: state.fields.into_iter().map(field).collect(),
        created_by: Some(state.created_by),
        erased: None,
    }
}

/// `None` is "stays"; an unknown number is an error.
fn scope_or_none(number: Option<u8>) -> Result<Option<Scope>, ()> {
    number.map(|n| Scope::from_number(n).ok_or(())).transpose()
}

pub(super) fn outcome_number(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Applied => 0,
        Outcome::Superseded => 1,
        Outcome::Rejected => 3,
    }
}

fn outcome_from(number: u8) -> Outcome {
    match number {
        0 => Outcome::Applied,
        1 => Outcome::Superseded,
        _ => Outcome::Rejected,
    }
}

const REASONS: [Reason; 9] = [
    Reason::Permission,
    Reason::Validation,
    Reason::Reference,
    Reason::PersonalNumber,
    Reason::DependsOn,
    Reason::TooLarge,
    Reason::Quarantined,
    Reason::Unknown,
    Reason::Erased,
];

pub(super) fn reason_number(reason: Reason) -> u8 {
    REASONS.iter().position(|known| *known == reason).and_then(|index| u8::try_from(index).ok()).unwrap_or(7)
}

fn reason_from(number: u8) -> Reason {
    REASONS.get(usize::from(number)).copied().unwrap_or(Reason::Unknown)
}
