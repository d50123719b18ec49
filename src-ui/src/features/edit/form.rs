//! What every form does: filled from what is there or from a draft, kept while one types, errors at their field, saved
//! with *Fortryd*.

use super::view_model::{ErrorPlace, Unfinished};
use crate::components::FormGuard;
use crate::format::{I18n, error_words};
use crate::i18n::*;
use crate::ipc::ask;
use crate::state::{Draft, Kept, Toasts, Var, derived, move_focus, use_toasts};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use serde::Serialize;
use serde::de::DeserializeOwned;
use trygkort_core::domain::RowId;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{Ask, Editing, IpcError, Saved};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The signals behind a form's fields.
pub(crate) trait Fields: Copy + Send + Sync + 'static {
    /// What they hold, as it is saved.
    type Form: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// Fields that hold `form`.
    fn new(form: &Self::Form) -> Self;
    /// What the fields hold now.
    fn form(self) -> Self::Form;
}

/// What a field takes; chooses the words when the core finds something wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    Text,
    Number,
    Mail,
    Hours,
}

type Navigate = Box<dyn Fn(&str) + Send + Sync>;

/// A form on the screen.
pub(crate) struct FormState<F: Fields> {
    pub(crate) fields: F,
    /// The `<form>`, to find the first wrong field in.
    pub(crate) node: NodeRef<html::Form>,
    pub(crate) draft: Draft<Unfinished<F::Form>>,
    opened: StoredValue<Editing<F::Form>>,
    guard: FormGuard,
    /// Why the last attempt to save failed, and what was in the form then.
    failed: Var<Option<(IpcError, F::Form)>>,
    /// That failure, until something is changed.
    error: Kept<Option<IpcError>>,
    busy: RwSignal<bool>,
    toasts: Toasts,
    i18n: I18n,
    navigate: StoredValue<Navigate>,
}

impl<F: Fields> Clone for FormState<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: Fields> Copy for FormState<F> {}

impl<F: Fields> FormState<F> {
    /// Fills the fields and starts keeping a draft. Call it in a component.
    pub(crate) fn new(under_way: Unfinished<F::Form>, draft: Draft<Unfinished<F::Form>>, guard: FormGuard) -> Self {
        let fields = F::new(&under_way.form);
        let form = Kept::new(move || fields.form());
        let failed = Var::new(None::<(IpcError, F::Form)>);
        let error = Kept::new(move || {
            let form = form.get();
            failed.with(|failed| failed.as_ref().filter(|(_, then)| *then == form).map(|(error, _)| error.clone()))
        });
        let opened = StoredValue::new(under_way.opened);
        draft.watch(derived(move || Unfinished { opened: opened.get_value(), form: form.get() }), guard);
        let go = use_navigate();
        let navigate: Navigate =
            Box::new(move |path| go(path, NavigateOptions { replace: true, ..NavigateOptions::default() }));
        Self {
            fields,
            node: NodeRef::new(),
            draft,
            opened,
            guard,
            failed,
            error,
            busy: RwSignal::new(false),
            toasts: use_toasts(),
            i18n: use_i18n(),
            navigate: StoredValue::new(navigate),
        }
    }

    /// Whether the form is for something that is not there yet.
    pub(crate) fn is_new(self) -> bool {
        self.opened.with_value(|opened| opened.new)
    }

    /// The row that the form is about.
    pub(crate) fn row(self) -> RowId {
        self.opened.with_value(|opened| opened.row)
    }

    /// Drops the draft and leaves.
    pub(crate) fn give_up(self, path: &str) {
        self.draft.drop_it();
        self.navigate.with_value(|go| go(path));
    }

    /// Whether saving is under way.
    pub(crate) fn busy(self) -> Signal<bool> {
        self.busy.into()
    }

    /// Whether a personal number stands in the form.
    pub(crate) fn blocked(self) -> bool {
        self.guard.blocked()
    }

