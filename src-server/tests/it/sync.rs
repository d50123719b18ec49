//! Synchronising over HTTP: what one device pushes another gets, as far as its role reads.

use crate::harness::{Reply, TestDevice, TestServer};
use reqwest::Method;
use std::collections::HashSet;
use std::io::{Read, Write};
use std::time::Duration;
use trygkort_core::domain::schema::{map_pin, organisation};
use trygkort_core::domain::{Entity, Position, Role, RowId, Scope, Value};
use trygkort_core::wire::v1::{
    Action, Cursor, FieldChange, Outcome, Page, Reason, RowChange, SPEAKS, SyncRequest, SyncResponse, WireId,
};
use trygkort_core::wire::{CONTENT_TYPE, VERSION, to_bytes};
use uuid::Uuid;

/// One exchange.
pub(crate) async fn sync(device: &TestDevice<'_>, cursor: Cursor, actions: Vec<Action>) -> SyncResponse {
    let body = to_bytes(&request(device, cursor, actions));
    let response = device.request(Method::POST, "/api/v1/sync").header("content-type", CONTENT_TYPE).body(body);
    let response = response.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], CONTENT_TYPE);
    SyncResponse::read(&response.bytes().await.unwrap()).unwrap()
}

pub(crate) fn request(device: &TestDevice<'_>, cursor: Cursor, actions: Vec<Action>) -> SyncRequest {
    let origin = u32::try_from(device.redeemed["origin"].as_u64().unwrap()).unwrap();
    let (speaks, log_only) = (Some(SPEAKS), Some(true));
    SyncRequest { version: VERSION, origin, cursor, actions, speaks, log_only, ..Default::default() }
}

/// The cursor of a device that has read this page.
pub(crate) fn after(page: &Page) -> Cursor {
    Cursor { position: page.to, scopes: page.heads.clone(), ..Default::default() }
}

/// Everything the device may read, page by page; with how many requests it took.
pub(crate) async fn read_all(device: &TestDevice<'_>) -> (Vec<Page>, Cursor) {
    let (mut pages, mut cursor) = (Vec::new(), Cursor::default());
    loop {
        let page = sync(device, cursor, Vec::new()).await.page;
        cursor = after(&page);
        let more = page.more;
        pages.push(page);
        if !more {
            return (pages, cursor);
        }
    }
}

pub(crate) fn action(counter: u64, entity: Entity, scope: Scope, fields: Vec<(u16, Value)>) -> Action {
    let fields = fields.into_iter().map(|(field, value)| FieldChange { field, value, base: None }).collect();
    let row = WireId(RowId(Uuid::now_v7()));
    let row = RowChange { entity: entity.number(), row, scope: scope.number(), move_to: None, fields };
    Action { counter, hlc: 1_800_000_000_000, seen: 0, all_or_nothing: None, rows: vec![row] }
}

/// How many changes [`pin`] makes; the next action's number is this much higher.
pub(crate) const PIN_CHANGES: u64 = 3;

pub(crate) fn pin(counter: u64, title: &str) -> Action {
    let position = Position::from_degrees(55.7, 12.5).unwrap();
    let fields = vec![
        (map_pin::category, Value::Text("place".to_owned())),
        (map_pin::position, Value::Position(position)),
        (map_pin::title, Value::Text(title.to_owned())),
    ];
    action(counter, Entity::MapPin, Scope::Network, fields)
}

pub(crate) fn titles(pages: &[Page]) -> Vec<String> {
    let entries = pages.iter().flat_map(|page| &page.entries);
    let rows = entries.flat_map(|entry| &entry.scopes).flat_map(|scope| &scope.rows);
    let pins = rows.filter(|row| row.entity == Entity::MapPin.number());
    titles_of(pins.flat_map(|pin| pin.fields.iter().map(|field| (field.field, &field.value)))).collect()
}

