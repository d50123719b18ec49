//! Erasing: what a row said is nowhere any more, and the chain still verifies.

use crate::devices::{Device, Hub, NOON_MS, area, row};
use crate::hostile::contact_named;
use crate::snapshots;
use std::collections::BTreeSet;
use trygkort_core::app::HttpResponse;
use trygkort_core::domain::{ContactId, Entity, Role, RowId, Scope};
use trygkort_core::hub::Peer;
use trygkort_core::hub::erase::TRASH_MS;
use trygkort_core::ipc::*;
use trygkort_core::wire::to_bytes;
use trygkort_core::wire::v1::{Action, Outcome, Reason, SyncRequest};

const NAME: &str = "Grethe Hemmelig";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn contact(device: &mut Device, name: &str) -> Option<ContactId> {
    let found = device.ask(SearchContacts { query: name.to_owned(), limit: 10 }).unwrap();
    found.groups.into_iter().flat_map(|group| group.contacts).find(|row| row.name == name).map(|row| row.id)
}

fn add(device: &mut Device, name: &str) -> ContactId {
    let number = if name == NAME { "32 57 19 99" } else { "32 57 18 88" };
    let opened = device.ask(EditContact { id: None }).unwrap();
    let channel = ChannelForm {
        kind: ChannelKind::Phone,
        value: number.to_owned(),
        id: None,
        label: String::new(),
        scope: Scope::Public,
    };
    let form = ContactForm { name: name.to_owned(), channels: vec![channel], ..opened.form.clone() };
    ContactId(device.ask(SaveContact { opened, form }).unwrap().row)
}

