//! Disks in memory that fail when they are told to.
//!
//! A [`Disk`] holds the database files of one machine. SQLite reads and writes them through `vfs`, so that what runs
//! above it is the real thing: write-ahead log, recovery and all. How to undo what was written and not synced is kept:
//! when the machine loses its power ([`Disk::crash`]) any part of it may be gone, as on a real disk.

mod fault;
mod vfs;

pub use fault::{Fault, Survives};

use crate::rng::Rng;
use memchr::memmem::Finder;
use rusqlite::{Connection, OpenFlags};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use trygkort_core::app::Files;
use trygkort_core::store::StoreError;

/// A torn write ends at a multiple of this: what disks promise to write whole.
const SECTOR: usize = 512;

/// What a file that is written to has room for before it is moved in memory.
const GROWTH: usize = 64 * 1024;

/// What SQLite asks of a disk. Each kind is counted by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// A write, a truncation, a sync or the removal of a file.
    Write,
    Read,
    Open,
}

/// What goes wrong, and from which call on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// One call fails; the next one works.
    Once,
    /// There is no room until [`Disk::mend`].
    Full,
    /// The machine loses its power: this write and everything after it does not happen.
    PowerLoss,
    /// As [`Failure::PowerLoss`], in the middle of this write.
    Torn(Tear),
}

/// How much of a torn write is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tear {
    /// Its first sector.
    First,
    /// The first half.
    Half,
    /// All but its last sector.
    AllButLast,
}

/// The calls of some time. Of each write it says how many bytes it wrote; a truncation, a sync or a removal writes none.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    pub writes: Vec<usize>,
    pub reads: u64,
    pub opens: u64,
}

/// How much of what was not synced is on the disk after a power loss.
#[derive(Clone, Copy, Debug)]
pub enum Survival<'a> {
    /// All of it: the machine went on, only the program ended.
    Everything,
    /// Nothing.
    Nothing,
    /// Some writes, and parts of some.
    Some(&'a Rng),
}

/// Something that was written.
#[derive(Debug)]
enum Write {
    Bytes { at: usize, bytes: Vec<u8> },
    Truncate { to: usize },
}

/// A write that was not synced, as what it takes to undo it: the end of a file, where most is written, takes nothing.
#[derive(Clone, Debug)]
enum Unsynced {
    /// So many bytes were written over these, in a file of this length.
    Bytes { at: usize, bytes: usize, over: Vec<u8>, length: usize },
    /// This was cut off.
    Truncate { to: usize, off: Vec<u8> },
}

/// A file, and what of it is not safe. Copies of a disk share what none of them has written to.
#[derive(Clone, Debug, Default)]
struct File {
    data: Rc<Vec<u8>>,
    unsynced: Vec<Unsynced>,
}

/// A failure that is to strike at the call with this number, or has struck since.
#[derive(Clone, Copy, Debug)]
struct Planned {
    call: Call,
    at: u64,
    failure: Failure,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, File>,
    /// The calls so far.
    calls: Calls,
    failure: Option<Planned>,
    /// Nothing is counted and nothing fails: the simulation itself looks into the files.
    exempt: bool,
    /// The power is gone: nothing reaches the disk any more.
    dead: bool,
    /// How often a failure has struck.
    struck: u64,
}

/// The files of one machine.
#[derive(Clone, Debug, Default)]
pub struct Disk(Rc<RefCell<State>>);

/// A copy of a disk's files, to begin from.
#[derive(Clone, Debug)]
pub struct Image(BTreeMap<String, File>);

