//! The whole card as a table: problems across, contacts down under their headings, a box to tick in each cell.

use super::card_table::{Cell, Table};
use super::table_model::{CellAt, Frame, cell};
use crate::components::Icon;
use crate::format::sector_words;
use crate::i18n::*;
use crate::state::Kept;
use leptos::prelude::*;
use trygkort_core::domain::{ContactId, ProblemId};
use trygkort_core::ipc::Sector;

/// The table. Its frame is drawn once; each cell follows its own part of the answer, so that a tick keeps the focus.
#[component]
pub(crate) fn WholeTable(table: Table, frame: Frame) -> impl IntoView {
    let i18n = use_i18n();
    let Frame { problems, sectors } = frame;
    let columns = problems.len() + 1;
    let problems = StoredValue::new(problems);
    view! {
        <div class="grid-scroll" role="region" tabindex="0" aria-label=tr!(i18n, edit.table_title)>
            <table class="grid">
                <thead>
                    <tr>
                        <th scope="col" class="grid__corner">{tr!(i18n, edit.table_contact)}</th>
                        {problems
                            .get_value()
                            .into_iter()
                            .map(|(id, name)| view! { <ColumnHead table id name /> })
                            .collect_view()}
                    </tr>
                </thead>
                {sectors
                    .into_iter()
                    .enumerate()
                    .map(|(index, (sector, contacts))| {
                        view! { <SectorRows table problems sector index contacts columns /> }
                    })
                    .collect_view()}
            </table>
        </div>
    }
}

/// A problem's name; chooses the problem whose order is shown.
#[component]
fn ColumnHead(table: Table, id: ProblemId, name: String) -> impl IntoView {
    let chosen = Memo::new(move |_| table.problem() == Some(id));
    view! {
        <th scope="col" class="grid__head" class:grid__head--chosen=move || chosen.get()>
            <button
                type="button"
                class="grid__choose"
                aria-pressed=move || chosen.get().to_string()
                on:click=move |_| table.chosen.set(Some(id))
            >
                {name}
            </button>
        </th>
    }
}

#[component]
fn SectorRows(
    table: Table,
    problems: StoredValue<Vec<(ProblemId, String)>>,
    sector: Sector,
    index: usize,
    contacts: Vec<(ContactId, String)>,
    columns: usize,
) -> impl IntoView {
    let i18n = use_i18n();
    let rows = contacts.into_iter().enumerate().map(|(row, (contact, contact_name))| {
        let name = contact_name.clone();
        let cells = problems
            .get_value()
            .into_iter()
            .enumerate()
            .map(|(problem_index, (problem, problem_name))| {
                let at = CellAt { sector: index, row, problem: problem_index };
                let cell = Cell { problem, problem_name, contact, contact_name: contact_name.clone() };
                view! { <CellBox table at cell /> }
            })
            .collect_view();
        view! {
            <tr>
                <th scope="row" class="grid__name">{name}</th>
                {cells}
            </tr>
        }
    });
    view! {
        <tbody>
            <tr class="grid__group">
                <th scope="rowgroup" colspan=columns>
                    <span class="grid__sector">{move || sector_words(i18n, sector)}</span>
                </th>
            </tr>
            {rows.collect_view()}
        </tbody>
    }
}

/// One cell: a checkbox that shows the order when it is ticked.
#[component]
fn CellBox(table: Table, at: CellAt, cell: Cell) -> impl IntoView {
    let i18n = use_i18n();
    let ticked = Kept::new(move || table.load.map(|table| self::cell(table, at)).flatten());
    let label = {
        let (contact, problem) = (cell.contact_name.clone(), cell.problem_name.clone());
        move || match ticked.get() {
            Some((order, _)) => {
                let (contact, problem) = (contact.clone(), problem.clone());
                t_string!(i18n, edit.table_cell_order, contact = contact, problem = problem, order = order).to_string()
            }
            None => t_string!(i18n, edit.table_cell, contact = contact.clone(), problem = problem.clone()).to_string(),
        }
    };
    let node = NodeRef::<leptos::html::Input>::new();
    let toggle = move |event| {
        if let Some(tick) = node.get_untracked() {
            table.tick(cell.clone(), event_target_checked(&event), tick);
        }
    };
    view! {
        <td class="grid__cell">
            <label class="grid__tick">
                <input
                    type="checkbox"
                    class="grid__input"
                    node_ref=node
                    aria-label=label
                    prop:checked=move || ticked.get().is_some()
                    on:change=toggle
                />
                <span class="grid__box" aria-hidden="true">
                    {move || ticked.get().map(|(order, _)| format!("{order}."))}
                    {move || {
                        ticked
                            .get()
                            .is_some_and(|(_, own_hours)| own_hours)
                            .then(|| view! { <span class="grid__clock"><Icon name="clock" /></span> })
                    }}
                </span>
            </label>
        </td>
    }
}
