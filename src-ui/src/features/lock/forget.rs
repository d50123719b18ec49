//! *Glem denne enhed*: asked once, with what is lost; then a page that says what became of it.

use super::view_model::unsent_words;
use crate::components::{Button, ButtonKind, Dialog, When};
use crate::features::shell::Standstill;
use crate::features::updates::SaveUnsent;
use crate::format::error_words;
use crate::i18n::*;
use crate::ipc::{ask, forget_storage, forget_traces, is_tauri};
use crate::routes::paths;
use crate::state::{Var, derived, use_host, use_sync_status};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::{Farewell, ForgetDevice, IpcError, SayFarewell};

/// Forgetting cannot be undone, so it is asked about.
#[component]
pub(super) fn ForgetDialog(
    open: RwSignal<bool>,
    #[prop(into)] unsent: Signal<u32>,
    /// The PIN is why: say that nobody has it.
    #[prop(optional)]
    pin_forgotten: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let host = use_host();
    // Said in the dialog: messages stand behind it, and the lock screen has no place for them.
    let failed = Var::new(None::<IpcError>);
    // Of the open area, and nothing while it is locked.
    let status = use_sync_status();
    let can_save = move || status.with(|status| status.as_ref().is_some_and(|status| status.pending > 0));
    let lost = derived(move || unsent_words(i18n.get_locale(), unsent.get()));
    let said = derived(move || {
        let locale = i18n.get_locale();
        failed.with(|failed| failed.as_ref().map_or("", |error| error_words(locale, error)).to_owned())
    });
    let forget = Callback::new(move |()| {
        spawn_local(async move {
            match ask(ForgetDevice {}).await {
                Ok(_) => host.forgotten.set(true),
                Err(error) => failed.try_set(Some(error)),
            }
        });
    });
    view! {
        <Dialog open title=tr!(i18n, lock.forget_ask)>
            <When cond=move || pin_forgotten>
                <p>{tr!(i18n, lock.forget_pin_text)}</p>
            </When>
            <p>{tr!(i18n, lock.forget_text)}</p>
            <p class:failure=move || { unsent.get() > 0 }>{lost}</p>
            <When cond=can_save>
                <SaveUnsent />
                <p class="muted">{tr!(i18n, lock.forget_file)}</p>
            </When>
            <p role="status" class="failure">{said}</p>
            <div class="buttons">
                <Button kind=ButtonKind::Danger icon="trash-2" on_click=forget>
                    {tr!(i18n, lock.forget_do)}
                </Button>
                <Button on_click=move || open.set(false)>{tr!(i18n, common.cancel)}</Button>
            </div>
        </Dialog>
    }
}

/// Everything is gone; the servers are told while one reads.
#[component]
pub(crate) fn ForgottenPage() -> impl IntoView {
    let i18n = use_i18n();
    // `None`: on its way.
    let farewell = Var::new(None::<Farewell>);
    spawn_local(async move {
        forget_traces().await;
        let said = ask(SayFarewell {}).await;
        farewell.try_set(Some(said.unwrap_or(Farewell { told: 0, of: 1 })));
        forget_storage().await;
    });
    let told = derived(move || match farewell.get() {
        None => t_string!(i18n, lock.telling).to_owned(),
        Some(Farewell { of: 0, .. }) => String::new(),
        Some(Farewell { told, of }) if told == of => t_string!(i18n, lock.told).to_owned(),
        Some(_) => t_string!(i18n, lock.not_told).to_owned(),
    });
    let again = move || {
        if let Err(refused) = window().location().replace(paths::welcome()) {
            leptos::logging::warn!("begin anew: {refused:?}");
        }
    };
    view! {
        <div class="app">
            <Standstill icon="circle-check" title=tr!(i18n, lock.forgotten)>
                <p>{tr!(i18n, lock.forgotten_text)}</p>
                <p role="status">{told}</p>
                <When cond=move || !is_tauri()>
                    <p>{tr!(i18n, lock.close)}</p>
                </When>
                <Button kind=ButtonKind::Primary disabled=derived(move || farewell.with(Option::is_none)) on_click=again>
                    {tr!(i18n, lock.again)}
                </Button>
            </Standstill>
        </div>
    }
}
