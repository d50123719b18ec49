//! The action card: tiles, one problem, and the card as a table.

use super::action::Draft;
use super::problems::shifted;
use super::{Ctx, channels, contacts, organisations};
use crate::domain::schema::card_cell as f;
use crate::domain::{ContactId, Entity, ProblemId, Role, RowId, Scope, Value, hours, order, text};
use crate::error::Error;
use crate::ipc::{
    CardTable, CardTableCell, CardTableRow, CardTableSector, CardView, ConcernView, ProblemTile, ProblemView, Saved,
    TileContact, Topic,
};
use crate::store::area::AreaFile;
use crate::store::table::area::{self, AreaRow};
use crate::store::table::card_cell::{self, CellRow};
use crate::store::table::contact::{self, ContactRow};
use crate::store::table::problem::{self, ProblemRow};
use std::collections::{BTreeSet, HashMap};

/// A card that this device has not been able to refresh for longer is called old.
const STALE_DAYS: i64 = 30;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The id of the cell where a problem and a contact meet, the same on every device.
pub(crate) fn cell_id(problem: RowId, contact: RowId) -> RowId {
    RowId::derived("card_cell", &[problem, contact])
}

/// The card's tiles.
pub(crate) fn get(file: &AreaFile, ctx: &Ctx<'_>) -> Result<CardView, Error> {
    let area = area::get(&file.conn)?;
    let mut by_problem: HashMap<RowId, Vec<TileContact>> = HashMap::new();
    let mut known: HashMap<RowId, ContactRow> = HashMap::new();
    for cell in card_cell::all(&file.conn)? {
        if !known.contains_key(&cell.contact) {
            known.extend(contact::get(&file.conn, cell.contact)?.map(|row| (cell.contact, row)));
        }
        let Some(row) = known.get(&cell.contact) else { continue };
        let hours = if cell.hours.is_empty() { &row.hours } else { &cell.hours };
        let tile = TileContact { name: row.name.clone(), opening: ctx.opening(hours) };
        by_problem.entry(cell.problem).or_default().push(tile);
    }
    let problems = problem::all(&file.conn)?.into_iter().map(|row| ProblemTile {
        id: ProblemId(row.id),
        contacts: by_problem.remove(&row.id).unwrap_or_default(),
        name: row.name,
        icon: row.icon,
    });
    Ok(CardView {
        problems: problems.collect(),
        concern: concern(&area, ctx),
        stale_days: stale_days(file, ctx)?,
        area_name: if area.name.is_empty() { file.session.area_name.clone() } else { area.name },
    })
}

fn concern(area: &AreaRow, ctx: &Ctx<'_>) -> Option<ConcernView> {
    (!area.concern_phone.is_empty()).then(|| ConcernView {
        title: area.concern_title.clone(),
        text: area.concern_text.clone(),
        phone: channels::phone_view(&area.concern_phone, false),
        opening: ctx.opening(&area.concern_hours),
    })
}

fn stale_days(file: &AreaFile, ctx: &Ctx<'_>) -> Result<Option<u32>, Error> {
    if file.session.local_only() {
        return Ok(None);
    }
    let days = file.last_success_ms()?.map(|last| (ctx.now_ms - last) / DAY_MS);
    Ok(days.filter(|days| *days > STALE_DAYS).and_then(|days| u32::try_from(days).ok()))
}

/// One problem: 112 and 114 first, then who takes it in the agreed order.
pub(crate) fn problem(file: &AreaFile, ctx: &Ctx<'_>, id: ProblemId) -> Result<ProblemView, Error> {
    let row = problem::get(&file.conn, id.0)?.ok_or(Error::NotFound)?;
    let area = area::get(&file.conn)?;
    let mut contacts = Vec::new();
    for cell in cells_of(file, id.0)? {
        if let Some(contact) = contact::get(&file.conn, cell.contact)? {
            contacts.push(contacts::view(file, ctx, contact, &cell.hours)?);
        }
    }
    Ok(ProblemView {
        id,
        sms_text: sms_text(&row.name, &area),
        have_ready: text::lines(&row.have_ready),
        notice: text::lines(&row.notice),
        not_report: text::lines(&row.not_report),
        name: row.name,
        icon: row.icon,
        call_112_if: row.call_112_if,
        call_114_if: row.call_114_if,
        contacts,
        editable: file.session.role == Role::Coordinator,
        demo: area.demo,
    })
}

