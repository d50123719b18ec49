//! What a server says to actions, and what a device that reads it then holds.

use super::{check, hex, told};
use crate::devices::{Hub, NOON_MS, area, row};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use trygkort_core::domain::schema::{DELETED_AT, card_cell, contact, problem};
use trygkort_core::domain::{ChangeId, Entity, FieldId, Role, RowId, Scope, Value};
use trygkort_core::merge::{IncomingRow, Plan, Register, RowState, Stamp, plan};
use trygkort_core::seal::Chains;
use trygkort_core::wire::v1::{
    Action, Cursor, FieldChange, LogField, Page, RowChange, Stamp as WireStamp, SyncRequest, SyncResponse, Verdict,
    WireChangeId, WireId,
};
use trygkort_core::wire::{from_bytes, to_bytes};

const CONTACT: u128 = 1;
const PROBLEM: u128 = 2;

/// A change of one row, its fields without a base.
pub(super) fn change(entity: Entity, id: RowId, scope: Scope, fields: Vec<(FieldId, Value)>) -> RowChange {
    let fields = fields.into_iter().map(|(field, value)| FieldChange { field, value, base: None }).collect();
    RowChange { entity: entity.number(), row: WireId(id), scope: scope.number(), move_to: None, fields }
}

/// An action by somebody who had read the log up to its first entry.
pub(super) fn action(counter: u64, later_ms: u64, row: RowChange) -> Action {
    let hlc = u64::try_from(NOON_MS).unwrap() + later_ms;
    Action { counter, hlc, seen: 1, all_or_nothing: None, rows: vec![row] }
}

/// The contact that all is about.
pub(super) fn made() -> Action {
    action(1, 0, change(Entity::Contact, row(CONTACT), Scope::Network, vec![(contact::name, "Vagten".into())]))
}

/// An edit of the contact.
pub(super) fn set(counter: u64, later_ms: u64, field: FieldId, value: impl Into<Value>) -> Action {
    let fields = vec![(field, value.into())];
    action(counter, later_ms, change(Entity::Contact, row(CONTACT), Scope::Network, fields))
}

/// The same by somebody who had seen this change.
fn knowing(mut action: Action, origin: u32, counter: u64) -> Action {
    action.rows[0].fields[0].base = Some(WireChangeId(ChangeId { origin, counter }));
    action
}

pub(super) fn ask(hub: &mut Hub, request: &SyncRequest) -> SyncResponse {
    from_bytes(&hub.exchange(request.origin, Role::Coordinator, &to_bytes(request)).unwrap()).unwrap()
}

/// Reads a page from the start as a client does: by the chains, and merging every field.
pub(super) fn read(page: &Page) -> BTreeMap<RowId, RowState> {
    let mut chains = Chains::at(area(), &Cursor::default());
    let mut rows = BTreeMap::new();
    for entry in &page.entries {
        chains.read(entry).unwrap();
        for (part, row) in entry.scopes.iter().flat_map(|part| part.rows.iter().map(move |row| (part, row))) {
            let by_entry = |field: &LogField| Stamp {
                effective: entry.effective,
                id: ChangeId { origin: entry.origin, counter: entry.counter + u64::from(field.index) },
            };
            let its_own = |stamp: WireStamp| Stamp {
                effective: stamp.effective,
                id: ChangeId { origin: stamp.origin, counter: stamp.counter },
            };
            let register = |field: &LogField| {
                let stamp = field.stamp.map_or_else(|| by_entry(field), its_own);
                (field.field, Register { value: field.value.clone(), stamp })
            };
            let incoming = IncomingRow {
                entity: row.entity,
                row: row.row.0,
                scope: Scope::from_number(part.scope).unwrap(),
                created_by: row.created_by.unwrap_or(entry.origin),
                withdrawn: row.withdrawn,
                fields: row.fields.iter().map(register).collect(),
            };
            match plan(rows.get(&row.row.0).cloned(), incoming) {
                Plan::Write { state, .. } => drop(rows.insert(row.row.0, state)),
                Plan::Forget => drop(rows.remove(&row.row.0)),
                Plan::Nothing => {}
            }
        }
    }
    chains.check(&page.heads).unwrap();
    rows
}

/// All rows of a log.
fn all(hub: &mut Hub) -> BTreeMap<RowId, RowState> {
    read(&hub.push(9, Role::Coordinator, Vec::new()).page)
}

/// A verdict with its numbers as they stand on the wire.
fn spoken(verdict: &Verdict) -> Json {
    let number = |item: Vec<u8>| item[0];
    json!({
        "counter": verdict.counter, "outcome": number(to_bytes(&verdict.outcome)),
        "reason": verdict.reason.map(|reason| number(to_bytes(&reason))), "position": verdict.position,
        "conflicts": verdict.conflicts.unwrap_or(0),
    })
}

