use super::*;
use proptest::prelude::*;
use uuid::Uuid;

fn row() -> RowId {
    RowId(Uuid::from_u128(7))
}

fn register(value: i64, effective: u64, origin: u32) -> Register {
    Register { value: Value::Int(value), stamp: Stamp { effective, id: ChangeId { origin, counter: effective } } }
}

fn incoming(fields: &[(FieldId, Register)]) -> IncomingRow {
    IncomingRow {
        entity: 3,
        row: row(),
        scope: Scope::Network,
        created_by: 1,
        withdrawn: false,
        fields: fields.to_vec(),
    }
}

fn apply(state: Option<RowState>, change: IncomingRow) -> Option<RowState> {
    match plan(state.clone(), change) {
        Plan::Write { state, .. } => Some(state),
        Plan::Forget => None,
        Plan::Nothing => state,
    }
}

struct Case {
    why: &'static str,
    before: &'static [(FieldId, i64, u64, u32)],
    then: (FieldId, i64, u64, u32),
    value: i64,
    lost: bool,
}

#[test]
fn one_field_has_one_winner() {
    let cases = [
        Case { why: "a new field takes its value", before: &[], then: (2, 10, 5, 1), value: 10, lost: false },
        Case { why: "the later clock wins", before: &[(2, 10, 5, 1)], then: (2, 11, 6, 1), value: 11, lost: false },
        Case { why: "the earlier clock loses", before: &[(2, 10, 5, 1)], then: (2, 11, 4, 9), value: 10, lost: true },
        Case {
            why: "equal clocks: the larger id wins",
            before: &[(2, 10, 5, 1)],
            then: (2, 11, 5, 2),
            value: 11,
            lost: false,
        },
        Case {
            why: "equal clocks: the smaller id loses",
            before: &[(2, 10, 5, 2)],
            then: (2, 11, 5, 1),
            value: 10,
            lost: true,
        },
        Case {
            why: "another field does not meet it",
            before: &[(3, 10, 9, 9)],
            then: (2, 11, 1, 1),
            value: 11,
            lost: false,
        },
        Case {
            why: "the same change again changes nothing",
            before: &[(2, 10, 5, 1)],
            then: (2, 10, 5, 1),
            value: 10,
            lost: false,
        },
    ];
    for case in cases {
        let before: Vec<_> = case.before.iter().map(|&(f, v, e, o)| (f, register(v, e, o))).collect();
        let state = apply(None, incoming(&before));
        let (field, value, effective, origin) = case.then;
        let Plan::Write { state, superseded } = plan(state, incoming(&[(field, register(value, effective, origin))]))
        else {
            panic!("{}: expected a write", case.why);
        };
        assert!(state.fields[&field].value == Value::Int(case.value), "{}", case.why);
        assert_eq!(!superseded.is_empty(), case.lost, "{}", case.why);
    }
}

#[test]
fn a_withdrawal_forgets_only_what_is_still_in_that_scope() {
    let here = apply(None, incoming(&[(2, register(1, 1, 1))]));
    let withdrawal = IncomingRow { withdrawn: true, fields: vec![], ..incoming(&[]) };
    assert_eq!(plan(here.clone(), withdrawal.clone()), Plan::Forget);
    let moved = apply(here, IncomingRow { scope: Scope::Coordination, ..incoming(&[(2, register(1, 1, 1))]) });
    assert_eq!(plan(moved, withdrawal.clone()), Plan::Nothing);
    assert_eq!(plan(None, withdrawal), Plan::Nothing);
}

#[test]
fn the_effective_clock_follows_what_was_seen_and_not_a_wrong_watch() {
    assert_eq!(effective_clock([], 500, 1_000), 500, "the writer's clock");
    assert_eq!(effective_clock([700], 500, 1_000), 701, "after its base");
    assert_eq!(effective_clock([], 9_000_000, 1_000), 61_000, "a watch far ahead is cut to a minute");
    assert_eq!(effective_clock([u64::MAX], 1, 1), u64::MAX, "no overflow");
}

proptest! {
    /// Replicas that have read the same changes hold the same row, whatever the order and however often each came.
    #[test]
    fn order_and_repetition_do_not_matter(
        changes in proptest::collection::vec((1_u16..4, any::<i64>(), 1_u64..6, 1_u32..4), 1..12),
        seed in any::<u64>(),
    ) {
        // One id never carries two values.
        let mut unique = BTreeMap::new();
        for (field, value, effective, origin) in changes {
            unique.entry((field, effective, origin)).or_insert(value);
        }
        let list: Vec<_> = unique.into_iter().map(|((f, e, o), v)| (f, register(v, e, o))).collect();
        let forward = list.iter().fold(None, |state, change| apply(state, incoming(std::slice::from_ref(change))));
        let mut shuffled = list.clone();
        shuffled.extend(list.iter().take(2).cloned());
        let length = shuffled.len();
        let mut random = seed;
        for index in (1..length).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(index, usize::try_from(random >> 33).unwrap() % (index + 1));
        }
        let other = shuffled.iter().fold(None, |state, change| apply(state, incoming(std::slice::from_ref(change))));
        prop_assert_eq!(forward, other);
    }
}
