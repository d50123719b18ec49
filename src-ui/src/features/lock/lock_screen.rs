//! What is shown while it is locked: keys for the PIN, 112 and 114, and a way out for who forgot it.

use super::forget::ForgetDialog;
use super::keypad::Keypad;
use super::view_model::{is_pin, wait_words};
use crate::components::{Button, ButtonKind, DemoStopDialog, Icon, When};
use crate::features::card::AcuteNumbers;
use crate::format::error_words;
use crate::i18n::*;
use crate::ipc::ask;
use crate::look::Look;
use crate::state::{Var, derived, effect, move_focus};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{GetLock, IpcError, LockView, PinAnswer, Unlock};

/// Asks how it is locked, and shows it.
#[component]
pub(crate) fn LockScreen(
    /// It is not locked, or cannot say: start anew.
    #[prop(into)]
    on_open: Callback<()>,
) -> impl IntoView {
    let look = expect_context::<Look>();
    let shown = Var::new(None::<LockView>);
    spawn_local(async move {
        match ask(GetLock {}).await {
            Ok(view) if view.locked => {
                look.apply(&view.settings);
                shown.try_set(Some(view));
            }
            _ => on_open.run(()),
        }
    });
    move || shown.get().map(|view| view! { <Locked view on_open /> })
}

#[component]
fn Locked(view: LockView, on_open: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let heading = NodeRef::<html::H1>::new();
    effect(move || {
        document().set_title(&format!("{} · Trygkort", t_string!(i18n, lock.title)));
        if let Some(heading) = heading.get() {
            move_focus(&heading);
        }
    });
    let digits = RwSignal::new(String::new());
    let said = Var::new(None::<Said>);
    let busy = RwSignal::new(false);
    let wait = Wait::start(view.wait_ms);
    let submit = Callback::new(move |()| {
        let pin = digits.get_untracked();
        if busy.get_untracked() || wait.left_s.get_untracked() > 0 {
            return;
        }
        if !is_pin(&pin) {
            said.set(Some(Said::TooShort));
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = ask(Unlock { pin }).await;
            busy.try_set(false);
            digits.try_set(String::new());
            match answer {
                Ok(PinAnswer::Right) => on_open.run(()),
                Ok(PinAnswer::Wrong { tries_left }) => said.try_set(Some(Said::Wrong(tries_left))),
                Ok(PinAnswer::Wait { ms }) => {
                    said.try_set(Some(Said::Wait));
                    wait.begin(ms);
                }
                // Another tab has it: starting anew says so.
                Err(error) if error.code == ErrorCode::Parked => on_open.run(()),
                Err(error) => said.try_set(Some(Said::Failed(error))),
            }
        });
    });
    let line = NodeRef::<html::P>::new();
    effect(move || {
        // In large text the keys push it off the screen.
        if let (Some(_), Some(line)) = (said.get(), line.get()) {
            line.scroll_into_view_with_bool(true);
        }
    });
    let waiting = derived(move || busy.get() || wait.left_s.get() > 0);
    let words = derived(move || match said.get() {
        Some(said) => said.words(i18n.get_locale()),
        None if wait.left_s.get() > 0 => Said::Wait.words(i18n.get_locale()),
        None => t_string!(i18n, lock.enter).to_owned(),
    });
    let left = derived(move || {
        let left_s = wait.left_s.get();
        let time = wait_words(i18n.get_locale(), left_s);
        if left_s > 0 { t_string!(i18n, lock.wait_left, time = time).to_string() } else { String::new() }
    });
    let (demo, unsent) = (view.demo, view.unsent);
    let forgetting = RwSignal::new(false);
    view! {
        <div class="app">
            <main class="lock">
                <div class="lock__inner">
                    <div class="lock__head">
                        <span class="lock__icon"><Icon name="lock" /></span>
                        <h1 class="lock__title" tabindex="-1" node_ref=heading>{tr!(i18n, lock.title)}</h1>
                    </div>
                    <p
                        class="lock__said"
                        class:lock__said--wrong=move || said.with(Option::is_some)
                        role="status"
                        node_ref=line
                    >
                        {words}
                    </p>
                    <When cond=move || { wait.left_s.get() > 0 }>
                        <p class="lock__left" role="timer">{left}</p>
                    </When>
                    <Keypad digits disabled=waiting on_enter=submit />
                    <Button kind=ButtonKind::Primary disabled=waiting on_click=submit>{tr!(i18n, lock.open)}</Button>
                    <AcuteNumbers demo />
                    <Button kind=ButtonKind::Quiet on_click=move || forgetting.set(true)>
                        {tr!(i18n, lock.forgot)}
                    </Button>
                </div>
            </main>
            <ForgetDialog open=forgetting unsent pin_forgotten=true />
            <DemoStopDialog />
        </div>
    }
}

/// What became of a try.
#[derive(Clone)]
enum Said {
    TooShort,
    Wrong(u32),
    Wait,
    /// It could not be tried, or not be opened: no room, perhaps.
    Failed(IpcError),
}

impl Said {
    fn words(self, locale: Locale) -> String {
        match self {
            Said::TooShort => td_string!(locale, lock.too_short).to_owned(),
            Said::Wrong(1) => td_string!(locale, lock.wrong_1).to_owned(),
            Said::Wrong(left) => td_string!(locale, lock.wrong_n, count = left).to_string(),
            Said::Wait => td_string!(locale, lock.wait).to_owned(),
            Said::Failed(error) => error_words(locale, &error).to_owned(),
        }
    }
}

/// Counts down by the clock of the device, so that a tab that slept counts on.
#[derive(Clone, Copy)]
struct Wait {
    until_ms: StoredValue<f64>,
    left_s: RwSignal<u32>,
}

impl Wait {
    fn start(ms: u32) -> Self {
        let wait = Self { until_ms: StoredValue::new(0.0), left_s: RwSignal::new(0) };
        wait.begin(ms);
        if let Ok(interval) = set_interval_with_handle(move || wait.look(), Duration::from_millis(500)) {
            on_cleanup(move || interval.clear());
        }
        wait
    }

    fn begin(self, ms: u32) {
        self.until_ms.set_value(js_sys::Date::now() + f64::from(ms));
        self.look();
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most an hour, and not negative")]
    fn look(self) {
        let Some(until_ms) = self.until_ms.try_get_value() else { return };
        let left_s = ((until_ms - js_sys::Date::now()) / 1_000.0).ceil().clamp(0.0, 3_600.0) as u32;
        if self.left_s.try_get_untracked().is_some_and(|before| before != left_s) {
            self.left_s.set(left_s);
        }
    }
}
