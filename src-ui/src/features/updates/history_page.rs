//! *Historik*: what was done to one thing, and *Gendan*.

use super::change::{At, Change};
use super::page::TOPICS;
use crate::components::{Button, Loaded, Page};
use crate::i18n::*;
use crate::ipc::ask;
use crate::routes::paths;
use crate::state::{Kept, Load, derived, use_load, use_session, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_params_map;
use trygkort_core::domain::{ContactId, PinId, ProblemId, RowId};
use trygkort_core::ipc::{ChangeView, GetHistory, GetOlderHistory, HistoryView, RestoreChange};
use uuid::Uuid;

/// The history of a contact with its numbers.
#[component]
pub(crate) fn ContactHistoryPage() -> impl IntoView {
    view! { <AnyHistory back=Back::new(|(row, _)| paths::contact(ContactId(row))) /> }
}

/// The history of a problem with its cells of the card, or of one of the cells.
#[component]
pub(crate) fn CardHistoryPage() -> impl IntoView {
    let session = use_session();
    view! { <AnyHistory back=Back::new(move |(_, problem)| back_to_card(session.is_coordinator(), problem)) /> }
}

/// The history of a mark.
#[component]
pub(crate) fn PinHistoryPage() -> impl IntoView {
    view! { <AnyHistory back=Back::new(|(row, _)| paths::pin(PinId(row))) /> }
}

/// Where the thing itself is shown: from its row and, once that is known, from that on whose page it is seen.
type Back = Callback<(RowId, Option<RowId>), String>;

#[component]
fn AnyHistory(back: Back) -> impl IntoView {
    let params = use_params_map();
    let row = Kept::new(move || {
        let row = params.with(|params| params.get("id").and_then(|id| id.parse().ok()));
        row.unwrap_or(RowId(Uuid::nil()))
    });
    move || view! { <History row=row.get() back /> }
}

/// Those who edit the card come from its table, others from the problem, as long as that is there.
fn back_to_card(coordinator: bool, problem: Option<RowId>) -> String {
    match problem {
        _ if coordinator => paths::card_table().to_owned(),
        Some(problem) => paths::problem(ProblemId(problem)),
        None => paths::card().to_owned(),
    }
}

#[component]
fn History(row: RowId, back: Back) -> impl IntoView {
    let i18n = use_i18n();
    let history = use_load(TOPICS, move || GetHistory { row });
    let title = derived(move || match history.map(|history| history.name.clone()) {
        Some(name) if !name.is_empty() => t_string!(i18n, updates.history_of, name = name).to_string(),
        _ => t_string!(i18n, updates.history).to_owned(),
    });
    let back = derived(move || back.run((row, history.map(|history| history.seen_on).flatten())));
    view! {
        <Page title back>
            <Loaded load=history let:told>
                <Told row told history />
            </Loaded>
        </Page>
    }
}

#[component]
fn Told(row: RowId, told: HistoryView, history: Load<HistoryView>) -> impl IntoView {
    let i18n = use_i18n();
    let HistoryView { name, changes, older, .. } = told;
    let empty = changes.is_empty();
    let changes = changes.into_iter().map(|change| {
        let restore = change.restorable.then(|| restoring(row, &change));
        view! { <Change change when=At::Moment about=name.clone() restore /> }
    });
    view! {
        {if empty {
            view! { <p class="muted">{tr!(i18n, updates.history_none)}</p> }.into_any()
        } else {
            view! { <ul class="changes card">{changes.collect_view()}</ul> }.into_any()
        }}
        {older.then(|| view! { <Older row history /> })}
    }
}

/// Puts back what stood there before a change.
fn restoring(row: RowId, change: &ChangeView) -> Callback<()> {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let ChangeView { id, unsent, .. } = *change;
    Callback::new(move |()| {
        spawn_local(async move {
            match ask(RestoreChange { row, change: id, unsent }).await {
                Ok(saved) => toasts.saved(td_string!(i18n.get_locale_untracked(), updates.restored), &saved),
                Err(error) => toasts.error(&error),
            }
        });
    })
}

/// What only the server knows.
#[component]
fn Older(row: RowId, history: Load<HistoryView>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let fetch = move || {
        busy.set(true);
        spawn_local(async move {
            match ask(GetOlderHistory { row }).await {
                Ok(_) => history.reload(),
                Err(error) => {
                    leptos::logging::warn!("{error}");
                    toasts.fail(td_string!(i18n.get_locale_untracked(), updates.older_failed));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <div class="buttons">
            <Button icon="history" disabled=busy on_click=fetch>{tr!(i18n, updates.show_older)}</Button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_from_the_card_is_where_one_came_from() {
        let problem = RowId(Uuid::from_u128(7));
        assert_eq!(back_to_card(true, Some(problem)), "/card/table");
        assert_eq!(back_to_card(false, Some(problem)), format!("/card/{problem}"));
        assert_eq!(back_to_card(false, None), "/card", "a problem in the trash has no page");
    }
}
