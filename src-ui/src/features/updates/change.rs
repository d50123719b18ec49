//! One change: what, by whom, when, before and after.

use super::place::{Beside, place_words};
use super::words::{
    author_words, deed_words, field_label, is_of_roster, is_place, is_shown, is_shown_of_new, value_words,
};
use crate::components::{Button, Chip};
use crate::format::{capitalise, clock_words, moment_words};
use crate::i18n::*;
use crate::routes::paths;
use crate::state::{derived, use_now, use_session};
use leptos::prelude::*;
use trygkort_core::domain::{ContactId, OrganisationId, PinId, ProblemId};
use trygkort_core::ipc::{Author, ChangeView, ChangedField, ChangedRow, Deed};

/// How a moment is told: on a page by day the clock is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Clock,
    Moment,
}

/// A change in a list.
#[component]
pub(super) fn Change(
    change: ChangeView,
    when: At,
    /// The thing that the whole list is about; its name needs no repeating, and its first words are told.
    #[prop(optional, into)]
    about: Option<String>,
    /// What *Gendan* does, where something can be restored.
    #[prop(optional_no_strip)]
    restore: Option<Callback<()>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let now = use_now();
    let ChangeView { by, at_ms, rows, more_rows, unsent, held, .. } = change;
    let who = by.clone();
    // The server notes who belongs here and with which devices: who decided that is not known here.
    let of_roster = rows.iter().all(|row| is_of_roster(&row.entity));
    let byline = derived(move || {
        let at = match when {
            At::Clock => clock_words(i18n, at_ms),
            At::Moment => moment_words(i18n, at_ms, now.get()),
        };
        if by == Author::Server && of_roster {
            return capitalise(&at);
        }
        let by = capitalise(&author_words(i18n.get_locale(), &by));
        format!("{by} · {at}")
    });
    let first = rows.first().map(|row| row.name.clone()).unwrap_or_default();
    let lost = rows.iter().flat_map(|row| &row.fields).any(|field| field.lost);
    let label = derived(move || {
        let (name, who) = (first.clone(), author_words(i18n.get_locale(), &who));
        if lost {
            t_string!(i18n, updates.restore_conflict, name = name, who = who).to_string()
        } else {
            format!("{} ({who})", t_string!(i18n, updates.restore_what, name = name))
        }
    });
    let more = derived(move || t_string!(i18n, updates.more_rows, count = more_rows).to_string());
    let waits = move || if held { tr!(i18n, updates.held) } else { tr!(i18n, updates.not_sent) };
    view! {
        <li class="change">
            {rows.into_iter().map(move |row| view! { <RowWords row about=about.clone() /> }).collect_view()}
            {(more_rows > 0).then(|| view! { <p class="change__by">{more}</p> })}
            <p class="change__by">
                {byline}
                {unsent.then(|| view! { " " <Chip>{waits()}</Chip> })}
            </p>
            {restore
                .map(|restore| {
                    view! {
                        <div class="buttons change__buttons">
                            <Button icon="undo-2" label on_click=restore>
                                {tr!(i18n, common.restore)}
                            </Button>
                        </div>
                    }
                })}
        </li>
    }
}

/// What was done to one thing.
#[component]
fn RowWords(row: ChangedRow, about: Option<String>) -> impl IntoView {
    let i18n = use_i18n();
    let coordinator = use_session().is_coordinator();
    let href = if about.is_none() { place_of(&row, coordinator) } else { None };
    let name = if about.as_ref() == Some(&row.name) { String::new() } else { row.name.clone() };
    let entity = row.entity.clone();
    let made = row.deed == Deed::Made;
    let kept = row.deed == Deed::Kept;
    let fields = row.fields.iter().filter(|field| !made || about.is_some() && is_shown_of_new(&field.field)).cloned();
    let fields: Vec<_> = fields.collect();
    let deed = derived(move || deed_words(i18n.get_locale(), &row));
    view! {
        <div class="change__row">
            <Name name href />
            <span class="change__deed">{deed}</span>
            {fields
                .into_iter()
                .map(|field| view! { <FieldWords entity=entity.clone() field made kept /> })
                .collect_view()}
        </div>
    }
}

/// What a thing is called, and the way to it where there is one.
#[component]
pub(super) fn Name(name: String, href: Option<String>) -> impl IntoView {
    (!name.is_empty()).then(|| match href {
        Some(href) => view! { <a class="change__name" href=href>{name}</a> }.into_any(),
        None => view! { <span class="change__name">{name}</span> }.into_any(),
    })
}

