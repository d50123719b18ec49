//! The server is restored from a backup, and what the backup did not have comes back from the devices.

use crate::devices::{Device, Hub, row};
use trygkort_core::app::HttpResponse;
use trygkort_core::domain::{ContactId, Entity, Role, Scope, Value};
use trygkort_core::hub::CROWD;
use trygkort_core::ipc::*;
use trygkort_core::wire::v1::{Cursor, LogRow, Offer, Seal, SyncRequest, SyncResponse, WireId};
use trygkort_core::wire::{from_bytes, to_bytes};

fn contact(device: &mut Device, name: &str) -> ContactId {
    let found = device.ask(SearchContacts { query: name.to_owned(), limit: 10 }).unwrap();
    let mut rows = found.groups.into_iter().flat_map(|group| group.contacts);
    rows.find(|row| row.name == name).unwrap_or_else(|| panic!("{name} is not on this device")).id
}

fn note(device: &mut Device, id: ContactId, text: &str) {
    let opened = device.ask(EditContact { id: Some(id) }).unwrap();
    let form = ContactForm { note: text.to_owned(), ..opened.form.clone() };
    device.ask(SaveContact { opened, form }).unwrap();
}

fn note_of(device: &mut Device, id: ContactId) -> String {
    device.ask(GetContact { id }).unwrap().note
}

fn raw(hub: &mut Hub, origin: u32, role: Role, request: &SyncRequest) -> SyncResponse {
    from_bytes(&hub.exchange(origin, role, &to_bytes(request)).unwrap()).unwrap()
}

/// A server, a coordinator's device that has read everything, a contact, and a backup of the server's file.
struct Backed {
    hub: Hub,
    office: Device,
    id: ContactId,
    backup: tempfile::NamedTempFile,
}

fn backed() -> Backed {
    let mut hub = Hub::demo();
    let mut office = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    let id = contact(&mut office, "Ejendomskontoret");
    let backup = hub.backup();
    Backed { hub, office, id, backup }
}

/// A device that reads the log from its start has the note, and holds what `other` holds.
#[track_caller]
fn a_new_device_reads(hub: &mut Hub, id: ContactId, text: &str, other: &Device) {
    let mut tablet = Device::joined(Role::Coordinator);
    tablet.sync(hub);
    assert_eq!(note_of(&mut tablet, id), text);
    assert_eq!(other.app.dump().unwrap(), tablet.app.dump().unwrap());
    assert!(hub.log.check().unwrap().is_empty());
}

#[test]
fn what_was_read_after_the_backup_comes_back_from_whoever_read_it() {
    let Backed { mut hub, mut office, id, backup } = backed();
    let mut phone = Device::joined(Role::Coordinator);
    note(&mut office, id, "Nøglen ligger i postkassen");
    office.sync(&mut hub);
    phone.sync(&mut hub);
    // The author's device is gone for good; another one has read it.
    drop(office);
    hub.restore(&backup);

    let mut tablet = Device::joined(Role::Coordinator);
    tablet.sync(&mut hub);
    assert_ne!(note_of(&mut tablet, id), "Nøglen ligger i postkassen", "the backup is from before");
    phone.sync(&mut hub);

    a_new_device_reads(&mut hub, id, "Nøglen ligger i postkassen", &phone);
}

#[test]
fn what_was_acknowledged_and_not_read_back_is_sent_again() {
    let Backed { mut hub, mut office, id, backup } = backed();
    note(&mut office, id, "Ring på dørklokken");
    office.sync_losing_the_answer(&mut hub);
    note(&mut office, id, "Ring på dørklokken to gange");
    hub.restore(&backup);
    office.sync(&mut hub);
    a_new_device_reads(&mut hub, id, "Ring på dørklokken to gange", &office);
}

