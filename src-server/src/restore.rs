//! Putting a backup back.
//!
//! The backup is unpacked beside what is there and checked file by file before anything is touched; what was there is
//! set aside, not deleted. Every area then begins a new epoch, so that devices which had read further give back what
//! the backup does not have (docs/sync.md, *After a restore*). The server's key is in no backup and stays.

use crate::area_delete::{self, DeleteError};
use crate::control::{Before, ControlDb, ControlError, Deed, NewAuditLine};
use crate::data_dir::{DataDir, DataDirError, Restoring, create_private};
use crate::erasures::{self, Erased};
use crate::group_commit::Failure;
use crate::hub::{self, AreaError};
use serde::Deserialize;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use tempfile::TempDir;
use trygkort_core::domain::RowId;
use trygkort_core::domain::validate::is_blob_name;

/// The newest form of backup that is understood.
const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
/// A hundred thousand areas have room.
const MANIFEST_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// What belongs to a backup, and is set aside before it is put back.
const PARTS: [&str; 8] =
    ["control.db", "control.db-wal", "control.db-shm", "areas", "basemaps", "snapshots", "blobs", "uploads"];

const RUN_AGAIN: &str =
    "run `trygkort restore` again, with this backup or another: no server starts on the folder before";

/// Why nothing was restored, or not all. What was there is untouched, or lies where the error says; until a restore has
/// come to its end, no server starts on the folder.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("cannot read the backup {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is no backup, or a damaged one: {what}", path.display())]
    Damaged { path: PathBuf, what: String },
    #[error("cannot put the backup in place: {source}; what was there lies in {}", aside.display())]
    Place { aside: PathBuf, source: io::Error },
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error("the backup's list of members cannot be brought up to date: {0}; {RUN_AGAIN}")]
    Control(#[from] ControlError),
    #[error("an area of the backup cannot be brought up to date: {0}; {RUN_AGAIN}")]
    Area(#[from] AreaError),
    #[error("an area that was deleted came back with the backup, and could not be deleted again: {0}; {RUN_AGAIN}")]
    Delete(#[from] DeleteError),
}

/// What was restored.
pub(crate) struct RestoreReport {
    pub(crate) areas: usize,
    /// Where what was there before lies now, if anything was.
    pub(crate) aside: Option<PathBuf>,
    /// Who was locked out since the backup stays so; not, when what was there before could not be read.
    pub(crate) carried_over: bool,
}

#[derive(Deserialize)]
struct Manifest {
    format: u32,
    files: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    path: String,
    bytes: u64,
    blake3: String,
}

/// Puts a backup back, as `trygkort restore` does.
///
/// # Errors
/// When the backup is damaged, a server runs on the folder, or it cannot be written.
pub fn restore(data: &Path, from: &Path) -> Result<(), RestoreError> {
    run(data, from, crate::clock::now_ms()).map(drop)
}

/// Puts a backup back. No server may run on the folder.
pub(crate) fn run(root: &Path, from: &Path, now_ms: i64) -> Result<RestoreReport, RestoreError> {
    let dir = DataDir::create_for_restore(root)?;
    let _lock = dir.lock()?;
    let unpacked = unpack(root, from)?;
    let unusable = |source| DataDirError::Unusable { path: root.to_owned(), source };
    let aside = set_aside(&dir, root, now_ms)?;
    let before = before(root, &aside);
    put_in_place(root, unpacked.path(), &aside)?;
    let areas = begin_anew(&dir, before.as_ref(), now_ms)?;
    dir.note_restored().map_err(unusable)?;
    let had_data = aside.join("control.db").exists();
    if !had_data {
        fs::remove_dir_all(&aside).map_err(|source| RestoreError::Place { aside: aside.clone(), source })?;
    }
    let aside = had_data.then_some(aside);
    Ok(RestoreReport { areas, aside, carried_over: before.is_some() })
}

/// Unpacks and checks everything. Names that lead anywhere else are refused.
fn unpack(root: &Path, from: &Path) -> Result<TempDir, RestoreError> {
    let unreadable = |source| RestoreError::Read { path: from.to_owned(), source };
    let damaged = |what: String| RestoreError::Damaged { path: from.to_owned(), what };
    let unpacked = TempDir::new_in(root).map_err(unreadable)?;
    let mut archive = tar::Archive::new(File::open(from).map_err(unreadable)?);
    let mut found = HashMap::new();
    let mut manifest = None;
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(|error| damaged(error.to_string()))?;
        let path = entry.path().map_err(|error| damaged(error.to_string()))?.into_owned();
        let name = path.to_string_lossy().into_owned();
        if !entry.header().entry_type().is_file() || !(name == MANIFEST || is_part(&path)) {
            return Err(damaged(format!("it holds {name:?}, which does not belong to a backup")));
        }
        if name == MANIFEST {
            manifest = Some(read_manifest(&mut entry).map_err(damaged)?);
            continue;
        }
        let target = unpacked.path().join(&path);
        fs::create_dir_all(target.parent().unwrap_or(unpacked.path())).map_err(unreadable)?;
        let hash = copy(&mut entry, &target).map_err(|error| damaged(error.to_string()))?;
        found.insert(name, hash);
    }
    let manifest = manifest.ok_or_else(|| damaged("its end is missing".to_owned()))?;
    compare(&manifest, &found).map_err(damaged)?;
    Ok(unpacked)
}

/// A manifest that would not fit into memory is none.
fn read_manifest(entry: &mut impl Read) -> Result<Manifest, String> {
    let mut text = String::new();
    entry.take(MANIFEST_BYTES_MAX).read_to_string(&mut text).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

fn is_part(path: &Path) -> bool {
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let folder = path.parent().and_then(Path::to_str).unwrap_or("?");
    let extension = path.extension().and_then(|extension| extension.to_str());
    plain
        && match folder {
            "" => path == Path::new("control.db"),
            "areas" => extension == Some("db"),
            "basemaps" => extension == Some("pmtiles"),
            _ => is_blob(path),
        }
}

/// `blobs/AREA_ID/ab/HASH`.
fn is_blob(path: &Path) -> bool {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    let Some(["blobs", area, start, name]) = parts.as_deref() else { return false };
    area.parse::<RowId>().is_ok_and(|id| id.to_string() == **area)
        && is_blob_name(name)
        && name.starts_with(start)
        && start.len() == 2
}

/// Copies a file; returns how long it is and its hash.
fn copy(from: &mut impl Read, to: &Path) -> io::Result<(u64, String)> {
    let mut file = File::create(to)?;
    let bytes = io::copy(from, &mut file)?;
    file.sync_all()?;
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut File::open(to)?, &mut hasher)?;
    Ok((bytes, hasher.finalize().to_hex().to_string()))
}

fn compare(manifest: &Manifest, found: &HashMap<String, (u64, String)>) -> Result<(), String> {
    if manifest.format > FORMAT {
        return Err(format!("a newer version wrote it (form {}, this one knows {FORMAT})", manifest.format));
    }
    if manifest.files.len() != found.len() || !found.contains_key("control.db") {
        return Err("it does not hold the files that it names".to_owned());
    }
    for Entry { path, bytes, blake3 } in &manifest.files {
        if found.get(path).is_none_or(|(length, hash)| {
            (length != bytes || hash != blake3) && !trygkort_core::mutant!(RestoreADamagedBackup)
        }) {
            return Err(format!("{path} is missing or not what was written"));
        }
    }
    Ok(())
}

/// Sets aside what is there, or goes on with that where a restore was not finished; returns where it lies. What such a
/// one put in its place is removed: all of it comes again.
fn set_aside(dir: &DataDir, root: &Path, now_ms: i64) -> Result<PathBuf, RestoreError> {
    let unusable = |source| DataDirError::Unusable { path: root.to_owned(), source };
    let new = || Restoring { aside: root.join(format!("before-restore-{now_ms}")), set_aside: false };
    let mut restoring = dir.restoring().map_err(unusable)?.unwrap_or_else(new);
    let failed = |source| RestoreError::Place { aside: restoring.aside.clone(), source };
    dir.note_restoring(&restoring).map_err(unusable)?;
    create_private(&restoring.aside).map_err(failed)?;
    for part in PARTS {
        let (here, there) = (root.join(part), restoring.aside.join(part));
        if here.exists() && !restoring.set_aside && !there.exists() {
            fs::rename(here, there).map_err(failed)?;
        } else if here.is_dir() {
            fs::remove_dir_all(here).map_err(failed)?;
        } else if here.exists() {
            fs::remove_file(here).map_err(failed)?;
        }
    }
    File::open(&restoring.aside).and_then(|folder| folder.sync_all()).map_err(failed)?;
    restoring.set_aside = true;
    dir.note_restoring(&restoring).map_err(unusable)?;
    Ok(restoring.aside)
}

/// Moves the backup to its place.
fn put_in_place(root: &Path, unpacked: &Path, aside: &Path) -> Result<(), RestoreError> {
    let failed = |source| RestoreError::Place { aside: aside.to_owned(), source };
    for part in PARTS {
        if unpacked.join(part).exists() {
            fs::rename(unpacked.join(part), root.join(part)).map_err(failed)?;
        }
    }
    DataDir::create_for_restore(root)?;
    Ok(())
}

/// What must not come back with the backup, as far as it can be read where it was set aside. A damaged file is a reason to
/// restore.
fn before(root: &Path, aside: &Path) -> Option<Before> {
    let copy = TempDir::new_in(root).ok()?;
    for name in ["control.db", "control.db-wal"] {
        if aside.join(name).exists() {
            // A copy: opening brings a file up to date, and what is set aside stays as it was.
            fs::copy(aside.join(name), copy.path().join(name)).ok()?;
        }
    }
    let file = copy.path().join("control.db");
    file.exists().then(|| ControlDb::open(&file).and_then(|control| control.before_restore()).ok())?
}

/// Deletes again what was deleted, locks out again who was locked out, and begins a new epoch in every area.
fn begin_anew(dir: &DataDir, before: Option<&Before>, now_ms: i64) -> Result<usize, RestoreError> {
    let mut control = ControlDb::open(&dir.control())?;
    let line = NewAuditLine::beside(Deed::Restore, None);
    control.write::<_, ControlError>(|writer| {
        writer.restored()?;
        before.map_or(Ok(()), |before| writer.carry_over(before))?;
        writer.note(&line, now_ms)
    })?;
    let unreadable = |source| DataDirError::Unusable { path: dir.erasures(), source };
    let deleted = erasures::deleted_areas(dir).map_err(unreadable)?;
    for area in control.reader().areas()?.into_iter().filter(|area| deleted.contains(&area.id)) {
        area_delete::delete(dir, &mut control, &area, now_ms)?;
    }
    control.write::<_, ControlError>(|writer| writer.say_deleted_only_of(&deleted))?;
    let areas = control.reader().areas()?;
    for area in &areas {
        let mut log = hub::open(dir, area.id).map_err(AreaError::from)?;
        let failed = |error| AreaError::from(Failure::Database(format!("{}: {error}", area.id)));
        log.begin().map_err(failed)?;
        log.begin_epoch(now_ms).map_err(failed)?;
        log.commit().map_err(failed)?;
        drop(log);
        let erased = erasures::erased(dir, area.id).map_err(unreadable)?;
        if erased == Erased::default() || trygkort_core::mutant!(BringErasedRowsBackWithABackup) {
            continue;
        }
        hub::erase(dir, area.id, &erased, now_ms)?;
        control.write::<_, ControlError>(|writer| {
            erased.members.iter().try_for_each(|member| writer.erase_member(area.id, *member, now_ms))
        })?;
        control.settle()?;
    }
    Ok(areas.len())
}
