//! An area with its log and devices, all in memory. Messages are passed by hand, so that a test decides which arrive.

use rusqlite::Connection;
use serde::de::DeserializeOwned;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use trygkort_core::app::{App, Env, Files, HostInfo, HttpRequest, HttpResponse, NetworkError, Step};
use trygkort_core::domain::{AreaId, Reader, Role, RowId, Scope};
use trygkort_core::hub::roster::Roster;
use trygkort_core::hub::snapshot::{Made, MadeFile, ScopeFile};
use trygkort_core::hub::{AreaLog, Keys, Mirrored, Peer};
use trygkort_core::ipc::{Ask, IpcError};
use trygkort_core::store::StoreError;
use trygkort_core::{demo, wire};
use uuid::Uuid;

/// 20 November 2026, 09:14 in Denmark: a Friday.
pub(crate) const NOON_MS: i64 = 1_795_162_440_000;

pub(crate) fn area() -> AreaId {
    AreaId(RowId(Uuid::from_u128(0xa5ea)))
}

/// Secrets that are the same in every run.
pub(crate) fn keys() -> Keys {
    let next = std::sync::atomic::AtomicU64::new(1);
    let random = move |bytes: &mut [u8]| {
        let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        blake3::Hasher::new().update(&number.to_be_bytes()).finalize_xof().fill(bytes);
    };
    Keys { cursor: [7; 32], random: std::sync::Arc::new(random) }
}

pub(crate) fn row(n: u128) -> RowId {
    RowId(Uuid::from_u128(n))
}

/// The server's side.
pub(crate) struct Hub {
    pub(crate) log: AreaLog,
    pub(crate) now_ms: i64,
    /// The members of devices that share one; every other origin is a member of its own.
    pub(crate) members: HashMap<u32, RowId>,
    /// The walks that members are on.
    pub(crate) walks: HashMap<RowId, BTreeSet<u32>>,
    /// The files of snapshots, as they lie beside the area's file.
    pub(crate) snapshots: HashMap<[u8; 32], Vec<u8>>,
    /// It is an older version that knows none of what is pushed, and holds it.
    pub(crate) holds: bool,
    /// So many push before whoever exchanges, in the same transaction.
    pub(crate) pushed: usize,
}

impl Hub {
    /// An empty log.
    pub(crate) fn empty() -> Self {
        let log = AreaLog::open(Connection::open_in_memory().unwrap(), area(), keys()).unwrap();
        let (members, walks, snapshots) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { log, now_ms: NOON_MS, members, walks, snapshots, holds: false, pushed: 0 }
    }

    /// A log with the demo area.
    pub(crate) fn demo() -> Self {
        let mut hub = Self::empty();
        let actions = demo::actions(demo::JSON, area(), NOON_MS - 1_000_000).unwrap();
        hub.log.begin().unwrap();
        hub.log.import(actions, NOON_MS).unwrap();
        hub.log.commit().unwrap();
        hub
    }

