//! What happens between devices and server, and on the server.

use super::*;

impl World {
    pub(super) fn latency(&mut self) -> i64 {
        let slow = self.strikes(Fault::Delay);
        if slow { self.rng.between(1_000, 90_000) } else { self.rng.between(5, 300) }
    }

    pub(super) fn send(&mut self, at: usize, message: Message) {
        let name = format!("{}'s request of {} bytes", self.devices[at].name, message.body.len());
        if self.devices[at].offline_until > self.now_ms.get() || self.strikes(Fault::DropRequest) {
            self.out.count("dropped requests");
            return self.say(|_| format!("{name} is lost"));
        }
        self.say(|_| format!("{name} leaves"));
        self.overheard = Some(message.clone());
        if self.strikes(Fault::Duplicate) {
            self.out.count("duplicates");
            let late = self.rng.between(0, 100_000);
            self.at(late, Event::Arrive(message.clone()));
        }
        let latency = self.latency();
        self.at(latency, Event::Arrive(message));
    }

    pub(super) fn arrive(&mut self, message: Message) {
        if self.server.inbox.is_empty() {
            let wait = self.rng.between(0, 200);
            self.at(wait, Event::Commit);
        }
        self.server.inbox.push(message);
    }

    /// The server's files are on a disk of their own, where somebody cleans up, or a bit falls over.
    fn spoil_snapshots(&mut self) {
        for content in self.server.snapshots.values_mut() {
            if self.later.percent(50) {
                let at = self.later.index(content.len());
                content[at] ^= 1;
            }
        }
        if self.later.percent(50) {
            self.server.snapshots.pop_first();
        }
        self.out.count("spoilt snapshots");
        self.say(|_| "files of the snapshot are spoilt".to_owned());
    }

    pub(super) fn reply(&mut self, answer: Answer) {
        let device = self.devices.iter().find(|device| device.token == answer.token);
        let offline = device.is_none_or(|device| device.offline_until > self.now_ms.get());
        if offline || self.strikes(Fault::DropAnswer) {
            self.out.count("dropped answers");
            return self.say(|_| format!("the answer to d{} is lost", answer.token));
        }
        let latency = self.latency();
        self.at(latency, Event::Answer(answer));
    }

    pub(super) fn commit(&mut self) {
        self.break_server(16);
        let fetches = self.server.inbox.iter().filter(|message| matches!(message.to, To::Snapshot(_))).count();
        *self.out.counts.entry("snapshot files fetched").or_default() += fetches as u64;
        if fetches > 0 && self.faults.strikes(Fault::SnapshotFile, &self.later) {
            self.spoil_snapshots();
        }
        let from: Vec<String> = self.server.inbox.iter().map(|message| format!("d{}", message.token)).collect();
        let known = self.server.incarnations.values().map(BTreeSet::len).sum::<usize>();
        let answers = self.server.take_inbox(self.server_ms());
        let said: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        self.say(|_| format!("the server takes what {} sent: {said:?}", from.join(", ")));
        if self.mend_server() {
            return;
        }
        if self.server.incarnations.values().map(BTreeSet::len).sum::<usize>() > known {
            self.out.count("new incarnations");
            self.mirror();
        }
        answers.into_iter().for_each(|answer| self.reply(answer));
    }

    /// Decides whether the server's disk or power fails during what comes now, within so many writes.
    fn break_server(&mut self, writes: u64) {
        if self.strikes(Fault::ServerCrash) {
            let failure = if self.rng.percent(50) { Failure::PowerLoss } else { Failure::Torn(Tear::Half) };
            self.server.disk.fail_after(Call::Write, self.rng.below(writes), failure);
        } else if self.strikes(Fault::ServerDisk) {
            let failure = if self.rng.percent(50) { Failure::Once } else { Failure::Full };
            self.server.disk.fail_after(Call::Write, self.rng.below(writes), failure);
        }
    }

    /// The server works again; `true` when it had lost its power.
    fn mend_server(&mut self) -> bool {
        let dead = self.server.disk.dead();
        if dead {
            self.crash_server();
        } else {
            self.server.disk.mend();
        }
        dead
    }

    pub(super) fn crash_server(&mut self) {
        self.out.count("server crashes");
        let survival = survival(&self.rng);
        self.say(|_| format!("the server loses its power; of what was not synced there is: {survival:?}"));
        self.server.crash(survival_of(survival, &self.rng));
        self.server.inbox.clear();
        if let Err(what) = self.server.start() {
            self.wrong(what);
        }
    }

    pub(super) fn mirror(&mut self) {
        if let Err(error) = self.server.mirror(self.server_ms()) {
            self.wrong(format!("members and devices cannot be shown: {error}"));
        }
    }

    /// Somebody backs the server up, or puts it back to what its backup holds.
    pub(super) fn back_up_server(&mut self) {
        let by_hand = self.rng.percent(30);
        match self.rng.percent(50).then(|| self.server.restore(by_hand, self.server_ms())) {
            Some(Ok(true)) => {
                self.out.count("restored servers");
                self.put_back_by_hand |= by_hand;
                self.say(|_| format!("the server is put back to its backup{}", if by_hand { " by hand" } else { "" }));
                self.mirror();
            }
            Some(Err(what)) => self.wrong(what),
            Some(Ok(false)) | None => {
                self.server.back_up().expect("a sound disk");
                self.say(|_| "the server is backed up".to_owned());
            }
        }
    }

