//! The core's files, clock and randomness on a machine with a file system.

use rusqlite::Connection;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use trygkort_core::app::{Env, Files, HostInfo};
use trygkort_core::store::StoreError;

/// What SQLite may keep beside a database.
const COMPANIONS: [&str; 4] = ["", "-wal", "-shm", "-journal"];
/// Held locked while the databases are open.
const LOCK: &str = "trygkort.lock";

/// The databases in one folder.
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes the folder for this process. `None`: another process has it.
    pub(crate) fn take(path: &Path) -> io::Result<Option<Self>> {
        let lock = File::create(path.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { path: path.to_owned(), _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Files for Folder {
    fn open(&self, name: &str) -> Result<Connection, StoreError> {
        Ok(Connection::open(self.path.join(name))?)
    }

    fn exists(&self, name: &str) -> bool {
        self.path.join(name).exists()
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        for companion in COMPANIONS {
            missing_is_fine(fs::remove_file(self.path.join(format!("{name}{companion}"))))?;
        }
        Ok(())
    }

    /// Renames the file and what belongs to it to `NAME.damaged-1…`, or the next free number.
    fn set_aside(&self, name: &str) -> Result<(), StoreError> {
        let aside = (1..)
            .map(|number| format!("{name}.damaged-{number}"))
            .find(|aside| !self.exists(aside))
            .expect("numbers do not run out");
        for companion in COMPANIONS {
            let from = self.path.join(format!("{name}{companion}"));
            missing_is_fine(fs::rename(from, self.path.join(format!("{aside}{companion}"))))?;
        }
        Ok(())
    }
}

fn missing_is_fine(result: io::Result<()>) -> Result<(), StoreError> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::Refused(error.kind().to_string())),
        _ => Ok(()),
    }
}

/// The machine as the core sees it.
pub(crate) struct SystemEnv;

impl Env for SystemEnv {
    fn now_ms(&self) -> i64 {
        chrono::Utc::now().timestamp_millis()
    }

    fn utc_offset_minutes(&self, at_ms: i64) -> i32 {
        use chrono::{Local, Offset, TimeZone};
        let local = Local.timestamp_millis_opt(at_ms).single();
        local.map_or(0, |time| time.offset().fix().local_minus_utc() / 60)
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the system has a source of randomness");
    }
}

/// What the core should know about this program.
pub(crate) fn host_info() -> HostInfo {
    HostInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        web_origin: None,
        language: sys_locale::get_locale().unwrap_or_else(|| "da".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_files_are_kept_with_what_belongs_to_them() {
        let folder = tempfile::tempdir().unwrap();
        let files = Folder::take(folder.path()).unwrap().unwrap();
        for text in ["one", "two"] {
            fs::write(folder.path().join("area.db"), text).unwrap();
            fs::write(folder.path().join("area.db-wal"), text).unwrap();
            files.set_aside("area.db").unwrap();
            assert!(!files.exists("area.db") && !files.exists("area.db-wal"));
        }
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!((read("area.db.damaged-1"), read("area.db.damaged-1-wal")), ("one".to_owned(), "one".to_owned()));
        assert_eq!(read("area.db.damaged-2"), "two");
    }

    #[test]
    fn removing_takes_everything_and_does_not_mind_what_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let files = Folder::take(folder.path()).unwrap().unwrap();
        fs::write(folder.path().join("area.db-shm"), "x").unwrap();
        files.remove("area.db").unwrap();
        files.remove("area.db").unwrap();
        assert!(!files.exists("area.db-shm"));
    }

    #[test]
    fn one_process_has_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = Folder::take(folder.path()).unwrap();
        assert!(first.is_some());
        assert!(Folder::take(folder.path()).unwrap().is_none());
        drop(first);
        assert!(Folder::take(folder.path()).unwrap().is_some());
    }
}
