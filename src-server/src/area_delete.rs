//! Deleting an area for good: its entry, members, devices and invitations first, then its files.
//!
//! In this order, so that a crash in between leaves files nobody can reach (`trygkort check` names them) and never an
//! area without a file. Beside a running server the area's devices are told at once that it was deleted.

use crate::blobs;
use crate::clock::now_ms;
use crate::control::{AreaRow, AuditLine, ControlDb, ControlError, Deed, NewAuditLine};
use crate::data_dir::{DataDir, DataDirError};
use crate::erasures;
use crate::hub::{self, AreaError};
use crate::snapshots;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use trygkort_core::domain::AreaId;

/// For how long `deploy/trygkort-backup.service` keeps a backup.
pub(crate) const BACKUPS_KEPT_DAYS: i64 = 30;

/// Why an area was not deleted, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error("nothing was deleted: {} cannot be written ({source})", path.display())]
    Note { path: PathBuf, source: io::Error },
    #[error("the area is gone, but {} is still there: delete it by hand ({source})", path.display())]
    File { path: PathBuf, source: io::Error },
}

/// Deletes an area of the data in a folder; a server may run on it.
///
/// # Errors
/// When not all of it could be deleted, see [`DeleteError`].
pub fn delete_area(data: &Path, area: AreaId) -> Result<(), DeleteError> {
    let dir = DataDir::existing(data)?;
    let mut control = ControlDb::open(&dir.control())?;
    let area = control.reader().find_area(&area.to_string())?;
    delete(&dir, &mut control, &area, now_ms())
}

/// Deletes everything that is kept of an area, but not what backups and exports hold.
pub(crate) fn delete(dir: &DataDir, control: &mut ControlDb, area: &AreaRow, now_ms: i64) -> Result<(), DeleteError> {
    let basemap = basemap_of_its_own(dir, control, area)?;
    // First: what a crash leaves undone is done when the command is given again, or when a backup is put back.
    erasures::note_area_deleted(dir, area.id, now_ms)
        .map_err(|source| DeleteError::Note { path: dir.erasures(), source })?;
    let line = NewAuditLine::beside(Deed::AreaDelete, Some(area.id));
    control.write::<_, ControlError>(|writer| {
        writer.delete_area(area.id, now_ms)?;
        writer.note(&line, now_ms)
    })?;
    control.settle()?;
    let file = dir.area(area.id);
    let beside = ["-wal", "-shm", "-journal"].map(|end| PathBuf::from(format!("{}{end}", file.display())));
    for path in beside.iter().chain([&file]).chain(&basemap) {
        remove(path)?;
    }
    let path = dir.blobs(area.id);
    blobs::remove_all(dir, area.id).map_err(|source| DeleteError::File { path, source })?;
    let path = dir.snapshots(area.id);
    snapshots::remove(dir, area.id).map_err(|source| DeleteError::File { path, source })
}

/// The area's base map, when no other area has the same and all others could be asked.
fn basemap_of_its_own(dir: &DataDir, control: &ControlDb, area: &AreaRow) -> Result<Option<PathBuf>, ControlError> {
    let basemap = |of: &AreaRow| hub::open(dir, of.id).map_err(AreaError::from)?.basemap().map_err(AreaError::from);
    let Ok(Some(own)) = basemap(area) else { return Ok(None) };
    let others = control.reader().areas()?;
    let shared = others.iter().filter(|other| other.id != area.id).any(|other| match basemap(other) {
        Ok(hash) => hash == Some(own),
        Err(_) => true,
    });
    Ok((!shared).then(|| dir.basemap(&own)))
}

fn remove(path: &Path) -> Result<(), DeleteError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(DeleteError::File { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

/// The backups that this program wrote and that are still where it wrote them, oldest first.
pub(crate) fn backups_still_there(audit: Vec<AuditLine>) -> Vec<AuditLine> {
    let mut there: Vec<AuditLine> = Vec::new();
    for line in audit.into_iter().filter(|line| line.what == Deed::Backup.as_str()) {
        let file = line.subject.as_deref().map(Path::new);
        if file.is_some_and(Path::is_file) {
            // Written again under the same name: only the last one is there.
            there.retain(|earlier| earlier.subject != line.subject);
            there.push(line);
        }
    }
    there
}
