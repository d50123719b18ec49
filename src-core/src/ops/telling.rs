//! Telling what was done: from the log's rows and fields to things and words as people know them.

use super::conflicts::About;
use crate::domain::schema::{self, DELETED_AT, Kind, card_cell, channel, conflict, contact, member};
use crate::domain::{Entity, FieldId, RowId, Scope, Value, phone};
use crate::error::Error;
use crate::ipc::{Author, ChangeView, ChangedField, ChangedRow, Deed};
use crate::merge::effect::Effect;
use crate::merge::{IncomingRow, RowState, Stamp};
use crate::store::StoreError;
use crate::store::area::AreaFile;
use crate::store::authors::{Authors, member_name};
use crate::store::journal::Read;
use crate::store::outbox::{self, Standing};
use crate::sync::incoming;
use std::collections::HashMap;

/// More things than these of one action are counted.
const ROWS_TOLD: usize = 6;

/// Something that somebody did, before it is put into words.
pub(crate) struct Done {
    /// Its position in the log; for what is not in it yet, its number on this device.
    pub(crate) id: u64,
    /// It is not in the log yet.
    pub(crate) unsent: bool,
    /// The server keeps it until it is a version that understands it.
    pub(crate) held: bool,
    pub(crate) origin: u32,
    pub(crate) at_ms: i64,
    pub(crate) rows: Vec<DoneRow>,
}

/// A row's part in it.
pub(crate) struct DoneRow {
    pub(crate) incoming: IncomingRow,
    pub(crate) erased: bool,
    /// `None`: how the row stood before is not known here.
    pub(crate) effect: Option<Effect>,
}

impl Done {
    /// What an entry of the log did.
    pub(crate) fn read(read: Read) -> Self {
        let Read { entry, effects } = read;
        let id = crate::domain::ChangeId { origin: entry.origin, counter: entry.counter };
        let stamp = Stamp { effective: entry.effective, id };
        let mut effects = effects.unwrap_or_default().into_iter();
        let mut rows = Vec::new();
        for part in entry.scopes {
            let scope = Scope::from_number(part.scope);
            for row in part.rows {
                let effect = effects.next();
                let Some(scope) = scope else { continue };
                let erased = row.erased == Some(true);
                rows.push(DoneRow { incoming: incoming(row.into_value(), scope, stamp), erased, effect });
            }
        }
        // A row that only went from one scope to another has its words where it came to.
        let stays = |row: RowId| move |other: &DoneRow| !other.incoming.withdrawn && other.incoming.row == row;
        let gone: Vec<bool> =
            rows.iter().map(|row| row.incoming.withdrawn && rows.iter().any(stays(row.incoming.row))).collect();
        let mut gone = gone.into_iter();
        rows.retain(|_| gone.next() != Some(true));
        // A watch that is ahead says nothing about when; one that is behind is believed.
        let at_ms = i64::try_from(entry.hlc.min(entry.effective)).unwrap_or(i64::MAX);
        Self { id: entry.position, unsent: false, held: false, origin: entry.origin, at_ms, rows }
    }

    /// What this device did and has not read back from the log, oldest first.
    pub(crate) fn outbox(file: &AreaFile) -> Result<Vec<Self>, Error> {
        let origin = file.session.origin;
        let mut states: HashMap<RowId, Option<RowState>> = HashMap::new();
        let mut done = Vec::new();
        for (action, standing) in outbox::all(&file.conn)? {
            let rows = outbox::incoming_rows(origin, &action, |row| {
                if let Some(known) = states.get(&row) {
                    return Ok(known.clone());
                }
                let stands = crate::store::rows::get(&file.conn, row)?;
                states.insert(row, stands.clone());
                Ok(stands)
            })?;
            let rows = rows.into_iter().map(|incoming| told_by(&mut states, incoming, true));
            let (id, unsent) = match standing {
                Standing::Unsent | Standing::Held => (action.counter, true),
                Standing::Admitted(position) => (position, false),
            };
            done.push(Self {
                id,
                unsent,
                held: standing == Standing::Held,
                origin,
                at_ms: i64::try_from(action.hlc).unwrap_or(i64::MAX),
                rows: rows.collect(),
            });
        }
        Ok(done)
    }
}

/// What an incoming row does to the rows as `states` has them, which it changes. A row that is missing there was never
/// there when `whole`, and is one of which nothing is known otherwise.
pub(crate) fn told_by(states: &mut HashMap<RowId, Option<RowState>>, incoming: IncomingRow, whole: bool) -> DoneRow {
    let current = states.remove(&incoming.row).flatten();
    let known = whole || current.is_some();
    let effect = known.then(|| Effect::of(current.as_ref(), &incoming));
    let row = incoming.row;
    if let crate::merge::Plan::Write { state, .. } = crate::merge::plan(current, incoming.clone()) {
        states.insert(row, Some(state));
    }
    DoneRow { incoming, erased: false, effect }
}

