//! Photos as files, and uploads that are not complete yet.
//!
//! ```text
//! DATA/blobs/AREA_ID/ab/HASH                    a photo or thumbnail, named by its BLAKE3 hash
//! DATA/uploads/AREA_ID/DEVICE_ID/HASH.LENGTH    what has come of one; in no backup
//! DATA/uploads/AREA_ID/DEVICE_ID/HASH.LENGTH.done   all of it has come
//! ```
//!
//! Which photos count stands in the area's log: a file that no row names, and nothing that is kept aside, is removed
//! after a while.

use crate::data_dir::{DataDir, create_private};
use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use trygkort_core::domain::AreaId;
use trygkort_core::domain::jpeg::{self, JpegError, PHOTO_SIDE_MAX};
use uuid::Uuid;

/// For how long an upload that is not complete is kept.
pub(crate) const UPLOAD_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// For how long a photo is kept that no row names.
pub(crate) const UNNAMED_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// So much of one device is taken in a day.
const DAY_BYTES_MAX: u64 = 200 << 20;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Why a piece of an upload was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    #[error("no such upload")]
    NotFound,
    /// The upload goes on here.
    #[error("the upload goes on at {0}")]
    Offset(u64),
    #[error("more than was announced")]
    TooLong,
    /// Nothing of it was kept.
    #[error("the hash of what came is another one")]
    Hash,
    /// Nothing of it was kept.
    #[error(transparent)]
    Jpeg(#[from] JpegError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// How far an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

impl Standing {
    pub(crate) fn is_complete(self) -> bool {
        self.offset == self.length
    }
}

/// Whose upload of what.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) dir: DataDir,
    pub(crate) area: AreaId,
    pub(crate) device: Uuid,
    /// In hexadecimal; it names the upload as well.
    pub(crate) hash: String,
}

/// What the running server knows of uploads.
#[derive(Default)]
pub(crate) struct Uploads {
    /// One piece is written at a time: two at once could both believe that they go on at the same place.
    writing: Mutex<()>,
    /// What came of each device, and the day it began.
    taken: Mutex<HashMap<Uuid, (i64, u64)>>,
}

impl Uploads {
    /// Keeps others from writing meanwhile.
    pub(crate) fn lock(&self) -> impl Drop + '_ {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts what a device sends; when that is too much for a day, says for how many seconds to wait.
    pub(crate) fn count(&self, device: Uuid, bytes: usize, now_ms: i64) -> Result<(), u64> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.retain(|_, (since, _)| (0..DAY_MS).contains(&(now_ms - *since)));
        let (since, sum) = taken.entry(device).or_insert((now_ms, 0));
        if *sum + bytes as u64 > DAY_BYTES_MAX {
            return Err(u64::try_from((*since + DAY_MS - now_ms) / 1000).unwrap_or(0) + 1);
        }
        *sum += bytes as u64;
        Ok(())
    }
}

impl Upload {
    /// Begins an upload, or goes on with one that was begun. One that the area has already is complete at once.
    pub(crate) fn begin(&self, length: u64) -> Result<Standing, UploadError> {
        match self.standing() {
            Ok(standing) if standing.length == length => return Ok(standing),
            Ok(_) => self.remove()?,
            Err(UploadError::NotFound | UploadError::Hash | UploadError::Jpeg(_)) => {}
            Err(error) => return Err(error),
        }
        create_private(&self.folder())?;
        let here = fs::metadata(self.blob()).map(|file| file.len());
        if here.is_ok_and(|here| here == length) {
            File::create(self.part(length, true))?;
            return Ok(Standing { offset: length, length });
        }
        File::create(self.part(length, false))?;
        Ok(Standing { offset: 0, length })
    }

    /// How far it is.
    pub(crate) fn standing(&self) -> Result<Standing, UploadError> {
        let (path, length, done) = self.parts()?.into_iter().next().ok_or(UploadError::NotFound)?;
        if done {
            return Ok(Standing { offset: length, length });
        }
        let offset = fs::metadata(&path)?.len();
        if offset == length && length > 0 {
            // The server was killed between the last piece and putting the photo in its place.
            self.complete(&path, length)?;
        }
        Ok(Standing { offset, length })
    }

    /// Takes a piece. With the last one, the file is checked and put where photos lie; it is on the disk then.
    pub(crate) fn append(&self, offset: u64, piece: &[u8]) -> Result<Standing, UploadError> {
        let standing = self.standing()?;
        if standing.offset != offset {
            return Err(UploadError::Offset(standing.offset));
        }
        let (end, length) = (offset + piece.len() as u64, standing.length);
        if end > length {
            return Err(UploadError::TooLong);
        }
        if standing.is_complete() {
            return Ok(standing);
        }
        let path = self.part(length, false);
        let mut file = File::options().read(true).write(true).open(&path)?;
        file.seek(SeekFrom::Start(offset))?;
        if let Err(error) = file.write_all(piece).and_then(|()| file.sync_all()) {
            // What did not fit goes again, so that the next attempt goes on where this one did.
            file.set_len(offset)?;
            return Err(error.into());
        }
        if end == length {
            self.complete(&path, length)?;
        }
        Ok(Standing { offset: end, length })
    }

    fn complete(&self, part: &Path, length: u64) -> Result<(), UploadError> {
        let mut bytes = Vec::new();
        File::open(part)?.read_to_end(&mut bytes)?;
        let checked = if blake3::hash(&bytes).to_hex().as_str() == self.hash {
            jpeg::check(&bytes, PHOTO_SIDE_MAX).map(drop).map_err(UploadError::from)
        } else {
            Err(UploadError::Hash)
        };
        if let Err(error) = checked {
            fs::remove_file(part)?;
            return Err(error);
        }
        let blob = self.blob();
        let folder = blob.parent().ok_or(io::Error::from(io::ErrorKind::InvalidInput))?;
        create_private(folder)?;
        File::create(self.part(length, true))?;
        fs::rename(part, &blob)?;
        sync_up(folder, &self.dir.blobs(self.area))?;
        Ok(())
    }

