//! Conflicts: what lost to an edit that its writer had not seen, and what people decide about it.

use super::Ctx;
use super::action::Draft;
use super::telling::{Teller, is_told};
use crate::domain::access::{self, Change};
use crate::domain::schema::{self, DELETED_AT, conflict as f};
use crate::domain::{Entity, FieldId, RowId, Value};
use crate::error::Error;
use crate::ipc::{Author, ChangedField, ChangedRow, ConflictView, Deed, Saved, Topic};
use crate::merge::{RowState, conflict};
use crate::store::area::AreaFile;
use crate::store::{StoreError, outbox, rows};
use std::collections::BTreeSet;

/// What a conflict's row says.
pub(crate) struct About {
    pub(crate) entity: Entity,
    pub(crate) row: RowId,
    pub(crate) field: FieldId,
    /// One deleted the thing while the other edited it.
    pub(crate) deletion: bool,
    /// What lost.
    pub(crate) value: Value,
}

impl About {
    /// `None`: it is not a conflict, or one that this version cannot read.
    pub(crate) fn read(row: &RowState) -> Option<Self> {
        let held = |field| row.fields.get(&field).map_or(&Value::Null, |register| &register.value);
        let field = held(f::field).int().and_then(|field| FieldId::try_from(field).ok())?;
        let deletion = held(f::kind).text() != conflict::Kinds::Edit.as_str();
        Some(Self {
            entity: conflict::about(row)?,
            row: held(f::row).row()?,
            field: if deletion { DELETED_AT } else { field },
            deletion,
            value: if deletion { Value::Null } else { held(f::value).clone() },
        })
    }

    /// The field of an edit that lost; none of a deletion.
    pub(crate) fn field(&self) -> Option<(&'static schema::Field, &'static str)> {
        let def = self.entity.field(self.field).filter(|_| !self.deletion)?;
        // A cell of the card is on or off: that is said in words of its own.
        Some((def, if is_told(self.entity, def) { def.name } else { "on" }))
    }
}

/// A conflict that nobody has settled.
struct Dispute {
    id: RowId,
    about: About,
    /// The thing as it stands.
    row: RowState,
    /// Whose words lost.
    loser: Option<u32>,
}

/// The conflicts that nobody has settled and that still make a difference.
fn unsettled(file: &AreaFile) -> Result<Vec<(RowState, Dispute)>, StoreError> {
    let mut found = Vec::new();
    for row in rows::of_entity(&file.conn, Entity::Conflict)? {
        let Some(row) = outbox::overlay_on(&file.conn, file.session.origin, row.row, Some(row))? else {
            continue;
        };
        if let Some(dispute) = dispute(file, &row)? {
            found.push((row, dispute));
        }
    }
    Ok(found)
}

fn dispute(file: &AreaFile, row: &RowState) -> Result<Option<Dispute>, StoreError> {
    let held = |field| row.fields.get(&field).map_or(&Value::Null, |register| &register.value);
    if *held(f::resolved_at) != Value::Null || *held(DELETED_AT) != Value::Null {
        return Ok(None);
    }
    let Some(about) = About::read(row) else { return Ok(None) };
    let Some(state) = outbox::overlay(&file.conn, file.session.origin, about.row)? else { return Ok(None) };
    let stands = state.fields.get(&about.field).map_or(&Value::Null, |register| &register.value);
    let deleted = state.fields.get(&DELETED_AT).is_some_and(|register| register.value != Value::Null);
    if *stands == about.value || deleted && !about.deletion {
        return Ok(None);
    }
    let loser = held(f::origin).int().and_then(|origin| u32::try_from(origin).ok());
    Ok(Some(Dispute { id: row.row, about, row: state, loser }))
}

/// How many this device may settle.
pub(crate) fn count(file: &AreaFile) -> Result<u32, Error> {
    let found = unsettled(file)?;
    let mine = found.iter().filter(|(row, dispute)| may_settle(file, row, dispute));
    Ok(u32::try_from(mine.count()).unwrap_or(u32::MAX))
}

fn may_settle(file: &AreaFile, row: &RowState, dispute: &Dispute) -> bool {
    let change = Change {
        entity: Entity::Conflict,
        scope: row.scope,
        move_to: None,
        new: false,
        own: false,
        about: Some(dispute.about.entity),
        fields: &[f::resolved_at],
    };
    access::may(&file.session.reader(), &change)
}

