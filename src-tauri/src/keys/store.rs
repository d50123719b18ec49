//! The system's key store, and files that only this user may read.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use trygkort_core::store::StoreError;
use zeroize::Zeroizing;

/// Where secrets are kept by name. Errors are words for the log: which key store, and what it said.
pub(crate) trait KeyStore {
    /// The secret of this name; `Ok(None)`: the store answers, and has none.
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String>;
    fn write(&self, name: &str, secret: &[u8]) -> Result<(), String>;
    fn remove(&self, name: &str) -> Result<(), String>;
    /// Another handle to the same store.
    fn again(&self) -> Box<dyn KeyStore>;
}

/// The key store that this program is to use.
pub(crate) fn key_store() -> Box<dyn KeyStore> {
    if crate::paths::without_key_store() { Box::new(NoStore) } else { Box::new(SystemStore) }
}

/// Secret Service on Linux, the Keychain on macOS, the Credential Manager on Windows.
pub(super) struct SystemStore;

/// Under which secrets are listed in the system's own programs.
#[cfg(desktop)]
const SERVICE: &str = "Trygkort";

#[cfg(desktop)]
impl KeyStore for SystemStore {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        match keyring::Entry::new(SERVICE, name).and_then(|entry| entry.get_secret()) {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    fn write(&self, name: &str, secret: &[u8]) -> Result<(), String> {
        let entry = keyring::Entry::new(SERVICE, name).map_err(|error| error.to_string())?;
        entry.set_secret(secret).map_err(|error| error.to_string())
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        match keyring::Entry::new(SERVICE, name).and_then(|entry| entry.delete_credential()) {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn again(&self) -> Box<dyn KeyStore> {
        Box::new(Self)
    }
}

/// On a phone the app's folder is its own, and the key lies there.
#[cfg(mobile)]
impl KeyStore for SystemStore {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        NoStore.read(name)
    }

    fn write(&self, name: &str, secret: &[u8]) -> Result<(), String> {
        NoStore.write(name, secret)
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        NoStore.remove(name)
    }

    fn again(&self) -> Box<dyn KeyStore> {
        Box::new(Self)
    }
}

/// No key store at all.
struct NoStore;

impl KeyStore for NoStore {
    fn read(&self, _: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        Err("there is none".to_owned())
    }

    fn write(&self, _: &str, _: &[u8]) -> Result<(), String> {
        Err("there is none".to_owned())
    }

    fn remove(&self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn again(&self) -> Box<dyn KeyStore> {
        Box::new(Self)
    }
}

/// Replaces a file at once, readable by this user only, and on the disk when this returns.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let unfinished = path.with_extension("new");
    let written = || {
        // One that a crash left behind may have other rights.
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = create_private(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        sync_folder(path)
    };
    written().map_err(|error: io::Error| StoreError::Refused(error.kind().to_string()))
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a rename last. Windows does so by itself and opens no folders.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all()) } else { Ok(()) }
}
