//! Requests whose bodies are packed: what is inside counts as if it had come as it is, and so does its length.

use crate::harness::{Reply, TestDevice, TestServer};
use crate::sync::{action, request};
use reqwest::{Method, RequestBuilder};
use trygkort_core::app::{HttpRequest, PACKED};
use trygkort_core::domain::schema::contact;
use trygkort_core::domain::{Entity, Role, Scope};
use trygkort_core::wire::v1::{Cursor, SyncResponse};
use trygkort_core::wire::{CONTENT_TYPE, to_bytes};

/// The body as a device packs it.
fn packed(body: Vec<u8>) -> Vec<u8> {
    let plain = HttpRequest { method: "POST", url: String::new(), headers: Vec::new(), body, may_pack: true };
    let packed = plain.packed();
    assert_eq!(packed.headers, [(PACKED.0, PACKED.1.to_owned())]);
    packed.body
}

fn post(device: &TestDevice<'_>, encoding: &str, body: Vec<u8>) -> RequestBuilder {
    let post = device.request(Method::POST, "/api/v1/sync").header("content-type", CONTENT_TYPE);
    post.header("content-encoding", encoding).body(body)
}

async fn send(device: &TestDevice<'_>, encoding: &str, body: Vec<u8>) -> Reply {
    Reply::of(post(device, encoding, body)).await
}

#[tokio::test]
async fn a_packed_request_is_answered_as_the_plain_one() {
    let server = TestServer::start().await;
    let device = server.join(Role::Coordinator).await;
    let note = "Lyset er ude ved porten. ".repeat(23);
    let fields = vec![(contact::name, "Vagten".into()), (contact::note, note.as_str().into())];
    let action = action(1, Entity::Contact, Scope::Network, fields);
    let body = to_bytes(&request(&device, Cursor::default(), vec![action]));
    let sent = packed(body.clone());
    assert!(sent.len() < body.len() / 2);
    let answer = post(&device, PACKED.1, sent).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let response = SyncResponse::read(&answer.bytes().await.unwrap()).unwrap();
    assert!(response.verdicts[0].position.is_some() && response.unpacks == Some(true));
}

#[tokio::test]
async fn what_unpacks_to_too_much_is_too_large_however_small_it_came() {
    let server = TestServer::start().await;
    let device = server.join(Role::Staff).await;
    for size in [(2 << 20) + 1, 64 << 20] {
        let bomb = packed(vec![0; size]);
        assert!(bomb.len() < size / 500);
        send(&device, PACKED.1, bomb).await.expect_error(413, "too_large");
    }
    send(&device, PACKED.1, packed(vec![0; 2 << 20])).await.expect_error(400, "bad_request");
}

#[tokio::test]
async fn what_cannot_be_unpacked_is_refused_and_says_why() {
    let server = TestServer::start().await;
    let device = server.join(Role::Staff).await;
    let cut = packed(vec![0; 4_000]);
    for broken in [b"not packed at all".to_vec(), cut[..cut.len() / 2].to_vec(), Vec::new()] {
        send(&device, PACKED.1, broken).await.expect_error(400, "bad_request");
    }
    for encoding in ["gzip", "br", "deflate, deflate", "something"] {
        send(&device, encoding, packed(vec![0; 4_000])).await.expect_error(415, "unsupported_encoding");
    }
}
