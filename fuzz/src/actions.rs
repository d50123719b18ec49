//! Requests that are well formed and make no sense: the fuzzer chooses rows, fields, values and numbers from few, so
//! that they meet.

use crate::world::{ORIGIN, content, device, hub, next_request, row};
use arbitrary::{Arbitrary, Unstructured};
use trygkort_core::domain::{ChangeId, Position, RowId, Value};
use trygkort_core::hub::HubError;
use trygkort_core::sync;
use trygkort_core::wire::v1::{
    Action, Cursor, FieldChange, RowChange, ScopeSeq, SyncRequest, SyncResponse, WireChangeId, WireId,
};
use trygkort_core::wire::{VERSION, from_bytes, to_bytes};

/// Requests one after the other, each sent twice, as a device does that lost the answer. The same request gets the
/// same verdicts, the log stays whole, and the device that every input finds takes what came of it.
pub fn hub_actions(input: &[u8]) {
    let mut input = Unstructured::new(input);
    let Ok(requests) = Vec::<AnyRequest>::arbitrary(&mut input) else { return };
    let known = known_rows();
    let mut hub = hub();
    for request in requests.into_iter().take(4) {
        let body = to_bytes(&request.into_request(&known));
        let (first, second) = (hub.exchange(&body), hub.exchange(&body));
        for answer in [&first, &second] {
            if let Err(HubError::Store(error)) = answer {
                panic!("a device's request made the store fail: {error}");
            }
        }
        if let (Ok(first), Ok(second)) = (first, second) {
            let verdicts = |body: &[u8]| from_bytes::<SyncResponse>(body).expect("an answer can be read").verdicts;
            assert_eq!(verdicts(&first), verdicts(&second), "a request that came twice was judged anew");
        }
    }
    hub.expect_whole();
    let mut device = device();
    let asked = next_request(&device);
    let answer = hub.exchange(&asked).expect("a device's own request");
    sync::apply(&mut device, &answer, crate::world::NOW_MS).expect("a page of the log");
}

#[derive(Arbitrary, Debug)]
struct AnyRequest {
    position: u8,
    scopes: Vec<(u8, u8)>,
    actions: Vec<AnyAction>,
}

#[derive(Arbitrary, Debug)]
struct AnyAction {
    counter: AnyNumber,
    hlc: AnyNumber,
    seen: AnyNumber,
    all_or_nothing: Option<bool>,
    rows: Vec<AnyRow>,
}

#[derive(Arbitrary, Debug)]
struct AnyRow {
    entity: u8,
    row: u8,
    scope: u8,
    move_to: Option<u8>,
    fields: Vec<AnyField>,
}

#[derive(Arbitrary, Debug)]
struct AnyField {
    field: u8,
    value: AnyValue,
    /// The change that it stands on: its origin and its counter.
    base: Option<(u8, AnyNumber)>,
}

#[derive(Arbitrary, Debug)]
enum AnyNumber {
    Small(u8),
    Now(i16),
    /// So many below what no column can hold.
    High(u8),
    Any(u64),
}

#[derive(Arbitrary, Debug)]
enum AnyValue {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    Row(u8),
    Position(i32, i32, Option<u32>),
    /// A text that a field may want: a kind, a category, an opening hour.
    Word(u8),
}

const WORDS: [&str; 12] =
    ["place", "location", "group", "phone", "mail", "web", "Mo-Fr 07:00-15:00", "", "a0", "a0V", "+4512345678", "x"];

impl AnyRequest {
    fn into_request(self, known: &[RowId]) -> SyncRequest {
        let scopes =
            self.scopes.into_iter().map(|(scope, seq)| ScopeSeq { scope: scope.into(), seq: seq.into(), hash: None });
        let cursor = Cursor { position: self.position.into(), scopes: scopes.collect(), ..Default::default() };
        let actions = self.actions.into_iter().map(|action| action.into_action(known)).collect();
        SyncRequest { version: VERSION, origin: ORIGIN, cursor, actions, ..Default::default() }
    }
}

impl AnyAction {
    fn into_action(self, known: &[RowId]) -> Action {
        Action {
            counter: self.counter.into_number(),
            hlc: self.hlc.into_number(),
            seen: self.seen.into_number(),
            all_or_nothing: self.all_or_nothing,
            rows: self.rows.into_iter().map(|row| row.into_change(known)).collect(),
        }
    }
}

impl AnyRow {
    fn into_change(self, known: &[RowId]) -> RowChange {
        let fields = self.fields.into_iter().map(|AnyField { field, value, base }| FieldChange {
            field: field.into(),
            value: value.into_value(known),
            base: base.map(|(origin, counter)| {
                WireChangeId(ChangeId { origin: u32::from(origin), counter: counter.into_number() })
            }),
        });
        RowChange {
            entity: u16::from(self.entity),
            row: WireId(any_row(self.row, known)),
            scope: self.scope.into(),
            move_to: self.move_to.map(Into::into),
            fields: fields.collect(),
        }
    }
}

impl AnyNumber {
    fn into_number(self) -> u64 {
        match self {
            Self::Small(number) => number.into(),
            Self::Now(by) => u64::try_from(crate::world::NOW_MS + i64::from(by)).expect("after 1970"),
            Self::High(below) => i64::MAX.unsigned_abs() - u64::from(below),
            Self::Any(number) => number,
        }
    }
}

impl AnyValue {
    fn into_value(self, known: &[RowId]) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Text(value) => Value::Text(value),
            Self::Row(number) => Value::Row(any_row(number, known)),
            Self::Position(lat_e7, lon_e7, accuracy_m) => Value::Position(Position { lat_e7, lon_e7, accuracy_m }),
            Self::Word(number) => Value::from(WORDS[usize::from(number) % WORDS.len()]),
        }
    }
}

/// A row of the log, or one of a few that are not there yet.
fn any_row(number: u8, known: &[RowId]) -> RowId {
    known.get(usize::from(number)).copied().unwrap_or_else(|| row(number.into()))
}

fn known_rows() -> Vec<RowId> {
    let mut rows: Vec<RowId> = content().iter().flat_map(|action| &action.rows).map(|change| change.row.0).collect();
    rows.sort();
    rows.dedup();
    rows.truncate(200);
    rows
}
