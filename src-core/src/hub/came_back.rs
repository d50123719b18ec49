//! An action that came back from a reader after a restore, and now comes from its author as well. What it was hashed to
//! is not known any more: it is the same when the author says all that the log has of it.

use super::admit::Admission;
use super::restore::Restoring;
use super::{HubError, moved, page};
use crate::domain::{Scope, Value};
use crate::seal::Hash;
use crate::store::{StoreError, rows};
use crate::wire::from_bytes;
use crate::wire::v1::{Action, Entry, LogField, LogRow, RowChange, ScopeRows, Verdict};
use rusqlite::params;

impl Admission<'_> {
    /// Judges what comes from the author. Another action under the same number is set aside; of the same one, what its
    /// reader could not see is put into the log.
    pub(super) fn came_back(
        &self,
        action: &Action,
        (hash, body): (&Hash, &[u8]),
        verdict: Verdict,
    ) -> Result<Verdict, HubError> {
        let logged = self.logged(action)?;
        if !logged.iter().all(|row| says_as_much(action, row)) {
            return Ok(self.quarantine(action, hash, body)?);
        }
        let missing = self.missing(action, &logged)?;
        // What was erased is missing for good.
        if !missing.is_empty() && !self.speaks_of_erased(action)? {
            if self.judge(action, body.len(), self.effective_of(action)?)?.is_err() {
                return Ok(self.quarantine(action, hash, body)?);
            }
            self.add(action, missing)?;
        }
        Ok(verdict)
    }

    /// Whether it is the same as far as the log can say; for those who only want to know.
    pub(super) fn may_be_same(&self, action: &Action) -> Result<bool, StoreError> {
        Ok(self.logged(action)?.iter().all(|row| says_as_much(action, row)))
    }

    /// What the log has of an action.
    fn logged(&self, action: &Action) -> Result<Vec<LogRow>, StoreError> {
        let sql = "SELECT rows FROM log JOIN entry ON entry.position = log.position WHERE origin = ?1 AND counter = ?2";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut found = statement.query(params![self.writer.origin(), action.counter])?;
        let mut logged = Vec::new();
        while let Some(row) = found.next()? {
            let rows: Vec<LogRow> = from_bytes(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
            logged.extend(rows);
        }
        Ok(logged)
    }

    /// The clock that the action was admitted with.
    fn effective_of(&self, action: &Action) -> Result<u64, StoreError> {
        let sql = "SELECT effective FROM action WHERE origin = ?1 AND counter = ?2";
        let key = params![self.writer.origin(), action.counter];
        Ok(self.conn.prepare_cached(sql)?.query_row(key, |row| row.get(0))?)
    }

    /// What the log lacks of an action: rows, fields, and where a row went to.
    fn missing(&self, action: &Action, logged: &[LogRow]) -> Result<Vec<ScopeRows>, StoreError> {
        let stamp = self.moved_by(action, self.effective_of(action)?);
        let (mut missing, mut index) = (Vec::new(), 0);
        for change in &action.rows {
            let held = rows::get(self.conn, change.row.0)?;
            // A reader who saw it leave and not where it went had it hidden by this very move.
            let hidden = change.move_to.and_then(Scope::from_number).filter(|to| {
                moved::last(self.conn, change.row.0).is_ok_and(|last| last == Some(stamp))
                    && held.as_ref().is_some_and(|row| row.scope != *to)
            });
            let mut row = log_row(change, index);
            row.fields.retain(|field| !is_logged(logged, change, field));
            let there = logged.iter().any(|known| known.row == change.row);
            if !there || hidden.is_some() || !row.fields.is_empty() {
                row.created_by = hidden.and(held.as_ref()).map(|held| held.created_by);
                let wanted = || Scope::from_number(change.move_to.unwrap_or(change.scope));
                let scope = hidden.or(held.map(|held| held.scope)).or_else(wanted).unwrap_or(Scope::Coordination);
                let rows = vec![row.into()];
                missing.push(ScopeRows {
                    scope: scope.number(),
                    first_seq: 0,
                    rows,
                    salt: None,
                    seals: None,
                    salt_seed: None,
                });
            }
            index += u16::try_from(change.fields.len().max(1)).unwrap_or(u16::MAX);
        }
        Ok(missing)
    }

    fn add(&self, action: &Action, scopes: Vec<ScopeRows>) -> Result<(), HubError> {
        let position = page::head_position(self.conn)? + 1;
        let (origin, counter) = (self.writer.origin(), action.counter);
        let effective = self.effective_of(action)?;
        let entry = Entry { position, origin, counter, effective, hlc: action.hlc, scopes };
        let Self { conn, area, keys, now_ms, .. } = *self;
        Restoring { conn, area, keys, origin, now_ms }.again(&entry)?;
        Ok(())
    }
}

/// Whether the log has a field's value, in the row as it came or as it moved.
fn is_logged(logged: &[LogRow], change: &RowChange, field: &LogField) -> bool {
    let here = logged.iter().filter(|row| row.row == change.row && !row.withdrawn);
    here.flat_map(|row| &row.fields).any(|known| (known.field, &known.value) == (field.field, &field.value))
}

/// Whether an action says what the log has of one of its rows. A row that came whole has others' words in it as well; of
/// one that left or was erased there is only which it was.
fn says_as_much(action: &Action, logged: &LogRow) -> bool {
    let Some(change) = action.rows.iter().find(|change| change.row == logged.row) else { return false };
    let mine = logged.fields.iter().filter(|field| field.stamp.is_none());
    let says = |field: &LogField| {
        let value: Option<&Value> = change.fields.iter().find(|f| f.field == field.field).map(|f| &f.value);
        value == Some(&field.value)
    };
    mine.into_iter().all(says)
}

fn log_row(change: &RowChange, first_index: u16) -> LogRow {
    let field = |(index, field): (u16, &crate::wire::v1::FieldChange)| LogField {
        field: field.field,
        value: field.value.clone(),
        index,
        stamp: None,
    };
    LogRow {
        entity: change.entity,
        row: change.row,
        withdrawn: false,
        fields: (first_index..).zip(&change.fields).map(field).collect(),
        created_by: None,
        erased: None,
    }
}
