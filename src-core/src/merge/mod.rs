//! Merging: what a change from the log does to a row. Pure, and the same on client and server, so that replicas that have
//! read the same log hold the same rows.
//!
//! Each field is a register. Its winner is the change with the later effective clock, then the larger id
//! (docs/sync.md). Edits to different fields never meet.

use crate::domain::{ChangeId, FieldId, RowId, Scope, Value};
use std::collections::BTreeMap;

pub mod conflict;
#[cfg(feature = "sqlite")]
pub mod effect;

/// When and by whom a change was made, as all replicas order it: later clock first, then the larger id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// The effective clock that the server stored at admission.
    pub effective: u64,
    pub id: ChangeId,
}

/// The winning value of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Register {
    pub value: Value,
    pub stamp: Stamp,
}

/// A row as the log has made it so far. Entities and fields that this version does not know are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct RowState {
    pub entity: u16,
    pub row: RowId,
    pub scope: Scope,
    /// The origin that made the row.
    pub created_by: u32,
    pub fields: BTreeMap<FieldId, Register>,
}

/// A row's part of an admitted action.
#[derive(Clone, Debug, PartialEq)]
pub struct IncomingRow {
    pub entity: u16,
    pub row: RowId,
    pub scope: Scope,
    pub created_by: u32,
    /// The row left this scope.
    pub withdrawn: bool,
    pub fields: Vec<(FieldId, Register)>,
}

/// What to do with a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Write this state. `superseded` names the fields whose incoming change lost.
    Write { state: RowState, superseded: Vec<FieldId> },
    /// Forget the row: it is no longer for this replica, or left this scope.
    Forget,
    /// The row is not here, and nothing is to be done.
    Nothing,
}

/// Plans what an incoming row does to the row as it stands.
#[must_use]
pub fn plan(current: Option<RowState>, incoming: IncomingRow) -> Plan {
    if incoming.withdrawn {
        // A row that has already come again in another scope stays: the withdrawal concerns the scope it left.
        return match current {
            Some(state) if state.scope == incoming.scope => Plan::Forget,
            _ => Plan::Nothing,
        };
    }
    let mut state = current.unwrap_or_else(|| RowState {
        entity: incoming.entity,
        row: incoming.row,
        scope: incoming.scope,
        created_by: incoming.created_by,
        fields: BTreeMap::new(),
    });
    state.scope = incoming.scope;
    if mutant!(ResurrectADeletedRow) {
        state.fields.remove(&crate::domain::schema::DELETED_AT);
    }
    let superseded =
        incoming.fields.into_iter().filter_map(|(field, register)| lost(&mut state, field, register)).collect();
    Plan::Write { state, superseded }
}

/// Puts a register in its place unless a later one is there; returns the field when the incoming change lost.
fn lost(state: &mut RowState, field: FieldId, incoming: Register) -> Option<FieldId> {
    match state.fields.get(&field) {
        Some(held) if stays(held.stamp, incoming.stamp) => Some(field),
        _ => {
            state.fields.insert(field, incoming);
            None
        }
    }
}

/// Whether what a field holds is later than what comes.
fn stays(held: Stamp, incoming: Stamp) -> bool {
    if mutant!(LetTheSmallerIdWin) && held.effective == incoming.effective {
        return held < incoming;
    }
    held > incoming && !mutant!(LetTheLastToArriveWin)
}

/// The effective clock of an action: after everything its writer saw, and never far ahead of the server's own clock.
///
/// `bases` are the effective clocks of the changes it builds on; all times are milliseconds since 1970 UTC.
#[must_use]
pub fn effective_clock(bases: impl IntoIterator<Item = u64>, hlc: u64, now: u64) -> u64 {
    const AHEAD_MS: u64 = 60_000;
    let after_bases = bases.into_iter().max().map_or(0, |base| base.saturating_add(1));
    let ahead_ms = if mutant!(TrustTheDevicesClock) { u64::MAX } else { AHEAD_MS };
    after_bases.max(hlc.min(now.saturating_add(ahead_ms)))
}

#[cfg(test)]
mod tests;
