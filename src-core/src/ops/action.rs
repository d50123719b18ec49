//! Making an action: from "set these fields" to a row in the outbox and the screens' tables, in one transaction.

use super::Ctx;
use crate::domain::access::{self, Change};
use crate::domain::schema::DELETED_AT;
use crate::domain::validate::{self, ValueError};
use crate::domain::{ChangeId, Entity, FieldId, Reader, RowId, Scope, Value};
use crate::error::{Error, ErrorCode};
use crate::ipc::{Saved, Seen, Topic, UndoId};
use crate::merge::RowState;
use crate::merge::conflict;
use crate::store::area::{self, AreaFile};
use crate::store::authors::Authors;
use crate::store::{StoreError, journal, outbox, table};
use crate::wire::v1::{
    Action, CHANGES_MAX, Entry, FieldChange, LogField, LogRow, Raw, RowChange, ScopeRows, WireChangeId, WireId,
};
use crate::wire::{from_bytes, to_bytes};
use minicbor::{Decode, Encode};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};

/// An action being put together.
pub(crate) struct Draft {
    rows: Vec<RowDraft>,
    seen: Option<Seen>,
}

struct RowDraft {
    entity: Entity,
    row: RowId,
    scope: Scope,
    fields: Vec<(FieldId, Value)>,
    /// How the row is called in errors, e.g. `channels.2.`; empty for the form's own row.
    prefix: String,
}

impl Draft {
    /// An action on what is on the screen now.
    pub(crate) fn new() -> Self {
        Self { rows: Vec::new(), seen: None }
    }

    /// An action from a form that was opened earlier.
    pub(crate) fn from_form(seen: &Seen) -> Self {
        Self { rows: Vec::new(), seen: Some(seen.clone()) }
    }

    /// Begins with a row. `scope` is where it is to be: a row that is elsewhere moves there.
    pub(crate) fn row(&mut self, entity: Entity, row: RowId, scope: Scope) -> RowSetter<'_> {
        self.named_row(entity, row, scope, "")
    }

    /// As [`Draft::row`]; errors name its fields with `prefix` before them.
    pub(crate) fn named_row(&mut self, entity: Entity, row: RowId, scope: Scope, prefix: &str) -> RowSetter<'_> {
        let index = self.rows.iter().position(|draft| draft.row == row).unwrap_or_else(|| {
            self.rows.push(RowDraft { entity, row, scope, fields: Vec::new(), prefix: prefix.to_owned() });
            self.rows.len() - 1
        });
        RowSetter(&mut self.rows[index])
    }

    /// Whether it would change anything, and this device may make the change.
    pub(crate) fn is_feasible(&self, file: &AreaFile) -> Result<bool, Error> {
        let (reader, origin) = (file.session.reader(), file.session.origin);
        let mut changes = false;
        for draft in &self.rows {
            let current = outbox::overlay(&file.conn, origin, draft.row)?;
            let Some(change) = to_change(draft, current.as_ref(), None) else { continue };
            match check_permission(&file.conn, (&reader, origin), draft, &change, current.as_ref()) {
                Ok(()) => changes = true,
                Err(Error::Forbidden) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(changes)
    }

    /// Checks the action, keeps it in the outbox and shows it, all in one transaction. `main` is the row the action is
    /// about. An action that changes nothing is not kept.
    pub(crate) fn save(
        self,
        file: &mut AreaFile,
        ctx: &Ctx<'_>,
        main: RowId,
    ) -> Result<(Saved, BTreeSet<Topic>), Error> {
        let (reader, origin, local_only) = (file.session.reader(), file.session.origin, file.session.local_only());
        let tx = file.conn.transaction()?;
        let mut changes = Vec::new();
        let mut undo = Vec::new();
        for draft in self.rows {
            let current = outbox::overlay(&tx, origin, draft.row)?;
            let Some(change) = to_change(&draft, current.as_ref(), self.seen.as_ref()) else { continue };
            check_permission(&tx, (&reader, origin), &draft, &change, current.as_ref())?;
            check_values(&draft, &change)?;
            undo.push(to_undo(&change, current.as_ref()));
            changes.push(change);
        }
        if changes.is_empty() {
            return Ok((Saved { row: main, undo: None }, BTreeSet::new()));
        }
        let position = area::cursor(&tx)?.position;
        let seen = self.seen.map_or(position, |seen| seen.position);
        let (counter, topics) = keep(&tx, origin, ctx.now_ms, seen, changes, &undo)?;
        if local_only {
            settle_locally(&tx, origin)?;
        }
        tx.commit()?;
        Ok((Saved { row: main, undo: Some(UndoId(counter)) }, topics))
    }
}

/// Sets fields of one row.
pub(crate) struct RowSetter<'a>(&'a mut RowDraft);

