//! `control.db` on a disk of which every call fails once, in every way it can. Afterwards whoever was let in is in,
//! whoever was locked out is out, what was used up stays used up, and the file is sound.

use super::redeem::Redeemed;
use super::{ControlDb, ControlError, Deed, Issuer, NewArea, NewAuditLine, NewInvitation, Redeem, Writer};
use crate::group_commit::{self, job};
use crate::secrets::{self, Secret, SecretHash};
use trygkort_core::domain::{AreaId, Role, RowId};
use trygkort_sim::disk::{Disk, Fault, Survival, Survives};
use uuid::Uuid;

const FILE: &str = "control.db";
const NOW_MS: i64 = 1_795_000_000_000;
/// A disk stays full until it was noticed so often.
const NOTICED_MAX: u32 = 3;
const AREA: AreaId = AreaId(RowId(Uuid::from_u128(1)));

/// A server's `control.db`, and whoever keeps it running.
struct Office {
    disk: Disk,
    survives: Survives,
    db: Option<ControlDb>,
    noticed: u32,
}

/// What was acknowledged.
struct Known {
    stays: Redeemed,
    goes: Redeemed,
    used_up: Secret,
    taken_back: Secret,
}

impl Office {
    fn new(survives: Survives) -> Self {
        Self { disk: Disk::new(), survives, db: None, noticed: 0 }
    }

    /// Does what is tried again until it is acknowledged, as the server does it.
    fn insist<T: Send + 'static>(
        &mut self,
        work: impl Fn(&Writer<'_>) -> Result<T, ControlError> + Clone + Send + 'static,
    ) -> Result<T, String> {
        let mut last = "the file cannot be opened".to_owned();
        for _ in 0..=2 * NOTICED_MAX {
            if let Some(db) = &mut self.db {
                let work = work.clone();
                let (job, mut answer) = job(move |db: &mut ControlDb| db.write_in_batch(work));
                group_commit::run(db, vec![job]);
                match answer.try_recv().map_err(|error| error.to_string())? {
                    Ok(done) => return Ok(done),
                    Err(error) => last = error.to_string(),
                }
            }
            self.bring_back();
        }
        Err(format!("it never works: {last}"))
    }

    /// Gives the machine its power back, and a full disk room after a while.
    fn bring_back(&mut self) {
        if self.disk.dead() {
            self.db = None;
            self.survives.tell(|survival| self.disk.crash(survival));
        } else if self.disk.struck() > 0 {
            self.noticed += 1;
        }
        if self.noticed >= NOTICED_MAX {
            self.disk.mend();
        }
        if self.db.is_none() {
            self.db = self.disk.connect(FILE).ok().and_then(|conn| ControlDb::on(conn).ok());
        }
    }

    fn invite(&mut self, uses: u32) -> Result<(Uuid, Secret), String> {
        let new = NewInvitation {
            area: AREA,
            role: Role::Staff,
            member: None,
            issuer: Issuer::CommandLine,
            uses,
            expires_at_ms: NOW_MS + 1,
            access_until_ms: None,
            walk: None,
        };
        self.insist(move |writer| writer.invite(&new, NOW_MS))
    }

    /// Lives through everything that must not be lost. What may have been done though nobody said so is done again.
    fn tell(&mut self) -> Result<Known, String> {
        self.insist(|writer| match writer.reader().has_area(AREA)? {
            true => Ok(()),
            false => writer.add_area(&NewArea { id: AREA, name: "Prøveparken", demo: false }, NOW_MS),
        })?;
        let (_, used_up) = self.invite(1)?;
        let stays = self.redeem(&used_up, 1)?;
        let (id, taken_back) = self.invite(5)?;
        let goes = self.redeem(&taken_back, 2)?;
        self.insist(move |writer| match writer.revoke_invitation(AREA, id, NOW_MS) {
            Err(ControlError::NotFound(_)) => Ok(()),
            revoked => revoked,
        })?;
        let (member, other) = (stays.member, goes.member);
        self.insist(move |writer| writer.change_role(AREA, member, Role::Participant))?;
        self.insist(move |writer| writer.lock_out_member(AREA, other, NOW_MS))?;
        let line = NewAuditLine::beside(Deed::LockOut, Some(AREA));
        self.insist(move |writer| writer.note(&line, NOW_MS))?;
        Ok(Known { stays, goes, used_up, taken_back })
    }

