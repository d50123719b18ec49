//! Where the server meets the core's area log: opening, making and checking an area's file, and one exchange.

use crate::blobs;
use crate::data_dir::DataDir;
use crate::erasures::Erased;
use crate::group_commit::{Database, Failure};
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use trygkort_basemap::BoundingBox;
use trygkort_core::domain::{AreaId, schema};
use trygkort_core::hub::HubError;
use trygkort_core::store::StoreError;
use trygkort_core::{demo, ops};

use trygkort_core::hub::Keys;
pub(crate) use trygkort_core::hub::{AreaLog, Delivered, Exchanged, Peer, Received, SERVER_ORIGIN};
pub(crate) use trygkort_core::wire::v1::Action;
use trygkort_core::wire::v1::{Raw, SyncRequest};

/// Why an area did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AreaError {
    /// The request is not in the form that was agreed.
    #[error("bad request: {0}")]
    BadRequest(String),
    /// The request is of a wire version this program does not speak.
    #[error("a wire version that is not spoken here")]
    Outdated,
    #[error("the disk is full")]
    Full,
    #[error("the server is busy or stopping")]
    Unavailable,
    #[error("the area's file: {0}")]
    Failed(String),
}

impl From<Failure> for AreaError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Full => AreaError::Full,
            Failure::Closed | Failure::Busy => AreaError::Unavailable,
            Failure::Database(detail) => AreaError::Failed(detail),
        }
    }
}

impl From<StoreError> for AreaError {
    fn from(error: StoreError) -> Self {
        failure(&error).into()
    }
}

impl From<HubError> for AreaError {
    fn from(error: HubError) -> Self {
        match error {
            HubError::BadRequest(detail) => AreaError::BadRequest(detail),
            HubError::Outdated { .. } => AreaError::Outdated,
            HubError::Store(error) => error.into(),
        }
    }
}

impl Database for AreaLog {
    fn begin(&mut self) -> Result<(), Failure> {
        AreaLog::begin(self).map_err(|error| failure(&error))
    }

    fn commit(&mut self) -> Result<(), Failure> {
        AreaLog::commit(self).map_err(|error| failure(&error))
    }

    fn rollback(&mut self) {
        AreaLog::rollback(self);
    }
}

/// Opens the file of an area that exists.
pub(crate) fn open(dir: &DataDir, area: AreaId) -> Result<AreaLog, Failure> {
    open_at(dir, &dir.area(area), area)
}

/// Opens a file that is not where an area's file lies.
fn open_at(dir: &DataDir, path: &Path, area: AreaId) -> Result<AreaLog, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(|error| Failure::from(&error))?;
    AreaLog::open(conn, area, keys(dir)?).map_err(|error| failure(&error))
}

/// What the areas' logs are sealed with.
fn keys(dir: &DataDir) -> Result<Keys, Failure> {
    let cursor = dir.key().map_err(|error| Failure::Database(error.to_string()))?;
    let random = |bytes: &mut [u8]| {
        // The system has been asked for tokens before; salts only keep erased words from being guessed.
        if getrandom::fill(bytes).is_err() {
            tracing::error!("the system's random source failed");
        }
    };
    Ok(Keys { cursor, random: Arc::new(random) })
}

/// Makes the file of a new area with its first content.
pub(crate) fn create(dir: &DataDir, area: AreaId, actions: Vec<Action>, now_ms: i64) -> Result<(), AreaError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(dir.area(area), flags).map_err(|error| Failure::from(&error))?;
    let mut log = AreaLog::open(conn, area, keys(dir)?)?;
    log.begin()?;
    log.import(actions, now_ms)?;
    log.commit()?;
    Ok(())
}

/// Takes what a device could not send itself. Returns the area's name as well, which may be another one now.
pub(crate) fn deliver(
    dir: &DataDir,
    area: AreaId,
    author: Option<&Peer>,
    request: &Raw<SyncRequest>,
    now_ms: i64,
) -> Result<(Delivered, String), AreaError> {
    let mut log = open(dir, area)?;
    log.begin()?;
    let delivered = log.deliver(author, request, now_ms)?;
    log.commit()?;
    Ok((delivered, name(&log, area)?))
}

/// Tells the devices of an area which base map there is.
pub(crate) fn set_basemap(dir: &DataDir, area: AreaId, hash: [u8; 32]) -> Result<(), AreaError> {
    let mut log = open(dir, area)?;
    log.begin()?;
    log.set_basemap(Some(hash))?;
    log.commit()?;
    Ok(())
}

/// Makes a file that comes from elsewhere ready to go on here: devices that are ahead of it give back what it lacks.
pub(crate) fn begin_epoch_at(dir: &DataDir, path: &Path, area: AreaId, now_ms: i64) -> Result<(), AreaError> {
    let mut log = open_at(dir, path, area)?;
    log.begin()?;
    log.begin_epoch(now_ms)?;
    // The backups that it was in are another server's.
    log.set_backed_up(0)?;
    log.commit()?;
    Ok(())
}

