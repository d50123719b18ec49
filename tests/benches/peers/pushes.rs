//! How many pushes the server takes, beside SQLite that merely keeps the same bytes on the same disk.
//!
//! Many devices push at once and wait for their answers, round after round. In every round the same requests go to the
//! server, to [`RawSqlite`] behind HTTP, and to [`RawSqlite`] in this process.

use crate::figures::{figure, median};
use crate::growth::serve;
use crate::process::{ServerProcess, free_address};
use crate::raw_sqlite::RawSqlite;
use crate::works::Sizes;
use axum::body::Bytes;
use futures::future::join_all;
use serde_json::Value as Json;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use trygkort_core::domain::PinId;
use trygkort_tests::{Device, http_client};

/// The design's goal is at least half the rate of raw SQLite (design §6): at most twice the time.
const GOAL: f64 = 2.0;

/// So many devices push so many edits each, so often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) devices: usize,
    pub(crate) edits_each: usize,
    pub(crate) rounds: usize,
}

pub(crate) fn measure(runtime: &Runtime, sizes: &Sizes) -> Vec<Json> {
    let mut figures = Vec::new();
    for load in sizes.pushes {
        println!("pushes: {} devices with {} edits each", load.devices, load.edits_each);
        figures.extend(runtime.block_on(pushes(*load)));
    }
    figures
}

/// How long one round took each.
struct Round {
    ours: Duration,
    raw_behind_http: Duration,
    raw: Duration,
}

async fn pushes(load: Load) -> Vec<Json> {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path(), 1);
    let mut writers = Vec::new();
    for _ in 0..load.devices {
        writers.push(Writer::joined(&server.said, load.edits_each).await);
    }
    let raw_folder = tempfile::tempdir().unwrap();
    let raw = RawSqlite::open(raw_folder.path());
    let http = RawBehindHttp::start(load.devices);
    let mut rounds = Vec::new();
    for number in 0..=load.rounds {
        let round = round(&mut writers, number, &http, &raw).await;
        // The first opens connections and files.
        if number > 0 {
            rounds.push(round);
        }
    }
    told(load, &rounds)
}

async fn round(writers: &mut [Writer], number: usize, http: &RawBehindHttp, raw: &RawSqlite) -> Round {
    let mut pushes = Vec::new();
    for writer in &mut *writers {
        // What the others wrote in the last round is read, so that this round brings only this round's.
        Device::expect_settled(&writer.device.sync().await);
        writer.edit(number).await;
        pushes.push(writer.device.prepare_push());
    }
    let bodies: Vec<Bytes> = pushes.iter().map(|push| Bytes::copy_from_slice(push.body())).collect();

    let start = Instant::now();
    let sent = writers.iter_mut().zip(pushes).map(|(writer, push)| writer.device.send(push));
    let answers = join_all(sent).await;
    let ours = start.elapsed();
    for (writer, answer) in writers.iter_mut().zip(answers) {
        writer.device.take(answer);
    }

    let start = Instant::now();
    join_all(http.clients.iter().zip(&bodies).map(|(client, body)| http.push(client, body.clone()))).await;
    let raw_behind_http = start.elapsed();

    let start = Instant::now();
    join_all(bodies.into_iter().map(|body| raw.push(body))).await;
    Round { ours, raw_behind_http, raw: start.elapsed() }
}

fn told(Load { devices, edits_each, rounds: _ }: Load, rounds: &[Round]) -> Vec<Json> {
    let middle = |of: fn(&Round) -> Duration| median(rounds, |round| of(round).as_secs_f64() * 1e3);
    let (ours, http, raw) =
        (middle(|round| round.ours), middle(|round| round.raw_behind_http), middle(|round| round.raw));
    let name = |what: &str| format!("pushes: {devices} × {edits_each} edits at once: {what}");
    let runs = format!("median of {} rounds, until all are answered", rounds.len());
    let ratio = |than: f64| format!("{ours:.2} ÷ {than:.2}");
    vec![
        figure(&name("time"), ours, "ms", None, &runs),
        figure(&name("raw SQLite behind HTTP, time"), http, "ms", None, &runs),
        figure(&name("raw SQLite, time"), raw, "ms", None, &runs),
        figure(&name("time ÷ raw SQLite behind HTTP's"), ours / http, "×", Some(GOAL), &ratio(http)),
        figure(&name("time ÷ raw SQLite's"), ours / raw, "×", Some(GOAL), &ratio(raw)),
    ]
}

/// A device with pins of its own, which it edits again and again.
struct Writer {
    device: Device,
    pins: Vec<PinId>,
}

impl Writer {
    async fn joined(link: &str, pins: usize) -> Self {
        let mut device = Device::joined(link).await;
        let mut ids = Vec::new();
        for number in 0..pins {
            let saved = device.save_pin(None, |pin| {
                pin.title = format!("Mørk sti {number}");
                pin.position = Some((55.638, 12.165));
            });
            saved.await.unwrap();
            let pin = device.pin(&format!("Mørk sti {number}")).await.unwrap();
            ids.push(pin.id);
        }
        Device::expect_settled(&device.sync().await);
        Self { device, pins: ids }
    }

    async fn edit(&mut self, number: usize) {
        for pin in &self.pins {
            let edit = |pin: &mut trygkort_core::ipc::PinForm| pin.note = format!("Set igen for {number}. gang");
            self.device.save_pin(Some(*pin), edit).await.unwrap();
        }
    }
}

/// [`RawSqlite`] in a program of its own, and clients that have a connection each as devices do.
struct RawBehindHttp {
    server: ServerProcess,
    clients: Vec<reqwest::Client>,
    _folder: tempfile::TempDir,
}

impl RawBehindHttp {
    fn start(clients: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = serve_raw(folder.path());
        Self { server, clients: (0..clients).map(|_| http_client()).collect(), _folder: folder }
    }

    async fn push(&self, client: &reqwest::Client, body: Bytes) {
        let sent = client.post(format!("http://{}/", self.server.address)).body(body).send().await.unwrap();
        assert_eq!(sent.status(), 204);
    }
}

fn serve_raw(folder: &Path) -> ServerProcess {
    let address = free_address().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("--serve-raw").arg(address.to_string()).arg(folder);
    ServerProcess::start(&mut command, address, false).unwrap()
}
