//! Two people write to one field, neither having seen the other: one value stands, the other waits in a row of its own.

use crate::devices::{Device, Hub, NOON_MS, row};
use crate::hostile::contact_named;
use trygkort_core::domain::schema::{DELETED_AT, conflict, contact, organisation};
use trygkort_core::domain::{ChangeId, Entity, FieldId, Role, RowId, Scope, Value};
use trygkort_core::merge::RowState;
use trygkort_core::wire::v1::{Action, FieldChange, Outcome, Reason, RowChange, Verdict, WireChangeId, WireId};

const CONTACT: u128 = 91;

/// An area with one contact, made by device 1 as its change 1 (the name; see `contact_named`).
fn hub() -> Hub {
    let mut hub = Hub::demo();
    let verdict = push(&mut hub, 1, contact_named(1, CONTACT, "Vagten"));
    assert_eq!(verdict.outcome, Outcome::Applied);
    hub
}

fn push(hub: &mut Hub, origin: u32, action: Action) -> Verdict {
    hub.push(origin, Role::Coordinator, vec![action]).verdicts[0]
}

fn set(counter: u64, later_ms: u64, seen: u64, field: FieldId, value: Value, base: Option<(u32, u64)>) -> Action {
    let base = base.map(|(origin, counter)| WireChangeId(ChangeId { origin, counter }));
    let fields = vec![FieldChange { field, value, base }];
    let scope = Scope::Network.number();
    let rows = vec![RowChange { entity: 3, row: WireId(row(CONTACT)), scope, move_to: None, fields }];
    Action { counter, hlc: u64::try_from(NOON_MS).unwrap() + later_ms, seen, all_or_nothing: None, rows }
}

fn note(counter: u64, later_ms: u64, text: &str, base: Option<(u32, u64)>) -> Action {
    set(counter, later_ms, 1_000, contact::note, text.into(), base)
}

fn conflicts(hub: &Hub) -> Vec<RowState> {
    let sql = "SELECT row FROM row_state WHERE entity = ?1 ORDER BY row";
    let mut statement = hub.log.connection().prepare(sql).unwrap();
    let ids = statement.query_map([Entity::Conflict.number()], |row| row.get::<_, [u8; 16]>(0)).unwrap();
    let ids: Vec<RowId> = ids.map(|id| RowId(uuid::Uuid::from_bytes(id.unwrap()))).collect();
    ids.into_iter().map(|id| hub.log.row(id).unwrap().unwrap()).collect()
}

fn value(row: &RowState, field: FieldId) -> Value {
    row.fields.get(&field).map_or(Value::Null, |register| register.value.clone())
}

fn held(hub: &Hub) -> Value {
    value(&hub.log.row(row(CONTACT)).unwrap().unwrap(), contact::note)
}

#[test]
fn what_lost_is_kept_with_its_author_and_shown_to_the_same_people() {
    let mut hub = hub();
    assert_eq!(push(&mut hub, 1, note(10, 1_000, "Ring på", None)).conflicts, None);
    let verdict = push(&mut hub, 2, note(1, 2_000, "Bank på", None));
    assert_eq!((verdict.outcome, verdict.conflicts), (Outcome::Applied, Some(1)));
    assert_eq!(held(&hub), "Bank på".into());
    let found = conflicts(&hub);
    assert_eq!(found.len(), 1);
    let of = |field| value(&found[0], field);
    assert_eq!(found[0].scope, hub.log.row(row(CONTACT)).unwrap().unwrap().scope);
    assert_eq!((of(conflict::value), of(conflict::origin)), ("Ring på".into(), Value::Int(1)));
    assert_eq!((of(conflict::winner_origin), of(conflict::kind)), (Value::Int(2), "edit".into()));
    assert_eq!(of(conflict::written_at), Value::Int(NOON_MS + 1_000));
    assert_eq!(push(&mut hub, 2, note(1, 2_000, "Bank på", None)), verdict, "the same again is told the same");
    assert_eq!(conflicts(&hub).len(), 1);
    assert!(hub.log.check().unwrap().is_empty());
}

