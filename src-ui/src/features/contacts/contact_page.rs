//! One contact: every number with what one can do with it, the week's hours, and how sure we are that it is right.

use super::view_model::vcard_name;
use crate::components::{
    Button, ButtonKind, Chip, ChipKind, Icon, IconButton, LinkButton, Loaded, MailLink, Page, PhoneLink, TextLink,
};
use crate::features::card::view_model::is_number;
use crate::features::card::{ChannelActions, OpeningChip, ReportButton};
use crate::format::{date_words, day_hours_words, scope_words, weekday_words};
use crate::i18n::*;
use crate::ipc::ask;
use crate::routes::paths;
use crate::state::{Kept, derived, share_file, use_load, use_session, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};
use trygkort_core::domain::{ContactId, RowId, Scope};
use trygkort_core::ipc::{
    ChannelKind, ChannelView, ClearReport, ContactView, DeleteContact, GetContact, GetVcard, Topic, VerifyContact,
};
use uuid::Uuid;

const TOPICS: &[Topic] = &[Topic::Contacts];

/// The contact that the address names.
#[component]
pub(crate) fn ContactPage() -> impl IntoView {
    let params = use_params_map();
    let id = Kept::new(move || {
        let id = params.with(|params| params.get("id").and_then(|id| id.parse().ok()));
        // An address that names nothing is answered as a contact that is not there.
        id.unwrap_or(ContactId(RowId(Uuid::nil())))
    });
    move || view! { <Contact id=id.get() /> }
}

#[component]
fn Contact(id: ContactId) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let contact = use_load(TOPICS, move || GetContact { id });
    let title = derived(move || {
        contact.map(|contact| contact.name.clone()).unwrap_or_else(|| t_string!(i18n, contacts.title).to_owned())
    });
    let gone = derived(move || session.is_coordinator().then(|| paths::contact_history(id)));
    view! {
        <Page title back=paths::contacts()>
            <Loaded load=contact gone let:contact>
                <ContactBody contact />
            </Loaded>
        </Page>
    }
}

#[component]
fn ContactBody(contact: ContactView) -> impl IntoView {
    let i18n = use_i18n();
    let what = [contact.organisation.as_str(), contact.role.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ");
    let channels = contact.channels.clone();
    let (demo, editable, name) = (contact.demo, contact.editable, contact.name.clone());
    view! {
        <div class="contact">
            <div class="contact__head">
                <OpeningChip opening=contact.opening />
                {editable.then(|| view! { <ScopeChip scope=contact.scope /> })}
            </div>
            {(!what.is_empty()).then(|| view! { <p class="contact__what">{what}</p> })}
            {(!contact.note.is_empty())
                .then(|| {
                    view! {
                        <section>
                            <h2 class="card-heading">{tr!(i18n, contacts.note)}</h2>
                            <p class="contact__note">{contact.note.clone()}</p>
                        </section>
                    }
                })}
            <section>
                <h2 class="card-heading">{tr!(i18n, contacts.numbers)}</h2>
                <ul class="channels">
                    {channels
                        .into_iter()
                        .map(|channel| view! { <Channel channel name=name.clone() demo editable /> })
                        .collect_view()}
                </ul>
            </section>
            {(!contact.week.is_empty()).then(|| view! { <WeekTable week=contact.week.clone() /> })}
            <Verified contact=contact.clone() />
            <ContactButtons contact />
        </div>
    }
}

/// Who sees it; told to those who decide it.
#[component]
fn ScopeChip(scope: Scope) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Chip kind=ChipKind::Neutral>
            <Icon name="eye" />
            {move || scope_words(i18n, scope)}
        </Chip>
    }
}

#[component]
fn Channel(channel: ChannelView, name: String, demo: bool, editable: bool) -> impl IntoView {
    let i18n = use_i18n();
    let kind = channel.kind;
    let label = channel.label.clone();
    let shown = derived(move || match (label.is_empty(), kind) {
        (false, _) => label.clone(),
        (true, ChannelKind::Phone) => t_string!(i18n, contacts.phone).to_owned(),
        (true, ChannelKind::Mobile) => t_string!(i18n, contacts.mobile).to_owned(),
        (true, ChannelKind::Mail) => t_string!(i18n, contacts.mail).to_owned(),
    });
    let ways = if is_number(&channel) {
        view! { <NumberWays channel=channel.clone() demo /> }.into_any()
    } else {
        let address = channel.value.clone();
        view! {
            <MailLink address=channel.value.clone() demo class="button button--plain channel__mail">
                <Icon name="mail" />
                <span class="button__words">{address}</span>
            </MailLink>
        }
        .into_any()
    };
    view! {
        <li class="channel" aria-label=name>
            <p class="channel__label">
                {shown}
                {(editable && channel.scope != Scope::Public).then(|| view! { <ScopeChip scope=channel.scope /> })}
            </p>
            {ways}
            <ChannelFoot channel editable />
        </li>
    }
}

