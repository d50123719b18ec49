//! A server that trusts no device: hand-made actions, each of which must be refused for its own reason.

use crate::devices::{Hub, area, keys, row};
use trygkort_core::domain::schema::{card_cell, channel, contact, map_pin, problem};
use trygkort_core::domain::{ChangeId, Entity, FieldId, Position, Role, RowId, Scope, Value};
use trygkort_core::hub::HubError;
use trygkort_core::wire::v1::*;

fn action(counter: u64, rows: Vec<RowChange>) -> Action {
    Action { counter, hlc: 1_795_162_440_000, seen: 0, all_or_nothing: None, rows }
}

fn change(entity: Entity, id: RowId, scope: Scope, fields: Vec<(FieldId, Value)>) -> RowChange {
    RowChange {
        entity: entity.number(),
        row: WireId(id),
        scope: scope.number(),
        move_to: None,
        fields: fields.into_iter().map(|(field, value)| FieldChange { field, value, base: None }).collect(),
    }
}

pub(crate) fn contact_named(counter: u64, id: u128, name: &str) -> Action {
    action(counter, vec![change(Entity::Contact, row(id), Scope::Network, vec![(contact::name, name.into())])])
}

fn outcome(hub: &mut Hub, role: Role, action: Action) -> (Outcome, Option<Reason>) {
    let verdict = hub.push(7, role, vec![action]).verdicts[0];
    (verdict.outcome, verdict.reason)
}

fn empty_entry(counter: u64) -> Entry {
    Entry { position: 1, origin: 7, counter, effective: 1, hlc: 1, scopes: Vec::new() }
}

fn offering(entries: Vec<Entry>) -> SyncRequest {
    let offer = Some(Offer { from: Cursor::default(), to: Cursor::default(), entries });
    SyncRequest { version: 1, origin: 7, offer, ..Default::default() }
}

fn answer_to(hub: &mut Hub, request: &SyncRequest) -> Result<SyncResponse, HubError> {
    let answer = hub.exchange(7, Role::Coordinator, &trygkort_core::wire::to_bytes(request))?;
    Ok(trygkort_core::wire::from_bytes(&answer).unwrap())
}

#[test]
fn what_would_keep_everyone_else_waiting_is_refused() {
    let mut hub = Hub::demo();
    let action = |counter| Action { counter, hlc: 1, seen: 0, all_or_nothing: None, rows: Vec::new() };
    let actions = (1..=30_001).map(action).collect();
    let request = SyncRequest { version: 1, origin: 7, actions, ..Default::default() };
    let error = answer_to(&mut hub, &request).unwrap_err();
    assert_eq!(error.to_string(), "sync request: actions: more than 30000");
    let error = answer_to(&mut hub, &offering((1..=30_001).map(empty_entry).collect())).unwrap_err();
    assert_eq!(error.to_string(), "sync request: offer: more than 30000 entries");
}

#[test]
fn what_is_offered_without_a_proof_and_says_nothing_is_kept_nowhere() {
    let mut hub = Hub::demo();
    let mut with_rows = empty_entry(2);
    let contact = LogRow {
        entity: Entity::Contact.number(),
        row: WireId(row(98)),
        withdrawn: false,
        fields: vec![LogField { field: contact::name, value: "Uden bevis".into(), index: 0, stamp: None }],
        created_by: None,
        erased: None,
    };
    let part = |rows| ScopeRows { scope: 1, first_seq: 1, rows, salt: None, seals: None, salt_seed: None };
    with_rows.scopes = vec![part(vec![contact.into()])];
    let mut without_rows = empty_entry(3);
    without_rows.scopes = vec![part(Vec::new())];
    let entries = vec![empty_entry(1), with_rows, without_rows];
    let cursor = Cursor { position: 1, scopes: Vec::new(), epoch: Some(1), mac: Some([1; 16].into()) };
    let answer = answer_to(&mut hub, &SyncRequest { cursor, ..offering(entries) }).unwrap();
    assert!(answer.restart.is_some_and(|restart| restart.taken.is_some()));
    let kept = "SELECT group_concat(counter) FROM refused";
    let kept: String = hub.log.connection().query_row(kept, [], |row| row.get(0)).unwrap();
    assert_eq!(kept, "2");
}