pub(crate) fn erase(hub: &mut Hub, id: RowId) -> usize {
    hub.log.begin().unwrap();
    let erased = hub.log.erase(&BTreeSet::from([id]), hub.now_ms).unwrap();
    hub.log.commit().unwrap();
    erased
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

pub(crate) fn bytes_of(device: Device) -> Vec<u8> {
    let folder = device.folder.clone();
    device.app.close().unwrap();
    let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    files.flat_map(|file| std::fs::read(file).unwrap()).collect()
}

pub(crate) fn log_bytes(hub: &Hub) -> Vec<u8> {
    std::fs::read(hub.backup_of_all().path()).unwrap()
}

/// Whether a device's files hold a text once it has ended.
pub(crate) fn lies_on_disk(device: Device, text: &str) -> bool {
    holds(&bytes_of(device), text)
}

#[test]
fn what_is_erased_is_nowhere_and_the_chain_still_verifies() {
    let mut hub = Hub::demo();
    let mut office = Device::joined(Role::Coordinator);
    let mut phone = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    let id = add(&mut office, NAME);
    add(&mut office, "Nabo");
    office.sync(&mut hub);
    phone.sync(&mut hub);
    assert!(contact(&mut phone, NAME).is_some());
    assert!(holds(&log_bytes(&hub), NAME));

    assert_eq!(erase(&mut hub, id.0), 2, "the contact and its number");
    assert!(hub.log.check().unwrap().is_empty(), "{:?}", hub.log.check());
    assert!(!holds(&log_bytes(&hub), NAME) && !holds(&log_bytes(&hub), "+4532571999"));
    assert_eq!(erase(&mut hub, id.0), 0, "once is enough");

    let mut late = Device::joined(Role::Coordinator);
    for device in [&mut office, &mut phone, &mut late] {
        device.sync(&mut hub);
        assert!(contact(device, NAME).is_none());
        assert!(contact(device, "Nabo").is_some(), "nothing else goes");
    }
    assert_eq!(phone.app.dump().unwrap(), late.app.dump().unwrap());
    assert_eq!(phone.app.dump().unwrap(), office.app.dump().unwrap());
    for device in [phone, office, late] {
        let bytes = bytes_of(device);
        assert!(!holds(&bytes, NAME) && !holds(&bytes, "grethe hemmelig") && !holds(&bytes, "+4532571999"));
    }
}

#[test]
fn it_does_not_come_back_to_a_restored_server_from_a_device_that_had_not_heard() {
    let mut hub = Hub::demo();
    let mut office = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    let backup = hub.backup();
    let id = add(&mut office, NAME);
    add(&mut office, "Nabo");
    office.sync(&mut hub);
    let opened = office.ask(EditContact { id: Some(id) }).unwrap();
    let form = ContactForm { note: format!("{NAME} bor i nr. 4"), ..opened.form.clone() };
    office.ask(SaveContact { opened, form }).unwrap();
    assert_eq!(erase(&mut hub, id.0), 2);
    // The backup knows nothing of the contact yet, the office has both it and words on it that are not sent.
    hub.restore(&backup);
    assert_eq!(erase(&mut hub, id.0), 0, "nothing of it is there");
    office.sync(&mut hub);

    let mut late = Device::joined(Role::Coordinator);
    late.sync(&mut hub);
    for device in [&mut office, &mut late] {
        assert!(contact(device, NAME).is_none());
        assert!(contact(device, "Nabo").is_some(), "nothing else goes");
    }
    assert_eq!(office.app.dump().unwrap(), late.app.dump().unwrap());
    assert!(hub.log.check().unwrap().is_empty(), "{:?}", hub.log.check());
    for bytes in [log_bytes(&hub), bytes_of(office), bytes_of(late)] {
        assert!(!holds(&bytes, NAME) && !holds(&bytes, "grethe hemmelig") && !holds(&bytes, "+4532571999"));
    }
}

#[test]
fn nobody_writes_to_it_again_and_what_they_tried_is_not_kept() {
    let mut hub = Hub::demo();
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    let id = add(&mut phone, NAME);
    phone.sync(&mut hub);
    let opened = phone.ask(EditContact { id: Some(id) }).unwrap();
    let form = ContactForm { note: format!("{NAME} bor i nr. 4"), ..opened.form.clone() };
    phone.ask(SaveContact { opened, form }).unwrap();
    erase(&mut hub, id.0);
    phone.sync(&mut hub);
    let refusals = phone.ask(GetRefusals {}).unwrap();
    assert_eq!(refusals.len(), 1);
    assert_eq!((refusals[0].reason, refusals[0].fields.len()), (RefusalReason::Erased, 0));
    assert!(contact(&mut phone, NAME).is_none());
    assert!(!holds(&log_bytes(&hub), NAME) && !holds(&bytes_of(phone), NAME));

    // A device of before is told in words that it knows.
    let again = Action { hlc: u64::try_from(NOON_MS).unwrap() + 5, ..contact_named(900, 91, NAME) };
    hub.push(77, Role::Coordinator, vec![again]);
    erase(&mut hub, row(91));
    let verdict = hub.push(77, Role::Coordinator, vec![contact_named(950, 91, "Igen")]).verdicts[0];
    assert_eq!((verdict.outcome, verdict.reason), (Outcome::Rejected, Some(Reason::Reference)));
}

#[test]
fn a_restored_backup_is_told_again_by_the_devices() {
    let mut hub = Hub::demo();
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    let id = add(&mut phone, NAME);
    let kept = add(&mut phone, "Nabo");
    phone.sync(&mut hub);
    let backup = hub.backup();
    let opened = phone.ask(EditContact { id: Some(kept) }).unwrap();
    let form = ContactForm { note: "Efter backuppen".to_owned(), ..opened.form.clone() };
    phone.ask(SaveContact { opened, form }).unwrap();
    phone.sync(&mut hub);
    erase(&mut hub, id.0);
    phone.sync(&mut hub);
    hub.restore(&backup);
    assert!(holds(&log_bytes(&hub), NAME));
    phone.sync(&mut hub);
    assert!(!holds(&log_bytes(&hub), NAME));
    assert_eq!(phone.ask(GetContact { id: kept }).unwrap().note, "Efter backuppen");
    assert!(contact(&mut phone, NAME).is_none());
    assert!(hub.log.check().unwrap().is_empty());
}

#[test]
fn the_trash_is_emptied_after_thirty_days_and_not_before() {
    let mut hub = Hub::demo();
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    let id = add(&mut phone, NAME);
    phone.sync(&mut hub);
    phone.ask(DeleteContact { id }).unwrap();
    phone.sync(&mut hub);
    assert_eq!(look_into_the_trash(&mut hub), 0);
    hub.now_ms += TRASH_MS - DAY_MS;
    assert_eq!(look_into_the_trash(&mut hub), 0);
    assert!(hub.log.row(id.0).unwrap().is_some());
    hub.now_ms += 2 * DAY_MS;
    // By itself, after the first exchange of the day.
    phone.sync(&mut hub);
    phone.sync(&mut hub);
    assert_eq!(look_into_the_trash(&mut hub), 0);
    assert!(!holds(&log_bytes(&hub), NAME));
    assert!(!holds(&bytes_of(phone), NAME));
    assert!(hub.log.check().unwrap().is_empty());
}

/// The server then removes the files that only what was erased had named.
#[test]
fn the_exchange_that_empties_the_trash_says_that_something_was_erased() {
    let mut hub = Hub::demo();
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    let id = add(&mut phone, NAME);
    phone.ask(DeleteContact { id }).unwrap();
    phone.sync(&mut hub);
    assert_eq!(look_into_the_trash(&mut hub), 0);
    let request = to_bytes(&SyncRequest { version: 1, origin: 90, ..SyncRequest::default() });
    let peer = Peer::new(90, row(90), Role::Resident);
    let mut says = |days| {
        hub.log.begin().unwrap();
        let exchanged = hub.log.exchange(&peer, &request, hub.now_ms + days * DAY_MS).unwrap();
        hub.log.commit().unwrap();
        exchanged.erased
    };
    assert!(!says(2), "it lies in the trash");
    assert!(says(32));
    assert!(!says(34), "nothing more");
}

#[test]
fn a_row_that_keeps_the_trash_from_being_emptied_keeps_nobody_from_synchronising() {
    let mut hub = Hub::demo();
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    add(&mut phone, NAME);
    // A pin that nobody touches, damaged where it lies.
    let damaged = hub.log.connection().execute(
        "UPDATE row_state SET fields = x'ff' WHERE row = (SELECT row FROM row_state WHERE entity = ?1 LIMIT 1)",
        [Entity::MapPin.number()],
    );
    assert_eq!(damaged.unwrap(), 1);
    hub.log.begin().unwrap();
    phone.app.request_sync();
    let (call, request) = phone.app.next_sync().unwrap();
    let peer = Peer::new(phone.origin, row(90), Role::Coordinator);
    let exchanged = hub.log.exchange(&peer, &request.body, hub.now_ms + 2 * DAY_MS).unwrap();
    hub.log.commit().unwrap();
    assert!(exchanged.changed && exchanged.trash.is_some());
    phone.app.finish_sync(call, Ok(HttpResponse { status: 200, body: exchanged.body }));
    assert_eq!(phone.ask(GetSyncStatus {}).unwrap().pending, 0, "it is told that its contact is there");
}

#[test]
fn what_is_erased_while_files_are_removed_stays_to_be_done() {
    let mut hub = Hub::demo();
    let mut office = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    let (first, second) = (add(&mut office, NAME), add(&mut office, "Nabo"));
    office.sync(&mut hub);
    assert_eq!(hub.log.sweep_due().unwrap(), None);

    erase(&mut hub, first.0);
    let due = hub.log.sweep_due().unwrap().unwrap();
    hub.log.swept(due).unwrap();
    assert_eq!(hub.log.sweep_due().unwrap(), None);
    erase(&mut hub, second.0);
    hub.log.swept(due).unwrap();
    let due = hub.log.sweep_due().unwrap().expect("whoever was late has removed the files of the first one only");
    hub.log.swept(due).unwrap();
    assert_eq!(hub.log.sweep_due().unwrap(), None);
}

fn look_into_the_trash(hub: &mut Hub) -> usize {
    hub.log.begin().unwrap();
    let count = hub.log.empty_trash(hub.now_ms).unwrap();
    hub.log.commit().unwrap();
    count
}

#[test]
fn what_was_deleted_a_month_ago_and_comes_today_stays_for_a_month() {
    let mut hub = Hub::demo();
    let mut phone = Device::joined(Role::Coordinator);
    let mut office = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    let id = add(&mut phone, "Grethe");
    phone.sync(&mut hub);
    // Deleted offline; the office goes on writing.
    phone.ask(DeleteContact { id }).unwrap();
    for _ in 0..31 {
        hub.now_ms += DAY_MS;
        office.sync(&mut hub);
    }
    let opened = office.ask(EditContact { id: Some(id) }).unwrap();
    let form = ContactForm { note: "Ringer tilbage".to_owned(), ..opened.form.clone() };
    office.ask(SaveContact { opened, form }).unwrap();
    office.sync(&mut hub);
    phone.sync(&mut hub);
    for day in 0..29 {
        hub.now_ms += DAY_MS;
        office.sync(&mut hub);
        assert!(hub.log.row(id.0).unwrap().is_some(), "day {day}");
    }
    // There is still something to be taken back, and taking it back counts.
    let view = office.ask(GetUpdates { limit: 10 }).unwrap();
    office.ask(RestoreConflict { id: view.conflicts[0].id }).unwrap();
    office.sync(&mut hub);
    hub.now_ms += TRASH_MS + DAY_MS;
    office.sync(&mut hub);
    office.sync(&mut hub);
    assert_eq!(office.ask(GetContact { id }).unwrap().note, "Ringer tilbage");
}

#[test]
fn whoever_deletes_again_begins_anew() {
    let mut hub = Hub::demo();
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    let id = add(&mut phone, "Grethe");
    let saved = phone.ask(DeleteContact { id }).unwrap();
    phone.sync(&mut hub);
    assert_eq!(look_into_the_trash(&mut hub), 0);
    hub.now_ms += TRASH_MS - 1;
    phone.now_ms.set(hub.now_ms);
    phone.ask(Undo { undo: saved.undo.unwrap() }).unwrap();
    phone.sync(&mut hub);
    phone.ask(DeleteContact { id }).unwrap();
    phone.sync(&mut hub);
    hub.now_ms += DAY_MS;
    assert_eq!(look_into_the_trash(&mut hub), 0);
    hub.now_ms += TRASH_MS - 1;
    assert_eq!(look_into_the_trash(&mut hub), 0);
    // A clock that was wrong for a day costs nobody a row.
    hub.now_ms -= 2 * TRASH_MS;
    assert_eq!(look_into_the_trash(&mut hub), 0);
    hub.now_ms += TRASH_MS;
    assert_eq!(look_into_the_trash(&mut hub), 2, "the contact and its number");
}

#[test]
fn what_was_sent_and_erased_before_it_was_read_back_goes_with_the_snapshot() {
    let mut hub = snapshots::busy();
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    // Many, so that the outbox grows over pages on which copies are left.
    for number in 0..60 {
        let opened = phone.ask(EditPin { id: None }).unwrap();
        let note = "Bag nummer syv, ".repeat(1 + number % 7);
        let title = format!("Nummer {number}");
        let form = PinForm { title, note, position: Some((55.6, 12.1)), ..opened.form.clone() };
        phone.ask(SavePin { opened, form }).unwrap();
    }
    phone.sync_losing_the_answer(&mut hub);
    let pins = phone.ask(GetPins {}).unwrap().into_iter();
    let made: BTreeSet<_> = pins.filter(|pin| pin.note.starts_with("Bag")).map(|pin| pin.id.0).collect();
    assert_eq!(made.len(), 60);
    hub.log.begin().unwrap();
    hub.log.erase(&made, hub.now_ms).unwrap();
    hub.log.commit().unwrap();
    snapshots::write_much(&mut hub);
    hub.make_snapshot();
    assert!(snapshots::sync(&mut phone, &mut hub).files > 0);
    assert_eq!(free_pages(&phone), 0, "the file was written anew: on free pages copies may be left");
    assert!(!lies_on_disk(phone, "Bag nummer syv"));
}

/// How many pages of a device's area file are not in use.
fn free_pages(device: &Device) -> u32 {
    let files = std::fs::read_dir(device.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let name = format!("{}", area());
    let file = files
        .into_iter()
        .find(|path| path.to_string_lossy().contains(&name) && path.extension().is_some_and(|end| end == "db"));
    let conn = rusqlite::Connection::open(file.expect("the area's file")).unwrap();
    conn.query_row("PRAGMA freelist_count", [], |row| row.get(0)).unwrap()
}
