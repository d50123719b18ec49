//! *Bekymret for en person?*: by telephone only. There is nowhere to write, and the page says why.

use super::acute::{Acute, AcuteIf};
use super::contact_card::OpeningChip;
use super::view_model::is_reachable;
use crate::components::{EmptyState, Icon, LinkButton, Loaded, Page, PhoneLink, When};
use crate::i18n::*;
use crate::routes::paths;
use crate::state::{derived, use_load, use_session};
use leptos::prelude::*;
use trygkort_core::ipc::{ConcernView, GetCard, Topic};

const TOPICS: &[Topic] = &[Topic::Area, Topic::Card];

/// Whom to call about a person.
#[component]
pub(crate) fn ConcernPage() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let card = use_load(TOPICS, || GetCard {});
    let title = derived(move || {
        card.map(|card| card.concern.as_ref().map(|concern| concern.title.clone()))
            .flatten()
            .filter(|title| !title.is_empty())
            .unwrap_or_else(|| t_string!(i18n, card.concern).to_owned())
    });
    view! {
        <Page title back=paths::card()>
            <div class="problem">
                <AcuteIf
                    acute=Acute::Alarm
                    condition=tr!(i18n, card.concern_112_if)
                />
                <Loaded load=card bars=2 let:card>
                    {match card.concern {
                        Some(concern) => view! { <Concern concern /> }.into_any(),
                        None => view! { <NoConcern /> }.into_any(),
                    }}
                </Loaded>
                <section class="lines lines--ready">
                    <h2 class="lines__heading">
                        <Icon name="shield-check" />
                        {tr!(i18n, card.concern_nothing_written)}
                    </h2>
                    <p class="lines__text">{tr!(i18n, card.concern_why)}</p>
                </section>
                <When cond=move || session.is_coordinator()>
                    <div class="buttons">
                        <LinkButton href=paths::area_edit() icon="pencil">
                            {tr!(i18n, card.edit_area)}
                        </LinkButton>
                    </div>
                </When>
            </div>
        </Page>
    }
}

#[component]
fn Concern(concern: ConcernView) -> impl IntoView {
    let session = use_session();
    let demo = untrack(|| session.demo());
    let class = if is_reachable(concern.opening) { "call" } else { "call call--quiet" };
    let paragraphs = concern.text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect::<Vec<_>>();
    view! {
        <div class="person">
            <OpeningChip opening=concern.opening />
            {paragraphs.into_iter().map(|text| view! { <p class="person__text">{text}</p> }).collect_view()}
            <PhoneLink number=concern.phone.e164 display=concern.phone.display demo class=class />
        </div>
    }
}

#[component]
fn NoConcern() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <EmptyState
            icon="phone-off"
            title=tr!(i18n, card.concern_missing_title)
            text=tr!(i18n, card.concern_missing_text)
        />
    }
}
