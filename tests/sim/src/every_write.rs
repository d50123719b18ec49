//! A short reference run, in which any one write can be the one that fails.

use crate::check::{self, Kept};
use crate::device::{Device, Written};
use crate::disk::{Disk, Failure, Survival};
use crate::people::{self, Form};
use crate::prepared::START_MS;
use crate::rng::Rng;
use crate::server::{Message, Server, To};
use std::cell::Cell;
use std::rc::Rc;
use trygkort_core::app::{App, HttpResponse, NetworkError};
use trygkort_core::domain::Role;
use trygkort_core::ipc::{SyncState, UndoId};

/// Whose disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    Device,
    Server,
}

/// How much of what was not synced survives, where the power is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survives {
    Everything,
    Nothing,
    /// Some writes and parts of some, as a number says.
    Some(u64),
}

/// What people do in the reference run, by the numbers that chance draws from; between them the devices exchange, and
/// one of them is started anew.
const DEEDS: u64 = 10;

/// What can be left after this failure.
#[must_use]
pub fn survivals(failure: Failure) -> &'static [Survives] {
    match failure {
        Failure::Once | Failure::Full => &[Survives::Nothing],
        Failure::PowerLoss => &[Survives::Everything, Survives::Nothing, Survives::Some(1)],
        Failure::Torn => &[Survives::Nothing, Survives::Some(2)],
    }
}

/// Every way in which any one write can fail.
#[must_use]
pub fn every_way() -> Vec<(Machine, u64, Failure, Survives)> {
    let failures = [Failure::Once, Failure::Full, Failure::PowerLoss, Failure::Torn];
    let mut ways = Vec::new();
    for machine in [Machine::Device, Machine::Server] {
        let count = writes(machine);
        for failure in failures {
            for survives in survivals(failure) {
                ways.extend((0..count).map(|write| (machine, write, failure, *survives)));
            }
        }
    }
    ways
}

/// How many writes the reference run makes on a machine's disk.
///
/// # Panics
/// When the reference run goes wrong without any failure.
#[must_use]
pub fn writes(machine: Machine) -> u64 {
    let mut run = Run::new(machine, Survives::Everything);
    let before = run.disk().writes();
    run.live().expect("nothing fails");
    run.disk().writes() - before
}

/// Lives through the reference run with one failure, from this write on. Afterwards the machine works again, and
/// everything must hold.
///
/// # Errors
/// What does not hold, in words.
pub fn fail_at(machine: Machine, write: u64, failure: Failure, survives: Survives) -> Result<(), String> {
    let mut run = Run::new(machine, survives);
    run.disk().fail_after(write, failure);
    run.live().map_err(|wrong| format!("{machine:?}, write {write}, {failure:?}, {survives:?} survives: {wrong}"))
}

struct Run {
    machine: Machine,
    survives: Survives,
    server: Server,
    /// The first one is the one that fails.
    devices: [Device; 2],
    forms: Vec<Form>,
    calls: u64,
}

impl Run {
    fn new(machine: Machine, survives: Survives) -> Self {
        let (rng, now_ms) = (Rng::new(1), Rc::new(Cell::new(START_MS)));
        let mut server = Server::new(&[Role::Coordinator; 2], &rng);
        let devices = [1, 2].map(|origin| Device::new(origin, Role::Coordinator, &now_ms, &rng));
        server.keys.extend(devices.iter().map(|device| (device.token, device.key)));
        Self { machine, survives, server, devices, forms: Vec::new(), calls: 0 }
    }

    fn disk(&self) -> Disk {
        match self.machine {
            Machine::Device => self.devices[0].disk.clone(),
            Machine::Server => self.server.disk.clone(),
        }
    }

    fn live(&mut self) -> Result<(), String> {
        for deed in 0..DEEDS {
            self.write(0, deed);
            self.bring_back()?;
            if deed % 3 == 1 {
                self.write(1, 1_000 + deed);
                self.exchange(1)?;
            }
            if deed % 2 == 1 {
                self.exchange(0)?;
            }
            if deed == DEEDS / 2 {
                self.start_anew()?;
            }
        }
        self.disk().mend();
        for at in [0, 1, 0, 1] {
            self.exchange(at)?;
        }
        self.judge()
    }

    fn write(&mut self, at: usize, number: u64) {
        let (device, rng) = (&mut self.devices[at], Rng::new(number));
        let deed = people::act(device, &mut self.forms, number, &rng);
        if let Ok(Some(UndoId(counter))) = deed.saved {
            device.written.push(Written { token: device.token, counter, words: deed.words, row: deed.row });
        }
    }

    /// Ends the application in order and starts it again.
    fn start_anew(&mut self) -> Result<(), String> {
        // A failure to write what is left shows in nothing but the file, which is looked at in the end.
        drop(self.devices[0].app.take().map(App::close));
        if !self.disk().dead() && self.devices[0].start().is_err() {
            // Without room it may not even start; with room it must.
            self.disk().mend();
            if !self.disk().dead() {
                self.devices[0].start()?;
            }
        }
        self.bring_back()
    }

    /// Gives power to whoever has lost it, and room to whoever had none.
    fn bring_back(&mut self) -> Result<(), String> {
        if !self.disk().dead() {
            if self.disk().struck() > 0 {
                self.disk().mend();
            }
            return Ok(());
        }
        let rng = Rng::new(if let Survives::Some(seed) = self.survives { seed } else { 0 });
        let survival = match self.survives {
            Survives::Everything => Survival::Everything,
            Survives::Nothing => Survival::Nothing,
            Survives::Some(_) => Survival::Some(&rng),
        };
        match self.machine {
            Machine::Device => {
                self.devices[0].crash(survival);
                self.devices[0].start()
            }
            Machine::Server => {
                self.server.crash(survival);
                self.server.start()
            }
        }
    }

    fn exchange(&mut self, at: usize) -> Result<(), String> {
        if let Some(app) = &mut self.devices[at].app {
            app.request_sync();
        }
        for _ in 0..20 {
            let device = &mut self.devices[at];
            let Some((call, request)) = device.app.as_mut().and_then(App::next_sync) else { return Ok(()) };
            self.calls += 1;
            let to = To::of(&request);
            self.server.inbox.push(Message { token: device.token, call: self.calls, to, body: request.body });
            let answer = self.server.take_inbox(START_MS + 1_000).pop();
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
        let kept = self.server.log.as_ref().map(|log| Kept::read(log.connection()));
        let kept = kept.ok_or("no server")?.map_err(|error| error.to_string())?;
        let written: Vec<Written> = self.devices.iter().flat_map(|device| device.written.clone()).collect();
        check::acknowledged(&self.server, &kept, &mut wrong);
        check::written(&written, &self.server, &kept, &[], &mut wrong);
        wrong.extend(self.devices[0].damage());
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}
