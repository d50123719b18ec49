//! What must not be missed, above every screen: calls to remember, a new version.

use crate::components::{Button, PhoneLink, When};
use crate::i18n::*;
use crate::ipc::{apply_update, ask};
use crate::state::{Changes, derived, use_host, use_load, use_session, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::{DismissReminder, GetReminders, Reminder, Topic};

/// The banners that hold right now.
#[component]
pub(crate) fn Banners() -> impl IntoView {
    let session = use_session();
    let host = use_host();
    let has_area = Memo::new(move |_| session.area_id().is_some());
    view! {
        <When cond=move || host.update_ready.get()>
            <UpdateReady />
        </When>
        <When cond=move || has_area.get()>
            <Reminders />
        </When>
    }
}

/// Offered, never forced: someone may be in the middle of writing.
#[component]
fn UpdateReady() -> impl IntoView {
    let i18n = use_i18n();
    let host = use_host();
    view! {
        <section class="banner" aria-label=tr!(i18n, common.shell.update_ready)>
            <p class="banner__text" role="status">{tr!(i18n, common.shell.update_ready)}</p>
            <Button on_click=apply_update>{tr!(i18n, common.shell.update_now)}</Button>
            <Button on_click=move || host.update_ready.set(false)>{tr!(i18n, common.shell.update_later)}</Button>
        </section>
    }
}

#[component]
fn Reminders() -> impl IntoView {
    let reminders = use_load(&[Topic::Reminders], || GetReminders {});
    move || {
        reminders.get().and_then(|reminders| {
            let more = reminders.len().saturating_sub(1);
            reminders.into_iter().next().map(|reminder| view! { <ReminderBanner reminder more /> })
        })
    }
}

/// The newest call to remember; the others come up as it is done.
#[component]
fn ReminderBanner(reminder: Reminder, more: usize) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let changes = expect_context::<Changes>();
    let id = reminder.id;
    let name = reminder.contact_name.clone();
    let done = move || {
        spawn_local(async move {
            match ask(DismissReminder { id }).await {
                Ok(()) => changes.announce(&[Topic::Reminders]),
                Err(error) => toasts.error(&error),
            }
        });
    };
    let about = move || match more {
        0 => String::new(),
        1 => t_string!(i18n, common.shell.remember_more_1).to_owned(),
        count => t_string!(i18n, common.shell.remember_more_n, count = count).to_string(),
    };
    let problem = reminder.problem_name;
    let details = derived(move || {
        let parts = [problem.clone(), about()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    });
    let demo = reminder.demo;
    view! {
        <section class="banner banner--call" aria-label=tr!(i18n, common.shell.remember)>
            <p class="banner__text">
                <strong>{derived(move || t_string!(i18n, common.shell.remember_who, name = name.clone()).to_string())}</strong>
                <span class="banner__details">{details}</span>
            </p>
            {reminder.phone.map(|phone| view! { <PhoneLink number=phone.e164 display=phone.display demo /> })}
            <Button icon="check" on_click=done>{tr!(i18n, common.done)}</Button>
        </section>
    }
}
