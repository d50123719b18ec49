//! A Leptos page with a heading and nothing else: what the app's opening is measured against (`tests/bench/`).

#[cfg(target_family = "wasm")]
fn main() {
    use leptos::prelude::*;
    mount_to_body(|| view! { <h1>"Tom side"</h1> });
}

/// It is a page, so there is nothing to run outside a browser.
#[cfg(not(target_family = "wasm"))]
fn main() {}
