//! Pages that stand in for the app when it cannot be used: what happened, that nothing is lost, what to do.

use crate::components::{Button, ButtonKind, EmptyState, Icon, LinkButton, Page};
use crate::features::welcome::kept_invitation;
use crate::format::error_words;
use crate::i18n::*;
use crate::ipc::take_over;
use crate::routes::paths;
use crate::state::{derived, effect, move_focus};
use leptos::html;
use leptos::prelude::*;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::IpcError;

/// A page without the frame: nothing else works now.
#[component]
pub(crate) fn Standstill(icon: &'static str, #[prop(into)] title: Signal<String>, children: Children) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    effect(move || {
        document().set_title(&format!("{} · Trygkort", title.get()));
        if let Some(heading) = heading.get() {
            move_focus(&heading);
        }
    });
    view! {
        <main class="standstill">
            <div class="standstill__inner">
                <span class="standstill__icon"><Icon name=icon /></span>
                <h1 class="standstill__title" tabindex="-1" node_ref=heading>{title}</h1>
                {children()}
            </div>
        </main>
    }
}

/// Another tab has the database. Ends by itself when that tab lets go.
#[component]
pub(crate) fn ParkedPage() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Standstill icon="layers" title=tr!(i18n, common.shell.parked_title)>
            <p>{tr!(i18n, common.shell.parked_text)}</p>
            <Button kind=ButtonKind::Primary on_click=take_over>{tr!(i18n, common.shell.parked_here)}</Button>
        </Standstill>
    }
}

/// Plain http from another machine: the browser gives neither storage nor service worker.
#[component]
pub(crate) fn InsecurePage() -> impl IntoView {
    let i18n = use_i18n();
    let location = window().location();
    let host = location.host().unwrap_or_default();
    // The invitation goes along: it was taken out of the address when the page opened.
    let place = kept_invitation().and_then(|link| link.split_once("/i#").map(|(_, secret)| format!("/i#{secret}")));
    let secure = format!("https://{host}{}", place.as_deref().unwrap_or("/"));
    view! {
        <div class="app">
            <Standstill
                icon="shield-off"
                title=tr!(i18n, common.shell.insecure_title)
            >
                <p>{tr!(i18n, common.shell.insecure_why)}</p>
                <p>{tr!(i18n, common.shell.insecure_do)}</p>
                <p>{tr!(i18n, common.shell.insecure_safe)}</p>
                <a class=ButtonKind::Primary.class() href=secure rel="external">{tr!(i18n, common.shell.insecure_try)}</a>
            </Standstill>
        </div>
    }
}

/// The app could not start.
#[component]
pub(crate) fn StartFailed(error: IpcError, #[prop(into)] retry: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let code = error.code;
    if code == ErrorCode::Parked {
        return view! {
            <div class="app">
                <ParkedPage />
            </div>
        }
        .into_any();
    }
    let title = derived(move || {
        match code {
            ErrorCode::StorageRefused => t_string!(i18n, common.shell.refused_title),
            ErrorCode::StorageFull => t_string!(i18n, common.shell.full_title),
            ErrorCode::Outdated => t_string!(i18n, common.shell.outdated_title),
            ErrorCode::KeyLost => t_string!(i18n, common.shell.key_lost_title),
            ErrorCode::KeyStore => t_string!(i18n, common.shell.key_store_title),
            _ => t_string!(i18n, common.shell.failed_title),
        }
        .to_owned()
    });
    let detail = error.to_string();
    let words = error;
    let text = derived(move || match code {
        ErrorCode::StorageRefused => t_string!(i18n, common.shell.refused_text),
        _ => error_words(i18n.get_locale(), &words),
    });
    let advice = move || match code {
        ErrorCode::StorageRefused => Some(t_string!(i18n, common.shell.refused_do)),
        ErrorCode::StorageFull => Some(t_string!(i18n, common.shell.full_do)),
        ErrorCode::Outdated => Some(t_string!(i18n, common.shell.outdated_do)),
        _ => None,
    };
    view! {
        <div class="app">
            <Standstill icon="triangle-alert" title>
                <p>{text}</p>
                {move || advice().map(|advice| view! { <p>{advice}</p> })}
                <div class="buttons">
                    <Button kind=ButtonKind::Primary icon="refresh-cw" on_click=move || retry.run(())>
                        {tr!(i18n, common.retry)}
                    </Button>
                    <Button on_click=reload_page>{tr!(i18n, common.shell.reload)}</Button>
                </div>
                <details>
                    <summary>{tr!(i18n, common.shell.details)}</summary>
                    <p lang="en">{detail}</p>
                </details>
            </Standstill>
        </div>
    }
    .into_any()
}

fn reload_page() {
    if let Err(refused) = window().location().reload() {
        leptos::logging::warn!("reload: {refused:?}");
    }
}

/// An address of this app that leads nowhere.
#[component]
pub(crate) fn NoSuchPage() -> impl IntoView {
    let i18n = use_i18n();
    let title = tr!(i18n, common.shell.no_page);
    view! {
        <Page title>
            <EmptyState
                icon="search-x"
                title
                text=tr!(i18n, common.shell.no_page_text)
            >
                <LinkButton href=paths::card().to_owned()>{tr!(i18n, common.shell.to_card)}</LinkButton>
            </EmptyState>
        </Page>
    }
}
