//! What this browser lets the app do: be installed, use the clipboard, store anything at all.

use super::Var;
use crate::ipc::{InstallState, install_state, on_install_change};
use js_sys::Reflect;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// How this device can have the app on its home screen; follows the browser, which decides late.
pub(crate) fn use_install_state() -> Var<InstallState> {
    let state = Var::new(install_state());
    on_install_change(move || {
        state.try_set(install_state());
    });
    state
}

/// Whether the browser gives this address storage and a service worker: https or this machine.
pub(crate) fn is_secure() -> bool {
    window().is_secure_context()
}

/// Puts `text` on the clipboard. `false`: the browser refused.
pub(crate) async fn copy_text(text: &str) -> bool {
    match clipboard() {
        Some(clipboard) => JsFuture::from(clipboard.write_text(text)).await.is_ok(),
        None => false,
    }
}

/// What is on the clipboard, if the browser lets a page ask and the user agrees.
pub(crate) async fn paste_text() -> Option<String> {
    JsFuture::from(clipboard()?.read_text()).await.ok()?.as_string()
}

/// Old browsers and plain http have none.
fn clipboard() -> Option<web_sys::Clipboard> {
    let navigator = window().navigator();
    let there = Reflect::get(&navigator, &JsValue::from_str("clipboard")).is_ok_and(|value| value.is_truthy());
    there.then(|| navigator.clipboard())
}
