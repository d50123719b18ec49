//! A device that takes a snapshot ends up as one that has read the log, whatever happens on the way; and nobody's
//! snapshot can harm it.

use crate::devices::{Device, Hub, area, row};
use std::collections::BTreeMap;
use trygkort_core::app::{HttpResponse, NetworkError};
use trygkort_core::domain::schema::{DELETED_AT, contact};
use trygkort_core::domain::{ContactId, Entity, Role, Scope, Value};
use trygkort_core::hub::snapshot::{Made, MadeFile};
use trygkort_core::ipc::*;
use trygkort_core::merge::RowState;
use trygkort_core::snapshot::Snapshot;
use trygkort_core::wire::v1::{Action, Cursor, FieldChange, RowChange, SyncRequest, SyncResponse, WireId};
use trygkort_core::wire::{from_bytes, to_bytes};

/// What went over the network while a device synchronised.
#[derive(Default)]
pub(crate) struct Requests {
    pub(crate) exchanges: u32,
    pub(crate) files: u32,
}

/// Synchronises; `tamper` may change an answer, by its number, or lose it.
pub(crate) fn sync_with(
    device: &mut Device,
    hub: &mut Hub,
    mut tamper: impl FnMut(u32, HttpResponse) -> Result<HttpResponse, NetworkError>,
) -> Requests {
    let mut made = Requests::default();
    device.app.request_sync();
    while let Some((call, request)) = device.app.next_sync() {
        let answer = device.carry(hub, &request);
        let answer = tamper(made.exchanges + made.files, answer);
        *(if request.url.contains("/snapshot/") { &mut made.files } else { &mut made.exchanges }) += 1;
        assert!(made.exchanges + made.files < 50, "synchronising never ends");
        device.app.finish_sync(call, answer);
    }
    made
}

pub(crate) fn sync(device: &mut Device, hub: &mut Hub) -> Requests {
    sync_with(device, hub, |_, answer| Ok(answer))
}

/// What a device takes in by a snapshot it cannot give back after a restore, so it is to be in a backup.
#[test]
fn a_snapshot_of_what_no_backup_has_is_not_offered_where_backups_are_made() {
    let mut hub = busy();
    hub.make_snapshot();
    let head = hub.log.head_position().unwrap();
    for (backed_up, files) in [(0, true), (head - 1, false), (head, true)] {
        hub.log.set_backed_up(backed_up).unwrap();
        let made = sync(&mut Device::joined(Role::Coordinator), &mut hub);
        assert_eq!(made.files > 0, files, "backed up to {backed_up} of {head}");
    }
}

#[test]
fn until_a_new_snapshot_is_in_a_backup_the_one_of_before_is_offered() {
    let mut hub = busy();
    let mut office = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    hub.make_snapshot();
    let before = hub.log.head_position().unwrap();
    hub.log.set_backed_up(before).unwrap();
    let id = contact_id(&mut office, "Ejendomskontoret");
    note(&mut office, id, "Efter backuppen");
    office.sync(&mut hub);
    hub.make_snapshot();
    let head = hub.log.head_position().unwrap();
    assert!(head > before);
    for backed_up in [before, head] {
        hub.log.set_backed_up(backed_up).unwrap();
        let offered = raw(&mut hub, Role::Coordinator, Some(4), Cursor::default()).snapshot.unwrap();
        assert_eq!(offered.position, backed_up);
        let mut newcomer = Device::joined(Role::Coordinator);
        assert!(sync(&mut newcomer, &mut hub).files > 0, "its files are kept");
        assert_eq!(newcomer.app.dump().unwrap(), office.app.dump().unwrap());
    }
}

/// The demo area after some work: rows edited, moved, in the trash, and with things of a newer version.
pub(crate) fn busy() -> Hub {
    let mut hub = Hub::demo();
    let mut office = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    for (number, pin) in office.ask(GetPins {}).unwrap().into_iter().enumerate() {
        match number % 4 {
            0 => edit_pin(&mut office, pin.id, |form| form.note = "Skiftet".to_owned()),
            1 => edit_pin(&mut office, pin.id, |form| form.scope = Scope::Coordination),
            2 => drop(office.ask(DeletePin { id: pin.id }).unwrap()),
            _ => {}
        }
    }
    office.sync(&mut hub);
    let map = Value::Opaque(vec![0xa1, 0x01, 0x02]);
    let fields = [(contact::name, Value::from("Fra fremtiden")), (99, map), (100, Value::Null)];
    let fields = fields.map(|(field, value)| FieldChange { field, value, base: None }).to_vec();
    let change =
        RowChange { entity: Entity::Contact.number(), row: WireId(row(7_000)), scope: 0, move_to: None, fields };
    hub.push(
        70,
        Role::Coordinator,
        vec![Action { counter: 1, hlc: 1, seen: 0, all_or_nothing: None, rows: vec![change] }],
    );
    hub
}

