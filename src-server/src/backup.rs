//! One file with everything, consistent while the server runs.
//!
//! A tar with `control.db`, `areas/*.db`, `basemaps/*.pmtiles`, `blobs/AREA_ID/ab/HASH` and last `manifest.json`, which names every file with
//! its size and BLAKE3 hash. The databases are copied by SQLite's online backup, each as of one moment.
//!
//! The areas come before `control.db`: a restored area then never holds a change by a device that the restored
//! `control.db` does not know, whose number it could hand out again.

use crate::data_dir::{DataDir, DataDirError};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use serde::Serialize;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::{NamedTempFile, TempDir};
use trygkort_core::domain::AreaId;
use trygkort_core::domain::validate::is_blob_name;

/// Why there is no backup. What was at the target before is still there.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error("cannot write the backup {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot copy {}: {source}", path.display())]
    Database { path: PathBuf, source: rusqlite::Error },
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
}

/// What was backed up.
pub(crate) struct BackupReport {
    pub(crate) files: usize,
    pub(crate) bytes: u64,
}

#[derive(Serialize)]
struct Manifest {
    /// The form of this backup; a reader refuses a larger one.
    format: u32,
    /// Set where the file is something else than a backup of the whole server.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    area: Option<AreaId>,
    version: &'static str,
    created_at_ms: i64,
    files: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    path: String,
    bytes: u64,
    blake3: String,
}

/// Writes everything in a data folder to one file, as `trygkort backup` does; a server may run on it.
///
/// # Errors
/// When the folder cannot be read or the file not be written.
pub fn back_up(data: &Path, to: &Path) -> Result<(), BackupError> {
    write(&DataDir::existing(data)?, to, crate::clock::now_ms()).map(drop)
}

/// Writes the backup. It appears under its name when it is complete.
pub(crate) fn write(dir: &DataDir, to: &Path, now_ms: i64) -> Result<BackupReport, BackupError> {
    empty_trash(dir, now_ms)?;
    let mut archive = Archive::new(to, now_ms)?;
    let mut areas = BTreeSet::new();
    archive.add_new_areas(dir, &mut areas)?;
    archive.add_database(&dir.control(), "control.db")?;
    // Areas made meanwhile, which control.db names already.
    archive.add_new_areas(dir, &mut areas)?;
    let positions = std::mem::take(&mut archive.positions);
    for name in names_in(&dir.basemaps(), "pmtiles")? {
        let path = dir.basemaps().join(&name);
        archive.add_file(&path, &format!("basemaps/{}", name.to_string_lossy()))?;
    }
    for (area, _) in &positions {
        archive.add_blobs(dir, *area, |name| format!("blobs/{area}/{}/{name}", &name[..2]))?;
    }
    let report = archive.finish(None)?;
    for (area, position) in positions {
        // Only now: until the backup is whole, devices must go on keeping what it was to hold.
        if let Err(error) = crate::hub::set_backed_up(dir, area, position) {
            tracing::warn!(%area, %error, "the area does not know that it was backed up");
        }
    }
    Ok(report)
}

/// What is to be gone by now is in no backup either, also of an area that nobody uses. An area that cannot do it now is
/// backed up as it is.
fn empty_trash(dir: &DataDir, now_ms: i64) -> Result<(), BackupError> {
    for name in names_in(&dir.areas(), "db")? {
        let Some(id) = Path::new(&name).file_stem().and_then(|stem| stem.to_str()).and_then(|id| id.parse().ok())
        else {
            continue;
        };
        if let Err(error) = crate::hub::empty_trash(dir, AreaId(id), now_ms) {
            tracing::warn!(area = %id, %error, "the trash is not emptied");
        }
    }
    Ok(())
}

/// A tar that is being written beside its target.
pub(crate) struct Archive<'a> {
    tar: tar::Builder<NamedTempFile>,
    copies: TempDir,
    to: &'a Path,
    manifest: Manifest,
    /// How far each area's log goes in the backup.
    positions: Vec<(AreaId, u64)>,
}

impl<'a> Archive<'a> {
    pub(crate) fn new(to: &'a Path, now_ms: i64) -> Result<Self, BackupError> {
        let failed = |source| BackupError::Write { path: to.to_owned(), source };
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let manifest = Manifest {
            format: 1,
            kind: None,
            area: None,
            version: env!("CARGO_PKG_VERSION"),
            created_at_ms: now_ms,
            files: Vec::new(),
        };
        let target = NamedTempFile::new_in(folder).map_err(failed)?;
        let copies = TempDir::new_in(folder).map_err(failed)?;
        Ok(Self { tar: tar::Builder::new(target), copies, to, manifest, positions: Vec::new() })
    }

    fn add_new_areas(&mut self, dir: &DataDir, known: &mut BTreeSet<OsString>) -> Result<(), BackupError> {
        for name in names_in(&dir.areas(), "db")? {
            if known.insert(name.clone()) {
                self.add_database(&dir.areas().join(&name), &format!("areas/{}", name.to_string_lossy()))?;
            }
        }
        Ok(())
    }

