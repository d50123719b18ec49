//! A server that was restored, and a device that gives back what it read.

use super::judging::{ask, made, read, set};
use super::{check, hex, told};
use crate::devices::{Hub, NOON_MS, area, row};
use serde_json::{Value as Json, json};
use trygkort_core::domain::Role;
use trygkort_core::domain::schema::contact;
use trygkort_core::hub::aside::{Aside, Words};
use trygkort_core::wire::to_bytes;
use trygkort_core::wire::v1::{Action, Cursor, Offer, Page, Reason, ScopeSeq, SyncRequest};

/// The cursor at the end of a page, as the device keeps it.
pub(super) fn sealed(page: &Page) -> Cursor {
    Cursor { position: page.to, scopes: page.heads.clone(), epoch: page.epoch, mac: page.mac }
}

pub(super) fn request(cursor: &Cursor, actions: Vec<Action>, offer: Option<Offer>) -> SyncRequest {
    let scopes = cursor.scopes.iter().map(|head| ScopeSeq { hash: None, ..*head }).collect();
    let cursor = Cursor { scopes, ..cursor.clone() };
    SyncRequest { version: 1, origin: 1, cursor, actions, speaks: Some(4), offer, ..SyncRequest::default() }
}

/// One exchange, with what it says of beginning anew.
fn exchanged(hub: &mut Hub, about: &str, request: &SyncRequest) -> (Json, Page) {
    let response = ask(hub, request);
    let restart = response.restart.map(|told| json!({ "epoch": told.epoch, "after": told.after, "taken": told.taken }));
    let said = json!({
        "about": about, "request": hex(to_bytes(request)), "response": hex(to_bytes(&response)), "restart": restart,
    });
    (said, response.page)
}

/// What cannot be proven to have been in the log: here the offer ends at a cursor that the server did not seal.
#[test]
fn an_offer_without_proof() {
    let mut hub = Hub::empty();
    let (_, first) = exchanged(&mut hub, "", &request(&Cursor::default(), vec![made()], None));
    let backup = hub.backup();
    let note = set(2, 1_000, contact::note, "Ring på");
    let from = sealed(&first);
    let (_, second) = exchanged(&mut hub, "", &request(&from, vec![note], None));
    hub.restore(&backup);
    let to = sealed(&second);
    let unproven = Cursor { mac: Some([0; 16].into()), ..to.clone() };
    let offer = Offer { from, to: unproven, entries: second.entries };
    let (offered, _) =
        exchanged(&mut hub, "offers up to a cursor of its own making", &request(&to, Vec::new(), Some(offer)));
    let aside = hub.log.aside().unwrap();
    assert!(matches!(aside[..], [Aside { reason: Reason::Quarantined, words: Words::Offer { author: 1, .. }, .. }]));
    let start = request(&Cursor::default(), Vec::new(), None);
    let (begun, page) = exchanged(&mut hub, "reads from the start: it is not there", &start);
    let rows = read(&page);
    assert!(!rows[&row(1)].fields.contains_key(&contact::note));
    check(
        "unproven",
        &json!({
            "about": "as in restart.json, with an offer that proves nothing: the server sets it aside",
            "area": area().to_string(), "key": hex([7; 32]), "now": NOON_MS, "role": Role::Coordinator.as_str(),
            "exchanges": [offered, begun], "rows": rows.values().map(told).collect::<Vec<_>>(),
        }),
    );
}

#[test]
fn a_restart_and_an_offer() {
    let mut hub = Hub::empty();
    let (began, first) = exchanged(&mut hub, "makes a contact", &request(&Cursor::default(), vec![made()], None));
    let backup = hub.backup();
    let note = set(2, 1_000, contact::note, "Ring på");
    let from = sealed(&first);
    let (wrote, second) = exchanged(&mut hub, "behind the backup: writes a note", &request(&from, vec![note], None));
    let (to, entries) = (sealed(&second), second.entries);
    hub.restore(&backup);
    let (told_so, _) = exchanged(&mut hub, "restored: what was read is gone", &request(&to, Vec::new(), None));
    let lost = Offer { from, to: to.clone(), entries: entries.clone() };
    let (taken, _) = exchanged(&mut hub, "offers what was read behind `after`", &request(&to, Vec::new(), Some(lost)));
    let start = request(&Cursor::default(), Vec::new(), None);
    let (begun, page) = exchanged(&mut hub, "nothing is left to offer: reads from the start", &start);
    let (old, new) = (&entries[0], &page.entries[1]);
    assert_eq!((old.origin, old.counter, old.effective), (new.origin, new.counter, new.effective));
    let rows = read(&page);
    assert_eq!(rows[&row(1)].fields[&contact::note].value, "Ring på".into());
    check(
        "restart",
        &json!({
            "about": "origin 1 talks to a server that is restored from a backup between its second and third request",
            "area": area().to_string(), "key": hex([7; 32]), "now": NOON_MS, "role": Role::Coordinator.as_str(),
            "exchanges": [began, wrote, told_so, taken, begun], "rows": rows.values().map(told).collect::<Vec<_>>(),
        }),
    );
}
