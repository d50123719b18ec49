//! A server and two devices, one of which has the disk that fails.

use super::aged::aged;
use super::{Machine, Story};
use crate::check::{self, Kept};
use crate::device::{Device, Written};
use crate::disk::{Disk, Survives};
use crate::people::{self, Deed, Form};
use crate::prepared::{self, START_MS};
use crate::rng::Rng;
use crate::server::{Message, Server, To};
use std::cell::Cell;
use std::fmt::Display;
use std::rc::Rc;
use trygkort_core::app::{App, HttpResponse, NetworkError};
use trygkort_core::domain::{Role, RowId};
use trygkort_core::ipc::{SyncState, UndoId};

/// A disk stays full until it was noticed so often.
const NOTICED_MAX: u32 = 3;

pub(super) struct Run {
    pub(super) story: Story,
    machine: Machine,
    survives: Survives,
    pub(super) now_ms: Rc<Cell<i64>>,
    pub(super) server: Server,
    /// The first one is the one that fails.
    pub(super) devices: [Device; 2],
    /// What was written before the story begins, by whoever.
    before: Vec<Written>,
    forms: Vec<Form>,
    calls: u64,
    /// How often a device asked for a snapshot's file.
    pub(super) fetched: u64,
    /// How often it was noticed that the disk had failed.
    noticed: u32,
}

impl Run {
    pub(super) fn new(story: Story, machine: Machine, survives: Survives) -> Self {
        let (rng, now_ms) = (Rng::new(1), Rc::new(Cell::new(START_MS)));
        let mut server = Server::new(&[Role::Coordinator; 5], &rng);
        let reader = |origin| Device::new(origin, Role::Coordinator, &now_ms, &rng);
        let newcomer = |origin| Device::newcomer(origin, Role::Coordinator, &now_ms, &rng);
        let devices = match (story, machine) {
            (Story::Newcomer, _) => [newcomer(1), reader(2)],
            // Those of the first version read no chain: the server makes it, and these read it from the start.
            (Story::Update, Machine::Server) => [newcomer(4), newcomer(5)],
            _ => [reader(1), reader(2)],
        };
        server.keys.extend(devices.iter().map(|device| (device.token, device.key)));
        let (before, forms) = (Vec::new(), Vec::new());
        let mut run =
            Self { story, machine, survives, now_ms, server, devices, before, forms, calls: 0, fetched: 0, noticed: 0 };
        match story {
            // Everything is written once more: a snapshot is of use where the log is longer.
            Story::Newcomer => prepared::fill(run.server.log.as_mut().expect("it has power")),
            Story::Update => run.take_back_in_time(),
            _ => {}
        }
        run
    }

    /// Puts the files of the first version in the place of the machine's. It is off then.
    fn take_back_in_time(&mut self) {
        let aged = aged();
        self.server.log = None;
        self.server.judged.clone_from(&aged.judged);
        self.before.clone_from(&aged.written);
        if self.machine == Machine::Server {
            // What the device had not sent is not here.
            self.before.retain(|one| self.server.knows(one));
            self.server.disk.restore(&aged.old_server);
        } else {
            self.server.disk.restore(&aged.server);
            self.server.start().expect("a sound disk");
            self.devices[0].app = None;
            self.devices[0].disk.restore(&aged.old_device);
        }
    }

    pub(super) fn disk(&self) -> Disk {
        match self.machine {
            Machine::Device => self.devices[0].disk.clone(),
            Machine::Server => self.server.disk.clone(),
        }
    }

    /// Whether anything has failed yet.
    pub(super) fn failed(&self) -> bool {
        self.disk().struck() > 0
    }

    /// After the story everything works, and then everything must hold.
    pub(super) fn end(&mut self) -> Result<(), String> {
        self.disk().mend();
        for at in [0, 1, 0, 1] {
            self.exchange(at)?;
        }
        self.judge()
    }

    /// Somebody does what a number says.
    pub(super) fn write(&mut self, at: usize, number: u64) {
        let rng = Rng::new(number);
        let deed = people::act(&mut self.devices[at], &mut self.forms, number, &rng);
        self.note(at, deed);
    }

