//! A device without the application: messages made by hand, as a hostile or broken client would make them.

use crate::http_client;
use serde_json::{Value as Json, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use trygkort_core::domain::{Entity, Position, RowId, Scope, Value};
use trygkort_core::wire::v1::{Action, Cursor, FieldChange, Page, RowChange, SyncRequest, SyncResponse, WireId};
use trygkort_core::wire::{CONTENT_TYPE, VERSION, from_bytes, to_bytes};
use uuid::Uuid;

/// A redeemed token and what to say with it.
pub struct RawDevice {
    /// The server.
    pub url: String,
    /// Its bearer token.
    pub token: String,
    /// Its number on the wire.
    pub origin: u32,
    client: reqwest::Client,
    next_counter: u64,
}

impl RawDevice {
    /// Redeems an invitation link.
    pub async fn join(link: &str) -> Self {
        let (url, secret) = link.split_once("/i#").expect("an invitation link");
        let client = http_client();
        let body = json!({ "secret": secret, "member_name": "Prøve", "device_name": "Prøve" });
        let redeem = client.post(format!("{url}/api/v1/redeem")).header("content-type", "application/json");
        let response = redeem.body(body.to_string()).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let answer: Json = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        let origin = u32::try_from(answer["origin"].as_u64().unwrap()).unwrap();
        let token = answer["token"].as_str().unwrap().to_owned();
        Self { url: url.to_owned(), token, origin, client, next_counter: 1 }
    }

    /// The same device behind another address, as a [`crate::WireTap`] gives one.
    #[must_use]
    pub fn via(self, url: String) -> Self {
        Self { url, ..self }
    }

    /// A GET with the token: status and body.
    pub async fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let response = self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token).send().await.unwrap();
        (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
    }

    /// Waits until the server has made the snapshot that is due.
    ///
    /// # Panics
    /// When none comes for a long time.
    pub async fn until_there_is_a_snapshot(&self) {
        const TRIES: u32 = 600;
        for _ in 0..TRIES {
            let request = SyncRequest { version: VERSION, origin: self.origin, speaks: Some(2), ..Default::default() };
            let answer: SyncResponse = from_bytes(&self.post(&request).await).unwrap();
            if answer.snapshot.is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no snapshot was made");
    }

    /// One exchange, bytes in and bytes out.
    pub async fn exchange_bytes(&self, cursor: Cursor, actions: Vec<Action>) -> Vec<u8> {
        self.post(&SyncRequest { version: VERSION, origin: self.origin, cursor, actions, ..Default::default() }).await
    }

    async fn post(&self, request: &SyncRequest) -> Vec<u8> {
        let post = self.client.post(format!("{}/api/v1/sync", self.url)).bearer_auth(&self.token);
        let response = post.header("content-type", CONTENT_TYPE).body(to_bytes(request)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.bytes().await.unwrap().to_vec()
    }

    /// One exchange.
    pub async fn exchange(&self, cursor: Cursor, actions: Vec<Action>) -> SyncResponse {
        from_bytes(&self.exchange_bytes(cursor, actions).await).unwrap()
    }

    /// Everything it may read, page by page.
    pub async fn read_all(&self) -> Vec<Page> {
        let (mut pages, mut cursor) = (Vec::new(), Cursor::default());
        loop {
            let page = self.exchange(cursor, Vec::new()).await.page;
            cursor = Cursor { position: page.to, scopes: page.heads.clone(), ..Default::default() };
            let more = page.more;
            pages.push(page);
            if !more {
                return pages;
            }
        }
    }

    /// An action on one row, with the next number.
    pub fn action(&mut self, entity: Entity, row: RowId, scope: Scope, fields: Vec<(u16, Value)>) -> Action {
        self.action_on(vec![change(entity, row, scope, fields)])
    }

    /// An action on several rows, with the next number.
    pub fn action_on(&mut self, rows: Vec<RowChange>) -> Action {
        let counter = self.next_counter;
        let action = Action { counter, hlc: now_ms(), seen: 0, all_or_nothing: None, rows };
        self.next_counter += action.change_count() as u64;
        action
    }
}

/// What an action does to one row.
#[must_use]
pub fn change(entity: Entity, row: RowId, scope: Scope, fields: Vec<(u16, Value)>) -> RowChange {
    let fields = fields.into_iter().map(|(field, value)| FieldChange { field, value, base: None }).collect();
    RowChange { entity: entity.number(), row: WireId(row), scope: scope.number(), move_to: None, fields }
}

/// A fresh row id.
#[must_use]
pub fn new_row() -> RowId {
    RowId(Uuid::now_v7())
}

/// A place in the middle of the sea, `n` steps from another.
#[must_use]
pub fn somewhere(n: u32) -> Value {
    let step = |n: u32| f64::from(n) * 1e-5;
    Value::Position(Position::from_degrees(55.6 + step(n % 100), 12.1 + step(n / 100)).unwrap())
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_millis()).expect("before the year 584,000,000")
}