#[test]
fn what_was_acknowledged_behind_the_page_is_sent_again_to_a_log_that_the_cursor_fits() {
    #[derive(Clone, Copy, PartialEq)]
    enum Meanwhile {
        Nothing,
        /// The log is as long again as it was.
        SomebodyWrites,
        /// In the place of what is gone stands an action with the very same number, of another device.
        SomebodyWritesForTheFirstTime,
    }
    use Meanwhile::{Nothing, SomebodyWrites, SomebodyWritesForTheFirstTime};
    // By the command that restores, or by hand.
    let ways: [fn(&mut Hub, &tempfile::NamedTempFile); 2] = [Hub::restore, Hub::put_back];
    let all = [Nothing, SomebodyWrites, SomebodyWritesForTheFirstTime];
    for (put_back, meanwhile) in ways.into_iter().flat_map(|way| all.map(|meanwhile| (way, meanwhile))) {
        let Backed { mut hub, mut office, id, .. } = backed();
        let mut phone = Device::joined(Role::Coordinator);
        phone.sync(&mut hub);
        for text in ["Først dette", "Så dette", "Og til sidst dette"] {
            note(&mut phone, id, text);
        }
        phone.sync(&mut hub);
        // The first page ends before what the server has just admitted, and within the backup.
        let backup = hub.backup();
        note(&mut office, id, "Ring på dørklokken");
        hub.log.set_page_bytes(1);
        office.app.request_sync();
        let (call, request) = office.app.next_sync().unwrap();
        let answer = hub.answer(office.origin, Role::Coordinator, &request);
        office.app.finish_sync(call, Ok(answer));
        assert_eq!(office.ask(GetSyncStatus {}).unwrap().pending, 0, "the server has said that it has it");
        hub.log.set_page_bytes(usize::MAX);
        put_back(&mut hub, &backup);
        let mut tablet = Device::joined(Role::Coordinator);
        tablet.now_ms.set(tablet.now_ms.get() + 5_000);
        tablet.sync(&mut hub);
        let writes = if meanwhile == SomebodyWrites { &mut phone } else { &mut tablet };
        if meanwhile != Nothing {
            note(writes, id, "Efter backuppen");
            writes.sync(&mut hub);
        }
        office.sync(&mut hub);
        let history = office.ask(GetHistory { row: id.0 });
        assert!(format!("{history:?}").contains("Ring på dørklokken"), "{history:?}");
        phone.sync(&mut hub);
        assert_eq!(phone.app.dump().unwrap(), office.app.dump().unwrap());
        assert!(phone.app.dump().unwrap().contains(&hex("Ring på dørklokken")), "it came to the others");
    }
}

#[test]
fn what_was_offered_is_kept_until_the_log_comes_also_when_the_server_leaves_that_for_later() {
    let Backed { mut hub, mut office, id, backup } = backed();
    note(&mut office, id, "Kun på denne enhed");
    office.sync(&mut hub);
    hub.restore(&backup);
    note(&mut office, id, "Skrevet bagefter");
    // It is one of many, and is told first that what it pushes is safe.
    hub.pushed = CROWD;
    office.app.request_sync();
    let mut acknowledged = false;
    while !acknowledged {
        let (call, request) = office.app.next_sync().unwrap();
        let answer = hub.answer(office.origin, Role::Coordinator, &request);
        let said = SyncResponse::read(&answer.body).unwrap();
        acknowledged = !said.verdicts.is_empty();
        assert!(said.page.entries.is_empty(), "nothing of the log has come");
        office.app.finish_sync(call, Ok(answer));
    }
    // Once more, to the same backup, before anything was read back.
    hub.now_ms += 1_000;
    hub.restore(&backup);
    office.sync(&mut hub);

    a_new_device_reads(&mut hub, id, "Skrevet bagefter", &office);
    let history = format!("{:?}", office.ask(GetHistory { row: id.0 }));
    assert!(history.contains("Kun på denne enhed"), "{history}");
}

/// As a dump shows a text that nobody wrote over.
fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

#[test]
fn two_who_offer_the_same_make_it_one_and_later_edits_win() {
    let Backed { mut hub, mut office, id, backup } = backed();
    let mut phone = Device::joined(Role::Staff);
    note(&mut office, id, "Fra før");
    office.sync(&mut hub);
    phone.sync(&mut hub);
    hub.restore(&backup);
    let mut tablet = Device::joined(Role::Coordinator);
    tablet.sync(&mut hub);
    tablet.now_ms.set(tablet.now_ms.get() + 5_000);
    hub.now_ms += 5_000;
    note(&mut tablet, id, "Skrevet efter gendannelsen");
    tablet.sync(&mut hub);
    phone.sync(&mut hub);
    let head = hub.log.head_position().unwrap();
    office.sync(&mut hub);
    assert_eq!(hub.log.head_position().unwrap(), head, "offered twice, taken once");
    tablet.sync(&mut hub);
    for device in [&mut office, &mut phone, &mut tablet] {
        device.sync(&mut hub);
        assert_eq!(note_of(device, id), "Skrevet efter gendannelsen");
    }
    assert_eq!(office.app.dump().unwrap(), tablet.app.dump().unwrap());
    assert!(hub.log.check().unwrap().is_empty());
}

#[test]
fn a_file_put_back_by_hand_is_noticed() {
    let Backed { mut hub, mut office, id, backup } = backed();
    note(&mut office, id, "Kun på enheden");
    office.sync(&mut hub);
    hub.put_back(&backup);
    office.sync(&mut hub);
    a_new_device_reads(&mut hub, id, "Kun på enheden", &office);
}

