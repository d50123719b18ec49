//! The poke stream over HTTP. Who hears of what is tested beside the code; here it is that lines arrive at once.

use crate::command_line::succeeds;
use crate::harness::TestServer;
use crate::sync::read_all;
use reqwest::{Method, Response};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::timeout;
use trygkort_core::domain::{Entity, Role};

/// The next line, or nothing when the stream ended.
async fn next_line(stream: &mut Response) -> Option<String> {
    let chunk = timeout(Duration::from_secs(10), stream.chunk()).await.expect("a line in time");
    chunk.unwrap_or(None).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_line_comes_at_once() {
    let server = TestServer::start().await;
    let device = server.join(Role::Resident).await;
    let mut stream = device.request(Method::GET, "/api/v1/poke").send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(next_line(&mut stream).await.unwrap(), "alive\n");
}

#[tokio::test]
async fn the_stream_ends_when_the_device_is_locked_out() {
    let server = TestServer::start().await;
    let device = server.join(Role::Resident).await;
    let mut stream = device.request(Method::GET, "/api/v1/poke").send().await.unwrap();
    next_line(&mut stream).await.unwrap();
    device.delete(&format!("/api/v1/devices/{}", device.id())).await.expect(204);
    assert_eq!(next_line(&mut stream).await, None);
}

#[tokio::test]
async fn a_stop_ends_the_streams_and_does_not_wait_for_them() {
    let server = TestServer::start().await;
    let device = server.join(Role::Resident).await;
    let mut stream = device.request(Method::GET, "/api/v1/poke").send().await.unwrap();
    next_line(&mut stream).await.unwrap();
    let client = server.client.clone();
    let url = server.url.clone();
    timeout(Duration::from_secs(5), server.stop()).await.expect("stopped in time");
    assert_eq!(next_line(&mut stream).await, None);
    assert!(client.get(format!("{url}/healthz")).send().await.is_err(), "the port is free");
}

#[tokio::test]
async fn what_the_command_line_does_beside_the_server_is_heard() {
    let server = TestServer::start().await;
    let desk = server.join(Role::Coordinator).await;
    let mut stream = desk.request(Method::GET, "/api/v1/poke").send().await.unwrap();
    assert_eq!(next_line(&mut stream).await.unwrap(), "alive\n");
    succeeds(&server.data_dir(), &["invite", "--data", ".", "--area", "Prøveparken", "--role", "staff"]);
    assert_eq!(next_line(&mut stream).await.unwrap(), "changed\n");
    let (pages, _) = read_all(&desk).await;
    let rows =
        pages.iter().flat_map(|page| &page.entries).flat_map(|entry| &entry.scopes).flat_map(|scope| &scope.rows);
    let invitations: HashSet<_> =
        rows.filter(|row| row.entity == Entity::Invitation.number()).map(|row| row.row).collect();
    assert_eq!(invitations.len(), 2);
}
