//! The lock's own file. It lies beside the others and is never encrypted, because it is read before the PIN is known:
//! it holds nothing of the areas, and it is there only while a PIN is set.

use super::{Journal, StoreError, configure, migrate};
use crate::ipc::Settings;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

/// The name of the lock's file.
pub const FILE: &str = "lock.db";

const SCHEMA: &[&str] = &[include_str!("migrations/0001_lock.sql")];

/// What is known of the PIN, and what the lock screen shows.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct LockRecord {
    pub(crate) salt: [u8; 16],
    /// What argon2id was asked to use, so that a later version may ask for more.
    pub(crate) memory_kib: u32,
    pub(crate) passes: u32,
    /// Hash of what argon2id made of the PIN, on hosts whose files have no key. Where they have one, opening it is the
    /// proof, and a hash beside it would only help who guesses.
    pub(crate) verifier: Option<[u8; 32]>,
    /// The files' key, to be had with the PIN.
    pub(crate) wrapped: Vec<u8>,
    /// Minutes without use until it locks by itself; 0: never.
    pub(crate) after_minutes: u16,
    /// Wrong tries since the last right one.
    pub(crate) tries: u32,
    /// No try is taken before this moment.
    pub(crate) wait_until_ms: i64,
    pub(crate) locked: bool,
    pub(crate) last_used_ms: i64,
    /// Changes that no server has, as last counted: what forgetting the PIN would lose.
    pub(crate) unsent: u32,
    /// The open area's numbers are invented: 112 is shown and not dialled.
    pub(crate) demo: bool,
    /// Language, theme and text size of the lock screen.
    pub(crate) settings: Settings,
}

/// The lock's file.
pub(crate) struct LockFile {
    conn: Connection,
}

impl LockFile {
    /// Opens the file, making its table if it is new.
    pub(crate) fn open(conn: Connection) -> Result<Self, StoreError> {
        configure(&conn, Journal::Truncate)?;
        // An old PIN's record must not stay readable in a free page.
        conn.pragma_update(None, "secure_delete", true)?;
        migrate(&conn, SCHEMA)?;
        Ok(Self { conn })
    }

    /// The record; `None` in a file that was never finished.
    pub(crate) fn read(&self) -> Result<Option<LockRecord>, StoreError> {
        let json: Option<String> =
            self.conn.query_row("SELECT record FROM pin_lock WHERE id = 1", [], |row| row.get(0)).optional()?;
        json.map(|json| serde_json::from_str(&json))
            .transpose()
            .map_err(|_| StoreError::Damaged("the lock's record cannot be read".to_owned()))
    }

    /// Keeps the record; on the disk when this returns.
    pub(crate) fn write(&self, record: &LockRecord) -> Result<(), StoreError> {
        let json = serde_json::to_string(record).map_err(|error| StoreError::Damaged(error.to_string()))?;
        self.conn.execute("INSERT OR REPLACE INTO pin_lock (id, record) VALUES (1, ?1)", [json])?;
        Ok(())
    }

    /// Closes the file.
    pub(crate) fn close(self) -> Result<(), StoreError> {
        self.conn.close().map_err(|(_, error)| error.into())
    }
}