    /// Notes what somebody was told to be kept. Returns its row.
    pub(super) fn note(&mut self, at: usize, deed: Deed) -> Option<RowId> {
        let device = &mut self.devices[at];
        let UndoId(counter) = deed.saved.ok()??;
        device.written.push(Written { token: device.token, counter, words: deed.words, row: deed.row });
        deed.row
    }

    /// Does on the server what its keeper tries again until it works.
    pub(super) fn insist<T, E: Display>(
        &mut self,
        what: &str,
        work: impl Fn(&mut Server) -> Result<T, E>,
    ) -> Result<T, String> {
        let mut error = String::new();
        for _ in 0..=NOTICED_MAX + 1 {
            let done = work(&mut self.server).map_err(|failed| error = failed.to_string());
            self.bring_back()?;
            if let Ok(done) = done {
                return Ok(done);
            }
        }
        Err(format!("the server cannot {what}: {error}"))
    }

    /// Gives power to whoever has lost it, and after a while room to whoever had none; whatever is off is started.
    pub(super) fn bring_back(&mut self) -> Result<(), String> {
        if self.failed() {
            self.noticed += 1;
        }
        let mut done = self.start();
        for _ in 0..2 {
            if done.is_ok() && !self.disk().dead() {
                break;
            }
            // Without room it may not even start; with room it must.
            self.noticed = NOTICED_MAX;
            done = self.start();
        }
        done
    }

    fn start(&mut self) -> Result<(), String> {
        if self.disk().dead() {
            self.crash();
        } else if self.noticed >= NOTICED_MAX {
            self.disk().mend();
        }
        if self.server.log.is_none() {
            self.server.start()?;
        }
        if self.devices[0].app.is_none() { self.devices[0].start() } else { Ok(()) }
    }

    fn crash(&mut self) {
        let Self { survives, machine, server, devices, .. } = self;
        survives.tell(|survival| match machine {
            Machine::Device => devices[0].crash(survival),
            Machine::Server => server.crash(survival),
        });
    }

    pub(super) fn exchange(&mut self, at: usize) -> Result<(), String> {
        if let Some(app) = &mut self.devices[at].app {
            app.request_sync();
        }
        for _ in 0..20 {
            let device = &mut self.devices[at];
            let Some((call, request)) = device.app.as_mut().and_then(App::next_sync) else { return Ok(()) };
            self.calls += 1;
            let to = To::of(&request);
            self.fetched += u64::from(matches!(to, To::Snapshot(_)));
            self.server.inbox.push(Message { token: device.token, call: self.calls, to, body: request.body });
            let answer = self.server.take_inbox(self.now_ms.get() + 1_000).pop();
            let lost = self.machine == Machine::Server && self.disk().dead();
            let response = answer.filter(|_| !lost).map(|a| HttpResponse { status: a.status, body: a.body });
            if let Some(app) = &mut self.devices[at].app {
                app.finish_sync(call, response.ok_or(NetworkError));
            }
            self.bring_back()?;
        }
        Err(format!("d{} never comes to rest", self.devices[at].token))
    }

    fn judge(&mut self) -> Result<(), String> {
        let mut wrong = Vec::new();
        for device in &mut self.devices {
            let status = device.status();
            if status.as_ref().is_none_or(|status| status.state != SyncState::Idle || status.pending > 0) {
                wrong.push(format!("d{} ends as {status:?}", device.token));
            }
        }
        let [first, second] = self.devices.each_ref().map(Device::dump);
        if first != second || first.is_empty() {
            wrong.push("the devices do not hold the same".to_owned());
        }
        check::server(&self.server, &mut wrong);
        check::erased(&mut self.server, false, self.now_ms.get(), &mut wrong);
        let kept = self.server.log.as_ref().map(|log| Kept::read(log.connection()));
        let kept = kept.ok_or("no server")?.map_err(|error| error.to_string())?;
        let of_devices = self.devices.iter().flat_map(|device| &device.written);
        let written: Vec<Written> = self.before.iter().chain(of_devices).cloned().collect();
        check::acknowledged(&self.server, &kept, &mut wrong);
        check::written(&written, &self.server, &kept, &[], &mut wrong);
        check::erased_words(&written, &kept, &self.server, &self.devices, &mut wrong);
        wrong.extend(self.devices[0].damage());
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}