fn edit_pin(device: &mut Device, id: trygkort_core::domain::PinId, change: impl FnOnce(&mut PinForm)) {
    let opened = device.ask(EditPin { id: Some(id) }).unwrap();
    let mut form = opened.form.clone();
    change(&mut form);
    device.ask(SavePin { opened, form }).unwrap();
}

fn contact_id(device: &mut Device, name: &str) -> ContactId {
    let found = device.ask(SearchContacts { query: name.to_owned(), limit: 10 }).unwrap();
    found.groups.into_iter().flat_map(|group| group.contacts).find(|row| row.name == name).unwrap().id
}

fn note(device: &mut Device, id: ContactId, text: &str) {
    let opened = device.ask(EditContact { id: Some(id) }).unwrap();
    let form = ContactForm { note: text.to_owned(), ..opened.form.clone() };
    device.ask(SaveContact { opened, form }).unwrap();
}

/// What a device of this role holds that has read the log.
pub(crate) fn by_log(hub: &mut Hub, role: Role) -> String {
    hub.log.begin().unwrap();
    hub.log.drop_snapshots().unwrap();
    hub.log.commit().unwrap();
    let mut device = Device::joined(role);
    assert_eq!(sync(&mut device, hub).files, 0);
    device.app.dump().unwrap()
}

#[test]
fn a_new_device_of_any_role_is_as_one_that_read_the_log() {
    let mut hub = busy();
    for role in Role::ALL {
        let log = by_log(&mut hub, role);
        hub.make_snapshot();
        let mut device = Device::joined(role);
        let requests = sync(&mut device, &mut hub);
        assert_eq!(requests.files, u32::try_from(role.readable().len()).unwrap(), "{role}");
        assert!(requests.exchanges + requests.files <= 5, "{role}");
        assert_eq!(device.app.dump().unwrap(), log, "{role}");
        assert_eq!(sync(&mut device, &mut hub).exchanges, 1, "{role}: then there is nothing new");
    }
}

#[test]
fn what_is_shown_is_the_same_too_and_goes_on_with_the_log() {
    let mut hub = busy();
    let mut reader = Device::joined(Role::Staff);
    sync(&mut reader, &mut hub);
    hub.make_snapshot();
    let mut taker = Device::joined(Role::Staff);
    sync(&mut taker, &mut hub);
    let mut office = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    let id = contact_id(&mut office, "Ejendomskontoret");
    note(&mut office, id, "Efter øjebliksbilledet");
    office.sync(&mut hub);
    for device in [&mut reader, &mut taker] {
        assert_eq!(sync(device, &mut hub).files, 0, "one edit is shorter than a snapshot");
        assert_eq!(device.ask(GetContact { id }).unwrap().note, "Efter øjebliksbilledet");
    }
    assert_eq!(taker.ask(GetPins {}).unwrap(), reader.ask(GetPins {}).unwrap());
    assert_eq!(taker.ask(GetCard {}).unwrap(), reader.ask(GetCard {}).unwrap());
    assert_eq!(taker.app.dump().unwrap(), reader.app.dump().unwrap());
}

#[test]
fn a_long_absent_device_keeps_what_it_has_not_sent() {
    let mut hub = Hub::demo();
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    let id = contact_id(&mut phone, "Ejendomskontoret");
    note(&mut phone, id, "Skrevet uden dækning");
    let mut office = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    let pins: Vec<_> = office.ask(GetPins {}).unwrap().into_iter().map(|pin| pin.id).collect();
    for round in 0..30 {
        for pin in &pins {
            edit_pin(&mut office, *pin, |form| form.note = format!("Runde {round}"));
        }
    }
    office.ask(DeletePin { id: pins[0] }).unwrap();
    office.sync(&mut hub);
    hub.make_snapshot();
    let requests = sync(&mut phone, &mut hub);
    assert_eq!(requests.files, 3, "thirty rounds of edits are longer than what they made");
    assert_eq!(phone.ask(GetContact { id }).unwrap().note, "Skrevet uden dækning");
    assert_eq!(phone.ask(GetSyncStatus {}).unwrap().pending, 0);
    office.sync(&mut hub);
    assert_eq!(phone.app.dump().unwrap(), office.app.dump().unwrap());
    assert!(hub.log.check().unwrap().is_empty());
}

