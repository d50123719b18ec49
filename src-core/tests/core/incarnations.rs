//! A device is copied, or put back from a backup of its own; and what devices sign.

use crate::devices::{Device, Hub, row};
use crate::hostile::contact_named;
use trygkort_core::domain::{ContactId, Role};
use trygkort_core::hub::{HubError, Peer};
use trygkort_core::ipc::*;
use trygkort_core::seal;
use trygkort_core::wire::v1::{Judged, Push, SyncRequest, SyncResponse};
use trygkort_core::wire::{from_bytes, to_bytes};

fn contact(device: &mut Device, name: &str) -> ContactId {
    let found = device.ask(SearchContacts { query: name.to_owned(), limit: 10 }).unwrap();
    let mut rows = found.groups.into_iter().flat_map(|group| group.contacts);
    rows.find(|row| row.name == name).unwrap_or_else(|| panic!("{name} is not on this device")).id
}

fn pin(device: &mut Device, title: &str) {
    let opened = device.ask(EditPin { id: None }).unwrap();
    let form = PinForm { title: title.to_owned(), position: Some((55.65, 12.27)), ..opened.form.clone() };
    device.ask(SavePin { opened, form }).unwrap();
}

fn titles(device: &mut Device) -> Vec<String> {
    device.ask(GetPins {}).unwrap().into_iter().map(|pin| pin.title).collect()
}

/// A further number stays in the log for good, so nobody is given one who sends nothing.
#[test]
fn a_push_of_nothing_asks_for_no_further_number() {
    let mut hub = Hub::demo();
    hub.push(7, Role::Coordinator, vec![crate::hostile::contact_named(1, 91, "Vagten")]);
    let push = Some(Push { after: None, salt: [1; 16].into(), signature: None });
    let request = SyncRequest { version: 1, origin: 7, push, ..Default::default() };
    let answer: SyncResponse = from_bytes(&hub.exchange(7, Role::Coordinator, &to_bytes(&request)).unwrap()).unwrap();
    assert_eq!(answer.incarnation, None);
}

#[test]
fn what_a_device_and_its_copy_write_is_all_there() {
    let mut hub = Hub::demo();
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    pin(&mut phone, "Før kopien");
    let mut copy = phone.copy();
    for (device, name) in [(&mut phone, "Telefonens"), (&mut copy, "Kopiens")] {
        pin(device, name);
        device.sync(&mut hub);
        pin(device, &format!("{name} næste"));
        device.sync(&mut hub);
    }
    phone.sync(&mut hub);
    let all = titles(&mut phone);
    for name in ["Før kopien", "Telefonens", "Telefonens næste", "Kopiens", "Kopiens næste"] {
        assert_eq!(all.iter().filter(|title| *title == name).count(), 1, "{name}");
    }
    assert_ne!(phone.origin, copy.origin, "the second to speak goes by another number");
    assert_eq!(phone.app.dump().unwrap(), copy.app.dump().unwrap());
    assert!(phone.ask(GetRefusals {}).unwrap().is_empty() && copy.ask(GetRefusals {}).unwrap().is_empty());
    assert!(hub.log.check().unwrap().is_empty());
}

#[test]
fn a_device_put_back_from_a_backup_goes_on_and_sees_what_it_had_written() {
    let mut hub = Hub::demo();
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    let backup = phone.copy();
    pin(&mut phone, "Efter telefonens backup");
    phone.sync(&mut hub);
    drop(phone);
    let mut phone = backup;
    let id = contact(&mut phone, "Ejendomskontoret");
    let opened = phone.ask(EditContact { id: Some(id) }).unwrap();
    let form = ContactForm { note: "Skrevet bagefter".to_owned(), ..opened.form.clone() };
    phone.ask(SaveContact { opened, form }).unwrap();
    pin(&mut phone, "Skrevet bagefter");
    phone.sync(&mut hub);
    assert!(titles(&mut phone).contains(&"Efter telefonens backup".to_owned()));
    let mut office = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    assert_eq!(office.ask(GetContact { id }).unwrap().note, "Skrevet bagefter");
    assert_eq!(phone.app.dump().unwrap(), office.app.dump().unwrap());
}

#[test]
fn an_answer_that_was_lost_is_no_copy() {
    let mut hub = Hub::demo();
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    let origin = phone.origin;
    for title in ["et", "to", "tre"] {
        pin(&mut phone, title);
        phone.sync_losing_the_answer(&mut hub);
    }
    phone.sync(&mut hub);
    assert_eq!(phone.origin, origin);
    assert_eq!(titles(&mut phone).iter().filter(|title| *title == "et").count(), 1);
}

#[test]
fn what_is_not_signed_by_the_device_is_refused_whole() {
    let mut hub = Hub::demo();
    let seed = [9; 32];
    let peer = Peer { key: Some(seal::public_key(&seed)), ..Peer::new(7, row(7), Role::Coordinator) };
    let actions = vec![contact_named(1, 91, "Vagten")];
    let digest = |origin, salt: &[u8; 16], after: Option<&Judged>| {
        let hashes: Vec<_> = actions.iter().map(seal::action_hash).collect();
        seal::push_digest(crate::devices::area(), origin, after, salt, &hashes)
    };
    let push = |seed: [u8; 32], origin, salt: [u8; 16]| Push {
        after: None,
        salt: [1; 16].into(),
        signature: Some(seal::sign(&seed, &digest(origin, &salt, None)).into()),
    };
    let cases = [
        ("no seal", None),
        ("no signature", Some(Push { signature: None, ..push(seed, 7, [1; 16]) })),
        ("another's key", Some(push([8; 32], 7, [1; 16]))),
        ("signed for another origin", Some(push(seed, 8, [1; 16]))),
        ("another salt", Some(push(seed, 7, [2; 16]))),
    ];
    let send = |hub: &mut Hub, push| {
        let request = SyncRequest { version: 1, origin: 7, actions: actions.clone(), push, ..Default::default() };
        hub.log.begin().unwrap();
        let done = hub.log.exchange(&peer, &to_bytes(&request), hub.now_ms);
        hub.log.commit().unwrap();
        done
    };
    for (what, push) in cases {
        assert!(matches!(send(&mut hub, push), Err(HubError::BadRequest(_))), "{what}");
        assert!(hub.log.row(row(91)).unwrap().is_none(), "{what}");
    }
    let done = send(&mut hub, Some(push(seed, 7, [1; 16]))).unwrap();
    let answer: SyncResponse = from_bytes(&done.body).unwrap();
    assert!(answer.verdicts[0].position.is_some());
    assert!(hub.log.check().unwrap().is_empty());
    hub.log.connection().execute("UPDATE action SET body = x'00' WHERE origin = 7", []).unwrap();
    assert!(hub.log.check().unwrap().iter().any(|fault| fault.contains("not what was signed")));
}
