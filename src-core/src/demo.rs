//! The demo area *Bøgeparken*: invented, and written for this project (`assets/demo-area/README.md`).

use crate::domain::schema::{area, card_cell, channel, contact, map_pin, organisation, problem};
use crate::domain::{AreaId, Entity, FieldId, Position, RowId, Scope, Value, order};
use crate::ops::card::cell_id;
use crate::wire::v1::{Action, FieldChange, RowChange, WireId};
use serde::Deserialize;
use thiserror::Error;

/// The demo's content as it is shipped.
pub const JSON: &str = include_str!("../../assets/demo-area/demo.json");

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Why a demo file cannot be used.
#[derive(Debug, Error)]
pub enum DemoError {
    #[error("the demo file cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{what} {key:?} is not in the demo file")]
    Unknown { what: &'static str, key: String },
    #[error("pin {0:?} is not on the globe")]
    Position(String),
}

#[derive(Deserialize)]
struct Demo {
    area: DemoArea,
    organisations: Vec<DemoOrganisation>,
    contacts: Vec<DemoContact>,
    problems: Vec<DemoProblem>,
    card: Vec<DemoCell>,
    pins: Vec<DemoPin>,
}

#[derive(Deserialize)]
struct DemoArea {
    name: String,
    bbox: [f64; 4],
    place: String,
    concern: DemoConcern,
}

#[derive(Deserialize)]
struct DemoConcern {
    title: String,
    text: String,
    phone: String,
    hours: String,
}

#[derive(Deserialize)]
struct DemoOrganisation {
    key: String,
    name: String,
    sector: String,
    scope: Scope,
}

#[derive(Deserialize)]
struct DemoContact {
    key: String,
    organisation: String,
    name: String,
    role: String,
    hours: String,
    note: String,
    verified_days_ago: i64,
    verified_by: String,
    scope: Scope,
    channels: Vec<DemoChannel>,
}

#[derive(Deserialize)]
struct DemoChannel {
    label: String,
    kind: String,
    value: String,
    scope: Scope,
}

#[derive(Deserialize)]
struct DemoProblem {
    key: String,
    name: String,
    icon: String,
    call_112_if: String,
    call_114_if: String,
    notice: Vec<String>,
    not_report: Vec<String>,
    have_ready: Vec<String>,
}

#[derive(Deserialize)]
struct DemoCell {
    problem: String,
    contact: String,
    order: usize,
    hours: String,
}

#[derive(Deserialize)]
struct DemoPin {
    category: String,
    title: String,
    note: String,
    lat: f64,
    lon: f64,
    scope: Scope,
    expires_days: Option<i64>,
}

/// The name of the demo area and its box: west, south, east, north in degrees.
///
/// # Errors
/// When the file cannot be read.
pub fn frame(json: &str) -> Result<(String, [f64; 4]), DemoError> {
    let demo: Demo = serde_json::from_str(json)?;
    Ok((demo.area.name, demo.area.bbox))
}

/// The actions that fill `area` with a demo file's content. Row ids follow from the area and the keys of the file;
/// counters are set by the log that takes them.
///
/// # Errors
/// When the file cannot be read or names something that is not in it.
pub fn actions(json: &str, area: AreaId, now_ms: i64) -> Result<Vec<Action>, DemoError> {
    let demo: Demo = serde_json::from_str(json)?;
    let writer = Writer { area, now_ms };
    let mut actions = vec![writer.area(&demo.area)];
    actions.extend(demo.organisations.iter().map(|item| writer.organisation(item)));
    for (item, key) in demo.contacts.iter().zip(order::spread(demo.contacts.len())) {
        known("organisation", &item.organisation, demo.organisations.iter().map(|other| &other.key))?;
        actions.push(writer.contact(item, &key));
    }
    for (item, key) in demo.problems.iter().zip(order::spread(demo.problems.len())) {
        actions.push(writer.problem(item, &key));
    }
    let keys = order::spread(demo.card.len());
    for item in &demo.card {
        known("problem", &item.problem, demo.problems.iter().map(|other| &other.key))?;
        known("contact", &item.contact, demo.contacts.iter().map(|other| &other.key))?;
        actions.push(writer.cell(item, keys.get(item.order).map_or("z", String::as_str)));
    }
    for (index, item) in demo.pins.iter().enumerate() {
        actions.push(writer.pin(item, index)?);
    }
    Ok(actions)
}

fn known<'a>(what: &'static str, key: &str, mut keys: impl Iterator<Item = &'a String>) -> Result<(), DemoError> {
    if keys.any(|other| other == key) { Ok(()) } else { Err(DemoError::Unknown { what, key: key.to_owned() }) }
}

struct Writer {
    area: AreaId,
    now_ms: i64,
}

impl Writer {
    fn id(&self, kind: &str, key: &str) -> RowId {
        RowId::derived(&format!("demo.{kind}.{key}"), &[self.area.0])
    }

