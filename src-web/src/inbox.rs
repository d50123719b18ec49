//! What the worker was told and has not dealt with yet. The one loop of [`crate::worker`] looks at it whenever something
//! changed; nothing else acts on messages.

use crate::env::{now_ms, scope};
use js_sys::Reflect;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use trygkort_core::app::{HttpResponse, NetworkError, Pending, SyncCall};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

/// How tabs of this browser talk to each other.
const CHANNEL: &str = "trygkort";
/// *I wait for the database*: a hidden tab that still has it hurries.
const WANTED: &str = "wanted";
/// *Brug her*: a visible tab lets go, too.
const LET_GO: &str = "let-go";

/// A request of the screens.
pub(crate) enum Ask {
    /// The JSON of an `ipc::Request`.
    Request { id: f64, json: String },
    /// The open area's base map.
    Basemap { id: f64 },
}

/// An answer of the network.
pub(crate) enum Answer {
    /// To a request that only the server can answer. Valid for whichever `App` is open when it is handed over.
    Call { id: f64, pending: Pending, response: Result<HttpResponse, NetworkError> },
    /// To synchronising, for the `App` that asked, named by its turn.
    Sync { turn: u32, call: SyncCall, response: Result<HttpResponse, NetworkError> },
    /// The built-in demo's base map; `None`: not now.
    DemoMap(Option<Vec<u8>>),
}

/// Everything the worker was told, and one waker for whoever waits for more.
pub(crate) struct Inbox {
    asks: RefCell<VecDeque<Ask>>,
    answers: RefCell<VecDeque<Answer>>,
    visible: Cell<bool>,
    /// Since when this tab should let the database go.
    leaving_since_ms: Cell<Option<f64>>,
    hurry: Cell<bool>,
    sync_due: Cell<bool>,
    came_online: Cell<bool>,
    channel: Option<BroadcastChannel>,
    changed: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Inbox {
    /// Listens to the page and to the other tabs.
    pub(crate) fn listen() -> Rc<Self> {
        let inbox = Rc::new(Self {
            asks: RefCell::default(),
            answers: RefCell::default(),
            visible: Cell::new(false),
            leaving_since_ms: Cell::new(None),
            hurry: Cell::new(false),
            sync_due: Cell::new(false),
            came_online: Cell::new(false),
            channel: BroadcastChannel::new(CHANNEL).ok(),
            changed: Cell::new(false),
            waker: RefCell::default(),
        });
        let page = inbox.listener(Self::on_page_message);
        scope().set_onmessage(Some(page.unchecked_ref()));
        if let Some(channel) = &inbox.channel {
            let tabs = inbox.listener(Self::on_tab_message);
            channel.set_onmessage(Some(tabs.unchecked_ref()));
        }
        inbox
    }

    /// Waits until something was told since the last call.
    pub(crate) async fn changed(&self) {
        poll_fn(|context| {
            if self.changed.replace(false) {
                return Poll::Ready(());
            }
            *self.waker.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Makes the loop look again.
    pub(crate) fn notify(&self) {
        self.changed.set(true);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    pub(crate) fn is_visible(&self) -> bool {
        self.visible.get()
    }

    pub(crate) fn has_asks(&self) -> bool {
        !self.asks.borrow().is_empty()
    }

    pub(crate) fn next_ask(&self) -> Option<Ask> {
        self.asks.borrow_mut().pop_front()
    }

    pub(crate) fn next_answer(&self) -> Option<Answer> {
        self.answers.borrow_mut().pop_front()
    }

    pub(crate) fn push_answer(&self, answer: Answer) {
        self.answers.borrow_mut().push_back(answer);
        self.notify();
    }

    /// How long this tab has been asked to let go, if it has.
    pub(crate) fn leaving_for_ms(&self) -> Option<u64> {
        self.leaving_since_ms.get().map(|since_ms| (now_ms() - since_ms).max(0.0) as u64)
    }

    pub(crate) fn in_hurry(&self) -> bool {
        self.hurry.get()
    }

    /// Called when this tab's turn begins.
    pub(crate) fn begin_turn(&self) {
        self.leaving_since_ms.set((!self.visible.get()).then(now_ms));
        self.hurry.set(false);
    }

    pub(crate) fn sync_soon(&self) {
        self.sync_due.set(true);
        self.notify();
    }

    pub(crate) fn take_sync_due(&self) -> bool {
        self.sync_due.replace(false)
    }

    pub(crate) fn take_came_online(&self) -> bool {
        self.came_online.replace(false)
    }

    /// Tells the other tabs that this one waits.
    pub(crate) fn say_wanted(&self) {
        self.tell_tabs(WANTED);
    }

    fn tell_tabs(&self, word: &str) {
        if let Some(channel) = &self.channel {
            // A closed channel only means that nobody hears it.
            let _ = channel.post_message(&JsValue::from_str(word));
        }
    }

    fn leave(&self, hurry: bool) {
        if self.leaving_since_ms.get().is_none() {
            self.leaving_since_ms.set(Some(now_ms()));
        }
        if hurry {
            self.hurry.set(true);
        }
    }

    fn on_page_message(&self, data: &JsValue) {
        let field = |name: &str| Reflect::get(data, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED);
        if let Some(id) = field("id").as_f64() {
            let ask = match field("request").as_string() {
                Some(json) => Ask::Request { id, json },
                None => Ask::Basemap { id },
            };
            self.asks.borrow_mut().push_back(ask);
        } else if let Some(visible) = field("visible").as_bool() {
            self.on_visible(visible);
        } else if field("online").is_truthy() {
            self.sync_due.set(true);
            self.came_online.set(true);
        } else if field("take_over").is_truthy() {
            self.tell_tabs(LET_GO);
        }
    }

    fn on_visible(&self, visible: bool) {
        if visible && !self.visible.get() {
            self.sync_due.set(true);
            self.leaving_since_ms.set(None);
            self.hurry.set(false);
        } else if !visible {
            self.leave(false);
        }
        self.visible.set(visible);
    }

    fn on_tab_message(&self, data: &JsValue) {
        match data.as_string().as_deref() {
            // Kept even while this tab is seen: the message that it is hidden may come a moment later.
            Some(WANTED) => self.hurry.set(true),
            Some(LET_GO) => self.leave(true),
            _ => {}
        }
    }

    fn listener(self: &Rc<Self>, handle: fn(&Self, &JsValue)) -> JsValue {
        let inbox = Rc::clone(self);
        let closure: Closure<dyn FnMut(MessageEvent)> = Closure::new(move |event: MessageEvent| {
            handle(&inbox, &event.data());
            inbox.notify();
        });
        closure.into_js_value()
    }
}
