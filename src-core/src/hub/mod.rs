//! The server's side of an area: one log that every device writes to and reads from.
//!
//! The log gives each admitted action a position, and each row it touches a number in the dense sequence of the row's
//! scope. Admission judges an action as a whole: permission, validation and references. What is refused is kept aside,
//! and never blocks what comes behind it.
//!
//! The caller decides where a transaction begins and ends, so that many devices' pushes share one commit.

mod admit;
pub mod aside;
mod came_back;
mod check;
mod conflicts;
mod cursor;
mod deliver;
pub mod erase;
mod exchange;
mod held;
mod history;
mod judge;
mod mirror;
mod moved;
mod page;
mod peer;
mod photos;
mod push;
mod request;
mod restore;
pub mod roster;
pub mod snapshot;
mod verdicts;

use crate::domain::{AreaId, Reader, Role, RowId};
use crate::store::{Journal, StoreError, configure, migrate, rewrite_if_due, rows};
use crate::wire::to_bytes;
use crate::wire::v1::{Action, Raw, SyncRequest};
use admit::{Admission, Writer};
pub use deliver::Delivered;
pub use peer::{Exchanged, HubError, Keys, Mirrored, Peer, Random};
pub use photos::Sweep;
pub use request::Received;
use roster::Roster;
use rusqlite::{Connection, OptionalExtension, params};
use std::cell::{Cell, OnceCell};

const SCHEMA: &[&str] = &[
    concat!(include_str!("../store/migrations/row_state.sql"), include_str!("migrations/0001_log.sql")),
    include_str!("../store/migrations/0002_row_state_by_entity.sql"),
    include_str!("migrations/0003_chain.sql"),
    include_str!("migrations/0004_moved.sql"),
    include_str!("migrations/0005_salt_seed.sql"),
    include_str!("migrations/0006_trash.sql"),
    include_str!("migrations/0007_held.sql"),
];

/// So many pushes in one transaction are a crowd.
pub const CROWD: usize = 3;

/// The origin of what the server itself writes. Devices are numbered from 1.
pub const SERVER_ORIGIN: u32 = 0;

/// An area's log on the server.
#[derive(Debug)]
pub struct AreaLog {
    conn: Connection,
    area: AreaId,
    keys: Keys,
    behind_snapshot: snapshot::Behind,
    /// Something was erased: the next commit looks whether the file is to be written anew.
    erased: Cell<bool>,
    /// Authors of what was held and can be judged now.
    held: Vec<u32>,
    /// How many pushed in this transaction.
    pushes: usize,
    page_bytes: usize,
}

impl AreaLog {
    /// Opens the file behind `conn`, making its tables if it is new.
    ///
    /// # Errors
    /// When the file is damaged or was written by a newer version.
    pub fn open(conn: Connection, area: AreaId, keys: Keys) -> Result<Self, StoreError> {
        configure(&conn, Journal::Wal)?;
        migrate(&conn, SCHEMA)?;
        page::complete(&conn, (area, &keys))?;
        // Without room for it, the next commit tries again.
        let erased = Cell::new(rewrite_if_due(&conn).is_err());
        let held = held::judgeable(&conn)?;
        Ok(Self {
            conn,
            area,
            keys,
            held,
            behind_snapshot: snapshot::Behind::default(),
            erased,
            pushes: 0,
            page_bytes: page::PAGE_BYTES,
        })
    }

