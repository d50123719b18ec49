//! How Trygkort's own cost grows: with what was ever written, with devices that listen, with areas that are quiet.

use crate::figures::figure;
use crate::ours;
use crate::process::{ServerProcess, free_address};
use crate::works::{Sizes, as_f64};
use serde_json::Value as Json;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use tokio::runtime::Runtime;
use trygkort_core::domain::schema::map_pin;
use trygkort_core::domain::{ChangeId, Entity, RowId, Scope, Value};
use trygkort_core::ipc::GetPins;
use trygkort_core::wire::from_bytes;
use trygkort_core::wire::v1::{Action, SyncResponse, WireChangeId};
use trygkort_tests::raw::{RawDevice, change, new_row, somewhere};
use trygkort_tests::{Device, WireTap};

/// The pins that are edited again and again.
const PINS: usize = 200;
/// Edits that are timed one by one.
const EDITS: u32 = 50;

pub(crate) fn measure(runtime: &Runtime, sizes: &Sizes) -> Vec<Json> {
    let mut figures = Vec::new();
    for changes in sizes.histories {
        println!("growth: {changes} changes of history");
        figures.extend(runtime.block_on(history(*changes)));
    }
    for devices in sizes.devices {
        println!("growth: {devices} devices");
        figures.extend(runtime.block_on(listeners(*devices)));
    }
    for areas in sizes.areas {
        println!("growth: {areas} areas");
        figures.extend(runtime.block_on(areas_of_which_one_is_active(*areas)));
    }
    figures
}

/// The server in a program of its own, with so many areas.
pub(crate) fn serve(folder: &Path, areas: usize) -> ServerProcess {
    let address = free_address().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("--serve").arg(address.to_string()).arg(folder).arg(areas.to_string());
    ServerProcess::start(&mut command, address, true).unwrap()
}

/// The invitation, through a meter.
fn link_via(server: &ServerProcess, tap: &WireTap) -> String {
    let (_, secret) = server.said.split_once("/i#").unwrap();
    format!("{}/i#{secret}", tap.url())
}

/// A few pins and many edits of them: what a new device must read, what nothing new costs, what one edit costs.
async fn history(changes: usize) -> Vec<Json> {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path(), 1);
    write_history(&mut RawDevice::join(&server.said).await, changes).await;
    drop(server);
    let server = serve(folder.path(), 1);
    let tap = WireTap::start(server.address).await;
    let mut device = Device::blank();
    device.redeem(&link_via(&server, &tap)).await.unwrap();
    let _ = tap.take();
    let before = device.traffic.requests;
    let start = Instant::now();
    Device::expect_settled(&device.sync().await);
    let first = start.elapsed();
    let (sent, received) = tap.take();
    let requests = device.traffic.requests - before;
    let entries = entries_read(&device);
    // What the server writes of those who joined may come a moment later.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    device.sync().await;
    let _ = tap.take();
    let start = Instant::now();
    device.sync().await;
    let again = start.elapsed();
    let (asked, answered) = tap.take();
    let edit = edits(&mut device).await;
    let name = |what: &str| format!("growth: {changes} changes of history: {what}");
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1e3;
    vec![
        figure(&name("first sync, time"), ms(first), "ms", None, &format!("{requests} requests")),
        figure(
            &name("first sync, bytes"),
            as_f64(sent + received) / 1e3,
            "kB",
            None,
            &format!("both ways; {entries} entries came as log, the others in a snapshot"),
        ),
        figure(&name("nothing new, bytes"), as_f64(asked + answered), "bytes", Some(500.0), "with headers, both ways"),
        figure(&name("nothing new, time"), ms(again), "ms", None, ""),
        figure(&name("an edit until it is safe"), edit, "ms", None, &format!("mean of {EDITS}, one after the other")),
        figure(&name("server's memory"), server.peak_memory_mb(), "MB", None, "since it was started again"),
        figure(&name("server's files"), as_f64(bytes_in(folder.path())) / 1e6, "MB", None, ""),
    ]
}

/// How many entries of the log a device was sent; what came in a snapshot is not among them.
fn entries_read(device: &Device) -> usize {
    let answers = device.traffic.answers.iter().filter_map(|answer| from_bytes::<SyncResponse>(answer).ok());
    answers.map(|answer| answer.page.entries.len()).sum()
}

/// Saves and sends edits one by one; milliseconds for each.
async fn edits(device: &mut Device) -> f64 {
    let id = device.ask(GetPins {}).await.unwrap()[0].id;
    let start = Instant::now();
    for number in 0..EDITS {
        device.save_pin(Some(id), |pin| pin.note = format!("Set igen for {number}. gang")).await.unwrap();
        Device::expect_settled(&device.sync().await);
    }
    start.elapsed().as_secs_f64() * 1e3 / f64::from(EDITS)
}

