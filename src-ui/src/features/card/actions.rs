//! What one does with a number besides calling it.

use crate::format::I18n;
use crate::i18n::*;
use crate::ipc::ask;
use crate::state::{Toasts, copy_text, use_toasts};
use leptos::task::spawn_local;
use trygkort_core::domain::{ChannelId, ContactId, ProblemId};
use trygkort_core::ipc::{RememberCall, ReportChannel};

/// The one-tap actions of contacts; each says what it did.
#[derive(Clone, Copy)]
pub(crate) struct ChannelActions {
    toasts: Toasts,
    i18n: I18n,
}

impl ChannelActions {
    /// The actions of the running component.
    pub(crate) fn new() -> Self {
        Self { toasts: use_toasts(), i18n: use_i18n() }
    }

    /// *Nummeret virker ikke*
    pub(crate) fn report(self, id: ChannelId) {
        spawn_local(async move {
            match ask(ReportChannel { id }).await {
                Ok(saved) => self.toasts.saved(td_string!(self.locale(), card.reported), &saved),
                Err(error) => self.toasts.error(&error),
            }
        });
    }

    /// *Husk opkaldet*
    pub(crate) fn remember(self, contact: ContactId, problem: Option<ProblemId>, name: String) {
        spawn_local(async move {
            match ask(RememberCall { contact, problem }).await {
                Ok(()) => self.toasts.say(td_string!(self.locale(), card.remembered, name = name).to_string()),
                Err(error) => self.toasts.error(&error),
            }
        });
    }

    /// *Kopiér nummeret*
    pub(crate) fn copy(self, number: String) {
        spawn_local(async move {
            if copy_text(&number).await {
                self.toasts.say(td_string!(self.locale(), card.copied));
            } else {
                self.toasts.fail(td_string!(self.locale(), card.copy_failed));
            }
        });
    }

    fn locale(self) -> Locale {
        self.i18n.get_locale_untracked()
    }
}
