//! What did not come into the log, for people to read: what was refused, and what nobody vouches for.
//!
//! Nothing here hands out what may not be kept: a text that looks like a personal number, and what is of a row that was
//! erased. Neither is kept aside any more; a file of before may hold some.

use super::{AreaLog, erase, verdicts};
use crate::domain::schema::DELETED_AT;
use crate::domain::{Entity, FieldId, Reader, RowId, Scope, Value, personal_number};
use crate::store::StoreError;
use crate::wire::aside::KeptAside;
use crate::wire::v1::{Action, Entry, FieldChange, LogRow, Outcome, Reason, RowChange, WireId};
use crate::wire::{from_bytes, to_bytes};
use rusqlite::{Connection, params};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// A coordinator's device is told of so many at most, the newest.
const TOLD_MAX: usize = 100;
/// And of so many bytes at most, but for the newest.
const TOLD_BYTES_MAX: usize = 1 << 20;

/// Something that somebody wrote and the log did not take.
#[derive(Debug)]
pub struct Aside {
    /// The number of the device that it came from, or was said to be of.
    pub origin: u32,
    /// Its number there.
    pub counter: u64,
    /// Why it was not taken.
    pub reason: Reason,
    /// When the server got it; `None` of what is not kept.
    pub received_ms: Option<i64>,
    /// When it was written, by the writer's clock; `None` of what cannot be read.
    pub written_ms: Option<u64>,
    /// The same, word for word, is in the log: it came again, from its author or after a restore.
    pub in_log: bool,
    /// Something else is known under the same number.
    pub clashes: bool,
    /// What it says.
    pub words: Words,
}

/// What is left of what somebody wrote.
#[derive(Debug)]
pub enum Words {
    /// An action, as its author sent it.
    Action(Vec<AsideRow>),
    /// An entry of the log, which a device offered after a restore.
    Offer {
        /// The number of the device that is said to have written it.
        author: u32,
        /// Its rows.
        rows: Vec<AsideRow>,
    },
    /// So many bytes that this version cannot read.
    Unreadable(usize),
    /// Nothing: it held a personal number, or it was erased.
    Gone,
}

impl Words {
    /// The rows it speaks of, as far as that can be read.
    #[must_use]
    pub fn rows(&self) -> &[AsideRow] {
        match self {
            Words::Action(rows) | Words::Offer { rows, .. } => rows,
            Words::Unreadable(_) | Words::Gone => &[],
        }
    }
}

/// What it would have done to one row.
#[derive(Debug)]
pub struct AsideRow {
    /// The row.
    pub row: RowId,
    /// The number of its kind, which this version may not know.
    pub entity: u16,
    /// In this order.
    pub does: Vec<Does>,
    /// Where the row is; `None`: nowhere that this version knows.
    pub scope: Option<Scope>,
    /// Where it was to go.
    pub move_to: Option<Scope>,
    /// What was written to its fields. `None` stands for what looks like a personal number.
    pub fields: Vec<(FieldId, Option<Value>)>,
    /// It, or a row it names, was erased: its words are not handed out.
    pub erased: bool,
}

/// What is done to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// It comes to be.
    Makes,
    /// Its fields are written to.
    Edits,
    /// It goes into the trash.
    Deletes,
    /// It comes out of the trash.
    BringsBack,
    /// It goes to another scope.
    Moves,
}

impl AreaLog {
    /// Everything that is kept aside, newest first, and of what is not kept that it was there. Writes nothing.
    ///
    /// # Errors
    /// When the file fails.
    pub fn aside(&self) -> Result<Vec<Aside>, StoreError> {
        let mut found = Vec::new();
        each_kept(&self.conn, "1", |aside| {
            found.push(aside);
            true
        })?;
        found.extend(gone(&self.conn)?);
        let written = |aside: &Aside| aside.written_ms.and_then(|ms| i64::try_from(ms).ok());
        found.sort_by_key(|aside| Reverse((aside.received_ms.or(written(aside)), aside.origin, aside.counter)));
        Ok(found)
    }

    /// The newest of what is kept aside and not in the log by another way, as far as all of it is for this reader:
    /// a CBOR list of [`KeptAside`]. What is held until it can be judged is for nobody yet. Writes nothing.
    ///
    /// # Errors
    /// When the file fails.
    pub fn aside_for(&self, reader: &Reader) -> Result<Vec<u8>, StoreError> {
        let (mut told, mut bytes) = (Vec::new(), 0);
        each_kept(&self.conn, "reason <> 7", |aside| {
            let Some(aside) = Some(aside).filter(|aside| !aside.in_log).and_then(|aside| told_to(reader, aside)) else {
                return true;
            };
            bytes += to_bytes(&aside).len();
            let room = bytes <= TOLD_BYTES_MAX || told.is_empty();
            if room {
                told.push(aside);
            }
            room && told.len() < TOLD_MAX
        })?;
        Ok(to_bytes(&told))
    }
}

