//! Guards that stand behind others: each is tried by itself, with what only a broken or hostile program would send, or
//! at the one moment when nothing else would help.

use crate::devices::{Device, Hub, NOON_MS, area, row};
use crate::hostile::contact_named;
use trygkort_core::app::HttpResponse;
use trygkort_core::domain::schema::{DELETED_AT, contact};
use trygkort_core::domain::{ChangeId, ContactId, FieldId, Reader, Role, Scope, Value};
use trygkort_core::hub::roster::{Member, Roster};
use trygkort_core::hub::{Delivered, Peer};
use trygkort_core::ipc::*;
use trygkort_core::seal;
use trygkort_core::wire::aside::KeptAside;
use trygkort_core::wire::v1::*;
use trygkort_core::wire::{from_bytes, to_bytes};

const CONTACT: u128 = 91;
const NOON: u64 = NOON_MS.unsigned_abs();

/// An area with one contact, made by device 1 as its change 1.
fn hub() -> Hub {
    let mut hub = Hub::demo();
    assert_eq!(push(&mut hub, 1, Action { hlc: NOON, ..contact_named(1, CONTACT, "Vagten") }).reason, None);
    hub
}

fn push(hub: &mut Hub, origin: u32, action: Action) -> Verdict {
    hub.push(origin, Role::Coordinator, vec![action]).verdicts[0]
}

fn action(counter: u64, hlc: u64, rows: Vec<RowChange>) -> Action {
    Action { counter, hlc, seen: 0, all_or_nothing: None, rows }
}

fn contact_row(id: u128, field: FieldId, value: Value, base: Option<ChangeId>) -> RowChange {
    let fields = vec![FieldChange { field, value, base: base.map(WireChangeId) }];
    RowChange { entity: 3, row: WireId(row(id)), scope: Scope::Network.number(), move_to: None, fields }
}

fn held(hub: &Hub, field: FieldId) -> Option<Value> {
    let state = hub.log.row(row(CONTACT)).unwrap().unwrap();
    state.fields.get(&field).map(|held| held.value.clone())
}

/// Synchronises; `tamper` may change an answer.
fn sync_with(device: &mut Device, hub: &mut Hub, mut tamper: impl FnMut(&mut SyncResponse)) {
    device.app.request_sync();
    let mut requests = 0;
    while let Some((call, request)) = device.app.next_sync() {
        requests += 1;
        assert!(requests < 50, "synchronising never ends");
        let mut answer = SyncResponse::read(&device.carry(hub, &request).body).unwrap();
        tamper(&mut answer);
        device.app.finish_sync(call, Ok(HttpResponse { status: 200, body: to_bytes(&answer) }));
    }
}

#[test]
fn what_passes_of_a_refused_action_is_not_taken_either() {
    let mut hub = hub();
    let good = contact_row(CONTACT, contact::note, "Ring på".into(), None);
    let of_nothing = contact_row(4_711, contact::note, "Findes ikke".into(), None);
    let verdict = push(&mut hub, 2, action(1, NOON, vec![good, of_nothing]));
    assert_eq!(verdict.reason, Some(Reason::Reference));
    assert_eq!(held(&hub, contact::note), None);
}

#[test]
fn who_edits_what_they_saw_wins_whatever_their_watch_says() {
    let mut hub = hub();
    let saw = ChangeId { origin: 1, counter: 1 };
    let rows = vec![contact_row(CONTACT, contact::name, "Vagten i nr. 2".into(), Some(saw))];
    let verdict = push(&mut hub, 2, action(1, NOON - 3_600_000, rows));
    assert_eq!((verdict.outcome, verdict.conflicts), (Outcome::Applied, None));
    assert_eq!(held(&hub, contact::name), Some("Vagten i nr. 2".into()));
}

#[test]
fn writing_to_a_deleted_row_does_not_bring_it_back() {
    let mut hub = hub();
    let mut phone = Device::joined(Role::Coordinator);
    let deletes = vec![contact_row(CONTACT, DELETED_AT, Value::Int(NOON_MS), None)];
    push(&mut hub, 1, action(2, NOON, deletes));
    let edits = vec![contact_row(CONTACT, contact::note, "Ring på".into(), None)];
    push(&mut hub, 2, action(1, NOON + 1, edits));
    assert_eq!(held(&hub, DELETED_AT), Some(Value::Int(NOON_MS)));
    phone.sync(&mut hub);
    let found = phone.ask(SearchContacts { query: "Vagten".to_owned(), limit: 10 }).unwrap();
    let names: Vec<String> = found.groups.into_iter().flat_map(|group| group.contacts).map(|row| row.name).collect();
    assert!(!names.contains(&"Vagten".to_owned()), "it stays in the trash");
}