    fn redeem(&mut self, secret: &Secret, attempt: u8) -> Result<Redeemed, String> {
        let secret = hash(secret);
        self.insist(move |writer| writer.redeem(&ask(secret, attempt), NOW_MS))
    }

    /// Pulls the plug, lets the disk be sound again, and looks whether all that was acknowledged is there.
    fn judge(&mut self, known: &Known) -> Result<(), String> {
        self.db = None;
        self.disk.cut();
        self.disk.crash(Survival::Nothing);
        self.disk.mend();
        let conn = self.disk.connect(FILE).map_err(|error| error.to_string())?;
        let mut db = ControlDb::on(conn).map_err(|error| error.to_string())?;
        let wrong = db.write(|writer| wrong_with(writer, known)).map_err(|error: ControlError| error.to_string())?;
        let found = db.check().map_err(|error| error.to_string())?;
        let wrong: Vec<String> = wrong.into_iter().map(str::to_owned).chain(found).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}

fn hash(secret: &Secret) -> SecretHash {
    secrets::INVITATION.hash_of(secret.expose()).unwrap()
}

fn ask(secret: SecretHash, attempt: u8) -> Redeem {
    Redeem {
        secret,
        attempt: Some(SecretHash([attempt; 32])),
        member_name: "Ida".to_owned(),
        device_name: "Telefon".to_owned(),
        public_key: None,
    }
}

fn wrong_with(writer: &Writer<'_>, known: &Known) -> Result<Vec<&'static str>, ControlError> {
    let reader = writer.reader();
    let identity = |device: &Redeemed| reader.identify(secrets::TOKEN.hash_of(device.token.expose()).unwrap(), NOW_MS);
    let (stays, goes) = (identity(&known.stays)?, identity(&known.goes)?);
    let spent = |secret| matches!(writer.redeem(&ask(hash(secret), 9), NOW_MS), Err(ControlError::InvitationSpent));
    let devices: u32 = reader.conn.query_row("SELECT COUNT(*) FROM devices", [], |row| row.get(0))?;
    let all = [
        (reader.has_area(AREA)?, "the area is gone"),
        (stays.is_some_and(|who| !who.revoked && who.role == Role::Participant), "who was let in is not in"),
        (goes.is_some_and(|who| who.revoked), "who was locked out is in"),
        (spent(&known.used_up), "what was used up works"),
        (spent(&known.taken_back), "what was taken back works"),
        (devices == 2, "an attempt to redeem made two devices"),
        (!reader.audit()?.is_empty(), "the audit is gone"),
    ];
    Ok(all.into_iter().filter(|(holds, _)| !holds).map(|(_, wrong)| wrong).collect())
}

#[test]
fn nothing_acknowledged_is_lost_however_the_disk_fails() {
    let mut sound = Office::new(Survives::Nothing);
    let known = sound.tell().unwrap();
    let calls = sound.disk.take_calls();
    sound.judge(&known).unwrap();
    let faults = Fault::every(&calls);
    assert!(faults.len() > 500, "{} ways", faults.len());
    for fault in faults {
        let mut office = Office::new(fault.survives);
        fault.plan(&office.disk);
        let told = office.tell();
        assert!(office.disk.struck() > 0, "{fault:?} never struck");
        told.and_then(|known| office.judge(&known)).unwrap_or_else(|wrong| panic!("{fault:?}: {wrong}"));
    }
}
