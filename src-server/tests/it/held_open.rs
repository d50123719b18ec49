//! Requests whose bodies are long on their way: what counts is whether the device is let in when it is done, not when it
//! was begun.

use crate::harness::{TestDevice, TestServer};
use crate::walks::now_ms;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use trygkort_core::domain::Role;

/// A request whose head was let in, and whose body is half there.
struct HeldOpen {
    socket: TcpStream,
    rest: String,
}

impl HeldOpen {
    async fn begin(device: &TestDevice<'_>, method: Method, path: &str, body: Value) -> Self {
        let (address, token, body) = (device.server.server.local_addr(), &device.token, body.to_string());
        let mut socket = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
            body.len()
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        // The body is asked for once the device has been let in.
        let mut answer = vec![0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
        socket.read_exact(&mut answer).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 100 "), "{path}: {}", String::from_utf8_lossy(&answer));
        let (first, rest) = body.split_at(body.len() / 2);
        socket.write_all(first.as_bytes()).await.unwrap();
        Self { socket, rest: rest.to_owned() }
    }

    /// The status and the code of the answer, once the rest is sent.
    async fn end(mut self) -> (u16, String) {
        self.socket.write_all(self.rest.as_bytes()).await.unwrap();
        let mut answer = String::new();
        self.socket.read_to_string(&mut answer).await.unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    }
}

fn said(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn control(server: &TestServer) -> rusqlite::Connection {
    rusqlite::Connection::open(server.data_dir().join("control.db")).unwrap()
}

fn count(server: &TestServer, of: &str) -> u32 {
    control(server).query_row(&format!("SELECT COUNT(*) FROM {of}"), [], |row| row.get(0)).unwrap()
}

fn invitation() -> Value {
    json!({"role": "coordinator", "uses": 5, "expires_hours": 100})
}

fn evening() -> Value {
    json!({"name": "Aftenvandring", "starts_at_ms": now_ms(), "ends_at_ms": now_ms() + 3_600_000})
}

fn secret(issued: &Value) -> String {
    issued["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
}

fn member_of(device: &TestDevice<'_>) -> String {
    format!("/api/v1/members/{}", device.redeemed["member_id"].as_str().unwrap())
}

/// Another device of the same member.
async fn another<'a>(device: &TestDevice<'a>) -> TestDevice<'a> {
    let link = device.post("/api/v1/hand-over", json!({})).await.expect(200);
    device.server.join_by(&secret(&link)).await
}

#[tokio::test]
async fn what_a_stolen_device_had_begun_comes_to_nothing_when_it_is_locked_out() {
    let server = TestServer::start().await;
    let stolen = server.join(Role::Coordinator).await;
    let own = another(&stolen).await;
    let colleague = server.join(Role::Staff).await;
    let evening = evening();
    let walk = own.post("/api/v1/walks", evening.clone()).await.expect(200)["id"].clone();
    let mut to_the_walk = invitation();
    to_the_walk["walk"] = walk;
    let to_the_walk = secret(&own.post("/api/v1/invitations", to_the_walk).await.expect(200));

    let device = format!("/api/v1/devices/{}", stolen.id());
    let requests = [
        (Method::POST, "/api/v1/invitations".to_owned(), invitation()),
        (Method::POST, "/api/v1/hand-over".to_owned(), json!({})),
        (Method::POST, "/api/v1/walks".to_owned(), evening),
        (Method::POST, "/api/v1/walks/join".to_owned(), json!({"secret": to_the_walk})),
        (Method::PATCH, member_of(&colleague), json!({"role": "coordinator"})),
        (Method::PATCH, device.clone(), json!({"name": "Min nu"})),
    ];
    let mut begun = Vec::new();
    for (method, path, body) in requests {
        begun.push((path.clone(), HeldOpen::begin(&stolen, method, &path, body).await));
    }
    let tables = ["invitations", "walks", "walk_members", "audit", "members WHERE role = 'coordinator'"];
    let before = tables.map(|table| count(&server, table));
    own.delete(&device).await.expect(204);
    for (path, request) in begun {
        assert_eq!(request.end().await, said(401, "revoked"), "{path}");
    }
    assert_eq!(tables.map(|table| count(&server, table)), before);
    assert_eq!(count(&server, "devices WHERE name = 'Min nu'"), 0);
}

#[tokio::test]
async fn who_is_no_coordinator_any_more_does_not_end_what_one_began() {
    let server = TestServer::start().await;
    let (device, desk) = (server.join(Role::Coordinator).await, server.join(Role::Coordinator).await);
    let inviting = HeldOpen::begin(&device, Method::POST, "/api/v1/invitations", invitation()).await;
    let other = server.join(Role::Staff).await;
    let promoting = json!({"role": "coordinator"});
    let promoting = HeldOpen::begin(&device, Method::PATCH, &member_of(&other), promoting).await;
    let handing_over = HeldOpen::begin(&device, Method::POST, "/api/v1/hand-over", json!({})).await;
    desk.patch(&member_of(&device), json!({"role": "staff"})).await.expect(204);
    assert_eq!(inviting.end().await, said(403, "forbidden"));
    assert_eq!(promoting.end().await, said(403, "forbidden"));
    assert_eq!(handing_over.end().await, said(200, ""), "that takes no role");
    assert_eq!(desk.get("/api/v1/invitations").await.expect(200), json!([]));
}

#[tokio::test]
async fn whose_access_is_over_ends_nothing_that_was_begun() {
    let server = TestServer::start().await;
    let device = server.join(Role::Coordinator).await;
    let inviting = HeldOpen::begin(&device, Method::POST, "/api/v1/invitations", invitation()).await;
    let member = device.redeemed["member_id"].as_str().unwrap();
    control(&server).execute("UPDATE members SET access_until_ms = 1 WHERE id = ?1", [member]).unwrap();
    assert_eq!(inviting.end().await, said(401, "expired"));
}

#[tokio::test]
async fn a_device_can_be_locked_out_again_and_what_is_open_is_taken_back() {
    let server = TestServer::start().await;
    let stolen = server.join(Role::Coordinator).await;
    let own = another(&stolen).await;
    let issued = stolen.post("/api/v1/invitations", invitation()).await.expect(200);
    let handed_over = stolen.post("/api/v1/hand-over", json!({})).await.expect(200);
    let device = format!("/api/v1/devices/{}", stolen.id());
    own.delete(&device).await.expect(204);
    let since = "SELECT revoked_at_ms FROM devices WHERE revoked_at_ms IS NOT NULL";
    let since = || control(&server).query_row(since, [], |row| row.get::<_, i64>(0)).unwrap();
    let locked_out_at_ms = since();
    // As a server of before let them be issued after the lock-out.
    control(&server).execute("UPDATE invitations SET revoked_at_ms = NULL", []).unwrap();

    own.delete(&device).await.expect(204);
    for link in [issued, handed_over] {
        server.redeem(&secret(&link)).await.expect_error(410, "invitation_spent");
    }
    assert_eq!(since(), locked_out_at_ms);
}
