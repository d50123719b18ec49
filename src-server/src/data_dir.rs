//! The folder with everything the server keeps, and the lock that keeps a second server out of it.
//!
//! ```text
//! DATA/control.db                 areas, members, devices, invitations
//! DATA/areas/AREA_ID.db           one area's log and rows
//! DATA/basemaps/HASH.pmtiles      base maps, named by their BLAKE3 hash
//! DATA/snapshots/AREA_ID/HASH.br  what new devices take instead of the log; in no backup, can be made again
//! DATA/blobs/AREA_ID/ab/HASH      photos, named by their BLAKE3 hash
//! DATA/uploads/AREA_ID/DEVICE_ID  photos that are not complete yet; in no backup
//! DATA/server.key                 seals what devices have read; in no backup
//! DATA/erasures.jsonl             what was deleted for good; in no backup
//! DATA/server.lock                held while a server runs
//! DATA/restoring                  there while a backup is put back: where what was there before is set aside
//! ```

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use trygkort_core::domain::AreaId;

/// So long a server waits for another one to let the folder go.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

const RESTORING: &str = "restoring";
const ALL_SET_ASIDE: &str = ": all of it";

/// A restore that is under way.
#[derive(Clone, Debug)]
pub(crate) struct Restoring {
    /// Where what was there before is set aside.
    pub(crate) aside: PathBuf,
    /// All of it is there: what stands in its place is of the backup.
    pub(crate) set_aside: bool,
}

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    #[error("the data folder {} does not exist (`trygkort serve` or `trygkort area create` makes it)", path.display())]
    Missing { path: PathBuf },
    #[error("the data folder {} cannot be used: {source}", path.display())]
    Unusable { path: PathBuf, source: io::Error },
    #[error("the disk of the data folder {} is full", path.display())]
    Full { path: PathBuf },
    #[error("the data folder {} is in use by another server", path.display())]
    Locked { path: PathBuf },
    #[error(
        "a backup was being put back into {} and that was not finished: run `trygkort restore` again \
         (what was there before lies in {})",
        path.display(), aside.display()
    )]
    HalfRestored { path: PathBuf, aside: PathBuf },
}

/// Where things lie.
#[derive(Clone, Debug)]
pub(crate) struct DataDir {
    root: PathBuf,
}

/// Held while the server runs; the operating system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct DataLock {
    _file: File,
}

impl DataDir {
    /// The folder, made if it is not there. Only its owner may read it.
    pub(crate) fn create(root: &Path) -> Result<Self, DataDirError> {
        let dir = Self::create_for_restore(root)?;
        dir.refuse_half_restored()?;
        Ok(dir)
    }

    /// The same, also where a restore was not finished.
    pub(crate) fn create_for_restore(root: &Path) -> Result<Self, DataDirError> {
        let dir = Self { root: root.to_owned() };
        for path in [dir.root.clone(), dir.areas(), dir.basemaps()] {
            create_private(&path).map_err(|source| DataDirError::Unusable { path: path.clone(), source })?;
        }
        dir.probe()?;
        Ok(dir)
    }

