//! How a run ends: everything is healed, and then everything must hold.

use super::*;
use trygkort_core::wire::v1::SPEAKS_WALKS;

impl World {
    /// The network works again, everything has power, and everyone exchanges until nothing is left to say.
    pub(super) fn heal(&mut self) {
        self.say(|_| "everything works again".to_owned());
        self.turn_server_clock(0);
        let month = self.faults.strikes(Fault::Month, &self.later);
        self.faults = Faults::none();
        if month {
            // What lies in the trash now: the month begins when the server has seen it there.
            self.look_into_trash_after(DAY_MS);
            self.wait(31 * DAY_MS);
        }
        if let Err(error) = self.server.erase_again(self.now_ms.get()) {
            self.wrong(format!("what is to be erased is not: {error}"));
        }
        for at in 0..self.devices.len() {
            self.devices[at].offline_until = 0;
            if self.devices[at].call.is_some() {
                self.finish(at, Err(NetworkError));
            }
        }
        self.exchange_all();
        if month {
            // What was deleted a month ago and came today.
            self.look_into_trash_after(DAY_MS);
            self.look_into_trash_after(31 * DAY_MS);
            self.exchange_all();
        }
        self.exchange_all();
        self.look_at_photos();
    }

    /// The server looks into the trash once a day, when somebody asks it for something: everyone here may be locked out.
    fn look_into_trash_after(&mut self, time_ms: i64) {
        self.wait(time_ms);
        if time_ms > 30 * DAY_MS && self.server.sweep_photos().is_err() {
            self.wrong("the photos that no row names cannot be looked for".to_owned());
        }
        self.read_by(Device::new(2_000, Role::Resident, &self.now_ms, &self.rng));
    }

    fn wait(&mut self, time_ms: i64) {
        self.now_ms.set(self.now_ms.get() + time_ms);
        self.say(|_| format!("{} days go by", time_ms / DAY_MS));
    }

    fn exchange_all(&mut self) {
        for at in 0..self.devices.len() {
            self.exchange_until_quiet(at);
        }
    }

    pub(super) fn exchange_until_quiet(&mut self, at: usize) {
        if let Some(app) = &mut self.devices[at].app {
            app.request_sync();
        }
        for _ in 0..1_000 {
            let Some(message) = self.message(at) else { return };
            if matches!(message.to, To::Snapshot(_)) {
                self.out.count("snapshot files fetched");
            }
            self.server.inbox.push(message);
            let answers = self.server.take_inbox(self.now_ms.get());
            answers.into_iter().for_each(|answer| self.answer(answer));
        }
        self.wrong(format!("{} never comes to rest", self.devices[at].name));
    }

