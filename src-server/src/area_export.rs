//! One area as a file: taken out whole, and put in again.
//!
//! A tar with
//! - `area.db`: the area's log and rows, an SQLite file copied by the online backup, as of one moment;
//! - `basemap.pmtiles`, if the area has a base map;
//! - `blobs/HASH`: the photos that its rows name;
//! - `control.json`: what `control.db` holds of it: the area, its members, invitations and devices; secrets as hashes;
//! - `rows.json`: every row with the names of its entity and fields, for people and other programs; not read again;
//! - last `manifest.json`: format, area, and every file with its size and BLAKE3 hash.

use crate::backup::{Archive, BackupError, BackupReport};
use crate::control::{AreaRow, ControlDb, ControlError, Deed, NewAuditLine};
use crate::data_dir::{DataDir, create_private, write_atomically};
use crate::erasures::{self, Erased};
use crate::hub::{self, AreaError};
use crate::rows_json;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use trygkort_core::domain::AreaId;
use trygkort_core::domain::jpeg::{self, PHOTO_SIDE_MAX};
use trygkort_core::domain::validate::is_blob_name;

const AREA: &str = "area.db";
const BASEMAP: &str = "basemap.pmtiles";
const CONTROL: &str = "control.json";
const ROWS: &str = "rows.json";
/// What the names of photos begin with; their hash follows.
const BLOBS: &str = "blobs/";
const MANIFEST: &str = "manifest.json";
/// The form of the file; a reader refuses a larger one.
const FORMAT: u32 = 1;
/// What the manifest says that the tar is, as no backup of the whole server does.
pub(crate) const KIND: &str = "area";