impl RowSetter<'_> {
    pub(crate) fn set(self, field: FieldId, value: impl Into<Value>) -> Self {
        self.0.fields.push((field, value.into()));
        self
    }

    /// Sets the field if the form changed it.
    pub(crate) fn set_if(self, changed: bool, field: FieldId, value: impl Into<Value>) -> Self {
        if changed { self.set(field, value) } else { self }
    }
}

/// The change to a row, without fields that already hold the value; `None` when nothing is left.
fn to_change(draft: &RowDraft, current: Option<&RowState>, seen: Option<&Seen>) -> Option<RowChange> {
    let fields: Vec<FieldChange> = draft
        .fields
        .iter()
        .filter(|(field, value)| {
            let held = current.and_then(|row| row.fields.get(field)).map(|register| &register.value);
            held.unwrap_or(&Value::Null) != value
        })
        .map(|(field, value)| FieldChange {
            field: *field,
            value: value.clone(),
            base: base(draft.row, *field, current, seen).map(WireChangeId),
        })
        .collect();
    let move_to = current.filter(|row| row.scope != draft.scope).map(|_| draft.scope.number());
    if fields.is_empty() && move_to.is_none() {
        return None;
    }
    let scope = current.map_or(draft.scope, |row| row.scope);
    Some(RowChange { entity: draft.entity.number(), row: WireId(draft.row), scope: scope.number(), move_to, fields })
}

/// The change that the writer saw as the field's value: when the form was opened, or now.
fn base(row: RowId, field: FieldId, current: Option<&RowState>, seen: Option<&Seen>) -> Option<ChangeId> {
    let opened = seen.and_then(|seen| seen.bases.iter().find(|(r, f, _)| *r == row && *f == field));
    match (opened, current) {
        (Some((_, _, id)), _) => Some(*id),
        (None, Some(state)) => state.fields.get(&field).map(|register| register.stamp.id),
        (None, None) => None,
    }
}

/// Asks what the server will ask.
fn check_permission(
    tx: &Connection,
    (reader, origin): (&Reader, u32),
    draft: &RowDraft,
    change: &RowChange,
    current: Option<&RowState>,
) -> Result<(), Error> {
    let fields: Vec<FieldId> = change.fields.iter().map(|field| field.field).collect();
    let asked = Change {
        entity: draft.entity,
        scope: current.map_or(draft.scope, |row| row.scope),
        move_to: change.move_to.map(|_| draft.scope),
        new: current.is_none(),
        own: false,
        about: current.and_then(conflict::about),
        fields: &fields,
    };
    let allowed = access::may_asking_whose(reader, &asked, || match current {
        Some(row) => Ok::<_, StoreError>(Authors::load(tx)?.same_member(row.created_by, origin)),
        None => Ok(false),
    })?;
    if allowed { Ok(()) } else { Err(Error::Forbidden) }
}

fn check_values(draft: &RowDraft, change: &RowChange) -> Result<(), Error> {
    for field in &change.fields {
        let Some(def) = draft.entity.field(field.field) else { continue };
        validate::value(def, &field.value).map_err(|error| {
            let name = format!("{}{}", draft.prefix, error.field());
            match error {
                ValueError::PersonalNumber { .. } => Error::PersonalNumber { field: name },
                ValueError::TooLong { .. } | ValueError::WrongKind { .. } => Error::invalid(name, error.to_string()),
            }
        })?;
    }
    Ok(())
}

