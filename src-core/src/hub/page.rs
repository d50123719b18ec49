//! Reading and writing the log: positions, sequences, chains and pages.

use super::Keys;
use crate::domain::{AreaId, Reader, Scope};
use crate::seal;
use crate::store::StoreError;
use crate::wire::v1::{
    Cursor, Entry, LogRow, Page, Raw, SPEAKS_SEEDS, SPEAKS_WALKS, ScopeRows, ScopeSeq, Seal, WalkScope,
};
use crate::wire::{from_bytes, to_bytes};
use minicbor::bytes::ByteArray;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeSet;

/// A page ends after the action with which it reaches this many bytes.
pub(super) const PAGE_BYTES: usize = 768 * 1024;

/// So many entries before its end, the log is read in its order whoever reads it.
const NEAR: u64 = 1_000;

/// The position of the last admitted action; 0 in an empty log.
pub(super) fn head_position(conn: &Connection) -> Result<u64, StoreError> {
    Ok(conn.prepare_cached("SELECT COALESCE(MAX(position), 0) FROM entry")?.query_row([], |row| row.get(0))?)
}

/// The epoch the log is in.
pub(super) fn epoch(conn: &Connection) -> Result<u64, StoreError> {
    Ok(conn.prepare_cached("SELECT MAX(epoch) FROM epoch")?.query_row([], |row| row.get(0))?)
}

/// The walks that have a scope in this log.
pub(super) fn walks(conn: &Connection) -> Result<BTreeSet<u32>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT scope FROM head WHERE scope >= ?1")?;
    let found = statement.query_map([Scope::Walk(0).number()], |row| row.get(0))?;
    let scopes = found.collect::<Result<Vec<u32>, _>>()?;
    Ok(scopes.into_iter().filter_map(|scope| Scope::from_number(scope)?.walk()).collect())
}

/// Every scope of this log.
pub(super) fn all_scopes(conn: &Connection) -> Result<Vec<Scope>, StoreError> {
    Ok(Scope::ALL.into_iter().chain(walks(conn)?.into_iter().map(Scope::Walk)).collect())
}

/// What a reader is sent whose device speaks this much: every way out of the log asks here.
pub(super) fn scopes_for(conn: &Connection, reader: &Reader, speaks: Option<u16>) -> Result<Vec<Scope>, StoreError> {
    let understands = |scope: &Scope| {
        scope.walk().is_none() || speaks.unwrap_or(0) >= SPEAKS_WALKS || mutant!(SendWalksToWhoDoesNotKnowThem)
    };
    let scopes = all_scopes(conn)?.into_iter();
    Ok(scopes.filter(|scope| reader.reads(*scope) && understands(scope)).collect())
}

/// The walks among the scopes that a reader is sent; `None`: there are none.
pub(super) fn walk_scopes(conn: &Connection, scopes: &[Scope]) -> Result<Option<Vec<WalkScope>>, StoreError> {
    let mut begin = conn.prepare_cached("SELECT MIN(position) FROM log WHERE scope = ?1")?;
    let mut found = Vec::new();
    for (scope, walk) in scopes.iter().filter_map(|scope| Some((scope, scope.walk()?))) {
        found.push(WalkScope { walk, first: begin.query_row([scope.number()], |row| row.get(0))? });
    }
    Ok(Some(found).filter(|found| !found.is_empty()))
}

