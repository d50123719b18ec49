//! Taking turns: the tab that is seen has the database, and gives it back when it is hidden or asked to.

use crate::inbox::{Ask, Inbox};
use crate::leader::Leader;
use crate::lock::{Lease, Request};
use crate::outbox;
use crate::storage::Pool;
use gloo_timers::callback::{Interval, Timeout};
use std::cell::Cell;
use std::rc::Rc;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{Event, IpcError};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

/// Changing tabs takes a moment; only who waits longer than this is told that another window has the database.
const WAIT_SHOWN_AFTER_MS: u32 = 400;
/// How often a waiting tab says so: the tab that has the database may not have known yet that it is hidden.
const WANTED_EVERY_MS: u32 = 1_000;

/// Runs when the module is loaded.
#[wasm_bindgen(start)]
pub(crate) fn start() {
    console_error_panic_hook::set_once();
    let inbox = Inbox::listen();
    outbox::ready();
    spawn_local(Worker { inbox, turns: 0, parked: Rc::default() }.run());
}

struct Worker {
    inbox: Rc<Inbox>,
    /// How many times this tab has had the database.
    turns: u32,
    /// Whether the screens were told that another window has it.
    parked: Rc<Cell<bool>>,
}

impl Worker {
    async fn run(mut self) {
        loop {
            while !self.inbox.is_visible() {
                self.inbox.changed().await;
            }
            if let Err(error) = self.take_turn().await {
                // What was asked is answered with the reason; the next question tries again.
                refuse(&self.inbox, &error);
                while !self.inbox.has_asks() {
                    self.inbox.changed().await;
                }
            }
        }
    }

    /// Waits for the database, serves until it is time to let go, and lets go. Ends early when the tab is hidden first.
    async fn take_turn(&mut self) -> Result<(), IpcError> {
        let told = self.tell_when_it_takes_long();
        let Some(_lease) = self.lock().await.map_err(|error| no_locks(&error))? else { return Ok(()) };
        outbox::leads(true);
        let inbox = Rc::clone(&self.inbox);
        let result = match Pool::acquire_when_free(|| inbox.is_visible()).await {
            Some(Ok(pool)) => {
                let result = self.serve(pool.clone(), told).await;
                pool.release();
                result
            }
            Some(Err(error)) => Err(error),
            None => Ok(()),
        };
        outbox::leads(false);
        result
    }

    async fn serve(&mut self, pool: Pool, told: Timeout) -> Result<(), IpcError> {
        self.inbox.begin_turn();
        self.turns += 1;
        pool.make_room().await?;
        let mut leader = Leader::open(pool, &self.inbox, self.turns)?;
        drop(told);
        if self.parked.replace(false) {
            outbox::event(&Event::Parked { parked: false });
        }
        leader.lead().await;
        leader.close();
        Ok(())
    }

    fn tell_when_it_takes_long(&self) -> Timeout {
        let parked = Rc::clone(&self.parked);
        Timeout::new(WAIT_SHOWN_AFTER_MS, move || {
            if !parked.replace(true) {
                outbox::event(&Event::Parked { parked: true });
            }
        })
    }

    /// The lock, or `None` when the tab was hidden before its turn came.
    async fn lock(&self) -> Result<Option<Lease>, JsValue> {
        let request = Request::queue(&self.inbox)?;
        let inbox = Rc::clone(&self.inbox);
        inbox.say_wanted();
        let _wanted = Interval::new(WANTED_EVERY_MS, move || inbox.say_wanted());
        while self.inbox.is_visible() {
            if let Some(lease) = request.granted() {
                return Ok(Some(lease));
            }
            self.inbox.changed().await;
        }
        Ok(None)
    }
}

/// Answers everything that waits with the reason why it cannot be answered.
fn refuse(inbox: &Inbox, error: &IpcError) {
    while let Some(Ask::Request { id, .. } | Ask::Basemap { id }) = inbox.next_ask() {
        outbox::reply(id, &Err(error.clone()));
    }
}

/// Browsers without Web Locks have no OPFS either; and both are missing where the page is not secure.
fn no_locks(error: &JsValue) -> IpcError {
    let why = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message())).unwrap_or_default();
    IpcError { code: ErrorCode::StorageRefused, detail: format!("the browser has no Web Locks: {why}"), field: None }
}
