//! Map pins: green hearts and red stars.

use super::authors::author;
use super::{Ctx, action, photos};
use crate::domain::schema::{self, DELETED_AT, map_pin as f};
use crate::domain::{Entity, FieldId, PinId, Position, Reader, Role, Scope, Value, access, validate};
use crate::error::Error;
use crate::ipc::{Editing, MapFrame, PinCategory, PinForm, PinView, Saved, Topic, WalkView};
use crate::merge::RowState;
use crate::store::area::AreaFile;
use crate::store::authors::Authors;
use crate::store::rows;
use crate::store::table::map_pin::{self, PinRow};
use crate::store::table::{area, photo};
use action::Draft;
use std::collections::{BTreeSet, HashMap};

/// A group or environment is forgotten after this time unless someone renews it (docs/data-model.md, `map_pin`).
const GROUP_EXPIRES_MS: i64 = 90 * 24 * 60 * 60 * 1000;

const CATEGORIES: [(PinCategory, &str); 7] = [
    (PinCategory::Institution, "institution"),
    (PinCategory::Association, "association"),
    (PinCategory::Enthusiast, "enthusiast"),
    (PinCategory::Place, "place"),
    (PinCategory::Social, "social"),
    (PinCategory::Location, "location"),
    (PinCategory::Group, "group"),
];

fn category(word: &str) -> PinCategory {
    CATEGORIES.iter().find(|(_, known)| *known == word).map_or(PinCategory::Location, |(category, _)| *category)
}

fn word(category: PinCategory) -> &'static str {
    CATEGORIES.iter().find(|(known, _)| *known == category).map_or("location", |(_, word)| word)
}

/// All pins this device may see and that have not expired, in alphabetical order.
pub(crate) fn all(file: &AreaFile, ctx: &Ctx<'_>) -> Result<Vec<PinView>, Error> {
    let authors = Authors::load(&file.conn)?;
    let pins = map_pin::all(&file.conn, ctx.now_ms)?;
    // Each once: thousands of pins have a handful of authors.
    let origins: BTreeSet<u32> = pins.iter().map(|row| row.created_by).collect();
    let names = origins.into_iter().map(|origin| Ok((origin, author(file, &authors, origin)?)));
    let names: HashMap<u32, Option<String>> = names.collect::<Result<_, Error>>()?;
    let walks: HashMap<u32, String> =
        walks(file, ctx.now_ms)?.into_iter().map(|walk| (walk.number, walk.name)).collect();
    let named = |scope: Scope| scope.walk().and_then(|walk| walks.get(&walk).cloned());
    Ok(pins.into_iter().map(|row| PinView { walk: named(row.scope), ..view(file, &authors, &names, row) }).collect())
}

fn view(file: &AreaFile, authors: &Authors, names: &HashMap<u32, Option<String>>, row: PinRow) -> PinView {
    let category = category(&row.category);
    PinView {
        id: PinId(row.id),
        kind: category.kind(),
        category,
        lat: row.position.lat(),
        lon: row.position.lon(),
        scope: row.scope,
        walk: None,
        expires_at_ms: row.expires_at,
        editable: may(file, authors, &row, &[f::note]),
        deletable: may(file, authors, &row, &[DELETED_AT]),
        added_by: names.get(&row.created_by).cloned().flatten(),
        pending: row.pending,
        title: row.title,
        note: row.note,
    }
}

/// Whether this device may set these fields of a pin, as the server would judge it.
fn may(file: &AreaFile, authors: &Authors, row: &PinRow, fields: &[FieldId]) -> bool {
    let change = access::Change {
        entity: Entity::MapPin,
        scope: row.scope,
        move_to: None,
        new: false,
        own: authors.same_member(row.created_by, file.session.origin),
        about: None,
        fields,
    };
    access::may(&file.session.reader(), &change)
}

/// Where the map starts and how far it reaches.
pub(crate) fn frame(file: &AreaFile, ctx: &Ctx<'_>) -> Result<MapFrame, Error> {
    // Denmark, for an area that has not been synced yet.
    const DENMARK: [f64; 4] = [8.0, 54.5, 15.3, 57.8];
    let bounds = area::get(&file.conn)?.bounds;
    Ok(MapFrame {
        bbox: validate::parse_bounds(&bounds).unwrap_or(DENMARK),
        can_add: access::may_add_pins(&file.session.reader()),
        has_basemap: file.basemap_hash()?.is_some(),
        walks: walks(file, ctx.now_ms)?,
    })
}

