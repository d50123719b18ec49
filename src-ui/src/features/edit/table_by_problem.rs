//! The card one problem at a time: who is called in which order, who could be, and the order of the problems.

use super::card_table::{Cell, Table};
use super::hours::{Hours, Week, span_words, split_holidays, week_words};
use super::table_model::{Choice, ProblemColumn, Taker, column};
use crate::components::{Button, IconButton, LinkButton, Segmented, When};
use crate::format::{I18n, lowercase, sector_words, weekday_words};
use crate::i18n::*;
use crate::routes::paths;
use crate::state::{Kept, Var, derived};
use leptos::prelude::*;
use trygkort_core::domain::{ContactId, ProblemId};
use trygkort_core::ipc::Sector;

/// The chosen problem: its takers in order, and everyone to tick.
#[component]
pub(crate) fn ByProblem(table: Table, problems: Vec<(ProblemId, String)>) -> impl IntoView {
    let i18n = use_i18n();
    let column = Kept::new(move || {
        let problem = table.problem()?;
        table.load.map(|table| column(table, problem)).flatten()
    });
    let name =
        Memo::new(move |_| column.with(|column| column.as_ref().map(|one| one.name.clone()).unwrap_or_default()));
    view! {
        <div class="by-problem__choose">
            <ProblemChoice table problems />
        </div>
        <h2 class="by-problem__name">{move || name.get()}</h2>
        <section class="by-problem__part">
            <h3 class="card-heading">{tr!(i18n, edit.table_order_heading)}</h3>
            <When cond=move || column.with(|column| column.as_ref().is_some_and(|one| one.takers.is_empty()))>
                <p class="muted">{derived(move || t_string!(i18n, edit.table_nobody, problem = name.get()).to_string())}</p>
            </When>
            <Takers table column />
            <div class="buttons">{move || table.problem().map(|problem| view! { <HistoryLink problem /> })}</div>
        </section>
        <section class="by-problem__part by-problem__part--tick">
            <h3 class="card-heading">{tr!(i18n, edit.table_tick_heading)}</h3>
            <Choices table column />
        </section>
    }
}

/// The problem to show; phones only, on a desk the table's headings do it.
#[component]
fn ProblemChoice(table: Table, problems: Vec<(ProblemId, String)>) -> impl IntoView {
    let i18n = use_i18n();
    let chosen = Var::new(untrack(|| table.problem()));
    let options = problems.into_iter().map(|(id, name)| (Some(id), Signal::stored(name))).collect::<Vec<_>>();
    // One way only: a choice made here goes to the table, and a choice made there redraws nothing here.
    Effect::new(move |before: Option<()>| {
        let choice = chosen.get();
        if before.is_some() {
            table.chosen.set(choice);
        }
    });
    view! {
        <Segmented
            label=tr!(i18n, edit.table_by_problem)
            hide_label=true
            options
            value=chosen
        />
    }
}

/// What happened to the problem and who took it.
#[component]
fn HistoryLink(problem: ProblemId) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <LinkButton href=paths::card_history(problem.0) icon="history">
            {tr!(i18n, updates.history)}
        </LinkButton>
    }
}

#[component]
fn Takers(table: Table, column: Kept<Option<ProblemColumn>>) -> impl IntoView {
    let takers = move || {
        column.with(|column| {
            let Some(column) = column else { return Vec::new() };
            let last = column.takers.len();
            let cell = |taker: &Taker| Cell {
                problem: column.id,
                problem_name: column.name.clone(),
                contact: taker.contact,
                contact_name: taker.name.clone(),
            };
            column
                .takers
                .iter()
                .enumerate()
                .map(|(index, taker)| (cell(taker), taker.clone(), index == 0, index + 1 == last))
                .collect()
        })
    };
    view! {
        <ol class="takers">
            <For
                each=takers
                key=|(cell, taker, first, last)| {
                    (cell.problem, taker.contact, taker.order, taker.hours.clone(), *first, *last)
                }
                let:item
            >
                <TakerRow table cell=item.0 taker=item.1 first=item.2 last=item.3 />
            </For>
        </ol>
    }
}

