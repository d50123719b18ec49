//! Snapshots over HTTP: made when the log has become long, sent to whom they are for, and never needed.

use crate::harness::{TestDevice, TestServer};
use crate::sync::{action, read_all, request, sync};
use reqwest::{Method, Response, header};
use std::path::PathBuf;
use trygkort_core::domain::schema::map_pin;
use trygkort_core::domain::{Entity, Position, Role, Scope, Value};
use trygkort_core::snapshot::{CONTENT_TYPE, Snapshot};
use trygkort_core::wire::v1::{Action, Cursor, SnapshotOffer, SyncRequest, SyncResponse};
use trygkort_core::wire::{self, from_bytes, to_bytes};

const PINS: u64 = 150;

/// A pin with two kilobytes of what a newer version knows.
fn long_pin(number: u64, scope: Scope) -> Action {
    let fields = vec![
        (map_pin::category, Value::from("place")),
        (map_pin::position, Value::Position(Position::from_degrees(55.7, 12.5).unwrap())),
        (map_pin::title, Value::from(format!("Markering {number}"))),
        (99, Value::from("Lygten blinker. ".repeat(125))),
    ];
    action(1 + 4 * number, Entity::MapPin, scope, fields)
}

/// A log of 300 kB, and its snapshot.
async fn long_log(device: &TestDevice<'_>) {
    let actions = (0..PINS).map(|number| long_pin(number, Scope::Network)).collect();
    sync(device, Cursor::default(), actions).await;
    device.server.server.snapshots_made().await;
}

async fn ask(device: &TestDevice<'_>, cursor: Cursor) -> SyncResponse {
    let body = to_bytes(&SyncRequest { speaks: Some(2), log_only: None, ..request(device, cursor, Vec::new()) });
    let post = device.request(Method::POST, "/api/v1/sync").header("content-type", wire::CONTENT_TYPE).body(body);
    from_bytes(&post.send().await.unwrap().bytes().await.unwrap()).unwrap()
}

async fn offer(device: &TestDevice<'_>) -> SnapshotOffer {
    ask(device, Cursor::default()).await.snapshot.expect("an offer")
}

fn path(file: &[u8; 32]) -> String {
    format!("/api/v1/snapshot/{}", blake3::Hash::from(*file).to_hex())
}

/// As it comes, not unpacked.
async fn get(device: &TestDevice<'_>, file: &[u8; 32], encoding: &str) -> Response {
    let client = reqwest::Client::builder().no_brotli().build().unwrap();
    let get = client.get(format!("{}{}", device.server.url, path(file))).bearer_auth(&device.token);
    get.header(header::ACCEPT_ENCODING, encoding).send().await.unwrap()
}

