//! The server is killed, as `kill -9` does, while devices push to it, again and again.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use trygkort_core::domain::Role;
use trygkort_core::ipc::GetPins;
use trygkort_server::{AreaSpec, Config, InvitationSpec, Server};
use trygkort_tests::Device;

const FOLDER: &str = "TRYGKORT_KILL_FOLDER";
const ADDRESS: &str = "TRYGKORT_KILL_ADDRESS";
const KILLS: u64 = 60;
const SIGKILL: i32 = 9;
const DEVICES: usize = 3;

fn config(folder: &Path) -> Config {
    let mut config = Config::new(folder.join("data"));
    config.rates.device_burst = NonZeroU32::new(100_000).unwrap();
    config
}

/// The server that is killed: this program itself, asked for this test alone. Without a folder it is not one.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it serves until it is killed; the test below starts it"]
async fn a_server_that_is_killed() {
    let (Some(folder), Ok(address)) = (std::env::var_os(FOLDER), std::env::var(ADDRESS)) else { return };
    let address: SocketAddr = address.parse().unwrap();
    let server = Server::open(&config(folder.as_ref()), TcpListener::bind(address).unwrap()).unwrap();
    println!("\nserving");
    server.serve(std::future::pending()).await.unwrap();
}

fn start(folder: &Path, address: SocketAddr) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "kill::a_server_that_is_killed"])
        .env(FOLDER, folder)
        .env(ADDRESS, address.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "serving"), "the server starts on what the kill left");
    child
}

/// An area, an invitation to it for all devices, and where the server is going to be.
async fn prepare(folder: &Path) -> (SocketAddr, String) {
    let server = Server::open(&config(folder), TcpListener::bind("127.0.0.1:0").unwrap()).unwrap();
    let bbox = "9.50,47.12,9.54,47.16".parse().unwrap();
    let area = server.create_area(AreaSpec { name: "Prøveparken".to_owned(), bbox }).await.unwrap();
    let uses = u32::try_from(DEVICES).unwrap() + 1;
    let spec = InvitationSpec { uses, ..InvitationSpec::new(Role::Coordinator) };
    (server.local_addr(), server.invite(area, spec).await.unwrap().link)
}

async fn push(device: &mut Device, title: &str) {
    let saved = device.save_pin(None, |pin| {
        pin.title = title.to_owned();
        pin.position = Some((47.13, 9.52));
    });
    saved.await.unwrap();
    device.sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (address, link) = prepare(folder.path()).await;
    let mut child = start(folder.path(), address);
    let mut devices = Vec::new();
    for _ in 0..DEVICES {
        devices.push(Device::joined(&link).await);
    }
    for kill in 0..KILLS {
        // Another moment of what the server does with the push each time.
        let moment = Duration::from_micros(kill * 4_177 % 80_000);
        let killer = std::thread::spawn(move || {
            std::thread::sleep(moment);
            child.kill().unwrap();
            child.wait().unwrap().signal()
        });
        for (number, device) in devices.iter_mut().enumerate() {
            push(device, &format!("{kill} af {number}")).await;
        }
        assert_eq!(killer.join().unwrap(), Some(SIGKILL), "it lived until it was killed");
        child = start(folder.path(), address);
    }
    devices.push(Device::joined(&link).await);
    for _ in 0..2 {
        for device in &mut devices {
            Device::expect_settled(&device.sync().await);
        }
    }
    for device in &mut devices {
        let pins = device.ask(GetPins {}).await.unwrap();
        for title in (0..KILLS).flat_map(|kill| (0..DEVICES).map(move |number| format!("{kill} af {number}"))) {
            assert_eq!(pins.iter().filter(|pin| pin.title == title).count(), 1, "{title}");
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for file in databases(&folder.path().join("data")) {
        let conn = rusqlite::Connection::open(&file).unwrap();
        let found: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(found, "ok", "{}", file.display());
    }
}

fn databases(folder: &Path) -> Vec<PathBuf> {
    let inside = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = inside.flat_map(|path| if path.is_dir() { databases(&path) } else { vec![path] });
    found.filter(|path| path.extension().is_some_and(|extension| extension == "db")).collect()
}
