//! Messages from the worker to its page.

use crate::env::scope;
use js_sys::{Array, Object, Reflect, Uint8Array};
use trygkort_core::ipc::{Event, IpcError};
use wasm_bindgen::JsValue;

/// Says that messages are listened to from now on.
pub(crate) fn ready() {
    post(&message(&[("ready", JsValue::TRUE)]));
}

/// Says whether this worker has the database: a page that is frozen must not take it along.
pub(crate) fn leads(leads: bool) {
    post(&message(&[("leads", leads.into())]));
}

/// Answers a request with the JSON of its reply or of its error.
pub(crate) fn reply(id: f64, result: &Result<String, IpcError>) {
    let part = match result {
        Ok(json) => ("ok", JsValue::from_str(json)),
        Err(error) => ("err", JsValue::from_str(&error_json(error))),
    };
    post(&message(&[("id", id.into()), part]));
}

/// Answers with bytes, which move to the page without being copied once more.
pub(crate) fn reply_bytes(id: f64, bytes: Option<&[u8]>) {
    let Some(bytes) = bytes else { return post(&message(&[("id", id.into()), ("bytes", JsValue::NULL)])) };
    let array = Uint8Array::from(bytes);
    let transfer = Array::of1(&array.buffer());
    let message = message(&[("id", id.into()), ("bytes", array.into())]);
    scope().post_message_with_transfer(&message, &transfer).expect("a buffer can be moved");
}

/// Tells the screens what happened.
pub(crate) fn event(event: &Event) {
    let json = serde_json::to_string(event).expect("events are plain data");
    post(&message(&[("event", JsValue::from_str(&json))]));
}

fn error_json(error: &IpcError) -> String {
    serde_json::to_string(error).expect("errors are plain data")
}

fn message(fields: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &JsValue::from_str(name), value).expect("a new object takes any field");
    }
    object
}

fn post(message: &Object) {
    scope().post_message(message).expect("strings, numbers and objects can be cloned");
}
