//! Changes that the server did not accept. What was written is shown, so that it can be used again.

use crate::components::{Button, EmptyState, Loaded, Page};
use crate::format::moment_words;
use crate::i18n::*;
use crate::ipc::ask;
use crate::routes::paths;
use crate::state::{Changes, copy_text, use_load, use_now, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::{DismissRefusal, GetRefusals, Refusal, RefusalReason, Topic};

#[component]
pub(crate) fn RefusalsPage() -> impl IntoView {
    let i18n = use_i18n();
    let refusals = use_load(&[Topic::Refusals], || GetRefusals {});
    view! {
        <Page title=tr!(i18n, more.refusals) back=paths::sync_state()>
            <Loaded load=refusals let:refusals>
                {if refusals.is_empty() {
                    view! {
                        <EmptyState
                            icon="circle-check"
                            title=tr!(i18n, more.refusals_none)
                        />
                    }
                    .into_any()
                } else {
                    let entries = refusals.into_iter().map(|refusal| view! { <Entry refusal /> }).collect_view();
                    view! {
                        <p>{tr!(i18n, more.refusals_text)}</p>
                        <ul class="entries">{entries}</ul>
                    }
                    .into_any()
                }}
            </Loaded>
        </Page>
    }
}

#[component]
fn Entry(refusal: Refusal) -> impl IntoView {
    let i18n = use_i18n();
    let now = use_now();
    let toasts = use_toasts();
    let changes = expect_context::<Changes>();
    let Refusal { id, reason, refused_at_ms, fields } = refusal;
    let written: Vec<String> = fields.into_iter().map(|(_, text)| text).filter(|text| !text.is_empty()).collect();
    let all = written.join("\n");
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
    let when =
        move || t_string!(i18n, more.refused_at, when = moment_words(i18n, refused_at_ms, now.get())).to_string();
    view! {
        <li class="card entry">
            <p><strong>{move || reason_words(i18n.get_locale(), reason)}</strong></p>
            <p class="muted">{when}</p>
            {written.into_iter().map(|text| view! { <blockquote>{text}</blockquote> }).collect_view()}
            <div class="buttons">
                {has_text.then(|| view! { <Button icon="copy" on_click=copy>{tr!(i18n, common.copy)}</Button> })}
                <Button icon="check" on_click=dismiss>{tr!(i18n, more.refusal_ok)}</Button>
            </div>
        </li>
    }
}

fn reason_words(locale: Locale, reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::Permission => td_string!(locale, more.reason_permission),
        RefusalReason::Validation => td_string!(locale, more.reason_validation),
        RefusalReason::Reference => td_string!(locale, more.reason_reference),
        RefusalReason::PersonalNumber => td_string!(locale, more.reason_personal_number),
        RefusalReason::DependsOn => td_string!(locale, more.reason_depends_on),
        RefusalReason::TooLarge => td_string!(locale, more.reason_too_large),
        RefusalReason::Quarantined => td_string!(locale, more.reason_quarantined),
        RefusalReason::Erased => td_string!(locale, more.reason_erased),
        RefusalReason::Other => td_string!(locale, more.reason_other),
    }
}
