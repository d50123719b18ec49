//! What must not come back with a backup: devices that were locked out since, roles that members had before, invitations
//! that were taken back or used up, walks that were ended, which devices are told that their area was deleted, and what the
//! audit says of the time between.

use super::{ControlDb, ControlError, Writer};
use rusqlite::params;
use rusqlite::types::Value;

/// What `control.db` said before a backup was put in its place.
pub(crate) struct Before {
    locked_out: Vec<(String, i64)>,
    invitations: Vec<(String, Option<i64>, u32)>,
    access_until: Vec<(String, i64)>,
    roles: Vec<(String, String)>,
    walks: Vec<(String, i64)>,
    deleted: Vec<Vec<Value>>,
    audit: Vec<Vec<Value>>,
}

impl ControlDb {
    /// Reads what is to be carried over.
    pub(crate) fn before_restore(&self) -> Result<Before, ControlError> {
        let conn = self.reader().conn;
        let mut statement = conn.prepare("SELECT id, revoked_at_ms FROM devices WHERE revoked_at_ms IS NOT NULL")?;
        let locked_out = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let locked_out = locked_out.collect::<Result<_, _>>()?;
        let mut statement = conn.prepare("SELECT id, revoked_at_ms, uses_left FROM invitations")?;
        let invitations = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let invitations = invitations.collect::<Result<_, _>>()?;
        let mut statement =
            conn.prepare("SELECT id, access_until_ms FROM members WHERE access_until_ms IS NOT NULL")?;
        let access_until = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let access_until = access_until.collect::<Result<_, _>>()?;
        let mut statement = conn.prepare("SELECT id, role FROM members")?;
        let roles = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let mut statement = conn.prepare("SELECT id, ends_at_ms FROM walks")?;
        let walks = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let mut statement = conn.prepare("SELECT token_hash, area_id, deleted_at_ms FROM deleted_tokens")?;
        let deleted = statement.query_map([], |row| (0..3).map(|column| row.get(column)).collect())?;
        let deleted = deleted.collect::<Result<_, _>>()?;
        let mut statement =
            conn.prepare("SELECT id, at_ms, member_id, what, area_id, subject FROM audit ORDER BY id")?;
        let audit = statement.query_map([], |row| (0..6).map(|column| row.get(column)).collect())?;
        let audit = audit.collect::<Result<_, _>>()?;
        Ok(Before { locked_out, invitations, access_until, roles, walks, deleted, audit })
    }
}

impl Writer<'_> {
    /// Takes back again what was taken back. What the backup does not know of is left alone.
    pub(crate) fn carry_over(&self, before: &Before) -> Result<(), ControlError> {
        let mut lock_out =
            self.conn.prepare("UPDATE devices SET revoked_at_ms = ?2 WHERE id = ?1 AND revoked_at_ms IS NULL")?;
        for (device, at_ms) in &before.locked_out {
            lock_out.execute(params![device, at_ms])?;
        }
        let sql = "UPDATE invitations SET revoked_at_ms = coalesce(revoked_at_ms, ?2), uses_left = min(uses_left, ?3)
                   WHERE id = ?1 AND (uses_left > ?3 OR ?2 IS NOT NULL AND revoked_at_ms IS NULL)";
        let mut take_back = self.conn.prepare(sql)?;
        for (invitation, at_ms, uses_left) in &before.invitations {
            take_back.execute(params![invitation, at_ms, uses_left])?;
        }
        let mut end = self.conn.prepare("UPDATE members SET access_until_ms = ?2 WHERE id = ?1")?;
        for (member, at_ms) in &before.access_until {
            end.execute(params![member, at_ms])?;
        }
        let mut give = self.conn.prepare("UPDATE members SET role = ?2 WHERE id = ?1 AND role <> ?2")?;
        for (member, role) in &before.roles {
            give.execute(params![member, role])?;
        }
        let mut end = self.conn.prepare("UPDATE walks SET ends_at_ms = ?2 WHERE id = ?1 AND ends_at_ms > ?2")?;
        for (walk, at_ms) in &before.walks {
            end.execute(params![walk, at_ms])?;
        }
        let sql = "INSERT OR IGNORE INTO deleted_tokens (token_hash, area_id, deleted_at_ms) VALUES (?1, ?2, ?3)";
        let mut tell = self.conn.prepare(sql)?;
        for token in &before.deleted {
            tell.execute(rusqlite::params_from_iter(token))?;
        }
        let sql = "INSERT OR IGNORE INTO audit (id, at_ms, member_id, what, area_id, subject)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let mut audit = self.conn.prepare(sql)?;
        for line in &before.audit {
            audit.execute(rusqlite::params_from_iter(line))?;
        }
        Ok(())
    }
}
