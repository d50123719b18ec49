//! What the server refused, kept until its author has seen it.

use super::Ctx;
use super::action::Draft;
use super::telling::{DoneRow, Teller};
use crate::domain::{Entity, FieldId, Scope, Value};
use crate::error::Error;
use crate::ipc::{AsideView, Bytes, ChangedRow, Refusal, RefusalReason, RefusedView, Saved, Topic};
use crate::merge::effect::Effect;
use crate::store::area::AreaFile;
use crate::store::{StoreError, outbox, rewrite_later};
use crate::wire::aside::KeptAside;
use crate::wire::v1::{Action, Reason};
use crate::wire::{from_bytes, to_bytes};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;

const REASONS: [(Reason, RefusalReason); 10] = [
    (Reason::Permission, RefusalReason::Permission),
    (Reason::Validation, RefusalReason::Validation),
    (Reason::Reference, RefusalReason::Reference),
    (Reason::PersonalNumber, RefusalReason::PersonalNumber),
    (Reason::DependsOn, RefusalReason::DependsOn),
    (Reason::TooLarge, RefusalReason::TooLarge),
    (Reason::Quarantined, RefusalReason::Quarantined),
    (Reason::Unknown, RefusalReason::Other),
    (Reason::Erased, RefusalReason::Erased),
    (Reason::Conflict, RefusalReason::Conflict),
];

/// The number that a reason is kept under.
fn number_of(reason: Reason) -> usize {
    REASONS.iter().position(|(known, _)| *known == reason).unwrap_or(REASONS.len() - 1)
}

fn said(number: usize) -> RefusalReason {
    REASONS.get(number).map_or(RefusalReason::Other, |(_, reason)| *reason)
}

/// Keeps a refused action. Of one with a personal number, or on what was erased, only the fact is kept.
pub(crate) fn keep(conn: &Connection, action: &Action, reason: Reason, now_ms: i64) -> Result<(), StoreError> {
    let number = number_of(reason);
    let body = if matches!(reason, Reason::PersonalNumber | Reason::Erased) { None } else { Some(to_bytes(action)) };
    if body.is_none() {
        rewrite_later(conn)?;
    }
    conn.execute("INSERT INTO refused (reason, refused_ms, body) VALUES (?1, ?2, ?3)", params![number, now_ms, body])?;
    Ok(())
}

/// Refused actions, newest first, with what was written.
pub(crate) fn all(file: &AreaFile) -> Result<Vec<Refusal>, Error> {
    let mut statement =
        file.conn.prepare_cached("SELECT id, reason, refused_ms, body FROM refused ORDER BY id DESC")?;
    let found = statement.query_map([], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, usize>(1)?, row.get::<_, i64>(2)?, row.get::<_, Option<Vec<u8>>>(3)?))
    })?;
    let mut refusals = Vec::new();
    for item in found {
        let (id, reason, refused_at_ms, body) = item?;
        refusals.push(Refusal {
            id,
            reason: said(reason),
            refused_at_ms,
            fields: body.map_or_else(|| Ok(Vec::new()), |body| written(&body))?,
        });
    }
    Ok(refusals)
}

/// The texts of an action, named by their fields.
fn written(body: &[u8]) -> Result<Vec<(String, String)>, StoreError> {
    let action: Action = from_bytes(body)?;
    let mut fields = Vec::new();
    for row in action.rows {
        let Some(entity) = Entity::from_number(row.entity) else { continue };
        for change in row.fields {
            let (Some(field), Value::Text(text)) = (entity.field(change.field), change.value) else { continue };
            if field.name != "order" {
                fields.push((format!("{}.{}", entity.name(), field.name), text));
            }
        }
    }
    Ok(fields)
}

/// How many refused actions have not been dismissed.
pub(crate) fn count(file: &AreaFile) -> Result<u32, StoreError> {
    Ok(file.conn.prepare_cached("SELECT COUNT(*) FROM refused")?.query_row([], |row| row.get(0))?)
}

/// What the server keeps aside, beside what stands there now; what makes no difference any more is left out.
pub(crate) fn aside(file: &AreaFile, kept: Vec<KeptAside>) -> Result<Vec<AsideView>, Error> {
    let mut teller = Teller::new(file)?;
    let mut views = Vec::new();
    for KeptAside { origin, reason, received_ms, action } in kept {
        let rows = told_rows(&mut teller, &action)?;
        if rows.is_empty() {
            continue;
        }
        views.push(AsideView {
            by: teller.author(origin)?,
            reason: said(number_of(reason)),
            at_ms: i64::try_from(action.hlc).unwrap_or(i64::MAX).min(received_ms),
            rows,
            body: Bytes(to_bytes(&action)),
            takeable: is_feasible(file, &action)?,
        });
    }
    Ok(views)
}

