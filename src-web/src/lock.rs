//! The Web Lock that says which tab of this browser has the database.

use crate::inbox::Inbox;
use js_sys::{Function, Object, Promise, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::AbortController;

const NAME: &str = "trygkort-db";

#[wasm_bindgen]
extern "C" {
    // web-sys has these only behind a compiler flag for unstable interfaces.
    #[wasm_bindgen(js_namespace = ["navigator", "locks"], js_name = request, catch)]
    fn request_lock(name: &str, options: &Object, granted: &Function) -> Result<Promise, JsValue>;
}

/// The lock is held until this is dropped.
pub(crate) struct Lease {
    release: Function,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let _ = self.release.call0(&JsValue::NULL);
    }
}

/// Place in the queue for the lock. Dropping it leaves the queue, or gives the lock back if it was granted meanwhile.
pub(crate) struct Request {
    lease: Rc<RefCell<Option<Lease>>>,
    abort: AbortController,
}

impl Request {
    /// Queues up; `inbox` is notified when the lock is granted. Fails where the browser has no locks.
    pub(crate) fn queue(inbox: &Rc<Inbox>) -> Result<Self, JsValue> {
        let abort = AbortController::new()?;
        let options = Object::new();
        Reflect::set(&options, &"signal".into(), &abort.signal())?;
        let lease = Rc::new(RefCell::new(None));
        let granted = grant(Rc::downgrade(&lease), Rc::clone(inbox));
        let outcome = request_lock(NAME, &options, &granted)?;
        // It ends when the lock is given back, and fails when the request is withdrawn: both are as they should be.
        let ignore = Closure::once_into_js(|_: JsValue| {});
        let _ =
            Reflect::get(&outcome, &"catch".into()).and_then(|catch| Function::from(catch).call1(&outcome, &ignore));
        Ok(Self { lease, abort })
    }

    /// The lock, once it is granted.
    pub(crate) fn granted(&self) -> Option<Lease> {
        self.lease.borrow_mut().take()
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

/// The function that the browser calls with the lock: it holds it until the promise it answers with is resolved.
fn grant(lease: std::rc::Weak<RefCell<Option<Lease>>>, inbox: Rc<Inbox>) -> Function {
    let closure = Closure::once_into_js(move |_lock: JsValue| -> Promise {
        Promise::new(&mut |release, _| {
            // Nobody waits any more: dropping the lease gives it back at once.
            let held = Lease { release };
            if let Some(place) = lease.upgrade() {
                *place.borrow_mut() = Some(held);
            }
            inbox.notify();
        })
    });
    closure.into()
}