/// The id that the conflict of [`what_lost_is_kept_with_its_author_and_shown_to_the_same_people`] has.
fn known_beforehand() -> RowId {
    let mut hub = hub();
    push(&mut hub, 1, note(10, 1_000, "Ring på", None));
    push(&mut hub, 2, note(1, 2_000, "Bank på", None));
    conflicts(&hub)[0].row
}

#[test]
fn nobody_takes_the_place_of_a_conflict_beforehand() {
    let mut hub = hub();
    let mut squatter = contact_named(1, 92, "Her er optaget");
    squatter.rows[0].row = WireId(known_beforehand());
    assert_eq!(push(&mut hub, 3, squatter).reason, Some(Reason::Validation));
    push(&mut hub, 1, note(10, 1_000, "Ring på", None));
    assert_eq!(push(&mut hub, 2, note(1, 2_000, "Bank på", None)).conflicts, Some(1));
    assert_eq!(conflicts(&hub)[0].row, known_beforehand());
}

#[test]
fn an_action_is_admitted_though_the_row_of_its_conflict_was_erased() {
    let mut hub = hub();
    push(&mut hub, 1, note(10, 1_000, "Ring på", None));
    crate::erasure::erase(&mut hub, known_beforehand());
    assert_eq!(push(&mut hub, 2, note(1, 2_000, "Bank på", None)).outcome, Outcome::Applied);
    assert_eq!(held(&hub), "Bank på".into());
    assert!(conflicts(&hub).is_empty());
}

#[test]
fn a_conflict_does_not_name_what_was_erased() {
    let mut hub = hub();
    let named = |n: u128, name: &str, counter| {
        let fields = vec![FieldChange { field: organisation::name, value: name.into(), base: None }];
        let scope = Scope::Network.number();
        let rows = vec![RowChange { entity: 2, row: WireId(row(n)), scope, move_to: None, fields }];
        Action { counter, hlc: 1, seen: 0, all_or_nothing: None, rows }
    };
    for (n, name, counter) in [(81, "Foreningen", 20), (82, "Klubben", 21)] {
        assert_eq!(push(&mut hub, 1, named(n, name, counter)).reason, None);
    }
    let belongs = |counter, later, n| set(counter, later, 1_000, contact::organisation, Value::Row(row(n)), None);
    push(&mut hub, 1, belongs(30, 1_000, 81));
    crate::erasure::erase(&mut hub, row(81));
    assert_eq!(push(&mut hub, 2, belongs(1, 2_000, 82)).conflicts, Some(1), "and it is admitted");
    assert_eq!(value(&conflicts(&hub)[0], conflict::value), Value::Null);
}

#[test]
fn what_lost_does_not_follow_a_row_into_a_wider_scope() {
    let mut hub = hub();
    let to = |scope: Scope, action: Action| {
        let mut moved = action;
        moved.rows[0].move_to = Some(scope.number());
        moved
    };
    push(&mut hub, 1, to(Scope::Coordination, note(10, 1_000, "Fortroligt", None)));
    push(&mut hub, 2, to(Scope::Public, note(1, 2_000, "Til alle", None)));
    assert_eq!(hub.log.row(row(CONTACT)).unwrap().unwrap().scope, Scope::Public);
    let found = conflicts(&hub);
    assert_eq!(value(&found[0], conflict::value), "Fortroligt".into());
    assert_eq!(found[0].scope, Scope::Coordination, "who could not read it then does not read it now");
}