/// What origin 2 sends: each action fares otherwise.
fn six_actions() -> Vec<Action> {
    let cell = RowId::derived("card_cell", &[row(PROBLEM), row(CONTACT)]);
    let ends = [(card_cell::problem, row(PROBLEM).into()), (card_cell::contact, row(CONTACT).into())];
    let tick = ends.into_iter().chain([(card_cell::on, true.into())]).collect();
    let unknown = RowChange { entity: 4_000, ..change(Entity::Contact, row(3), Scope::Network, vec![(2, "x".into())]) };
    vec![
        set(1, 9_000, contact::note, "Bank på"),
        set(2, 1_000, contact::role, "Vagt"),
        set(3, 9_200, contact::hours, "010203-1234"),
        knowing(set(4, 9_300, contact::hours, "Mo-Fr 08:00-15:00"), 2, 3),
        action(5, 9_400, change(Entity::CardCell, cell, Scope::Public, tick)),
        action(8, 9_500, unknown),
    ]
}

#[test]
fn an_exchange_with_verdicts() {
    let mut hub = Hub::empty();
    let tile = change(Entity::Problem, row(PROBLEM), Scope::Public, vec![(problem::name, "Hærværk".into())]);
    let both = change(
        Entity::Contact,
        row(CONTACT),
        Scope::Network,
        vec![(contact::role, "Portner".into()), (contact::note, "Ring på".into())],
    );
    let before = [made(), action(2, 100, tile), action(3, 5_000, both)];
    hub.push(1, Role::Coordinator, before.to_vec());
    let request = SyncRequest { version: 1, origin: 2, actions: six_actions(), speaks: Some(4), ..Default::default() };
    let response = ask(&mut hub, &request);
    let rows = read(&response.page);
    assert!(rows.values().all(|held| hub.log.row(held.row).unwrap().as_ref() == Some(held)), "what the server holds");
    assert_eq!(rows.len(), 5, "contact, tile, tick and two conflicts");
    assert_eq!(response.verdicts, ask(&mut hub, &request).verdicts, "the same again is told the same");
    check(
        "exchange",
        &json!({
            "about": "a device that had read nothing pushes six actions, unsigned, after three of origin 1 were admitted",
            "area": area().to_string(), "key": hex([7; 32]), "now": NOON_MS,
            "before": before.iter().map(|action| hex(to_bytes(action))).collect::<Vec<_>>(),
            "request": hex(to_bytes(&request)), "response": hex(to_bytes(&response)),
            "verdicts": response.verdicts.iter().map(spoken).collect::<Vec<_>>(),
            "rows": rows.values().map(told).collect::<Vec<_>>(),
        }),
    );
}

/// Actions, each with its origin, and the texts that the ids of the conflicts they meet are derived from.
struct Meeting {
    about: &'static str,
    actions: Vec<(u32, Action)>,
    texts: &'static [&'static str],
}

/// Pushes the actions behind the contact, and tells what became of them.
fn met(meeting: &Meeting) -> Json {
    let Meeting { about, actions, texts } = meeting;
    let mut hub = Hub::empty();
    hub.push(1, Role::Coordinator, vec![made()]);
    let mut said = Vec::new();
    for (origin, action) in actions {
        let verdict = hub.push(*origin, Role::Coordinator, vec![action.clone()]).verdicts[0];
        said.push(json!({ "origin": origin, "action": hex(to_bytes(action)), "verdict": spoken(&verdict) }));
    }
    let rows = all(&mut hub);
    let conflicts: Vec<&RowState> = rows.values().filter(|row| row.entity == Entity::Conflict.number()).collect();
    let mut ids: Vec<RowId> = texts.iter().map(|text| RowId::derived(text, &[row(CONTACT)])).collect();
    ids.sort();
    assert_eq!(conflicts.iter().map(|held| held.row).collect::<Vec<_>>(), ids, "{about}");
    json!({
        "about": about, "actions": said, "ids_from": texts, "row": told(&rows[&row(CONTACT)]),
        "conflicts": conflicts.into_iter().map(told).collect::<Vec<_>>(),
    })
}

/// Origin 2 writes a note without having seen that of origin 1.
fn two_notes() -> Vec<(u32, Action)> {
    vec![(1, set(10, 1_000, contact::note, "Ring på")), (2, set(1, 2_000, contact::note, "Bank på"))]
}

fn moved(mut action: Action, to: Scope) -> Action {
    action.rows[0].move_to = Some(to.number());
    action
}

const UNSEEN: &[&str] = &["conflict 6 2 1.10"];