#[component]
fn TakerRow(table: Table, cell: Cell, taker: Taker, first: bool, last: bool) -> impl IntoView {
    let i18n = use_i18n();
    let Cell { problem, contact, .. } = cell;
    let name = StoredValue::new(taker.name.clone());
    let hours = taker.hours;
    let own_hours = !hours.is_empty();
    let edited = cell.clone();
    view! {
        <li class="taker">
            <span class="taker__order" aria-hidden="true">
                {taker.order}
                "."
            </span>
            <span class="taker__text">
                <strong>{taker.name}</strong>
                <span class="taker__hours">
                    {move || {
                        if own_hours {
                            t_string!(i18n, edit.table_hours_here, hours = hours_words(i18n, &hours)).to_string()
                        } else {
                            t_string!(i18n, edit.table_hours_own).to_owned()
                        }
                    }}
                </span>
            </span>
            <span class="taker__buttons">
                <span id=button_id("up", problem, contact) class="taker__move">
                    <IconButton
                        icon="chevron-up"
                        label=derived(move || {
                            t_string!(i18n, edit.table_up_named, name = name.get_value()).to_string()
                        })
                        on_click=move || table.move_cell(problem, contact, true, button_id("up", problem, contact))
                        disabled=first
                    />
                </span>
                <span id=button_id("down", problem, contact) class="taker__move">
                    <IconButton
                        icon="chevron-down"
                        label=derived(move || {
                            t_string!(i18n, edit.table_down_named, name = name.get_value()).to_string()
                        })
                        on_click=move || table.move_cell(problem, contact, false, button_id("down", problem, contact))
                        disabled=last
                    />
                </span>
                <Button icon="clock" on_click=move || table.hours.set(Some(edited.clone()))>
                    {tr!(i18n, edit.table_hours)}
                </Button>
                {move || {
                    let label = t_string!(i18n, updates.history_of, name = name.get_value()).to_string();
                    view! {
                        <a class="button button--icon" href=paths::card_history(taker.row) aria-label=label>
                            <crate::components::Icon name="history" />
                        </a>
                    }
                }}
            </span>
        </li>
    }
}

/// Hours as a person says them, as far as they are a plain week; otherwise as they are written.
pub(crate) fn hours_words(i18n: I18n, text: &str) -> String {
    let all_day = t_string!(i18n, common.opening.all_day);
    let day_name = |day| weekday_words(i18n, u8::try_from(day).unwrap_or_default());
    match Hours::parse(text) {
        Hours::Always => lowercase(t_string!(i18n, edit.hours_always)),
        Hours::Week(week) if week == Week::default() => lowercase(t_string!(i18n, edit.hours_closed)),
        Hours::Week(week) => week_words(&week, all_day, day_name),
        Hours::Advanced(text) => match split_holidays(&text) {
            Some((week, spans)) => {
                let (days, times) = (week_words(&week, all_day, day_name), span_words(&spans, all_day));
                t_string!(i18n, edit.hours_and_holidays, days = days, times = times).to_string()
            }
            None => text,
        },
        Hours::Unknown => text.to_owned(),
    }
}

fn button_id(way: &str, problem: ProblemId, contact: ContactId) -> String {
    format!("{way}-{problem}-{contact}")
}

