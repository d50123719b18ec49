//! The card itself: 112 and 114, a tile per problem, and *Bekymret for en person?*.

use super::acute::AcuteCalls;
use super::view_model::tile_lines;
use crate::components::{EmptyState, Icon, LinkButton, Loaded, Page, When};
use crate::format::{I18n, opening_short};
use crate::i18n::*;
use crate::routes::paths;
use crate::state::{derived, use_load, use_session};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use trygkort_core::ipc::{CardView, ConcernView, GetCard, Opening, ProblemTile, TileContact, Topic};

const TOPICS: &[Topic] = &[Topic::Area, Topic::Card, Topic::Contacts];

/// The card. On a desk it stands at the start side of whatever was chosen from it.
#[component]
pub(crate) fn CardPage() -> impl IntoView {
    let session = use_session();
    let card = use_load(TOPICS, || GetCard {});
    let title = derived(move || card.map(|card| card.area_name.clone()).unwrap_or_else(|| session.area_name()));
    view! {
        <Page title>
            <AcuteCalls />
            <Loaded load=card bars=6 let:card>
                <Card card />
            </Loaded>
        </Page>
    }
}

#[component]
fn Card(card: CardView) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let CardView { problems, concern, stale_days, .. } = card;
    let empty = problems.is_empty();
    let empty_text = derived(move || match session.is_coordinator() {
        true => t_string!(i18n, card.empty_text_editor).to_owned(),
        false => t_string!(i18n, card.empty_text).to_owned(),
    });
    view! {
        {stale_days
            .map(|days| {
                view! {
                    <p class="stale" role="status">
                        <Icon name="history" />
                        <span>{derived(move || t_string!(i18n, card.stale, days = days).to_string())}</span>
                    </p>
                }
            })}
        <h2 class="card-heading" id="card-heading">
            {tr!(i18n, card.what_is_the_problem)}
        </h2>
        {if empty {
            view! {
                <EmptyState
                    icon="layout-grid"
                    title=tr!(i18n, card.empty_title)
                    text=empty_text
                />
            }
                .into_any()
        } else {
            view! {
                <ul class="tiles" aria-labelledby="card-heading">
                    {problems.into_iter().map(|problem| view! { <Tile problem /> }).collect_view()}
                </ul>
            }
                .into_any()
        }}
        {concern.map(|concern| view! { <ConcernEntry concern /> })}
        <When cond=move || session.is_coordinator()>
            <div class="buttons card-edit">
                <LinkButton href=paths::card_table() icon="table-2">
                    {tr!(i18n, card.as_table)}
                </LinkButton>
                <LinkButton href=paths::problem_edit(None) icon="plus">
                    {tr!(i18n, card.new_problem)}
                </LinkButton>
                <LinkButton href=paths::area_edit() icon="pencil">
                    {tr!(i18n, card.edit_whole_area)}
                </LinkButton>
            </div>
        </When>
    }
}

/// One problem. The link is called what the problem is called; who takes it is its description.
#[component]
fn Tile(problem: ProblemTile) -> impl IntoView {
    let i18n = use_i18n();
    let path = use_location().pathname;
    let href = paths::problem(problem.id);
    let here = href.clone();
    let who_id = format!("tile-{}-who", problem.id);
    let (shown, more) = tile_lines(&problem.contacts);
    let lines = shown.iter().cloned().map(|contact| view! { <TileLine contact /> }).collect_view();
    view! {
        <li class="tile">
            <span class="tile__icon"><Icon name=problem.icon /></span>
            <span class="tile__text">
                <a
                    class="tile__link"
                    href=href
                    aria-describedby=who_id.clone()
                    aria-current=move || path.with(|path| *path == here).then_some("page")
                >
                    {problem.name}
                </a>
                <span class="tile__who" id=who_id.clone()>
                    {lines}
                    {(more > 0)
                        .then(|| {
                            view! {
                                <span class="tile__line">
                                    {derived(move || t_string!(i18n, card.tile_more, count = more).to_string())}
                                </span>
                            }
                        })}
                </span>
            </span>
            <span class="tile__go"><Icon name="chevron-right" /></span>
        </li>
    }
}

/// *Ejendomskontoret · til kl. 15*
#[component]
fn TileLine(contact: TileContact) -> impl IntoView {
    let i18n = use_i18n();
    let TileContact { name, opening } = contact;
    view! {
        <span class="tile__line">
            {name}
            {move || {
                let opening = tile_opening(i18n, &opening);
                (!opening.is_empty()).then(|| view! { " " <span class="tile__opening">"· " {opening}</span> })
            }}
        </span>
    }
}

/// On a tile there is one line: when someone opens on another day, *lukket nu* has to do.
fn tile_opening(i18n: I18n, opening: &Opening) -> String {
    match opening {
        Opening::ClosedUntil { day: 1.., .. } => t_string!(i18n, card.closed_now).to_owned(),
        _ => opening_short(i18n, opening),
    }
}

#[component]
fn ConcernEntry(concern: ConcernView) -> impl IntoView {
    let i18n = use_i18n();
    let path = use_location().pathname;
    let title = concern.title;
    view! {
        <div class="tile tile--concern">
            <span class="tile__icon"><Icon name="heart-handshake" /></span>
            <span class="tile__text">
                <a
                    class="tile__link"
                    href=paths::concern()
                    aria-describedby="concern-entry-hint"
                    aria-current=move || path.with(|path| path == paths::concern()).then_some("page")
                >
                    {move || if title.is_empty() { t_string!(i18n, card.concern).to_owned() } else { title.clone() }}
                </a>
                <span class="tile__who" id="concern-entry-hint">
                    <span class="tile__line">{tr!(i18n, card.concern_hint)}</span>
                </span>
            </span>
            <span class="tile__go"><Icon name="chevron-right" /></span>
        </div>
    }
}
