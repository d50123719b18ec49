//! The outbox: actions of this device that are not in its copy of the log yet, and rows as they look with them.

use super::{StoreError, rows};
use crate::domain::{ChangeId, RowId, Scope};
use crate::merge::{IncomingRow, Plan, Register, RowState, Stamp, plan};
use crate::wire::v1::{Action, RowChange};
use crate::wire::{from_bytes, to_bytes};
use rusqlite::{Connection, params};
use std::collections::HashSet;
use std::ops::Range;

/// Adds an action.
pub(crate) fn push(conn: &Connection, action: &Action) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT INTO outbox (counter, body) VALUES (?1, ?2)")?
        .execute(params![action.counter, to_bytes(action)])?;
    let mut insert = conn.prepare_cached("INSERT OR IGNORE INTO outbox_row (row, counter) VALUES (?1, ?2)")?;
    for change in &action.rows {
        insert.execute(params![change.row.0.0.as_bytes(), action.counter])?;
    }
    Ok(())
}

/// Takes an action out, because it was read back from the log or refused.
pub(crate) fn remove(conn: &Connection, counter: u64) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM outbox WHERE counter = ?1")?.execute([counter])?;
    conn.prepare_cached("DELETE FROM outbox_row WHERE counter = ?1")?.execute([counter])?;
    Ok(())
}

/// The action with this counter, if it is still here.
pub(crate) fn get(conn: &Connection, counter: u64) -> Result<Option<Action>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT body FROM outbox WHERE counter = ?1")?;
    let mut found = statement.query([counter])?;
    match found.next()? {
        Some(row) => Ok(Some(from_bytes(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?)),
        None => Ok(None),
    }
}

/// Actions that the server has not admitted, oldest first, up to about `bytes_max` (at least one).
pub(crate) fn unsent(conn: &Connection, bytes_max: usize) -> Result<Vec<Action>, StoreError> {
    some(conn, "SELECT body FROM outbox WHERE position IS NULL ORDER BY counter", bytes_max)
}

/// Actions that were not read back from the log, oldest first, up to about `bytes_max` (at least one).
pub(crate) fn not_read_back(conn: &Connection, bytes_max: usize) -> Result<Vec<Action>, StoreError> {
    some(conn, "SELECT body FROM outbox ORDER BY counter", bytes_max)
}

fn some(conn: &Connection, sql: &str, bytes_max: usize) -> Result<Vec<Action>, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut found = statement.query([])?;
    let (mut actions, mut bytes) = (Vec::new(), 0);
    while let Some(row) = found.next()? {
        let body = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
        bytes += body.len();
        if bytes > bytes_max && !actions.is_empty() {
            break;
        }
        actions.push(from_bytes(body)?);
    }
    Ok(actions)
}

/// How far an action has come that was not read back from the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Unsent,
    /// The server holds it until it is a version that understands it.
    Held,
    /// The server admitted it at this position of the log.
    Admitted(u64),
}

/// Everything that was not read back from the log, oldest first, and how far it has come.
pub(crate) fn all(conn: &Connection) -> Result<Vec<(Action, Standing)>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT body, position FROM outbox ORDER BY counter")?;
    let mut found = statement.query([])?;
    let mut actions = Vec::new();
    while let Some(row) = found.next()? {
        let standing = match row.get::<_, Option<i64>>(1)? {
            None => Standing::Unsent,
            Some(HELD) => Standing::Held,
            Some(position) => Standing::Admitted(position.unsigned_abs()),
        };
        actions.push((from_bytes(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?, standing));
    }
    Ok(actions)
}

/// Whether everything was read back from the log or refused.
pub(crate) fn is_empty(conn: &Connection) -> Result<bool, StoreError> {
    Ok(!conn.prepare_cached("SELECT 1 FROM outbox LIMIT 1")?.exists([])?)
}

/// How many actions the server has not admitted.
pub(crate) fn unsent_count(conn: &Connection) -> Result<u32, StoreError> {
    Ok(conn.prepare_cached("SELECT COUNT(*) FROM outbox WHERE position IS NULL")?.query_row([], |row| row.get(0))?)
}

/// Notes that the server admitted an action at a position of the log.
pub(crate) fn admitted(conn: &Connection, counter: u64, position: u64) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE outbox SET position = ?2 WHERE counter = ?1")?.execute(params![counter, position])?;
    Ok(())
}

/// Gives everything unsent to another origin, and what builds on it. Under the old one there may be changes in the log
/// with the very numbers that are unsent here, and an edit of what those wrote goes on naming them.
pub(crate) fn take_origin(conn: &Connection, old: u32, new: u32) -> Result<(), StoreError> {
    let mut taken = HashSet::new();
    for mut action in unsent(conn, usize::MAX)? {
        let (mut counter, mut written) = (action.counter, Vec::new());
        for row in &mut action.rows {
            for field in &mut row.fields {
                let base = field.base.as_mut().filter(|base| base.0.origin == old);
                if let Some(base) = base.filter(|base| taken.contains(&(row.row.0, field.field, base.0.counter))) {
                    base.0.origin = new;
                }
                written.push((row.row.0, field.field, counter));
                counter += 1;
            }
            counter += u64::from(row.fields.is_empty());
        }
        taken.extend(written);
        conn.prepare_cached("UPDATE outbox SET body = ?2 WHERE counter = ?1")?
            .execute(params![action.counter, to_bytes(&action)])?;
    }
    Ok(())
}

/// Counts everything as unsent again.
pub(crate) fn none_admitted(conn: &Connection) -> Result<(), StoreError> {
    conn.execute("UPDATE outbox SET position = NULL", [])?;
    Ok(())
}

