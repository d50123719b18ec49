//! The area itself.

use super::{Ctx, action};
use crate::domain::schema::area as f;
use crate::domain::{AreaId, Entity, Scope, Value, hours, phone};
use crate::error::Error;
use crate::ipc::{AreaForm, Editing, Saved, Topic};
use crate::store::area::AreaFile;
use crate::store::table::area;
use crate::wire::v1::{Action, FieldChange, RowChange, WireId};
use action::Draft;
use std::collections::BTreeSet;

/// The form as it is now.
pub(crate) fn edit(file: &AreaFile) -> Result<Editing<AreaForm>, Error> {
    let row = area::get(&file.conn)?;
    let id = file.session.area.0;
    let form = AreaForm {
        name: row.name,
        place: row.place,
        concern_title: row.concern_title,
        concern_text: row.concern_text,
        concern_phone: if row.concern_phone.is_empty() { String::new() } else { phone::display(&row.concern_phone) },
        concern_hours: row.concern_hours,
    };
    Ok(Editing { row: id, new: false, form, seen: action::seen(file, &[id])? })
}

/// Saves what differs between the form as it was opened and as it is now.
pub(crate) fn save(
    file: &mut AreaFile,
    ctx: &Ctx<'_>,
    opened: &Editing<AreaForm>,
    form: &AreaForm,
) -> Result<(Saved, BTreeSet<Topic>), Error> {
    if form.name.trim().is_empty() {
        return Err(Error::invalid("name", "an area needs a name"));
    }
    hours::check(&form.concern_hours).map_err(|error| Error::invalid("concern_hours", error.to_string()))?;
    let number = match form.concern_phone.trim() {
        "" => String::new(),
        typed => phone::parse(typed).map_err(|error| Error::invalid("concern_phone", error.to_string()))?,
    };
    let old = &opened.form;
    let mut draft = Draft::from_form(&opened.seen);
    draft
        .row(Entity::Area, opened.row, Scope::Public)
        .set_if(form.name != old.name, f::name, form.name.trim())
        .set_if(form.place != old.place, f::place, form.place.trim())
        .set_if(form.concern_title != old.concern_title, f::concern_title, form.concern_title.trim())
        .set_if(form.concern_text != old.concern_text, f::concern_text, form.concern_text.trim())
        .set_if(form.concern_phone != old.concern_phone, f::concern_phone, number)
        .set_if(form.concern_hours != old.concern_hours, f::concern_hours, form.concern_hours.trim());
    draft.save(file, ctx, opened.row)
}

/// The action that makes an area: its name and box. Its counter is set by the log that takes it.
#[must_use]
pub fn create_action(area: AreaId, name: &str, bounds: [f64; 4], demo: bool, now_ms: i64) -> Action {
    let [west, south, east, north] = bounds;
    let field = |field, value: Value| FieldChange { field, value, base: None };
    Action {
        counter: 0,
        hlc: u64::try_from(now_ms).unwrap_or(0),
        seen: 0,
        all_or_nothing: None,
        rows: vec![RowChange {
            entity: Entity::Area.number(),
            row: WireId(area.0),
            scope: Scope::Public.number(),
            move_to: None,
            fields: vec![
                field(f::name, name.into()),
                field(f::bounds, format!("{west},{south},{east},{north}").into()),
                field(f::demo, demo.into()),
            ],
        }],
    }
}
