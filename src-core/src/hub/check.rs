//! `trygkort check`: whether an area's file holds together.

use super::{page, push};
use crate::domain::{AreaId, ChangeId, RowId, Scope};
use crate::merge::{Plan, RowState, Stamp, plan};
use crate::seal;
use crate::store::{StoreError, rows};
use crate::sync::incoming;
use crate::wire::from_bytes;
use crate::wire::v1::LogRow;
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;

/// Everything that is wrong, a sentence each.
pub(super) fn run(conn: &Connection, area: AreaId) -> Result<Vec<String>, StoreError> {
    let mut problems: Vec<String> = conn
        .prepare("PRAGMA integrity_check")?
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    problems.retain(|line| line != "ok");
    problems.extend(gaps(conn)?);
    problems.extend(chains(conn, area)?);
    problems.extend(push::faults(conn, area)?);
    problems.extend(drift(conn)?);
    Ok(problems)
}

/// Every scope's sequence begins at 1, has no gap and ends at its head.
fn gaps(conn: &Connection) -> Result<Vec<String>, StoreError> {
    let mut problems = Vec::new();
    let mut next: BTreeMap<u32, u64> = BTreeMap::new();
    let mut statement = conn.prepare("SELECT scope, first_seq, count, position FROM log ORDER BY position, scope")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let (scope, first, count, position): (u32, u64, u64, u64) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let expected = next.entry(scope).or_insert(1);
        if first != *expected {
            problems.push(format!("scope {scope}: expected sequence {expected}, found {first} at position {position}"));
        }
        *expected = first + count;
    }
    let mut statement = conn.prepare("SELECT scope, seq FROM head")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let (scope, head): (u32, u64) = (row.get(0)?, row.get(1)?);
        let last = next.get(&scope).map_or(0, |next| next - 1);
        if last != head {
            problems.push(format!("scope {scope}: the log ends at {last}, the head says {head}"));
        }
    }
    Ok(problems)
}

/// Every scope's chain follows from what stands in the log.
fn chains(conn: &Connection, area: AreaId) -> Result<Vec<String>, StoreError> {
    let mut problems = Vec::new();
    for scope in page::all_scopes(conn)? {
        let mut statement = conn.prepare(
            "SELECT log.position, origin, counter, effective, hlc, scope, first_seq, rows, salt, seals, salt_seed, hash
             FROM log JOIN entry ON entry.position = log.position WHERE scope = ?1 ORDER BY log.position",
        )?;
        let mut found = statement.query([scope.number()])?;
        let mut hash = seal::genesis(area, scope.number());
        while let Some(row) = found.next()? {
            let (entry, part, kept) =
                (page::entry_at(row)?, page::part_at(row)?, row.get::<_, Option<seal::Hash>>(11)?);
            let next = seal::link_part(&hash, &entry, &part);
            if next.is_none() || next != kept {
                problems.push(format!("scope {}: the chain breaks at position {}", part.scope, entry.position));
                break;
            }
            hash = next.unwrap_or(hash);
        }
        let head: Option<Option<seal::Hash>> =
            conn.query_row("SELECT hash FROM head WHERE scope = ?1", [scope.number()], |row| row.get(0)).optional()?;
        if problems.is_empty() && head.is_some_and(|head| head != Some(hash)) {
            problems.push(format!("scope {}: the chain does not end at its head", scope.number()));
        }
    }
    Ok(problems)
}

/// Replays the log and compares it with the rows.
fn drift(conn: &Connection) -> Result<Vec<String>, StoreError> {
    let mut replica: BTreeMap<RowId, RowState> = BTreeMap::new();
    let mut statement = conn.prepare(
        "SELECT rows, scope, origin, counter, effective
         FROM log JOIN entry ON entry.position = log.position ORDER BY log.position, log.scope",
    )?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let log_rows: Vec<LogRow> = from_bytes(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
        let Some(scope) = Scope::from_number(row.get(1)?) else { continue };
        let stamp = Stamp { effective: row.get(4)?, id: ChangeId { origin: row.get(2)?, counter: row.get(3)? } };
        for log_row in log_rows {
            let id = log_row.row.0;
            match plan(replica.get(&id).cloned(), incoming(log_row, scope, stamp)) {
                Plan::Write { state, .. } => drop(replica.insert(id, state)),
                Plan::Forget => drop(replica.remove(&id)),
                Plan::Nothing => {}
            }
        }
    }
    compare(conn, &replica)
}

fn compare(conn: &Connection, replica: &BTreeMap<RowId, RowState>) -> Result<Vec<String>, StoreError> {
    let stored: usize = conn.query_row("SELECT COUNT(*) FROM row_state", [], |row| row.get(0))?;
    let mut problems = Vec::new();
    if stored != replica.len() {
        problems.push(format!("{stored} rows are stored, the log makes {}", replica.len()));
    }
    for (id, state) in replica {
        if rows::get(conn, *id)?.as_ref() != Some(state) {
            problems.push(format!("row {id} does not follow from the log"));
        }
    }
    Ok(problems)
}
