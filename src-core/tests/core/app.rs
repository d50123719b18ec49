//! The application as screens use it.

use crate::devices::{Device, Hub, NOON_MS, area, no_walk};
use trygkort_core::app::{HttpResponse, NetworkError, Step};
use trygkort_core::domain::{PinId, Role, Scope};
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::*;

#[test]
fn the_demo_opens_without_a_network_and_can_be_edited() {
    let mut device = Device::blank();
    assert_eq!(device.ask(Boot {}).unwrap().current, None);
    assert_eq!(device.ask(GetCard {}).unwrap_err().code, ErrorCode::NoArea);
    let area = device.ask(OpenDemo {}).unwrap();
    assert_eq!((area.name.as_str(), area.demo, area.local_only), ("Bøgeparken", true, true));
    assert_eq!(device.ask(GetCard {}).unwrap().problems.len(), 6);
    assert_eq!(device.ask(GetPins {}).unwrap().len(), 35);
    let contacts = device.ask(SearchContacts { query: String::new(), limit: 100 }).unwrap();
    assert_eq!(contacts.total, 25);
    let opened = device.ask(EditProblem { id: None }).unwrap();
    let form = ProblemForm { name: "Knallertkørsel".to_owned(), ..opened.form.clone() };
    device.ask(SaveProblem { opened, form }).unwrap();
    let mut device = device.restart();
    let card = device.ask(GetCard {}).unwrap();
    assert_eq!(card.problems.last().unwrap().name, "Knallertkørsel");
    assert!(device.app.next_sync().is_none(), "a local demo talks to nobody");
    let status = device.ask(GetSyncStatus {}).unwrap();
    assert_eq!((status.state, status.pending), (SyncState::LocalOnly, 0));
    device.ask(OpenDemo {}).unwrap();
    assert_eq!(device.ask(GetCard {}).unwrap().problems.len(), 7, "opening it again keeps what was done");
    device.ask(ForgetArea { area: area.id }).unwrap();
    assert_eq!(device.ask(Boot {}).unwrap().areas, []);
    device.ask(OpenDemo {}).unwrap();
    assert_eq!(device.ask(GetCard {}).unwrap().problems.len(), 6, "forgotten is forgotten");
}

#[test]
fn every_hours_text_of_the_demo_is_understood() {
    let mut device = Device::blank();
    device.ask(OpenDemo {}).unwrap();
    let contacts = device.ask(SearchContacts { query: String::new(), limit: 100 }).unwrap();
    for row in contacts.groups.iter().flat_map(|group| &group.contacts) {
        let view = device.ask(GetContact { id: row.id }).unwrap();
        assert_eq!(view.hours.is_empty(), view.opening == Opening::Unknown, "{}: {}", view.name, view.hours);
        assert_eq!(view.week.len(), if view.hours.is_empty() { 0 } else { 7 });
    }
}

#[test]
fn a_problem_says_who_what_and_when() {
    let mut device = Device::blank();
    device.ask(OpenDemo {}).unwrap();
    let tile = device.ask(GetCard {}).unwrap().problems.swap_remove(1);
    let problem = device.ask(GetProblem { id: tile.id }).unwrap();
    assert_eq!(problem.name, "Hærværk");
    assert_eq!(problem.contacts[0].name, "Ejendomskontoret");
    assert_eq!(problem.contacts[0].opening, Opening::OpenUntil { day: 0, minute: 15 * 60 });
    assert!(!problem.call_112_if.is_empty() && !problem.have_ready.is_empty());
    assert!(problem.sms_text.starts_with("Hærværk, Bøgeparken"));
    assert!(problem.demo);
}

#[test]
fn danish_search() {
    let mut device = Device::blank();
    device.ask(OpenDemo {}).unwrap();
    let mut names = |query: &str| -> Vec<String> {
        let found = device.ask(SearchContacts { query: query.to_owned(), limit: 50 }).unwrap();
        found.groups.into_iter().flat_map(|group| group.contacts).map(|row| row.name).collect()
    };
    assert_eq!(names("ejendomskont"), ["Ejendomskontoret"]);
    assert_eq!(names("kontoret ejen"), names("ejendomskontoret"), "words in any order");
    assert!(names("32571040").contains(&"SSP/Gadeplanen".to_owned()), "by number");
    assert!(names("sø").len() >= names("søren").len(), "two letters find too");
    assert_eq!(names("soren"), names("Søren"));
    assert!(!names("soren").is_empty());
    assert_eq!(names("aase"), names("Åse"));
    assert!(names("findesikke").is_empty());
    assert!(names("\" OR folded:*").is_empty(), "a search is never taken as a query language");
}

