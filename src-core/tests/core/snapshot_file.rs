//! The file of a snapshot: whatever rows there are come out as they went in, and no bytes do harm.

use crate::devices::{area, row};
use proptest::prelude::*;
use trygkort_core::domain::{ChangeId, Position, Scope, Value};
use trygkort_core::merge::{Register, RowState, Stamp};
use trygkort_core::snapshot::Snapshot;

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        "[a-zæøå ]{0,20}".prop_map(Value::from),
        any::<u128>().prop_map(|n| Value::Row(row(n))),
        (any::<i32>(), any::<i32>(), any::<Option<u32>>())
            .prop_map(|(lat_e7, lon_e7, accuracy_m)| Value::Position(Position { lat_e7, lon_e7, accuracy_m })),
        Just(Value::Opaque(vec![0xf9, 0x3c, 0x00])),
        Just(Value::Opaque(vec![0x82, 0x01, 0x61, 0x61])),
    ]
}

fn register() -> impl Strategy<Value = Register> {
    let number = || prop_oneof![0..1_000_u64, 0..=i64::MAX as u64];
    (value(), number(), any::<u32>(), number()).prop_map(|(value, effective, origin, counter)| Register {
        value,
        stamp: Stamp { effective, id: ChangeId { origin, counter } },
    })
}

fn states() -> impl Strategy<Value = Vec<RowState>> {
    let fields = proptest::collection::btree_map(prop_oneof![0..8_u16, any::<u16>()], register(), 0..6);
    let state = (prop_oneof![1..12_u16, any::<u16>()], any::<u32>(), fields);
    proptest::collection::btree_map(any::<u128>(), state, 0..20).prop_map(|states| {
        let state = |(id, (entity, created_by, fields))| RowState {
            entity,
            row: row(id),
            scope: Scope::Network,
            created_by,
            fields,
        };
        states.into_iter().map(state).collect()
    })
}

proptest! {
    #[test]
    fn whatever_rows_there_are_come_out_as_they_went_in(rows in states(), position in 0..=i64::MAX as u64) {
        let whole = Snapshot { area: area(), scope: Scope::Network, position, rows: rows.clone(), erased: vec![row(3)] }.to_bytes();
        let mut read = Snapshot::from_bytes(&whole).unwrap();
        prop_assert_eq!((read.area, read.scope, read.position), (area(), Scope::Network, position));
        read.rows.sort_by_key(|state| state.row);
        prop_assert!(read.rows == rows && read.erased == [row(3)]);
        let mut backwards = rows;
        backwards.reverse();
        let again = Snapshot { area: area(), scope: Scope::Network, position, rows: backwards, erased: vec![row(3)] }.to_bytes();
        prop_assert_eq!(again, whole, "the same rows are the same file");
    }

    #[test]
    fn no_bytes_do_harm(
        rows in states(),
        noise in proptest::collection::vec(any::<u8>(), 0..200),
        at in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let _ = Snapshot::from_bytes(&noise);
        let mut whole = Snapshot { area: area(), scope: Scope::Network, position: 1, rows, erased: Vec::new() }.to_bytes();
        let at = at.index(whole.len());
        prop_assert!(Snapshot::from_bytes(&whole[..at]).is_err());
        whole[at] = byte;
        // Another byte is another snapshot, or none. Whichever it is, it can be written again.
        if let Ok(read) = Snapshot::from_bytes(&whole) {
            let _ = read.to_bytes();
        }
    }
}
