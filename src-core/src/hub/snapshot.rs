//! Snapshots on the server: when one is due, what it is made of, and to whom it is offered.
//!
//! The area's file notes which snapshot there is; its files lie beside it, where the caller keeps them. So a file put
//! back from a backup speaks of a snapshot of its own log, or of none.
//!
//! ```text
//! is_snapshot_due → snapshot_source   on the area's thread: reads the rows as they lie
//!                 → Source::files     off it: columns, for the caller to compress and to keep
//!                 → keep_snapshot     on it again: from now on it is offered
//! ```

use super::{AreaLog, Keys, page};
use crate::domain::{AreaId, RowId, Scope};
use crate::seal::cursor_mac;
use crate::snapshot::Snapshot;
use crate::store::rows::StoredRow;
use crate::store::{StoreError, rows};
use crate::wire::v1::{LogRow, SPEAKS_SNAPSHOTS, SnapshotFile, SnapshotOffer, SyncRequest};
use crate::wire::{from_bytes, to_bytes};
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};

/// Below this the log itself is short enough: it comes in one page.
const LOG_BYTES_MIN: u64 = 256 * 1024;
/// Where the area's file notes the newest, and the last one that was in a backup when the newest was made.
const NEWEST: &str = "snapshot";
const BEFORE: &str = "snapshot_before";
/// What an entry costs besides its rows, about.
const ENTRY_BYTES: u64 = 32;

/// The snapshot that the area's file knows of.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Kept {
    #[n(0)]
    position: u64,
    #[n(1)]
    files: Vec<KeptFile>,
}

/// One scope of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct KeptFile {
    #[n(0)]
    scope: u32,
    #[n(1)]
    hash: ByteArray<32>,
    #[n(2)]
    bytes: u64,
    #[n(3)]
    raw_bytes: u64,
}

/// How much log there is behind the snapshot, as far as it was looked at.
#[derive(Debug, Default)]
pub(super) struct Behind {
    /// The snapshot's position.
    snapshot: u64,
    /// What was looked at ends here.
    looked_until: u64,
    bytes: u64,
}

/// An area's rows at one moment, not in columns yet.
#[derive(Debug)]
pub struct Source {
    area: AreaId,
    position: u64,
    /// How often snapshots were dropped until then.
    dropped: u64,
    scopes: Vec<Scope>,
    rows: Vec<StoredRow>,
    erased: Vec<(Scope, RowId)>,
}

/// A file of a snapshot, as it is before compression.
#[derive(Debug)]
pub struct ScopeFile {
    pub scope: Scope,
    /// BLAKE3 of `content`, and its name.
    pub hash: [u8; 32],
    pub content: Vec<u8>,
}

/// A snapshot whose files are kept.
#[derive(Debug)]
pub struct Made {
    pub position: u64,
    pub dropped: u64,
    pub files: Vec<MadeFile>,
}

/// One of its files.
#[derive(Clone, Copy, Debug)]
pub struct MadeFile {
    pub scope: Scope,
    pub hash: [u8; 32],
    /// Compressed.
    pub bytes: u64,
    pub raw_bytes: u64,
}

impl Source {
    /// The log up to here is in it.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// What [`Made::dropped`] is to be.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The files, one for each scope that ever had a row.
    ///
    /// # Errors
    /// When a row cannot be read.
    pub fn files(self) -> Result<Vec<ScopeFile>, StoreError> {
        let mut by_scope: BTreeMap<Scope, Vec<_>> = self.scopes.iter().map(|scope| (*scope, Vec::new())).collect();
        for row in self.rows {
            let row = row.read()?;
            by_scope.entry(row.scope).or_default().push(row);
        }
        let (area, position) = (self.area, self.position);
        let erased = self.erased;
        let file = |(scope, rows)| {
            let erased = erased.iter().filter(|(of, _)| *of == scope).map(|(_, row)| *row).collect();
            let content = Snapshot { area, scope, position, rows, erased }.to_bytes();
            ScopeFile { scope, hash: *blake3::hash(&content).as_bytes(), content }
        };
        Ok(by_scope.into_iter().map(file).collect())
    }
}

