//! How many pushes the server takes, beside SQLite on the same disk that merely keeps them.
//!
//! Many devices push at once and wait for their answers, round after round. In every round the same goes to two floors,
//! each behind HTTP and in this process: one keeps the same requests, the other writes the rows that the server made of
//! them ([`Floor`]).

use crate::figures::{figure, median};
use crate::growth::serve;
use crate::process::{ServerProcess, free_address};
use crate::raw_sqlite::{self, Floor, RawSqlite};
use crate::same_rows::Tables;
use crate::works::{Sizes, as_f64};
use axum::body::Bytes;
use futures::future::join_all;
use serde_json::Value as Json;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use trygkort_core::domain::PinId;
use trygkort_core::wire::v1::{Entry, SyncRequest, SyncResponse};
use trygkort_core::wire::{from_bytes, to_bytes};
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
    blob: Took,
    rows: Took,
    /// Bytes of what others had just pushed, in all answers together, before they are compressed.
    others: usize,
}

/// How long one floor took.
#[derive(Clone, Copy)]
struct Took {
    behind_http: Duration,
    alone: Duration,
}

async fn pushes(load: Load) -> Vec<Json> {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path(), 1);
    let mut writers = Vec::new();
    for _ in 0..load.devices {
        writers.push(Writer::joined(&server.said, load.edits_each).await);
    }
    let begun = tempfile::tempdir().unwrap();
    let copy = begun.path().join("server.db");
    let mut tables = Tables::open(folder.path(), &copy);
    let blob = Beside::start(Floor::Blob, load.devices, None);
    let rows = Beside::start(Floor::Rows, load.devices, Some(&copy));
    let mut rounds = Vec::new();
    for number in 0..=load.rounds {
        let round = round(&mut writers, number, (&blob, &rows), &mut tables).await;
        // The first opens connections and files.
        if number > 0 {
            rounds.push(round);
        }
    }
    for folder in &rows.folders {
        tables.expect_the_same_in(&folder.path().join(raw_sqlite::FILE));
    }
    told(load, &rounds)
}

async fn round(writers: &mut [Writer], number: usize, (blob, rows): (&Beside, &Beside), tables: &mut Tables) -> Round {
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
    let others = writers.iter().zip(&bodies).map(|(writer, body)| of_others(&writer.device, body)).sum();
    let left = tables.take();
    assert_eq!(left.len(), bodies.len(), "the server took a push of each");
    Round { ours, blob: blob.round(bodies).await, rows: rows.round(left).await, others }
}

/// Bytes of others' entries in the answer to a push.
fn of_others(device: &Device, push: &[u8]) -> usize {
    let origin = from_bytes::<SyncRequest>(push).unwrap().origin;
    let answer = SyncResponse::read(device.traffic.answers.last().unwrap()).unwrap();
    let theirs: Vec<Entry> = answer.page.entries.into_iter().filter(|entry| entry.origin != origin).collect();
    to_bytes(&theirs).len()
}

fn told(Load { devices, edits_each, rounds: _ }: Load, rounds: &[Round]) -> Vec<Json> {
    let middle = |of: &dyn Fn(&Round) -> Duration| median(rounds, |round| of(round).as_secs_f64() * 1e3);
    let name = |what: &str| format!("pushes: {devices} × {edits_each} edits at once: {what}");
    let runs = format!("median of {} rounds, until all are answered", rounds.len());
    let ours = middle(&|round| round.ours);
    let others = median(rounds, |round| as_f64(round.others as u64)) / 1e3;
    let of_others =
        format!("median of {} rounds, all answers together, before compression; the floors send none", rounds.len());
    let mut lines = vec![
        figure(&name("time"), ours, "ms", None, &runs),
        figure(&name("others' edits in the answers"), others, "kB", None, &of_others),
    ];
    for floor in Floor::ALL {
        let took = |round: &Round| match floor {
            Floor::Blob => round.blob,
            Floor::Rows => round.rows,
        };
        let places = [
            ("in this process", "no request and no answer", middle(&|round| took(round).alone)),
            (
                "behind HTTP",
                "each is a request that is answered with an empty 204",
                middle(&|round| took(round).behind_http),
            ),
        ];
        for (place, goes, than) in places {
            let (does, note) = (floor.does(), format!("{}; {goes}", floor.note()));
            let ratio = format!("{ours:.2} ÷ {than:.2}; {note}");
            let (its, share) =
                (format!("raw SQLite {place}, {does}: time"), format!("time ÷ raw SQLite's {place}, {does}"));
            lines.push(figure(&name(&its), than, "ms", None, &format!("{runs}; {note}")));
            lines.push(figure(&name(&share), ours / than, "×", Some(GOAL), &ratio));
        }
    }
    lines
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

/// A floor in this process, and the same one behind HTTP in a program of its own with clients that have a connection
/// each, as devices do.
struct Beside {
    alone: RawSqlite,
    server: ServerProcess,
    clients: Vec<reqwest::Client>,
    folders: [TempDir; 2],
}

impl Beside {
    /// Both begin with a copy of `file`, if there is one.
    fn start(floor: Floor, clients: usize, file: Option<&Path>) -> Self {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        if let Some(file) = file {
            for folder in &folders {
                std::fs::copy(file, folder.path().join(raw_sqlite::FILE)).unwrap();
            }
        }
        let alone = RawSqlite::open(floor, folders[0].path());
        let server = serve_raw(floor, folders[1].path());
        Self { alone, server, clients: (0..clients).map(|_| http_client()).collect(), folders }
    }

    async fn round(&self, bodies: Vec<Bytes>) -> Took {
        let start = Instant::now();
        join_all(self.clients.iter().zip(&bodies).map(|(client, body)| self.push(client, body.clone()))).await;
        let behind_http = start.elapsed();

        let start = Instant::now();
        join_all(bodies.into_iter().map(|body| self.alone.push(body))).await;
        Took { behind_http, alone: start.elapsed() }
    }

    async fn push(&self, client: &reqwest::Client, body: Bytes) {
        let sent = client.post(format!("http://{}/", self.server.address)).body(body).send().await.unwrap();
        assert_eq!(sent.status(), 204);
    }
}

fn serve_raw(floor: Floor, folder: &Path) -> ServerProcess {
    let address = free_address().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("--serve-raw").arg(floor.name()).arg(address.to_string()).arg(folder);
    ServerProcess::start(&mut command, address, false).unwrap()
}
