//! The core's files, clock and randomness on a machine with a file system.

use crate::cipher;
use crate::keys::{Found, KeyStore, Keys, announce_wipe};
use rusqlite::Connection;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use trygkort_core::app::{Env, FileKey, Files, HostInfo};
use trygkort_core::ipc::Protection;
use trygkort_core::store::StoreError;
use trygkort_core::store::lock::FILE as LOCK_FILE;

/// What SQLite may keep beside a database.
const COMPANIONS: [&str; 4] = ["", "-wal", "-shm", "-journal"];
/// Held locked while the databases are open.
const LOCK: &str = "trygkort.lock";

/// What the databases and all that belongs to them begin with.
const OURS: [&str; 3] = ["device.db", "area-", "lock.db"];

/// The databases in one folder.
pub(crate) struct Folder {
    path: PathBuf,
    keys: Keys,
    _lock: File,
}

/// What taking the folder came to.
pub(crate) struct Taken {
    pub(crate) folder: Folder,
    /// Its files could not be opened any more and were moved aside.
    pub(crate) key_lost: bool,
}

impl Folder {
    /// Takes the folder for this process, with the key of its files. `None`: another process has it.
    pub(crate) fn take(path: &Path, store: Box<dyn KeyStore>) -> Result<Option<Taken>, StoreError> {
        let Some(lock) = lock(path).map_err(|error| StoreError::Refused(error.kind().to_string()))? else {
            return Ok(None);
        };
        let (keys, key_lost) = match Keys::find(path, store)? {
            // A PIN that is kept nowhere opens nothing.
            Found::Keys(keys) if !keys.opens_without_pin() && !path.join(LOCK_FILE).exists() => {
                set_all_aside(path)?;
                keys.renew()?;
                (keys, true)
            }
            Found::Keys(keys) => (keys, false),
            Found::None(store) => {
                let lost = set_all_aside(path)?;
                (Keys::make(path, store)?, lost)
            }
            Found::Wipe(store) => {
                remove_all(path)?;
                (Keys::make(path, store)?, false)
            }
        };
        Ok(Some(Taken { folder: Self { path: path.to_owned(), keys, _lock: lock }, key_lost }))
    }
}

fn lock(path: &Path) -> io::Result<Option<File>> {
    let lock = File::create(path.join(LOCK))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl Files for Folder {
    fn open(&self, name: &str) -> Result<Connection, StoreError> {
        cipher::open(&self.path.join(name), &self.keys.get().ok_or(StoreError::Locked)?)
    }

    fn open_plain(&self, name: &str) -> Result<Connection, StoreError> {
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
        set_aside(&self.path, name, "damaged")
    }

    fn wipe(&self) -> Result<(), StoreError> {
        announce_wipe(&self.path)?;
        remove_all(&self.path)?;
        self.keys.renew()
    }

    fn key(&self) -> Option<&dyn FileKey> {
        Some(&self.keys)
    }

    fn protection(&self) -> Protection {
        self.keys.protection()
    }
}

fn set_aside(folder: &Path, name: &str, why: &str) -> Result<(), StoreError> {
    let aside = (1..)
        .map(|number| format!("{name}.{why}-{number}"))
        .find(|aside| !folder.join(aside).exists())
        .expect("numbers do not run out");
    for companion in COMPANIONS {
        let from = folder.join(format!("{name}{companion}"));
        missing_is_fine(fs::rename(from, folder.join(format!("{aside}{companion}"))))?;
    }
    Ok(())
}

/// Moves every encrypted database to `NAME.locked-1…`: its key is not here, and may be found again. Returns whether
/// there was any.
fn set_all_aside(folder: &Path) -> Result<bool, StoreError> {
    let encrypted = |name: &String| {
        let database = name.ends_with(".db") && name != LOCK_FILE;
        database && cipher::is_encrypted(&folder.join(name))
    };
    let lost: Vec<String> = ours(folder)?.into_iter().filter(encrypted).collect();
    for name in &lost {
        set_aside(folder, name, "locked")?;
    }
    if !lost.is_empty() && folder.join(LOCK_FILE).exists() {
        set_aside(folder, LOCK_FILE, "locked")?;
    }
    Ok(!lost.is_empty())
}

fn remove_all(folder: &Path) -> Result<(), StoreError> {
    for name in ours(folder)? {
        missing_is_fine(fs::remove_file(folder.join(name)))?;
    }
    Ok(())
}

/// The databases in a folder and all that belongs to them.
fn ours(folder: &Path) -> Result<Vec<String>, StoreError> {
    let refused = |error: io::Error| StoreError::Refused(error.kind().to_string());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(refused)? {
        // A name that is no text is none of ours.
        if let Ok(name) = entry.map_err(refused)?.file_name().into_string()
            && OURS.iter().any(|start| name.starts_with(start))
        {
            names.push(name);
        }
    }
    Ok(names)
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
mod tests;