fn files(server: &TestServer) -> Vec<PathBuf> {
    let folder = server.data_dir().join("snapshots").join(server.area.to_string());
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn a_long_log_is_offered_as_a_snapshot_of_the_same() {
    let server = TestServer::start().await;
    let office = server.join(Role::Coordinator).await;
    assert_eq!(ask(&office, Cursor::default()).await.snapshot, None, "a short log comes as it is");
    long_log(&office).await;
    let offer = offer(&office).await;
    let network = offer.scopes.iter().find(|file| file.scope == Scope::Network.number()).unwrap();
    assert!(network.bytes * 10 < network.raw_bytes, "{} of {} bytes", network.bytes, network.raw_bytes);

    let packed = get(&office, &network.file, "gzip, br").await;
    assert_eq!((packed.status().as_u16(), &packed.headers()[header::CONTENT_ENCODING]), (200, &"br".parse().unwrap()));
    assert_eq!(packed.headers()[header::CONTENT_TYPE], CONTENT_TYPE);
    assert_eq!(packed.bytes().await.unwrap().len() as u64, network.bytes);
    let plain = get(&office, &network.file, "gzip").await;
    assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
    let content = plain.bytes().await.unwrap();
    assert_eq!((blake3::hash(&content).as_bytes(), content.len() as u64), (&*network.file, network.raw_bytes));

    let snapshot = Snapshot::from_bytes(&content).unwrap();
    assert_eq!((snapshot.area, snapshot.position), (server.area, offer.position));
    let pins = snapshot.rows.iter().filter(|row| row.entity == Entity::MapPin.number());
    assert_eq!(pins.count() as u64, PINS);
    let after = ask(&office, offer.cursor()).await;
    assert_eq!((after.snapshot, after.restart), (None, None), "what is behind it comes from the log");
    let (pages, _) = read_all(&office).await;
    assert_eq!(after.page.to, pages.last().unwrap().to);
}

#[tokio::test]
async fn nobody_gets_a_file_of_a_scope_that_is_not_theirs() {
    let server = TestServer::start().await;
    let office = server.join(Role::Coordinator).await;
    long_log(&office).await;
    let all = offer(&office).await;
    for role in Role::ALL {
        let device = server.join(role).await;
        for file in &all.scopes {
            let reads = Scope::from_number(file.scope).is_some_and(|scope| role.reads(scope));
            let status = get(&device, &file.file, "br").await.status().as_u16();
            assert_eq!(status, if reads { 200 } else { 404 }, "{role}, scope {}", file.scope);
        }
    }
    let file = all.scopes[0].file;
    server.send(Method::GET, &path(&file), None, None).await.expect_error(401, "unauthorized");
    for name in ["00", &"0".repeat(64), "../areas", "%2e%2e"] {
        let reply = office.get(&format!("/api/v1/snapshot/{name}")).await;
        assert_eq!(reply.status.as_u16(), 404, "{name}");
    }
}

#[tokio::test]
async fn another_areas_files_are_not_there() {
    let server = TestServer::start().await;
    let office = server.join(Role::Coordinator).await;
    long_log(&office).await;
    let file = offer(&office).await.scopes[0].file;
    let bbox = "9.50,47.12,9.54,47.16".parse().unwrap();
    let spec = trygkort_server::AreaSpec { name: "Naboparken".to_owned(), bbox };
    let other = server.server.create_area(spec).await.unwrap();
    let invitation =
        server.server.invite(other, trygkort_server::InvitationSpec::new(Role::Coordinator)).await.unwrap();
    let neighbour = server.join_by(invitation.secret.expose()).await;
    assert_eq!(get(&neighbour, &file, "br").await.status(), 404);
}

#[tokio::test]
async fn a_newer_one_takes_the_place_of_the_older() {
    let server = TestServer::start().await;
    let office = server.join(Role::Coordinator).await;
    long_log(&office).await;
    let (first, kept) = (offer(&office).await, files(&server).len());
    let cursor = ask(&office, first.cursor()).await.page.to;
    let actions = (PINS..3 * PINS).map(|number| long_pin(number, Scope::Network)).collect();
    sync(&office, Cursor { position: cursor, ..Cursor::default() }, actions).await;
    server.server.snapshots_made().await;
    let second = offer(&office).await;
    assert!(second.position > first.position);
    assert_eq!(files(&server).len(), kept, "the older files are removed");
    let is_network = |file: &&trygkort_core::wire::v1::SnapshotFile| file.scope == Scope::Network.number();
    let file = first.scopes.iter().find(is_network).unwrap().file;
    assert_eq!(get(&office, &file, "br").await.status(), 404);
}

#[tokio::test]
async fn files_that_are_gone_are_made_again() {
    let server = TestServer::start().await;
    let office = server.join(Role::Coordinator).await;
    long_log(&office).await;
    let first = offer(&office).await;
    files(&server).iter().for_each(|file| std::fs::remove_file(file).unwrap());
    assert_eq!(get(&office, &first.scopes[0].file, "br").await.status(), 404);
    let answer = ask(&office, Cursor::default()).await;
    assert!(answer.snapshot.is_none() && !answer.page.entries.is_empty(), "the log, until there is a new one");
    server.server.snapshots_made().await;
    let second = offer(&office).await;
    assert_eq!(get(&office, &second.scopes[0].file, "br").await.status(), 200);
}
