//! Big keys for a PIN, the same that a keyboard types.

use super::view_model::{PIN_MIN, typed};
use crate::components::Icon;
use crate::i18n::*;
use crate::state::derived;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

const KEYS: [&str; 10] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"];

/// The keys, and a dot for every digit typed.
#[component]
pub(super) fn Keypad(
    digits: RwSignal<String>,
    #[prop(into)] disabled: Signal<bool>,
    /// Enter on a keyboard.
    #[prop(into)]
    on_enter: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let press = move |key: &str| {
        if disabled.get_untracked() {
            return false;
        }
        let next = digits.with_untracked(|digits| typed(digits, key));
        next.is_some_and(|next| {
            digits.set(next);
            true
        })
    };
    follow_keyboard(press, on_enter);
    let count = move || digits.with(String::len);
    let dots = move || {
        (0..count().max(PIN_MIN))
            .map(|dot| view! { <i class="pin-dot" class:pin-dot--typed=dot < count()></i> })
            .collect_view()
    };
    let said = derived(move || match count() {
        0 => String::new(),
        1 => t_string!(i18n, lock.typed_1).to_owned(),
        count => t_string!(i18n, lock.typed_n, count = count).to_string(),
    });
    let keys = KEYS.map(|key| {
        view! {
            <button type="button" class="keypad__key" disabled=disabled on:click=move |_| { press(key); }>
                {key}
            </button>
        }
    });
    view! {
        <p class="pin-dots" aria-hidden="true">{dots}</p>
        <p class="visually-hidden" role="status">{said}</p>
        <div class="keypad" role="group" aria-label=tr!(i18n, lock.keypad)>
            {keys.collect_view()}
            <button
                type="button"
                class="keypad__key keypad__key--delete"
                disabled=disabled
                aria-label=tr!(i18n, lock.delete)
                on:click=move |_| { press("Backspace"); }
            >
                <Icon name="delete" />
            </button>
        </div>
    }
}

/// Digits, the key that deletes, and Enter, wherever the focus is; but not what a dialog is asked, and not Enter on
/// something that Enter presses.
fn follow_keyboard(press: impl Fn(&str) -> bool + 'static, on_enter: Callback<()>) {
    let handle = window_event_listener(ev::keydown, move |event| {
        let on = |selector: &str| {
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            target.is_some_and(|target| target.closest(selector).is_ok_and(|found| found.is_some()))
        };
        if event.ctrl_key() || event.alt_key() || event.meta_key() || on("dialog") {
            return;
        }
        if event.key() == "Enter" {
            if !on("button, a, summary") {
                event.prevent_default();
                on_enter.run(());
            }
        } else if press(&event.key()) {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}