#[test]
fn a_cursor_that_was_not_sealed_here_is_no_place_in_this_log() {
    let mut hub = hub();
    let page = hub.push(1, Role::Coordinator, Vec::new()).page;
    let scopes = page.heads.iter().map(|head| ScopeSeq { hash: None, ..*head }).collect();
    let sealed = Cursor { position: page.to, scopes, epoch: page.epoch, mac: page.mac };
    let forged = Cursor { mac: Some([1; 16].into()), ..sealed.clone() };
    let mut restart = |cursor| {
        let request = SyncRequest { version: 1, origin: 1, cursor, ..Default::default() };
        let answer = hub.exchange(1, Role::Coordinator, &to_bytes(&request)).unwrap();
        from_bytes::<SyncResponse>(&answer).unwrap().restart
    };
    assert_eq!(restart(sealed), None);
    assert!(restart(forged).is_some());
}

#[test]
fn a_page_with_other_words_than_the_chain_has_is_not_taken() {
    let mut hub = hub();
    let mut phone = Device::joined(Role::Coordinator);
    let mut tampered = 0;
    sync_with(&mut phone, &mut hub, |answer| {
        let parts = answer.page.entries.iter_mut().flat_map(|entry| &mut entry.scopes);
        for raw in parts.flat_map(|part| &mut part.rows).filter(|raw| raw.row.0 == row(CONTACT)) {
            let mut other = raw.clone().into_value();
            other.fields[0].value = "Falsk".into();
            *raw = other.into();
            tampered += 1;
        }
    });
    assert!(tampered > 0, "it came");
    assert!(!phone.app.dump().unwrap().contains(&row(CONTACT).to_string()), "and was not taken");
    phone.now_ms.set(phone.now_ms.get() + 3_600_000);
    phone.sync(&mut hub);
    assert!(phone.app.dump().unwrap().contains(&row(CONTACT).to_string()), "the true one is");
}

#[test]
fn a_narrower_role_loses_what_it_may_not_read_with_the_first_answer() {
    let mut hub = hub();
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    let of_the_network = |phone: &Device| phone.app.dump().unwrap().contains(&row(CONTACT).to_string());
    assert!(of_the_network(&phone));
    phone.role = Role::Resident;
    phone.app.request_sync();
    let (call, request) = phone.app.next_sync().unwrap();
    let answer = phone.carry(&mut hub, &request);
    phone.app.finish_sync(call, Ok(answer));
    assert!(!of_the_network(&phone), "before it has read anything anew");
}

#[test]
fn history_tells_nobody_what_happened_where_they_may_not_read() {
    let mut hub = hub();
    let away = RowChange {
        move_to: Some(Scope::Coordination.number()),
        ..contact_row(CONTACT, contact::note, "Kun for koordinatorer".into(), None)
    };
    assert_eq!(push(&mut hub, 1, action(2, NOON, vec![away])).reason, None);
    let scopes = |role| {
        let read: Vec<Entry> =
            from_bytes(&hub.log.history(&Reader::new(role), None, row(CONTACT), None).unwrap()).unwrap();
        read.iter().flat_map(|entry| &entry.scopes).map(|part| part.scope).collect::<Vec<_>>()
    };
    assert_eq!(scopes(Role::Coordinator), [1, 2, 1], "newest first: it left the one for the other");
    assert_eq!(scopes(Role::Staff), [1, 1]);
}

#[test]
fn what_left_its_scope_is_hidden_until_its_new_place_is_known() {
    let mut hub = hub();
    let backup = hub.backup();
    let away = RowChange {
        move_to: Some(Scope::Coordination.number()),
        ..contact_row(CONTACT, contact::note, "x".into(), None)
    };
    push(&mut hub, 1, action(2, NOON, vec![away]));
    // A colleague has read that it left, and not where to.
    let mut phone = Device::joined(Role::Staff);
    phone.sync(&mut hub);
    hub.restore(&backup);
    assert_eq!(hub.log.row(row(CONTACT)).unwrap().unwrap().scope, Scope::Network);
    phone.sync(&mut hub);
    assert_eq!(hub.log.row(row(CONTACT)).unwrap().unwrap().scope, Scope::Coordination);
}

