//! How this device gets the app onto its home screen, with the area in it.

use super::invite_page::AppleSteps;
use crate::components::{Button, ButtonKind, EmptyState, Page};
use crate::i18n::*;
use crate::ipc::{InstallState, ask, prompt_install};
use crate::routes::paths;
use crate::state::{copy_text, use_install_state, use_session, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::HandOver;

/// The steps as a page of *Mere*.
#[component]
pub(crate) fn InstallPage() -> impl IntoView {
    let i18n = use_i18n();
    let title = Signal::derive(move || t_string!(i18n, welcome.install_title).to_owned());
    view! {
        <Page title back=paths::more()>
            <InstallSteps heading=false />
        </Page>
    }
}

/// What to do on this device; nothing to do is said too.
#[component]
pub(crate) fn InstallSteps(#[prop(default = true)] heading: bool) -> impl IntoView {
    let i18n = use_i18n();
    let state = use_install_state();
    let installed = RwSignal::new(false);
    let steps = move || match state.get() {
        _ if installed.get() => view! { <InstallDone /> }.into_any(),
        InstallState::Installed => view! { <InstallDone /> }.into_any(),
        InstallState::Native => view! { <p>{t!(i18n, welcome.install_native)}</p> }.into_any(),
        InstallState::Prompt => {
            let install = move || spawn_local(async move { installed.set(prompt_install().await) });
            view! {
                <Button kind=ButtonKind::Primary icon="download" on_click=install>
                    {t!(i18n, welcome.install_now)}
                </Button>
            }
            .into_any()
        }
        InstallState::Apple => view! { <AppleInstall /> }.into_any(),
        InstallState::Manual => view! {
            <ul>
                <li>{t!(i18n, welcome.install_manual_phone)}</li>
                <li>{t!(i18n, welcome.install_manual_desktop)}</li>
            </ul>
        }
        .into_any(),
    };
    let missing = move || !installed.get() && !matches!(state.get(), InstallState::Installed | InstallState::Native);
    view! {
        <section class="card stack" aria-label=move || t_string!(i18n, welcome.install_title)>
            <Show when=move || heading && missing()>
                <h2 class="welcome__heading">{t!(i18n, welcome.install_title)}</h2>
            </Show>
            <Show when=missing>
                <p>{t!(i18n, welcome.install_why)}</p>
            </Show>
            {steps}
        </section>
    }
}

#[component]
fn InstallDone() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <EmptyState
            icon="circle-check"
            title=Signal::derive(move || t_string!(i18n, welcome.install_done).to_owned())
            text=Signal::derive(move || t_string!(i18n, welcome.install_done_text).to_owned())
        />
    }
}

/// The area is in the browser already: a hand-over link takes it into the app on the home screen.
#[component]
fn AppleInstall() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let toasts = use_toasts();
    let made = RwSignal::new(None::<(String, bool)>);
    let busy = RwSignal::new(false);
    let make = move || {
        busy.set(true);
        spawn_local(async move {
            match ask(HandOver {}).await {
                Ok(link) => {
                    let copied = copy_text(&link.link).await;
                    made.set(Some((link.link, copied)));
                }
                Err(error) => toasts.error(&error),
            }
            busy.set(false);
        });
    };
    let outcome = move || {
        made.get().map(|(link, copied)| {
            if copied {
                view! { <p>{t!(i18n, welcome.apple_second_made)}</p> }.into_any()
            } else {
                view! { <p>{t!(i18n, welcome.apple_copy_failed)}</p><p class="link-text">{link}</p> }.into_any()
            }
        })
    };
    if session.local_only() || session.area_id().is_none() {
        return view! {
            <p>{t!(i18n, welcome.apple_demo)}</p>
            <ol class="steps">
                <AppleSteps />
            </ol>
        }
        .into_any();
    }
    view! {
        <p>{t!(i18n, welcome.apple_second_why)}</p>
        <ol class="steps">
            <li class="steps__step">
                <span class="steps__words">{t!(i18n, welcome.apple_second_step_make)}</span>
                <Button icon="copy" disabled=busy on_click=make>{t!(i18n, welcome.apple_second_make)}</Button>
                <div role="status">{outcome}</div>
            </li>
            <AppleSteps />
        </ol>
        <p class="muted">{t!(i18n, welcome.apple_second_after)}</p>
    }
    .into_any()
}
