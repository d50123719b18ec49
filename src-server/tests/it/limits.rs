//! What is too much, too odd or not there is refused in JSON.

use crate::harness::{Reply, TestDevice, TestServer};
use reqwest::Method;
use serde_json::json;
use std::num::NonZeroU32;
use trygkort_core::domain::Role;

const SYNC: &str = "application/vnd.trygkort.sync-v1+cbor";

#[tokio::test]
async fn a_body_over_two_mebibytes_is_refused() {
    let server = TestServer::start().await;
    let device = server.join(Role::Staff).await;
    for size in [(2 << 20) + 1, 3 << 20] {
        let request = device.request(Method::POST, "/api/v1/sync").header("content-type", SYNC);
        Reply::of(request.body(vec![0; size])).await.expect_error(413, "too_large");
    }
    let name = "x".repeat(3 << 20);
    device
        .patch(&format!("/api/v1/devices/{}", device.id()), json!({"name": name}))
        .await
        .expect_error(413, "too_large");
}

#[tokio::test]
async fn a_body_of_one_mebibyte_is_read() {
    let server = TestServer::start().await;
    let device = server.join(Role::Staff).await;
    let request = device.request(Method::POST, "/api/v1/sync").header("content-type", SYNC);
    Reply::of(request.body(vec![0xff; 1 << 20])).await.expect_error(400, "bad_request");
}

#[tokio::test]
async fn a_device_that_asks_too_often_waits() {
    let server = TestServer::start_with(|config| {
        config.rates.device_burst = NonZeroU32::new(5).unwrap();
        config.rates.device_per_second = NonZeroU32::new(1).unwrap();
    })
    .await;
    let device = server.join(Role::Staff).await;
    let other = server.join(Role::Staff).await;
    for _ in 0..5 {
        device.get("/api/v1/devices").await.expect(200);
    }
    let refused = device.get("/api/v1/devices").await;
    refused.expect_error(429, "too_many_requests");
    assert!(refused.headers.contains_key("retry-after"));
    other.get("/api/v1/devices").await.expect(200);
}

#[tokio::test]
async fn what_is_not_there_is_said_in_json() {
    let server = TestServer::start().await;
    for path in ["/api", "/api/", "/api/v1", "/api/v2/sync", "/api/v1/nothing"] {
        server.send(Method::GET, path, None, None).await.expect_error(404, "not_found");
    }
    for (method, path) in [
        (Method::GET, "/api/v1/sync"),
        (Method::GET, "/api/v1/redeem"),
        (Method::PUT, "/api/v1/devices"),
        (Method::POST, "/api/openapi.json"),
    ] {
        server.send(method, path, None, None).await.expect_error(405, "method_not_allowed");
    }
}

#[tokio::test]
async fn another_wire_version_is_told_to_update() {
    let server = TestServer::start().await;
    let device = server.join(Role::Staff).await;
    let post = async |kind: &'static str| {
        let request = device.request(Method::POST, "/api/v1/sync").header("content-type", kind);
        Reply::of(request.body(vec![0x80])).await
    };
    post("application/vnd.trygkort.sync-v2+cbor").await.expect_error(426, "outdated");
    post("application/cbor").await.expect_error(415, "unsupported_media_type");
}

#[tokio::test]
async fn an_area_whose_file_is_gone_is_our_error_and_others_go_on() {
    let server = TestServer::start().await;
    for entry in std::fs::read_dir(server.data_dir().join("areas")).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    // Who joins is let in all the same; their mirror has to wait.
    let redeemed = server.redeem(&server.invite(Role::Staff).await).await.expect(200);
    let token = redeemed["token"].as_str().unwrap().to_owned();
    let device = TestDevice { server: &server, token, redeemed };
    let reply = device.get("/api/v1/basemap").await;
    reply.expect_error(500, "internal");
    assert!(reply.headers.contains_key("x-request-id"));
    assert!(!reply.body.contains("unable to open"), "what lies behind stays in the log");
    device.get("/api/v1/devices").await.expect(200);
}
