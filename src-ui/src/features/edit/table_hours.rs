//! Hours that hold for one contact and one problem only.

use super::card_table::{Cell, Table};
use super::hours_editor::{HoursEditor, HoursFields};
use super::table_model::cell_hours;
use crate::components::{Button, ButtonKind, Dialog};
use crate::format::error_words;
use crate::i18n::*;
use crate::state::{Var, derived, effect};
use leptos::prelude::*;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::IpcError;

/// The dialog; open while the table has a cell whose hours are edited.
#[component]
pub(crate) fn CellHours(table: Table) -> impl IntoView {
    let i18n = use_i18n();
    let open = RwSignal::new(false);
    // A native dialog tells that it was closed through its signal, so that signal and the chosen cell follow each other.
    effect(move || open.set(table.hours.with(Option::is_some)));
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if was_open == Some(true) && !is_open {
            table.hours.set(None);
        }
        is_open
    });
    let title = derived(move || {
        table.hours.with(|cell| match cell {
            Some(Cell { contact_name, problem_name, .. }) => {
                let (name, problem) = (contact_name.clone(), problem_name.clone());
                t_string!(i18n, edit.table_hours_named, name = name, problem = problem).to_string()
            }
            None => String::new(),
        })
    });
    view! {
        <Dialog open title>
            {move || table.hours.get().map(|cell| view! { <HoursForm table cell /> })}
        </Dialog>
    }
}

#[component]
fn HoursForm(table: Table, cell: Cell) -> impl IntoView {
    let i18n = use_i18n();
    let now =
        table.load.get_untracked().map(|table| cell_hours(&table, cell.problem, cell.contact)).unwrap_or_default();
    let has_own = !now.is_empty();
    let fields = HoursFields::new(&now);
    let failed = Var::new(None::<IpcError>);
    let error = derived(move || {
        failed.get().map(|error| {
            let locale = i18n.get_locale();
            let words = if error.code == ErrorCode::Invalid {
                td_string!(locale, edit.invalid_hours)
            } else {
                error_words(locale, &error)
            };
            words.to_owned()
        })
    });
    let cell = StoredValue::new(cell);
    let set = move |hours: String| {
        failed.set(None);
        table.set_hours(&cell.get_value(), hours, move |error| {
            failed.try_set(Some(error));
        });
    };
    view! {
        <div class="form">
            <HoursEditor
                fields
                label=tr!(i18n, edit.hours)
                error
            />
            <div class="buttons">
                <Button kind=ButtonKind::Primary icon="check" on_click=move || set(untrack(|| fields.text()))>
                    {tr!(i18n, common.save)}
                </Button>
                {has_own
                    .then(|| {
                        view! {
                            <Button on_click=move || set(String::new())>{tr!(i18n, edit.table_hours_clear)}</Button>
                        }
                    })}
            </div>
        </div>
    }
}
