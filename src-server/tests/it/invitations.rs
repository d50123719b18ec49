//! Invitations: redeeming them, their limits, and who may issue them.

use crate::harness::TestServer;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashSet;
use trygkort_core::domain::Role;
use trygkort_server::InvitationSpec;

#[tokio::test]
async fn an_invitation_lets_one_device_in_with_its_role() {
    let server = TestServer::start().await;
    for role in Role::ALL {
        let secret = server.invite(role).await;
        let redeemed = server.redeem(&secret.to_lowercase()).await.expect(200);
        assert_eq!(redeemed["role"], role.as_str());
        assert_eq!(redeemed["area_id"], server.area.to_string());
        assert_eq!(redeemed["area_name"], "Prøveparken");
        assert_eq!(redeemed["demo"], false);
        assert!(redeemed["token"].as_str().unwrap().len() >= 26);
        server.redeem(&secret).await.expect_error(410, "invitation_spent");
    }
}

#[tokio::test]
async fn a_device_gets_all_that_was_agreed_and_a_number_of_its_own() {
    let server = TestServer::start().await;
    let spec = InvitationSpec { uses: 3, ..InvitationSpec::new(Role::Staff) };
    let secret = server.invite_as(spec).await;
    let mut origins = HashSet::new();
    for _ in 0..3 {
        let redeemed = server.redeem(&secret).await.expect(200);
        let fields: Vec<&String> = redeemed.as_object().unwrap().keys().collect();
        let agreed = ["area_id", "area_name", "demo", "device_id", "member_id", "origin", "role", "token"];
        assert_eq!(fields, agreed);
        assert!(origins.insert(redeemed["origin"].as_u64().unwrap()));
    }
    assert!(!origins.contains(&0), "0 is the server itself");
    server.redeem(&secret).await.expect_error(410, "invitation_spent");
}

#[tokio::test]
async fn two_devices_at_once_cannot_share_a_single_use() {
    let server = TestServer::start().await;
    let secret = server.invite(Role::Staff).await;
    let (one, other) = tokio::join!(server.redeem(&secret), server.redeem(&secret));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410]);
}

const ATTEMPT: &str = "00112233445566778899aabbccddeeff";
const ANOTHER: &str = "ffeeddccbbaa99887766554433221100";

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again_and_spends_nothing() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    let spec = InvitationSpec { uses: 2, ..InvitationSpec::new(Role::Staff) };
    let secret = server.invite_as(spec).await;
    let first = server.redeem_with(&secret, json!({"attempt": ATTEMPT})).await.expect(200);
    let renamed = json!({"attempt": ATTEMPT.to_uppercase(), "member_name": "Rettet", "device_name": "Vagttelefon"});
    let second = server.redeem_with(&secret, renamed).await.expect(200);
    for field in ["device_id", "member_id", "origin", "area_id", "role"] {
        assert_eq!(first[field], second[field], "{field}");
    }
    assert_ne!(first["token"], second["token"]);
    let [dead, alive] = [&first, &second].map(|reply| reply["token"].as_str());
    server.send(Method::GET, "/api/v1/devices", dead, None).await.expect_error(401, "unauthorized");
    let devices = server.send(Method::GET, "/api/v1/devices", alive, None).await.expect(200);
    assert_eq!((devices.as_array().unwrap().len(), &devices[0]["name"]), (1, &json!("Vagttelefon")));
    assert_eq!(desk.get("/api/v1/invitations").await.expect(200)[0]["uses_left"], 1);

    let other = server.redeem_with(&secret, json!({"attempt": ANOTHER})).await.expect(200);
    assert_ne!(other["device_id"], first["device_id"]);
    // The token has been used by now: a repeat is late, or somebody else's.
    for spent in [json!({"attempt": ATTEMPT}), json!({"attempt": "0".repeat(32)}), json!({})] {
        server.redeem_with(&secret, spent).await.expect_error(410, "invitation_spent");
    }
}

