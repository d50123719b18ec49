//! The run: what happens next, to whom, and what goes wrong with it.

mod devices;
mod end;
mod network;
mod photos;

use crate::check::{self, Kept};
use crate::device::{Device, Written, member_of};
use crate::disk::{Call, Failure, Survival, Tear};
use crate::fault::{Fault, Faults};
use crate::impostor;
use crate::older;
use crate::people::{self, Deed, Form};
use crate::prepared::START_MS;
use crate::rng::Rng;
use crate::schedule::Schedule;
use crate::server::{Answer, Message, Server, To};
use crate::stranger::Stranger;
use crate::trace::{self, Outcome};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use trygkort_core::app::{App, HttpResponse, NetworkError};
use trygkort_core::domain::{Entity, Reader, Role};
use trygkort_core::ipc::{SaveUnsent, SyncState, UndoId};
use trygkort_core::wire::v1::Reason;

/// After this time a device stops waiting for an answer.
const PATIENCE_MS: i64 = 30_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const TEN_YEARS_MS: i64 = 10 * 365 * DAY_MS;

/// Something that is going to happen. Devices go by their place in the list.
enum Event {
    /// Somebody does something.
    Deed(usize),
    /// A device synchronises, if it has something to do and no call under way.
    Sync(usize),
    /// A device has had an answer, and may want more.
    GoOn(usize),
    /// A message reaches the server.
    Arrive(Message),
    /// The server takes what has arrived.
    Commit,
    /// An answer reaches its device.
    Answer(Answer),
    /// A device stops waiting.
    GiveUp {
        device: usize,
        call: u64,
    },
    /// A device has power again.
    Start(usize),
    StrangerPushes,
    /// Somebody has a device's token and not its key.
    ImpostorPushes,
    MakeSnapshot,
    /// Somebody joins.
    Join,
    /// Somebody erases a row.
    Erase,
    /// Somebody has what a device had not sent in a file, and hands it over.
    Deliver,
    /// A device is locked out.
    LockOut,
    /// A member is put on a walk, or leaves it.
    Walk,
    Decide,
    /// Somebody copies a device.
    Copy,
    /// Somebody backs a device up, or puts it back.
    BackUpDevice,
    /// Somebody backs the server up, or puts it back.
    BackUpServer,
    /// The server's clock goes wrong by so many milliseconds, or right.
    ServerClock(i64),
    /// A device gets today's program.
    Upgrade(usize),
    /// Somebody does something with photos.
    Photo(usize),
}

/// Everything there is.
pub(crate) struct World {
    out: Outcome,
    rng: Rng,
    /// Decides about the faults that were added later, so that a seed goes on meaning what it meant.
    later: Rng,
    /// Decides when the server's clock is wrong, for the same reason.
    clocks: Rng,
    /// Decides whose program is older, for the same reason.
    programs: Rng,
    /// Decides about photos, for the same reason.
    pictures: Rng,
    /// What somebody on the network saw last of what a device pushed.
    overheard: Option<Message>,
    faults: Faults,
    now_ms: Rc<Cell<i64>>,
    events: BTreeMap<(i64, u64), Event>,
    numbers: u64,
    server: Server,
    devices: Vec<Device>,
    forms: Vec<Vec<Form>>,
    stranger: Option<Stranger>,
    /// The server's file was put back by hand and nobody was told: then the devices agree in the end, but what they had
    /// read may have been forgotten.
    put_back_by_hand: bool,
    /// What the server lost may be lost for good.
    may_lose: bool,
    /// Devices that were copied or put back: when they are locked out, one of them hands in.
    twice: BTreeSet<u32>,
    newcomers: u32,
}

