//! What was done, by whom and when: *Opdatering* and *Historik*.
//!
//! One shape for all of it, since every type that the browser reads is code to download. Values are texts: what people
//! wrote as it reads, choices as their word in the log, times as milliseconds since 1970 UTC, yes and no as `true` and
//! `false`, places in degrees as `55.63800, 12.16500`.

use super::{Bytes, RefusalReason};
use crate::domain::RowId;
use serde::{Deserialize, Serialize};

/// *Opdatering*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatesView {
    /// What is not in the log yet, newest first.
    pub unsent: Vec<ChangeView>,
    /// So many photos of what it has are not there yet.
    pub unsent_photos: u32,
    pub refused: Vec<RefusedView>,
    pub conflicts: Vec<ConflictView>,
    /// What was sent and received, the latest first.
    pub changes: Vec<ChangeView>,
    /// There is more on this device.
    pub more: bool,
}

/// *Historik* of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryView {
    /// What the thing is called now.
    pub name: String,
    /// On whose page it is seen, where that is there: its own, that of a cell's problem.
    pub seen_on: Option<RowId>,
    /// Newest first.
    pub changes: Vec<ChangeView>,
    /// The server may know of more.
    pub older: bool,
}

/// Something that somebody did, at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeView {
    /// Its position in the log; for what is not in it yet, its number on this device.
    pub id: u64,
    /// It is not in the log yet: the server does not have it, or keeps it for later.
    pub unsent: bool,
    /// The server keeps it until it is a version that understands it.
    pub held: bool,
    pub by: Author,
    /// By the writer's own clock, unless that was ahead of the server's.
    pub at_ms: i64,
    pub rows: Vec<ChangedRow>,
    /// How many further things it changed.
    pub more_rows: u32,
    /// In a history: whether there is something to put back, and this device may.
    pub restorable: bool,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The member whose device this is, on any of theirs.
    Me,
    Named(String),
    Server,
    /// Somebody whose name this device may not know.
    Somebody,
}

/// A thing and what was done to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedRow {
    pub row: RowId,
    /// What kind of thing, as in `docs/data-model.md`.
    pub entity: String,
    /// What it is called; may be empty.
    pub name: String,
    /// What it is a part of and is seen on: the contact of a number, the problem of a cell of the card, the pin of a
    /// photo; where that is there.
    pub part_of: Option<RowId>,
    pub deed: Deed,
    pub fields: Vec<ChangedField>,
}

/// What was done to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    Made,
    Edited,
    /// Moved to the trash, or taken off the card.
    Deleted,
    /// Taken out of the trash.
    Restored,
    /// Two wrote to it, and what had lost was put in place.
    Chosen,
    /// Two wrote to it, and what stood there was kept: the field is what lost. Without a field it stays deleted.
    Kept,
    /// No longer for this device to see.
    Withdrawn,
    /// Erased for good.
    Erased,
}

/// A field and what it got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedField {
    /// As in `docs/data-model.md`; `scope` for who may see the thing, `order` for its place in a list.
    pub field: String,
    /// What stood there; `None`: not known here.
    pub before: Option<String>,
    pub after: String,
    /// It never stood there: something later did already.
    pub lost: bool,
}

/// What the server refused. `before` is what stands there now, `after` what was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedView {
    pub id: i64,
    pub reason: RefusalReason,
    pub refused_at_ms: i64,
    /// Empty when nothing of it was kept.
    pub rows: Vec<ChangedRow>,
    /// Whether it can be tried again.
    pub retriable: bool,
}

/// What the server keeps aside, for coordinators. `before` is what stands there now, `after` what was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsideView {
    /// Who wrote it, or is said to have.
    pub by: Author,
    pub reason: RefusalReason,
    /// When it was written, by the writer's own clock, unless that was ahead of the server's.
    pub at_ms: i64,
    pub rows: Vec<ChangedRow>,
    /// What to give back to take it.
    pub body: Bytes,
    /// Whether this device can do it as its own action.
    pub takeable: bool,
}

/// Two wrote to one thing, neither having seen the other. `before` is what stands there now, `after` what lost; with
/// [`Deed::Deleted`] one deleted it while the other edited it, and `after` is what that one wrote, as far as it is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictView {
    pub id: RowId,
    pub row: ChangedRow,
    pub loser: Author,
    pub lost_at_ms: Option<i64>,
    pub winner: Author,
    /// Whether this device may settle it.
    pub settleable: bool,
    /// Whether it may put what lost in the place of what stands there.
    pub restorable: bool,
}

/// *Gem usendt til fil*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsentView {
    /// What to call the file.
    pub name: String,
    pub bytes: Bytes,
    /// How many actions are in it.
    pub count: u32,
    /// How many photos are in it, a photo and its thumbnail counted once.
    pub photos: u32,
    /// How many actions and photos did not fit: they go into a file of their own once these are delivered.
    pub left_out: u32,
}

/// What became of a file that was handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveredView {
    /// The server has them, now or already.
    pub taken: u32,
    /// The server refused them, as it would have done from their author's own device.
    pub refused: u32,
    /// The server keeps them aside, because it cannot know who wrote them.
    pub aside: u32,
    /// Photos that this device now sends, a photo and its thumbnail counted once.
    pub photos: u32,
    /// Photos that this device may not send: somebody else has to hand the file over once more.
    pub photos_left: u32,
}
