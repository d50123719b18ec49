//! Disks in memory that fail when they are told to.
//!
//! A [`Disk`] holds the database files of one machine. SQLite reads and writes them through `vfs`, so that what runs
//! above it is the real thing: write-ahead log, recovery and all. What was written and not synced is kept apart: when the
//! machine loses its power ([`Disk::crash`]) any part of it may be gone, as on a real disk.

mod vfs;

use crate::rng::Rng;
use rusqlite::{Connection, OpenFlags};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use trygkort_core::app::Files;
use trygkort_core::store::StoreError;

/// A torn write ends at a multiple of this: what disks promise to write whole.
const SECTOR: usize = 512;

/// What goes wrong, and from which write on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// One write or sync fails; the next one works.
    Once,
    /// There is no room until [`Disk::mend`].
    Full,
    /// The machine loses its power: this write and everything after it does not happen.
    PowerLoss,
    /// As [`Failure::PowerLoss`], in the middle of this write.
    Torn,
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

/// A write that was not synced.
#[derive(Clone, Debug)]
enum Write {
    Bytes { at: usize, bytes: Vec<u8> },
    Truncate { to: usize },
}

/// A file, and what of it is safe. Copies of a disk share what none of them has written to.
#[derive(Clone, Debug, Default)]
struct File {
    data: Rc<Vec<u8>>,
    synced: Rc<Vec<u8>>,
    unsynced: Vec<Write>,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, File>,
    /// Writes, truncations, syncs and removals so far.
    writes: u64,
    failure: Option<(u64, Failure)>,
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
        let files = state.files.iter().map(|(name, file)| {
            let copy = File { data: Rc::clone(&file.data), synced: Rc::clone(&file.data), unsynced: Vec::new() };
            (name.clone(), copy)
        });
        Image(files.collect())
    }

    /// Replaces everything by a copy that was taken earlier. Nothing may be open.
    pub fn restore(&self, image: &Image) {
        self.0.borrow_mut().files.clone_from(&image.0);
    }

    /// Opens a database file.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn connect(&self, name: &str) -> Result<Connection, rusqlite::Error> {
        vfs::connect(self, name, OpenFlags::default())
    }

    /// How many writes, truncations, syncs and removals there were.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.0.borrow().writes
    }

    /// Lets the write after `after` more fail.
    pub fn fail_after(&self, after: u64, failure: Failure) {
        let mut state = self.0.borrow_mut();
        state.failure = Some((state.writes + after, failure));
    }

    /// Takes back what [`Disk::fail_after`] said, and makes room on a full disk.
    pub fn mend(&self) {
        self.0.borrow_mut().failure = None;
    }

    /// How many writes have failed so far.
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

    /// Brings the disk back after its power was cut and everything open was dropped.
    pub fn crash(&self, survival: Survival<'_>) {
        let mut state = self.0.borrow_mut();
        state.dead = false;
        state.failure = None;
        for file in state.files.values_mut() {
            file.crash(survival);
        }
    }

    /// Whether these bytes are anywhere on it, for looking for what must not be there.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        let (state, first) = (self.0.borrow(), text.as_bytes()[0]);
        let begins_at = |data: &[u8], at: usize| data[at] == first && data[at..].starts_with(text.as_bytes());
        state.files.values().any(|file| (0..file.data.len()).any(|at| begins_at(&file.data, at)))
    }

    /// Every word on it that begins like this and ends with a full stop, without that.
    #[must_use]
    pub fn words(&self, beginning: &str) -> BTreeSet<String> {
        let (state, first) = (self.0.borrow(), beginning.as_bytes()[0]);
        let mut found = BTreeSet::new();
        for file in state.files.values() {
            for at in (0..file.data.len()).filter(|at| file.data[*at] == first) {
                let rest = &file.data[at..];
                let end = rest.iter().take(30).position(|byte| *byte == b'.');
                if rest.starts_with(beginning.as_bytes()) {
                    found.extend(end.map(|end| String::from_utf8_lossy(&rest[..end]).into_owned()));
                }
            }
        }
        found
    }
}

impl File {
    fn write(&mut self, at: usize, bytes: &[u8]) {
        put(Rc::make_mut(&mut self.data), at, bytes);
        self.unsynced.push(Write::Bytes { at, bytes: bytes.to_vec() });
    }

    fn truncate(&mut self, to: usize) {
        Rc::make_mut(&mut self.data).truncate(to);
        self.unsynced.push(Write::Truncate { to });
    }

    fn sync(&mut self) {
        for write in std::mem::take(&mut self.unsynced) {
            write.apply(Rc::make_mut(&mut self.synced), usize::MAX);
        }
    }

    fn crash(&mut self, survival: Survival<'_>) {
        for write in std::mem::take(&mut self.unsynced) {
            let length = match (survival, &write) {
                (Survival::Everything, _) => usize::MAX,
                (Survival::Nothing, _) => continue,
                (Survival::Some(rng), _) if rng.percent(40) => continue,
                (Survival::Some(rng), Write::Bytes { bytes, .. }) if rng.percent(30) => torn(bytes.len(), rng),
                (Survival::Some(_), _) => usize::MAX,
            };
            write.apply(Rc::make_mut(&mut self.synced), length);
        }
        self.data = Rc::clone(&self.synced);
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

fn put(data: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if data.len() < at + bytes.len() {
        data.resize(at + bytes.len(), 0);
    }
    data[at..at + bytes.len()].copy_from_slice(bytes);
}

impl State {
    /// Counts a write and says what is to become of it.
    fn next_write(&mut self) -> Result<(), Failure> {
        let number = self.writes;
        self.writes += 1;
        if self.dead {
            return Err(Failure::PowerLoss);
        }
        let Some((at, failure)) = self.failure.filter(|(at, _)| *at <= number) else { return Ok(()) };
        debug_assert!(at <= number, "a failure strikes when its time has come");
        self.struck += 1;
        match failure {
            Failure::Once => self.failure = None,
            Failure::Full => {}
            Failure::PowerLoss | Failure::Torn => self.dead = true,
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