impl World {
    /// The world of a schedule, with everything that is going to happen by itself.
    pub(crate) fn new(schedule: Schedule) -> Self {
        let rng = Rng::new(schedule.seed);
        let (now_ms, mut server) = (Rc::new(Cell::new(START_MS)), Server::new(&schedule.roles, &rng));
        let devices: Vec<Device> =
            server.roles.iter().map(|(origin, role)| Device::new(*origin, *role, &now_ms, &rng)).collect();
        server.keys.extend(devices.iter().map(|device| (device.token, device.key)));
        let may_lose = schedule.faults.may_lose();
        let mut world = Self {
            out: Outcome { seed: schedule.seed, ..Outcome::default() },
            forms: devices.iter().map(|_| Vec::new()).collect(),
            rng,
            later: Rng::new(schedule.seed ^ 0x1a7e),
            clocks: Rng::new(schedule.seed ^ 0xc10c5),
            programs: Rng::new(schedule.seed ^ 0x01d5),
            pictures: Rng::new(schedule.seed ^ 0xf0705),
            overheard: None,
            faults: schedule.faults,
            now_ms,
            events: BTreeMap::new(),
            numbers: 0,
            server,
            devices,
            stranger: None,
            put_back_by_hand: false,
            may_lose,
            twice: BTreeSet::new(),
            newcomers: 0,
        };
        world.say(|w| format!("{} devices; {:?}", w.devices.len(), w.faults.list()));
        world.set_clocks();
        world.invite_stranger();
        world.plan(schedule.deeds, schedule.span_ms);
        world
    }

    fn plan(&mut self, deeds: usize, span_ms: i64) {
        for _ in 0..deeds {
            let (device, at) = (self.rng.index(self.devices.len()), self.rng.between(0, span_ms));
            self.at(at, Event::Deed(device));
            let events = [
                (Fault::Stranger, Event::StrangerPushes),
                (Fault::RoleChange, Event::Decide),
                (Fault::Clone, Event::Copy),
                (Fault::DeviceRestore, Event::BackUpDevice),
                (Fault::DeviceRestore, Event::BackUpDevice),
                (Fault::ServerRestore, Event::BackUpServer),
                (Fault::ServerRestore, Event::BackUpServer),
            ];
            for (fault, event) in events {
                if self.faults.strikes(fault, &self.rng) {
                    self.at(at, event);
                }
            }
        }
        if self.faults.strikes(Fault::SmallPages, &self.later) {
            self.server.small_pages(self.later.index(6_000));
        }
        if self.faults.list().contains(&Fault::Walk) {
            self.server.begin_walks();
            self.mirror();
            // Most are on one when it begins; the fault is that they come and go.
            for _ in 0..self.devices.len() {
                self.go_on_a_walk();
            }
        }
        self.plan_later(deeds, span_ms);
        self.plan_clock(deeds, span_ms);
        self.plan_photos(deeds, span_ms);
        for device in 0..self.devices.len() {
            self.install(device, span_ms);
        }
        for device in 0..self.devices.len() {
            self.at(self.rng.between(0, 5_000), Event::Sync(device));
        }
    }

    fn plan_later(&mut self, deeds: usize, span_ms: i64) {
        for _ in 0..deeds {
            let events = [
                (Fault::Impostor, Event::ImpostorPushes),
                (Fault::Snapshot, Event::MakeSnapshot),
                (Fault::Newcomer, Event::Join),
                (Fault::Erase, Event::Erase),
                (Fault::Deliver, Event::Deliver),
                (Fault::LockOut, Event::LockOut),
                (Fault::Walk, Event::Walk),
            ];
            for (fault, event) in events {
                if self.faults.strikes(fault, &self.later) {
                    self.at(self.later.between(0, span_ms), event);
                }
            }
        }
    }

    /// So far that a whole day can come twice or not at all, and not so far that a month has gone by.
    fn plan_clock(&mut self, deeds: usize, span_ms: i64) {
        for _ in 0..deeds {
            if self.faults.strikes(Fault::ServerClock, &self.clocks) {
                let far = if self.clocks.percent(50) { 2 * HOUR_MS } else { DAY_MS + HOUR_MS };
                let (from, wrong_by) = (self.clocks.between(0, span_ms), self.clocks.between(-far, far));
                self.at(from, Event::ServerClock(wrong_by));
                self.at(from + self.clocks.between(1_000, span_ms), Event::ServerClock(0));
            }
        }
    }

    /// Decides which program a device has, and whether it gets today's meanwhile.
    fn install(&mut self, device: usize, span_ms: i64) {
        if !self.faults.strikes(Fault::OldProgram, &self.programs) {
            return;
        }
        let speaks = older::some(&self.programs);
        self.devices[device].make_old(speaks);
        self.out.count("old programs");
        self.say(|w| format!("{} has a program that speaks {}", w.devices[device].name, speaks.unwrap_or(0)));
        if self.programs.percent(40) {
            self.at(self.programs.between(0, span_ms), Event::Upgrade(device));
        }
    }