/// Erases rows out of an area's log, and actions that were set aside. Returns how many rows, with what hung on them.
pub(crate) fn erase(dir: &DataDir, area: AreaId, what: &Erased, now_ms: i64) -> Result<usize, AreaError> {
    let mut log = open(dir, area)?;
    log.begin()?;
    let erased = log.erase(&what.rows, now_ms)?;
    for (origin, counter) in &what.refused {
        let forget = "DELETE FROM refused WHERE origin = ?1 AND counter = ?2";
        log.connection().execute(forget, (origin, counter)).map_err(StoreError::from)?;
    }
    log.commit()?;
    settle(log.connection()).map_err(StoreError::from)?;
    sweep_blobs(dir, area, &log)?;
    Ok(erased)
}

/// Removes the photos that no row names any more.
fn sweep_blobs(dir: &DataDir, area: AreaId, log: &AreaLog) -> Result<(), AreaError> {
    let due = log.sweep_due()?;
    let swept = blobs::sweep(dir, area, &log.blobs_to_keep()?, Duration::ZERO);
    let left = "not all photos of what was erased could be removed; the server removes them when it starts";
    swept.map_err(|error| AreaError::Failed(format!("{left}: {error}")))?;
    Ok(due.map_or(Ok(()), |sweep| log.swept(sweep))?)
}

/// The photos that an area's rows name.
pub(crate) fn blobs_of(dir: &DataDir, area: AreaId) -> Result<BTreeSet<String>, AreaError> {
    Ok(open(dir, area)?.blobs(|_| true)?)
}

/// Writes a file anew and nothing beside it. Deleting overwrites rows where they lie, but copies of them can be left in
/// pages that were rearranged before.
pub(crate) fn settle(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch("VACUUM")?;
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// What the area's own row calls it; empty where it says nothing.
pub(crate) fn name(log: &AreaLog, area: AreaId) -> Result<String, AreaError> {
    let row = log.row(area.0)?;
    let name = row.and_then(|row| row.fields.get(&schema::area::name).map(|register| register.value.text().to_owned()));
    Ok(name.unwrap_or_default())
}

/// Notes how far an area's log is in a backup.
pub(crate) fn set_backed_up(dir: &DataDir, area: AreaId, position: u64) -> Result<(), AreaError> {
    let mut log = open(dir, area)?;
    log.begin()?;
    log.set_backed_up(position)?;
    log.commit()?;
    Ok(())
}

/// Erases what has been in an area's trash for too long.
pub(crate) fn empty_trash(dir: &DataDir, area: AreaId, now_ms: i64) -> Result<(), AreaError> {
    let mut log = open(dir, area)?;
    let mut any = false;
    loop {
        log.begin()?;
        let erased = log.empty_trash(now_ms)?;
        log.commit()?;
        if erased == 0 {
            return if any { sweep_blobs(dir, area, &log) } else { Ok(()) };
        }
        any = true;
    }
}

/// What a check finds in an area's file.
pub(crate) struct Checked {
    pub(crate) problems: Vec<String>,
    pub(crate) basemap: Option<[u8; 32]>,
    /// The photos that rows name.
    pub(crate) blobs: BTreeSet<String>,
}

/// Looks for damage in an area's file.
pub(crate) fn check(dir: &DataDir, area: AreaId) -> Result<Checked, AreaError> {
    check_at(dir, &dir.area(area), area)
}

/// The same for a file that is not where an area's file lies.
pub(crate) fn check_at(dir: &DataDir, path: &Path, area: AreaId) -> Result<Checked, AreaError> {
    let log = open_at(dir, path, area)?;
    Ok(Checked { problems: log.check()?, basemap: log.basemap()?, blobs: log.blobs(|_| true)? })
}

/// What an area begins with: its own row.
pub(crate) fn empty_area(area: AreaId, name: &str, bbox: BoundingBox, now_ms: i64) -> Vec<Action> {
    let bounds = [bbox.west, bbox.south, bbox.east, bbox.north];
    vec![ops::area::create_action(area, name, bounds, false, now_ms)]
}

/// The demo area's name and content.
pub(crate) fn demo_area(area: AreaId, json: &str, now_ms: i64) -> Result<(String, Vec<Action>), demo::DemoError> {
    let (name, _) = demo::frame(json)?;
    Ok((name, demo::actions(json, area, now_ms)?))
}

fn failure(error: &StoreError) -> Failure {
    match error {
        StoreError::Sqlite(error) => Failure::from(error),
        other => Failure::Database(other.to_string()),
    }
}
