//! What everyone is given to do.

use crate::process::{ClientProcess, Outcome, ServerProcess};
use crate::pushes::Load;
use crate::systems::{Peers, System};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use trygkort_tests::{Shape, WireTap};
use uuid::Uuid;

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Work A and D: a new device reads so many pins.
    pub(crate) pins: usize,
    /// Work B: so many clients with so many edits each.
    pub(crate) clients: usize,
    pub(crate) edits_each: usize,
    /// Work C: nothing new after so many.
    pub(crate) history: usize,
    /// How often each is measured.
    pub(crate) runs: usize,
    /// Growth: changes of history, devices, areas.
    pub(crate) histories: &'static [usize],
    pub(crate) devices: &'static [usize],
    pub(crate) areas: &'static [usize],
    /// Pushes beside raw SQLite.
    pub(crate) pushes: &'static [Load],
}

impl Sizes {
    /// What is kept.
    pub(crate) const WHOLE: Self = Self {
        pins: 10_000,
        clients: 50,
        edits_each: 20,
        history: 1_000,
        runs: 5,
        histories: &[1_000, 10_000, 100_000, 1_000_000],
        devices: &[10, 100, 500],
        areas: &[1, 100, 2_000],
        pushes: &[
            Load { devices: 1, edits_each: 1, rounds: 100 },
            Load { devices: 50, edits_each: 1, rounds: 20 },
            Load { devices: 50, edits_each: 20, rounds: 10 },
            Load { devices: 500, edits_each: 1, rounds: 9 },
        ],
    };
    /// For trying whether everything runs.
    pub(crate) const QUICK: Self = Self {
        pins: 300,
        clients: 4,
        edits_each: 5,
        history: 100,
        runs: 1,
        histories: &[1_000, 5_000],
        devices: &[3, 10],
        areas: &[1, 20],
        pushes: &[Load { devices: 5, edits_each: 2, rounds: 3 }],
    };
}

/// Work D's wire.
const SLOW: Shape = Shape { bytes_per_second: 125_000, round_trip: Duration::from_millis(300) };

/// One run of one work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) ms: f64,
    pub(crate) bytes: f64,
    /// Of these, to the server.
    pub(crate) sent: f64,
    /// Where a protocol has no requests, messages both ways.
    pub(crate) requests: f64,
    pub(crate) client_mb: f64,
    pub(crate) server_mb: f64,
}

/// What became of each work; `None`: it has no part in it.
pub(crate) struct Measured {
    pub(crate) first: Outcome<Vec<Sample>>,
    pub(crate) slow: Option<Outcome<Vec<Sample>>>,
    pub(crate) nothing_new: Option<Outcome<Vec<Sample>>>,
    /// Pushing, and until everyone has everything.
    pub(crate) edits: Option<Outcome<Vec<(Sample, Sample)>>>,
}

/// The means to measure.
pub(crate) struct Works<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) peers: &'a Peers,
    pub(crate) sizes: Sizes,
}

