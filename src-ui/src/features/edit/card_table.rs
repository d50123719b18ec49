//! *Actioncard som skema*: who takes what, in which order and when. On a desk the whole table with the chosen problem
//! below it; on a phone one problem at a time, or the table to scroll.

use super::form_page::CoordinatorsOnly;
use super::table_by_problem::{ByProblem, ProblemOrder};
use super::table_hours::CellHours;
use super::table_model::{Frame, chosen_problem, frame};
use super::table_whole::WholeTable;
use crate::components::{EmptyState, LinkButton, Loaded, Page, Segmented};
use crate::format::I18n;
use crate::i18n::*;
use crate::ipc::ask;
use crate::routes::paths;
use crate::state::{Kept, Load, Toasts, Var, derived, move_focus, use_load, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use trygkort_core::domain::{ContactId, ProblemId};
use trygkort_core::ipc::{
    Ask, CardTable, GetCardTable, IpcError, MoveCell, MoveProblem, Saved, SetCell, SetCellHours, Topic,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};

const TOPICS: &[Topic] = &[Topic::Card, Topic::Contacts];

/// What a phone shows of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    ByProblem,
    Whole,
}

/// A contact's part in a problem, by name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    pub(crate) problem: ProblemId,
    pub(crate) problem_name: String,
    pub(crate) contact: ContactId,
    pub(crate) contact_name: String,
}

/// The table on the screen and what can be done to it.
#[derive(Clone, Copy)]
pub(crate) struct Table {
    pub(crate) load: Load<CardTable>,
    pub(crate) chosen: Var<Option<ProblemId>>,
    /// The cell whose hours are being edited.
    pub(crate) hours: Var<Option<Cell>>,
    toasts: Toasts,
    i18n: I18n,
}

impl Table {
    fn new() -> Self {
        Self {
            load: use_load(TOPICS, || GetCardTable {}),
            chosen: Var::new(None),
            hours: Var::new(None),
            toasts: use_toasts(),
            i18n: use_i18n(),
        }
    }

    /// The problem whose takers are shown.
    pub(crate) fn problem(self) -> Option<ProblemId> {
        self.load.map(|table| chosen_problem(table, self.chosen.get())).flatten()
    }

    /// Ticks or unticks a cell; `tick` goes back when that fails.
    pub(crate) fn tick(self, cell: Cell, on: bool, tick: HtmlInputElement) {
        let Cell { problem, contact, problem_name, contact_name } = cell;
        self.chosen.set(Some(problem));
        spawn_local(async move {
            let locale = self.i18n.get_locale_untracked();
            match ask(SetCell { problem, contact, on }).await {
                Ok(saved) => {
                    let words = if on {
                        td_string!(locale, edit.table_added, contact = contact_name, problem = problem_name).to_string()
                    } else {
                        td_string!(locale, edit.table_removed, contact = contact_name, problem = problem_name)
                            .to_string()
                    };
                    self.toasts.saved(words, &saved);
                }
                Err(error) => {
                    tick.set_checked(!on);
                    self.toasts.error(&error);
                }
            }
        });
    }

    /// Moves a contact in a problem's order, and gives the focus back to the button in `button`, which moved along.
    pub(crate) fn move_cell(self, problem: ProblemId, contact: ContactId, up: bool, button: String) {
        self.act(MoveCell { problem, contact, up }, Some(button), |locale| td_string!(locale, edit.table_moved));
    }

    /// Moves a problem on the card.
    pub(crate) fn move_problem(self, id: ProblemId, up: bool, button: String) {
        self.act(MoveProblem { id, up }, Some(button), |locale| td_string!(locale, edit.table_moved));
    }

    /// Sets the hours of a cell; `failed` is told what was wrong with them.
    pub(crate) fn set_hours(self, cell: &Cell, hours: String, failed: impl FnOnce(IpcError) + 'static) {
        let request = SetCellHours { problem: cell.problem, contact: cell.contact, hours };
        spawn_local(async move {
            match ask(request).await {
                Ok(saved) => {
                    self.hours.set(None);
                    let words = td_string!(self.i18n.get_locale_untracked(), edit.table_hours_saved);
                    self.toasts.saved(words, &saved);
                }
                Err(error) => failed(error),
            }
        });
    }