/// The walks that this device reads, as the server mirrors them.
fn walks(file: &AreaFile, now_ms: i64) -> Result<Vec<WalkView>, Error> {
    let rows = rows::of_entity(&file.conn, Entity::Walk)?.into_iter();
    let mut walks: Vec<WalkView> = rows.filter_map(|row| walk(&row, now_ms)).collect();
    walks.sort_by_key(|walk| walk.number);
    Ok(walks)
}

fn walk(row: &RowState, now_ms: i64) -> Option<WalkView> {
    let held = |field| row.fields.get(&field).map(|register| &register.value);
    if held(DELETED_AT).and_then(Value::int).is_some() {
        return None;
    }
    Some(WalkView {
        id: row.row.to_string(),
        number: row.scope.walk()?,
        name: held(schema::walk::name).map_or("", Value::text).to_owned(),
        open: held(schema::walk::ends_at).and_then(Value::int).is_some_and(|end| end > now_ms),
    })
}

/// The form as it is now.
pub(crate) fn edit(file: &AreaFile, ctx: &Ctx<'_>, id: Option<PinId>) -> Result<Editing<PinForm>, Error> {
    let Some(id) = id else {
        let form = PinForm {
            category: PinCategory::Place,
            title: String::new(),
            note: String::new(),
            position: None,
            scope: scope_of_new(&file.session.reader()),
        };
        return Ok(Editing { row: ctx.new_id(), new: true, form, seen: action::seen(file, &[])? });
    };
    let row = map_pin::get(&file.conn, id.0)?.ok_or(Error::NotFound)?;
    let form = PinForm {
        category: category(&row.category),
        title: row.title,
        note: row.note,
        position: Some((row.position.lat(), row.position.lon())),
        scope: row.scope,
    };
    Ok(Editing { row: id.0, new: false, form, seen: action::seen(file, &[id.0])? })
}

/// Where a new pin is put, unless its maker says otherwise.
fn scope_of_new(reader: &Reader) -> Scope {
    let walk = reader.walks.last().map(|walk| Scope::Walk(*walk));
    if reader.reads(Scope::Network) { Scope::Network } else { walk.unwrap_or(Scope::Network) }
}

/// Saves what differs between the form as it was opened and as it is now.
///
/// A group or environment is for coordination only whatever the form says, and saving it renews its 90 days.
pub(crate) fn save(
    file: &mut AreaFile,
    ctx: &Ctx<'_>,
    opened: &Editing<PinForm>,
    form: &PinForm,
) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let title = form.title.trim();
    if title.is_empty() {
        return Err(Error::invalid("title", "a pin needs a title"));
    }
    let place = form.position.ok_or_else(|| Error::invalid("position", "a pin needs a place"))?;
    let place = Position::from_degrees(place.0, place.1)
        .ok_or_else(|| Error::invalid("position", "not a place on the globe"))?;
    let group = form.category == PinCategory::Group;
    if group && file.session.role != Role::Coordinator {
        return Err(Error::Forbidden);
    }
    let (all, old) = (opened.new, &opened.form);
    let scope = if group { Scope::Coordination } else { form.scope };
    let mut draft = Draft::from_form(&opened.seen);
    draft
        .row(Entity::MapPin, opened.row, scope)
        .set_if(all || form.category != old.category, f::category, word(form.category))
        .set_if(all || form.title != old.title, f::title, title)
        .set_if(all || form.note != old.note, f::note, form.note.trim())
        .set_if(all || form.position != old.position, f::position, Value::Position(place))
        .set(f::expires_at, if group { Value::Int(ctx.now_ms + GROUP_EXPIRES_MS) } else { Value::Null });
    // They are where their pin is.
    for row in photo::of(&file.conn, opened.row)? {
        draft.row(Entity::Photo, row.id, scope);
    }
    draft.save(file, ctx, opened.row)
}

/// Moves a pin to the trash, with those of its photos that this device may delete.
pub(crate) fn delete(file: &mut AreaFile, ctx: &Ctx<'_>, id: PinId) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let pin = map_pin::get(&file.conn, id.0)?.ok_or(Error::NotFound)?;
    let deleted = Value::Int(ctx.now_ms);
    let mut draft = Draft::new();
    draft.row(Entity::MapPin, id.0, pin.scope).set(DELETED_AT, deleted.clone());
    for row in photos::deletable(file, id.0)? {
        draft.row(Entity::Photo, row, pin.scope).set(DELETED_AT, deleted.clone());
    }
    draft.save(file, ctx, id.0)
}