    /// What is wrong with a field of the form, in words.
    pub(crate) fn error_at(
        self,
        field: &'static str,
        nature: Nature,
        value: impl Into<Signal<String>>,
    ) -> Signal<Option<String>> {
        let value = value.into();
        derived(move || self.words_where(nature, value, |place| *place == ErrorPlace::Field(field.to_owned())))
    }

    /// What is wrong with a field of an item of the form's list, in words.
    pub(crate) fn item_error(
        self,
        index: Signal<Option<usize>>,
        field: &'static str,
        nature: Signal<Nature>,
        value: impl Into<Signal<String>>,
    ) -> Signal<Option<String>> {
        let value = value.into();
        derived(move || {
            let index = index.get();
            self.words_where(nature.get(), value, |place| match place {
                ErrorPlace::Item { index: at, field: name } => Some(*at) == index && name == field,
                ErrorPlace::Field(_) => false,
            })
        })
    }

    fn words_where(
        self,
        nature: Nature,
        value: Signal<String>,
        here: impl FnOnce(&ErrorPlace) -> bool,
    ) -> Option<String> {
        let error = self.error.get()?;
        let place = ErrorPlace::parse(error.field.as_deref()?);
        here(&place).then(|| field_words(self.i18n.get_locale(), &error, nature, &value.get()).to_owned())
    }

    /// Saves the form. Afterwards the draft is gone, *Fortryd* is offered, and the screen goes to where `next` says.
    pub(crate) fn save<A>(
        self,
        request: impl FnOnce(Editing<F::Form>, F::Form) -> A,
        next: impl FnOnce(&Saved) -> String + 'static,
    ) where
        A: Ask<Reply = Saved> + 'static,
    {
        if self.guard.blocked_untracked() {
            self.focus_first_wrong(None);
            return;
        }
        if self.busy.get_untracked() {
            return;
        }
        let form = untrack(|| self.fields.form());
        let request = request(self.opened.get_value(), form.clone());
        self.busy.set(true);
        let drop_draft = self.draft.dropper();
        spawn_local(async move {
            let answer = ask(request).await;
            self.busy.try_set(false);
            match answer {
                Ok(saved) => {
                    drop_draft();
                    self.toasts.saved(td_string!(self.i18n.get_locale_untracked(), edit.saved), &saved);
                    self.navigate.try_with_value(|go| go(&next(&saved)));
                }
                Err(error) => {
                    self.failed.try_set(Some((error.clone(), form)));
                    self.focus_first_wrong(Some(error));
                }
            }
        });
    }

    /// Moves the focus to the field with the error; an error that belongs to no field on the screen is told as a
    /// message.
    fn focus_first_wrong(self, error: Option<IpcError>) {
        request_animation_frame(move || {
            let Some(form) = self.node.try_get_untracked().flatten() else { return };
            let wrong = form.query_selector("[aria-invalid='true'], .hours--wrong").ok().flatten();
            match (wrong.and_then(|node| node.dyn_into::<HtmlElement>().ok()), error) {
                (Some(field), _) => move_focus(&field),
                (None, Some(error)) => self.toasts.error(&error),
                (None, None) => {}
            }
        });
    }
}

/// An error in the words of the field it stands at.
fn field_words(locale: Locale, error: &IpcError, nature: Nature, value: &str) -> &'static str {
    match (error.code, nature) {
        (ErrorCode::PersonalNumber, _) => td_string!(locale, common.cpr.found),
        (ErrorCode::Invalid, _) if value.trim().is_empty() => td_string!(locale, edit.invalid_empty),
        (ErrorCode::Invalid, Nature::Text) => td_string!(locale, edit.invalid_text),
        (ErrorCode::Invalid, Nature::Number) => td_string!(locale, edit.invalid_number),
        (ErrorCode::Invalid, Nature::Mail) => td_string!(locale, edit.invalid_mail),
        (ErrorCode::Invalid, Nature::Hours) => td_string!(locale, edit.invalid_hours),
        _ => error_words(locale, error),
    }
}