#[test]
fn an_offer_that_is_not_proven_changes_nothing_and_is_kept_aside() {
    let mut hub = Hub::demo();
    let backup = hub.backup();
    let page = hub.push(7, Role::Coordinator, vec![crate::hostile::contact_named(1, 91, "Ægte")]).page;
    let sealed = Cursor { position: page.to, scopes: page.heads.clone(), epoch: page.epoch, mac: page.mac };
    hub.restore(&backup);
    let before = hub.log.head_position().unwrap();
    let mut forged = page.entries.clone();
    let last = forged.last_mut().unwrap();
    let mut row = last.scopes[0].rows[0].clone().into_value();
    row.fields[0].value = Value::from("Falsk");
    last.scopes[0].rows[0] = row.into();
    let offers = [
        ("another text", Offer { from: Cursor::default(), to: sealed.clone(), entries: forged }),
        (
            "an entry left out",
            Offer { from: Cursor::default(), to: sealed.clone(), entries: page.entries[1..].to_vec() },
        ),
        (
            "no seal",
            Offer {
                from: Cursor::default(),
                to: Cursor { mac: None, ..sealed.clone() },
                entries: page.entries.clone(),
            },
        ),
        (
            "another's seal",
            Offer {
                from: Cursor::default(),
                to: Cursor { mac: Some([1; 16].into()), ..sealed.clone() },
                entries: page.entries.clone(),
            },
        ),
    ];
    let cursor = Cursor {
        scopes: page.heads.iter().map(|head| trygkort_core::wire::v1::ScopeSeq { hash: None, ..*head }).collect(),
        ..sealed.clone()
    };
    for (what, offer) in offers {
        let request =
            SyncRequest { version: 1, origin: 7, cursor: cursor.clone(), offer: Some(offer), ..Default::default() };
        let answer = raw(&mut hub, 7, Role::Coordinator, &request);
        assert!(answer.restart.is_some_and(|restart| restart.taken == Some(page.to)), "{what}");
        assert_eq!(hub.log.head_position().unwrap(), before, "{what}");
    }
    assert!(hub.log.row(row_of(91)).unwrap().is_none());
    let whole = Offer { from: Cursor::default(), to: sealed, entries: page.entries };
    let request = SyncRequest { version: 1, origin: 7, cursor, offer: Some(whole), ..Default::default() };
    raw(&mut hub, 7, Role::Coordinator, &request);
    assert!(hub.log.row(row_of(91)).unwrap().is_some(), "the true one is taken");
}

/// The hash of an erased row stands for it in the chain: whatever else stood in its place would be vouched for by nothing.
#[test]
fn nobody_has_a_row_erased_by_saying_so_beside_a_hash() {
    let mut hub = Hub::demo();
    hub.push(7, Role::Coordinator, vec![crate::hostile::contact_named(1, 91, "Bliver her")]);
    let request = SyncRequest { version: 1, origin: 60, ..Default::default() };
    let page = raw(&mut hub, 60, Role::Resident, &request).page;
    let to = Cursor { position: page.to, scopes: page.heads, epoch: page.epoch, mac: page.mac };
    let mut entries = page.entries;
    let part = &mut entries.last_mut().unwrap().scopes[0];
    let leaves = trygkort_core::seal::salted_leaves(*part.salt.unwrap(), &part.rows);
    part.seals = Some(leaves.map(|leaf| Seal { key: None, leaf: Some(leaf.into()) }).collect());
    part.salt = None;
    let erasure = LogRow {
        entity: Entity::Contact.number(),
        row: WireId(row_of(91)),
        withdrawn: true,
        fields: Vec::new(),
        created_by: None,
        erased: Some(true),
    };
    part.rows.fill(erasure.into());
    let head = hub.log.head_position().unwrap();
    let cursor = Cursor { mac: Some([1; 16].into()), ..to.clone() };
    let offer = Some(Offer { from: Cursor::default(), to, entries });
    raw(&mut hub, 60, Role::Resident, &SyncRequest { cursor, offer, ..request });
    assert!(hub.log.row(row_of(91)).unwrap().is_some(), "it is there still");
    assert_eq!(hub.log.head_position().unwrap(), head, "nobody is told that it was erased");
}

fn row_of(n: u128) -> trygkort_core::domain::RowId {
    row(n)
}

