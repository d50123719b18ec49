//! What an area keeps aside, in words: what was refused, and what nobody vouches for, with who it came from and why.

mod names;
mod who;
mod why;
mod words;

use crate::control::{ControlDb, ControlError};
use crate::hub::AreaError;
use crate::rows_json;
use names::Names;
use rusqlite::Connection;
use serde::Serialize;
use trygkort_core::domain::{AreaId, Entity};
use trygkort_core::hub::AreaLog;
use trygkort_core::hub::aside::{Aside, AsideRow, Does, Words};
use trygkort_core::store::StoreError;
use who::Devices;
pub(crate) use who::Who;
pub(crate) use words::Said;

/// Why what is kept aside cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AsideError {
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error(transparent)]
    Area(#[from] AreaError),
}

impl From<StoreError> for AsideError {
    fn from(error: StoreError) -> Self {
        AreaError::from(error).into()
    }
}

/// Something that the log did not take.
#[derive(Debug, Serialize)]
pub(crate) struct Item {
    /// When the server got it, as `2026-11-22T21:30:00Z`; `None` of what is not kept.
    pub(crate) came: Option<String>,
    /// When it was written, by the writer's clock.
    pub(crate) written: Option<String>,
    /// Whom it came from, or was said to be of.
    pub(crate) from: Who,
    /// Its number on that device.
    pub(crate) number: u64,
    /// Who is said to have written it, where somebody else offered it.
    pub(crate) author: Option<Who>,
    pub(crate) reason: &'static str,
    /// The reason, in a sentence.
    pub(crate) why: String,
    /// It came into the log all the same, later or by another way.
    pub(crate) in_log: bool,
    pub(crate) kept: Kept,
    pub(crate) rows: Vec<RowSaid>,
}

/// What is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kept {
    /// All of it, as its author sent it.
    Whole,
    /// An entry of the log, as somebody offered it after a restore.
    Offer,
    /// Bytes that this version cannot read.
    Unreadable,
    Nothing,
}

/// What it says about one row.
#[derive(Debug, Serialize)]
pub(crate) struct RowSaid {
    pub(crate) does: Vec<&'static str>,
    pub(crate) entity: String,
    pub(crate) id: String,
    /// What the thing is called; empty where nobody knows.
    pub(crate) name: String,
    pub(crate) scope: Option<String>,
    pub(crate) move_to: Option<String>,
    /// Erased: its words are not there any more, or are not to be shown.
    pub(crate) erased: bool,
    /// In the order they were written.
    pub(crate) fields: Vec<Said>,
}

/// Everything that an area keeps aside, newest first.
pub(crate) fn list(control: &ControlDb, log: &AreaLog, area: AreaId) -> Result<Vec<Item>, AsideError> {
    let devices = Devices::load(control, area)?;
    let found = log.aside()?;
    let names = Names::new(log, &found);
    found.iter().map(|aside| item(aside, &devices, &names)).collect()
}

fn item(aside: &Aside, devices: &Devices, names: &Names<'_>) -> Result<Item, AsideError> {
    let (kept, author) = match aside.words {
        Words::Action(_) => (Kept::Whole, None),
        Words::Offer { author, .. } => (Kept::Offer, Some(devices.who(author))),
        Words::Unreadable(_) => (Kept::Unreadable, None),
        Words::Gone => (Kept::Nothing, None),
    };
    let written = aside.written_ms.and_then(|ms| i64::try_from(ms).ok());
    let rows = aside.words.rows().iter().map(|row| row_said(row, names));
    Ok(Item {
        came: aside.received_ms.map(|ms| time(names.conn(), ms)).transpose()?,
        written: written.map(|ms| time(names.conn(), ms)).transpose()?,
        from: devices.who(aside.origin),
        number: aside.counter,
        author,
        reason: why::word(aside.reason),
        why: why::sentence(aside, devices),
        in_log: aside.in_log,
        kept,
        rows: rows.collect::<Result<_, _>>()?,
    })
}

fn row_said(row: &AsideRow, names: &Names<'_>) -> Result<RowSaid, AsideError> {
    let fields = row.fields.iter().map(|(field, value)| Said::new(names, (row.entity, *field), value.as_ref()));
    Ok(RowSaid {
        does: row.does.iter().copied().map(does).collect(),
        entity: Entity::from_number(row.entity).map_or_else(|| row.entity.to_string(), |known| known.name().to_owned()),
        id: row.row.to_string(),
        name: if row.erased { String::new() } else { names.of_row(row)? },
        scope: row.scope.map(rows_json::scope),
        move_to: row.move_to.map(rows_json::scope),
        erased: row.erased,
        fields: fields.collect::<Result<_, _>>()?,
    })
}

fn does(does: Does) -> &'static str {
    match does {
        Does::Makes => "makes",
        Does::Edits => "edits",
        Does::Deletes => "deletes",
        Does::BringsBack => "brings back",
        Does::Moves => "moves",
    }
}

/// A time as the audit has it. Clocks of devices may say anything: what is no time stays a number.
fn time(conn: &Connection, ms: i64) -> Result<String, StoreError> {
    let sql = "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', ?1 / 1000, 'unixepoch')";
    let said: Option<String> = conn.prepare_cached(sql)?.query_row([ms], |row| row.get(0))?;
    Ok(said.unwrap_or_else(|| format!("{ms} ms")))
}
