//! When to synchronise which area, and what its state is called on the screen.

use super::photos::Transfers;
use super::{App, HttpRequest, HttpResponse, NetworkError, locked_out, online};
use crate::domain::AreaId;
use crate::error::ErrorCode;
use crate::ipc::{Event, SyncState, Topic};
use crate::store::StoreError;
use crate::store::area::{self, AreaFile, topics};
use crate::sync::{self, Applied, Download, SyncError};
use crate::wire::CONTENT_TYPE;
use crate::wire::v1::SnapshotOffer;
use std::collections::BTreeMap;

const RETRY_FIRST_MS: u64 = 2_000;
const RETRY_MAX_MS: u64 = 5 * 60_000;

/// After so many snapshots that could not be taken, the log is read instead.
const SNAPSHOT_TRIES: u32 = 2;

/// A call under way.
#[derive(Debug)]
pub struct SyncCall {
    area: AreaId,
    kind: CallKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CallKind {
    Exchange,
    /// A file of a snapshot.
    Snapshot,
    Basemap,
    /// A photo or a piece of one, either way.
    Photos,
    /// Handing in what was not sent, once, when the device is locked out.
    HandIn,
}

/// Where synchronising of an area stands.
#[derive(Debug)]
pub(super) struct SyncTask {
    local_only: bool,
    pub(super) due: bool,
    running: bool,
    basemap_due: bool,
    pub(super) state: SyncState,
    failures: u32,
    /// The device is locked out, and what it had not sent is to be handed in before the rest is removed.
    pub(super) hand_in_due: bool,
    /// It has not been handed in yet.
    pub(super) leaving: bool,
    /// What is here is to be removed, and could not be yet.
    pub(super) wipe_due: bool,
    /// It was removed.
    pub(super) gone: bool,
    /// Something that may have been packed was refused: until the app is started again nothing is.
    sends_plain: bool,
    /// The log is being read from the start because a page did not fit; a second misfit is the server's fault.
    rereading: bool,
    snapshot: Snapshots,
    pub(super) photos: Transfers,
}

impl SyncTask {
    pub(super) fn new(local_only: bool) -> Self {
        let state = if local_only { SyncState::LocalOnly } else { SyncState::Idle };
        Self {
            local_only,
            due: !local_only,
            running: false,
            basemap_due: false,
            state,
            failures: 0,
            hand_in_due: false,
            leaving: false,
            wipe_due: false,
            gone: false,
            sends_plain: false,
            rereading: false,
            snapshot: Snapshots::default(),
            photos: Transfers::default(),
        }
    }

    pub(super) fn state(&self) -> SyncState {
        if self.running && self.state == SyncState::Idle { SyncState::Running } else { self.state }
    }

    /// There is something to do.
    pub(super) fn wake(&mut self) {
        self.due = !self.local_only && (!self.state.is_locked_out() || self.waits_for_its_area());
        self.hand_in_due = self.leaving && !self.photos.last;
        self.photos.due |= self.photos.last;
    }

    /// Somebody opened a photo that is not here. Without a network it is fetched after the next exchange.
    pub(super) fn wants_photo(&mut self, hash: &str) {
        self.photos.ask_again(hash);
        self.photos.due |= !self.local_only && self.state == SyncState::Idle;
    }

    fn next(&self) -> Option<CallKind> {
        if self.hand_in_due && !self.running {
            return Some(CallKind::HandIn);
        }
        match (self.running, self.due, self.basemap_due) {
            (true, _, _) => None,
            _ if self.snapshot.wanted().is_some() => Some(CallKind::Snapshot),
            (_, false, false) => self.photos.due.then_some(CallKind::Photos),
            (_, true, _) => Some(CallKind::Exchange),
            (_, false, true) => Some(CallKind::Basemap),
        }
    }

    /// Every other try goes as it is: what does not let packed bodies through may simply not answer.
    fn packs(&self) -> bool {
        !self.sends_plain && self.failures.is_multiple_of(2)
    }

    /// A snapshot did not help: the log is read.
    fn wants_log(&self) -> bool {
        self.rereading || self.snapshot.given_up >= SNAPSHOT_TRIES
    }

    fn failed(&mut self, state: SyncState) {
        self.state = state;
        self.failures = self.failures.saturating_add(1);
        self.due = false;
        self.basemap_due = false;
        self.photos.due = false;
        self.snapshot.pause();
    }

