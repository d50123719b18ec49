//! In place of the area's screens when this device may not have the area any more.

use crate::components::{EmptyState, LinkButton, Page, When};
use crate::features::card::AcuteCalls;
use crate::features::updates::SaveUnsent;
use crate::i18n::*;
use crate::routes::paths;
use crate::state::{derived, use_session, use_sync_status};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use trygkort_core::ipc::{SyncState, SyncStatus};

/// Says so, whom to ask or what to save, and where one's other areas are. 112 and 114 stay where they always are.
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
    let ended = Memo::new(move |_| Ended::by(status.get().as_ref()));
    let what = derived(move || ended.get().title(i18n.get_locale()).to_owned());
    let text = derived(move || ended.get().text(i18n.get_locale(), &session.area_name()));
    view! {
        <Page title>
            <When cond=move || below(paths::card())>
                <AcuteCalls />
            </When>
            <EmptyState icon="lock" title=what text>
                <LinkButton href=paths::areas() icon="layers">{tr!(i18n, more.areas)}</LinkButton>
            </EmptyState>
            <When cond=move || ended.get() == Ended::Deleted { unsent: true }>
                <SaveUnsent />
            </When>
        </Page>
    }
}

/// Why the area is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Revoked,
    Expired,
    /// The area is no more. What was not sent is only here.
    Deleted {
        unsent: bool,
    },
}

impl Ended {
    fn by(status: Option<&SyncStatus>) -> Self {
        match status.map(|now| (now.state, now.pending)) {
            Some((SyncState::Expired, _)) => Self::Expired,
            Some((SyncState::Deleted, pending)) => Self::Deleted { unsent: pending > 0 },
            _ => Self::Revoked,
        }
    }

    fn title(self, locale: Locale) -> &'static str {
        match self {
            Self::Revoked => td_string!(locale, common.sync.revoked),
            Self::Expired => td_string!(locale, common.sync.expired),
            Self::Deleted { .. } => td_string!(locale, common.sync.deleted),
        }
    }

    fn text(self, locale: Locale, name: &str) -> String {
        match self {
            Self::Revoked | Self::Expired => td_string!(locale, more.locked_out_text, name = name).to_string(),
            Self::Deleted { unsent: false } => td_string!(locale, more.deleted_text, name = name).to_string(),
            Self::Deleted { unsent: true } => td_string!(locale, more.deleted_unsent_text, name = name).to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_the_area_and_of_what_was_not_sent_is_said() {
        let said = |state, pending| {
            let status = SyncStatus {
                state,
                last_success_ms: None,
                pending,
                held: 0,
                refused: 0,
                conflicts: 0,
                clock_ahead_ms: 0,
            };
            let ended = Ended::by(Some(&status));
            format!("{}. {}", ended.title(Locale::da), ended.text(Locale::da, "Bøgeparken"))
        };
        assert!(said(SyncState::Revoked, 1).starts_with("Enheden er låst ude. Denne enhed har ikke længere adgang"));
        assert!(said(SyncState::Expired, 0).starts_with("Adgangen er udløbet. Denne enhed har ikke længere adgang"));
        let deleted = "Området er slettet. Bøgeparken er slettet på serveren. ";
        assert!(said(SyncState::Deleted, 0).starts_with(&format!("{deleted}Der ligger ikke noget af det")));
        assert!(said(SyncState::Deleted, 2).starts_with(&format!("{deleted}Det, du ikke nåede at sende, ligger her")));
    }
}
