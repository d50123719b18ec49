//! Devices of areas that were deleted. Of each the hash of its token is kept, so that it is told what became of the area.

use super::{ControlError, Reader, Writer};
use crate::secrets::SecretHash;
use rusqlite::params;
use trygkort_core::domain::AreaId;

impl Reader<'_> {
    /// Whether a token that no device has now was one of an area that was deleted.
    pub(crate) fn is_of_deleted_area(&self, token: SecretHash) -> Result<bool, ControlError> {
        let sql = "SELECT 1 FROM deleted_tokens WHERE token_hash = ?1";
        Ok(self.conn.prepare_cached(sql)?.exists([token.0])?)
    }
}

impl Writer<'_> {
    /// Notes the area's devices, before they go with it.
    pub(super) fn note_devices_of_deleted(&self, area: AreaId, now_ms: i64) -> Result<(), ControlError> {
        let sql = "INSERT OR REPLACE INTO deleted_tokens (token_hash, area_id, deleted_at_ms)
                   SELECT token_hash, area_id, ?2 FROM devices WHERE area_id = ?1";
        self.conn.execute(sql, params![area.to_string(), now_ms])?;
        Ok(())
    }

    /// The area is here again: nobody is told any more that it was deleted.
    pub(super) fn forget_deletion(&self, area: &str) -> Result<(), ControlError> {
        self.conn.execute("DELETE FROM deleted_tokens WHERE area_id = ?1", [area])?;
        Ok(())
    }

    /// After a restore: only areas that are to stay deleted are said to be. A device that is told so forgets the area, and
    /// of one that came back after the backup it may have what the server has lost.
    pub(crate) fn say_deleted_only_of(&self, areas: &[AreaId]) -> Result<(), ControlError> {
        let mut statement = self.conn.prepare("SELECT DISTINCT area_id FROM deleted_tokens")?;
        let known: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let back = known.iter().filter(|known| !areas.iter().any(|area| area.to_string() == **known));
        back.into_iter().try_for_each(|area| self.forget_deletion(area))
    }
}