    fn succeeded(&mut self) {
        self.state = SyncState::Idle;
        self.failures = 0;
    }
}

/// Snapshots while an area is synchronised.
#[derive(Debug, Default)]
struct Snapshots {
    download: Option<Download>,
    /// The files are wanted now. After a failure, what is unsent goes first, and the server offers again.
    fetching: bool,
    given_up: u32,
}

impl Snapshots {
    fn offered(&mut self, offer: Option<SnapshotOffer>) {
        let earlier = self.download.take();
        let Some(offer) = offer else { return };
        self.download = Some(Download::new(offer, earlier));
        self.fetching = true;
        if self.wanted().is_none() && !self.is_whole() {
            // Nothing in it that this version knows.
            self.give_up();
        }
    }

    /// Whether all files are here: so they stay when there was no room to put them in place.
    fn is_whole(&self) -> bool {
        self.download.as_ref().is_some_and(Download::is_whole)
    }

    fn wanted(&self) -> Option<[u8; 32]> {
        self.download.as_ref().filter(|_| self.fetching).and_then(Download::next)
    }

    /// Takes a file; with the last one, the snapshot is put in place.
    fn take(&mut self, content: Vec<u8>, file: &mut AreaFile) -> Result<Option<Applied>, SyncError> {
        let Some(download) = &mut self.download else { return Ok(None) };
        download.take(content).map_err(|_| SyncError::Snapshot("a file is another one"))?;
        self.put(file)
    }

    /// Puts it in place when all of it is here.
    fn put(&mut self, file: &mut AreaFile) -> Result<Option<Applied>, SyncError> {
        let Some(download) = self.download.as_ref().filter(|download| download.is_whole()) else { return Ok(None) };
        let applied = download.apply(file)?;
        self.download = None;
        Ok(Some(applied))
    }

    fn pause(&mut self) {
        self.fetching = false;
    }

    fn give_up(&mut self) {
        self.download = None;
        self.fetching = false;
        self.given_up = self.given_up.saturating_add(1);
    }
}

impl App {
    /// Asks for every area to be synchronised: at the start, when the network or the window comes back, on a poke.
    pub fn request_sync(&mut self) {
        let left_over: Vec<AreaId> =
            self.tasks.iter().filter(|(_, task)| task.wipe_due).map(|(area, _)| *area).collect();
        left_over.into_iter().for_each(|area| self.wipe(area));
        for task in self.tasks.values_mut() {
            task.wake();
        }
    }

    /// The next call to carry; `None`: nothing to do now.
    pub fn next_sync(&mut self) -> Option<(SyncCall, HttpRequest)> {
        let next = |task: &SyncTask, photos: bool| task.next().filter(|kind| (*kind == CallKind::Photos) == photos);
        let find = |tasks: &BTreeMap<AreaId, SyncTask>, photos| {
            tasks.iter().find_map(|(area, task)| Some((*area, next(task, photos)?)))
        };
        // What people wrote in any area goes before photos of another.
        let Some((area, kind)) = find(&self.tasks, false) else { return self.next_photos(find(&self.tasks, true)?.0) };
        let request = self.sync_request(area, kind);
        let task = self.tasks.get_mut(&area)?;
        match request {
            Ok(request) => {
                task.running = true;
                match kind {
                    CallKind::Exchange => task.due = false,
                    CallKind::Basemap => task.basemap_due = false,
                    CallKind::HandIn => task.hand_in_due = false,
                    CallKind::Snapshot | CallKind::Photos => {}
                }
                self.push_status();
                Some((SyncCall { area, kind }, request))
            }
            Err(_) => {
                // The area's own file fails; requests on it say so in words.
                task.failed(SyncState::ServerError);
                None
            }
        }
    }

    /// A call for photos, of this area or the next that has any.
    fn next_photos(&mut self, area: AreaId) -> Option<(SyncCall, HttpRequest)> {
        let request = self.photo_request(area);
        let task = self.tasks.get_mut(&area)?;
        match request {
            Ok(Some(request)) => {
                task.running = true;
                self.push_status();
                Some((SyncCall { area, kind: CallKind::Photos }, request))
            }
            Ok(None) if task.photos.last => {
                self.wipe(area);
                self.push_status();
                self.next_sync()
            }
            Ok(None) => {
                task.photos.due = false;
                self.next_sync()
            }
            Err(_) => {
                task.failed(SyncState::ServerError);
                None
            }
        }
    }

