//! Salts that come from a seed: who is sent it, what shares it, and that nothing of it outlives what is erased.

use crate::devices::{Device, Hub, area, row};
use crate::erasure::{bytes_of, erase, log_bytes};
use crate::hostile::contact_named;
use std::collections::BTreeSet;
use trygkort_core::domain::Role;
use trygkort_core::seal::Chains;
use trygkort_core::wire::v1::{Action, Cursor, Entry, SPEAKS, SPEAKS_SEEDS, ScopeSeq, SyncRequest, SyncResponse};
use trygkort_core::wire::{from_bytes, to_bytes};

fn contacts(from: u64, count: u64) -> Vec<Action> {
    (from..from + count).map(|n| contact_named(n, 5_000 + u128::from(n), &format!("Kontakt {n}"))).collect()
}

fn answer(hub: &mut Hub, speaks: Option<u16>) -> SyncResponse {
    let request = SyncRequest { version: 1, origin: 60, speaks, ..SyncRequest::default() };
    SyncResponse::read(&hub.exchange(60, Role::Coordinator, &to_bytes(&request)).unwrap()).unwrap()
}

/// The hashes that reading the entries leads to.
fn chain(entries: &[Entry]) -> Vec<ScopeSeq> {
    let mut chains = Chains::at(area(), &Cursor::default());
    entries.iter().for_each(|entry| chains.read(entry).unwrap());
    chains.heads()
}

fn seeds_of(entries: &[Entry]) -> Vec<[u8; 16]> {
    let parts = entries.iter().flat_map(|entry| &entry.scopes);
    parts.map(|part| part.salt_seed.expect("nothing is erased here").into()).collect()
}

#[test]
fn a_device_that_does_not_know_seeds_is_sent_salts_and_reads_the_same_chain() {
    let mut hub = Hub::empty();
    hub.push(70, Role::Coordinator, contacts(1, 5));
    let today = answer(&mut hub, Some(SPEAKS)).page;
    assert_eq!(chain(&today.entries), today.heads, "read from the seeds");
    for speaks in [None, Some(1), Some(SPEAKS_SEEDS - 1)] {
        let page = answer(&mut hub, speaks).page;
        let history = hub.log.history(&hub.reader(60, Role::Coordinator), speaks, row(5_001), None).unwrap();
        for entries in [&page.entries, &from_bytes(&history).unwrap()] {
            let mut parts = entries.iter().flat_map(|entry: &Entry| &entry.scopes);
            assert!(!entries.is_empty() && parts.all(|part| part.salt.is_some() && part.salt_seed.is_none()));
        }
        assert_eq!(chain(&page.entries), today.heads, "read from the salts");
    }
}

#[test]
fn only_what_is_pushed_at_once_shares_a_seed() {
    let mut hub = Hub::empty();
    hub.push(70, Role::Coordinator, contacts(1, 20));
    hub.push(70, Role::Coordinator, contacts(21, 20));
    let seeds = seeds_of(&answer(&mut hub, Some(SPEAKS)).page.entries);
    assert!(seeds[..20].iter().all(|seed| *seed == seeds[0]));
    assert!(seeds[20..].iter().all(|seed| *seed == seeds[20] && *seed != seeds[0]));
    // Erasing reaches no further than 64 positions, however much is pushed at once.
    hub.push(70, Role::Coordinator, contacts(41, 100));
    let seeds = seeds_of(&answer(&mut hub, Some(SPEAKS)).page.entries);
    let ranges: Vec<BTreeSet<[u8; 16]>> = [&seeds[40..63], &seeds[63..127], &seeds[127..]]
        .into_iter()
        .map(|part| part.iter().copied().collect())
        .collect();
    assert!(ranges.iter().all(|range| range.len() == 1), "{ranges:?}");
    assert_eq!(seeds.iter().collect::<BTreeSet<_>>().len(), 5);
}

#[test]
fn the_seed_of_an_erased_row_is_kept_nowhere() {
    let mut hub = Hub::empty();
    let mut whole = Device::joined(Role::Coordinator);
    let mut half = Device::joined(Role::Coordinator);
    hub.push(70, Role::Coordinator, contacts(1, 5));
    let before = answer(&mut hub, Some(SPEAKS)).page.entries;
    let seed = seeds_of(&before)[2];
    whole.sync(&mut hub);
    // This one reads the first two of five now, and the rest when the fourth is erased.
    hub.log.set_page_bytes(1);
    half.app.request_sync();
    for _ in 0..2 {
        let (call, request) = half.app.next_sync().unwrap();
        let response = half.carry(&mut hub, &request);
        half.app.finish_sync(call, Ok(response));
    }
    hub.log.set_page_bytes(usize::MAX);
    assert_eq!(erase(&mut hub, row(5_004)), 1);
    assert!(!holds(&log_bytes(&hub), &seed), "the log");
    assert!(hub.log.check().unwrap().is_empty(), "{:?}", hub.log.check());
    // What is pushed now begins with another.
    hub.push(70, Role::Coordinator, contacts(6, 2));
    half.sync(&mut hub);
    whole.sync(&mut hub);
    let mut late = Device::joined(Role::Coordinator);
    late.sync(&mut hub);
    for (name, device) in [("read all before", whole), ("read half before", half), ("read nothing before", late)] {
        assert!(!holds(&bytes_of(device), &seed), "{name}");
    }
    let after = answer(&mut hub, Some(SPEAKS)).page.entries;
    assert_eq!(chain(&after[..5]), chain(&before), "no hash changes");
}

#[test]
fn what_was_read_with_seeds_proves_itself_after_a_restore() {
    let mut hub = Hub::empty();
    hub.push(70, Role::Coordinator, contacts(1, 3));
    let backup = hub.backup();
    hub.push(70, Role::Coordinator, contacts(4, 6));
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    // One of six goes: the others have salts of their own from now on.
    assert_eq!(erase(&mut hub, row(5_005)), 1);
    phone.sync(&mut hub);
    hub.restore(&backup);
    phone.sync(&mut hub);
    for n in [4, 6, 7, 8, 9] {
        assert!(hub.log.row(row(5_000 + n)).unwrap().is_some(), "{n} came back");
    }
    assert!(hub.log.row(row(5_005)).unwrap().is_none());
    let aside: u32 = hub.log.connection().query_row("SELECT COUNT(*) FROM refused", [], |row| row.get(0)).unwrap();
    assert_eq!(aside, 0);
    assert!(hub.log.check().unwrap().is_empty(), "{:?}", hub.log.check());
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
