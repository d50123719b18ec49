//! The lock: a PIN that the screens ask for, and that opens the files' key on hosts that encrypt them.
//!
//! Locked means closed: no file is open, the key is forgotten, and nothing is answered but what the lock screen needs.

mod pin;

use super::{App, Files, Step};
use crate::error::{Error, ErrorCode};
use crate::ipc::{Event, IpcError, LockView, PinAnswer, Request, SetPin, Settings};
use crate::store::StoreError;
use crate::store::device::DeviceFile;
use crate::store::lock::{FILE, LockFile, LockRecord};
use pin::{Cost, PinKey};

/// What can be chosen: minutes without use until it locks by itself.
const AFTER_MINUTES: [u16; 4] = [0, 1, 5, 15];
/// What a new PIN begins with.
const AFTER_MINUTES_FIRST: u16 = 5;
const MINUTE_MS: i64 = 60_000;
/// How far a clock may be set back before that counts as having been away.
const BACKWARDS_MS_MAX: i64 = MINUTE_MS;
/// Use is noted in memory at once, and in the file this often.
const NOTE_USE_EVERY_MS: i64 = 10_000;

/// Where the lock stands.
pub(super) struct Lock {
    /// The file and what is in it; there is none without a PIN.
    kept: Option<(LockFile, LockRecord)>,
    pub(super) locked: bool,
    last_used_ms: i64,
}

