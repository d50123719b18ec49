//! The device's side of synchronising, without any input or output of its own: [`request`] says what to send, and
//! [`apply`] takes what came back. Between the two anything may happen: the answer may be lost, come twice or never, or
//! the user may go on writing. Nothing is marked as sent before the server has said so, and a page of the log and the
//! cursor behind it are one transaction.

mod restart;
mod snapshot;

pub use snapshot::{Download, WrongFile};

use crate::domain::{ChangeId, Entity, Reader, Role, RowId, Scope, schema};
use crate::ipc::Topic;
use crate::merge::effect::Effect;
use crate::merge::{IncomingRow, Register, RowState, Stamp};
use crate::ops::refusals;
use crate::seal::{self, Broken, Chains, Hash};
use crate::store::area::{self, AreaFile, Session};
use crate::store::{StoreError, blobs, journal, outbox, rewrite_if_due, rewrite_later, rows, table};
use crate::wire::v1::{
    Action, Cursor, Entry, Judged, LogRow, Page, Push, Reason, SPEAKS, SPEAKS_SNAPSHOTS, ScopeSeq, SnapshotOffer,
    SyncRequest, SyncResponse, Verdict,
};
use crate::wire::{VERSION, to_bytes};
use rusqlite::Connection;
use std::collections::{BTreeSet, HashMap};
use thiserror::Error;

/// A request stays below the server's limit of 1 MiB by this margin for what is not actions.
pub(crate) const PUSH_BYTES_MAX: usize = 1024 * 1024 - 16 * 1024;

