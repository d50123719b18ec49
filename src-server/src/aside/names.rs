//! What things are called: as what is kept aside says itself, as they stand in the log, or as something else that is
//! kept aside says.

use super::AsideError;
use super::words::PERSONAL_NUMBER;
use rusqlite::Connection;
use std::collections::{BTreeMap, HashMap};
use trygkort_core::domain::schema::{
    area, card_cell, channel, conflict, contact, device, map_pin, member, organisation, photo, problem, walk,
};
use trygkort_core::domain::{Entity, FieldId, RowId, Value, personal_number};
use trygkort_core::hub::AreaLog;
use trygkort_core::hub::aside::{Aside, AsideRow};

/// Where names come from.
pub(super) struct Names<'a> {
    log: &'a AreaLog,
    aside: HashMap<RowId, Thing>,
}

/// What is known of a row.
#[derive(Clone, Default)]
struct Thing {
    entity: u16,
    fields: BTreeMap<FieldId, Value>,
}

impl<'a> Names<'a> {
    pub(super) fn new(log: &'a AreaLog, found: &[Aside]) -> Self {
        let mut aside: HashMap<RowId, Thing> = HashMap::new();
        // The newest comes first, and is to stand.
        for row in found.iter().rev().flat_map(|item| item.words.rows()) {
            aside.entry(row.row).or_default().add(row);
        }
        Self { log, aside }
    }

    pub(super) fn conn(&self) -> &Connection {
        self.log.connection()
    }

    /// What a row is called by what was written to it, else by what is known of it; empty where nothing is.
    pub(super) fn of_row(&self, row: &AsideRow) -> Result<String, AsideError> {
        let mut thing = self.thing(row.row)?;
        thing.add(row);
        self.name(&thing)
    }

    /// What a row is called; empty where it is not known.
    pub(super) fn of(&self, row: RowId) -> Result<String, AsideError> {
        self.name(&self.thing(row)?)
    }

    fn thing(&self, row: RowId) -> Result<Thing, AsideError> {
        let Some(state) = self.log.row(row)? else { return Ok(self.aside.get(&row).cloned().unwrap_or_default()) };
        let fields = state.fields.into_iter().map(|(field, register)| (field, register.value));
        Ok(Thing { entity: state.entity, fields: fields.collect() })
    }

    fn name(&self, thing: &Thing) -> Result<String, AsideError> {
        let own = thing.own_name();
        if !own.is_empty() {
            return Ok(own);
        }
        let mut names = Vec::new();
        for row in thing.named_after() {
            // Not further: what nobody judged may go round in circles.
            names.push(self.thing(row)?.own_name());
        }
        names.retain(|name| !name.is_empty());
        Ok(names.join(" · "))
    }
}

impl Thing {
    fn add(&mut self, row: &AsideRow) {
        self.entity = row.entity;
        self.fields.extend(row.fields.iter().filter_map(|(field, value)| Some((*field, value.clone()?))));
    }

    fn own_name(&self) -> String {
        let field = match Entity::from_number(self.entity) {
            Some(Entity::Area) => area::name,
            Some(Entity::Organisation) => organisation::name,
            Some(Entity::Contact) => contact::name,
            Some(Entity::Problem) => problem::name,
            Some(Entity::MapPin) => map_pin::title,
            Some(Entity::Member) => member::name,
            Some(Entity::Device) => device::name,
            Some(Entity::Photo) => photo::caption,
            Some(Entity::Walk) => walk::name,
            Some(Entity::Channel | Entity::CardCell | Entity::Invitation | Entity::Conflict) | None => {
                return String::new();
            }
        };
        let text = self.fields.get(&field).map_or("", Value::text);
        if personal_number::contains(text) { PERSONAL_NUMBER.to_owned() } else { text.to_owned() }
    }

    /// The rows that it is called after when it has no name of its own.
    fn named_after(&self) -> Vec<RowId> {
        let fields: &[FieldId] = match Entity::from_number(self.entity) {
            Some(Entity::Channel) => &[channel::contact],
            Some(Entity::CardCell) => &[card_cell::contact, card_cell::problem],
            Some(Entity::Photo) => &[photo::of],
            Some(Entity::Conflict) => &[conflict::row],
            _ => &[],
        };
        fields.iter().filter_map(|field| self.fields.get(field)?.row()).collect()
    }
}