/// Puts an entry at the end of the log, taking one number of its sequence per row in every scope it touches.
/// `entry.scopes` is left as it came. It may share a seed with what was written behind `since`: nobody has read that yet,
/// so nobody can try out what stands here without having been sent it.
pub(super) fn append(
    conn: &Connection,
    (area, keys, since): (AreaId, &Keys, u64),
    entry: &Entry,
    scope: Scope,
    rows: Vec<LogRow>,
) -> Result<(), StoreError> {
    let scope = scope.number();
    let head = head(conn, area, scope)?;
    let rows: Vec<Raw<LogRow>> = rows.into_iter().map(Raw::from).collect();
    let seed = match seed_behind(conn, scope, since.max(seal::seed_reach(entry.position).start().saturating_sub(1)))? {
        Some(seed) => seed,
        None => keys.salt(),
    };
    let (first_seq, count) = (head.seq + 1, rows.len() as u64);
    let leaves = seal::salted_leaves(seal::salt_at(&seed, entry.position), &rows);
    let hash = seal::link(&head.hash, entry, scope, first_seq, leaves);
    conn.prepare_cached("INSERT OR REPLACE INTO head (scope, seq, hash) VALUES (?1, ?2, ?3)")?.execute(params![
        scope,
        head.seq + count,
        hash
    ])?;
    conn.prepare_cached(
        "INSERT INTO log (position, scope, first_seq, count, rows, salt_seed, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![entry.position, scope, first_seq, count, to_bytes(&rows), seed, hash])?;
    let mut touch = conn.prepare_cached("INSERT OR IGNORE INTO touched (row, position) VALUES (?1, ?2)")?;
    for row in &rows {
        touch.execute(params![row.row.0.0.as_bytes(), entry.position])?;
    }
    Ok(())
}

/// The seed of what was last written in a scope behind a position.
fn seed_behind(conn: &Connection, scope: u32, position: u64) -> Result<Option<seal::Salt>, StoreError> {
    let sql = "SELECT salt_seed FROM log WHERE scope = ?1 AND position > ?2 ORDER BY position DESC LIMIT 1";
    Ok(conn.prepare_cached(sql)?.query_row(params![scope, position], |row| row.get(0)).optional()?.flatten())
}

/// Notes what stands at an entry's position.
pub(super) fn append_entry(conn: &Connection, entry: &Entry) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT INTO entry (position, origin, counter, effective, hlc) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![entry.position, entry.origin, entry.counter, entry.effective, entry.hlc])?;
    Ok(())
}

/// Where a scope stands.
struct Head {
    seq: u64,
    hash: seal::Hash,
}

fn head(conn: &Connection, area: AreaId, scope: u32) -> Result<Head, StoreError> {
    let found = conn
        .prepare_cached("SELECT seq, hash FROM head WHERE scope = ?1")?
        .query_row([scope], |row| Ok(Head { seq: row.get(0)?, hash: row.get(1)? }))
        .optional()?;
    Ok(found.unwrap_or_else(|| Head { seq: 0, hash: seal::genesis(area, scope) }))
}

/// What a reader of `scopes` may read after `from`, up to about `limit` bytes, never splitting an action.
pub(super) fn read(
    conn: &Connection,
    (area, keys): (AreaId, &Keys),
    scopes: &[Scope],
    from: u64,
    limit: usize,
) -> Result<Page, StoreError> {
    let head = head_position(conn)?;
    let (entries, more) = entries(conn, scopes, (from, head), limit)?;
    let to = match entries.last() {
        Some(last) if more => last.position + u64::from(mutant!(SkipAnEntryAtAPageBoundary)),
        _ => head,
    };
    // Whoever has read everything knows the heads.
    let heads = if to > from { heads(conn, scopes, to)? } else { Vec::new() };
    let mut page = Page { from, to, more, heads, entries, epoch: Some(epoch(conn)?), mac: None, folded: None };
    if to > from {
        let cursor = Cursor { position: to, scopes: page.heads.clone(), epoch: page.epoch, mac: None };
        page.mac = seal::cursor_mac(&keys.cursor, area, &cursor).map(ByteArray::from);
    }
    Ok(page)
}