#[test]
fn a_form_says_which_field_is_wrong() {
    let mut device = Device::blank();
    device.ask(OpenDemo {}).unwrap();
    let opened = device.ask(EditContact { id: None }).unwrap();
    let good = ContactForm {
        name: "Parkvagten".to_owned(),
        channels: vec![ChannelForm {
            id: None,
            label: "Vagt".to_owned(),
            kind: ChannelKind::Mobile,
            value: "20 24 57 00".to_owned(),
            scope: Scope::Network,
        }],
        ..opened.form.clone()
    };
    let wrong: Vec<(&str, ErrorCode, ContactForm)> = vec![
        ("name", ErrorCode::Invalid, ContactForm { name: "  ".to_owned(), ..good.clone() }),
        ("name", ErrorCode::Invalid, ContactForm { name: "x".repeat(121), ..good.clone() }),
        ("hours", ErrorCode::Invalid, ContactForm { hours: "når jeg kan".to_owned(), ..good.clone() }),
        ("note", ErrorCode::PersonalNumber, ContactForm { note: "cpr 0102031234".to_owned(), ..good.clone() }),
        ("channels.0.value", ErrorCode::Invalid, {
            let mut form = good.clone();
            form.channels[0].value = "12".to_owned();
            form
        }),
        ("channels.0.label", ErrorCode::PersonalNumber, {
            let mut form = good.clone();
            form.channels[0].label = "010203 1234".to_owned();
            form
        }),
    ];
    for (field, code, form) in wrong {
        let error = device.ask(SaveContact { opened: opened.clone(), form }).unwrap_err();
        assert_eq!((error.field.as_deref(), error.code), (Some(field), code));
        assert!(!error.detail.contains("1234"));
    }
    let saved = device.ask(SaveContact { opened: opened.clone(), form: good.clone() }).unwrap();
    assert_eq!(saved.row, opened.row);
    // The same form saved twice makes one row.
    assert_eq!(device.ask(SearchContacts { query: "parkvagten".to_owned(), limit: 5 }).unwrap().total, 1);
}

#[test]
fn a_group_pin_stays_with_the_coordinators_and_expires() {
    let mut device = Device::blank();
    device.ask(OpenDemo {}).unwrap();
    let opened = device.ask(EditPin { id: None }).unwrap();
    let form = PinForm {
        category: PinCategory::Group,
        title: "Larm ved kiosken".to_owned(),
        note: "Fredag og lørdag efter kl. 22".to_owned(),
        position: Some((55.638, 12.165)),
        scope: Scope::Public,
    };
    let saved = device.ask(SavePin { opened, form }).unwrap();
    let find = |device: &mut Device| device.ask(GetPins {}).unwrap().into_iter().find(|pin| pin.id == PinId(saved.row));
    let pin = find(&mut device).unwrap();
    assert_eq!(pin.scope, Scope::Coordination);
    assert_eq!(pin.expires_at_ms, Some(NOON_MS + 90 * 24 * 3_600_000));
    device.now_ms.set(NOON_MS + 91 * 24 * 3_600_000);
    assert!(find(&mut device).is_none(), "expired");
}

