//! Redeeming: the one step of an invitation that needs the network.

use super::device_name::device_name;
use super::invitation::drop_invitation;
use crate::components::{Button, ButtonKind, TextField, provide_form_guard};
use crate::format::error_words;
use crate::i18n::*;
use crate::ipc::ask;
use crate::state::{Var, derived, use_session};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{AreaSummary, IpcError, Redeem};

/// Asks for a name and opens the area.
#[component]
pub(crate) fn Join(link: String, on_joined: Callback<(AreaSummary,)>) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let guard = provide_form_guard();
    let name = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let failed = Var::new(None::<IpcError>);
    let join = move || {
        if busy.get_untracked() || guard.blocked_untracked() {
            return;
        }
        busy.set(true);
        failed.set(None);
        let request = Redeem {
            link: link.clone(),
            member_name: name.get_untracked().trim().to_owned(),
            device_name: device_name(i18n.get_locale_untracked()),
        };
        spawn_local(async move {
            let joined = async {
                let area = ask(request).await?;
                session.reload().await?;
                Ok(area)
            };
            match joined.await {
                Ok(area) => {
                    drop_invitation();
                    on_joined.run((area,));
                }
                Err(error) => {
                    failed.try_set(Some(error));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <form
            class="form"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                join();
            }
        >
            <TextField
                label=tr!(i18n, welcome.name_label)
                hint=tr!(i18n, welcome.name_hint)
                value=name
                max=80
                guard=true
                autocomplete="name"
            />
            <div role="alert">
                {move || failed.get().map(|error| view! { <p class="failure">{failure_words(i18n.get_locale(), &error)}</p> })}
            </div>
            <Button kind=ButtonKind::Primary submit=true disabled=derived(move || busy.get() || guard.blocked())>
                {move || {
                    if busy.get() { t_string!(i18n, welcome.opening) } else { t_string!(i18n, welcome.open_area) }
                }}
            </Button>
        </form>
    }
}

/// Without an answer from the server nobody has used the invitation; say so.
fn failure_words(locale: Locale, error: &IpcError) -> String {
    let words = error_words(locale, error);
    match error.code {
        ErrorCode::Offline => format!("{words} {}", td_string!(locale, welcome.not_spent)),
        _ => words.to_owned(),
    }
}