impl Disk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A disk with these files on it.
    #[must_use]
    pub fn of(image: &Image) -> Self {
        let disk = Self::new();
        disk.0.borrow_mut().files = image.0.clone();
        disk
    }

    /// A copy of everything that is on it now, as a backup program would take it, or a thief.
    #[must_use]
    pub fn image(&self) -> Image {
        let state = self.0.borrow();
        let files = state
            .files
            .iter()
            .map(|(name, file)| (name.clone(), File { data: Rc::clone(&file.data), unsynced: Vec::new() }));
        Image(files.collect())
    }

    /// Replaces everything by a copy that was taken earlier. Nothing may be open.
    pub fn restore(&self, image: &Image) {
        self.0.borrow_mut().files.clone_from(&image.0);
    }

    /// Puts a file in the place of another. Neither may be open.
    pub(crate) fn rename(&self, from: &str, to: &str) {
        let mut state = self.0.borrow_mut();
        if let Some(file) = state.files.remove(from) {
            state.files.insert(to.to_owned(), file);
        }
    }

    /// Opens a database file.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn connect(&self, name: &str) -> Result<Connection, rusqlite::Error> {
        vfs::connect(self, name, OpenFlags::default())
    }

    /// The calls since this was last asked. Failures are planned by numbers that begin anew with it.
    pub fn take_calls(&self) -> Calls {
        std::mem::take(&mut self.0.borrow_mut().calls)
    }

    /// Lets the call after `after` more of its kind fail.
    pub fn fail_after(&self, call: Call, after: u64, failure: Failure) {
        let mut state = self.0.borrow_mut();
        let at = state.calls.count(call) + after;
        state.failure = Some(Planned { call, at, failure });
    }

    /// Lets the simulation look into the files: nothing of that is counted, and nothing fails.
    pub fn exempt<T>(&self, look: impl FnOnce() -> T) -> T {
        self.0.borrow_mut().exempt = true;
        let seen = look();
        self.0.borrow_mut().exempt = false;
        seen
    }

    /// Takes back what [`Disk::fail_after`] said, and makes room on a full disk.
    pub fn mend(&self) {
        self.0.borrow_mut().failure = None;
    }

    /// How many calls have failed so far.
    #[must_use]
    pub fn struck(&self) -> u64 {
        self.0.borrow().struck
    }

    /// Whether the power is gone.
    #[must_use]
    pub fn dead(&self) -> bool {
        self.0.borrow().dead
    }

    /// Cuts the power now. Everything that is open fails from here on.
    pub fn cut(&self) {
        self.0.borrow_mut().dead = true;
    }

    /// Brings the disk back after its power was cut and everything open was dropped. A failure that has not struck yet
    /// is still to come.
    pub fn crash(&self, survival: Survival<'_>) {
        let mut state = self.0.borrow_mut();
        state.dead = false;
        state.failure = state.failure.filter(|planned| state.calls.count(planned.call) <= planned.at);
        for file in state.files.values_mut() {
            file.crash(survival);
        }
    }

    /// Whether these bytes are anywhere on it, for looking for what must not be there.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        let (state, finder) = (self.0.borrow(), Finder::new(text));
        state.files.values().any(|file| finder.find(&file.data).is_some())
    }

    /// Every word on it that begins like this and ends with a full stop, without that.
    #[must_use]
    pub fn words(&self, beginning: &str) -> BTreeSet<String> {
        let (state, finder) = (self.0.borrow(), Finder::new(beginning));
        let mut found = BTreeSet::new();
        for file in state.files.values() {
            for at in finder.find_iter(&file.data[..]) {
                let rest = &file.data[at..];
                let end = rest.iter().take(30).position(|byte| *byte == b'.');
                found.extend(end.map(|end| String::from_utf8_lossy(&rest[..end]).into_owned()));
            }
        }
        found
    }
}

impl File {
    fn write(&mut self, at: usize, bytes: &[u8]) {
        let data = own(&mut self.data);
        let length = data.len();
        let over = data[at.min(length)..(at + bytes.len()).min(length)].to_vec();
        put(data, at, bytes);
        self.unsynced.push(Unsynced::Bytes { at, bytes: bytes.len(), over, length });
    }

    fn truncate(&mut self, to: usize) {
        let data = own(&mut self.data);
        let off = data.split_off(to.min(data.len()));
        self.unsynced.push(Unsynced::Truncate { to, off });
    }

    fn sync(&mut self) {
        self.unsynced.clear();
    }

    fn crash(&mut self, survival: Survival<'_>) {
        let unsynced = std::mem::take(&mut self.unsynced);
        if matches!(survival, Survival::Everything) || unsynced.is_empty() {
            return;
        }
        let data = own(&mut self.data);
        let undone: Vec<Write> = unsynced.into_iter().rev().map(|write| write.undo(data)).collect();
        let Survival::Some(rng) = survival else { return };
        for write in undone.into_iter().rev() {
            let length = match &write {
                _ if rng.percent(40) => continue,
                Write::Bytes { bytes, .. } if rng.percent(30) => torn(bytes.len(), rng),
                _ => usize::MAX,
            };
            write.apply(data, length);
        }
    }
}

impl Unsynced {
    /// Takes the last write back, and returns it.
    fn undo(self, data: &mut Vec<u8>) -> Write {
        match self {
            Self::Bytes { at, bytes, over, length } => {
                let bytes = data[at..at + bytes].to_vec();
                data.truncate(length);
                put(data, at.min(length), &over);
                Write::Bytes { at, bytes }
            }
            Self::Truncate { to, off } => {
                data.extend(off);
                Write::Truncate { to }
            }
        }
    }
}

impl Write {
    /// Does it, or the first `length` bytes of it.
    fn apply(&self, data: &mut Vec<u8>, length: usize) {
        match self {
            Write::Bytes { at, bytes } => put(data, *at, &bytes[..length.min(bytes.len())]),
            Write::Truncate { to } => data.truncate(*to),
        }
    }
}

