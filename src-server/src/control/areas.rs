//! Areas, and what the server remembers about itself.

use super::{ControlError, Reader, Writer};
use rusqlite::{OptionalExtension, Row, params};
use trygkort_core::domain::AreaId;

/// One housing area.
#[derive(Clone, Debug)]
pub(crate) struct AreaRow {
    pub(crate) id: AreaId,
    pub(crate) name: String,
    pub(crate) demo: bool,
}

/// What is known of an area when it is made.
pub(crate) struct NewArea<'a> {
    pub(crate) id: AreaId,
    pub(crate) name: &'a str,
    pub(crate) demo: bool,
}

const COLUMNS: &str = "id, name, demo";

impl Reader<'_> {
    /// Every area, by name.
    pub(crate) fn areas(&self) -> Result<Vec<AreaRow>, ControlError> {
        let mut statement = self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM areas ORDER BY name, id"))?;
        let rows = statement.query_map([], |row| Ok(area(row)))?;
        rows.map(|row| row?).collect()
    }

    /// The area with this id or, where only one has it, this name.
    pub(crate) fn find_area(&self, id_or_name: &str) -> Result<AreaRow, ControlError> {
        let mut areas = self.areas()?;
        if let Some(found) = areas.iter().position(|area| area.id.to_string() == id_or_name.to_lowercase()) {
            return Ok(areas.swap_remove(found));
        }
        areas.retain(|area| area.name == id_or_name);
        match areas.len() {
            1 => Ok(areas.swap_remove(0)),
            0 => Err(ControlError::NotFound("area (see `trygkort area list`)")),
            _ => Err(ControlError::NotFound("single area: several have that name, give the id instead")),
        }
    }

    /// Something the server remembers about itself.
    pub(crate) fn setting(&self, name: &str) -> Result<Option<String>, ControlError> {
        let sql = "SELECT value FROM settings WHERE name = ?1";
        Ok(self.conn.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?)
    }
}

/// More than anybody gives out between two copies.
const LEAP: u32 = 10_000;

impl Writer<'_> {
    /// Enters an area whose file is there already.
    pub(crate) fn add_area(&self, area: &NewArea<'_>, now_ms: i64) -> Result<(), ControlError> {
        let sql = "INSERT INTO areas (id, name, demo, created_at_ms) VALUES (?1, ?2, ?3, ?4)";
        self.conn.prepare_cached(sql)?.execute(params![area.id.to_string(), area.name, area.demo, now_ms])?;
        Ok(())
    }

    /// Notes what the area's own log calls it.
    pub(crate) fn rename_area(&self, area: AreaId, name: &str) -> Result<(), ControlError> {
        let sql = "UPDATE areas SET name = ?2 WHERE id = ?1 AND name <> ?2";
        self.conn.prepare_cached(sql)?.execute([area.to_string().as_str(), name])?;
        Ok(())
    }

    /// Hands out the next device number of an area.
    pub(super) fn next_origin(&self, area: AreaId) -> Result<u32, ControlError> {
        let sql = "UPDATE areas SET next_origin = next_origin + 1 WHERE id = ?1 RETURNING next_origin - 1";
        let origin = self.conn.prepare_cached(sql)?.query_row([area.to_string()], |row| row.get(0)).optional()?;
        origin.ok_or(ControlError::NotFound("area"))
    }

    /// After a restore: numbers of devices and walks that were given out since the backup are not given out again, and
    /// every area's mirrors are compared anew.
    pub(crate) fn restored(&self) -> Result<(), ControlError> {
        self.conn.execute("UPDATE areas SET next_origin = next_origin + ?1, next_walk = next_walk + ?1", [LEAP])?;
        self.conn.execute("UPDATE mirrors SET changed = changed + 1", [])?;
        Ok(())
    }

    /// The same for one area that was put in from a copy.
    pub(crate) fn put_back(&self, area: AreaId) -> Result<(), ControlError> {
        let sql = "UPDATE areas SET next_origin = next_origin + ?1, next_walk = next_walk + ?1 WHERE id = ?2";
        self.conn.execute(sql, params![LEAP, area.to_string()])?;
        Ok(())
    }

    /// Remembers something about the server itself.
    pub(crate) fn set_setting(&self, name: &str, value: &str) -> Result<(), ControlError> {
        let sql = "INSERT INTO settings (name, value) VALUES (?1, ?2)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value";
        self.conn.prepare_cached(sql)?.execute([name, value])?;
        Ok(())
    }
}

fn area(row: &Row<'_>) -> Result<AreaRow, ControlError> {
    let id: String = row.get(0)?;
    Ok(AreaRow { id: id.parse().map_err(|_| ControlError::BadValue("area id"))?, name: row.get(1)?, demo: row.get(2)? })
}
