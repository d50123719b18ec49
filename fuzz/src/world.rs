//! A small area: the server's log with a handful of rows, and a device that has read it. Made once, then copied for
//! every input, so that each input finds the same and a finding can be repeated.

use rusqlite::types::Value;
use rusqlite::{Connection, MAIN_DB};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use trygkort_core::demo;
use trygkort_core::domain::{AreaId, Role, RowId};
use trygkort_core::hub::{AreaLog, HubError, Keys, Peer};
use trygkort_core::store::area::{AreaFile, Session};
use trygkort_core::store::device_key::DeviceKey;
use trygkort_core::sync;
use trygkort_core::wire::v1::{Action, SyncRequest};
use trygkort_core::wire::{VERSION, to_bytes};
use uuid::Uuid;

/// 20 November 2026, 09:14 in Denmark.
pub(crate) const NOW_MS: i64 = 1_795_162_440_000;
/// The device that the fuzzer speaks for. Its member has a number of its own.
pub(crate) const ORIGIN: u32 = 7;
pub(crate) const ROLE: Role = Role::Coordinator;
/// How much of the demo there is: enough for every kind of row that refers to another.
const DEMO_ACTIONS: usize = 24;

/// The server's side, in memory.
pub(crate) struct Hub {
    pub(crate) log: AreaLog,
}

impl Hub {
    /// As the server does: one transaction for the exchange.
    pub(crate) fn exchange(&mut self, body: &[u8]) -> Result<Vec<u8>, HubError> {
        let peer = Peer::new(ORIGIN, row(ORIGIN.into()), ROLE);
        self.log.begin()?;
        let done = self.log.exchange(&peer, body, NOW_MS);
        self.log.commit()?;
        done.map(|exchanged| exchanged.body)
    }

    /// The log passes its own check, and a device that reads it from the start takes every page.
    pub(crate) fn expect_whole(&mut self) {
        assert_eq!(self.log.check().expect("memory holds"), Vec::<String>::new());
        read_all(self, &mut blank_device());
    }

    /// Everything in the log's tables, to compare.
    pub(crate) fn state(&self) -> String {
        let conn = self.log.connection();
        let mut tables =
            conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").expect("SQL");
        let names = tables.query_map([], |row| row.get::<_, String>(0)).expect("memory holds");
        let mut state = String::new();
        for name in names.map(|name| name.expect("a text")) {
            let mut statement = conn.prepare(&format!("SELECT * FROM \"{name}\"")).expect("a table");
            let columns = statement.column_count();
            let mut rows = statement.query([]).expect("memory holds");
            while let Some(row) = rows.next().expect("memory holds") {
                let values = (0..columns).map(|n| row.get::<_, Value>(n).expect("any value"));
                state.push_str(&format!("{name} {:?}\n", values.collect::<Vec<_>>()));
            }
        }
        state
    }
}

/// The log that every input finds.
pub(crate) fn hub() -> Hub {
    static IMAGE: OnceLock<Vec<u8>> = OnceLock::new();
    let image = IMAGE.get_or_init(|| {
        image_of("hub", |conn| {
            let mut hub = Hub { log: open_log(conn) };
            hub.log.begin().expect("the disk holds");
            hub.log.import(content(), NOW_MS).expect("the demo is in order");
            hub.log.commit().expect("the disk holds");
        })
    });
    Hub { log: open_log(copy(image)) }
}

/// The device that every input finds: it has read the log.
pub(crate) fn device() -> AreaFile {
    static IMAGE: OnceLock<Vec<u8>> = OnceLock::new();
    let image = IMAGE.get_or_init(|| {
        image_of("device", |conn| {
            let mut device = AreaFile::create(conn, session()).expect("an empty file");
            read_all(&mut hub(), &mut device);
            device.close().expect("nobody else has it");
        })
    });
    AreaFile::open(copy(image)).expect("a copy of a good file")
}

/// A device that has joined and read nothing.
pub(crate) fn blank_device() -> AreaFile {
    AreaFile::create(memory(), session()).expect("memory holds")
}

pub(crate) fn row(number: u128) -> RowId {
    RowId(Uuid::from_u128(number))
}

/// What the log holds, in the order it was written.
pub(crate) fn content() -> Vec<Action> {
    let mut actions = demo::actions(demo::JSON, area(), NOW_MS - 1_000_000).expect("the demo as it is shipped");
    actions.truncate(DEMO_ACTIONS);
    actions
}

/// What a device sends now.
pub(crate) fn next_request(device: &AreaFile) -> Vec<u8> {
    sync::request_for_log(device, &|bytes| bytes.fill(7)).expect("memory holds")
}

/// A request of the fuzzer's device that has read nothing.
pub(crate) fn request(actions: Vec<Action>) -> Vec<u8> {
    to_bytes(&SyncRequest { version: VERSION, origin: ORIGIN, actions, ..Default::default() })
}

fn area() -> AreaId {
    AreaId(row(0xa5ea))
}

fn read_all(hub: &mut Hub, device: &mut AreaFile) {
    for _ in 0..1_000 {
        let request = next_request(device);
        let answer = hub.exchange(&request).expect("a device's own request");
        if !sync::apply(device, &answer, NOW_MS).expect("a page of the log").more {
            return;
        }
    }
    panic!("reading the log never ends");
}

fn session() -> Session {
    Session {
        area: area(),
        area_name: "Bøgeparken".to_owned(),
        role: ROLE,
        demo: false,
        server: "https://trygkort.example".to_owned(),
        token: "secret".to_owned(),
        origin: ORIGIN,
        device_id: "d1".to_owned(),
        member_name: "Mona".to_owned(),
        key: DeviceKey::default(),
        walks: std::collections::BTreeSet::new(),
    }
}

fn open_log(conn: Connection) -> AreaLog {
    let next = AtomicU64::new(1);
    let random = move |bytes: &mut [u8]| {
        let seed = next.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes.iter_mut().zip(seed.iter().cycle()).for_each(|(byte, seed)| *byte = *seed);
    };
    AreaLog::open(conn, area(), Keys { cursor: [7; 32], random: Arc::new(random) }).expect("memory holds")
}

fn memory() -> Connection {
    Connection::open_in_memory().expect("memory holds")
}

/// What `make` leaves in a new database.
fn image_of(name: &str, make: impl FnOnce(Connection)) -> Vec<u8> {
    let file = std::env::temp_dir().join(format!("trygkort-fuzz-{name}-{}.db", std::process::id()));
    let open = || Connection::open(&file).expect("a folder for what is temporary");
    make(open());
    let mut conn = open();
    // A copy in memory cannot have a write-ahead log, and refuses to open when its header speaks of one.
    conn.pragma_update(None, "journal_mode", "delete").expect("nobody else has it");
    let image = conn.serialize(MAIN_DB).expect("memory holds").to_vec();
    drop(conn);
    // What is temporary may stay.
    let _ = std::fs::remove_file(&file);
    image
}

fn copy(image: &[u8]) -> Connection {
    let mut conn = memory();
    conn.deserialize_read_exact(MAIN_DB, image, image.len(), false).expect("memory holds");
    conn
}
