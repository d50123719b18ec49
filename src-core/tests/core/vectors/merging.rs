//! What every replica computes by itself: clocks, winners and ids.

use super::{check, hex, told};
use crate::devices::row;
use serde_json::{Value as Json, json};
use trygkort_core::domain::{ChangeId, RowId, Scope, Value};
use trygkort_core::merge::{IncomingRow, Plan, Register, RowState, Stamp, effective_clock, plan};

fn clock(about: &str, bases: &[u64], hlc: u64) -> Json {
    let now = 1_795_162_440_000;
    let effective = effective_clock(bases.iter().copied(), hlc, now);
    json!({ "about": about, "bases": bases, "hlc": hlc, "now": now, "effective": effective })
}

/// A change of field 3 as a row's part of an entry.
fn change(text: &str, effective: u64, origin: u32, counter: u64) -> IncomingRow {
    let stamp = Stamp { effective, id: ChangeId { origin, counter } };
    let fields = vec![(3, Register { value: text.into(), stamp })];
    IncomingRow { entity: 7, row: row(1), scope: Scope::Network, created_by: 1, withdrawn: false, fields }
}

fn merged(current: Option<RowState>, incoming: IncomingRow) -> (RowState, Vec<u16>) {
    match plan(current, incoming) {
        Plan::Write { state, superseded } => (state, superseded),
        Plan::Forget | Plan::Nothing => panic!("a row that is not withdrawn is written"),
    }
}

/// One change behind another: what stands then, and whether the second lost.
fn meeting(about: &str, first: &IncomingRow, second: &IncomingRow) -> Json {
    let both = |one: &IncomingRow, two: &IncomingRow| merged(Some(merged(None, one.clone()).0), two.clone());
    let (state, superseded) = both(first, second);
    assert_eq!(both(second, first).0, state, "{about}: whatever comes first");
    let (first, second) = (merged(None, first.clone()).0, merged(None, second.clone()).0);
    json!({
        "about": about, "first": told(&first)["fields"], "second": told(&second)["fields"],
        "stands": told(&state)["fields"], "second_lost": !superseded.is_empty(),
    })
}

#[test]
fn clocks_and_the_merge_of_two_changes() {
    let now = 1_795_162_440_000;
    let clocks = [
        clock("without a base, the writer's own clock", &[], now - 86_400_000),
        clock("as far ahead as it may be", &[], now + 60_000),
        clock("no further, whatever the watch says", &[], now + 315_360_000_000),
        clock("after the latest base", &[now - 9_000, now - 5_000], now - 86_400_000),
        clock("the own clock when it is later than the base", &[now - 5_000], now - 1_000),
        clock("after a base that is ahead itself", &[now + 60_000], now + 60_000),
    ];
    let held = change("Ring på", 1_000, 2, 20);
    let meetings = [
        meeting("the later clock wins", &held, &change("Bank på", 1_001, 1, 1)),
        meeting("the earlier clock loses", &held, &change("Bank på", 999, 3, 30)),
        meeting("at one clock the larger origin wins", &held, &change("Bank på", 1_000, 3, 1)),
        meeting("at one clock the smaller origin loses", &held, &change("Bank på", 1_000, 1, 30)),
        meeting("of one origin the larger counter wins", &held, &change("Bank på", 1_000, 2, 21)),
        meeting("the same once more changes nothing", &held, &held),
        meeting("an emptied field is a value too", &held, &{
            let mut emptied = change("", 1_001, 1, 1);
            emptied.fields[0].1.value = Value::Null;
            emptied
        }),
    ];
    check(
        "merge",
        &json!({
            "about": "effective clocks of actions, from those of their bases; and changes of field 3 of one row",
            "clocks": clocks, "meetings": meetings,
        }),
    );
}

fn derived(about: &str, text: &str, rows: &[RowId]) -> Json {
    let hashed = [text.as_bytes().to_vec(), rows.iter().flat_map(|row| *row.0.as_bytes()).collect()].concat();
    let id = RowId::derived(text, rows);
    let hash = blake3::hash(&hashed);
    assert_eq!(id.0.as_bytes()[..6], hash.as_bytes()[..6], "hashed in this order, and nothing else");
    let rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
    json!({
        "about": about, "text": text, "rows": rows, "hashed": hex(&hashed), "hash": hash.to_hex().as_str(),
        "id": id.to_string(),
    })
}

#[test]
fn ids_that_follow_from_what_a_row_is_about() {
    let (problem, contact) = (row(0x0198_0000_0000_7000_8000_0000_0000_0001), row(2));
    check(
        "ids",
        &json!({
            "about": "ids that are not random: the row's own UUID, from a text and the UUIDs of other rows",
            "ids": [
                derived("the card cell of a problem and a contact", "card_cell", &[problem, contact]),
                derived("the other way round it is another one", "card_cell", &[contact, problem]),
                derived("origin 2 did not know change 10 of origin 1 in field 6", "conflict 6 2 1.10", &[contact]),
                derived("the mirror of a device under its further origin 5", "device 5", &[row(9)]),
            ],
        }),
    );
}