impl Works<'_> {
    pub(crate) fn measure(&self, system: System) -> Measured {
        let say = |work: &str| println!("{}: {work}", system.name());
        // Works A to C alone are a quarter of an hour instead of three: the slow wire keeps PouchDB waiting.
        let without_slow = std::env::var_os("TRYGKORT_BENCH_NO_SLOW_WIRE").is_some();
        say("first sync (A)");
        let first = self.first(system, None);
        let slow = (system.is_networked() && !without_slow).then(|| {
            say("first sync over a slow wire (D)");
            self.first(system, Some(SLOW))
        });
        let (mut nothing_new, mut edits) = (None, None);
        if system.edits() {
            say("nothing new (C)");
            nothing_new = Some(self.nothing_new(system));
            say("offline edits (B)");
            edits = Some((0..self.sizes.runs).map(|_| self.edits(system)).collect());
        }
        Measured { first, slow, nothing_new, edits }
    }

    /// Works A and D.
    fn first(&self, system: System, shape: Option<Shape>) -> Outcome<Vec<Sample>> {
        let pins = pins(self.sizes.pins);
        let place = Place::new()?;
        let mut samples = Vec::new();
        let key = if system.is_networked() { self.seed(system, &place, &pins)? } else { Value::Null };
        for _ in 0..self.sizes.runs {
            // A server that has only served, and a client that has only read: neither remembers the writing.
            let mut stage = self.stage(system, &place, shape, &key)?;
            if !system.is_networked() {
                stage.ask(json!({ "do": "seed", "pins": pins }))?;
            }
            stage.ask(json!({ "do": "meet" }))?;
            samples.push(stage.measure(json!({ "do": "first", "count": pins.len() }))?);
        }
        Ok(samples)
    }

    /// Work C.
    fn nothing_new(&self, system: System) -> Outcome<Vec<Sample>> {
        let pins = pins(self.sizes.history);
        let place = Place::new()?;
        let key = if system.is_networked() { self.seed(system, &place, &pins)? } else { Value::Null };
        let mut stage = self.stage(system, &place, None, &key)?;
        if !system.is_networked() {
            stage.ask(json!({ "do": "seed", "pins": pins }))?;
        }
        stage.ask(json!({ "do": "join", "clients": 1, "pins": pins.len() }))?;
        // The first after joining may still have something to tell.
        stage.ask(json!({ "do": "again", "pins": pins.len() }))?;
        (0..self.sizes.runs).map(|_| stage.measure(json!({ "do": "again", "pins": pins.len() }))).collect()
    }

    /// Work B.
    fn edits(&self, system: System) -> Outcome<(Sample, Sample)> {
        let Sizes { clients, edits_each, .. } = self.sizes;
        let edits = clients * edits_each;
        let pins = pins(edits);
        let notes = notes(edits);
        let place = Place::new()?;
        let key = if system.is_networked() { self.seed(system, &place, &pins)? } else { Value::Null };
        let mut stage = self.stage(system, &place, None, &key)?;
        if !system.is_networked() {
            stage.ask(json!({ "do": "seed", "pins": pins }))?;
        }
        stage.ask(json!({ "do": "join", "clients": clients, "pins": edits }))?;
        stage.ask(json!({ "do": "edit", "each": edits_each, "notes": notes, "pins": edits }))?;
        let push = stage.measure(json!({ "do": "push", "notes": notes, "pins": edits }))?;
        let pull = stage.measure(json!({ "do": "pull", "notes": notes }))?;
        let all = Sample {
            ms: push.ms + pull.ms,
            bytes: push.bytes + pull.bytes,
            sent: push.sent + pull.sent,
            requests: push.requests + pull.requests,
            ..pull
        };
        Ok((push, all))
    }

    /// Writes the pins to a server of its own; returns what a client must know to find them.
    fn seed(&self, system: System, place: &Place, pins: &[Value]) -> Outcome<Value> {
        let mut server = system.serve(self.peers, &place.server)?;
        let mut client = system.client(self.peers, server.address, &place.client()?)?;
        let key = Value::from(server.said.clone());
        let answer = client.ask(Some(&mut server), &json!({ "do": "seed", "pins": pins, "key": key }))?;
        Ok(answer["key"].clone())
    }

    fn stage(&self, system: System, place: &Place, shape: Option<Shape>, key: &Value) -> Outcome<Stage> {
        let folder = place.client()?;
        if !system.is_networked() {
            let nowhere = crate::process::free_address()?;
            let client = system.client(self.peers, nowhere, &folder)?;
            return Ok(Stage { server: None, client, tap: None, key: Value::Null });
        }
        let server = system.serve(self.peers, &place.server)?;
        let tap = self.runtime.block_on(async {
            match shape {
                Some(shape) => WireTap::shaped(server.address, shape).await,
                None => WireTap::start(server.address).await,
            }
        });
        let address = tap.url().trim_start_matches("http://").parse().expect("an address");
        let client = system.client(self.peers, address, &folder)?;
        let key = if key.is_null() { Value::from(server.said.clone()) } else { key.clone() };
        Ok(Stage { server: Some(server), client, tap: Some(tap), key })
    }
}

/// A server and a client with a wire between them. The client ends first.
struct Stage {
    client: ClientProcess,
    server: Option<ServerProcess>,
    tap: Option<WireTap>,
    key: Value,
}

impl Stage {
    fn ask(&mut self, mut command: Value) -> Outcome<Value> {
        command["key"] = self.key.clone();
        self.client.ask(self.server.as_mut(), &command)
    }

