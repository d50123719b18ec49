//! Devices: who is asking, a member's own devices, locking one out.

use super::{ControlError, Reader, Writer};
use crate::hub::Peer;
use crate::secrets::SecretHash;
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeSet;
use trygkort_core::domain::{AreaId, Role, RowId};
use uuid::Uuid;

/// Every number stays in the log for good. A device that was copied this often in a day is not copied by accident; one
/// that is put back to the same image every morning is, and goes on.
const ORIGINS_MAX: u32 = 100;
const DAY_MS: i64 = 24 * 3_600_000;

/// Who a token belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) device: Uuid,
    pub(crate) member: RowId,
    pub(crate) area: AreaId,
    pub(crate) origin: u32,
    pub(crate) role: Role,
    pub(crate) last_seen_ms: Option<i64>,
    pub(crate) revoked: bool,
    /// When the member's access ends, if it does.
    pub(crate) access_until_ms: Option<i64>,
    /// What the device signs with.
    pub(crate) public_key: Option<[u8; 32]>,
    /// Other numbers it goes by.
    pub(crate) also: Vec<u32>,
    /// The walks that its member is on now.
    pub(crate) walks: BTreeSet<u32>,
}

impl Identity {
    /// That it is let in; otherwise why not.
    pub(crate) fn let_in(&self) -> Result<(), ControlError> {
        if self.revoked && !trygkort_core::mutant!(LetALockedOutDeviceRead) {
            return Err(ControlError::LockedOut);
        }
        if self.is_over() && !trygkort_core::mutant!(LetAccessGoOnBeyondItsEnd) {
            return Err(ControlError::AccessOver);
        }
        Ok(())
    }

    /// Whether the member's access has ended by itself.
    pub(crate) fn is_over(&self) -> bool {
        self.access_until_ms.is_some_and(|end| end <= crate::clock::now_ms())
    }
}

/// One device in its owner's list.
#[derive(Clone)]
pub(crate) struct DeviceRow {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) created_at_ms: i64,
    pub(crate) last_seen_ms: Option<i64>,
}

/// A device about to be entered.
pub(super) struct NewDevice<'a> {
    pub(super) id: Uuid,
    pub(super) member: RowId,
    pub(super) area: AreaId,
    pub(super) origin: u32,
    pub(super) name: &'a str,
    pub(super) token: SecretHash,
    /// The invitation it comes by.
    pub(super) invitation: &'a str,
    /// Which of the app's attempts to redeem it made the device.
    pub(super) attempt: Option<SecretHash>,
    pub(super) public_key: Option<[u8; 32]>,
}

