//! What the tab that has the database does: answer the screens, keep in step with the server, and notice when to leave.

use crate::env::{BrowserEnv, host_info};
use crate::inbox::{Answer, Ask, Inbox};
use crate::net::{self, Abort};
use crate::outbox;
use crate::poke::PokeStream;
use crate::policy::{Situation, Verdict, may_leave};
use crate::storage::Pool;
use gloo_timers::callback::Timeout;
use std::rc::Rc;
use trygkort_core::app::{App, HttpRequest, HttpResponse, NetworkError, Pending, Step, SyncCall};
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{Boot, BootView, Event, IpcError, Request, Topic};
use wasm_bindgen_futures::spawn_local;

/// A person waits for these.
const CALL_TIMEOUT_MS: u32 = 30_000;
/// Nobody waits for these, and a first page or a base map over a bad connection takes its time.
const SYNC_TIMEOUT_MS: u32 = 120_000;
/// The demo's base map in the bundle.
const DEMO_MAP: &str = "demo.pmtiles";
/// All there is to reload when another tab may have changed anything.
const TOPICS: [Topic; 9] = [
    Topic::Area,
    Topic::Card,
    Topic::Contacts,
    Topic::Pins,
    Topic::Basemap,
    Topic::Reminders,
    Topic::Refusals,
    Topic::Updates,
    Topic::Photos,
];

/// The open core and what is under way for it.
pub(crate) struct Leader {
    app: App,
    pool: Pool,
    inbox: Rc<Inbox>,
    turn: u32,
    /// Requests of the screens that wait for the server.
    calls: usize,
    syncing: Option<Abort>,
    retry: Option<Timeout>,
    poke: Option<PokeStream>,
    /// What the core had to say about its files when nobody had asked it yet.
    unreported: Option<IpcError>,
}

impl Leader {
    /// Opens the core over files that this tab holds.
    pub(crate) fn open(pool: Pool, inbox: &Rc<Inbox>, turn: u32) -> Result<Self, IpcError> {
        let app = App::open(Box::new(pool.clone()), Box::new(BrowserEnv), host_info())?;
        let inbox = Rc::clone(inbox);
        let mut leader =
            Self { app, pool, inbox, turn, calls: 0, syncing: None, retry: None, poke: None, unreported: None };
        if turn > 1 {
            // Another tab may have changed anything meanwhile.
            leader.tell_everything_changed();
        }
        leader.app.request_sync();
        leader.fetch_demo_map();
        Ok(leader)
    }

    /// Serves until the database should be let go.
    pub(crate) async fn lead(&mut self) {
        loop {
            while let Some(answer) = self.inbox.next_answer() {
                self.take_answer(answer);
            }
            if let Some(ask) = self.inbox.next_ask() {
                self.answer(ask).await;
            }
            if self.inbox.has_asks() {
                // The screens first: synchronising is for when nobody waits.
                continue;
            }
            let verdict = may_leave(self.situation());
            self.keep_in_step(verdict);
            for event in self.app.take_events() {
                outbox::event(&event);
            }
            let _look_again = match verdict {
                Verdict::Leave => return,
                Verdict::LeaveWithin { ms } => Some(self.notify_after(ms)),
                Verdict::Stay => None,
            };
            if !self.inbox.has_asks() {
                self.inbox.changed().await;
            }
        }
    }

    /// Gives up what is under way and closes every file.
    pub(crate) fn close(self) {
        drop((self.syncing, self.retry, self.poke));
        if let Err(error) = self.app.close() {
            // What was saved is in the journal; the next one to open the file finds it there.
            web_sys::console::warn_1(&format!("a database could not be closed cleanly: {error}").into());
        }
    }

