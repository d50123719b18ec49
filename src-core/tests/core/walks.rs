//! Safety walks: a scope of its own for everyone who is on one, for as long as they are.

use crate::devices::{Device, Hub, NOON_MS, row};
use std::collections::BTreeSet;
use trygkort_core::domain::schema::map_pin;
use trygkort_core::domain::{Entity, Position, Role, RowId, Scope, Value};
use trygkort_core::hub::roster::{self, Roster};
use trygkort_core::ipc::*;
use trygkort_core::wire::v1::*;
use trygkort_core::wire::{from_bytes, to_bytes};

const EVENING: Scope = Scope::Walk(3);

fn walk(number: u32) -> roster::Walk {
    let (starts_at_ms, ends_at_ms) = (NOON_MS, NOON_MS + 1);
    roster::Walk { id: row(800 + u128::from(number)), number, name: format!("Tur {number}"), starts_at_ms, ends_at_ms }
}

/// The demo area with these walks.
fn hub_with(walks: &[u32]) -> Hub {
    let mut hub = Hub::demo();
    make_walks(&mut hub, walks);
    hub
}

fn make_walks(hub: &mut Hub, walks: &[u32]) {
    hub.mirror(&Roster { walks: walks.iter().map(|number| walk(*number)).collect(), ..Roster::default() });
}

fn put_on(hub: &mut Hub, device: &Device, walks: &[u32]) {
    let member = hub.member_of(device.origin);
    hub.walks.insert(member, walks.iter().copied().collect());
}

/// A device whose member is on these walks and that has read everything.
fn joined(hub: &mut Hub, role: Role, walks: &[u32]) -> Device {
    let mut device = Device::joined(role);
    put_on(hub, &device, walks);
    device.sync(hub);
    device
}

fn mark(device: &mut Device, title: &str, scope: Scope) -> RowId {
    let opened = device.ask(EditPin { id: None }).unwrap();
    let form = PinForm { title: title.to_owned(), position: Some((55.64, 12.08)), scope, ..opened.form.clone() };
    let row = opened.row;
    device.ask(SavePin { opened, form }).unwrap();
    row
}

fn titles(device: &mut Device) -> BTreeSet<String> {
    device.ask(GetPins {}).unwrap().into_iter().map(|pin| pin.title).collect()
}

fn holds(device: &mut Device, title: &str) -> bool {
    titles(device).contains(title)
}

fn raw(hub: &mut Hub, origin: u32, role: Role, speaks: Option<u16>, cursor: Cursor) -> SyncResponse {
    let request = SyncRequest { version: 1, origin, cursor, speaks, ..SyncRequest::default() };
    from_bytes(&hub.exchange(origin, role, &to_bytes(&request)).unwrap()).unwrap()
}

fn pin(id: u128, scope: Scope, move_to: Option<Scope>) -> Action {
    let fields = [(map_pin::category, "place".into()), (map_pin::position, Value::Position(place()))];
    let fields = if move_to.is_some() { Vec::new() } else { fields.to_vec() };
    let fields = fields.into_iter().map(|(field, value)| FieldChange { field, value, base: None }).collect();
    let (entity, row) = (Entity::MapPin.number(), WireId(row(id)));
    let rows = vec![RowChange { entity, row, scope: scope.number(), move_to: move_to.map(Scope::number), fields }];
    Action { counter: 1, hlc: 1, seen: 0, all_or_nothing: None, rows }
}

fn place() -> Position {
    Position::from_degrees(55.64, 12.08).unwrap()
}