/// Each of them would be looked up, however often it is named.
#[test]
fn a_place_in_more_scopes_than_there_are_is_nowhere_whoever_sealed_it() {
    let mut hub = Hub::demo();
    let page = answer_to(&mut hub, &SyncRequest { version: 1, origin: 7, ..Default::default() }).unwrap().page;
    let mut restarted_at = |scopes: Vec<ScopeSeq>| {
        let sealed = Cursor { position: page.to, scopes, epoch: page.epoch, mac: None };
        let mac = trygkort_core::seal::cursor_mac(&keys().cursor, area(), &sealed).map(Into::into);
        let scopes = sealed.scopes.iter().map(|head| ScopeSeq { hash: None, ..*head }).collect();
        let cursor = Cursor { scopes, mac, ..sealed };
        answer_to(&mut hub, &SyncRequest { version: 1, origin: 7, cursor, ..Default::default() }).unwrap().restart
    };
    assert_eq!(restarted_at(page.heads.clone()), None);
    let mut often = page.heads.repeat(10);
    often.sort_by_key(|head| head.scope);
    assert!(restarted_at(often).is_some());
}

#[test]
fn each_wrong_action_is_refused_for_its_reason() {
    let mut hub = Hub::demo();
    let pin = |scope, category: &str| {
        change(
            Entity::MapPin,
            row(50),
            scope,
            vec![
                (map_pin::category, category.into()),
                (map_pin::title, "x".into()),
                (map_pin::position, Value::Position(Position::from_degrees(55.6, 12.2).unwrap())),
            ],
        )
    };
    let problem_row = change(Entity::Problem, row(51), Scope::Public, vec![(problem::name, "x".into())]);
    let cases: Vec<(&str, Role, Vec<RowChange>, Reason)> = vec![
        ("staff edits the card", Role::Staff, vec![problem_row.clone()], Reason::Permission),
        ("a resident adds a pin", Role::Resident, vec![pin(Scope::Public, "place")], Reason::Permission),
        ("staff writes for coordinators", Role::Staff, vec![pin(Scope::Coordination, "place")], Reason::Permission),
        ("a group in the open", Role::Coordinator, vec![pin(Scope::Network, "group")], Reason::Validation),
        ("a category that is none", Role::Coordinator, vec![pin(Scope::Network, "enemy")], Reason::Validation),
        (
            "text where a place belongs",
            Role::Coordinator,
            vec![change(Entity::MapPin, row(52), Scope::Network, vec![(map_pin::position, "here".into())])],
            Reason::Validation,
        ),
        (
            "a channel of a contact that is not there",
            Role::Coordinator,
            vec![change(
                Entity::Channel,
                row(53),
                Scope::Public,
                vec![
                    (channel::contact, Value::Row(row(999))),
                    (channel::kind, "mail".into()),
                    (channel::value, "a@b.example".into()),
                ],
            )],
            Reason::Reference,
        ),
        (
            "a cell under a wrong id",
            Role::Coordinator,
            vec![change(Entity::CardCell, row(54), Scope::Public, vec![(card_cell::on, Value::Bool(true))])],
            Reason::Reference,
        ),
        (
            "another area's row",
            Role::Coordinator,
            vec![change(Entity::Area, row(55), Scope::Public, vec![(2, "x".into())])],
            Reason::Reference,
        ),
        (
            "a personal number",
            Role::Coordinator,
            vec![change(Entity::Contact, row(56), Scope::Network, vec![(contact::note, "cpr 010203-1234".into())])],
            Reason::PersonalNumber,
        ),
        ("the same row twice", Role::Coordinator, vec![problem_row.clone(), problem_row.clone()], Reason::Validation),
        (
            "nothing at all in a row",
            Role::Coordinator,
            vec![change(Entity::Problem, row(57), Scope::Public, vec![])],
            Reason::Validation,
        ),
        (
            "a new contact without a name",
            Role::Coordinator,
            vec![change(Entity::Contact, row(58), Scope::Network, vec![(contact::name, Value::Null)])],
            Reason::Reference,
        ),
        (
            "a place off the globe",
            Role::Coordinator,
            vec![change(
                Entity::MapPin,
                row(59),
                Scope::Network,
                vec![
                    (map_pin::category, "place".into()),
                    (
                        map_pin::position,
                        Value::Position(Position { lat_e7: 0, lon_e7: 1_800_000_001, accuracy_m: None }),
                    ),
                ],
            )],
            Reason::Validation,
        ),
        ("no rows", Role::Coordinator, vec![], Reason::TooLarge),
        (
            "an entity from the future",
            Role::Coordinator,
            vec![RowChange { entity: 4000, ..problem_row.clone() }],
            Reason::Unknown,
        ),
        (
            "a scope from the future",
            Role::Coordinator,
            vec![RowChange { scope: 99, ..problem_row.clone() }],
            Reason::Validation,
        ),
    ];
    for (index, (what, role, rows, reason)) in cases.into_iter().enumerate() {
        let counter = 1 + index as u64 * 10;
        assert_eq!(outcome(&mut hub, role, action(counter, rows)), (Outcome::Rejected, Some(reason)), "{what}");
    }
    assert_eq!(hub.log.check().unwrap(), Vec::<String>::new());
}

