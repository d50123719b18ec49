//! Contacts: the shared telephone and mail list.

use super::{Ctx, action, channels};
use crate::domain::schema::{DELETED_AT, channel as ch, contact as f};
use crate::domain::{ChannelId, ContactId, Entity, OrganisationId, Role, RowId, Scope, Value, hours, order, phone};
use crate::domain::{validate, vcard};
use crate::error::Error;
use crate::ipc::{
    ChannelForm, ChannelKind, ContactForm, ContactGroup, ContactList, ContactRow as ContactLine, ContactView, Editing,
    Saved, Topic,
};
use crate::store::area::AreaFile;
use crate::store::table::area;
use crate::store::table::channel::{self, ChannelRow};
use crate::store::table::contact::{self, ContactRow};
use action::Draft;
use std::collections::BTreeSet;

/// Contacts that hold every word of the query, by organisation.
pub(crate) fn search(file: &AreaFile, ctx: &Ctx<'_>, query: &str, limit: u32) -> Result<ContactList, Error> {
    let (rows, total) = contact::search(&file.conn, query, limit)?;
    let mut groups: Vec<ContactGroup> = Vec::new();
    for row in rows {
        let channels = channel::of_contact(&file.conn, row.id)?;
        if groups.last().is_none_or(|group| group.organisation != row.organisation_name) {
            groups.push(ContactGroup { organisation: row.organisation_name.clone(), contacts: Vec::new() });
        }
        let line = ContactLine {
            id: ContactId(row.id),
            name: row.name,
            role: row.role,
            opening: ctx.opening(&row.hours),
            phone: channels::first_phone(&channels),
            reported: channels.iter().any(|channel| channel.reported_at.is_some()),
        };
        if let Some(group) = groups.last_mut() {
            group.contacts.push(line);
        }
    }
    Ok(ContactList { groups, total })
}

/// One contact with everything this device may see.
pub(crate) fn get(file: &AreaFile, ctx: &Ctx<'_>, id: ContactId) -> Result<ContactView, Error> {
    let row = contact::get(&file.conn, id.0)?.ok_or(Error::NotFound)?;
    let view = view(file, ctx, row, "")?;
    Ok(ContactView { week: hours::week(&view.hours), ..view })
}

/// A contact as the card shows it, without its week; `cell_hours` hold for one problem only and go before its own.
pub(crate) fn view(file: &AreaFile, ctx: &Ctx<'_>, row: ContactRow, cell_hours: &str) -> Result<ContactView, Error> {
    let hours = if cell_hours.is_empty() { row.hours } else { cell_hours.to_owned() };
    let channels = channel::of_contact(&file.conn, row.id)?;
    Ok(ContactView {
        id: ContactId(row.id),
        name: row.name,
        role: row.role,
        organisation: row.organisation_name,
        opening: ctx.opening(&hours),
        week: Vec::new(),
        hours,
        note: row.note,
        channels: channels.into_iter().map(channels::view).collect(),
        verified_at_ms: row.verified_at,
        verified_by: row.verified_by,
        scope: row.scope,
        editable: file.session.role == Role::Coordinator,
        demo: area::get(&file.conn)?.demo,
    })
}

/// One contact as the text of a vCard file.
pub(crate) fn vcard(file: &AreaFile, id: ContactId) -> Result<String, Error> {
    let row = contact::get(&file.conn, id.0)?.ok_or(Error::NotFound)?;
    let channels = channel::of_contact(&file.conn, row.id)?;
    let (mails, phones): (Vec<&ChannelRow>, Vec<&ChannelRow>) =
        channels.iter().partition(|channel| channels::kind(&channel.kind) == ChannelKind::Mail);
    Ok(vcard::write(&vcard::Vcard {
        name: &row.name,
        organisation: &row.organisation_name,
        role: &row.role,
        note: &row.note,
        phones: phones.iter().map(|c| (c.value.as_str(), channels::kind(&c.kind) == ChannelKind::Mobile)).collect(),
        mails: mails.iter().map(|c| c.value.as_str()).collect(),
    }))
}

/// The form as it is now.
pub(crate) fn edit(file: &AreaFile, ctx: &Ctx<'_>, id: Option<ContactId>) -> Result<Editing<ContactForm>, Error> {
    let Some(id) = id else {
        let form = ContactForm {
            organisation: None,
            name: String::new(),
            role: String::new(),
            hours: String::new(),
            note: String::new(),
            scope: Scope::Network,
            channels: vec![empty_channel()],
        };
        return Ok(Editing { row: ctx.new_id(), new: true, form, seen: action::seen(file, &[])? });
    };
    let row = contact::get(&file.conn, id.0)?.ok_or(Error::NotFound)?;
    let channels = channel::of_contact(&file.conn, id.0)?;
    let rows: Vec<RowId> = std::iter::once(id.0).chain(channels.iter().map(|channel| channel.id)).collect();
    let form = ContactForm {
        organisation: row.organisation.map(OrganisationId),
        name: row.name,
        role: row.role,
        hours: row.hours,
        note: row.note,
        scope: row.scope,
        channels: channels.into_iter().map(channel_form).collect(),
    };
    Ok(Editing { row: id.0, new: false, form, seen: action::seen(file, &rows)? })
}