#[tokio::test]
async fn the_same_attempt_at_another_invitation_is_another_device() {
    let server = TestServer::start().await;
    let attempt = json!({"attempt": ATTEMPT});
    let one = server.redeem_with(&server.invite(Role::Staff).await, attempt.clone()).await.expect(200);
    let other = server.redeem_with(&server.invite(Role::Staff).await, attempt).await.expect(200);
    assert_ne!(one["device_id"], other["device_id"]);
}

#[tokio::test]
async fn two_requests_of_one_attempt_at_once_make_one_device() {
    let server = TestServer::start().await;
    let secret = server.invite(Role::Staff).await;
    let attempt = || server.redeem_with(&secret, json!({"attempt": ATTEMPT}));
    let (one, other) = tokio::join!(attempt(), attempt());
    assert_eq!(one.expect(200)["device_id"], other.expect(200)["device_id"]);
}

#[tokio::test]
async fn an_attempt_is_repeated_within_a_day_and_not_by_who_was_locked_out() {
    let server = TestServer::start().await;
    let control = rusqlite::Connection::open(server.data_dir().join("control.db")).unwrap();
    let hours_ago = |hours: i64| format!("created_at_ms - {}", hours * 3_600_000);
    let joined = async || {
        let secret = server.invite(Role::Staff).await;
        server.redeem_with(&secret, json!({"attempt": ATTEMPT})).await.expect(200);
        secret
    };
    let again = async |secret: &str| server.redeem_with(secret, json!({"attempt": ATTEMPT})).await;
    let change = |sql: String| assert!(control.execute(&sql, []).unwrap() > 0);

    let secret = joined().await;
    change(format!("UPDATE devices SET created_at_ms = {}", hours_ago(23)));
    change("UPDATE invitations SET expires_at_ms = 1".to_owned());
    again(&secret).await.expect(200);
    change(format!("UPDATE devices SET created_at_ms = {}", hours_ago(2)));
    again(&secret).await.expect_error(410, "invitation_spent");

    let secret = joined().await;
    change("UPDATE devices SET revoked_at_ms = 1".to_owned());
    again(&secret).await.expect_error(410, "invitation_spent");

    let secret = joined().await;
    change("UPDATE invitations SET revoked_at_ms = 1".to_owned());
    again(&secret).await.expect_error(410, "invitation_spent");
}

#[tokio::test]
async fn a_hand_over_is_repeated_too_and_keeps_the_members_name() {
    let server = TestServer::start().await;
    let phone = server.join(Role::Staff).await;
    let link = phone.post("/api/v1/hand-over", json!({})).await.expect(200);
    let secret = link["link"].as_str().unwrap().split_once('#').unwrap().1;
    let attempt = json!({"attempt": ATTEMPT, "member_name": "En anden"});
    let first = server.redeem_with(secret, attempt.clone()).await.expect(200);
    let second = server.redeem_with(secret, attempt).await.expect(200);
    assert_eq!(first["device_id"], second["device_id"]);
    assert_eq!(first["member_id"], phone.redeemed["member_id"]);
    let control = rusqlite::Connection::open(server.data_dir().join("control.db")).unwrap();
    let name: String = control.query_row("SELECT name FROM members", [], |row| row.get(0)).unwrap();
    assert_eq!(name, "Prøve Person");
}

#[tokio::test]
async fn what_is_no_attempt_is_refused_before_the_invitation_is_spent() {
    let server = TestServer::start().await;
    let secret = server.invite(Role::Staff).await;
    for attempt in ["", "1", &ATTEMPT[1..], "zz112233445566778899aabbccddeeff"] {
        server.redeem_with(&secret, json!({"attempt": attempt})).await.expect_error(422, "invalid");
    }
    server.redeem(&secret).await.expect(200);
}

#[tokio::test]
async fn an_expired_or_unknown_invitation_is_refused() {
    let server = TestServer::start().await;
    let expired = server.invite_as(InvitationSpec { expires_in_ms: 0, ..InvitationSpec::new(Role::Staff) }).await;
    server.redeem(&expired).await.expect_error(410, "invitation_spent");
    for unknown in ["00000000000000000000000000", "", "x", "ÆØÅ", &"0".repeat(10_000)] {
        server.redeem(unknown).await.expect_error(404, "invitation_unknown");
    }
}

