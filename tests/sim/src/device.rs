//! A device: the whole application on a disk that fails, with a clock that is wrong.

use crate::check;
use crate::disk::{Disk, Image, Survival};
use crate::older;
use crate::prepared::{self, Joined, START_MS};
use crate::rng::Rng;
use crate::server::To;
use std::cell::Cell;
use std::rc::Rc;
use trygkort_core::app::{App, Env, HostInfo, Step, SyncCall};
use trygkort_core::domain::{Reader, Role, RowId};
use trygkort_core::error::Error;
use trygkort_core::ipc::{
    Ask, Boot, GetPhotos, GetPins, GetSyncStatus, IpcError, PhotoView, PinView, SyncStatus, UndoId,
};
use trygkort_core::seal::Hash;
use trygkort_core::wire::from_bytes;
use trygkort_core::wire::v1::{Action, SPEAKS};
use uuid::Uuid;

/// The member whose device an origin is: every third device is the second one of the member before.
pub(crate) fn member_of(origin: u32) -> RowId {
    let first = if origin.is_multiple_of(3) { origin - 1 } else { origin };
    RowId(Uuid::from_u128(0x00e4_0000 + u128::from(first)))
}

/// Time and chance as a device has them.
pub(crate) struct SimEnv {
    now_ms: Rc<Cell<i64>>,
    skew_ms: Rc<Cell<i64>>,
    rng: Rng,
}

impl SimEnv {
    /// A clock that stands still, and chance of its own.
    pub(crate) fn with(now_ms: i64, seed: u64) -> Self {
        Self { now_ms: Rc::new(Cell::new(now_ms)), skew_ms: Rc::default(), rng: Rng::new(seed) }
    }
}

impl Env for SimEnv {
    fn now_ms(&self) -> i64 {
        self.now_ms.get() + self.skew_ms.get()
    }

    fn utc_offset_minutes(&self, _: i64) -> i32 {
        60
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        self.rng.fill(bytes);
    }
}

/// Something a person wrote, and was told that it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// Whose token the device has.
    pub(crate) token: u32,
    /// The number of the action's first change.
    pub(crate) counter: u64,
    /// The words, where there were words: they stand nowhere else.
    pub(crate) words: Option<String>,
    /// The row they were written to.
    pub(crate) row: Option<RowId>,
}

/// A device of a member.
pub(crate) struct Device {
    pub(crate) name: String,
    /// Which device the server takes it for: the origin that it joined with.
    pub(crate) token: u32,
    /// The public key that the server registered when it joined.
    pub(crate) key: Hash,
    pub(crate) disk: Disk,
    /// `None` while it has no power.
    pub(crate) app: Option<App>,
    now_ms: Rc<Cell<i64>>,
    pub(crate) skew_ms: Rc<Cell<i64>>,
    rng: Rng,
    /// The call that waits for an answer, by its number.
    pub(crate) call: Option<(u64, SyncCall)>,
    pub(crate) written: Vec<Written>,
    pub(crate) undo: Vec<UndoId>,
    /// The role that it knows of.
    pub(crate) told: Role,
    /// A copy of its files, and how much was written by then.
    pub(crate) backup: Option<(Image, usize)>,
    pub(crate) offline_until: i64,
    /// It was put back to its backup.
    pub(crate) put_back: bool,
    /// What its program says that it may be sent.
    pub(crate) speaks: Option<u16>,
    /// What its program said before anyone brought it up to date.
    pub(crate) spoke: Option<u16>,
}

impl Device {
    /// A device that has read the prepared area.
    pub(crate) fn new(origin: u32, role: Role, now_ms: &Rc<Cell<i64>>, rng: &Rng) -> Self {
        let Joined { image, key } = prepared::prepared().device(role, origin);
        let mut device = Self { key, ..Self::off(origin, role, Disk::of(&image), now_ms, rng) };
        device.start().expect("a prepared disk opens");
        device
    }

    /// A device that has joined and read nothing.
    pub(crate) fn newcomer(origin: u32, role: Role, now_ms: &Rc<Cell<i64>>, rng: &Rng) -> Self {
        let Joined { image, key } = prepared::prepared().newcomer(role, origin);
        let mut device = Self { key, ..Self::off(origin, role, Disk::of(&image), now_ms, rng) };
        device.start().expect("a prepared disk opens");
        device
    }

    /// A device that runs already, on files that are not of a [`Disk`].
    pub(crate) fn with(app: App, origin: u32, rng: &Rng) -> Self {
        let now_ms = Rc::new(Cell::new(START_MS));
        Self { app: Some(app), ..Self::off(origin, Role::Coordinator, Disk::new(), &now_ms, rng) }
    }

    fn off(token: u32, told: Role, disk: Disk, now_ms: &Rc<Cell<i64>>, rng: &Rng) -> Self {
        Self {
            name: format!("d{token}"),
            token,
            key: [0; 32],
            disk,
            app: None,
            now_ms: Rc::clone(now_ms),
            skew_ms: Rc::default(),
            rng: rng.split(),
            call: None,
            written: Vec::new(),
            undo: Vec::new(),
            told,
            backup: None,
            offline_until: START_MS,
            put_back: false,
            speaks: Some(SPEAKS),
            spoke: Some(SPEAKS),
        }
    }