fn empty_channel() -> ChannelForm {
    ChannelForm {
        id: None,
        label: String::new(),
        kind: ChannelKind::Phone,
        value: String::new(),
        scope: Scope::Network,
    }
}

fn channel_form(row: ChannelRow) -> ChannelForm {
    let view = channels::view(row);
    ChannelForm { id: Some(view.id), label: view.label, kind: view.kind, value: view.display, scope: view.scope }
}

/// Saves what differs between the form as it was opened and as it is now.
pub(crate) fn save(
    file: &mut AreaFile,
    ctx: &Ctx<'_>,
    opened: &Editing<ContactForm>,
    form: &ContactForm,
) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let name = form.name.trim();
    if name.is_empty() {
        return Err(Error::invalid("name", "a contact needs a name"));
    }
    hours::check(&form.hours).map_err(|error| Error::invalid("hours", error.to_string()))?;
    let old = &opened.form;
    let all = opened.new;
    let mut draft = Draft::from_form(&opened.seen);
    draft
        .row(Entity::Contact, opened.row, form.scope)
        .set_if(all || form.name != old.name, f::name, name)
        .set_if(all || form.role != old.role, f::role, form.role.trim())
        .set_if(all || form.hours != old.hours, f::hours, form.hours.trim())
        .set_if(all || form.note != old.note, f::note, form.note.trim())
        .set_if(
            all || form.organisation != old.organisation,
            f::organisation,
            form.organisation.map_or(Value::Null, |id| Value::Row(id.0)),
        );
    save_channels(&mut draft, file, ctx, opened, form)?;
    draft.save(file, ctx, opened.row)
}

/// Channels that were added, changed, reordered or left out.
fn save_channels(
    draft: &mut Draft,
    file: &AreaFile,
    ctx: &Ctx<'_>,
    opened: &Editing<ContactForm>,
    form: &ContactForm,
) -> Result<(), Error> {
    let stored = channel::of_contact(&file.conn, opened.row)?;
    let old_order: Vec<_> = opened.form.channels.iter().filter_map(|channel| channel.id).collect();
    let new_order: Vec<_> = form.channels.iter().filter_map(|channel| channel.id).collect();
    let kept: Vec<_> = old_order.iter().copied().filter(|id| new_order.contains(id)).collect();
    let reordered = kept != new_order;
    let keys = order::spread(form.channels.len());
    let mut last_key = String::new();
    for (index, channel) in form.channels.iter().enumerate() {
        let prefix = format!("channels.{index}.");
        if channel.id.is_none() && channel.value.trim().is_empty() && channel.label.trim().is_empty() {
            continue;
        }
        let value = parse_value(channel)
            .ok_or_else(|| Error::invalid(format!("{prefix}value"), "expected a telephone number or a mail address"))?;
        let before = channel.id.and_then(|id| opened.form.channels.iter().find(|old| old.id == Some(id)));
        let stored_key = channel.id.and_then(|id| stored.iter().find(|row| row.id == id.0)).map(|row| &row.order);
        let key = match stored_key {
            Some(key) if !reordered => key.clone(),
            _ if reordered => keys[index].clone(),
            _ => order::between(&last_key, ""),
        };
        let all = before.is_none();
        draft
            .named_row(Entity::Channel, channel.id.map_or_else(|| ctx.new_id(), |id| id.0), channel.scope, &prefix)
            .set_if(all, ch::contact, opened.row)
            .set_if(before.is_none_or(|old| old.label != channel.label), ch::label, channel.label.trim())
            .set_if(before.is_none_or(|old| old.kind != channel.kind), ch::kind, channels::word(channel.kind))
            .set_if(before.is_none_or(|old| old.value != channel.value), ch::value, value)
            // A number that was corrected works until someone says otherwise.
            .set_if(before.is_some_and(|old| old.value != channel.value), ch::reported_at, Value::Null)
            .set_if(all || reordered, ch::order, key.as_str());
        last_key = key;
    }
    for gone in opened.form.channels.iter().filter(|old| old.id.is_some_and(|id| !new_order.contains(&id))) {
        if let Some(ChannelId(id)) = gone.id {
            draft.row(Entity::Channel, id, gone.scope).set(DELETED_AT, Value::Int(ctx.now_ms));
        }
    }
    Ok(())
}

/// The stored form of what was typed.
fn parse_value(channel: &ChannelForm) -> Option<String> {
    match channel.kind {
        ChannelKind::Mail => Some(channel.value.trim().to_owned()).filter(|mail| validate::is_mail(mail)),
        ChannelKind::Phone | ChannelKind::Mobile => phone::parse(&channel.value).ok(),
    }
}

/// *Kontrolleret i dag*: everything about the contact was checked, and its numbers work.
pub(crate) fn verify(file: &mut AreaFile, ctx: &Ctx<'_>, id: ContactId) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let row = contact::get(&file.conn, id.0)?.ok_or(Error::NotFound)?;
    let by = file.session.member_name.clone();
    let mut draft = Draft::new();
    draft.row(Entity::Contact, id.0, row.scope).set(f::verified_at, Value::Int(ctx.now_ms)).set(f::verified_by, by);
    for channel in channel::of_contact(&file.conn, id.0)?.iter().filter(|channel| channel.reported_at.is_some()) {
        draft.row(Entity::Channel, channel.id, channel.scope).set(ch::reported_at, Value::Null);
    }
    draft.save(file, ctx, id.0)
}