    /// A copy of the log as it stands.
    pub(crate) fn backup(&self) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::remove_file(file.path()).unwrap();
        self.log.connection().execute("VACUUM INTO ?1", [file.path().to_str().unwrap()]).unwrap();
        file
    }

    /// A copy of every byte of the log's file, also of those that are not in use any more.
    pub(crate) fn backup_of_all(&self) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut copy = Connection::open(file.path()).unwrap();
        let backup = rusqlite::backup::Backup::new(self.log.connection(), &mut copy).unwrap();
        assert_eq!(backup.step(-1).unwrap(), rusqlite::backup::StepResult::Done);
        drop(backup);
        copy.close().unwrap();
        file
    }

    /// Puts a copy back as `trygkort restore` does.
    pub(crate) fn restore(&mut self, backup: &tempfile::NamedTempFile) {
        self.put_back(backup);
        self.log.begin().unwrap();
        self.log.begin_epoch(self.now_ms).unwrap();
        self.log.commit().unwrap();
    }

    /// Puts a copy back and tells nobody.
    pub(crate) fn put_back(&mut self, backup: &tempfile::NamedTempFile) {
        let mut conn = Connection::open_in_memory().unwrap();
        let from = Connection::open(backup.path()).unwrap();
        rusqlite::backup::Backup::new(&from, &mut conn).unwrap().step(-1).unwrap();
        self.log = AreaLog::open(conn, area(), keys()).unwrap();
    }

    pub(crate) fn exchange(
        &mut self,
        origin: u32,
        role: Role,
        body: &[u8],
    ) -> Result<Vec<u8>, trygkort_core::hub::HubError> {
        if self.holds {
            return Ok(self.hold(origin, role, body));
        }
        let next_origin = Some(next_origin() + 1_000);
        let reader = self.reader(origin, role);
        let peer = Peer { next_origin, reader, ..Peer::new(origin, self.member_of(origin), role) };
        self.log.begin_after(self.pushed).unwrap();
        let done = self.log.exchange(&peer, body, self.now_ms);
        self.log.commit().unwrap();
        done.map(|exchanged| exchanged.body)
    }

    /// Takes what a device hands in that is locked out; how many actions were new.
    pub(crate) fn set_aside(&mut self, device: &Device, body: &[u8]) -> usize {
        let peer = Peer::new(device.origin, self.member_of(device.origin), device.role);
        self.log.begin().unwrap();
        let new = self.log.set_aside(&peer, body, self.now_ms);
        self.log.commit().unwrap();
        new.unwrap()
    }

    /// Answers as if nothing that is pushed could be judged.
    fn hold(&mut self, origin: u32, role: Role, body: &[u8]) -> Vec<u8> {
        let mut request: wire::v1::SyncRequest = wire::from_bytes(body).unwrap();
        let held = |action: wire::v1::Action| wire::v1::Verdict {
            counter: action.counter,
            outcome: wire::v1::Outcome::Rejected,
            reason: Some(wire::v1::Reason::Unknown),
            position: None,
            conflicts: None,
        };
        let verdicts = request.actions.drain(..).map(held).collect();
        self.holds = false;
        let answer = self.exchange(origin, role, &wire::to_bytes(&request)).unwrap();
        self.holds = true;
        let answer: wire::v1::SyncResponse = wire::from_bytes(&answer).unwrap();
        wire::to_bytes(&wire::v1::SyncResponse { verdicts, ..answer })
    }

    /// Answers a request of a device, as the server does.
    pub(crate) fn answer(&mut self, origin: u32, role: Role, request: &HttpRequest) -> HttpResponse {
        if ["/api/v1/uploads", "/api/v1/blobs"].iter().any(|path| request.url.contains(path)) {
            // A server of before there were photos.
            return HttpResponse { status: 404, body: Vec::new() };
        }
        let Some((_, name)) = request.url.split_once("/api/v1/snapshot/") else {
            let body = self.exchange(origin, role, &request.body).unwrap_or_else(|error| panic!("{error}"));
            return HttpResponse { status: 200, body };
        };
        let files = self.log.snapshot_files().unwrap();
        let reader = self.reader(origin, role);
        let is_it = |(scope, hash): &(Scope, [u8; 32])| {
            blake3::Hash::from(*hash).to_hex().as_str() == name && reader.reads(*scope)
        };
        let found = files.into_iter().find(is_it).and_then(|(_, hash)| self.snapshots.get(&hash).cloned());
        let status = if found.is_some() { 200 } else { 404 };
        HttpResponse { status, body: found.unwrap_or_default() }
    }

    /// Makes a snapshot of the log as it stands.
    pub(crate) fn make_snapshot(&mut self) {
        let source = self.log.snapshot_source().unwrap();
        let (position, dropped) = (source.position(), source.dropped());
        let mut made = Made { position, dropped, files: Vec::new() };
        for ScopeFile { scope, hash, content } in source.files().unwrap() {
            made.files.push(MadeFile { scope, hash, bytes: 0, raw_bytes: content.len() as u64 });
            self.snapshots.insert(hash, content);
        }
        assert!(self.log.keep_snapshot(&made).unwrap());
    }

    /// What the member of this origin reads.
    pub(crate) fn reader(&self, origin: u32, role: Role) -> Reader {
        Reader { role, walks: self.walks.get(&self.member_of(origin)).cloned().unwrap_or_default() }
    }

    pub(crate) fn member_of(&self, origin: u32) -> RowId {
        self.members.get(&origin).copied().unwrap_or(row(u128::from(origin)))
    }

    /// Mirrors what `control.db` would hold.
    pub(crate) fn mirror(&mut self, roster: &Roster) -> Mirrored {
        self.log.begin().unwrap();
        let done = self.log.mirror(roster, self.now_ms).unwrap();
        self.log.commit().unwrap();
        done
    }

    /// Pushes hand-made actions as `origin` and returns the answer.
    pub(crate) fn push(&mut self, origin: u32, role: Role, actions: Vec<wire::v1::Action>) -> wire::v1::SyncResponse {
        let request = wire::v1::SyncRequest { version: 1, origin, actions, ..Default::default() };
        let body = self.exchange(origin, role, &wire::to_bytes(&request)).unwrap();
        wire::from_bytes(&body).unwrap()
    }
}

