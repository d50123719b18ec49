//! An area on a device: its database file and who this device is in it.

use super::device_key::DeviceKey;
use super::{StoreError, blobs, configure_device, migrate, outbox, rewrite_if_due, rewrite_later, table};
use crate::domain::{AreaId, Reader, Role, RowId, access};
use crate::ipc::Topic;
use crate::wire::v1::{Cursor, Judged, Restart};
use crate::wire::{from_bytes, to_bytes};
use rusqlite::{Connection, OptionalExtension, ToSql, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const SCHEMA: &[&str] = &[
    concat!(include_str!("migrations/row_state.sql"), include_str!("migrations/0001_area.sql")),
    concat!(include_str!("migrations/0002_row_state_by_entity.sql"), include_str!("migrations/0002_area.sql")),
    include_str!("migrations/0003_area.sql"),
    include_str!("migrations/0004_area.sql"),
    include_str!("migrations/0005_area.sql"),
];

/// The number of the rules by which the screens' tables are made: folding, sorting, what is shown. Another number makes
/// them anew when a file is opened.
const PROJECTION: u32 = 3;

/// Who this device is in the area.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    pub area: AreaId,
    /// The area's name when the invitation was redeemed, shown until the first sync has brought the area itself.
    pub area_name: String,
    pub role: Role,
    pub demo: bool,
    /// `https://…` without a slash at the end; empty for an area that lives on this device only.
    pub server: String,
    /// The device's secret towards the server.
    pub token: String,
    pub origin: u32,
    pub device_id: String,
    pub member_name: String,
    /// What this device signs with.
    #[serde(default)]
    pub key: DeviceKey,
    /// The walks whose scopes the server sends, as it last said.
    #[serde(default)]
    pub walks: BTreeSet<u32>,
}

/// Shows where, never the token or the name.
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("area", &self.area).field("role", &self.role).finish_non_exhaustive()
    }
}

impl Session {
    /// What this device may read.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader { role: self.role, walks: self.walks.clone() }
    }

    /// Whether the area lives on this device only.
    #[must_use]
    pub fn local_only(&self) -> bool {
        self.server.is_empty()
    }
}

/// An open area.
#[derive(Debug)]
pub struct AreaFile {
    pub(crate) conn: Connection,
    pub(crate) session: Session,
}

