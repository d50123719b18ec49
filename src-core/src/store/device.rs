//! The device's own file: settings, which areas it holds, unfinished forms, and invitations not yet answered.

use super::{StoreError, configure_device, migrate};
use crate::domain::AreaId;
use crate::ipc::Settings;
use rusqlite::{Connection, OptionalExtension, params};

/// The name of the device's file.
pub const FILE: &str = "device.db";

const SCHEMA: &[&str] =
    &[include_str!("migrations/0001_device.sql"), include_str!("migrations/0002_redeem_attempt.sql")];

/// The device's file.
#[derive(Debug)]
pub struct DeviceFile {
    conn: Connection,
}

impl DeviceFile {
    /// Opens the file, making its tables if it is new.
    ///
    /// # Errors
    /// When the file is damaged or was written by a newer version.
    pub fn open(conn: Connection) -> Result<Self, StoreError> {
        configure_device(&conn)?;
        migrate(&conn, SCHEMA)?;
        Ok(Self { conn })
    }

    /// Stands in for the file while it is locked, and holds nothing.
    pub(crate) fn stand_in() -> Result<Self, StoreError> {
        Self::open(Connection::open_in_memory()?)
    }

    /// The settings; what cannot be read counts as not set.
    pub(crate) fn settings(&self) -> Result<Settings, StoreError> {
        let json: Option<String> =
            self.conn.query_row("SELECT value FROM setting WHERE key = 'settings'", [], |row| row.get(0)).optional()?;
        Ok(json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
    }

    /// Keeps the settings.
    pub(crate) fn set_settings(&self, settings: &Settings) -> Result<(), StoreError> {
        let json = serde_json::to_string(settings).map_err(|error| StoreError::Damaged(error.to_string()))?;
        self.conn.execute("INSERT OR REPLACE INTO setting (key, value) VALUES ('settings', ?1)", [json])?;
        Ok(())
    }

    /// The areas on this device; the current one first.
    pub(crate) fn areas(&self) -> Result<Vec<AreaId>, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT area FROM device_area ORDER BY opened DESC, area")?;
        let found = statement.query_map([], |row| row.get::<_, String>(0))?;
        let mut areas = Vec::new();
        for text in found {
            areas.push(text?.parse().map_err(|_| StoreError::Damaged("device_area holds no id".to_owned()))?);
        }
        Ok(areas)
    }

    /// Makes an area the current one, adding it if it is new.
    pub(crate) fn open_area(&self, area: AreaId) -> Result<(), StoreError> {
        self.conn.execute(
            "INSERT OR REPLACE INTO device_area (area, opened)
             VALUES (?1, (SELECT COALESCE(MAX(opened), 0) + 1 FROM device_area))",
            [area.to_string()],
        )?;
        Ok(())
    }

    /// Forgets an area and its unfinished forms.
    pub(crate) fn forget_area(&mut self, area: AreaId) -> Result<(), StoreError> {
        let tx = self.conn.transaction()?;
        tx.execute("DELETE FROM device_area WHERE area = ?1", [area.to_string()])?;
        tx.execute("DELETE FROM draft WHERE area = ?1", [area.to_string()])?;
        Ok(tx.commit()?)
    }

    /// Keeps an unfinished form.
    pub(crate) fn save_draft(&self, area: AreaId, key: &str, json: &str) -> Result<(), StoreError> {
        self.conn.execute(
            "INSERT OR REPLACE INTO draft (area, key, json) VALUES (?1, ?2, ?3)",
            params![area.to_string(), key, json],
        )?;
        Ok(())
    }

    /// An unfinished form.
    pub(crate) fn draft(&self, area: AreaId, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self
            .conn
            .query_row("SELECT json FROM draft WHERE area = ?1 AND key = ?2", [area.to_string().as_str(), key], |row| {
                row.get(0)
            })
            .optional()?)
    }

    /// Forgets an unfinished form.
    pub(crate) fn drop_draft(&self, area: AreaId, key: &str) -> Result<(), StoreError> {
        self.conn.execute("DELETE FROM draft WHERE area = ?1 AND key = ?2", [area.to_string().as_str(), key])?;
        Ok(())
    }

    /// Drops all unfinished forms of an area.
    pub(crate) fn drop_drafts(&self, area: AreaId) -> Result<(), StoreError> {
        self.conn.execute("DELETE FROM draft WHERE area = ?1", [area.to_string()])?;
        Ok(())
    }

    /// The number by which this device redeems an invitation, named by the hash of its secret: the one of the first
    /// try, which `fresh` makes.
    pub(crate) fn redeem_attempt(
        &self,
        secret: &[u8; 32],
        fresh: impl FnOnce() -> String,
    ) -> Result<String, StoreError> {
        let sql = "SELECT number FROM redeem_attempt WHERE secret = ?1";
        if let Some(number) = self.conn.query_row(sql, [secret], |row| row.get(0)).optional()? {
            return Ok(number);
        }
        let number = fresh();
        self.conn.execute("INSERT INTO redeem_attempt (secret, number) VALUES (?1, ?2)", params![secret, number])?;
        Ok(number)
    }

    /// Whether an attempt by this secret waits for its answer.
    pub(crate) fn redeems(&self, secret: &[u8; 32]) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM redeem_attempt WHERE secret = ?1)";
        Ok(self.conn.query_row(sql, [secret], |row| row.get(0))?)
    }

    /// Forgets the number: an answer came that ends the attempt.
    pub(crate) fn forget_redeem_attempt(&self, secret: &[u8; 32]) -> Result<(), StoreError> {
        self.conn.execute("DELETE FROM redeem_attempt WHERE secret = ?1", [secret])?;
        Ok(())
    }

    /// Closes the file.
    pub(crate) fn close(self) -> Result<(), StoreError> {
        self.conn.close().map_err(|(_, error)| error.into())
    }
}