/// A clock that a test turns by hand, shared with the device.
pub(crate) struct TestEnv {
    pub(crate) now_ms: Rc<Cell<i64>>,
    seed: Cell<u64>,
}

impl TestEnv {
    pub(crate) fn new(now_ms: &Rc<Cell<i64>>, seed: u64) -> Self {
        Self { now_ms: Rc::clone(now_ms), seed: Cell::new(seed) }
    }
}

impl Env for TestEnv {
    fn now_ms(&self) -> i64 {
        self.now_ms.get()
    }

    fn utc_offset_minutes(&self, _: i64) -> i32 {
        60
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        for byte in bytes {
            self.seed.set(self.seed.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
            *byte = self.seed.get().to_be_bytes()[1];
        }
    }
}

/// Database files in one folder on disk.
pub(crate) struct TestFiles(pub(crate) std::path::PathBuf);

impl Files for TestFiles {
    fn open(&self, name: &str) -> Result<Connection, StoreError> {
        Ok(Connection::open(self.0.join(name))?)
    }

    fn exists(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        std::fs::remove_file(self.0.join(name)).map_err(|error| StoreError::Refused(error.to_string()))
    }

    fn set_aside(&self, name: &str) -> Result<(), StoreError> {
        let to = self.0.join(format!("{name}.damaged"));
        std::fs::rename(self.0.join(name), to).map_err(|error| StoreError::Refused(error.to_string()))
    }

    fn wipe(&self) -> Result<(), StoreError> {
        for entry in std::fs::read_dir(&self.0).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        Ok(())
    }
}

/// A device: the whole application, with the network in the test's hands.
pub(crate) struct Device {
    pub(crate) app: App,
    pub(crate) now_ms: Rc<Cell<i64>>,
    pub(crate) origin: u32,
    pub(crate) role: Role,
    pub(crate) folder: Rc<tempfile::TempDir>,
}

thread_local! {
    /// Origins handed out per test, so that each device gets its own.
    static NEXT_ORIGIN: RefCell<HashMap<std::thread::ThreadId, u32>> = RefCell::default();
}

fn next_origin() -> u32 {
    NEXT_ORIGIN.with_borrow_mut(|next| {
        let origin = next.entry(std::thread::current().id()).or_insert(0);
        *origin += 1;
        *origin
    })
}

impl Device {
    /// A device without areas.
    pub(crate) fn blank() -> Self {
        let folder = Rc::new(tempfile::tempdir().unwrap());
        let now_ms = Rc::new(Cell::new(NOON_MS));
        let origin = next_origin();
        let app = open_app(&folder, &now_ms, origin);
        Self { app, now_ms, origin, role: Role::Coordinator, folder }
    }

    /// A device that has redeemed an invitation for `role`.
    pub(crate) fn joined(role: Role) -> Self {
        let mut device = Self { role, ..Self::blank() };
        device.join();
        device
    }

    /// Redeems an invitation for the device's role.
    pub(crate) fn join(&mut self) {
        let ask = trygkort_core::ipc::Redeem {
            link: "https://trygkort.example/i#0123456789ABCDEFGHJKMNPQRS".to_owned(),
            member_name: "Mona".to_owned(),
            device_name: "Telefon".to_owned(),
        };
        let step = self.app.handle(ask.into_request());
        let Step::Fetch { request, then } = no_walk(&mut self.app, step) else { panic!("redeem needs the server") };
        assert_eq!(request.url, "https://trygkort.example/api/v1/redeem");
        let answer = serde_json::json!({
            "area_id": area(), "area_name": "Bøgeparken", "role": self.role, "demo": true, "token": "secret",
            "origin": self.origin, "device_id": "d1", "member_id": "m1",
        });
        let response = HttpResponse { status: 200, body: answer.to_string().into_bytes() };
        let Step::Reply(Ok(_)) = self.app.resume(then, Ok(response)) else { panic!("the answer is taken") };
    }

