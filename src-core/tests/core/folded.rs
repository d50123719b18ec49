//! What devices of today are sent beyond those of before: folded pages, and an acknowledgement before the page.

use crate::devices::{Device, Hub, NOON_MS, row};
use crate::erasure::erase;
use crate::hostile::contact_named;
use crate::snapshots::{busy, by_log, sync, sync_with};
use trygkort_core::app::{HttpResponse, NetworkError};
use trygkort_core::domain::Role;
use trygkort_core::hub::{CROWD, Peer};
use trygkort_core::ipc::{EditPin, PinForm, SavePin};
use trygkort_core::wire::v1::{Action, Cursor, Page, SPEAKS, SPEAKS_FOLDED, SyncRequest, SyncResponse};
use trygkort_core::wire::{from_bytes, to_bytes};

const BEFORE: u16 = SPEAKS_FOLDED - 1;

fn answer(hub: &mut Hub, role: Role, speaks: u16) -> Vec<u8> {
    let request = SyncRequest { version: 1, origin: 60, speaks: Some(speaks), ..SyncRequest::default() };
    hub.exchange(60, role, &to_bytes(&request)).unwrap()
}

/// Two devices that wrote by turns, one with a clock of its own, and a row that was erased.
fn hub() -> Hub {
    let mut hub = Hub::demo();
    for n in 0..6 {
        let actions = (1..4).map(|m| contact_named(10 * n + m, u128::from(900 + 10 * n + m), "Vagten"));
        let hlc = u64::try_from(NOON_MS).unwrap() - 77_000 * n;
        let late = |action: Action| Action { hlc, ..action };
        hub.push(70 + u32::try_from(n % 2).unwrap(), Role::Coordinator, actions.map(late).collect());
    }
    assert_eq!(erase(&mut hub, row(912)), 1);
    hub
}

#[test]
fn a_folded_page_is_the_page_of_before_in_fewer_bytes() {
    let mut hub = hub();
    for role in Role::ALL {
        let (before, today) = (answer(&mut hub, role, BEFORE), answer(&mut hub, role, SPEAKS));
        let sent: SyncResponse = from_bytes(&today).unwrap();
        assert_eq!(sent.page.folded, Some(true));
        let page = SyncResponse::read(&today).unwrap().page;
        assert_eq!(page, SyncResponse::read(&before).unwrap().page, "{role}");
        assert!(today.len() < before.len() - 10 * page.entries.len(), "{role}: {} {}", today.len(), before.len());
    }
}

#[test]
fn who_does_not_know_them_is_sent_neither_folded_pages_nor_that_bodies_are_unpacked() {
    let mut hub = hub();
    for speaks in 0..=BEFORE {
        let response: SyncResponse = from_bytes(&answer(&mut hub, Role::Staff, speaks)).unwrap();
        assert_eq!((response.page.folded, response.unpacks), (None, None), "{speaks}");
    }
}

/// Exchanges of one transaction, one after the other.
fn at_once(hub: &mut Hub, requests: &[SyncRequest]) -> Vec<SyncResponse> {
    hub.log.begin().unwrap();
    let answers = requests.iter().map(|request| {
        let peer = Peer::new(request.origin, row(u128::from(request.origin)), Role::Coordinator);
        SyncResponse::read(&hub.log.exchange(&peer, &to_bytes(request), NOON_MS).unwrap().body).unwrap()
    });
    let answers = answers.collect();
    hub.log.commit().unwrap();
    answers
}

#[test]
fn in_a_crowd_whoever_pushes_hears_first_that_it_is_safe_and_then_reads_everything() {
    let mut hub = hub();
    let push = |origin: u32, speaks| SyncRequest {
        version: 1,
        origin,
        speaks: Some(speaks),
        actions: vec![contact_named(1, u128::from(2_000 + origin), "Vicevært")],
        ..SyncRequest::default()
    };
    let reads = |origin: u32| SyncRequest { actions: Vec::new(), ..push(origin, SPEAKS) };
    let few = (60..).take(CROWD - 1).map(|origin| push(origin, SPEAKS));
    let (late, before) = (push(80, SPEAKS), push(81, BEFORE));
    let requests: Vec<_> = few.chain([late, reads(82), before]).collect();
    let answers = at_once(&mut hub, &requests);
    let (few, [late, reader, before]) = answers.split_at(CROWD - 1) else { unreachable!("three more") };

    let is_safe = |response: &SyncResponse| response.verdicts[0].position.is_some();
    assert!(few.iter().all(|answer| is_safe(answer) && !answer.page.entries.is_empty()), "few are told at once");
    let Page { from, to, more, .. } = late.page;
    assert!(is_safe(late) && late.page.entries.is_empty() && (from, to, more) == (0, 0, true));
    assert!(reader.page.entries.iter().any(|entry| entry.origin == 80), "who only reads is told");
    assert!(is_safe(before) && !before.page.entries.is_empty(), "a device of before expects it all at once");

    let then = at_once(&mut hub, &[reads(80)]).remove(0);
    assert!(!then.page.more && then.page.entries.iter().any(|entry| entry.origin == 80));
    let next = at_once(&mut hub, &[push(83, SPEAKS)]).remove(0);
    assert!(!next.page.entries.is_empty(), "each transaction is counted by itself");
}

