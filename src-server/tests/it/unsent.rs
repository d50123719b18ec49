//! `trygkort import-unsent` beside a running server.

use crate::command_line::succeeds;
use crate::harness::{TestDevice, TestServer};
use crate::sync::{PIN_CHANGES, action, pin, read_all, request, sync, titles};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;
use trygkort_core::domain::{Entity, Role, Scope, schema};
use trygkort_core::seal;
use trygkort_core::wire::unsent::UnsentFile;
use trygkort_core::wire::v1::{Action, Cursor, Outcome, Push, SyncRequest, WireId};
use trygkort_core::wire::{VERSION, to_bytes};

const SEED: [u8; 32] = [7; 32];

/// A coordinator's device with a key.
async fn author(server: &TestServer) -> TestDevice<'_> {
    let public_key = blake3::Hash::from(seal::public_key(&SEED)).to_hex().to_string();
    let secret = server.invite(Role::Coordinator).await;
    let redeemed = server.redeem_with(&secret, json!({ "public_key": public_key })).await.expect(200);
    server.server.mirrored().await.unwrap();
    TestDevice { server, token: redeemed["token"].as_str().unwrap().to_owned(), redeemed }
}

/// What an author's device saves instead of sending it.
fn signed(author: &TestDevice<'_>, actions: Vec<Action>) -> Vec<u8> {
    let area = author.server.area;
    let hashes: Vec<_> = actions.iter().map(seal::action_hash).collect();
    let request = request(author, Cursor::default(), actions);
    let digest = seal::push_digest(area, request.origin, None, &[9; 16], &hashes);
    let signature = Some(seal::sign(&SEED, &digest).into());
    let request = SyncRequest { push: Some(Push { after: None, salt: [9; 16].into(), signature }), ..request };
    to_bytes(&UnsentFile { version: VERSION, area: WireId(area.0), request: request.into(), photos: None })
}

fn rename(server: &TestServer, counter: u64, name: &str) -> Action {
    let mut action = action(counter, Entity::Area, Scope::Public, vec![(schema::area::name, name.into())]);
    action.rows[0].row = WireId(server.area.0);
    action
}

fn named(server: &TestServer) -> String {
    let listed = succeeds(&server.data_dir(), &["area", "list", "--data", "."]);
    listed.trim_end().split_once('\t').unwrap().1.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_command_line_takes_reaches_the_devices_of_a_running_server() {
    let server = TestServer::start().await;
    let (author, desk) = (author(&server).await, server.join(Role::Coordinator).await);
    // So that the server knows what the area is called.
    let pushed = sync(&desk, Cursor::default(), vec![pin(1, "Fra før")]).await;
    assert_eq!(pushed.verdicts[0].outcome, Outcome::Applied);
    let mut stream = desk.request(Method::GET, "/api/v1/poke").send().await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "alive\n");

    let file = signed(&author, vec![pin(1, "Mørk sti"), rename(&server, 1 + PIN_CHANGES, "Åsen")]);
    std::fs::write(server.data_dir().join("usendt.trygkort"), file).unwrap();
    let said = succeeds(&server.data_dir(), &["import-unsent", "--data", ".", "usendt.trygkort"]);
    assert_eq!(said, "2 taken, 0 refused, 0 kept aside, 0 photo files\n");
    assert_eq!(named(&server), "Åsen");
    let poke = timeout(Duration::from_secs(5), stream.chunk()).await.expect("a poke in time");
    assert_eq!(poke.unwrap().unwrap(), "changed\n");
    assert_eq!(titles(&read_all(&desk).await.0), ["Fra før", "Mørk sti"]);

    let renamed = sync(&desk, Cursor::default(), vec![rename(&server, 1 + PIN_CHANGES, "Prøveparken")]).await;
    assert_eq!(renamed.verdicts[0].reason, None);
    assert_eq!(named(&server), "Prøveparken", "also where the server had copied that name before");
}
