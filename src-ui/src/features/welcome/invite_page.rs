//! `/i#SECRET`: from the invitation to the area on the device that is carried.
//!
//! On an iPhone the app on the home screen does not share its storage with the browser that the invitation opened in,
//! and most invitations work once. So there the invitation is carried over first and redeemed in the installed app;
//! whoever redeems it in the browser all the same is helped by the hand-over link of [`super::install`].

use super::install::InstallSteps;
use super::invitation::{keep_invitation, kept_invitation, take_invitation_from_address};
use super::join::Join;
use super::link_entry::LinkEntry;
use crate::components::{Button, ButtonKind, EmptyState, Icon, LinkButton, Page};
use crate::format::{lowercase, role_words};
use crate::i18n::*;
use crate::ipc::InstallState;
use crate::routes::paths;
use crate::state::{Var, copy_text, derived, use_install_state};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::AreaSummary;

/// What the page shows.
#[derive(Clone, PartialEq)]
enum Step {
    /// The address was opened without its secret, or reloaded.
    Missing,
    /// iPhone, in the browser: first onto the home screen.
    CarryOver(String),
    Join(String),
    Joined(AreaSummary),
}

#[component]
pub(crate) fn InvitePage() -> impl IntoView {
    let i18n = use_i18n();
    let install = use_install_state();
    let first_step = move || match kept_invitation() {
        None => Step::Missing,
        Some(link) if install.get_untracked() == InstallState::Apple => Step::CarryOver(link),
        Some(link) => Step::Join(link),
    };
    let step = Var::new(first_step());
    // Another link put into the address bar of this page changes its fragment only.
    let listener = window_event_listener(leptos::ev::hashchange, move |_| {
        take_invitation_from_address();
        step.set(first_step());
    });
    on_cleanup(move || listener.remove());
    let title = derived(move || match step.get() {
        Step::Joined(area) => t_string!(i18n, welcome.joined, area = area.name).to_string(),
        Step::Missing => t_string!(i18n, welcome.invite_missing).to_owned(),
        Step::CarryOver(_) => t_string!(i18n, welcome.apple_title).to_owned(),
        Step::Join(_) => t_string!(i18n, welcome.invite_title).to_owned(),
    });
    view! {
        <Page title>
            {move || match step.get() {
                Step::Missing => view! { <Missing step /> }.into_any(),
                Step::CarryOver(link) => view! { <CarryOver link step /> }.into_any(),
                Step::Join(link) => {
                    let on_joined = Callback::new(move |(area,)| step.set(Step::Joined(area)));
                    view! {
                        <p>{tr!(i18n, welcome.invite_text)}</p>
                        <Join link on_joined />
                    }
                    .into_any()
                }
                Step::Joined(area) => view! { <Joined area /> }.into_any(),
            }}
        </Page>
    }
}

#[component]
fn Missing(step: Var<Step>) -> impl IntoView {
    let i18n = use_i18n();
    let on_link = move |link: String| {
        keep_invitation(link.clone());
        step.set(Step::Join(link));
    };
    view! {
        <div class="stack">
            <EmptyState
                icon="link"
                title=tr!(i18n, welcome.invite_missing_text)
            />
            <section class="card stack" aria-labelledby="invite-other-way">
                <h2 class="welcome__heading" id="invite-other-way">{tr!(i18n, welcome.invite_other_way)}</h2>
                <LinkEntry on_link />
            </section>
        </div>
    }
}

#[component]
fn CarryOver(link: String, step: Var<Step>) -> impl IntoView {
    let i18n = use_i18n();
    let copied = Var::new(None::<bool>);
    let text = link.clone();
    let copy = move || {
        let text = text.clone();
        spawn_local(async move { copied.set(Some(copy_text(&text).await)) });
    };
    let shown = link.clone();
    let outcome = move || {
        copied.get().map(|copied| {
            if copied {
                view! { <p>{tr!(i18n, welcome.apple_copied)}</p> }.into_any()
            } else {
                let shown = shown.clone();
                view! { <p>{tr!(i18n, welcome.apple_copy_failed)}</p><p class="link-text">{shown}</p> }.into_any()
            }
        })
    };
    view! {
        <div class="stack">
            <p>{tr!(i18n, welcome.apple_why)}</p>
            <ol class="steps card">
                <li class="steps__step">
                    <span class="steps__words">{tr!(i18n, welcome.apple_step_copy)}</span>
                    <Button kind=ButtonKind::Primary icon="copy" on_click=copy>{tr!(i18n, welcome.apple_copy)}</Button>
                    <div role="status">{outcome}</div>
                </li>
                <AppleSteps />
            </ol>
            <p class="muted">{tr!(i18n, welcome.apple_not_safari)}</p>
            <Button kind=ButtonKind::Quiet on_click=move || step.set(Step::Join(link.clone()))>
                {tr!(i18n, welcome.apple_continue)}
            </Button>
        </div>
    }
}

/// The steps that are the same before and after redeeming.
#[component]
pub(super) fn AppleSteps() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <li class="steps__step">
            <span class="steps__words">{tr!(i18n, welcome.apple_step_share)} <span class="steps__share"><Icon name="share" /></span></span>
        </li>
        <li class="steps__step">
            <span class="steps__words">{tr!(i18n, welcome.apple_step_open)}</span>
        </li>
    }
}

#[component]
fn Joined(area: AreaSummary) -> impl IntoView {
    let i18n = use_i18n();
    let role = area.role;
    view! {
        <div class="stack">
            <p>{derived(move || t_string!(i18n, welcome.joined_role, role = lowercase(role_words(i18n, role))).to_string())}</p>
            <InstallSteps />
            <LinkButton href=paths::card().to_owned() kind=ButtonKind::Primary icon="id-card">
                {tr!(i18n, welcome.to_card)}
            </LinkButton>
        </div>
    }
}
