//! Access that was given for a while, as for the evening of a safety walk.

use crate::harness::{TestDevice, TestServer};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;
use trygkort_core::domain::Role;
use trygkort_server::InvitationSpec;

const HOUR_MS: i64 = 3_600_000;

/// Lets the access of a member end now.
fn end_access(server: &TestServer, member: &TestDevice<'_>) {
    let control = rusqlite::Connection::open(server.data_dir().join("control.db")).unwrap();
    let sql = "UPDATE members SET access_until_ms = 1 WHERE id = ?1 AND access_until_ms > 1";
    let ended = control.execute(sql, [member.redeemed["member_id"].as_str().unwrap()]).unwrap();
    assert_eq!(ended, 1, "it was to end some time");
}

async fn hand_over(device: &TestDevice<'_>) -> (String, i64) {
    let reply = device.post("/api/v1/hand-over", json!({})).await.expect(200);
    let link = reply["link"].as_str().unwrap();
    (link.split_once('#').unwrap().1.to_owned(), reply["expires_at_ms"].as_i64().unwrap())
}

#[tokio::test]
async fn an_evenings_invitation_lets_a_crowd_in_and_out_again() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    let body = json!({"role": "participant", "uses": 100, "expires_hours": 48, "access_hours": 5});
    let issued = desk.post("/api/v1/invitations", body).await.expect(200);
    let until = issued["access_until_ms"].as_i64().unwrap();
    assert_eq!(issued["expires_at_ms"], until, "nobody joins when it is over");
    let listed = desk.get("/api/v1/invitations").await.expect(200);
    assert_eq!(listed[0]["access_until_ms"], until);

    let secret = issued["link"].as_str().unwrap().split_once('#').unwrap().1;
    let (walker, other) = (server.join_by(secret).await, server.join_by(secret).await);
    walker.get("/api/v1/devices").await.expect(200);
    end_access(&server, &walker);
    for path in ["/api/v1/devices", "/api/v1/poke", "/api/v1/basemap"] {
        walker.get(path).await.expect_error(401, "expired");
    }
    other.get("/api/v1/devices").await.expect(200);
    desk.get("/api/v1/devices").await.expect(200);
}

#[tokio::test]
async fn a_device_that_was_handed_over_loses_access_with_the_member() {
    let server = TestServer::start().await;
    let spec = InvitationSpec { access_for_ms: Some(5 * HOUR_MS), ..InvitationSpec::new(Role::Participant) };
    let phone = server.join_by(&server.invite_as(spec).await).await;
    let (secret, expires_at_ms) = hand_over(&phone).await;
    let joined_ms = phone.get("/api/v1/devices").await.expect(200)[0]["created_at_ms"].as_i64().unwrap();
    assert!(expires_at_ms <= joined_ms + 5 * HOUR_MS, "not the usual 24 hours");
    let tablet = server.join_by(&secret).await;
    tablet.get("/api/v1/devices").await.expect(200);
    end_access(&server, &phone);
    tablet.get("/api/v1/devices").await.expect_error(401, "expired");

    let staff = server.join(Role::Staff).await;
    let (_, expires_at_ms) = hand_over(&staff).await;
    let joined_ms = staff.get("/api/v1/devices").await.expect(200)[0]["created_at_ms"].as_i64().unwrap();
    assert!((24 * HOUR_MS..24 * HOUR_MS + 60_000).contains(&(expires_at_ms - joined_ms)), "a day");
}

#[tokio::test]
async fn a_hand_over_link_is_for_one_device_and_dies_with_the_stolen_one() {
    let server = TestServer::start().await;
    let phone = server.join(Role::Staff).await;
    let office = server.join_by(&hand_over(&phone).await.0).await;
    let (unused, _) = hand_over(&phone).await;
    let (used, _) = hand_over(&phone).await;
    server.redeem(&used).await.expect(200);
    server.redeem(&used).await.expect_error(410, "invitation_spent");
    office.delete(&format!("/api/v1/devices/{}", phone.id())).await.expect(204);
    server.redeem(&unused).await.expect_error(410, "invitation_spent");
    let (fresh, _) = hand_over(&office).await;
    server.redeem(&fresh).await.expect(200);
}

/// Whoever steals a coordinator's telephone may invite themselves before it is locked out.
#[tokio::test]
async fn what_a_stolen_device_issued_dies_with_it() {
    let server = TestServer::start().await;
    let issue = async |device: &TestDevice<'_>| {
        let body = json!({"role": "coordinator", "uses": 5, "expires_hours": 48});
        let issued = device.post("/api/v1/invitations", body).await.expect(200);
        issued["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
    };
    let stolen = server.join(Role::Coordinator).await;
    let own = server.join_by(&hand_over(&stolen).await.0).await;
    let (by_stolen, by_own) = (issue(&stolen).await, issue(&own).await);
    server.redeem(&by_stolen).await.expect(200);
    own.delete(&format!("/api/v1/devices/{}", stolen.id())).await.expect(204);
    server.redeem(&by_stolen).await.expect_error(410, "invitation_spent");
    server.redeem(&by_own).await.expect(200);

    let desk = server.join(Role::Coordinator).await;
    let member = own.redeemed["member_id"].as_str().unwrap();
    desk.delete(&format!("/api/v1/members/{member}")).await.expect(204);
    server.redeem(&by_own).await.expect_error(410, "invitation_spent");
}

#[tokio::test]
async fn a_stream_ends_with_the_access() {
    let server = TestServer::start().await;
    let spec = InvitationSpec { access_for_ms: Some(3_000), ..InvitationSpec::new(Role::Participant) };
    let walker = server.join_by(&server.invite_as(spec).await).await;
    let mut stream = walker.request(Method::GET, "/api/v1/poke").send().await.unwrap();
    assert_eq!(stream.status(), 200);
    let ended = async { while stream.chunk().await.unwrap().is_some() {} };
    timeout(Duration::from_secs(20), ended).await.expect("it ends");
    walker.get("/api/v1/devices").await.expect_error(401, "expired");
}

#[tokio::test]
async fn how_long_is_checked() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    for hours in [0, 9000] {
        let body = json!({"role": "participant", "uses": 1, "expires_hours": 1, "access_hours": hours});
        desk.post("/api/v1/invitations", body).await.expect_error(422, "invalid");
    }
}
