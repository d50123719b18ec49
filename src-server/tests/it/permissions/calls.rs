//! The calls of the table, made by every role, and with tokens that are no longer good.

use super::table::{ROLES, calls};
use crate::harness::{Reply, TestDevice, TestServer};
use crate::walks::{HOUR_MS, invitation_to, make_walk, now_ms};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use trygkort_core::domain::Role;
use trygkort_core::wire::unsent::{self, UnsentFile};
use trygkort_core::wire::v1::{SyncRequest, WireId};
use trygkort_core::wire::{VERSION, to_bytes};
use trygkort_server::{AreaSpec, InvitationSpec};

/// Makes a call on the things of `owner`, and takes a walk by an invitation with this secret. The answer to a stream is
/// its head.
async fn call(device: &TestDevice<'_>, method: &Method, path: &str, owner: &TestDevice<'_>, secret: &str) -> Reply {
    if path.ends_with("/deliver") {
        return deliver_nothing(device).await;
    }
    let path = path.replace("{own}", owner.id()).replace("{row}", &owner.server.area.to_string());
    let body = match (method.as_str(), path.as_str()) {
        ("POST", "/api/v1/hand-over") => Some(json!({})),
        ("POST", "/api/v1/walks") => {
            Some(json!({"name": "Tur", "starts_at_ms": now_ms(), "ends_at_ms": now_ms() + HOUR_MS}))
        }
        ("POST", "/api/v1/walks/join") => Some(json!({"secret": secret})),
        ("POST", "/api/v1/blobs/missing") => Some(json!({"hashes": []})),
        ("POST", _) => Some(json!({"role": "resident", "uses": 1, "expires_hours": 1})),
        ("PATCH", path) if path.starts_with("/api/v1/members/") => Some(json!({"role": "staff"})),
        ("PATCH", _) => Some(json!({"name": "Telefon"})),
        _ => None,
    };
    if path.ends_with("/poke") {
        let response = device.request(method.clone(), &path).send().await.unwrap();
        if response.status() == 200 {
            return Reply { status: response.status(), headers: response.headers().clone(), body: String::new() };
        }
    }
    device.server.send(method.clone(), &path, Some(&device.token), body).await
}

/// Hands over a file with nothing in it.
async fn deliver_nothing(device: &TestDevice<'_>) -> Reply {
    let origin = u32::try_from(device.redeemed["origin"].as_u64().unwrap()).unwrap();
    let request = SyncRequest { version: VERSION, origin, ..SyncRequest::default() };
    let area = WireId(device.server.area.0);
    let file = UnsentFile { version: VERSION, area, request: request.into(), photos: None };
    let post = device.request(Method::POST, "/api/v1/deliver").header("content-type", unsent::CONTENT_TYPE);
    Reply::of(post.body(to_bytes(&file))).await
}

/// What is not there in these tests, and so answered in these words to whoever may ask for it.
fn is_missing(path: &str) -> Option<&'static str> {
    match path {
        "/api/v1/basemap" => Some("base map"),
        "/api/v1/snapshot/{hash}" => Some("snapshot"),
        "/api/v1/blobs/{hash}" => Some("photo"),
        _ => None,
    }
}

async fn open_invitation(server: &TestServer, desk: &TestDevice<'_>) -> String {
    server.invite(Role::Resident).await;
    desk.get("/api/v1/invitations").await.expect(200)[0]["id"].as_str().unwrap().to_owned()
}

/// An address without the names of what varies in it.
fn bare(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_call_of_a_device_is_in_the_table() {
    let server = TestServer::start().await;
    let description = server.send(Method::GET, "/api/openapi.json", None, None).await.expect(200);
    let listed: BTreeSet<(String, String)> =
        calls().iter().map(|row| (row.method.to_string(), bare(row.path))).collect();
    // What these do is in the table of rows, and in the words about tokens and uploads (`photos.rs`).
    let elsewhere = ["/api/v1/sync", "/api/v1/hand-in", "/api/v1/uploads", "/api/v1/uploads/{hash}"];
    let mut described = BTreeSet::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let open = operation["security"] == json!([{}]);
            if !open && !elsewhere.contains(&path.as_str()) {
                described.insert((method.to_uppercase(), bare(path)));
            }
        }
    }
    assert_eq!(listed, described, "docs/permissions.md, Calls");
}