    /// Looks whether everything holds, now that there is nothing left to say.
    pub(super) fn judge(&mut self) {
        let mut wrong = Vec::new();
        for device in &mut self.devices {
            let Some(status) = device.status() else {
                wrong.push(format!("{} holds nothing any more", device.name));
                continue;
            };
            let revoked = self.server.revoked.contains(&device.token);
            let expected = if revoked { SyncState::Revoked } else { SyncState::Idle };
            if status.state != expected || status.pending > 0 {
                wrong.push(format!("{} ends as {:?} with {} unsent", device.name, status.state, status.pending));
            }
        }
        check::server(&self.server, &mut wrong);
        let fresh = self.fresh();
        let (here, away): (Vec<Device>, Vec<Device>) =
            self.devices.drain(..).partition(|device| !self.server.revoked.contains(&device.token));
        let now_ms = self.now_ms.get();
        check::erased(&mut self.server, self.put_back_by_hand, now_ms, &mut wrong);
        check::photos(&mut self.server, &here, &away, &mut wrong);
        check::readers(&here, &self.server, &mut wrong);
        check::alike(&here, &fresh, &mut wrong);
        check::clocks(&self.server, &mut wrong);
        let kept = self.server.log.as_ref().map(|log| Kept::read(log.connection()));
        for device in away.iter().filter(|device| !device.dump().is_empty()) {
            wrong.push(format!("{} is locked out and holds rows", device.name));
        }
        let put_back: BTreeSet<u32> =
            here.iter().chain(&away).filter(|device| device.put_back).map(|device| device.token).collect();
        let written: Vec<Written> = here.iter().chain(&away).flat_map(|device| device.written.clone()).collect();
        if let Some(Ok(kept)) = &kept {
            *self.out.counts.entry("rows erased in all").or_default() += kept.erased_count();
            check::erased_words(&written, kept, &self.server, &here, &mut wrong);
        }
        let on_devices: Vec<_> =
            here.into_iter().chain(away).map(|device| (device.token, device.into_kept())).collect();
        match kept {
            Some(Ok(kept)) => {
                check::acknowledged(&self.server, &kept, &mut wrong);
                let revoked = |one: &Written| self.server.revoked.contains(&one.token);
                let demoted = |one: &Written| self.server.demoted.contains(&member_of(one.token));
                // What a restored server lost comes from who wrote or read it. The author is locked out, was put back as
                // well, or had to forget it with a role; and perhaps nobody else had read it.
                let forgot = |one: &Written| revoked(one) || demoted(one) || put_back.contains(&one.token);
                let lost = |one: &Written| self.may_lose && self.server.restored && forgot(one);
                // Of two devices with one token, the first hands in for good, and the other's words go with it.
                let gone = |one: &Written| lost(one) || revoked(one) && self.twice.contains(&one.token);
                let written: Vec<Written> = written.into_iter().filter(|one| !gone(one)).collect();
                check::written(&written, &self.server, &kept, &on_devices, &mut wrong);
            }
            other => wrong.push(format!("the server's file cannot be read: {:?}", other.map(Result::err))),
        }
        let refused = Reason::Permission;
        *self.out.counts.entry("actions refused for permission").or_default() += self.server.refused_for(refused);
        *self.out.counts.entry("actions judged").or_default() += self.server.judged.len() as u64;
        wrong.into_iter().for_each(|what| self.wrong(what));
    }

    /// What a new device of each reader there is holds. One that takes a snapshot holds the same.
    pub(super) fn fresh(&mut self) -> BTreeMap<Reader, String> {
        if self.out.counts.contains_key("snapshots") {
            self.make_snapshot();
        }
        let readers: BTreeSet<Reader> = self.devices.iter().map(Device::reader).collect();
        let mut fresh = BTreeMap::new();
        for (number, reader) in (0..).zip(readers) {
            let Reader { role, walks } = reader.clone();
            // Numbers of members with one device.
            let (by_log, by_snapshot) = (1_000 + 3 * number, 1_300 + 3 * number);
            self.server.roles.insert(by_log, role);
            self.server.set_walks(by_log, walks.clone());
            self.server.set_walks(by_snapshot, walks);
            let mut device = Device::new(by_log, role, &self.now_ms, &self.rng);
            if self.server.told_reader(by_log, device.speaks) != reader {
                // Of walks that all of its role read, an old program is told nothing.
                device.make_old(Some(SPEAKS_WALKS - 1));
            }
            let speaks = device.speaks;
            let dump = self.read_by(device);
            if self.out.counts.contains_key("snapshots") {
                let mut newcomer = Device::newcomer(by_snapshot, role, &self.now_ms, &self.later);
                newcomer.make_old(speaks);
                if self.read_by(newcomer) != dump {
                    self.wrong(format!("{reader:?} who took a snapshot does not hold what others hold"));
                }
            }
            fresh.insert(reader, dump);
        }
        fresh
    }

    /// What a device holds after it has read everything.
    fn read_by(&mut self, device: Device) -> String {
        self.server.roles.insert(device.token, device.told);
        self.server.keys.insert(device.token, device.key);
        self.devices.push(device);
        self.exchange_until_quiet(self.devices.len() - 1);
        let mut device = self.devices.pop().expect("it was pushed");
        let dump = device.dump();
        device.crash(Survival::Nothing);
        dump
    }
}