#[test]
fn drafts_survive_and_never_hold_a_personal_number() {
    let mut device = Device::blank();
    device.ask(OpenDemo {}).unwrap();
    let draft = |json: &str| SaveDraft { key: "contact".to_owned(), json: json.to_owned() };
    device.ask(draft(r#"{"name":"Sø"}"#)).unwrap();
    let error = device.ask(draft(r#"{"name":"Søren 010203-1234"}"#)).unwrap_err();
    assert_eq!(error.code, ErrorCode::PersonalNumber);
    device.ask(draft(r#"{"id":"0a010203-1234-7000-8000-000000000000","name":"Sør"}"#)).unwrap();
    let mut device = device.restart();
    let kept = device.ask(GetDraft { key: "contact".to_owned() }).unwrap().unwrap();
    assert!(kept.contains("\"Sør\""));
    device.ask(DropDraft { key: "contact".to_owned() }).unwrap();
    assert_eq!(device.ask(GetDraft { key: "contact".to_owned() }).unwrap(), None);
    assert!(device.ask(CheckText { text: "010203-1234".to_owned() }).unwrap().has_personal_number);
}

#[test]
fn a_call_to_remember_is_there_until_it_is_made() {
    let mut device = Device::blank();
    device.ask(OpenDemo {}).unwrap();
    let problem = device.ask(GetCard {}).unwrap().problems[1].id;
    let contact = device.ask(GetProblem { id: problem }).unwrap().contacts[0].id;
    device.ask(RememberCall { contact, problem: Some(problem) }).unwrap();
    device.ask(RememberCall { contact, problem: Some(problem) }).unwrap();
    let mut device = device.restart();
    let reminders = device.ask(GetReminders {}).unwrap();
    assert_eq!(reminders.len(), 1);
    assert_eq!(
        (reminders[0].contact_name.as_str(), reminders[0].problem_name.as_str()),
        ("Ejendomskontoret", "Hærværk")
    );
    assert!(reminders[0].phone.is_some());
    device.ask(DismissReminder { id: reminders[0].id }).unwrap();
    assert_eq!(device.ask(GetReminders {}).unwrap(), []);
}

#[test]
fn the_card_says_when_it_is_old() {
    let mut hub = Hub::demo();
    let mut device = Device::joined(Role::Staff);
    device.sync(&mut hub);
    assert_eq!(device.ask(GetCard {}).unwrap().stale_days, None);
    device.now_ms.set(NOON_MS + 31 * 24 * 3_600_000);
    assert_eq!(device.ask(GetCard {}).unwrap().stale_days, Some(31));
    device.sync(&mut hub);
    assert_eq!(device.ask(GetCard {}).unwrap().stale_days, None);
}

#[test]
fn a_damaged_file_is_moved_aside_and_said() {
    let mut hub = Hub::demo();
    let mut device = Device::joined(Role::Staff);
    device.sync(&mut hub);
    let Device { app, folder, now_ms, origin, role } = device;
    app.close().unwrap();
    let area = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("area-"))
        .unwrap();
    std::fs::write(&area, b"this is no database, and long enough to be read as one: ................").unwrap();
    let mut device = Device { app: Device::blank().app, folder, now_ms, origin, role }.restart_on_own_files();
    let error = device.ask(Boot {}).unwrap_err();
    assert_eq!(error.code, ErrorCode::StorageDamaged);
    assert_eq!(device.ask(Boot {}).unwrap().areas, [], "the second start goes on");
    assert!(area.with_extension("db.damaged").exists(), "nothing is thrown away");
}

impl Device {
    /// Opens the app on this device's own folder, dropping the one it had.
    fn restart_on_own_files(self) -> Self {
        self.restart()
    }
}

#[test]
fn a_device_that_was_locked_out_by_mistake_stays_when_it_is_let_in_again() {
    let mut hub = Hub::demo();
    let mut device = Device::joined(Role::Staff);
    device.sync(&mut hub);
    let mark = |device: &mut Device| {
        let opened = device.ask(EditPin { id: None })?;
        let form = PinForm { title: "Mørk sti".to_owned(), position: Some((55.64, 12.08)), ..opened.form.clone() };
        device.ask(SavePin { opened, form })
    };
    mark(&mut device).unwrap();
    let refuse = |device: &mut Device, body: &[u8]| {
        let (call, request) = device.app.next_sync().unwrap();
        device.app.finish_sync(call, Ok(HttpResponse { status: 401, body: body.to_vec() }));
        request.url
    };
    device.app.request_sync();
    refuse(&mut device, br#"{"code":"revoked","detail":""}"#);
    assert_eq!(mark(&mut device).unwrap_err().code, ErrorCode::Revoked);
    // By now the coordinator has taken it back: there is nothing to hand in.
    let url = refuse(&mut device, b"");
    assert!(url.ends_with("/api/v1/hand-in"), "{url}");
    let mut device = device.restart();
    mark(&mut device).unwrap();
    device.sync(&mut hub);
    let status = device.ask(GetSyncStatus {}).unwrap();
    assert_eq!((status.state, status.pending), (SyncState::Idle, 0));
    assert_eq!(device.ask(GetPins {}).unwrap().iter().filter(|pin| pin.title == "Mørk sti").count(), 2);
}

#[test]
fn an_area_that_was_deleted_by_mistake_gets_what_was_not_sent_when_it_is_back() {
    let mut hub = Hub::demo();
    let mut device = Device::joined(Role::Staff);
    device.sync(&mut hub);
    let opened = device.ask(EditPin { id: None }).unwrap();
    let form = PinForm { title: "Mørk sti".to_owned(), position: Some((55.64, 12.08)), ..opened.form.clone() };
    device.ask(SavePin { opened, form }).unwrap();
    device.app.request_sync();
    let (call, _) = device.app.next_sync().unwrap();
    let body = br#"{"code":"area_deleted","detail":""}"#.to_vec();
    device.app.finish_sync(call, Ok(HttpResponse { status: 401, body }));
    let status = device.ask(GetSyncStatus {}).unwrap();
    assert_eq!((status.state, status.pending), (SyncState::Deleted, 1));
    assert!(device.app.next_sync().is_none(), "it does not ask by itself");
    device.sync(&mut hub);
    let status = device.ask(GetSyncStatus {}).unwrap();
    assert_eq!((status.state, status.pending), (SyncState::Idle, 0));
}

#[test]
fn server_errors_have_words() {
    let mut device = Device::blank();
    let cases = [
        (Ok(HttpResponse { status: 401, body: br#"{"code":"revoked","detail":"x"}"#.to_vec() }), SyncState::Revoked),
        (Ok(HttpResponse { status: 401, body: vec![] }), SyncState::Unknown),
        (Ok(HttpResponse { status: 401, body: br#"{"code":"expired","detail":"x"}"#.to_vec() }), SyncState::Expired),
        (
            Ok(HttpResponse { status: 401, body: br#"{"code":"area_deleted","detail":"x"}"#.to_vec() }),
            SyncState::Deleted,
        ),
        (Ok(HttpResponse { status: 401, body: br#"{"code":"of_later","detail":"x"}"#.to_vec() }), SyncState::Unknown),
        (Ok(HttpResponse { status: 426, body: vec![] }), SyncState::Outdated),
        (Ok(HttpResponse { status: 500, body: vec![] }), SyncState::ServerError),
        (Ok(HttpResponse { status: 200, body: b"<html>hotel wifi</html>".to_vec() }), SyncState::ServerError),
        (Err(NetworkError), SyncState::Offline),
    ];
    for (response, state) in cases {
        let mut device_now = Device::joined(Role::Staff);
        let (call, _) = device_now.app.next_sync().unwrap();
        device_now.app.finish_sync(call, response);
        assert_eq!(device_now.ask(GetSyncStatus {}).unwrap().state, state);
        assert_eq!(
            device_now.app.retry_after_ms().is_some(),
            matches!(state, SyncState::Offline | SyncState::ServerError)
        );
        device_now.app.request_sync();
        let knocks_again = device_now.app.next_sync().is_some();
        assert_eq!(knocks_again, !state.is_locked_out(), "{state:?}");
    }
    let redeem = Redeem {
        link: "https://trygkort.example/i#0123456789ABCDEFGHJKMNPQRS".to_owned(),
        member_name: String::new(),
        device_name: String::new(),
    };
    for (status, code, expected) in [
        (404, "invitation_unknown", ErrorCode::BadLink),
        (410, "invitation_spent", ErrorCode::InvitationSpent),
        (429, "too_many_attempts", ErrorCode::TooManyAttempts),
        (401, "expired", ErrorCode::Expired),
        (401, "area_deleted", ErrorCode::AreaDeleted),
        (502, "?", ErrorCode::Server),
    ] {
        let Step::Fetch { then, .. } = device.app.handle(redeem.clone().into_request()) else {
            panic!("needs the server")
        };
        let body = format!(r#"{{"code":"{code}","detail":"x"}}"#).into_bytes();
        let Step::Reply(Err(error)) = device.app.resume(then, Ok(HttpResponse { status, body })) else {
            panic!("fails")
        };
        assert_eq!(error.code, expected);
    }
}

/// Tries to redeem `link` and gets `answer`; returns the attempt's number that was sent.
fn redeem_and_get(device: &mut Device, link: &str, answer: Result<HttpResponse, NetworkError>) -> String {
    let (member_name, device_name) = ("Mona".to_owned(), "Telefon".to_owned());
    let redeem = Redeem { link: link.to_owned(), member_name, device_name };
    let step = device.app.handle(redeem.into_request());
    let Step::Fetch { request, then } = no_walk(&mut device.app, step) else { panic!("needs the server") };
    device.app.resume(then, answer);
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    body["attempt"].as_str().unwrap().to_owned()
}

#[test]
fn redeeming_is_repeated_by_the_same_number_until_there_is_an_answer() {
    const LINK: &str = "https://trygkort.example/i#0123456789ABCDEFGHJKMNPQRS";
    const TYPED: &str = "https://trygkort.example/i#o123-4567-89ab-cdef-ghjk-mnpq-rs";
    const OTHER_LINK: &str = "https://trygkort.example/i#ZZZZ456789ABCDEFGHJKMNPQRS";
    let answer = |status, body: &str| Ok(HttpResponse { status, body: body.as_bytes().to_vec() });
    let refusal = |status, code: &str| answer(status, &format!(r#"{{"code":"{code}","detail":"x"}}"#));
    let mut device = Device::blank();
    let other = redeem_and_get(&mut device, OTHER_LINK, Err(NetworkError));
    let first = redeem_and_get(&mut device, LINK, Err(NetworkError));
    assert!(first.len() == 32 && first.bytes().all(|digit| digit.is_ascii_hexdigit()), "{first}");
    assert_ne!(first, other);

    let mut device = device.restart();
    for no_answer in [
        Err(NetworkError),
        refusal(500, "internal"),
        refusal(429, "too_many_attempts"),
        refusal(422, "invalid"),
        answer(404, "<html>hotel wifi</html>"),
        answer(200, "<html>hotel wifi</html>"),
    ] {
        assert_eq!(redeem_and_get(&mut device, TYPED, no_answer), first);
    }

    let mut known = first;
    for (status, code) in [(410, "invitation_spent"), (404, "invitation_unknown")] {
        assert_eq!(redeem_and_get(&mut device, LINK, refusal(status, code)), known);
        let next = redeem_and_get(&mut device, LINK, Err(NetworkError));
        assert_ne!(next, known, "{code} is the last word on an attempt");
        known = next;
    }
    device.join();
    assert_ne!(redeem_and_get(&mut device, LINK, Err(NetworkError)), known, "and so is success");
}

#[test]
fn an_answer_that_comes_after_another_try_was_answered_changes_nothing() {
    let mut device = Device::blank();
    let ask = || Redeem {
        link: "https://trygkort.example/i#0123456789ABCDEFGHJKMNPQRS".to_owned(),
        member_name: "Mona".to_owned(),
        device_name: "Telefon".to_owned(),
    };
    let mut send = || match device.app.handle(ask().into_request()) {
        Step::Fetch { then, .. } => then,
        Step::Reply(_) => panic!("needs the server"),
    };
    let (slow, quick) = (send(), send());
    for (then, token) in [(quick, "in-use"), (slow, "replaced")] {
        let answer = serde_json::json!({
            "area_id": area(), "area_name": "Bøgeparken", "role": "staff", "demo": true, "token": token,
            "origin": 7, "device_id": "d1", "member_id": "m1",
        });
        let answer = HttpResponse { status: 200, body: answer.to_string().into_bytes() };
        let Step::Reply(Ok(_)) = device.app.resume(then, Ok(answer)) else { panic!("both are told of the area") };
    }
    device.app.request_sync();
    let (_, request) = device.app.next_sync().unwrap();
    assert!(request.headers.contains(&("authorization", "Bearer in-use".to_owned())));
}
