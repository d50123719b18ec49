//! Erased rows: what they said is gone everywhere, and nobody writes to them again.
//!
//! In the log, a row's place in the chain stays as a hash that nothing can be guessed from; the row itself, what it was
//! hashed with, the action as its author signed it and everything that was set aside about it go. An entry of the
//! server tells every device to do the same.

use super::{AreaLog, HubError, Keys, page};
use crate::domain::schema::{DELETED_AT, card_cell, channel, conflict, photo};
use crate::domain::{AreaId, ChangeId, Entity, FieldId, RowId, Scope};
use crate::merge::{RowState, Stamp};
use crate::seal;
use crate::store::{StoreError, rewrite_later, rows};
use crate::wire::to_bytes;
use crate::wire::v1::{Entry, LogRow, WireId};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What the server has known in the trash for longer than this is erased.
pub const TRASH_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// So many rows of the trash at a time, so that nobody waits for it.
const TRASH_ROWS: usize = 50;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What makes no sense without the row that these fields name, and may name the same person.
const HANGS_ON: [(Entity, &[FieldId]); 4] = [
    (Entity::Channel, &[channel::contact]),
    (Entity::CardCell, &[card_cell::contact, card_cell::problem]),
    (Entity::Conflict, &[conflict::row]),
    (Entity::Photo, &[photo::of]),
];

/// Whether a row was erased.
pub(super) fn is_erased(conn: &Connection, row: RowId) -> Result<bool, StoreError> {
    Ok(conn.prepare_cached("SELECT 1 FROM erased WHERE row = ?1")?.exists([row.0.as_bytes()])?)
}