#[tokio::test]
async fn ten_wrong_guesses_a_minute_and_then_a_pause() {
    let server = TestServer::start().await;
    for _ in 0..10 {
        server.redeem("00000000000000000000000000").await.expect_error(404, "invitation_unknown");
    }
    let refused = server.redeem("00000000000000000000000000").await;
    refused.expect_error(429, "too_many_attempts");
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    // Whoever has one gets in all the same, a moment later.
    let secret = server.invite(Role::Participant).await;
    server.redeem(&secret).await.expect(200);
}

#[tokio::test]
async fn a_crowd_behind_one_address_gets_in() {
    let server = TestServer::start().await;
    let spec = InvitationSpec { uses: 100, ..InvitationSpec::new(Role::Participant) };
    let secret = server.invite_as(spec).await;
    let crowd = futures::future::join_all((0..100).map(|_| server.redeem(&secret))).await;
    assert!(crowd.iter().all(|reply| reply.status == 200));
}

#[tokio::test]
async fn a_proxy_names_the_client_only_where_it_is_trusted() {
    for trusted in [false, true] {
        let server = TestServer::start_with(|config| config.trust_proxy = trusted).await;
        let guess = async |forwarded: String| {
            let request = server
                .client
                .post(format!("{}/api/v1/redeem", server.url))
                .header("content-type", "application/json")
                .header("x-forwarded-for", forwarded)
                .body(json!({"secret": "x", "member_name": "", "device_name": ""}).to_string());
            request.send().await.unwrap().status().as_u16()
        };
        for last in 0..11 {
            // What the client claims comes first and changes nothing.
            let expected = if trusted || last < 10 { 404 } else { 429 };
            assert_eq!(guess(format!("198.51.100.9, 192.0.2.{last}")).await, expected);
        }
    }
}

#[tokio::test]
async fn garbage_is_refused_in_json() {
    let server = TestServer::start().await;
    let post = async |body: &str, kind: &str| {
        let request = server.client.post(format!("{}/api/v1/redeem", server.url));
        crate::harness::Reply::of(request.header("content-type", kind).body(body.to_owned())).await
    };
    for body in ["", "{", "[]", "null", "{\"secret\": 1}", "{\"secret\":\"x\"}", "\u{0}", "{\"secret\":\"Hans\" x}"] {
        let reply = post(body, "application/json").await;
        reply.expect_error(400, "bad_request");
        assert!(!reply.body.contains("Hans"), "what was sent is not repeated");
    }
    post("{}", "text/plain").await.expect_error(415, "unsupported_media_type");
    let unknown_field = json!({"secret": "x", "member_name": "", "device_name": "", "role": "coordinator"});
    post(&unknown_field.to_string(), "application/json").await.expect_error(400, "bad_request");
}

#[tokio::test]
async fn names_are_checked_before_the_invitation_is_spent() {
    let server = TestServer::start().await;
    let secret = server.invite(Role::Staff).await;
    let try_name = async |name: &str| {
        let body = json!({"secret": secret, "member_name": name, "device_name": "Telefon"});
        server.send(Method::POST, "/api/v1/redeem", None, Some(body)).await
    };
    try_name(&"x".repeat(81)).await.expect_error(422, "invalid");
    try_name("a\u{0}b").await.expect_error(422, "invalid");
    try_name("Person 010203-1234").await.expect_error(422, "personal_number");
    try_name(&"å".repeat(80)).await.expect(200);
}

