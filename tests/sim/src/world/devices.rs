//! What happens on devices.

use super::*;
use trygkort_core::wire::from_bytes;
use trygkort_core::wire::v1::{Restart, SPEAKS, SyncResponse};

/// What stands in an answer, in words.
fn in_words(answer: &Answer) -> String {
    let Ok(response) = from_bytes::<SyncResponse>(&answer.body) else { return format!("status {}", answer.status) };
    let restart = response.restart.map(|told| {
        let Restart { epoch, after, taken } = told;
        format!(", begins anew: epoch {epoch}, the same up to {after}, taken up to {taken:?}")
    });
    let origin = response.incarnation.map(|origin| format!(", is to be origin {origin}"));
    let page = format!("{} verdicts, log {}..{}", response.verdicts.len(), response.page.from, response.page.to);
    [page, restart.unwrap_or_default(), origin.unwrap_or_default()].concat()
}

impl World {
    pub(super) fn deed(&mut self, at: usize) {
        self.act(at, people::act);
    }

    /// Somebody does something on a device, whose disk or power may fail meanwhile.
    pub(super) fn act(&mut self, at: usize, act: impl FnOnce(&mut Device, &mut Vec<Form>, u64, &Rng) -> Deed) {
        if self.devices[at].app.is_none() {
            return;
        }
        self.turn_clock(at);
        self.numbers += 1;
        let number = self.numbers;
        self.break_disk(at);
        let deed = act(&mut self.devices[at], &mut self.forms[at], number, &self.rng);
        self.note(at, deed);
        self.mend_disk(at);
        let wait = self.rng.between(0, 10_000);
        self.at(wait, Event::Sync(at));
    }

    pub(super) fn note(&mut self, at: usize, deed: Deed) {
        let Deed { what, words, row, saved } = deed;
        let device = &mut self.devices[at];
        let came_of_it = match saved {
            Ok(Some(UndoId(counter))) => {
                device.undo.push(UndoId(counter));
                device.written.push(Written { token: device.token, counter, words, row });
                self.out.count("actions");
                format!("action {counter}")
            }
            Ok(None) => "nothing changed".to_owned(),
            Err(error) => format!("{:?}", error.code),
        };
        self.say(|w| format!("{} {what}: {came_of_it}", w.devices[at].name));
    }

    pub(super) fn turn_clock(&mut self, at: usize) {
        if self.strikes(Fault::ClockJump) {
            let skew = &self.devices[at].skew_ms;
            skew.set(skew.get() + self.rng.between(-2 * HOUR_MS, 2 * HOUR_MS));
            self.say(|w| format!("{}'s clock jumps", w.devices[at].name));
        }
    }

    /// Decides whether a device's disk or power fails during what comes now.
    pub(super) fn break_disk(&mut self, at: usize) {
        if self.strikes(Fault::DeviceCrash) {
            let failure = if self.rng.percent(50) { Failure::PowerLoss } else { Failure::Torn(Tear::Half) };
            self.devices[at].disk.fail_after(Call::Write, self.rng.below(12), failure);
        } else if self.strikes(Fault::DeviceDisk) {
            let failure = if self.rng.percent(50) { Failure::Once } else { Failure::Full };
            self.devices[at].disk.fail_after(Call::Write, self.rng.below(12), failure);
        }
    }

    pub(super) fn mend_disk(&mut self, at: usize) {
        if !self.devices[at].disk.dead() {
            self.devices[at].disk.mend();
            return;
        }
        self.out.count("device crashes");
        let survival = survival(&self.rng);
        self.say(|w| format!("{} loses its power; of what was not synced there is: {survival:?}", w.devices[at].name));
        self.devices[at].crash(survival_of(survival, &self.rng));
        let wait = self.rng.between(0, 20_000);
        self.at(wait, Event::Start(at));
    }

    pub(super) fn start(&mut self, at: usize) {
        if self.devices[at].app.is_some() {
            return;
        }
        self.say(|w| format!("{} starts", w.devices[at].name));
        if let Err(what) = self.devices[at].start() {
            self.wrong(what);
        }
        self.at(1, Event::Sync(at));
    }

    pub(super) fn sync(&mut self, at: usize) {
        self.split(at);
        let device = &mut self.devices[at];
        let Some(app) = device.app.as_mut().filter(|_| device.call.is_none()) else { return };
        app.request_sync();
        self.go_on(at);
    }

    /// A device makes the next call, if it has one to make.
    pub(super) fn go_on(&mut self, at: usize) {
        if self.devices[at].call.is_some() {
            return;
        }
        let Some(message) = self.message(at) else { return };
        self.at(PATIENCE_MS, Event::GiveUp { device: at, call: message.call });
        self.send(at, message);
    }

    /// The next call that a device has to make, which it waits for from now on.
    pub(super) fn message(&mut self, at: usize) -> Option<Message> {
        let device = &mut self.devices[at];
        let (call, request) = device.app.as_mut().and_then(App::next_sync)?;
        self.numbers += 1;
        device.call = Some((self.numbers, call));
        let to = To::of(&request);
        Some(Message { token: device.token, call: self.numbers, to, body: device.said(to, request.body) })
    }

    /// Somebody brings the program of a device up to date, which ends it in the middle of whatever it did.
    pub(super) fn upgrade(&mut self, at: usize) {
        let device = &mut self.devices[at];
        device.speaks = Some(SPEAKS);
        if device.app.is_some() {
            device.crash(Survival::Everything);
        }
        self.out.count("upgrades");
        self.say(|w| format!("{} gets today's program", w.devices[at].name));
        self.start(at);
    }