/// Whether a row that a device brings back stays out: it was erased, or hangs on one that was. Then it is noted as erased
/// itself, so that what else comes of it stays out too.
pub(super) fn keeps_out(conn: &Connection, row: &LogRow) -> Result<bool, StoreError> {
    if is_erased(conn, row.row.0)? {
        return Ok(true);
    }
    let hangs = HANGS_ON.iter().filter(|(entity, _)| entity.number() == row.entity).flat_map(|(_, fields)| *fields);
    for field in hangs {
        let named = row.fields.iter().find(|held| held.field == *field).and_then(|held| held.value.row());
        if let Some(named) = named
            && is_erased(conn, named)?
        {
            note(conn, row.row.0, NOT_IN_THE_LOG)?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// The position of an erasure that the log does not tell of, because it has nothing of the row.
const NOT_IN_THE_LOG: u64 = 0;

fn note(conn: &Connection, row: RowId, position: u64) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT OR IGNORE INTO erased (row, position) VALUES (?1, ?2)")?
        .execute(params![row.0.as_bytes(), position])?;
    Ok(())
}

impl AreaLog {
    /// Erases rows and what hangs on them: a contact's numbers and ticks, a pin's photos, conflicts. Returns how many rows that were.
    /// The caller begins and commits.
    ///
    /// # Errors
    /// When the file fails; nothing was erased then.
    pub fn erase(&mut self, rows: &BTreeSet<RowId>, now_ms: i64) -> Result<usize, HubError> {
        self.whole_or_not(|log| Ok(log.erase_within(rows, now_ms)?))
    }

    /// Looks into the trash: erases what it knew there for [`TRASH_MS`], a part of it at a time, and notes what has come
    /// since. Returns how many rows were erased. The caller begins and commits.
    ///
    /// # Errors
    /// When the file fails.
    pub fn empty_trash(&mut self, now_ms: i64) -> Result<usize, HubError> {
        let mut there = BTreeMap::new();
        for entity in Entity::ALL {
            for row in rows::of_entity(&self.conn, *entity)? {
                there.extend(thrown_away(&row).map(|stamp| (row.row, stamp)));
            }
        }
        let due = self.known_for_long(there, now_ms)?;
        self.erase(&due.into_iter().take(TRASH_ROWS).collect(), now_ms)
    }

    /// Which of the rows in the trash have been known there for long; notes those that are new.
    fn known_for_long(&self, mut there: BTreeMap<RowId, Stamp>, now_ms: i64) -> Result<BTreeSet<RowId>, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT row, origin, counter, since_ms FROM trash")?;
        let notes = statement.query_map([], |note| {
            let id = ChangeId { origin: note.get(1)?, counter: note.get(2)? };
            Ok((RowId(Uuid::from_bytes(note.get(0)?)), id, note.get::<_, i64>(3)?))
        })?;
        let (mut due, mut gone) = (BTreeSet::new(), Vec::new());
        for note in notes {
            let (row, id, since) = note?;
            // A clock that was put back begins anew: it is not known for how long.
            if there.get(&row).is_none_or(|stamp| stamp.id != id) || since > now_ms {
                gone.push(row);
                continue;
            }
            there.remove(&row);
            if now_ms - since >= TRASH_MS {
                due.insert(row);
            }
        }
        for row in gone {
            self.conn.prepare_cached("DELETE FROM trash WHERE row = ?1")?.execute([row.0.as_bytes()])?;
        }
        for (row, stamp) in there {
            let deleted = i64::try_from(stamp.effective).unwrap_or(now_ms);
            let since = if mutant!(CountTheTrashByTheDeletersClock) { deleted } else { now_ms };
            let sql = "INSERT INTO trash (row, origin, counter, since_ms) VALUES (?1, ?2, ?3, ?4)";
            let note = params![row.0.as_bytes(), stamp.id.origin, stamp.id.counter, since];
            self.conn.prepare_cached(sql)?.execute(note)?;
        }
        Ok(due)
    }

    /// [`AreaLog::empty_trash`] once a day, and again at once while there is more than a part of it. Returns
    /// whether something was erased.
    pub(super) fn empty_trash_daily(&mut self, now_ms: i64) -> Result<bool, HubError> {
        let sql = "SELECT value FROM meta WHERE key = 'trash_looked_at'";
        let looked: Option<i64> = self.conn.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
        // A clock that was put back is no reason to wait for it.
        if looked.is_some_and(|looked| (0..DAY_MS).contains(&(now_ms - looked))) {
            return Ok(false);
        }
        let erased = self.empty_trash(now_ms)?;
        if erased < TRASH_ROWS {
            self.conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('trash_looked_at', ?1)", [now_ms])?;
        }
        Ok(erased > 0)
    }

    pub(super) fn erase_within(&self, wanted: &BTreeSet<RowId>, now_ms: i64) -> Result<usize, StoreError> {
        let mut rows = BTreeSet::new();
        for row in wanted {
            rows.insert(*row);
            rows.extend(self.hanging_on(*row)?);
        }
        let mut by_scope: BTreeMap<Scope, Vec<LogRow>> = BTreeMap::new();
        let mut count = 0;
        for row in rows {
            if is_erased(&self.conn, row)? {
                continue;
            }
            let Some((entity, scopes)) = self.scrub_log(row)? else {
                // A backup from before the row was made; somebody may still offer it.
                if !mutant!(ForgetWhatIsErasedBeforeItComesBack) {
                    note(&self.conn, row, NOT_IN_THE_LOG)?;
                }
                continue;
            };
            self.scrub_rest(row)?;
            for scope in scopes {
                by_scope.entry(scope).or_default().push(seal::erasure(entity, WireId(row)));
            }
            count += 1;
        }
        if !by_scope.is_empty() {
            let position = self.announce(by_scope, now_ms)?;
            super::photos::sweep_later(&self.conn, position)?;
            super::snapshot::drop_all(&self.conn)?;
            rewrite_later(&self.conn)?;
            self.erased.set(true);
        }
        Ok(count)
    }

    /// What [hangs on](HANGS_ON) the row.
    fn hanging_on(&self, row: RowId) -> Result<Vec<RowId>, StoreError> {
        let mut found = Vec::new();
        for (entity, fields) in HANGS_ON {
            for other in rows::naming(&self.conn, entity, row)? {
                let names = |field| other.fields.get(field).is_some_and(|held| held.value.row() == Some(row));
                if fields.iter().any(names) {
                    found.push(other.row);
                    found.extend(self.hanging_on(other.row)?);
                }
            }
        }
        Ok(found)
    }

    /// Takes the row out of every entry that touched it. Returns its kind and where it had ever been.
    fn scrub_log(&self, row: RowId) -> Result<Option<(u16, BTreeSet<Scope>)>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT log.position, origin, counter, effective, hlc, scope, first_seq, rows, salt, seals, salt_seed
             FROM touched JOIN log ON log.position = touched.position JOIN entry ON entry.position = log.position
             WHERE touched.row = ?1",
        )?;
        let mut found = statement.query([row.0.as_bytes()])?;
        let mut kept = Vec::new();
        while let Some(row) = found.next()? {
            kept.push((page::entry_at(row)?, page::part_at(row)?));
        }
        let (mut entity, mut scopes) = (None, BTreeSet::new());
        for (entry, mut part) in kept {
            let here = part.rows.iter().find(|logged| logged.row.0 == row).map(|logged| logged.entity);
            if !seal::erase(entry.position, &mut part, row) {
                continue;
            }
            entity = entity.or(here);
            scopes.extend(Scope::from_number(part.scope));
            self.conn
                .prepare_cached(
                    "UPDATE log SET rows = ?3, salt = NULL, seals = ?4, salt_seed = NULL
                     WHERE position = ?1 AND scope = ?2",
                )?
                .execute(params![
                    entry.position,
                    part.scope,
                    to_bytes(&part.rows),
                    part.seals.as_ref().map(to_bytes)
                ])?;
            if !mutant!(KeepTheSeedOfAnErasedRow) {
                self.forget_seeds(part.scope, entry.position)?;
            }
            if !mutant!(KeepTheActionOfAnErasedRow) {
                self.scrub_action(&entry)?;
            }
        }
        Ok(entity.map(|entity| (entity, scopes)))
    }

    /// Gives what may share a seed with a part salts of its own.
    fn forget_seeds(&self, scope: u32, position: u64) -> Result<(), StoreError> {
        let reach = seal::seed_reach(position);
        let mut statement = self.conn.prepare_cached(
            "SELECT position, salt_seed FROM log
             WHERE scope = ?1 AND position BETWEEN ?2 AND ?3 AND salt_seed IS NOT NULL",
        )?;
        let found = statement.query_map(params![scope, reach.start(), reach.end()], |row| {
            Ok((row.get::<_, u64>(0)?, row.get::<_, seal::Salt>(1)?))
        })?;
        let sql = "UPDATE log SET salt = ?3, salt_seed = NULL WHERE position = ?1 AND scope = ?2";
        for (position, seed) in found.collect::<Result<Vec<_>, _>>()? {
            let salt = seal::salt_at(&seed, position);
            self.conn.prepare_cached(sql)?.execute(params![position, scope, salt])?;
        }
        Ok(())
    }

    /// Deletes an action as it was signed, and the signature, whose hashes might be guessed at.
    fn scrub_action(&self, entry: &Entry) -> Result<(), StoreError> {
        let key = params![entry.origin, entry.counter];
        self.conn
            .prepare_cached("UPDATE action SET body = NULL, hash = NULL WHERE origin = ?1 AND counter = ?2")?
            .execute(key)?;
        self.conn
            .prepare_cached(
                "DELETE FROM push WHERE origin = ?1
                 AND counter = (SELECT MAX(counter) FROM push WHERE origin = ?1 AND counter <= ?2)",
            )?
            .execute(key)?;
        Ok(())
    }

    fn scrub_rest(&self, row: RowId) -> Result<(), StoreError> {
        let id = row.0.as_bytes();
        for sql in [
            "DELETE FROM row_state WHERE row = ?1",
            "DELETE FROM moved WHERE row = ?1",
            "DELETE FROM conflict_of WHERE row = ?1 OR conflict = ?1",
            "DELETE FROM refused WHERE instr(body, ?1) > 0",
        ] {
            if mutant!(EraseNothingThatWasRefused) && sql.contains("refused") {
                continue;
            }
            self.conn.prepare_cached(sql)?.execute([id])?;
        }
        note(&self.conn, row, page::head_position(&self.conn)? + 1)
    }

    /// Tells every device, in every scope that the rows were ever in. Returns the position where it stands.
    fn announce(&self, by_scope: BTreeMap<Scope, Vec<LogRow>>, now_ms: i64) -> Result<u64, StoreError> {
        let now = u64::try_from(now_ms).unwrap_or(0);
        let admission = self.admission(super::Writer::Server, now_ms)?;
        let counter = admission.end_of_numbers()?.unwrap_or(1);
        let position = page::head_position(&self.conn)? + 1;
        let origin = super::SERVER_ORIGIN;
        let entry = Entry { position, origin, counter, effective: now, hlc: now, scopes: Vec::new() };
        page::append_entry(&self.conn, &entry)?;
        self.conn.execute(
            "INSERT INTO action (origin, counter, count, outcome, position, effective, hlc)
             VALUES (?1, ?2, 1, 0, ?3, ?4, ?4)",
            params![origin, counter, position, now],
        )?;
        let (area, keys): (AreaId, &Keys) = self.sealing();
        for (scope, rows) in by_scope {
            page::append(&self.conn, (area, keys, position), &entry, scope, rows)?;
        }
        Ok(position)
    }
}

/// What put a row into the trash, or settled a conflict.
fn thrown_away(row: &RowState) -> Option<Stamp> {
    let field = if row.entity == Entity::Conflict.number() { conflict::resolved_at } else { DELETED_AT };
    let held = row.fields.get(&field).filter(|held| held.value.int().is_some())?;
    Some(held.stamp)
}