/// Why an area was not exported or imported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransferError {
    #[error(transparent)]
    Write(#[from] BackupError),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error(transparent)]
    Area(#[from] AreaError),
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is no export of an area, or a damaged one: {what}", path.display())]
    NoExport { path: PathBuf, what: String },
    #[error("the area {0} is here already: delete it first, or import the file into another server")]
    Exists(AreaId),
    #[error("the area's files cannot be stored: {0}")]
    Store(#[from] io::Error),
}

/// Writes everything of an area to one file.
pub(crate) fn export(
    dir: &DataDir,
    control: &mut ControlDb,
    area: &AreaRow,
    to: &Path,
    now_ms: i64,
) -> Result<BackupReport, TransferError> {
    let line = NewAuditLine::beside(Deed::AreaExport, Some(area.id));
    control.write::<_, ControlError>(|writer| writer.note(&line, now_ms))?;
    let mut archive = Archive::new(to, now_ms)?;
    // The log first: it then never holds a change by a device that `control.json` does not know.
    archive.add_database(&dir.area(area.id), AREA)?;
    let log = hub::open(dir, area.id).map_err(AreaError::from)?;
    if let Some(hash) = log.basemap().map_err(AreaError::from)? {
        archive.add_file(&dir.basemap(&hash), BASEMAP)?;
    }
    archive.add_blobs(dir, area.id, |name| format!("{BLOBS}{name}"))?;
    archive.add_json(ROWS, &rows_json::all(&log)?.into())?;
    archive.add_json(CONTROL, &control.reader().whole_area(area.id)?)?;
    Ok(archive.finish(Some((KIND, area.id)))?)
}

/// What was imported.
pub(crate) struct Imported {
    pub(crate) area: AreaRow,
    pub(crate) files: usize,
}

/// Puts an exported area in. Its members' devices go on working where they reach this server under the old address.
pub(crate) fn import(
    dir: &DataDir,
    control: &mut ControlDb,
    from: &Path,
    now_ms: i64,
) -> Result<Imported, TransferError> {
    let staging = dir.staging()?;
    let unpacked = Unpacked::read(from, staging.path())?;
    let area = unpacked.area()?;
    if control.reader().has_area(area)? || dir.area(area).exists() {
        return Err(TransferError::Exists(area));
    }
    unpacked.check_log(dir, area)?;
    // The log goes on otherwise than the one that was exported may have done meanwhile.
    hub::begin_epoch_at(dir, unpacked.path(AREA)?, area, now_ms)?;
    let rows = unpacked.json(CONTROL)?;
    if let Some(basemap) = unpacked.files.get(BASEMAP) {
        let bytes = fs::read(basemap)?;
        write_atomically(&dir.basemap(blake3::hash(&bytes).as_bytes()), &bytes)?;
    }
    for (hash, photo) in unpacked.blobs() {
        let to = dir.blob(area, hash);
        create_private(to.parent().ok_or(io::Error::from(io::ErrorKind::InvalidInput))?)?;
        write_atomically(&to, &fs::read(photo)?)?;
    }
    // The file before its entry, as when an area is made.
    fs::rename(unpacked.path(AREA)?, dir.area(area))?;
    if let Err(error) = enter(dir, control, area, &rows, now_ms) {
        fs::remove_file(dir.area(area))?;
        return Err(error);
    }
    erasures::note_area_back(dir, area, now_ms)?;
    // The area is in: when this fails, it stays so.
    control.settle()?;
    let area = control.reader().find_area(&area.to_string())?;
    Ok(Imported { area, files: unpacked.files.len() })
}

/// Enters an area whose file is in its place, without what was erased of it since it was exported.
fn enter(dir: &DataDir, control: &mut ControlDb, area: AreaId, rows: &Json, now_ms: i64) -> Result<(), TransferError> {
    let erased = erasures::erased(dir, area)?;
    if erased != Erased::default() {
        hub::erase(dir, area, &erased, now_ms)?;
    }
    let line = NewAuditLine::beside(Deed::AreaImport, Some(area));
    control.write::<_, ControlError>(|writer| {
        writer.put_whole_area(area, rows)?;
        if !trygkort_core::mutant!(GiveNumbersOutAgainAfterAnImport) {
            writer.put_back(area)?;
        }
        erased.members.iter().try_for_each(|member| writer.erase_member(area, *member, now_ms))?;
        writer.note(&line, now_ms)
    })?;
    Ok(())
}

#[derive(Deserialize)]
struct Manifest {
    format: u32,
    #[serde(default)]
    kind: String,
    area: Option<AreaId>,
    files: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    path: String,
    blake3: String,
}

/// The files of an export, whole as their manifest says.
struct Unpacked<'a> {
    from: &'a Path,
    files: BTreeMap<String, PathBuf>,
    manifest: Manifest,
}

impl<'a> Unpacked<'a> {
    /// Takes only the files that belong there, under names of our own.
    fn read(from: &'a Path, into: &Path) -> Result<Self, TransferError> {
        let unreadable = |source| TransferError::Read { path: from.to_owned(), source };
        let no_tar = |error: io::Error| no_export(from, error.to_string());
        let mut files = BTreeMap::new();
        let mut archive = tar::Archive::new(File::open(from).map_err(unreadable)?);
        for entry in archive.entries().map_err(no_tar)? {
            let mut entry = entry.map_err(no_tar)?;
            let name = entry.path_bytes().into_owned();
            let known = String::from_utf8(name).ok().filter(|name| is_part(name));
            let Some(known) = known else { return Err(no_export(from, "it holds another file")) };
            // Their names are as they should be, so that none leads elsewhere.
            let path = into.join(known.trim_start_matches(BLOBS));
            io::copy(&mut entry, &mut File::create(&path)?).map_err(no_tar)?;
            files.insert(known, path);
        }
        let manifest = files.remove(MANIFEST).ok_or_else(|| no_export(from, "it has no manifest"))?;
        let manifest: Manifest = serde_json::from_slice(&fs::read(manifest)?)
            .map_err(|error| no_export(from, format!("its manifest, line {}", error.line())))?;
        let unpacked = Self { from, files, manifest };
        unpacked.check_manifest()?;
        Ok(unpacked)
    }

    fn check_manifest(&self) -> Result<(), TransferError> {
        if self.manifest.kind != KIND {
            return Err(no_export(self.from, "it holds something else (a backup is restored, not imported)"));
        }
        if self.manifest.format > FORMAT {
            return Err(no_export(self.from, "it was made by a newer version"));
        }
        for (name, path) in &self.files {
            let mut hasher = blake3::Hasher::new();
            io::copy(&mut File::open(path)?, &mut hasher)?;
            let hash = hasher.finalize().to_hex();
            let agreed = self.manifest.files.iter().any(|entry| entry.path == *name && entry.blake3 == *hash);
            if !agreed {
                return Err(no_export(self.from, format!("{name} is not as it was")));
            }
        }
        Ok(())
    }

    fn area(&self) -> Result<AreaId, TransferError> {
        self.manifest.area.ok_or_else(|| no_export(self.from, "its manifest names no area"))
    }

    fn path(&self, name: &str) -> Result<&Path, TransferError> {
        let path = self.files.get(name).map(PathBuf::as_path);
        path.ok_or_else(|| no_export(self.from, format!("{name} is missing")))
    }

    fn json(&self, name: &str) -> Result<Json, TransferError> {
        let bytes = fs::read(self.path(name)?)?;
        serde_json::from_slice(&bytes).map_err(|_| no_export(self.from, format!("{name} cannot be read")))
    }

    /// The photos by their hash.
    fn blobs(&self) -> impl Iterator<Item = (&str, &PathBuf)> {
        self.files.iter().filter_map(|(name, path)| Some((name.strip_prefix(BLOBS)?, path)))
    }

    /// The log is whole, the base map is the one it names, and the photos are photos that it names.
    fn check_log(&self, dir: &DataDir, area: AreaId) -> Result<(), TransferError> {
        let checked = hub::check_at(dir, self.path(AREA)?, area)?;
        if let Some(problem) = checked.problems.first() {
            return Err(no_export(self.from, format!("{AREA}: {problem}")));
        }
        let map = self.files.get(BASEMAP).map(fs::read).transpose()?.map(|bytes| *blake3::hash(&bytes).as_bytes());
        if map != checked.basemap {
            return Err(no_export(self.from, format!("{BASEMAP} is not the area's")));
        }
        for (hash, path) in self.blobs() {
            let bytes = fs::read(path)?;
            let fits = blake3::hash(&bytes).to_hex().as_str() == hash && checked.blobs.contains(hash);
            if !fits || jpeg::check(&bytes, PHOTO_SIDE_MAX).is_err() {
                return Err(no_export(self.from, format!("{BLOBS}{hash} is no photo of the area")));
            }
        }
        Ok(())
    }
}

/// Whether a file of this name belongs to an export.
fn is_part(name: &str) -> bool {
    [AREA, BASEMAP, CONTROL, ROWS, MANIFEST].contains(&name) || name.strip_prefix(BLOBS).is_some_and(is_blob_name)
}

fn no_export(path: &Path, what: impl Into<String>) -> TransferError {
    TransferError::NoExport { path: path.to_owned(), what: what.into() }
}
