//! What devices of today are sent beyond those of before: folded pages, and an acknowledgement before the page.

use crate::devices::{Device, Hub, NOON_MS, row};
use crate::erasure::erase;
use crate::hostile::contact_named;
use trygkort_core::app::HttpResponse;
use trygkort_core::domain::Role;
use trygkort_core::hub::{CROWD, Peer};
use trygkort_core::ipc::{GetSyncStatus, SyncState};
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

/// An exchange with others in the same transaction.
fn beside(hub: &mut Hub, exchanges: usize, request: &SyncRequest) -> SyncResponse {
    let peer = Peer::new(request.origin, row(u128::from(request.origin)), Role::Coordinator);
    hub.log.begin_for(exchanges).unwrap();
    let done = hub.log.exchange(&peer, &to_bytes(request), NOON_MS).unwrap();
    hub.log.commit().unwrap();
    SyncResponse::read(&done.body).unwrap()
}

#[test]
fn in_a_crowd_whoever_pushes_hears_first_that_it_is_safe_and_then_reads_everything() {
    let mut hub = hub();
    let push = |n: u32, speaks| SyncRequest {
        version: 1,
        origin: 60 + n,
        speaks: Some(speaks),
        actions: vec![contact_named(1, u128::from(2_000 + n), "Vicevært")],
        ..SyncRequest::default()
    };
    let is_safe = |response: &SyncResponse| response.verdicts[0].position.is_some();
    let alone = beside(&mut hub, CROWD - 1, &push(0, SPEAKS));
    assert!(is_safe(&alone) && !alone.page.entries.is_empty(), "few are told everything at once");

    let first = beside(&mut hub, CROWD, &push(1, SPEAKS));
    let Page { from, to, more, .. } = first.page;
    assert!(is_safe(&first) && first.page.entries.is_empty() && (from, to, more) == (0, 0, true));
    let reads = SyncRequest { actions: Vec::new(), ..push(1, SPEAKS) };
    let then = beside(&mut hub, CROWD, &reads);
    assert!(!then.page.more && then.page.entries.iter().any(|entry| entry.origin == 61), "who only reads is told");

    let before = beside(&mut hub, CROWD, &push(2, BEFORE));
    assert!(is_safe(&before) && !before.page.entries.is_empty(), "a device of before expects it all at once");
}

#[test]
fn a_device_packs_what_it_sends_once_the_server_says_that_it_unpacks() {
    let mut hub = Hub::demo();
    let mut phone = Device::joined(Role::Staff);
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
    assert!(!may_pack(&mut hub, &mut phone, None), "nobody has said so yet");
    assert!(may_pack(&mut hub, &mut phone, None));
    assert!(may_pack(&mut hub, &mut phone, Some(503)) && may_pack(&mut hub, &mut phone, Some(400)));
    assert_eq!(phone.ask(GetSyncStatus {}).unwrap().state, SyncState::ServerError);
    assert!(!may_pack(&mut hub, &mut phone, None), "what answers 400 may be a server of before");
    assert!(!may_pack(&mut hub, &mut phone, None), "nothing new came, and so nobody has said otherwise");
    hub.push(70, Role::Coordinator, vec![contact_named(1, 901, "Vagten")]);
    assert!(!may_pack(&mut hub, &mut phone, None) && may_pack(&mut hub, &mut phone, None), "it is not");
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