/// Puts the changes into the outbox and shows them.
fn keep(
    tx: &Connection,
    origin: u32,
    now_ms: i64,
    seen: u64,
    rows: Vec<RowChange>,
    undo: &Vec<UndoRow>,
) -> Result<(u64, BTreeSet<Topic>), Error> {
    let mut action = Action { counter: 0, hlc: area::next_hlc(tx, now_ms)?, seen, all_or_nothing: None, rows };
    let count = action.change_count();
    if count > CHANGES_MAX {
        return Err(Error::invalid("form", format!("{count} changes at once, at most {CHANGES_MAX}")));
    }
    action.counter = area::take_counters(tx, count as u64)?;
    outbox::push(tx, &action)?;
    tx.prepare_cached("INSERT INTO undo (counter, body) VALUES (?1, ?2)")?
        .execute(params![action.counter, to_bytes(undo)])?;
    tx.prepare_cached("DELETE FROM undo WHERE counter < ?1 - 2000")?.execute([action.counter])?;
    let touched = action.rows.iter().map(|change| change.row.0).collect();
    Ok((action.counter, table::project(tx, origin, &touched)?))
}

/// What takes a row's change back.
#[derive(Encode, Decode)]
struct UndoRow {
    #[n(0)]
    entity: u16,
    #[n(1)]
    row: WireId,
    /// The scope it was in; `None`: the action made it.
    #[n(2)]
    scope: Option<u32>,
    /// The values it had.
    #[n(3)]
    fields: Vec<UndoField>,
}

#[derive(Encode, Decode)]
struct UndoField {
    #[n(0)]
    field: FieldId,
    #[n(1)]
    value: Value,
}

fn to_undo(change: &RowChange, current: Option<&RowState>) -> UndoRow {
    let fields = change.fields.iter().map(|field| UndoField {
        field: field.field,
        value: current
            .and_then(|row| row.fields.get(&field.field))
            .map_or(Value::Null, |register| register.value.clone()),
    });
    UndoRow {
        entity: change.entity,
        row: change.row,
        scope: current.map(|row| row.scope.number()),
        fields: fields.collect(),
    }
}

/// Takes an action of this device back, as a new action. What the action made goes to the trash. Nothing is taken back
/// once something of it was written over: that was somebody's word, and they had seen what stood here.
pub(crate) fn undo(file: &mut AreaFile, ctx: &Ctx<'_>, id: UndoId) -> Result<BTreeSet<Topic>, Error> {
    let body: Option<Vec<u8>> =
        file.conn.query_row("SELECT body FROM undo WHERE counter = ?1", [id.0], |row| row.get(0)).optional()?;
    let rows: Vec<UndoRow> = from_bytes(&body.ok_or(Error::NotFound)?).map_err(StoreError::from)?;
    let mut draft = Draft::new();
    let (mut main, mut counter) = (None, id.0);
    for row in rows {
        let first = counter;
        counter += (row.fields.len() as u64).max(1);
        let Some(entity) = Entity::from_number(row.entity) else { continue };
        main.get_or_insert(row.row.0);
        let now = outbox::overlay(&file.conn, file.session.origin, row.row.0)?;
        if now.as_ref().is_some_and(|now| !still_says(now, &row, (file.session.origin, first))) {
            return Err(Error::coded(ErrorCode::ChangedSince, "written over since"));
        }
        let scope = row.scope.and_then(Scope::from_number).or(now.map(|state| state.scope));
        let setter = draft.row(entity, row.row.0, scope.unwrap_or(Scope::Coordination));
        if row.scope.is_none() {
            setter.set(DELETED_AT, Value::Int(ctx.now_ms));
        } else {
            row.fields.into_iter().fold(setter, |setter, field| setter.set(field.field, field.value));
        }
    }
    file.conn.execute("DELETE FROM undo WHERE counter = ?1", [id.0])?;
    let (_, topics) = draft.save(file, ctx, main.ok_or(Error::NotFound)?)?;
    Ok(topics)
}

