//! An action that came back from a reader after a restore, and now comes from its author as well. What it was hashed to
//! is not known any more: it is the same when the author says all that the log has of it.

use super::admit::Admission;
use super::restore::Restoring;
use super::{HubError, page};
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
        if !logged.iter().all(|row| row.withdrawn || says_as_much(action, row)) {
            return Ok(self.quarantine(action, hash, body)?);
        }
        if action.rows.iter().any(|change| is_missing(change, &logged)) {
            if self.judge(action, body.len())?.is_err() {
                return Ok(self.quarantine(action, hash, body)?);
            }
            self.add_missing(action, &logged)?;
        }
        Ok(verdict)
    }

    /// Whether it is the same as far as the log can say; for those who only want to know.
    pub(super) fn may_be_same(&self, action: &Action) -> Result<bool, StoreError> {
        Ok(self.logged(action)?.iter().all(|row| row.withdrawn || says_as_much(action, row)))
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

    fn add_missing(&self, action: &Action, logged: &[LogRow]) -> Result<(), HubError> {
        let sql = "SELECT effective FROM action WHERE origin = ?1 AND counter = ?2";
        let key = params![self.writer.origin(), action.counter];
        let effective = self.conn.prepare_cached(sql)?.query_row(key, |row| row.get(0))?;
        let mut scopes: Vec<ScopeRows> = Vec::new();
        let mut index = 0;
        for change in &action.rows {
            if is_missing(change, logged) {
                let held = rows::get(self.conn, change.row.0)?.map(|row| row.scope);
                let scope = held.or(Scope::from_number(change.move_to.unwrap_or(change.scope)));
                let scope = scope.unwrap_or(Scope::Coordination).number();
                let rows = vec![log_row(change, index).into()];
                scopes.push(ScopeRows { scope, first_seq: 0, rows, salt: None, seals: None });
            }
            index += u16::try_from(change.fields.len().max(1)).unwrap_or(u16::MAX);
        }
        let position = page::head_position(self.conn)? + 1;
        let (origin, counter) = (self.writer.origin(), action.counter);
        let entry = Entry { position, origin, counter, effective, hlc: action.hlc, scopes };
        let Self { conn, area, keys, now_ms, .. } = *self;
        Restoring { conn, area, keys, origin, now_ms }.again(&entry)?;
        Ok(())
    }
}

fn is_missing(change: &RowChange, logged: &[LogRow]) -> bool {
    !logged.iter().any(|row| row.row == change.row)
}

/// Whether an action says what the log has of one of its rows. A row that came whole has others' words in it as well.
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
