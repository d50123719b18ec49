//! A device: the application with files in a folder, a clock that a test turns, and a network it can lose.

use crate::http_client;
use rusqlite::Connection;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::time::timeout;
use trygkort_core::app::{App, Env, Files, HostInfo, HttpRequest, HttpResponse, NetworkError, Step, SyncCall};
use trygkort_core::domain::{ContactId, PinId};
use trygkort_core::ipc::{
    Ask, ContactView, EditPin, GetContact, GetPins, GetSyncStatus, IpcError, PinForm, PinView, Redeem, SavePin, Saved,
    SearchContacts, SyncState, SyncStatus,
};
use trygkort_core::store::StoreError;
use trygkort_core::wire::v1::SyncRequest;
use trygkort_core::wire::{from_bytes, to_bytes};

/// How long to wait for what the network brings; only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// What went over the network for a device, bodies only.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// Bodies of all answers, in their order, as the device read them (after decompression).
    pub answers: Vec<Vec<u8>>,
    /// How many requests were made, answered or not.
    pub requests: u32,
}

/// A request that is ready to go, see [`Device::prepare_push`].
pub struct Push {
    call: SyncCall,
    request: HttpRequest,
}

impl Push {
    /// What is sent.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.request.body
    }
}

/// What came back from the server and has not been taken.
pub struct Answer(SyncCall, Result<HttpResponse, NetworkError>);

/// A device with the whole application on it.
pub struct Device {
    app: App,
    /// Milliseconds that its clock is ahead.
    skew_ms: Rc<Cell<i64>>,
    client: reqwest::Client,
    /// Whether requests reach the network.
    pub online: bool,
    /// What it sent and got.
    pub traffic: Traffic,
    folder: TempDir,
}