#[test]
fn one_bad_action_does_not_block_those_behind_it() {
    let mut hub = Hub::demo();
    let bad =
        action(1, vec![change(Entity::Contact, row(60), Scope::Network, vec![(contact::name, Value::Bool(true))])]);
    let builds_on_it = action(
        2,
        vec![change(Entity::Contact, row(60), Scope::Network, vec![(contact::note, "til den afviste".into())])],
    );
    let based_on_it = action(
        3,
        vec![RowChange {
            fields: vec![FieldChange {
                field: contact::name,
                value: "x".into(),
                base: Some(WireChangeId(ChangeId { origin: 7, counter: 1 })),
            }],
            ..change(Entity::Contact, row(62), Scope::Network, vec![])
        }],
    );
    let good = contact_named(4, 61, "Har intet med den at gøre");
    let verdicts = hub.push(7, Role::Coordinator, vec![bad, builds_on_it, based_on_it, good]).verdicts;
    let reasons: Vec<_> = verdicts.iter().map(|verdict| verdict.reason).collect();
    assert_eq!(reasons, [Some(Reason::Validation), Some(Reason::Reference), Some(Reason::DependsOn), None]);
}

#[test]
fn an_action_is_whole_or_not_at_all() {
    let mut hub = Hub::demo();
    let half_good = action(
        1,
        vec![
            change(Entity::Contact, row(70), Scope::Network, vec![(contact::name, "God".into())]),
            change(Entity::Contact, row(71), Scope::Network, vec![(contact::name, Value::Int(3))]),
        ],
    );
    assert_eq!(outcome(&mut hub, Role::Coordinator, half_good).0, Outcome::Rejected);
    assert!(hub.log.row(row(70)).unwrap().is_none());
}

#[test]
fn pushing_again_gives_the_same_verdict_and_another_content_is_quarantined() {
    let mut hub = Hub::demo();
    let first = hub.push(7, Role::Coordinator, vec![contact_named(1, 80, "Først")]).verdicts;
    let again = hub.push(7, Role::Coordinator, vec![contact_named(1, 80, "Først")]).verdicts;
    assert_eq!(first, again);
    let other = hub.push(7, Role::Coordinator, vec![contact_named(1, 80, "Noget andet")]).verdicts[0];
    assert_eq!(other.reason, Some(Reason::Quarantined));
    let name = |hub: &Hub| hub.log.row(row(80)).unwrap().unwrap().fields[&contact::name].value.text().to_owned();
    assert_eq!(name(&hub), "Først");
}

