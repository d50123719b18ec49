//! Two devices under one number: one was copied, or put back from a backup of its own.

use super::judging::{made, set};
use super::{check, hex};
use crate::devices::{Hub, NOON_MS, area, row};
use serde_json::{Value as Json, json};
use trygkort_core::domain::Role;
use trygkort_core::domain::schema::contact;
use trygkort_core::hub::Peer;
use trygkort_core::seal::{self, Hash};
use trygkort_core::wire::v1::{Action, Judged, Push, SyncRequest, SyncResponse};
use trygkort_core::wire::{from_bytes, to_bytes};

const SEED: Hash = [3; 32];
/// What the server gives out as the next origin.
const NEXT: u32 = 2;

/// A push of what follows `after`, signed.
fn push(origin: u32, after: Option<&Action>, actions: Vec<Action>) -> SyncRequest {
    let (salt, hashes) = ([4; 16], actions.iter().map(seal::action_hash).collect::<Vec<Hash>>());
    let after = after.map(|action| Judged {
        end: action.counter + action.change_count() as u64,
        hash: seal::action_hash(action).into(),
    });
    let digest = seal::push_digest(area(), origin, after.as_ref(), &salt, &hashes);
    let push = Push { after, salt: salt.into(), signature: Some(seal::sign(&SEED, &digest).into()) };
    SyncRequest { version: 1, origin, actions, speaks: Some(4), push: Some(push), ..SyncRequest::default() }
}

/// One exchange: what is said of it, and the origin to go on under.
fn exchanged(hub: &mut Hub, about: &str, request: &SyncRequest) -> (Json, Option<u32>) {
    let key = Some(seal::public_key(&SEED));
    let peer = Peer { next_origin: Some(NEXT), key, ..Peer::new(request.origin, row(33), Role::Coordinator) };
    hub.log.begin().unwrap();
    let body = hub.log.exchange(&peer, &to_bytes(request), NOON_MS).unwrap().body;
    hub.log.commit().unwrap();
    let response: SyncResponse = from_bytes(&body).unwrap();
    let judged: Vec<u64> = response.verdicts.iter().map(|verdict| verdict.counter).collect();
    let incarnation = response.incarnation;
    let said = json!({
        "about": about, "request": hex(to_bytes(request)), "response": hex(&body), "judged": judged,
        "incarnation": incarnation,
    });
    (said, incarnation)
}

#[test]
fn a_device_and_its_copy() {
    let mut hub = Hub::empty();
    let (first, its) = (made(), set(2, 1_000, contact::note, "Ring på"));
    let the_other = set(2, 2_000, contact::name, "Vagten i nr. 4");
    let steps = [
        ("makes a contact; then it is copied", push(1, None, vec![first.clone()]), None),
        ("the device goes on", push(1, Some(&first), vec![its.clone()]), None),
        ("its copy does not know of that", push(1, Some(&first), vec![the_other.clone()]), Some(NEXT)),
        ("the copy sends it again under the origin it got", push(NEXT, None, vec![the_other]), None),
        ("the device is the one it was", push(1, Some(&its), vec![set(3, 3_000, contact::note, "Bank på")]), None),
    ];
    let mut exchanges = Vec::new();
    for (about, request, expected) in steps {
        let (said, incarnation) = exchanged(&mut hub, about, &request);
        assert_eq!(incarnation, expected, "{about}");
        exchanges.push(said);
    }
    check(
        "copy",
        &json!({
            "about": "a device that was copied, and its copy: both begin as origin 1, with one key",
            "area": area().to_string(), "key": hex([7; 32]), "public_key": hex(seal::public_key(&SEED)),
            "now": NOON_MS, "role": Role::Coordinator.as_str(), "exchanges": exchanges,
        }),
    );
}
