//! Trygkort as one of those compared: the real server, and the whole application as its client, in programs that obey
//! as the peers' do.

use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::io::{BufRead, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::time::Instant;
use trygkort_core::domain::schema::map_pin;
use trygkort_core::domain::{Entity, PinId, Position, Role, RowId, Scope, Value};
use trygkort_core::ipc::{GetPins, GetSyncStatus};
use trygkort_core::wire::to_bytes;
use trygkort_core::wire::v1::{Action, Cursor, Outcome};
use trygkort_server::{AreaSpec, Config, InvitationSpec, Server};
use trygkort_tests::Device;
use trygkort_tests::raw::RawDevice;

/// Well below the server's limit of 1 MiB.
const REQUEST_BYTES: usize = 900_000;

/// Serves a folder until the standard input closes; prints an invitation for many coordinators to the first area.
/// Makes as many areas as are wanted.
pub(crate) async fn serve(address: SocketAddr, folder: &str, areas: usize) {
    let mut config = Config::new(folder);
    config.rates.device_burst = NonZeroU32::new(100_000).unwrap();
    let server = Server::open(&config, TcpListener::bind(address).unwrap()).unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(server.clone().serve(async { drop(stopped.await) }));
    // Which area is the first is noted beside the data, so that a server that was stopped serves the same one.
    let note = std::path::Path::new(folder).join("bench-area");
    let area = match std::fs::read_to_string(&note) {
        Ok(id) => serde_json::from_str(&id).unwrap(),
        Err(_) => {
            let mut first = None;
            for number in 0..areas {
                let bbox = "9.50,47.12,9.54,47.16".parse().unwrap();
                let area = server.create_area(AreaSpec { name: format!("Område {number}"), bbox }).await.unwrap();
                first.get_or_insert(area);
            }
            std::fs::write(&note, serde_json::to_string(&first.unwrap()).unwrap()).unwrap();
            first.unwrap()
        }
    };
    let spec = InvitationSpec { uses: 2_000, ..InvitationSpec::new(Role::Coordinator) };
    let link = server.invite(area, spec).await.unwrap().link;
    drop(server);
    let mut out = std::io::stdout();
    writeln!(out, "{link}").unwrap();
    out.flush().unwrap();
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

/// Does what the standard input says, with devices that reach the server at `address`.
pub(crate) async fn obey(address: &str) {
    let mut client = Client { address: address.to_owned(), devices: Vec::new() };
    for line in std::io::stdin().lock().lines() {
        let command: Json = serde_json::from_str(&line.unwrap()).unwrap();
        println!("{}", client.carry_out(&command).await);
    }
}

struct Client {
    address: String,
    devices: Vec<Device>,
}

impl Client {
    async fn carry_out(&mut self, command: &Json) -> Json {
        let number = |key: &str| usize::try_from(command[key].as_u64().unwrap()).unwrap();
        match command["do"].as_str().unwrap() {
            "seed" => {
                push_pins(&mut RawDevice::join(&self.link(command)).await, command["pins"].as_array().unwrap()).await;
                json!({})
            }
            "meet" => {
                let mut device = Device::blank();
                device.redeem(&self.link(command)).await.unwrap();
                // The others connect inside the timing as well.
                device.hang_up();
                self.devices.push(device);
                json!({})
            }
            "join" => {
                for _ in 0..number("clients") {
                    self.devices.push(Device::joined(&self.link(command)).await);
                }
                // Each has read that the others joined.
                for device in &mut self.devices {
                    Device::expect_settled(&device.sync().await);
                }
                json!({})
            }
            "first" => {
                let answer = self.sync_first().await;
                assert_eq!(self.devices[0].ask(GetPins {}).await.unwrap().len(), number("count"));
                answer
            }
            "again" => self.sync_first().await,
            "edit" => self.edit(number("each"), &notes(command)).await,
            "push" => self.push().await,
            "pull" => self.pull(&notes(command)).await,
            other => json!({ "error": format!("there is no {other}") }),
        }
    }

    /// The invitation, through whatever wire there is.
    fn link(&self, command: &Json) -> String {
        let (_, secret) = command["key"].as_str().unwrap().split_once("/i#").unwrap();
        format!("http://{}/i#{secret}", self.address)
    }

    async fn sync_first(&mut self) -> Json {
        let device = &mut self.devices[0];
        let before = device.traffic.requests;
        let start = Instant::now();
        let status = device.sync().await;
        let took = start.elapsed();
        Device::expect_settled(&status);
        json!({ "ms": took.as_secs_f64() * 1e3, "requests": device.traffic.requests - before })
    }

    async fn edit(&mut self, each: usize, notes: &[(PinId, String)]) -> Json {
        for (device, share) in self.devices.iter_mut().zip(notes.chunks(each)) {
            for (id, note) in share {
                device.save_pin(Some(*id), |pin| note.clone_into(&mut pin.note)).await.unwrap();
            }
        }
        json!({})
    }

    async fn push(&mut self) -> Json {
        let before = self.requests();
        let start = Instant::now();
        let pushes = self.devices.iter_mut().map(async |device| {
            let answer = device.push().await;
            device.take(answer);
        });
        futures::future::join_all(pushes).await;
        let took = start.elapsed();
        for device in &mut self.devices {
            assert_eq!(device.ask(GetSyncStatus {}).await.unwrap().pending, 0, "every edit is acknowledged");
        }
        json!({ "ms": took.as_secs_f64() * 1e3, "requests": self.requests() - before })
    }

    async fn pull(&mut self, notes: &[(PinId, String)]) -> Json {
        let before = self.requests();
        let start = Instant::now();
        for device in &mut self.devices {
            Device::expect_settled(&device.sync().await);
        }
        let took = start.elapsed();
        for device in &mut self.devices {
            let pins = device.ask(GetPins {}).await.unwrap();
            let held: HashMap<_, _> = pins.into_iter().map(|pin| (pin.id, pin.note)).collect();
            assert!(notes.iter().all(|(id, note)| held.get(id) == Some(note)), "everyone has everything");
        }
        json!({ "ms": took.as_secs_f64() * 1e3, "requests": self.requests() - before })
    }

    fn requests(&self) -> u32 {
        self.devices.iter().map(|device| device.traffic.requests).sum()
    }
}

/// Which note is meant for which pin.
fn notes(command: &Json) -> Vec<(PinId, String)> {
    let notes = command["notes"].as_array().unwrap().iter();
    let meant =
        |note: &Json| (serde_json::from_value(note["id"].clone()).unwrap(), note["note"].as_str().unwrap().to_owned());
    notes.map(meant).collect()
}

/// Pins as a device pushes them: one action for each.
async fn push_pins(device: &mut RawDevice, pins: &[Json]) {
    let mut actions = Vec::new();
    for pin in pins {
        let text = |key: &str| Value::from(pin[key].as_str().unwrap());
        let place = Position::from_degrees(pin["lat"].as_f64().unwrap(), pin["lon"].as_f64().unwrap()).unwrap();
        let fields = vec![
            (map_pin::category, text("category")),
            (map_pin::title, text("title")),
            (map_pin::note, text("note")),
            (map_pin::position, Value::Position(place)),
        ];
        let row: RowId = serde_json::from_value(pin["id"].clone()).unwrap();
        actions.push(device.action(Entity::MapPin, row, Scope::Network, fields));
    }
    push(device, actions).await;
}

/// Pushes in requests below the limit. Nothing may be refused.
pub(crate) async fn push(device: &RawDevice, actions: Vec<Action>) {
    let mut cursor = Cursor::default();
    let (mut batch, mut bytes) = (Vec::new(), 0);
    let mut actions = actions.into_iter().peekable();
    while let Some(action) = actions.next() {
        bytes += to_bytes(&action).len();
        batch.push(action);
        if bytes > REQUEST_BYTES || actions.peek().is_none() {
            let answer = device.exchange(cursor, std::mem::take(&mut batch)).await;
            assert!(answer.verdicts.iter().all(|verdict| verdict.outcome == Outcome::Applied));
            // What was just written is not asked for.
            let last = answer.verdicts.iter().filter_map(|verdict| verdict.position).max().unwrap_or(0);
            cursor = Cursor { position: last, ..Default::default() };
            bytes = 0;
        }
    }
}
