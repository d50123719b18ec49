//! What must hold.

mod clocks;
mod photos;

use crate::device::{Device, Written};
use crate::disk::Disk;
use crate::impostor::FORGED;
use crate::people;
use crate::server::{Judged, Server, reads};
use crate::stranger::PERSONAL_NUMBER;
pub(crate) use clocks::clocks;
pub(crate) use photos::photos;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use trygkort_core::domain::{Entity, Reader, RowId, Value};
use trygkort_core::wire::from_bytes;
use trygkort_core::wire::v1::{Action, LogRow, Reason, RowChange};
use uuid::Uuid;

/// The server's log and quarantine as its file has them.
pub(crate) struct Kept {
    /// By origin and counter: the position and the rows of every scope there.
    log: HashMap<(u32, u64), Vec<LogRow>>,
    positions: HashMap<(u32, u64), Option<u64>>,
    refused: Vec<((u32, u64), Action)>,
    /// What was erased, and the scopes whose readers were told so.
    erased: BTreeMap<RowId, BTreeSet<u32>>,
}

impl Kept {
    pub(crate) fn read(conn: &Connection) -> Result<Self, rusqlite::Error> {
        let (mut log, mut positions): (HashMap<_, Vec<LogRow>>, HashMap<_, _>) = Default::default();
        let mut statement = conn.prepare("SELECT origin, counter, position FROM action")?;
        let found = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
        for action in found {
            let (id, position): ((u32, u64), Option<u64>) = action?;
            positions.insert(id, position);
        }
        let mut statement = conn.prepare(
            "SELECT entry.origin, entry.counter, log.rows FROM log JOIN entry ON entry.position = log.position",
        )?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let rows: Vec<LogRow> = from_bytes(row.get_ref(2)?.as_blob()?).expect("the log can be read");
            log.entry((row.get(0)?, row.get(1)?)).or_default().extend(rows);
        }
        let mut statement = conn.prepare("SELECT origin, counter, body FROM refused")?;
        let mut found = statement.query([])?;
        let mut refused = Vec::new();
        while let Some(row) = found.next()? {
            // Entries that nobody could prove to have been in the log lie there as well.
            if let Ok(action) = from_bytes(row.get_ref(2)?.as_blob()?) {
                refused.push(((row.get(0)?, row.get(1)?), action));
            }
        }
        Ok(Self { log, positions, refused, erased: erased_rows(conn)? })
    }

    /// What is wrong with an acknowledged action; `None`: it is where it was said to be, whole.
    fn misses(&self, id: (u32, u64), judged: &Judged, (restored, others): (bool, bool)) -> Option<String> {
        let refused = || self.refused.iter().any(|(other, action)| *other == id && *action == judged.action);
        // Another action goes by the number of one that was quarantined, also if what that speaks of was erased since, and
        // may well be in the log. So may one that a restored server refused, and that somebody gave back who had read it.
        let is_another = |reason| reason == Reason::Quarantined || (reason == Reason::Erased && others);
        let in_part = !restored
            && judged.verdict.reason.is_some_and(|reason| !is_another(reason))
            && (self.log.contains_key(&id) || self.positions.get(&id).is_some_and(Option::is_some));
        if in_part {
            return Some(format!("was refused ({:?}) and is in the log", judged.verdict.reason));
        }
        match (judged.verdict.position, judged.verdict.reason) {
            (Some(position), None) if self.positions.get(&id) != Some(&Some(position)) => {
                Some(format!("was said to be at {position} and is not"))
            }
            (Some(_), None) => self.log.get(&id).map_or(Some("has no rows in the log".to_owned()), |rows| {
                let mut changes = judged.action.rows.iter().filter(|change| !self.erased.contains_key(&change.row.0));
                changes.find_map(|change| misses_row(rows, change))
            }),
            (None, Some(Reason::PersonalNumber)) if refused() => {
                Some("holds a personal number and was kept".to_owned())
            }
            (None, Some(Reason::PersonalNumber)) => None,
            (None, Some(Reason::Quarantined)) if has_personal_number(&judged.action) => None,
            (None, Some(Reason::Erased)) => None,
            (None, Some(_)) if self.names_erased(&judged.action) => None,
            (None, Some(reason)) => (!refused()).then(|| format!("was refused ({reason:?}) and is not kept aside")),
            (position, reason) => Some(format!("has the verdict {position:?}, {reason:?}")),
        }
    }

    /// Whether an action names a row that was erased, also as a value: then it goes from what was set aside.
    fn names_erased(&self, action: &Action) -> bool {
        named_by(action).any(|row| self.erased.contains_key(&row))
    }

    fn has_erased(&self, rows: &BTreeSet<RowId>) -> bool {
        rows.iter().any(|row| self.erased.contains_key(row))
    }

    /// How many rows were erased, by hand or because they lay in the trash for too long.
    pub(crate) fn erased_count(&self) -> u64 {
        self.erased.len() as u64
    }

    /// Every word that is kept.
    pub(crate) fn words(&self) -> BTreeSet<&str> {
        let log = self.log.values().flatten().flat_map(|row| &row.fields).map(|field| &field.value);
        let refused = self.refused.iter().flat_map(|(_, action)| values(action));
        log.chain(refused).map(Value::text).collect()
    }
}