async fn write_history(device: &mut RawDevice, changes: usize) {
    let rows: Vec<RowId> = (0..PINS).map(|_| new_row()).collect();
    // Each edit says which it follows, as a device does: otherwise it would be a conflict.
    let mut last = Vec::new();
    let mut actions = Vec::new();
    for (number, row) in (0..).zip(&rows) {
        let fields = vec![
            (map_pin::category, Value::from("place")),
            (map_pin::title, Value::from(format!("Markering {number}"))),
            (map_pin::position, somewhere(number)),
            (map_pin::note, Value::from("Lygten er slukket")),
        ];
        let action = device.action(Entity::MapPin, *row, Scope::Network, fields);
        last.push(action.counter + 3);
        actions.push(action);
    }
    for number in 4 * PINS..changes {
        let n = number % PINS;
        let action = edit(device, rows[n], number, last[n]);
        last[n] = action.counter;
        actions.push(action);
    }
    ours::push(device, actions).await;
}

fn edit(device: &mut RawDevice, row: RowId, number: usize, after: u64) -> Action {
    let note = vec![(map_pin::note, Value::from(format!("Lygten er slukket, set {number} gange")))];
    let mut edit = change(Entity::MapPin, row, Scope::Network, note);
    edit.fields[0].base = Some(WireChangeId(ChangeId { origin: device.origin, counter: after }));
    device.action_on(vec![edit])
}

/// Everyone listens, one writes: how long until all have it.
async fn listeners(count: usize) -> Vec<Json> {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path(), 1);
    let tap = WireTap::start(server.address).await;
    let link = link_via(&server, &tap);
    let mut writer = Device::joined(&link).await;
    let mut devices = Vec::new();
    for _ in 0..count {
        devices.push(Device::joined(&link).await);
    }
    // Everyone has read that everyone joined before anyone listens.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    for device in &mut devices {
        device.sync().await;
    }
    let mut streams = Vec::new();
    for device in &devices {
        streams.push(device.listen().await);
    }
    let _ = tap.take();
    writer
        .save_pin(None, |pin| {
            "Mørk sti".clone_into(&mut pin.title);
            pin.position = Some((55.638, 12.165));
        })
        .await
        .unwrap();
    let start = Instant::now();
    Device::expect_settled(&writer.sync().await);
    let safe = start.elapsed();
    let everyone = devices.iter_mut().zip(&mut streams).map(|(device, stream)| async move {
        // A line that says it lives may come between.
        while stream.next().await.as_deref() != Some("changed\n") {}
        Device::expect_settled(&device.sync().await);
        assert!(device.pin("Mørk sti").await.is_some());
    });
    futures::future::join_all(everyone).await;
    let all = start.elapsed();
    let (sent, received) = tap.take();
    let name = |what: &str| format!("growth: {count} devices: {what}");
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1e3;
    let devices = as_f64(count as u64);
    vec![
        figure(&name("an edit until it is safe"), ms(safe), "ms", None, ""),
        figure(&name("until everyone has it"), ms(all), "ms", None, "all devices are one program on this machine"),
        figure(&name("bytes for each device"), as_f64(sent + received) / devices, "bytes", None, "both ways"),
        figure(&name("server's memory"), server.peak_memory_mb(), "MB", None, ""),
    ]
}

/// Many areas lie still and one is used.
async fn areas_of_which_one_is_active(count: usize) -> Vec<Json> {
    let folder = tempfile::tempdir().unwrap();
    drop(serve(folder.path(), count));
    let start = Instant::now();
    let server = serve(folder.path(), count);
    let ready = start.elapsed();
    let mut device = Device::joined(&server.said).await;
    device
        .save_pin(None, |pin| {
            "Mørk sti".clone_into(&mut pin.title);
            pin.position = Some((55.638, 12.165));
        })
        .await
        .unwrap();
    let edit = edits(&mut device).await;
    let name = |what: &str| format!("growth: {count} areas, one active: {what}");
    vec![
        figure(&name("start"), ready.as_secs_f64() * 1e3, "ms", None, "until it answers"),
        figure(&name("an edit until it is safe"), edit, "ms", None, &format!("mean of {EDITS}, one after the other")),
        figure(&name("server's memory"), server.peak_memory_mb(), "MB", None, ""),
    ]
}

fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |path: &Path| path.metadata().map_or(0, |about| about.len());
    entries.map(|entry| entry.path()).map(|path| if path.is_dir() { bytes_in(&path) } else { size(&path) }).sum()
}