/// The page of a thing that is there, or of what it is a part of; of one in the trash its history, where it can be
/// restored. A cell of the card has no page but its history, which leads back to the card.
pub(super) fn place_of(row: &ChangedRow, coordinator: bool) -> Option<String> {
    if matches!(row.deed, Deed::Withdrawn | Deed::Erased) {
        return None;
    }
    let deleted = row.deed == Deed::Deleted || row.deed == Deed::Kept && row.fields.is_empty();
    let id = row.row;
    match row.entity.as_str() {
        "contact" if deleted => Some(paths::contact_history(ContactId(id))),
        "contact" => Some(paths::contact(ContactId(id))),
        "problem" if deleted => Some(paths::card_history(id)),
        "problem" => Some(paths::problem(ProblemId(id))),
        "map_pin" if deleted => Some(paths::pin_history(PinId(id))),
        "map_pin" => Some(paths::pin(PinId(id))),
        "card_cell" => Some(paths::card_history(id)),
        "organisation" if coordinator && !deleted => Some(paths::organisation_edit(Some(OrganisationId(id)))),
        "channel" => row.part_of.map(|contact| paths::contact(ContactId(contact))),
        "photo" => row.part_of.map(|pin| paths::pin(PinId(pin))),
        _ => None,
    }
}

/// A field, before and after; only what it got in a thing that was not there before, or where it never stood there.
#[component]
fn FieldWords(
    entity: String,
    field: ChangedField,
    /// The thing was not there before.
    made: bool,
    /// What stood there was kept, rather than this.
    kept: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let ChangedField { field, before, after, lost } = field;
    let place = is_place(&field);
    let name = field.clone();
    let label = derived(move || field_label(i18n.get_locale(), &entity, &name));
    // Of a place the way is told, which is no value that stood there or stands there.
    let told_before = before.clone().filter(|_| is_shown(&field) && !place && !made && !lost);
    let told_before = told_before.map(|before| told(&field, before));
    let beside = if lost { Beside::Stayed } else { Beside::Before };
    let after = told_beside(&field, beside, before, after);
    let stands = !kept && !place;
    view! {
        <p class="change__field">
            <span class="change__label">{label}</span>
            {told_before
                .map(|before| {
                    view! {
                        " "
                        <span class="visually-hidden">{tr!(i18n, updates.before)} " "</span>
                        <del>{before}</del>
                        <span aria-hidden="true">" → "</span>
                    }
                })}
            " "
            {stands.then(|| view! { <span class="visually-hidden">{tr!(i18n, updates.after)} " "</span> })}
            <ins>{after}</ins>
            {lost
                .then(|| {
                    let words = if kept { tr!(i18n, updates.lost_kept) } else { tr!(i18n, updates.lost) };
                    view! { <span class="change__lost">{words}</span> }
                })}
        </p>
    }
}

/// A value in words.
fn told(field: &str, value: String) -> Signal<String> {
    let (i18n, now, field) = (use_i18n(), use_now(), field.to_owned());
    derived(move || value_words(i18n, &field, &value, now.get()))
}

/// A value in words; of a place the way to it from the other one.
fn told_beside(field: &str, beside: Beside, other: Option<String>, after: String) -> Signal<String> {
    let i18n = use_i18n();
    if is_place(field) {
        derived(move || place_words(i18n.get_locale(), beside, other.as_deref(), &after))
    } else if is_shown(field) {
        told(field, after)
    } else {
        tr!(i18n, updates.changed)
    }
}

/// Two values beside each other, on a phone below each other: what was written, and what stands there.
#[component]
pub(super) fn Sides(
    row: ChangedRow,
    /// Who wrote what does not stand there.
    writer: Author,
    /// Who wrote what stands there, if that is known.
    #[prop(optional_no_strip)]
    standing: Option<Author>,
) -> impl IntoView {
    let i18n = use_i18n();
    let wrote = derived(move || {
        let who = capitalise(&author_words(i18n.get_locale(), &writer));
        t_string!(i18n, updates.wrote, who = who).to_string()
    });
    let stands = derived(move || match &standing {
        Some(Author::Me) => t_string!(i18n, updates.stands_mine).to_owned(),
        Some(author) => {
            let who = author_words(i18n.get_locale(), author);
            t_string!(i18n, updates.stands_by, who = who).to_string()
        }
        None => t_string!(i18n, updates.stands).to_owned(),
    });
    let entity = row.entity;
    let fields = row.fields.into_iter().map(|field| {
        let ChangedField { field, before, after, .. } = field;
        let (name, entity) = (field.clone(), entity.clone());
        let label = derived(move || field_label(i18n.get_locale(), &entity, &name));
        let there = before.clone().filter(|_| is_shown(&field));
        let there = there.map(|there| match is_place(&field) && !there.is_empty() {
            // The map itself is a tap away.
            true => tr!(i18n, updates.place.stands),
            false => told(&field, there),
        });
        let wrote_there = told_beside(&field, Beside::Now, before, after);
        view! {
            <p class="sides__field">{label}</p>
            <dl class="sides">
                <div class="sides__side">
                    <dt>{wrote}</dt>
                    <dd>{wrote_there}</dd>
                </div>
                {there
                    .map(|there| {
                        view! {
                            <div class="sides__side">
                                <dt>{stands}</dt>
                                <dd>{there}</dd>
                            </div>
                        }
                    })}
            </dl>
        }
    });
    view! { {fields.collect_view()} }
}