/// What a reader is told of something that is kept aside; `None` when a part of it is not for them, or gone.
fn told_to(reader: &Reader, aside: Aside) -> Option<KeptAside> {
    let (origin, rows) = match aside.words {
        Words::Action(rows) => (aside.origin, rows),
        Words::Offer { author, rows } => (author, rows),
        Words::Unreadable(_) | Words::Gone => return None,
    };
    let rows: Option<Vec<RowChange>> = rows.into_iter().map(|row| change_for(reader, row)).collect();
    let rows = rows.filter(|rows| !rows.is_empty())?;
    let hlc = aside.written_ms.unwrap_or_default();
    let action = Action { counter: 0, hlc, seen: 0, all_or_nothing: None, rows };
    Some(KeptAside { origin, reason: aside.reason, received_ms: aside.received_ms?, action })
}

fn change_for(reader: &Reader, row: AsideRow) -> Option<RowChange> {
    let reads = |scope: Scope| reader.reads(scope) || mutant!(ForgetTheScopeOfWhatIsAside);
    let scope = row.scope.filter(|scope| reads(*scope))?;
    if row.erased || row.move_to.is_some_and(|to| !reads(to)) {
        return None;
    }
    let field = |(field, value): (FieldId, Option<Value>)| Some(FieldChange { field, value: value?, base: None });
    let fields = row.fields.into_iter().filter_map(field).collect();
    let move_to = row.move_to.map(Scope::number);
    Some(RowChange { entity: row.entity, row: WireId(row.row), scope: scope.number(), move_to, fields })
}

/// Hands over what was refused or nobody vouches for and is `wanted`, newest first, until it is told to stop.
fn each_kept(conn: &Connection, wanted: &str, mut take: impl FnMut(Aside) -> bool) -> Result<(), StoreError> {
    let mut statement = conn.prepare(&format!(
        "SELECT origin, counter, reason, received_ms, body,
                EXISTS (SELECT 1 FROM action a WHERE a.origin = r.origin AND a.counter = r.counter
                        AND a.hash = r.hash AND a.position IS NOT NULL),
                coalesce((SELECT a.counter + a.count > r.counter AND a.hash IS NOT r.hash FROM action a
                          WHERE a.origin = r.origin AND a.counter <= r.counter ORDER BY a.counter DESC LIMIT 1), 0)
         FROM refused r WHERE {wanted} ORDER BY received_ms DESC"
    ))?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let (words, written_ms) = read(conn, row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?)?;
        // An offer comes under the number of whoever offers it, which says nothing about its own.
        let is_action = matches!(words, Words::Action(_));
        let aside = Aside {
            origin: row.get(0)?,
            counter: row.get(1)?,
            reason: verdicts::reason_from(row.get(2)?),
            received_ms: row.get(3)?,
            written_ms,
            in_log: is_action && row.get(5)?,
            clashes: is_action && row.get(6)?,
            words,
        };
        if !take(aside) {
            break;
        }
    }
    Ok(())
}

