//! Version 1 of the sync messages.
//!
//! Every struct is a CBOR array with its fields in the order of their `#[n(…)]` numbers.

pub use super::items::{Raw, WireChangeId, WireId};

use crate::domain::{FieldId, Value};
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

/// The number that every message of this version begins with.
pub const VERSION: u16 = 1;

/// What this code may be sent beyond the first messages of this version: 1 is everything in this file but what follows,
/// 2 is snapshots as well, 3 is walks as well, 4 is seeds as well, 5 is folded pages as well.
pub const SPEAKS: u16 = 5;

/// Says that *erased* may be the reason of a verdict.
pub const SPEAKS_ERASED: u16 = 1;

/// Says that a snapshot may be sent.
pub const SPEAKS_SNAPSHOTS: u16 = 2;

/// Says that rows in the scopes of walks may be sent.
pub const SPEAKS_WALKS: u16 = 3;

/// Says that parts may come with a seed instead of a salt.
pub const SPEAKS_SEEDS: u16 = 4;

/// Says that pages may be [folded](Page::fold), and that an answer to actions may leave the page for the next.
pub const SPEAKS_FOLDED: u16 = 5;

/// The most changes an action may make (docs/sync.md).
pub const CHANGES_MAX: usize = 500;

/// The most bytes an encoded action may have.
pub const ACTION_BYTES_MAX: usize = 1024 * 1024;

/// What a device sends: what it wrote, and from where it wants to read on.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct SyncRequest {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// The device's origin number.
    #[n(1)]
    pub origin: u32,
    /// How far this device has read.
    #[n(2)]
    pub cursor: Cursor,
    /// Unsent actions in the order they were made.
    #[n(3)]
    pub actions: Vec<Action>,
    /// What the device may take, see [`SPEAKS`]; `None` is 0.
    #[n(4)]
    pub speaks: Option<u16>,
    /// The seal on `actions`.
    #[n(5)]
    pub push: Option<Push>,
    /// What the device read of a log that the server has lost.
    #[n(6)]
    pub offer: Option<Offer>,
    /// The log is wanted, and no snapshot.
    #[n(7)]
    pub log_only: Option<bool>,
}

/// Binds the actions of a request to what the device sent before, and to its key.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Push {
    /// The last action of this origin that the device knows to be judged; `None`: it knows of none.
    #[n(0)]
    pub after: Option<Judged>,
    /// Random, so that nobody who holds the signature can guess at what was signed.
    #[n(1)]
    pub salt: ByteArray<16>,
    /// Ed25519 over [`crate::seal::push_digest`].
    #[n(2)]
    pub signature: Option<ByteArray<64>>,
}

/// An action that was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Judged {
    /// The number after that of its last change.
    #[n(0)]
    pub end: u64,
    /// BLAKE3 of the action as it was sent.
    #[n(1)]
    pub hash: ByteArray<32>,
}

/// An interval of a log that the server has lost, with the proof that it was the server's.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Offer {
    /// Where the interval begins; its heads have hashes, and it has a MAC.
    #[n(0)]
    pub from: Cursor,
    /// Where it ends; likewise.
    #[n(1)]
    pub to: Cursor,
    #[n(2)]
    pub entries: Vec<Entry>,
}

/// How far a device has read: a position in the area's log, and the last sequence number of each scope up to there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Cursor {
    #[n(0)]
    pub position: u64,
    /// Ascending by scope number; a scope of which nothing was read is left out.
    #[n(1)]
    pub scopes: Vec<ScopeSeq>,
    /// The epoch of the log it was read in.
    #[n(2)]
    pub epoch: Option<u64>,
    /// What the server sealed it with ([`crate::seal::cursor_mac`]).
    #[n(3)]
    pub mac: Option<ByteArray<16>>,
}

/// A sequence number within a scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct ScopeSeq {
    #[n(0)]
    pub scope: u32,
    #[n(1)]
    pub seq: u64,
    /// The scope's chain up to there ([`crate::seal`]). Not sent with a request's cursor.
    #[n(2)]
    pub hash: Option<ByteArray<32>>,
}

/// One user action: whole or not at all.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Action {
    /// The number of its first change on the device; the changes are numbered from here in the order they stand.
    #[n(0)]
    pub counter: u64,
    /// The device's hybrid logical clock, milliseconds since 1970 UTC.
    #[n(1)]
    pub hlc: u64,
    /// The position of the device's cursor when the form was opened.
    #[n(2)]
    pub seen: u64,
    #[n(3)]
    pub rows: Vec<RowChange>,
    /// Refuse it rather than let one of its changes meet a conflict or lose.
    #[n(4)]
    pub all_or_nothing: Option<bool>,
}

