//! Organisations of the network.

use super::{Ctx, action};
use crate::domain::schema::organisation as f;
use crate::domain::{Entity, OrganisationId, Scope};
use crate::error::Error;
use crate::ipc::{Editing, OrganisationForm, OrganisationView, Saved, Sector, Topic};
use crate::store::area::AreaFile;
use crate::store::table::organisation;
use std::collections::BTreeSet;

/// All sectors in the order of the card: the municipality first, as in the printed one.
pub(crate) const SECTORS: [(Sector, &str); 7] = [
    (Sector::Municipality, "municipality"),
    (Sector::Housing, "housing"),
    (Sector::Police, "police"),
    (Sector::Health, "health"),
    (Sector::Education, "education"),
    (Sector::Association, "association"),
    (Sector::Business, "business"),
];

/// The sector behind a stored word; what is not known stands with the housing area.
pub(crate) fn sector(word: &str) -> Sector {
    SECTORS.iter().find(|(_, known)| *known == word).map_or(Sector::Housing, |(sector, _)| *sector)
}

fn word(sector: Sector) -> &'static str {
    SECTORS.iter().find(|(known, _)| *known == sector).map_or("housing", |(_, word)| word)
}

/// All organisations in alphabetical order.
pub(crate) fn all(file: &AreaFile) -> Result<Vec<OrganisationView>, Error> {
    let rows = organisation::all(&file.conn)?;
    Ok(rows
        .into_iter()
        .map(|row| OrganisationView { id: OrganisationId(row.id), name: row.name, sector: sector(&row.sector) })
        .collect())
}

/// The form as it is now.
pub(crate) fn edit(
    file: &AreaFile,
    ctx: &Ctx<'_>,
    id: Option<OrganisationId>,
) -> Result<Editing<OrganisationForm>, Error> {
    let Some(id) = id else {
        let form = OrganisationForm { name: String::new(), sector: Sector::Housing, scope: Scope::Public };
        return Ok(Editing { row: ctx.new_id(), new: true, form, seen: action::seen(file, &[])? });
    };
    let row = organisation::all(&file.conn)?.into_iter().find(|row| row.id == id.0).ok_or(Error::NotFound)?;
    let form = OrganisationForm { name: row.name, sector: sector(&row.sector), scope: row.scope };
    Ok(Editing { row: id.0, new: false, form, seen: action::seen(file, &[id.0])? })
}

/// Saves what differs between the form as it was opened and as it is now.
pub(crate) fn save(
    file: &mut AreaFile,
    ctx: &Ctx<'_>,
    opened: &Editing<OrganisationForm>,
    form: &OrganisationForm,
) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let name = form.name.trim();
    if name.is_empty() {
        return Err(Error::invalid("name", "an organisation needs a name"));
    }
    let (all, old) = (opened.new, &opened.form);
    let mut draft = action::Draft::from_form(&opened.seen);
    draft.row(Entity::Organisation, opened.row, form.scope).set_if(all || form.name != old.name, f::name, name).set_if(
        all || form.sector != old.sector,
        f::sector,
        word(form.sector),
    );
    draft.save(file, ctx, opened.row)
}