    pub(super) fn split(&mut self, at: usize) {
        if self.strikes(Fault::Split) {
            let until = self.now_ms.get() + self.rng.between(10_000, 4 * HOUR_MS);
            self.devices[at].offline_until = until;
            self.out.count("splits");
            self.say(|w| format!("{} has no network for {} s", w.devices[at].name, (until - w.now_ms.get()) / 1000));
        }
    }

    pub(super) fn give_up(&mut self, at: usize, number: u64) {
        if self.devices[at].call.as_ref().is_some_and(|(known, _)| *known == number) {
            self.say(|w| format!("{} gives up waiting", w.devices[at].name));
            self.finish(at, Err(NetworkError));
        }
    }

    pub(super) fn answer(&mut self, answer: Answer) {
        let waits = |device: &Device| {
            device.token == answer.token && device.call.as_ref().is_some_and(|(number, _)| *number == answer.call)
        };
        let Some(at) = self.devices.iter().position(waits) else {
            return self.say(|_| format!("d{} gets an answer that it waits for no more", answer.token));
        };
        self.say(|w| format!("{} gets its answer: {}", w.devices[at].name, in_words(&answer)));
        let before = self.devices[at].reader();
        self.finish(at, Ok(HttpResponse { status: answer.status, body: answer.body }));
        if self.devices[at].app.is_some() {
            self.devices[at].learn();
            self.look_at_scopes(at, &before, answer.reader.as_ref());
        }
    }

    /// Somebody copies a device, and both go on.
    pub(super) fn copy_device(&mut self) {
        let at = self.rng.index(self.devices.len());
        if self.devices[at].app.is_none() {
            return;
        }
        self.out.count("copied devices");
        self.twice.insert(self.devices[at].token);
        self.say(|w| format!("{} is copied", w.devices[at].name));
        match self.devices[at].copy() {
            Ok(copy) => {
                self.devices.push(copy);
                self.forms.push(Vec::new());
                self.at(1, Event::Sync(self.devices.len() - 1));
            }
            Err(what) => self.wrong(what),
        }
    }

    /// Somebody backs a device up, or puts it back to what its backup holds.
    pub(super) fn back_up_device(&mut self) {
        let at = self.rng.index(self.devices.len());
        let device = &mut self.devices[at];
        let Some((image, count)) = device.backup.take() else {
            device.backup = Some((device.disk.image(), device.written.len()));
            return self.say(|w| format!("{} is backed up", w.devices[at].name));
        };
        device.crash(Survival::Nothing);
        device.disk.restore(&image);
        device.undo.clear();
        device.put_back = true;
        self.forms[at].clear();
        // What had not left the device when it was put back is gone with it.
        let since = device.written.split_off(count);
        device.written.extend(since.into_iter().filter(|one| self.server.knows(one)));
        self.out.count("restored devices");
        self.twice.insert(self.devices[at].token);
        self.say(|w| format!("{} is put back to its backup", w.devices[at].name));
        self.start(at);
    }

    /// A device takes what became of its call.
    pub(super) fn finish(&mut self, at: usize, response: Result<HttpResponse, NetworkError>) {
        self.break_disk(at);
        let device = &mut self.devices[at];
        let (Some((_, call)), Some(app)) = (device.call.take(), device.app.as_mut()) else { return };
        app.finish_sync(call, response);
        let wait = app.retry_after_ms().and_then(|wait| i64::try_from(wait).ok());
        self.mend_disk(at);
        if self.devices[at].app.is_none() {
            return;
        }
        let Some(status) = self.devices[at].status() else { return };
        self.say(|w| format!("{} is {:?}, {} unsent", w.devices[at].name, status.state, status.pending));
        match wait {
            // A retry after the last deed is left to the end, where everything is healed. Asking again and again while
            // there is no network shows nothing new, so the next retry is the one that finds it back.
            Some(wait) if self.deeds_left() => {
                let back = self.devices[at].offline_until - self.now_ms.get();
                self.at(wait.max(back), Event::Sync(at));
            }
            // To ask anew is to exchange first: a photo would wait for ever.
            None if self.faults.list().contains(&Fault::Photo) => self.at(1, Event::GoOn(at)),
            None if status.pending > 0 || status.state == SyncState::Running => self.at(1, Event::Sync(at)),
            // There may be more of the log to read, or the files of a snapshot to fetch.
            None => self.at(1, Event::GoOn(at)),
            Some(_) => {}
        }
    }

    pub(super) fn deeds_left(&self) -> bool {
        self.events.values().any(|event| matches!(event, Event::Deed(_)))
    }

    /// Once a device has taken an answer, it reads what the server said, and otherwise what it read before. It may not
    /// have heard yet of what was decided since the server answered.
    fn look_at_scopes(&mut self, at: usize, before: &Reader, told: Option<&Reader>) {
        let (mut wrong, device) = (Vec::new(), &mut self.devices[at]);
        let taken = device.status().is_some_and(|status| matches!(status.state, SyncState::Idle | SyncState::Running));
        let knows = device.reader();
        let expected = told.filter(|_| taken).unwrap_or(before);
        if knows != *expected {
            wrong.push(format!("{} takes itself for {knows:?}, was {before:?} and heard {told:?}", device.name));
        }
        check::scopes(device, expected, &mut wrong);
        wrong.into_iter().for_each(|what| self.wrong(what));
    }
}
