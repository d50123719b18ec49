//! The photos that a person added, as files for them.

use super::Found;
use crate::data_dir::{DataDir, create_private};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use trygkort_core::domain::AreaId;

/// What became of the photos.
pub(crate) struct PhotosOut {
    pub(crate) count: usize,
    /// Named by what they wrote, and not on the server: not sent yet, or gone with the trash.
    pub(crate) missing: usize,
}

/// Copies them into a new folder, as `HASH.jpg`; makes none when there are none. A folder that is there already is
/// left alone, so that no two persons' photos are mixed. Returns what stood in the way with an error.
pub(crate) fn hand_out_photos(
    dir: &DataDir,
    area: AreaId,
    found: &Found,
    to: &Path,
) -> Result<PhotosOut, (PathBuf, io::Error)> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |error| (path, error)
    };
    let photos = found.photos();
    let here: Vec<_> =
        photos.iter().map(|hash| (hash, dir.blob(area, hash))).filter(|(_, from)| from.exists()).collect();
    if !here.is_empty() {
        if to.exists() {
            return Err(at(to)(io::Error::from(io::ErrorKind::AlreadyExists)));
        }
        create_private(to).map_err(at(to))?;
    }
    for (hash, from) in &here {
        let copy = to.join(format!("{hash}.jpg"));
        fs::copy(from, &copy).map_err(at(&copy))?;
    }
    Ok(PhotosOut { count: here.len(), missing: photos.len() - here.len() })
}
