//! *Opdatering* and *Historik*: who did what, before and after, and putting it back.

use crate::devices::{Device, Hub, NOON_MS, row};
use crate::photos;
use trygkort_core::app::{HttpResponse, Step};
use trygkort_core::domain::{ContactId, Reader, Role, RowId, Scope};
use trygkort_core::hub::roster::{self, Roster};
use trygkort_core::ipc::*;

const MINUTE_MS: i64 = 60_000;

/// A coordinator's office and a colleague's phone that have both read the demo area and know each other's names.
fn office_and_phone() -> (Hub, Device, Device) {
    let mut hub = Hub::demo();
    let mut office = Device::joined(Role::Coordinator);
    let mut phone = Device::joined(Role::Coordinator);
    let people = [(office.origin, "Mona"), (phone.origin, "Ali")];
    hub.mirror(&Roster {
        members: people.map(|(origin, name)| member(origin, name)).into(),
        devices: people.map(|(origin, _)| device(origin)).into(),
        ..Roster::default()
    });
    office.sync(&mut hub);
    phone.sync(&mut hub);
    (hub, office, phone)
}

fn member(origin: u32, name: &str) -> roster::Member {
    let name = name.to_owned();
    roster::Member { id: row(origin.into()), role: Role::Coordinator, name, joined_at_ms: NOON_MS }
}

fn device(origin: u32) -> roster::Device {
    let id = row(1_000 + u128::from(origin));
    let member = row(origin.into());
    roster::Device { id, member, name: "Telefon".to_owned(), origin, added_at_ms: NOON_MS, revoked_at_ms: None }
}

fn contact(device: &mut Device, name: &str) -> ContactId {
    let found = device.ask(SearchContacts { query: name.to_owned(), limit: 10 }).unwrap();
    let mut rows = found.groups.into_iter().flat_map(|group| group.contacts);
    rows.find(|row| row.name == name).unwrap_or_else(|| panic!("{name} is not on this device")).id
}

fn edit(device: &mut Device, id: ContactId, change: impl FnOnce(&mut ContactForm)) {
    let opened = device.ask(EditContact { id: Some(id) }).unwrap();
    let mut form = opened.form.clone();
    change(&mut form);
    device.ask(SaveContact { opened, form }).unwrap();
}

fn later(device: &Device, minutes: i64) {
    device.now_ms.set(NOON_MS + minutes * MINUTE_MS);
}

fn history(device: &mut Device, row: RowId) -> HistoryView {
    device.ask(GetHistory { row }).unwrap()
}

/// A change in one line: who, what to what, and each field.
fn line(change: &ChangeView) -> String {
    let fields = |row: &ChangedRow| {
        let one = |field: &ChangedField| {
            let before = field.before.as_deref().unwrap_or("?");
            format!(" {}: {before} → {}{}", field.field, field.after, if field.lost { " (lost)" } else { "" })
        };
        row.fields.iter().map(one).collect::<String>()
    };
    let rows = change.rows.iter().map(|row| format!("{:?} {} {}{}", row.deed, row.entity, row.name, fields(row)));
    format!("{:?}: {}", change.by, rows.collect::<Vec<_>>().join("; "))
}

#[test]
fn a_dispute_about_a_place_has_both_places() {
    let (mut hub, mut office, mut phone) = office_and_phone();
    let id = office.ask(GetPins {}).unwrap()[0].id;
    let put = |device: &mut Device, place| {
        let opened = device.ask(EditPin { id: Some(id) }).unwrap();
        let form = PinForm { position: Some(place), ..opened.form.clone() };
        device.ask(SavePin { opened, form }).unwrap();
    };
    put(&mut office, (55.638, 12.165));
    later(&phone, 1);
    put(&mut phone, (55.639, 12.165));
    office.sync(&mut hub);
    phone.sync(&mut hub);
    office.sync(&mut hub);
    let disputed = office.ask(GetUpdates { limit: 1 }).unwrap().conflicts.remove(0).row.fields;
    let [ChangedField { field, before, after, .. }] = &disputed[..] else { panic!("{disputed:?}") };
    assert_eq!(
        (field.as_str(), before.as_deref(), after.as_str()),
        ("position", Some("55.63900, 12.16500"), "55.63800, 12.16500")
    );
}

