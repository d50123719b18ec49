//! Snapshots, as the server makes and hands them out.

use super::Server;
use trygkort_core::hub::snapshot::{Made, MadeFile, ScopeFile};
use trygkort_core::seal::Hash;
use trygkort_core::store::StoreError;

impl Server {
    /// Lets pages end early.
    pub(crate) fn small_pages(&mut self, bytes: usize) {
        self.page_bytes = Some(bytes);
        self.log().set_page_bytes(bytes);
    }

    /// Makes a snapshot of now. `false`: it is of no use.
    pub(crate) fn make_snapshot(&mut self) -> Result<bool, StoreError> {
        let source = self.log().snapshot_source()?;
        let mut made = Made { position: source.position(), dropped: source.dropped(), files: Vec::new() };
        for ScopeFile { scope, hash, content } in source.files()? {
            let length = content.len() as u64;
            made.files.push(MadeFile { scope, hash, bytes: length, raw_bytes: length });
            self.snapshots.insert(hash, content);
        }
        let log = self.log();
        log.begin()?;
        let kept = log.keep_snapshot(&made);
        if kept.is_err() {
            log.rollback();
        } else {
            log.commit()?;
        }
        let wanted = self.log().snapshot_files()?;
        self.snapshots.retain(|hash, _| wanted.iter().any(|(_, file)| file == hash));
        kept
    }

    /// A file of the snapshot, for a device whose role reads it. One that is gone is offered no more.
    pub(super) fn snapshot_file(&mut self, token: u32, hash: &Hash) -> Option<Vec<u8>> {
        let reader = self.reader(token);
        let offered = self.log().snapshot_files().ok()?;
        let (scope, _) = offered.into_iter().find(|(_, file)| file == hash)?;
        if !reader.reads(scope) {
            return None;
        }
        let content = self.snapshots.get(hash).cloned();
        if content.is_none() {
            // What fails here is tried again when the file is asked for again.
            drop(self.log().drop_snapshots());
        }
        content
    }
}
