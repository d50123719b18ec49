//! Devices of a server that is killed: they remember what they had an answer for, and go on where they were cut off.

use super::Random;
use crate::photos;
use crate::sync::{PIN_CHANGES, pin, titles_of};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use trygkort_core::domain::Entity;
use trygkort_core::ipc::to_base64;
use trygkort_core::wire::v1::{Action, Cursor, Page, SPEAKS, SyncRequest, SyncResponse};
use trygkort_core::wire::{CONTENT_TYPE, VERSION, to_bytes};

/// The server of this life.
#[derive(Clone, Copy)]
pub(super) struct Net<'a> {
    pub(super) client: &'a reqwest::Client,
    pub(super) url: &'a str,
    /// How many requests were cut off on the way.
    pub(super) cut: &'a Cell<u64>,
}

/// An answer that came whole.
struct Answer {
    status: StatusCode,
    headers: reqwest::header::HeaderMap,
    body: Vec<u8>,
}

impl Net<'_> {
    fn request(self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{}{path}", self.url))
    }

    /// Nothing: the server was killed.
    async fn ask(self, request: RequestBuilder) -> Option<Answer> {
        const PATIENCE: Duration = Duration::from_secs(30);
        let exchange = async {
            let response = request.send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
        };
        let answer: reqwest::Result<_> =
            tokio::time::timeout(PATIENCE, exchange).await.expect("an answer in time, or a broken connection");
        let cut = answer.as_ref().is_err_and(|error| !error.is_connect());
        self.cut.update(|count| count + u64::from(cut));
        answer.ok()
    }

    /// Redeems an invitation; `attempt` says which time this is the same as.
    pub(super) async fn join(self, secret: &str, attempt: &str) -> Option<Joined> {
        let body = json!({"secret": secret, "member_name": "Mona", "device_name": "Telefon", "attempt": attempt});
        let post = self.request("POST", "/api/v1/redeem").header("content-type", "application/json");
        let answer = self.ask(post.body(body.to_string())).await?;
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        let said: Value = serde_json::from_slice(&answer.body).unwrap();
        let origin = u32::try_from(said["origin"].as_u64().unwrap()).unwrap();
        let (token, device) =
            (said["token"].as_str().unwrap().to_owned(), said["device_id"].as_str().unwrap().to_owned());
        Some(Joined { token, device, origin })
    }

    /// Whether the server knows a token. `None`: it was killed.
    pub(super) async fn knows(self, token: &str) -> Option<bool> {
        let answer = self.ask(self.request("GET", "/api/v1/devices").bearer_auth(token)).await?;
        Some(answer.status == 200)
    }
}

/// A device that was let in.
pub(super) struct Joined {
    pub(super) token: String,
    pub(super) device: String,
    pub(super) origin: u32,
}

/// What is written of one action: its place in the log, and the titles that it gave.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    pub(super) position: u64,
    pub(super) titles: BTreeSet<String>,
}

/// The device and the number of an action.
pub(super) type Number = (u32, u64);

/// A device that marks pins, and reads what others mark.
pub(super) struct Writer {
    pub(super) joined: Joined,
    random: Random,
    next_counter: u64,
    unsent: Vec<Action>,
    cursor: Cursor,
    /// What it had a verdict for.
    pub(super) kept: BTreeMap<Number, Kept>,
    /// What it was sent.
    pub(super) read: BTreeMap<Number, Kept>,
}

impl Writer {
    pub(super) fn new(joined: Joined, random: Random) -> Self {
        let (kept, read) = (BTreeMap::new(), BTreeMap::new());
        Self { joined, random, next_counter: 1, unsent: Vec::new(), cursor: Cursor::default(), kept, read }
    }

    /// Marks and pushes until the server is killed. What had no answer goes again next time.
    pub(super) async fn work(&mut self, net: Net<'_>) {
        loop {
            if self.unsent.is_empty() {
                self.mark();
            }
            if self.exchange(net).await.is_none() {
                return;
            }
        }
    }

    /// One to three actions, of one to three pins each.
    fn mark(&mut self) {
        for _ in 0..=self.random.below(3) {
            let pins = self.random.below(3) + 1;
            let counter = self.next_counter;
            let title = |number: u64| format!("{} af {}, {number}", counter, self.joined.origin);
            let mut action = pin(counter, &title(0));
            action.rows.extend((1..pins).flat_map(|number| pin(counter, &title(number)).rows));
            self.next_counter += pins * PIN_CHANGES;
            self.unsent.push(action);
        }
    }

    /// Sends what is unsent, and reads on. Says whether there is more to read; nothing: the server was killed.
    pub(super) async fn exchange(&mut self, net: Net<'_>) -> Option<bool> {
        let body = to_bytes(&SyncRequest {
            version: VERSION,
            origin: self.joined.origin,
            cursor: self.cursor.clone(),
            actions: self.unsent.clone(),
            speaks: Some(SPEAKS),
            log_only: Some(true),
            ..Default::default()
        });
        let post = net.request("POST", "/api/v1/sync").bearer_auth(&self.joined.token);
        let answer = net.ask(post.header("content-type", CONTENT_TYPE).body(body)).await?;
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        let response = SyncResponse::read(&answer.body).unwrap();
        assert!(response.restart.is_none(), "it is the log that was read before");
        self.take_verdicts(&response);
        Some(self.take_page(&response.page))
    }