/// One exchange, answered by the server or with a status; whether the request might have been packed.
fn may_pack(hub: &mut Hub, phone: &mut Device, status: Option<u16>) -> bool {
    phone.app.request_sync();
    let (call, request) = phone.app.next_sync().unwrap();
    let response = match status {
        None => phone.carry(hub, &request),
        Some(status) => HttpResponse { status, body: Vec::new() },
    };
    phone.app.finish_sync(call, Ok(response));
    request.may_pack
}

#[test]
fn a_device_packs_what_it_sends_once_the_server_says_that_it_unpacks() {
    let mut hub = Hub::demo();
    let mut phone = Device::joined(Role::Staff);
    assert!(!may_pack(&mut hub, &mut phone, None), "nobody has said so yet");
    assert!(may_pack(&mut hub, &mut phone, None));
    let mut phone = phone.restart();
    assert!(may_pack(&mut hub, &mut phone, Some(503)));
    assert!(!may_pack(&mut hub, &mut phone, Some(503)), "every other try is plain");
    assert!(may_pack(&mut hub, &mut phone, None) && may_pack(&mut hub, &mut phone, None));
}

#[test]
fn what_is_refused_goes_plain_until_the_app_is_started_again() {
    let (mut hub, mut number) = (Hub::demo(), 0);
    let mut next_contact = || {
        number += 1;
        contact_named(number, 900 + u128::from(number), "Vagten")
    };
    for status in [400, 403, 415, 502] {
        let mut phone = Device::joined(Role::Staff);
        phone.sync(&mut hub);
        assert!(may_pack(&mut hub, &mut phone, Some(status)));
        for _ in 0..3 {
            hub.push(70, Role::Coordinator, vec![next_contact()]);
            assert!(!may_pack(&mut hub, &mut phone, None), "after {status}, though the server says that it unpacks");
        }
        let mut phone = phone.restart();
        assert!(may_pack(&mut hub, &mut phone, None));
    }
}

#[test]
fn a_cursor_in_the_middle_begins_a_page_that_unfolds_by_itself() {
    let mut hub = hub();
    let whole = SyncResponse::read(&answer(&mut hub, Role::Coordinator, SPEAKS)).unwrap().page;
    for from in 0..whole.to {
        let cursor = Cursor { position: from, ..Cursor::default() };
        let request = SyncRequest { version: 1, origin: 60, cursor, speaks: Some(SPEAKS), ..SyncRequest::default() };
        let body = hub.exchange(60, Role::Coordinator, &to_bytes(&request)).unwrap();
        let rest: Vec<_> = whole.entries.iter().filter(|entry| entry.position > from).cloned().collect();
        assert_eq!(SyncResponse::read(&body).unwrap().page.entries, rest, "from {from}");
    }
}

#[test]
fn files_that_were_fetched_stay_when_the_server_leaves_the_log_for_later() {
    let mut hub = busy();
    hub.make_snapshot();
    let mut tablet = Device::joined(Role::Coordinator);
    let first =
        sync_with(&mut tablet, &mut hub, |number, answer| if number >= 3 { Err(NetworkError) } else { Ok(answer) });
    let opened = tablet.ask(EditPin { id: None }).unwrap();
    let form = PinForm { title: "Ny".to_owned(), position: Some((55.638, 12.165)), ..opened.form.clone() };
    tablet.ask(SavePin { opened, form }).unwrap();
    // It comes back into coverage with many others.
    hub.pushed = CROWD;
    let then = sync(&mut tablet, &mut hub);
    assert_eq!((first.files, then.files), (3, 1), "two came, and the third is fetched once more");
    assert_eq!(tablet.app.dump().unwrap(), by_log(&mut hub, Role::Coordinator));
}