/// What was refused and is not kept, or not any more.
fn gone(conn: &Connection) -> Result<Vec<Aside>, StoreError> {
    let mut statement = conn.prepare(
        "SELECT origin, counter, coalesce(reason, ?2), hlc FROM action a WHERE outcome = ?1
         AND NOT EXISTS (SELECT 1 FROM refused r
                         WHERE r.origin = a.origin AND r.counter = a.counter AND r.hash IS a.hash)",
    )?;
    let rejected = verdicts::outcome_number(Outcome::Rejected);
    let unknown = verdicts::reason_number(Reason::Unknown);
    let found = statement.query_map(params![rejected, unknown], |row| {
        Ok(Aside {
            origin: row.get(0)?,
            counter: row.get(1)?,
            reason: verdicts::reason_from(row.get(2)?),
            received_ms: None,
            written_ms: row.get(3)?,
            in_log: false,
            clashes: false,
            words: Words::Gone,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// What a body says, and when it was written.
fn read(conn: &Connection, body: &[u8]) -> Result<(Words, Option<u64>), StoreError> {
    if let Ok(action) = from_bytes::<Action>(body) {
        let rows = action.rows.into_iter().map(|change| without_what_was_erased(conn, of_change(change)));
        return Ok((Words::Action(rows.collect::<Result<_, _>>()?), Some(action.hlc)));
    }
    let Ok(entry) = from_bytes::<Entry>(body) else { return Ok((Words::Unreadable(body.len()), None)) };
    let rows = of_entry(&entry).into_iter().map(|row| without_what_was_erased(conn, row));
    Ok((Words::Offer { author: entry.origin, rows: rows.collect::<Result<_, _>>()? }, Some(entry.hlc)))
}

fn of_change(change: RowChange) -> AsideRow {
    // Whoever makes a row has seen none of its fields.
    let saw_nothing = change.fields.iter().all(|field| field.base.is_none());
    let fields: Vec<_> = change.fields.into_iter().map(|field| (field.field, field.value)).collect();
    let move_to = change.move_to.and_then(Scope::from_number);
    AsideRow {
        row: change.row.0,
        entity: change.entity,
        does: does(change.entity, &fields, saw_nothing, change.move_to.is_some()),
        scope: Scope::from_number(change.scope),
        move_to,
        fields: fields.into_iter().map(without_personal_number).collect(),
        erased: false,
    }
}

/// A row that moved stands in an entry twice: withdrawn from one scope, whole in another. Here it is one.
fn of_entry(entry: &Entry) -> Vec<AsideRow> {
    let parts =
        || entry.scopes.iter().flat_map(|part| part.rows.iter().map(|row| (Scope::from_number(part.scope), row)));
    let left: HashMap<RowId, Option<Scope>> =
        parts().filter(|(_, row)| row.withdrawn).map(|(scope, row)| (row.row.0, scope)).collect();
    let came: HashSet<RowId> = parts().filter(|(_, row)| !row.withdrawn).map(|(_, row)| row.row.0).collect();
    let shown = parts().filter(|(_, row)| !(row.withdrawn && came.contains(&row.row.0)));
    let from = |row: &LogRow| left.get(&row.row.0).copied().flatten().filter(|_| !row.withdrawn);
    shown.map(|(scope, row)| of_log_row(row, scope, from(row))).collect()
}

/// `from` is where a row was that came to `scope`.
fn of_log_row(row: &LogRow, scope: Option<Scope>, from: Option<Scope>) -> AsideRow {
    let fields: Vec<_> = row.fields.iter().map(|field| (field.field, field.value.clone())).collect();
    let is_new = !row.withdrawn && row.created_by.is_none() && row.fields.iter().all(|field| field.stamp.is_none());
    AsideRow {
        row: row.row.0,
        entity: row.entity,
        does: does(row.entity, &fields, is_new, row.withdrawn || row.created_by.is_some()),
        scope: from.or(scope),
        move_to: scope.filter(|_| from.is_some()),
        fields: fields.into_iter().map(without_personal_number).collect(),
        erased: row.erased == Some(true),
    }
}

fn does(entity: u16, fields: &[(FieldId, Value)], may_be_new: bool, moves: bool) -> Vec<Does> {
    let sets = |id: &FieldId| fields.iter().any(|(field, value)| field == id && *value != Value::Null);
    let known = Entity::from_number(entity);
    // An area's own row is the server's to make.
    let comes_to_be = known.is_none_or(|known| known != Entity::Area && known.required().iter().all(sets));
    if may_be_new && !moves && comes_to_be {
        return vec![Does::Makes];
    }
    let mut does = Vec::new();
    if fields.iter().any(|(field, _)| *field != DELETED_AT) {
        does.push(Does::Edits);
    }
    if let Some((_, value)) = fields.iter().find(|(field, _)| *field == DELETED_AT) {
        does.push(if *value == Value::Null { Does::BringsBack } else { Does::Deletes });
    }
    if moves {
        does.push(Does::Moves);
    }
    does
}

fn without_personal_number((field, value): (FieldId, Value)) -> (FieldId, Option<Value>) {
    let hidden = match &value {
        Value::Text(text) => personal_number::contains(text),
        Value::Opaque(bytes) => personal_number::contains(&String::from_utf8_lossy(bytes)),
        _ => false,
    };
    (field, if hidden { None } else { Some(value) })
}

fn without_what_was_erased(conn: &Connection, row: AsideRow) -> Result<AsideRow, StoreError> {
    let named = row.fields.iter().filter_map(|(_, value)| value.as_ref()?.row());
    let mut erased = row.erased;
    for id in named.chain([row.row]) {
        erased |= erase::is_erased(conn, id)?;
    }
    Ok(if erased { AsideRow { fields: Vec::new(), erased, ..row } } else { row })
}