#[test]
fn too_many_changes_at_once() {
    let mut hub = Hub::demo();
    let rows = |count: u128| {
        (0..count)
            .map(|n| change(Entity::Contact, row(1000 + n), Scope::Network, vec![(contact::name, "x".into())]))
            .collect()
    };
    assert_eq!(outcome(&mut hub, Role::Coordinator, action(1, rows(501))).1, Some(Reason::TooLarge), "one too many");
    assert_eq!(outcome(&mut hub, Role::Coordinator, action(1000, rows(500))).1, None);
}

#[test]
fn a_personal_number_is_not_kept_anywhere() {
    let mut hub = Hub::demo();
    let secret = "0102031234";
    assert_eq!(outcome(&mut hub, Role::Coordinator, contact_named(1, 90, secret)).1, Some(Reason::PersonalNumber));
    // Again with the id of an admitted action.
    hub.push(7, Role::Coordinator, vec![contact_named(2, 91, "Fint")]);
    assert_eq!(outcome(&mut hub, Role::Coordinator, contact_named(2, 91, secret)).1, Some(Reason::Quarantined));
    // Behind something else that is wrong, and in a thing of a newer version.
    let mut both = contact_named(3, 92, secret);
    let long = FieldChange { field: contact::role, value: "x".repeat(20_000).into(), base: None };
    both.rows[0].fields.insert(0, long);
    assert_eq!(outcome(&mut hub, Role::Coordinator, both).1, Some(Reason::Validation));
    let mut newer = contact_named(5, 93, secret);
    newer.rows[0].entity = 900;
    assert_eq!(outcome(&mut hub, Role::Coordinator, newer).1, Some(Reason::Unknown));
    let dump = hub.log.connection().serialize_to_vec();
    assert!(!dump.windows(secret.len()).any(|window| window == secret.as_bytes()));
}

trait SerializeToVec {
    fn serialize_to_vec(&self) -> Vec<u8>;
}

impl SerializeToVec for rusqlite::Connection {
    /// The bytes of the database, through a copy on disk.
    fn serialize_to_vec(&self) -> Vec<u8> {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_owned();
        drop(file);
        self.execute("VACUUM INTO ?1", [path.to_str().unwrap()]).unwrap();
        std::fs::read(&path).unwrap()
    }
}

#[test]
fn a_body_that_is_no_request_is_refused_in_words() {
    let mut hub = Hub::demo();
    let whole = trygkort_core::wire::to_bytes(&SyncRequest {
        version: 1,
        origin: 7,
        cursor: Cursor::default(),
        actions: vec![contact_named(1, 95, "Afkortet")],
        ..Default::default()
    });
    for length in 0..whole.len() {
        let error = hub.exchange(7, Role::Coordinator, &whole[..length]).unwrap_err();
        assert!(matches!(error, HubError::BadRequest(_)), "{length} bytes: {error}");
    }
    let mut longer = whole.clone();
    longer.push(0);
    assert!(matches!(hub.exchange(7, Role::Coordinator, &longer), Err(HubError::BadRequest(_))));
    assert!(matches!(hub.exchange(8, Role::Coordinator, &whole), Err(HubError::BadRequest(_))), "another's origin");
    let mut newer = whole;
    newer[1] = 9;
    assert!(matches!(hub.exchange(7, Role::Coordinator, &newer), Err(HubError::Outdated { found: 9 })));
    let ahead = trygkort_core::wire::to_bytes(&SyncRequest {
        version: 1,
        origin: 7,
        cursor: Cursor { position: 1_000_000, scopes: vec![], ..Default::default() },
        actions: vec![],
        ..Default::default()
    });
    let error = hub.exchange(7, Role::Coordinator, &ahead).unwrap_err().to_string();
    assert!(error.contains("ahead of the log"), "{error}");
}

