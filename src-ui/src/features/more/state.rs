//! *Status*: when this device was last updated, what waits, how safe it lies here.

use crate::components::{Button, ButtonKind, LinkButton, Page, When};
use crate::format::{decimal, moment_words};
use crate::i18n::*;
use crate::ipc::{ask, storage_state};
use crate::routes::paths;
use crate::state::{derived, use_now, use_session, use_sync_status, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::{SyncNow, SyncState, SyncStatus};

#[component]
pub(crate) fn StatePage() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let toasts = use_toasts();
    let status = use_sync_status();
    let sync_now = move || {
        spawn_local(async move {
            if let Err(error) = ask(SyncNow {}).await {
                toasts.error(&error);
            }
        });
    };
    let running = derived(move || status.get().is_some_and(|status| status.state == SyncState::Running));
    let shared = Memo::new(move |_| session.area_id().is_some() && !session.local_only());
    let refused = Memo::new(move |_| status.get().is_some_and(|status| status.refused > 0));
    view! {
        <Page title=tr!(i18n, more.state) back=paths::more()>
            <div class="stack">
                <section class="card stack">
                    <p role="status">{move || status.get().map(|status| state_words(i18n.get_locale(), status.state))}</p>
                    <When cond=move || shared.get()>
                        <SyncFacts />
                        <Button kind=ButtonKind::Primary icon="refresh-cw" disabled=running on_click=sync_now>
                            {tr!(i18n, more.update_now)}
                        </Button>
                    </When>
                    <When cond=move || refused.get()>
                        <LinkButton href=paths::refusals().to_owned() icon="triangle-alert">
                            {tr!(i18n, more.refusals)}
                        </LinkButton>
                    </When>
                </section>
                <DeviceFacts />
            </div>
        </Page>
    }
}

#[component]
fn SyncFacts() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let status = use_sync_status();
    let now = use_now();
    let last = derived(move || match status.get().and_then(|status| status.last_success_ms) {
        Some(at) => moment_words(i18n, at, now.get()),
        None => t_string!(i18n, more.never).to_owned(),
    });
    let unsent = move || status.get().map(|status| unsent_words(i18n.get_locale(), &status));
    view! {
        <dl class="facts">
            <div>
                <dt>{tr!(i18n, more.last_update)}</dt>
                <dd>{last}</dd>
            </div>
            <div>
                <dt>{tr!(i18n, more.unsent)}</dt>
                <dd>{unsent}</dd>
            </div>
            <div>
                <dt>{tr!(i18n, more.server)}</dt>
                <dd>{move || session.area().map(|area| area.server)}</dd>
            </div>
        </dl>
    }
}

#[component]
fn DeviceFacts() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let storage = LocalResource::new(storage_state);
    let storage_words = move || {
        let state = storage.get().flatten()?;
        let kept = if state.persisted {
            t_string!(i18n, more.storage_persisted)
        } else {
            t_string!(i18n, more.storage_not_persisted)
        };
        let used = state.usage.map(|bytes| decimal(bytes / 1e6, 1));
        let used = used.map(|size| match i18n.get_locale() {
            Locale::da => size.replace('.', ","),
            Locale::en => size,
        });
        let used = used.map(|size| t_string!(i18n, more.storage_used, size = size).to_string());
        Some(view! {
            <div>
                <dt>{tr!(i18n, more.storage)}</dt>
                <dd>{kept} {used.map(|used| format!(" ({used})"))}</dd>
            </div>
        })
    };
    view! {
        <section class="card">
            <dl class="facts">
                {storage_words} <div>
                    <dt>{tr!(i18n, more.version)}</dt>
                    <dd>{move || session.boot().with(|boot| boot.version.clone())}</dd>
                </div>
            </dl>
        </section>
    }
}

fn state_words(locale: Locale, state: SyncState) -> &'static str {
    match state {
        SyncState::Idle => td_string!(locale, more.state_idle),
        SyncState::Running => td_string!(locale, more.state_running),
        SyncState::Offline => td_string!(locale, more.state_offline),
        SyncState::ServerError => td_string!(locale, more.state_server_error),
        SyncState::Revoked => td_string!(locale, more.state_revoked),
        SyncState::Expired => td_string!(locale, more.state_expired),
        SyncState::Outdated => td_string!(locale, more.state_outdated),
        SyncState::LocalOnly => td_string!(locale, more.state_local_only),
    }
}

fn unsent_words(locale: Locale, status: &SyncStatus) -> String {
    match status.pending {
        0 => td_string!(locale, more.unsent_none).to_owned(),
        1 => td_string!(locale, more.unsent_1).to_owned(),
        count => td_string!(locale, more.unsent_n, count = count).to_string(),
    }
}