/// Where an action stands that the server holds until it understands it: nowhere yet, and not to be sent again.
const HELD: i64 = i64::MAX;

/// Notes that the server holds an action until it is a version that understands it.
pub(crate) fn held(conn: &Connection, counter: u64) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE outbox SET position = ?2 WHERE counter = ?1")?.execute(params![counter, HELD])?;
    Ok(())
}

/// How many actions the server holds until it is a version that understands them.
pub(crate) fn held_count(conn: &Connection) -> Result<u32, StoreError> {
    let mut statement = conn.prepare_cached("SELECT COUNT(*) FROM outbox WHERE position = ?1")?;
    Ok(statement.query_row([HELD], |row| row.get(0))?)
}

/// Notes where an action stands that the server held.
pub(crate) fn let_go(conn: &Connection, counter: u64, position: u64) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE outbox SET position = ?2 WHERE counter = ?1 AND position = ?3")?
        .execute(params![counter, position, HELD])?;
    Ok(())
}

/// Counts what the server holds as unsent again: it may understand it by now.
pub(crate) fn ask_again(conn: &Connection) -> Result<(), StoreError> {
    conn.execute("UPDATE outbox SET position = NULL WHERE position = ?1", [HELD])?;
    Ok(())
}

/// Counts as unsent again what is not where the server said that it is: its file was put back by hand, and nobody said so.
/// `read` is what was read of the log just now, and `there` says whether an action is in it at a position; `ends_at` is
/// where the log ends, if that is known. What is there all the same is told once more.
pub(crate) fn send_again(
    conn: &Connection,
    read: Range<u64>,
    ends_at: Option<u64>,
    there: impl Fn(u64, &Action) -> bool,
) -> Result<(), StoreError> {
    let admitted: Vec<(u64, u64)> = conn
        .prepare_cached("SELECT position, counter FROM outbox WHERE position > ?1 AND position < ?2")?
        .query_map(params![read.start, HELD], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (position, counter) in admitted {
        let is_gone = if position <= read.end {
            get(conn, counter)?.is_none_or(|action| !there(position, &action))
        } else {
            ends_at.is_some_and(|end| position > end)
        };
        if is_gone {
            conn.prepare_cached("UPDATE outbox SET position = NULL WHERE counter = ?1")?.execute([counter])?;
        }
    }
    Ok(())
}

/// Takes out what has been read back from the log up to `position`; returns the rows it touched.
pub(crate) fn settle(conn: &Connection, position: u64) -> Result<Vec<RowId>, StoreError> {
    let counters: Vec<u64> = conn
        .prepare_cached("SELECT counter FROM outbox WHERE position <= ?1")?
        .query_map([position], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut touched = Vec::new();
    for counter in counters {
        if let Some(action) = get(conn, counter)? {
            touched.extend(action.rows.iter().map(|change| change.row.0));
        }
        remove(conn, counter)?;
    }
    Ok(touched)
}

/// A row as it looks with this device's unsent changes on top. The device's clock runs ahead of everything it has read,
/// so an unsent change shows until a later one comes from the log: what will be, as far as this device can know.
pub(crate) fn overlay(conn: &Connection, origin: u32, row: RowId) -> Result<Option<RowState>, StoreError> {
    overlay_on(conn, origin, row, rows::get(conn, row)?)
}

/// [`overlay`] of a row that was read already.
pub(crate) fn overlay_on(
    conn: &Connection,
    origin: u32,
    row: RowId,
    mut state: Option<RowState>,
) -> Result<Option<RowState>, StoreError> {
    let counters: Vec<u64> = conn
        .prepare_cached("SELECT counter FROM outbox_row WHERE row = ?1 ORDER BY counter")?
        .query_map([row.0.as_bytes()], |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    for counter in counters {
        let Some(action) = get(conn, counter)? else { continue };
        let mut index = 0;
        for change in &action.rows {
            if change.row.0 == row {
                let scope = scope_of(change, state.as_ref());
                state = match plan(state.clone(), incoming(change, scope, origin, &action, index)) {
                    Plan::Write { state, .. } => Some(state),
                    Plan::Forget | Plan::Nothing => state,
                };
            }
            index += change.fields.len().max(1) as u64;
        }
    }
    Ok(state)
}

/// The rows of an action of this device as they would come in, one after the other, each on top of what `state` says.
pub(crate) fn incoming_rows(
    origin: u32,
    action: &Action,
    mut state: impl FnMut(RowId) -> Result<Option<RowState>, StoreError>,
) -> Result<Vec<IncomingRow>, StoreError> {
    let mut index = 0;
    let mut rows = Vec::new();
    for change in &action.rows {
        let scope = scope_of(change, state(change.row.0)?.as_ref());
        rows.push(incoming(change, scope, origin, action, index));
        index += change.fields.len().max(1) as u64;
    }
    Ok(rows)
}

fn scope_of(change: &RowChange, state: Option<&RowState>) -> Scope {
    change
        .move_to
        .and_then(Scope::from_number)
        .or(state.map(|row| row.scope))
        .or(Scope::from_number(change.scope))
        .unwrap_or(Scope::Coordination)
}

fn incoming(change: &RowChange, scope: Scope, origin: u32, action: &Action, first_index: u64) -> IncomingRow {
    IncomingRow {
        entity: change.entity,
        row: change.row.0,
        scope,
        created_by: origin,
        withdrawn: false,
        fields: (action.counter + first_index..)
            .zip(&change.fields)
            .map(|(counter, field)| {
                let stamp = Stamp { effective: action.hlc, id: ChangeId { origin, counter } };
                (field.field, Register { value: field.value.clone(), stamp })
            })
            .collect(),
    }
}
