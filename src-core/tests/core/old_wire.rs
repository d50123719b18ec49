//! Version 1 as it was first spoken: a frozen copy of the messages before anything was added to them. It never changes.
//! Ids and values are those of today, whose bytes are pinned elsewhere.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use trygkort_core::domain::{FieldId, Value};
use trygkort_core::wire::v1::{WireChangeId, WireId};

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct SyncRequest {
    #[n(0)]
    pub(crate) version: u16,
    #[n(1)]
    pub(crate) origin: u32,
    #[n(2)]
    pub(crate) cursor: Cursor,
    #[n(3)]
    pub(crate) actions: Vec<Action>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Cursor {
    #[n(0)]
    pub(crate) position: u64,
    #[n(1)]
    pub(crate) scopes: Vec<ScopeSeq>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct ScopeSeq {
    #[n(0)]
    pub(crate) scope: u8,
    #[n(1)]
    pub(crate) seq: u64,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct Action {
    #[n(0)]
    pub(crate) counter: u64,
    #[n(1)]
    pub(crate) hlc: u64,
    #[n(2)]
    pub(crate) seen: u64,
    #[n(3)]
    pub(crate) rows: Vec<RowChange>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct RowChange {
    #[n(0)]
    pub(crate) entity: u16,
    #[n(1)]
    pub(crate) row: WireId,
    #[n(2)]
    pub(crate) scope: u8,
    #[n(3)]
    pub(crate) move_to: Option<u8>,
    #[n(4)]
    pub(crate) fields: Vec<FieldChange>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct FieldChange {
    #[n(0)]
    pub(crate) field: FieldId,
    #[n(1)]
    pub(crate) value: Value,
    #[n(2)]
    pub(crate) base: Option<WireChangeId>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct SyncResponse {
    #[n(0)]
    pub(crate) version: u16,
    #[n(1)]
    pub(crate) now_ms: u64,
    #[n(2)]
    pub(crate) role: u8,
    #[n(3)]
    pub(crate) basemap: Option<ByteArray<32>>,
    #[n(4)]
    pub(crate) verdicts: Vec<Verdict>,
    #[n(5)]
    pub(crate) page: Page,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Verdict {
    #[n(0)]
    pub(crate) counter: u64,
    #[n(1)]
    pub(crate) outcome: Outcome,
    #[n(2)]
    pub(crate) reason: Option<Reason>,
    #[n(3)]
    pub(crate) position: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Outcome {
    #[n(0)]
    Applied,
    #[n(1)]
    Superseded,
    #[n(3)]
    Rejected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Reason {
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
    #[n(7)]
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct Page {
    #[n(0)]
    pub(crate) from: u64,
    #[n(1)]
    pub(crate) to: u64,
    #[n(2)]
    pub(crate) more: bool,
    #[n(3)]
    pub(crate) heads: Vec<ScopeSeq>,
    #[n(4)]
    pub(crate) entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct Entry {
    #[n(0)]
    pub(crate) position: u64,
    #[n(1)]
    pub(crate) origin: u32,
    #[n(2)]
    pub(crate) counter: u64,
    #[n(3)]
    pub(crate) effective: u64,
    #[n(4)]
    pub(crate) hlc: u64,
    #[n(5)]
    pub(crate) scopes: Vec<ScopeRows>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct ScopeRows {
    #[n(0)]
    pub(crate) scope: u8,
    #[n(1)]
    pub(crate) first_seq: u64,
    #[n(2)]
    pub(crate) rows: Vec<LogRow>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct LogRow {
    #[n(0)]
    pub(crate) entity: u16,
    #[n(1)]
    pub(crate) row: WireId,
    #[n(2)]
    pub(crate) withdrawn: bool,
    #[n(3)]
    pub(crate) fields: Vec<LogField>,
    #[n(4)]
    pub(crate) created_by: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct LogField {
    #[n(0)]
    pub(crate) field: FieldId,
    #[n(1)]
    pub(crate) value: Value,
    #[n(2)]
    pub(crate) index: u16,
    #[n(3)]
    pub(crate) stamp: Option<Stamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Stamp {
    #[n(0)]
    pub(crate) origin: u32,
    #[n(1)]
    pub(crate) counter: u64,
    #[n(2)]
    pub(crate) effective: u64,
}