    fn measure(&mut self, command: Value) -> Outcome<Sample> {
        if let Some(tap) = &self.tap {
            let _ = tap.take();
        }
        let answer = self.ask(command)?;
        let number = |key: &str| answer[key].as_f64();
        let (bytes, sent) = match &self.tap {
            Some(tap) => {
                // What is still on its way when the client has all it wants belongs to it as well.
                std::thread::sleep(Duration::from_millis(50));
                let (sent, received) = tap.take();
                (as_f64(sent + received), as_f64(sent))
            }
            None => (number("bytes").unwrap_or(f64::NAN), f64::NAN),
        };
        Ok(Sample {
            ms: number("ms").ok_or("no time was told")?,
            bytes,
            sent,
            requests: number("requests").unwrap_or(0.0),
            client_mb: self.client.peak_memory_mb(),
            server_mb: self.server.as_ref().map_or(0.0, ServerProcess::peak_memory_mb),
        })
    }
}

/// Folders of one work, gone with it.
struct Place {
    root: TempDir,
    server: PathBuf,
}

impl Place {
    fn new() -> Outcome<Self> {
        let root = tempfile::tempdir().map_err(|error| error.to_string())?;
        let server = make(&root.path().join("server"))?;
        Ok(Self { root, server })
    }

    /// A folder for a client, another one each time.
    fn client(&self) -> Outcome<PathBuf> {
        make(&self.root.path().join(format!("client-{}", Uuid::now_v7())))
    }
}

fn make(folder: &Path) -> Outcome<PathBuf> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    Ok(folder.to_owned())
}

#[expect(clippy::cast_precision_loss, reason = "byte counts are far below 2^52")]
pub(crate) fn as_f64(bytes: u64) -> f64 {
    bytes as f64
}

/// Pins with a title, a note and a place of their own; the same in every run, ids ascending.
pub(crate) fn pins(count: usize) -> Vec<Value> {
    (0..count).map(pin).collect()
}

fn pin(number: usize) -> Value {
    const WORDS: [&str; 16] = [
        "mørkt", "stien", "lygten", "bænken", "efter", "skolen", "mange", "trappen", "mangler", "blinker", "torvet",
        "børn", "ældre", "aften", "hæk", "fredag",
    ];
    let step = |steps: usize| f64::from(u32::try_from(steps).expect("few")) * 1e-5;
    json!({
        "id": id(number),
        "category": if number.is_multiple_of(3) { "location" } else { "place" },
        "title": format!("Markering {number}"),
        "note": words::<8>(&WORDS, number),
        "lat": 55.6 + step(number % 100),
        "lon": 12.1 + step(number / 100),
    })
}

/// What becomes of the pins in work B: a note for each, about 30 bytes, no two alike and none like a first one.
fn notes(count: usize) -> Vec<Value> {
    const WORDS: [&str; 64] = [
        "lyset", "er", "ude", "igen", "hul", "i", "asfalt", "ved", "porten", "nr", "glas", "på", "plads", "sne", "is",
        "glat", "kant", "løs", "flise", "våd", "kælder", "dør", "lås", "brudt", "cykel", "knust", "rude", "mod",
        "nord", "syd", "øst", "vest", "hegn", "væltet", "gren", "ned", "vand", "kloak", "fyldt", "skrald", "ikke",
        "hentet", "støj", "nat", "bil", "kører", "stærkt", "skilt", "mangler", "maling", "væg", "ring", "til", "vagt",
        "set", "mandag", "tirsdag", "onsdag", "torsdag", "lørdag", "søndag", "morgen", "ny", "pære",
    ];
    // The number, which no first note has, is what makes each another one.
    let note = |number| json!({ "id": id(number), "note": format!("{} {number}", words::<5>(&WORDS, number)) });
    (0..count).map(note).collect()
}

/// So many words that look like chance; the same for a number in every run.
fn words<const COUNT: usize>(of: &[&str], number: usize) -> String {
    let mut state = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let chosen = [(); COUNT].map(|()| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // The high bits: the low ones of such numbers repeat soon.
        of[usize::try_from(((state >> 32) * of.len() as u64) >> 32).expect("fewer than there are words")]
    });
    chosen.join(" ")
}

/// A version 7 UUID like those that devices make: a time, and bits that look like chance.
fn id(number: usize) -> String {
    let mixed = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut random = [0; 10];
    random[2..].copy_from_slice(&mixed.to_be_bytes());
    let ms = 1_795_000_000_000 + number as u64 * 1_000;
    uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid().to_string()
}
