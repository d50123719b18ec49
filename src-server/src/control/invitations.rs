//! Invitations: issuing, listing and revoking.

use super::devices::{changed_one, uuid};
use super::walks::InvitedTo;
use super::{ControlError, Reader, Writer};
use crate::secrets::{self, Secret};
use rusqlite::params;
use trygkort_core::domain::{AreaId, Role, RowId};
use uuid::Uuid;

/// An invitation to be issued.
#[derive(Clone, Copy)]
pub(crate) struct NewInvitation {
    pub(crate) area: AreaId,
    pub(crate) role: Role,
    /// Set for a hand-over: one more device of this member.
    pub(crate) member: Option<RowId>,
    pub(crate) issuer: Issuer,
    pub(crate) uses: u32,
    pub(crate) expires_at_ms: i64,
    /// When the access of those who redeem it ends. It cannot be redeemed after that either.
    pub(crate) access_until_ms: Option<i64>,
    /// Whoever redeems it is on this walk. It cannot be redeemed once that has ended.
    pub(crate) walk: Option<InvitedTo>,
}

impl NewInvitation {
    /// Until when it can be redeemed.
    pub(crate) fn redeemable_until_ms(&self) -> i64 {
        let ends = [self.access_until_ms, self.walk.map(|walk| walk.ends_at_ms)];
        ends.into_iter().flatten().fold(self.expires_at_ms, i64::min)
    }
}

/// Where an invitation came from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Issuer {
    CommandLine,
    /// Printed when a demo server starts; replaced at its next start.
    Demo,
    /// A member, with this device.
    Device(Uuid),
}

impl Issuer {
    fn as_str(self) -> &'static str {
        match self {
            Issuer::CommandLine => "command_line",
            Issuer::Demo => "demo",
            Issuer::Device(_) => "member",
        }
    }

    fn device(self) -> Option<Uuid> {
        match self {
            Issuer::Device(device) => Some(device),
            Issuer::CommandLine | Issuer::Demo => None,
        }
    }
}

/// One open invitation in the coordinator's list.
pub(crate) struct InvitationRow {
    pub(crate) id: Uuid,
    pub(crate) role: Role,
    pub(crate) uses_left: u32,
    pub(crate) expires_at_ms: i64,
    pub(crate) access_until_ms: Option<i64>,
    pub(crate) walk: Option<Uuid>,
}

impl Reader<'_> {
    /// The area's invitations that still work; hand-overs belong to one member and are not listed.
    pub(crate) fn open_invitations(&self, area: AreaId, now_ms: i64) -> Result<Vec<InvitationRow>, ControlError> {
        let sql = "SELECT id, role, uses_left, expires_at_ms, access_until_ms, walk_id FROM invitations
                   WHERE area_id = ?1 AND member_id IS NULL AND revoked_at_ms IS NULL AND uses_left > 0
                     AND expires_at_ms > ?2
                   ORDER BY created_at_ms DESC, id";
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map(params![area.to_string(), now_ms], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })?;
        rows.map(|row| {
            let (id, word, uses_left, expires_at_ms, access_until_ms, walk) = row?;
            let walk: Option<String> = walk;
            let (id, role, walk) = (uuid(id)?, role(word)?, walk.map(uuid).transpose()?);
            Ok(InvitationRow { id, role, uses_left, expires_at_ms, access_until_ms, walk })
        })
        .collect()
    }
}

impl Writer<'_> {
    /// Issues an invitation. The secret is in the answer and nowhere else.
    pub(crate) fn invite(&self, new: &NewInvitation, now_ms: i64) -> Result<(Uuid, Secret), ControlError> {
        let (secret, hash) = secrets::INVITATION.generate()?;
        let id = Uuid::now_v7();
        let sql = "INSERT INTO invitations
                     (id, area_id, role, member_id, secret_hash, issued_by, uses, uses_left, created_at_ms, expires_at_ms,
                      access_until_ms, walk_id, issued_by_device)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11, ?12)";
        self.conn.prepare_cached(sql)?.execute(params![
            id.to_string(),
            new.area.to_string(),
            new.role.as_str(),
            new.member.map(|member| member.to_string()),
            hash.0,
            new.issuer.as_str(),
            new.uses,
            now_ms,
            new.redeemable_until_ms(),
            new.access_until_ms,
            new.walk.map(|walk| walk.walk.to_string()),
            new.issuer.device().map(|device| device.to_string()),
        ])?;
        Ok((id, secret))
    }

    /// Takes an invitation back.
    pub(crate) fn revoke_invitation(&self, area: AreaId, id: Uuid, now_ms: i64) -> Result<(), ControlError> {
        let sql = "UPDATE invitations SET revoked_at_ms = ?3
                   WHERE id = ?1 AND area_id = ?2 AND member_id IS NULL AND revoked_at_ms IS NULL";
        let rows = self.conn.prepare_cached(sql)?.execute(params![id.to_string(), area.to_string(), now_ms])?;
        changed_one(rows, "invitation")
    }

    /// Takes back the links by which a member could add further devices.
    pub(super) fn revoke_hand_overs(&self, member: RowId, now_ms: i64) -> Result<(), ControlError> {
        let sql = "UPDATE invitations SET revoked_at_ms = ?2
                   WHERE member_id = ?1 AND uses_left > 0 AND revoked_at_ms IS NULL";
        self.conn.prepare_cached(sql)?.execute(params![member.to_string(), now_ms])?;
        Ok(())
    }

    /// Takes back what was issued with a device and still works: whoever had stolen it may have done that.
    pub(super) fn revoke_issued_with(&self, device: &str, now_ms: i64) -> Result<(), ControlError> {
        if trygkort_core::mutant!(LeaveWhatAStolenDeviceIssued) {
            return Ok(());
        }
        let sql = "UPDATE invitations SET revoked_at_ms = ?2
                   WHERE issued_by_device = ?1 AND uses_left > 0 AND revoked_at_ms IS NULL";
        self.conn.prepare_cached(sql)?.execute(params![device, now_ms])?;
        Ok(())
    }

    /// Takes back what the last start of a demo server printed.
    pub(crate) fn revoke_demo_invitations(&self, area: AreaId, now_ms: i64) -> Result<(), ControlError> {
        let sql = "UPDATE invitations SET revoked_at_ms = ?2
                   WHERE area_id = ?1 AND issued_by = 'demo' AND revoked_at_ms IS NULL";
        self.conn.prepare_cached(sql)?.execute(params![area.to_string(), now_ms])?;
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "called on columns just read")]
pub(super) fn role(word: String) -> Result<Role, ControlError> {
    word.parse().map_err(|_| ControlError::BadValue("role"))
}
