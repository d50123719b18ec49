//! What the log says of one thing: for *Historik* beyond what devices keep.

use super::page;
use crate::domain::{RowId, Scope};
use crate::ops::history::{PAGE_MAX, related};
use crate::store::StoreError;
use crate::wire::v1::Entry;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;

/// The last entries before a position that touched the thing or its parts, newest first, as far as a reader of `scopes`
/// may read them.
pub(super) fn read(conn: &Connection, scopes: &[Scope], row: RowId, before: u64) -> Result<Vec<Entry>, StoreError> {
    let scopes = if mutant!(ForgetTheScopeInHistory) { &Scope::ALL } else { scopes };
    let list = scopes.iter().map(|scope| scope.number().to_string()).collect::<Vec<_>>().join(",");
    let mut positions = BTreeSet::new();
    let mut statement = conn.prepare_cached(&format!(
        "SELECT position FROM touched WHERE row = ?1 AND position < ?2
         AND EXISTS (SELECT 1 FROM log WHERE log.position = touched.position AND log.scope IN ({list})
                     AND instr(log.rows, ?1) > 0)
         ORDER BY position DESC LIMIT {PAGE_MAX}"
    ))?;
    for row in related(conn, &[], row)? {
        for position in statement.query_map(params![row.0.as_bytes(), before], |row| row.get::<_, u64>(0))? {
            positions.insert(position?);
        }
    }
    let mut statement = conn.prepare_cached(&format!(
        "SELECT log.position, origin, counter, effective, hlc, scope, first_seq, rows, salt, seals, salt_seed
         FROM log JOIN entry ON entry.position = log.position
         WHERE log.position = ?1 AND log.scope IN ({list}) ORDER BY log.scope"
    ))?;
    let mut entries = Vec::new();
    for position in positions.into_iter().rev().take(PAGE_MAX as usize) {
        let mut found = statement.query([position])?;
        let mut entry: Option<Entry> = None;
        while let Some(row) = found.next()? {
            let part = page::part_at(row)?;
            match &mut entry {
                Some(entry) => entry.scopes.push(part),
                None => entry = Some(Entry { scopes: vec![part], ..page::entry_at(row)? }),
            }
        }
        entries.extend(entry);
    }
    Ok(entries)
}
