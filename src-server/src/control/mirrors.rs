//! Which areas' logs are behind what is decided here, and what they are to show of it.

use super::devices::uuid;
use super::invitations::role;
use super::{ControlError, Reader, Writer};
use rusqlite::{Connection, params};
use std::collections::HashSet;
use trygkort_core::domain::{AreaId, RowId};
use trygkort_core::hub::roster::{Device, Invitation, Member, Roster, Walk};

/// A number that goes up with every change that an area's log mirrors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChangeNumber(i64);

impl Reader<'_> {
    /// The areas whose logs may be behind.
    pub(crate) fn mirrors_due(&self) -> Result<Vec<AreaId>, ControlError> {
        let mut statement = self.conn.prepare_cached("SELECT area_id FROM mirrors WHERE mirrored < changed")?;
        let areas = statement.query_map([], |row| row.get(0))?;
        areas.map(|area| Ok(AreaId(id(area?)?))).collect()
    }

    /// What an area's log is to show, and the last change that is in it. Not for use inside a transaction.
    pub(crate) fn roster(&self, area: AreaId) -> Result<(Roster, ChangeNumber), ControlError> {
        // One moment of the file: the command line may write between two look-ups.
        let moment = self.conn.unchecked_transaction()?;
        let area = area.to_string();
        let sql = "SELECT changed FROM mirrors WHERE area_id = ?1";
        let changed = moment.prepare_cached(sql)?.query_row([&area], |row| row.get(0))?;
        let roster = Roster {
            members: members(&moment, &area)?,
            devices: devices(&moment, &area)?,
            invitations: invitations(&moment, &area)?,
            walks: walks(&moment, &area)?,
        };
        Ok((roster, ChangeNumber(changed)))
    }
}

impl Writer<'_> {
    /// Something was changed in the area's own file: the server tells the devices.
    pub(crate) fn area_changed(&self, area: AreaId) -> Result<(), ControlError> {
        self.conn.execute("UPDATE mirrors SET changed = changed + 1 WHERE area_id = ?1", [area.to_string()])?;
        Ok(())
    }

    /// Notes that an area's log shows everything up to this change.
    pub(crate) fn mirrored(&self, area: AreaId, up_to: ChangeNumber) -> Result<(), ControlError> {
        let sql = "UPDATE mirrors SET mirrored = ?2 WHERE area_id = ?1 AND mirrored < ?2";
        self.conn.prepare_cached(sql)?.execute(params![area.to_string(), up_to.0])?;
        Ok(())
    }
}

fn members(conn: &Connection, area: &str) -> Result<Vec<Member>, ControlError> {
    let sql = "SELECT id, role, name, created_at_ms FROM members
               WHERE area_id = ?1 AND erased_at_ms IS NULL ORDER BY id";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([area], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    rows.map(|row| {
        let (member, word, name, joined_at_ms) = row?;
        Ok(Member { id: id(member)?, role: role(word)?, name, joined_at_ms })
    })
    .collect()
}

fn devices(conn: &Connection, area: &str) -> Result<Vec<Device>, ControlError> {
    let sql = "SELECT id, member_id, name, origin, created_at_ms, revoked_at_ms FROM devices
               WHERE area_id = ?1
               UNION ALL
               SELECT d.id, d.member_id, d.name, o.origin, o.since_ms, d.revoked_at_ms
               FROM origins o JOIN devices d ON d.id = o.device_id WHERE o.area_id = ?1 ORDER BY 4";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement
        .query_map([area], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)))?;
    let mut first = HashSet::new();
    rows.map(|row| {
        let (device, member, name, origin, added_at_ms, revoked_at_ms): (_, _, _, u32, _, _) = row?;
        let device = id(device)?;
        // Under each of its further numbers a device has a mirror of its own.
        let id_here =
            if first.insert(device) { device } else { RowId::derived(&format!("device {origin}"), &[device]) };
        Ok(Device { id: id_here, member: id(member)?, name, origin, added_at_ms, revoked_at_ms })
    })
    .collect()
}

/// Without hand-overs, which are between a member and their next device, and without what a demo server prints.
fn invitations(conn: &Connection, area: &str) -> Result<Vec<Invitation>, ControlError> {
    let sql = "SELECT id, role, uses, uses_left, created_at_ms, expires_at_ms, revoked_at_ms, walk_id FROM invitations
               WHERE area_id = ?1 AND member_id IS NULL AND issued_by <> 'demo' ORDER BY id";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([area], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?))
    })?;
    rows.map(|row| {
        let (invitation, word, uses, uses_left, made_at_ms, expires_at_ms, revoked_at_ms, walk) = row?;
        let walk: Option<String> = walk;
        let (id, role, walk) = (id(invitation)?, role(word)?, walk.map(id).transpose()?);
        Ok(Invitation { id, role, uses, uses_left, made_at_ms, expires_at_ms, revoked_at_ms, walk })
    })
    .collect()
}

fn walks(conn: &Connection, area: &str) -> Result<Vec<Walk>, ControlError> {
    let sql = "SELECT id, number, name, starts_at_ms, ends_at_ms FROM walks WHERE area_id = ?1 ORDER BY number";
    let mut statement = conn.prepare_cached(sql)?;
    let rows =
        statement.query_map([area], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
    rows.map(|row| {
        let (walk, number, name, starts_at_ms, ends_at_ms) = row?;
        Ok(Walk { id: id(walk)?, number, name, starts_at_ms, ends_at_ms })
    })
    .collect()
}

fn id(text: String) -> Result<RowId, ControlError> {
    uuid(text).map(RowId)
}