    fn action(&self, rows: Vec<RowChange>) -> Action {
        Action { counter: 0, hlc: u64::try_from(self.now_ms).unwrap_or(0), seen: 0, all_or_nothing: None, rows }
    }

    fn area(&self, item: &DemoArea) -> Action {
        let [west, south, east, north] = item.bbox;
        self.action(vec![row(
            Entity::Area,
            self.area.0,
            Scope::Public,
            vec![
                (area::name, text(&item.name)),
                (area::place, text(&item.place)),
                (area::bounds, Value::Text(format!("{west},{south},{east},{north}"))),
                (area::concern_title, text(&item.concern.title)),
                (area::concern_text, text(&item.concern.text)),
                (area::concern_phone, text(&item.concern.phone)),
                (area::concern_hours, text(&item.concern.hours)),
                (area::demo, Value::Bool(true)),
            ],
        )])
    }

    fn organisation(&self, item: &DemoOrganisation) -> Action {
        let fields = vec![(organisation::name, text(&item.name)), (organisation::sector, text(&item.sector))];
        self.action(vec![row(Entity::Organisation, self.id("organisation", &item.key), item.scope, fields)])
    }

    fn contact(&self, item: &DemoContact, key: &str) -> Action {
        let id = self.id("contact", &item.key);
        let mut rows = vec![row(
            Entity::Contact,
            id,
            item.scope,
            vec![
                (contact::organisation, Value::Row(self.id("organisation", &item.organisation))),
                (contact::name, text(&item.name)),
                (contact::role, text(&item.role)),
                (contact::hours, text(&item.hours)),
                (contact::note, text(&item.note)),
                (contact::verified_at, Value::Int(self.now_ms - item.verified_days_ago * DAY_MS)),
                (contact::verified_by, text(&item.verified_by)),
                (contact::order, text(key)),
            ],
        )];
        let keys = order::spread(item.channels.len());
        for (index, (channel, key)) in item.channels.iter().zip(keys).enumerate() {
            let channel_id = self.id("channel", &format!("{}.{index}", item.key));
            let fields = vec![
                (channel::contact, Value::Row(id)),
                (channel::label, text(&channel.label)),
                (channel::kind, text(&channel.kind)),
                (channel::value, text(&channel.value)),
                (channel::order, Value::Text(key)),
            ];
            rows.push(row(Entity::Channel, channel_id, channel.scope, fields));
        }
        self.action(rows)
    }

    fn problem(&self, item: &DemoProblem, key: &str) -> Action {
        let fields = vec![
            (problem::name, text(&item.name)),
            (problem::icon, text(&item.icon)),
            (problem::order, text(key)),
            (problem::call_112_if, text(&item.call_112_if)),
            (problem::call_114_if, text(&item.call_114_if)),
            (problem::notice, Value::Text(item.notice.join("\n"))),
            (problem::not_report, Value::Text(item.not_report.join("\n"))),
            (problem::have_ready, Value::Text(item.have_ready.join("\n"))),
        ];
        self.action(vec![row(Entity::Problem, self.id("problem", &item.key), Scope::Public, fields)])
    }

    fn cell(&self, item: &DemoCell, key: &str) -> Action {
        let (problem, contact) = (self.id("problem", &item.problem), self.id("contact", &item.contact));
        let fields = vec![
            (card_cell::problem, Value::Row(problem)),
            (card_cell::contact, Value::Row(contact)),
            (card_cell::on, Value::Bool(true)),
            (card_cell::order, text(key)),
            (card_cell::hours, text(&item.hours)),
        ];
        self.action(vec![row(Entity::CardCell, cell_id(problem, contact), Scope::Public, fields)])
    }

    fn pin(&self, item: &DemoPin, index: usize) -> Result<Action, DemoError> {
        let place =
            Position::from_degrees(item.lat, item.lon).ok_or_else(|| DemoError::Position(item.title.clone()))?;
        let mut fields = vec![
            (map_pin::category, text(&item.category)),
            (map_pin::title, text(&item.title)),
            (map_pin::note, text(&item.note)),
            (map_pin::position, Value::Position(place)),
        ];
        if let Some(days) = item.expires_days {
            fields.push((map_pin::expires_at, Value::Int(self.now_ms + days * DAY_MS)));
        }
        Ok(self.action(vec![row(Entity::MapPin, self.id("pin", &index.to_string()), item.scope, fields)]))
    }
}

fn row(entity: Entity, id: RowId, scope: Scope, fields: Vec<(FieldId, Value)>) -> RowChange {
    RowChange {
        entity: entity.number(),
        row: WireId(id),
        scope: scope.number(),
        move_to: None,
        fields: fields.into_iter().map(|(field, value)| FieldChange { field, value, base: None }).collect(),
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