    fn set_clocks(&mut self) {
        for device in &self.devices {
            if self.faults.strikes(Fault::ClockSkew, &self.rng) {
                let far = if self.rng.percent(50) { HOUR_MS } else { TEN_YEARS_MS };
                device.skew_ms.set(self.rng.between(-far, far));
            }
        }
        let skews: Vec<i64> = self.devices.iter().map(|device| device.skew_ms.get() / 60_000).collect();
        self.say(|_| format!("clocks are ahead by these minutes: {skews:?}"));
    }

    fn invite_stranger(&mut self) {
        if self.faults.list().contains(&Fault::Stranger) {
            let origin = u32::try_from(self.devices.len() + 1).expect("few devices");
            let role = if self.rng.percent(50) { Role::Staff } else { Role::Coordinator };
            self.server.roles.insert(origin, role);
            self.server.set_role(origin, role);
            self.stranger = Some(Stranger::new(origin, &self.rng));
            self.say(|w| format!("d{origin} is a stranger's, {}", w.server.roles[&origin]));
            self.mirror();
        }
    }

    /// Lives until nothing more happens, and heals what is broken.
    pub(crate) fn live(mut self) -> Self {
        while let Some(((at, _), event)) = self.events.pop_first() {
            self.now_ms.set(at);
            self.happen(event);
        }
        self.heal();
        self.out.trace = trace::said();
        let dump = |device: &Device| format!("{} {:?} {}", device.name, device.reader(), device.dump());
        self.out.dumps = self.devices.iter().map(dump).chain(self.server.heads()).collect();
        self
    }

    /// What happened so far.
    pub(crate) fn outcome(&self) -> &Outcome {
        &self.out
    }

    /// Looks whether everything holds.
    pub(crate) fn judged(mut self) -> Outcome {
        self.judge();
        self.out.trace.extend(trace::said());
        self.out
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Deed(device) => self.deed(device),
            Event::Sync(device) => self.sync(device),
            Event::GoOn(device) => self.go_on(device),
            Event::Arrive(message) => self.arrive(message),
            Event::Commit => self.commit(),
            Event::Answer(answer) => self.answer(answer),
            Event::GiveUp { device, call } => self.give_up(device, call),
            Event::Start(device) => self.start(device),
            Event::StrangerPushes => self.stranger_pushes(),
            Event::ImpostorPushes => self.impostor_pushes(),
            Event::MakeSnapshot => self.make_snapshot(),
            Event::Join => self.join(),
            Event::Erase => self.erase(),
            Event::Deliver => self.deliver(),
            Event::LockOut => self.lock_out(),
            Event::Walk => self.go_on_a_walk(),
            Event::Decide => self.decide(),
            Event::Copy => self.copy_device(),
            Event::BackUpDevice => self.back_up_device(),
            Event::BackUpServer => self.back_up_server(),
            Event::ServerClock(wrong_by) => self.turn_server_clock(wrong_by),
            Event::Upgrade(device) => self.upgrade(device),
            Event::Photo(device) => self.photograph(device),
        }
    }

    // ---- Time and words ------------------------------------------------------------------------------------------

    fn at(&mut self, after_ms: i64, event: Event) {
        self.numbers += 1;
        self.events.insert((self.now_ms.get() + after_ms, self.numbers), event);
    }

    /// What the server takes the time for.
    fn server_ms(&self) -> i64 {
        self.now_ms.get() + self.server.wrong_by_ms
    }

    fn say(&mut self, words: impl FnOnce(&Self) -> String) {
        let seconds = (self.now_ms.get() - START_MS) / 1000;
        let line = format!("{seconds:>8} s  {}", words(self));
        trace::say(line);
    }

    fn wrong(&mut self, what: String) {
        self.say(|_| format!("WRONG: {what}"));
        self.out.wrong.push(what);
    }

    fn strikes(&mut self, fault: Fault) -> bool {
        self.faults.strikes(fault, &self.rng)
    }
}

/// What is left of what was not synced, as a word for the trace.
fn survival(rng: &Rng) -> &'static str {
    ["everything", "nothing", "some"][rng.index(3)]
}

fn survival_of<'a>(word: &str, rng: &'a Rng) -> Survival<'a> {
    match word {
        "everything" => Survival::Everything,
        "nothing" => Survival::Nothing,
        _ => Survival::Some(rng),
    }
}