impl Device {
    /// A device without areas.
    #[must_use]
    pub fn blank() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let skew_ms = Rc::new(Cell::new(0));
        let app = open_app(folder.path(), &skew_ms);
        Self { app, skew_ms, client: http_client(), online: true, traffic: Traffic::default(), folder }
    }

    /// A device that has redeemed this invitation, and read everything there is.
    pub async fn joined(link: &str) -> Self {
        let mut device = Self::blank();
        device.redeem(link).await.unwrap();
        device.sync().await;
        device
    }

    /// Redeems an invitation.
    ///
    /// # Errors
    /// As the server says.
    pub async fn redeem(&mut self, link: &str) -> Result<(), IpcError> {
        self.ask(redeem(link)).await.map(drop)
    }

    /// Redeems an invitation, and loses the server's answer on the way back.
    pub async fn redeem_losing_the_answer(&mut self, link: &str) {
        let Step::Fetch { request, then } = self.app.handle(redeem(link).into_request()) else {
            panic!("redeeming needs the server")
        };
        self.carry(request).await.expect("the server answered");
        self.app.resume(then, Err(NetworkError));
    }

    /// Lets go of its connections: the next request makes one of its own.
    pub fn hang_up(&mut self) {
        self.client = http_client();
    }

    /// Asks as a screen does.
    ///
    /// # Errors
    /// What the screen would be told.
    pub async fn ask<A: Ask>(&mut self, ask: A) -> Result<A::Reply, IpcError> {
        let mut step = self.app.handle(ask.into_request());
        loop {
            match step {
                Step::Reply(reply) => return reply.map(|json| serde_json::from_str(&json).unwrap()),
                Step::Fetch { request, then } => {
                    let response = self.carry(request).await;
                    step = self.app.resume(then, response);
                }
            }
        }
    }

    /// Synchronises until there is nothing left to do, and says where that left it.
    pub async fn sync(&mut self) -> SyncStatus {
        self.app.request_sync();
        while let Some((call, request)) = self.app.next_sync() {
            let response = self.carry(request).await;
            self.app.finish_sync(call, response);
        }
        self.ask(GetSyncStatus {}).await.unwrap()
    }

    /// The same for a device that takes no snapshots, as those of before there were any.
    pub async fn sync_by_log(&mut self) -> SyncStatus {
        self.app.request_sync();
        while let Some((call, mut request)) = self.app.next_sync() {
            if let Ok(sent) = from_bytes::<SyncRequest>(&request.body) {
                request.body = to_bytes(&SyncRequest { speaks: Some(1), ..sent });
            }
            let response = self.carry(request).await;
            self.app.finish_sync(call, response);
        }
        self.ask(GetSyncStatus {}).await.unwrap()
    }

    /// Sends what is to be sent and waits for the answer, which [`Device::take`] takes.
    pub async fn push(&mut self) -> Answer {
        let push = self.prepare_push();
        self.send(push).await
    }

    /// Makes the request that sends what is to be sent; [`Device::send`] sends it.
    ///
    /// # Panics
    /// When there is nothing to send.
    pub fn prepare_push(&mut self) -> Push {
        self.app.request_sync();
        let (call, request) = self.app.next_sync().expect("something to send");
        Push { call, request }
    }

    /// Sends it and waits for the answer, which [`Device::take`] takes.
    pub async fn send(&mut self, push: Push) -> Answer {
        Answer(push.call, self.carry(push.request).await)
    }

    /// Takes the answer to what was sent.
    pub fn take(&mut self, answer: Answer) {
        self.app.finish_sync(answer.0, answer.1);
    }

    /// Sends what is to be sent, and loses the server's answer on the way back.
    pub async fn sync_losing_the_answer(&mut self) {
        self.app.request_sync();
        let (call, request) = self.app.next_sync().expect("something to send");
        self.carry(request).await.expect("the server answered");
        self.app.finish_sync(call, Err(NetworkError));
    }

    /// Ends the application in order and starts it again on the same files.
    #[must_use]
    pub fn restart(self) -> Self {
        let Self { app, skew_ms, client, online, traffic, folder } = self;
        app.close().unwrap();
        let app = open_app(folder.path(), &skew_ms);
        Self { app, skew_ms, client, online, traffic, folder }
    }

    /// Ends the application in order, copies its files, and starts it and the copy: a telephone put back from its backup
    /// while the one it was made of is still in use.
    #[must_use]
    pub fn copied(self) -> (Self, Self) {
        let Self { app, skew_ms, client, online, traffic, folder } = self;
        app.close().unwrap();
        let (other, other_skew) = (tempfile::tempdir().unwrap(), Rc::new(Cell::new(skew_ms.get())));
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), other.path().join(file.file_name())).unwrap();
        }
        let copy = Self {
            app: open_app(other.path(), &other_skew),
            skew_ms: other_skew,
            client: http_client(),
            online,
            traffic: Traffic::default(),
            folder: other,
        };
        let app = open_app(folder.path(), &skew_ms);
        (Self { app, skew_ms, client, online, traffic, folder }, copy)
    }

    /// Turns its clock forward (or back).
    pub fn turn_clock(&self, by_ms: i64) {
        self.skew_ms.set(self.skew_ms.get() + by_ms);
    }

    /// Opens the stream on which the server says that something has changed.
    pub async fn listen(&self) -> Listener {
        let request = self.app.poke_request().expect("the area has a server");
        let response = timeout(PATIENCE, build(&self.client, request).send()).await.expect("an answer").unwrap();
        assert_eq!(response.status(), 200);
        let mut listener = Listener { response };
        assert_eq!(listener.next().await.as_deref(), Some("alive\n"), "the stream begins by saying that it lives");
        listener
    }

    /// Everything the open area holds, in one canonical text.
    #[must_use]
    pub fn dump(&self) -> String {
        self.app.dump().unwrap()
    }

    /// The base map of the open area.
    #[must_use]
    pub fn basemap(&self) -> Option<Vec<u8>> {
        self.app.basemap().unwrap()
    }

    /// The token of the open area, taken from where the device puts it: its requests.
    #[must_use]
    pub fn token(&self) -> String {
        let headers = self.app.poke_request().expect("the area has a server").headers;
        let (_, value) = headers.into_iter().find(|(name, _)| *name == "authorization").expect("a token");
        value.strip_prefix("Bearer ").expect("a bearer token").to_owned()
    }

    /// The contact with this name, whole.
    pub async fn contact(&mut self, name: &str) -> ContactView {
        let id = self.contact_id(name).await;
        self.ask(GetContact { id }).await.unwrap()
    }

    /// The id of the contact with this name.
    pub async fn contact_id(&mut self, name: &str) -> ContactId {
        let found = self.ask(SearchContacts { query: name.to_owned(), limit: 50 }).await.unwrap();
        let mut rows = found.groups.into_iter().flat_map(|group| group.contacts);
        rows.find(|row| row.name == name).unwrap_or_else(|| panic!("no contact is called {name}")).id
    }

    /// The pin with this title.
    pub async fn pin(&mut self, title: &str) -> Option<PinView> {
        self.ask(GetPins {}).await.unwrap().into_iter().find(|pin| pin.title == title)
    }

    /// Fills in the pin form (for a new pin with `None`) and saves it.
    ///
    /// # Errors
    /// As the form would show.
    pub async fn save_pin(&mut self, id: Option<PinId>, change: impl FnOnce(&mut PinForm)) -> Result<Saved, IpcError> {
        let opened = self.ask(EditPin { id }).await?;
        let mut form = opened.form.clone();
        change(&mut form);
        self.ask(SavePin { opened, form }).await
    }

    /// Every file of the device, for looking for what must not be there. The application is ended first, so that
    /// nothing is left in a log beside the database.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.app.close().unwrap();
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        files.flat_map(|file| std::fs::read(file).unwrap()).collect()
    }

    async fn carry(&mut self, request: HttpRequest) -> Result<HttpResponse, NetworkError> {
        self.traffic.requests += 1;
        if !self.online {
            return Err(NetworkError);
        }
        let exchange = async {
            let response = build(&self.client, request).send().await?;
            let status = response.status().as_u16();
            Ok::<_, reqwest::Error>(HttpResponse { status, body: response.bytes().await?.to_vec() })
        };
        let response = timeout(PATIENCE, exchange).await.expect("an answer in time").map_err(|_| NetworkError)?;
        self.traffic.answers.push(response.body.clone());
        Ok(response)
    }
}