/// Everyone under their headings, to tick.
#[component]
fn Choices(table: Table, column: Kept<Option<ProblemColumn>>) -> impl IntoView {
    let i18n = use_i18n();
    let sectors = Kept::new(move || {
        column
            .with(|column| column.as_ref().map(|one| one.choices.iter().map(|(sector, _)| *sector).collect::<Vec<_>>()))
    });
    let of_sector = move |sector: Sector| {
        column.with(|column| {
            let Some(column) = column else { return Vec::new() };
            let choices = column.choices.iter().filter(|(one, _)| *one == sector).flat_map(|(_, choices)| choices);
            choices
                .map(|choice| {
                    let cell = Cell {
                        problem: column.id,
                        problem_name: column.name.clone(),
                        contact: choice.contact,
                        contact_name: choice.name.clone(),
                    };
                    (cell, choice.clone())
                })
                .collect::<Vec<_>>()
        })
    };
    view! {
        <For each=move || sectors.get().unwrap_or_default() key=|sector| *sector let:sector>
            <fieldset class="ticks">
                <legend class="grid__sector">{move || sector_words(i18n, sector)}</legend>
                <For
                    each=move || of_sector(sector)
                    key=|(cell, choice)| (cell.problem, choice.contact, choice.name.clone())
                    let:item
                >
                    <ChoiceTick table column cell=item.0 choice=item.1 />
                </For>
            </fieldset>
        </For>
    }
}

#[component]
fn ChoiceTick(table: Table, column: Kept<Option<ProblemColumn>>, cell: Cell, choice: Choice) -> impl IntoView {
    let contact = choice.contact;
    let order = Kept::new(move || {
        column.with(|column| column.as_ref()?.takers.iter().find(|one| one.contact == contact).map(|one| one.order))
    });
    let node = NodeRef::<leptos::html::Input>::new();
    let toggle = move |event| {
        if let Some(tick) = node.get_untracked() {
            table.tick(cell.clone(), event_target_checked(&event), tick);
        }
    };
    view! {
        <label class="tick">
            <input
                type="checkbox"
                class="tick__input"
                node_ref=node
                prop:checked=move || order.get().is_some()
                on:change=toggle
            />
            <span class="tick__name">{choice.name}</span>
        </label>
    }
}

/// The problems in the order of the card.
#[component]
pub(crate) fn ProblemOrder(table: Table, problems: Vec<(ProblemId, String)>) -> impl IntoView {
    let i18n = use_i18n();
    let last = problems.len().saturating_sub(1);
    view! {
        <section class="problem-order">
            <h2 class="card-heading">{tr!(i18n, edit.table_problems_heading)}</h2>
            <ol class="takers">
                {problems
                    .into_iter()
                    .enumerate()
                    .map(|(index, (id, name))| {
                        view! { <ProblemRow table id name first=index == 0 last=index == last /> }
                    })
                    .collect_view()}
            </ol>
            <div class="buttons">
                <LinkButton href=paths::problem_edit(None) icon="plus">
                    {tr!(i18n, edit.problem_new)}
                </LinkButton>
            </div>
        </section>
    }
}

#[component]
fn ProblemRow(table: Table, id: ProblemId, name: String, first: bool, last: bool) -> impl IntoView {
    let i18n = use_i18n();
    let named = StoredValue::new(name.clone());
    view! {
        <li class="taker">
            <span class="taker__text"><strong>{name}</strong></span>
            <span class="taker__buttons">
                <span id=format!("earlier-{id}") class="taker__move">
                    <IconButton
                        icon="chevron-up"
                        label=derived(move || {
                            t_string!(i18n, edit.table_problem_left, name = named.get_value()).to_string()
                        })
                        on_click=move || table.move_problem(id, true, format!("earlier-{id}"))
                        disabled=first
                    />
                </span>
                <span id=format!("later-{id}") class="taker__move">
                    <IconButton
                        icon="chevron-down"
                        label=derived(move || {
                            t_string!(i18n, edit.table_problem_right, name = named.get_value()).to_string()
                        })
                        on_click=move || table.move_problem(id, false, format!("later-{id}"))
                        disabled=last
                    />
                </span>
                {move || {
                    let label = t_string!(i18n, edit.table_edit_problem, name = named.get_value()).to_string();
                    view! {
                        <a class="button button--icon" href=paths::problem_edit(Some(id)) aria-label=label>
                            <crate::components::Icon name="pencil" />
                        </a>
                    }
                }}
            </span>
        </li>
    }
}
