//! Uploads, hand-in and delivering with tokens that are no longer good, that were never given out, and of another area.
//! What the good ones may do stands in `photos.rs` and beside it.

use super::rows::{Ends, action, change, new_row, whole};
use super::table::ROLES;
use super::{join_walk, make_walks};
use crate::harness::{Reply, TestDevice, TestServer};
use crate::photos::{begin, files, hash, jpeg, send, tus};
use crate::sync::{read_all, request};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use trygkort_core::domain::{AreaId, Entity, Role, Scope};
use trygkort_core::seal;
use trygkort_core::wire::unsent::{self, UnsentFile};
use trygkort_core::wire::v1::{Action, Cursor, Push, SyncRequest, WireId};
use trygkort_core::wire::{CONTENT_TYPE, VERSION, to_bytes};
use trygkort_server::{AreaSpec, InvitationSpec};

/// Devices of one role that have no business here.
struct Strangers<'a> {
    /// The member's access is over.
    expired: TestDevice<'a>,
    /// Locked out.
    revoked: TestDevice<'a>,
    /// Whose token was never given out.
    forged: TestDevice<'a>,
    /// Of another area, where it is welcome.
    elsewhere: TestDevice<'a>,
}

impl<'a> Strangers<'a> {
    /// With what `first` does for those who were let in here, as long as they were.
    async fn of(server: &'a TestServer, other: AreaId, role: Role, first: impl AsyncFn(&TestDevice<'a>)) -> Self {
        let (expired, revoked) = (server.join(role).await, server.join(role).await);
        first(&expired).await;
        first(&revoked).await;
        expire(server, &expired);
        revoked.delete(&format!("/api/v1/devices/{}", revoked.id())).await.expect(204);
        let token = revoked.token.chars().rev().collect();
        let forged = TestDevice { server, token, redeemed: revoked.redeemed.clone() };
        let invitation = server.server.invite(other, InvitationSpec::new(role)).await.unwrap();
        let elsewhere = server.join_by(invitation.secret.expose()).await;
        Self { expired, revoked, forged, elsewhere }
    }

    /// Those whose token opens nothing, with what they are told.
    fn shut_out(&self) -> [(&TestDevice<'a>, &'static str); 3] {
        [(&self.expired, "expired"), (&self.revoked, "revoked"), (&self.forged, "unauthorized")]
    }
}

fn expire(server: &TestServer, device: &TestDevice<'_>) {
    let control = rusqlite::Connection::open(server.data_dir().join("control.db")).unwrap();
    let member = device.redeemed["member_id"].as_str().unwrap();
    control.execute("UPDATE members SET access_until_ms = 1 WHERE id = ?1", [member]).unwrap();
}

async fn another_area(server: &TestServer) -> AreaId {
    let bbox = "9.50,47.12,9.54,47.16".parse().unwrap();
    server.server.create_area(AreaSpec { name: "Naboparken".to_owned(), bbox }).await.unwrap()
}

