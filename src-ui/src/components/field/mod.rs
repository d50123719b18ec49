//! A field to write in, with a name, a hint, an error and the stop at personal numbers.

use super::{Icon, unique_id};
use crate::i18n::*;
use crate::ipc::ask;
use crate::state::effect;
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::CheckText;

/// What kind of text is written: chooses the keyboard of a phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FieldKind {
    #[default]
    Text,
    Tel,
    Email,
    Url,
    /// Digits that nobody else should read.
    Pin,
}

impl FieldKind {
    fn as_str(self) -> &'static str {
        match self {
            FieldKind::Text => "text",
            FieldKind::Tel => "tel",
            FieldKind::Email => "email",
            FieldKind::Url => "url",
            FieldKind::Pin => "password",
        }
    }

    fn input_mode(self) -> Option<&'static str> {
        (self == FieldKind::Pin).then_some("numeric")
    }
}

/// Whether anything in a form must not be kept right now: a personal number stands in it, or that is being looked up.
#[derive(Clone, Copy)]
pub(crate) struct FormGuard {
    reasons: RwSignal<u32>,
}

/// Gives the fields of a form one guard. Call it in the form's component, before its `view!`.
pub(crate) fn provide_form_guard() -> FormGuard {
    let guard = FormGuard { reasons: RwSignal::new(0) };
    provide_context(guard);
    guard
}

impl FormGuard {
    /// Nothing of this form may be drafted or saved now.
    pub(crate) fn blocked(self) -> bool {
        self.reasons.get() > 0
    }

    pub(crate) fn blocked_untracked(self) -> bool {
        self.reasons.try_get_untracked().unwrap_or(0) > 0
    }
}

/// One field's part in its form's guard.
#[derive(Clone, Copy)]
struct Watch {
    guard: Option<FormGuard>,
    /// Whether this field counts among the guard's reasons.
    counted: StoredValue<bool>,
    found: RwSignal<bool>,
    round: StoredValue<u32>,
}

impl Watch {
    fn new() -> Self {
        let watch = Self {
            guard: use_context(),
            counted: StoredValue::new(false),
            found: RwSignal::new(false),
            round: StoredValue::new(0),
        };
        on_cleanup(move || watch.count(false));
        watch
    }

    /// Asks about `text`; the form stays blocked until the answer is there.
    fn check(self, text: String) {
        let round = self.round.get_value().wrapping_add(1);
        self.round.set_value(round);
        // A personal number is ten digits; without six there is nothing to ask about.
        if text.chars().filter(char::is_ascii_digit).count() < 6 {
            self.found.set(false);
            self.count(false);
            return;
        }
        self.count(true);
        spawn_local(async move {
            let found = ask(CheckText { text }).await.is_ok_and(|check| check.has_personal_number);
            if self.round.try_get_value() == Some(round) {
                self.found.set(found);
                self.count(found);
            }
        });
    }

    fn count(self, counts: bool) {
        let Some(before) = self.counted.try_get_value() else { return };
        if before == counts {
            return;
        }
        self.counted.set_value(counts);
        if let Some(guard) = self.guard {
            guard.reasons.try_update(|reasons| {
                *reasons = if counts { *reasons + 1 } else { reasons.saturating_sub(1) };
            });
        }
    }
}

/// A field to write in.
#[component]
pub(crate) fn TextField(
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: Option<Signal<String>>,
    /// Shown below the field and told to screen readers.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    #[prop(optional)] kind: FieldKind,
    #[prop(optional)] multiline: bool,
    /// Lines shown of a multiline field.
    #[prop(default = 4)]
    rows: u32,
    /// At most this many characters.
    #[prop(default = 2000)]
    max: usize,
    /// Looks for personal numbers while typing; see [`provide_form_guard`].
    #[prop(optional)]
    guard: bool,
    /// The HTML `autocomplete` word, where the browser may help.
    #[prop(default = "off")]
    autocomplete: &'static str,
    #[prop(optional)] required: bool,
    #[prop(optional)] spellcheck: Option<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = unique_id("field");
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let watch = guard.then(Watch::new);
    if let Some(watch) = watch {
        effect(move || watch.check(value.get()));
    }
    let found = move || watch.is_some_and(|watch| watch.found.get());
    let problem = move || {
        if found() { Some(t_string!(i18n, common.cpr.found).to_owned()) } else { error.get() }
    };
    let invalid = move || problem().is_some();
    let described = {
        let (hint_id, error_id, has_hint) = (hint_id.clone(), error_id.clone(), hint.is_some());
        move || match (has_hint, invalid()) {
            (true, true) => Some(format!("{error_id} {hint_id}")),
            (true, false) => Some(hint_id.clone()),
            (false, true) => Some(error_id.clone()),
            (false, false) => None,
        }
    };
    let left = move || value.with(|text| max.saturating_sub(text.chars().count()));
    let invalid_word = move || if invalid() { "true" } else { "false" };
    let spellcheck = spellcheck.unwrap_or(multiline).to_string();
    let input = if multiline {
        view! {
            <textarea
                class="field__input field__input--multiline"
                id=id.clone()
                rows=rows
                maxlength=max
                required=required
                autocomplete=autocomplete
                spellcheck=spellcheck
                aria-describedby=described
                aria-invalid=invalid_word
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            ></textarea>
        }
        .into_any()
    } else {
        view! {
            <input
                class="field__input"
                id=id.clone()
                type=kind.as_str()
                inputmode=kind.input_mode()
                maxlength=max
                required=required
                autocomplete=autocomplete
                spellcheck=spellcheck
                aria-describedby=described
                aria-invalid=invalid_word
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            />
        }
        .into_any()
    };
    view! {
        <div class="field" class:field--invalid=invalid>
            <label class="field__label" for=id>{label}</label>
            {hint.map(|hint| view! { <p class="field__hint" id=hint_id>{hint}</p> })}
            {input}
            <div id=error_id class="field__error" role="status">
                {move || problem().map(|words| view! { <Icon name="circle-alert" /><span>{words}</span> })}
            </div>
            {move || {
                (left() < 50 && max > 100)
                    .then(|| {
                        view! {
                            <p class="field__hint">
                                {t_string!(i18n, common.characters_left, count = left()).to_string()}
                            </p>
                        }
                    })
            }}
        </div>
    }
}