#[test]
fn the_servers_own_numbers_of_before_a_restore_are_not_given_out_again() {
    let mut hub = hub();
    let backup = hub.backup();
    let called = |name: &str| Roster {
        members: vec![Member { id: row(1), role: Role::Staff, name: name.to_owned(), joined_at_ms: NOON_MS }],
        ..Roster::default()
    };
    let last = |hub: &Hub| -> u64 {
        let sql = "SELECT MAX(counter) FROM entry WHERE origin = 0";
        hub.log.connection().query_row(sql, [], |row| row.get(0)).unwrap()
    };
    hub.mirror(&called("Mona"));
    let given_out = last(&hub);
    hub.restore(&backup);
    hub.mirror(&called("Ali"));
    assert!(last(&hub) > given_out, "somebody may have read the other one");
}

#[test]
fn what_is_written_while_a_snapshot_is_fetched_stays() {
    let mut hub = Hub::demo();
    hub.make_snapshot();
    let mut phone = Device::joined(Role::Coordinator);
    phone.app.request_sync();
    let (mut written, mut files) = (None, 0);
    while let Some((call, request)) = phone.app.next_sync() {
        if request.url.contains("/snapshot/") {
            files += 1;
            let opened = phone.ask(EditPin { id: None }).unwrap();
            let form = PinForm { title: "Undervejs".to_owned(), position: Some((55.65, 12.27)), ..opened.form.clone() };
            written.get_or_insert_with(|| phone.ask(SavePin { opened, form }).unwrap());
        }
        let answer = phone.carry(&mut hub, &request);
        phone.app.finish_sync(call, Ok(answer));
    }
    assert!(files > 0 && written.is_some(), "a snapshot was fetched");
    phone.sync(&mut hub);
    let mut office = Device::joined(Role::Coordinator);
    office.sync(&mut hub);
    for device in [&mut phone, &mut office] {
        assert!(device.ask(GetPins {}).unwrap().iter().any(|pin| pin.title == "Undervejs"));
    }
}

#[test]
fn what_was_refused_and_names_an_erased_row_goes_with_it() {
    let mut hub = hub();
    let rows = vec![contact_row(CONTACT, contact::note, "Grethe Hemmelig bor her".into(), None)];
    let actions = vec![action(1, NOON, rows)];
    let tried = to_bytes(&SyncRequest { version: 1, origin: 2, actions, speaks: Some(SPEAKS), ..Default::default() });
    let reason = |hub: &mut Hub| {
        from_bytes::<SyncResponse>(&hub.exchange(2, Role::Staff, &tried).unwrap()).unwrap().verdicts[0].reason
    };
    assert_eq!(reason(&mut hub), Some(Reason::Permission));
    let holds = |hub: &Hub| {
        let bytes = std::fs::read(hub.backup_of_all().path()).unwrap();
        bytes.windows(15).any(|window| window == b"Grethe Hemmelig")
    };
    assert!(holds(&hub), "it is kept aside");
    hub.log.begin().unwrap();
    hub.log.erase(&[row(CONTACT)].into(), NOON_MS).unwrap();
    hub.log.commit().unwrap();
    assert!(!holds(&hub));
    assert_eq!(reason(&mut hub), Some(Reason::Erased), "its author's device keeps no words of it either");
    assert!(!holds(&hub));
}

#[test]
fn of_what_is_kept_aside_a_reader_is_told_what_they_may_read_and_the_newest_hundred() {
    let mut hub = hub();
    let note = |text: String| contact_row(CONTACT, contact::note, text.into(), None);
    for counter in 1..=101 {
        hub.now_ms += 1;
        let refused = action(counter, NOON + counter, vec![note(format!("Nr. {counter}"))]);
        assert_eq!(hub.push(2, Role::Staff, vec![refused]).verdicts[0].reason, Some(Reason::Permission));
    }
    let told =
        |hub: &Hub, role| -> Vec<KeptAside> { from_bytes(&hub.log.aside_for(&Reader::new(role)).unwrap()).unwrap() };
    let newest = told(&hub, Role::Coordinator);
    assert_eq!(newest.len(), 100);
    assert_eq!((newest[0].origin, newest[0].reason), (2, Reason::Permission));
    assert_eq!(newest[0].action.rows[0].fields[0].value, "Nr. 101".into());
    assert_eq!(told(&hub, Role::Resident), [], "the contact is for the network");

    // Held until the server knows the kind, and newer than all: nobody is told of it, and it takes nobody's place.
    for counter in 102..=202 {
        hub.now_ms += 1;
        let made = contact_row(u128::from(counter) + 1_000, contact::note, "Til en nyere server".into(), None);
        let of_a_new_kind = RowChange { entity: 999, ..made };
        let held = action(counter, NOON + counter, vec![of_a_new_kind]);
        assert_eq!(hub.push(2, Role::Staff, vec![held]).verdicts[0].reason, Some(Reason::Unknown));
    }
    assert_eq!(told(&hub, Role::Coordinator), newest);
}

