//! Kinds of rows that this version does not know.
//!
//! A file that an older server wrote is made by giving what it held a kind that it did not know then: what is held is
//! changed in the file, and with it the hash that it is known by.

use crate::devices::{Device, Hub, NOON_MS, row};
use crate::hostile::contact_named;
use trygkort_core::domain::schema::contact;
use trygkort_core::domain::{ChangeId, ProblemId, Role, Scope, Value};
use trygkort_core::hub::Peer;
use trygkort_core::ipc::*;
use trygkort_core::wire::to_bytes;
use trygkort_core::wire::v1::{Action, FieldChange, Outcome, Reason, RowChange, Verdict, WireChangeId, WireId};

const OF_TOMORROW: u16 = 999;
const CONTACT: u128 = 400;

/// A contact and, beside it, something of a kind that this version does not know.
fn of_tomorrow(counter: u64) -> Action {
    let mut action = contact_named(counter, CONTACT, "Nattevagten");
    let fields = vec![FieldChange { field: 2, value: "?".into(), base: None }];
    let scope = Scope::Network.number();
    action.rows.push(RowChange { entity: OF_TOMORROW, row: WireId(row(401)), scope, move_to: None, fields });
    action
}

/// A note on that contact.
fn note(counter: u64, base: Option<(u32, u64)>) -> Action {
    let base = base.map(|(origin, counter)| WireChangeId(ChangeId { origin, counter }));
    let fields = vec![FieldChange { field: contact::note, value: "Ring efter kl. 22".into(), base }];
    let scope = Scope::Network.number();
    let rows = vec![RowChange { entity: 3, row: WireId(row(CONTACT)), scope, move_to: None, fields }];
    Action { counter, hlc: u64::try_from(NOON_MS).unwrap(), seen: 0, all_or_nothing: None, rows }
}

fn push(hub: &mut Hub, origin: u32, action: Action) -> Verdict {
    hub.push(origin, Role::Coordinator, vec![action]).verdicts[0]
}

/// The server is a version that knows what was held: here, by making it something that this version knows.
fn upgrade(hub: &mut Hub, origin: u32, held: &Action) -> Action {
    let mut known = held.clone();
    known.rows.truncate(1);
    let body = to_bytes(&known);
    let hash = blake3::hash(&body);
    for table in ["refused", "action"] {
        let sql = format!("UPDATE {table} SET hash = ?1 WHERE origin = ?2 AND counter = ?3");
        hub.log.connection().execute(&sql, (&hash.as_bytes()[..], origin, held.counter)).unwrap();
    }
    let sql = "UPDATE refused SET body = ?1 WHERE origin = ?2 AND counter = ?3";
    hub.log.connection().execute(sql, (&body, origin, held.counter)).unwrap();
    known
}

#[test]
fn what_is_not_known_is_held_with_what_builds_on_it_and_judged_once_it_is() {
    let mut hub = Hub::demo();
    let held = of_tomorrow(1);
    for verdict in [push(&mut hub, 1, held.clone()), push(&mut hub, 2, note(1, Some((1, 1))))] {
        assert_eq!((verdict.outcome, verdict.reason), (Outcome::Rejected, Some(Reason::Unknown)));
    }
    assert_eq!(hub.log.row(row(CONTACT)).unwrap(), None);
    assert_eq!(push(&mut hub, 2, contact_named(20, 402, "Portvagten")).reason, None, "what is behind is not blocked");

    let author = |hub: &Hub, origin| Peer::new(origin, hub.member_of(origin), Role::Coordinator);
    let (first, second) = (author(&hub, 1), author(&hub, 2));
    assert_eq!(hub.log.judge_held(&first, hub.now_ms).unwrap(), 0, "it is not known yet");
    upgrade(&mut hub, 1, &held);
    assert_eq!(hub.log.judge_held(&first, hub.now_ms).unwrap(), 1);
    assert_eq!(hub.log.judge_held(&second, hub.now_ms).unwrap(), 1);
    let held_note = hub.log.row(row(CONTACT)).unwrap().unwrap().fields[&contact::note].value.clone();
    assert_eq!(held_note, Value::from("Ring efter kl. 22"));
    assert_eq!(hub.log.judge_held(&first, hub.now_ms).unwrap(), 0, "once");
    assert_eq!(hub.log.check().unwrap(), Vec::<String>::new());
}

