//! Reading and writing the log: positions, sequences and pages.

use super::HubError;
use crate::domain::{Role, Scope};
use crate::store::StoreError;
use crate::wire::v1::{Cursor, Entry, LogRow, Page, ScopeRows, ScopeSeq};
use crate::wire::{from_bytes, to_bytes};
use rusqlite::{Connection, params};

/// A page ends after the action with which it reaches this many bytes.
const PAGE_BYTES: usize = 768 * 1024;

/// The position of the last admitted action; 0 in an empty log.
pub(super) fn head_position(conn: &Connection) -> Result<u64, StoreError> {
    Ok(conn
        .prepare_cached("SELECT COALESCE(MAX(position), 0) FROM action WHERE position IS NOT NULL")?
        .query_row([], |row| row.get(0))?)
}

/// Appends what an action did to one scope, taking one number of its sequence per row.
pub(super) fn append(conn: &Connection, position: u64, scope: u8, rows: &[LogRow]) -> Result<(), StoreError> {
    let count = rows.len() as u64;
    let head: u64 = conn
        .prepare_cached(
            "INSERT INTO head (scope, seq) VALUES (?1, ?2)
             ON CONFLICT (scope) DO UPDATE SET seq = seq + ?2 RETURNING seq",
        )?
        .query_row(params![scope, count], |row| row.get(0))?;
    conn.prepare_cached("INSERT INTO log (position, scope, first_seq, count, rows) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![position, scope, head + 1 - count, count, to_bytes(&rows.to_vec())])?;
    Ok(())
}

/// What `role` may read after `cursor`, up to about [`PAGE_BYTES`], never splitting an action.
pub(super) fn read(conn: &Connection, role: Role, cursor: &Cursor) -> Result<Page, HubError> {
    let head = head_position(conn)?;
    if cursor.position > head {
        return Err(HubError::BadRequest(format!("cursor {} is ahead of the log ({head})", cursor.position)));
    }
    let (entries, more) = entries(conn, role, cursor.position)?;
    let to = match entries.last() {
        Some(last) if more => last.position,
        _ => head,
    };
    Ok(Page { from: cursor.position, to, more, heads: heads(conn, role, to)?, entries })
}

fn entries(conn: &Connection, role: Role, from: u64) -> Result<(Vec<Entry>, bool), StoreError> {
    let scopes = role.readable().iter().map(|scope| scope.number().to_string()).collect::<Vec<_>>().join(",");
    // The scopes are numbers of our own, so they can stand in the text; each role has its own prepared statement.
    let sql = format!(
        "SELECT log.position, action.origin, action.counter, action.effective, action.hlc, log.scope, log.first_seq,
                log.rows
         FROM log JOIN action ON action.position = log.position
         WHERE log.position > ?1 AND log.scope IN ({scopes}) ORDER BY log.position, log.scope"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut found = statement.query([from])?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut bytes = 0;
    while let Some(row) = found.next()? {
        let position = row.get(0)?;
        let encoded = row.get_ref(7)?.as_blob().map_err(rusqlite::Error::from)?;
        let same_action = entries.last().is_some_and(|entry| entry.position == position);
        if !same_action {
            if bytes >= PAGE_BYTES {
                return Ok((entries, true));
            }
            entries.push(Entry {
                position,
                origin: row.get(1)?,
                counter: row.get(2)?,
                effective: row.get(3)?,
                hlc: row.get(4)?,
                scopes: Vec::new(),
            });
        }
        bytes += encoded.len() + 16;
        let rows: Vec<LogRow> = from_bytes(encoded)?;
        if let Some(entry) = entries.last_mut() {
            entry.scopes.push(ScopeRows { scope: row.get(5)?, first_seq: row.get(6)?, rows });
        }
    }
    Ok((entries, false))
}

/// The last sequence number of every readable scope at a position.
fn heads(conn: &Connection, role: Role, at: u64) -> Result<Vec<ScopeSeq>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT first_seq + count - 1 FROM log WHERE scope = ?1 AND position <= ?2 ORDER BY position DESC LIMIT 1",
    )?;
    let mut heads = Vec::new();
    for scope in role.readable() {
        if let Some(seq) = rusqlite::OptionalExtension::optional(
            statement.query_row(params![scope.number(), at], |row| row.get::<_, u64>(0)),
        )? {
            heads.push(ScopeSeq { scope: scope.number(), seq });
        }
    }
    heads.sort_by_key(|head| head.scope);
    debug_assert!(heads.iter().all(|head| Scope::from_number(head.scope).is_some()));
    Ok(heads)
}
