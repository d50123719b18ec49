//! Databases made once and copied for every run: making their tables and reading the first log costs more than the run.

use crate::device::{self, SimEnv};
use crate::disk::{Disk, Image};
use crate::rng::Rng;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use trygkort_core::app::{App, HostInfo, HttpResponse, Step};
use trygkort_core::demo;
use trygkort_core::domain::{AreaId, ContactId, ProblemId, Role, RowId};
use trygkort_core::hub::{AreaLog, Keys, Peer};
use trygkort_core::ipc::{Ask, GetCard, Redeem, SearchContacts};
use trygkort_core::seal::Hash;
use uuid::Uuid;

/// 20 November 2026, 09:14 in Denmark.
pub(crate) const START_MS: i64 = 1_795_162_440_000;

/// The file of the server's area.
pub(crate) const SERVER_FILE: &str = "server.db";

/// The simulated area.
pub(crate) fn area() -> AreaId {
    AreaId(RowId(Uuid::from_u128(0xa5ea)))
}

/// The server's secrets.
pub(crate) fn keys(rng: &Rng) -> Keys {
    Keys { cursor: [7; 32], random: Arc::new(rng.shared()) }
}

/// A device that has joined the area.
#[derive(Clone)]
pub(crate) struct Joined {
    pub(crate) image: Image,
    /// The public key that it gave the server.
    pub(crate) key: Hash,
}

/// What every run begins with.
pub(crate) struct Prepared {
    /// The server with an area in which there is a little of everything.
    pub(crate) server: Image,
    pub(crate) contacts: Vec<ContactId>,
    pub(crate) problems: Vec<ProblemId>,
    devices: RefCell<HashMap<(Role, u32), Joined>>,
    newcomers: RefCell<HashMap<(Role, u32), Joined>>,
}

thread_local! {
    static PREPARED: Rc<Prepared> = Rc::new(Prepared::new());
}

/// What this thread has prepared.
pub(crate) fn prepared() -> Rc<Prepared> {
    PREPARED.with(Rc::clone)
}

impl Prepared {
    fn new() -> Self {
        let disk = Disk::new();
        let mut log = AreaLog::open(disk.connect(SERVER_FILE).unwrap(), area(), keys(&Rng::new(1))).unwrap();
        fill(&mut log);
        drop(log);
        let (devices, newcomers) = (RefCell::default(), RefCell::default());
        let mut this = Self { server: disk.image(), contacts: Vec::new(), problems: Vec::new(), devices, newcomers };
        let mut app = open(&Disk::of(&this.device(Role::Coordinator, 1).image), 1);
        let found = ask(&mut app, SearchContacts { query: String::new(), limit: 100 });
        this.contacts = found.groups.into_iter().flat_map(|group| group.contacts).map(|row| row.id).collect();
        this.problems = ask(&mut app, GetCard {}).problems.iter().map(|tile| tile.id).collect();
        this
    }

    /// A device that has joined the area and read it.
    pub(crate) fn device(&self, role: Role, origin: u32) -> Joined {
        if let Some(joined) = self.devices.borrow().get(&(role, origin)) {
            return joined.clone();
        }
        let Joined { image, key } = self.newcomer(role, origin);
        let disk = Disk::of(&image);
        let mut app = open(&disk, origin);
        let server = Disk::of(&self.server);
        let mut log = AreaLog::open(server.connect(SERVER_FILE).unwrap(), area(), keys(&Rng::new(2))).unwrap();
        app.request_sync();
        while let Some((call, request)) = app.next_sync() {
            let peer = Peer { key: Some(key), ..Peer::new(origin, device::member_of(origin), role) };
            log.begin().unwrap();
            let body = log.exchange(&peer, &request.body, START_MS).unwrap().body;
            log.commit().unwrap();
            app.finish_sync(call, Ok(HttpResponse { status: 200, body }));
        }
        app.close().unwrap();
        let joined = Joined { image: disk.image(), key };
        self.devices.borrow_mut().entry((role, origin)).or_insert(joined).clone()
    }

    /// A device that has joined the area and read nothing.
    pub(crate) fn newcomer(&self, role: Role, origin: u32) -> Joined {
        let make = || {
            let disk = Disk::new();
            let mut app = open(&disk, origin);
            let key = join(&mut app, role, origin);
            app.close().unwrap();
            Joined { image: disk.image(), key }
        };
        self.newcomers.borrow_mut().entry((role, origin)).or_insert_with(make).clone()
    }
}

fn open(disk: &Disk, origin: u32) -> App {
    let host = HostInfo { version: "sim".to_owned(), web_origin: None, language: "da".to_owned() };
    App::open(Box::new(disk.clone()), Box::new(SimEnv::with(START_MS, u64::from(origin))), host).unwrap()
}

/// Writes a little of everything into an empty log.
pub(crate) fn fill(log: &mut AreaLog) {
    let actions = demo::actions(include_str!("../area.json"), area(), START_MS - 1_000_000).unwrap();
    log.begin().unwrap();
    log.import(actions, START_MS).unwrap();
    log.commit().unwrap();
}

/// Redeems an invitation with what a server would answer. Returns the public key that the server registers.
pub(crate) fn join(app: &mut App, role: Role, origin: u32) -> Hash {
    let ask = Redeem {
        link: "https://trygkort.example/i#0123456789ABCDEFGHJKMNPQRS".to_owned(),
        member_name: format!("Member of {origin}"),
        device_name: format!("Device {origin}"),
    };
    let Step::Fetch { request, then } = app.handle(ask.into_request()) else { panic!("redeeming needs the server") };
    let asked: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    let key = blake3::Hash::from_hex(asked["public_key"].as_str().unwrap()).unwrap();
    let answer = serde_json::json!({
        "area_id": area(), "area_name": "Simulationen", "role": role, "demo": true, "token": format!("token-{origin}"),
        "origin": origin, "device_id": format!("d{origin}"), "member_id": format!("m{origin}"),
    });
    let response = HttpResponse { status: 200, body: answer.to_string().into_bytes() };
    let Step::Reply(Ok(_)) = app.resume(then, Ok(response)) else { panic!("the answer is taken") };
    *key.as_bytes()
}

fn ask<A: Ask>(app: &mut App, ask: A) -> A::Reply {
    match app.handle(ask.into_request()) {
        Step::Reply(Ok(json)) => serde_json::from_str(&json).unwrap(),
        _ => panic!("the device answers by itself"),
    }
}
