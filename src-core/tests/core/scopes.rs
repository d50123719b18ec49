//! Who is sent what.

use crate::devices::{Device, Hub};
use trygkort_core::domain::{Role, Scope};
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::*;

#[test]
fn a_device_never_holds_a_row_outside_its_scopes() {
    let mut hub = Hub::demo();
    for role in Role::ALL {
        let mut device = Device::joined(role);
        device.sync(&mut hub);
        for pin in device.ask(GetPins {}).unwrap() {
            assert!(role.reads(pin.scope), "{role} holds a pin of {:?}", pin.scope);
        }
        let contacts = device.ask(SearchContacts { query: String::new(), limit: 100 }).unwrap();
        for row in contacts.groups.iter().flat_map(|group| &group.contacts) {
            let view = device.ask(GetContact { id: row.id }).unwrap();
            assert!(role.reads(view.scope));
            assert!(view.channels.iter().all(|channel| role.reads(channel.scope)));
        }
        // Not only what is shown: nothing of it lies in the file either.
        device.app.close().unwrap();
        let bytes: Vec<u8> = std::fs::read_dir(device.folder.path())
            .unwrap()
            .flat_map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
            .collect();
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("Ejendomskontoret"));
        assert_eq!(holds("ssp@kommunen.example"), role.reads(Scope::Network), "{role}: the internal mail of SSP");
    }
}

#[test]
fn everyone_with_a_role_sees_the_whole_card() {
    let mut hub = Hub::demo();
    for role in Role::ALL {
        let mut device = Device::joined(role);
        device.sync(&mut hub);
        let card = device.ask(GetCard {}).unwrap();
        let tiles: Vec<_> = card
            .problems
            .iter()
            .map(|tile| (tile.name.as_str(), tile.contacts.iter().map(|c| c.name.as_str()).collect::<Vec<_>>()))
            .collect();
        assert_eq!(
            tiles,
            [
                ("Narkosalg", vec!["SSP/Gadeplanen"]),
                ("Hærværk", vec!["Ejendomskontoret", "SSP/Gadeplanen"]),
                ("Mislighold", vec!["Ejendomskontoret"]),
                ("Dårlig belysning", vec!["Ejendomskontoret"]),
                ("Urolige psykisk syge og misbrugere", vec!["Socialpsykiatrien"]),
                ("Anden utryghed", vec!["Helhedsplanen"]),
            ],
            "{role}"
        );
    }
}

#[test]
fn a_pin_that_moves_to_coordination_leaves_the_others_devices() {
    let mut hub = Hub::demo();
    let mut office = Device::joined(Role::Coordinator);
    let mut staff = Device::joined(Role::Staff);
    office.sync(&mut hub);
    staff.sync(&mut hub);
    let pin = office.ask(GetPins {}).unwrap().into_iter().find(|pin| pin.scope == Scope::Network).unwrap();
    let opened = office.ask(EditPin { id: Some(pin.id) }).unwrap();
    let form = PinForm { scope: Scope::Coordination, ..opened.form.clone() };
    let saved = office.ask(SavePin { opened, form }).unwrap();
    office.sync(&mut hub);
    staff.sync(&mut hub);
    assert!(!staff.ask(GetPins {}).unwrap().iter().any(|other| other.id == pin.id));
    let here = |device: &mut Device| device.ask(GetPins {}).unwrap().into_iter().find(|other| other.id == pin.id);
    assert_eq!(here(&mut office).unwrap().scope, Scope::Coordination);
    // And it comes back whole.
    office.ask(Undo { undo: saved.undo.unwrap() }).unwrap();
    office.sync(&mut hub);
    staff.sync(&mut hub);
    let again = here(&mut staff).unwrap();
    assert_eq!((again.title, again.note), (pin.title, pin.note));
    assert_eq!(hub.log.check().unwrap(), Vec::<String>::new());
}

