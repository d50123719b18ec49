//! The server: the real log of an area on a disk that fails, and what `control.db` would know.

mod erasures;
mod handed_over;
mod photos;
mod snapshots;
mod walks;

use crate::check;
use crate::device::{Written, member_of};
use crate::disk::{Disk, Image, Survival};
use crate::older;
use crate::prepared::{self, SERVER_FILE, START_MS};
use crate::rng::Rng;
pub(crate) use photos::PhotoCall;
use photos::{Files, Photos};
use std::collections::{BTreeMap, BTreeSet};
use trygkort_core::app::HttpRequest;
use trygkort_core::domain::{Reader, Role, RowId};
use trygkort_core::hub::roster::{self, Roster};
use trygkort_core::hub::{AreaLog, CROWD, HubError, Peer};
use trygkort_core::seal::Hash;
use trygkort_core::store::StoreError;
use trygkort_core::wire::from_bytes;
use trygkort_core::wire::v1::{Action, Reason, SyncRequest, SyncResponse, Verdict};
use uuid::Uuid;
use walks::Walks;
pub(crate) use walks::reads;

/// What a device sent.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// Whose token came with it.
    pub(crate) token: u32,
    /// The number of the call, for the answer: calls of copies of one device differ.
    pub(crate) call: u64,
    pub(crate) to: To,
    pub(crate) body: Vec<u8>,
}

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    /// `POST /api/v1/sync`
    Exchange,
    /// `GET /api/v1/snapshot/…`
    Snapshot(Hash),
    /// `POST /api/v1/hand-in`
    HandIn,
    /// `POST /api/v1/deliver`: what another device could not send itself.
    Deliver,
    Photos(PhotoCall),
}

impl To {
    /// By the address of a request.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        if let Some(call) = PhotoCall::of(request) {
            return To::Photos(call);
        }
        let (_, last) = request.url.rsplit_once('/').expect("an address");
        match blake3::Hash::from_hex(last) {
            Ok(hash) => To::Snapshot(*hash.as_bytes()),
            Err(_) if last == "hand-in" => To::HandIn,
            Err(_) => To::Exchange,
        }
    }
}

/// What the server said to a message, after it was safe.
pub(crate) struct Answer {
    pub(crate) token: u32,
    pub(crate) call: u64,
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// What the device's member read just then, where the answer says so.
    pub(crate) reader: Option<Reader>,
}

/// An action that was acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) action: Action,
    pub(crate) verdict: Verdict,
}

/// What it says to a device that is locked out.
const REVOKED: &[u8] = br#"{"code":"revoked"}"#;

/// The server of the area.
pub(crate) struct Server {
    pub(crate) disk: Disk,
    pub(crate) log: Option<AreaLog>,
    pub(crate) inbox: Vec<Message>,
    /// Of each device that has joined.
    pub(crate) roles: BTreeMap<u32, Role>,
    /// The public key of each device that gave one when it joined.
    pub(crate) keys: BTreeMap<u32, Hash>,
    /// The origins of each device: the one it joined with, and those that were given out when two went by one.
    pub(crate) incarnations: BTreeMap<u32, BTreeSet<u32>>,
    next_origin: u32,
    rng: Rng,
    /// Its clock is ahead by so much.
    pub(crate) wrong_by_ms: i64,
    /// The earliest and the latest time at which it judged anything, by its own clock.
    pub(crate) earliest_ms: i64,
    pub(crate) latest_ms: i64,
    /// The files of snapshots, by their hashes: they lie beside the log, and in no backup.
    pub(crate) snapshots: BTreeMap<Hash, Vec<u8>>,
    /// What was erased by hand, in a file that no backup holds.
    pub(crate) erasures: BTreeSet<RowId>,
    /// Pages end after so many bytes, if not where people's do.
    pub(crate) page_bytes: Option<usize>,
    /// It was put back to a backup.
    pub(crate) restored: bool,
    /// A copy of its file, and of the photos.
    backup: Option<(Image, Files)>,
    photos: Photos,
    /// Members who may have been told less, or have been allowed less, for a while.
    pub(crate) demoted: BTreeSet<RowId>,
    pub(crate) revoked: BTreeSet<u32>,
    walks: Walks,
    /// Devices that were locked out, and have handed in what they had not sent.
    pub(crate) handed_in: BTreeSet<u32>,
    /// Everything that was acknowledged, whether or not the answer arrived. One action may be judged twice.
    pub(crate) judged: BTreeMap<(u32, u64), Vec<Judged>>,
    /// The rows that each action names which ever came in, whatever became of it, and of the server since.
    pub(crate) heard: BTreeMap<(u32, u64), BTreeSet<RowId>>,
    /// What does not hold though it must.
    pub(crate) wrong: Vec<String>,
}

