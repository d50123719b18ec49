//! Where this device stands: when it was last updated, what stands in the way, how safe things lie here.

use crate::components::{Button, ButtonKind, When};
use crate::format::{decimal, moment_words};
use crate::i18n::*;
use crate::ipc::{ask, storage_state};
use crate::state::{derived, use_locked_out, use_now, use_session, use_sync_status, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::ipc::{SyncNow, SyncState, SyncStatus};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// A clock that is no further off than this needs no word.
const CLOCK_OFF_MS: i64 = 5 * MINUTE_MS;

/// The state in one sentence, and what is wrong in one each.
#[component]
pub(super) fn SyncFacts() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let toasts = use_toasts();
    let status = use_sync_status();
    let now = use_now();
    let locked_out = use_locked_out();
    let shared = Memo::new(move |_| session.area_id().is_some() && !session.local_only());
    let running = derived(move || status.get().is_some_and(|status| status.state == SyncState::Running));
    let last = derived(move || match status.get().and_then(|status| status.last_success_ms) {
        Some(at) => moment_words(i18n, at, now.get()),
        None => t_string!(i18n, more.never).to_owned(),
    });
    let clock = move || status.get().and_then(|status| clock_words(i18n.get_locale(), status.clock_ahead_ms));
    let sync_now = move || {
        spawn_local(async move {
            if let Err(error) = ask(SyncNow {}).await {
                toasts.error(&error);
            }
        });
    };
    view! {
        <section class="card stack">
            <p role="status">{move || status.get().map(|status| state_words(i18n.get_locale(), &status))}</p>
            {move || clock().map(|words| view! { <p class="failure">{words}</p> })}
            <When cond=move || shared.get()>
                <dl class="facts">
                    <div>
                        <dt>{tr!(i18n, more.last_update)}</dt>
                        <dd>{last}</dd>
                    </div>
                    <div>
                        <dt>{tr!(i18n, more.server)}</dt>
                        <dd>{move || session.area().map(|area| area.server)}</dd>
                    </div>
                </dl>
                // Who is locked out asks a coordinator; trying again is no way out.
                {move || {
                    let kind = if locked_out.get() { ButtonKind::Plain } else { ButtonKind::Primary };
                    view! {
                        <Button kind icon="refresh-cw" disabled=running on_click=sync_now>
                            {tr!(i18n, more.update_now)}
                        </Button>
                    }
                }}
            </When>
        </section>
    }
}

#[component]
pub(super) fn DeviceFacts() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let storage = LocalResource::new(storage_state);
    let storage_words = move || {
        let state = storage.get().flatten()?;
        let kept = if state.persisted {
            t_string!(i18n, more.storage_persisted)
        } else {
            t_string!(i18n, more.storage_not_persisted)
        };
        let used = state.usage.map(|bytes| decimal(bytes / 1e6, 1));
        let used = used.map(|size| match i18n.get_locale() {
            Locale::da => size.replace('.', ","),
            Locale::en => size,
        });
        let used = used.map(|size| t_string!(i18n, more.storage_used, size = size).to_string());
        Some(view! {
            <div>
                <dt>{tr!(i18n, more.storage)}</dt>
                <dd>{kept} {used.map(|used| format!(" ({used})"))}</dd>
            </div>
        })
    };
    view! {
        <section class="card">
            <dl class="facts">
                {storage_words} <div>
                    <dt>{tr!(i18n, more.version)}</dt>
                    <dd>{move || session.boot().with(|boot| boot.version.clone())}</dd>
                </div>
            </dl>
        </section>
    }
}

fn state_words(locale: Locale, status: &SyncStatus) -> String {
    let held = match status.held {
        0 => None,
        1 => Some(td_string!(locale, updates.held_1).to_owned()),
        count => Some(td_string!(locale, updates.held_n, count = count).to_string()),
    };
    // What waits for the server is not sent as anybody understands it.
    let all_sent = status.state == SyncState::Idle && status.pending == 0;
    let state = (!all_sent || held.is_none()).then(|| how_it_goes(locale, status));
    state.into_iter().chain(held).collect::<Vec<_>>().join(" ")
}

fn how_it_goes(locale: Locale, status: &SyncStatus) -> String {
    let words = match status.state {
        SyncState::Idle => match status.pending {
            0 => td_string!(locale, more.state_idle),
            1 => td_string!(locale, more.unsent_1),
            count => return td_string!(locale, more.unsent_n, count = count).to_string(),
        },
        SyncState::Running => td_string!(locale, more.state_running),
        SyncState::Offline => td_string!(locale, more.state_offline),
        SyncState::ServerError => td_string!(locale, more.state_server_error),
        SyncState::ServerFull => td_string!(locale, updates.server_full),
        SyncState::StorageFull => td_string!(locale, updates.storage_full),
        SyncState::StorageFailed => td_string!(locale, updates.storage_failed),
        SyncState::Revoked => td_string!(locale, more.state_revoked),
        SyncState::Expired => td_string!(locale, more.state_expired),
        SyncState::Deleted if status.pending == 0 => td_string!(locale, more.state_deleted),
        SyncState::Deleted => td_string!(locale, more.state_deleted_unsent),
        SyncState::Unknown => td_string!(locale, more.state_unknown),
        SyncState::Outdated => td_string!(locale, more.state_outdated),
        SyncState::LocalOnly => td_string!(locale, more.state_local_only),
    };
    words.to_owned()
}

