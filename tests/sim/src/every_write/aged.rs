//! Files as the first version wrote them: with its tables only, and what stands in those.

use super::run::Run;
use super::{Machine, Story};
use crate::device::Written;
use crate::disk::{Disk, Image, Survives};
use crate::prepared::{self, SERVER_FILE};
use crate::server::Judged;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::collections::BTreeMap;
use std::rc::Rc;
use trygkort_core::app::App;

/// What a device and a server hold after a little was written: of today, and of the first version.
pub(super) struct Aged {
    pub(super) server: Image,
    pub(super) old_server: Image,
    /// Has something in it that was not sent.
    pub(super) old_device: Image,
    pub(super) written: Vec<Written>,
    pub(super) judged: BTreeMap<(u32, u64), Vec<Judged>>,
}

const LOG: &str = concat!(
    include_str!("../../../../src-core/src/store/migrations/row_state.sql"),
    include_str!("../../../../src-core/src/hub/migrations/0001_log.sql"),
);
const AREA: &str = concat!(
    include_str!("../../../../src-core/src/store/migrations/row_state.sql"),
    include_str!("../../../../src-core/src/store/migrations/0001_area.sql"),
);
const DEVICE: &str = include_str!("../../../../src-core/src/store/migrations/0001_device.sql");

thread_local! {
    static AGED: Rc<Aged> = Rc::new(Aged::new());
}

/// Made once for each thread.
pub(super) fn aged() -> Rc<Aged> {
    AGED.with(Rc::clone)
}

impl Aged {
    fn new() -> Self {
        let mut run = Run::new(Story::Days, Machine::Device, Survives::Everything);
        (1..4).for_each(|deed| run.write(0, deed));
        run.exchange(0).unwrap();
        // Too much for the network.
        (4..6).for_each(|deed| run.write(0, deed));
        run.devices[0].app.take().map(App::close).unwrap().unwrap();
        run.server.log = None;
        let server = run.server.disk.image();
        age(&run.server.disk, SERVER_FILE, LOG);
        let device = &run.devices[0].disk;
        age(device, &format!("area-{}.db", prepared::area()), AREA);
        age(device, "device.db", DEVICE);
        Self {
            server,
            old_server: run.server.disk.image(),
            old_device: device.image(),
            written: run.devices[0].written.clone(),
            judged: run.server.judged.clone(),
        }
    }
}

/// Replaces a file by one with the tables that the first step makes, and what they held.
fn age(disk: &Disk, name: &str, first_step: &str) {
    const AGED: &str = "aged.db";
    let (today, then) = (disk.connect(name).unwrap(), disk.connect(AGED).unwrap());
    then.pragma_update(None, "journal_mode", "WAL").unwrap();
    then.execute_batch(first_step).unwrap();
    then.pragma_update(None, "user_version", 1).unwrap();
    // What a search finds is made anew, as after every change of the rules for that.
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'contact_search%'";
    for table in texts(&then, tables) {
        copy(&today, &then, &table);
    }
    drop((today, then));
    disk.rename(AGED, name);
}

fn copy(from: &Connection, to: &Connection, table: &str) {
    let columns = texts(to, &format!("SELECT name FROM pragma_table_info('{table}')"));
    let values = vec!["?"; columns.len()].join(", ");
    let mut read = from.prepare(&format!("SELECT {} FROM {table}", columns.join(", "))).unwrap();
    let mut write = to.prepare(&format!("INSERT INTO {table} VALUES ({values})")).unwrap();
    let mut rows = read.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let values = (0..columns.len()).map(|at| row.get::<_, Value>(at).unwrap());
        write.execute(params_from_iter(values)).unwrap();
    }
}

fn texts(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}
