//! Every order in which a few actions can arrive, with each device's own order kept.
//!
//! What people write merges to one state in every order, and so does where they move a row. That a group is for
//! coordination only is a rule about two things at once: there what arrives first decides whether what comes second is
//! refused, so the order shows; every order must still come to a file that holds together.

use crate::device::{Device, member_of};
use crate::disk::{Disk, Image};
use crate::people::{self, Form};
use crate::prepared::{SERVER_FILE, START_MS, area, keys, prepared};
use crate::rng::Rng;
use std::cell::Cell;
use std::rc::Rc;
use trygkort_core::domain::schema::map_pin;
use trygkort_core::domain::{Entity, Role};
use trygkort_core::hub::{AreaLog, Peer};
use trygkort_core::wire::v1::{Action, FieldChange, RowChange, SyncRequest, SyncResponse};
use trygkort_core::wire::{from_bytes, to_bytes};

/// What one order came to: the rows of the area, and which actions were refused.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    rows: String,
    refused: Vec<(u32, u64)>,
}

impl State {
    /// Where it differs from another one.
    fn differs(&self, other: &Self) -> String {
        let rows = self.rows.lines().zip(other.rows.lines()).find(|(one, other)| one != other);
        format!("{rows:?}; refused are {:?} and {:?}", self.refused, other.refused)
    }
}

/// What was found by trying all orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// How many orders came to one state.
    pub agreeing: usize,
    /// How many orders there were of actions one of which makes a group.
    pub of_groups: usize,
}

/// Coordinators write up to six actions on up to six devices, each without knowing of the others'; all orders in which
/// they can arrive are tried.
///
/// # Errors
/// Two orders that come to different states, or one to a damaged file, in words.
pub fn all_orders_agree(seed: u64) -> Result<Tried, String> {
    let written = write(&Rng::new(seed));
    let orders = orders(&written);
    let of_groups = written.iter().flatten().any(decides_who_reads);
    let mut first: Option<(State, &Vec<usize>)> = None;
    for order in &orders {
        let state = arrive(&prepared().server, &written, order)?;
        match &first {
            _ if of_groups => {}
            Some((expected, other)) if *expected != state => {
                let differs = expected.differs(&state);
                return Err(format!("seed {seed}: the orders {other:?} and {order:?} of devices differ: {differs}"));
            }
            Some(_) => {}
            None => first = Some((state, order)),
        }
    }
    Ok(if of_groups {
        Tried { of_groups: orders.len(), agreeing: 0 }
    } else {
        Tried { agreeing: orders.len(), of_groups: 0 }
    })
}

/// Whether an action makes a pin one that coordinators alone may read.
fn decides_who_reads(action: &Action) -> bool {
    let group = |set: &FieldChange| set.field == map_pin::category && set.value.text() == "group";
    let is_group = |row: &RowChange| row.entity == Entity::MapPin.number() && row.fields.iter().any(group);
    action.rows.iter().any(is_group)
}

/// The actions of each device.
fn write(rng: &Rng) -> Vec<Vec<Action>> {
    const ACTIONS: usize = 6;
    let devices = 2 + rng.index(ACTIONS - 1);
    let now_ms = Rc::new(Cell::new(START_MS));
    let mut written = Vec::new();
    for origin in 1..=u32::try_from(devices).expect("a few") {
        let mut device = Device::new(origin, Role::Coordinator, &now_ms, rng);
        let (mut forms, mut number): (Vec<Form>, _) = (Vec::new(), u64::from(origin) * 100);
        device.skew_ms.set(rng.between(-60_000, 60_000));
        for _ in 0..ACTIONS / devices {
            number += 1;
            drop(people::act(&mut device, &mut forms, number, rng));
        }
        written.push(device.into_kept());
    }
    written
}

/// All orders of the devices' turns.
fn orders(written: &[Vec<Action>]) -> Vec<Vec<usize>> {
    let mut all = Vec::new();
    let mut left: Vec<usize> = written.iter().map(Vec::len).collect();
    extend(&mut Vec::new(), &mut left, &mut all);
    all
}

fn extend(order: &mut Vec<usize>, left: &mut [usize], all: &mut Vec<Vec<usize>>) {
    if left.iter().all(|count| *count == 0) {
        all.push(order.clone());
        return;
    }
    for device in 0..left.len() {
        if left[device] > 0 {
            left[device] -= 1;
            order.push(device);
            extend(order, left, all);
            order.pop();
            left[device] += 1;
        }
    }
}

fn arrive(server: &Image, written: &[Vec<Action>], order: &[usize]) -> Result<State, String> {
    let disk = Disk::of(server);
    let mut log = AreaLog::open(disk.connect(SERVER_FILE).unwrap(), area(), keys(&Rng::new(3))).unwrap();
    let (mut next, mut refused) = (vec![0; written.len()], Vec::new());
    log.begin().unwrap();
    for device in order {
        let action = written[*device][next[*device]].clone();
        next[*device] += 1;
        let origin = u32::try_from(device + 1).expect("a few");
        let request = SyncRequest { version: 1, origin, actions: vec![action], ..SyncRequest::default() };
        let peer = Peer::new(origin, member_of(origin), Role::Coordinator);
        let body = log.exchange(&peer, &to_bytes(&request), START_MS + 1_000).unwrap().body;
        let response: SyncResponse = from_bytes(&body).unwrap();
        refused.extend(response.verdicts.iter().filter(|v| v.reason.is_some()).map(|v| (origin, v.counter)));
    }
    log.commit().unwrap();
    refused.sort_unstable();
    let (state, damage) = (State { rows: rows(&log), refused }, log.check().unwrap());
    disk.cut();
    if damage.is_empty() { Ok(state) } else { Err(format!("the order {order:?} of devices: {damage:?}")) }
}

fn rows(log: &AreaLog) -> String {
    // Whom a writer had not seen depends on who came first: conflicts are about the order, and differ with it.
    let sql = "SELECT hex(row) || ' ' || scope || ' ' || hex(fields) FROM row_state WHERE entity <> ?1 ORDER BY row";
    let mut statement = log.connection().prepare(sql).unwrap();
    let rows = statement.query_map([Entity::Conflict.number()], |row| row.get::<_, String>(0)).unwrap();
    rows.map(Result::unwrap).collect::<Vec<_>>().join("\n")
}
