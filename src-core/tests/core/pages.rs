//! Wherever a page ends, a device that reads on comes to hold the same, and no action is split.

use crate::devices::{Device, Hub, row};
use trygkort_core::domain::schema::{channel, contact};
use trygkort_core::domain::{Entity, FieldId, Role, RowId, Scope, Value};
use trygkort_core::wire::to_bytes;
use trygkort_core::wire::v1::{
    ACTION_BYTES_MAX, Action, CHANGES_MAX, Cursor, Entry, FieldChange, Page, RowChange, SyncRequest, SyncResponse,
    WireId,
};

/// What an entry counts besides its rows.
const ENTRY_BYTES: usize = 32;

fn change(entity: Entity, id: RowId, scope: Scope, fields: Vec<(FieldId, Value)>) -> RowChange {
    let fields = fields.into_iter().map(|(field, value)| FieldChange { field, value, base: None }).collect();
    RowChange { entity: entity.number(), row: WireId(id), scope: scope.number(), move_to: None, fields }
}

fn contact_named(id: u128, scope: Scope, name: &str) -> RowChange {
    change(Entity::Contact, row(id), scope, vec![(contact::name, name.into())])
}

fn number_of(id: u128, of: u128, scope: Scope) -> RowChange {
    let fields = vec![
        (channel::contact, Value::Row(row(of))),
        (channel::kind, "phone".into()),
        (channel::value, "+4530001234".into()),
    ];
    change(Entity::Channel, row(id), scope, fields)
}

/// As many bytes as an action may have, but for some.
fn huge(id: u128) -> RowChange {
    // A field of a newer version, which has no limit here.
    let text = "x".repeat(ACTION_BYTES_MAX - 100);
    change(Entity::Contact, row(id), Scope::Network, vec![(contact::name, "Stor".into()), (99, text.into())])
}

/// Actions of all sizes and shapes, one after the other.
fn actions(with_huge: bool) -> Vec<Action> {
    let many = (0..CHANGES_MAX as u128).map(|n| contact_named(5_000 + n, Scope::Network, "En af mange")).collect();
    let moved = RowChange { move_to: Some(Scope::Coordination.number()), ..contact_named(1, Scope::Public, "Flyttet") };
    let mut rows = vec![
        vec![contact_named(1, Scope::Public, "Første")],
        vec![contact_named(2, Scope::Public, "Begge"), number_of(3, 2, Scope::Network)],
        vec![moved],
        vec![contact_named(4, Scope::Coordination, "Kun for koordinatorer")],
        many,
        vec![contact_named(5, Scope::Network, "Sidste")],
    ];
    if with_huge {
        rows.insert(5, vec![huge(6)]);
    }
    let mut counter = 1;
    let action = |rows: Vec<RowChange>| {
        let action = Action { counter, hlc: counter, seen: 0, all_or_nothing: None, rows };
        counter += action.change_count() as u64;
        action
    };
    rows.into_iter().map(action).collect()
}

fn log_of(actions: Vec<Action>) -> Hub {
    let mut hub = Hub::empty();
    let count = actions.len();
    let verdicts = hub.push(70, Role::Coordinator, actions).verdicts;
    assert_eq!(verdicts.iter().filter(|verdict| verdict.position.is_some()).count(), count);
    hub
}

/// All pages for a role, one after the other.
fn pages(hub: &mut Hub, role: Role) -> Vec<Page> {
    let (mut pages, mut cursor): (Vec<Page>, _) = (Vec::new(), Cursor::default());
    loop {
        let request = SyncRequest { version: 1, origin: 60, cursor, ..SyncRequest::default() };
        let answer = SyncResponse::read(&hub.exchange(60, role, &to_bytes(&request)).unwrap()).unwrap();
        let page = answer.page;
        cursor = Cursor { position: page.to, ..Cursor::default() };
        let more = page.more;
        pages.push(page);
        assert!(pages.len() < 1_000, "reading never ends");
        if !more {
            return pages;
        }
    }
}

fn bytes_of(entry: &Entry) -> usize {
    entry.scopes.iter().map(|part| to_bytes(&part.rows).len() + ENTRY_BYTES).sum()
}

/// Reads the log in pages of this limit, and compares with the log in one.
fn check(hub: &mut Hub, role: Role, whole: &[Entry], limit: usize) {
    hub.log.set_page_bytes(limit);
    let pages = pages(hub, role);
    let entries: Vec<Entry> = pages.iter().flat_map(|page| page.entries.clone()).collect();
    assert!(entries == whole, "{role}, {limit} bytes: entries are missing, twice or split");
    for (page, next) in pages.iter().zip(pages.iter().skip(1)) {
        assert_eq!(page.to, next.from, "{role}, {limit} bytes");
        let sizes: Vec<usize> = page.entries.iter().map(bytes_of).collect();
        let all: usize = sizes.iter().sum();
        assert!(all >= limit && all - sizes[sizes.len() - 1] < limit, "{role}, {limit} bytes: {sizes:?}");
        assert!(!next.entries.is_empty(), "{role}, {limit} bytes: `more` was said, and there was no more");
    }
    assert_eq!(pages.last().unwrap().to, hub.log.head_position().unwrap(), "{role}, {limit} bytes");
}