/// 2⁶³ − 1, the largest number that SQLite counts with.
const HIGHEST: u64 = i64::MAX.unsigned_abs();

#[test]
fn a_number_that_is_too_large_is_refused_in_words_wherever_it_stands() {
    let mut hub = Hub::demo();
    let plain = SyncRequest { version: 1, origin: 7, ..Default::default() };
    let of = |change: &dyn Fn(&mut Action)| {
        let mut one = contact_named(1, 96, "For stort");
        change(&mut one);
        SyncRequest { actions: vec![one], ..plain.clone() }
    };
    let scope = ScopeSeq { scope: 1, seq: HIGHEST + 1, hash: None };
    let at = |cursor: Cursor| SyncRequest { cursor, ..plain.clone() };
    let above = WireChangeId(ChangeId { origin: 7, counter: HIGHEST + 1 });
    let requests = [
        ("actions", of(&|action| action.hlc = u64::MAX)),
        ("actions", of(&|action| action.seen = HIGHEST + 1)),
        ("actions", of(&|action| action.counter = HIGHEST)),
        ("actions", of(&|action| action.rows[0].fields[0].base = Some(above))),
        ("cursor", at(Cursor { position: HIGHEST + 1, ..Default::default() })),
        ("cursor", at(Cursor { epoch: Some(u64::MAX), ..Default::default() })),
        ("cursor", at(Cursor { scopes: vec![scope], ..Default::default() })),
        ("offer", offering(vec![empty_entry(HIGHEST - 9)])),
    ];
    for (part, request) in requests {
        let error = hub.exchange(7, Role::Coordinator, &trygkort_core::wire::to_bytes(&request)).unwrap_err();
        let words = format!("sync request: {part}: a number of 2^63 or more");
        assert!(matches!(&error, HubError::BadRequest(said) if *said == words), "{error}");
    }
}

#[test]
fn who_counts_as_high_as_there_is_stops_nobody_who_builds_on_it() {
    let mut hub = Hub::demo();
    let mut last = contact_named(1, 97, "Den sidste");
    last.counter = HIGHEST - last.rows[0].fields.len() as u64;
    let base = WireChangeId(ChangeId { origin: 7, counter: last.counter });
    let mut push = |origin: u32, actions: Vec<Action>| {
        let request = SyncRequest { version: 1, origin, actions, ..Default::default() };
        let answer = hub.exchange(origin, Role::Coordinator, &trygkort_core::wire::to_bytes(&request)).unwrap();
        trygkort_core::wire::from_bytes::<SyncResponse>(&answer).unwrap().verdicts[0].reason
    };
    assert_eq!(push(7, vec![last]), None);
    let mut edit = contact_named(1, 97, "Og dog en til");
    edit.rows[0].fields[0].base = Some(base);
    assert_eq!(push(8, vec![edit]), None);
}

#[test]
fn what_staff_may_not_tick_a_coordinator_still_can() {
    let mut hub = Hub::demo();
    let (problem_id, contact_id) = (row(200), row(201));
    let make = action(
        1,
        vec![
            change(Entity::Problem, problem_id, Scope::Public, vec![(problem::name, "x".into())]),
            change(Entity::Contact, contact_id, Scope::Public, vec![(contact::name, "y".into())]),
        ],
    );
    assert_eq!(outcome(&mut hub, Role::Coordinator, make).0, Outcome::Applied);
    let cell = RowId::derived("card_cell", &[problem_id, contact_id]);
    let tick = |counter| {
        let fields = vec![
            (card_cell::problem, Value::Row(problem_id)),
            (card_cell::contact, Value::Row(contact_id)),
            (card_cell::on, Value::Bool(true)),
        ];
        action(counter, vec![change(Entity::CardCell, cell, Scope::Public, fields)])
    };
    assert_eq!(outcome(&mut hub, Role::Staff, tick(10)).1, Some(Reason::Permission));
    assert_eq!(outcome(&mut hub, Role::Coordinator, tick(20)).0, Outcome::Applied);
}