impl AreaLog {
    /// Whether the log behind the last snapshot has become longer than the snapshot: whoever reads both then reads at
    /// most twice what there is. Or whether it was dropped, and its files are still there.
    ///
    /// # Errors
    /// When the file fails.
    pub fn is_snapshot_due(&mut self) -> Result<bool, StoreError> {
        let kept = kept(&self.conn)?;
        let (position, raw_bytes) = kept.map_or((0, 0), |kept| (kept.position, kept.raw_bytes(|_| true)));
        let behind = &mut self.behind_snapshot;
        if is_stale(&self.conn)? {
            return Ok(true);
        }
        if behind.snapshot != position {
            *behind = Behind { snapshot: position, looked_until: position, bytes: 0 };
        }
        let enough = raw_bytes.max(LOG_BYTES_MIN);
        let mut statement =
            self.conn.prepare_cached("SELECT position, LENGTH(rows) FROM log WHERE position > ?1 ORDER BY position")?;
        let mut found = statement.query([behind.looked_until])?;
        while behind.bytes <= enough {
            let Some(row) = found.next()? else { break };
            behind.looked_until = row.get(0)?;
            behind.bytes += row.get::<_, u64>(1)? + ENTRY_BYTES;
        }
        Ok(behind.bytes > enough)
    }

    /// Reads what a snapshot of now is made of.
    ///
    /// # Errors
    /// When the file fails.
    pub fn snapshot_source(&self) -> Result<Source, StoreError> {
        let position = page::head_position(&self.conn)?;
        let heads = page::heads(&self.conn, &page::all_scopes(&self.conn)?, position)?;
        Ok(Source {
            area: self.area,
            position,
            dropped: dropped(&self.conn)?,
            scopes: heads.iter().filter_map(|head| Scope::from_number(head.scope)).collect(),
            rows: rows::all(&self.conn)?,
            erased: erased(&self.conn)?,
        })
    }

    /// Notes a snapshot whose files are kept; from now on it is offered. `false`: snapshots were dropped while it was
    /// made, or a later one is there; its files are of no use.
    ///
    /// # Errors
    /// When the file fails.
    pub fn keep_snapshot(&mut self, made: &Made) -> Result<bool, StoreError> {
        let newest = kept(&self.conn)?;
        let older = newest.as_ref().is_some_and(|kept| kept.position > made.position);
        let ahead = made.position > page::head_position(&self.conn)?;
        if older || ahead || dropped(&self.conn)? != made.dropped {
            return Ok(false);
        }
        let backed_up = self.backed_up()?;
        let file = |file: &MadeFile| KeptFile {
            scope: file.scope.number(),
            hash: file.hash.into(),
            bytes: file.bytes,
            raw_bytes: file.raw_bytes,
        };
        let kept = Kept { position: made.position, files: made.files.iter().map(file).collect() };
        // Until this one is in a backup, the one of before is offered.
        if let Some(before) = newest.filter(|before| is_in_backup(backed_up, before)) {
            put(&self.conn, BEFORE, &before)?;
        }
        put(&self.conn, NEWEST, &kept)?;
        self.conn.execute("DELETE FROM meta WHERE key = 'snapshot_stale'", [])?;
        Ok(true)
    }

    /// Forgets the snapshot, also one that is being made: a row in it was erased, or its files are gone. The caller
    /// then removes the files.
    ///
    /// # Errors
    /// When the file fails.
    pub fn drop_snapshots(&mut self) -> Result<(), StoreError> {
        drop_all(&self.conn)
    }

    /// The files of the snapshots that are offered now or as soon as they are in a backup, and whose they are.
    ///
    /// # Errors
    /// When the file fails.
    pub fn snapshot_files(&self) -> Result<Vec<(Scope, [u8; 32])>, StoreError> {
        let newest = kept(&self.conn)?;
        let backed_up = self.backed_up()?;
        let before = match &newest {
            Some(newest) if !is_in_backup(backed_up, newest) => get(&self.conn, BEFORE)?,
            _ => None,
        };
        let files = newest.into_iter().chain(before).flat_map(|kept| kept.files);
        let known = |file: KeptFile| Some((Scope::from_number(file.scope)?, file.hash.into()));
        Ok(files.filter_map(known).collect())
    }
}

impl Kept {
    fn raw_bytes(&self, of: impl Fn(u32) -> bool) -> u64 {
        self.files.iter().filter(|file| of(file.scope)).map(|file| file.raw_bytes).sum()
    }
}

/// The snapshot to take instead of the log, for a device that understands it and for which it is shorter.
pub(super) fn offer(
    conn: &Connection,
    (area, keys): (AreaId, &Keys),
    scopes: &[Scope],
    request: &SyncRequest,
) -> Result<Option<SnapshotOffer>, StoreError> {
    let from = request.cursor.position;
    if request.speaks.unwrap_or(0) < SPEAKS_SNAPSHOTS || request.log_only == Some(true) {
        return Ok(None);
    }
    let Some(kept) = offered(conn)?.filter(|kept| kept.position > from) else { return Ok(None) };
    let reads = |number: u32| scopes.iter().any(|scope| scope.number() == number);
    if !is_log_longer(conn, scopes, (from, kept.position), kept.raw_bytes(reads))? {
        return Ok(None);
    }
    let mut files = Vec::new();
    let scopes = if mutant!(ForgetTheScopeOfASnapshot) { &Scope::ALL } else { scopes };
    for head in page::heads(conn, scopes, kept.position)? {
        let file = kept.files.iter().find(|file| file.scope == head.scope);
        let (Some(file), Some(hash)) = (file, head.hash) else { return Ok(None) };
        let KeptFile { scope, hash: file, bytes, raw_bytes } = *file;
        files.push(SnapshotFile { scope, seq: head.seq, hash, file, bytes, raw_bytes });
    }
    let epoch = page::epoch(conn)?;
    let unsealed = SnapshotOffer { position: kept.position, scopes: files, epoch, mac: ByteArray::from([0; 16]) };
    let mac = cursor_mac(&keys.cursor, area, &unsealed.cursor());
    Ok(mac.map(|mac| SnapshotOffer { mac: mac.into(), ..unsealed }))
}