    pub(super) fn turn_server_clock(&mut self, wrong_by_ms: i64) {
        if self.server.wrong_by_ms == wrong_by_ms {
            return;
        }
        self.server.wrong_by_ms = wrong_by_ms;
        if wrong_by_ms == 0 {
            return self.say(|_| "the server's clock is right again".to_owned());
        }
        self.out.count("jumps of the server's clock");
        let (minutes, how) = (wrong_by_ms.abs() / 60_000, if wrong_by_ms > 0 { "ahead" } else { "behind" });
        self.say(|_| format!("the server's clock jumps: it is {minutes} minutes {how}"));
    }

    /// Somebody decides about members and devices.
    pub(super) fn decide(&mut self) {
        let at = self.rng.index(self.devices.len());
        let origin = self.devices[at].token;
        if self.strikes(Fault::Revoke) {
            self.revoke(origin);
        } else {
            let role = Role::ALL[self.rng.index(Role::ALL.len())];
            self.server.set_role(origin, role);
            self.out.count("role changes");
            self.say(|_| format!("the member of d{origin} ({}) is now {role}", member_of(origin)));
        }
        self.mirror();
    }

    pub(super) fn make_snapshot(&mut self) {
        self.break_server(12);
        let made = self.server.make_snapshot();
        self.say(|_| format!("the server makes a snapshot: {made:?}"));
        self.out.count("snapshots");
        self.mend_server();
    }

    /// Somebody erases a thing on the server's command line, where all of it is found.
    pub(super) fn erase(&mut self) {
        let rows = self.server.rows_of(&[Entity::Contact, Entity::MapPin]);
        let Some(row) = self.later.pick(&rows).copied() else { return };
        self.server.erasures.insert(row);
        self.break_server(12);
        let erased = self.server.erase_again(self.server_ms());
        self.out.count("rows erased by hand");
        self.say(|_| format!("somebody erases row {row}: {erased:?}"));
        self.mend_server();
    }

    /// Somebody joins who has read nothing yet.
    pub(super) fn join(&mut self) {
        // Numbers of members with one device.
        let origin = 502 + 3 * self.newcomers;
        self.newcomers += 1;
        let role = Role::ALL[self.later.index(Role::ALL.len())];
        self.server.roles.insert(origin, role);
        let device = Device::newcomer(origin, role, &self.now_ms, &self.later);
        self.server.keys.insert(origin, device.key);
        self.devices.push(device);
        self.forms.push(Vec::new());
        self.out.count("newcomers");
        self.say(|_| format!("d{origin} joins, {role}"));
        self.install(self.devices.len() - 1, DAY_MS);
        self.mirror();
        self.at(1, Event::Sync(self.devices.len() - 1));
    }

    pub(super) fn impostor_pushes(&mut self) {
        let device = &self.devices[self.later.index(self.devices.len())];
        let (token, body, what) = match &self.overheard {
            Some(message) if self.later.percent(50) => {
                let Some(body) = impostor::altered(&message.body) else { return };
                (message.token, body, "changes a word of what they saw")
            }
            _ => (device.token, impostor::made(device.token, &self.later), "pushes"),
        };
        self.out.count("messages of impostors");
        self.say(|_| format!("somebody with the token of d{token} and not its key {what}"));
        let latency = self.later.between(5, 300);
        self.at(latency, Event::Arrive(Message { token, call: 0, to: To::Exchange, body }));
    }

    pub(super) fn lock_out(&mut self) {
        let origin = self.devices[self.later.index(self.devices.len())].token;
        self.revoke(origin);
        self.mirror();
    }

    /// A member is put on a walk, or leaves it.
    pub(super) fn go_on_a_walk(&mut self) {
        let token = self.devices[self.later.index(self.devices.len())].token;
        let (number, joins) = self.server.change_walk(token, self.later.index(2));
        self.out.count("comings and goings on walks");
        let what = if joins { "is put on" } else { "leaves" };
        self.say(|_| format!("the member of d{token} {what} walk {number}"));
    }

    fn revoke(&mut self, origin: u32) {
        self.server.revoked.insert(origin);
        self.out.count("revoked devices");
        self.say(|_| format!("d{origin} is locked out"));
    }

    /// Somebody saves what they have not sent to a file, and another device delivers it, soon or much later.
    pub(super) fn deliver(&mut self) {
        let (author, by) = (self.later.index(self.devices.len()), self.later.index(self.devices.len()));
        let device = &mut self.devices[author];
        let Some(unsent) = device.app.is_some().then(|| device.ask(SaveUnsent {}).ok()).flatten() else { return };
        if unsent.count == 0 {
            return;
        }
        self.out.count("files delivered");
        let (name, token) = (self.devices[author].name.clone(), self.devices[by].token);
        self.say(|_| format!("{name} saves {} unsent actions to a file, d{token} delivers it", unsent.count));
        let late = self.later.between(1_000, 2 * HOUR_MS);
        self.at(late, Event::Arrive(Message { token, call: 0, to: To::Deliver, body: unsent.bytes.0 }));
    }

    pub(super) fn stranger_pushes(&mut self) {
        let Some(stranger) = &mut self.stranger else { return };
        let rows: Vec<_> = crate::prepared::prepared().contacts.iter().map(|contact| contact.0).collect();
        let (body, what) = stranger.message(&rows);
        let origin = stranger.origin;
        self.out.count("messages of strangers");
        self.say(|_| format!("d{origin} pushes {what}"));
        let latency = self.latency();
        self.at(latency, Event::Arrive(Message { token: origin, call: 0, to: To::Exchange, body }));
    }
}
