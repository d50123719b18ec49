//! *Historik*: what was done to one thing, by whom and when, and putting back what stood there before.

use super::Ctx;
use super::action::Draft;
use super::telling::{Done, DoneRow, Teller, told_by};
use crate::domain::schema::{DELETED_AT, Kind, card_cell};
use crate::domain::{Entity, Reader, RowId, Scope, Value};
use crate::error::Error;
use crate::ipc::{Deed, HistoryView, Saved, Topic};
use crate::merge::{IncomingRow, RowState};
use crate::store::area::AreaFile;
use crate::store::{StoreError, journal, outbox, rows};
use crate::wire::v1::Entry;
use rusqlite::{Connection, params};
use std::collections::{BTreeSet, HashMap};

/// The server answers with at most this many entries at once.
pub(crate) const PAGE_MAX: u32 = 100;

/// What the server told of a thing beyond what is kept here. Held as long as somebody looks at it, and never stored.
#[derive(Debug)]
pub(crate) struct Older {
    pub(crate) row: RowId,
    /// Whom it was told to: another may not see it.
    pub(crate) reader: Reader,
    /// Ascending by position.
    pub(crate) entries: Vec<Entry>,
    /// There is nothing before.
    pub(crate) complete: bool,
}

impl Older {
    /// Puts a page of the server, newest first, before what is here.
    pub(crate) fn extend(&mut self, page: Vec<Entry>) {
        self.complete = page.len() < PAGE_MAX as usize;
        self.entries.splice(0..0, page.into_iter().rev());
    }
}

/// The rows whose history is one thing's: a contact with its channels, a problem with its cells of the card,
/// a pin with its photos, each with the conflicts about it. A part that is in `unsent` only, which the log does not have
/// yet, is one like the others; a server has none of those.
///
/// Rows hold the ids of those they belong to as their sixteen bytes, so the database finds them without reading rows.
pub(crate) fn related(conn: &Connection, unsent: &[Done], row: RowId) -> Result<BTreeSet<RowId>, StoreError> {
    let written = || unsent.iter().flat_map(|done| &done.rows).map(|row| &row.incoming);
    let entity = match rows::get(conn, row)? {
        Some(state) => Some(state.entity),
        None => written().find(|new| new.row == row).map(|new| new.entity),
    };
    let part = match entity.and_then(Entity::from_number) {
        Some(Entity::Contact) => Some(Entity::Channel),
        Some(Entity::Problem) => Some(Entity::CardCell),
        Some(Entity::MapPin) => Some(Entity::Photo),
        _ => None,
    };
    let mut related: BTreeSet<RowId> = [row].into();
    for entity in part.into_iter().chain([Entity::Conflict]) {
        for whole in related.clone() {
            related.extend(naming(conn, entity, whole)?);
            let names = |new: &&IncomingRow| new.fields.iter().any(|(_, set)| set.value.row() == Some(whole));
            let parts = written().filter(|new| new.entity == entity.number()).filter(names);
            related.extend(parts.map(|new| new.row));
        }
    }
    Ok(related)
}

