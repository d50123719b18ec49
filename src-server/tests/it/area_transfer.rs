//! An area as a whole: exported, deleted, imported, renamed, beside a running server and with the real program.

use crate::command_line::{fails, succeeds};
use crate::harness::{TestDevice, TestServer};
use crate::sync::{action, pin, read_all, sync, titles};
use reqwest::Method;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::time::timeout;
use trygkort_core::domain::schema::area;
use trygkort_core::domain::{Entity, Role, Scope};
use trygkort_core::wire::v1::{Cursor, WireId};

const BOX: &str = "9.50,47.12,9.54,47.16";

/// The files of a tar by name.
fn unpacked(tar: &Path) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(std::fs::File::open(tar).unwrap());
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (name, bytes)
    });
    entries.collect()
}

fn packed(files: &[(String, Vec<u8>)], to: &Path) {
    let mut tar = tar::Builder::new(std::fs::File::create(to).unwrap());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    tar.finish().unwrap();
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// What lies in the folder, files of SQLite that come and go left out.
fn files_in(dir: &Path) -> BTreeSet<String> {
    let names = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm")).collect()
}

/// A server with a base map, a pin and three people.
async fn furnished(server: &TestServer) -> (TestDevice<'_>, TestDevice<'_>) {
    let desk = server.join(Role::Coordinator).await;
    let janitor = server.join(Role::Staff).await;
    sync(&janitor, Cursor::default(), vec![pin(1, "Mørk sti ved vaskeriet")]).await;
    let drawing = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/demo-area");
    let dir = server.data_dir();
    succeeds(&dir, &["basemap", "build", "--geojson", drawing, "--out", "../map.pmtiles"]);
    succeeds(&dir, &["basemap", "add", "--data", ".", "--area", "Prøveparken", "../map.pmtiles"]);
    (desk, janitor)
}

#[tokio::test]
async fn an_area_goes_out_is_deleted_and_comes_back_whole() {
    let server = TestServer::start().await;
    let (desk, janitor) = furnished(&server).await;
    let (dir, id) = (server.data_dir(), server.area.to_string());
    succeeds(&dir, &["backup", "--data", ".", "--to", "../all.tar"]);
    let said = succeeds(&dir, &["area", "export", "--data", ".", "Prøveparken", "../area.tar"]);
    assert!(said.contains("Prøveparken, 4 files"), "{said}");
    check_export(&dir.join("../area.tar"), &id, &janitor);

    // Deleted beside the server that has its file open, and a device that listens.
    let mut stream = janitor.request(Method::GET, "/api/v1/poke").send().await.unwrap();
    let said = succeeds(&dir, &["area", "delete", "--data", ".", &id, "--yes"]);
    assert!(said.contains("Prøveparken is deleted") && said.contains("all.tar") && said.contains("30 days"), "{said}");
    for path in ["/api/v1/devices", "/api/v1/poke"] {
        janitor.get(path).await.expect_error(401, "area_deleted");
    }
    let ended = async { while stream.chunk().await.unwrap().is_some() {} };
    timeout(Duration::from_secs(20), ended).await.expect("the stream ends");
    assert_eq!((files_in(&dir.join("areas")), files_in(&dir.join("basemaps"))), Default::default());
    assert_eq!(succeeds(&dir, &["area", "list", "--data", "."]), "");
    succeeds(&dir, &["check", "--data", "."]);
    for name in ["control.db", "control.db-wal"] {
        let bytes = std::fs::read(dir.join(name)).unwrap_or_default();
        assert!(!holds(&bytes, "Prøve Person") && !holds(&bytes, "Prøveparken"), "{name} still holds a name");
    }

    let said = succeeds(&dir, &["area", "import", "--data", ".", "../area.tar"]);
    assert_eq!(said, format!("{id}\tPrøveparken\t4 files\n"));
    succeeds(&dir, &["check", "--data", "."]);
    assert_eq!(titles(&read_all(&desk).await.0), ["Mørk sti ved vaskeriet"]);
    let reply = sync(&janitor, Cursor::default(), vec![pin(10, "Ny lygte")]).await;
    assert!(reply.verdicts[0].reason.is_none());
    let file = rusqlite::Connection::open(dir.join(format!("areas/{id}.db"))).unwrap();
    let actions: u32 = file.query_row("SELECT COUNT(*) FROM action WHERE origin = 2", [], |row| row.get(0)).unwrap();
    assert_eq!(actions, 2, "written to the file that is there now");
    janitor.get("/api/v1/basemap").await.expect_status(200);
    let newcomer = server.join(Role::Resident).await;
    assert_eq!(newcomer.redeemed["origin"], 10_003, "what was given out since the export is not given out again");

    let audit = succeeds(&dir, &["audit", "--data", "."]);
    let deeds: Vec<&str> = audit.lines().map(|line| line.split('\t').nth(2).unwrap()).collect();
    assert_eq!(deeds, ["backup", "area_export", "area_delete", "area_import"]);
    assert!(audit.lines().skip(1).all(|line| line.contains(&id) && line.contains("\tcommand line\t")), "{audit}");
    assert!(!audit.contains("Prøve"), "ids only");
}

fn check_export(tar: &Path, id: &str, janitor: &TestDevice<'_>) {
    let files = unpacked(tar);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["area.db", "basemap.pmtiles", "rows.json", "control.json", "manifest.json"]);
    let json = |at: usize| -> serde_json::Value { serde_json::from_slice(&files[at].1).unwrap() };
    let (rows, control, manifest) = (json(2), json(3), json(4));
    assert_eq!((&manifest["kind"], &manifest["area"]), (&"area".into(), &id.into()));
    for (entry, (name, bytes)) in manifest["files"].as_array().unwrap().iter().zip(&files) {
        assert_eq!((&entry["path"], entry["bytes"].as_u64()), (&name.as_str().into(), Some(bytes.len() as u64)));
        assert_eq!(entry["blake3"].as_str().unwrap(), &*blake3::hash(bytes).to_hex());
    }
    let pin = rows.as_array().unwrap().iter().find(|row| row["entity"] == "map_pin").unwrap();
    assert_eq!((&pin["scope"], &pin["fields"]["title"]), (&"network".into(), &"Mørk sti ved vaskeriet".into()));
    assert_eq!(control["members"].as_array().unwrap().len(), 2);
    assert_eq!(control["members"][0]["name"], "Prøve Person");
    let secret = janitor.token.as_str();
    assert!(files.iter().all(|(_, bytes)| !holds(bytes, secret)), "tokens are there as hashes only");
}