impl Reader<'_> {
    /// The device with this token, locked out or not.
    pub(crate) fn identify(&self, token: SecretHash, now_ms: i64) -> Result<Option<Identity>, ControlError> {
        let sql = "SELECT d.id, d.member_id, d.area_id, d.origin, m.role, d.last_seen_ms, d.revoked_at_ms IS NOT NULL,
                          m.access_until_ms, d.public_key
                   FROM devices d JOIN members m ON m.id = d.member_id WHERE d.token_hash = ?1";
        let found = self
            .conn
            .prepare_cached(sql)?
            .query_row([token.0], |row| {
                let ids = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok((ids, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?))
            })
            .optional()?;
        let Some((ids, origin, role, last_seen_ms, revoked, access_until_ms, public_key)) = found else {
            return Ok(None);
        };
        let (device, member, area): (String, String, String) = ids;
        let mut also = self.conn.prepare_cached("SELECT origin FROM origins WHERE device_id = ?1")?;
        let also = also.query_map([&device], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let walks = self.walks_of(&member, now_ms)?;
        Ok(Some(Identity {
            device: uuid(device)?,
            member: RowId(uuid(member)?),
            area: AreaId(RowId(uuid(area)?)),
            origin,
            role: super::invitations::role(role)?,
            last_seen_ms,
            revoked,
            access_until_ms,
            public_key,
            also,
            walks,
        }))
    }

    /// The device that goes by an origin, as its area's log sees it; `None`: there is none, or it is not let in.
    pub(crate) fn author(&self, area: AreaId, origin: u32, now_ms: i64) -> Result<Option<Peer>, ControlError> {
        let sql = "SELECT d.member_id, m.role, d.public_key FROM devices d JOIN members m ON m.id = d.member_id
                   WHERE d.area_id = ?1 AND d.revoked_at_ms IS NULL
                     AND (m.access_until_ms IS NULL OR m.access_until_ms > ?3)
                     AND (d.origin = ?2
                          OR d.id IN (SELECT device_id FROM origins WHERE area_id = ?1 AND origin = ?2))";
        let found = self
            .conn
            .prepare_cached(sql)?
            .query_row(params![area.to_string(), origin, now_ms], |row| {
                Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let Some((member, role, key)) = found else { return Ok(None) };
        let walks = self.walks_of(&member, now_ms)?;
        let role = super::invitations::role(role)?;
        let peer = Peer::new(origin, RowId(uuid(member)?), role);
        Ok(Some(Peer { key, reader: trygkort_core::domain::Reader { role, walks }, ..peer }))
    }

    /// Those of these devices that are not let in: unknown, locked out, or their member's access is over.
    pub(crate) fn strangers(&self, mut devices: Vec<Uuid>, now_ms: i64) -> Result<Vec<Uuid>, ControlError> {
        let sql = "SELECT 1 FROM devices d JOIN members m ON m.id = d.member_id
                   WHERE d.id = ?1 AND d.revoked_at_ms IS NULL
                     AND (m.access_until_ms IS NULL OR m.access_until_ms > ?2)";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut failed = None;
        devices.retain(|device| match statement.exists(params![device.to_string(), now_ms]) {
            Ok(let_in) => !let_in,
            Err(error) => failed.replace(error).is_some(),
        });
        failed.map_or(Ok(devices), |error| Err(error.into()))
    }

    /// Whether a locked-out device has handed in what it had not sent.
    pub(crate) fn has_handed_in(&self, device: Uuid) -> Result<bool, ControlError> {
        let sql = "SELECT handed_in_at_ms IS NOT NULL FROM devices WHERE id = ?1";
        Ok(self.conn.prepare_cached(sql)?.query_row([device.to_string()], |row| row.get(0))?)
    }

    /// The devices a member can use now, newest first.
    pub(crate) fn devices_of(&self, member: RowId) -> Result<Vec<DeviceRow>, ControlError> {
        let sql = "SELECT id, name, created_at_ms, last_seen_ms FROM devices
                   WHERE member_id = ?1 AND revoked_at_ms IS NULL ORDER BY created_at_ms DESC, id";
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map([member.to_string()], |row| {
            let id: String = row.get(0)?;
            Ok((id, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        rows.map(|row| {
            let (id, name, created_at_ms, last_seen_ms) = row?;
            Ok(DeviceRow { id: uuid(id)?, name, created_at_ms, last_seen_ms })
        })
        .collect()
    }
}

impl Writer<'_> {
    pub(super) fn add_device(&self, device: &NewDevice<'_>, now_ms: i64) -> Result<(), ControlError> {
        let sql = "INSERT INTO devices
                     (id, member_id, area_id, origin, name, token_hash, created_at_ms, invitation_id, attempt_hash,
                      public_key)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        self.conn.prepare_cached(sql)?.execute(params![
            device.id.to_string(),
            device.member.to_string(),
            device.area.to_string(),
            device.origin,
            device.name,
            device.token.0,
            now_ms,
            device.invitation,
            device.attempt.map(|attempt| attempt.0),
            device.public_key,
        ])?;
        Ok(())
    }

    /// Notes that a device handed in what it had not sent.
    pub(crate) fn note_handed_in(&self, device: Uuid, now_ms: i64) -> Result<(), ControlError> {
        let sql = "UPDATE devices SET handed_in_at_ms = ?2 WHERE id = ?1";
        self.conn.prepare_cached(sql)?.execute(params![device.to_string(), now_ms])?;
        Ok(())
    }

    /// Gives a device one more number to go by, unless it was given [`ORIGINS_MAX`] within a day.
    pub(crate) fn add_origin(&self, area: AreaId, device: Uuid, now_ms: i64) -> Result<u32, ControlError> {
        let sql = "SELECT COUNT(*) FROM origins WHERE device_id = ?1 AND since_ms > ?2";
        let values = params![device.to_string(), now_ms - DAY_MS];
        let given: u32 = self.conn.prepare_cached(sql)?.query_row(values, |row| row.get(0))?;
        if given >= ORIGINS_MAX {
            return Err(ControlError::TooMany("numbers of one device"));
        }
        let origin = self.next_origin(area)?;
        let sql = "INSERT INTO origins (area_id, origin, device_id, since_ms) VALUES (?1, ?2, ?3, ?4)";
        self.conn.prepare_cached(sql)?.execute(params![area.to_string(), origin, device.to_string(), now_ms])?;
        Ok(origin)
    }

    /// Notes that a device was here.
    pub(crate) fn touch_device(&self, device: Uuid, now_ms: i64) -> Result<(), ControlError> {
        let sql = "UPDATE devices SET last_seen_ms = ?2 WHERE id = ?1";
        self.conn.prepare_cached(sql)?.execute(params![device.to_string(), now_ms])?;
        Ok(())
    }

    /// Renames one of the member's own devices.
    pub(crate) fn rename_device(&self, member: RowId, device: Uuid, name: &str) -> Result<(), ControlError> {
        let sql = "UPDATE devices SET name = ?3 WHERE id = ?1 AND member_id = ?2 AND revoked_at_ms IS NULL";
        changed_one(
            self.conn.prepare_cached(sql)?.execute(params![device.to_string(), member.to_string(), name])?,
            "device",
        )
    }

    /// Locks one of the member's own devices out, for good. The member's open hand-overs and the invitations issued with
    /// it are taken back as well: whoever holds a stolen device may have asked for some. Once more takes back what is
    /// open by then.
    pub(crate) fn revoke_device(&self, member: RowId, device: Uuid, now_ms: i64) -> Result<(), ControlError> {
        let sql = "UPDATE devices SET revoked_at_ms = coalesce(revoked_at_ms, ?3) WHERE id = ?1 AND member_id = ?2";
        let values = params![device.to_string(), member.to_string(), now_ms];
        changed_one(self.conn.prepare_cached(sql)?.execute(values)?, "device")?;
        self.revoke_issued_with(&device.to_string(), now_ms)?;
        self.revoke_hand_overs(member, now_ms)
    }
}

impl Writer<'_> {
    /// Locks all devices of a member out, for good, and takes back what they could add further ones with and what they
    /// issued. Answers with the devices that still worked.
    pub(crate) fn lock_out_member(&self, area: AreaId, member: RowId, now_ms: i64) -> Result<Vec<Uuid>, ControlError> {
        let (area, id) = (area.to_string(), member.to_string());
        let known =
            self.conn.prepare_cached("SELECT 1 FROM members WHERE id = ?1 AND area_id = ?2")?.exists([&id, &area])?;
        changed_one(usize::from(known), "member")?;
        self.revoke_hand_overs(member, now_ms)?;
        let mut statement = self.conn.prepare_cached("SELECT id FROM devices WHERE member_id = ?1")?;
        let devices = statement.query_map([&id], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        devices.iter().try_for_each(|device| self.revoke_issued_with(device, now_ms))?;
        let sql = "UPDATE devices SET revoked_at_ms = ?2 WHERE member_id = ?1 AND revoked_at_ms IS NULL RETURNING id";
        let mut statement = self.conn.prepare_cached(sql)?;
        let devices = statement.query_map(params![id, now_ms], |row| row.get(0))?;
        devices.map(|device| uuid(device?)).collect()
    }

    /// Gives a member another role, from now on and on all their devices.
    pub(crate) fn change_role(&self, area: AreaId, member: RowId, role: Role) -> Result<(), ControlError> {
        let sql = "UPDATE members SET role = ?3 WHERE id = ?1 AND area_id = ?2 AND erased_at_ms IS NULL";
        let values = [member.to_string(), area.to_string(), role.as_str().to_owned()];
        changed_one(self.conn.prepare_cached(sql)?.execute(values)?, "member")
    }

    /// Locks a member out and forgets what they and their devices were called. Whoever is not there is erased already.
    pub(crate) fn erase_member(&self, area: AreaId, member: RowId, now_ms: i64) -> Result<(), ControlError> {
        match self.lock_out_member(area, member, now_ms) {
            Err(ControlError::NotFound(_)) => return Ok(()),
            locked_out => locked_out?,
        };
        let id = member.to_string();
        self.conn.execute("UPDATE devices SET name = '', attempt_hash = NULL WHERE member_id = ?1", [&id])?;
        self.conn.execute("DELETE FROM walk_members WHERE member_id = ?1", [&id])?;
        let sql = "UPDATE members SET name = '', erased_at_ms = ?2 WHERE id = ?1";
        self.conn.execute(sql, params![id, now_ms])?;
        Ok(())
    }
}

pub(super) fn changed_one(rows: usize, what: &'static str) -> Result<(), ControlError> {
    if rows == 0 { Err(ControlError::NotFound(what)) } else { Ok(()) }
}

#[expect(clippy::needless_pass_by_value, reason = "called on columns just read")]
pub(super) fn uuid(text: String) -> Result<Uuid, ControlError> {
    text.parse().map_err(|_| ControlError::BadValue("id"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{ControlDb, Issuer, NewArea, NewInvitation, Redeem};
    use crate::secrets::INVITATION;

    #[test]
    fn a_device_that_was_copied_too_often_in_a_day_goes_on_the_next() {
        let temp = tempfile::tempdir().unwrap();
        let mut db = ControlDb::open(&temp.path().join("control.db")).unwrap();
        let area = AreaId(RowId(Uuid::from_u128(1)));
        let invitation = NewInvitation {
            area,
            role: Role::Staff,
            member: None,
            issuer: Issuer::CommandLine,
            uses: 1,
            expires_at_ms: DAY_MS,
            access_until_ms: None,
            walk: None,
        };
        let device = db.write::<_, ControlError>(|writer| {
            writer.add_area(&NewArea { id: area, name: "Ådalen", demo: false }, 0)?;
            let (_, secret) = writer.invite(&invitation, 0)?;
            let secret = INVITATION.hash_of(secret.expose()).unwrap();
            let (member_name, device_name) = (String::new(), String::new());
            let ask = Redeem { secret, attempt: None, member_name, device_name, public_key: None };
            Ok(writer.redeem(&ask, 0)?.device)
        });
        let device = device.unwrap();
        let mut copied_at = |now_ms| db.write(|writer| writer.add_origin(area, device, now_ms));
        for number in 0..ORIGINS_MAX {
            copied_at(i64::from(number)).unwrap();
        }
        assert!(matches!(copied_at(DAY_MS - 1), Err(ControlError::TooMany(_))));
        copied_at(DAY_MS).unwrap();
        assert!(matches!(copied_at(DAY_MS), Err(ControlError::TooMany(_))), "there was room for one");
    }
}