#[test]
fn what_is_handed_over_for_somebody_else_needs_their_signature() {
    let mut hub = Hub::demo();
    let seed = [9; 32];
    let author = Peer { key: Some(seal::public_key(&seed)), ..Peer::new(7, row(7), Role::Coordinator) };
    let actions = vec![contact_named(1, CONTACT, "Vagten")];
    let hashes: Vec<_> = actions.iter().map(seal::action_hash).collect();
    let digest = seal::push_digest(area(), 7, None, &[1; 16], &hashes);
    let signed_by = |seed: [u8; 32]| {
        let push = Push { after: None, salt: [1; 16].into(), signature: Some(seal::sign(&seed, &digest).into()) };
        let actions = actions.clone();
        Raw::from(SyncRequest { version: 1, origin: 7, actions, push: Some(push), ..Default::default() })
    };
    let mut deliver = |request: &Raw<SyncRequest>| {
        hub.log.begin().unwrap();
        let done = hub.log.deliver(Some(&author), request, NOON_MS).unwrap();
        hub.log.commit().unwrap();
        done
    };
    assert_eq!(deliver(&signed_by([8; 32])), Delivered { taken: 0, refused: 0, aside: 1 });
    assert_eq!(deliver(&signed_by(seed)), Delivered { taken: 1, refused: 0, aside: 0 });
}

#[test]
fn of_two_changes_at_one_time_that_of_the_larger_origin_stands() {
    for first in [1, 2] {
        let mut hub = Hub::demo();
        let new = Action { hlc: NOON - 1, ..contact_named(1, CONTACT, "Vagten") };
        push(&mut hub, 5, new);
        for origin in [first, 3 - first] {
            let rows = vec![contact_row(CONTACT, contact::note, format!("af {origin}").into(), None)];
            push(&mut hub, origin, action(1, NOON, rows));
        }
        assert_eq!(held(&hub, contact::note), Some("af 2".into()), "{first} came first");
    }
}

/// What lies in a device's search index, also of what is not found any more.
fn search_index(device: &Device) -> Vec<u8> {
    let name = format!("area-{}.db", area());
    let conn = rusqlite::Connection::open(device.folder.path().join(name)).unwrap();
    let mut statement = conn.prepare("SELECT block FROM contact_search_data").unwrap();
    let blocks = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    blocks.flat_map(Result::unwrap).collect()
}

fn save(device: &mut Device, id: Option<ContactId>, name: &str) -> ContactId {
    let opened = device.ask(EditContact { id }).unwrap();
    let form = ContactForm { name: name.to_owned(), ..opened.form.clone() };
    ContactId(device.ask(SaveContact { opened, form }).unwrap().row)
}

#[test]
fn an_erased_word_is_neither_searched_nor_brought_back_by_undo() {
    let mut hub = Hub::demo();
    let mut phone = Device::joined(Role::Coordinator);
    phone.sync(&mut hub);
    let id = save(&mut phone, None, "Jkpfgine Hemmelig");
    phone.sync(&mut hub);
    save(&mut phone, Some(id), "Vagten");
    phone.sync(&mut hub);
    let holds = |bytes: Vec<u8>, text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    // The index is of three letters each.
    assert!(holds(search_index(&phone), b"kpf"), "what was found before lies there still");
    hub.log.begin().unwrap();
    hub.log.erase(&[id.0].into(), NOON_MS).unwrap();
    hub.log.commit().unwrap();
    phone.sync(&mut hub);
    assert!(!holds(search_index(&phone), b"kpf"));
    let folder = phone.folder.clone();
    phone.app.close().unwrap();
    let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let bytes = files.flat_map(|file| std::fs::read(file).unwrap()).collect();
    assert!(!holds(bytes, b"Jkpfgine"), "nor in what would take the edit back");
}
