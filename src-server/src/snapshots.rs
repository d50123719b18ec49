//! Snapshots of areas: what a new or long-absent device takes instead of the log (docs/sync.md, *Snapshots*).
//!
//! ```text
//! DATA/snapshots/AREA_ID/HASH.br     one scope of the area's snapshot, compressed once, named by what it unpacks to
//! ```
//!
//! An area's thread only reads the rows; putting them in columns and compressing them is done beside it, for one area
//! at a time. Which files count stands in the area's own file: all others can be deleted at any time.

use crate::data_dir::{DataDir, create_private, write_atomically};
use crate::group_commit::Failure;
use crate::hub::{AreaError, AreaLog};
use crate::server::App;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};
use trygkort_core::domain::AreaId;
use trygkort_core::hub::snapshot::{Made, MadeFile, ScopeFile, Source};

/// A snapshot is compressed once and read often. The highest quality makes 10,000 pins an eighth smaller than
/// [`QUALITY_LARGE`], and takes some seconds of a processor for it.
const QUALITY: i32 = 11;
/// Of files that are [`LARGE_BYTES`] or more, which would take minutes otherwise.
const QUALITY_LARGE: i32 = 9;
const LARGE_BYTES: usize = 2 << 20;
/// How long an area whose snapshot could not be made is left alone.
const RETRY: Duration = Duration::from_secs(60);

/// Why there is no new snapshot. The log is there all the same.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotError {
    #[error(transparent)]
    Area(#[from] AreaError),
    #[error("the snapshot's files: {0}")]
    Io(#[from] io::Error),
}

impl From<Failure> for SnapshotError {
    fn from(failure: Failure) -> Self {
        SnapshotError::Area(failure.into())
    }
}

/// The areas of which a snapshot is to be made.
#[derive(Default)]
pub(crate) struct Snapshots {
    due: Mutex<BTreeSet<AreaId>>,
    /// Areas whose snapshot failed lately.
    failed: Mutex<BTreeSet<AreaId>>,
    woken: Notify,
}

impl Snapshots {
    /// An area's log has become long. Returns at once.
    pub(crate) fn wake(&self, area: AreaId) {
        if !lock(&self.failed).contains(&area) && lock(&self.due).insert(area) {
            self.woken.notify_one();
        }
    }

    /// Whether nothing is to be made or being made.
    pub(crate) fn settled(&self) -> bool {
        lock(&self.due).is_empty()
    }

    fn next(&self) -> Option<AreaId> {
        lock(&self.due).first().copied()
    }

    fn done(&self, area: AreaId, ok: bool) {
        if !ok {
            lock(&self.failed).insert(area);
        }
        lock(&self.due).remove(&area);
    }
}

/// Makes snapshots as they fall due, one after the other.
pub(crate) async fn make_when_due(app: &App) -> Infallible {
    let mut retry = interval(RETRY);
    retry.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = retry.tick() => lock(&app.snapshots.failed).clear(),
            () = app.snapshots.woken.notified() => {}
        }
        while let Some(area) = app.snapshots.next() {
            let made = make(app, area).await;
            if let Err(error) = &made {
                tracing::warn!(%area, %error, "no snapshot was made");
            }
            app.snapshots.done(area, made.is_ok());
        }
    }
}

async fn make(app: &App, area: AreaId) -> Result<(), SnapshotError> {
    let read = |log: &mut AreaLog| log.snapshot_source().map_err(AreaError::from);
    let source = app.areas.run(area, read).await?;
    let dir = app.dir.clone();
    let made = blocking(move || write_files(&dir, area, source)).await?;
    let keep = move |log: &mut AreaLog| -> Result<_, AreaError> {
        log.keep_snapshot(&made)?;
        Ok(log.snapshot_files()?)
    };
    let wanted = app.areas.run(area, keep).await?;
    let wanted: BTreeSet<_> = wanted.into_iter().map(|(_, hash)| app.dir.snapshot(area, &hash)).collect();
    let dir = app.dir.clone();
    blocking(move || Ok(remove_others(&dir, area, &wanted)?)).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SnapshotError> + Send + 'static,
) -> Result<T, SnapshotError> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

fn write_files(dir: &DataDir, area: AreaId, source: Source) -> Result<Made, SnapshotError> {
    create_private(&dir.snapshots(area))?;
    let mut made = Made { position: source.position(), dropped: source.dropped(), files: Vec::new() };
    for ScopeFile { scope, hash, content } in source.files().map_err(AreaError::from)? {
        let packed = compress(&content)?;
        write_atomically(&dir.snapshot(area, &hash), &packed)?;
        made.files.push(MadeFile { scope, hash, bytes: packed.len() as u64, raw_bytes: content.len() as u64 });
    }
    Ok(made)
}

/// Removes an area's files that are not `wanted`.
fn remove_others(dir: &DataDir, area: AreaId, wanted: &BTreeSet<PathBuf>) -> io::Result<()> {
    let entries = match fs::read_dir(dir.snapshots(area)) {
        Ok(entries) => entries,
        // Dropped meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        if !wanted.contains(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Forgets an area's snapshot and removes its files: because something in it was erased, or a file is gone. One that is
/// being made is not kept. Within a transaction of the area's file, as any other work on it.
pub(crate) fn drop_all(dir: &DataDir, area: AreaId, log: &mut AreaLog) -> Result<(), AreaError> {
    log.drop_snapshots()?;
    remove(dir, area).map_err(|error| AreaError::Failed(format!("snapshots: {error}")))
}

/// Does the same when a file that should be there is not, as after a backup was put back: another snapshot is then made.
pub(crate) fn drop_if_gone(dir: &DataDir, area: AreaId, hash: [u8; 32], log: &mut AreaLog) -> Result<(), AreaError> {
    let counts = log.snapshot_files()?.iter().any(|(_, file)| *file == hash);
    if counts && !dir.snapshot(area, &hash).exists() { drop_all(dir, area, log) } else { Ok(()) }
}

/// Removes the files of an area's snapshots.
pub(crate) fn remove(dir: &DataDir, area: AreaId) -> io::Result<()> {
    match fs::remove_dir_all(dir.snapshots(area)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn compress(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    let quality = if content.len() < LARGE_BYTES { QUALITY } else { QUALITY_LARGE };
    let params = brotli::enc::BrotliEncoderParams { quality, size_hint: content.len(), ..Default::default() };
    brotli::BrotliCompress(&mut &*content, &mut packed, &params)?;
    Ok(packed)
}

/// Unpacks a file, for a client that takes no brotli.
pub(crate) fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    const BUFFER_BYTES: usize = 64 * 1024;
    let mut content = Vec::new();
    brotli::Decompressor::new(packed, BUFFER_BYTES).read_to_end(&mut content)?;
    Ok(content)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compressed_unpacks_to_the_same() {
        for content in [Vec::new(), b"Tryghedsvandring".repeat(10_000), (0..=255).collect()] {
            assert_eq!(unpack(&compress(&content).unwrap()).unwrap(), content);
        }
    }
}
