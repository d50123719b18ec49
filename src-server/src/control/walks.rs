//! Safety walks: making and ending them, and who is on them.

use super::devices::uuid;
use super::{ControlError, Reader, Writer};
use crate::secrets::SecretHash;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::BTreeSet;
use trygkort_core::domain::{AreaId, RowId};
use uuid::Uuid;

/// A walk as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WalkRow {
    pub(crate) id: Uuid,
    /// That of its scope in the area's log.
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) starts_at_ms: i64,
    pub(crate) ends_at_ms: i64,
}

/// A walk about to be made.
pub(crate) struct NewWalk {
    pub(crate) area: AreaId,
    pub(crate) name: String,
    pub(crate) starts_at_ms: i64,
    pub(crate) ends_at_ms: i64,
}

/// The walk that an invitation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvitedTo {
    pub(crate) walk: Uuid,
    pub(crate) ends_at_ms: i64,
}

const COLUMNS: &str = "id, number, name, starts_at_ms, ends_at_ms";

impl Reader<'_> {
    /// The area's walks, the latest first.
    pub(crate) fn walks(&self, area: AreaId) -> Result<Vec<WalkRow>, ControlError> {
        let sql = format!("SELECT {COLUMNS} FROM walks WHERE area_id = ?1 ORDER BY starts_at_ms DESC, number DESC");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map([area.to_string()], |row| Ok(walk(row)))?;
        rows.map(|row| row?).collect()
    }

    /// The walk with this id, if it has not ended.
    pub(crate) fn open_walk(&self, area: AreaId, id: Uuid, now_ms: i64) -> Result<InvitedTo, ControlError> {
        let found = self.walks(area)?.into_iter().find(|walk| walk.id == id && walk.ends_at_ms > now_ms);
        found.map(|walk| walk.invited()).ok_or(ControlError::NotFound("walk that has not ended"))
    }

    /// The numbers of the walks that a member is on now.
    pub(super) fn walks_of(&self, member: &str, now_ms: i64) -> Result<BTreeSet<u32>, ControlError> {
        let sql = "SELECT w.number FROM walk_members m JOIN walks w ON w.id = m.walk_id
                   WHERE m.member_id = ?1 AND w.ends_at_ms > ?2";
        let mut statement = self.conn.prepare_cached(sql)?;
        let numbers = statement.query_map(params![member, now_ms], |row| row.get(0))?;
        Ok(numbers.collect::<Result<_, _>>()?)
    }
}

impl Writer<'_> {
    /// Makes a walk. Its scope opens when the area's log shows it.
    pub(crate) fn add_walk(&self, new: &NewWalk, now_ms: i64) -> Result<WalkRow, ControlError> {
        let (id, area) = (Uuid::now_v7(), new.area.to_string());
        let sql = "UPDATE areas SET next_walk = next_walk + 1 WHERE id = ?1 RETURNING next_walk - 1";
        let number = self.conn.prepare_cached(sql)?.query_row([&area], |row| row.get(0)).optional()?;
        let number = number.ok_or(ControlError::NotFound("area"))?;
        let NewWalk { name, starts_at_ms, ends_at_ms, .. } = new;
        let sql = "INSERT INTO walks (id, area_id, number, name, starts_at_ms, ends_at_ms, created_at_ms)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let values = params![id.to_string(), area, number, name, starts_at_ms, ends_at_ms, now_ms];
        self.conn.prepare_cached(sql)?.execute(values)?;
        Ok(WalkRow { id, number, name: name.clone(), starts_at_ms: *starts_at_ms, ends_at_ms: *ends_at_ms })
    }

    /// Ends a walk now and takes back what invites to it; one that has ended stays as it is.
    pub(crate) fn end_walk(&self, area: AreaId, id: Uuid, now_ms: i64) -> Result<(), ControlError> {
        if !self.reader().walks(area)?.iter().any(|walk| walk.id == id) {
            return Err(ControlError::NotFound("walk"));
        }
        let sql = "UPDATE walks SET ends_at_ms = ?2 WHERE id = ?1 AND ends_at_ms > ?2";
        self.conn.prepare_cached(sql)?.execute(params![id.to_string(), now_ms])?;
        let sql = "UPDATE invitations SET revoked_at_ms = ?2 WHERE walk_id = ?1 AND revoked_at_ms IS NULL";
        self.conn.prepare_cached(sql)?.execute(params![id.to_string(), now_ms])?;
        Ok(())
    }

    /// Puts a member on a walk; whoever is on it stays.
    pub(super) fn put_on_walk(&self, area: AreaId, walk: &str, member: RowId, now_ms: i64) -> Result<(), ControlError> {
        let sql = "INSERT OR IGNORE INTO walk_members (area_id, walk_id, member_id, joined_at_ms)
                   VALUES (?1, ?2, ?3, ?4)";
        let values = params![area.to_string(), walk, member.to_string(), now_ms];
        self.conn.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// A member takes the walk that an invitation is for, and stays who they are. Again is no second time.
    pub(crate) fn join_walk(
        &self,
        area: AreaId,
        member: RowId,
        secret: SecretHash,
        now_ms: i64,
    ) -> Result<(), ControlError> {
        let sql = "SELECT iif(i.area_id = ?2, i.walk_id, NULL),
                          i.revoked_at_ms IS NULL AND i.uses_left > 0 AND i.expires_at_ms > ?3,
                          EXISTS (SELECT 1 FROM walk_members m WHERE m.walk_id = i.walk_id AND m.member_id = ?4)
                   FROM invitations i WHERE i.secret_hash = ?1";
        let values = params![secret.0, area.to_string(), now_ms, member.to_string()];
        let found = self.conn.prepare_cached(sql)?.query_row(values, |row| {
            Ok((row.get::<_, Option<String>>(0)?, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?))
        });
        let (walk, open, is_on) = found.optional()?.ok_or(ControlError::InvitationUnknown)?;
        let walk = walk.ok_or(ControlError::NotFound("walk of this area that the invitation is for"))?;
        if is_on {
            return Ok(());
        }
        if !open {
            return Err(ControlError::InvitationSpent);
        }
        let spend = "UPDATE invitations SET uses_left = uses_left - 1 WHERE secret_hash = ?1";
        self.conn.prepare_cached(spend)?.execute([secret.0])?;
        self.put_on_walk(area, &walk, member, now_ms)
    }
}

impl WalkRow {
    /// What an invitation to it says.
    pub(crate) fn invited(&self) -> InvitedTo {
        InvitedTo { walk: self.id, ends_at_ms: self.ends_at_ms }
    }
}

fn walk(row: &Row<'_>) -> Result<WalkRow, ControlError> {
    let id: String = row.get(0)?;
    Ok(WalkRow {
        id: uuid(id)?,
        number: row.get(1)?,
        name: row.get(2)?,
        starts_at_ms: row.get(3)?,
        ends_at_ms: row.get(4)?,
    })
}