#[test]
fn an_answer_lost_anywhere_costs_a_request_and_nothing_else() {
    let mut hub = busy();
    let log = by_log(&mut hub, Role::Coordinator);
    hub.make_snapshot();
    for lost in 0..5 {
        let mut device = Device::joined(Role::Coordinator);
        sync_with(&mut device, &mut hub, |number, answer| if number == lost { Err(NetworkError) } else { Ok(answer) });
        assert_eq!(device.ask(GetSyncStatus {}).unwrap().state, SyncState::Offline);
        let again = sync(&mut device, &mut hub);
        assert!(again.files <= 3 && again.exchanges <= 2, "after answer {lost}");
        assert_eq!(device.app.dump().unwrap(), log, "answer {lost} was lost");
        let mut device = device.restart();
        sync(&mut device, &mut hub);
        assert_eq!(device.app.dump().unwrap(), log);
    }
}

#[test]
fn a_device_that_is_ended_half_way_begins_again() {
    let mut hub = busy();
    let log = by_log(&mut hub, Role::Coordinator);
    hub.make_snapshot();
    for ended in 1..5 {
        let mut device = Device::joined(Role::Coordinator);
        device.app.request_sync();
        for _ in 0..ended {
            let (call, request) = device.app.next_sync().unwrap();
            let answer = device.carry(&mut hub, &request);
            device.app.finish_sync(call, Ok(answer));
        }
        let mut device = device.restart();
        sync(&mut device, &mut hub);
        assert_eq!(device.app.dump().unwrap(), log, "ended after {ended} answers");
    }
}

#[test]
fn a_file_cut_off_anywhere_or_gone_leads_to_the_log() {
    let mut hub = busy();
    let log = by_log(&mut hub, Role::Staff);
    hub.make_snapshot();
    let length = hub.snapshots.values().map(Vec::len).max().unwrap();
    for cut in (0..length).step_by(length / 10).chain([length]) {
        let mut device = Device::joined(Role::Staff);
        let mut tampered = 0;
        let requests = sync_with(&mut device, &mut hub, |number, mut answer| {
            if number == 1 || number == 3 {
                // The first file of either try.
                tampered += 1;
                answer.body.truncate(cut.min(answer.body.len().saturating_sub(1)));
            }
            Ok(answer)
        });
        assert_eq!((tampered, requests.files), (2, 2), "the second wrong one is enough");
        assert_eq!(device.app.dump().unwrap(), log, "cut after {cut} bytes");
    }
    hub.snapshots.clear();
    let mut device = Device::joined(Role::Staff);
    assert_eq!(sync(&mut device, &mut hub).files, 2);
    assert_eq!(device.app.dump().unwrap(), log);
    assert_eq!(device.ask(GetSyncStatus {}).unwrap().state, SyncState::Idle);
}

#[test]
fn unsent_work_does_not_wait_for_a_file_that_never_comes() {
    let mut hub = busy();
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    let id = contact_id(&mut phone, "Ejendomskontoret");
    for round in 0..60 {
        note(&mut phone, id, &format!("Runde {round} {}", "med en del tekst ".repeat(20)));
    }
    phone.sync(&mut hub);
    hub.make_snapshot();
    let mut tablet = Device::joined(Role::Coordinator);
    sync_with(&mut tablet, &mut hub, |number, answer| if number >= 1 { Err(NetworkError) } else { Ok(answer) });
    let opened = tablet.ask(EditPin { id: None }).unwrap();
    let form = PinForm { title: "Ny".to_owned(), position: Some((55.638, 12.165)), ..opened.form.clone() };
    tablet.ask(SavePin { opened, form }).unwrap();
    sync_with(&mut tablet, &mut hub, |number, answer| if number >= 1 { Err(NetworkError) } else { Ok(answer) });
    phone.sync(&mut hub);
    assert!(phone.ask(GetPins {}).unwrap().iter().any(|pin| pin.title == "Ny"), "it went first");
    sync(&mut tablet, &mut hub);
    assert_eq!(tablet.app.dump().unwrap(), phone.app.dump().unwrap());
}

/// Long edits of one row, so that a snapshot is shorter than the log.
pub(crate) fn write_much(hub: &mut Hub) {
    let long = "x".repeat(500);
    for n in 0..100 {
        let fields = [(contact::name, "Længde"), (99, long.as_str())];
        let fields = fields.map(|(field, text)| FieldChange { field, value: text.into(), base: None }).to_vec();
        let change =
            RowChange { entity: Entity::Contact.number(), row: WireId(row(8_000)), scope: 1, move_to: None, fields };
        let action = Action { counter: 100 + 2 * n, hlc: n, seen: 0, all_or_nothing: None, rows: vec![change] };
        hub.push(70, Role::Coordinator, vec![action]);
    }
}