/// Puts what was done into words.
pub(crate) struct Teller<'a> {
    pub(crate) file: &'a AreaFile,
    pub(crate) authors: Authors,
    people: HashMap<u32, Author>,
    names: HashMap<RowId, String>,
}

impl<'a> Teller<'a> {
    pub(crate) fn new(file: &'a AreaFile) -> Result<Self, Error> {
        let authors = Authors::load(&file.conn)?;
        Ok(Self { file, authors, people: HashMap::new(), names: HashMap::new() })
    }

    /// Who wrote with this origin.
    pub(crate) fn author(&mut self, origin: u32) -> Result<Author, Error> {
        if let Some(known) = self.people.get(&origin) {
            return Ok(known.clone());
        }
        let author = if self.authors.same_member(origin, self.file.session.origin) {
            Author::Me
        } else if origin == crate::hub::SERVER_ORIGIN {
            Author::Server
        } else {
            let name = match self.authors.member(origin) {
                Some(member) => member_name(&self.file.conn, member)?,
                None => None,
            };
            name.map_or(Author::Somebody, Author::Named)
        };
        self.people.insert(origin, author.clone());
        Ok(author)
    }

    /// Something that was done; `None` when there is nothing in it for people.
    pub(crate) fn change(&mut self, done: &Done, told: impl Fn(RowId) -> bool) -> Result<Option<ChangeView>, Error> {
        let mut rows = Vec::new();
        let mut more_rows = 0;
        for row in done.rows.iter().filter(|row| told(row.incoming.row)) {
            if rows.len() < ROWS_TOLD {
                rows.extend(self.row(row)?);
            } else {
                more_rows += 1;
            }
        }
        self.settled(done, &told, &mut rows)?;
        if rows.is_empty() {
            return Ok(None);
        }
        let by = self.author(done.origin)?;
        let Done { id, unsent, held, at_ms, .. } = *done;
        Ok(Some(ChangeView { id, unsent, held, by, at_ms, rows, more_rows, restorable: false }))
    }

    /// What was decided where two had written to one thing. What the server settles because its author has moved on is
    /// no news.
    fn settled(&mut self, done: &Done, told: impl Fn(RowId) -> bool, rows: &mut Vec<ChangedRow>) -> Result<(), Error> {
        let settles = |row: &&DoneRow| {
            let mut fields = row.incoming.fields.iter();
            row.incoming.entity == Entity::Conflict.number()
                && fields.any(|(id, new)| *id == conflict::resolved_at && new.value != Value::Null)
        };
        if done.origin == crate::hub::SERVER_ORIGIN {
            return Ok(());
        }
        for row in done.rows.iter().filter(settles) {
            let state = outbox::overlay(&self.file.conn, self.file.session.origin, row.incoming.row)?;
            let Some(about) = state.as_ref().and_then(About::read).filter(|about| told(about.row)) else { continue };
            if let Some(chosen) = rows.iter_mut().find(|told| told.row == about.row) {
                if chosen.deed == Deed::Edited {
                    chosen.deed = Deed::Chosen;
                }
            } else if !done.rows.iter().any(|row| row.incoming.row == about.row) {
                rows.push(self.kept(&about)?);
            }
        }
        Ok(())
    }

    fn kept(&mut self, about: &About) -> Result<ChangedRow, Error> {
        let mut fields = Vec::new();
        if let Some((def, word)) = about.field() {
            let after = self.value(def, &about.value)?;
            fields.push(ChangedField { field: word.to_owned(), before: None, after, lost: true });
        }
        let (entity, name) = (about.entity.name().to_owned(), self.name_of(about.row)?);
        let part_of = self.whole_of(about.entity, about.row)?;
        Ok(ChangedRow { row: about.row, entity, name, part_of, deed: Deed::Kept, fields })
    }