/// All of them, for people.
pub(crate) fn open(teller: &mut Teller<'_>) -> Result<Vec<ConflictView>, Error> {
    let mut views = Vec::new();
    for (row, dispute) in unsettled(teller.file)? {
        let number = |field| row.fields.get(&field).and_then(|register| register.value.int());
        let who = |teller: &mut Teller<'_>, field| match number(field).and_then(|origin| u32::try_from(origin).ok()) {
            Some(origin) => teller.author(origin),
            None => Ok(Author::Somebody),
        };
        views.push(ConflictView {
            id: dispute.id,
            loser: who(teller, f::origin)?,
            lost_at_ms: number(f::written_at),
            winner: who(teller, f::winner_origin)?,
            settleable: may_settle(teller.file, &row, &dispute),
            restorable: restoring(&row, &dispute, 0).is_feasible(teller.file)?,
            row: told(teller, &dispute)?,
        });
    }
    views.sort_by_key(|view| std::cmp::Reverse(view.lost_at_ms));
    Ok(views)
}

fn told(teller: &mut Teller<'_>, dispute: &Dispute) -> Result<ChangedRow, Error> {
    let Dispute { about, row, .. } = dispute;
    let mut fields = Vec::new();
    if let Some((def, word)) = about.field() {
        let stands = row.fields.get(&about.field).map_or(&Value::Null, |register| &register.value);
        let before = Some(teller.value(def, stands)?);
        let after = teller.value(def, &about.value)?;
        fields.push(ChangedField { field: word.to_owned(), before, after, lost: true });
    }
    if about.deletion {
        for (def, value) in last_written(dispute) {
            let after = teller.value(def, value)?;
            fields.push(ChangedField { field: def.name.to_owned(), before: None, after, lost: true });
        }
    }
    Ok(ChangedRow {
        row: row.row,
        entity: about.entity.name().to_owned(),
        name: teller.name_of(row.row)?,
        part_of: teller.whole_of(about.entity, row.row)?,
        deed: if about.deletion { Deed::Deleted } else { Deed::Edited },
        fields,
    })
}

/// What whoever met the deletion last wrote to the thing, as far as it stands there still: it stands under the deletion.
fn last_written(dispute: &Dispute) -> Vec<(&'static schema::Field, &Value)> {
    let Dispute { about, row, loser, .. } = dispute;
    let theirs = row.fields.iter().filter(|(_, held)| Some(held.stamp.id.origin) == *loser);
    let told = theirs.filter_map(|(id, held)| Some((about.entity.field(*id)?, held)));
    let told: Vec<_> = told.filter(|(def, _)| is_told(about.entity, def)).collect();
    let last = told.iter().map(|(_, held)| held.stamp.effective).max();
    let last = told.into_iter().filter(|(_, held)| Some(held.stamp.effective) == last);
    last.map(|(def, held)| (def, &held.value)).collect()
}

/// What lost takes the place of what stands there.
pub(crate) fn restore(file: &mut AreaFile, ctx: &Ctx<'_>, id: RowId) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let (row, dispute) = find(file, id)?;
    restoring(&row, &dispute, ctx.now_ms).save(file, ctx, dispute.row.row)
}

fn restoring(row: &RowState, dispute: &Dispute, now_ms: i64) -> Draft {
    let mut draft = Draft::new();
    let Dispute { about, row: thing, .. } = dispute;
    draft.row(about.entity, thing.row, thing.scope).set(about.field, about.value.clone());
    draft.row(Entity::Conflict, row.row, row.scope).set(f::resolved_at, Value::Int(now_ms));
    draft
}

/// What stands there stays.
pub(crate) fn keep(file: &mut AreaFile, ctx: &Ctx<'_>, id: RowId) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let (row, dispute) = find(file, id)?;
    let mut draft = Draft::new();
    draft.row(Entity::Conflict, id, row.scope).set(f::resolved_at, Value::Int(ctx.now_ms));
    draft.save(file, ctx, dispute.row.row)
}

fn find(file: &AreaFile, id: RowId) -> Result<(RowState, Dispute), Error> {
    let row = outbox::overlay(&file.conn, file.session.origin, id)?.ok_or(Error::NotFound)?;
    let dispute = dispute(file, &row)?.ok_or(Error::NotFound)?;
    Ok((row, dispute))
}
