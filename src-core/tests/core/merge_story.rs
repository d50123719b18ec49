//! Two people edit, offline and online.

use crate::devices::{Device, Hub};
use trygkort_core::domain::{ContactId, Role};
use trygkort_core::ipc::*;

/// A coordinator's and a janitor's device that have both read the demo area.
fn two_devices() -> (Hub, Device, Device) {
    let mut hub = Hub::demo();
    let mut office = Device::joined(Role::Coordinator);
    let mut phone = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    phone.sync(&mut hub);
    (hub, office, phone)
}

fn contact(device: &mut Device, name: &str) -> ContactId {
    let found = device.ask(SearchContacts { query: name.to_owned(), limit: 10 }).unwrap();
    let mut rows = found.groups.into_iter().flat_map(|group| group.contacts);
    rows.find(|row| row.name == name).unwrap_or_else(|| panic!("{name} is not on this device")).id
}

/// Opens the form, changes it, and saves; returns how to take it back.
fn edit(device: &mut Device, id: ContactId, change: impl FnOnce(&mut ContactForm)) -> Saved {
    let opened = device.ask(EditContact { id: Some(id) }).unwrap();
    let mut form = opened.form.clone();
    change(&mut form);
    device.ask(SaveContact { opened, form }).unwrap()
}

#[test]
fn a_corrected_number_reaches_the_other_device_without_anyone_pressing_anything() {
    let (mut hub, mut office, mut phone) = two_devices();
    let id = contact(&mut office, "Ejendomskontoret");
    edit(&mut office, id, |form| form.channels[0].value = "32 57 19 99".to_owned());
    assert_eq!(office.ask(GetSyncStatus {}).unwrap().pending, 1);
    office.sync(&mut hub);
    assert_eq!(office.ask(GetSyncStatus {}).unwrap().pending, 0);
    phone.sync(&mut hub);
    let view = phone.ask(GetContact { id }).unwrap();
    assert_eq!((view.channels[0].value.as_str(), view.channels[0].display.as_str()), ("+4532571999", "32 57 19 99"));
    let changed = phone.app.take_events().into_iter().any(
        |event| matches!(event, Event::Changed { topics, .. } if topics.contains(&Topic::Contacts) && topics.contains(&Topic::Card)),
    );
    assert!(changed, "the screens are told");
}

#[test]
fn edits_to_different_fields_both_survive() {
    let (mut hub, mut office, mut phone) = two_devices();
    let id = contact(&mut office, "Ejendomskontoret");
    edit(&mut office, id, |form| form.role = "Drift".to_owned());
    edit(&mut phone, id, |form| form.note = "Ring på døren".to_owned());
    for _ in 0..2 {
        office.sync(&mut hub);
        phone.sync(&mut hub);
    }
    for device in [&mut office, &mut phone] {
        let view = device.ask(GetContact { id }).unwrap();
        assert_eq!((view.role.as_str(), view.note.as_str()), ("Drift", "Ring på døren"));
    }
}

#[test]
fn of_two_edits_to_one_field_the_later_wins_whoever_syncs_first() {
    for office_first in [true, false] {
        let (mut hub, mut office, mut phone) = two_devices();
        let id = contact(&mut office, "Ejendomskontoret");
        office.now_ms.set(office.now_ms.get() + 10_000);
        phone.now_ms.set(phone.now_ms.get() + 20_000);
        hub.now_ms += 30_000;
        edit(&mut office, id, |form| form.note = "tidligt".to_owned());
        edit(&mut phone, id, |form| form.note = "sent".to_owned());
        if office_first {
            office.sync(&mut hub);
            phone.sync(&mut hub);
        } else {
            phone.sync(&mut hub);
            office.sync(&mut hub);
        }
        office.sync(&mut hub);
        phone.sync(&mut hub);
        for device in [&mut office, &mut phone] {
            assert_eq!(device.ask(GetContact { id }).unwrap().note, "sent", "office first: {office_first}");
        }
        assert_eq!(hub.log.check().unwrap(), Vec::<String>::new());
    }
}

#[test]
fn a_watch_ten_years_ahead_wins_no_more_than_a_minute() {
    let (mut hub, mut office, mut phone) = two_devices();
    let id = contact(&mut office, "Ejendomskontoret");
    office.now_ms.set(office.now_ms.get() + 10 * 365 * 24 * 3_600_000);
    edit(&mut office, id, |form| form.note = "fra fremtiden".to_owned());
    office.sync(&mut hub);
    hub.now_ms += 120_000;
    phone.now_ms.set(phone.now_ms.get() + 120_000);
    // Without having read the other's: then it would be later in any case.
    edit(&mut phone, id, |form| form.note = "rettet bagefter".to_owned());
    phone.sync(&mut hub);
    office.sync(&mut hub);
    assert_eq!(office.ask(GetContact { id }).unwrap().note, "rettet bagefter");
}