    /// Adds an SQLite file as it stands at one moment.
    pub(crate) fn add_database(&mut self, path: &Path, name: &str) -> Result<(), BackupError> {
        let copy = self.copies.path().join("copy.db");
        copy_database(path, &copy).map_err(|source| BackupError::Database { path: path.to_owned(), source })?;
        if let Some(area) = path.file_stem().and_then(|stem| stem.to_str()).and_then(|id| id.parse().ok()) {
            let position = "SELECT COALESCE(MAX(position), 0) FROM entry";
            let position = Connection::open(&copy).and_then(|conn| conn.query_row(position, [], |row| row.get(0)));
            // A file of before there were entries is not backed up as far as anyone can tell.
            self.positions.push((AreaId(area), position.unwrap_or(0)));
        }
        self.add_file(&copy, name)?;
        fs::remove_file(&copy).map_err(|source| self.failed(source))
    }

    pub(crate) fn add_file(&mut self, path: &Path, name: &str) -> Result<(), BackupError> {
        let unreadable = |source| BackupError::Read { path: path.to_owned(), source };
        let mut hasher = blake3::Hasher::new();
        let mut file = File::open(path).map_err(unreadable)?;
        io::copy(&mut file, &mut hasher).map_err(unreadable)?;
        let bytes = file.metadata().map_err(unreadable)?.len();
        let content = File::open(path).map_err(unreadable)?;
        self.append(name, bytes, content)?;
        let entry = Entry { path: name.to_owned(), bytes, blake3: hasher.finalize().to_hex().to_string() };
        self.manifest.files.push(entry);
        Ok(())
    }

    /// Adds the photos that an area's rows name and that have come.
    pub(crate) fn add_blobs(
        &mut self,
        dir: &DataDir,
        area: AreaId,
        name: impl Fn(&str) -> String,
    ) -> Result<(), BackupError> {
        let named = crate::hub::blobs_of(dir, area).unwrap_or_else(|error| {
            tracing::warn!(%area, %error, "the photos of an area that cannot be read are not backed up");
            BTreeSet::new()
        });
        for hash in named.iter().filter(|hash| is_blob_name(hash)) {
            let path = dir.blob(area, hash);
            if path.exists() {
                self.add_file(&path, &name(hash))?;
            }
        }
        Ok(())
    }

    pub(crate) fn add_json(&mut self, name: &str, json: &serde_json::Value) -> Result<(), BackupError> {
        let text = serde_json::to_vec_pretty(json).map_err(|error| self.failed(error.into()))?;
        self.append(name, text.len() as u64, text.as_slice())?;
        let blake3 = blake3::hash(&text).to_hex().to_string();
        self.manifest.files.push(Entry { path: name.to_owned(), bytes: text.len() as u64, blake3 });
        Ok(())
    }

    fn append(&mut self, name: &str, bytes: u64, content: impl io::Read) -> Result<(), BackupError> {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(self.manifest.created_at_ms / 1000).unwrap_or(0));
        self.tar.append_data(&mut header, name, content).map_err(|source| self.failed(source))
    }

    /// Ends it with the manifest, and gives it its name. `of` says of what it is, when it is not of the whole server.
    pub(crate) fn finish(mut self, of: Option<(&'static str, AreaId)>) -> Result<BackupReport, BackupError> {
        (self.manifest.kind, self.manifest.area) = of.unzip();
        let manifest = serde_json::to_vec_pretty(&self.manifest).map_err(|error| self.failed(error.into()))?;
        self.append("manifest.json", manifest.len() as u64, manifest.as_slice())?;
        let Self { tar, to, manifest, .. } = self;
        let failed = |source| BackupError::Write { path: to.to_owned(), source };
        let file = tar.into_inner().map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        let bytes = file.as_file().metadata().map_err(failed)?.len();
        file.persist(to).map_err(|error| failed(error.error))?;
        Ok(BackupReport { files: manifest.files.len(), bytes })
    }

    fn failed(&self, source: io::Error) -> BackupError {
        BackupError::Write { path: self.to.to_owned(), source }
    }
}

/// Copies in one step, under one read transaction: writers go on meanwhile and do not make it start over.
fn copy_database(from: &Path, to: &Path) -> rusqlite::Result<()> {
    const ALL_PAGES: i32 = -1;
    const TRIES: u32 = 100;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, flags)?;
    source.busy_timeout(Duration::from_secs(10))?;
    let mut target = Connection::open(to)?;
    let backup = Backup::new(&source, &mut target)?;
    for _ in 0..TRIES {
        if backup.step(ALL_PAGES)? == StepResult::Done {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
    Err(rusqlite::Error::SqliteFailure(busy, Some("the file stayed locked".to_owned())))
}

fn names_in(folder: &Path, extension: &str) -> Result<Vec<OsString>, BackupError> {
    let unreadable = |source| BackupError::Read { path: folder.to_owned(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        if Path::new(&name).extension().is_some_and(|found| found == extension) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