fn raw(hub: &mut Hub, role: Role, speaks: Option<u16>, cursor: Cursor) -> SyncResponse {
    let request = SyncRequest { version: 1, origin: 60, cursor, speaks, ..SyncRequest::default() };
    from_bytes(&hub.exchange(60, role, &to_bytes(&request)).unwrap()).unwrap()
}

#[test]
fn it_is_offered_to_those_who_understand_it_and_gain_by_it() {
    let mut hub = busy();
    hub.make_snapshot();
    let head = hub.log.head_position().unwrap();
    for (speaks, offered) in [(None, false), (Some(1), false), (Some(2), true), (Some(3), true)] {
        let answer = raw(&mut hub, Role::Staff, speaks, Cursor::default());
        assert_eq!(answer.snapshot.is_some(), offered, "{speaks:?}");
        assert_eq!(answer.page.entries.is_empty(), offered, "either the one or the other");
    }
    let offer = raw(&mut hub, Role::Resident, Some(2), Cursor::default()).snapshot.unwrap();
    let scopes: Vec<u32> = offer.scopes.iter().map(|file| file.scope).collect();
    assert_eq!(scopes, [Scope::Public.number()], "nobody hears of a scope that is not theirs");
    let near = Cursor { position: head - 1, ..Cursor::default() };
    assert_eq!(raw(&mut hub, Role::Staff, Some(2), near).snapshot, None, "one action is shorter");
    let cursor = raw(&mut hub, Role::Staff, Some(2), Cursor::default()).snapshot.unwrap().cursor();
    let beyond = raw(&mut hub, Role::Staff, Some(2), cursor);
    assert_eq!((beyond.restart, beyond.page.to), (None, head), "the seal is the server's own");
}

#[test]
fn one_that_was_dropped_while_it_was_made_is_never_offered() {
    let mut hub = busy();
    let source = hub.log.snapshot_source().unwrap();
    let (position, dropped) = (source.position(), source.dropped());
    let files = source.files().unwrap();
    let one = |file: &trygkort_core::hub::snapshot::ScopeFile| MadeFile {
        scope: file.scope,
        hash: file.hash,
        bytes: 1,
        raw_bytes: file.content.len() as u64,
    };
    let made = Made { position, dropped, files: files.iter().map(one).collect() };
    hub.log.drop_snapshots().unwrap();
    assert!(!hub.log.keep_snapshot(&made).unwrap());
    assert_eq!(raw(&mut hub, Role::Coordinator, Some(2), Cursor::default()).snapshot, None);
    hub.make_snapshot();
    assert_eq!(hub.log.snapshot_files().unwrap().len(), 3);
    hub.log.drop_snapshots().unwrap();
    assert!(hub.log.snapshot_files().unwrap().is_empty());
}

#[test]
fn one_is_due_when_the_log_behind_the_last_is_longer_than_it() {
    let mut hub = Hub::demo();
    assert!(!hub.log.is_snapshot_due().unwrap(), "the demo fits one page");
    let long = "x".repeat(4_000);
    let write = |hub: &mut Hub, count: u64| {
        for _ in 0..count {
            let number = hub.log.head_position().unwrap();
            // A field of a newer version, which has no limit here.
            let fields = [(contact::name, "Længde"), (99, long.as_str())];
            let fields = fields.map(|(field, text)| FieldChange { field, value: text.into(), base: None }).to_vec();
            let change = RowChange {
                entity: Entity::Contact.number(),
                row: WireId(row(8_000)),
                scope: 1,
                move_to: None,
                fields,
            };
            let action = Action { counter: 2 * number, hlc: number, seen: 0, all_or_nothing: None, rows: vec![change] };
            assert_eq!(hub.push(70, Role::Coordinator, vec![action]).verdicts[0].reason, None);
        }
    };
    write(&mut hub, 100);
    assert!(hub.log.is_snapshot_due().unwrap(), "400 kB of log make a row of 4 kB");
    hub.make_snapshot();
    assert!(!hub.log.is_snapshot_due().unwrap());
    write(&mut hub, 50);
    assert!(!hub.log.is_snapshot_due().unwrap(), "200 kB come in one page");
    write(&mut hub, 50);
    assert!(hub.log.is_snapshot_due().unwrap());
}

#[test]
fn rows_in_the_trash_are_in_it() {
    let mut hub = busy();
    hub.make_snapshot();
    let all = hub.snapshots.values().flat_map(|content| Snapshot::from_bytes(content).unwrap().rows);
    let deleted = |row: &RowState| row.fields.get(&DELETED_AT).is_some_and(|at| at.value != Value::Null);
    assert!(all.filter(deleted).count() > 0);
}