/// The rows that an action names, also as values.
pub(crate) fn named_by(action: &Action) -> impl Iterator<Item = RowId> {
    action.rows.iter().map(|change| change.row.0).chain(values(action).filter_map(Value::row))
}

fn erased_rows(conn: &Connection) -> Result<BTreeMap<RowId, BTreeSet<u32>>, rusqlite::Error> {
    let mut erased: BTreeMap<RowId, BTreeSet<u32>> = BTreeMap::new();
    let mut statement = conn.prepare("SELECT scope, rows FROM log WHERE position IN (SELECT position FROM erased)")?;
    let mut found = statement.query([])?;
    while let Some(part) = found.next()? {
        let rows: Vec<LogRow> = from_bytes(part.get_ref(1)?.as_blob()?).expect("the log can be read");
        for row in rows.iter().filter(|row| row.erased == Some(true)) {
            erased.entry(row.row.0).or_default().insert(part.get(0)?);
        }
    }
    // What a restored server had nothing of when it was erased again: nobody is told of that.
    let mut statement = conn.prepare("SELECT row FROM erased")?;
    let found = statement.query_map([], |row| row.get::<_, [u8; 16]>(0))?;
    for row in found {
        erased.entry(RowId(Uuid::from_bytes(row?))).or_default();
    }
    Ok(erased)
}

fn has_personal_number(action: &Action) -> bool {
    values(action).any(|value| value.text().contains(PERSONAL_NUMBER))
}

pub(crate) fn values(action: &Action) -> impl Iterator<Item = &Value> {
    action.rows.iter().flat_map(|row| &row.fields).map(|field| &field.value)
}

/// What the log lacks of a row's changes.
fn misses_row(rows: &[LogRow], change: &RowChange) -> Option<String> {
    let here = || rows.iter().filter(|row| row.row == change.row && !row.withdrawn);
    if here().next().is_none() {
        return Some(format!("lacks row {}", change.row.0));
    }
    let lacks = |field: u16| format!("lacks field {field} of row {}", change.row.0);
    change.fields.iter().find_map(|set| {
        let mut fields = here().flat_map(|row| &row.fields);
        (!fields.any(|field| field.field == set.field && field.value == set.value)).then(|| lacks(set.field))
    })
}

/// Everything that was acknowledged is in the log or in quarantine, whole.
pub(crate) fn acknowledged(server: &Server, kept: &Kept, wrong: &mut Vec<String>) {
    for (id, judged) in server.judged.iter().flat_map(|(id, all)| all.iter().map(move |judged| (id, judged))) {
        let others = server.judged[id].len() > 1;
        if let Some(what) = kept.misses(*id, judged, (server.restored, others)) {
            wrong.push(format!("acknowledged action {} of d{} {what}", id.1, id.0));
        }
    }
}

/// Whatever somebody wrote and was told that it is kept is in the log, in quarantine or on a device.
pub(crate) fn written(
    written: &[Written],
    server: &Server,
    kept: &Kept,
    on_devices: &[(u32, Vec<Action>)],
    wrong: &mut Vec<String>,
) {
    // What was handed in and names a row that was erased goes with it, and what said nothing else does not come back
    // after a restore.
    let may_lack = |token: &u32, counter: &u64| {
        let erased = |origin: &u32| server.heard.get(&(*origin, *counter)).is_some_and(|named| kept.has_erased(named));
        (server.restored || server.revoked.contains(token)) && server.origins_of(token).any(erased)
    };
    let mut words = kept.words();
    words.extend(on_devices.iter().flat_map(|(_, actions)| actions).flat_map(values).map(Value::text));
    for Written { token, counter, words: own, row } in written {
        let on_device =
            |(other, actions): &(u32, Vec<Action>)| other == token && actions.iter().any(|a| a.counter == *counter);
        let judged = server.origins_of(token).any(|origin| {
            let id = (*origin, *counter);
            kept.positions.contains_key(&id) || kept.refused.iter().any(|(aside, _)| *aside == id)
        });
        if !judged && !may_lack(token, counter) && !on_devices.iter().any(on_device) {
            wrong.push(format!("action {counter} of d{token} is nowhere"));
        }
        if row.is_some_and(|row| kept.erased.contains_key(&row)) {
            continue;
        }
        if let Some(lost) = own.as_deref().filter(|text| !words.contains(text)) {
            // What was set aside and names an erased row as well went with it; after a restore nobody can say what did.
            let with_it = |judged: &Judged| {
                values(&judged.action).any(|value| value.text() == lost) && kept.names_erased(&judged.action)
            };
            if may_lack(token, counter) || server.judged.values().flatten().any(with_it) {
                continue;
            }
            wrong.push(format!("{lost:?}, action {counter} of d{token}, is nowhere"));
        }
    }
}

