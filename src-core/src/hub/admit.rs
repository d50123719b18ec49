//! Admission: judging one action, whole or not at all, and putting it into the log.

use super::verdicts::outcome_from;
use super::{HubError, Keys, Peer, SERVER_ORIGIN};
use super::{held, moved, page, restore};
use crate::domain::{AreaId, ChangeId, FieldId, Scope};
use crate::merge::{IncomingRow, Plan, Register, RowState, Stamp, effective_clock};
use crate::seal::Hash;
use crate::store::authors::Authors;
use crate::store::{StoreError, rows};
use crate::wire::to_bytes;
use crate::wire::v1::{Action, Entry, FieldChange, LogField, LogRow, Outcome, Reason, RowChange, Verdict, WireId};
use rusqlite::{Connection, OptionalExtension, params};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// One writer's actions being judged.
pub(super) struct Admission<'a> {
    pub conn: &'a Connection,
    pub area: AreaId,
    pub keys: &'a Keys,
    pub writer: Writer<'a>,
    pub now_ms: i64,
    /// Where the log ended when the request came.
    pub head_before: u64,
    /// Who is behind an origin, once somebody asked. It stays true meanwhile: a device writes no mirrors.
    pub authors: OnceCell<Authors>,
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
    /// Where it goes; `None` also when a later move has won already.
    pub move_to: Option<Scope>,
    /// A later move of the row has won already.
    pub moved_too_late: bool,
    /// Number of the first of its changes within the action.
    pub first_index: u16,
}

impl<'a> Admission<'a> {
    /// The same for what the server writes because of it.
    pub(super) fn of_server(&self) -> Admission<'a> {
        Admission { writer: Writer::Server, authors: OnceCell::new(), ..*self }
    }
}

impl Admission<'_> {
    /// Judges an action and keeps it: in the log, or aside. Pushing it again gives the same verdict.
    pub(super) fn judge_and_keep(&self, action: &Action) -> Result<Verdict, HubError> {
        let body = to_bytes(action);
        let hash = *blake3::hash(&body).as_bytes();
        if let Some((known, verdict)) = self.earlier(action)?.filter(|_| !mutant!(ForgetWhatWasPushedBefore)) {
            if verdict.reason == Some(Reason::Unknown) && known == Some(hash) && held::is_known(action) {
                return self.judge_held(action);
            }
            return match known {
                Some(known) if known == hash || mutant!(TakeOtherWordsForTheSame) => Ok(verdict),
                Some(_) => Ok(self.quarantine(action, &hash, &body)?),
                None => self.came_back(action, (&hash, &body), verdict),
            };
        }
        if self.overlaps_earlier(action)? {
            return Ok(self.quarantine(action, &hash, &body)?);
        }
        self.judge_new(action, &hash, &body)
    }

    pub(super) fn judge_new(&self, action: &Action, hash: &Hash, body: &[u8]) -> Result<Verdict, HubError> {
        let effective = self.effective(action)?;
        match self.judge(action, body.len(), effective)? {
            Ok(judged) if action.all_or_nothing == Some(true) && self.meets_another(action, effective, &judged)? => {
                Ok(self.refuse(action, hash, body, Reason::Conflict)?)
            }
            Ok(judged) => self.admit(action, (hash, body), effective, &judged),
            Err(reason) => Ok(self.refuse(action, hash, body, reason)?),
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

    /// The outcome and effective clock of the action that made a change.
    pub(super) fn action_of(&self, id: ChangeId) -> Result<Option<(Outcome, u64)>, StoreError> {
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

    fn admit(
        &self,
        action: &Action,
        as_it_came: (&Hash, &[u8]),
        effective: u64,
        judged: &[Judged<'_>],
    ) -> Result<Verdict, HubError> {
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
            if !superseded.is_empty() || row.moved_too_late {
                outcome = Outcome::Superseded;
            }
            if row.change.move_to.is_some() && row.current.is_some() && !row.moved_too_late {
                moved::keep(self.conn, row.change.row.0, self.moved_by(action, effective))?;
            }
            for (scope, log_row) in log_rows(row, state, &superseded) {
                by_scope.entry(scope).or_default().push(log_row);
            }
        }
        for (scope, rows) in by_scope {
            page::append(self.conn, (self.area, self.keys, self.head_before), &entry, scope, rows)?;
        }
        let count = u16::try_from(conflicts.len()).ok().filter(|count| *count > 0);
        let (counter, position) = (action.counter, Some(entry.position));
        let verdict = Verdict { counter, outcome, reason: None, position, conflicts: count };
        self.keep(action, as_it_came, verdict, Some(effective))?;
        self.keep_conflicts(action, judged, &conflicts)?;
        self.keep_photos_beside(judged)?;
        Ok(verdict)
    }

    /// The stamp of the moves that an action makes.
    pub(super) fn moved_by(&self, action: &Action, effective: u64) -> Stamp {
        Stamp { effective, id: ChangeId { origin: self.writer.origin(), counter: action.counter } }
    }

    fn effective(&self, action: &Action) -> Result<u64, StoreError> {
        let mut bases = Vec::new();
        for base in action.rows.iter().flat_map(|row| &row.fields).filter_map(|field| field.base) {
            bases.extend(
                self.action_of(base.0)?.map(|(_, effective)| effective).filter(|_| !mutant!(ForgetWhatTheWriterSaw)),
            );
        }
        Ok(effective_clock(bases, action.hlc, u64::try_from(self.now_ms).unwrap_or(0)))
    }

    /// The stamp of one of a row's changes.
    pub(super) fn stamp(&self, action: &Action, effective: u64, row: &Judged<'_>, index: usize) -> Stamp {
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
    if mutant!(MoveARowWithoutWithdrawingIt) {
        return vec![(scope, whole)];
    }
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