    fn sync_request(&self, area: AreaId, kind: CallKind) -> Result<HttpRequest, crate::error::Error> {
        let file = self.areas.get(&area).ok_or(crate::error::Error::NoArea)?;
        let session = file.session();
        let task = self.tasks.get(&area).ok_or(crate::error::Error::NoArea)?;
        let request = match kind {
            CallKind::Exchange => {
                let random = |bytes: &mut [u8]| self.env.fill_random(bytes);
                let log = task.wants_log();
                let body = if log { sync::request_for_log(file, &random) } else { sync::request(file, &random) };
                let url = format!("{}/api/v1/sync", session.server);
                HttpRequest {
                    may_pack: task.packs() && area::server_unpacks(&file.conn)?,
                    ..HttpRequest::post(url, CONTENT_TYPE, body?)
                }
            }
            CallKind::HandIn => {
                let url = format!("{}/api/v1/hand-in", session.server);
                HttpRequest::post(url, CONTENT_TYPE, self.what_is_handed_in(file, task)?)
            }
            CallKind::Snapshot => {
                let hash = task.snapshot.wanted().ok_or(crate::error::Error::NotFound)?;
                HttpRequest::get(format!("{}/api/v1/snapshot/{}", session.server, blake3::Hash::from(hash).to_hex()))
            }
            CallKind::Photos => return Err(crate::error::Error::NotFound),
            CallKind::Basemap => HttpRequest::get(format!("{}/api/v1/basemap", session.server)),
        };
        Ok(request.bearer(&session.token))
    }

    /// Takes what became of a call.
    #[expect(clippy::needless_pass_by_value, reason = "a call is finished once")]
    pub fn finish_sync(&mut self, call: SyncCall, response: Result<HttpResponse, NetworkError>) {
        let SyncCall { area, kind } = call;
        if let Some(task) = self.tasks.get_mut(&area) {
            task.running = false;
        }
        let response = match kind {
            CallKind::Photos => match self.take_photos(area, response) {
                Ok(()) => return self.push_status(),
                Err(response) => response,
            },
            _ => response,
        };
        match response {
            response if kind == CallKind::HandIn => self.handed_in(area, &response),
            Ok(HttpResponse { status: 200, body }) => match kind {
                CallKind::Exchange => self.take_exchange(area, &body),
                CallKind::Snapshot => self.take_snapshot_file(area, body),
                CallKind::Basemap => self.take_basemap(area, &body),
                CallKind::HandIn | CallKind::Photos => {}
            },
            Ok(HttpResponse { status: 404, .. }) if kind == CallKind::Snapshot => self.ask_again(area),
            Ok(response) => {
                self.sync_failed(area, state_of(&response));
                if let (CallKind::Exchange, Some(task)) = (kind, self.tasks.get_mut(&area)) {
                    // Perhaps an earlier version of the server has taken this one's place, or something on the way does
                    // not let it through.
                    task.sends_plain |= !matches!(response.status, 401 | 429 | 503 | 507);
                }
                if locked_out::ends_access(&response) {
                    self.locked_out(area);
                } else {
                    self.forget_if_deleted(area);
                }
            }
            Err(NetworkError) => self.sync_failed(area, SyncState::Offline),
        }
        self.push_status();
    }

    fn take_exchange(&mut self, area: AreaId, body: &[u8]) {
        let now_ms = self.env.now_ms();
        let (Some(file), Some(task)) = (self.areas.get_mut(&area), self.tasks.get_mut(&area)) else { return };
        match sync::apply(file, body, now_ms) {
            Ok(applied) => {
                task.succeeded();
                task.rereading &= applied.more;
                task.due |= applied.more;
                if !applied.more {
                    task.photos.begin(applied.epoch);
                    task.snapshot = Snapshots::default();
                }
                if !applied.is_left_for_later {
                    task.snapshot.offered(applied.snapshot);
                }
                let put = task.snapshot.is_whole().then(|| task.snapshot.put(file));
                let here = file.basemap_hash().ok().flatten();
                task.basemap_due = applied.basemap.is_some() && applied.basemap != here;
                if !applied.topics.is_empty() {
                    self.events.push(Event::Changed { area, topics: topics(applied.topics) });
                }
                if let Some(put) = put {
                    self.snapshot_taken(area, put);
                }
            }
            Err(SyncError::Gap(_)) if !task.rereading && sync::begin_anew(file).is_ok() => {
                task.rereading = true;
                task.due = true;
            }
            Err(SyncError::Version(_)) => task.failed(SyncState::Outdated),
            Err(SyncError::Store(error)) => task.failed(state_of_store(&error)),
            Err(_) => task.failed(SyncState::ServerError),
        }
    }

    fn take_snapshot_file(&mut self, area: AreaId, content: Vec<u8>) {
        let (Some(file), Some(task)) = (self.areas.get_mut(&area), self.tasks.get_mut(&area)) else { return };
        let taken = task.snapshot.take(content, file);
        self.snapshot_taken(area, taken);
    }

    fn snapshot_taken(&mut self, area: AreaId, taken: Result<Option<Applied>, SyncError>) {
        let Some(task) = self.tasks.get_mut(&area) else { return };
        match taken {
            Ok(None) => task.succeeded(),
            Ok(Some(applied)) => {
                task.succeeded();
                task.due = true;
                if !applied.topics.is_empty() {
                    self.events.push(Event::Changed { area, topics: topics(applied.topics) });
                }
            }
            Err(SyncError::Store(error)) => task.failed(state_of_store(&error)),
            Err(_) => self.ask_again(area),
        }
    }

