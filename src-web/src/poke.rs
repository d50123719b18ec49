//! The long-lived stream by which the server says that something changed.

use crate::inbox::Inbox;
use crate::net::{self, Abort};
use crate::policy::{Backoff, PokeLines};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Reflect, Uint8Array};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use trygkort_core::app::HttpRequest;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ReadableStreamDefaultReader, Response};

/// The server says something every 25 s; a connection that is silent for longer than this is dead.
const SILENCE_MAX_MS: u32 = 70_000;

/// Listens until it is dropped, connecting again whenever the stream ends.
pub(crate) struct PokeStream {
    request: HttpRequest,
    shared: Rc<Shared>,
}

struct Shared {
    inbox: Rc<Inbox>,
    wanted: Cell<bool>,
    connection: RefCell<Option<Abort>>,
}

impl PokeStream {
    pub(crate) fn open(request: HttpRequest, inbox: &Rc<Inbox>) -> Self {
        let shared =
            Rc::new(Shared { inbox: Rc::clone(inbox), wanted: Cell::new(true), connection: RefCell::new(None) });
        spawn_local(listen(Rc::clone(&shared), request.clone()));
        Self { request, shared }
    }

    /// Whether this is the stream that `request` asks for.
    pub(crate) fn serves(&self, request: &HttpRequest) -> bool {
        self.request == *request
    }
}

impl Drop for PokeStream {
    fn drop(&mut self) {
        self.shared.wanted.set(false);
        self.shared.connection.take();
    }
}

async fn listen(shared: Rc<Shared>, request: HttpRequest) {
    let mut backoff = Backoff::default();
    let mut first = true;
    while shared.wanted.get() {
        let abort = Abort::new();
        let controller = abort.0.clone();
        *shared.connection.borrow_mut() = Some(abort);
        let response = {
            let _timer = shared.connection.borrow().as_ref().map(|abort| abort.after(SILENCE_MAX_MS));
            net::start(&request, &controller).await
        };
        if let Ok(response) = response
            && response.ok()
        {
            backoff.reset();
            if !first {
                // Whatever was said while nobody listened is asked for.
                shared.inbox.sync_soon();
            }
            first = false;
            // How it ended does not matter: it is opened again.
            let _ = read(&shared, &response).await;
        }
        shared.connection.take();
        TimeoutFuture::new(backoff.next_ms(js_sys::Math::random())).await;
    }
}

async fn read(shared: &Shared, response: &Response) -> Result<(), JsValue> {
    let Some(body) = response.body() else { return Ok(()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut lines = PokeLines::default();
    while shared.wanted.get() {
        let _timer = shared.connection.borrow().as_ref().map(|abort| abort.after(SILENCE_MAX_MS));
        let chunk = JsFuture::from(reader.read()).await?;
        if Reflect::get(&chunk, &"done".into())?.is_truthy() {
            break;
        }
        let bytes: Uint8Array = Reflect::get(&chunk, &"value".into())?.dyn_into()?;
        if lines.feed(&bytes.to_vec()) && shared.wanted.get() {
            shared.inbox.sync_soon();
        }
    }
    Ok(())
}