    fn take_verdicts(&mut self, response: &SyncResponse) {
        assert_eq!(response.verdicts.len(), self.unsent.len());
        for (action, verdict) in std::mem::take(&mut self.unsent).into_iter().zip(&response.verdicts) {
            let position = verdict.position.unwrap_or_else(|| panic!("refused: {verdict:?}"));
            let titles = titles_of(action.rows.iter().flat_map(|row| row.fields.iter().map(|f| (f.field, &f.value))));
            self.kept.insert((self.joined.origin, action.counter), Kept { position, titles: titles.collect() });
        }
    }

    fn take_page(&mut self, page: &Page) -> bool {
        for entry in &page.entries {
            let rows = entry.scopes.iter().flat_map(|scope| &scope.rows);
            let pins = rows.filter(|row| row.entity == Entity::MapPin.number());
            let titles = titles_of(pins.flat_map(|row| row.fields.iter().map(|f| (f.field, &f.value)))).collect();
            let kept = Kept { position: entry.position, titles };
            let before = self.read.insert((entry.origin, entry.counter), kept);
            assert_eq!(before, None, "{}/{} was sent twice", entry.origin, entry.counter);
        }
        self.cursor = Cursor { position: page.to, scopes: page.heads.clone(), epoch: page.epoch, mac: page.mac };
        page.more
    }
}

/// A device that sends photos in pieces, one after the other.
pub(super) struct Uploader {
    joined: Joined,
    /// Tells its photos from those of others.
    number: u32,
    photo: Vec<u8>,
    /// That it begun, and how far it came at least.
    answered: Option<usize>,
    /// How far it came if the request was taken whose answer was lost.
    at_most: usize,
    /// The names of those that are complete.
    pub(super) complete: BTreeSet<String>,
    /// How often it was cut off with a piece on the way.
    pub(super) cut: Cell<u64>,
}

const PHOTO_BYTES: usize = 30_000;
const PIECE_BYTES: usize = 6_000;

impl Uploader {
    pub(super) fn new(joined: Joined) -> Self {
        let photo = photos::jpeg(0, PHOTO_BYTES);
        Self { joined, number: 0, photo, answered: None, at_most: 0, complete: BTreeSet::new(), cut: Cell::new(0) }
    }

    /// The name of the photo on its way.
    pub(super) fn hash(&self) -> String {
        photos::hash(&self.photo)
    }

    pub(super) fn device(&self) -> &str {
        &self.joined.device
    }

    /// Sends photos until the server is killed.
    pub(super) async fn work(&mut self, net: Net<'_>) {
        while self.send_one(net).await.is_some() {
            self.number += 1;
            self.photo = photos::jpeg(self.number, PHOTO_BYTES);
        }
    }

    /// Sends the photo, or the rest of it.
    pub(super) async fn send_one(&mut self, net: Net<'_>) -> Option<()> {
        let mut offset = match self.standing(net).await? {
            Some(offset) => offset,
            None => self.begin(net).await?,
        };
        while offset < self.photo.len() {
            offset = self.send_piece(net, offset).await?;
        }
        self.complete.insert(self.hash());
        (self.answered, self.at_most) = (None, 0);
        Some(())
    }

    /// Where it goes on. What was answered for is not asked for again.
    async fn standing(&mut self, net: Net<'_>) -> Option<Option<usize>> {
        let answer = net.ask(self.tus(net, "HEAD", &format!("/api/v1/uploads/{}", self.hash()))).await?;
        if answer.status == 404 {
            assert_eq!(self.answered, None, "an upload was begun and is not there");
            return Some(None);
        }
        assert_eq!(answer.status, 200);
        let (offset, answered) = (offset_in(&answer), self.answered.unwrap_or(0));
        assert!((answered..=self.at_most.max(answered)).contains(&offset), "{answered}: {offset}");
        self.answered = Some(offset);
        Some(Some(offset))
    }

    async fn begin(&mut self, net: Net<'_>) -> Option<usize> {
        let metadata = format!("hash {}", to_base64(self.hash().as_bytes()));
        let post = self.tus(net, "POST", "/api/v1/uploads").header("upload-metadata", metadata);
        let answer = net.ask(post.header("upload-length", self.photo.len())).await?;
        assert_eq!((answer.status.as_u16(), offset_in(&answer)), (201, 0));
        self.answered = Some(0);
        Some(0)
    }

    async fn send_piece(&mut self, net: Net<'_>, offset: usize) -> Option<usize> {
        let end = self.photo.len().min(offset + PIECE_BYTES);
        self.at_most = end;
        let patch = self.tus(net, "PATCH", &format!("/api/v1/uploads/{}", self.hash()));
        let patch = patch.header("upload-offset", offset).header("content-type", "application/offset+octet-stream");
        let answer = Net { cut: &self.cut, ..net }.ask(patch.body(self.photo[offset..end].to_vec())).await?;
        assert_eq!((answer.status.as_u16(), offset_in(&answer)), (204, end));
        self.answered = Some(end);
        Some(end)
    }

    fn tus(&self, net: Net<'_>, method: &str, path: &str) -> RequestBuilder {
        net.request(method, path).bearer_auth(&self.joined.token).header("tus-resumable", "1.0.0")
    }
}

fn offset_in(answer: &Answer) -> usize {
    answer.headers["upload-offset"].to_str().unwrap().parse().unwrap()
}
