//! What synchronising costs, and how long a search takes: `cargo xtask bench`.
//!
//! The server is this program again in a process of its own, so that its memory can be read and its work is not counted
//! as the devices'. The last line printed is JSON: `[{"what", "value", "unit", "goal", "note"}, …]`.
//!
//! The goals are those of the design: fractions of what `PouchDB`, Turso and automerge-repo took on the same machine.

#![expect(clippy::print_stdout, reason = "a bench says what it measured")]
#![expect(clippy::unwrap_used, reason = "a bench that fails is wrong, and says where")]

mod content;
mod server;

use content::{push_contacts, push_pins};
use serde_json::{Value, json};
use server::ServerProcess;
use std::time::{Duration, Instant};
use trygkort_core::domain::PinId;
use trygkort_core::ipc::{GetPins, SearchContacts};
use trygkort_tests::raw::RawDevice;
use trygkort_tests::{Device, WireTap};

const PINS: u32 = 10_000;
const CONTACTS: u32 = 50_000;
const DEVICES: usize = 50;
const EDITS_EACH: usize = 20;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if std::env::args().any(|argument| argument == server::ARGUMENT) {
        return runtime.block_on(server::serve());
    }
    let figures = runtime.block_on(async {
        let mut figures = many_pins().await;
        figures.extend(many_edits().await);
        figures.extend(search().await);
        figures
    });
    println!("{}", Value::Array(figures));
}

fn figure(what: &str, value: f64, unit: &str, goal: Option<f64>, note: &str) -> Value {
    json!({ "what": what, "value": (value * 1000.0).round() / 1000.0, "unit": unit, "goal": goal, "note": note })
}

/// The first sync of 10,000 pins, and a sync with nothing new afterwards.
async fn many_pins() -> Vec<Value> {
    let server = ServerProcess::start();
    let tap = WireTap::start(server.address()).await;
    let mut writer = RawDevice::join(&server.link).await;
    push_pins(&mut writer, PINS).await;
    writer.until_there_is_a_snapshot().await;

    let log = first_sync(&mut Device::blank(), &server, &tap, false).await;
    let mut device = Device::blank();
    let first = first_sync(&mut device, &server, &tap, true).await;

    device.sync().await;
    let (asked, answered) = tap.take();
    let memory = server.peak_memory_mb();
    let without = format!("without a snapshot, by the log: {:.0} ms", ms(log.took));
    let goal = "goal: 0.1 × PouchDB's 2.7 s";
    vec![
        figure("first sync of 10,000 pins: time", ms(first.took), "ms", Some(270.0), &format!("{goal}; {without}")),
        figure(
            "first sync of 10,000 pins: bytes",
            kb(first.bytes),
            "kB",
            Some(625.0),
            &format!(
                "both ways with headers; goal: 0.25 × PouchDB's 2.5 MB; without a snapshot, by the log: {:.0} kB",
                kb(log.bytes)
            ),
        ),
        figure(
            "first sync of 10,000 pins: requests",
            f64::from(first.requests),
            "requests",
            Some(5.0),
            &format!("without a snapshot, by the log: {}", log.requests),
        ),
        figure("server's memory at its peak", memory, "MB", Some(130.0), "goal: 0.1 × automerge-repo's 1.3 GB"),
        figure(
            "nothing new to sync: bytes",
            as_f64(asked + answered),
            "bytes",
            Some(500.0),
            &format!("{asked} there and {answered} back with headers, after {PINS} actions"),
        ),
    ]
}

/// What a first sync cost.
struct FirstSync {
    took: Duration,
    bytes: u64,
    requests: u32,
}

async fn first_sync(device: &mut Device, server: &ServerProcess, tap: &WireTap, by_snapshot: bool) -> FirstSync {
    device.redeem(&server.link_via(tap)).await.unwrap();
    let _ = tap.take();
    let before = device.traffic.requests;
    let start = Instant::now();
    let status = if by_snapshot { device.sync().await } else { device.sync_by_log().await };
    let took = start.elapsed();
    Device::expect_settled(&status);
    let (sent, received) = tap.take();
    let requests = device.traffic.requests - before;
    assert_eq!(device.ask(GetPins {}).await.unwrap().len(), PINS as usize);
    FirstSync { took, bytes: sent + received, requests }
}

