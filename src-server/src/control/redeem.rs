//! Redeeming: an invitation becomes a device with a token.

use super::devices::{NewDevice, uuid};
use super::invitations::role;
use super::{ControlError, Reader, Writer};
use crate::secrets::{self, Secret, SecretHash};
use rusqlite::{OptionalExtension, params};
use trygkort_core::domain::{AreaId, Role, RowId};
use uuid::Uuid;

/// For how long a device whose answer was lost on the way may ask for it again.
const REPEAT_MS: i64 = 24 * 3_600_000;

/// What a device brings.
pub(crate) struct Redeem {
    pub(crate) secret: SecretHash,
    /// The same whenever the device asks again because no answer came.
    pub(crate) attempt: Option<SecretHash>,
    pub(crate) member_name: String,
    pub(crate) device_name: String,
    /// What the device signs with.
    pub(crate) public_key: Option<[u8; 32]>,
}

/// What it gets.
pub(crate) struct Redeemed {
    pub(crate) area: AreaId,
    pub(crate) area_name: String,
    pub(crate) demo: bool,
    pub(crate) role: Role,
    pub(crate) member: RowId,
    pub(crate) device: Uuid,
    pub(crate) origin: u32,
    pub(crate) token: Secret,
}

/// An invitation as it is found by its secret.
struct Found {
    id: String,
    area: AreaId,
    area_name: String,
    demo: bool,
    role: Role,
    /// Set for a hand-over.
    member: Option<RowId>,
    /// When the access of a new member ends.
    access_until_ms: Option<i64>,
    /// The walk it is for.
    walk: Option<String>,
    taken_back: bool,
    /// It can still be redeemed.
    open: bool,
}

/// A device that is let in.
struct LetIn {
    device: Uuid,
    member: RowId,
    origin: u32,
}

/// The device that an earlier request of the same attempt made.
struct Earlier {
    made: LetIn,
    made_at_ms: i64,
    locked_out: bool,
    /// The token has been used, so the answer with it was not lost.
    arrived: bool,
}

impl Reader<'_> {
    fn invitation(&self, secret: SecretHash, now_ms: i64) -> Result<Option<Found>, ControlError> {
        let now_ms = if trygkort_core::mutant!(RedeemWhatHasExpired) { 0 } else { now_ms };
        let sql = "SELECT i.id, i.area_id, a.name, a.demo, i.role, i.member_id, i.revoked_at_ms IS NOT NULL,
                          i.uses_left > 0 AND i.expires_at_ms > ?2, i.access_until_ms,
                          i.walk_id
                   FROM invitations i JOIN areas a ON a.id = i.area_id WHERE i.secret_hash = ?1";
        let found = self
            .conn
            .prepare_cached(sql)?
            .query_row(params![secret.0, now_ms], |row| {
                let invitation =
                    (row.get(0)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?, (row.get(8)?, row.get(9)?));
                Ok((invitation, (row.get(1)?, row.get(2)?, row.get(3)?)))
            })
            .optional()?;
        let Some((invitation, (area, area_name, demo))) = found else { return Ok(None) };
        let (id, word, member, taken_back, lasts, (access_until_ms, walk)) = invitation;
        let member: Option<String> = member;
        Ok(Some(Found {
            id,
            area: AreaId(RowId(uuid(area)?)),
            area_name,
            demo,
            role: role(word)?,
            member: member.map(uuid).transpose()?.map(RowId),
            access_until_ms,
            walk,
            taken_back,
            open: lasts && (!taken_back || trygkort_core::mutant!(RedeemWhatWasTakenBack)),
        }))
    }

    fn earlier(&self, invitation: &Found, attempt: Option<SecretHash>) -> Result<Option<Earlier>, ControlError> {
        let Some(attempt) = attempt else { return Ok(None) };
        let sql = "SELECT id, member_id, origin, created_at_ms, revoked_at_ms IS NOT NULL,
                          last_seen_ms IS NOT NULL
                   FROM devices WHERE invitation_id = ?1 AND attempt_hash = ?2";
        let found = self
            .conn
            .prepare_cached(sql)?
            .query_row(params![invitation.id, attempt.0], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
            })
            .optional()?;
        let Some((device, member, origin, made_at_ms, locked_out, arrived)) = found else { return Ok(None) };
        let made = LetIn { device: uuid(device)?, member: RowId(uuid(member)?), origin };
        Ok(Some(Earlier { made, made_at_ms, locked_out, arrived }))
    }
}

