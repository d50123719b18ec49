//! Long requests while an area is busy.

use crate::harness::{Reply, TestDevice, TestServer};
use crate::sync::{pin, request};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use trygkort_core::domain::Role;
use trygkort_core::wire::v1::Cursor;
use trygkort_core::wire::{CONTENT_TYPE, to_bytes};
use trygkort_server::{AreaSpec, InvitationSpec};

/// Keeps the server's thread from the file of the area, for up to five seconds.
fn busy(server: &TestServer) -> rusqlite::Connection {
    let file = server.data_dir().join(format!("areas/{}.db", server.area));
    let file = rusqlite::Connection::open(file).unwrap();
    file.execute_batch("BEGIN IMMEDIATE").unwrap();
    file
}

/// A push of more than 16 KiB. All of it is refused: nothing begins at number 0.
fn long_push(device: &TestDevice<'_>) -> RequestBuilder {
    let actions = (0..300).map(|_| pin(0, "Der er mørkt på stien bag vaskeriet")).collect();
    let body = to_bytes(&request(device, Cursor::default(), actions));
    assert!(body.len() > 16 * 1024);
    device.request(Method::POST, "/api/v1/sync").header("content-type", CONTENT_TYPE).body(body)
}

fn send(device: &TestDevice<'_>) -> JoinHandle<Reply> {
    tokio::spawn(Reply::of(long_push(device)))
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_keeps_one_area_busy_holds_up_no_other() {
    let server = TestServer::start().await;
    let mut crowd = Vec::new();
    for _ in 0..12 {
        crowd.push(server.join(Role::Staff).await);
    }
    // More than one: it may share its thread with the busy one.
    let mut others = Vec::new();
    for number in 0..8 {
        let spec = AreaSpec { name: format!("Område {number}"), bbox: "9.50,47.12,9.54,47.16".parse().unwrap() };
        let area = server.server.create_area(spec).await.unwrap();
        let invitation = server.server.invite(area, InvitationSpec::new(Role::Staff)).await.unwrap();
        others.push(server.join_by(invitation.secret.expose()).await);
    }
    let file = busy(&server);
    let waiting: Vec<_> = crowd.iter().map(send).collect();
    sleep(Duration::from_millis(300)).await;
    let elsewhere = others.iter().map(send);
    let first = timeout(Duration::from_secs(3), futures::future::select_all(elsewhere)).await;
    first.expect("one was answered while the area was busy").0.unwrap().expect_status(200);
    let again = Reply::of(long_push(&crowd[0])).await;
    again.expect_error(503, "unavailable");
    assert!(again.headers.contains_key("retry-after"));
    drop(file);
    for reply in waiting {
        reply.await.unwrap().expect_status(200);
    }
    Reply::of(long_push(&crowd[0])).await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_locked_out_while_waiting_for_a_turn_is_not_heard_any_more() {
    let server = TestServer::start().await;
    let (one, other) = (server.join(Role::Staff).await, server.join(Role::Staff).await);
    let stolen = server.join(Role::Staff).await;
    let link = stolen.post("/api/v1/hand-over", json!({})).await.expect(200);
    let own = server.join_by(link["link"].as_str().unwrap().split_once('#').unwrap().1).await;
    let file = busy(&server);
    let ahead = [send(&one), send(&other)];
    sleep(Duration::from_millis(300)).await;
    let waiting = send(&stolen);
    sleep(Duration::from_millis(1_200)).await;
    own.delete(&format!("/api/v1/devices/{}", stolen.id())).await.expect(204);
    drop(file);
    for reply in ahead {
        reply.await.unwrap().expect_status(200);
    }
    waiting.await.unwrap().expect_error(401, "revoked");
}