/// What one wrote to a thing beside that another deleted it.
#[component]
pub(super) fn Deletion(row: ChangedRow, writer: Author, deleter: Author) -> impl IntoView {
    let i18n = use_i18n();
    let ChangedRow { entity, fields, .. } = row;
    let (one, other) = (writer.clone(), deleter.clone());
    if fields.is_empty() {
        let told = derived(move || {
            let locale = i18n.get_locale();
            let loser = capitalise(&author_words(locale, &one));
            t_string!(i18n, updates.conflict_deleted, loser = loser, winner = author_words(locale, &other)).to_string()
        });
        return view! { <p>{told}</p> }.into_any();
    }
    let wrote = derived(move || {
        let who = capitalise(&author_words(i18n.get_locale(), &writer));
        t_string!(i18n, updates.wrote, who = who).to_string()
    });
    let deleted = derived(move || match &deleter {
        Author::Me => t_string!(i18n, updates.deleted_by_me).to_owned(),
        author => {
            let who = author_words(i18n.get_locale(), author);
            t_string!(i18n, updates.deleted_by, who = who).to_string()
        }
    });
    let fields = fields.into_iter().map(|ChangedField { field, after, .. }| {
        let (name, entity) = (field.clone(), entity.clone());
        let label = derived(move || field_label(i18n.get_locale(), &entity, &name));
        let value = told(&field, after);
        view! {
            <dd>
                <span class="change__label">{label}</span>
                " "
                {value}
            </dd>
        }
    });
    view! {
        <dl class="sides">
            <div class="sides__side">
                <dt>{wrote}</dt>
                {fields.collect_view()}
            </div>
            <div class="sides__side">
                <dt>{tr!(i18n, updates.stands_deleted)}</dt>
                <dd>{deleted}</dd>
            </div>
        </dl>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trygkort_core::domain::RowId;

    #[track_caller]
    fn check(entity: &str, deed: Deed, coordinator: bool, begins: Option<&str>) {
        let row = thing(entity, deed, None);
        let place = place_of(&row, coordinator);
        assert_eq!(place, begins.map(|begins| format!("{begins}{}", row.row)), "{entity} {deed:?}");
    }

    fn thing(entity: &str, deed: Deed, part_of: Option<RowId>) -> ChangedRow {
        let (row, fields) = (RowId(uuid::Uuid::from_u128(7)), Vec::new());
        ChangedRow { row, entity: entity.into(), name: "Driftsvagten".into(), part_of, deed, fields }
    }

    #[test]
    fn what_was_deleted_leads_to_its_history() {
        check("contact", Deed::Edited, false, Some("/contacts/"));
        check("contact", Deed::Deleted, false, Some("/contacts/history/"));
        check("contact", Deed::Kept, false, Some("/contacts/history/"));
        check("problem", Deed::Deleted, true, Some("/card/history/"));
        check("map_pin", Deed::Restored, false, Some("/map?pin="));
        check("map_pin", Deed::Deleted, false, Some("/map/history/"));
        check("card_cell", Deed::Deleted, true, Some("/card/history/"));
        check("card_cell", Deed::Deleted, false, Some("/card/history/"));
        check("card_cell", Deed::Made, false, Some("/card/history/"));
        check("contact", Deed::Erased, true, None);
        check("channel", Deed::Deleted, true, None);
        check("organisation", Deed::Edited, true, Some("/contacts/organisation/"));
        check("organisation", Deed::Edited, false, None);
        check("organisation", Deed::Deleted, true, None);
    }

    #[test]
    fn a_part_leads_to_what_it_is_seen_on() {
        let whole = RowId(uuid::Uuid::from_u128(8));
        for (entity, begins) in [("channel", "/contacts/"), ("photo", "/map?pin=")] {
            for deed in [Deed::Edited, Deed::Deleted] {
                let place = place_of(&thing(entity, deed, Some(whole)), false);
                assert_eq!(place, Some(format!("{begins}{whole}")), "{entity} {deed:?}");
            }
        }
    }
}
