//! A client of the first release against the real server, over HTTP: what it sends, and what it needs to read. How it
//! merges is tested in `src-core/tests/core/old_client.rs`.

/// The messages of then, shared with the tests of the core.
#[path = "../../src-core/tests/core/old_wire.rs"]
mod old;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use trygkort_core::domain::schema::map_pin;
use trygkort_core::domain::{Entity, Role, RowId, Scope};
use trygkort_core::hub::role_number;
use trygkort_core::wire::v1::WireId;
use trygkort_core::wire::{CONTENT_TYPE, from_bytes, to_bytes};
use trygkort_tests::raw::{new_row, somewhere};
use trygkort_tests::{Device, TestServer, http_client};

/// Whether a value is of the kind that the first client read.
type Kind = fn(&Json) -> bool;

/// The first client, as far as the network saw it.
struct OldClient {
    url: String,
    token: String,
    origin: u32,
    cursor: old::Cursor,
    /// The texts of every row that it has read.
    texts: BTreeMap<RowId, Vec<String>>,
}

impl OldClient {
    async fn join(link: &str) -> Self {
        let (url, secret) = link.split_once("/i#").unwrap();
        let body = json!({ "secret": secret, "member_name": "Gamle Jensen", "device_name": "Gammel telefon" });
        let post = http_client().post(format!("{url}/api/v1/redeem"));
        let answer = json_of(post.header("content-type", "application/json").body(body.to_string())).await;
        for key in ["area_id", "area_name", "role", "token", "device_id"] {
            assert!(answer[key].is_string(), "{key}: {answer}");
        }
        assert!(answer["demo"].is_boolean());
        let origin = u32::try_from(answer["origin"].as_u64().unwrap()).unwrap();
        let token = answer["token"].as_str().unwrap().to_owned();
        Self { url: url.to_owned(), token, origin, cursor: old::Cursor::default(), texts: BTreeMap::new() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        http_client().request(method, format!("{}/api/v1/{path}", self.url)).bearer_auth(&self.token)
    }

    /// Sends actions and reads to the end; returns the verdicts.
    async fn sync(&mut self, mut actions: Vec<old::Action>) -> Vec<old::Verdict> {
        let mut verdicts = Vec::new();
        loop {
            let (cursor, actions) = (self.cursor.clone(), std::mem::take(&mut actions));
            let body = to_bytes(&old::SyncRequest { version: 1, origin: self.origin, cursor, actions });
            let post = self.request(Method::POST, "sync").header("content-type", CONTENT_TYPE).body(body);
            let response = post.send().await.unwrap();
            assert_eq!(
                (response.status().as_u16(), &response.headers()["content-type"]),
                (200, &CONTENT_TYPE.parse().unwrap())
            );
            let answer: old::SyncResponse = from_bytes(&response.bytes().await.unwrap()).unwrap();
            assert_eq!((answer.version, answer.role), (1, role_number(Role::Coordinator)));
            verdicts.extend(answer.verdicts);
            let more = answer.page.more;
            self.take(answer.page);
            if !more {
                return verdicts;
            }
        }
    }

    /// Takes a page as the first client did: every scope without a gap, up to the head that the server names.
    fn take(&mut self, page: old::Page) {
        assert_eq!(page.from, self.cursor.position);
        let mut heads: BTreeMap<u8, u64> = self.cursor.scopes.iter().map(|head| (head.scope, head.seq)).collect();
        for part in page.entries.into_iter().flat_map(|entry| entry.scopes) {
            let head = heads.entry(part.scope).or_default();
            assert_eq!(part.first_seq, *head + 1, "a gap in scope {}", part.scope);
            *head += part.rows.len() as u64;
            for row in part.rows {
                let texts = row.fields.iter().map(|field| field.value.text().to_owned());
                self.texts.entry(row.row.0).or_default().extend(texts);
            }
        }
        for head in &page.heads {
            assert_eq!(heads.get(&head.scope).copied().unwrap_or(0), head.seq, "scope {}", head.scope);
        }
        let scopes = heads.into_iter().map(|(scope, seq)| old::ScopeSeq { scope, seq }).collect();
        self.cursor = old::Cursor { position: page.to, scopes };
    }

    fn has_read(&self, text: &str) -> bool {
        self.texts.values().flatten().any(|known| known == text)
    }

    /// Every object of a list has these, and as a number or a text what then was one.
    async fn lists(&self, path: &str, keys: &[(&str, Kind)]) {
        let list = json_of(self.request(Method::GET, path)).await;
        let list = list.as_array().unwrap();
        assert!(!list.is_empty(), "{path}");
        for (item, (key, is_it)) in list.iter().flat_map(|item| keys.iter().map(move |key| (item, key))) {
            assert!(is_it(&item[key]), "{path}: {key} of {item}");
        }
    }
}

async fn json_of(request: RequestBuilder) -> Json {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

fn a_pin(title: &str) -> old::Action {
    let fields =
        [(map_pin::title, title.into()), (map_pin::position, somewhere(1)), (map_pin::category, "place".into())];
    let change = old::RowChange {
        entity: Entity::MapPin.number(),
        row: WireId(new_row()),
        scope: u8::try_from(Scope::Network.number()).unwrap(),
        move_to: None,
        fields: fields.into_iter().map(|(field, value)| old::FieldChange { field, value, base: None }).collect(),
    };
    old::Action { counter: 1, hlc: 1_795_162_440_000, seen: 0, rows: vec![change] }
}

#[tokio::test]
async fn a_client_of_the_first_release_works_with_todays_server() {
    let server = TestServer::demo().await;
    let mut office = Device::joined(&server.invite(Role::Coordinator).await).await;
    let mut old = OldClient::join(&server.invite(Role::Coordinator).await).await;
    old.sync(Vec::new()).await;
    assert!(old.has_read("Ejendomskontoret"));

    let action = a_pin("Fra den gamle");
    let verdicts = old.sync(vec![action.clone()]).await;
    assert!(matches!(verdicts[..], [old::Verdict { counter: 1, outcome: old::Outcome::Applied, reason: None, .. }]));
    assert_eq!(old.sync(vec![action]).await, verdicts, "the same again is the same");
    Device::expect_settled(&office.sync().await);
    assert!(office.pin("Fra den gamle").await.is_some());

    office
        .save_pin(None, |pin| {
            pin.title = "Fra den nye".to_owned();
            pin.position = Some((55.638, 12.165));
        })
        .await
        .unwrap();
    Device::expect_settled(&office.sync().await);
    old.sync(Vec::new()).await;
    assert!(old.has_read("Fra den nye") && old.has_read("Fra den gamle"));

    let body = json!({ "role": "staff", "uses": 1, "expires_hours": 24 }).to_string();
    let post = old.request(Method::POST, "invitations").header("content-type", "application/json").body(body);
    let made = post.send().await.unwrap();
    assert!(made.status().is_success(), "{}", made.status());
    let (text, number): (Kind, Kind) = (Json::is_string, Json::is_number);
    old.lists("devices", &[("id", text), ("name", text), ("created_at_ms", number), ("this", Json::is_boolean)]).await;
    old.lists("invitations", &[("id", text), ("role", text), ("uses_left", number), ("expires_at_ms", number)]).await;
}