    fn act<A>(self, request: A, button: Option<String>, words: fn(Locale) -> &'static str)
    where
        A: Ask<Reply = Saved> + 'static,
    {
        spawn_local(async move {
            match ask(request).await {
                Ok(saved) => {
                    self.toasts.saved(words(self.i18n.get_locale_untracked()), &saved);
                    if let Some(button) = button {
                        focus_later(button);
                    }
                }
                Err(error) => self.toasts.error(&error),
            }
        });
    }
}

/// Focuses the button in `id` once the list has been drawn in its new order: a line that moves loses the focus. At the
/// end of the list that button is disabled; then its neighbour takes the focus.
fn focus_later(id: String) {
    let find = move || {
        let place = document().get_element_by_id(&id)?;
        let button = |within: &Element| within.query_selector("button:not([disabled])").ok().flatten();
        button(&place).or_else(|| button(&place.parent_element()?))
    };
    set_timeout(
        move || {
            if let Some(button) = find().and_then(|node| node.dyn_into::<HtmlElement>().ok()) {
                move_focus(&button);
            }
        },
        std::time::Duration::from_millis(120),
    );
}

/// The page.
#[component]
pub(crate) fn CardTablePage() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Page
            title=tr!(i18n, edit.table_title)
            back=paths::card()
            wide=true
        >
            <CoordinatorsOnly>
                <TableBody />
            </CoordinatorsOnly>
        </Page>
    }
}

#[component]
fn TableBody() -> impl IntoView {
    let table = Table::new();
    let frame = Kept::new(move || table.load.map(frame));
    view! {
        {move || match frame.get() {
            None => view! { <Loaded load=table.load let:_table>""</Loaded> }.into_any(),
            Some(frame) => view! { <Views table frame /> }.into_any(),
        }}
        <CellHours table />
    }
}

#[component]
fn Views(table: Table, frame: Frame) -> impl IntoView {
    let i18n = use_i18n();
    let layout = Var::new(Layout::ByProblem);
    let layouts =
        vec![(Layout::ByProblem, tr!(i18n, edit.table_by_problem)), (Layout::Whole, tr!(i18n, edit.table_whole))];
    if frame.problems.is_empty() || frame.sectors.iter().all(|(_, contacts)| contacts.is_empty()) {
        return view! { <NothingToTick no_problems=frame.problems.is_empty() /> }.into_any();
    }
    let problems = frame.problems.clone();
    view! {
        <div class="card-table" class:card-table--whole=move || layout.get() == Layout::Whole>
            <p class="card-table__hint">{tr!(i18n, edit.table_hint)}</p>
            <div class="card-table__layout">
                <Segmented
                    label=tr!(i18n, edit.table_layout)
                    hide_label=true
                    options=layouts
                    value=layout
                />
            </div>
            <div class="card-table__whole">
                <WholeTable table frame />
            </div>
            <div class="card-table__problem">
                <ByProblem table problems=problems.clone() />
            </div>
            <ProblemOrder table problems />
        </div>
    }
    .into_any()
}

#[component]
fn NothingToTick(no_problems: bool) -> impl IntoView {
    let i18n = use_i18n();
    let title = derived(move || {
        if no_problems {
            t_string!(i18n, edit.table_no_problems_title).to_owned()
        } else {
            t_string!(i18n, edit.table_no_contacts_title).to_owned()
        }
    });
    let text = derived(move || {
        if no_problems {
            t_string!(i18n, edit.table_no_problems_text).to_owned()
        } else {
            t_string!(i18n, edit.table_no_contacts_text).to_owned()
        }
    });
    let new = if no_problems { paths::problem_edit(None) } else { paths::contact_edit(None) };
    view! {
        <EmptyState icon="table-2" title text>
            <LinkButton href=new icon="plus">
                {move || if no_problems {
                    t_string!(i18n, edit.problem_new)
                } else {
                    t_string!(i18n, edit.contact_new)
                }}
            </LinkButton>
        </EmptyState>
    }
}
