//! The screens of Trygkort, in the browser and in the desktop window.
//!
//! The screens know requests and replies ([`ipc`]), never SQL and never HTTP. No tap waits for the network: what is
//! shown comes from the device, and what changes meanwhile arrives as an event.
//!
//! Start reading at [`app`] (what is where), then [`state`] (what screens share) and [`components`] (what they are
//! made of). A screen is a folder in [`features`]; every address is built in [`routes`].

#![expect(unreachable_pub, reason = "`#[component]` makes the struct of a component's properties `pub`")]

/// Typed keys for every sentence, made by `build.rs`; what screens use of it is in [`i18n`].
#[expect(unused, reason = "what is made has more ways to say a sentence than we need")]
mod sentences {
    include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));
}

mod app;
mod components;
mod features;
mod format;
mod i18n;
mod ipc;
mod look;
mod map;
mod routes;
mod state;

use wasm_bindgen::prelude::wasm_bindgen;

/// Draws the app over the skeleton of `index.html`. The page's script calls it once.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    features::welcome::take_invitation_from_address();
    leptos::mount::mount_to_body(app::App);
}
