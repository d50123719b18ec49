//! *Sikkerhed på enheden*: what is protected here and what is not, the PIN, and forgetting the device.

use super::forget::ForgetDialog;
use super::pin_form::{PinDialog, Purpose};
use crate::components::{Button, ButtonKind, Page, Segmented, When};
use crate::format::I18n;
use crate::i18n::*;
use crate::ipc::ask;
use crate::routes::paths;
use crate::state::{Host, Toasts, Var, derived, use_host, use_session, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::{GetLock, LockNow, LockView, Protection, SetLockAfter};

const AFTER_MINUTES: [u16; 4] = [0, 1, 5, 15];

/// Locks at once: what is on the screen goes before the core has answered.
pub(crate) fn lock_now(host: Host, toasts: Toasts) {
    spawn_local(async move {
        match ask(LockNow {}).await {
            Ok(()) => host.locked.set(true),
            Err(error) => toasts.error(&error),
        }
    });
}

#[component]
pub(crate) fn SecurityPage() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let toasts = use_toasts();
    let shown = Var::new(None::<LockView>);
    let load = Callback::new(move |()| {
        spawn_local(async move {
            match ask(GetLock {}).await {
                Ok(view) => shown.try_set(Some(view)),
                Err(error) => toasts.error(&error),
            }
            // Whether there is a PIN is known to the whole page.
            let _ = session.reload().await;
        });
    });
    load.run(());
    view! {
        <Page title=tr!(i18n, more.security) back=paths::more()>
            {move || shown.get().map(|view| view! { <Security view on_change=load /> })}
        </Page>
    }
}

#[component]
fn Security(view: LockView, on_change: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let protection = view.protection;
    let unsent = view.unsent;
    let forgetting = RwSignal::new(false);
    view! {
        <div class="security">
            <section class="prose">
                <h2>{tr!(i18n, lock.what_title)}</h2>
                <p>{intro(i18n, protection)}</p>
                <p>{advice(i18n, protection)}</p>
                <p class="muted">{tr!(i18n, lock.not_open)}</p>
            </section>
            <PinSection view on_change />
            <section class="prose security__part">
                <h2>{tr!(i18n, lock.forget_title)}</h2>
                <p>{tr!(i18n, lock.forget_text)}</p>
                <Button kind=ButtonKind::Danger icon="trash-2" on_click=move || forgetting.set(true)>
                    {tr!(i18n, lock.forget_title)}
                </Button>
            </section>
            <ForgetDialog open=forgetting unsent />
        </div>
    }
}

fn intro(i18n: I18n, protection: Protection) -> Signal<String> {
    match protection {
        Protection::Plain => tr!(i18n, lock.intro_plain),
        Protection::KeyStore => tr!(i18n, lock.intro_key_store),
        Protection::KeyFile => tr!(i18n, lock.intro_key_file),
    }
}

fn advice(i18n: I18n, protection: Protection) -> Signal<String> {
    match protection {
        Protection::Plain => tr!(i18n, lock.not_plain),
        Protection::KeyStore => tr!(i18n, lock.not_key_store),
        Protection::KeyFile => tr!(i18n, lock.not_key_file),
    }
}

#[component]
fn PinSection(view: LockView, on_change: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let host = use_host();
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    let purpose = Var::new(Purpose::Set);
    let ask_for = move |what: Purpose| {
        purpose.set(what);
        open.set(true);
    };
    let what = match view.protection {
        Protection::Plain => tr!(i18n, lock.pin_what_plain),
        Protection::KeyStore | Protection::KeyFile => tr!(i18n, lock.pin_what_key),
    };
    let has_pin = view.has_pin;
    view! {
        <section class="prose security__part">
            <h2>{tr!(i18n, lock.pin_title)}</h2>
            <p>{what}</p>
            <p>{tr!(i18n, lock.pin_asleep)}</p>
            <When cond=move || !has_pin>
                <Button kind=ButtonKind::Primary icon="lock" on_click=move || ask_for(Purpose::Set)>
                    {tr!(i18n, lock.pin_set)}
                </Button>
            </When>
            <When cond=move || has_pin>
                <LockAfter minutes=view.after_minutes />
                <div class="buttons">
                    <Button kind=ButtonKind::Primary icon="lock" on_click=move || lock_now(host, toasts)>
                        {tr!(i18n, lock.now)}
                    </Button>
                    <Button on_click=move || ask_for(Purpose::Change)>{tr!(i18n, lock.pin_change)}</Button>
                    <Button on_click=move || ask_for(Purpose::Remove)>{tr!(i18n, lock.pin_remove)}</Button>
                </div>
            </When>
            <PinDialog open purpose on_done=on_change />
        </section>
    }
}

#[component]
fn LockAfter(minutes: u16) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let toasts = use_toasts();
    let chosen = Var::new(minutes);
    Effect::new(move |started: Option<()>| {
        let minutes = chosen.get();
        if started.is_some() {
            spawn_local(async move {
                let kept = async {
                    ask(SetLockAfter { minutes }).await?;
                    session.reload().await
                };
                if let Err(error) = kept.await {
                    toasts.error(&error);
                }
            });
        }
    });
    let options = AFTER_MINUTES.map(|minutes| {
        let words = derived(move || match minutes {
            0 => t_string!(i18n, lock.after_0).to_owned(),
            count => t_string!(i18n, lock.after_n, count = count).to_string(),
        });
        (minutes, words)
    });
    view! { <Segmented label=tr!(i18n, lock.after) options=options.to_vec() value=chosen /> }
}