impl AreaFile {
    /// Makes a new area file for a session. One that is there already gets the new session: what it holds stays, as
    /// far as the role may read it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn create(conn: Connection, session: Session) -> Result<Self, StoreError> {
        prepare(&conn)?;
        let before = kept_session(&conn)?;
        let mut file = Self { conn, session };
        file.bring_tables_up_to_date()?;
        let tx = file.conn.transaction()?;
        keep_session(&tx, &file.session)?;
        tx.execute("DELETE FROM meta WHERE key IN ('ended', 'leaving')", [])?;
        if let Some(before) = before {
            crate::sync::joined_again(&tx, &before, &file.session)?;
        }
        tx.commit()?;
        Ok(file)
    }

    /// Opens an area file.
    ///
    /// # Errors
    /// When the file is damaged, was written by a newer version, or was never finished.
    pub fn open(conn: Connection) -> Result<Self, StoreError> {
        prepare(&conn)?;
        let session = kept_session(&conn)?.ok_or_else(|| StoreError::Damaged("the area has no session".to_owned()))?;
        outbox::ask_again(&conn)?;
        // Without room for it, the next exchange tries again.
        drop(rewrite_if_due(&conn));
        let mut file = Self { conn, session };
        file.bring_tables_up_to_date()?;
        Ok(file)
    }

    /// Makes the screens' tables anew when a version with other rules made them.
    fn bring_tables_up_to_date(&mut self) -> Result<(), StoreError> {
        if get_meta::<u32>(&self.conn, "projection")? == Some(PROJECTION) {
            return Ok(());
        }
        let tx = self.conn.transaction()?;
        table::project(&tx, self.session.origin, &all_rows(&tx)?)?;
        set_meta(&tx, "projection", &PROJECTION)?;
        Ok(tx.commit()?)
    }

    /// Who this device is here.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// How far the log has been read.
    ///
    /// # Errors
    /// When the file fails.
    pub fn cursor(&self) -> Result<Cursor, StoreError> {
        cursor(&self.conn)
    }

    /// When the server last answered, milliseconds since 1970 UTC.
    pub(crate) fn last_success_ms(&self) -> Result<Option<i64>, StoreError> {
        get_meta(&self.conn, "last_success_ms")
    }

    /// How far this device's clock was ahead of the server's when it last answered.
    pub(crate) fn clock_ahead_ms(&self) -> Result<i64, StoreError> {
        Ok(get_meta(&self.conn, "clock_ahead_ms")?.unwrap_or(0))
    }

    /// Actions that the server has not admitted.
    ///
    /// # Errors
    /// When the file fails.
    pub fn pending(&self) -> Result<u32, StoreError> {
        outbox::unsent_count(&self.conn)
    }

    /// Whether all that was written here has come back in the log, or was refused, and the server has its photos.
    pub(crate) fn has_nothing_to_hand_in(&self) -> Result<bool, StoreError> {
        Ok(outbox::is_empty(&self.conn)? && !self.has_unsent_files()?)
    }

    /// Whether the server lacks the file of any photo.
    pub(crate) fn has_unsent_files(&self) -> Result<bool, StoreError> {
        blobs::any_unsent(&self.conn)
    }

    /// Actions that the server has not admitted, and photos that it has not got.
    pub(crate) fn unsent(&self) -> Result<u32, StoreError> {
        Ok(self.pending()?.saturating_add(self.unsent_photos()?))
    }

    /// Actions that the server holds until it is a version that understands them.
    pub(crate) fn held(&self) -> Result<u32, StoreError> {
        outbox::held_count(&self.conn)
    }

    /// Photos of admitted actions that the server has not got, where they can be sent.
    pub(crate) fn unsent_photos(&self) -> Result<u32, StoreError> {
        if self.sends_photos() { blobs::unsent_count(&self.conn) } else { Ok(0) }
    }

    /// Whether the server takes photos of this device.
    pub(crate) fn sends_photos(&self) -> bool {
        access::may_add_pins(&self.session.reader())
    }

    /// The epoch of the log for which the server was asked which photos it has lost.
    pub(crate) fn photos_epoch(&self) -> Result<Option<u64>, StoreError> {
        get_meta(&self.conn, "photos_epoch")
    }

    /// The server was asked, for this epoch.
    pub(crate) fn set_photos_epoch(&self, epoch: u64) -> Result<(), StoreError> {
        set_meta(&self.conn, "photos_epoch", &epoch)
    }

    /// The base map on this device and its hash.
    pub(crate) fn basemap(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.conn.query_row("SELECT pmtiles FROM basemap", [], |row| row.get(0)).optional()?)
    }

    /// The hash of the base map on this device.
    pub(crate) fn basemap_hash(&self) -> Result<Option<[u8; 32]>, StoreError> {
        Ok(self.conn.query_row("SELECT hash FROM basemap", [], |row| row.get(0)).optional()?)
    }

    /// Keeps a base map, and forgets the one before.
    pub(crate) fn set_basemap(&mut self, pmtiles: &[u8]) -> Result<(), StoreError> {
        let tx = self.conn.transaction()?;
        tx.execute("DELETE FROM basemap", [])?;
        let hash = blake3::hash(pmtiles);
        tx.execute(
            "INSERT INTO basemap (hash, pmtiles) VALUES (?1, ?2)",
            params![hash.as_bytes().as_slice(), pmtiles],
        )?;
        Ok(tx.commit()?)
    }

    /// Everything this replica holds, row by row, in one canonical text: two replicas with the same role that have read
    /// the same log give the same dump. Used by tests.
    ///
    /// # Errors
    /// When the file fails.
    pub fn dump(&self) -> Result<String, StoreError> {
        let mut statement =
            self.conn.prepare("SELECT row, entity, scope, created_by, hex(fields) FROM row_state ORDER BY row")?;
        let mut found = statement.query([])?;
        let mut dump = String::new();
        while let Some(row) = found.next()? {
            use std::fmt::Write as _;
            let id = table::row_id(row, 0)?;
            let (entity, scope, by): (u16, u32, u32) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let fields: String = row.get(4)?;
            let _ = writeln!(dump, "{id} {entity} {scope} {by} {fields}");
        }
        Ok(dump)
    }

    /// The numbers of the scopes of which this replica holds rows. Used by tests.
    ///
    /// # Errors
    /// When the file fails.
    pub fn scopes_held(&self) -> Result<Vec<u32>, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT DISTINCT scope FROM row_state")?;
        let scopes = statement.query_map([], |row| row.get(0))?;
        Ok(scopes.collect::<Result<_, _>>()?)
    }

    /// That the server locked this device out, and how far it is with going.
    ///
    /// # Errors
    /// When the file fails.
    pub(crate) fn ended(&self) -> Result<Option<Ending>, StoreError> {
        match get_meta(&self.conn, "ended")? {
            Some(how) => Ok(Some(Ending::Gone(how))),
            None => Ok(get_meta(&self.conn, "leaving")?.map(Ending::Leaving)),
        }
    }

    /// Notes that this device is about to hand in what it had not sent, and why; `None`: it stays.
    ///
    /// # Errors
    /// When the file fails.
    pub(crate) fn note_leaving(&self, how: Option<&str>) -> Result<(), StoreError> {
        match how {
            Some(how) => set_meta(&self.conn, "leaving", &how),
            None => Ok(self.conn.execute("DELETE FROM meta WHERE key = 'leaving'", []).map(drop)?),
        }
    }

    /// Removes everything of the area from this device but who it was, because it is locked out. `how` says why.
    pub(crate) fn wipe(&mut self, how: &str) -> Result<BTreeSet<Topic>, StoreError> {
        let tx = self.conn.transaction()?;
        let rows = all_rows(&tx)?;
        const KEPT: [&str; 11] = [
            "row_state",
            "outbox",
            "outbox_row",
            "undo",
            "refused",
            "reminder",
            "entry",
            "effect",
            "mark",
            "basemap",
            "blob",
        ];
        for table in KEPT {
            tx.execute(&format!("DELETE FROM {table}"), [])?;
        }
        tx.execute("DELETE FROM meta WHERE key IN ('cursor', 'restart', 'judged', 'leaving')", [])?;
        let topics = table::project(&tx, self.session.origin, &rows)?;
        table::purge_search(&tx)?;
        self.session.token.clear();
        self.session.key = DeviceKey::default();
        keep_session(&tx, &self.session)?;
        set_meta(&tx, "ended", &how)?;
        rewrite_later(&tx)?;
        tx.commit()?;
        // Without room for it, that is tried again when the file is opened.
        drop(rewrite_if_due(&self.conn));
        Ok(topics)
    }

    /// Closes the file.
    ///
    /// # Errors
    /// When SQLite cannot write what is left.
    pub fn close(self) -> Result<(), StoreError> {
        self.conn.close().map_err(|(_, error)| error.into())
    }
}

