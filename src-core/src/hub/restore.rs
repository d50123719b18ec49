//! After a restore: a new epoch begins, and devices give back what the backup did not have.
//!
//! What a device offers lies between two cursors that this server sealed, and its chain leads from the one to the
//! other: so it was in the log, word for word, whoever offers it. It is admitted again without being judged again, with
//! the clocks it had, at the end of the log. Rows that have moved since stay where they are.

use super::{HubError, Keys, erase, moved, page};
use crate::domain::{AreaId, ChangeId, Entity, RowId, Scope, personal_number};
use crate::merge::{Plan, RowState, Stamp};
use crate::seal::{Chains, cursor_mac};
use crate::store::{StoreError, rows};
use crate::sync::incoming;
use crate::wire::v1::{Cursor, Entry, LogField, LogRow, Offer, Outcome, Reason};
use crate::wire::{from_bytes, to_bytes};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};

/// The server's own change numbers leap this far at a restore: those that were lost are never given out again.
const LEAP: u64 = 1_000_000_000;

/// Begins a new epoch. `shared` is the last position that the log has in common with the one that was lost.
pub(super) fn begin_epoch(conn: &Connection, shared: u64, now_ms: i64) -> Result<u64, StoreError> {
    let epoch = (page::epoch(conn)? + 1).max(u64::try_from(now_ms).unwrap_or(0));
    conn.execute("INSERT INTO epoch (epoch, position) VALUES (?1, ?2)", params![epoch, shared])?;
    let floor = server_floor(conn)? + if mutant!(GiveLostNumbersOutAgain) { 0 } else { LEAP };
    conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('server_floor', ?1)", [floor])?;
    Ok(epoch)
}

/// The server's own change numbers begin behind this.
pub(super) fn server_floor(conn: &Connection) -> Result<u64, StoreError> {
    let kept: Option<u64> = conn
        .prepare_cached("SELECT value FROM meta WHERE key = 'server_floor'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(kept.unwrap_or(0))
}

/// A log that takes back what it lost.
pub(super) struct Restoring<'a> {
    pub conn: &'a Connection,
    pub area: AreaId,
    pub keys: &'a Keys,
    pub origin: u32,
    pub now_ms: i64,
}

