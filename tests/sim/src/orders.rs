//! Every order in which a few actions can arrive, with each device's own order kept.
//!
//! What people write merges to one state in every order, and so does where they move a row. What may be refused is
//! another thing: whether somebody may write to a row depends on where it is when their action arrives, and whether a pin
//! may be a group, which is for coordination only, on where it is then. There what arrives first decides, so the order
//! shows in what is refused, and in nothing else: orders in which the same is refused come to the same state.

use crate::device::{Device, member_of};
use crate::disk::{Disk, Image};
use crate::people::{self, Form};
use crate::prepared::{SERVER_FILE, START_MS, area, keys, prepared};
use crate::rng::Rng;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use trygkort_core::domain::schema::map_pin;
use trygkort_core::domain::{Entity, Role};
use trygkort_core::hub::{AreaLog, Peer};
use trygkort_core::wire::v1::{Action, FieldChange, RowChange, SyncRequest, SyncResponse};
use trygkort_core::wire::{from_bytes, to_bytes};

/// The actions that were refused, by origin and counter.
type Refused = Vec<(u32, u64)>;

/// What one order came to: the rows of the area, and which actions were refused.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    rows: String,
    refused: Refused,
}

impl State {
    /// Where it differs from another one.
    fn differs(&self, other: &Self) -> String {
        let rows = self.rows.lines().zip(other.rows.lines()).find(|(one, other)| one != other);
        format!("{rows:?}; refused are {:?} and {:?}", self.refused, other.refused)
    }
}

/// What was found by trying all orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// How many actions each device wrote.
    pub actions: Vec<usize>,
    /// How many orders were tried.
    pub orders: usize,
    /// How many states they came to: more than one only where the order decides what is refused.
    pub states: usize,
    /// Whether not everyone is a coordinator.
    pub mixed: bool,
}

/// A device's member's role, and what was written on it.
struct Author {
    role: Role,
    actions: Vec<Action>,
}

/// People write up to six actions on up to six devices, each without knowing of the others'; all orders in which they
/// can arrive are tried.
///
/// # Errors
/// Two orders that come to different states though the same was refused, or though nothing decides what is refused; or
/// one that comes to a damaged file. In words.
pub fn all_orders_agree(seed: u64) -> Result<Tried, String> {
    let written = write(&Rng::new(seed));
    let orders = orders(&written);
    let mixed = written.iter().any(|author| author.role != Role::Coordinator);
    let decides = order_decides(&written, mixed);
    let mut states: BTreeMap<Refused, (State, &Vec<usize>)> = BTreeMap::new();
    for order in &orders {
        let state = arrive(&prepared().server, &written, order)?;
        let alike = if decides { state.refused.clone() } else { Refused::new() };
        let (expected, other) = states.entry(alike).or_insert_with(|| (state.clone(), order));
        if *expected != state {
            let differs = expected.differs(&state);
            return Err(format!("seed {seed}: the orders {other:?} and {order:?} of devices differ: {differs}"));
        }
    }
    let actions = written.iter().map(|author| author.actions.len()).collect();
    Ok(Tried { actions, orders: orders.len(), states: states.len(), mixed })
}

/// Whether it may depend on the order what is refused: a pin becomes a group, or a row moves and not everyone may write
/// wherever it is.
fn order_decides(written: &[Author], mixed: bool) -> bool {
    let group = |set: &FieldChange| set.field == map_pin::category && set.value.text() == "group";
    let is_group = |row: &RowChange| row.entity == Entity::MapPin.number() && row.fields.iter().any(group);
    let decides = |row: &RowChange| is_group(row) || mixed && row.move_to.is_some();
    written.iter().flat_map(|author| &author.actions).flat_map(|action| &action.rows).any(decides)
}

/// What is written on each device.
fn write(rng: &Rng) -> Vec<Author> {
    const ACTIONS: usize = 6;
    let devices = 2 + rng.index(ACTIONS - 1);
    let now_ms = Rc::new(Cell::new(START_MS));
    let mixed = rng.percent(60);
    let mut written: Vec<Author> = Vec::new();
    for origin in 1..=u32::try_from(devices).expect("a few") {
        let role = match written.last() {
            // Every third device is the second one of the member before.
            Some(before) if origin.is_multiple_of(3) => before.role,
            _ if mixed => role(rng),
            _ => Role::Coordinator,
        };
        let mut device = Device::new(origin, role, &now_ms, rng);
        let (mut forms, mut number): (Vec<Form>, _) = (Vec::new(), u64::from(origin) * 100);
        device.skew_ms.set(rng.between(-60_000, 60_000));
        for _ in 0..ACTIONS / devices {
            write_something(&mut device, &mut forms, &mut number, rng);
        }
        written.push(Author { role, actions: device.into_kept() });
    }
    written
}

/// Not every deed writes: there may be nothing to do it with, or a form is opened and left.
fn write_something(device: &mut Device, forms: &mut Vec<Form>, number: &mut u64, rng: &Rng) {
    for _ in 0..3 {
        *number += 1;
        if matches!(people::act(device, forms, *number, rng).saved, Ok(Some(_))) {
            return;
        }
    }
}

/// Coordinators, who move rows, and staff, who edit them, come most often.
fn role(rng: &Rng) -> Role {
    match rng.below(8) {
        0..=2 => Role::Coordinator,
        3..=5 => Role::Staff,
        6 => Role::Participant,
        _ => Role::Resident,
    }
}

/// All orders of the devices' turns.
fn orders(written: &[Author]) -> Vec<Vec<usize>> {
    let mut all = Vec::new();
    let mut left: Vec<usize> = written.iter().map(|author| author.actions.len()).collect();
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

fn arrive(server: &Image, written: &[Author], order: &[usize]) -> Result<State, String> {
    let disk = Disk::of(server);
    let mut log = AreaLog::open(disk.connect(SERVER_FILE).unwrap(), area(), keys(&Rng::new(3))).unwrap();
    let (mut next, mut refused) = (vec![0; written.len()], Vec::new());
    log.begin().unwrap();
    for device in order {
        let Author { role, actions } = &written[*device];
        let action = actions[next[*device]].clone();
        next[*device] += 1;
        let origin = u32::try_from(device + 1).expect("a few");
        let request = SyncRequest { version: 1, origin, actions: vec![action], ..SyncRequest::default() };
        let peer = Peer::new(origin, member_of(origin), *role);
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
    // Conflicts are about what was there when an action arrived. Of two edits on one device, the first meets somebody's
    // edit that arrives between the two, and is never met by one that arrives after both.
    let sql = "SELECT hex(row) || ' ' || scope || ' ' || hex(fields) FROM row_state WHERE entity <> ?1 ORDER BY row";
    let mut statement = log.connection().prepare(sql).unwrap();
    let rows = statement.query_map([Entity::Conflict.number()], |row| row.get::<_, String>(0)).unwrap();
    rows.map(Result::unwrap).collect::<Vec<_>>().join("\n")
}
