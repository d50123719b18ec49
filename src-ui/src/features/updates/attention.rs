//! *Kræver et blik*: what the server refused, and what two people wrote to one thing.

use super::change::{Deletion, Name, Sides, place_of};
use super::words::{author_words, deed_words, entity_words};
use crate::components::Button;
use crate::format::{capitalise, moment_words};
use crate::i18n::*;
use crate::ipc::ask;
use crate::state::{Changes, Toasts, copy_text, derived, use_now, use_session, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::{
    Ask, Author, ChangedRow, ConflictView, Deed, DismissRefusal, KeepConflict, RefusalReason, RefusedView,
    RestoreConflict, RetryRefusal, Saved, Topic,
};

/// A change that the server did not take. What was written is shown, so that it can be used again.
#[component]
pub(super) fn Refused(refused: RefusedView) -> impl IntoView {
    let i18n = use_i18n();
    let now = use_now();
    let toasts = use_toasts();
    let changes = expect_context::<Changes>();
    let RefusedView { id, reason, refused_at_ms, rows, retriable } = refused;
    let all = written(&rows);
    // Several of these stand below each other: each button says what it is for.
    let name = rows.iter().map(|row| row.name.clone()).find(|name| !name.is_empty()).unwrap_or_default();
    let [retry_label, copy_label, dismiss_label] =
        [tr!(i18n, common.retry), tr!(i18n, common.copy), tr!(i18n, more.refusal_ok)].map(|words| {
            let name = name.clone();
            derived(move || if name.is_empty() { words.get() } else { format!("{}: {name}", words.get()) })
        });
    let has_text = !all.is_empty();
    let copy = move || {
        let all = all.clone();
        spawn_local(async move {
            if copy_text(&all).await {
                toasts.say(td_string!(i18n.get_locale_untracked(), common.copied));
            }
        });
    };
    let dismiss = move || {
        spawn_local(async move {
            match ask(DismissRefusal { id }).await {
                Ok(()) => changes.announce(&[Topic::Refusals]),
                Err(error) => toasts.error(&error),
            }
        });
    };
    let retry = move || act(toasts, RetryRefusal { id }, td_string!(i18n.get_locale_untracked(), common.saved));
    let when = derived(move || {
        t_string!(i18n, more.refused_at, when = moment_words(i18n, refused_at_ms, now.get())).to_string()
    });
    view! {
        <li class="card entry">
            {rows.into_iter().map(|row| view! { <Thing row=row.clone() /> <Sides row writer=Author::Me /> }).collect_view()}
            <p><strong>{derived(move || reason_words(i18n.get_locale(), reason).to_owned())}</strong></p>
            <p class="muted">{when}</p>
            <div class="buttons">
                {retriable
                    .then(|| {
                        view! {
                            <Button icon="undo-2" label=retry_label on_click=retry>
                                {tr!(i18n, common.retry)}
                            </Button>
                        }
                    })}
                {has_text
                    .then(|| {
                        view! {
                            <Button icon="copy" label=copy_label on_click=copy>
                                {tr!(i18n, common.copy)}
                            </Button>
                        }
                    })}
                <Button icon="check" label=dismiss_label on_click=dismiss>
                    {tr!(i18n, more.refusal_ok)}
                </Button>
            </div>
        </li>
    }
}

/// The texts that were written, a line each.
fn written(rows: &[ChangedRow]) -> String {
    let fields = rows.iter().flat_map(|row| &row.fields);
    let texts: Vec<&str> = fields.map(|field| field.after.as_str()).filter(|text| !text.is_empty()).collect();
    texts.join("\n")
}

/// Two wrote to one thing, neither having seen the other. Only for those who may settle it.
#[component]
pub(super) fn Conflict(conflict: ConflictView) -> impl IntoView {
    let i18n = use_i18n();
    let now = use_now();
    let toasts = use_toasts();
    let ConflictView { id, row, loser, lost_at_ms, winner, restorable, .. } = conflict;
    let deletion = row.deed == Deed::Deleted;
    let href = place_of(&row, use_session().is_coordinator());
    let (who, name) = (loser.clone(), row.name.clone());
    let restore_label = derived(move || {
        let (who, name) = (author_words(i18n.get_locale(), &who), name.clone());
        if deletion {
            t_string!(i18n, updates.restore_deleted, name = name, who = who).to_string()
        } else {
            t_string!(i18n, updates.restore_conflict, name = name, who = who).to_string()
        }
    });
    let name = row.name.clone();
    let keep_label = derived(move || {
        if deletion {
            t_string!(i18n, updates.keep_deleted_what, name = name.clone()).to_string()
        } else {
            t_string!(i18n, updates.keep_what, name = name.clone()).to_string()
        }
    });
    let restore =
        move || act(toasts, RestoreConflict { id }, td_string!(i18n.get_locale_untracked(), updates.restored));
    let keep = move || {
        let locale = i18n.get_locale_untracked();
        let words = if deletion { td_string!(locale, updates.kept_deleted) } else { td_string!(locale, updates.kept) };
        act(toasts, KeepConflict { id }, words);
    };
    view! {
        <li class="card entry">
            <Thing row=row.clone() href />
            {if deletion {
                view! { <Deletion row writer=loser deleter=winner /> }.into_any()
            } else {
                view! { <Sides row writer=loser standing=Some(winner) /> }.into_any()
            }}
            {lost_at_ms
                .map(|at| view! { <p class="muted">{derived(move || capitalise(&moment_words(i18n, at, now.get())))}</p> })}
            {(!restorable).then(|| view! { <p>{tr!(i18n, updates.ask_coordinator)}</p> })}
            <div class="buttons">
                {restorable
                    .then(|| {
                        view! {
                            <Button icon="undo-2" label=restore_label on_click=restore>
                                {tr!(i18n, common.restore)}
                            </Button>
                        }
                    })}
                <Button icon="check" label=keep_label on_click=keep>
                    {if deletion { tr!(i18n, updates.keep_deleted) } else { tr!(i18n, updates.keep) }}
                </Button>
            </div>
        </li>
    }
}

/// What it is about; with the way to it where it is certain to be there.
#[component]
pub(super) fn Thing(row: ChangedRow, #[prop(optional_no_strip)] href: Option<String>) -> impl IntoView {
    let i18n = use_i18n();
    let name = row.name.clone();
    let what = derived(move || match row.deed {
        Deed::Edited => entity_words(i18n.get_locale(), &row.entity).to_owned(),
        _ => deed_words(i18n.get_locale(), &row),
    });
    view! {
        <p class="change__row">
            <Name name href />
            <span class="change__deed">{what}</span>
        </p>
    }
}

fn act<A: Ask<Reply = Saved> + 'static>(toasts: Toasts, request: A, words: &'static str) {
    spawn_local(async move {
        match ask(request).await {
            Ok(saved) => toasts.saved(words, &saved),
            Err(error) => toasts.error(&error),
        }
    });
}

pub(super) fn reason_words(locale: Locale, reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::Permission => td_string!(locale, more.reason_permission),
        RefusalReason::Validation => td_string!(locale, more.reason_validation),
        RefusalReason::Reference => td_string!(locale, more.reason_reference),
        RefusalReason::PersonalNumber => td_string!(locale, more.reason_personal_number),
        RefusalReason::DependsOn => td_string!(locale, more.reason_depends_on),
        RefusalReason::TooLarge => td_string!(locale, more.reason_too_large),
        RefusalReason::Quarantined => td_string!(locale, more.reason_quarantined),
        RefusalReason::Erased => td_string!(locale, more.reason_erased),
        RefusalReason::Conflict => td_string!(locale, more.reason_conflict),
        RefusalReason::Other => td_string!(locale, more.reason_other),
    }
}