/// Every file of an area that has to do with photos.
fn photo_files(server: &TestServer, area: AreaId) -> BTreeMap<PathBuf, Vec<u8>> {
    let folders = ["uploads", "blobs"].map(|folder| server.data_dir().join(folder).join(area.to_string()));
    let paths = folders.iter().flat_map(|folder| files(folder));
    paths.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

#[tokio::test]
async fn uploads_are_shut_to_tokens_that_are_not_good_here() {
    let server = TestServer::start().await;
    let other = another_area(&server).await;
    let staff = server.join(Role::Staff).await;
    let coordinator = server.join(Role::Coordinator).await;
    // Everybody is on it: then the token alone decides.
    let walk = make_walks(&server, &coordinator).await.invitation;
    let (photo, fresh) = (jpeg(1, 1_000), jpeg(2, 1_000));
    let (name, fresh) = (hash(&photo), hash(&fresh));
    begin(&staff, &name, photo.len()).await.expect(201);
    send(&staff, &name, 0, &photo[..500]).await.expect_status(204);
    for role in ROLES {
        let first = async |device: &TestDevice<'_>| {
            join_walk(device, &walk).await;
            begin(device, &name, photo.len()).await.expect(201);
            send(device, &name, 0, &photo[..500]).await.expect_status(204);
        };
        let strangers = Strangers::of(&server, other, role, first).await;
        let before = photo_files(&server, server.area);
        let path = format!("/api/v1/uploads/{name}");
        for (device, code) in strangers.shut_out() {
            for name in [&name, &fresh] {
                begin(device, name, photo.len()).await.expect_error(401, code);
            }
            send(device, &name, 500, &photo[500..]).await.expect_error(401, code);
            Reply::of(tus(device, "HEAD", &path)).await.expect_status(401);
            Reply::of(tus(device, "DELETE", &path)).await.expect_error(401, code);
        }

        let elsewhere = &strangers.elsewhere;
        let uploads = matches!(role, Role::Staff | Role::Coordinator);
        let refused = |reply: Reply| match uploads {
            true => reply.expect_error(404, "not_found"),
            false => reply.expect_error(403, "forbidden"),
        };
        refused(send(elsewhere, &name, 500, &photo[500..]).await);
        refused(Reply::of(tus(elsewhere, "DELETE", &path)).await);
        Reply::of(tus(elsewhere, "HEAD", &path)).await.expect_status(if uploads { 404 } else { 403 });
        let begun = begin(elsewhere, &name, photo.len()).await;
        if uploads {
            assert_eq!(begun.expect(201)["offset"], 0, "{role}: in its own area, from the start");
        } else {
            begun.expect_error(403, "forbidden");
        }
        assert_eq!(photo_files(&server, server.area), before, "{role}");
        let its_own = photo_files(&server, other);
        let empty = |(path, bytes): (&PathBuf, &Vec<u8>)| path.starts_with(server.data_dir()) && bytes.is_empty();
        assert!(its_own.iter().all(empty), "{role}: nothing of this area's in the other");
    }
    send(&staff, &name, 500, &photo[500..]).await.expect_status(204);
}

/// An author with a key, and what they could not send.
struct Author<'a> {
    device: TestDevice<'a>,
    seed: [u8; 32],
    counter: u64,
}

impl<'a> Author<'a> {
    async fn join(server: &'a TestServer) -> Self {
        let seed = [7; 32];
        let public_key = blake3::Hash::from(seal::public_key(&seed)).to_hex().to_string();
        let secret = server.invite(Role::Staff).await;
        let redeemed = server.redeem_with(&secret, json!({ "public_key": public_key })).await.expect(200);
        server.server.mirrored().await.unwrap();
        let token = redeemed["token"].as_str().unwrap().to_owned();
        Self { device: TestDevice { server, token, redeemed }, seed, counter: 1 }
    }

    /// A file as the author's device saves it: a pin, signed.
    fn file(&mut self, area: AreaId) -> Vec<u8> {
        let actions = vec![a_pin(&mut self.counter)];
        let hashes: Vec<_> = actions.iter().map(seal::action_hash).collect();
        let mut request = SyncRequest { actions, ..request(&self.device, Cursor::default(), Vec::new()) };
        let digest = seal::push_digest(area, request.origin, None, &[9; 16], &hashes);
        request.push =
            Some(Push { after: None, salt: [9; 16].into(), signature: Some(seal::sign(&self.seed, &digest).into()) });
        to_bytes(&UnsentFile { version: VERSION, area: WireId(area.0), request: request.into(), photos: None })
    }
}

fn a_pin(counter: &mut u64) -> Action {
    let ends = Ends { contact: new_row(), problem: new_row(), member: new_row(), pin: new_row() };
    let (row, fields) = whole(Entity::MapPin, ends);
    action(counter, vec![change(Entity::MapPin, row, Scope::Network, fields)])
}

