//! A snapshot: all rows of one scope as the log has made them up to a position, in columns so that it compresses well
//! (docs/sync.md, *Snapshots*). Pure; the server writes what the device reads.
//!
//! Rows are sorted by id, and what stands in a column is mostly the difference from the one before: rows that were
//! written one after the other differ by the same few numbers again and again.

use crate::domain::{AreaId, ChangeId, FieldId, RowId, Scope, Value};
use crate::merge::{Register, RowState, Stamp};
use crate::wire::v1::WireId;
use crate::wire::{from_bytes, to_bytes};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;
use thiserror::Error;
use uuid::Uuid;

/// The content type of a snapshot's file.
pub const CONTENT_TYPE: &str = "application/vnd.trygkort.snapshot-v1+cbor";

/// The number that a file begins with.
const VERSION: u16 = 1;
const ID_BYTES: usize = 16;

/// What is not a snapshot, or contradicts itself.
#[derive(Debug, Error)]
pub enum Malformed {
    #[error("the snapshot cannot be read: {0}")]
    Cbor(#[from] minicbor::decode::Error),
    #[error("the snapshot is of version {0}")]
    Version(u16),
    #[error("the snapshot contradicts itself: {0}")]
    Contradiction(&'static str),
}

/// What a file holds.
#[derive(Debug, PartialEq)]
pub struct Snapshot {
    pub area: AreaId,
    pub scope: Scope,
    /// The log up to here is in it.
    pub position: u64,
    /// Every one of the scope.
    pub rows: Vec<RowState>,
    /// Rows that were in the scope once and were erased since: whoever has read of them forgets it.
    pub erased: Vec<RowId>,
}

#[derive(Encode, Decode)]
struct File {
    #[n(0)]
    version: u16,
    #[n(1)]
    area: WireId,
    #[n(2)]
    scope: u32,
    #[n(3)]
    position: u64,
    /// Ascending by entity.
    #[n(4)]
    entities: Vec<Rows>,
    #[n(5)]
    erased: Vec<WireId>,
}

/// The rows of an entity, ascending by id.
#[derive(Encode, Decode)]
struct Rows {
    #[n(0)]
    entity: u16,
    /// The first bytes of all ids, then the second ones, and so on.
    #[n(1)]
    ids: ByteVec,
    #[n(2)]
    created_by: Vec<i64>,
    /// Ascending by field.
    #[n(3)]
    fields: Vec<Column>,
}

/// A field of an entity's rows.
#[derive(Encode, Decode)]
struct Column {
    #[n(0)]
    field: FieldId,
    /// Which rows have it, by their number; empty: all of them.
    #[n(1)]
    rows: Option<Vec<i64>>,
    #[n(2)]
    values: Vec<Value>,
    #[n(3)]
    effective: Vec<i64>,
    #[n(4)]
    origin: Vec<i64>,
    #[n(5)]
    counter: Vec<i64>,
}

impl Snapshot {
    /// The bytes of the file: the same for the same rows, whatever their order.
    #[must_use]
    pub fn to_bytes(mut self) -> Vec<u8> {
        self.rows.sort_by_key(|row| (row.entity, row.row));
        let entities = self.rows.chunk_by(|a, b| a.entity == b.entity).map(to_columns).collect();
        self.erased.sort_unstable();
        let Self { area, scope, position, erased, .. } = self;
        let erased = erased.into_iter().map(WireId).collect();
        to_bytes(&File { version: VERSION, area: WireId(area.0), scope: scope.number(), position, entities, erased })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it is no snapshot, or contradicts itself.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut decoder = minicbor::Decoder::new(bytes);
        decoder.array()?;
        let version = decoder.u16()?;
        if version != VERSION {
            return Err(Malformed::Version(version));
        }
        let file: File = from_bytes(bytes)?;
        let scope = Scope::from_number(file.scope).ok_or(Malformed::Contradiction("an unknown scope"))?;
        if !is_ascending(file.entities.iter().map(|rows| rows.entity)) {
            return Err(Malformed::Contradiction("the entities are not in order"));
        }
        let mut rows = Vec::new();
        for columns in file.entities {
            rows.extend(from_columns(columns, scope)?);
        }
        let erased = file.erased.into_iter().map(|row| row.0).collect();
        Ok(Self { area: AreaId(file.area.0), scope, position: file.position, rows, erased })
    }
}

/// `rows` are of one entity, ascending by id.
fn to_columns(rows: &[RowState]) -> Rows {
    let mut fields: BTreeMap<FieldId, Vec<(usize, &Register)>> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        for (field, register) in &row.fields {
            fields.entry(*field).or_default().push((number, register));
        }
    }
    let ids = (0..ID_BYTES).flat_map(|plane| rows.iter().map(move |row| row.row.0.as_bytes()[plane]));
    Rows {
        entity: rows.first().map_or(0, |row| row.entity),
        ids: ids.collect::<Vec<u8>>().into(),
        created_by: differences(rows.iter().map(|row| row.created_by.into())),
        fields: fields.into_iter().map(|(field, registers)| column(field, &registers, rows.len())).collect(),
    }
}

fn column(field: FieldId, registers: &[(usize, &Register)], all: usize) -> Column {
    let stamps = || registers.iter().map(|(_, register)| register.stamp);
    Column {
        field,
        rows: (registers.len() < all).then(|| differences(registers.iter().map(|(number, _)| *number as u64))),
        values: registers.iter().map(|(_, register)| register.value.clone()).collect(),
        effective: differences(stamps().map(|stamp| stamp.effective)),
        origin: differences(stamps().map(|stamp| stamp.id.origin.into())),
        counter: differences(stamps().map(|stamp| stamp.id.counter)),
    }
}

fn from_columns(columns: Rows, scope: Scope) -> Result<Vec<RowState>, Malformed> {
    let count = columns.ids.len() / ID_BYTES;
    if !columns.ids.len().is_multiple_of(ID_BYTES) || columns.created_by.len() != count {
        return Err(Malformed::Contradiction("columns of different lengths"));
    }
    let created_by = sums(&columns.created_by).map(small);
    let mut rows = Vec::with_capacity(count);
    for (number, created_by) in created_by.enumerate() {
        let id: [u8; ID_BYTES] = std::array::from_fn(|plane| columns.ids[plane * count + number]);
        let (entity, row) = (columns.entity, RowId(Uuid::from_bytes(id)));
        rows.push(RowState { entity, row, scope, created_by: created_by?, fields: BTreeMap::new() });
    }
    if !is_ascending(rows.iter().map(|row| row.row)) || !is_ascending(columns.fields.iter().map(|c| c.field)) {
        return Err(Malformed::Contradiction("rows or fields are not in order"));
    }
    for column in columns.fields {
        fill(column, &mut rows)?;
    }
    Ok(rows)
}

/// Puts a column into the rows.
fn fill(column: Column, rows: &mut [RowState]) -> Result<(), Malformed> {
    let count = column.values.len();
    let numbers: Vec<u64> = match &column.rows {
        Some(numbers) => sums(numbers).collect::<Result<_, _>>()?,
        None => (0..rows.len() as u64).collect(),
    };
    let lengths = [numbers.len(), column.effective.len(), column.origin.len(), column.counter.len()];
    if lengths.iter().any(|length| *length != count) || !is_ascending(numbers.iter().copied()) {
        return Err(Malformed::Contradiction("columns of different lengths"));
    }
    let stamps = sums(&column.effective).zip(sums(&column.origin)).zip(sums(&column.counter));
    for ((number, value), ((effective, origin), counter)) in numbers.into_iter().zip(column.values).zip(stamps) {
        let id = ChangeId { origin: small(origin)?, counter: counter? };
        let row = usize::try_from(number).ok().and_then(|number| rows.get_mut(number));
        let row = row.ok_or(Malformed::Contradiction("a field of a row that is not there"))?;
        row.fields.insert(column.field, Register { value, stamp: Stamp { effective: effective?, id } });
    }
    Ok(())
}

/// Each number less the one before it. Numbers are below 2⁶³, so a difference fits.
fn differences(numbers: impl Iterator<Item = u64>) -> Vec<i64> {
    let signed = numbers.map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    let mut before = 0;
    signed.map(|number| number - std::mem::replace(&mut before, number)).collect()
}

/// The numbers of which these are the differences.
fn sums(differences: &[i64]) -> impl Iterator<Item = Result<u64, Malformed>> + '_ {
    let mut number = 0_i64;
    differences.iter().map(move |difference| {
        let sum = number.checked_add(*difference).and_then(|sum| u64::try_from(sum).ok().map(|whole| (sum, whole)));
        let (sum, whole) = sum.ok_or(Malformed::Contradiction("a number is out of range"))?;
        number = sum;
        Ok(whole)
    })
}

fn small(number: Result<u64, Malformed>) -> Result<u32, Malformed> {
    u32::try_from(number?).map_err(|_| Malformed::Contradiction("an origin is out of range"))
}

fn is_ascending<T: PartialOrd>(items: impl Iterator<Item = T> + Clone) -> bool {
    items.clone().zip(items.skip(1)).all(|(a, b)| a < b)
}
