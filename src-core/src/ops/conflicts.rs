//! Conflicts: what lost to an edit that its writer had not seen, and what people decide about it.

use super::Ctx;
use super::action::Draft;
use super::telling::{Teller, is_told};
use crate::domain::access::{self, Change};
use crate::domain::schema::{DELETED_AT, conflict as f};
use crate::domain::{Entity, FieldId, RowId, Value};
use crate::error::Error;
use crate::ipc::{Author, ChangedField, ChangedRow, ConflictView, Deed, Saved, Topic};
use crate::merge::{RowState, conflict};
use crate::store::area::AreaFile;
use crate::store::{StoreError, outbox, rows};
use std::collections::BTreeSet;

/// A conflict's row, read.
struct Dispute {
    id: RowId,
    row: RowState,
    entity: Entity,
    field: FieldId,
    /// One deleted the thing while the other edited it.
    deletion: bool,
    value: Value,
}

/// The conflicts that nobody has settled and that still make a difference.
fn unsettled(file: &AreaFile) -> Result<Vec<(RowState, Dispute)>, StoreError> {
    let mut found = Vec::new();
    for row in rows::of_entity(&file.conn, Entity::Conflict)? {
        let Some(row) = outbox::overlay(&file.conn, file.session.origin, row.row)? else { continue };
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
    let field = held(f::field).int().and_then(|field| FieldId::try_from(field).ok());
    let (Some(entity), Some(about), Some(field)) = (conflict::about(row), held(f::row).row(), field) else {
        return Ok(None);
    };
    let Some(state) = outbox::overlay(&file.conn, file.session.origin, about)? else { return Ok(None) };
    let deletion = held(f::kind).text() != conflict::Kinds::Edit.as_str();
    let value = if deletion { Value::Null } else { held(f::value).clone() };
    let field = if deletion { DELETED_AT } else { field };
    let stands = state.fields.get(&field).map_or(&Value::Null, |register| &register.value);
    let deleted = state.fields.get(&DELETED_AT).is_some_and(|register| register.value != Value::Null);
    if *stands == value || deleted && !deletion {
        return Ok(None);
    }
    Ok(Some(Dispute { id: row.row, row: state, entity, field, deletion, value }))
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
        about: Some(dispute.entity),
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
            row: told(teller, &dispute)?,
        });
    }
    views.sort_by_key(|view| std::cmp::Reverse(view.lost_at_ms));
    Ok(views)
}

fn told(teller: &mut Teller<'_>, dispute: &Dispute) -> Result<ChangedRow, Error> {
    let mut fields = Vec::new();
    if let Some(def) = dispute.entity.field(dispute.field).filter(|_| !dispute.deletion) {
        // A cell of the card is on or off: that is said in words of its own.
        let word = if is_told(dispute.entity, def) { def.name } else { "on" };
        let stands = dispute.row.fields.get(&dispute.field).map_or(&Value::Null, |register| &register.value);
        let before = Some(teller.value(def, stands)?);
        let after = teller.value(def, &dispute.value)?;
        fields.push(ChangedField { field: word.to_owned(), before, after, lost: true });
    }
    Ok(ChangedRow {
        row: dispute.row.row,
        entity: dispute.entity.name().to_owned(),
        name: teller.name_of(dispute.row.row)?,
        deed: if dispute.deletion { Deed::Deleted } else { Deed::Edited },
        fields,
    })
}

/// What lost takes the place of what stands there.
pub(crate) fn restore(file: &mut AreaFile, ctx: &Ctx<'_>, id: RowId) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let (row, dispute) = find(file, id)?;
    let mut draft = Draft::new();
    draft.row(dispute.entity, dispute.row.row, dispute.row.scope).set(dispute.field, dispute.value);
    draft.row(Entity::Conflict, id, row.scope).set(f::resolved_at, Value::Int(ctx.now_ms));
    draft.save(file, ctx, dispute.row.row)
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
