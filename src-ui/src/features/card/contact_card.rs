//! A contact on a problem's page: is it open, and one tap to call, text or mail.

use super::actions::ChannelActions;
use super::view_model::{Ways, is_reachable};
use crate::components::{Button, ButtonKind, Chip, ChipKind, Icon, IconButton, MailLink, PhoneLink, TextLink};
use crate::format::{date_short, opening_words};
use crate::i18n::*;
use crate::routes::paths;
use crate::state::derived;
use leptos::prelude::*;
use trygkort_core::domain::ProblemId;
use trygkort_core::ipc::{ChannelView, ContactView, Opening};

/// What a call about a problem is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matter {
    pub(crate) problem: ProblemId,
    /// The problem's name: the subject of a mail.
    pub(crate) name: String,
    /// Place and problem in Danish: the text of an SMS or mail.
    pub(crate) text: String,
}

/// One of the contacts that take a problem.
#[component]
pub(crate) fn ContactCard(contact: ContactView, matter: Matter) -> impl IntoView {
    let name_id = format!("person-{}", contact.id);
    let ways = Ways::of(&contact);
    let open = is_reachable(contact.opening);
    let what = [contact.organisation.as_str(), contact.role.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ");
    let main = ways.calls.first().cloned();
    let others = ways.calls.iter().skip(1).cloned().collect::<Vec<_>>();
    view! {
        <li class="person" aria-labelledby=name_id.clone()>
            <OpeningChip opening=contact.opening />
            <h3 class="person__name" id=name_id.clone()>
                <a href=paths::contact(contact.id)>{contact.name.clone()}</a>
            </h3>
            {(!what.is_empty()).then(|| view! { <p class="person__what">{what}</p> })}
            {(!contact.note.is_empty()).then(|| view! { <p class="person__what">{contact.note.clone()}</p> })}
            {main.clone().map(|channel| view! { <CallButton channel open demo=contact.demo /> })}
            <WayButtons contact=contact.clone() ways matter=matter.clone() />
            {(!others.is_empty()).then(|| view! { <OtherNumbers channels=others demo=contact.demo /> })}
            <PersonFoot contact matter main />
        </li>
    }
}

/// *Åbent til kl. 15*, *Lukket, åbner mandag kl. 8*.
#[component]
pub(crate) fn OpeningChip(opening: Opening) -> impl IntoView {
    let i18n = use_i18n();
    let (kind, icon) = match opening {
        Opening::Always | Opening::OpenUntil { .. } => (ChipKind::Open, "circle-check"),
        Opening::ClosedUntil { .. } | Opening::Closed => (ChipKind::Closed, "clock"),
        Opening::Unknown => (ChipKind::Neutral, "clock"),
    };
    view! {
        <Chip kind=kind>
            <Icon name=icon />
            {move || opening_words(i18n, &opening)}
        </Chip>
    }
}

/// The biggest thing on the page: *Ring 32 57 10 00*. Quiet while closed, never elsewhere.
#[component]
pub(crate) fn CallButton(channel: ChannelView, open: bool, demo: bool) -> impl IntoView {
    let class = if open { "call" } else { "call call--quiet" };
    view! { <PhoneLink number=channel.value display=channel.display demo class=class /> }
}

#[component]
fn WayButtons(contact: ContactView, ways: Ways, matter: Matter) -> impl IntoView {
    let i18n = use_i18n();
    let actions = ChannelActions::new();
    let Ways { calls, text, mail } = ways;
    let demo = contact.demo;
    let number = calls.first().map(|channel| channel.display.clone());
    view! {
        <div class="person__ways">
            {text
                .map(|channel| {
                    view! { <TextLink number=channel.value display=channel.display body=matter.text.clone() demo /> }
                })}
            {mail
                .map(|channel| {
                    view! { <MailLink address=channel.value subject=matter.name.clone() body=matter.text.clone() demo /> }
                })}
            {number
                .map(|number| {
                    view! {
                        <IconButton
                            icon="copy"
                            label=tr!(i18n, card.copy)
                            on_click=move || actions.copy(number.clone())
                        />
                    }
                })}
        </div>
    }
}

/// The second number and on: smaller, each with its label.
#[component]
fn OtherNumbers(channels: Vec<ChannelView>, demo: bool) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <ul class="numbers" aria-label=tr!(i18n, card.more_numbers)>
            {channels
                .into_iter()
                .map(|channel| {
                    view! {
                        <li class="numbers__row">
                            {(!channel.label.is_empty())
                                .then(|| view! { <span class="numbers__label">{channel.label.clone()}</span> })}
                            <PhoneLink number=channel.value.clone() display=channel.display.clone() demo />
                            <ReportButton channel icon_only=true />
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}

#[component]
fn PersonFoot(contact: ContactView, matter: Matter, main: Option<ChannelView>) -> impl IntoView {
    let i18n = use_i18n();
    let actions = ChannelActions::new();
    let (id, name) = (contact.id, contact.name);
    view! {
        <div class="person__foot">
            <Button kind=ButtonKind::Quiet icon="bell" on_click=move || actions.remember(id, Some(matter.problem), name.clone())>
                {tr!(i18n, card.remember)}
            </Button>
            {main.map(|channel| view! { <ReportButton channel /> })}
        </div>
    }
}

/// *Nummeret virker ikke*: one tap tells the coordinators; then it says since when they know.
#[component]
pub(crate) fn ReportButton(channel: ChannelView, #[prop(optional)] icon_only: bool) -> impl IntoView {
    let i18n = use_i18n();
    let actions = ChannelActions::new();
    let id = channel.id;
    let number = channel.display;
    match channel.reported_at_ms {
        Some(at_ms) => view! {
            <span class="reported">
                <Icon name="flag" />
                {derived(move || t_string!(i18n, card.is_reported, date = date_short(at_ms)).to_string())}
            </span>
        }
        .into_any(),
        None if icon_only => view! {
            <IconButton
                icon="flag"
                label=derived(move || format!("{}: {number}", t_string!(i18n, card.number_is_wrong)))
                on_click=move || actions.report(id)
            />
        }
        .into_any(),
        None => view! {
            <Button kind=ButtonKind::Quiet icon="flag" on_click=move || actions.report(id)>
                {tr!(i18n, card.number_is_wrong)}
            </Button>
        }
        .into_any(),
    }
}