fn conflicts_of_edits() -> Vec<Meeting> {
    let meeting = |about, actions, texts| Meeting { about, actions, texts };
    let first = || (1, set(10, 1_000, contact::note, "Ring på"));
    let behind = |more: Vec<(u32, Action)>| [two_notes(), more].concat();
    vec![
        meeting("the writer is the later one and wins", two_notes(), UNSEEN),
        meeting(
            "the writer is the earlier one and loses",
            vec![first(), (2, set(1, 500, contact::note, "Bank på"))],
            UNSEEN,
        ),
        meeting(
            "three edits made offline, all earlier, are one conflict",
            vec![
                (1, set(10, 9_000, contact::note, "Ring på")),
                (2, set(1, 1_000, contact::note, "et")),
                (2, knowing(set(2, 2_000, contact::note, "to"), 2, 1)),
                (2, knowing(set(3, 3_000, contact::note, "tre"), 2, 2)),
            ],
            UNSEEN,
        ),
        meeting(
            "whoever lost writes there again, having seen it: settled",
            behind(vec![(1, knowing(set(11, 9_000, contact::note, "Ring eller bank"), 2, 1))]),
            UNSEEN,
        ),
        meeting(
            "somebody else writes there again, having seen it: not settled",
            behind(vec![(3, knowing(set(1, 9_000, contact::note, "Ring eller bank"), 2, 1))]),
            UNSEEN,
        ),
        meeting(
            "the row goes to coordination, and the conflict with it",
            behind(vec![(1, moved(set(11, 3_000, contact::role, "Vagt"), Scope::Coordination))]),
            UNSEEN,
        ),
        meeting(
            "the row becomes public, and the conflict does not",
            behind(vec![(1, moved(set(11, 3_000, contact::role, "Vagt"), Scope::Public))]),
            UNSEEN,
        ),
    ]
}

fn conflicts_with_deletions() -> Vec<Meeting> {
    let meeting = |about, actions, texts| Meeting { about, actions, texts };
    let gone = || Value::Int(NOON_MS);
    let unseen: &[&str] = &["conflict 1 2 1.10"];
    let seeing = |action: Action, seen| Action { seen, ..action };
    vec![
        meeting(
            "an edit of what was deleted",
            vec![(1, set(10, 1_000, DELETED_AT, gone())), (2, set(1, 500, contact::note, "Ring på"))],
            unseen,
        ),
        meeting(
            "a deletion of what was edited",
            vec![(1, set(10, 1_000, contact::note, "Ring på")), (2, set(1, 2_000, DELETED_AT, gone()))],
            unseen,
        ),
        meeting(
            "the writer had read the log up to the deletion",
            vec![(1, set(10, 1_000, DELETED_AT, gone())), (2, seeing(set(1, 500, contact::note, "Ring på"), 2))],
            &[],
        ),
        meeting(
            "both delete it",
            vec![(1, set(10, 1_000, DELETED_AT, gone())), (2, set(1, 2_000, DELETED_AT, Value::Int(NOON_MS + 9)))],
            &[],
        ),
    ]
}

fn no_conflicts() -> Vec<Meeting> {
    let meeting = |about, second| Meeting {
        about,
        actions: vec![(1, set(10, 1_000, contact::note, "Ring på")), second],
        texts: &[],
    };
    let other = |about, field, values: [Value; 2]| {
        let [first, second] = values;
        Meeting {
            about,
            actions: vec![(1, set(10, 1_000, field, first)), (2, set(1, 2_000, field, second))],
            texts: &[],
        }
    };
    vec![
        meeting("the same words", (2, set(1, 2_000, contact::note, "Ring på"))),
        meeting("it had been seen", (2, knowing(set(1, 2_000, contact::note, "Bank på"), 1, 10))),
        meeting("one's own", (1, set(11, 2_000, contact::note, "Bank på"))),
        meeting("another field", (2, set(1, 2_000, contact::role, "Vagt"))),
        other("two times", contact::verified_at, [Value::Int(NOON_MS), Value::Int(NOON_MS + 60_000)]),
        other("two places in a list", contact::order, ["a".into(), "b".into()]),
    ]
}

#[test]
fn conflicts_and_what_is_none() {
    let meetings = [conflicts_of_edits(), conflicts_with_deletions(), no_conflicts()].into_iter().flatten();
    check(
        "conflict",
        &json!({
            "about": "actions behind one that makes a contact (counter 1 of origin 1, at position 1), each pushed by itself",
            "area": area().to_string(), "now": NOON_MS, "contact": hex(to_bytes(&made())),
            "meetings": meetings.map(|meeting| met(&meeting)).collect::<Vec<_>>(),
        }),
    );
}