/// The titles among the fields of pins.
pub(crate) fn titles_of<'a>(fields: impl Iterator<Item = (u16, &'a Value)>) -> impl Iterator<Item = String> {
    fields.filter(|(field, _)| *field == map_pin::title).map(|(_, value)| value.text().to_owned())
}

#[tokio::test]
async fn what_one_pushes_the_other_gets_and_hears_of() {
    let server = TestServer::start().await;
    let (janitor, coordinator) = (server.join(Role::Staff).await, server.join(Role::Coordinator).await);
    let mut stream = coordinator.request(Method::GET, "/api/v1/poke").send().await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "alive\n");

    let pushed = sync(&janitor, Cursor::default(), vec![pin(1, "Mørk sti")]).await;
    assert_eq!((pushed.verdicts.len(), pushed.verdicts[0].outcome), (1, Outcome::Applied));
    let poke = tokio::time::timeout(Duration::from_secs(5), stream.chunk()).await.expect("a poke in time");
    assert_eq!(poke.unwrap().unwrap(), "changed\n");
    let (pages, _) = read_all(&coordinator).await;
    assert_eq!(titles(&pages), ["Mørk sti"]);
}

#[tokio::test]
async fn residents_are_never_sent_what_the_network_shares() {
    let server = TestServer::start().await;
    let janitor = server.join(Role::Staff).await;
    sync(&janitor, Cursor::default(), vec![pin(1, "Kun for netværket")]).await;
    for role in [Role::Resident, Role::Participant] {
        let device = server.join(role).await;
        let body = to_bytes(&request(&device, Cursor::default(), Vec::new()));
        let post = device.request(Method::POST, "/api/v1/sync").header("content-type", CONTENT_TYPE).body(body);
        let bytes = post.send().await.unwrap().bytes().await.unwrap();
        let text = "Kun for netværket".as_bytes();
        assert!(!bytes.windows(text.len()).any(|window| window == text), "{role}");
        let response = SyncResponse::read(&bytes).unwrap();
        assert!(response.page.heads.iter().all(|head| head.scope == Scope::Public.number()));
        assert_eq!(response.page.entries.len(), 1, "the area itself is public");
    }
}

#[tokio::test]
async fn a_change_that_is_not_the_roles_to_make_is_rejected_and_blocks_nothing() {
    let server = TestServer::start().await;
    let janitor = server.join(Role::Staff).await;
    let card = action(1, Entity::Problem, Scope::Public, vec![(2, Value::Text("Hærværk".to_owned()))]);
    let organisation = vec![(organisation::name, Value::Text("Kommunen".to_owned()))];
    let organisation = action(2, Entity::Organisation, Scope::Network, organisation);
    let response = sync(&janitor, Cursor::default(), vec![card, organisation, pin(3, "Lygte")]).await;
    let outcomes: Vec<_> = response.verdicts.iter().map(|verdict| (verdict.outcome, verdict.reason)).collect();
    let refused = (Outcome::Rejected, Some(Reason::Permission));
    assert_eq!(outcomes, [refused, refused, (Outcome::Applied, None)]);
}

#[tokio::test]
async fn a_push_repeated_after_a_lost_answer_counts_once() {
    let server = TestServer::start().await;
    let janitor = server.join(Role::Staff).await;
    let lygte = pin(1, "Lygte");
    let first = sync(&janitor, Cursor::default(), vec![lygte.clone()]).await;
    let second = sync(&janitor, Cursor::default(), vec![lygte]).await;
    assert_eq!(first.verdicts, second.verdicts);
    assert_eq!(titles(&read_all(&janitor).await.0), ["Lygte"]);
}

