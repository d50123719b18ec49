//! Where the fuzzer starts from: real messages of a server and a device.

use crate::world::{NOW_MS, blank_device, content, hub, next_request, request};
use std::collections::BTreeMap;
use trygkort_core::domain::{AreaId, ChangeId, Scope};
use trygkort_core::merge::{Register, RowState, Stamp};
use trygkort_core::snapshot::Snapshot;
use trygkort_core::sync;
use trygkort_core::wire::v1::{Action, RowChange};

/// A seed: its target, its name, its bytes.
pub type Seed = (&'static str, String, Vec<u8>);

/// Every seed, the same at each call.
#[must_use]
pub fn all() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (number, body) in requests().into_iter().enumerate() {
        seeds.push(("wire_request", format!("request-{number}"), body.clone()));
        seeds.push(("hub_bytes", format!("request-{number}"), body));
    }
    for (number, body) in responses().into_iter().enumerate() {
        seeds.push(("wire_response", format!("response-{number}"), body));
    }
    for (number, body) in snapshots().into_iter().enumerate() {
        seeds.push(("snapshot", format!("snapshot-{number}"), body));
    }
    for (number, link) in LINKS.iter().enumerate() {
        seeds.push(("invitation_link", format!("link-{number}"), link.as_bytes().to_vec()));
    }
    // Any bytes are a request here; these make requests of a few actions.
    for number in 0..4_u8 {
        let bytes = (0..=255_u8).map(|n| n.wrapping_mul(31).wrapping_add(number.wrapping_mul(97)));
        seeds.push(("hub_actions", format!("bytes-{number}"), bytes.collect()));
    }
    seeds
}

const LINKS: [&str; 6] = [
    "https://trygkort.example/i#0123456789ABCDEFGHJKMNPQRS",
    "http://127.0.0.1:8787/i#0123456789ABCDEFGHJKMNPQRS",
    "  https://trygkort.example/i#o123-4567-89ab-cdef-ghjk-mnpq-rs ",
    "https://[2001:db8::1]:8787/i#0123456789ABCDEFGHJKMNPQRS",
    "https://trygkort.example/i#0123456789ABCDEFGHJKMNPQRÆ",
    "https://a@b/i#0123456789ABCDEFGHJKMNPQRS",
];

/// What devices send: nothing, an action of each kind that there is, and several at once.
fn requests() -> Vec<Vec<u8>> {
    let mut bodies = vec![request(Vec::new()), next_request(&crate::world::device())];
    let mut kinds = Vec::new();
    let mut chosen: Vec<Action> = Vec::new();
    for (number, mut action) in (1..).zip(content()) {
        let kind = action.rows.first().map(|row| row.entity);
        if kinds.contains(&kind) {
            continue;
        }
        kinds.push(kind);
        action.rows.truncate(2);
        action.counter = number * 100;
        chosen.push(action);
    }
    bodies.extend(chosen.iter().map(|action| request(vec![action.clone()])));
    bodies.push(request(chosen));
    bodies
}

/// What a server answers: a page to a new device, nothing new to one that has read it, verdicts.
fn responses() -> Vec<Vec<u8>> {
    let mut hub = hub();
    let mut answers: Vec<Vec<u8>> = Vec::new();
    let mut device = blank_device();
    for _ in 0..2 {
        let answer = hub.exchange(&next_request(&device)).expect("its own request");
        sync::apply(&mut device, &answer, NOW_MS).expect("a page of the log");
        answers.push(answer);
    }
    for body in requests() {
        // What the fuzzer's device has read before is not sent again, so that the seeds stay small.
        let before = crate::world::device().cursor().expect("memory holds");
        let mut request: trygkort_core::wire::v1::SyncRequest =
            trygkort_core::wire::from_bytes(&body).expect("a seed can be read");
        request.cursor = before;
        answers.extend(hub.exchange(&trygkort_core::wire::to_bytes(&request)));
    }
    answers
}

/// Snapshots of nothing, of a row, and of all kinds of rows.
fn snapshots() -> Vec<Vec<u8>> {
    let changes: Vec<RowChange> = content().into_iter().flat_map(|action| action.rows).collect();
    let of = |count: usize| {
        let mut rows: BTreeMap<_, RowState> = BTreeMap::new();
        for (counter, change) in (1..).zip(changes.iter().take(count)) {
            rows.insert(change.row, state(change, counter));
        }
        let area = AreaId(crate::world::row(0xa5ea));
        Snapshot { area, scope: Scope::Network, position: 24, rows: rows.into_values().collect(), erased: Vec::new() }
            .to_bytes()
    };
    vec![of(0), of(1), of(40)]
}

fn state(change: &RowChange, counter: u64) -> RowState {
    let stamp = Stamp { effective: 1_795_162_440_000 + counter, id: ChangeId { origin: 1, counter } };
    let fields = change.fields.iter().map(|field| (field.field, Register { value: field.value.clone(), stamp }));
    RowState {
        entity: change.entity,
        row: change.row.0,
        scope: Scope::Network,
        created_by: 1,
        fields: fields.collect(),
    }
}