fn torn(length: usize, rng: &Rng) -> usize {
    rng.index(length / SECTOR + 1) * SECTOR
}

impl Tear {
    pub const ALL: [Self; 3] = [Self::First, Self::Half, Self::AllButLast];

    /// How many bytes of so many are written.
    pub(crate) fn of(self, length: usize) -> usize {
        let all_but_last = length.saturating_sub(1) / SECTOR;
        let sectors = match self {
            Tear::First => all_but_last.min(1),
            Tear::Half => length / 2 / SECTOR,
            Tear::AllButLast => all_but_last,
        };
        sectors * SECTOR
    }
}

impl Calls {
    fn count(&self, call: Call) -> u64 {
        match call {
            Call::Write => self.writes.len() as u64,
            Call::Read => self.reads,
            Call::Open => self.opens,
        }
    }
}

/// Content that nobody else shares, with room to grow: who copies a file is about to write to it.
fn own(data: &mut Rc<Vec<u8>>) -> &mut Vec<u8> {
    if Rc::get_mut(data).is_none() {
        let mut copy = Vec::with_capacity(data.len() + GROWTH);
        copy.extend_from_slice(data);
        *data = Rc::new(copy);
    }
    Rc::make_mut(data)
}

fn put(data: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if data.len() < at {
        data.resize(at, 0);
    }
    let (over, behind) = bytes.split_at(bytes.len().min(data.len() - at));
    data[at..at + over.len()].copy_from_slice(over);
    data.extend_from_slice(behind);
}

impl State {
    fn next_write(&mut self, bytes: usize) -> Result<(), Failure> {
        self.next_call(Call::Write, |calls| calls.writes.push(bytes))
    }

    fn next_read(&mut self) -> Result<(), Failure> {
        self.next_call(Call::Read, |calls| calls.reads += 1)
    }

    fn next_open(&mut self) -> Result<(), Failure> {
        self.next_call(Call::Open, |calls| calls.opens += 1)
    }

    /// Counts a call, if there is power, and says what is to become of it.
    fn next_call(&mut self, call: Call, count: impl FnOnce(&mut Calls)) -> Result<(), Failure> {
        if self.exempt {
            return Ok(());
        }
        if self.dead {
            return Err(Failure::PowerLoss);
        }
        let number = self.calls.count(call);
        count(&mut self.calls);
        let due = |planned: &Planned| planned.call == call && planned.at <= number;
        let Some(Planned { failure, .. }) = self.failure.filter(due) else { return Ok(()) };
        self.struck += 1;
        match failure {
            Failure::Once => self.failure = None,
            Failure::Full => {}
            Failure::PowerLoss | Failure::Torn(_) => self.dead = true,
        }
        Err(failure)
    }
}

/// The database files of a device lie on its disk.
impl Files for Disk {
    fn open(&self, name: &str) -> Result<Connection, StoreError> {
        Ok(self.connect(name)?)
    }

    fn exists(&self, name: &str) -> bool {
        self.0.borrow().files.contains_key(name)
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        self.0.borrow_mut().files.remove(name);
        Ok(())
    }

    fn wipe(&self) -> Result<(), StoreError> {
        self.0.borrow_mut().files.clear();
        Ok(())
    }

    fn set_aside(&self, name: &str) -> Result<(), StoreError> {
        let mut state = self.0.borrow_mut();
        if let Some(file) = state.files.remove(name) {
            state.files.insert(format!("{name}.damaged"), file);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of some writes and truncations, and what was in it when it was last synced.
    fn written(rng: &Rng) -> (File, Vec<u8>) {
        let (mut file, mut synced) = (File::default(), Vec::new());
        for byte in 1..30 {
            match rng.index(6) {
                0 => file.truncate(rng.index(60)),
                1 => {
                    file.sync();
                    synced.clone_from(&file.data);
                }
                _ => file.write(rng.index(50), &vec![byte; rng.index(20)]),
            }
        }
        (file, synced)
    }

    #[test]
    fn a_loss_of_power_leaves_what_was_synced() {
        for seed in 1..500 {
            let (mut file, synced) = written(&Rng::new(seed));
            let copy = file.clone();
            file.crash(Survival::Nothing);
            assert_eq!(*file.data, synced, "seed {seed}");
            assert_eq!(*copy.data, *written(&Rng::new(seed)).0.data, "a copy stays as it was");
        }
    }

    #[test]
    fn a_program_that_ends_leaves_what_was_written() {
        for seed in 1..500 {
            let (mut file, _) = written(&Rng::new(seed));
            let before = Rc::clone(&file.data);
            file.crash(Survival::Everything);
            assert_eq!(file.data, before, "seed {seed}");
        }
    }
}
