//! Whether a device's cursor is a place in this log.

use super::{HubError, Keys, page};
use crate::domain::{AreaId, Scope};
use crate::seal::cursor_mac;
use crate::store::StoreError;
use crate::wire::v1::{Cursor, Restart};
use rusqlite::{Connection, OptionalExtension, params};

/// Where a cursor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// In this log: go on from there.
    Here,
    /// In a log that is gone, or nowhere: begin anew.
    Elsewhere(Restart),
}

/// Finds out where a cursor stands.
///
/// Devices of before there were seals have none; they are believed, since a wrong cursor harms nobody but them.
pub(super) fn standing(
    conn: &Connection,
    (area, keys): (AreaId, &Keys),
    cursor: &Cursor,
) -> Result<Standing, HubError> {
    let head = page::head_position(conn)?;
    let Some(mac) = &cursor.mac else {
        return if cursor.position > head {
            Err(HubError::BadRequest(format!("cursor {} is ahead of the log ({head})", cursor.position)))
        } else {
            Ok(Standing::Here)
        };
    };
    let epoch = cursor.epoch.unwrap_or(0);
    let shared = shared_until(conn, epoch)?.unwrap_or(head).min(head);
    if cursor.position <= shared
        && sealed_here(conn, (area, keys), cursor)?.is_some_and(|ours| ours == **mac || mutant!(BelieveAForgedCursor))
    {
        return Ok(Standing::Here);
    }
    // A cursor within the shared part that is not sealed here: nobody knows where that log parted from this one.
    let after = if cursor.position <= shared { 0 } else { shared };
    Ok(Standing::Elsewhere(Restart { epoch: page::epoch(conn)?, after, taken: None }))
}

/// The last position that the log of `epoch` has in common with this one; `None`: it is this one.
pub(super) fn shared_until(conn: &Connection, epoch: u64) -> Result<Option<u64>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT position FROM epoch WHERE epoch > ?1 ORDER BY epoch LIMIT 1")?
        .query_row(params![epoch], |row| row.get(0))
        .optional()?)
}

/// The seal that this log would put on the cursor; `None` when its scopes stand elsewhere here.
fn sealed_here(
    conn: &Connection,
    (area, keys): (AreaId, &Keys),
    cursor: &Cursor,
) -> Result<Option<[u8; 16]>, StoreError> {
    if cursor.scopes.len() > page::all_scopes(conn)?.len() {
        return Ok(None);
    }
    let scopes: Vec<Scope> = cursor.scopes.iter().filter_map(|head| Scope::from_number(head.scope)).collect();
    let scopes = page::heads(conn, &scopes, cursor.position)?;
    let same = scopes.iter().map(|head| (head.scope, head.seq)).eq(cursor.scopes.iter().map(|h| (h.scope, h.seq)));
    if !same {
        return Ok(None);
    }
    Ok(cursor_mac(&keys.cursor, area, &Cursor { scopes, mac: None, ..cursor.clone() }))
}
