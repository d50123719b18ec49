//! Tokens and devices: who is let in, who is locked out, and what is kept of the secrets.

use crate::command_line::succeeds;
use crate::harness::{TestDevice, TestServer};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use trygkort_core::domain::Role;

const FOR_DEVICES: [(Method, &str); 9] = [
    (Method::POST, "/api/v1/sync"),
    (Method::GET, "/api/v1/poke"),
    (Method::GET, "/api/v1/basemap"),
    (Method::POST, "/api/v1/hand-over"),
    (Method::GET, "/api/v1/invitations"),
    (Method::POST, "/api/v1/invitations"),
    (Method::GET, "/api/v1/devices"),
    (Method::PATCH, "/api/v1/devices/00000000-0000-0000-0000-000000000000"),
    (Method::DELETE, "/api/v1/devices/00000000-0000-0000-0000-000000000000"),
];

#[tokio::test]
async fn without_a_token_nothing_is_to_be_had() {
    let server = TestServer::start().await;
    for (method, path) in FOR_DEVICES {
        for token in [None, Some(""), Some("00000000000000000000000000000000"), Some("wrong"), Some("ÆØÅ\u{7f}")] {
            let Some(token) = token else {
                let reply = server.send(method.clone(), path, None, None).await;
                reply.expect_error(401, "unauthorized");
                assert_eq!(reply.headers["www-authenticate"], "Bearer");
                continue;
            };
            if let Ok(value) = reqwest::header::HeaderValue::from_str(&format!("Bearer {token}")) {
                let request = server.client.request(method.clone(), format!("{}{path}", server.url));
                let reply = crate::harness::Reply::of(request.header("authorization", value)).await;
                reply.expect_error(401, "unauthorized");
            }
        }
    }
    let basic = server.client.get(format!("{}/api/v1/devices", server.url)).basic_auth("a", Some("b"));
    crate::harness::Reply::of(basic).await.expect_error(401, "unauthorized");
}

#[tokio::test]
async fn a_device_that_was_locked_out_hears_so() {
    let server = TestServer::start().await;
    let phone = server.join(Role::Staff).await;
    let link = phone.post("/api/v1/hand-over", json!({})).await.expect(200);
    let office = server.join_by(link["link"].as_str().unwrap().split_once('#').unwrap().1).await;

    office.delete(&format!("/api/v1/devices/{}", phone.id())).await.expect(204);
    for (method, path) in FOR_DEVICES {
        server.send(method, path, Some(&phone.token), None).await.expect_error(401, "revoked");
    }
    let left = office.get("/api/v1/devices").await.expect(200);
    assert_eq!(left.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn devices_are_listed_and_renamed_by_their_member_only() {
    let server = TestServer::start().await;
    let own = server.join(Role::Staff).await;
    let other = server.join(Role::Coordinator).await;
    let path = format!("/api/v1/devices/{}", own.id());

    own.patch(&path, json!({"name": "  Vagttelefon  "})).await.expect(204);
    let listed = own.get("/api/v1/devices").await.expect(200);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!((&listed[0]["name"], &listed[0]["this"]), (&json!("Vagttelefon"), &json!(true)));
    assert!(listed[0]["created_at_ms"].as_i64().unwrap() > 1_700_000_000_000);

    other.patch(&path, json!({"name": "x"})).await.expect_error(404, "not_found");
    other.delete(&path).await.expect_error(404, "not_found");
    own.patch(&path, json!({"name": "  "})).await.expect_error(422, "invalid");
    own.patch(&path, json!({"name": "010203-1234"})).await.expect_error(422, "personal_number");
    own.patch("/api/v1/devices/7", json!({"name": "x"})).await.expect_error(404, "not_found");
}

#[tokio::test]
async fn when_a_device_was_last_seen_is_known() {
    let server = TestServer::start().await;
    let device = server.join(Role::Resident).await;
    device.get("/api/v1/devices").await.expect(200);
    // Written behind the request that saw it, so it may be there a moment later.
    let mut seen = None;
    while seen.is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
        seen = device.get("/api/v1/devices").await.expect(200)[0]["last_seen_ms"].as_i64();
    }
    let again = device.get("/api/v1/devices").await.expect(200)[0]["last_seen_ms"].as_i64();
    assert_eq!(seen, again, "at most once a minute");
}

#[tokio::test]
async fn secrets_are_nowhere_in_the_data() {
    let server = TestServer::start().await;
    let secret = server.invite(Role::Coordinator).await;
    let device = server.join_by(&secret).await;
    let attempt = "00112233445566778899aabbccddeeff";
    server.redeem_with(&server.invite(Role::Staff).await, json!({"attempt": attempt})).await.expect(200);
    let issued = device.post("/api/v1/invitations", json!({"role": "staff", "uses": 1, "expires_hours": 1})).await;
    let link = issued.expect(200)["link"].as_str().unwrap().to_owned();
    let secrets = [secret, device.token.clone(), link.split_once('#').unwrap().1.to_owned(), attempt.to_owned()];
    let data = server.stop().await;

    let mut searched = 0;
    for entry in std::fs::read_dir(data.path().join("data")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            searched += bytes.len();
            for secret in &secrets {
                for form in [secret.to_uppercase(), secret.to_lowercase()] {
                    let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
                    assert!(!found, "a secret lies in {}", path.display());
                }
            }
        }
    }
    assert!(searched > 10_000, "control.db was searched");
}