    /// A row's part; `None` when there is nothing in it for people.
    pub(crate) fn row(&mut self, done: &DoneRow) -> Result<Option<ChangedRow>, Error> {
        let DoneRow { incoming, erased, effect } = done;
        let Some(entity) = Entity::from_number(incoming.entity) else { return Ok(None) };
        let deed = deed(entity, incoming, *erased, effect.as_ref());
        let fields = self.fields(entity, incoming, effect.as_ref(), deed)?;
        let silent = match entity {
            Entity::Conflict => true,
            Entity::Device | Entity::Invitation | Entity::Walk => deed == Deed::Edited,
            _ => deed == Deed::Edited && fields.is_empty(),
        };
        if silent {
            return Ok(None);
        }
        let fields =
            if matches!(entity, Entity::Device | Entity::Invitation | Entity::Walk) { Vec::new() } else { fields };
        let (name, part_of) = (self.name(incoming)?, self.whole_of(entity, incoming.row)?);
        Ok(Some(ChangedRow { row: incoming.row, entity: entity.name().to_owned(), name, part_of, deed, fields }))
    }

    fn fields(
        &mut self,
        entity: Entity,
        incoming: &IncomingRow,
        effect: Option<&Effect>,
        deed: Deed,
    ) -> Result<Vec<ChangedField>, Error> {
        let mut fields = Vec::new();
        let mut reordered = false;
        for (id, register) in &incoming.fields {
            let Some(def) = entity.field(*id) else { continue };
            let before = effect.map(|effect| effect.before(*id).unwrap_or(&Value::Null));
            if before == Some(&register.value) || !is_told(entity, def) {
                reordered |= def.kind == Kind::OrderKey && before != Some(&register.value);
                continue;
            }
            let before = before.map(|value| self.value(def, value)).transpose()?;
            let after = self.value(def, &register.value)?;
            if deed == Deed::Made && after.is_empty() || before.as_ref() == Some(&after) {
                continue;
            }
            let lost = effect.is_some_and(|effect| effect.lost.contains(id));
            fields.push(ChangedField { field: def.name.to_owned(), before, after, lost });
        }
        if let Some(from) = effect.and_then(|effect| effect.scope).and_then(Scope::from_number) {
            fields.push(plain("scope", from.as_str(), incoming.scope.as_str()));
        }
        if reordered && fields.is_empty() && deed == Deed::Edited {
            fields.push(ChangedField { before: None, ..plain("order", "", "") });
        }
        Ok(fields)
    }

    /// A value as text.
    pub(crate) fn value(&mut self, def: &schema::Field, value: &Value) -> Result<String, Error> {
        Ok(match value {
            Value::Text(text) if matches!(def.kind, Kind::Phone | Kind::Address) => phone::display(text),
            Value::Text(text) => text.clone(),
            Value::Bool(yes) => yes.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Row(row) => self.name_of(*row)?,
            Value::Position(place) => format!("{:.5}, {:.5}", place.lat(), place.lon()),
            Value::Null | Value::Opaque(_) => String::new(),
        })
    }

    /// What a row is called.
    fn name(&mut self, incoming: &IncomingRow) -> Result<String, Error> {
        let name = self.name_of(incoming.row)?;
        if !name.is_empty() || incoming.withdrawn {
            return Ok(name);
        }
        // It is not here any more: what was written then has to do.
        let state = crate::merge::plan(None, incoming.clone());
        let crate::merge::Plan::Write { state, .. } = state else { return Ok(name) };
        self.name_in(&state)
    }

    /// What a row is a part of and is seen on; `None` for a thing with a page of its own, and where the whole is not here
    /// or in the trash.
    pub(crate) fn whole_of(&self, entity: Entity, row: RowId) -> Result<Option<RowId>, Error> {
        let Some(whole) = names_whole(entity) else { return Ok(None) };
        let part = self.now(row)?;
        let named = part.and_then(|state| state.fields.get(&whole).and_then(|held| held.value.row()));
        named.map_or(Ok(None), |row| self.there(row))
    }

    /// The thing on whose page a row is seen, be it the row itself; `None` where that is not here or in the trash.
    pub(crate) fn seen_on(&self, row: RowId) -> Result<Option<RowId>, Error> {
        let entity = self.now(row)?.and_then(|state| Entity::from_number(state.entity));
        match entity.filter(|entity| names_whole(*entity).is_some()) {
            Some(part) => self.whole_of(part, row),
            None => self.there(row),
        }
    }

    fn now(&self, row: RowId) -> Result<Option<RowState>, StoreError> {
        outbox::overlay(&self.file.conn, self.file.session.origin, row)
    }

    /// A row, unless it is not here or in the trash.
    fn there(&self, row: RowId) -> Result<Option<RowId>, Error> {
        let deleted = |state: &RowState| state.fields.get(&DELETED_AT).is_some_and(|held| held.value != Value::Null);
        Ok(self.now(row)?.filter(|state| !deleted(state)).map(|state| state.row))
    }