/// No row is outside the scopes of the role and the walks.
pub(crate) fn scopes(device: &Device, reader: &Reader, wrong: &mut Vec<String>) {
    if device.scopes().into_iter().all(|scope| reads(reader, scope)) {
        return;
    }
    for line in device.dump().lines() {
        let mut columns = line.split(' ');
        let (row, scope) = (columns.next().unwrap_or_default(), columns.nth(1).unwrap_or_default());
        if !scope.parse().is_ok_and(|scope| reads(reader, scope)) {
            wrong.push(format!("{} is {reader:?} and holds row {row} of scope {scope}", device.name));
        }
    }
}

/// A device knows of the role and the walks that the server gave it, and holds no row beyond them.
pub(crate) fn readers(devices: &[Device], server: &Server, wrong: &mut Vec<String>) {
    for device in devices {
        let (knows, reader) = (device.reader(), server.told_reader(device.token, device.speaks));
        if knows != reader {
            wrong.push(format!("{} takes itself for {knows:?} and is {reader:?}", device.name));
        }
        scopes(device, &reader, wrong);
    }
}

/// All devices that read the same hold what a new device that reads it would hold.
pub(crate) fn alike(devices: &[Device], fresh: &BTreeMap<Reader, String>, wrong: &mut Vec<String>) {
    for device in devices {
        let (expected, dump) = (&fresh[&device.reader()], device.dump());
        if *expected != dump {
            let differs = expected.lines().zip(dump.lines()).find(|(one, other)| one != other);
            wrong.push(format!("{} does not hold what others ({:?}) hold: {differs:?}", device.name, device.reader()));
        }
    }
}

/// The server's file holds together, and no personal number is in it.
pub(crate) fn server(server: &Server, wrong: &mut Vec<String>) {
    match server.log.as_ref().map(trygkort_core::hub::AreaLog::check) {
        Some(Ok(found)) => wrong.extend(found.into_iter().map(|problem| format!("the server's file: {problem}"))),
        other => wrong.push(format!("the server's file cannot be checked: {other:?}")),
    }
    if server.disk.contains(PERSONAL_NUMBER) {
        wrong.push("a personal number is on the server's disk".to_owned());
    }
    if server.disk.contains(FORGED) {
        wrong.push("what a device did not sign is on the server's disk".to_owned());
    }
    wrong.extend(server.wrong.iter().cloned());
}

/// What SQLite finds wrong with a file.
pub(crate) fn unsound(conn: &Connection) -> Vec<String> {
    let mut statement = conn.prepare("PRAGMA integrity_check").unwrap();
    let lines = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    lines.map(Result::unwrap).filter(|line| line != "ok").collect()
}

/// What was to be erased is, and the trash is empty.
pub(crate) fn erased(server: &mut Server, put_back_by_hand: bool, now_ms: i64, wrong: &mut Vec<String>) {
    let rows = server.rows_of(Entity::ALL);
    // Whoever puts a file back by hand is told to erase again; here nobody does.
    for row in server.erasures.iter().filter(|row| !put_back_by_hand && rows.contains(row)) {
        wrong.push(format!("row {row} was erased and is there"));
    }
    match server.overdue(now_ms) {
        Ok(0) => {}
        other => wrong.push(format!("the trash is not empty: {other:?}")),
    }
}

/// Nobody's files have the words of what was erased.
pub(crate) fn erased_words(
    written: &[Written],
    kept: &Kept,
    server: &Server,
    devices: &[Device],
    wrong: &mut Vec<String>,
) {
    let words = |told: &dyn Fn(&BTreeSet<u32>) -> bool| -> BTreeSet<String> {
        let erased = |row: &RowId| kept.erased.get(row).is_some_and(told);
        let gone = written.iter().filter(|one| one.row.as_ref().is_some_and(erased));
        gone.filter_map(|one| one.words.as_deref()).map(first_word).collect()
    };
    let mut look = |name: &str, disk: &Disk, gone: BTreeSet<String>| {
        let found = if gone.is_empty() { BTreeSet::new() } else { disk.words(people::WORD) };
        wrong.extend(
            found.intersection(&gone).map(|word| format!("{name} has {word:?}, which was erased, on its disk")),
        );
    };
    let gone = words(&|_| true);
    let in_photos = server.photo_words(people::WORD).intersection(&gone).cloned().collect::<Vec<_>>();
    look("the server", &server.disk, gone);
    for device in devices {
        // Who could not read it any more is not told: of that, what they wrote themselves and was refused stays with them.
        let reader = device.reader();
        let told = |scopes: &BTreeSet<u32>| scopes.iter().any(|scope| reads(&reader, *scope));
        let mut gone = words(&told);
        if device.spoke.is_none() {
            // It hears of what it wrote to an erased row that the row is not there, and keeps it to be tried again.
            let own = written.iter().filter(|one| one.token == device.token);
            let own: BTreeSet<String> = own.filter_map(|one| one.words.as_deref()).map(first_word).collect();
            gone.retain(|word| !own.contains(word));
        }
        look(&device.name, &device.disk, gone);
    }
    wrong.extend(in_photos.iter().map(|word| format!("the photo {word:?} was erased and is at the server")));
}

fn first_word(words: &str) -> String {
    words.split('.').next().unwrap_or_default().to_owned()
}