#[tokio::test]
async fn the_coordinators_role_counts_now_and_not_when_the_token_was_made() {
    let server = TestServer::start().await;
    let device = server.join(Role::Coordinator).await;
    device.get("/api/v1/invitations").await.expect(200);
    let desk = server.join(Role::Coordinator).await;
    let member =
        |device: &TestDevice<'_>| format!("/api/v1/members/{}", device.redeemed["member_id"].as_str().unwrap());
    desk.patch(&member(&device), json!({"role": "staff"})).await.expect(204);
    device.get("/api/v1/invitations").await.expect_error(403, "forbidden");
    device.patch(&member(&device), json!({"role": "coordinator"})).await.expect_error(403, "forbidden");

    desk.patch(&member(&desk), json!({"role": "staff"})).await.expect_error(403, "forbidden");
    desk.patch(&member(&device), json!({"role": "janitor"})).await.expect_error(400, "bad_request");
    desk.patch("/api/v1/members/7", json!({"role": "staff"})).await.expect_error(404, "not_found");
    let audit = succeeds(&server.data_dir(), &["audit", "--data", "."]);
    assert!(audit.contains("change_role") && audit.trim_end().ends_with(" staff"), "{audit}");
}

#[tokio::test]
async fn a_member_who_left_is_locked_out_with_all_their_devices() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    let phone = server.join(Role::Staff).await;
    let secret = async || {
        let link = phone.post("/api/v1/hand-over", json!({})).await.expect(200);
        link["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
    };
    let tablet = server.join_by(&secret().await).await;
    let open = secret().await;
    let colleague = server.join(Role::Staff).await;
    let mut stream = tablet.request(Method::GET, "/api/v1/poke").send().await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "alive\n");

    let path = format!("/api/v1/members/{}", phone.redeemed["member_id"].as_str().unwrap());
    desk.delete(&path).await.expect(204);
    for device in [&phone, &tablet] {
        device.get("/api/v1/devices").await.expect_error(401, "revoked");
    }
    while stream.chunk().await.unwrap().is_some() {}
    server.redeem(&open).await.expect_error(410, "invitation_spent");
    colleague.get("/api/v1/devices").await.expect(200);
    desk.delete("/api/v1/members/7").await.expect_error(404, "not_found");

    let dir = server.data_dir();
    let member = colleague.redeemed["member_id"].as_str().unwrap();
    let said = succeeds(&dir, &["person", "lock-out", "--data", ".", "Prøveparken", member]);
    assert_eq!(said, "1 devices are locked out\n");
    colleague.get("/api/v1/devices").await.expect_error(401, "revoked");
    let audit = succeeds(&dir, &["audit", "--data", "."]);
    let desk = desk.redeemed["member_id"].as_str().unwrap();
    let lines: Vec<&str> = audit.lines().collect();
    assert!(lines[0].contains(desk) && lines[0].contains("lock_out"), "{audit}");
    assert!(lines[1].contains("command line") && lines[1].ends_with(member), "{audit}");
}