#[test]
fn a_history_says_who_and_what_stood_there_and_puts_it_back() {
    let (mut hub, mut office, mut phone) = office_and_phone();
    let id = contact(&mut office, "Ejendomskontoret");
    later(&phone, 1);
    edit(&mut phone, id, |form| form.channels[0].value = "32 57 19 99".to_owned());
    phone.sync(&mut hub);
    office.sync(&mut hub);

    let told = history(&mut office, id.0);
    assert_eq!(told.name, "Ejendomskontoret");
    let newest = &told.changes[0];
    let words = "Named(\"Ali\"): Edited channel Ejendomskontoret · 32 57 19 99 value: 32 57 10 00 → 32 57 19 99";
    assert_eq!((line(newest).as_str(), newest.at_ms), (words, NOON_MS + MINUTE_MS));
    let made = told.changes.last().unwrap();
    assert_eq!((&made.by, made.rows[0].deed, made.restorable), (&Author::Server, Deed::Made, false));
    assert!(!told.older, "it begins with how it was made");

    let saved = office.ask(RestoreChange { row: id.0, change: newest.id, unsent: false }).unwrap();
    assert!(saved.undo.is_some(), "it can be undone");
    let told = history(&mut office, id.0);
    let words = "Me: Edited channel Ejendomskontoret · 32 57 10 00 value: 32 57 19 99 → 32 57 10 00";
    assert_eq!((line(&told.changes[0]).as_str(), told.changes[0].unsent), (words, true));
    assert!(!told.changes[1].restorable, "what stood there stands there again");

    office.sync(&mut hub);
    phone.sync(&mut hub);
    assert_eq!(phone.ask(GetContact { id }).unwrap().channels[0].display, "32 57 10 00");
    assert_eq!(line(&history(&mut phone, id.0).changes[0]).split(':').next(), Some("Named(\"Mona\")"));
}

#[test]
fn what_was_deleted_or_added_by_a_change_is_taken_back_with_it() {
    let (mut hub, mut office, _) = office_and_phone();
    let id = contact(&mut office, "Ejendomskontoret");
    let numbers = office.ask(GetContact { id }).unwrap().channels.len();
    edit(&mut office, id, |form| {
        form.channels.remove(0);
        form.channels.push(number("32 57 55 55", form.scope));
    });
    office.sync(&mut hub);
    let newest = history(&mut office, id.0).changes.remove(0);
    let deeds: Vec<Deed> = newest.rows.iter().map(|row| row.deed).collect();
    assert!(deeds.contains(&Deed::Deleted) && deeds.contains(&Deed::Made), "{deeds:?}");
    office.ask(RestoreChange { row: id.0, change: newest.id, unsent: false }).unwrap();
    let channels = office.ask(GetContact { id }).unwrap().channels;
    assert_eq!(channels.len(), numbers);
    assert!(channels.iter().all(|channel| channel.label != "Ny"), "{channels:?}");

    office.ask(DeleteContact { id }).unwrap();
    office.sync(&mut hub);
    let deletion = history(&mut office, id.0).changes.remove(0);
    assert_eq!(deletion.rows[0].deed, Deed::Deleted);
    office.ask(RestoreChange { row: id.0, change: deletion.id, unsent: false }).unwrap();
    assert_eq!(office.ask(GetContact { id }).unwrap().name, "Ejendomskontoret");
}

/// The history of a thing without whether and where the server has it.
fn told(device: &mut Device, row: RowId) -> Vec<(String, i64, bool)> {
    let changes = history(device, row).changes;
    changes.iter().map(|change| (line(change), change.at_ms, change.restorable)).collect()
}

fn number(value: &str, scope: Scope) -> ChannelForm {
    ChannelForm { id: None, label: "Ny".to_owned(), kind: ChannelKind::Phone, value: value.to_owned(), scope }
}

