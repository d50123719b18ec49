//! The program as people start it: what it prints, what it says when it cannot, and how it stops.

use crate::harness::web_app;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const BOX: &str = "9.50,47.12,9.54,47.16";

pub(crate) fn trygkort(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trygkort")).args(args).current_dir(dir).output().unwrap()
}

/// What a command printed that went well.
#[track_caller]
pub(crate) fn succeeds(dir: &Path, args: &[&str]) -> String {
    let output = trygkort(dir, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The one line a command said that did not go well. Log lines are JSON and not counted.
#[track_caller]
pub(crate) fn fails(dir: &Path, args: &[&str]) -> String {
    let output = trygkort(dir, args);
    assert_eq!(output.status.code(), Some(1), "{args:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = stderr.lines().filter(|line| !line.starts_with('{')).collect();
    let [line] = lines.as_slice() else { panic!("one line was expected: {stderr}") };
    line.strip_prefix("trygkort: ").expect("the program names itself").to_owned()
}

/// `trygkort serve`, started and listening.
pub(crate) struct Serving {
    child: Child,
    pub(crate) lines: Vec<String>,
    pub(crate) url: String,
}

impl Serving {
    pub(crate) fn start(dir: &Path, more: &[&str]) -> Self {
        web_app(&dir.join("web"));
        let args = ["serve", "--data", "data", "--web", "web", "--listen", "127.0.0.1:0"];
        let child = Command::new(env!("CARGO_BIN_EXE_trygkort"))
            .args(args)
            .args(more)
            .current_dir(dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut serving = Self { child, lines: Vec::new(), url: String::new() };
        for line in BufReader::new(serving.child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(url) = line.strip_prefix("listening on ") {
                url.clone_into(&mut serving.url);
                return serving;
            }
            serving.lines.push(line);
        }
        let mut error = String::new();
        serving.child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        panic!("it did not start: {error}");
    }

    /// Sends the signal and returns the log, once the program has ended well.
    pub(crate) fn stop(mut self, signal: &str) -> String {
        let kill = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert!(self.child.wait().unwrap().success(), "{log}");
        log
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Only does something when a test failed half-way.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn areas_due(dir: &Path) -> u32 {
    let control = rusqlite::Connection::open(dir.join("data/control.db")).unwrap();
    control.query_row("SELECT COUNT(*) FROM mirrors WHERE mirrored < changed", [], |row| row.get(0)).unwrap()
}

fn mirrored_invitations(dir: &Path, area: &str) -> u32 {
    let area = rusqlite::Connection::open(dir.join(format!("data/areas/{area}.db"))).unwrap();
    area.query_row("SELECT COUNT(*) FROM row_state WHERE entity = 10", [], |row| row.get(0)).unwrap()
}

#[test]
fn areas_are_made_listed_and_invited_to_beside_the_server() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let serving = Serving::start(dir, &["--public-url", "https://kort.example.dk/"]);
    assert!(serving.lines.is_empty(), "no demo, no links: {:?}", serving.lines);

    let created = succeeds(dir, &["area", "create", "--data", "data", "--name", "Ådalen", "--bbox", BOX]);
    let id = created.split('\t').next().unwrap();
    assert_eq!(succeeds(dir, &["area", "list", "--data", "data"]), format!("{id}\tÅdalen\n"));

    for area in [id, "Ådalen"] {
        let printed = succeeds(dir, &["invite", "--data", "data", "--area", area, "--role", "staff"]);
        let first = printed.lines().next().unwrap();
        assert!(first.starts_with("staff ") && first.contains(" https://kort.example.dk/i#"), "{first}");
        assert!(printed.contains("for one device in Ådalen, within 7 days"), "{printed}");
        assert!(printed.contains('█'), "a code to scan: {printed}");
    }
    let unknown = fails(dir, &["invite", "--data", "data", "--area", "Bakken", "--role", "staff"]);
    assert!(unknown.contains("no such area"), "{unknown}");
    until_mirrored(dir, id, 2);
    serving.stop("-TERM");

    // Without a server, the area's log shows it when there is one again.
    succeeds(dir, &["invite", "--data", "data", "--area", id, "--role", "staff"]);
    assert_eq!((areas_due(dir), mirrored_invitations(dir, id)), (1, 2));
    let serving = Serving::start(dir, &[]);
    until_mirrored(dir, id, 3);
    serving.stop("-TERM");
}

/// Waits until the running server has noticed what was done beside it.
fn until_mirrored(dir: &Path, area: &str, invitations: u32) {
    let start = Instant::now();
    while (areas_due(dir), mirrored_invitations(dir, area)) != (0, invitations) {
        assert!(start.elapsed() < Duration::from_secs(20), "the server does not notice");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_keeps_it_from_starting_is_said_in_one_line() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    web_app(&dir.join("web"));

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = fails(dir, &["serve", "--web", "web", "--listen", &address]);
    assert!(line.contains(&format!("port {} is in use", taken.local_addr().unwrap().port())), "{line}");

    let line = fails(dir, &["serve", "--web", "nowhere", "--listen", "127.0.0.1:0"]);
    assert!(line.contains("no web app in nowhere"), "{line}");
    let line = fails(dir, &["serve", "--data", "deep/data", "--listen", "127.0.0.1:0"]);
    assert!(line.contains("no web app found") && line.contains("deep/dist"), "{line}");

    std::fs::write(dir.join("file"), "x").unwrap();
    let line = fails(dir, &["serve", "--data", "file", "--web", "web", "--listen", "127.0.0.1:0"]);
    assert!(line.contains("file cannot be used"), "{line}");

    let serving = Serving::start(dir, &[]);
    let line = fails(dir, &["serve", "--data", "data", "--web", "web", "--listen", "127.0.0.1:0"]);
    assert!(line.contains("in use by another server"), "{line}");
    serving.stop("-INT");

    std::fs::write(dir.join("data/control.db"), "this is not a database, whatever it is called").unwrap();
    let line = fails(dir, &["serve", "--data", "data", "--web", "web", "--listen", "127.0.0.1:0"]);
    assert!(line.contains("control.db"), "{line}");
}

#[test]
fn commands_say_where_there_is_no_data() {
    let temp = tempfile::tempdir().unwrap();
    for command in [
        &["area", "list", "--data", "none"][..],
        &["invite", "--data", "none", "--area", "a", "--role", "staff"],
        &["backup", "--data", "none", "--to", "b.tar"],
        &["check", "--data", "none"],
        &["audit", "--data", "none"],
        &["area", "export", "--data", "none", "a", "a.tar"],
        &["area", "delete", "--data", "none", "a", "--yes"],
        &["basemap", "add", "--data", "none", "--area", "a", "x.pmtiles"],
    ] {
        let line = fails(temp.path(), command);
        assert!(line.contains("none does not exist"), "{line}");
    }
    assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 0, "nothing was left behind");
}

#[test]
fn sigterm_stops_it_cleanly_and_nothing_is_lost() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let serving = Serving::start(dir, &[]);
    succeeds(dir, &["area", "create", "--data", "data", "--name", "Åsen", "--bbox", BOX]);
    let printed = succeeds(dir, &["invite", "--data", "data", "--area", "Åsen", "--role", "resident"]);
    let secret = printed.lines().next().unwrap().split_once('#').unwrap().1.to_owned();
    let url = serving.url.clone();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let token = runtime.block_on(async {
        let body = format!(r#"{{"secret":"{secret}","member_name":"Hemmelig Person","device_name":"Telefon"}}"#);
        let post = crate::harness::client().post(format!("{url}/api/v1/redeem"));
        let reply = crate::harness::Reply::of(post.header("content-type", "application/json").body(body)).await;
        reply.expect(200)["token"].as_str().unwrap().to_owned()
    });

    let start = Instant::now();
    let log = serving.stop("-TERM");
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    assert!(!dir.join("data/control.db-wal").exists(), "the files were closed");
    for private in [secret.as_str(), token.as_str(), "Hemmelig", "127.0.0.1"] {
        assert!(!log.contains(private), "the log names {private}: {log}");
    }
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let redeem = lines.iter().find(|line| line["route"] == "/api/v1/redeem").expect("the request was logged");
    assert_eq!((&redeem["method"], &redeem["status"]), (&"POST".into(), &200.into()));

    let serving = Serving::start(dir, &[]);
    let url = serving.url.clone();
    let status = runtime.block_on(async {
        let get = crate::harness::client().get(format!("{url}/api/v1/devices")).bearer_auth(&token);
        get.send().await.unwrap().status()
    });
    assert_eq!(status, 200, "the device is still known");
    serving.stop("-TERM");
}

#[test]
fn who_guesses_is_in_the_log_without_address_or_secret() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let serving = Serving::start(dir, &[]);
    let guess = "0123456789ABCDEFGHJKMNPQR";
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        for last in ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B"] {
            let body = format!(r#"{{"secret":"{guess}{last}","member_name":"Hemmelig Person","device_name":"x"}}"#);
            let post = crate::harness::client().post(format!("{}/api/v1/redeem", serving.url));
            post.header("content-type", "application/json").body(body).send().await.unwrap();
        }
    });
    let log = serving.stop("-TERM");
    let slowed = log.lines().filter(|line| line.contains("it was slowed down")).count();
    assert_eq!(slowed, 1, "{log}");
    assert!(log.contains("\"level\":\"WARN\"") && log.contains("invitation_unknown"), "{log}");
    for private in [guess, "127.0.0.1\"", "Hemmelig"] {
        assert!(!log.contains(private), "{private} in {log}");
    }
}

#[test]
fn a_backup_taken_while_serving_can_be_started_from() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let serving = Serving::start(dir, &[]);
    succeeds(dir, &["area", "create", "--data", "data", "--name", "Ådalen", "--bbox", BOX]);
    let areas = succeeds(dir, &["area", "list", "--data", "data"]);
    let said = succeeds(dir, &["backup", "--data", "data", "--to", "backup.tar"]);
    assert!(said.contains("2 files"), "{said}");
    succeeds(dir, &["backup", "--data", "data", "--to", "backup.tar"]);
    serving.stop("-TERM");

    std::fs::create_dir(dir.join("restored")).unwrap();
    let mut archive = tar::Archive::new(std::fs::File::open(dir.join("backup.tar")).unwrap());
    archive.unpack(dir.join("restored")).unwrap();
    let manifest = std::fs::read(dir.join("restored/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["format"], 1);
    for entry in manifest["files"].as_array().unwrap() {
        let bytes = std::fs::read(dir.join("restored").join(entry["path"].as_str().unwrap())).unwrap();
        assert_eq!(entry["bytes"], bytes.len());
        assert_eq!(entry["blake3"].as_str().unwrap(), &*blake3::hash(&bytes).to_hex());
    }
    assert_eq!(succeeds(dir, &["area", "list", "--data", "restored"]), areas);
    assert!(std::fs::read_dir(dir).unwrap().all(|entry| {
        let name = entry.unwrap().file_name();
        ["data", "web", "backup.tar", "restored"].contains(&name.to_str().unwrap())
    }));

    let line = fails(dir, &["backup", "--data", "data", "--to", "nowhere/backup.tar"]);
    assert!(line.contains("nowhere/backup.tar"), "{line}");
}

#[test]
fn a_backup_is_put_back_whole_or_not_at_all() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    succeeds(dir, &["area", "create", "--data", "data", "--name", "Ådalen", "--bbox", BOX]);
    succeeds(dir, &["backup", "--data", "data", "--to", "backup.tar"]);
    let key = std::fs::read(dir.join("data/server.key")).unwrap();
    let whole = std::fs::read(dir.join("backup.tar")).unwrap();
    assert!(!whole.windows(32).any(|window| window == key), "the key is in no backup");
    succeeds(dir, &["area", "create", "--data", "data", "--name", "Åsen", "--bbox", BOX]);
    let after = succeeds(dir, &["area", "list", "--data", "data"]);

    let mut changed = whole.clone();
    let middle = changed.len() / 4;
    changed[middle] ^= 1;
    for (what, bytes) in
        [("half", &whole[..whole.len() / 2]), ("changed", &changed), ("empty", &[]), ("text", b"hello")]
    {
        std::fs::write(dir.join("bad.tar"), bytes).unwrap();
        let line = fails(dir, &["restore", "--data", "data", "--from", "bad.tar"]);
        assert!(line.contains("bad.tar"), "{what}: {line}");
        assert_eq!(succeeds(dir, &["area", "list", "--data", "data"]), after, "{what}");
    }
    let serving = Serving::start(dir, &[]);
    let line = fails(dir, &["restore", "--data", "data", "--from", "backup.tar"]);
    assert!(line.contains("in use"), "{line}");
    serving.stop("-TERM");

    let said = succeeds(dir, &["restore", "--data", "data", "--from", "backup.tar"]);
    assert!(said.contains("1 areas restored") && said.contains("before-restore-"), "{said}");
    let listed = succeeds(dir, &["area", "list", "--data", "data"]);
    assert!(listed.contains("Ådalen") && !listed.contains("Åsen"), "{listed}");
    assert_eq!(std::fs::read(dir.join("data/server.key")).unwrap(), key);
    succeeds(dir, &["check", "--data", "data"]);
    let said = succeeds(dir, &["restore", "--data", "new", "--from", "backup.tar"]);
    assert!(!said.contains("before"), "{said}");
    assert!(succeeds(dir, &["area", "list", "--data", "new"]).contains("Ådalen"));
}

#[test]
fn check_finds_damage_and_names_the_file() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    succeeds(dir, &["area", "create", "--data", "data", "--name", "A", "--bbox", BOX]);
    let said = succeeds(dir, &["check", "--data", "data"]);
    assert!(said.contains("2 files are whole"), "{said}");

    std::fs::write(dir.join("data/areas/stray.db"), "x").unwrap();
    let said = succeeds(dir, &["check", "--data", "data"]);
    assert!(said.contains("note\tareas/stray.db"), "{said}");
    std::fs::remove_file(dir.join("data/areas/stray.db")).unwrap();

    std::fs::write(dir.join("data/basemaps/00.pmtiles"), "x").unwrap();
    let output = trygkort(dir, &["check", "--data", "data"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("damage\tbasemaps/00.pmtiles"));
    std::fs::remove_file(dir.join("data/basemaps/00.pmtiles")).unwrap();

    let area = std::fs::read_dir(dir.join("data/areas")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&area).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0xa5);
    std::fs::write(&area, bytes).unwrap();
    let line = fails(dir, &["check", "--data", "data"]);
    assert!(line.contains(area.file_name().unwrap().to_str().unwrap()), "{line}");

    std::fs::remove_file(&area).unwrap();
    fails(dir, &["check", "--data", "data"]);
}

#[test]
fn the_demo_is_made_once_and_every_start_prints_fresh_links() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let links = |serving: &Serving| -> Vec<(String, String)> {
        let lines = serving.lines.iter().filter_map(|line| line.split_once(" http"));
        lines.map(|(role, rest)| (role.trim().to_owned(), rest.split_once("/i#").unwrap().1.to_owned())).collect()
    };
    let redeem = |serving: &Serving, secret: &str| {
        let body = format!(r#"{{"secret":"{secret}","member_name":"","device_name":""}}"#);
        let url = format!("{}/api/v1/redeem", serving.url);
        let post = crate::harness::client().post(url).header("content-type", "application/json").body(body);
        tokio::runtime::Runtime::new().unwrap().block_on(crate::harness::Reply::of(post))
    };

    let serving = Serving::start(dir, &["--demo"]);
    let first = links(&serving);
    let roles: Vec<&str> = first.iter().map(|(role, _)| role.as_str()).collect();
    assert_eq!(roles, ["coordinator", "staff", "participant", "resident"]);
    assert!(serving.lines.iter().any(|line| line.contains('█')), "codes to scan");
    for (role, secret) in &first {
        let redeemed = redeem(&serving, secret).expect(200);
        assert_eq!((&redeemed["role"], &redeemed["demo"]), (&role.as_str().into(), &true.into()));
        assert_eq!(redeemed["area_name"], "Bøgeparken");
        redeem(&serving, secret).expect(200);
    }
    let log = serving.stop("-TERM");
    assert!(first.iter().all(|(_, secret)| !log.contains(secret.as_str())), "a secret in the log");
    assert!(succeeds(dir, &["check", "--data", "data"]).contains("3 files are whole"));

    let serving = Serving::start(dir, &["--demo"]);
    redeem(&serving, &first[0].1).expect_error(410, "invitation_spent");
    assert_ne!(links(&serving)[0].1, first[0].1);
    redeem(&serving, &links(&serving)[0].1).expect(200);
    assert_eq!(succeeds(dir, &["area", "list", "--data", "data"]).lines().count(), 1);
    serving.stop("-TERM");
}

#[test]
fn a_base_map_is_built_and_given_to_an_area() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let drawing = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/demo-area");
    let said = succeeds(dir, &["basemap", "build", "--geojson", drawing, "--out", "map.pmtiles"]);
    assert!(said.starts_with("map.pmtiles: "), "{said}");
    succeeds(dir, &["area", "create", "--data", "data", "--name", "Ådalen", "--bbox", BOX]);
    succeeds(dir, &["basemap", "add", "--data", "data", "--area", "Ådalen", "map.pmtiles"]);
    assert!(succeeds(dir, &["check", "--data", "data"]).contains("3 files are whole"));

    std::fs::write(dir.join("no.pmtiles"), "no map").unwrap();
    let line = fails(dir, &["basemap", "add", "--data", "data", "--area", "Ådalen", "no.pmtiles"]);
    assert!(line.contains("not a PMTiles file"), "{line}");
    let line = fails(dir, &["basemap", "build", "--osm", "no.pmtiles", "--bbox", BOX, "--out", "out.pmtiles"]);
    assert!(line.contains("no.pmtiles"), "{line}");
    assert!(!dir.join("out.pmtiles").exists());

    for entry in std::fs::read_dir(dir.join("data/basemaps")).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let line = fails(dir, &["check", "--data", "data"]);
    assert!(line.contains("basemaps/"), "{line}");
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let mut serving = Serving::start(dir, &["--demo"]);
    let secret = serving.lines[0].split_once("/i#").unwrap().1.to_owned();
    let body = format!(r#"{{"secret":"{secret}","member_name":"","device_name":""}}"#);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = format!("{}/api/v1/redeem", serving.url);
    let post = crate::harness::client().post(url).header("content-type", "application/json").body(body);
    let token = runtime.block_on(crate::harness::Reply::of(post)).expect(200)["token"].as_str().unwrap().to_owned();
    serving.child.kill().unwrap();
    serving.child.wait().unwrap();

    let serving = Serving::start(dir, &["--demo"]);
    let get = crate::harness::client().get(format!("{}/api/v1/basemap", serving.url)).bearer_auth(&token);
    let reply = runtime.block_on(get.send()).unwrap();
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.headers()["content-type"], "application/vnd.pmtiles");
    let etag = reply.headers()["etag"].clone();
    let again = crate::harness::client().get(format!("{}/api/v1/basemap", serving.url)).bearer_auth(&token);
    let again = runtime.block_on(again.header("if-none-match", etag).send()).unwrap();
    assert_eq!(again.status(), 304);
    assert!(succeeds(dir, &["check", "--data", "data"]).contains("3 files are whole"));
    serving.stop("-TERM");
}