    /// Closes the app and opens it again on the same files.
    pub(crate) fn restart(self) -> Self {
        let Self { app, now_ms, origin, role, folder } = self;
        app.close().unwrap();
        let app = open_app(&folder, &now_ms, origin);
        Self { app, now_ms, origin, role, folder }
    }

    /// A copy of the device as it stands, as a backup of the telephone makes one.
    pub(crate) fn copy(&mut self) -> Self {
        let folder = Rc::new(tempfile::tempdir().unwrap());
        let old = std::mem::replace(&mut self.app, open_app(&Rc::new(tempfile::tempdir().unwrap()), &self.now_ms, 0));
        old.close().unwrap();
        for file in std::fs::read_dir(self.folder.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
        self.app = open_app(&self.folder, &self.now_ms, self.origin);
        let now_ms = Rc::new(Cell::new(self.now_ms.get()));
        let app = open_app(&folder, &now_ms, self.origin + 1_000);
        Self { app, now_ms, origin: self.origin, role: self.role, folder }
    }

    /// Ends the app without a word and opens it again on the same files.
    pub(crate) fn kill_and_restart(self) -> Self {
        let Self { app, now_ms, origin, role, folder } = self;
        drop(app);
        let app = open_app(&folder, &now_ms, origin);
        Self { app, now_ms, origin, role, folder }
    }

    /// Asks as a screen does.
    pub(crate) fn ask<A: Ask>(&mut self, ask: A) -> Result<A::Reply, IpcError>
    where
        A::Reply: DeserializeOwned,
    {
        match self.app.handle(ask.into_request()) {
            Step::Reply(reply) => reply.map(|json| serde_json::from_str(&json).unwrap()),
            Step::Fetch { .. } => panic!("this request needs the server"),
        }
    }

    /// Takes a request to the server and the answer back.
    pub(crate) fn carry(&mut self, hub: &mut Hub, request: &HttpRequest) -> HttpResponse {
        if let Ok(sent) = wire::from_bytes::<wire::v1::SyncRequest>(&request.body) {
            self.origin = sent.origin;
        }
        hub.answer(self.origin, self.role, request)
    }

    /// Synchronises until nothing is left to do; returns how many requests it took.
    pub(crate) fn sync(&mut self, hub: &mut Hub) -> u32 {
        self.app.request_sync();
        let mut requests = 0;
        while let Some((call, request)) = self.app.next_sync() {
            requests += 1;
            assert!(requests < 50, "synchronising never ends");
            let response = self.carry(hub, &request);
            self.app.finish_sync(call, Ok(response));
        }
        requests
    }

    /// Sends, and loses the answer on the way back.
    pub(crate) fn sync_losing_the_answer(&mut self, hub: &mut Hub) {
        self.app.request_sync();
        let (call, request) = self.app.next_sync().expect("something to send");
        hub.exchange(self.origin, self.role, &request.body).unwrap();
        self.app.finish_sync(call, Err(NetworkError));
    }
}

/// Answers the question of a member whether a link is to a walk: it is not.
pub(crate) fn no_walk(app: &mut App, step: Step) -> Step {
    match step {
        Step::Fetch { request, then } if request.url.ends_with("/walks/join") => {
            let body = br#"{"code": "not_found", "detail": ""}"#.to_vec();
            app.resume(then, Ok(HttpResponse { status: 404, body }))
        }
        other => other,
    }
}

pub(crate) fn open_app(folder: &tempfile::TempDir, now_ms: &Rc<Cell<i64>>, origin: u32) -> App {
    App::open(
        Box::new(TestFiles(folder.path().to_owned())),
        Box::new(TestEnv::new(now_ms, u64::from(origin))),
        HostInfo { version: "test".to_owned(), web_origin: None, language: "da".to_owned() },
    )
    .unwrap()
}