#[test]
fn what_was_just_written_stands_in_the_history_of_its_whole_before_it_is_sent() {
    let (mut hub, mut office, _) = office_and_phone();
    let known = contact(&mut office, "Ejendomskontoret");
    edit(&mut office, known, |form| form.channels.push(number("32 57 55 55", form.scope)));
    let table = office.ask(GetCardTable {}).unwrap();
    let problem = table.problems[0].0;
    let mut rows = table.sectors.into_iter().flat_map(|sector| sector.rows);
    let free = rows.find(|row| row.cells[0].is_none()).unwrap().contact;
    office.ask(SetCell { problem, contact: free, on: true }).unwrap();
    let pin = photos::pin(&mut office, Scope::Public);
    office.ask(photos::photo(pin, 1)).unwrap();
    let opened = office.ask(EditContact { id: None }).unwrap();
    let mut form = ContactForm { name: "Nattevagten".to_owned(), ..opened.form.clone() };
    form.channels = vec![number("32 57 55 56", form.scope)];
    let new = ContactId(office.ask(SaveContact { opened, form }).unwrap().row);
    edit(&mut office, new, |form| form.channels.push(number("32 57 55 57", form.scope)));

    let wholes = [known.0, problem.0, pin.0, new.0];
    let newest = wholes.map(|row| {
        let change = history(&mut office, row).changes.remove(0);
        assert!(change.unsent, "{}", line(&change));
        line(&change)
    });
    let parts =
        ["channel Ejendomskontoret · 32 57 55 55", "card_cell ", "photo Lygten", "channel Nattevagten · 32 57 55 57"];
    for (line, part) in newest.iter().zip(parts) {
        assert!(line.starts_with(&format!("Me: Made {part}")), "{line}");
    }
    let first = line(&history(&mut office, new.0).changes[1]);
    assert!(first.contains("Made contact Nattevagten") && first.contains("32 57 55 56"), "{first}");

    let before = wholes.map(|row| told(&mut office, row));
    office.sync(&mut hub);
    assert_eq!(wholes.map(|row| told(&mut office, row)), before, "the same, once it is sent");
    assert!(wholes.into_iter().all(|row| history(&mut office, row).changes.iter().all(|change| !change.unsent)));
}

#[test]
fn a_number_that_is_not_sent_is_taken_back_from_the_history_of_its_contact() {
    let (mut hub, mut office, mut phone) = office_and_phone();
    let id = contact(&mut office, "Ejendomskontoret");
    let numbers = office.ask(GetContact { id }).unwrap().channels.len();
    edit(&mut office, id, |form| form.channels.push(number("32 57 55 55", form.scope)));
    let added = history(&mut office, id.0).changes.remove(0);
    assert!(added.unsent && added.restorable, "{}", line(&added));
    office.ask(RestoreChange { row: id.0, change: added.id, unsent: true }).unwrap();
    assert_eq!(office.ask(GetContact { id }).unwrap().channels.len(), numbers);
    office.sync(&mut hub);
    phone.sync(&mut hub);
    assert_eq!(phone.ask(GetContact { id }).unwrap().channels.len(), numbers);
}

#[test]
fn a_problems_history_has_the_cells_of_the_card() {
    let (mut hub, mut office, _) = office_and_phone();
    let table = office.ask(GetCardTable {}).unwrap();
    let (problem, problem_name) = table.problems[0].clone();
    let rows = table.sectors.into_iter().flat_map(|sector| sector.rows);
    let free = rows.into_iter().find(|row| row.cells[0].is_none()).unwrap();
    office.ask(SetCell { problem, contact: free.contact, on: true }).unwrap();
    office.sync(&mut hub);
    office.ask(SetCell { problem, contact: free.contact, on: false }).unwrap();
    office.sync(&mut hub);
    let told = history(&mut office, problem.0);
    let cell = format!("card_cell {} · {problem_name}", free.name);
    assert_eq!(line(&told.changes[0]), format!("Me: Deleted {cell}"));
    assert_eq!(line(&told.changes[1]), format!("Me: Made {cell}"));
    let cell = told.changes[0].rows[0].row;
    let own = history(&mut office, cell);
    assert_eq!((own.changes.len(), own.seen_on), (2, Some(problem.0)), "a cell has a history of its own");
    office.ask(RestoreChange { row: cell, change: told.changes[0].id, unsent: false }).unwrap();
    let ticked = office.ask(GetCardTable {}).unwrap().sectors.into_iter().flat_map(|sector| sector.rows);
    assert!(ticked.into_iter().find(|row| row.contact == free.contact).unwrap().cells[0].is_some());
}

#[test]
fn updates_say_what_is_not_sent_and_what_came() {
    let (mut hub, mut office, mut phone) = office_and_phone();
    let id = contact(&mut office, "Ejendomskontoret");
    edit(&mut phone, id, |form| form.note = "Ring på døren".to_owned());
    phone.sync(&mut hub);
    office.sync(&mut hub);
    edit(&mut office, id, |form| form.role = "Drift".to_owned());

    let page = office.ask(GetUpdates { limit: 100 }).unwrap();
    assert_eq!(page.unsent.len(), 1);
    assert!(line(&page.unsent[0]).contains("→ Drift"), "{}", line(&page.unsent[0]));
    let came = page.changes.iter().map(line).find(|line| line.contains("→ Ring på døren")).unwrap();
    assert!(came.starts_with("Named(\"Ali\"): Edited contact Ejendomskontoret note: "), "{came}");
    assert!(page.refused.is_empty() && page.conflicts.is_empty());

    office.sync(&mut hub);
    let page = office.ask(GetUpdates { limit: 1 }).unwrap();
    assert!(page.unsent.is_empty() && page.more);
    assert_eq!((page.changes.len(), &page.changes[0].by), (1, &Author::Me));
}

