//! The server's side of an area: one log that every device writes to and reads from.
//!
//! The log gives each admitted action a position, and each row it touches a number in the dense sequence of the row's
//! scope. Admission judges an action as a whole: permission, validation and references. What is refused is kept aside,
//! and never blocks what comes behind it.
//!
//! The caller decides where a transaction begins and ends, so that many devices' pushes share one commit.

mod admit;
mod check;
mod mirror;
mod page;
pub mod roster;

use crate::domain::{AreaId, Role, RowId};
use crate::store::{Journal, StoreError, configure, migrate, rows};
use crate::wire::v1::{Action, SyncRequest, SyncResponse};
use crate::wire::{VERSION, from_bytes, to_bytes};
use admit::{Admission, Writer};
use minicbor::bytes::ByteArray;
use roster::Roster;
use rusqlite::{Connection, OptionalExtension, params};
use thiserror::Error;

const SCHEMA: &[&str] = &[
    concat!(include_str!("../store/migrations/row_state.sql"), include_str!("migrations/0001_log.sql")),
    include_str!("../store/migrations/0002_row_state_by_entity.sql"),
];

/// The origin of what the server itself writes. Devices are numbered from 1.
pub const SERVER_ORIGIN: u32 = 0;

/// Who is at the other end.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The number of the device incarnation.
    pub origin: u32,
    /// The member whose device it is.
    pub member: RowId,
    pub role: Role,
}

/// The result of an exchange.
#[derive(Debug)]
pub struct Exchanged {
    /// The encoded [`SyncResponse`].
    pub body: Vec<u8>,
    /// Something was admitted: the area's other devices want to know.
    pub changed: bool,
}

/// The result of mirroring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mirrored {
    /// Something was written: the area's devices want to know.
    pub changed: bool,
    /// How many rows could not be mirrored because their id is taken by a row of another kind, which only a hostile
    /// device can have made.
    pub left_out: usize,
}

/// Why an exchange failed as a whole. Nothing of it was kept.
#[derive(Debug, Error)]
pub enum HubError {
    /// The body is no request, or not this device's; names what and where.
    #[error("{0}")]
    BadRequest(String),
    /// The device speaks a version that this server does not.
    #[error("wire version {found}, this server speaks {VERSION}")]
    Outdated { found: u16 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for HubError {
    fn from(error: rusqlite::Error) -> Self {
        HubError::Store(error.into())
    }
}

/// An area's log on the server.
#[derive(Debug)]
pub struct AreaLog {
    conn: Connection,
    area: AreaId,
}

impl AreaLog {
    /// Opens the file behind `conn`, making its tables if it is new.
    ///
    /// # Errors
    /// When the file is damaged or was written by a newer version.
    pub fn open(conn: Connection, area: AreaId) -> Result<Self, StoreError> {
        configure(&conn, Journal::Wal)?;
        migrate(&conn, SCHEMA)?;
        Ok(Self { conn, area })
    }

    /// Begins the transaction that the following exchanges share.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn begin(&mut self) -> Result<(), StoreError> {
        Ok(self.conn.execute_batch("BEGIN IMMEDIATE")?)
    }

    /// Makes everything since [`AreaLog::begin`] durable. Only then may it be acknowledged.
    ///
    /// # Errors
    /// When the disk is full or fails; nothing since `begin` is kept then.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        let done = self.conn.execute_batch("COMMIT");
        if done.is_err() {
            self.rollback();
        }
        Ok(done?)
    }

    /// Drops everything since [`AreaLog::begin`].
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
        self.whole_or_not(|log| log.exchange_within(peer, request, now_ms))
    }

    /// Brings the mirrors of members, devices and invitations in step with `roster`; writes nothing where nothing
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
        self.conn.execute_batch("SAVEPOINT work")?;
        let result = work(self);
        if result.is_err() {
            self.conn.execute_batch("ROLLBACK TO work")?;
        }
        self.conn.execute_batch("RELEASE work")?;
        result
    }

    fn exchange_within(&self, peer: &Peer, request: &[u8], now_ms: i64) -> Result<Exchanged, HubError> {
        let request = read_request(peer, request)?;
        let admission = Admission { conn: &self.conn, area: self.area, writer: Writer::Device(peer), now_ms };
        let head_before = page::head_position(&self.conn)?;
        let verdicts = request
            .actions
            .iter()
            .map(|action| admission.judge_and_keep(action))
            .collect::<Result<Vec<_>, StoreError>>()?;
        let response = SyncResponse {
            version: VERSION,
            now_ms: u64::try_from(now_ms).unwrap_or(0),
            role: role_number(peer.role),
            basemap: self.basemap()?.map(ByteArray::from),
            verdicts,
            page: page::read(&self.conn, peer.role, &request.cursor)?,
        };
        let changed = page::head_position(&self.conn)? > head_before;
        Ok(Exchanged { body: to_bytes(&response), changed })
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
        let admission = Admission { conn: &self.conn, area: self.area, writer: Writer::Server, now_ms };
        let mut counter = admission.end_of_numbers()?.unwrap_or(1);
        for mut action in actions {
            action.counter = counter;
            counter += action.change_count() as u64;
            let verdict = admission.judge_and_keep(&action)?;
            if let Some(reason) = verdict.reason {
                let action = verdict.counter;
                return Err(HubError::BadRequest(format!("the server's own action {action} was refused: {reason:?}")));
            }
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
        let stored: Option<Vec<u8>> =
            self.conn.query_row("SELECT value FROM meta WHERE key = 'basemap'", [], |row| row.get(0)).optional()?;
        Ok(stored.and_then(|hash| hash.try_into().ok()))
    }

    /// Looks for damage: SQLite's own check, gaps in the sequences, and rows that do not follow from the log.
    /// Returns what was found, empty when all is well.
    ///
    /// # Errors
    /// When the file cannot be read at all.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        check::run(&self.conn)
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

fn read_request(peer: &Peer, bytes: &[u8]) -> Result<SyncRequest, HubError> {
    // The version stands first, so that a newer device gets a clear answer even if the rest cannot be read.
    let mut decoder = minicbor::Decoder::new(bytes);
    let found = decoder.array().and_then(|_| decoder.u16()).map_err(|e| HubError::BadRequest(e.to_string()))?;
    if found != VERSION {
        return Err(HubError::Outdated { found });
    }
    let request: SyncRequest =
        from_bytes(bytes).map_err(|error| HubError::BadRequest(format!("sync request: {error}")))?;
    let too_large = |number: u64| i64::try_from(number).is_err();
    let mut numbers = request.actions.iter().flat_map(|action| [action.counter, action.hlc, action.seen]);
    if too_large(request.cursor.position) || numbers.any(too_large) {
        return Err(HubError::BadRequest("sync request: a number of 2^63 or more".to_owned()));
    }
    if request.origin != peer.origin {
        return Err(HubError::BadRequest(format!("origin {} is not this device's ({})", request.origin, peer.origin)));
    }
    Ok(request)
}