#[test]
fn those_on_a_walk_share_its_marks_and_nobody_else_is_sent_them() {
    let mut hub = hub_with(&[3, 4]);
    let mut guest = joined(&mut hub, Role::Participant, &[3]);
    let opened = guest.ask(EditPin { id: None }).unwrap();
    assert_eq!(opened.form.scope, EVENING, "what a participant marks is for those on the walk");
    mark(&mut guest, "Mørk sti", EVENING);
    guest.sync(&mut hub);
    let frame = guest.ask(GetMapFrame {}).unwrap();
    assert!(frame.can_add);
    assert_eq!(frame.walks.iter().map(|walk| (walk.number, walk.open)).collect::<Vec<_>>(), [(3, true)]);
    let pins = guest.ask(GetPins {}).unwrap();
    assert!(pins.iter().any(|pin| pin.walk.as_deref() == Some("Tur 3") && pin.editable && pin.deletable));

    for (role, walks, sees) in [
        (Role::Participant, &[3][..], true),
        (Role::Participant, &[4], false),
        (Role::Resident, &[], false),
        (Role::Staff, &[3], true),
        (Role::Staff, &[], false),
        (Role::Coordinator, &[], true),
    ] {
        let mut device = joined(&mut hub, role, walks);
        assert_eq!(holds(&mut device, "Mørk sti"), sees, "{role} on {walks:?}");
        let dump = device.app.dump().unwrap();
        assert_eq!(dump.contains(&row(803).to_string()), sees, "{role} on {walks:?}: the walk itself");
        let network = dump.lines().any(|line| line.split(' ').nth(2) == Some("1"));
        assert_eq!(network, role.reads(Scope::Network), "{role} on {walks:?}: a walk opens nothing else");
    }
    assert!(hub.log.check().unwrap().is_empty());
}

#[test]
fn what_is_gathered_leaves_the_walk() {
    let mut hub = hub_with(&[3]);
    let mut guest = joined(&mut hub, Role::Participant, &[3]);
    let mut colleague = joined(&mut hub, Role::Staff, &[]);
    let mut desk = joined(&mut hub, Role::Coordinator, &[]);
    let id = mark(&mut guest, "Lygten er gået", EVENING);
    guest.sync(&mut hub);
    desk.sync(&mut hub);
    let opened = desk.ask(EditPin { id: Some(trygkort_core::domain::PinId(id)) }).unwrap();
    let form = PinForm { scope: Scope::Network, ..opened.form.clone() };
    desk.ask(SavePin { opened, form }).unwrap();
    desk.sync(&mut hub);
    guest.sync(&mut hub);
    colleague.sync(&mut hub);
    assert!(!holds(&mut guest, "Lygten er gået") && holds(&mut colleague, "Lygten er gået"));
    assert!(hub.log.check().unwrap().is_empty());
}

#[test]
fn whoever_leaves_a_walk_loses_it_at_once_and_whoever_joins_gets_all_of_it() {
    let mut hub = hub_with(&[3]);
    let mut guest = joined(&mut hub, Role::Participant, &[3]);
    let mut colleague = joined(&mut hub, Role::Staff, &[]);
    mark(&mut guest, "Mørk sti", EVENING);
    mark(&mut guest, "Lys sti", EVENING);
    guest.sync(&mut hub);
    colleague.sync(&mut hub);
    assert!(!holds(&mut colleague, "Mørk sti"));

    put_on(&mut hub, &colleague, &[3]);
    colleague.sync(&mut hub);
    assert!(holds(&mut colleague, "Mørk sti") && holds(&mut colleague, "Lys sti"), "also what was before");

    put_on(&mut hub, &colleague, &[]);
    put_on(&mut hub, &guest, &[]);
    // One answer is enough, whatever comes after it.
    colleague.app.request_sync();
    let (call, request) = colleague.app.next_sync().unwrap();
    let answer = colleague.carry(&mut hub, &request);
    colleague.app.finish_sync(call, Ok(answer));
    assert!(!holds(&mut colleague, "Mørk sti"), "wiped at once");
    for device in [&mut colleague, &mut guest] {
        device.sync(&mut hub);
        assert!(!device.app.dump().unwrap().contains(&row(803).to_string()));
        assert_eq!(device.sync(&mut hub), 1, "nothing is read over and over");
    }
    let mut other = joined(&mut hub, Role::Staff, &[]);
    assert_eq!(colleague.app.dump().unwrap(), other.app.dump().unwrap());
    mark(&mut other, "Bænk", Scope::Network);
    other.sync(&mut hub);
    colleague.sync(&mut hub);
    assert!(holds(&mut colleague, "Bænk"), "the rest goes on");
}