#[test]
fn a_conflict_is_shown_with_both_values_until_somebody_decides() {
    let (mut hub, mut office, mut phone) = office_and_phone();
    let id = contact(&mut office, "Ejendomskontoret");
    edit(&mut office, id, |form| form.note = "Ring på".to_owned());
    later(&phone, 1);
    edit(&mut phone, id, |form| form.note = "Bank på".to_owned());
    for _ in 0..2 {
        office.sync(&mut hub);
        phone.sync(&mut hub);
    }
    assert_eq!(office.ask(GetSyncStatus {}).unwrap().conflicts, 1);
    let conflict = office.ask(GetUpdates { limit: 1 }).unwrap().conflicts.remove(0);
    assert_eq!((&conflict.loser, &conflict.winner), (&Author::Me, &Author::Named("Ali".to_owned())));
    assert_eq!(conflict.row.name, "Ejendomskontoret");
    assert!(conflict.lost_at_ms.is_some_and(|at| at < NOON_MS + MINUTE_MS), "the loser's own clock");
    let field = &conflict.row.fields[0];
    assert_eq!((field.before.as_deref(), field.after.as_str()), (Some("Bank på"), "Ring på"));

    let saved = office.ask(RestoreConflict { id: conflict.id }).unwrap();
    assert_eq!(office.ask(GetContact { id }).unwrap().note, "Ring på");
    assert_eq!(office.ask(GetSyncStatus {}).unwrap().conflicts, 0);
    office.ask(Undo { undo: saved.undo.unwrap() }).unwrap();
    assert_eq!(office.ask(GetSyncStatus {}).unwrap().conflicts, 1, "undone, it waits again");
    assert_eq!(office.ask(GetContact { id }).unwrap().note, "Bank på");
    office.ask(KeepConflict { id: conflict.id }).unwrap();
    for _ in 0..2 {
        office.sync(&mut hub);
        phone.sync(&mut hub);
    }
    for device in [&mut office, &mut phone] {
        assert_eq!(device.ask(GetContact { id }).unwrap().note, "Bank på");
        assert_eq!(device.ask(GetSyncStatus {}).unwrap().conflicts, 0);
    }
}

#[test]
fn a_deletion_that_met_an_edit_can_be_taken_back_in_one_tap() {
    let (mut hub, mut office, mut phone) = office_and_phone();
    let id = contact(&mut office, "Ejendomskontoret");
    edit(&mut office, id, |form| form.note = "Ring på".to_owned());
    later(&phone, 1);
    phone.ask(DeleteContact { id }).unwrap();
    for _ in 0..2 {
        office.sync(&mut hub);
        phone.sync(&mut hub);
    }
    let conflict = office.ask(GetUpdates { limit: 1 }).unwrap().conflicts.remove(0);
    assert_eq!((conflict.row.deed, &conflict.loser), (Deed::Deleted, &Author::Me));
    let wrote = &conflict.row.fields;
    assert_eq!((wrote.len(), wrote[0].field.as_str(), wrote[0].after.as_str()), (1, "note", "Ring på"));
    office.ask(RestoreConflict { id: conflict.id }).unwrap();
    assert_eq!(office.ask(GetContact { id }).unwrap().note, "Ring på");
}