/// The rows of a kind that name another in the log.
fn naming(conn: &Connection, entity: Entity, row: RowId) -> Result<Vec<RowId>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT row FROM row_state WHERE entity = ?1 AND instr(fields, ?2) > 0")?;
    let found =
        statement.query_map(params![entity.number(), row.0.as_bytes()], |row| crate::store::table::row_id(row, 0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The history of a thing, newest first.
pub(crate) fn get(file: &AreaFile, older: Option<&Older>, row: RowId) -> Result<HistoryView, Error> {
    let (of, all) = all(file, older, row)?;
    let mut teller = Teller::new(file)?;
    let mut changes = Vec::new();
    let mut begun = false;
    for done in all {
        let Some(mut change) = teller.change(&done, |row| of.contains(&row))? else { continue };
        begun |=
            change.rows.iter().any(|told| told.row == row && told.deed == Deed::Made && told.entity != "card_cell");
        change.restorable = back(&done, row, &of, file, 0)?.is_feasible(file)?;
        changes.push(change);
    }
    let older = !file.session.local_only() && !begun && !older.is_some_and(|older| older.complete);
    Ok(HistoryView { name: teller.name_of(row)?, seen_on: teller.seen_on(row)?, changes, older })
}

/// The rows whose history is a thing's, and everything that was done to them, newest first: what is not sent, what is
/// kept here, what the server told.
fn all(file: &AreaFile, older: Option<&Older>, row: RowId) -> Result<(BTreeSet<RowId>, Vec<Done>), Error> {
    let mut all = Done::outbox(file)?;
    let of = related(&file.conn, &all, row)?;
    all.reverse();
    all.extend(journal::about(&file.conn, &of)?.into_iter().map(Done::read));
    all.extend(older.map(replayed).unwrap_or_default());
    all.retain(|done| done.rows.iter().any(|row| of.contains(&row.incoming.row)));
    Ok((of, all))
}

/// What the server told, newest first, with what each entry did to those before it.
fn replayed(older: &Older) -> Vec<Done> {
    let mut states: HashMap<RowId, Option<RowState>> = HashMap::new();
    let mut replayed = Vec::new();
    for entry in &older.entries {
        let mut done = Done::read(journal::Read { entry: entry.clone(), effects: None });
        let rows = std::mem::take(&mut done.rows).into_iter();
        let one = |row: DoneRow| {
            let erased = row.erased;
            DoneRow { erased, ..told_by(&mut states, row.incoming, older.complete) }
        };
        done.rows = rows.map(one).collect();
        replayed.push(done);
    }
    replayed.reverse();
    replayed
}

/// From which position on the server has not to be asked any more.
pub(crate) fn known_from(file: &AreaFile, older: Option<&Older>) -> Result<u64, Error> {
    if let Some(entry) = older.and_then(|older| older.entries.first()) {
        return Ok(entry.position);
    }
    let (oldest, _) = journal::bounds(&file.conn)?;
    Ok(if oldest > 0 { oldest } else { crate::store::area::cursor(&file.conn)?.position + 1 })
}

/// Puts back what stood in a thing before a change of its history.
pub(crate) fn restore(
    file: &mut AreaFile,
    ctx: &Ctx<'_>,
    older: Option<&Older>,
    (row, change, unsent): (RowId, u64, bool),
) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let (of, all) = all(file, older, row)?;
    let done = all.into_iter().find(|done| done.id == change && done.unsent == unsent).ok_or(Error::NotFound)?;
    back(&done, row, &of, file, ctx.now_ms)?.save(file, ctx, row)
}

/// The action that takes a change back; empty for the one that made the thing. Parts that the change made go to the
/// trash. Of what lost, what was written is put in place.
fn back(done: &Done, main: RowId, of: &BTreeSet<RowId>, file: &AreaFile, now_ms: i64) -> Result<Draft, Error> {
    let mut draft = Draft::new();
    let makes = |row: &DoneRow| row.incoming.row == main && row.effect.as_ref().is_some_and(|effect| effect.made);
    if done.rows.iter().any(|row| makes(row) && row.incoming.entity != Entity::CardCell.number()) {
        return Ok(draft);
    }
    for DoneRow { incoming, erased, effect } in done.rows.iter().filter(|row| of.contains(&row.incoming.row)) {
        let (Some(entity), Some(effect)) = (Entity::from_number(incoming.entity), effect) else { continue };
        if *erased || incoming.withdrawn || entity.is_mirror() || entity == Entity::Conflict {
            continue;
        }
        let Some(now) = outbox::overlay(&file.conn, file.session.origin, incoming.row)? else { continue };
        let scope = effect.scope.and_then(Scope::from_number).unwrap_or(now.scope);
        let mut setter = draft.row(entity, incoming.row, scope);
        if effect.made {
            let gone = now.fields.get(&DELETED_AT).is_some_and(|held| held.value != Value::Null);
            match entity {
                Entity::CardCell => drop(setter.set(card_cell::on, false)),
                _ if !gone => drop(setter.set(DELETED_AT, Value::Int(now_ms))),
                _ => {}
            }
            continue;
        }
        for (field, register) in &incoming.fields {
            let lost = effect.lost.contains(field);
            let value = if lost { &register.value } else { effect.before(*field).unwrap_or(&Value::Null) };
            let kind = entity.field(*field).map(|def| def.kind);
            let needed = entity.required().contains(field) && *value == Value::Null;
            if !needed && !matches!(kind, None | Some(Kind::Bounds)) {
                setter = setter.set(*field, value.clone());
            }
        }
    }
    Ok(draft)
}