impl Server {
    /// A server with the prepared area and these devices, numbered from 1.
    pub(crate) fn new(roles: &[Role], rng: &Rng) -> Self {
        let roles = (1..).zip(roles.iter().copied()).collect();
        let mut server = Self {
            disk: Disk::of(&prepared::prepared().server),
            log: None,
            inbox: Vec::new(),
            roles,
            keys: BTreeMap::new(),
            incarnations: BTreeMap::new(),
            next_origin: 5_000,
            rng: rng.split(),
            wrong_by_ms: 0,
            earliest_ms: START_MS,
            latest_ms: START_MS,
            snapshots: BTreeMap::new(),
            erasures: BTreeSet::new(),
            page_bytes: None,
            restored: false,
            backup: None,
            photos: Photos::default(),
            demoted: BTreeSet::new(),
            revoked: BTreeSet::new(),
            walks: Walks::default(),
            handed_in: BTreeSet::new(),
            judged: BTreeMap::new(),
            heard: BTreeMap::new(),
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
        let log = AreaLog::open(connection, prepared::area(), prepared::keys(&self.rng));
        let mut log = log.map_err(|error| format!("the server does not start: {error}"))?;
        if let Some(bytes) = self.page_bytes {
            log.set_page_bytes(bytes);
        }
        self.log = Some(log);
        drop(self.sweep_when_due());
        Ok(())
    }

    /// The power is cut, in the middle of whatever was going on.
    pub(crate) fn crash(&mut self, survival: Survival<'_>) {
        self.disk.cut();
        self.log = None;
        self.photos.crash(&self.rng);
        self.disk.crash(survival);
    }

    /// Where the log stands in each scope, with the hash of everything before: two logs with the same heads are the same.
    pub(crate) fn heads(&self) -> Vec<String> {
        let Some(log) = &self.log else { return Vec::new() };
        let sql = "SELECT scope || ' ' || seq || ' ' || hex(hash) FROM head ORDER BY scope";
        let mut statement = log.connection().prepare(sql).expect("a sound disk");
        let heads = statement.query_map([], |row| row.get(0)).expect("a sound disk");
        heads.map(|head| head.expect("a sound disk")).collect()
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
        self.demoted.insert(member);
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
        (self.earliest_ms, self.latest_ms) = (self.earliest_ms.min(now_ms), self.latest_ms.max(now_ms));
        let inbox = std::mem::take(&mut self.inbox);
        let failed = |message: &Message| answer(message, 503, Vec::new());
        // Now and then more push at once than there are in this world.
        let pushed = self.rng.index(2) * CROWD;
        if self.log().begin_after(pushed).is_err() {
            return inbox.iter().map(failed).collect();
        }
        let answers: Vec<Answer> = inbox.iter().map(|message| self.take(message, now_ms)).collect();
        if self.log().commit().is_err() {
            return inbox.iter().map(failed).collect();
        }
        if self.photos.committed() {
            // When the power is gone just then, it is done at the next start.
            drop(self.sweep_when_due());
        }
        for (message, answer) in inbox.iter().zip(&answers) {
            if message.to == To::HandIn && answer.status == 200 {
                self.handed_in.insert(message.token);
            }
            self.note(message, answer);
        }
        answers
    }

    fn take(&mut self, message: &Message, now_ms: i64) -> Answer {
        if self.revoked.contains(&message.token) && message.to != To::HandIn {
            match self.sends_its_last(message) {
                Ok(true) => {}
                Ok(false) => return answer(message, 401, REVOKED.to_vec()),
                Err(_) => return answer(message, 503, Vec::new()),
            }
        }
        match message.to {
            To::HandIn => self.take_hand_in(message, now_ms),
            To::Deliver => self.take_delivery(message, now_ms),
            To::Exchange => self.exchange(message, now_ms),
            To::Snapshot(hash) => match self.snapshot_file(message.token, &hash) {
                Some(content) => answer(message, 200, content),
                None => answer(message, 404, Vec::new()),
            },
            To::Photos(call) => self.take_photo_call(message, call),
        }
    }

    fn exchange(&mut self, message: &Message, now_ms: i64) -> Answer {
        let request = from_bytes::<SyncRequest>(&message.body).unwrap_or_default();
        self.hear(&request);
        let origin = self.own_origin(message.token, request.origin);
        let peer = Peer { next_origin: Some(self.next_origin), ..self.peer(message.token, origin) };
        match self.log().exchange(&peer, &message.body, now_ms) {
            Ok(done) => {
                self.photos.erased |= done.erased;
                let response: SyncResponse = from_bytes(&done.body).expect("the server's own");
                self.next_origin += response.incarnation.unwrap_or(0).min(1);
                let reader = self.told_reader(message.token, request.speaks);
                Answer { reader: Some(reader), ..answer(message, 200, done.body) }
            }
            Err(HubError::BadRequest(_)) => answer(message, 400, Vec::new()),
            Err(HubError::Outdated { .. }) => answer(message, 426, Vec::new()),
            Err(HubError::Store(_)) => answer(message, 503, Vec::new()),
        }
    }

    fn hear(&mut self, request: &SyncRequest) {
        for action in &request.actions {
            self.heard.entry((request.origin, action.counter)).or_default().extend(check::named_by(action));
        }
    }

    /// A device that goes by this origin now.
    fn peer(&self, token: u32, origin: u32) -> Peer {
        let key = self.keys.get(&token).copied();
        Peer { key, reader: self.reader(token), ..Peer::new(origin, member_of(token), self.roles[&token]) }
    }

    /// The origin that a device says it goes by, if it is one of its own.
    fn own_origin(&self, token: u32, claimed: u32) -> u32 {
        let own = self.incarnations.get(&token).is_some_and(|origins| origins.contains(&claimed));
        if own { claimed } else { token }
    }

    /// The device that went by an origin.
    fn token_of(&self, origin: u32) -> Option<u32> {
        let is = |token: &&u32| **token == origin || self.incarnations.get(token).is_some_and(|o| o.contains(&origin));
        self.roles.keys().find(is).copied()
    }

    /// Copies the file, as `trygkort backup` does.
    pub(crate) fn back_up(&mut self) -> Result<(), StoreError> {
        self.backup = Some((self.disk.image(), self.photos.files.clone()));
        let log = self.log();
        let head = log.head_position()?;
        log.begin()?;
        let done = log.set_backed_up(head);
        if done.is_err() {
            log.rollback();
            return done;
        }
        log.commit()
    }

    /// Puts the copy back: as `trygkort restore` does, or by hand, which nobody is told. Returns whether there is one.
    pub(crate) fn restore(&mut self, by_hand: bool, now_ms: i64) -> Result<bool, String> {
        let Some((backup, files)) = self.backup.clone() else { return Ok(false) };
        self.crash(Survival::Nothing);
        self.inbox.clear();
        self.disk.restore(&backup);
        self.start()?;
        // What was acknowledged since comes back from whoever has it, under another position and verdict.
        self.judged.clear();
        self.restored = true;
        if !by_hand {
            self.snapshots.clear();
            self.photos.restore(files);
            let log = self.log();
            let begun = log.begin().and_then(|()| log.begin_epoch(now_ms)).and_then(|_| log.commit());
            begun.map_err(|error| format!("the server's restore fails: {error}"))?;
            self.erase_again(now_ms).map_err(|error| format!("the server's restore erases nothing: {error}"))?;
        }
        Ok(true)
    }

    /// Remembers what was acknowledged, and looks whether the answer holds what it must not.
    fn note(&mut self, message: &Message, answer: &Answer) {
        if answer.status != 200 || message.to != To::Exchange {
            return;
        }
        let request: SyncRequest = from_bytes(&message.body).expect("it was answered");
        let response: SyncResponse = from_bytes(&answer.body).expect("the server's own");
        if let Some(origin) = response.incarnation {
            self.incarnations.entry(message.token).or_default().insert(origin);
        }
        let reader = self.reader(message.token);
        let scopes = response.page.entries.iter().flat_map(|entry| &entry.scopes).map(|part| part.scope);
        if let Some(scope) =
            scopes.chain(response.page.heads.iter().map(|head| head.scope)).find(|scope| !reads(&reader, *scope))
        {
            self.wrong.push(format!("d{} is {reader:?} and was sent scope {scope}", message.token));
        }
        if let Some(what) = older::beyond(request.speaks, &response) {
            self.wrong.push(format!("d{} speaks {:?} and was sent {what}", message.token, request.speaks));
        }
        let not_all = response.restart.is_some() || response.incarnation.is_some();
        if !not_all && request.actions.len() != response.verdicts.len() {
            let (pushed, judged) = (request.actions.len(), response.verdicts.len());
            self.wrong.push(format!("d{} pushed {pushed} actions, {judged} were judged", message.token));
        }
        for (index, verdict) in response.verdicts.into_iter().enumerate() {
            // Not all are judged when the device is to go on under another number.
            let at =
                if not_all { request.actions.iter().position(|a| a.counter == verdict.counter) } else { Some(index) };
            let Some(action) = at.and_then(|at| request.actions.get(at)).cloned() else {
                self.wrong.push(format!("d{} got a verdict on what it did not push", message.token));
                continue;
            };
            self.note_verdict(request.origin, action, verdict);
        }
    }

    fn note_verdict(&mut self, origin: u32, action: Action, verdict: Verdict) {
        // Who speaks less is told of a missing reference instead.
        let is_erased = matches!(verdict.reason, Some(Reason::Erased | Reason::Reference));
        let speaks_of_erased = is_erased && self.speaks_of_erased(&action);
        let given_back = self.restored && verdict.position.is_some();
        let earlier = self.judged.entry((origin, action.counter)).or_default();
        match earlier.iter_mut().find(|known| known.action == action) {
            Some(known) if known.verdict == verdict => {}
            // It was refused for another reason, and what it speaks of was erased since.
            Some(known) if known.verdict.reason.is_some() && speaks_of_erased => known.verdict = verdict,
            // It was in the log that was lost, and somebody has given it back since.
            Some(known) if known.verdict.reason.is_some() && given_back => known.verdict = verdict,
            Some(known) => {
                let before = known.verdict;
                self.wrong.push(format!("d{origin}'s action {} was {before:?}, then {verdict:?}", action.counter));
            }
            None => earlier.push(Judged { action, verdict }),
        }
    }

    /// The origins that a device ever went by.
    pub(crate) fn origins_of<'a>(&'a self, token: &'a u32) -> impl Iterator<Item = &'a u32> {
        self.incarnations.get(token).into_iter().flatten().chain([token])
    }

    /// Whether it has judged what somebody wrote.
    pub(crate) fn knows(&self, written: &Written) -> bool {
        let own = |action: &Action| match &written.words {
            Some(words) => action.rows.iter().flat_map(|row| &row.fields).any(|field| field.value.text() == words),
            None => action.counter == written.counter,
        };
        let judged =
            self.origins_of(&written.token).flat_map(|origin| self.judged.range((*origin, 0)..=(*origin, u64::MAX)));
        judged.flat_map(|(_, judged)| judged).any(|judged| own(&judged.action))
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
            let incarnations = self.incarnations.get(origin).into_iter().flatten();
            roster.devices.extend([origin].into_iter().chain(incarnations).map(|incarnation| roster::Device {
                id: RowId(Uuid::from_u128(0x00de_0000 + u128::from(*incarnation))),
                member: id,
                name: format!("Device {origin}"),
                origin: *incarnation,
                added_at_ms: START_MS,
                revoked_at_ms: self.revoked.contains(origin).then_some(START_MS),
            }));
        }
        roster.walks = self.walks.roster();
        roster
    }
}

fn answer(message: &Message, status: u16, body: Vec<u8>) -> Answer {
    Answer { token: message.token, call: message.call, status, body, reader: None }
}
