//! The server: the real log of an area on a disk that fails, and what `control.db` would know.

use crate::device::member_of;
use crate::disk::{Disk, Survival};
use crate::prepared::{self, SERVER_FILE, START_MS};
use std::collections::{BTreeMap, BTreeSet};
use trygkort_core::domain::{Role, RowId};
use trygkort_core::hub::roster::{self, Roster};
use trygkort_core::hub::{AreaLog, HubError, Peer};
use trygkort_core::wire::from_bytes;
use trygkort_core::wire::v1::{Action, Reason, SyncRequest, SyncResponse, Verdict};
use uuid::Uuid;

/// What a device sent.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// Whose token came with it.
    pub(crate) origin: u32,
    /// The number of the call, for the answer.
    pub(crate) call: u64,
    pub(crate) body: Vec<u8>,
}

/// What the server said to a message, after it was safe.
pub(crate) struct Answer {
    pub(crate) origin: u32,
    pub(crate) call: u64,
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// An action that was acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) action: Action,
    pub(crate) verdict: Verdict,
}

/// The server of the area.
pub(crate) struct Server {
    pub(crate) disk: Disk,
    pub(crate) log: Option<AreaLog>,
    pub(crate) inbox: Vec<Message>,
    /// Of each origin that has joined.
    pub(crate) roles: BTreeMap<u32, Role>,
    pub(crate) revoked: BTreeSet<u32>,
    /// Everything that was acknowledged, whether or not the answer arrived. One action may be judged twice.
    pub(crate) judged: BTreeMap<(u32, u64), Vec<Judged>>,
    /// What does not hold though it must.
    pub(crate) wrong: Vec<String>,
}

impl Server {
    /// A server with the prepared area and these devices, numbered from 1.
    pub(crate) fn new(roles: &[Role]) -> Self {
        let roles = (1..).zip(roles.iter().copied()).collect();
        let mut server = Self {
            disk: Disk::of(&prepared::prepared().server),
            log: None,
            inbox: Vec::new(),
            roles,
            revoked: BTreeSet::new(),
            judged: BTreeMap::new(),
            wrong: Vec::new(),
        };
        server.share_roles();
        server.start().expect("a prepared disk opens");
        server.mirror(START_MS).expect("a sound disk");
        server
    }

    /// The devices of one member have one role.
    fn share_roles(&mut self) {
        let mut of_member = BTreeMap::new();
        for (origin, role) in &mut self.roles {
            *role = *of_member.entry(member_of(*origin)).or_insert(*role);
        }
    }

    pub(crate) fn start(&mut self) -> Result<(), String> {
        let connection =
            self.disk.connect(SERVER_FILE).map_err(|error| format!("the server does not start: {error}"))?;
        let log = AreaLog::open(connection, prepared::area());
        self.log = Some(log.map_err(|error| format!("the server does not start: {error}"))?);
        Ok(())
    }

    /// The power is cut, in the middle of whatever was going on.
    pub(crate) fn crash(&mut self, survival: Survival<'_>) {
        self.disk.cut();
        self.log = None;
        self.disk.crash(survival);
    }

    fn log(&mut self) -> &mut AreaLog {
        self.log.as_mut().expect("only a server with power is asked")
    }

    /// Gives a member another role, on all their devices.
    pub(crate) fn set_role(&mut self, origin: u32, role: Role) {
        let member = member_of(origin);
        for (_, known) in self.roles.iter_mut().filter(|(origin, _)| member_of(**origin) == member) {
            *known = role;
        }
    }

    /// Shows in the log what has changed of members and devices.
    pub(crate) fn mirror(&mut self, now_ms: i64) -> Result<(), HubError> {
        let roster = self.roster();
        let log = self.log();
        log.begin()?;
        match log.mirror(&roster, now_ms) {
            Ok(_) => Ok(log.commit()?),
            Err(error) => {
                log.rollback();
                Err(error)
            }
        }
    }

