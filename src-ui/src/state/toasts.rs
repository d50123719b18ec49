//! Short messages at the edge of the screen: what was done with *Fortryd*, and what failed.

use super::Var;
use crate::format::{I18n, error_words};
use crate::i18n::{Locale, td_string, use_i18n};
use crate::ipc::ask;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;
use trygkort_core::ipc::{IpcError, Saved, Undo, UndoId};

/// How long a message that asks nothing stays.
const SAY_FOR: Duration = Duration::from_secs(6);
/// How long *Fortryd* is offered: long enough to find it with a screen reader.
const UNDO_FOR: Duration = Duration::from_secs(30);

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Toast {
    pub(crate) id: u32,
    pub(crate) text: String,
    pub(crate) undo: Option<UndoId>,
    pub(crate) error: bool,
}

/// The messages on the screen.
#[derive(Clone, Copy)]
pub(crate) struct Toasts {
    list: Var<Vec<Toast>>,
    next: StoredValue<u32>,
    i18n: I18n,
}

impl Toasts {
    pub(crate) fn provide() -> Self {
        let toasts = Self { list: Var::new(Vec::new()), next: StoredValue::new(0), i18n: use_i18n() };
        provide_context(toasts);
        toasts
    }

    /// Says that something was done and offers to take it back.
    pub(crate) fn undo(self, text: impl Into<String>, undo: UndoId) {
        // One offer at a time: which of two "Fortryd" belongs to what is hard to tell.
        self.list.update(|list| list.retain(|toast| toast.undo.is_none()));
        self.push(text.into(), Some(undo), false);
    }

    /// [`Toasts::undo`] when something changed, [`Toasts::say`] when nothing did.
    pub(crate) fn saved(self, text: impl Into<String>, saved: &Saved) {
        match saved.undo {
            Some(undo) => self.undo(text, undo),
            None => self.say(text),
        }
    }

    /// Says that something was done.
    pub(crate) fn say(self, text: impl Into<String>) {
        self.push(text.into(), None, false);
    }

    /// Says in the screen's language what failed; stays until it is closed.
    pub(crate) fn error(self, error: &IpcError) {
        leptos::logging::warn!("{error}");
        self.push(error_words(self.locale(), error).to_owned(), None, true);
    }

    /// Says what failed, in the caller's words.
    pub(crate) fn fail(self, text: impl Into<String>) {
        self.push(text.into(), None, true);
    }

    pub(crate) fn list(self) -> Var<Vec<Toast>> {
        self.list
    }

    pub(crate) fn close(self, id: u32) {
        self.list.update(|list| list.retain(|toast| toast.id != id));
    }

    /// Takes the action behind a message back, as a new action.
    pub(crate) fn take_back(self, toast: &Toast) {
        let Some(undo) = toast.undo else { return };
        self.close(toast.id);
        spawn_local(async move {
            match ask(Undo { undo }).await {
                Ok(()) => self.say(td_string!(self.locale(), common.undone)),
                Err(error) => self.error(&error),
            }
        });
    }

    fn locale(self) -> Locale {
        self.i18n.get_locale_untracked()
    }

    fn push(self, text: String, undo: Option<UndoId>, error: bool) {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        self.list.update(|list| place(list, Toast { id, text, undo, error }));
        if !error {
            set_timeout(move || self.close(id), if undo.is_some() { UNDO_FOR } else { SAY_FOR });
        }
    }
}

/// Puts a message behind the others, in the place of the same one: said again it is read again, and does not pile up.
fn place(list: &mut Vec<Toast>, toast: Toast) {
    list.retain(|other| other.undo.is_some() || other.error != toast.error || other.text != toast.text);
    list.push(toast);
}

/// The messages on the screen.
pub(crate) fn use_toasts() -> Toasts {
    expect_context()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_message_said_again_takes_its_own_place() {
        let mut list = Vec::new();
        let mut said = 0;
        let mut say = |list: &mut Vec<Toast>, text: &str, error| {
            place(list, Toast { id: said, text: text.to_owned(), undo: None, error });
            said += 1;
        };
        say(&mut list, "Kopieret", false);
        say(&mut list, "Serveren kan ikke nås", true);
        say(&mut list, "Kopieret", false);
        say(&mut list, "Kopieret", true);
        let ids: Vec<u32> = list.iter().map(|toast| toast.id).collect();
        assert_eq!(ids, [1, 2, 3], "an error and a word of success are two things");
    }
}