/// Whether an interval of the log, as readers of `scopes` get it, has more than this many bytes. Both are counted
/// before compression; it looks no further than it must.
fn is_log_longer(
    conn: &Connection,
    scopes: &[Scope],
    (from, to): (u64, u64),
    than_bytes: u64,
) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT scope, LENGTH(rows) FROM log WHERE position > ?1 AND position <= ?2 ORDER BY position",
    )?;
    let mut found = statement.query([from, to])?;
    let mut bytes = 0;
    while bytes <= than_bytes {
        let Some(row) = found.next()? else { return Ok(false) };
        let scope = Scope::from_number(row.get(0)?);
        if scope.is_some_and(|scope| scopes.contains(&scope)) {
            bytes += row.get::<_, u64>(1)? + ENTRY_BYTES;
        }
    }
    Ok(true)
}

/// The newest snapshot, or the one of before until the newest is in a backup: whoever takes a snapshot has nothing of the
/// log before it, and what no backup has must come back from somewhere.
fn offered(conn: &Connection) -> Result<Option<Kept>, StoreError> {
    let backed_up = super::backed_up(conn)?;
    let offerable = |kept: &Kept| is_in_backup(backed_up, kept) || mutant!(OfferWhatNoBackupHas);
    match kept(conn)? {
        Some(newest) if !offerable(&newest) => Ok(get(conn, BEFORE)?.filter(offerable)),
        newest => Ok(newest),
    }
}

/// Also where no backup was ever made.
fn is_in_backup(backed_up: u64, kept: &Kept) -> bool {
    backed_up == 0 || kept.position <= backed_up
}

fn kept(conn: &Connection) -> Result<Option<Kept>, StoreError> {
    get(conn, NEWEST)
}

fn get(conn: &Connection, key: &str) -> Result<Option<Kept>, StoreError> {
    let sql = "SELECT value FROM meta WHERE key = ?1";
    let bytes: Option<Vec<u8>> = conn.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()?;
    Ok(bytes.map(|bytes| from_bytes(&bytes)).transpose()?)
}

fn put(conn: &Connection, key: &str, kept: &Kept) -> Result<(), StoreError> {
    conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", params![key, to_bytes(kept)])?;
    Ok(())
}

fn is_stale(conn: &Connection) -> Result<bool, StoreError> {
    Ok(conn.prepare_cached("SELECT 1 FROM meta WHERE key = 'snapshot_stale'")?.exists([])?)
}

/// What was erased, in every scope that was told of it.
fn erased(conn: &Connection) -> Result<Vec<(Scope, RowId)>, StoreError> {
    let mut statement = conn.prepare("SELECT scope, rows FROM log WHERE position IN (SELECT position FROM erased)")?;
    let mut found = statement.query([])?;
    let mut erased = BTreeSet::new();
    while let Some(row) = found.next()? {
        let Some(scope) = Scope::from_number(row.get(0)?) else { continue };
        let rows: Vec<LogRow> = from_bytes(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
        let told = rows.into_iter().filter(|row| row.erased == Some(true));
        erased.extend(told.map(|row| (scope, row.row.0)));
    }
    Ok(erased.into_iter().collect())
}

fn dropped(conn: &Connection) -> Result<u64, StoreError> {
    let count: Option<u64> = conn
        .prepare_cached("SELECT value FROM meta WHERE key = 'snapshots_dropped'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(count.unwrap_or(0))
}

/// See [`AreaLog::drop_snapshots`].
pub(super) fn drop_all(conn: &Connection) -> Result<(), StoreError> {
    let next = dropped(conn)? + 1;
    conn.execute("INSERT OR REPLACE INTO meta SELECT 'snapshot_stale', 1 FROM meta WHERE key = 'snapshot'", [])?;
    conn.execute("DELETE FROM meta WHERE key IN (?1, ?2)", [NEWEST, BEFORE])?;
    conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('snapshots_dropped', ?1)", [next])?;
    Ok(())
}