#[tokio::test]
async fn what_is_no_export_of_a_new_area_is_refused_and_leaves_nothing() {
    let server = TestServer::start().await;
    let _people = furnished(&server).await;
    let dir = server.data_dir();
    std::fs::write(dir.join("erasures.jsonl"), "").unwrap();
    let before = [".", "areas", "basemaps"].map(|folder| files_in(&dir.join(folder)));
    succeeds(&dir, &["area", "export", "--data", ".", "Prøveparken", "../area.tar"]);
    let import = |file: &str| fails(&dir, &["area", "import", "--data", ".", file]);
    assert!(import("../area.tar").contains("is here already"));
    succeeds(&dir, &["backup", "--data", ".", "--to", "../all.tar"]);
    assert!(import("../all.tar").contains("no export of an area"));
    assert!(import("../nowhere.tar").contains("nowhere.tar"));
    assert!(import("../map.pmtiles").contains("no export of an area"));

    // Into a server that does not have it: only whole.
    succeeds(&dir, &["area", "delete", "--data", ".", "Prøveparken", "--yes"]);
    let whole = unpacked(&dir.join("../area.tar"));
    for at in 0..whole.len() {
        let mut missing = whole.clone();
        let name = missing.remove(at).0;
        packed(&missing, &dir.join("../bad.tar"));
        if name != "rows.json" {
            assert!(import("../bad.tar").contains("no export of an area"), "without {name}");
        }
        let mut changed = whole.clone();
        let middle = changed[at].1.len() / 2;
        changed[at].1[middle] ^= 1;
        packed(&changed, &dir.join("../bad.tar"));
        import("../bad.tar");
    }
    let mut more = whole.clone();
    more.push(("evil".to_owned(), b"x".to_vec()));
    packed(&more, &dir.join("../bad.tar"));
    assert!(import("../bad.tar").contains("another file"));
    let mut tar = Vec::new();
    std::fs::File::open(dir.join("../area.tar")).unwrap().read_to_end(&mut tar).unwrap();
    std::fs::write(dir.join("../bad.tar"), &tar[..tar.len() / 2]).unwrap();
    import("../bad.tar");
    assert_eq!(succeeds(&dir, &["area", "list", "--data", "."]), "");
    assert_eq!((files_in(&dir.join("areas")), files_in(&dir.join("basemaps"))), Default::default());
    succeeds(&dir, &["area", "import", "--data", ".", "../area.tar"]);
    assert_eq!([".", "areas", "basemaps"].map(|folder| files_in(&dir.join(folder))), before);
}