    /// Forgets what has come. A photo that is complete stays.
    pub(crate) fn remove(&self) -> Result<(), UploadError> {
        let parts = self.parts()?;
        if parts.is_empty() {
            return Err(UploadError::NotFound);
        }
        for (path, ..) in parts {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    fn parts(&self) -> io::Result<Vec<(PathBuf, u64, bool)>> {
        let mut found = Vec::new();
        for path in files_in(&self.folder())? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
            let Some(rest) = name.strip_prefix(&self.hash).and_then(|rest| rest.strip_prefix('.')) else { continue };
            let (length, done) = rest.strip_suffix(".done").map_or((rest, false), |length| (length, true));
            if let Ok(length) = length.parse() {
                found.push((path, length, done));
            }
        }
        // A crash between the two can leave both: then it is complete.
        found.sort_by_key(|(_, _, done)| !done);
        if !self.blob().exists() {
            // It has gone since, or never came to its place.
            found.retain(|(_, _, done)| !done);
        }
        Ok(found)
    }

    fn folder(&self) -> PathBuf {
        self.dir.uploads(self.area).join(self.device.to_string())
    }

    fn part(&self, length: u64, done: bool) -> PathBuf {
        self.folder().join(format!("{}.{length}{}", self.hash, if done { ".done" } else { "" }))
    }

    fn blob(&self) -> PathBuf {
        self.dir.blob(self.area, &self.hash)
    }
}

/// Keeps a whole photo that came another way than by an upload.
pub(crate) fn keep(dir: &DataDir, area: AreaId, photo: &[u8]) -> Result<(), UploadError> {
    let hash = blake3::hash(photo).to_hex().to_string();
    let upload = Upload { dir: dir.clone(), area, device: Uuid::nil(), hash };
    if !upload.begin(photo.len() as u64)?.is_complete() {
        upload.append(0, photo)?;
    }
    upload.remove()
}

/// Removes uploads that nobody has gone on with.
pub(crate) fn sweep_uploads(dir: &DataDir, area: AreaId, kept: Duration) -> io::Result<()> {
    for device in files_in(&dir.uploads(area))? {
        for path in files_in(&device)? {
            if is_older(&path, kept) {
                fs::remove_file(path)?;
            }
        }
    }
    Ok(())
}

/// Removes the photos that are not among the `named` and that have been there for longer than `kept`, for good when it
/// returns.
pub(crate) fn sweep(dir: &DataDir, area: AreaId, named: &BTreeSet<String>, kept: Duration) -> io::Result<()> {
    let mut folders = BTreeSet::new();
    for (name, path) in all(dir, area)? {
        if !named.contains(&name) && is_older(&path, kept) {
            fs::remove_file(&path)?;
            folders.extend(path.parent().map(Path::to_path_buf));
        }
    }
    folders.iter().try_for_each(|folder| File::open(folder)?.sync_all())
}

/// Removes everything of an area.
pub(crate) fn remove_all(dir: &DataDir, area: AreaId) -> io::Result<()> {
    for folder in [dir.blobs(area), dir.uploads(area)] {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The names of an area's photos, and where they lie.
pub(crate) fn all(dir: &DataDir, area: AreaId) -> io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for folder in files_in(&dir.blobs(area))? {
        for path in files_in(&folder)? {
            let name = path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
            found.extend(name.map(|name| (name, path)));
        }
    }
    found.sort();
    Ok(found)
}

/// What lies in a folder; nothing when it is not there.
fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn is_older(path: &Path, than: Duration) -> bool {
    let modified = fs::metadata(path).and_then(|file| file.modified());
    // A clock that was put back makes no file too young for that.
    than.is_zero() || modified.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age >= than))
}

/// What was put into a folder, and the folder itself, is on the disk.
fn sync_up(folder: &Path, top: &Path) -> io::Result<()> {
    for folder in folder.ancestors().take_while(|folder| folder.starts_with(top)) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use trygkort_core::domain::RowId;

    fn age(path: &Path, days: u64) {
        let then = SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60);
        File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
    }

    #[test]
    fn what_nobody_goes_on_with_and_what_no_row_names_goes_in_time() {
        let temp = tempfile::tempdir().unwrap();
        let dir = DataDir::create(temp.path()).unwrap();
        let (area, device) = (AreaId(RowId(Uuid::from_u128(1))), Uuid::from_u128(2));
        let upload = |digit: &str| Upload { dir: dir.clone(), area, device, hash: digit.repeat(64) };
        for (digit, days) in [("a", 6), ("b", 8)] {
            upload(digit).begin(10).unwrap();
            age(&upload(digit).part(10, false), days);
            let blob = dir.blob(area, &digit.repeat(64));
            create_private(blob.parent().unwrap()).unwrap();
            fs::write(&blob, digit).unwrap();
            age(&blob, 31);
        }
        let young = dir.blob(area, &"c".repeat(64));
        create_private(young.parent().unwrap()).unwrap();
        fs::write(&young, "c").unwrap();

        sweep_uploads(&dir, area, UPLOAD_KEPT).unwrap();
        assert!(upload("a").standing().is_ok() && matches!(upload("b").standing(), Err(UploadError::NotFound)));
        sweep(&dir, area, &BTreeSet::from(["a".repeat(64)]), UNNAMED_KEPT).unwrap();
        let left: Vec<String> = all(&dir, area).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(left, ["a".repeat(64), "c".repeat(64)]);
    }
}