/// Why an answer could not be taken. Nothing of it was kept.
#[derive(Debug, Error)]
pub enum SyncError {
    #[error("the server's answer cannot be read: {0}")]
    Malformed(#[from] minicbor::decode::Error),
    #[error("the server speaks wire version {0}")]
    Version(u16),
    /// The page does not continue what this device has read: it must read the log from the start.
    #[error("{0}")]
    Gap(String),
    /// What came as a snapshot is none that can be taken: the log is to be read instead.
    #[error("the snapshot cannot be taken: {0}")]
    Snapshot(&'static str),
    #[error(transparent)]
    MalformedSnapshot(#[from] crate::snapshot::Malformed),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Broken> for SyncError {
    fn from(broken: Broken) -> Self {
        SyncError::Gap(broken.to_string())
    }
}

impl From<rusqlite::Error> for SyncError {
    fn from(error: rusqlite::Error) -> Self {
        SyncError::Store(error.into())
    }
}

/// What an answer changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// What screens want to reload.
    pub topics: BTreeSet<Topic>,
    /// There is more to read or to send: exchange again at once.
    pub more: bool,
    /// The area's base map, as the server has it.
    pub basemap: Option<[u8; 32]>,
    /// What the server offers instead of the log: see [`Download`].
    pub snapshot: Option<SnapshotOffer>,
    /// The server has said nothing of the log yet, and will when it is asked next.
    pub is_left_for_later: bool,
    /// The epoch of the server's log. The cursor has it only once something of it was read.
    pub epoch: Option<u64>,
}

/// What to send now: the next unsent actions, and from where to read on; or, after the server was restored, what it
/// lost.
///
/// # Errors
/// When the file fails.
pub fn request(file: &AreaFile, random: &dyn Fn(&mut [u8])) -> Result<Vec<u8>, StoreError> {
    request_that(file, (SPEAKS, None), random)
}

/// The same, for a device that wants the log and no snapshot.
///
/// # Errors
/// When the file fails.
pub fn request_for_log(file: &AreaFile, random: &dyn Fn(&mut [u8])) -> Result<Vec<u8>, StoreError> {
    // A server of before there were walks knows only this way to say it; without any, nothing else is left out by it.
    let speaks = if file.session.walks.is_empty() { SPEAKS_SNAPSHOTS - 1 } else { SPEAKS };
    request_that(file, (speaks, Some(true)), random)
}

/// What a device hands in whose access has ended: everything that it has not read back from the log. The server takes what
/// it does not have; also of what it once admitted, which a restored one may have lost.
///
/// # Errors
/// When the file fails.
pub(crate) fn hand_in(file: &AreaFile, random: &dyn Fn(&mut [u8])) -> Result<Vec<u8>, StoreError> {
    let actions = outbox::not_read_back(&file.conn, PUSH_BYTES_MAX)?;
    Ok(to_bytes(&SyncRequest {
        version: VERSION,
        origin: file.session.origin,
        cursor: without_hashes(file.cursor()?),
        push: sealed(file, &actions, random)?,
        actions,
        speaks: Some(SPEAKS),
        ..Default::default()
    }))
}

fn request_that(
    file: &AreaFile,
    (speaks, log_only): (u16, Option<bool>),
    random: &dyn Fn(&mut [u8]),
) -> Result<Vec<u8>, StoreError> {
    let offer = restart::offer(file)?;
    let actions = if offer.is_some() { Vec::new() } else { outbox::unsent(&file.conn, PUSH_BYTES_MAX)? };
    Ok(to_bytes(&SyncRequest {
        version: VERSION,
        origin: file.session.origin,
        cursor: without_hashes(restart::cursor(file, offer.is_some())?),
        push: sealed(file, &actions, random)?,
        actions,
        speaks: Some(speaks),
        offer,
        log_only,
    }))
}

/// The seal on what is sent.
pub(crate) fn sealed(
    file: &AreaFile,
    actions: &[Action],
    random: &dyn Fn(&mut [u8]),
) -> Result<Option<Push>, StoreError> {
    if actions.is_empty() {
        return Ok(None);
    }
    let Session { area, origin, .. } = file.session;
    let after = area::judged(&file.conn)?;
    let mut salt = [0; 16];
    random(&mut salt);
    let hashes: Vec<Hash> = actions.iter().map(seal::action_hash).collect();
    let digest = seal::push_digest(area, origin, after.as_ref(), &salt, &hashes);
    let signature = file.session.key.sign(&digest).map(Into::into);
    Ok(Some(Push { after, salt: salt.into(), signature }))
}

/// Takes the server's answer, all of it or nothing.
///
/// # Errors
/// When it cannot be read, does not continue what this device has read, or the file fails.
pub fn apply(file: &mut AreaFile, answer: &[u8], now_ms: i64) -> Result<Applied, SyncError> {
    let response = read_response(answer)?;
    let mut session = file.session.clone();
    let tx = file.conn.transaction()?;
    let mut touched = BTreeSet::new();
    let (mut refused, mut erased) = (false, false);
    let says_nothing = response.page.to == response.page.from && response.page.more;
    let is_left_for_later = says_nothing && response.snapshot.is_none() && response.restart.is_none();
    if response.restart.is_none() && !is_left_for_later && restart::is_of_another_epoch(&tx, &response.page)? {
        outbox::none_admitted(&tx)?;
    }
    for verdict in &response.verdicts {
        refused |= take_verdict(&tx, verdict, now_ms, &mut touched)?;
    }
    if let Some(origin) = response.incarnation {
        restart::incarnate(&tx, &mut session, origin)?;
    }
    let mut more = response.page.more || response.incarnation.is_some();
    let (mut snapshot, epoch) = (None, response.page.epoch);
    let (before, now) = (session.reader(), reader_from(&response, &session));
    let walks = response.walks.unwrap_or_default();
    let anew = restart::reads_otherwise(&tx, &before, &now, &walks)?;
    if before != now {
        touched.extend(restart::forget_what_is_lost(&tx, &now)?);
        (session.role, session.walks) = (now.role, now.walks.clone());
        area::keep_session(&tx, &session)?;
    }
    // What is to be offered after a restore is kept until it was; then everything is read from the start anyway.
    if anew && (before.role != now.role || response.restart.is_none()) {
        // The page is for a reader of the old cursor: it is asked for again from the start.
        restart::begin_anew(&tx)?;
        more = true;
    } else if let Some(told) = response.restart {
        restart::take(&tx, told)?;
        // What it had of photos it may have lost too, also when it was put back by hand and nobody said so.
        area::forget_photos_epoch(&tx)?;
        more = true;
    } else {
        if restart::settle(&tx, &response.page, !is_left_for_later)? {
            erased = take_page(&tx, &session, response.page, response.backed_up, &mut touched)?;
        } else {
            more = true;
        }
        snapshot = response.snapshot;
    }
    let mut topics = table::project(&tx, session.origin, &touched)?;
    if erased && !mutant!(LeaveErasedWordsInTheSearchIndex) {
        table::purge_search(&tx)?;
    }
    if refused {
        topics.insert(Topic::Refusals);
    }
    let more = more || outbox::unsent_count(&tx)? > 0;
    if !more {
        // Before, a photo whose row is only being read again would be taken for one that nothing names.
        if blobs::sweep(&tx)? > 0 {
            // Its row may have been erased pages ago, and the file been written anew since.
            rewrite_later(&tx)?;
        }
    }
    area::set_last_success_ms(&tx, now_ms, response.now_ms)?;
    if let Some(unpacks) = response.unpacks {
        area::note_server_unpacks(&tx, unpacks)?;
    }
    if erased {
        rewrite_later(&tx)?;
    }
    tx.commit()?;
    // Without room for it, the next exchange tries again.
    drop(rewrite_if_due(&file.conn));
    file.session = session;
    let basemap = response.basemap.map(Into::into);
    Ok(Applied { topics, more, basemap, snapshot, is_left_for_later, epoch })
}

/// Begins anew because a page did not fit: the log is read from the start, unsent actions stay.
///
/// # Errors
/// When the file fails.
pub fn begin_anew(file: &mut AreaFile) -> Result<(), StoreError> {
    let tx = file.conn.transaction()?;
    restart::begin_anew(&tx)?;
    Ok(tx.commit()?)
}

/// The device has redeemed another invitation to an area that it holds.
pub(crate) fn joined_again(tx: &Connection, before: &Session, now: &Session) -> Result<(), StoreError> {
    if before.origin != now.origin {
        outbox::take_origin(tx, before.origin, now.origin)?;
        area::forget_judged(tx)?;
    }
    if before.reader() != now.reader() {
        let lost = restart::forget_what_is_lost(tx, &now.reader())?;
        restart::begin_anew(tx)?;
        table::project(tx, now.origin, &lost)?;
    }
    Ok(())
}

fn read_response(answer: &[u8]) -> Result<SyncResponse, SyncError> {
    let mut decoder = minicbor::Decoder::new(answer);
    decoder.array()?;
    let version = decoder.u16()?;
    if version != VERSION {
        return Err(SyncError::Version(version));
    }
    Ok(SyncResponse::read(answer)?)
}

/// Notes what became of an action; returns whether it was refused.
fn take_verdict(
    tx: &Connection,
    verdict: &Verdict,
    now_ms: i64,
    touched: &mut BTreeSet<RowId>,
) -> Result<bool, StoreError> {
    if verdict.reason != Some(Reason::Quarantined)
        && let Some(action) = outbox::get(tx, verdict.counter)?
    {
        let end = action.counter + action.change_count().max(1) as u64;
        area::note_judged(tx, Judged { end, hash: seal::action_hash(&action).into() })?;
    }
    match (verdict.position, verdict.reason) {
        (Some(position), _) => outbox::admitted(tx, verdict.counter, position)?,
        (None, Some(Reason::Unknown)) => {
            outbox::held(tx, verdict.counter)?;
            // Its rows stay as they are, but what is told of them is something else now.
            let action = outbox::get(tx, verdict.counter)?;
            touched.extend(action.iter().flat_map(|action| &action.rows).map(|change| change.row.0));
        }
        (None, Some(reason)) => {
            // Judged before, and the first answer was lost on the way: the action is here only once.
            let Some(action) = outbox::get(tx, verdict.counter)? else { return Ok(false) };
            touched.extend(action.rows.iter().map(|change| change.row.0));
            outbox::remove(tx, verdict.counter)?;
            if !mutant!(ForgetWhatWasRefused) {
                refusals::keep(tx, &action, reason, now_ms)?;
            }
            return Ok(true);
        }
        (None, None) => {}
    }
    Ok(false)
}

/// Reads a page into the rows, checking that it continues where this device was and has no gap. Returns whether
/// something was erased.
fn take_page(
    tx: &Connection,
    session: &Session,
    page: Page,
    backed_up: Option<u64>,
    touched: &mut BTreeSet<RowId>,
) -> Result<bool, SyncError> {
    let cursor = area::cursor(tx)?;
    if page.from != cursor.position || page.to < page.from {
        return Err(SyncError::Gap(format!(
            "a page {}..{} came, this device has read up to {}",
            page.from, page.to, cursor.position
        )));
    }
    if page.epoch.is_some_and(|epoch| cursor.epoch.is_some_and(|known| known > epoch)) {
        return Err(SyncError::Gap("the server's epoch is an older one".to_owned()));
    }
    let ends_at = if page.more { None } else { Some(page.to) };
    if page.to == page.from {
        outbox::send_again(tx, page.from..page.to, ends_at, |_, _| true)?;
        // What was sent twice stands where the log was read already.
        touched.extend(settle_outbox(tx, page.to)?);
        return Ok(false);
    }
    let mut is_new = page.from == 0;
    if page.from == 0 {
        // What was read before the log was begun anew; it comes again, or is not there any more.
        let before = rows::forget_all(tx)?;
        is_new = before.is_empty();
        if !is_new {
            // Among them may be what was erased meanwhile.
            rewrite_later(tx)?;
        }
        touched.extend(before);
    }
    let mut chains = Chains::at(session.area, &cursor);
    let (mut clock, mut erased) = (0, false);
    let mut there = BTreeSet::new();
    for entry in page.entries {
        clock = clock.max(entry.effective);
        chains.read(&entry)?;
        // Its writer's clock tells it from another device's with the same number: this one may have gone by other origins.
        there.insert((entry.position, entry.counter, entry.hlc));
        if entry.origin == session.origin {
            outbox::let_go(tx, entry.counter, entry.position)?;
        }
        erased |= take_entry(tx, entry, touched)?;
    }
    chains.check(&page.heads)?;
    area::saw_clock(tx, clock)?;
    let cursor = Cursor { position: page.to, scopes: chains.heads(), epoch: page.epoch, mac: page.mac };
    area::set_cursor(tx, &cursor)?;
    journal::mark(tx, &cursor)?;
    journal::prune(tx, page.to, backed_up.unwrap_or(0))?;
    let is_there = |position, action: &Action| there.contains(&(position, action.counter, action.hlc));
    outbox::send_again(tx, page.from..page.to, ends_at, is_there)?;
    touched.extend(settle_outbox(tx, page.to)?);
    // Who reads for the first time gets of the erased only that it is: there is nothing to write over.
    Ok(erased && !is_new)
}

/// Takes out of the outbox what was read back. Where nothing is left of what it wrote, that was erased meanwhile, and
/// the words of the outbox are not to stay either.
fn settle_outbox(tx: &Connection, position: u64) -> Result<Vec<RowId>, StoreError> {
    let settled = outbox::settle(tx, position)?;
    for row in &settled {
        if rows::get(tx, *row)?.is_none() {
            rewrite_later(tx)?;
        }
    }
    Ok(settled)
}

/// Keeps an entry and merges its rows, noting how they stood before.
///
/// What it says is erased goes from everything that was kept; returns whether that was anything.
pub(crate) fn take_entry(tx: &Connection, entry: Entry, touched: &mut BTreeSet<RowId>) -> Result<bool, StoreError> {
    journal::keep(tx, &entry)?;
    let position = entry.position;
    let merged = merge_entry(tx, entry, touched)?;
    journal::keep_effects(tx, position, &merged.effects)?;
    for (row, state) in merged.left.iter().filter(|(row, _)| !merged.erased.contains(row)) {
        if state.entity == Entity::Photo.number() && rows::get(tx, *row)?.is_none() {
            blobs::goes_all_the_same(tx, state)?;
        }
    }
    for row in &merged.erased {
        rows::forget(tx, *row)?;
        journal::erase(tx, *row)?;
    }
    for name in &merged.files {
        blobs::forget(tx, name)?;
    }
    Ok(!merged.erased.is_empty())
}

/// What an entry did to this device's rows.
#[derive(Default)]
struct Merged {
    /// One for each row of the entry, in its order.
    effects: Vec<Effect>,
    erased: BTreeSet<RowId>,
    /// The names of the files of the photos that were erased.
    files: Vec<String>,
    /// Rows that the entry takes out of one scope, perhaps to put them into another: to people they were there all along.
    left: HashMap<RowId, RowState>,
}

fn merge_entry(tx: &Connection, entry: Entry, touched: &mut BTreeSet<RowId>) -> Result<Merged, StoreError> {
    let stamp = Stamp { effective: entry.effective, id: ChangeId { origin: entry.origin, counter: entry.counter } };
    let mut merged = Merged::default();
    for part in entry.scopes {
        // A scope of a newer version is counted and not shown.
        let scope = Scope::from_number(part.scope);
        for row in part.rows {
            let Some(scope) = scope else {
                merged.effects.push(Effect::default());
                continue;
            };
            touched.insert(row.row.0);
            if row.erased == Some(true) {
                merged.erased.insert(row.row.0);
                merged.files.extend(files_of_photo(tx, &row)?);
            }
            let incoming = incoming(row.into_value(), scope, stamp);
            let current = rows::get(tx, incoming.row)?;
            merged.effects.push(Effect::of(current.as_ref().or_else(|| merged.left.get(&incoming.row)), &incoming));
            if let (true, Some(row)) = (incoming.withdrawn, &current) {
                merged.left.insert(row.row, row.clone());
            }
            rows::merge_into(tx, current, incoming)?;
        }
    }
    Ok(merged)
}

/// The names of the files of a photo, as far as what was read says: its row may have left this device before it was erased,
/// and a file of it not be sent yet.
fn files_of_photo(tx: &Connection, photo: &LogRow) -> Result<Vec<String>, StoreError> {
    if photo.entity != Entity::Photo.number() {
        return Ok(Vec::new());
    }
    let read = journal::about(tx, &[photo.row.0].into())?;
    let rows = read.iter().flat_map(|read| &read.entry.scopes).flat_map(|part| &part.rows);
    let its = rows.filter(|row| row.row == photo.row).flat_map(|row| &row.fields);
    let names = its.filter(|field| [schema::photo::hash, schema::photo::thumbnail].contains(&field.field));
    Ok(names.map(|field| field.value.text().to_owned()).collect())
}

/// A row of the log as the planner takes it; `stamp` is that of the action's first change.
pub(crate) fn incoming(row: LogRow, scope: Scope, stamp: Stamp) -> IncomingRow {
    let fields = row.fields.into_iter().map(|field| {
        let stamp = match field.stamp {
            Some(s) => Stamp { effective: s.effective, id: ChangeId { origin: s.origin, counter: s.counter } },
            None => Stamp {
                effective: stamp.effective,
                id: ChangeId { origin: stamp.id.origin, counter: stamp.id.counter + u64::from(field.index) },
            },
        };
        (field.field, Register { value: field.value, stamp })
    });
    IncomingRow {
        entity: row.entity,
        row: row.row.0,
        scope,
        created_by: row.created_by.unwrap_or(stamp.id.origin),
        withdrawn: row.withdrawn,
        fields: fields.collect(),
    }
}

/// The server knows the hashes: they are not sent to it.
fn without_hashes(cursor: Cursor) -> Cursor {
    let scopes = cursor.scopes.into_iter().map(|head| ScopeSeq { hash: None, ..head }).collect();
    Cursor { scopes, ..cursor }
}

/// What the server says that this device reads.
fn reader_from(response: &SyncResponse, session: &Session) -> Reader {
    let role = role_from(response.role).unwrap_or(session.role);
    let walks = response.walks.iter().flatten().map(|scope| scope.walk).collect();
    Reader { role, walks }
}

fn role_from(number: u8) -> Option<Role> {
    Role::ALL.into_iter().find(|role| crate::hub::role_number(*role) == number)
}