/// What is wrong with this device's clock, and what to do.
fn clock_words(locale: Locale, ahead_ms: i64) -> Option<String> {
    if ahead_ms.abs() <= CLOCK_OFF_MS {
        return None;
    }
    let time = time_words(locale, ahead_ms.abs());
    Some(if ahead_ms > 0 {
        td_string!(locale, updates.clock_ahead, time = time).to_string()
    } else {
        td_string!(locale, updates.clock_behind, time = time).to_string()
    })
}

/// *90 minutter*, *3 timer*, *2 døgn*: in the largest unit of which there are two.
fn time_words(locale: Locale, ms: i64) -> String {
    let rounded = |unit: i64| (ms + unit / 2) / unit;
    if rounded(HOUR_MS) >= 48 {
        td_string!(locale, updates.days, count = rounded(DAY_MS)).to_string()
    } else if ms >= 2 * HOUR_MS {
        td_string!(locale, updates.hours, count = rounded(HOUR_MS)).to_string()
    } else {
        td_string!(locale, updates.minutes, count = ms / MINUTE_MS).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(state: SyncState, pending: u32, held: u32) -> String {
        let none =
            SyncStatus { state, last_success_ms: None, pending, held, refused: 0, conflicts: 0, clock_ahead_ms: 0 };
        state_words(Locale::da, &none)
    }

    #[track_caller]
    fn check((state, pending): (SyncState, u32), sentence: &str) {
        let words = words(state, pending, 0);
        assert!(words.starts_with(sentence), "{words}");
    }

    #[test]
    fn every_trouble_has_a_plain_line() {
        check((SyncState::Idle, 0), "Alt er sendt");
        check((SyncState::Idle, 2), "2 ændringer venter");
        check((SyncState::Offline, 2), "Serveren kan ikke nås");
        check((SyncState::ServerError, 1), "Serveren svarede med en fejl");
        check((SyncState::Revoked, 0), "Enheden er låst ude");
        check((SyncState::Expired, 0), "Du havde adgang for en tid");
        check((SyncState::Unknown, 1), "Serveren kender ikke denne enhed. Det, du har skrevet, ligger her endnu");
        check((SyncState::Outdated, 1), "Serveren er nyere end appen");
        check((SyncState::Deleted, 0), "Området er slettet på serveren. Der ligger ikke noget");
        check((SyncState::Deleted, 1), "Området er slettet på serveren. Det, du ikke nåede at sende");
        check((SyncState::ServerFull, 1), "Serverens disk er fuld");
        check((SyncState::StorageFull, 0), "Der er ikke plads");
        check((SyncState::StorageFailed, 0), "Enheden kunne ikke gemme");
    }

    #[test]
    fn what_waits_for_the_server_is_not_told_as_sent() {
        let one = "1 ændring venter på, at serveren bliver opdateret. Den er gemt.";
        let two = "2 ændringer venter på, at serveren bliver opdateret. De er gemt.";
        assert_eq!(words(SyncState::Idle, 0, 1), one);
        assert_eq!(words(SyncState::Idle, 0, 2), two);
        let unsent = "1 ændring venter. Den sendes af sig selv, når der er net.";
        assert_eq!(words(SyncState::Idle, 1, 2), format!("{unsent} {two}"));
        let offline = words(SyncState::Offline, 0, 1);
        assert!(offline.starts_with("Serveren kan ikke nås") && offline.ends_with(one), "{offline}");
    }

    #[test]
    fn a_clock_is_mentioned_when_it_is_more_than_five_minutes_off() {
        assert_eq!(clock_words(Locale::da, CLOCK_OFF_MS), None);
        assert!(clock_words(Locale::da, 7 * MINUTE_MS).unwrap().contains("7 minutter foran"));
        assert!(clock_words(Locale::da, -90 * MINUTE_MS).unwrap().contains("90 minutter bagud"));
    }

    #[test]
    fn a_clock_that_is_far_off_is_said_in_hours_or_days() {
        assert_eq!(time_words(Locale::da, 119 * MINUTE_MS), "119 minutter");
        assert_eq!(time_words(Locale::da, 2 * HOUR_MS), "2 timer");
        assert_eq!(time_words(Locale::da, 47 * HOUR_MS), "47 timer");
        assert!(clock_words(Locale::da, -2879 * MINUTE_MS).unwrap().contains("2 døgn bagud"));
        assert_eq!(time_words(Locale::en, 30 * DAY_MS), "30 days");
    }
}