/// Whether a row still holds what an action of this device wrote into it; of a row that the action made, nothing else.
fn still_says(now: &RowState, row: &UndoRow, (origin, first): (u32, u64)) -> bool {
    let of_it = (first..).zip(&row.fields);
    let mut held = of_it.map(|(counter, field)| {
        let written = ChangeId { origin, counter };
        // A value that was none leaves nothing behind.
        now.fields.get(&field.field).is_none_or(|register| register.stamp.id == written)
    });
    let made_here = row.scope.is_none();
    held.all(|it_does| it_does) && (!made_here || now.fields.len() <= row.fields.len())
}

/// Moves a row to the trash.
pub(crate) fn delete(
    file: &mut AreaFile,
    ctx: &Ctx<'_>,
    entity: Entity,
    row: RowId,
) -> Result<(Saved, BTreeSet<Topic>), Error> {
    let state = outbox::overlay(&file.conn, file.session.origin, row)?.ok_or(Error::NotFound)?;
    let mut draft = Draft::new();
    draft.row(entity, row, state.scope).set(DELETED_AT, Value::Int(ctx.now_ms));
    draft.save(file, ctx, row)
}

/// What a form shows of these rows: the basis for finding conflicts.
pub(crate) fn seen(file: &AreaFile, rows: &[RowId]) -> Result<Seen, Error> {
    let mut bases = Vec::new();
    for row in rows {
        if let Some(state) = outbox::overlay(&file.conn, file.session.origin, *row)? {
            bases.extend(state.fields.iter().map(|(field, register)| (*row, *field, register.stamp.id)));
        }
    }
    Ok(Seen { position: area::cursor(&file.conn)?.position, bases })
}

/// Puts the outbox of an area without a server into its rows: nobody else will.
fn settle_locally(tx: &Connection, origin: u32) -> Result<(), StoreError> {
    for action in outbox::unsent(tx, usize::MAX)? {
        outbox::remove(tx, action.counter)?;
        enter(tx, origin, action)?;
    }
    Ok(())
}

/// Fills a new area without a server.
pub(crate) fn seed(file: &mut AreaFile, actions: Vec<Action>) -> Result<(), Error> {
    let tx = file.conn.transaction()?;
    let mut rows = BTreeSet::new();
    let mut counter = 1;
    for mut action in actions {
        action.counter = counter;
        counter += action.change_count() as u64;
        rows.extend(action.rows.iter().map(|change| change.row.0));
        enter(&tx, 0, action)?;
    }
    table::project(&tx, file.session.origin, &rows)?;
    Ok(tx.commit()?)
}

/// Puts an action into the log of an area without a server, as a server would.
fn enter(tx: &Connection, origin: u32, action: Action) -> Result<(), StoreError> {
    let (_, last) = journal::bounds(tx)?;
    let mut parts: BTreeMap<u32, Vec<Raw<LogRow>>> = BTreeMap::new();
    let mut index = 0;
    for change in action.rows {
        let fields = (index..).zip(change.fields);
        let fields: Vec<_> = fields
            .map(|(index, field)| LogField { field: field.field, value: field.value, index, stamp: None })
            .collect();
        index += u16::try_from(fields.len().max(1)).unwrap_or(u16::MAX);
        let (entity, row) = (change.entity, change.row);
        let row = LogRow { entity, row, withdrawn: false, fields, created_by: None, erased: None };
        parts.entry(change.move_to.unwrap_or(change.scope)).or_default().push(row.into());
    }
    let part = |(scope, rows)| ScopeRows { scope, first_seq: 0, rows, salt: None, seals: None, salt_seed: None };
    let entry = Entry {
        position: last + 1,
        origin,
        counter: action.counter,
        effective: action.hlc,
        hlc: action.hlc,
        scopes: parts.into_iter().map(part).collect(),
    };
    crate::sync::take_entry(tx, entry, &mut BTreeSet::new()).map(drop)
}