fn redeem(link: &str) -> Redeem {
    Redeem { link: link.to_owned(), member_name: "Mona".to_owned(), device_name: "Telefon".to_owned() }
}

fn build(client: &reqwest::Client, request: HttpRequest) -> reqwest::RequestBuilder {
    let request = request.packed();
    let method = reqwest::Method::from_bytes(request.method.as_bytes()).unwrap();
    let builder = client.request(method, request.url);
    request.headers.into_iter().fold(builder, |builder, (name, value)| builder.header(name, value)).body(request.body)
}

/// The stream of pokes.
pub struct Listener {
    response: reqwest::Response,
}

impl Listener {
    /// What came next; `None`: the server closed the stream.
    ///
    /// # Panics
    /// When nothing comes for a long time.
    pub async fn next(&mut self) -> Option<String> {
        let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("the server says something in time");
        chunk.ok().flatten().map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }
}

fn open_app(folder: &Path, skew_ms: &Rc<Cell<i64>>) -> App {
    App::open(
        Box::new(Folder(folder.to_owned())),
        Box::new(Machine { skew_ms: Rc::clone(skew_ms) }),
        HostInfo { version: "test".to_owned(), web_origin: None, language: "da".to_owned() },
    )
    .unwrap()
}

/// Database files in one folder.
struct Folder(PathBuf);

impl Files for Folder {
    fn open(&self, name: &str) -> Result<Connection, StoreError> {
        Ok(Connection::open(self.0.join(name))?)
    }

    fn exists(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        std::fs::remove_file(self.0.join(name)).map_err(|error| StoreError::Refused(error.to_string()))
    }

    fn set_aside(&self, name: &str) -> Result<(), StoreError> {
        let aside = self.0.join(format!("{name}.damaged"));
        std::fs::rename(self.0.join(name), aside).map_err(|error| StoreError::Refused(error.to_string()))
    }

    fn wipe(&self) -> Result<(), StoreError> {
        let refused = |error: std::io::Error| StoreError::Refused(error.to_string());
        for entry in std::fs::read_dir(&self.0).map_err(refused)? {
            std::fs::remove_file(entry.map_err(refused)?.path()).map_err(refused)?;
        }
        Ok(())
    }
}

/// This machine, with a clock that a test may turn.
struct Machine {
    skew_ms: Rc<Cell<i64>>,
}

impl Env for Machine {
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        i64::try_from(since.as_millis()).expect("before the year 292,000,000") + self.skew_ms.get()
    }

    fn utc_offset_minutes(&self, _: i64) -> i32 {
        60
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the system has a source of randomness");
    }
}

/// The states in which a device waits for nothing.
impl Device {
    /// Synchronises and expects to be up to date with nothing unsent.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn expect_settled(status: &SyncStatus) {
        assert_eq!((status.state, status.pending, status.refused), (SyncState::Idle, 0, 0));
    }
}