#[test]
fn a_history_says_who_decided_between_two() {
    let (mut hub, mut office, mut phone) = office_and_phone();
    let id = contact(&mut office, "Ejendomskontoret");
    let disagree = |hub: &mut Hub, office: &mut Device, phone: &mut Device, minutes: i64, words: [&str; 2]| {
        later(office, minutes);
        edit(office, id, |form| form.note = words[0].to_owned());
        later(phone, minutes + 1);
        edit(phone, id, |form| form.note = words[1].to_owned());
        for _ in 0..2 {
            office.sync(hub);
            phone.sync(hub);
        }
        office.ask(GetUpdates { limit: 1 }).unwrap().conflicts.remove(0).id
    };
    let conflict = disagree(&mut hub, &mut office, &mut phone, 1, ["Ring på", "Bank på"]);
    office.ask(KeepConflict { id: conflict }).unwrap();
    let kept = "Kept contact Ejendomskontoret note: ? → Ring på (lost)";
    let newest = history(&mut office, id.0).changes.remove(0);
    assert_eq!((line(&newest), newest.restorable), (format!("Me: {kept}"), false));

    let conflict = disagree(&mut hub, &mut office, &mut phone, 5, ["Ring", "Bank"]);
    office.ask(RestoreConflict { id: conflict }).unwrap();
    for _ in 0..2 {
        office.sync(&mut hub);
        phone.sync(&mut hub);
    }
    let told: Vec<String> = history(&mut phone, id.0).changes.iter().map(line).collect();
    assert_eq!(told[0], "Named(\"Mona\"): Chosen contact Ejendomskontoret note: Bank → Ring");
    assert!(told.contains(&format!("Named(\"Mona\"): {kept}")), "{told:#?}");
    let settled = |line: &&String| line.contains("Kept") || line.contains("Chosen");
    assert_eq!(told.iter().filter(settled).count(), 2, "{told:#?}");
    let page = phone.ask(GetUpdates { limit: 100 }).unwrap();
    assert!(page.changes.iter().map(line).any(|line| line.ends_with(kept)));

    // Whoever lost and writes again has moved on: that is told as what they wrote, and by nobody else.
    disagree(&mut hub, &mut office, &mut phone, 9, ["Et", "To"]);
    edit(&mut office, id, |form| form.note = "Tre".to_owned());
    office.sync(&mut hub);
    office.sync(&mut hub);
    let told: Vec<String> = history(&mut office, id.0).changes.iter().map(line).collect();
    assert_eq!(told.iter().filter(settled).count(), 2, "{told:#?}");

    forget_entries(&phone, "position < (SELECT MAX(position) FROM entry)");
    let phone = &mut phone.restart();
    let told: Vec<String> = older(phone, &hub, id.0).changes.iter().map(line).collect();
    assert_eq!(told.iter().filter(settled).count(), 2, "the server tells it too: {told:#?}");
}

#[test]
fn a_deletion_that_was_kept_is_told_so() {
    let (mut hub, mut office, mut phone) = office_and_phone();
    let id = contact(&mut office, "Ejendomskontoret");
    phone.ask(DeleteContact { id }).unwrap();
    phone.sync(&mut hub);
    edit(&mut office, id, |form| form.note = "Ring på".to_owned());
    office.sync(&mut hub);
    office.sync(&mut hub);
    let conflict = office.ask(GetUpdates { limit: 1 }).unwrap().conflicts.remove(0);
    assert_eq!(conflict.row.fields[0].after, "Ring på");
    office.ask(KeepConflict { id: conflict.id }).unwrap();
    assert_eq!(line(&history(&mut office, id.0).changes[0]), "Me: Kept contact Ejendomskontoret");
}

#[test]
fn a_device_that_is_locked_out_is_named_with_its_owner() {
    let (mut hub, mut office, phone) = office_and_phone();
    let people = [(office.origin, "Mona"), (phone.origin, "Ali")];
    let revoked = |origin| (origin == phone.origin).then_some(NOON_MS);
    hub.mirror(&Roster {
        members: people.map(|(origin, name)| member(origin, name)).into(),
        devices: people.map(|(origin, _)| roster::Device { revoked_at_ms: revoked(origin), ..device(origin) }).into(),
        ..Roster::default()
    });
    office.sync(&mut hub);
    let newest = office.ask(GetUpdates { limit: 1 }).unwrap().changes.remove(0);
    assert_eq!(line(&newest), "Server: Deleted device Ali · Telefon");
}

#[test]
fn what_was_refused_stands_beside_what_is_there_and_can_be_tried_again() {
    let (mut hub, mut office, mut phone) = office_and_phone();
    let id = contact(&mut office, "Ejendomskontoret");
    phone.role = Role::Staff;
    edit(&mut phone, id, |form| form.note = "Ring på".to_owned());
    phone.sync(&mut hub);
    let refused = phone.ask(GetUpdates { limit: 1 }).unwrap().refused.remove(0);
    assert_eq!((refused.reason, refused.retriable), (RefusalReason::Permission, false));
    let written = &refused.rows[0];
    assert_eq!((written.name.as_str(), written.fields[0].after.as_str()), ("Ejendomskontoret", "Ring på"));

    phone.role = Role::Coordinator;
    phone.sync(&mut hub);
    assert!(phone.ask(GetUpdates { limit: 1 }).unwrap().refused[0].retriable, "the role is a wider one now");
    phone.ask(RetryRefusal { id: refused.id }).unwrap();
    phone.sync(&mut hub);
    assert!(phone.ask(GetUpdates { limit: 1 }).unwrap().refused.is_empty());
    office.sync(&mut hub);
    assert_eq!(office.ask(GetContact { id }).unwrap().note, "Ring på");
}