#[test]
fn of_two_who_move_one_row_the_later_wins_in_whatever_order_they_arrive() {
    for early_first in [true, false] {
        let mut hub = Hub::demo();
        let [mut early, mut late] = [Role::Coordinator; 2].map(Device::joined);
        let mut staff = Device::joined(Role::Staff);
        early.sync(&mut hub);
        late.sync(&mut hub);
        let pin = early.ask(GetPins {}).unwrap().into_iter().find(|pin| pin.scope == Scope::Network).unwrap();
        late.now_ms.set(early.now_ms.get() + 60_000);
        for (device, scope) in [(&mut early, Scope::Coordination), (&mut late, Scope::Public)] {
            let opened = device.ask(EditPin { id: Some(pin.id) }).unwrap();
            let form = PinForm { scope, ..opened.form.clone() };
            device.ask(SavePin { opened, form }).unwrap();
        }
        hub.now_ms += 120_000;
        let (first, second) = if early_first { (&mut early, &mut late) } else { (&mut late, &mut early) };
        first.sync(&mut hub);
        second.sync(&mut hub);
        for device in [&mut early, &mut late, &mut staff] {
            device.sync(&mut hub);
            let found = device.ask(GetPins {}).unwrap().into_iter().find(|other| other.id == pin.id).unwrap();
            assert_eq!(found.scope, Scope::Public, "the early one came first: {early_first}");
        }
        assert_eq!(hub.log.check().unwrap(), Vec::<String>::new());
    }
}

#[test]
fn a_new_device_with_the_same_role_holds_the_same() {
    let mut hub = Hub::demo();
    let mut first = Device::joined(Role::Coordinator);
    first.sync(&mut hub);
    let card = first.ask(GetCard {}).unwrap();
    first.ask(DeleteProblem { id: card.problems[5].id }).unwrap();
    first.ask(MoveProblem { id: card.problems[0].id, up: false }).unwrap();
    first.sync(&mut hub);
    let mut second = Device::joined(Role::Coordinator);
    second.sync(&mut hub);
    assert_eq!(first.ask(GetCard {}).unwrap(), second.ask(GetCard {}).unwrap());
    assert_eq!(first.ask(GetPins {}).unwrap(), second.ask(GetPins {}).unwrap());
}

#[test]
fn staff_report_numbers_and_add_pins_and_nothing_else() {
    let mut hub = Hub::demo();
    let mut staff = Device::joined(Role::Staff);
    let mut office = Device::joined(Role::Coordinator);
    staff.sync(&mut hub);
    let row = staff.ask(SearchContacts { query: "ejendomskontoret".to_owned(), limit: 5 }).unwrap();
    let id = row.groups[0].contacts[0].id;
    let view = staff.ask(GetContact { id }).unwrap();
    assert!(!view.editable);
    staff.ask(ReportChannel { id: view.channels[0].id }).unwrap();
    let problem = staff.ask(GetCard {}).unwrap().problems[0].id;
    let refused = staff.ask(SetCell { problem, contact: id, on: true }).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Forbidden);
    staff.sync(&mut hub);
    office.sync(&mut hub);
    assert!(office.ask(GetContact { id }).unwrap().channels[0].reported_at_ms.is_some());
    let list = office.ask(SearchContacts { query: "ejendomskontoret".to_owned(), limit: 5 }).unwrap();
    assert!(list.groups[0].contacts[0].reported);
    office.ask(VerifyContact { id }).unwrap();
    let verified = office.ask(GetContact { id }).unwrap();
    assert_eq!((verified.channels[0].reported_at_ms, verified.verified_by.as_str()), (None, "Mona"));
}

#[test]
fn a_wider_role_brings_what_it_may_see_besides() {
    let mut hub = Hub::demo();
    let mut device = Device::joined(Role::Resident);
    device.sync(&mut hub);
    let public = device.ask(GetPins {}).unwrap().len();
    device.role = Role::Coordinator;
    device.join();
    device.sync(&mut hub);
    assert!(device.ask(GetPins {}).unwrap().len() > public);
    assert_eq!(device.ask(GetSyncStatus {}).unwrap().state, SyncState::Idle);
}

#[test]
fn what_was_withdrawn_finds_no_contact_any_more() {
    let mut hub = Hub::demo();
    let [mut coordinator, mut staff] = [Role::Coordinator, Role::Staff].map(Device::joined);
    let find = |query: &str| SearchContacts { query: query.to_owned(), limit: 10 };
    coordinator.sync(&mut hub);
    let office = coordinator.ask(find("Ejendomskontoret")).unwrap().groups[0].contacts[0].id;
    for (scope, found_by_staff) in [(Scope::Network, 1), (Scope::Coordination, 0)] {
        let opened = coordinator.ask(EditContact { id: Some(office) }).unwrap();
        let mut form = opened.form.clone();
        form.channels[0].label = "Zebratelefon".to_owned();
        form.channels[0].scope = scope;
        coordinator.ask(SaveContact { opened, form }).unwrap();
        coordinator.sync(&mut hub);
        staff.sync(&mut hub);
        assert_eq!(coordinator.ask(find("zebratelefon")).unwrap().total, 1);
        assert_eq!(staff.ask(find("zebratelefon")).unwrap().total, found_by_staff, "in the scope {scope:?}");
    }
}