    /// Takes everything that has arrived in one transaction, as the server does with what comes at once. `None`: the disk
    /// failed, and nobody is answered anything but that.
    pub(crate) fn take_inbox(&mut self, now_ms: i64) -> Vec<Answer> {
        let inbox = std::mem::take(&mut self.inbox);
        let failed = |message: &Message| answer(message, 503, Vec::new());
        if self.log().begin().is_err() {
            return inbox.iter().map(failed).collect();
        }
        let answers: Vec<Answer> = inbox.iter().map(|message| self.exchange(message, now_ms)).collect();
        if self.log().commit().is_err() {
            return inbox.iter().map(failed).collect();
        }
        for (message, answer) in inbox.iter().zip(&answers) {
            self.note(message, answer);
        }
        answers
    }

    fn exchange(&mut self, message: &Message, now_ms: i64) -> Answer {
        if self.revoked.contains(&message.origin) {
            return answer(message, 401, Vec::new());
        }
        let role = self.roles[&message.origin];
        let peer = Peer { origin: message.origin, member: member_of(message.origin), role };
        match self.log().exchange(&peer, &message.body, now_ms) {
            Ok(done) => answer(message, 200, done.body),
            Err(HubError::BadRequest(_)) => answer(message, 400, Vec::new()),
            Err(HubError::Outdated { .. }) => answer(message, 426, Vec::new()),
            Err(HubError::Store(_)) => answer(message, 503, Vec::new()),
        }
    }

    /// Remembers what was acknowledged, and looks whether the answer holds what it must not.
    fn note(&mut self, message: &Message, answer: &Answer) {
        if answer.status != 200 {
            return;
        }
        let request: SyncRequest = from_bytes(&message.body).expect("it was answered");
        let response: SyncResponse = from_bytes(&answer.body).expect("the server's own");
        let role = self.roles[&message.origin];
        let readable: Vec<u8> = role.readable().iter().map(|scope| scope.number()).collect();
        let scopes = response.page.entries.iter().flat_map(|entry| &entry.scopes).map(|part| part.scope);
        if let Some(scope) =
            scopes.chain(response.page.heads.iter().map(|head| head.scope)).find(|s| !readable.contains(s))
        {
            self.wrong.push(format!("d{} is {role} and was sent scope {scope}", message.origin));
        }
        if request.actions.len() != response.verdicts.len() {
            self.wrong.push(format!(
                "d{} pushed {} actions, {} were judged",
                message.origin,
                request.actions.len(),
                response.verdicts.len()
            ));
        }
        for (action, verdict) in request.actions.into_iter().zip(response.verdicts) {
            self.note_verdict(message.origin, action, verdict);
        }
    }

    fn note_verdict(&mut self, origin: u32, action: Action, verdict: Verdict) {
        let earlier = self.judged.entry((origin, action.counter)).or_default();
        match earlier.iter().find(|known| known.action == action) {
            Some(known) if known.verdict != verdict => {
                self.wrong
                    .push(format!("d{origin}'s action {} was {:?}, then {verdict:?}", action.counter, known.verdict));
            }
            Some(_) => {}
            None => earlier.push(Judged { action, verdict }),
        }
    }

    /// How many actions were refused for this.
    pub(crate) fn refused_for(&self, reason: Reason) -> u64 {
        self.judged.values().flatten().filter(|judged| judged.verdict.reason == Some(reason)).count() as u64
    }

    fn roster(&self) -> Roster {
        let mut roster = Roster::default();
        for (origin, role) in &self.roles {
            let id = member_of(*origin);
            if roster.members.iter().all(|member| member.id != id) {
                let name = format!("Member {origin}");
                roster.members.push(roster::Member { id, role: *role, name, joined_at_ms: START_MS });
            }
            roster.devices.push(roster::Device {
                id: RowId(Uuid::from_u128(0x00de_0000 + u128::from(*origin))),
                member: id,
                name: format!("Device {origin}"),
                origin: *origin,
                added_at_ms: START_MS,
                revoked_at_ms: self.revoked.contains(origin).then_some(START_MS),
            });
        }
        roster
    }
}

fn answer(message: &Message, status: u16, body: Vec<u8>) -> Answer {
    Answer { origin: message.origin, call: message.call, status, body }
}
