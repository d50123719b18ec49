//! Actions that speak of a kind of row which this version does not know. It cannot judge who may see them, so it holds
//! them, unread, and with them what builds on them; once it is a version that knows the kind, they are judged.
//!
//! They are refused for *unknown*, whose number (`verdicts::reason_number`) stands in the statements as it is: only so does
//! SQLite see that an index over just these will do.

use super::admit::Admission;
use super::{AreaLog, HubError, Peer, Writer};
use crate::domain::{Entity, RowId};
use crate::store::StoreError;
use crate::wire::v1::{Action, Verdict};
use crate::wire::{from_bytes, to_bytes};
use rusqlite::{Connection, params};

/// Whether every kind of row in an action is known.
pub(super) fn is_known(action: &Action) -> bool {
    action.rows.iter().all(|row| Entity::from_number(row.entity).is_some())
}

/// Whether an action that is held speaks of a row.
pub(super) fn speaks_of(conn: &Connection, row: RowId) -> Result<bool, StoreError> {
    Ok(conn.prepare_cached("SELECT 1 FROM held_row WHERE row = ?1")?.exists([row.0.as_bytes()])?)
}

/// Notes what an action speaks of that is held from now on. It is forgotten with the action.
pub(super) fn note(conn: &Connection, origin: u32, action: &Action) -> Result<(), StoreError> {
    let mut insert =
        conn.prepare_cached("INSERT OR IGNORE INTO held_row (row, origin, counter) VALUES (?1, ?2, ?3)")?;
    for change in &action.rows {
        let named = change.fields.iter().filter_map(|field| field.value.row());
        for row in named.chain([change.row.0]) {
            insert.execute(params![row.0.as_bytes(), origin, action.counter])?;
        }
    }
    Ok(())
}

/// The authors, by origin, of held actions that this version can judge.
pub(super) fn judgeable(conn: &Connection) -> Result<Vec<u32>, StoreError> {
    let mut origins: Vec<u32> = Vec::new();
    let mut statement = conn.prepare("SELECT origin, body FROM refused WHERE reason = 7 ORDER BY origin")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let origin = row.get(0)?;
        let action: Action = from_bytes(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
        if is_known(&action) && origins.last() != Some(&origin) {
            origins.push(origin);
        }
    }
    Ok(origins)
}

impl AreaLog {
    /// Judges what is held of an author's, in the order it was written. Returns how many came into the log.
    ///
    /// # Errors
    /// When the file fails.
    pub fn judge_held(&mut self, author: &Peer, now_ms: i64) -> Result<usize, HubError> {
        self.whole_or_not(|log| {
            let admission = log.admission(Writer::Device(author), now_ms)?;
            let mut taken = 0;
            for action in admission.held()? {
                if is_known(&action) {
                    taken += usize::from(admission.judge_held(&action)?.reason.is_none());
                }
            }
            Ok(taken)
        })
    }
}

impl Admission<'_> {
    fn held(&self) -> Result<Vec<Action>, StoreError> {
        let sql = "SELECT body FROM refused WHERE origin = ?1 AND reason = 7 ORDER BY counter";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut found = statement.query([self.writer.origin()])?;
        let mut actions = Vec::new();
        while let Some(row) = found.next()? {
            actions.push(from_bytes(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?);
        }
        Ok(actions)
    }

    /// Judges an action that was held, as if it came now.
    pub(super) fn judge_held(&self, action: &Action) -> Result<Verdict, HubError> {
        let key = params![self.writer.origin(), action.counter];
        for sql in [
            "DELETE FROM action WHERE origin = ?1 AND counter = ?2 AND reason = 7",
            "DELETE FROM refused WHERE origin = ?1 AND counter = ?2 AND reason = 7",
        ] {
            self.conn.prepare_cached(sql)?.execute(key).map_err(StoreError::from)?;
        }
        let body = to_bytes(action);
        self.judge_new(action, blake3::hash(&body).as_bytes(), &body)
    }
}