async fn a_member(server: &TestServer) -> String {
    server.join(Role::Participant).await.redeemed["member_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_call_is_as_the_page_says() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    let calls = calls();
    assert_eq!(calls.len(), 21);
    for (column, role) in ROLES.into_iter().enumerate() {
        for row in &calls {
            // A device each: some calls end it.
            let device = server.join(role).await;
            let path = row.path.replace("{id}", &open_invitation(&server, &desk).await);
            let path = path.replace("{member}", &a_member(&server).await);
            let walk = make_walk(&desk, "Aftentur").await;
            let path = path.replace("{walk}", walk["id"].as_str().unwrap());
            let (secret, _) = invitation_to(&desk, &walk, "participant").await;
            let reply = call(&device, &row.method, &path, &device, &secret).await;
            let shown = format!("{role}: {} {} answers {}", row.method, row.path, reply.status);
            match (row.allowed[column], is_missing(row.path)) {
                (true, Some(what)) => {
                    reply.expect_error(404, "not_found");
                    assert!(reply.body.contains(&format!("no such {what}")), "{shown}: {}", reply.body);
                }
                (true, None) => assert!(reply.status.is_success(), "{shown}: {}", reply.body),
                (false, _) => reply.expect_error(403, "forbidden"),
            }
        }
    }
}

#[tokio::test]
async fn a_token_that_is_no_longer_good_gets_nothing_and_anothers_things_are_not_there() {
    let server = TestServer::start().await;
    let bbox = "9.50,47.12,9.54,47.16".parse().unwrap();
    let other = AreaSpec { name: "Naboparken".to_owned(), bbox };
    let other = server.server.create_area(other).await.unwrap();
    let desk = server.join(Role::Coordinator).await;
    let desk_member = desk.redeemed["member_id"].as_str().unwrap().to_owned();
    for role in ROLES {
        let expired = server.join(role).await;
        let control = rusqlite::Connection::open(server.data_dir().join("control.db")).unwrap();
        let member = expired.redeemed["member_id"].as_str().unwrap();
        control.execute("UPDATE members SET access_until_ms = 1 WHERE id = ?1", [member]).unwrap();
        let revoked = server.join(role).await;
        revoked.delete(&format!("/api/v1/devices/{}", revoked.id())).await.expect(204);
        let invitation = server.server.invite(other, InvitationSpec::new(role)).await.unwrap();
        let elsewhere = server.join_by(invitation.secret.expose()).await;
        let (open, walk) = (open_invitation(&server, &desk).await, make_walk(&desk, "Aftentur").await);
        let walk_id = walk["id"].as_str().unwrap();
        let (secret, _) = invitation_to(&desk, &walk, "participant").await;
        for row in calls() {
            let path = row.path.replace("{id}", &open).replace("{member}", &desk_member).replace("{walk}", walk_id);
            call(&expired, &row.method, &path, &expired, &secret).await.expect_error(401, "expired");
            call(&revoked, &row.method, &path, &revoked, &secret).await.expect_error(401, "revoked");
            if row.path.contains('{') && !row.path.contains("{row}") && !row.path.contains("{hash}") {
                let for_coordinators = !row.allowed[0];
                let expected = if role != Role::Coordinator && for_coordinators { 403 } else { 404 };
                let reply = call(&elsewhere, &row.method, &path, &desk, &secret).await;
                assert_eq!(reply.status.as_u16(), expected, "{role}: {} {}", row.method, row.path);
            }
        }
        // Its link is no way onto it for those who are members elsewhere.
        elsewhere.post("/api/v1/walks/join", json!({"secret": secret})).await.expect_error(404, "not_found");
        if role == Role::Coordinator {
            let ask = json!({"role": "participant", "uses": 1, "expires_hours": 1, "walk": walk_id});
            elsewhere.post("/api/v1/invitations", ask).await.expect_error(404, "not_found");
        }
        let walks = desk.get("/api/v1/walks").await.expect(200);
        assert!(walks.as_array().unwrap().iter().any(|open| open["id"] == walk_id), "{role}: it goes on");
        let listed = desk.get("/api/v1/invitations").await.expect(200);
        assert!(listed.as_array().unwrap().iter().any(|invitation| invitation["id"] == open.as_str()));
    }
    assert_eq!(desk.get("/api/v1/devices").await.expect(200).as_array().unwrap().len(), 1);
}
