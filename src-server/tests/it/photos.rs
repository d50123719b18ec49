//! Photos over HTTP: resumable uploads, and who is given what.

use crate::command_line::{fails, succeeds, trygkort};
use crate::harness::{Reply, TestDevice, TestServer};
use crate::sync::sync;
use reqwest::{Method, RequestBuilder};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use trygkort_core::domain::schema::{map_pin, photo};
use trygkort_core::domain::{Entity, Position, Role, RowId, Scope, Value};
use trygkort_core::ipc::to_base64;
use trygkort_core::wire::v1::{Action, Cursor, FieldChange, RowChange, WireId};
use trygkort_server::{Config, Server};
use uuid::Uuid;

/// A JPEG file as far as its markers tell; no two numbers give the same.
pub(crate) fn jpeg(number: u32, bytes: usize) -> Vec<u8> {
    let mut file = b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\xf0\x01\x40\x01\x01\x11\x00".to_vec();
    file.extend(b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00");
    file.extend(number.to_be_bytes().map(|byte| byte & 0x7f));
    file.extend((0..bytes).map(|at| u8::try_from(at % 251).unwrap()));
    file.extend([0xff, 0xd9]);
    file
}

pub(crate) fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

pub(crate) fn tus(device: &TestDevice<'_>, method: &str, path: &str) -> RequestBuilder {
    device.request(Method::from_bytes(method.as_bytes()).unwrap(), path).header("tus-resumable", "1.0.0")
}

pub(crate) async fn begin(device: &TestDevice<'_>, hash: &str, length: usize) -> Reply {
    let metadata = format!("filename eA==,hash {}", to_base64(hash.as_bytes()));
    let post = tus(device, "POST", "/api/v1/uploads").header("upload-metadata", metadata);
    Reply::of(post.header("upload-length", length)).await
}

pub(crate) async fn send(device: &TestDevice<'_>, hash: &str, offset: usize, piece: &[u8]) -> Reply {
    let patch = tus(device, "PATCH", &format!("/api/v1/uploads/{hash}")).header("upload-offset", offset);
    Reply::of(patch.header("content-type", "application/offset+octet-stream").body(piece.to_vec())).await
}

pub(crate) async fn offset(device: &TestDevice<'_>, hash: &str) -> Option<usize> {
    let reply = Reply::of(tus(device, "HEAD", &format!("/api/v1/uploads/{hash}"))).await;
    let offset = reply.headers.get("upload-offset").map(|value| value.to_str().unwrap().parse().unwrap());
    assert_eq!(reply.status.as_u16(), if offset.is_some() { 200 } else { 404 });
    offset
}

pub(crate) async fn upload(device: &TestDevice<'_>, bytes: &[u8]) -> String {
    let hash = hash(bytes);
    begin(device, &hash, bytes.len()).await.expect(201);
    send(device, &hash, 0, bytes).await.expect_status(204);
    hash
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn row(n: u128) -> RowId {
    RowId(Uuid::from_u128(n))
}

fn change(entity: Entity, row: RowId, scope: Scope, fields: Vec<(u16, Value)>) -> RowChange {
    let fields = fields.into_iter().map(|(field, value)| FieldChange { field, value, base: None }).collect();
    RowChange { entity: entity.number(), row: WireId(row), scope: scope.number(), move_to: None, fields }
}

/// A pin and a photo of it in a scope.
pub(crate) async fn show(device: &TestDevice<'_>, number: u64, scope: Scope, hash: &str) -> RowId {
    let (pin, of) = (row(u128::from(number) * 100), row(u128::from(number) * 100 + 1));
    let place = Value::Position(Position::from_degrees(55.7, 12.5).unwrap());
    let pin_fields = vec![(map_pin::category, "place".into()), (map_pin::position, place)];
    let fields = vec![
        (photo::of, Value::Row(pin)),
        (photo::hash, hash.into()),
        (photo::thumbnail, hash.into()),
        (photo::bytes, Value::Int(1)),
        (photo::width, Value::Int(320)),
        (photo::height, Value::Int(240)),
    ];
    let action = |counter, row| Action { counter, hlc: 1, seen: 0, all_or_nothing: None, rows: vec![row] };
    let actions = vec![
        action(number * 100, change(Entity::MapPin, pin, scope, pin_fields)),
        action(number * 100 + 10, change(Entity::Photo, of, scope, fields)),
    ];
    let verdicts = sync(device, Cursor::default(), actions).await.verdicts;
    assert!(verdicts.iter().all(|verdict| verdict.reason.is_none()), "{verdicts:?}");
    of
}

#[tokio::test]
async fn an_upload_goes_on_where_it_was_cut_and_is_there_once_and_whole() {
    let server = TestServer::start().await;
    let staff = server.join(Role::Staff).await;
    let bytes = jpeg(1, 5_000);
    let name = hash(&bytes);
    let begun = begin(&staff, &name, bytes.len()).await;
    assert_eq!(begun.expect(201)["offset"], 0);
    assert_eq!(begun.headers["location"], format!("/api/v1/uploads/{name}"));
    assert!(begun.headers["upload-expires"].to_str().unwrap().ends_with(" GMT"));
    assert_eq!(begun.headers["tus-resumable"], "1.0.0");
    send(&staff, &name, 0, &bytes[..2_000]).await.expect_status(204);
    assert_eq!(offset(&staff, &name).await, Some(2_000));
    assert_eq!(begin(&staff, &name, bytes.len()).await.expect(201)["offset"], 2_000, "beginning again goes on");
    for wrong in [0, 1_999, 2_001] {
        send(&staff, &name, wrong, &bytes[2_000..]).await.expect_error(409, "offset");
    }
    let last = send(&staff, &name, 2_000, &bytes[2_000..]).await;
    assert_eq!((last.status.as_u16(), &last.headers["upload-offset"]), (204, &bytes.len().into()));

    let kept = files(&server.data_dir().join("blobs"));
    assert_eq!(kept, [server.data_dir().join("blobs").join(server.area.to_string()).join(&name[..2]).join(&name)]);
    assert_eq!(std::fs::read(&kept[0]).unwrap(), bytes);
    assert_eq!(offset(&staff, &name).await, Some(bytes.len()), "the last answer was lost: it is complete");
    let again = begin(&staff, &name, bytes.len()).await.expect(201);
    assert_eq!((&again["offset"], &again["length"]), (&bytes.len().into(), &bytes.len().into()));
    let colleague = server.join(Role::Coordinator).await;
    assert_eq!(begin(&colleague, &name, bytes.len()).await.expect(201)["offset"], bytes.len(), "the area has it");
}

#[tokio::test]
async fn what_is_no_photo_is_not_kept() {
    let server = TestServer::start().await;
    let staff = server.join(Role::Staff).await;
    let announced = jpeg(1, 100);
    let mut other = announced.clone();
    other[30] ^= 1;
    begin(&staff, &hash(&announced), other.len()).await.expect(201);
    send(&staff, &hash(&announced), 0, &other).await.expect_error(460, "hash");
    assert_eq!(offset(&staff, &hash(&announced)).await, None);

    let mut exif = announced.clone();
    exif.splice(2..2, *b"\xff\xe1\x00\x0aExif\0\0\x01\x02");
    for bytes in [exif, b"<svg onload=alert(1)>".to_vec()] {
        begin(&staff, &hash(&bytes), bytes.len()).await.expect(201);
        send(&staff, &hash(&bytes), 0, &bytes).await.expect_error(422, "invalid");
    }
    assert_eq!(files(&server.data_dir().join("blobs")), Vec::<PathBuf>::new());
    assert_eq!(files(&server.data_dir().join("uploads")), Vec::<PathBuf>::new(), "nothing is left of it");
}

#[tokio::test]
async fn bad_requests_get_one_clear_line() {
    let server = TestServer::start().await;
    let staff = server.join(Role::Staff).await;
    let bytes = jpeg(1, 1_000);
    let name = hash(&bytes);
    begin(&staff, &name, (2 << 20) + 1).await.expect_error(413, "too_large");
    begin(&staff, "0g", 10).await.expect_error(422, "invalid");
    let no_length = tus(&staff, "POST", "/api/v1/uploads").header("upload-metadata", "hash eA==");
    Reply::of(no_length).await.expect_error(422, "invalid");
    let no_version = staff.request(Method::POST, "/api/v1/uploads").header("upload-length", 1);
    Reply::of(no_version).await.expect_error(412, "tus_version");
    send(&staff, &name, 0, &bytes).await.expect_error(404, "not_found");
    send(&staff, "..%2f..%2fcontrol.db", 0, &bytes).await.expect_error(404, "not_found");
    begin(&staff, &name, bytes.len()).await.expect(201);
    send(&staff, &name, 0, &[&bytes[..], b"x"].concat()).await.expect_error(413, "too_large");
    send(&staff, &name, 0, &vec![0; (1 << 20) + 1]).await.expect_error(413, "too_large");
    let patch = tus(&staff, "PATCH", &format!("/api/v1/uploads/{name}")).header("upload-offset", 0);
    Reply::of(patch.body("x")).await.expect_error(415, "unsupported_media_type");
    assert_eq!(offset(&staff, &name).await, Some(0), "none of it was taken");
    tus(&staff, "DELETE", &format!("/api/v1/uploads/{name}")).send().await.unwrap();
    assert_eq!(offset(&staff, &name).await, None);

    let options = server.client.request(Method::OPTIONS, format!("{}/api/v1/uploads", server.url));
    let options = Reply::of(options).await;
    assert_eq!(options.status.as_u16(), 204);
    assert_eq!(options.headers["tus-extension"], "creation,termination,expiration");
    assert_eq!(options.headers["tus-max-size"], "2097152");
}

#[tokio::test]
async fn only_who_adds_photos_uploads_and_only_its_own() {
    let server = TestServer::start().await;
    let bytes = jpeg(1, 1_000);
    let name = hash(&bytes);
    let staff = server.join(Role::Staff).await;
    begin(&staff, &name, bytes.len()).await.expect(201);
    send(&staff, &name, 0, &bytes[..500]).await.expect_status(204);
    for role in Role::ALL {
        let device = server.join(role).await;
        let path = format!("/api/v1/uploads/{name}");
        if matches!(role, Role::Staff | Role::Coordinator) {
            assert_eq!(offset(&device, &name).await, None, "another device's upload");
            send(&device, &name, 500, &bytes[500..]).await.expect_error(404, "not_found");
            Reply::of(tus(&device, "DELETE", &path)).await.expect_error(404, "not_found");
        } else {
            begin(&device, &name, bytes.len()).await.expect_error(403, "forbidden");
            send(&device, &name, 500, &bytes[500..]).await.expect_error(403, "forbidden");
            Reply::of(tus(&device, "DELETE", &path)).await.expect_error(403, "forbidden");
            assert_eq!(Reply::of(tus(&device, "HEAD", &path)).await.status.as_u16(), 403);
        }
        device.delete(&format!("/api/v1/devices/{}", device.id())).await.expect(204);
        begin(&device, &name, bytes.len()).await.expect_error(401, "revoked");
        send(&device, &name, 500, &bytes[500..]).await.expect_error(401, "revoked");
    }
    assert_eq!(offset(&staff, &name).await, Some(500));
}

#[tokio::test]
async fn a_photo_is_for_those_who_read_a_row_that_names_it() {
    let server = TestServer::start().await;
    let office = server.join(Role::Coordinator).await;
    let bytes = jpeg(1, 2_000);
    let name = upload(&office, &bytes).await;
    let path = format!("/api/v1/blobs/{name}");
    office.get(&path).await.expect_error(404, "not_found");
    for (number, scope) in [(1, Scope::Coordination), (2, Scope::Network), (3, Scope::Public)] {
        show(&office, number, scope, &name).await;
        for role in Role::ALL {
            let device = server.join(role).await;
            let reply = device.request(Method::GET, &path).send().await.unwrap();
            assert_eq!(reply.status().as_u16(), if role.reads(scope) { 200 } else { 404 }, "{role} {scope:?}");
            if role.reads(scope) {
                assert_eq!(reply.headers()["content-type"], "image/jpeg");
                assert_eq!(reply.headers()["cache-control"], "private, max-age=31536000, immutable");
                assert_eq!(reply.bytes().await.unwrap(), bytes);
            }
        }
    }
    for name in ["00", &"0".repeat(64), "%2e%2e"] {
        office.get(&format!("/api/v1/blobs/{name}")).await.expect_error(404, "not_found");
    }
    let bbox = "9.50,47.12,9.54,47.16".parse().unwrap();
    let spec = trygkort_server::AreaSpec { name: "Naboparken".to_owned(), bbox };
    let other = server.server.create_area(spec).await.unwrap();
    let invitation = trygkort_server::InvitationSpec::new(Role::Coordinator);
    let neighbour = server.join_by(server.server.invite(other, invitation).await.unwrap().secret.expose()).await;
    neighbour.get(&path).await.expect_error(404, "not_found");
    assert_eq!(begin(&neighbour, &name, bytes.len()).await.expect(201)["offset"], 0, "each area has its own");
}

#[tokio::test]
async fn a_device_hears_which_photos_the_server_lost_and_of_no_others() {
    let server = TestServer::start().await;
    let office = server.join(Role::Coordinator).await;
    let (here, lost, hidden) = (jpeg(1, 10), hash(&jpeg(2, 10)), hash(&jpeg(3, 10)));
    let here = upload(&office, &here).await;
    show(&office, 1, Scope::Network, &here).await;
    show(&office, 2, Scope::Network, &lost).await;
    show(&office, 3, Scope::Coordination, &hidden).await;
    let staff = server.join(Role::Staff).await;
    let ask = serde_json::json!({"hashes": [here, lost, hidden, "0".repeat(64)]});
    let answer = staff.post("/api/v1/blobs/missing", ask).await.expect(200);
    assert_eq!(answer, serde_json::json!({"missing": [lost]}));
    let many: Vec<String> = (0..1_001).map(|n| format!("{n:064x}")).collect();
    staff.post("/api/v1/blobs/missing", serde_json::json!({"hashes": many})).await.expect_error(422, "invalid");
}

#[tokio::test]
async fn a_device_sends_so_much_a_day_and_no_more() {
    let server = TestServer::start().await;
    let staff = server.join(Role::Staff).await;
    let piece = vec![0; 1 << 20];
    let mut refused = None;
    for number in 0_u32..=200 {
        let name = format!("{number:064x}");
        begin(&staff, &name, 2 << 20).await.expect(201);
        let reply = send(&staff, &name, 0, &piece).await;
        if reply.status.as_u16() != 204 {
            refused = Some((number, reply));
            break;
        }
        tus(&staff, "DELETE", &format!("/api/v1/uploads/{name}")).send().await.unwrap();
    }
    let (number, reply) = refused.expect("a bound");
    assert_eq!(number, 200);
    reply.expect_error(429, "too_many_requests");
    assert!(reply.headers.contains_key("retry-after"));
}

/// Gives a photo a name by which it is found.
async fn say_who_is_on(device: &TestDevice<'_>, photo: RowId) {
    let caption = change(Entity::Photo, photo, Scope::Network, vec![(photo::caption, "Søren Holm".into())]);
    let action = Action { counter: 1_000, hlc: 2, seen: 0, all_or_nothing: None, rows: vec![caption] };
    sync(device, Cursor::default(), vec![action]).await;
}

#[tokio::test]
async fn backup_export_and_check_know_photos() {
    let server = TestServer::start().await;
    let office = server.join(Role::Coordinator).await;
    let bytes = jpeg(1, 500);
    let name = upload(&office, &bytes).await;
    show(&office, 1, Scope::Network, &name).await;
    let data = server.data_dir();
    let path = data.join("blobs").join(server.area.to_string()).join(&name[..2]).join(&name);
    succeeds(&data, &["backup", "--data", ".", "--to", "../all.tar"]);
    succeeds(&data, &["area", "export", "--data", ".", "Prøveparken", "../area.tar"]);
    succeeds(&data, &["area", "delete", "--data", ".", "Prøveparken", "--yes"]);
    assert_eq!(files(&data.join("blobs")), Vec::<PathBuf>::new());
    succeeds(&data, &["area", "import", "--data", ".", "../area.tar"]);
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    assert_eq!(office.request(Method::GET, &format!("/api/v1/blobs/{name}")).send().await.unwrap().status(), 200);
    succeeds(&data, &["check", "--data", "."]);

    std::fs::write(&path, jpeg(2, 500)).unwrap();
    let said = fails(&data, &["check", "--data", "."]);
    assert!(said.contains(&format!("{name} is")), "{said}");
    let other = tempfile::tempdir().unwrap();
    trygkort_server::restore(other.path(), &data.join("../all.tar")).unwrap();
    assert_eq!(std::fs::read(other.path().join(path.strip_prefix(&data).unwrap())).unwrap(), bytes);
}

#[tokio::test]
async fn an_erased_photo_leaves_no_byte_and_does_not_come_back_with_a_backup() {
    let server = TestServer::start().await;
    let office = server.join(Role::Coordinator).await;
    let (gone, stays) = (upload(&office, &jpeg(1, 500)).await, upload(&office, &jpeg(2, 500)).await);
    let photo = show(&office, 1, Scope::Network, &gone).await;
    show(&office, 2, Scope::Network, &stays).await;
    say_who_is_on(&office, photo).await;
    let data = server.data_dir();
    let names = || -> Vec<String> {
        let found = files(&data.join("blobs")).into_iter();
        found.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    };
    succeeds(&data, &["backup", "--data", ".", "--to", "../all.tar"]);
    assert_eq!(names().len(), 2);
    let erase = ["person", "erase", "--data", ".", "Prøveparken", "Søren Holm", "--yes", "--row", &photo.to_string()];
    succeeds(&data, &erase);
    assert_eq!(names(), std::slice::from_ref(&stays));
    office.get(&format!("/api/v1/blobs/{gone}")).await.expect_error(404, "not_found");
    let kept = server.stop().await;
    succeeds(&data, &["restore", "--data", ".", "--from", "../all.tar"]);
    assert_eq!(names(), [stays]);
    drop(kept);
}

#[tokio::test]
async fn an_erased_photo_that_could_not_be_removed_goes_when_the_server_is_started_again() {
    let server = TestServer::start().await;
    let office = server.join(Role::Coordinator).await;
    let gone = upload(&office, &jpeg(1, 500)).await;
    let photo = show(&office, 1, Scope::Network, &gone).await;
    say_who_is_on(&office, photo).await;
    let data = server.data_dir();
    let path = data.join("blobs").join(server.area.to_string()).join(&gone[..2]).join(&gone);
    let away = data.join("away");
    std::fs::rename(&path, &away).unwrap();
    // A folder is not removed as a file is.
    std::fs::create_dir(&path).unwrap();
    let erase = ["person", "erase", "--data", ".", "Prøveparken", "Søren Holm", "--yes", "--row", &photo.to_string()];
    let output = trygkort(&data, &erase);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the server removes them when it starts"), "{said}");
    office.get(&format!("/api/v1/blobs/{gone}")).await.expect_error(404, "not_found");
    let kept = server.stop().await;
    std::fs::remove_dir(&path).unwrap();
    std::fs::rename(&away, &path).unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server::open(&Config::new(&data), listener).unwrap();
    let serving = tokio::spawn(server.serve(std::future::pending()));
    let removed = async {
        while path.exists() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(30), removed).await.expect("it goes though it is not 30 days old");
    serving.abort();
    drop(kept);
}

/// What the reference client of the protocol makes of the server.
async fn by_tus_js_client(server: &TestServer, bytes: &[u8]) -> serde_json::Value {
    let staff = server.join(Role::Staff).await;
    let other = server.join(Role::Staff).await;
    let mut node = Command::new("node");
    node.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tus.cjs")).args([&server.url, &staff.token, &other.token]);
    node.stdin(Stdio::piped()).stdout(Stdio::piped());
    let input = serde_json::json!({"photo": to_base64(bytes), "hash": hash(bytes)}).to_string();
    let run = move || {
        let mut node = node.spawn().expect("Node.js, as CONTRIBUTING.md says");
        node.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        node.wait_with_output().unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(output.status.success(), "`cargo xtask setup` installs tus-js-client");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn the_reference_client_of_the_protocol_uploads_and_resumes() {
    let server = TestServer::start().await;
    let bytes = jpeg(1, 5_000);
    let said = by_tus_js_client(&server, &bytes).await;
    assert_eq!(said["cut"]["cut"], 2_000);
    assert_eq!(said["foreign"]["status"], 404, "{said}");
    assert_eq!(said["resumed"]["done"], true, "{said}");
    assert_eq!(said["resumed"]["asked"], serde_json::json!(["HEAD", "PATCH", "PATCH", "PATCH", "PATCH"]));
    assert_eq!(said["again"]["done"], true, "{said}");
    assert_eq!(said["again"]["asked"].as_array().unwrap().last().unwrap(), "HEAD", "nothing is sent again");
    assert_eq!(said["wrongHash"]["status"], 460, "{said}");
    assert_eq!(said["tooLarge"]["status"], 413, "{said}");
    assert_eq!(said["terminated"]["status"], 404, "{said}");
    let kept = files(&server.data_dir().join("blobs"));
    assert_eq!(kept.len(), 1);
    assert_eq!(std::fs::read(&kept[0]).unwrap(), bytes);
}
