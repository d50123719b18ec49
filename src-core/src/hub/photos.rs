//! Photos in the log: what they hang on, and that they are where that is.

use super::admit::{Admission, Judged, Writer};
use super::{AreaLog, HubError};
use crate::domain::access::{self, Change};
use crate::domain::schema::{map_pin, photo};
use crate::domain::{Entity, Reader, Scope, Value};
use crate::merge::RowState;
use crate::store::{StoreError, rows};
use crate::wire::from_bytes;
use crate::wire::v1::{Action, CHANGES_MAX, RowChange, WireId};
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeSet;

impl Admission<'_> {
    /// Whether a new photo is of a pin that is there, where its writer may add pins.
    pub(super) fn may_hang(&self, change: &RowChange) -> Result<bool, StoreError> {
        let of = change.fields.iter().find(|field| field.field == photo::of).and_then(|field| field.value.row());
        let Some(pin) = of.map(|of| rows::get(self.conn, of)).transpose()?.flatten() else { return Ok(false) };
        let Writer::Device(peer) = self.writer else { return Ok(true) };
        let pin_beside = Change {
            entity: Entity::MapPin,
            scope: pin.scope,
            move_to: None,
            new: true,
            own: false,
            about: None,
            fields: &[map_pin::note],
        };
        Ok(pin.entity == Entity::MapPin.number() && access::may(&peer.reader, &pin_beside))
    }

    /// Brings photos to where their pin is, when an action has moved the one without the other: its writer did not know
    /// of the photo, or not of the move.
    pub(super) fn keep_photos_beside(&self, judged: &[Judged<'_>]) -> Result<(), HubError> {
        let mut astray = Vec::new();
        for row in judged.iter().filter(|row| row.move_to.is_some() || row.current.is_none()) {
            let Some(state) = rows::get(self.conn, row.change.row.0)? else { continue };
            match Entity::from_number(state.entity) {
                Some(Entity::MapPin) if row.current.is_some() => {
                    for other in rows::naming(self.conn, Entity::Photo, state.row)? {
                        if of(&other) == Some(&Value::Row(state.row)) {
                            astray.extend(moved(&other, state.scope));
                        }
                    }
                }
                Some(Entity::Photo) => {
                    let pin = of(&state).and_then(Value::row).map(|pin| rows::get(self.conn, pin)).transpose()?;
                    astray.extend(pin.flatten().and_then(|pin| moved(&state, pin.scope)));
                }
                _ => {}
            }
        }
        let server = self.of_server();
        for rows in astray.chunks(CHANGES_MAX) {
            let hlc = u64::try_from(self.now_ms).unwrap_or(0);
            server.write(Action { counter: 0, hlc, seen: 0, all_or_nothing: None, rows: rows.to_vec() })?;
        }
        Ok(())
    }
}

fn of(row: &RowState) -> Option<&Value> {
    row.fields.get(&photo::of).map(|held| &held.value)
}

fn moved(row: &RowState, to: Scope) -> Option<RowChange> {
    (row.scope != to).then(|| RowChange {
        entity: row.entity,
        row: WireId(row.row),
        scope: row.scope.number(),
        move_to: Some(to.number()),
        fields: Vec::new(),
    })
}

/// Notes, in the transaction that erases rows, that files which no row names any more are to be removed; `position` is
/// where the log says what was erased.
pub(super) fn sweep_later(tx: &Connection, position: u64) -> Result<(), StoreError> {
    tx.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('photos_to_sweep', ?1)", [position])?;
    Ok(())
}

/// The last erasure that files are to be removed for, by its position in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep(u64);

impl AreaLog {
    /// Whether rows were erased, and files that no row names any more have not been removed since.
    ///
    /// # Errors
    /// When the file fails.
    pub fn sweep_due(&self) -> Result<Option<Sweep>, StoreError> {
        let mut asked = self.conn.prepare_cached("SELECT value FROM meta WHERE key = 'photos_to_sweep'")?;
        Ok(asked.query_row([], |row| Ok(Sweep(row.get(0)?))).optional()?)
    }

    /// The files that no row named when `sweep` was due are gone, also when the power is cut. What was erased since stays
    /// due.
    ///
    /// # Errors
    /// When the file cannot be written; the files are looked for again then.
    pub fn swept(&self, sweep: Sweep) -> Result<(), StoreError> {
        self.conn.execute("DELETE FROM meta WHERE key = 'photos_to_sweep' AND value = ?1", [sweep.0])?;
        Ok(())
    }

    /// Whether a row that somebody reads names this file.
    ///
    /// # Errors
    /// When the file fails.
    pub fn reads_blob(&self, reader: &Reader, hash: &str) -> Result<bool, StoreError> {
        let found = rows::holding(&self.conn, Entity::Photo, hash.as_bytes())?;
        Ok(found.iter().any(|row| reader.reads(row.scope) && blobs_of(row).any(|name| name == hash)))
    }

    /// Whether a device that went by these origins wrote a photo with this file: it is in the log, or kept aside.
    ///
    /// # Errors
    /// When the file fails.
    pub fn wrote_blob(&self, origins: &[u32], hash: &str) -> Result<bool, StoreError> {
        let wrote = |row: &RowState| origins.contains(&row.created_by) && blobs_of(row).any(|name| name == hash);
        if rows::holding(&self.conn, Entity::Photo, hash.as_bytes())?.iter().any(wrote) {
            return Ok(true);
        }
        let mut aside = self.conn.prepare_cached("SELECT body FROM refused WHERE origin = ?1")?;
        for origin in origins {
            let mut found = aside.query([origin])?;
            while let Some(row) = found.next()? {
                if blobs_in(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?).any(|name| name == hash) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The files that are not to be removed: those that rows name, and those of photos that are kept aside, which
    /// somebody may still take in.
    ///
    /// # Errors
    /// When the file fails.
    pub fn blobs_to_keep(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut kept = self.blobs(|_| true)?;
        let mut aside = self.conn.prepare_cached("SELECT body FROM refused")?;
        let mut found = aside.query([])?;
        while let Some(row) = found.next()? {
            kept.extend(blobs_in(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?));
        }
        Ok(kept)
    }

    /// The files that rows name in the scopes that are read, those in the trash included.
    ///
    /// # Errors
    /// When the file fails.
    pub fn blobs(&self, reads: impl Fn(Scope) -> bool) -> Result<BTreeSet<String>, StoreError> {
        let rows = rows::of_entity(&self.conn, Entity::Photo)?;
        let read = rows.iter().filter(|row| reads(row.scope));
        Ok(read.flat_map(blobs_of).map(str::to_owned).collect())
    }
}

/// The files that an action names which is kept aside.
fn blobs_in(body: &[u8]) -> impl Iterator<Item = String> + use<> {
    let rows = from_bytes::<Action>(body).map(|action| action.rows).unwrap_or_default();
    let photos = rows.into_iter().filter(|row| row.entity == Entity::Photo.number());
    let names =
        photos.flat_map(|row| row.fields).filter(|field| [photo::hash, photo::thumbnail].contains(&field.field));
    names.map(|field| field.value.text().to_owned())
}

fn blobs_of(row: &RowState) -> impl Iterator<Item = &str> {
    let held = [photo::hash, photo::thumbnail].into_iter().filter_map(|field| row.fields.get(&field));
    held.map(|held| held.value.text())
}
