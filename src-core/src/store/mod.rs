//! SQLite: one file per area on the server (`hub`) and on each device ([`area`]), and one file for the device itself
//! ([`device`]).
//!
//! Replicated tables carry no foreign keys, no UNIQUE and no NOT NULL beyond the id: rows arrive in any order.

pub mod area;
pub(crate) mod authors;
pub(crate) mod blobs;
pub mod device;
pub mod device_key;
pub(crate) mod journal;
pub mod lock;
mod migrate;
pub(crate) mod outbox;
pub(crate) mod rows;
pub(crate) mod table;

pub(crate) use migrate::migrate;

use crate::error::ErrorCode;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ffi};
use thiserror::Error;

/// The oldest SQLite that is used: before it, resetting the write-ahead log could lose a transaction.
const SQLITE_VERSION_MIN: i32 = 3_051_003;

/// What can go wrong in a database file.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("stored data cannot be read: {0}")]
    Decode(#[from] minicbor::decode::Error),
    #[error("the file was written by a newer version (schema {found}, this version knows {known})")]
    Newer { found: i64, known: i64 },
    #[error("the file is damaged: {0}")]
    Damaged(String),
    #[error("SQLite {found} is too old, {SQLITE_VERSION_MIN} is needed")]
    OldSqlite { found: i32 },
    #[error("storage is refused: {0}")]
    Refused(String),
    #[error("the key of the files is not here: the PIN first")]
    Locked,
    #[error("the key of the files is lost; they were moved aside")]
    KeyLost,
    #[error("the system's key store does not answer: {0}")]
    KeyStore(String),
}

impl StoreError {
    /// The code that the screens choose their words by.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            StoreError::Newer { .. } => ErrorCode::Outdated,
            StoreError::Damaged(_) | StoreError::Decode(_) => ErrorCode::StorageDamaged,
            StoreError::Refused(_) => ErrorCode::StorageRefused,
            StoreError::Locked => ErrorCode::Locked,
            StoreError::KeyLost => ErrorCode::KeyLost,
            StoreError::KeyStore(_) => ErrorCode::KeyStore,
            StoreError::OldSqlite { .. } => ErrorCode::Internal,
            StoreError::Sqlite(error) if is_full(error) => ErrorCode::StorageFull,
            StoreError::Sqlite(error) => match error.sqlite_error_code() {
                Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                    ErrorCode::StorageDamaged
                }
                Some(
                    rusqlite::ErrorCode::CannotOpen
                    | rusqlite::ErrorCode::ReadOnly
                    | rusqlite::ErrorCode::PermissionDenied,
                ) => ErrorCode::StorageRefused,
                _ => ErrorCode::Internal,
            },
        }
    }
}

/// Whether there was no room. A browser's file does not say why it took no more: there it is hardly ever anything else.
fn is_full(error: &rusqlite::Error) -> bool {
    const NOT_TAKEN: [i32; 3] = [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_TRUNCATE, ffi::SQLITE_IOERR_FSYNC];
    error.sqlite_error().is_some_and(|error| {
        error.code == rusqlite::ErrorCode::DiskFull
            || cfg!(target_family = "wasm") && NOT_TAKEN.contains(&error.extended_code)
    })
}

/// Which durability a file needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Journal {
    /// Write-ahead log, synced at every commit: the server, and devices with a file system.
    Wal,
    /// Rollback journal kept as a file: OPFS has no shared memory for a write-ahead log.
    Truncate,
}

/// Sets every pragma explicitly: bundled builds differ in their defaults.
pub(crate) fn configure(conn: &Connection, journal: Journal) -> Result<(), StoreError> {
    let found = rusqlite::version_number();
    if found < SQLITE_VERSION_MIN {
        return Err(StoreError::OldSqlite { found });
    }
    let mode = match journal {
        Journal::Wal => "WAL",
        Journal::Truncate => "TRUNCATE",
    };
    if journal == Journal::Truncate {
        // Nobody else has the file open there: then every statement need not ask whether it changed.
        conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    }
    conn.pragma_update(None, "journal_mode", mode)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", false)?;
    conn.pragma_update(None, "recursive_triggers", false)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // What was erased is overwritten and not merely let go of.
    conn.pragma_update(None, "secure_delete", true)?;
    conn.pragma_update(None, "busy_timeout", 5_000)?;
    // A plan is made once and kept: otherwise SQLite prepares a statement anew whenever the values it is asked with could
    // have made another plan better, which here costs more than any plan saves.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(256);
    Ok(())
}

/// Notes, in the transaction that takes something out for good, that the file is to be written anew: SQLite overwrites
/// what it deletes, but not what it only moved to another page.
pub(crate) fn rewrite_later(tx: &Connection) -> Result<(), StoreError> {
    tx.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('rewrite', 1)", [])?;
    Ok(())
}

/// Writes the file anew when that is due. The note goes last: whoever is interrupted begins again.
pub(crate) fn rewrite_if_due(conn: &Connection) -> Result<(), StoreError> {
    if conn.prepare_cached("SELECT 1 FROM meta WHERE key = 'rewrite'")?.exists([])? {
        conn.execute_batch("VACUUM")?;
        // A write-ahead log still has the pages of before.
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        conn.execute("DELETE FROM meta WHERE key = 'rewrite'", [])?;
    }
    Ok(())
}

/// [`configure`] for a device.
pub(crate) fn configure_device(conn: &Connection) -> Result<(), StoreError> {
    configure(conn, platform_journal())
}

/// The journal that this platform can keep.
pub(crate) const fn platform_journal() -> Journal {
    if cfg!(target_family = "wasm") { Journal::Truncate } else { Journal::Wal }
}