impl Lock {
    /// Reads the lock's file. A damaged one is moved aside and the second value says so: then there is no PIN, and on a
    /// host that encrypts there is no key either.
    pub(super) fn open(files: &dyn Files, now_ms: i64) -> Result<(Self, Option<String>), Error> {
        let none = Self { kept: None, locked: false, last_used_ms: now_ms };
        if !files.exists(FILE) {
            return Ok((none, None));
        }
        let read = files.open_plain(FILE).and_then(LockFile::open).and_then(|file| Ok((file.read()?, file)));
        match read {
            Ok((Some(record), file)) => {
                let mut lock = Self { last_used_ms: record.last_used_ms, locked: false, kept: Some((file, record)) };
                lock.locked = files.key().is_some() || lock.was_locked() || lock.idle_too_long(now_ms);
                Ok((lock, None))
            }
            // Setting the PIN was cut short before anything depended on it.
            Ok((None, file)) => {
                file.close()?;
                files.remove(FILE)?;
                Ok((none, None))
            }
            Err(error) if error.code() == ErrorCode::StorageDamaged => {
                files.set_aside(FILE)?;
                Ok((none, Some(error.to_string())))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Minutes without use until it locks, when there is a PIN.
    pub(super) fn after_minutes(&self) -> Option<u16> {
        self.kept.as_ref().map(|(_, record)| record.after_minutes)
    }

    fn was_locked(&self) -> bool {
        self.kept.as_ref().is_some_and(|(_, record)| record.locked)
    }

    /// Whether nobody used the app for as long as was chosen. A clock that was set back counts as a long time.
    fn idle_too_long(&self, now_ms: i64) -> bool {
        let Some((_, record)) = &self.kept else { return false };
        let idle_ms = now_ms - self.last_used_ms;
        record.after_minutes > 0
            && (idle_ms >= i64::from(record.after_minutes) * MINUTE_MS || idle_ms < -BACKWARDS_MS_MAX)
    }

    /// Changes the record, on the disk when this returns.
    fn note(&mut self, change: impl FnOnce(&mut LockRecord)) -> Result<(), StoreError> {
        let Some((file, record)) = &mut self.kept else { return Ok(()) };
        change(record);
        file.write(record)
    }

    /// Notes how many changes would be lost with this device.
    pub(super) fn note_unsent(&mut self, unsent: u32) -> Result<(), StoreError> {
        match &self.kept {
            Some((_, record)) if record.unsent != unsent => self.note(|record| record.unsent = unsent),
            _ => Ok(()),
        }
    }

    /// Notes what the lock screen should look like.
    pub(super) fn note_settings(&mut self, settings: &Settings) -> Result<(), StoreError> {
        self.note(|record| record.settings = settings.clone())
    }

    /// Closes the file.
    pub(super) fn close(mut self) -> Result<(), StoreError> {
        let last_used_ms = self.last_used_ms;
        self.note(|record| record.last_used_ms = last_used_ms)?;
        self.kept.map_or(Ok(()), |(file, _)| file.close())
    }
}

impl App {
    /// Whether the screens are locked.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.lock.locked
    }

    /// Refuses what must wait for the PIN; locks first when nobody used the app for too long.
    pub(super) fn guard(&mut self, request: &Request) -> Option<Step> {
        if !self.lock.locked && self.lock.idle_too_long(self.env.now_ms()) {
            self.close_for_lock();
        }
        let always = matches!(
            request,
            Request::GetLock(_) | Request::Unlock(_) | Request::ForgetDevice(_) | Request::SayFarewell(_)
        );
        (self.lock.locked && !always).then(|| Step::Reply(Err(locked_error())))
    }

    pub(super) fn lock_view(&self) -> Result<LockView, Error> {
        let record = self.lock.kept.as_ref().map(|(_, record)| record);
        let now_ms = self.env.now_ms();
        Ok(LockView {
            has_pin: record.is_some(),
            locked: self.lock.locked,
            after_minutes: record.map_or(0, |record| record.after_minutes),
            wait_ms: record.map_or(0, |record| pin::wait_ms(record, now_ms)),
            tries_left: record.map_or(pin::FREE_TRIES, |record| pin::tries_left(record.tries)),
            unsent: match (self.lock.locked, record) {
                (true, Some(record)) => record.unsent,
                _ => self.unsent()?,
            },
            demo: match (self.lock.locked, record) {
                (true, Some(record)) => record.demo,
                _ => self.shows_demo(),
            },
            settings: match (self.lock.locked, record) {
                (true, Some(record)) => record.settings.clone(),
                _ => self.device.settings()?,
            },
            protection: self.files.protection(),
        })
    }

    /// Changes and photos that no server has, over all areas.
    pub(super) fn unsent(&self) -> Result<u32, StoreError> {
        let shared = self.areas.values().filter(|file| !file.session().local_only());
        shared.map(crate::store::area::AreaFile::unsent).sum()
    }

    fn shows_demo(&self) -> bool {
        self.file().and_then(super::summary).is_ok_and(|area| area.demo)
    }

    pub(super) fn lock_now(&mut self) -> Result<(), Error> {
        if self.lock.kept.is_none() {
            return Err(Error::NotFound);
        }
        self.close_for_lock();
        Ok(())
    }

    /// Closes every file and forgets the key. What cannot be closed cleanly is closed all the same: its journal keeps
    /// what was saved.
    fn close_for_lock(&mut self) {
        let (unsent, demo, settings) = (self.unsent().unwrap_or(0), self.shows_demo(), self.device.settings());
        let noted = self.lock.note(|record| {
            record.locked = true;
            record.unsent = unsent;
            record.demo = demo;
            record.settings = settings.unwrap_or_default();
        });
        self.lock.locked = true;
        self.close_files();
        if let Some(key) = self.files.key() {
            key.forget();
        }
        if noted.is_err() {
            // Locked in memory, and on a host with a key for good; a browser's next start would ask no PIN.
            self.lock.last_used_ms = i64::MIN / 2;
        }
        self.events.push(Event::Locked);
    }

    pub(super) fn close_files(&mut self) {
        for (_, file) in std::mem::take(&mut self.areas) {
            drop(file.close());
        }
        self.tasks.clear();
        self.current = None;
        self.events.clear();
        if let Ok(stand_in) = DeviceFile::stand_in() {
            drop(std::mem::replace(&mut self.device, stand_in).close());
        }
    }

    pub(super) fn in_use(&mut self) -> Result<(), Error> {
        let now_ms = self.env.now_ms();
        self.lock.last_used_ms = now_ms;
        match &self.lock.kept {
            Some((_, record)) if now_ms - record.last_used_ms >= NOTE_USE_EVERY_MS => {
                Ok(self.lock.note(|record| record.last_used_ms = now_ms)?)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn unlock(&mut self, given: &str) -> Result<PinAnswer, Error> {
        if !self.lock.locked {
            return Ok(PinAnswer::Right);
        }
        let answer = self.try_pin(given)?;
        if answer == PinAnswer::Right {
            if let Err(error) = self.open_unlocked() {
                self.stay_locked();
                return Err(error);
            }
            self.lock.last_used_ms = self.env.now_ms();
            self.lock.locked = false;
            if let Some(key) = self.files.key() {
                // Setting the PIN may have been cut short before this; nothing to do otherwise.
                key.keep_wrapped_only()?;
            }
        }
        Ok(answer)
    }

    fn open_unlocked(&mut self) -> Result<(), Error> {
        self.open_files()?;
        let now_ms = self.env.now_ms();
        Ok(self.lock.note(|record| {
            record.locked = false;
            record.last_used_ms = now_ms;
        })?)
    }

    /// Unlocking failed half-way: what is open is closed again and the key forgotten, or it would be locked only to look
    /// at, and the next try would open every file a second time.
    fn stay_locked(&mut self) {
        self.close_files();
        if let Some(key) = self.files.key() {
            key.forget();
        }
        if let Some((_, record)) = &mut self.lock.kept {
            // What is noted next must not say that it was unlocked.
            record.locked = true;
        }
    }

    /// Compares a PIN. The try is counted before it is judged, so that ending the app does not give it back.
    fn try_pin(&mut self, given: &str) -> Result<PinAnswer, Error> {
        let now_ms = self.env.now_ms();
        let (file, record) = self.lock.kept.as_mut().ok_or(Error::NotFound)?;
        pin::settle(record, now_ms);
        let wait_ms = pin::wait_ms(record, now_ms);
        if wait_ms > 0 {
            return Ok(PinAnswer::Wait { ms: wait_ms });
        }
        pin::check("pin", given)?;
        pin::count(record, now_ms);
        file.write(record)?;
        let key = PinKey::derive(given, &record.salt, Cost { memory_kib: record.memory_kib, passes: record.passes })?;
        let right = match self.files.key() {
            Some(files_key) => files_key.unwrap(&key.0, &record.wrapped)?,
            None => record.verifier.is_some_and(|verifier| key.verifier() == blake3::Hash::from(verifier)),
        };
        if right {
            record.tries = 0;
            record.wait_until_ms = 0;
            file.write(record)?;
            return Ok(PinAnswer::Right);
        }
        Ok(match pin::wait_ms(record, self.env.now_ms()) {
            0 => PinAnswer::Wrong { tries_left: pin::tries_left(record.tries) },
            ms => PinAnswer::Wait { ms },
        })
    }

    pub(super) fn set_pin(&mut self, ask: &SetPin) -> Result<PinAnswer, Error> {
        pin::check("pin", &ask.pin)?;
        if self.lock.kept.is_some() {
            match self.try_pin(ask.current.as_deref().unwrap_or_default())? {
                PinAnswer::Right => {}
                other => return Ok(other),
            }
        }
        let record = self.new_record(&ask.pin)?;
        let file = match self.lock.kept.take() {
            Some((file, _)) => file,
            None => LockFile::open(self.files.open_plain(FILE)?)?,
        };
        let written = file.write(&record);
        self.lock.last_used_ms = record.last_used_ms;
        self.lock.kept = Some((file, record));
        written?;
        if let Some(key) = self.files.key() {
            key.keep_wrapped_only()?;
        }
        Ok(PinAnswer::Right)
    }

    fn new_record(&self, pin: &str) -> Result<LockRecord, Error> {
        let mut salt = [0; 16];
        self.env.fill_random(&mut salt);
        let cost = if self.files.key().is_some() { Cost::OF_A_KEY } else { Cost::OF_A_SCREEN };
        let key = PinKey::derive(pin, &salt, cost)?;
        let before = self.lock.kept.as_ref().map(|(_, record)| record);
        Ok(LockRecord {
            salt,
            memory_kib: cost.memory_kib,
            passes: cost.passes,
            verifier: self.files.key().is_none().then(|| *key.verifier().as_bytes()),
            wrapped: self.files.key().map(|files_key| files_key.wrap(&key.0)).transpose()?.unwrap_or_default(),
            after_minutes: before.map_or(AFTER_MINUTES_FIRST, |record| record.after_minutes),
            tries: 0,
            wait_until_ms: 0,
            locked: false,
            last_used_ms: self.env.now_ms(),
            unsent: self.unsent()?,
            demo: self.shows_demo(),
            settings: self.device.settings()?,
        })
    }

    pub(super) fn remove_pin(&mut self, given: &str) -> Result<PinAnswer, Error> {
        let answer = self.try_pin(given)?;
        if answer == PinAnswer::Right {
            // The key first: were the file to go first, nothing could open the others.
            if let Some(key) = self.files.key() {
                key.keep_plain()?;
            }
            if let Some((file, _)) = self.lock.kept.take() {
                file.close()?;
            }
            self.files.remove(FILE)?;
        }
        Ok(answer)
    }

    pub(super) fn set_lock_after(&mut self, minutes: u16) -> Result<(), Error> {
        if !AFTER_MINUTES.contains(&minutes) {
            return Err(Error::invalid("minutes", format!("one of {AFTER_MINUTES:?}")));
        }
        if self.lock.kept.is_none() {
            return Err(Error::NotFound);
        }
        // Who chooses is here: the time begins now.
        let now_ms = self.env.now_ms();
        self.lock.last_used_ms = now_ms;
        Ok(self.lock.note(|record| {
            record.after_minutes = minutes;
            record.last_used_ms = now_ms;
        })?)
    }

    /// Gives the lock up with everything else.
    pub(super) fn drop_lock(&mut self) {
        if let Some((file, _)) = self.lock.kept.take() {
            drop(file.close());
        }
        self.lock.locked = false;
        self.lock.last_used_ms = self.env.now_ms();
    }
}

/// What everything is answered with while it is locked.
pub(super) fn locked_error() -> IpcError {
    IpcError { code: ErrorCode::Locked, detail: "the screens are locked".to_owned(), field: None }
}