fn entries(
    conn: &Connection,
    scopes: &[Scope],
    (from, head): (u64, u64),
    limit: usize,
) -> Result<(Vec<Entry>, bool), StoreError> {
    let scopes = if mutant!(ForgetTheScopeOnPages) { &Scope::ALL } else { scopes };
    let scopes = scopes.iter().map(|scope| scope.number().to_string()).collect::<Vec<_>>().join(",");
    // Close to the end of the log, its entries are read in their order. From further off they are looked for scope by scope
    // and sorted: whoever reads little need not wait until all of it has been looked at.
    let column = if head.saturating_sub(from) <= NEAR { "+log.scope" } else { "log.scope" };
    // The scopes are numbers of our own, so they can stand in the text; each role has its own prepared statement.
    let sql = format!(
        "SELECT log.position, origin, counter, effective, hlc, scope, first_seq, rows, salt, seals, salt_seed
         FROM log JOIN entry ON entry.position = log.position
         WHERE log.position > ?1 AND {column} IN ({scopes}) ORDER BY log.position, log.scope"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut found = statement.query([from])?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut bytes = 0;
    while let Some(row) = found.next()? {
        let position: u64 = row.get(0)?;
        let same_action =
            entries.last().is_some_and(|entry| entry.position == position) && !mutant!(SplitAnActionOverPages);
        if !same_action {
            if bytes >= limit {
                return Ok((entries, true));
            }
            entries.push(entry_at(row)?);
        }
        bytes += row.get_ref(7)?.as_blob().map_err(rusqlite::Error::from)?.len() + 32;
        if let Some(entry) = entries.last_mut() {
            entry.scopes.push(part_at(row)?);
        }
    }
    Ok((entries, false))
}

/// An entry without its rows: `position, origin, counter, effective, hlc`.
pub(super) fn entry_at(row: &Row<'_>) -> Result<Entry, StoreError> {
    Ok(Entry {
        position: row.get(0)?,
        origin: row.get(1)?,
        counter: row.get(2)?,
        effective: row.get(3)?,
        hlc: row.get(4)?,
        scopes: Vec::new(),
    })
}

/// A part of an entry: `scope, first_seq, rows, salt, seals, salt_seed` from the sixth column on.
pub(super) fn part_at(row: &Row<'_>) -> Result<ScopeRows, StoreError> {
    let seals = row.get_ref(9)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
    Ok(ScopeRows {
        scope: row.get(5)?,
        first_seq: row.get(6)?,
        rows: from_bytes(row.get_ref(7)?.as_blob().map_err(rusqlite::Error::from)?)?,
        salt: row.get::<_, Option<[u8; 16]>>(8)?.map(ByteArray::from),
        seals: seals.map(from_bytes::<Vec<Seal>>).transpose()?,
        salt_seed: row.get::<_, Option<[u8; 16]>>(10)?.map(ByteArray::from),
    })
}

/// Entries for a reader whose device speaks this much: one that does not know seeds is sent salts.
pub(super) fn as_spoken(mut entries: Vec<Entry>, speaks: Option<u16>) -> Vec<Entry> {
    if speaks.unwrap_or(0) < SPEAKS_SEEDS && !mutant!(SendSeedsToWhoDoesNotKnowThem) {
        for entry in &mut entries {
            for part in &mut entry.scopes {
                seal::spell_out(entry.position, part);
            }
        }
    }
    entries
}

/// Where the given scopes stood at a position; those without any row are left out.
pub(super) fn heads(conn: &Connection, scopes: &[Scope], at: u64) -> Result<Vec<ScopeSeq>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT first_seq + count - 1, hash FROM log WHERE scope = ?1 AND position <= ?2 ORDER BY position DESC LIMIT 1",
    )?;
    let mut heads = Vec::new();
    for scope in scopes {
        let scope = scope.number();
        let found = statement.query_row(params![scope, at], |row| {
            Ok(ScopeSeq { scope, seq: row.get(0)?, hash: row.get::<_, Option<[u8; 32]>>(1)?.map(ByteArray::from) })
        });
        heads.extend(found.optional()?);
    }
    heads.sort_by_key(|head| head.scope);
    Ok(heads)
}

/// Gives a log of before there were chains its chains.
pub(super) fn complete(conn: &Connection, (area, keys): (AreaId, &Keys)) -> Result<(), StoreError> {
    let unchained = "SELECT EXISTS (SELECT 1 FROM head WHERE hash IS NULL)";
    if !conn.query_row(unchained, [], |row| row.get::<_, bool>(0))? {
        return Ok(());
    }
    let tx = conn.unchecked_transaction()?;
    for scope in Scope::ALL {
        complete_scope(&tx, area, keys, scope.number())?;
    }
    Ok(tx.commit()?)
}

fn complete_scope(conn: &Connection, area: AreaId, keys: &Keys, scope: u32) -> Result<(), StoreError> {
    let mut hash = seal::genesis(area, scope);
    let mut statement = conn.prepare(
        "SELECT log.position, origin, counter, effective, hlc, scope, first_seq, rows, salt, seals, salt_seed
         FROM log JOIN entry ON entry.position = log.position WHERE scope = ?1 ORDER BY log.position",
    )?;
    let mut update = conn.prepare("UPDATE log SET salt = ?3, hash = ?4 WHERE position = ?1 AND scope = ?2")?;
    let mut touch = conn.prepare("INSERT OR IGNORE INTO touched (row, position) VALUES (?1, ?2)")?;
    let mut found = statement.query([scope])?;
    while let Some(row) = found.next()? {
        let (entry, part) = (entry_at(row)?, part_at(row)?);
        let salt = keys.salt();
        hash = seal::link(&hash, &entry, scope, part.first_seq, seal::salted_leaves(salt, &part.rows));
        update.execute(params![entry.position, scope, salt, hash])?;
        for row in &part.rows {
            touch.execute(params![row.row.0.0.as_bytes(), entry.position])?;
        }
    }
    conn.execute("UPDATE head SET hash = ?2 WHERE scope = ?1", params![scope, hash])?;
    Ok(())
}