/// Does what is kept aside, on what is there now.
pub(crate) fn take(file: &mut AreaFile, ctx: &Ctx<'_>, body: &[u8]) -> Result<(Saved, BTreeSet<Topic>), Error> {
    save_again(file, ctx, &from_bytes(body).map_err(StoreError::from)?)
}

/// Refused actions, newest first, beside what stands there now.
pub(crate) fn told(teller: &mut Teller<'_>) -> Result<Vec<RefusedView>, Error> {
    let sql = "SELECT id, reason, refused_ms, body FROM refused ORDER BY id DESC";
    let mut statement = teller.file.conn.prepare_cached(sql)?;
    let mut found = statement.query([])?;
    let mut views = Vec::new();
    while let Some(row) = found.next()? {
        let body = row.get_ref(3)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
        let action: Option<Action> = body.map(from_bytes).transpose().map_err(StoreError::from)?;
        let retriable = action.as_ref().map_or(Ok(false), |action| is_feasible(teller.file, action))?;
        views.push(RefusedView {
            id: row.get(0)?,
            reason: said(row.get(1)?),
            refused_at_ms: row.get(2)?,
            rows: action.map_or_else(|| Ok(Vec::new()), |action| told_rows(teller, &action))?,
            retriable,
        });
    }
    Ok(views)
}

fn told_rows(teller: &mut Teller<'_>, action: &Action) -> Result<Vec<ChangedRow>, Error> {
    let (conn, origin) = (&teller.file.conn, teller.file.session.origin);
    let mut rows = Vec::new();
    for incoming in outbox::incoming_rows(origin, action, |row| outbox::overlay(conn, origin, row))? {
        let current = outbox::overlay(conn, origin, incoming.row)?;
        let mut effect = Effect::of(current.as_ref(), &incoming);
        effect.lost.clear();
        rows.extend(teller.row(&DoneRow { incoming, erased: false, effect: Some(effect) })?);
    }
    Ok(rows)
}

fn is_feasible(file: &AreaFile, action: &Action) -> Result<bool, Error> {
    again(file, action)?.map_or(Ok(false), |draft| draft.is_feasible(file))
}

/// What an action wrote, as one on what is there now; `None` when it speaks of rows that are not here.
fn again(file: &AreaFile, action: &Action) -> Result<Option<Draft>, Error> {
    let mut draft = Draft::new();
    for row in &action.rows {
        let Some(entity) = Entity::from_number(row.entity) else { return Ok(None) };
        let now = outbox::overlay(&file.conn, file.session.origin, row.row.0)?;
        let sets = |field: &FieldId| row.fields.iter().any(|change| change.field == *field);
        if now.is_none() && !entity.required().iter().all(sets) {
            return Ok(None);
        }
        let here = now.map(|state| state.scope).or(Scope::from_number(row.scope));
        let scope = row.move_to.and_then(Scope::from_number).or(here).unwrap_or(Scope::Coordination);
        let setter = draft.row(entity, row.row.0, scope);
        row.fields.iter().fold(setter, |setter, change| setter.set(change.field, change.value.clone()));
    }
    Ok(Some(draft))
}

/// Does what was refused once more, on what is there now.
pub(crate) fn retry(file: &mut AreaFile, ctx: &Ctx<'_>, id: i64) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let body: Option<Option<Vec<u8>>> =
        file.conn.query_row("SELECT body FROM refused WHERE id = ?1", [id], |row| row.get(0)).optional()?;
    let action: Action = from_bytes(&body.flatten().ok_or(Error::NotFound)?).map_err(StoreError::from)?;
    let (saved, mut topics) = save_again(file, ctx, &action)?;
    // Twice in the outbox would do less harm than not at all.
    dismiss(file, id)?;
    topics.insert(Topic::Refusals);
    Ok((saved, topics))
}

fn save_again(file: &mut AreaFile, ctx: &Ctx<'_>, action: &Action) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let main = action.rows.first().ok_or(Error::NotFound)?.row.0;
    again(file, action)?.ok_or(Error::NotFound)?.save(file, ctx, main)
}

/// The author has read it.
pub(crate) fn dismiss(file: &AreaFile, id: i64) -> Result<(), Error> {
    file.conn.execute("DELETE FROM refused WHERE id = ?1", [id])?;
    Ok(())
}