/// 50 devices with 20 edits each that were made offline.
async fn many_edits() -> Vec<Value> {
    let server = ServerProcess::start();
    let tap = WireTap::start(server.address()).await;
    let edits = DEVICES * EDITS_EACH;
    push_pins(&mut RawDevice::join(&server.link).await, u32::try_from(edits).unwrap()).await;

    let mut devices = Vec::new();
    for number in 0..DEVICES {
        let mut device = Device::joined(&server.link_via(&tap)).await;
        let mut ids: Vec<PinId> = device.ask(GetPins {}).await.unwrap().into_iter().map(|pin| pin.id).collect();
        ids.sort();
        for id in &ids[number * EDITS_EACH..(number + 1) * EDITS_EACH] {
            device.save_pin(Some(*id), |pin| pin.note = "Lygten er slukket siden mandag".to_owned()).await.unwrap();
        }
        devices.push(device);
    }
    let _ = tap.take();
    let start = Instant::now();
    let answers = futures::future::join_all(devices.iter_mut().map(Device::push)).await;
    let pushed = start.elapsed();
    let (sent, answered) = tap.take();
    for (device, answer) in devices.iter_mut().zip(answers) {
        device.take(answer);
        Device::expect_settled(&device.sync().await);
    }
    let everywhere = start.elapsed();
    let (asked, received) = tap.take();
    for device in &mut devices {
        let pins = device.ask(GetPins {}).await.unwrap();
        assert_eq!(pins.iter().filter(|pin| pin.note.ends_with("mandag")).count(), edits, "everyone has everything");
    }
    vec![
        figure(
            "push of 1,000 edits by 50 devices: time",
            ms(pushed),
            "ms",
            Some(222.0),
            "all at once, until each has the answer that all of its edits are safe; goal: 0.25 × PouchDB's 0.89 s",
        ),
        figure(
            "until all 50 devices have all 1,000 edits: time",
            ms(everywhere),
            "ms",
            None,
            "one device after the other takes what the others wrote",
        ),
        figure(
            "push of 1,000 edits by 50 devices: bytes sent",
            kb(sent),
            "kB",
            Some(99.6),
            "with headers; goal: 0.15 × PouchDB's 664 kB",
        ),
        figure("an edit on the wire", as_f64(sent) / as_f64(edits as u64), "bytes", Some(100.0), "sent, with headers"),
        figure(
            "until all 50 devices have all 1,000 edits: bytes",
            kb(sent + answered + asked + received),
            "kB",
            Some(2_600.0),
            "both ways with headers; goal: 0.2 × Turso sync's 13 MB",
        ),
    ]
}

/// A search in 50,000 contacts, as the screen asks for it.
async fn search() -> Vec<Value> {
    let server = ServerProcess::start();
    push_contacts(&mut RawDevice::join(&server.link).await, CONTACTS).await;
    let mut device = Device::joined(&server.link).await;
    let all = device.ask(SearchContacts { query: String::new(), limit: 1 }).await.unwrap();
    assert_eq!(all.total, CONTACTS);

    let mut times = Vec::new();
    for query in ["soren", "Åse", "oedegaard", "vagt", "sø", "30001234", "khadija hassan", "findesikke", "blok 7"] {
        for _ in 0..5 {
            let start = Instant::now();
            let found = device.ask(SearchContacts { query: query.to_owned(), limit: 50 }).await.unwrap();
            times.push(start.elapsed());
            assert_eq!(found.total == 0, query == "findesikke", "{query}: {}", found.total);
        }
    }
    times.sort();
    let note = "9 queries with 0 to thousands of hits, the first 50 as JSON";
    vec![
        figure("search in 50,000 contacts: median", ms(times[times.len() / 2]), "ms", Some(20.0), note),
        figure("search in 50,000 contacts: slowest", ms(times[times.len() - 1]), "ms", Some(20.0), note),
    ]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "byte counts are far below 2^52")]
fn as_f64(bytes: u64) -> f64 {
    bytes as f64
}

fn kb(bytes: u64) -> f64 {
    as_f64(bytes) / 1e3
}