    /// Starts the application on what is on the disk.
    pub(crate) fn start(&mut self) -> Result<(), String> {
        let env = SimEnv { now_ms: Rc::clone(&self.now_ms), skew_ms: Rc::clone(&self.skew_ms), rng: self.rng.split() };
        let host = HostInfo { version: "sim".to_owned(), web_origin: None, language: "da".to_owned() };
        self.app = None; // A file has one connection at a time.
        let app = App::open(Box::new(self.disk.clone()), Box::new(env), host);
        self.app = Some(app.map_err(|error: Error| format!("{} does not start: {error}", self.name))?);
        self.ask(Boot {}).map(drop).map_err(|error| format!("{} starts with {error:?}", self.name))
    }

    /// The power is cut, in the middle of whatever was going on.
    pub(crate) fn crash(&mut self, survival: Survival<'_>) {
        self.disk.cut();
        self.app = None;
        self.call = None;
        self.disk.crash(survival);
    }

    /// Asks as a screen does.
    pub(crate) fn ask<A: Ask>(&mut self, ask: A) -> Result<A::Reply, IpcError> {
        match self.app.as_mut().expect("only a device with power is asked").handle(ask.into_request()) {
            Step::Reply(reply) => reply.map(|json| serde_json::from_str(&json).unwrap()),
            Step::Fetch { .. } => panic!("nobody asks for what needs the server"),
        }
    }

    /// Somebody copies it, and goes on with the copy.
    pub(crate) fn copy(&self) -> Result<Self, String> {
        let disk = Disk::of(&self.disk.image());
        let mut copy = Self { key: self.key, ..Self::off(self.token, self.told, disk, &self.now_ms, &self.rng) };
        copy.name = format!("{}'", self.name);
        copy.skew_ms.set(self.skew_ms.get());
        copy.offline_until = self.offline_until;
        (copy.speaks, copy.spoke) = (self.speaks, self.spoke);
        copy.start()?;
        Ok(copy)
    }

    /// Somebody installed a program of before on it.
    pub(crate) fn make_old(&mut self, speaks: Option<u16>) {
        (self.speaks, self.spoke) = (speaks, speaks);
    }

    /// What it sends instead of what the application would.
    pub(crate) fn said(&self, to: To, body: Vec<u8>) -> Vec<u8> {
        if to == To::Exchange && self.speaks < Some(SPEAKS) { older::said(&body, self.speaks) } else { body }
    }

    /// Takes over what the application knows of its role.
    pub(crate) fn learn(&mut self) {
        if let Ok(boot) = self.ask(Boot {})
            && let Some(area) = boot.areas.first()
        {
            self.told = area.role;
        }
    }

    /// What it knows that it reads: rows of these scopes may be here.
    pub(crate) fn reader(&self) -> Reader {
        let reader = self.app.as_ref().and_then(|app| app.reader().ok());
        reader.unwrap_or_else(|| Reader::new(self.told))
    }

    /// What the badge shows; `None`: it cannot be asked, or holds no area any more.
    pub(crate) fn status(&mut self) -> Option<SyncStatus> {
        self.ask(GetSyncStatus {}).ok()
    }

    /// The photos that it shows.
    pub(crate) fn photos(&mut self) -> Vec<PhotoView> {
        let pins = if self.app.is_some() { self.ask(GetPins {}).unwrap_or_default() } else { Vec::new() };
        let of = |pin: PinView| self.ask(GetPhotos { pin: pin.id }).map_or_else(|_| Vec::new(), |view| view.photos);
        pins.into_iter().flat_map(of).collect()
    }

    /// The scopes of the rows that it holds, by their numbers.
    pub(crate) fn scopes(&self) -> Vec<u32> {
        self.app.as_ref().and_then(|app| app.scopes_held().ok()).unwrap_or_default()
    }

    /// Everything that it holds.
    pub(crate) fn dump(&self) -> String {
        self.app.as_ref().and_then(|app| app.dump().ok()).unwrap_or_default()
    }

    /// What SQLite finds wrong with its files, after everything was closed in order.
    pub(crate) fn damage(&mut self) -> Vec<String> {
        if let Some(Err(error)) = self.app.take().map(App::close) {
            return vec![format!("{} does not close: {error}", self.name)];
        }
        let names = [format!("area-{}.db", prepared::area()), "device.db".to_owned()];
        names.iter().flat_map(|name| check::unsound(&self.disk.connect(name).unwrap())).collect()
    }

    /// What is still in its outbox, and what it shows as refused. The power is cut, so that the file can be looked into:
    /// what was acknowledged to a person must be on the disk by then.
    pub(crate) fn into_kept(mut self) -> Vec<Action> {
        let status = self.status();
        self.crash(Survival::Nothing);
        if status.is_none_or(|status| (status.pending, status.refused) == (0, 0)) {
            return Vec::new();
        }
        let conn = self.disk.connect(&format!("area-{}.db", prepared::area())).unwrap();
        let sql = "SELECT body FROM outbox UNION ALL SELECT body FROM refused WHERE body IS NOT NULL";
        let mut statement = conn.prepare(sql).unwrap();
        let bodies = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        bodies.map(|body| from_bytes(&body.unwrap()).unwrap()).collect()
    }
}