    /// A file of a snapshot is not there any more, or is not what it should be: the server has another, or the log.
    fn ask_again(&mut self, area: AreaId) {
        if let Some(task) = self.tasks.get_mut(&area) {
            task.snapshot.give_up();
            task.due = true;
        }
    }

    fn take_basemap(&mut self, area: AreaId, body: &[u8]) {
        let (Some(file), Some(task)) = (self.areas.get_mut(&area), self.tasks.get_mut(&area)) else { return };
        match file.set_basemap(body) {
            Ok(()) => {
                task.succeeded();
                self.events.push(Event::Changed { area, topics: vec![Topic::Basemap] });
            }
            Err(error) => task.failed(state_of_store(&error)),
        }
    }

    fn sync_failed(&mut self, area: AreaId, state: SyncState) {
        if let Some(task) = self.tasks.get_mut(&area) {
            task.failed(state);
        }
    }

    /// After how many milliseconds to ask again by [`App::request_sync`]; `None`: nothing has failed.
    #[must_use]
    pub fn retry_after_ms(&self) -> Option<u64> {
        self.tasks
            .values()
            .filter(|task| task.failures > 0 && !task.state.is_final())
            .map(|task| (RETRY_FIRST_MS << (task.failures - 1).min(10)).min(RETRY_MAX_MS))
            .min()
    }

    /// The long-lived stream that says when the open area has changed on the server: any byte is a reason to
    /// [`App::request_sync`]. `None`: there is no server.
    #[must_use]
    pub fn poke_request(&self) -> Option<HttpRequest> {
        let session = self.file().ok()?.session();
        let is_final = self.tasks.get(&session.area).is_some_and(|task| task.state.is_final());
        (!session.local_only() && !is_final)
            .then(|| HttpRequest::get(format!("{}/api/v1/poke", session.server)).bearer(&session.token))
    }
}

/// What came could not be kept.
fn state_of_store(error: &StoreError) -> SyncState {
    if error.code() == ErrorCode::StorageFull { SyncState::StorageFull } else { SyncState::StorageFailed }
}

fn state_of(response: &HttpResponse) -> SyncState {
    match response.status {
        401 if online::code_of(response) == Some(ErrorCode::Expired) => SyncState::Expired,
        401 if online::code_of(response) == Some(ErrorCode::AreaDeleted) => SyncState::Deleted,
        401 if locked_out::ends_access(response) => SyncState::Revoked,
        401 => SyncState::Unknown,
        426 => SyncState::Outdated,
        507 => SyncState::ServerFull,
        _ => SyncState::ServerError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Scope;
    use crate::wire::v1::SnapshotFile;

    fn offer(scope: u32, content: &[u8]) -> SnapshotOffer {
        let file = blake3::hash(content);
        let bytes = content.len() as u64;
        let hash = [0; 32].into();
        let scopes =
            vec![SnapshotFile { scope, seq: 1, hash, file: (*file.as_bytes()).into(), bytes, raw_bytes: bytes }];
        SnapshotOffer { position: 1, scopes, epoch: 1, mac: [0; 16].into() }
    }

    #[test]
    fn files_that_found_no_room_are_not_fetched_again() {
        let content = b"rows".to_vec();
        let offer_it = || Some(offer(Scope::Public.number(), &content));
        let mut snapshots = Snapshots::default();
        snapshots.offered(offer_it());
        assert!(snapshots.wanted().is_some());
        snapshots.download.as_mut().unwrap().take(content.clone()).unwrap();
        // There was no room to put it in place, and what is unsent goes first.
        snapshots.pause();

        snapshots.offered(offer_it());
        assert!(snapshots.is_whole());
        assert_eq!((snapshots.wanted(), snapshots.given_up), (None, 0));
        let unknown = (0..).find(|number| Scope::from_number(*number).is_none()).unwrap();
        snapshots.offered(Some(offer(unknown, b"of a newer kind")));
        assert_eq!((snapshots.is_whole(), snapshots.given_up), (false, 1), "nothing that this version knows");
    }

    #[test]
    fn a_full_device_is_no_error_of_the_servers() {
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE t (x); PRAGMA max_page_count = 2").unwrap();
        let full = StoreError::from(conn.execute("INSERT INTO t VALUES (zeroblob(100000))", []).unwrap_err());
        assert_eq!(state_of_store(&full), SyncState::StorageFull);
        let broken = StoreError::from(conn.execute("INSERT INTO u VALUES (1)", []).unwrap_err());
        assert_eq!(state_of_store(&broken), SyncState::StorageFailed);
    }
}
