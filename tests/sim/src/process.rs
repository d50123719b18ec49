//! A device and a server in one process on real files, to be killed at any moment.

use crate::check::{Kept, unsound, values};
use crate::device::{Device, SimEnv};
use crate::prepared::{self, SERVER_FILE, START_MS};
use crate::rng::Rng;
use crate::{device, people};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use trygkort_core::app::{App, Files, HostInfo, HttpResponse};
use trygkort_core::domain::Role;
use trygkort_core::hub::{AreaLog, Peer};
use trygkort_core::store::StoreError;
use trygkort_core::wire::from_bytes;
use trygkort_core::wire::v1::Action;

/// The device's number.
const ORIGIN: u32 = 1;

/// Database files in a folder.
struct Folder(PathBuf);

impl Files for Folder {
    fn open(&self, name: &str) -> Result<Connection, StoreError> {
        Ok(Connection::open(self.0.join(name))?)
    }

    fn exists(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        std::fs::remove_file(self.0.join(name)).map_err(|error| StoreError::Refused(error.to_string()))
    }

    fn wipe(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn set_aside(&self, name: &str) -> Result<(), StoreError> {
        Err(StoreError::Damaged(format!("{name} was to be set aside")))
    }
}

/// Makes the folder's files: an area on the server, and a device that has joined it.
///
/// # Panics
/// When the folder cannot be written.
pub fn prepare(folder: &Path) {
    let mut log = open_log(folder);
    prepared::fill(&mut log);
    let mut app = open_app(folder, 0);
    prepared::join(&mut app, Role::Coordinator, ORIGIN);
    exchange(&mut app, &mut log);
    app.close().unwrap();
}

/// Writes and synchronises until the process is killed. `life` is another number each time. Says on `out` what is kept,
/// as soon as the person would be told so.
///
/// # Panics
/// When anything fails: nothing does, until the process is killed.
pub fn live(folder: &Path, life: u64, mut out: impl Write) {
    let mut log = open_log(folder);
    let rng = Rng::new(life);
    let mut device = Device::with(open_app(folder, life), ORIGIN, &rng);
    let mut forms = Vec::new();
    for number in life * 100_000.. {
        let deed = people::act(&mut device, &mut forms, number, &rng);
        if let (Ok(Some(_)), Some(words)) = (deed.saved, deed.words) {
            writeln!(out, "kept {words}").and_then(|()| out.flush()).unwrap();
        }
        if number % 3 == 0 {
            exchange(device.app.as_mut().expect("it has power"), &mut log);
        }
    }
}

/// Looks into copies of the files after the process was killed: they must be sound, and hold all that was said to be
/// kept. Copies, so that the next life finds them as the killed one left them.
///
/// # Errors
/// What does not hold, in words.
///
/// # Panics
/// When the files cannot be read at all.
pub fn look(folder: &Path, told: &BTreeSet<String>) -> Result<(), String> {
    let copies = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), copies.path().join(file.file_name())).unwrap();
    }
    let log = open_log(copies.path());
    let mut damage = log.check().unwrap();
    let [area, device] = [format!("area-{}.db", prepared::area()), "device.db".to_owned()]
        .map(|name| Connection::open(copies.path().join(name)).unwrap());
    damage.extend([&area, &device].into_iter().flat_map(unsound));
    if !damage.is_empty() {
        return Err(damage.join("; "));
    }
    let kept = Kept::read(log.connection()).unwrap();
    let mut words: BTreeSet<String> = kept.words().into_iter().map(str::to_owned).collect();
    words.extend(unsent_words(&area));
    told.iter().find(|told| !words.contains(*told)).map_or(Ok(()), |lost| Err(format!("{lost:?} is nowhere")))
}

fn unsent_words(area: &Connection) -> BTreeSet<String> {
    let mut statement = area.prepare("SELECT body FROM outbox").unwrap();
    let bodies = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let actions = bodies.map(|body| from_bytes::<Action>(&body.unwrap()).unwrap());
    actions.flat_map(|action| values(&action).map(|value| value.text().to_owned()).collect::<Vec<_>>()).collect()
}

fn open_log(folder: &Path) -> AreaLog {
    let conn = Connection::open(folder.join(SERVER_FILE)).unwrap();
    AreaLog::open(conn, prepared::area(), prepared::keys(&Rng::new(9))).unwrap()
}

fn open_app(folder: &Path, life: u64) -> App {
    let host = HostInfo { version: "sim".to_owned(), web_origin: None, language: "da".to_owned() };
    App::open(Box::new(Folder(folder.to_owned())), Box::new(SimEnv::with(START_MS, life)), host).unwrap()
}

fn exchange(app: &mut App, log: &mut AreaLog) {
    app.request_sync();
    while let Some((call, request)) = app.next_sync() {
        let peer = Peer::new(ORIGIN, device::member_of(ORIGIN), Role::Coordinator);
        log.begin().unwrap();
        let body = log.exchange(&peer, &request.body, START_MS + 1_000).unwrap().body;
        log.commit().unwrap();
        app.finish_sync(call, Ok(HttpResponse { status: 200, body }));
    }
}