#[test]
fn what_was_held_and_is_gone_holds_nothing_else() {
    let mut hub = Hub::demo();
    push(&mut hub, 1, of_tomorrow(1));
    assert_eq!(push(&mut hub, 2, note(1, None)).reason, Some(Reason::Unknown));
    hub.log.connection().execute("DELETE FROM refused WHERE origin = 1", []).unwrap();
    assert_eq!(push(&mut hub, 3, note(1, None)).reason, Some(Reason::Unknown), "the note speaks of it too");
    hub.log.connection().execute("DELETE FROM refused", []).unwrap();
    assert_eq!(push(&mut hub, 4, note(1, None)).reason, Some(Reason::Reference));
}

#[test]
fn one_that_comes_again_after_the_upgrade_is_judged_then() {
    let mut hub = Hub::demo();
    let held = of_tomorrow(1);
    push(&mut hub, 1, held.clone());
    assert_eq!(push(&mut hub, 1, held.clone()).reason, Some(Reason::Unknown));
    let known = upgrade(&mut hub, 1, &held);
    assert_eq!(push(&mut hub, 1, known).reason, None);
    assert!(hub.log.row(row(CONTACT)).unwrap().is_some());
}

fn history(device: &mut Device, problem: ProblemId) -> Vec<ChangeView> {
    device.ask(GetHistory { row: problem.0 }).unwrap().changes
}

#[test]
fn a_device_keeps_what_is_held_and_shows_it_until_the_log_has_it() {
    let mut hub = Hub::demo();
    let mut office = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    let problem = office.ask(GetCard {}).unwrap().problems[0].id;
    let opened = office.ask(EditProblem { id: Some(problem) }).unwrap();
    let form = ProblemForm { name: "Høj musik".to_owned(), ..opened.form.clone() };
    office.ask(SaveProblem { opened, form }).unwrap();

    hub.holds = true;
    office.app.take_events();
    office.sync(&mut hub);
    let events = office.app.take_events();
    let told = |event: &Event| matches!(event, Event::Changed { topics, .. } if topics.contains(&Topic::Card));
    assert!(events.iter().any(told), "screens that say what is sent hear of it");
    hub.holds = false;
    let name = |office: &mut Device| office.ask(GetCard {}).unwrap().problems[0].name.clone();
    assert_eq!(name(&mut office), "Høj musik");
    let status = office.ask(GetSyncStatus {}).unwrap();
    assert_eq!((status.pending, status.held, status.refused), (0, 1, 0));
    let told = [office.ask(GetUpdates { limit: 1 }).unwrap().unsent, history(&mut office, problem)];
    for changes in &told {
        let waits = changes.iter().filter(|change| change.held && change.unsent);
        assert_eq!(waits.map(|change| change.rows[0].name.as_str()).collect::<Vec<_>>(), ["Høj musik"]);
    }
    assert!(told[1][1..].iter().all(|other| !other.held), "what was done before is in the log");
    assert!(told[1][0].restorable);

    // It asks again when it is started again, and is told that the server understands it by now.
    let mut office = office.restart();
    assert_eq!(office.ask(GetSyncStatus {}).unwrap().pending, 1);
    office.sync(&mut hub);
    let status = office.ask(GetSyncStatus {}).unwrap();
    assert_eq!((status.pending, status.held), (0, 0));
    assert!(history(&mut office, problem).iter().all(|change| !change.held && !change.unsent));
    let mut other = Device::joined(Role::Coordinator);
    other.sync(&mut hub);
    assert_eq!(name(&mut other), "Høj musik");
}