#[tokio::test]
async fn coordinators_issue_list_and_take_back() {
    let server = TestServer::start().await;
    let coordinator = server.join(Role::Coordinator).await;
    let issued = coordinator
        .post("/api/v1/invitations", json!({"role": "staff", "uses": 2, "expires_hours": 48}))
        .await
        .expect(200);
    let link = issued["link"].as_str().unwrap();
    let (address, secret) = link.split_once('#').unwrap();
    assert_eq!(address, format!("{}/i", server.url));
    assert_eq!((secret.len(), &issued["role"], &issued["uses"]), (26, &json!("staff"), &json!(2)));
    server.redeem(secret).await.expect(200);

    let listed = coordinator.get("/api/v1/invitations").await.expect(200);
    assert_eq!(listed.as_array().unwrap().len(), 1, "spent ones are gone");
    assert_eq!((&listed[0]["id"], &listed[0]["uses_left"]), (&issued["id"], &json!(1)));
    assert_eq!(listed[0]["expires_at_ms"], issued["expires_at_ms"]);

    let path = format!("/api/v1/invitations/{}", issued["id"].as_str().unwrap());
    coordinator.delete(&path).await.expect(204);
    coordinator.delete(&path).await.expect_error(404, "not_found");
    server.redeem(secret).await.expect_error(410, "invitation_spent");
    assert_eq!(coordinator.get("/api/v1/invitations").await.expect(200), json!([]));
}

#[tokio::test]
async fn nobody_else_issues_invitations() {
    let server = TestServer::start().await;
    for role in [Role::Staff, Role::Participant, Role::Resident] {
        let device = server.join(role).await;
        let body = json!({"role": "coordinator", "uses": 1, "expires_hours": 1});
        device.post("/api/v1/invitations", body).await.expect_error(403, "forbidden");
        device.get("/api/v1/invitations").await.expect_error(403, "forbidden");
    }
}

#[tokio::test]
async fn an_invitation_has_limits() {
    let server = TestServer::start().await;
    let coordinator = server.join(Role::Coordinator).await;
    let issue = async |body: Value| coordinator.post("/api/v1/invitations", body).await;
    for (uses, hours) in [(0, 1), (5001, 1), (1, 0), (1, 9000)] {
        let body = json!({"role": "staff", "uses": uses, "expires_hours": hours});
        issue(body).await.expect_error(422, "invalid");
    }
    for body in [
        json!({"role": "janitor", "uses": 1, "expires_hours": 1}),
        json!({"role": "staff", "uses": -1, "expires_hours": 1}),
        json!({"role": "staff"}),
    ] {
        issue(body).await.expect_error(400, "bad_request");
    }
}

#[tokio::test]
async fn a_coordinator_of_one_area_has_no_say_in_another() {
    let server = TestServer::start().await;
    let bbox = "9.50,47.12,9.54,47.16".parse().unwrap();
    let other = trygkort_server::AreaSpec { name: "Naboparken".to_owned(), bbox };
    let other = server.server.create_area(other).await.unwrap();
    let invitation = server.server.invite(other, InvitationSpec::new(Role::Coordinator)).await.unwrap();
    let stranger = server.join_by(invitation.secret.expose()).await;
    let own = server.join(Role::Coordinator).await;
    let issued = own.post("/api/v1/invitations", json!({"role": "staff", "uses": 1, "expires_hours": 1})).await;
    let id = issued.expect(200)["id"].as_str().unwrap().to_owned();
    assert_eq!(stranger.get("/api/v1/invitations").await.expect(200), json!([]));
    stranger.delete(&format!("/api/v1/invitations/{id}")).await.expect_error(404, "not_found");
}

#[tokio::test]
async fn a_member_takes_a_second_device_along() {
    let server = TestServer::start().await;
    let phone = server.join(Role::Staff).await;
    let link = phone.post("/api/v1/hand-over", json!({})).await.expect(200);
    assert_eq!((&link["uses"], &link["role"]), (&json!(1), &json!("staff")));
    let secret = link["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let office = server.join_by(&secret).await;
    assert_eq!(office.redeemed["member_id"], phone.redeemed["member_id"]);
    assert_ne!(office.redeemed["origin"], phone.redeemed["origin"]);
    server.redeem(&secret).await.expect_error(410, "invitation_spent");
    assert_eq!(office.get("/api/v1/devices").await.expect(200).as_array().unwrap().len(), 2);
}