    async fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Request { id, json } => {
                let room = self.pool.make_room().await;
                match serde_json::from_str(&json) {
                    Ok(request) => self.handle(id, request, room),
                    Err(error) => outbox::reply(id, &Err(not_understood(&error))),
                }
            }
            Ask::Basemap { id } => match self.app.basemap() {
                Ok(bytes) => outbox::reply_bytes(id, bytes.as_deref()),
                Err(error) => outbox::reply(id, &Err(error.into())),
            },
        }
    }

    fn handle(&mut self, id: f64, request: Request, room: Result<(), IpcError>) {
        if matches!(request, Request::Boot(_))
            && let Some(error) = self.unreported.take()
        {
            return outbox::reply(id, &Err(error));
        }
        let may_want_map = matches!(request, Request::OpenDemo(_));
        let step = self.app.handle(request);
        self.take_step(id, step, room);
        if may_want_map {
            self.fetch_demo_map();
        }
    }

    fn take_step(&mut self, id: f64, step: Step, room: Result<(), IpcError>) {
        match step {
            // SQLite only knows that it got no file; why there was no room for one says more.
            Step::Reply(Err(error)) if error.code == ErrorCode::StorageRefused => {
                outbox::reply(id, &Err(room.err().unwrap_or(error)));
            }
            Step::Reply(result) => outbox::reply(id, &result),
            Step::Fetch { request, then } => self.call(id, request, then),
        }
    }

    /// Asks the server for the screens. Not given up when the tab is hidden: what the server did must become known.
    fn call(&mut self, id: f64, request: HttpRequest, pending: Pending) {
        self.calls += 1;
        let inbox = Rc::clone(&self.inbox);
        spawn_local(async move {
            let abort = Abort::new();
            let response = net::send(&request, &abort.0, CALL_TIMEOUT_MS).await;
            inbox.push_answer(Answer::Call { id, pending, response });
        });
    }

    fn take_answer(&mut self, answer: Answer) {
        match answer {
            Answer::Call { id, pending, response } => {
                // It may have been asked in an earlier turn; then it was not counted in this one.
                self.calls = self.calls.saturating_sub(1);
                let step = self.app.resume(pending, response);
                self.take_step(id, step, Ok(()));
            }
            Answer::Sync { turn, call, response } if turn == self.turn => self.finish_sync(call, response),
            Answer::Sync { .. } => {}
            Answer::DemoMap(bytes) => self.keep_demo_map(bytes),
        }
    }

    /// Synchronises when there is something to do, listens for pokes, and notices the way back online.
    fn keep_in_step(&mut self, verdict: Verdict) {
        if verdict == Verdict::Leave {
            return;
        }
        if self.inbox.take_came_online() {
            self.poke = None;
        }
        if self.inbox.take_sync_due() {
            self.retry = None;
            self.app.request_sync();
        }
        if self.syncing.is_none()
            && let Some((call, request)) = self.app.next_sync()
        {
            self.sync(call, request);
        }
        self.listen_for_pokes();
    }

    fn sync(&mut self, call: SyncCall, request: HttpRequest) {
        let abort = Abort::new();
        let controller = abort.0.clone();
        self.syncing = Some(abort);
        let (inbox, turn) = (Rc::clone(&self.inbox), self.turn);
        spawn_local(async move {
            let response = net::send(&request, &controller, SYNC_TIMEOUT_MS).await;
            inbox.push_answer(Answer::Sync { turn, call, response });
        });
    }

    fn finish_sync(&mut self, call: SyncCall, response: Result<HttpResponse, NetworkError>) {
        self.syncing = None;
        self.app.finish_sync(call, response);
        self.retry = self.app.retry_after_ms().map(|ms| {
            let inbox = Rc::clone(&self.inbox);
            Timeout::new(u32::try_from(ms).unwrap_or(u32::MAX), move || inbox.sync_soon())
        });
    }

    fn listen_for_pokes(&mut self) {
        let wanted = self.app.poke_request();
        let served = match (&self.poke, &wanted) {
            (Some(stream), Some(request)) => stream.serves(request),
            (None, None) => true,
            _ => false,
        };
        if !served {
            self.poke = wanted.map(|request| PokeStream::open(request, &self.inbox));
        }
    }

    fn situation(&self) -> Situation {
        Situation {
            leaving_for_ms: self.inbox.leaving_for_ms(),
            hurry: self.inbox.in_hurry(),
            asks: self.inbox.has_asks(),
            calls: self.calls > 0,
            syncing: self.syncing.is_some(),
        }
    }

    fn notify_after(&self, ms: u64) -> Timeout {
        let inbox = Rc::clone(&self.inbox);
        Timeout::new(u32::try_from(ms).unwrap_or(u32::MAX), move || inbox.notify())
    }

    fn tell_everything_changed(&mut self) {
        let Step::Reply(result) = self.app.handle(Request::Boot(Boot {})) else { return };
        let boot: Option<BootView> = match result {
            Ok(json) => serde_json::from_str(&json).ok(),
            // The lock says so itself, and every question is answered with it.
            Err(error) if error.code == ErrorCode::Locked => None,
            Err(error) => {
                self.unreported = Some(error);
                None
            }
        };
        if let Some(area) = boot.and_then(|boot| boot.current) {
            outbox::event(&Event::Changed { area, topics: TOPICS.to_vec() });
        }
    }

    /// The built-in demo's base map is a file of the app: fetched when the demo is opened, kept with the demo.
    fn fetch_demo_map(&mut self) {
        if !self.app.wants_demo_basemap() {
            return;
        }
        let inbox = Rc::clone(&self.inbox);
        spawn_local(async move {
            let bytes = net::app_file(DEMO_MAP).await;
            inbox.push_answer(Answer::DemoMap(bytes));
        });
    }

    fn keep_demo_map(&mut self, bytes: Option<Vec<u8>>) {
        let Some(bytes) = bytes else { return };
        if let Err(error) = self.app.set_demo_basemap(&bytes) {
            web_sys::console::warn_1(&format!("the demo's base map could not be kept: {error}").into());
        }
    }
}

fn not_understood(error: &serde_json::Error) -> IpcError {
    // The position only: the text of the error could quote what was written.
    let detail = format!("the request could not be read (line {}, column {})", error.line(), error.column());
    IpcError { code: ErrorCode::Internal, detail, field: None }
}