#[test]
fn a_lost_answer_makes_nothing_twice_and_loses_nothing() {
    let (mut hub, mut office, mut phone) = two_devices();
    let opened = office.ask(EditPin { id: None }).unwrap();
    let form = PinForm {
        category: PinCategory::Place,
        title: "Bænken ved søen".to_owned(),
        note: String::new(),
        position: Some((55.638, 12.165)),
        scope: trygkort_core::domain::Scope::Public,
    };
    let saved = office.ask(SavePin { opened, form }).unwrap();
    office.sync_losing_the_answer(&mut hub);
    assert_eq!(office.ask(GetSyncStatus {}).unwrap().state, SyncState::Offline);
    assert_eq!(office.ask(GetSyncStatus {}).unwrap().pending, 1, "not marked as sent before the server said so");
    office.sync(&mut hub);
    phone.sync(&mut hub);
    let pins = phone.ask(GetPins {}).unwrap();
    assert_eq!(pins.iter().filter(|pin| pin.title == "Bænken ved søen").count(), 1);
    assert_eq!(office.ask(GetSyncStatus {}).unwrap().pending, 0);
    // Taking it back removes it everywhere.
    office.ask(Undo { undo: saved.undo.unwrap() }).unwrap();
    office.sync(&mut hub);
    phone.sync(&mut hub);
    assert!(!phone.ask(GetPins {}).unwrap().iter().any(|pin| pin.title == "Bænken ved søen"));
}

#[test]
fn a_dispute_about_a_number_says_on_which_contact_it_is() {
    let (mut hub, mut office, mut phone) = two_devices();
    let id = contact(&mut office, "Ejendomskontoret");
    edit(&mut office, id, |form| form.channels[0].value = "32 57 19 99".to_owned());
    phone.now_ms.set(phone.now_ms.get() + 60_000);
    edit(&mut phone, id, |form| form.channels[0].value = "32 57 18 88".to_owned());
    office.sync(&mut hub);
    phone.sync(&mut hub);
    office.sync(&mut hub);
    let part_of = |office: &mut Device| {
        let disputes = office.ask(GetUpdates { limit: 5 }).unwrap().conflicts;
        let [dispute] = &disputes[..] else { panic!("one dispute, not {}", disputes.len()) };
        assert_eq!(dispute.row.entity, "channel");
        dispute.row.part_of
    };
    assert_eq!(part_of(&mut office), Some(id.0));
    // What is in the trash has no page to lead to.
    office.ask(DeleteContact { id }).unwrap();
    assert_eq!(part_of(&mut office), None);
}

#[test]
fn undo_brings_back_what_was_there() {
    let (mut hub, mut office, _) = two_devices();
    let id = contact(&mut office, "Helhedsplanen");
    let before = office.ask(GetContact { id }).unwrap();
    let saved = edit(&mut office, id, |form| {
        form.name = "Helhedsplanen Bøgeparken".to_owned();
        form.channels.remove(0);
    });
    assert_ne!(office.ask(GetContact { id }).unwrap(), before);
    office.sync(&mut hub);
    office.ask(Undo { undo: saved.undo.unwrap() }).unwrap();
    assert_eq!(office.ask(GetContact { id }).unwrap(), before);
    let deleted = office.ask(DeleteContact { id }).unwrap();
    assert_eq!(office.ask(GetContact { id }).unwrap_err().code, trygkort_core::error::ErrorCode::NotFound);
    office.ask(Undo { undo: deleted.undo.unwrap() }).unwrap();
    assert_eq!(office.ask(GetContact { id }).unwrap(), before);
}