fn whole(hub: &mut Hub, role: Role) -> Vec<Entry> {
    hub.log.set_page_bytes(usize::MAX);
    pages(hub, role).remove(0).entries
}

#[test]
fn a_page_that_ends_at_any_byte_around_any_action_splits_and_loses_nothing() {
    let mut hub = log_of(actions(true));
    for role in Role::ALL {
        let whole = whole(&mut hub, role);
        let ends = whole.iter().scan(0, |end, entry| {
            *end += bytes_of(entry);
            Some(*end)
        });
        let limits: Vec<usize> = ends.flat_map(|end| [end - 1, end, end + 1]).chain([1, 2]).collect();
        for limit in limits {
            check(&mut hub, role, &whole, limit);
        }
    }
}

#[test]
fn logs_of_one_to_seven_actions_come_whole_whatever_the_limit() {
    for count in 1..=7 {
        let mut hub = log_of(actions(true).into_iter().take(count).collect());
        let whole = whole(&mut hub, Role::Coordinator);
        assert_eq!(whole.len(), count);
        for limit in (1..400).step_by(7) {
            check(&mut hub, Role::Coordinator, &whole, limit);
        }
    }
}

#[test]
fn every_split_gives_the_same_replica() {
    let mut hub = log_of(actions(false));
    for role in Role::ALL {
        let whole = whole(&mut hub, role);
        let dump = |hub: &mut Hub, limit| {
            hub.log.set_page_bytes(limit);
            let mut device = Device::joined(role);
            device.sync(hub);
            device.app.dump().unwrap()
        };
        let one_page = dump(&mut hub, usize::MAX);
        let mut end = 0;
        for entry in &whole {
            end += bytes_of(entry);
            for limit in [end - 1, end, end + 1] {
                assert_eq!(dump(&mut hub, limit), one_page, "{role}, {limit} bytes");
            }
        }
    }
}

#[test]
fn the_largest_actions_come_one_to_a_page() {
    let action = |n: u64| Action {
        counter: 1 + 10 * n,
        hlc: n,
        seen: 0,
        all_or_nothing: None,
        rows: vec![huge(100 + u128::from(n))],
    };
    let mut hub = log_of((0..3).map(action).collect());
    let pages = pages(&mut hub, Role::Staff);
    assert_eq!(pages.iter().map(|page| page.entries.len()).collect::<Vec<_>>(), [1, 1, 1]);
    let mut device = Device::joined(Role::Staff);
    assert_eq!(device.sync(&mut hub), 3);
}

#[test]
fn a_log_of_which_the_end_is_for_others_is_read_to_its_end() {
    let mut hub = log_of(actions(false));
    let last = Action {
        counter: 9_000,
        hlc: 1,
        seen: 0,
        all_or_nothing: None,
        rows: vec![contact_named(900, Scope::Coordination, "Skjult")],
    };
    hub.push(70, Role::Coordinator, vec![last]);
    let head = hub.log.head_position().unwrap();
    for role in [Role::Resident, Role::Staff] {
        let whole = whole(&mut hub, role);
        let all: usize = whole.iter().map(bytes_of).sum();
        for limit in [all - 1, all, all + 1] {
            hub.log.set_page_bytes(limit);
            let pages = pages(&mut hub, role);
            assert_eq!((pages.len(), pages[0].to, pages[0].more), (1, head, false), "{role}, {limit} bytes");
        }
    }
}

/// The end of a log is read in its order, and what lies further back scope by scope.
#[test]
fn a_long_log_reads_the_same_from_far_off_and_from_near_its_end() {
    let scopes = [Scope::Public, Scope::Network, Scope::Coordination];
    let action = |n: u64| Action {
        counter: 1 + n,
        hlc: n,
        seen: 0,
        all_or_nothing: None,
        rows: vec![contact_named(100 + u128::from(n), scopes[n as usize % 3], "En af mange")],
    };
    let mut hub = log_of((0..2_000).map(action).collect());
    for (role, reads) in [(Role::Resident, 667), (Role::Staff, 1_334), (Role::Coordinator, 2_000)] {
        let whole = whole(&mut hub, role);
        assert_eq!(whole.len(), reads, "{role}");
        assert!(whole.is_sorted_by_key(|entry| entry.position), "{role}");
        check(&mut hub, role, &whole, 10_000);
    }
}