impl Restoring<'_> {
    /// Takes an offer: into the log when it is proven, aside when it is not. Returns the rows that had been erased: they
    /// are to be erased again.
    pub(super) fn take(&self, offer: &Offer) -> Result<BTreeSet<RowId>, HubError> {
        if !self.is_proven(offer) && !mutant!(BelieveWhatIsOffered) {
            self.keep_aside(offer)?;
            return Ok(BTreeSet::new());
        }
        if offer.to.epoch == Some(page::epoch(self.conn)?) && offer.to.position > page::head_position(self.conn)? {
            // Ahead of the log in the log's own epoch: the file was put back by hand, and nobody said so.
            begin_epoch(self.conn, 0, self.now_ms)?;
        }
        for entry in &offer.entries {
            self.again(entry)?;
        }
        let rows = offer.entries.iter().flat_map(|entry| &entry.scopes).flat_map(|part| &part.rows);
        Ok(rows.filter(|row| row.erased == Some(true)).map(|row| row.row.0).collect())
    }

    fn is_proven(&self, offer: &Offer) -> bool {
        let sealed = |cursor: &Cursor| {
            cursor.position == 0 && cursor.scopes.is_empty()
                || cursor.mac.is_some_and(|mac| cursor_mac(&self.keys.cursor, self.area, cursor) == Some(mac.into()))
        };
        let mut chains = Chains::at(self.area, &offer.from);
        sealed(&offer.from)
            && offer.to.mac.is_some()
            && sealed(&offer.to)
            && offer.entries.iter().all(|entry| chains.read(entry).is_ok())
            && chains.heads() == offer.to.scopes
    }

    /// What cannot be proven is kept for the coordinators, and shows in no list; an entry without rows says nothing.
    fn keep_aside(&self, offer: &Offer) -> Result<(), StoreError> {
        let mut keep = self.conn.prepare_cached("INSERT OR IGNORE INTO refused VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for entry in &offer.entries {
            let says_nothing = entry.scopes.iter().all(|part| part.rows.is_empty());
            if says_nothing || self.is_to_be_nowhere(entry)? {
                continue;
            }
            let body = to_bytes(entry);
            let hash = blake3::hash(&body);
            let reason = super::verdicts::reason_number(Reason::Quarantined);
            keep.execute(params![self.origin, entry.counter, &hash.as_bytes()[..], reason, self.now_ms, body])?;
        }
        Ok(())
    }

    /// Whether it speaks of what was erased, or holds what looks like a personal number.
    fn is_to_be_nowhere(&self, entry: &Entry) -> Result<bool, StoreError> {
        for row in entry.scopes.iter().flat_map(|part| &part.rows) {
            let hidden = row.fields.iter().any(|field| personal_number::contains(field.value.text()));
            if hidden || erase::is_erased(self.conn, row.row.0)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Admits an entry again, as far as it is not in the log yet.
    pub(super) fn again(&self, entry: &Entry) -> Result<bool, StoreError> {
        let there = self.rows_there(entry.origin, entry.counter)?;
        let mut by_scope = BTreeMap::new();
        for part in &entry.scopes {
            let Some(scope) = Scope::from_number(part.scope) else { continue };
            for (index, row) in part.rows.iter().enumerate() {
                let is_hash = part.seals.as_ref().and_then(|seals| seals.get(index)).is_some_and(|s| s.leaf.is_some());
                if is_hash || row.erased == Some(true) || there.iter().any(|known| says_all(known, row)) {
                    continue;
                }
                self.again_row(entry, scope, row, &mut by_scope)?;
            }
        }
        if by_scope.is_empty() {
            return Ok(false);
        }
        let rows = entry.scopes.iter().flat_map(|part| &part.rows);
        let own = rows.flat_map(|row| &row.fields).filter(|field| field.stamp.is_none());
        let changes = own.map(|field| u64::from(field.index) + 1).max().unwrap_or(1);
        let entry = Entry { position: page::head_position(self.conn)? + 1, scopes: Vec::new(), ..entry.clone() };
        self.note_action(&entry, changes)?;
        page::append_entry(self.conn, &entry)?;
        for (scope, rows) in by_scope {
            page::append(self.conn, (self.area, self.keys, entry.position), &entry, scope, rows)?;
        }
        Ok(true)
    }

    /// What the log has of an action already.
    fn rows_there(&self, origin: u32, counter: u64) -> Result<Vec<LogRow>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT rows FROM log JOIN entry ON entry.position = log.position WHERE origin = ?1 AND counter = ?2",
        )?;
        let mut found = statement.query(params![origin, counter])?;
        let mut there = Vec::new();
        while let Some(part) = found.next()? {
            let rows: Vec<LogRow> = from_bytes(part.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
            there.extend(rows);
        }
        Ok(there)
    }

    /// Notes the action of an entry, without a hash: whatever its author pushes under this number is taken for the
    /// same. One that was refused meanwhile, because what it builds on was not back yet, is admitted now.
    fn note_action(&self, entry: &Entry, changes: u64) -> Result<(), StoreError> {
        let sql = "INSERT INTO action (origin, counter, count, outcome, position, effective, hlc)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                   ON CONFLICT DO UPDATE SET count = max(count, excluded.count),
                      outcome = CASE WHEN position IS NULL THEN excluded.outcome ELSE outcome END,
                      reason = CASE WHEN position IS NULL THEN NULL ELSE reason END,
                      effective = coalesce(effective, excluded.effective),
                      position = coalesce(position, excluded.position)";
        let outcome = super::verdicts::outcome_number(Outcome::Applied);
        let Entry { origin, counter, position, effective, hlc, .. } = entry;
        let values = params![origin, counter, changes, outcome, position, effective, hlc];
        self.conn.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    fn again_row(
        &self,
        entry: &Entry,
        scope: Scope,
        row: &LogRow,
        out: &mut BTreeMap<Scope, Vec<LogRow>>,
    ) -> Result<(), StoreError> {
        let is_mirror = Entity::from_number(row.entity).is_some_and(Entity::is_mirror);
        if is_mirror || super::erase::keeps_out(self.conn, row)? {
            return Ok(());
        }
        let current = rows::get(self.conn, row.row.0)?;
        let id = ChangeId { origin: entry.origin, counter: entry.counter };
        let stamp = Stamp { effective: entry.effective, id };
        let moves = moved::wins(self.conn, row.row.0, stamp)?;
        let Some(target) = target(entry, (scope, row), current.as_ref(), moves) else { return Ok(()) };
        if moves && (row.withdrawn || row.created_by.is_some()) {
            moved::keep(self.conn, row.row.0, stamp)?;
        }
        let coming = crate::merge::IncomingRow { withdrawn: false, ..incoming(row.clone(), target, stamp) };
        let Plan::Write { state, superseded } = rows::merge(self.conn, coming)? else { return Ok(()) };
        super::conflicts::index(self.conn, &state)?;
        let left = current.map(|row| row.scope).filter(|old| *old != target);
        match left {
            Some(old) => {
                out.entry(old).or_default().push(super::admit::withdrawal(row.entity, row.row));
                let mut whole = super::admit::whole(state);
                // What lost is not in the row any more: it stays in the log, as when the row moved first.
                whole.fields.extend(row.fields.iter().filter(|field| superseded.contains(&field.field)).cloned());
                out.entry(target).or_default().push(whole);
            }
            None => out.entry(target).or_default().push(row.clone()),
        }
        Ok(())
    }
}

/// Whether a row in the log says all that an offered one does. One that somebody had to hide, because whoever offered its
/// withdrawal could not read where it went, says less than the one that was hidden.
fn says_all(known: &LogRow, offered: &LogRow) -> bool {
    let says = |field: &LogField| known.fields.iter().any(|f| (f.field, &f.value) == (field.field, &field.value));
    known.row == offered.row && known.withdrawn == offered.withdrawn && offered.fields.iter().all(says)
}

/// The scope a row is to be in; `None` when nothing is to be done with it. `moves` says whether no later move of the row
/// is known than the entry's.
fn target(entry: &Entry, row: (Scope, &LogRow), current: Option<&RowState>, moves: bool) -> Option<Scope> {
    let (scope, row) = row;
    if row.withdrawn {
        // It left for a scope that whoever offers it cannot read. Until somebody who can offers the rest, it is where
        // only coordinators see it: nobody may see what was not theirs.
        let hidden = moves && !comes_whole(entry, row.row.0) && current.is_some_and(|current| current.scope == scope);
        return hidden.then_some(if mutant!(ShowWhatLeftItsScope) { scope } else { Scope::Coordination });
    }
    let moved_here = moves && row.created_by.is_some();
    Some(if moved_here { scope } else { current.map_or(scope, |current| current.scope) })
}

/// Whether another part of the entry has the row whole.
fn comes_whole(entry: &Entry, id: RowId) -> bool {
    let rows = entry.scopes.iter().flat_map(|part| &part.rows);
    rows.into_iter().any(|row| row.row.0 == id && !row.withdrawn)
}