#[component]
fn NumberWays(channel: ChannelView, demo: bool) -> impl IntoView {
    let i18n = use_i18n();
    let actions = ChannelActions::new();
    let number = channel.display.clone();
    view! {
        <div class="channel__ways">
            <PhoneLink number=channel.value.clone() display=channel.display.clone() demo kind=ButtonKind::Primary />
            {channel
                .can_text
                .then(|| view! { <TextLink number=channel.value.clone() display=channel.display.clone() body="" demo /> })}
            <IconButton
                icon="copy"
                label=tr!(i18n, card.copy)
                on_click=move || actions.copy(number.clone())
            />
        </div>
    }
}

/// *Nummeret virker ikke*, and for coordinators the way back.
#[component]
fn ChannelFoot(channel: ChannelView, editable: bool) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let id = channel.id;
    let reported = channel.reported_at_ms.is_some();
    let is_number = is_number(&channel);
    let clear = move || {
        spawn_local(async move {
            match ask(ClearReport { id }).await {
                Ok(saved) => toasts.saved(td_string!(i18n.get_locale_untracked(), contacts.report_cleared), &saved),
                Err(error) => toasts.error(&error),
            }
        });
    };
    view! {
        <div class="channel__foot">
            {is_number.then(|| view! { <ReportButton channel /> })}
            {(reported && editable)
                .then(|| {
                    view! {
                        <Button icon="check" on_click=clear>
                            {tr!(i18n, contacts.number_works)}
                        </Button>
                    }
                })}
        </div>
    }
}

/// The week in rows.
#[component]
fn WeekTable(week: Vec<Vec<(u16, u16)>>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <section>
            <h2 class="card-heading">{tr!(i18n, contacts.hours)}</h2>
            <dl class="hours-table">
                {(0..)
                    .zip(week)
                    .map(|(weekday, spans)| {
                        view! {
                            <div class="hours-table__row">
                                <dt>{move || weekday_words(i18n, weekday)}</dt>
                                <dd>
                                    {move || {
                                        if spans.is_empty() {
                                            t_string!(i18n, contacts.closed).to_owned()
                                        } else {
                                            day_hours_words(i18n, weekday, &spans)
                                        }
                                    }}
                                </dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
        </section>
    }
}

#[component]
fn Verified(contact: ContactView) -> impl IntoView {
    let i18n = use_i18n();
    let ContactView { verified_at_ms, verified_by, .. } = contact;
    let words = derived(move || match verified_at_ms {
        None => t_string!(i18n, contacts.never_verified).to_owned(),
        Some(at_ms) if verified_by.is_empty() => {
            t_string!(i18n, contacts.verified_by_nobody, date = date_words(i18n, at_ms)).to_string()
        }
        Some(at_ms) => {
            t_string!(i18n, contacts.verified, date = date_words(i18n, at_ms), name = verified_by.clone()).to_string()
        }
    });
    view! {
        <p class="contact__verified">
            <Icon name=if verified_at_ms.is_some() { "circle-check" } else { "clock" } />
            <span>{words}</span>
        </p>
    }
}

#[component]
fn ContactButtons(contact: ContactView) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let locale = move || i18n.get_locale_untracked();
    let navigate = use_navigate();
    let (id, name) = (contact.id, contact.name);
    let file = vcard_name(&name);
    let share = move || {
        let file = file.clone();
        spawn_local(async move {
            match ask(GetVcard { id }).await {
                Ok(vcard) => match share_file(&file, "text/vcard", vcard.into_bytes()).await {
                    Ok(None) => {}
                    Ok(Some(place)) => {
                        toasts.say(td_string!(locale(), common.saved_at, place = place).to_string());
                    }
                    Err(_) => toasts.fail(td_string!(locale(), contacts.share_failed)),
                },
                Err(error) => toasts.error(&error),
            }
        });
    };
    let verify = move || {
        spawn_local(async move {
            match ask(VerifyContact { id }).await {
                Ok(saved) => toasts.saved(td_string!(locale(), contacts.verified_now), &saved),
                Err(error) => toasts.error(&error),
            }
        });
    };
    let delete = move || {
        let (name, navigate) = (name.clone(), navigate.clone());
        spawn_local(async move {
            match ask(DeleteContact { id }).await {
                Ok(saved) => {
                    toasts.saved(td_string!(locale(), contacts.deleted, name = name).to_string(), &saved);
                    navigate(paths::contacts(), NavigateOptions::default());
                }
                Err(error) => toasts.error(&error),
            }
        });
    };
    view! {
        <div class="buttons">
            <Button icon="share-2" on_click=share>
                {tr!(i18n, contacts.share)}
            </Button>
            <LinkButton href=paths::contact_history(id) icon="history">
                {tr!(i18n, updates.history)}
            </LinkButton>
            {contact
                .editable
                .then(|| {
                    view! {
                        <LinkButton href=paths::contact_edit(Some(id)) icon="pencil">
                            {tr!(i18n, contacts.edit)}
                        </LinkButton>
                        <Button icon="check" on_click=verify>
                            {tr!(i18n, contacts.verify)}
                        </Button>
                        <Button kind=ButtonKind::Danger icon="trash-2" on_click=delete>
                            {tr!(i18n, contacts.delete)}
                        </Button>
                    }
                })}
        </div>
    }
}