#[test]
fn a_device_that_was_away_while_something_was_erased_forgets_it_with_the_snapshot() {
    let mut hub = busy();
    let mut phone = Device::joined(Role::Coordinator);
    sync(&mut phone, &mut hub);
    let id = contact_id(&mut phone, "Ejendomskontoret");
    note(&mut phone, id, "Bor på nummer syv");
    sync(&mut phone, &mut hub);
    hub.log.begin().unwrap();
    hub.log.erase(&[id.0].into(), hub.now_ms).unwrap();
    hub.log.commit().unwrap();
    write_much(&mut hub);
    assert!(!hub.log.is_snapshot_due().unwrap(), "there was none, so none is stale");
    hub.make_snapshot();
    assert_eq!(sync(&mut phone, &mut hub).files, 3);
    assert!(phone.ask(GetContact { id }).is_err());
    assert!(!crate::erasure::lies_on_disk(phone, "nummer syv"));
    hub.log.begin().unwrap();
    hub.log.erase(&[row(8_000)].into(), hub.now_ms).unwrap();
    hub.log.commit().unwrap();
    assert!(hub.log.snapshot_files().unwrap().is_empty());
    assert!(hub.log.is_snapshot_due().unwrap(), "what lies on the disk holds what was erased");
    hub.make_snapshot();
    assert!(!hub.log.is_snapshot_due().unwrap());
}

/// A server that offers these bytes as the public part of its snapshot, under their right hash.
fn offering(hub: &mut Hub, content: &[u8]) {
    hub.make_snapshot();
    let mut files = hub.log.snapshot_files().unwrap();
    files[0].1 = *blake3::hash(content).as_bytes();
    hub.snapshots.insert(files[0].1, content.to_vec());
    let source = hub.log.snapshot_source().unwrap();
    let file = |(scope, hash): (Scope, [u8; 32])| MadeFile { scope, hash, bytes: 1, raw_bytes: 1 };
    let files = files.into_iter().map(file).collect();
    let made = Made { position: source.position(), dropped: source.dropped(), files };
    assert!(hub.log.keep_snapshot(&made).unwrap());
}

#[test]
fn a_hostile_snapshot_changes_nothing_and_the_log_is_read() {
    let mut hub = busy();
    let log = by_log(&mut hub, Role::Resident);
    hub.make_snapshot();
    let position = hub.log.head_position().unwrap();
    let state = |n: u128, scope| RowState { entity: 4_000, row: row(n), scope, created_by: 1, fields: BTreeMap::new() };
    let of = |area, scope, position| {
        Snapshot { area, scope, position, rows: vec![state(1, scope)], erased: Vec::new() }.to_bytes()
    };
    let other = trygkort_core::domain::AreaId(row(3));
    let mut newer = of(area(), Scope::Public, position);
    newer[1] = 2;
    let hostile: [(&str, Vec<u8>); 6] = [
        ("nothing", Vec::new()),
        ("no snapshot", vec![0xff; 100]),
        ("another area's", of(other, Scope::Public, position)),
        ("another scope's", of(area(), Scope::Network, position)),
        ("of another time", of(area(), Scope::Public, position - 1)),
        ("of a newer version", newer),
    ];
    for (what, content) in hostile {
        offering(&mut hub, &content);
        let mut device = Device::joined(Role::Resident);
        let requests = sync(&mut device, &mut hub);
        assert_eq!(requests.files, 2, "{what}");
        assert_eq!(device.app.dump().unwrap(), log, "{what}");
        assert_eq!(device.ask(GetSyncStatus {}).unwrap().state, SyncState::Idle, "{what}");
    }
}

#[test]
fn a_row_that_two_scopes_have_is_refused_before_anything_is_written() {
    let mut hub = busy();
    let log = by_log(&mut hub, Role::Staff);
    hub.make_snapshot();
    let network = hub.log.snapshot_files().unwrap()[1].1;
    let stolen = Snapshot::from_bytes(&hub.snapshots[&network]).unwrap().rows.swap_remove(0);
    let position = hub.log.head_position().unwrap();
    let rows = vec![RowState { scope: Scope::Public, ..stolen }];
    offering(&mut hub, &Snapshot { area: area(), scope: Scope::Public, position, rows, erased: Vec::new() }.to_bytes());
    let mut device = Device::joined(Role::Staff);
    sync(&mut device, &mut hub);
    assert_eq!(device.app.dump().unwrap(), log);
}
