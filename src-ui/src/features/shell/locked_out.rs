//! In place of the area's screens when this device may not have the area any more.

use crate::components::{EmptyState, LinkButton, Page, When};
use crate::features::card::AcuteCalls;
use crate::i18n::*;
use crate::routes::paths;
use crate::state::{derived, use_session, use_sync_status};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use trygkort_core::ipc::SyncState;

/// Says so, whom to ask, and where one's other areas are. 112 and 114 stay where they always are.
#[component]
pub(crate) fn LockedOutPage() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let status = use_sync_status();
    let path = use_location().pathname;
    let below = move |place: &str| path.with(|path| path.starts_with(place));
    let title = derived(move || {
        if below(paths::contacts()) {
            t_string!(i18n, contacts.title).to_owned()
        } else if below(paths::map()) {
            t_string!(i18n, map.title).to_owned()
        } else {
            session.area_name()
        }
    });
    let expired = move || status.with(|status| status.as_ref().is_some_and(|now| now.state == SyncState::Expired));
    let what = derived(move || {
        if expired() { t_string!(i18n, common.sync.expired) } else { t_string!(i18n, common.sync.revoked) }.to_owned()
    });
    let text = derived(move || t_string!(i18n, more.locked_out_text, name = session.area_name()).to_string());
    view! {
        <Page title>
            <When cond=move || below(paths::card())>
                <AcuteCalls />
            </When>
            <EmptyState icon="lock" title=what text>
                <LinkButton href=paths::areas() icon="layers">{tr!(i18n, more.areas)}</LinkButton>
            </EmptyState>
        </Page>
    }
}