    /// The folder of a server that has been started before.
    pub(crate) fn existing(root: &Path) -> Result<Self, DataDirError> {
        let dir = Self { root: root.to_owned() };
        dir.refuse_half_restored()?;
        match fs::metadata(dir.control()) {
            Ok(_) => Ok(dir),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(DataDirError::Missing { path: root.to_owned() })
            }
            Err(source) => Err(DataDirError::Unusable { path: root.to_owned(), source }),
        }
    }

    /// Keeps other servers out for as long as the answer lives.
    pub(crate) fn lock(&self) -> Result<DataLock, DataDirError> {
        let path = self.root.join("server.lock");
        let unusable = |source| DataDirError::Unusable { path: path.clone(), source };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(unusable)?;
        // Whoever had it may be about to end.
        let until = Instant::now() + LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(DataLock { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(LOCK_PATIENCE / 20),
                Err(TryLockError::WouldBlock) => return Err(DataDirError::Locked { path: self.root.clone() }),
                Err(TryLockError::Error(source)) => return Err(unusable(source)),
            }
        }
    }

    /// Nothing is to be built on a folder of which a part is the backup's and a part is not.
    fn refuse_half_restored(&self) -> Result<(), DataDirError> {
        let path = self.root.clone();
        match self.restoring() {
            Ok(None) => Ok(()),
            Ok(Some(Restoring { aside, .. })) => Err(DataDirError::HalfRestored { path, aside }),
            Err(source) => Err(DataDirError::Unusable { path, source }),
        }
    }

    /// How far a restore came that was not finished.
    pub(crate) fn restoring(&self) -> io::Result<Option<Restoring>> {
        let text = match fs::read_to_string(self.root.join(RESTORING)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let (name, set_aside) = text.strip_suffix(ALL_SET_ASIDE).map_or((text.as_str(), false), |name| (name, true));
        Ok(Some(Restoring { aside: self.root.join(name), set_aside }))
    }

    /// Notes how far a restore is; on the disk when it returns, with all that was renamed before.
    pub(crate) fn note_restoring(&self, restoring: &Restoring) -> io::Result<()> {
        File::open(&self.root)?.sync_all()?;
        let name = restoring.aside.file_name().unwrap_or_default().to_string_lossy();
        let text = format!("{name}{}", if restoring.set_aside { ALL_SET_ASIDE } else { "" });
        write_atomically(&self.root.join(RESTORING), text.as_bytes())
    }

    /// Notes that everything of a restore is done.
    pub(crate) fn note_restored(&self) -> io::Result<()> {
        File::open(&self.root)?.sync_all()?;
        fs::remove_file(self.root.join(RESTORING))?;
        File::open(&self.root)?.sync_all()
    }

    pub(crate) fn erasures(&self) -> PathBuf {
        self.root.join("erasures.jsonl")
    }

    /// A folder for files that are not complete yet, on the same disk; it goes when the answer does.
    pub(crate) fn staging(&self) -> io::Result<tempfile::TempDir> {
        tempfile::Builder::new().prefix(".incoming-").tempdir_in(&self.root)
    }

    pub(crate) fn control(&self) -> PathBuf {
        self.root.join("control.db")
    }

    pub(crate) fn areas(&self) -> PathBuf {
        self.root.join("areas")
    }

    pub(crate) fn area(&self, area: AreaId) -> PathBuf {
        self.areas().join(format!("{area}.db"))
    }

    /// Tells one file of an area from another that was put in its place.
    pub(crate) fn area_identity(&self, area: AreaId) -> Option<u64> {
        fs::metadata(self.area(area)).ok().map(|file| identity(&file))
    }

    pub(crate) fn basemaps(&self) -> PathBuf {
        self.root.join("basemaps")
    }

    pub(crate) fn basemap(&self, hash: &[u8; 32]) -> PathBuf {
        self.basemaps().join(format!("{}.pmtiles", blake3::Hash::from_bytes(*hash).to_hex()))
    }

    /// The folder of an area's snapshots; made with the first one.
    pub(crate) fn snapshots(&self, area: AreaId) -> PathBuf {
        self.root.join("snapshots").join(area.to_string())
    }

    pub(crate) fn snapshot(&self, area: AreaId, hash: &[u8; 32]) -> PathBuf {
        self.snapshots(area).join(format!("{}.br", blake3::Hash::from_bytes(*hash).to_hex()))
    }

    /// The folder of an area's photos; made with the first one.
    pub(crate) fn blobs(&self, area: AreaId) -> PathBuf {
        self.root.join("blobs").join(area.to_string())
    }

    /// A photo, by its hash in hexadecimal.
    pub(crate) fn blob(&self, area: AreaId, hash: &str) -> PathBuf {
        self.blobs(area).join(hash.get(..2).unwrap_or("")).join(hash)
    }

    /// The folder of an area's photos that are not complete yet, with a folder per device.
    pub(crate) fn uploads(&self, area: AreaId) -> PathBuf {
        self.root.join("uploads").join(area.to_string())
    }

    /// The secret by which the server knows its own seals again. Made at the first start; never in a backup, so that a
    /// stolen one forges nothing.
    pub(crate) fn key(&self) -> Result<[u8; 32], DataDirError> {
        let path = self.root.join("server.key");
        let unusable = |source| DataDirError::Unusable { path: path.clone(), source };
        if !path.exists() {
            let mut key = [0; 32];
            getrandom::fill(&mut key).map_err(|error| unusable(io::Error::other(error.to_string())))?;
            write_once(&path, &key).map_err(unusable)?;
        }
        let key = fs::read(&path).map_err(unusable)?;
        key.try_into().map_err(|_| unusable(io::Error::other("a key of 32 bytes is expected")))
    }

    /// Finds out now, not at the first push, that the folder cannot be written or that its disk is full.
    fn probe(&self) -> Result<(), DataDirError> {
        const ROOM_BYTES: usize = 1 << 20;
        tempfile::tempfile_in(&self.root)
            .and_then(|mut file| io::Write::write_all(&mut file, &vec![0; ROOM_BYTES]))
            .map_err(|source| self.unusable(source))
    }

    fn unusable(&self, source: io::Error) -> DataDirError {
        let path = self.root.clone();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DataDirError::Full { path },
            _ => DataDirError::Unusable { path, source },
        }
    }
}

/// Writes a file so that after a crash there is the old one, the new one or none, never half of one.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

/// Writes a file whole, unless another program was faster.
fn write_once(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, bytes)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => File::open(folder)?.sync_all(),
    }
}

#[cfg(unix)]
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(unix)]
fn identity(file: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(file)
}

/// Where files have no number: the server must be stopped before one is put in another's place.
#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_kept_out_until_the_first_is_gone() {
        let temp = tempfile::tempdir().unwrap();
        let dir = DataDir::create(temp.path()).unwrap();
        let first = dir.lock().unwrap();
        assert!(matches!(dir.lock(), Err(DataDirError::Locked { .. })));
        drop(first);
        dir.lock().unwrap();
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("file");
        fs::write(&file, "x").unwrap();
        let error = DataDir::create(&file).unwrap_err().to_string();
        assert!(error.contains("file cannot be used"), "{error}");
        assert!(matches!(DataDir::existing(&temp.path().join("none")), Err(DataDirError::Missing { .. })));
    }
}