    /// What a row is called that is here; empty for others.
    pub(crate) fn name_of(&mut self, row: RowId) -> Result<String, Error> {
        if let Some(known) = self.names.get(&row) {
            return Ok(known.clone());
        }
        let name = match outbox::overlay(&self.file.conn, self.file.session.origin, row)? {
            Some(state) => self.name_in(&state)?,
            None => String::new(),
        };
        self.names.insert(row, name.clone());
        Ok(name)
    }

    fn name_in(&mut self, state: &RowState) -> Result<String, Error> {
        let held = |field: FieldId| state.fields.get(&field).map(|register| &register.value);
        let of = |field| held(field).and_then(Value::row);
        let text = |field| held(field).map_or("", Value::text).to_owned();
        Ok(match Entity::from_number(state.entity) {
            Some(Entity::Channel) => {
                let contact = of(channel::contact).map(|contact| self.name_of(contact)).transpose()?;
                joined([contact.unwrap_or_default(), phone::display(&text(channel::value))])
            }
            Some(Entity::CardCell) => match (of(card_cell::contact), of(card_cell::problem)) {
                (Some(contact), Some(problem)) => format!("{} · {}", self.name_of(contact)?, self.name_of(problem)?),
                _ => String::new(),
            },
            Some(Entity::Device) => {
                let owner = of(schema::device::member).map(|member| self.name_of(member)).transpose()?;
                joined([owner.unwrap_or_default(), text(schema::device::name)])
            }
            Some(Entity::MapPin) => text(schema::map_pin::title),
            Some(Entity::Photo) => match (text(schema::photo::caption), of(schema::photo::of)) {
                (caption, Some(of)) if caption.is_empty() => self.name_of(of)?,
                (caption, _) => caption,
            },
            Some(Entity::Invitation | Entity::Conflict) | None => String::new(),
            // Their name is field 2 or 3.
            Some(Entity::Contact) => text(contact::name),
            Some(entity) => entity.fields().iter().find(|def| def.name == "name").map_or(String::new(), |f| text(f.id)),
        })
    }
}

/// The field in which a part names its whole, where a part has no page of its own.
fn names_whole(entity: Entity) -> Option<FieldId> {
    match entity {
        Entity::Channel => Some(channel::contact),
        Entity::CardCell => Some(card_cell::problem),
        Entity::Photo => Some(schema::photo::of),
        _ => None,
    }
}

/// What a part is called: after what it is a part of, and itself.
fn joined(parts: [String; 2]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// A field that needs no looking up.
pub(crate) fn plain(field: &str, before: &str, after: &str) -> ChangedField {
    ChangedField { field: field.to_owned(), before: Some(before.to_owned()), after: after.to_owned(), lost: false }
}

/// Whether people are told what a field holds; the deed says the rest.
pub(crate) fn is_told(entity: Entity, def: &schema::Field) -> bool {
    let hidden = match entity {
        Entity::Channel => def.id == channel::contact,
        Entity::CardCell => [card_cell::problem, card_cell::contact, card_cell::on].contains(&def.id),
        Entity::Contact => def.id == contact::verified_by,
        Entity::Member => def.id == member::joined_at,
        Entity::Conflict => def.id != conflict::resolved_at,
        Entity::Photo => def.id != schema::photo::caption,
        _ => false,
    };
    !hidden && def.id != DELETED_AT && !matches!(def.kind, Kind::OrderKey | Kind::Bounds)
}

fn deed(entity: Entity, incoming: &IncomingRow, erased: bool, effect: Option<&Effect>) -> Deed {
    let new = |field: FieldId| incoming.fields.iter().find(|(id, _)| *id == field).map(|(_, new)| &new.value);
    let old = |field: FieldId| effect.and_then(|effect| effect.before(field));
    let set = |value: &Value| *value != Value::Null;
    let ended = match entity {
        Entity::Device => schema::device::revoked_at,
        Entity::Invitation => schema::invitation::revoked_at,
        _ => DELETED_AT,
    };
    let made = effect.is_some_and(|effect| effect.made);
    if erased {
        Deed::Erased
    } else if incoming.withdrawn {
        Deed::Withdrawn
    } else if new(ended).is_some_and(set) && !old(ended).is_some_and(set) {
        Deed::Deleted
    } else if made {
        Deed::Made
    } else if new(ended).is_some_and(|value| !set(value)) && old(ended).is_some_and(set) {
        Deed::Restored
    } else if entity == Entity::CardCell {
        match (old(card_cell::on).map(Value::is_true), new(card_cell::on).map(Value::is_true)) {
            (Some(false) | None, Some(true)) => Deed::Made,
            (Some(true) | None, Some(false)) => Deed::Deleted,
            _ => Deed::Edited,
        }
    } else {
        Deed::Edited
    }
}
