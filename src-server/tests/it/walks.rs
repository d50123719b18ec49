//! Safety walks over HTTP: made by coordinators, joined by secret, closed when they end.

use crate::command_line::{fails, succeeds};
use crate::harness::{TestDevice, TestServer};
use crate::permissions::rows::{Ends, change, new_row, whole};
use crate::sync::{after, read_all, sync};
use serde_json::{Value as Json, json};
use trygkort_core::domain::{Entity, Role, RowId, Scope};
use trygkort_core::wire::v1::{Action, Cursor, Page, Reason};

pub(crate) const HOUR_MS: i64 = 3_600_000;

pub(crate) fn now_ms() -> i64 {
    i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

pub(crate) async fn make_walk(desk: &TestDevice<'_>, name: &str) -> Json {
    let ask = json!({"name": name, "starts_at_ms": now_ms(), "ends_at_ms": now_ms() + 5 * HOUR_MS});
    let walk = desk.post("/api/v1/walks", ask).await.expect(200);
    desk.server.server.mirrored().await.unwrap();
    walk
}

pub(crate) async fn invitation_to(desk: &TestDevice<'_>, walk: &Json, role: &str) -> (String, Json) {
    let ask = json!({"role": role, "uses": 100, "expires_hours": 48, "walk": walk["id"]});
    let issued = desk.post("/api/v1/invitations", ask).await.expect(200);
    (issued["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned(), issued)
}

fn mark(counter: u64, scope: Scope) -> (RowId, Action) {
    let row = new_row();
    let (_, fields) = whole(Entity::MapPin, Ends { contact: row, problem: row, member: row, pin: row });
    (
        row,
        Action {
            counter,
            hlc: 1_800_000_000_000,
            seen: 0,
            all_or_nothing: None,
            rows: vec![change(Entity::MapPin, row, scope, fields)],
        },
    )
}

fn scopes(pages: &[Page]) -> Vec<u32> {
    let parts = pages.iter().flat_map(|page| &page.entries).flat_map(|entry| &entry.scopes);
    let mut scopes: Vec<u32> = parts.map(|part| part.scope).collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

async fn refusal(device: &TestDevice<'_>, counter: u64, scope: Scope) -> Option<Reason> {
    let (_, action) = mark(counter, scope);
    sync(device, Cursor::default(), vec![action]).await.verdicts[0].reason
}

#[tokio::test]
async fn a_crowd_joins_a_walk_and_loses_it_when_it_ends() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    let walk = make_walk(&desk, "Aftentur").await;
    let (secret, issued) = invitation_to(&desk, &walk, "participant").await;
    assert_eq!(issued["access_until_ms"], walk["ends_at_ms"], "guests leave with the walk");
    assert_eq!(issued["expires_at_ms"], walk["ends_at_ms"], "and nobody joins when it is over");
    let (guest, other) = (server.join_by(&secret).await, server.join_by(&secret).await);
    let colleague = server.join(Role::Staff).await;
    let janitor = server.join(Role::Staff).await;
    colleague.post("/api/v1/walks/join", json!({ "secret": secret })).await.expect(204);
    let left = desk.get("/api/v1/invitations").await.expect(200)[0]["uses_left"].clone();
    colleague.post("/api/v1/walks/join", json!({ "secret": secret })).await.expect(204);
    assert_eq!(desk.get("/api/v1/invitations").await.expect(200)[0]["uses_left"], left, "again is no second time");

    let scope = Scope::Walk(u32::try_from(walk["number"].as_u64().unwrap()).unwrap());
    let (row, action) = mark(1, scope);
    assert_eq!(sync(&guest, Cursor::default(), vec![action]).await.verdicts[0].reason, None);
    for (device, readable) in [
        (&guest, vec![0, scope.number()]),
        (&other, vec![0, scope.number()]),
        (&colleague, vec![0, 1, scope.number()]),
        (&janitor, vec![0, 1]),
        (&desk, vec![0, 1, 2, scope.number()]),
    ] {
        assert_eq!(scopes(&read_all(device).await.0), readable);
    }
    assert_eq!(refusal(&janitor, 1, scope).await, Some(Reason::Permission));

    let cursor = after(read_all(&colleague).await.0.last().unwrap());
    janitor.delete(&format!("/api/v1/walks/{}", walk["id"].as_str().unwrap())).await.expect_error(403, "forbidden");
    desk.delete(&format!("/api/v1/walks/{}", walk["id"].as_str().unwrap())).await.expect(204);
    server.server.mirrored().await.unwrap();
    for device in [&guest, &colleague] {
        assert_eq!(refusal(device, 10, scope).await, Some(Reason::Permission), "the walk is over");
        assert!(!scopes(&read_all(device).await.0).contains(&scope.number()));
        let history = device.request(reqwest::Method::GET, &format!("/api/v1/history/{row}?speaks=3"));
        assert_eq!(history.send().await.unwrap().bytes().await.unwrap().as_ref(), [0x80], "nor by the history");
    }
    assert!(sync(&colleague, cursor, Vec::new()).await.walks.is_none());
    server.redeem(&secret).await.expect_error(410, "invitation_spent");
    janitor.post("/api/v1/walks/join", json!({ "secret": secret })).await.expect_error(410, "invitation_spent");
    let ask = json!({"role": "participant", "uses": 1, "expires_hours": 1, "walk": walk["id"]});
    desk.post("/api/v1/invitations", ask).await.expect_error(404, "not_found");
    assert_eq!(refusal(&desk, 10, scope).await, None, "coordinators gather what was marked");
    succeeds(&server.data_dir(), &["check", "--data", "."]);
}

#[tokio::test]
async fn a_colleague_who_is_invited_to_a_walk_stays_afterwards() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    let walk = make_walk(&desk, "Aftentur").await;
    let (secret, issued) = invitation_to(&desk, &walk, "staff").await;
    assert_eq!(issued["access_until_ms"], Json::Null);
    let colleague = server.join_by(&secret).await;
    assert_eq!(scopes(&read_all(&colleague).await.0), [0, 1, 17]);
    desk.delete(&format!("/api/v1/walks/{}", walk["id"].as_str().unwrap())).await.expect(204);
    assert_eq!(scopes(&read_all(&colleague).await.0), [0, 1]);
}

#[tokio::test]
async fn what_is_no_walk_is_refused() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    let now = now_ms();
    for (name, starts, ends) in [
        ("", now, now + HOUR_MS),
        ("Tur", now, now),
        ("Tur", now - 2 * HOUR_MS, now - HOUR_MS),
        ("Tur", now, now + 32 * 24 * HOUR_MS),
        ("Tur", i64::MIN, i64::MAX),
    ] {
        let ask = json!({"name": name, "starts_at_ms": starts, "ends_at_ms": ends});
        desk.post("/api/v1/walks", ask).await.expect_error(422, "invalid");
    }
    let ask = json!({"name": "010203-1234", "starts_at_ms": now, "ends_at_ms": now + HOUR_MS});
    desk.post("/api/v1/walks", ask).await.expect_error(422, "personal_number");
    assert_eq!(desk.get("/api/v1/walks").await.expect(200), json!([]));
    let plain = server.invite(Role::Staff).await;
    desk.post("/api/v1/walks/join", json!({ "secret": plain })).await.expect_error(404, "not_found");
    let ask = json!({"secret": "0".repeat(26)});
    desk.post("/api/v1/walks/join", ask).await.expect_error(404, "invitation_unknown");
}

#[tokio::test]
async fn the_command_line_makes_invites_to_and_ends_walks() {
    let server = TestServer::start().await;
    let area = server.area.to_string();
    let data = server.data_dir();
    let walk = ["walk", "create", "--data", ".", "--area", &area, "--name", "Søtur", "--lasts", "5h"];
    assert_eq!(succeeds(&data, &walk), "1\tSøtur\n");
    let invite = ["invite", "--data", ".", "--area", &area, "--role", "participant", "--walk", "1"];
    let printed = succeeds(&data, &invite);
    let secret = printed.split_once('#').unwrap().1.split_whitespace().next().unwrap();
    let guest = server.join_by(secret).await;
    assert_eq!(scopes(&read_all(&guest).await.0), [0, 17]);
    let told = succeeds(&data, &["person", "find", "--data", ".", &area, "Prøve Person"]);
    assert!(told.lines().any(|line| line.contains("walk")), "who asks is told: {told}");
    assert_eq!(succeeds(&data, &["walk", "list", "--data", ".", "--area", &area]), "1\topen\tSøtur\n");
    assert_eq!(succeeds(&data, &["walk", "end", "--data", ".", "--area", &area, "1"]), "1\tSøtur is over\n");
    assert_eq!(succeeds(&data, &["walk", "list", "--data", ".", "--area", &area]), "1\tended\tSøtur\n");
    fails(&data, &["walk", "end", "--data", ".", "--area", &area, "7"]);
    fails(&data, &invite);
}
