//! Setting, changing and removing the PIN, in a dialog.

use super::view_model::{PIN_MAX, is_easy, is_pin, wait_words};
use crate::components::{Button, ButtonKind, Dialog, FieldKind, TextField, When};
use crate::format::error_words;
use crate::i18n::*;
use crate::ipc::ask;
use crate::state::{Var, derived, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::{IpcError, PinAnswer, RemovePin, SetPin};

/// What the dialog is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Set,
    Change,
    Remove,
}

/// What is wrong with what was typed.
#[derive(Clone)]
enum Fault {
    NoPin,
    Differs,
    CurrentNoPin,
    Current(PinAnswer),
    Failed(IpcError),
}

impl Fault {
    /// Whether it is said at the current PIN.
    fn is_of_current(&self, purpose: Purpose) -> bool {
        match self {
            Fault::CurrentNoPin | Fault::Current(_) => true,
            Fault::NoPin | Fault::Differs => false,
            Fault::Failed(_) => purpose == Purpose::Remove,
        }
    }

    fn words(&self, locale: Locale) -> String {
        match self {
            Fault::NoPin | Fault::CurrentNoPin => td_string!(locale, lock.too_short).to_owned(),
            Fault::Differs => td_string!(locale, lock.pin_differs).to_owned(),
            Fault::Current(PinAnswer::Wait { ms }) => {
                td_string!(locale, lock.wait_left, time = wait_words(locale, ms.div_ceil(1_000))).to_string()
            }
            Fault::Current(PinAnswer::Wrong { tries_left: 1 }) => td_string!(locale, lock.wrong_1).to_owned(),
            Fault::Current(PinAnswer::Wrong { tries_left }) => {
                td_string!(locale, lock.wrong_n, count = *tries_left).to_string()
            }
            Fault::Current(PinAnswer::Right) => String::new(),
            Fault::Failed(error) => error_words(locale, error).to_owned(),
        }
    }
}

/// The dialog; `on_done` hears when the PIN is another.
#[component]
pub(super) fn PinDialog(open: RwSignal<bool>, purpose: Var<Purpose>, on_done: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let title = derived(move || match purpose.get() {
        Purpose::Set => t_string!(i18n, lock.pin_set).to_owned(),
        Purpose::Change => t_string!(i18n, lock.pin_change).to_owned(),
        Purpose::Remove => t_string!(i18n, lock.pin_remove).to_owned(),
    });
    view! {
        <Dialog open title>
            <PinForm open purpose=purpose.get() on_done />
        </Dialog>
    }
}

#[component]
fn PinForm(open: RwSignal<bool>, purpose: Purpose, on_done: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let (current, pin, repeat) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let fault = Var::new(None::<Fault>);
    let busy = RwSignal::new(false);
    let save = move || {
        let typed = [current, pin, repeat].map(|field| field.get_untracked());
        if let Some(found) = check(purpose, &typed) {
            fault.set(Some(found));
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = carry_out(purpose, typed).await;
            busy.try_set(false);
            match answer {
                Ok(PinAnswer::Right) => {
                    let locale = i18n.get_locale_untracked();
                    toasts.say(match purpose {
                        Purpose::Remove => td_string!(locale, lock.pin_removed),
                        Purpose::Set | Purpose::Change => td_string!(locale, lock.pin_saved),
                    });
                    open.try_set(false);
                    on_done.run(());
                }
                Ok(other) => fault.try_set(Some(Fault::Current(other))),
                Err(error) => fault.try_set(Some(Fault::Failed(error))),
            }
        });
    };
    let words = move |of_current: bool| {
        derived(move || {
            let here = |fault: &&Fault| fault.is_of_current(purpose) == of_current;
            fault.with(|fault| fault.as_ref().filter(here).map(|fault| fault.words(i18n.get_locale())))
        })
    };
    view! {
        <form
            class="form"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                save();
            }
        >
            {(purpose != Purpose::Set)
                .then(|| {
                    view! {
                        <TextField
                            label=tr!(i18n, lock.pin_current)
                            value=current
                            kind=FieldKind::Pin
                            max=PIN_MAX
                            error=words(true)
                        />
                    }
                })}
            <When cond=move || purpose != Purpose::Remove>
                <div>
                    <TextField
                        label=tr!(i18n, lock.pin_new)
                        value=pin
                        kind=FieldKind::Pin
                        max=PIN_MAX
                        hint=tr!(i18n, lock.pin_hint)
                    />
                    // A word of warning, no more: whose device it is decides.
                    <div role="status">
                        <When cond=move || pin.with(|pin| is_easy(pin))>
                            <p class="pin-easy">{tr!(i18n, lock.pin_easy)}</p>
                        </When>
                    </div>
                </div>
                <TextField
                    label=tr!(i18n, lock.pin_repeat)
                    value=repeat
                    kind=FieldKind::Pin
                    max=PIN_MAX
                    error=words(false)
                />
            </When>
            <div class="buttons">
                <Button kind=ButtonKind::Primary submit=true disabled=busy>
                    {match purpose {
                        Purpose::Remove => tr!(i18n, lock.pin_remove),
                        Purpose::Set | Purpose::Change => tr!(i18n, lock.pin_save),
                    }}
                </Button>
                <Button on_click=move || open.set(false)>{tr!(i18n, common.cancel)}</Button>
            </div>
        </form>
    }
}

/// What can be seen without asking.
fn check(purpose: Purpose, [current, pin, repeat]: &[String; 3]) -> Option<Fault> {
    if purpose != Purpose::Set && !is_pin(current) {
        return Some(Fault::CurrentNoPin);
    }
    match purpose {
        Purpose::Remove => None,
        _ if !is_pin(pin) => Some(Fault::NoPin),
        _ if pin != repeat => Some(Fault::Differs),
        _ => None,
    }
}

async fn carry_out(purpose: Purpose, [current, pin, _]: [String; 3]) -> Result<PinAnswer, IpcError> {
    match purpose {
        Purpose::Set => ask(SetPin { current: None, pin }).await,
        Purpose::Change => ask(SetPin { current: Some(current), pin }).await,
        Purpose::Remove => ask(RemovePin { pin: current }).await,
    }
}