#[tokio::test]
async fn deleting_asks_for_the_name_and_leaves_other_areas_alone() {
    let server = TestServer::start().await;
    let (desk, _janitor) = furnished(&server).await;
    let dir = server.data_dir();
    succeeds(&dir, &["area", "create", "--data", ".", "--name", "Naboparken", "--bbox", BOX]);
    succeeds(&dir, &["basemap", "add", "--data", ".", "--area", "Naboparken", "../map.pmtiles"]);
    let answer = |text: &str| {
        let program = Command::new(env!("CARGO_BIN_EXE_trygkort"))
            .args(["area", "delete", "--data", ".", "Naboparken"])
            .current_dir(&dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        write!(program.stdin.as_ref().unwrap(), "{text}").unwrap();
        let output = program.wait_with_output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    for wrong in ["", "\n", "yes\n", "Prøveparken\n"] {
        let (deleted, said) = answer(wrong);
        assert!(!deleted && said.contains("nothing was done"), "{said}");
    }
    assert_eq!(succeeds(&dir, &["area", "list", "--data", "."]).lines().count(), 2);
    let (deleted, said) = answer("Naboparken\n");
    assert!(deleted && said.contains("Type the area's name"), "{said}");
    assert_eq!(succeeds(&dir, &["area", "list", "--data", "."]), format!("{}\tPrøveparken\n", server.area));
    assert_eq!(files_in(&dir.join("basemaps")).len(), 1, "the other area has the same base map");
    desk.get("/api/v1/basemap").await.expect_status(200);
}

#[tokio::test]
async fn a_name_that_was_edited_in_the_app_is_the_areas_name_everywhere() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    let dir = server.data_dir();
    let rename = async |counter: u64, name: &str| {
        let mut rename = action(counter, Entity::Area, Scope::Public, vec![(area::name, name.into())]);
        rename.rows[0].row = WireId(server.area.0);
        sync(&desk, Cursor::default(), vec![rename]).await;
    };
    rename(1, "Bøgelunden").await;
    assert_eq!(succeeds(&dir, &["area", "list", "--data", "."]), format!("{}\tBøgelunden\n", server.area));
    assert_eq!(server.join(Role::Staff).await.redeemed["area_name"], "Bøgelunden");
    rename(2, "Birkelunden").await;
    succeeds(&dir, &["invite", "--data", ".", "--area", "Birkelunden", "--role", "staff"]);
    rename(3, "").await;
    succeeds(&dir, &["invite", "--data", ".", "--area", "Birkelunden", "--role", "staff"]);
}