    /// Begins the transaction that the following exchanges share.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn begin(&mut self) -> Result<(), StoreError> {
        self.pushes = 0;
        Ok(self.conn.execute_batch("BEGIN IMMEDIATE")?)
    }

    /// [`AreaLog::begin`] as if so many had pushed in the transaction already: for tests and the simulation.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn begin_after(&mut self, pushes: usize) -> Result<(), StoreError> {
        self.begin()?;
        self.pushes = pushes;
        Ok(())
    }

    /// Makes everything since [`AreaLog::begin`] durable. Only then may it be acknowledged.
    ///
    /// # Errors
    /// When the disk is full or fails; nothing since `begin` is kept then.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        let done = self.conn.execute_batch("COMMIT");
        if done.is_err() {
            self.rollback();
        } else if self.erased.take() && rewrite_if_due(&self.conn).is_err() {
            // Tried again at the next commit, and when the file is opened; the rows are gone either way.
            self.erased.set(true);
        }
        if mutant!(CallAFailedCommitDone) {
            return Ok(());
        }
        Ok(done?)
    }

    /// Drops everything since [`AreaLog::begin`]. What was erased before that may wait for room still: `erased` stays.
    pub fn rollback(&mut self) {
        // Fails only when SQLite has rolled back by itself already.
        let _ = self.conn.execute_batch("ROLLBACK");
    }

    /// Judges what a device sent and answers with what it has not read. A failed exchange leaves no trace and harms no
    /// other of the same transaction.
    ///
    /// # Errors
    /// When the body is no request of this device, or the file fails.
    pub fn exchange(&mut self, peer: &Peer, request: &[u8], now_ms: i64) -> Result<Exchanged, HubError> {
        self.exchange_received(peer, &Received::read(self.area, peer, request)?, now_ms)
    }

    /// [`AreaLog::exchange`] for a caller who has read the request of this peer.
    ///
    /// # Errors
    /// When the file fails.
    pub fn exchange_received(&mut self, peer: &Peer, received: &Received, now_ms: i64) -> Result<Exchanged, HubError> {
        self.pushes += usize::from(!received.request.actions.is_empty());
        let mut exchanged = self.whole_or_not(|log| log.exchange_within(peer, received, now_ms))?;
        match self.empty_trash_daily(now_ms) {
            Ok(emptied) => exchanged.changed |= emptied,
            Err(error) => exchanged.trash = Some(error),
        }
        exchanged.erased = self.erased.get();
        exchanged.snapshot_due = self.is_snapshot_due()?;
        exchanged.held = std::mem::take(&mut self.held);
        Ok(exchanged)
    }

    /// Takes what a device that is locked out had not sent: aside, where coordinators can look at it, and not into the
    /// log. Returns how many actions were new.
    ///
    /// # Errors
    /// When the body is no request of this device, or the file fails.
    pub fn set_aside(&mut self, peer: &Peer, request: &[u8], now_ms: i64) -> Result<usize, HubError> {
        self.set_aside_received(peer, &Received::read(self.area, peer, request)?, now_ms)
    }

    /// [`AreaLog::set_aside`] for a caller who has read the request of this peer.
    ///
    /// # Errors
    /// When the file fails.
    pub fn set_aside_received(&mut self, peer: &Peer, received: &Received, now_ms: i64) -> Result<usize, HubError> {
        let Received { request, hashes } = received;
        self.whole_or_not(|log| {
            let peer = Peer { origin: request.origin, ..peer.clone() };
            let admission = log.admission(Writer::Device(&peer), now_ms)?;
            let mut new = 0;
            for (action, hash) in request.actions.iter().zip(hashes) {
                if admission.known(action, hash)?.is_none() {
                    admission.quarantine(action, hash, &to_bytes(action))?;
                    new += 1;
                }
            }
            Ok(new)
        })
    }

    /// Takes what a device could not send itself and somebody else hands over. It is judged as its author's when the
    /// author's device signed it, and kept aside otherwise.
    ///
    /// # Errors
    /// When it is no request, or the file fails.
    pub fn deliver(
        &mut self,
        author: Option<&Peer>,
        request: &Raw<SyncRequest>,
        now_ms: i64,
    ) -> Result<Delivered, HubError> {
        self.whole_or_not(|log| deliver::deliver(log, author, request, now_ms))
    }

    /// Brings the mirrors of members, devices, invitations and walks in step with `roster`; writes nothing where nothing
    /// differs. A failure leaves no trace and harms no other work of the same transaction.
    ///
    /// # Errors
    /// When the file fails.
    pub fn mirror(&mut self, roster: &Roster, now_ms: i64) -> Result<Mirrored, HubError> {
        self.whole_or_not(|log| {
            let (changes, left_out) = mirror::differences(&log.conn, roster, now_ms)?;
            let changed = !changes.is_empty();
            log.write(mirror::into_actions(changes, now_ms), now_ms)?;
            Ok(Mirrored { changed, left_out })
        })
    }

    /// Runs `work` so that a failure undoes what it wrote and nothing else of the transaction.
    fn whole_or_not<T>(&mut self, work: impl FnOnce(&Self) -> Result<T, HubError>) -> Result<T, HubError> {
        self.conn.prepare_cached("SAVEPOINT work")?.execute([])?;
        let result = work(self);
        if result.is_err() {
            self.conn.prepare_cached("ROLLBACK TO work")?.execute([])?;
        }
        self.conn.prepare_cached("RELEASE work")?.execute([])?;
        result
    }

    /// The last entries before a position that touched a thing, newest first, as far as they are for a reader
    /// whose device speaks this much: encoded, at most a hundred.
    ///
    /// # Errors
    /// When the file fails.
    pub fn history(
        &self,
        reader: &Reader,
        speaks: Option<u16>,
        row: RowId,
        before: Option<u64>,
    ) -> Result<Vec<u8>, StoreError> {
        // Positions are below 2⁶³: SQLite keeps them.
        let before = before.unwrap_or(u64::MAX).min(i64::MAX.unsigned_abs());
        let scopes = page::scopes_for(&self.conn, reader, speaks)?;
        Ok(to_bytes(&page::as_spoken(history::read(&self.conn, &scopes, row, before)?, speaks)))
    }

    /// Begins a new epoch, after the file was restored from a backup. Devices that had read further give back what the
    /// backup does not have. The caller begins and commits.
    ///
    /// # Errors
    /// When the file fails.
    pub fn begin_epoch(&mut self, now_ms: i64) -> Result<u64, StoreError> {
        self.drop_snapshots()?;
        restore::begin_epoch(&self.conn, page::head_position(&self.conn)?, now_ms)
    }

    fn admission<'a>(&'a self, writer: Writer<'a>, now_ms: i64) -> Result<Admission<'a>, StoreError> {
        let head_before = page::head_position(&self.conn)?;
        let authors = OnceCell::new();
        Ok(Admission { conn: &self.conn, area: self.area, keys: &self.keys, writer, now_ms, head_before, authors })
    }

    fn sealing(&self) -> (AreaId, &Keys) {
        (self.area, &self.keys)
    }

    /// Admits actions that the server itself writes: a new area, the demo. Their counters are set here.
    ///
    /// # Errors
    /// When an action is refused, naming why, or the file fails. The caller rolls back.
    pub fn import(&mut self, actions: Vec<Action>, now_ms: i64) -> Result<(), HubError> {
        self.write(actions, now_ms)
    }

    /// The way of everything that the server itself writes, and of nothing that came over the network.
    fn write(&self, actions: Vec<Action>, now_ms: i64) -> Result<(), HubError> {
        let admission = self.admission(Writer::Server, now_ms)?;
        for action in actions {
            admission.write(action)?;
        }
        Ok(())
    }

    /// Names the area's base map by its BLAKE3 hash; devices then fetch it.
    ///
    /// # Errors
    /// When the file fails.
    pub fn set_basemap(&mut self, hash: Option<[u8; 32]>) -> Result<(), StoreError> {
        match hash {
            Some(hash) => self
                .conn
                .execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('basemap', ?1)", params![hash.as_slice()])?,
            None => self.conn.execute("DELETE FROM meta WHERE key = 'basemap'", [])?,
        };
        Ok(())
    }

    /// The hash of the area's base map.
    ///
    /// # Errors
    /// When the file fails.
    pub fn basemap(&self) -> Result<Option<[u8; 32]>, StoreError> {
        let stored: Option<Vec<u8>> = self
            .conn
            .prepare_cached("SELECT value FROM meta WHERE key = 'basemap'")?
            .query_row([], |row| row.get(0))
            .optional()?;
        Ok(stored.and_then(|hash| hash.try_into().ok()))
    }

    /// The position up to which the log is in a backup.
    ///
    /// # Errors
    /// When the file fails.
    pub fn backed_up(&self) -> Result<u64, StoreError> {
        backed_up(&self.conn)
    }

    /// Notes that the log is in a backup up to `position`: devices need not keep what is before it.
    ///
    /// # Errors
    /// When the file fails.
    pub fn set_backed_up(&mut self, position: u64) -> Result<(), StoreError> {
        self.conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('backed_up', ?1)", [position])?;
        Ok(())
    }

    /// The position of the last entry; 0 in an empty log.
    ///
    /// # Errors
    /// When the file fails.
    pub fn head_position(&self) -> Result<u64, StoreError> {
        page::head_position(&self.conn)
    }

    /// Looks for damage: SQLite's own check, gaps in the sequences, and rows that do not follow from the log.
    /// Returns what was found, empty when all is well.
    ///
    /// # Errors
    /// When the file cannot be read at all.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        check::run(&self.conn, self.area)
    }

    /// Makes pages end elsewhere than people's do, for tests.
    pub fn set_page_bytes(&mut self, limit: usize) {
        self.page_bytes = limit.max(1);
    }

    /// The state of a row, for tests and checks.
    ///
    /// # Errors
    /// When the file fails.
    pub fn row(&self, row: RowId) -> Result<Option<crate::merge::RowState>, StoreError> {
        rows::get(&self.conn, row)
    }

    /// The connection, for backing the file up while it is in use.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.conn
    }
}

fn backed_up(conn: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT value FROM meta WHERE key = 'backed_up'";
    let kept: Option<u64> = conn.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
    Ok(kept.unwrap_or(0))
}

/// The number of a role on the wire: 0 resident … 3 coordinator.
#[must_use]
pub fn role_number(role: Role) -> u8 {
    match role {
        Role::Resident => 0,
        Role::Participant => 1,
        Role::Staff => 2,
        Role::Coordinator => 3,
    }
}