#[tokio::test]
async fn garbage_and_other_versions_are_refused() {
    let server = TestServer::start().await;
    let device = server.join(Role::Coordinator).await;
    let post = async |body: Vec<u8>| {
        let request = device.request(Method::POST, "/api/v1/sync").header("content-type", CONTENT_TYPE);
        Reply::of(request.body(body)).await
    };
    let good = to_bytes(&request(&device, Cursor::default(), Vec::new()));
    for body in [vec![], vec![0xff; 64], b"{}".to_vec(), good[..good.len() - 1].to_vec(), [&good[..], &[0]].concat()] {
        post(body).await.expect_error(400, "bad_request");
    }
    let newer = SyncRequest { version: VERSION + 1, ..request(&device, Cursor::default(), Vec::new()) };
    post(to_bytes(&newer)).await.expect_error(426, "outdated");
    let another = SyncRequest { origin: 4711, ..request(&device, Cursor::default(), Vec::new()) };
    post(to_bytes(&another)).await.expect_error(400, "bad_request");
}

#[tokio::test]
async fn many_devices_push_at_once_and_nothing_is_lost() {
    const DEVICES: usize = 25;
    const PUSHES: u64 = 8;
    let server = TestServer::start().await;
    let mut devices = Vec::new();
    for _ in 0..DEVICES {
        devices.push(server.join(Role::Staff).await);
    }
    let pushing = devices.iter().enumerate().map(async |(number, device)| {
        let mut cursor = Cursor::default();
        for counter in (0..PUSHES).map(|push| 1 + push * PIN_CHANGES) {
            let pushed = sync(device, cursor, vec![pin(counter, &format!("{number}/{counter}"))]).await;
            assert_eq!(pushed.verdicts[0].outcome, Outcome::Applied);
            cursor = after(&pushed.page);
        }
    });
    futures::future::join_all(pushing).await;
    let (pages, _) = read_all(&devices[0]).await;
    let found: HashSet<String> = titles(&pages).into_iter().collect();
    assert_eq!(found.len(), DEVICES * usize::try_from(PUSHES).unwrap());
}

#[tokio::test]
async fn nothing_new_costs_one_small_exchange() {
    let server = TestServer::start().await;
    let janitor = server.join(Role::Staff).await;
    let pins = (0..20).map(|number| pin(1 + number * PIN_CHANGES, "Lygte")).collect();
    sync(&janitor, Cursor::default(), pins).await;
    let (pages, cursor) = read_all(&janitor).await;
    assert_eq!(titles(&pages).len(), 20);
    let body = to_bytes(&request(&janitor, cursor, Vec::new()));
    let host = server.url.strip_prefix("http://").unwrap().to_owned();
    let head = format!(
        "POST /api/v1/sync HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\ncontent-type: {CONTENT_TYPE}\r\n\
         accept-encoding: br\r\ncontent-length: {}\r\n\r\n",
        janitor.token,
        body.len()
    );
    let bytes = [head.as_bytes(), &body].concat();
    let sent = bytes.len();
    let received = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(host).unwrap();
        stream.write_all(&bytes).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let mut received = Vec::new();
        drop(stream.read_to_end(&mut received));
        received
    })
    .await
    .unwrap();
    assert!(received.starts_with(b"HTTP/1.1 200"));
    assert!(sent + received.len() <= 500, "{sent} bytes there, {} back", received.len());
}

#[tokio::test]
async fn a_large_answer_is_compressed() {
    let server = TestServer::start().await;
    let janitor = server.join(Role::Staff).await;
    let pins = (0..200).map(|number| pin(1 + number * PIN_CHANGES, "Der er mørkt på stien bag vaskeriet")).collect();
    sync(&janitor, Cursor::default(), pins).await;
    let body = to_bytes(&request(&janitor, Cursor::default(), Vec::new()));
    let client = reqwest::Client::builder().no_brotli().build().unwrap();
    let post = client.post(format!("{}/api/v1/sync", server.url)).bearer_auth(&janitor.token);
    let post = post.header("content-type", CONTENT_TYPE).header("accept-encoding", "br").body(body);
    let response = post.send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "br");
    let small = response.bytes().await.unwrap().len();
    assert!(small < 200 * 45, "{small} bytes for 200 pins");
}