fn kept_session(conn: &Connection) -> Result<Option<Session>, StoreError> {
    let json: Option<String> = get_meta(conn, "session")?;
    json.map(|json| serde_json::from_str(&json))
        .transpose()
        .map_err(|error| StoreError::Damaged(format!("the area's session cannot be read: {error}")))
}

/// Keeps who this device is.
pub(crate) fn keep_session(conn: &Connection, session: &Session) -> Result<(), StoreError> {
    let json = serde_json::to_string(session).map_err(|error| StoreError::Damaged(error.to_string()))?;
    set_meta(conn, "session", &json)
}

pub(crate) fn all_rows(conn: &Connection) -> Result<BTreeSet<RowId>, StoreError> {
    let mut statement = conn.prepare("SELECT row FROM row_state UNION SELECT row FROM outbox_row")?;
    let found = statement.query_map([], |row| table::row_id(row, 0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn prepare(conn: &Connection) -> Result<(), StoreError> {
    configure_device(conn)?;
    migrate(conn, SCHEMA)
}

/// How far the log has been read.
pub(crate) fn cursor(conn: &Connection) -> Result<Cursor, StoreError> {
    let kept: Option<Vec<u8>> = get_meta(conn, "cursor")?;
    Ok(kept.map_or_else(|| Ok(Cursor::default()), |bytes| from_bytes(&bytes))?)
}

/// Notes how far the log has been read.
pub(crate) fn set_cursor(conn: &Connection, cursor: &Cursor) -> Result<(), StoreError> {
    set_meta(conn, "cursor", &to_bytes(cursor))
}

/// The last action of this origin that is known to be judged.
pub(crate) fn judged(conn: &Connection) -> Result<Option<Judged>, StoreError> {
    let kept: Option<Vec<u8>> = get_meta(conn, "judged")?;
    Ok(kept.map(|bytes| from_bytes(&bytes)).transpose()?)
}

/// Notes the last action of this origin that was judged; an earlier one than is known changes nothing.
pub(crate) fn note_judged(conn: &Connection, last: Judged) -> Result<(), StoreError> {
    if judged(conn)?.is_none_or(|known| known < last) { set_meta(conn, "judged", &to_bytes(&last)) } else { Ok(()) }
}

/// Forgets it: the device goes by another origin now.
pub(crate) fn forget_judged(conn: &Connection) -> Result<(), StoreError> {
    Ok(conn.execute("DELETE FROM meta WHERE key = 'judged'", []).map(drop)?)
}

/// That the server begins anew and what it was offered, while not all of it is.
pub(crate) fn restart(conn: &Connection) -> Result<Option<Restart>, StoreError> {
    let kept: Option<Vec<u8>> = get_meta(conn, "restart")?;
    Ok(kept.map(|bytes| from_bytes(&bytes)).transpose()?)
}

/// Notes that the server begins anew, or that all was offered.
pub(crate) fn set_restart(conn: &Connection, restart: Option<Restart>) -> Result<(), StoreError> {
    match restart {
        Some(restart) => set_meta(conn, "restart", &to_bytes(&restart)),
        None => Ok(conn.execute("DELETE FROM meta WHERE key = 'restart'", []).map(drop)?),
    }
}

/// The server is asked once more which photos it has lost.
pub(crate) fn forget_photos_epoch(conn: &Connection) -> Result<(), StoreError> {
    Ok(conn.execute("DELETE FROM meta WHERE key = 'photos_epoch'", []).map(drop)?)
}

/// Whether the server said that it unpacks what is sent to it.
pub(crate) fn server_unpacks(conn: &Connection) -> Result<bool, StoreError> {
    Ok(get_meta(conn, "server_unpacks")?.unwrap_or(false))
}

/// Notes whether it does.
pub(crate) fn note_server_unpacks(conn: &Connection, unpacks: bool) -> Result<(), StoreError> {
    if server_unpacks(conn)? == unpacks { Ok(()) } else { set_meta(conn, "server_unpacks", &unpacks) }
}

/// Notes that the server answered, and what its clock said then.
pub(crate) fn set_last_success_ms(conn: &Connection, now_ms: i64, server_ms: u64) -> Result<(), StoreError> {
    let server_ms = i64::try_from(server_ms).unwrap_or(now_ms);
    set_meta(conn, "clock_ahead_ms", &now_ms.saturating_sub(server_ms))?;
    set_meta(conn, "last_success_ms", &now_ms)
}

/// The clock for the next action: later than the wall clock says, and than everything read or written before.
pub(crate) fn next_hlc(conn: &Connection, now_ms: i64) -> Result<u64, StoreError> {
    let last: u64 = get_meta(conn, "hlc")?.unwrap_or(0);
    let hlc = u64::try_from(now_ms).unwrap_or(0).max(last + 1);
    set_meta(conn, "hlc", &hlc)?;
    Ok(hlc)
}

/// Notes a clock that was read from the log.
pub(crate) fn saw_clock(conn: &Connection, effective: u64) -> Result<(), StoreError> {
    let last: u64 = get_meta(conn, "hlc")?.unwrap_or(0);
    if effective > last { set_meta(conn, "hlc", &effective) } else { Ok(()) }
}

/// Takes `count` change numbers; returns the first.
pub(crate) fn take_counters(conn: &Connection, count: u64) -> Result<u64, StoreError> {
    let first: u64 = get_meta(conn, "next_counter")?.unwrap_or(1);
    set_meta(conn, "next_counter", &(first + count))?;
    Ok(first)
}

/// How access ended (`revoked`, `expired`), and what has become of what is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// What was not sent may have been handed in. Everything is still here.
    Leaving(String),
    /// Everything was removed.
    Gone(String),
}

fn get_meta<T: rusqlite::types::FromSql>(conn: &Connection, key: &str) -> Result<Option<T>, StoreError> {
    Ok(conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?.query_row([key], |row| row.get(0)).optional()?)
}

fn set_meta(conn: &Connection, key: &str, value: &dyn ToSql) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?.execute(params![key, value])?;
    Ok(())
}

/// Topics as a list, for events.
pub(crate) fn topics(set: BTreeSet<Topic>) -> Vec<Topic> {
    set.into_iter().collect()
}