impl Writer<'_> {
    /// Turns an invitation into a device with a token: of a new member, or of the member who handed over. The same
    /// attempt again gets the same device: its first answer was lost on the way.
    pub(crate) fn redeem(&self, ask: &Redeem, now_ms: i64) -> Result<Redeemed, ControlError> {
        let found = self.reader().invitation(ask.secret, now_ms)?.ok_or(ControlError::InvitationUnknown)?;
        let (token, hash) = secrets::TOKEN.generate()?;
        let LetIn { device, member, origin } = match self.reader().earlier(&found, ask.attempt)? {
            Some(earlier) => self.let_in_again(&found, earlier, ask, hash, now_ms)?,
            None => self.let_in(&found, ask, hash, now_ms)?,
        };
        let Found { area, area_name, demo, role, .. } = found;
        Ok(Redeemed { area, area_name, demo, role, member, device, origin, token })
    }

    fn let_in(&self, invitation: &Found, ask: &Redeem, token: SecretHash, now_ms: i64) -> Result<LetIn, ControlError> {
        if !invitation.open {
            return Err(ControlError::InvitationSpent);
        }
        let spend = "UPDATE invitations SET uses_left = uses_left - 1 WHERE id = ?1";
        if !trygkort_core::mutant!(RedeemTwiceWhatIsForOne) {
            self.conn.prepare_cached(spend)?.execute([&invitation.id])?;
        }
        let member = match invitation.member {
            Some(member) => member,
            None => self.add_member(invitation, &ask.member_name, now_ms)?,
        };
        if let Some(walk) = &invitation.walk {
            self.put_on_walk(invitation.area, walk, member, now_ms)?;
        }
        let (device, origin) = (Uuid::now_v7(), self.next_origin(invitation.area)?);
        let new = NewDevice {
            id: device,
            member,
            area: invitation.area,
            origin,
            name: &ask.device_name,
            token,
            invitation: &invitation.id,
            attempt: ask.attempt,
            public_key: ask.public_key,
        };
        self.add_device(&new, now_ms)?;
        Ok(LetIn { device, member, origin })
    }

    /// Whether the invitation has been used up or has expired meanwhile does not matter; that it was taken back does.
    /// Once the token has been used, a repeat is late or somebody else's: it must not replace it.
    /// The token replaces the one that never arrived, and the names are those that were typed last.
    fn let_in_again(
        &self,
        invitation: &Found,
        earlier: Earlier,
        ask: &Redeem,
        token: SecretHash,
        now_ms: i64,
    ) -> Result<LetIn, ControlError> {
        if invitation.taken_back || earlier.locked_out || earlier.arrived || now_ms - earlier.made_at_ms > REPEAT_MS {
            return Err(ControlError::InvitationSpent);
        }
        let LetIn { device, member, .. } = &earlier.made;
        let sql = "UPDATE devices SET token_hash = ?2, name = ?3, public_key = ?4 WHERE id = ?1";
        let values = params![device.to_string(), token.0, ask.device_name, ask.public_key];
        self.conn.prepare_cached(sql)?.execute(values)?;
        if invitation.member.is_none() {
            let sql = "UPDATE members SET name = ?2 WHERE id = ?1";
            self.conn.prepare_cached(sql)?.execute([member.to_string().as_str(), &ask.member_name])?;
        }
        Ok(earlier.made)
    }

    fn add_member(&self, invitation: &Found, name: &str, now_ms: i64) -> Result<RowId, ControlError> {
        let id = RowId(Uuid::now_v7());
        let sql = "INSERT INTO members (id, area_id, role, name, created_at_ms, access_until_ms)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let Found { area, role, access_until_ms, .. } = invitation;
        let values = params![id.to_string(), area.to_string(), role.as_str(), name, now_ms, access_until_ms];
        self.conn.prepare_cached(sql)?.execute(values)?;
        Ok(id)
    }
}