async fn post(device: &TestDevice<'_>, path: &str, content_type: &str, body: &[u8]) -> Reply {
    let post = device.request(Method::POST, path).header("content-type", content_type);
    Reply::of(post.body(body.to_vec())).await
}

async fn deliver(device: &TestDevice<'_>, file: &[u8]) -> Reply {
    post(device, "/api/v1/deliver", unsent::CONTENT_TYPE, file).await
}

/// What stands in an area's log by devices, and what was kept aside.
fn kept(data: &Path, area: AreaId) -> (u64, u64) {
    let file = rusqlite::Connection::open(data.join(format!("areas/{area}.db"))).unwrap();
    let count = |sql| file.query_row(sql, [], |row| row.get(0)).unwrap();
    (count("SELECT COUNT(*) FROM entry WHERE origin > 0"), count("SELECT COUNT(*) FROM refused"))
}

#[tokio::test]
async fn nobody_delivers_with_a_token_that_is_not_good_here() {
    let server = TestServer::start().await;
    let other = another_area(&server).await;
    let mut author = Author::join(&server).await;
    let (file, its_own) = (author.file(server.area), author.file(other));
    let data = server.data_dir();
    for role in ROLES {
        let strangers = Strangers::of(&server, other, role, async |_| {}).await;
        for (device, code) in strangers.shut_out() {
            deliver(device, &file).await.expect_error(401, code);
        }
        deliver(&strangers.elsewhere, &file).await.expect_error(400, "bad_request");
        // Said to be of the other area, it is judged there, where its author is not known.
        let delivered = deliver(&strangers.elsewhere, &its_own).await.expect(200);
        assert_eq!(delivered, json!({"taken": 0, "refused": 0, "aside": 1}), "{role}");
        assert_eq!((kept(&data, server.area), kept(&data, other)), ((0, 0), (0, 1)), "{role}");
    }
    let resident = server.join(Role::Resident).await;
    let delivered = deliver(&resident, &file).await.expect(200);
    assert_eq!(delivered, json!({"taken": 1, "refused": 0, "aside": 0}), "with a good one");
    assert_eq!(kept(&data, server.area), (1, 0));
}

#[tokio::test]
async fn nobody_hands_in_but_who_is_locked_out_here() {
    let server = TestServer::start().await;
    let other = another_area(&server).await;
    let data = server.data_dir();
    let hand_in = async |device: &TestDevice<'_>| {
        let body = to_bytes(&request(device, Cursor::default(), vec![a_pin(&mut 1)]));
        post(device, "/api/v1/hand-in", CONTENT_TYPE, &body).await
    };
    let mut handed_in = 0;
    for role in ROLES {
        let good = server.join(role).await;
        let strangers = Strangers::of(&server, other, role, async |_| {}).await;
        for device in [&good, &strangers.forged, &strangers.elsewhere] {
            hand_in(device).await.expect_error(401, "unauthorized");
        }
        assert_eq!(kept(&data, server.area), (0, handed_in), "{role}");
        for device in [&strangers.expired, &strangers.revoked] {
            assert_eq!(hand_in(device).await.expect(200)["actions"], 1);
            hand_in(device).await.expect_error(409, "handed_in");
        }
        handed_in += 2;
        assert_eq!(kept(&data, server.area), (0, handed_in), "{role}: aside, once, and in no log");

        // Of whoever is locked out elsewhere, nothing comes here.
        let there = &strangers.elsewhere;
        there.delete(&format!("/api/v1/devices/{}", there.id())).await.expect(204);
        assert_eq!(hand_in(there).await.expect(200)["actions"], 1);
        assert_eq!((kept(&data, server.area), kept(&data, other).1), ((0, handed_in), handed_in / 2), "{role}");
    }
    let desk = server.join(Role::Coordinator).await;
    let entries: usize =
        read_all(&desk).await.0.iter().flat_map(|page| &page.entries).filter(|e| e.origin != 0).count();
    assert_eq!(entries, 0);
}