#[test]
fn a_walk_that_begins_now_is_read_on_without_beginning_anew() {
    let mut hub = Hub::demo();
    let mut desk = joined(&mut hub, Role::Coordinator, &[]);
    make_walks(&mut hub, &[3]);
    assert_eq!(desk.sync(&mut hub), 1);
    assert!(desk.app.dump().unwrap().contains(&row(803).to_string()));
    assert_eq!(desk.sync(&mut hub), 1);
}

#[test]
fn what_was_marked_before_the_walk_was_left_is_refused_and_kept() {
    let mut hub = hub_with(&[3]);
    let mut guest = joined(&mut hub, Role::Participant, &[3]);
    mark(&mut guest, "For sent", EVENING);
    put_on(&mut hub, &guest, &[]);
    guest.sync(&mut hub);
    assert!(!holds(&mut guest, "For sent"));
    let refused: u32 = hub.log.connection().query_row("SELECT COUNT(*) FROM refused", [], |row| row.get(0)).unwrap();
    assert_eq!(refused, 1, "what anyone wrote is kept aside");
}

#[test]
fn a_device_that_does_not_speak_of_walks_is_sent_none() {
    let mut hub = hub_with(&[3]);
    let mut guest = joined(&mut hub, Role::Participant, &[3]);
    let id = mark(&mut guest, "Mørk sti", EVENING);
    guest.sync(&mut hub);
    hub.walks.insert(hub.member_of(900), BTreeSet::from([3]));
    for role in [Role::Participant, Role::Coordinator] {
        for speaks in [None, Some(1), Some(2)] {
            let answer = raw(&mut hub, 900, role, speaks, Cursor::default());
            let parts = answer.page.entries.iter().flat_map(|entry| &entry.scopes);
            assert!(parts.into_iter().all(|part| part.scope < 16), "{role} {speaks:?}");
            assert!(answer.page.heads.iter().all(|head| head.scope < 16) && answer.walks.is_none(), "{role}");
            let reader = hub.reader(900, role);
            let told: Vec<Entry> = from_bytes(&hub.log.history(&reader, speaks, id, None).unwrap()).unwrap();
            assert!(told.is_empty(), "{role} {speaks:?}: nor by the history");
        }
        let answer = raw(&mut hub, 900, role, Some(3), Cursor::default());
        let first = answer.page.entries.iter().find(|entry| entry.scopes.iter().any(|part| part.scope == 19)).unwrap();
        assert_eq!(answer.walks, Some(vec![WalkScope { walk: 3, first: first.position }]));
        let told = hub.log.history(&hub.reader(900, role), Some(3), id, None).unwrap();
        assert_eq!(from_bytes::<Vec<Entry>>(&told).unwrap().len(), 1);
    }
}

