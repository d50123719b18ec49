//! How this device gets the app onto its home screen, with the area in it.

use super::invite_page::AppleSteps;
use crate::components::{Button, ButtonKind, EmptyState, Page, When};
use crate::i18n::*;
use crate::ipc::{InstallState, ask, prompt_install};
use crate::routes::paths;
use crate::state::{Var, copy_text, use_install_state, use_session, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::HandOver;

/// The steps as a page of *Mere*.
#[component]
pub(crate) fn InstallPage() -> impl IntoView {
    let i18n = use_i18n();
    let title = tr!(i18n, welcome.install_title);
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
        InstallState::Native => view! { <p>{tr!(i18n, welcome.install_native)}</p> }.into_any(),
        InstallState::Prompt => {
            let install = move || spawn_local(async move { installed.set(prompt_install().await) });
            view! {
                <Button kind=ButtonKind::Primary icon="download" on_click=install>
                    {tr!(i18n, welcome.install_now)}
                </Button>
            }
            .into_any()
        }
        InstallState::Apple => view! { <AppleInstall /> }.into_any(),
        InstallState::Manual if is_phone() => view! { <p>{tr!(i18n, welcome.install_manual_phone)}</p> }.into_any(),
        InstallState::Manual => view! { <p>{tr!(i18n, welcome.install_manual_desktop)}</p> }.into_any(),
    };
    let missing = move || !installed.get() && !matches!(state.get(), InstallState::Installed | InstallState::Native);
    view! {
        <section class="card stack" aria-label=tr!(i18n, welcome.install_title)>
            <When cond=move || heading && missing()>
                <h2 class="welcome__heading">{tr!(i18n, welcome.install_title)}</h2>
            </When>
            <When cond=missing>
                <p>{tr!(i18n, welcome.install_why)}</p>
            </When>
            {steps}
        </section>
    }
}

/// Whether the browser's menu is that of a phone.
fn is_phone() -> bool {
    window().navigator().user_agent().is_ok_and(|agent| agent.contains("Mobi") || agent.contains("Android"))
}

#[component]
fn InstallDone() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <EmptyState
            icon="circle-check"
            title=tr!(i18n, welcome.install_done)
            text=tr!(i18n, welcome.install_done_text)
        />
    }
}

/// The area is in the browser already: a hand-over link takes it into the app on the home screen.
#[component]
fn AppleInstall() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let toasts = use_toasts();
    let made = Var::new(None::<(String, bool)>);
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
                view! { <p>{tr!(i18n, welcome.apple_second_made)}</p> }.into_any()
            } else {
                view! { <p>{tr!(i18n, welcome.apple_copy_failed)}</p><p class="link-text">{link}</p> }.into_any()
            }
        })
    };
    if untrack(|| session.local_only()) || session.area_id_untracked().is_none() {
        return view! {
            <p>{tr!(i18n, welcome.apple_demo)}</p>
            <ol class="steps">
                <AppleSteps />
            </ol>
        }
        .into_any();
    }
    view! {
        <p>{tr!(i18n, welcome.apple_second_why)}</p>
        <ol class="steps">
            <li class="steps__step">
                <span class="steps__words">{tr!(i18n, welcome.apple_second_step_make)}</span>
                <Button icon="copy" disabled=busy on_click=make>{tr!(i18n, welcome.apple_second_make)}</Button>
                <div role="status">{outcome}</div>
            </li>
            <AppleSteps />
        </ol>
        <p class="muted">{tr!(i18n, welcome.apple_second_after)}</p>
    }
    .into_any()
}
