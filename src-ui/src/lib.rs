//! The screens of Trygkort, in the browser and in the desktop window.
//!
//! The screens know requests and replies ([`ipc`]), never SQL and never HTTP. No tap waits for the network: what is
//! shown comes from the device, and what changes meanwhile arrives as an event.
//!
//! Start reading at [`app`] (what is where), then [`state`] (what screens share) and [`components`] (what they are
//! made of). A screen is a folder in [`features`]; every address is built in [`routes`].

#![expect(unreachable_pub, reason = "`#[component]` makes the struct of a component's properties `pub`")]

// Typed keys for every sentence, made by `build.rs`: `use crate::i18n::*;` then `tr!(i18n, common.save)`.
include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));

/// A sentence without variables, for a view, an attribute or a property: `tr!(i18n, common.save)`.
macro_rules! tr {
    ($i18n:expr, $($key:tt)+) => {
        $crate::format::sentence($i18n, |locale| $crate::i18n::td_string!(locale, $($key)+))
    };
}

mod app;
mod components;
mod features;
mod format;
mod ipc;
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