#[test]
fn who_saw_it_and_who_says_the_same_meets_no_conflict() {
    let mut hub = hub();
    push(&mut hub, 1, note(10, 1_000, "Ring på", None));
    assert_eq!(push(&mut hub, 2, note(1, 2_000, "Ring på", None)).conflicts, None, "the same words");
    assert_eq!(push(&mut hub, 3, note(1, 3_000, "Bank på", Some((2, 1)))).conflicts, None, "had seen it");
    assert_eq!(push(&mut hub, 3, note(2, 4_000, "Bank hårdt", None)).conflicts, None, "one's own");
    let other_field = set(3, 5_000, 1_000, contact::role, "Vagt".into(), None);
    assert_eq!(push(&mut hub, 4, other_field).conflicts, None, "another field");
    assert!(conflicts(&hub).is_empty());
}

#[test]
fn three_edits_made_offline_are_one_conflict() {
    for (later, loses) in [(0, true), (50_000, false)] {
        let mut hub = hub();
        push(&mut hub, 1, note(10, 20_000, "Ring på", None));
        let mine = [
            note(1, 1_000 + later, "et", None),
            note(2, 2_000 + later, "to", Some((2, 1))),
            note(3, 3_000 + later, "tre", Some((2, 2))),
        ];
        hub.push(2, Role::Coordinator, mine.to_vec());
        let found = conflicts(&hub);
        assert_eq!(found.len(), 1, "{later}");
        let (stands, lost) = if loses { ("Ring på", "tre") } else { ("tre", "Ring på") };
        assert_eq!((held(&hub), value(&found[0], conflict::value)), (stands.into(), lost.into()));
        assert_eq!(value(&found[0], conflict::resolved_at), Value::Null);
    }
}

#[test]
fn whoever_lost_and_writes_again_has_moved_on() {
    let mut hub = hub();
    push(&mut hub, 1, note(10, 1_000, "Ring på", None));
    let seen = push(&mut hub, 2, note(1, 2_000, "Bank på", None)).position.unwrap();
    let again = set(11, 9_000, seen, contact::note, "Ring eller bank".into(), Some((2, 1)));
    assert_eq!(push(&mut hub, 1, again).conflicts, None);
    assert_ne!(value(&conflicts(&hub)[0], conflict::resolved_at), Value::Null);
}

#[test]
fn an_edit_of_what_was_deleted_and_a_deletion_of_what_was_edited_are_conflicts() {
    let mut hub = hub();
    let before = hub.log.head_position().unwrap();
    push(&mut hub, 1, set(10, 1_000, before, DELETED_AT, Value::Int(NOON_MS), None));
    let verdict = push(&mut hub, 2, set(1, 500, before, contact::note, "Ring på".into(), None));
    assert_eq!(verdict.conflicts, Some(1));
    assert_eq!(value(&conflicts(&hub)[0], conflict::kind), "edit_of_deleted".into());
    let seen = hub.log.head_position().unwrap();
    let knowing = set(2, 600, seen, contact::role, "Vagt".into(), None);
    assert_eq!(push(&mut hub, 3, knowing).conflicts, None, "had seen that it was deleted");

    let mut hub = self::hub();
    let before = hub.log.head_position().unwrap();
    push(&mut hub, 1, set(10, 1_000, before, contact::note, "Ring på".into(), None));
    let verdict = push(&mut hub, 2, set(1, 2_000, before, DELETED_AT, Value::Int(NOON_MS), None));
    assert_eq!(verdict.conflicts, Some(1));
    let found = &conflicts(&hub)[0];
    assert_eq!(
        (value(found, conflict::kind), value(found, conflict::origin)),
        ("delete_of_edited".into(), Value::Int(1))
    );
    let again = set(1, 3_000, before, DELETED_AT, Value::Int(NOON_MS + 9), None);
    assert_eq!(push(&mut hub, 3, again).conflicts, None, "both want it away");
}