#[test]
fn an_undo_that_comes_too_late_takes_nothing_from_anybody() {
    let (mut hub, mut office, mut phone) = two_devices();
    let id = contact(&mut office, "Helhedsplanen");
    let late = |device: &mut Device, undo: Option<UndoId>| {
        let undone = device.ask(Undo { undo: undo.unwrap() });
        assert_eq!(undone.unwrap_err().code, trygkort_core::error::ErrorCode::ChangedSince);
    };
    let note = |device: &mut Device, text: &str| edit(device, id, |form| form.note = text.to_owned()).undo;
    let mine = note(&mut office, "Ring på døren");
    office.sync(&mut hub);
    phone.sync(&mut hub);
    note(&mut phone, "Bank på ruden");
    phone.sync(&mut hub);
    office.sync(&mut hub);
    late(&mut office, mine);
    assert_eq!(office.ask(GetContact { id }).unwrap().note, "Bank på ruden");

    // What lost a conflict is not taken back either: it still waits for somebody to look at it.
    let lost = note(&mut office, "Brug bagdøren");
    phone.now_ms.set(phone.now_ms.get() + 60_000);
    note(&mut phone, "Brug hoveddøren");
    office.sync(&mut hub);
    phone.sync(&mut hub);
    office.sync(&mut hub);
    late(&mut office, lost);
    assert_eq!(office.ask(GetUpdates { limit: 5 }).unwrap().conflicts.len(), 1);

    // A contact that somebody else wrote to since stays.
    let saved = office.ask(DeleteContact { id }).unwrap();
    office.ask(Undo { undo: saved.undo.unwrap() }).unwrap();
    let made = edit_new(&mut office, "Vagten");
    office.sync(&mut hub);
    phone.sync(&mut hub);
    let new = contact(&mut phone, "Vagten");
    edit(&mut phone, new, |form| form.note = "Kun om natten".to_owned());
    phone.sync(&mut hub);
    office.sync(&mut hub);
    late(&mut office, made);
    assert_eq!(office.ask(GetContact { id: new }).unwrap().note, "Kun om natten");
}

fn edit_new(device: &mut Device, name: &str) -> Option<UndoId> {
    let opened = device.ask(EditContact { id: None }).unwrap();
    let form = ContactForm { name: name.to_owned(), ..opened.form.clone() };
    device.ask(SaveContact { opened, form }).unwrap().undo
}

#[test]
fn two_who_tick_the_same_cell_offline_made_one_row() {
    let (mut hub, mut office, mut phone) = two_devices();
    let (problem, contact) = (office.ask(GetCard {}).unwrap().problems[2].id, contact(&mut office, "Helhedsplanen"));
    for device in [&mut office, &mut phone] {
        device.ask(SetCell { problem, contact, on: true }).unwrap();
    }
    for _ in 0..2 {
        office.sync(&mut hub);
        phone.sync(&mut hub);
    }
    for device in [&mut office, &mut phone] {
        let names: Vec<_> =
            device.ask(GetProblem { id: problem }).unwrap().contacts.into_iter().map(|c| c.name).collect();
        assert_eq!(names, ["Ejendomskontoret", "Helhedsplanen"]);
    }
}

#[test]
fn order_is_moved_and_the_table_counts_it() {
    let (mut hub, mut office, mut phone) = two_devices();
    let card = office.ask(GetCard {}).unwrap();
    let vandalism = card.problems.iter().find(|tile| tile.name == "Hærværk").unwrap();
    let first = vandalism.contacts[0].name.clone();
    let id = contact(&mut office, &first);
    office.ask(MoveCell { problem: vandalism.id, contact: id, up: false }).unwrap();
    office.sync(&mut hub);
    phone.sync(&mut hub);
    let order: Vec<_> =
        phone.ask(GetProblem { id: vandalism.id }).unwrap().contacts.into_iter().map(|c| c.name).collect();
    assert_eq!(order.last(), Some(&first));
    let table = phone.ask(GetCardTable {}).unwrap();
    let column = table.problems.iter().position(|(id, _)| *id == vandalism.id).unwrap();
    let row = table.sectors.iter().flat_map(|s| &s.rows).find(|row| row.contact == id).unwrap();
    assert_eq!(row.cells[column].as_ref().unwrap().order, 2);
}

#[test]
fn a_device_reads_on_where_it_was_after_a_restart() {
    let (mut hub, mut office, mut phone) = two_devices();
    let id = contact(&mut phone, "Ejendomskontoret");
    edit(&mut phone, id, |form| form.note = "skrevet uden net".to_owned());
    let mut phone = phone.restart();
    assert_eq!(phone.ask(GetContact { id }).unwrap().note, "skrevet uden net");
    assert_eq!(phone.ask(GetSyncStatus {}).unwrap().pending, 1);
    assert_eq!(phone.sync(&mut hub), 1);
    office.sync(&mut hub);
    assert_eq!(office.ask(GetContact { id }).unwrap().note, "skrevet uden net");
    assert_eq!(office.sync(&mut hub), 1, "nothing new is one request");
}