/// Danish whatever the screen's language: the receiver reads Danish.
fn sms_text(problem: &str, area: &AreaRow) -> String {
    let place = if area.place.is_empty() { &area.name } else { &area.place };
    format!("{problem}, {place}. Hvor: ")
}

fn cells_of(file: &AreaFile, problem: RowId) -> Result<Vec<CellRow>, Error> {
    Ok(card_cell::all(&file.conn)?.into_iter().filter(|cell| cell.problem == problem).collect())
}

/// *Actioncard som skema*: contacts down, problems across. Every contact of the area can be ticked.
pub(crate) fn table(file: &AreaFile) -> Result<CardTable, Error> {
    let problems = problem::all(&file.conn)?;
    let cells = card_cell::all(&file.conn)?;
    let (contacts, _) = contact::search(&file.conn, "", u32::MAX)?;
    let mut sectors = Vec::new();
    for (sector, word) in organisations::SECTORS {
        let of_sector = contacts.iter().filter(|row| organisations::sector(&row.sector) == sector);
        let mut rows: Vec<CardTableRow> = of_sector.map(|row| table_row(row, &problems, &cells)).collect();
        // Those on the card come first; the sort is stable.
        rows.sort_by_key(|row| row.cells.iter().all(Option::is_none));
        if !rows.is_empty() {
            debug_assert_eq!(organisations::sector(word), sector);
            sectors.push(CardTableSector { sector, rows });
        }
    }
    Ok(CardTable { problems: problems.into_iter().map(|row| (ProblemId(row.id), row.name)).collect(), sectors })
}

fn table_row(contact: &ContactRow, problems: &[ProblemRow], cells: &[CellRow]) -> CardTableRow {
    let cell = |problem: &ProblemRow| {
        let mut of_problem = cells.iter().filter(|cell| cell.problem == problem.id);
        let place = of_problem.position(|cell| cell.contact == contact.id)?;
        let cell = cells.iter().find(|cell| cell.problem == problem.id && cell.contact == contact.id)?;
        let order = u32::try_from(place + 1).unwrap_or(u32::MAX);
        Some(CardTableCell { row: cell_id(problem.id, contact.id), order, hours: cell.hours.clone() })
    };
    CardTableRow {
        contact: ContactId(contact.id),
        name: contact.name.clone(),
        cells: problems.iter().map(cell).collect(),
    }
}

/// Ticks or unticks a cell. A newly ticked contact comes last in the problem's order.
pub(crate) fn set_cell(
    file: &mut AreaFile,
    ctx: &Ctx<'_>,
    problem: ProblemId,
    contact: ContactId,
    on: bool,
) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let row = cell_id(problem.0, contact.0);
    let last = cells_of(file, problem.0)?.pop().map_or_else(String::new, |cell| cell.order);
    let mut draft = Draft::new();
    draft
        .row(Entity::CardCell, row, Scope::Public)
        .set(f::problem, problem.0)
        .set(f::contact, contact.0)
        .set(f::on, on)
        .set_if(on, f::order, order::between(&last, ""));
    draft.save(file, ctx, row)
}

/// Moves a contact one place up or down in a problem's order.
pub(crate) fn move_cell(
    file: &mut AreaFile,
    ctx: &Ctx<'_>,
    problem: ProblemId,
    contact: ContactId,
    up: bool,
) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let cells = cells_of(file, problem.0)?;
    let keys: Vec<(RowId, String)> = cells.into_iter().map(|cell| (cell.id, cell.order)).collect();
    let row = cell_id(problem.0, contact.0);
    let mut draft = Draft::new();
    for (row, key) in shifted(&keys, row, up) {
        draft.row(Entity::CardCell, row, Scope::Public).set(f::order, key);
    }
    draft.save(file, ctx, row)
}

/// Hours that hold for this contact and this problem only.
pub(crate) fn set_cell_hours(
    file: &mut AreaFile,
    ctx: &Ctx<'_>,
    problem: ProblemId,
    contact: ContactId,
    cell_hours: &str,
) -> Result<(Saved, BTreeSet<Topic>), Error> {
    hours::check(cell_hours).map_err(|error| Error::invalid("hours", error.to_string()))?;
    let row = cell_id(problem.0, contact.0);
    if !cells_of(file, problem.0)?.iter().any(|cell| cell.id == row) {
        return Err(Error::NotFound);
    }
    let mut draft = Draft::new();
    draft.row(Entity::CardCell, row, Scope::Public).set(f::hours, Value::from(cell_hours.trim()));
    draft.save(file, ctx, row)
}