#[test]
fn what_lost_follows_its_row_into_a_narrower_scope_and_never_into_a_wider_one() {
    let mut hub = hub();
    push(&mut hub, 1, note(10, 1_000, "Ring på", None));
    push(&mut hub, 2, note(1, 2_000, "Bank på", None));
    let moved = |counter, to: Scope| {
        let mut action = set(counter, 3_000, 1_000, contact::role, format!("{counter}").as_str().into(), None);
        action.rows[0].move_to = Some(to.number());
        action
    };
    push(&mut hub, 1, moved(20, Scope::Coordination));
    assert_eq!(conflicts(&hub)[0].scope, Scope::Coordination);
    push(&mut hub, 1, moved(30, Scope::Public));
    assert_eq!(hub.log.row(row(CONTACT)).unwrap().unwrap().scope, Scope::Public);
    assert_eq!(conflicts(&hub)[0].scope, Scope::Coordination, "what coordinators wrote is not made public");
    assert!(hub.log.check().unwrap().is_empty());
}

#[test]
fn only_who_may_write_it_says_that_it_is_settled_and_nobody_makes_one() {
    let mut hub = hub();
    push(&mut hub, 1, note(10, 1_000, "Ring på", None));
    push(&mut hub, 2, note(1, 2_000, "Bank på", None));
    let id = conflicts(&hub)[0].row;
    let settle = |counter, field, value| {
        let scope = Scope::Network.number();
        let fields = vec![FieldChange { field, value, base: None }];
        let rows = vec![RowChange { entity: 11, row: WireId(id), scope, move_to: None, fields }];
        Action { counter, hlc: u64::try_from(NOON_MS).unwrap() + 9_000, seen: 1_000, all_or_nothing: None, rows }
    };
    let settled = |counter| settle(counter, conflict::resolved_at, Value::Int(NOON_MS));
    for role in [Role::Staff, Role::Participant, Role::Resident] {
        let verdict = hub.push(5, role, vec![settled(1)]).verdicts[0];
        assert_eq!(verdict.outcome, Outcome::Rejected, "{role}: it is about a contact");
        hub.log.connection().execute("DELETE FROM action WHERE origin = 5", []).unwrap();
    }
    let forged = settle(40, conflict::value, "Falsk".into());
    assert_eq!(push(&mut hub, 1, forged).outcome, Outcome::Rejected);
    let mut made = settled(50);
    made.rows[0].row = WireId(row(4_711));
    assert_eq!(push(&mut hub, 1, made).outcome, Outcome::Rejected);
    assert_eq!(push(&mut hub, 1, settled(60)).outcome, Outcome::Applied);
}

#[test]
fn devices_hold_the_same_conflicts() {
    let mut hub = hub();
    push(&mut hub, 101, note(10, 1_000, "Ring på", None));
    push(&mut hub, 102, note(1, 2_000, "Bank på", None));
    let mut office = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    assert!(office.app.dump().unwrap().contains(&conflicts(&hub)[0].row.to_string()));
    assert_eq!(office.app.dump().unwrap(), phone.app.dump().unwrap());
}

#[test]
fn an_action_that_is_whole_or_not_at_all_meets_nobody() {
    let mut hub = hub();
    push(&mut hub, 1, note(10, 2_000, "Ring på", None));
    let whole = |action| Action { all_or_nothing: Some(true), ..action };
    let dump = |hub: &Hub| hub.log.row(row(CONTACT)).unwrap();
    let before = dump(&hub);
    let unseen = push(&mut hub, 2, whole(note(1, 3_000, "Bank på", None)));
    let older = push(&mut hub, 2, whole(note(2, 1_000, "Bank på", None)));
    for verdict in [unseen, older] {
        assert_eq!((verdict.outcome, verdict.reason), (Outcome::Rejected, Some(Reason::Conflict)));
    }
    assert_eq!(dump(&hub), before);
    assert_eq!(conflicts(&hub), []);
    let seen = push(&mut hub, 2, whole(note(3, 3_000, "Bank på", Some((1, 10)))));
    assert_eq!((seen.outcome, held(&hub)), (Outcome::Applied, "Bank på".into()));
}
