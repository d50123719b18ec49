//! What the log does not have, or not any more: a row that was erased, what is kept aside, what is handed in.

use super::judging::{ask, made, read, set};
use super::restoring::{request, sealed};
use super::{check, hex, told};
use crate::devices::{Hub, NOON_MS, area, row};
use serde_json::{Value as Json, json};
use trygkort_core::domain::schema::contact;
use trygkort_core::domain::{Reader, Role};
use trygkort_core::hub::Peer;
use trygkort_core::seal;
use trygkort_core::wire::aside::KeptAside;
use trygkort_core::wire::v1::{Cursor, Push, Reason, SyncRequest};
use trygkort_core::wire::{from_bytes, to_bytes};

/// A contact with a note, as origin 1 has made it.
fn noted() -> Hub {
    let mut hub = Hub::empty();
    let actions = vec![made(), set(2, 1_000, contact::note, "Ring på")];
    ask(&mut hub, &request(&Cursor::default(), actions, None));
    hub
}

#[test]
fn an_entry_that_erases_a_row() {
    let mut hub = noted();
    let before = ask(&mut hub, &request(&Cursor::default(), Vec::new(), None)).page;
    hub.log.begin().unwrap();
    hub.log.erase(&[row(1)].into(), NOON_MS).unwrap();
    hub.log.commit().unwrap();
    let after = ask(&mut hub, &request(&sealed(&before), Vec::new(), None)).page;
    let [entry] = &after.entries[..] else { panic!("one entry says so") };
    let erasing = &entry.scopes[0].rows[0];
    assert_eq!((erasing.row.0, erasing.withdrawn, erasing.erased), (row(1), true, Some(true)));
    let anew = ask(&mut hub, &request(&Cursor::default(), Vec::new(), None)).page;
    let rows = read(&anew);
    assert!(!rows.contains_key(&row(1)) && !hex(to_bytes(&anew)).contains(&hex("Ring på")));
    check(
        "erased",
        &json!({
            "about": "a contact with a note is erased: a device that has read it gets the entry, and one that reads from \
                      the start gets leaves in the place of what stood there",
            "area": area().to_string(), "row": row(1).to_string(), "page_before": hex(to_bytes(&before)),
            "page_after": hex(to_bytes(&after)), "entry": hex(to_bytes(entry)),
            "page_from_the_start": hex(to_bytes(&anew)), "rows": rows.values().map(told).collect::<Vec<_>>(),
        }),
    );
}

/// The list that coordinators get, and what is in it.
fn kept_aside(hub: &Hub, reason: Reason) -> (String, Json) {
    let bytes = hub.log.aside_for(&Reader::new(Role::Coordinator)).unwrap();
    let list: Vec<KeptAside> = from_bytes(&bytes).unwrap();
    let [kept] = &list[..] else { panic!("one is kept aside") };
    assert_eq!(kept.reason, reason);
    let said = json!({
        "origin": kept.origin, "reason": hex(to_bytes(&kept.reason)), "received_ms": kept.received_ms,
        "action": hex(to_bytes(&kept.action)),
    });
    (hex(&bytes), said)
}

#[test]
fn what_is_kept_aside() {
    let mut hub = noted();
    let note = set(1, 2_000, contact::note, "Ring på hos vagten");
    let push = SyncRequest { version: 1, origin: 2, actions: vec![note], speaks: Some(4), ..SyncRequest::default() };
    hub.exchange(2, Role::Staff, &to_bytes(&push)).unwrap();
    let (list, kept) = kept_aside(&hub, Reason::Permission);
    check(
        "aside",
        &json!({
            "about": "somebody of the staff, with origin 2, may not change the contact; what coordinators are told of it",
            "area": area().to_string(), "request": hex(to_bytes(&push)), "list": list, "kept": kept,
        }),
    );
}

#[test]
fn what_is_handed_in() {
    let mut hub = noted();
    let (seed, salt) = ([3; 32], [4; 16]);
    let actions = vec![set(1, 2_000, contact::note, "Ring på hos vagten")];
    let hashes: Vec<seal::Hash> = actions.iter().map(seal::action_hash).collect();
    let digest = seal::push_digest(area(), 2, None, &salt, &hashes);
    let push = Push { after: None, salt: salt.into(), signature: Some(seal::sign(&seed, &digest).into()) };
    let cursor = request(&sealed(&ask(&mut hub, &request(&Cursor::default(), Vec::new(), None)).page), vec![], None);
    let body = SyncRequest { origin: 2, actions, push: Some(push), ..cursor };
    let device = Peer { key: Some(seal::public_key(&seed)), ..Peer::new(2, row(33), Role::Staff) };
    hub.log.begin().unwrap();
    assert_eq!(hub.log.set_aside(&device, &to_bytes(&body), NOON_MS).unwrap(), 1);
    hub.log.commit().unwrap();
    let (list, kept) = kept_aside(&hub, Reason::Quarantined);
    check(
        "hand_in",
        &json!({
            "about": "a device with origin 2 that is locked out hands in what it had not sent; what coordinators are told",
            "area": area().to_string(), "public_key": hex(seal::public_key(&seed)), "digest": hex(digest),
            "request": hex(to_bytes(&body)), "list": list, "kept": kept,
        }),
    );
}