#[test]
fn a_row_that_has_moved_since_stays_where_it_is() {
    let mut hub = Hub::demo();
    let mut office = Device::joined(Role::Coordinator);
    let mut phone = Device::joined(Role::Staff);
    office.sync(&mut hub);
    let id = office.ask(GetPins {}).unwrap().into_iter().find(|pin| pin.scope == Scope::Network).unwrap().id;
    let backup = hub.backup();
    let opened = office.ask(EditPin { id: Some(id) }).unwrap();
    let form = PinForm { note: "For netværket".to_owned(), ..opened.form.clone() };
    office.ask(SavePin { opened, form }).unwrap();
    office.sync(&mut hub);
    phone.sync(&mut hub);
    drop(office);
    hub.restore(&backup);
    let mut tablet = Device::joined(Role::Coordinator);
    tablet.sync(&mut hub);
    let opened = tablet.ask(EditPin { id: Some(id) }).unwrap();
    let form = PinForm { scope: Scope::Coordination, ..opened.form.clone() };
    tablet.ask(SavePin { opened, form }).unwrap();
    tablet.sync(&mut hub);
    phone.sync(&mut hub);
    assert!(!phone.ask(GetPins {}).unwrap().iter().any(|pin| pin.id == id), "it is not theirs any more");
    tablet.sync(&mut hub);
    let pin = tablet.ask(GetPins {}).unwrap().into_iter().find(|pin| pin.id == id).unwrap();
    assert_eq!((pin.scope, pin.note.as_str()), (Scope::Coordination, "For netværket"));
}

#[test]
fn what_an_author_said_while_moving_a_row_comes_from_them_when_its_reader_saw_it_only_leave() {
    let mut hub = Hub::demo();
    let [mut office, mut resident] = [Role::Coordinator, Role::Resident].map(Device::joined);
    office.sync(&mut hub);
    resident.sync(&mut hub);
    let pin = office.ask(GetPins {}).unwrap().into_iter().find(|pin| pin.scope == Scope::Public).unwrap();
    let backup = hub.backup();
    let opened = office.ask(EditPin { id: Some(pin.id) }).unwrap();
    let form = PinForm { scope: Scope::Network, note: "Lyset er tændt igen".to_owned(), ..opened.form.clone() };
    office.ask(SavePin { opened, form }).unwrap();
    // It is in the log, and its author does not hear of it.
    office.sync_losing_the_answer(&mut hub);
    resident.sync(&mut hub);
    hub.restore(&backup);
    resident.sync(&mut hub);
    let seen_by = |device: &mut Device| device.ask(GetPins {}).unwrap().into_iter().find(|other| other.id == pin.id);
    let mut early = Device::joined(Role::Staff);
    early.sync(&mut hub);
    assert!(seen_by(&mut early).is_none(), "nobody has said yet who may see it");
    office.sync(&mut hub);
    for device in [&mut office, &mut early] {
        device.sync(&mut hub);
        let found = seen_by(device).unwrap();
        assert_eq!((found.scope, found.note.as_str()), (Scope::Network, "Lyset er tændt igen"));
    }
    resident.sync(&mut hub);
    assert!(seen_by(&mut resident).is_none());
    assert!(hub.log.check().unwrap().is_empty());
}

#[test]
fn a_device_that_is_locked_out_while_it_offers_what_was_lost_hands_in_its_own_words() {
    let Backed { mut hub, mut office, id, backup } = backed();
    note(&mut office, id, "Fra før genoprettelsen");
    office.sync(&mut hub);
    note(&mut office, id, "Sagt ja til, og ikke læst tilbage");
    office.sync_losing_the_answer(&mut hub);
    hub.restore(&backup);
    note(&mut office, id, "Ikke sendt");
    // The server says that it begins anew; then the device is locked out.
    office.app.request_sync();
    let (call, request) = office.app.next_sync().unwrap();
    let answer = hub.answer(office.origin, Role::Coordinator, &request);
    office.app.finish_sync(call, Ok(answer));
    let (call, _) = office.app.next_sync().expect("it offers what was lost");
    let revoked = br#"{"code":"revoked","detail":""}"#.to_vec();
    office.app.finish_sync(call, Ok(HttpResponse { status: 401, body: revoked }));

    let (_, request) = office.app.next_sync().expect("it hands in");
    assert!(request.url.ends_with("/api/v1/hand-in"), "{}", request.url);
    let handed_in: SyncRequest = from_bytes(&request.body).unwrap();
    assert_eq!(handed_in.offer, None);
    let words: Vec<_> = handed_in.actions.iter().flat_map(|action| &action.rows).flat_map(|row| &row.fields).collect();
    for text in ["Sagt ja til, og ikke læst tilbage", "Ikke sendt"] {
        assert!(words.iter().any(|field| field.value == Value::Text(text.to_owned())), "{text} in {words:?}");
    }
    assert_eq!(hub.set_aside(&office, &request.body), handed_in.actions.len());
}