#[test]
fn what_is_older_is_told_by_the_server_to_those_who_may_read_it() {
    let (mut hub, mut office, mut phone) = office_and_phone();
    let id = contact(&mut office, "Ejendomskontoret");
    for number in 0..130 {
        edit(&mut office, id, |form| form.note = format!("Bemærkning {number}"));
    }
    office.sync(&mut hub);
    phone.sync(&mut hub);
    forget_entries(&phone, "position < (SELECT MAX(position) FROM entry) - 9");
    let phone = &mut phone.restart();

    let told = history(phone, id.0);
    assert_eq!((told.changes.len(), told.older), (10, true));
    let told = older(phone, &hub, id.0);
    assert_eq!((told.changes.len(), told.older), (110, true));
    let after = |change: &ChangeView| change.rows[0].fields[0].after.clone();
    assert_eq!((after(&told.changes[0]), after(&told.changes[109])), ("Bemærkning 129".into(), "Bemærkning 20".into()));
    assert_eq!(told.changes[109].rows[0].fields[0].before, None, "nobody here knows what stood there");
    let told = older(phone, &hub, id.0);
    assert!(!told.older);
    assert_eq!(told.changes.last().unwrap().rows[0].deed, Deed::Made);
    assert_eq!(told.changes[109].rows[0].fields[0].before.as_deref(), Some("Bemærkning 19"));

    phone.ask(RestoreChange { row: id.0, change: told.changes[109].id, unsent: false }).unwrap();
    assert_eq!(phone.ask(GetContact { id }).unwrap().note, "Bemærkning 19");

    let read = |role: Role| {
        let body = hub.log.history(&Reader::new(role), None, id.0, None).unwrap();
        trygkort_core::wire::from_bytes::<Vec<trygkort_core::wire::v1::Entry>>(&body).unwrap()
    };
    assert_eq!(read(Role::Coordinator).len(), 100);
    let hidden = read(Role::Resident).iter().flat_map(|entry| &entry.scopes).all(|part| part.scope == 0);
    assert!(hidden, "a resident is told of nothing but what is public");
}

#[test]
fn the_demo_of_one_device_has_a_history_too() {
    let mut device = Device::blank();
    device.ask(OpenDemo {}).unwrap();
    let id = contact(&mut device, "Ejendomskontoret");
    edit(&mut device, id, |form| form.note = "Ring på".to_owned());
    let told = history(&mut device, id.0);
    assert!(line(&told.changes[0]).ends_with("→ Ring på"), "{}", line(&told.changes[0]));
    assert_eq!(told.changes.last().unwrap().rows[0].deed, Deed::Made);
    assert!(!told.older);
}

/// Asks for what is older, and carries the question to the server.
fn older(device: &mut Device, hub: &Hub, row: RowId) -> HistoryView {
    let Step::Fetch { request, then } = device.app.handle(GetOlderHistory { row }.into_request()) else {
        panic!("what is older is on the server")
    };
    let (address, before) = request.url.split_once("?before=").unwrap();
    assert!(address.ends_with(&format!("/api/v1/history/{row}")), "{address}");
    let body = hub.log.history(&Reader::new(device.role), None, row, Some(before.parse().unwrap())).unwrap();
    let Step::Reply(Ok(json)) = device.app.resume(then, Ok(HttpResponse { status: 200, body })) else {
        panic!("the answer is taken")
    };
    serde_json::from_str(&json).unwrap()
}

/// As if the entries had been read long ago.
fn forget_entries(device: &Device, which: &str) {
    let file = std::fs::read_dir(device.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let area = file.into_iter().find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("area-"));
    let conn = rusqlite::Connection::open(area.unwrap()).unwrap();
    conn.execute_batch(&format!("DELETE FROM entry WHERE {which}; DELETE FROM effect WHERE NOT EXISTS (SELECT 1 FROM entry WHERE entry.position = effect.position)"))
        .unwrap();
}
