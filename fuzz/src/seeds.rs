//! Where the fuzzer starts from: real messages of a server and a device.

use crate::world::{NOW_MS, ORIGIN, blank_device, content, hub, next_request, request};
use std::collections::BTreeMap;
use trygkort_core::domain::{AreaId, ChangeId, Scope};
use trygkort_core::merge::{Register, RowState, Stamp};
use trygkort_core::snapshot::Snapshot;
use trygkort_core::sync;
use trygkort_core::wire::unsent::UnsentFile;
use trygkort_core::wire::v1::{
    Action, Cursor, Judged, Offer, Push, RowChange, SPEAKS, SPEAKS_SEEDS, SyncRequest, SyncResponse, WireId,
};
use trygkort_core::wire::{VERSION, from_bytes, to_bytes};

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
    for (name, body) in proven() {
        seeds.push(("wire_request", name.to_owned(), body.clone()));
        seeds.push(("hub_bytes", name.to_owned(), body));
    }
    for (name, body) in told() {
        seeds.push(("wire_response", name.to_owned(), body));
    }
    for (name, body) in unsent() {
        seeds.push(("unsent_file", name.to_owned(), body));
    }
    // Any bytes are changes to a backup; these make a few of them.
    for number in 0..6_u8 {
        let bytes = (0..=255_u8).map(|n| n.wrapping_mul(57).wrapping_add(number.wrapping_mul(43)));
        seeds.push(("backup", format!("bytes-{number}"), bytes.take(usize::from(number) * 40).collect()));
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

/// What devices send beside actions: the seal on a push, and what they read of a log that is gone.
fn proven() -> Vec<(&'static str, Vec<u8>)> {
    let answer = hub().exchange(&speaking(SPEAKS)).expect("its own request");
    let page = SyncResponse::read(&answer).expect("an answer").page;
    let to = Cursor { position: page.to, scopes: page.heads, epoch: page.epoch, mac: page.mac };
    let push = Push {
        after: Some(Judged { end: 3, hash: [5; 32].into() }),
        salt: [4; 16].into(),
        signature: Some([6; 64].into()),
    };
    let plain = SyncRequest { version: VERSION, origin: ORIGIN, speaks: Some(SPEAKS), ..Default::default() };
    let actions = vec![Action { counter: 900, ..content().remove(0) }];
    let pushed = SyncRequest { push: Some(push), actions, cursor: to.clone(), ..plain.clone() };
    let mut ahead = to.clone();
    ahead.position += 10;
    let entries = page.entries.into_iter().take(3).collect();
    let offer = Offer { from: Cursor::default(), to: to.clone(), entries };
    let offered = SyncRequest { offer: Some(offer), cursor: ahead, log_only: Some(true), ..plain };
    vec![("pushed", to_bytes(&pushed)), ("offered", to_bytes(&offered))]
}

/// What servers say beside pages of salts: seeds, rows that are erased, that the log is another one now, and a folded page.
fn told() -> Vec<(&'static str, Vec<u8>)> {
    let mut hub = hub();
    let page = hub.exchange(&speaking(SPEAKS_SEEDS)).expect("its own request");
    let folded = hub.exchange(&speaking(SPEAKS)).expect("its own request");
    let read = SyncResponse::read(&page).expect("an answer").page;
    let cursor = Cursor { position: read.to, scopes: read.heads, epoch: read.epoch, mac: read.mac };
    hub.log.begin().expect("memory holds");
    hub.log.erase(&[content()[1].rows[0].row.0].into(), NOW_MS).expect("memory holds");
    hub.log.commit().expect("memory holds");
    let erased = hub.exchange(&speaking(SPEAKS_SEEDS)).expect("its own request");
    let mut lost = crate::world::hub();
    lost.log.begin().expect("memory holds");
    lost.log.begin_epoch(NOW_MS + 1).expect("memory holds");
    lost.log.commit().expect("memory holds");
    let ahead = Cursor { position: cursor.position + 1, ..cursor };
    let request = SyncRequest { cursor: ahead, ..from_bytes(&speaking(SPEAKS)).expect("a request") };
    let mut told = vec![("seeds", page), ("erased", erased), ("folded", folded)];
    told.extend(lost.exchange(&to_bytes(&request)).ok().map(|answer| ("restart", answer)));
    told
}

fn speaking(speaks: u16) -> Vec<u8> {
    to_bytes(&SyncRequest { version: VERSION, origin: ORIGIN, speaks: Some(speaks), ..Default::default() })
}

/// What a device saves that cannot send: an action, and with a photo.
fn unsent() -> Vec<(&'static str, Vec<u8>)> {
    let request: SyncRequest = from_bytes(&request(vec![content().remove(0)])).expect("a request");
    let area = WireId(crate::world::row(0xa5ea));
    let file = UnsentFile { version: VERSION, area, request: request.into(), photos: None };
    let mut photo = b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\xf0\x01\x40\x01\x01\x11\x00".to_vec();
    photo.extend(b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x01\xff\xd9");
    let with_photo = UnsentFile { photos: Some(vec![photo.into()]), ..file.clone() };
    vec![("action", to_bytes(&file)), ("photo", to_bytes(&with_photo))]
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