#[test]
fn the_server_opens_a_walk_and_nobody_writes_to_one_that_is_not_theirs() {
    let mut hub = hub_with(&[3, 300]);
    hub.walks.insert(hub.member_of(900), BTreeSet::from([3, 77]));
    let mut id = 5_000;
    let mut reason = |hub: &mut Hub, role, scope, move_to| {
        id += 1;
        if let Some(Scope::Walk(_)) = move_to {
            // A pin that is there, to be moved.
            assert_eq!(
                hub.push(901 + id as u32, Role::Coordinator, vec![pin(id, scope, None)]).verdicts[0].reason,
                None
            );
        }
        hub.push(900, role, vec![Action { counter: id as u64 * 10, ..pin(id, scope, move_to) }]).verdicts[0].reason
    };
    for role in Role::ALL {
        let coordinates = role == Role::Coordinator;
        assert_eq!(reason(&mut hub, role, Scope::Walk(3), None), None, "{role}");
        let other = if coordinates { None } else { Some(Reason::Permission) };
        assert_eq!(reason(&mut hub, role, Scope::Walk(300), None), other, "{role}");
        for closed in [Scope::Walk(77), Scope::Walk(0), Scope::Walk(u32::MAX - 16)] {
            assert_eq!(reason(&mut hub, role, closed, None), Some(Reason::Validation), "{role}: {closed:?}");
        }
    }
    let closed = reason(&mut hub, Role::Coordinator, Scope::Network, Some(Scope::Walk(78)));
    assert_eq!(closed, Some(Reason::Validation));
    assert_eq!(reason(&mut hub, Role::Coordinator, Scope::Network, Some(Scope::Walk(300))), None);
    assert!(hub.log.check().unwrap().is_empty(), "also with a scope of more than a byte");
}

#[test]
fn a_snapshot_has_a_file_for_every_walk_and_a_reader_fetches_theirs() {
    let mut hub = hub_with(&[3, 4]);
    let mut guest = joined(&mut hub, Role::Participant, &[3]);
    let mut desk = joined(&mut hub, Role::Coordinator, &[]);
    for number in 0..20 {
        mark(&mut guest, &format!("Mærke {number}"), EVENING);
        let id = mark(&mut desk, &format!("Nåletræ {number}"), Scope::Public);
        desk.ask(DeletePin { id: trygkort_core::domain::PinId(id) }).unwrap();
    }
    guest.sync(&mut hub);
    desk.sync(&mut hub);
    let by_log = joined(&mut hub, Role::Participant, &[3]).app.dump().unwrap();
    hub.make_snapshot();
    let scopes: BTreeSet<Scope> = hub.log.snapshot_files().unwrap().into_iter().map(|(scope, _)| scope).collect();
    assert!(scopes.contains(&EVENING) && scopes.contains(&Scope::Walk(4)));
    hub.walks.insert(hub.member_of(900), BTreeSet::from([3]));
    let offer = raw(&mut hub, 900, Role::Participant, Some(3), Cursor::default()).snapshot.unwrap();
    assert_eq!(offer.scopes.iter().map(|file| file.scope).collect::<Vec<_>>(), [0, 19]);
    assert_eq!(joined(&mut hub, Role::Participant, &[3]).app.dump().unwrap(), by_log);

    let request =
        SyncRequest { version: 1, origin: 900, speaks: Some(3), log_only: Some(true), ..SyncRequest::default() };
    let body = hub.exchange(900, Role::Participant, &to_bytes(&request)).unwrap();
    let answer: SyncResponse = from_bytes(&body).unwrap();
    assert!(answer.snapshot.is_none() && answer.walks.is_some(), "the log, with the walk");
}

#[test]
fn what_those_on_a_walk_read_comes_back_after_a_restore() {
    let mut hub = hub_with(&[3]);
    let mut guest = joined(&mut hub, Role::Participant, &[3]);
    let mut other = joined(&mut hub, Role::Participant, &[3]);
    let backup = hub.backup();
    mark(&mut guest, "Mørk sti", EVENING);
    guest.sync(&mut hub);
    other.sync(&mut hub);
    drop(guest);
    hub.restore(&backup);
    other.sync(&mut hub);
    let mut desk = joined(&mut hub, Role::Coordinator, &[]);
    assert!(holds(&mut desk, "Mørk sti") && holds(&mut other, "Mørk sti"));
    let mut outside = joined(&mut hub, Role::Staff, &[]);
    assert!(!holds(&mut outside, "Mørk sti"), "where it was, and nowhere else");
    assert!(hub.log.check().unwrap().is_empty());
}