/// What an action does to one row.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct RowChange {
    #[n(0)]
    pub entity: u16,
    #[n(1)]
    pub row: WireId,
    /// The scope of a new row; for a row that exists, where the writer believed it to be.
    #[n(2)]
    pub scope: u32,
    /// Moves the row to this scope.
    #[n(3)]
    pub move_to: Option<u32>,
    #[n(4)]
    pub fields: Vec<FieldChange>,
}

/// A field gets a value.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct FieldChange {
    #[n(0)]
    pub field: FieldId,
    #[n(1)]
    pub value: Value,
    /// The change that the writer saw as the field's value; `None`: the field was not set.
    #[n(2)]
    pub base: Option<WireChangeId>,
}

/// What the server answers.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct SyncResponse {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// The server's clock, milliseconds since 1970 UTC.
    #[n(1)]
    pub now_ms: u64,
    /// The member's role as the server has it: `Role::ALL` backwards, 0 resident … 3 coordinator.
    #[n(2)]
    pub role: u8,
    /// BLAKE3 of the area's base map, if it has one.
    #[n(3)]
    pub basemap: Option<ByteArray<32>>,
    /// One per action of the request, in its order.
    #[n(4)]
    pub verdicts: Vec<Verdict>,
    #[n(5)]
    pub page: Page,
    /// The cursor is of a log that the server no longer has: offer what was read of it, then read from the start.
    #[n(6)]
    pub restart: Option<Restart>,
    /// Another device has gone on under this origin: take this one for everything unsent, and send it again.
    #[n(7)]
    pub incarnation: Option<u32>,
    /// The position up to which the log is in a backup; entries behind it are worth keeping.
    #[n(8)]
    pub backed_up: Option<u64>,
    /// What to take instead of the log up to a position. The page is empty then.
    #[n(9)]
    pub snapshot: Option<SnapshotOffer>,
    /// The walks whose scopes the device is sent, ascending; `None`: there are none.
    #[n(10)]
    pub walks: Option<Vec<WalkScope>>,
    /// The server unpacks the bodies of requests with `Content-Encoding: deflate`.
    #[n(11)]
    pub unpacks: Option<bool>,
}

/// A walk that the member is on, or, for a coordinator, any walk of the area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WalkScope {
    /// The walk's number; that of its scope is 16 more.
    #[n(0)]
    pub walk: u32,
    /// The position at which its scope begins: whoever has read further without being on the walk lacks that.
    #[n(1)]
    pub first: u64,
}

/// All that the device may read as the log has made it up to a position: shorter than the log itself.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SnapshotOffer {
    #[n(0)]
    pub position: u64,
    /// Ascending by scope number; a scope without any rows ever is left out.
    #[n(1)]
    pub scopes: Vec<SnapshotFile>,
    /// The epoch of the log.
    #[n(2)]
    pub epoch: u64,
    /// What the server seals the cursor at `position` with.
    #[n(3)]
    pub mac: ByteArray<16>,
}

/// One scope of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SnapshotFile {
    #[n(0)]
    pub scope: u32,
    /// The scope's last sequence number at the snapshot's position.
    #[n(1)]
    pub seq: u64,
    /// The scope's chain there.
    #[n(2)]
    pub hash: ByteArray<32>,
    /// BLAKE3 of the file, and its name.
    #[n(3)]
    pub file: ByteArray<32>,
    /// How long it is compressed, as it is sent.
    #[n(4)]
    pub bytes: u64,
    /// How long it is.
    #[n(5)]
    pub raw_bytes: u64,
}

impl SnapshotOffer {
    /// The cursor of a device that has taken the snapshot.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        let head = |scope: &SnapshotFile| ScopeSeq { scope: scope.scope, seq: scope.seq, hash: Some(scope.hash) };
        Cursor {
            position: self.position,
            scopes: self.scopes.iter().map(head).collect(),
            epoch: Some(self.epoch),
            mac: Some(self.mac),
        }
    }
}

/// The server was restored from a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Restart {
    /// The epoch that has begun.
    #[n(0)]
    pub epoch: u64,
    /// Up to here the logs are the same.
    #[n(1)]
    pub after: u64,
    /// The end of the offer that came with the request: it was taken.
    #[n(2)]
    pub taken: Option<u64>,
}

/// What became of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Verdict {
    /// The action's counter.
    #[n(0)]
    pub counter: u64,
    #[n(1)]
    pub outcome: Outcome,
    /// Why it was rejected.
    #[n(2)]
    pub reason: Option<Reason>,
    /// Where it stands in the log, when it was admitted.
    #[n(3)]
    pub position: Option<u64>,
    /// How many conflicts it met; each is a row of its own. `None` is none.
    #[n(4)]
    pub conflicts: Option<u16>,
}

