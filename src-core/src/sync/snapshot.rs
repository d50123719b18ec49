//! Taking a snapshot instead of the log up to a position: what was read before gives way to it, what is unsent stays on
//! top.

use super::{Applied, SyncError};
use crate::domain::{RowId, Scope};
use crate::snapshot::Snapshot;
use crate::store::area::{self, AreaFile};
use crate::store::{journal, rewrite_if_due, rewrite_later, rows, table};
use crate::wire::v1::{SnapshotFile, SnapshotOffer};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// A snapshot while its files are fetched.
#[derive(Debug)]
pub struct Download {
    offer: SnapshotOffer,
    files: BTreeMap<[u8; 32], Vec<u8>>,
}

/// A file that is not the one that was asked for.
#[derive(Debug, thiserror::Error)]
#[error("the file of a snapshot is another one than was asked for")]
pub struct WrongFile;

impl Download {
    /// Begins to fetch what is offered. Files that an earlier one has fetched are not fetched again.
    #[must_use]
    pub fn new(offer: SnapshotOffer, earlier: Option<Self>) -> Self {
        let mut files = earlier.map(|earlier| earlier.files).unwrap_or_default();
        files.retain(|hash, _| offer.scopes.iter().any(|file| *file.file == *hash));
        Self { offer, files }
    }

    /// The next file to fetch; `None`: all are there. Scopes of a newer version are not fetched.
    #[must_use]
    pub fn next(&self) -> Option<[u8; 32]> {
        let known = self.offer.scopes.iter().filter(|file| Scope::from_number(file.scope).is_some());
        known.map(|file| file.file.into()).find(|hash| !self.files.contains_key(hash))
    }

    /// Whether there is something in it for this version, and all of that is here.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.files.is_empty() && self.next().is_none()
    }

    /// Takes the file that was fetched as the next one.
    ///
    /// # Errors
    /// When it is another one.
    pub fn take(&mut self, content: Vec<u8>) -> Result<(), WrongFile> {
        let expected = self.next().ok_or(WrongFile)?;
        if *blake3::hash(&content).as_bytes() != expected && !mutant!(TakeADamagedSnapshot) {
            return Err(WrongFile);
        }
        self.files.insert(expected, content);
        Ok(())
    }

    /// Puts the snapshot in place of what was read, all of it or nothing.
    ///
    /// # Errors
    /// When a file is missing or is no snapshot of this area, or the area's file fails.
    pub fn apply(&self, file: &mut AreaFile) -> Result<Applied, SyncError> {
        let snapshots = self.read(file)?;
        let tx = file.conn.transaction()?;
        let here = area::cursor(&tx)?;
        if here.position >= self.offer.position || here.epoch.is_some_and(|epoch| epoch > self.offer.epoch) {
            return Err(SyncError::Snapshot("this device has read further"));
        }
        let before: BTreeSet<RowId> = rows::forget_all(&tx)?.into_iter().collect();
        let erased: BTreeSet<RowId> = snapshots.iter().flat_map(|snapshot| &snapshot.erased).copied().collect();
        let now = put(&tx, snapshots)?;
        if !before.is_subset(&now) {
            // What would take an action back may hold values of rows that are gone.
            tx.execute("DELETE FROM undo", [])?;
        }
        let cursor = self.offer.cursor();
        area::set_cursor(&tx, &cursor)?;
        // The entries up to here were not read: those from before prove nothing any more.
        journal::clear(&tx)?;
        if mutant!(DropTheUnsentForASnapshot) {
            tx.execute_batch("DELETE FROM outbox; DELETE FROM outbox_row")?;
        }
        journal::mark(&tx, &cursor)?;
        for row in &erased {
            journal::erase(&tx, *row)?;
        }
        let mut touched = &before | &now;
        touched.extend(super::settle_outbox(&tx, cursor.position)?);
        let topics = table::project(&tx, file.session.origin, &touched)?;
        let had_erased = !before.is_disjoint(&erased);
        if had_erased {
            table::purge_search(&tx)?;
            rewrite_later(&tx)?;
        }
        tx.commit()?;
        // Without room for it, the next exchange tries again.
        drop(rewrite_if_due(&file.conn));
        Ok(Applied { topics, more: true, ..Applied::default() })
    }

    fn read(&self, file: &AreaFile) -> Result<Vec<Snapshot>, SyncError> {
        let (area, reader, position) = (file.session.area, file.session.reader(), self.offer.position);
        let mut snapshots = Vec::new();
        for SnapshotFile { scope, file, .. } in &self.offer.scopes {
            let Some(scope) = Scope::from_number(*scope) else { continue };
            if !reader.reads(scope) {
                return Err(SyncError::Snapshot("a scope that is not for this device"));
            }
            let content = self.files.get(&**file).ok_or(SyncError::Snapshot("a file is missing"))?;
            let snapshot = Snapshot::from_bytes(content)?;
            if snapshot.area != area || snapshot.scope != scope || snapshot.position != position {
                return Err(SyncError::Snapshot("a file is of another snapshot"));
            }
            snapshots.push(snapshot);
        }
        Ok(snapshots)
    }
}

/// Writes the rows; returns which they are.
fn put(tx: &Connection, snapshots: Vec<Snapshot>) -> Result<BTreeSet<RowId>, SyncError> {
    let (mut ids, mut clock) = (BTreeSet::new(), 0);
    for row in snapshots.into_iter().flat_map(|snapshot| snapshot.rows) {
        clock = row.fields.values().map(|register| register.stamp.effective).fold(clock, u64::max);
        rows::put(tx, &row)?;
        if !ids.insert(row.row) {
            return Err(SyncError::Snapshot("a row is in it twice"));
        }
    }
    area::saw_clock(tx, clock)?;
    Ok(ids)
}
