//! What a host lends the application: time, randomness and files.

use crate::ipc::Protection;
use crate::store::StoreError;
use rusqlite::Connection;

/// What a host lends the application: time and randomness.
pub trait Env {
    /// Milliseconds since 1970 UTC.
    fn now_ms(&self) -> i64;
    /// How far local time is ahead of UTC at a moment, in minutes.
    fn utc_offset_minutes(&self, at_ms: i64) -> i32;
    /// Fills with random bytes fit for ids.
    fn fill_random(&self, bytes: &mut [u8]);
}

/// Where a host keeps database files. Names are plain: `device.db`, `area-ID.db`, `lock.db`.
pub trait Files {
    /// Opens a file, making it if it is not there.
    ///
    /// # Errors
    /// When storage is refused, full or damaged.
    fn open(&self, name: &str) -> Result<Connection, StoreError>;
    /// Whether a file is there.
    fn exists(&self, name: &str) -> bool;
    /// Removes a file that is closed.
    ///
    /// # Errors
    /// When the host cannot remove it.
    fn remove(&self, name: &str) -> Result<(), StoreError>;
    /// Moves a damaged file aside, so that a new one can be made and nothing is lost.
    ///
    /// # Errors
    /// When the host cannot move it.
    fn set_aside(&self, name: &str) -> Result<(), StoreError>;
    /// Removes every file that was ever made here, those set aside too, and the key.
    ///
    /// # Errors
    /// When the host cannot remove them.
    fn wipe(&self) -> Result<(), StoreError>;
    /// Opens the one file that is read before there is a key.
    ///
    /// # Errors
    /// As [`Files::open`].
    fn open_plain(&self, name: &str) -> Result<Connection, StoreError> {
        self.open(name)
    }
    /// The key of encrypted files; `None`: they are not encrypted.
    fn key(&self) -> Option<&dyn FileKey> {
        None
    }
    /// What the files are protected by.
    fn protection(&self) -> Protection {
        Protection::Plain
    }
}

/// The key of a host's encrypted files. In memory while they may be opened; where it is kept besides, the host knows.
pub trait FileKey {
    /// The key, to be had again by [`FileKey::unwrap`] with the same 32 bytes made of the PIN.
    ///
    /// # Errors
    /// When the key is not in memory.
    fn wrap(&self, pin_key: &[u8; 32]) -> Result<Vec<u8>, StoreError>;
    /// Puts the key into memory; `false`: these are not the bytes it was wrapped with.
    ///
    /// # Errors
    /// When the host's key store does not answer.
    fn unwrap(&self, pin_key: &[u8; 32], wrapped: &[u8]) -> Result<bool, StoreError>;
    /// From now on the key is kept only as it was wrapped.
    ///
    /// # Errors
    /// When the host's key store does not answer.
    fn keep_wrapped_only(&self) -> Result<(), StoreError>;
    /// From now on the key is kept so that it opens without a PIN.
    ///
    /// # Errors
    /// When the host's key store does not answer.
    fn keep_plain(&self) -> Result<(), StoreError>;
    /// Forgets the key that is in memory.
    fn forget(&self);
}

/// What the host says about itself.
#[derive(Clone, Debug, Default)]
pub struct HostInfo {
    /// The version of the app, e.g. `0.1.0`.
    pub version: String,
    /// In a browser: the page's origin. Only links of this origin can be redeemed, since it is where the app came from.
    pub web_origin: Option<String>,
    /// BCP 47 tag of the device's language.
    pub language: String,
}