/// How an action fared. 2 is never used: a conflict refuses nothing, see [`Verdict::conflicts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Outcome {
    /// Every change of it is now its field's value.
    #[n(0)]
    Applied,
    /// Admitted, but at least one of its changes lost to a later one. All are in the log.
    #[n(1)]
    Superseded,
    /// Refused whole.
    #[n(3)]
    Rejected,
}

/// Why an action was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Reason {
    #[n(0)]
    Permission,
    #[n(1)]
    Validation,
    #[n(2)]
    Reference,
    #[n(3)]
    PersonalNumber,
    #[n(4)]
    DependsOn,
    #[n(5)]
    TooLarge,
    #[n(6)]
    Quarantined,
    /// An entity that this server does not know.
    #[n(7)]
    Unknown,
    /// It names a row that was erased; nothing of it was kept. Only for devices that speak 1.
    #[n(8)]
    Erased,
    /// It is to be whole or not at all, and somebody else changed the same meanwhile.
    #[n(9)]
    Conflict,
}

/// An interval of the area's log, as far as the device may read it. It ends at an action's end.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Page {
    /// The position the page begins after.
    #[n(0)]
    pub from: u64,
    /// The position the page ends with.
    #[n(1)]
    pub to: u64,
    /// There is more after `to`.
    #[n(2)]
    pub more: bool,
    /// The head of every scope the device may read, at `to`.
    #[n(3)]
    pub heads: Vec<ScopeSeq>,
    #[n(4)]
    pub entries: Vec<Entry>,
    /// The epoch of the log.
    #[n(5)]
    pub epoch: Option<u64>,
    /// What the server seals the cursor at `to` with.
    #[n(6)]
    pub mac: Option<ByteArray<16>>,
    /// The entries say only how they differ from those before them, see [`Page::fold`].
    #[n(7)]
    pub folded: Option<bool>,
}

/// An admitted action, as far as the device may read it.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Entry {
    #[n(0)]
    pub position: u64,
    #[n(1)]
    pub origin: u32,
    #[n(2)]
    pub counter: u64,
    /// The clock that every replica orders by.
    #[n(3)]
    pub effective: u64,
    /// The writer's own clock, for display.
    #[n(4)]
    pub hlc: u64,
    /// Ascending by scope number.
    #[n(5)]
    pub scopes: Vec<ScopeRows>,
}

/// What an action did to the rows of one scope. Each row takes one sequence number, from `first_seq` on.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct ScopeRows {
    #[n(0)]
    pub scope: u32,
    #[n(1)]
    pub first_seq: u64,
    #[n(2)]
    pub rows: Vec<Raw<LogRow>>,
    /// What the rows are hashed with, as long as none of them was erased.
    #[n(3)]
    pub salt: Option<ByteArray<16>>,
    /// One per row, when some were erased.
    #[n(4)]
    pub seals: Option<Vec<Seal>>,
    /// Instead of a salt: what the salts of this part and others that were written with it come from
    /// ([`crate::seal::salt_at`]), as long as nothing of any of them was erased.
    #[n(5)]
    pub salt_seed: Option<ByteArray<16>>,
}

/// How a row of a part with erased rows goes into the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Seal {
    /// The row is still here: what it is hashed with.
    #[n(0)]
    pub key: Option<ByteArray<32>>,
    /// It was erased: its hash. The row that stands in its place says so and is not hashed.
    #[n(1)]
    pub leaf: Option<ByteArray<32>>,
}

/// What an action did to one row.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct LogRow {
    #[n(0)]
    pub entity: u16,
    #[n(1)]
    pub row: WireId,
    /// The row left this scope: forget it.
    #[n(2)]
    pub withdrawn: bool,
    #[n(3)]
    pub fields: Vec<LogField>,
    /// The origin that made the row, when it came into this scope as a whole.
    #[n(4)]
    pub created_by: Option<u32>,
    /// The row was erased, everywhere: forget it and all that was kept about it. `withdrawn` is set as well.
    #[n(5)]
    pub erased: Option<bool>,
}

/// A field as the log has it.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct LogField {
    #[n(0)]
    pub field: FieldId,
    #[n(1)]
    pub value: Value,
    /// The change's place in its action; its id is the entry's origin and `counter + index`.
    #[n(2)]
    pub index: u16,
    /// Set when the row moved here and this field was written by an earlier action: that change's id and clock.
    #[n(3)]
    pub stamp: Option<Stamp>,
}

/// A change's id and effective clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Stamp {
    #[n(0)]
    pub origin: u32,
    #[n(1)]
    pub counter: u64,
    #[n(2)]
    pub effective: u64,
}

impl Action {
    /// How many changes it makes. Each has a number of its own; a row that is only moved counts as one.
    #[must_use]
    pub fn change_count(&self) -> usize {
        self.rows.iter().map(|row| row.fields.len().max(1)).sum()
    }
}