/// A JPEG file as far as its markers tell.
fn a_jpeg() -> Vec<u8> {
    let mut file = b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\xf0\x01\x40\x01\x01\x11\x00".to_vec();
    file.extend(b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x01\xff\xd9");
    file
}

#[test]
fn what_a_device_saved_is_taken_in_or_kept_aside() {
    use trygkort_core::wire::unsent::UnsentFile;
    use trygkort_core::wire::v1::{Action, FieldChange, RowChange, SyncRequest, WireId};
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let made = succeeds(dir, &["area", "create", "--name", "Prøveparken", "--bbox", BOX]);
    let area: trygkort_core::domain::RowId = made.split('\t').next().unwrap().parse().unwrap();
    let fields = vec![FieldChange { field: 2, value: "Prøveparken".into(), base: None }];
    let rows = vec![RowChange { entity: 1, row: WireId(area), scope: 0, move_to: None, fields }];
    let action = Action { counter: 1, hlc: 1, seen: 0, all_or_nothing: None, rows };
    let request = SyncRequest { version: 1, origin: 7, actions: vec![action], ..SyncRequest::default() };
    let mut file =
        UnsentFile { version: 1, area: WireId(area), request: request.into(), photos: Some(vec![a_jpeg().into()]) };
    std::fs::write(dir.join("usendt.trygkort"), trygkort_core::wire::to_bytes(&file)).unwrap();
    let said = succeeds(dir, &["import-unsent", "usendt.trygkort"]);
    assert_eq!(said, "0 taken, 0 refused, 1 kept aside, 1 photo files\n", "nobody signed it");
    let name = blake3::hash(&a_jpeg()).to_hex().to_string();
    let kept = dir.join("data/blobs").join(area.to_string()).join(&name[..2]).join(&name);
    assert_eq!(std::fs::read(kept).unwrap(), a_jpeg());
    succeeds(dir, &["import-unsent", "usendt.trygkort"]);

    file.photos = Some(vec![b"#!/bin/sh".to_vec().into()]);
    std::fs::write(dir.join("script.trygkort"), trygkort_core::wire::to_bytes(&file)).unwrap();
    let said = fails(dir, &["import-unsent", "script.trygkort"]);
    assert!(said.starts_with("a file with something else than photos: not a JPEG file"), "{said}");

    std::fs::write(dir.join("letter.txt"), "Kære kommune").unwrap();
    let said = fails(dir, &["import-unsent", "letter.txt"]);
    assert!(said.starts_with("not a file of unsent changes"), "{said}");
    let said = fails(dir, &["import-unsent", "nowhere"]);
    assert!(said.starts_with("cannot read nowhere"), "{said}");
}
