//! Two devices and a server: offline, edit, online, merge.

use trygkort_core::domain::{ContactId, Role};
use trygkort_core::ipc::{
    ContactForm, EditContact, GetCard, GetPins, GetProblem, GetSyncStatus, SaveContact, Saved, SetCell, SyncState, Undo,
};
use trygkort_tests::{Device, TestServer};

const OFFICE: &str = "Ejendomskontoret";

/// A desk and a telephone, both with everything there is.
async fn desk_and_phone(server: &TestServer) -> (Device, Device) {
    let desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    let phone = Device::joined(&server.invite(Role::Coordinator).await).await;
    server.mirrored().await;
    (desk, phone)
}

async fn edit(device: &mut Device, id: ContactId, change: impl FnOnce(&mut ContactForm)) -> Saved {
    let opened = device.ask(EditContact { id: Some(id) }).await.unwrap();
    let mut form = opened.form.clone();
    change(&mut form);
    device.ask(SaveContact { opened, form }).await.unwrap()
}

#[tokio::test]
async fn the_number_corrected_at_the_desk_is_on_the_janitors_phone() {
    let server = TestServer::demo().await;
    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    let mut janitor = Device::joined(&server.invite(Role::Staff).await).await;

    janitor.online = false;
    assert_eq!(janitor.sync().await.state, SyncState::Offline);
    let card = janitor.ask(GetCard {}).await.unwrap();
    assert_eq!(card.problems.len(), 6, "the card is there in the cellar");

    let id = desk.contact_id(OFFICE).await;
    edit(&mut desk, id, |form| form.channels[0].value = "32 57 19 99".to_owned()).await;
    Device::expect_settled(&desk.sync().await);
    assert_eq!(janitor.contact(OFFICE).await.channels[0].display, "32 57 10 00");

    janitor.online = true;
    Device::expect_settled(&janitor.sync().await);
    let vandalism = card.problems.iter().find(|tile| tile.name == "Hærværk").unwrap();
    let problem = janitor.ask(GetProblem { id: vandalism.id }).await.unwrap();
    let numbers = problem.contacts.iter().flat_map(|contact| &contact.channels).map(|channel| channel.display.as_str());
    assert!(numbers.clone().any(|number| number == "32 57 19 99"), "the card shows the number of today");
    assert!(!numbers.into_iter().any(|number| number == "32 57 10 00"), "and not yesterday's");
}

#[tokio::test]
async fn edits_made_apart_to_different_fields_both_survive() {
    let server = TestServer::demo().await;
    let (mut desk, mut phone) = desk_and_phone(&server).await;
    phone.online = false;
    let id = desk.contact_id(OFFICE).await;
    edit(&mut desk, id, |form| form.role = "Drift".to_owned()).await;
    edit(&mut phone, id, |form| form.note = "Ring på døren".to_owned()).await;
    phone
        .save_pin(None, |pin| {
            pin.title = "Løs flise".to_owned();
            pin.position = Some((55.638, 12.165));
        })
        .await
        .unwrap();
    assert_eq!(phone.sync().await.pending, 2, "both wait on the telephone");
    desk.sync().await;

    phone.online = true;
    Device::expect_settled(&phone.sync().await);
    Device::expect_settled(&desk.sync().await);
    for device in [&mut desk, &mut phone] {
        let contact = device.contact(OFFICE).await;
        assert_eq!((contact.role.as_str(), contact.note.as_str()), ("Drift", "Ring på døren"));
        assert!(!device.pin("Løs flise").await.expect("the pin").pending);
    }
    let (at_the_desk, on_the_phone) = (desk.ask(GetPins {}).await.unwrap(), phone.ask(GetPins {}).await.unwrap());
    assert_eq!(at_the_desk, on_the_phone);
    assert_eq!(desk.ask(GetCard {}).await.unwrap(), phone.ask(GetCard {}).await.unwrap());
}

#[tokio::test]
async fn of_two_edits_to_one_field_the_later_wins_whoever_comes_first() {
    for desk_first in [true, false] {
        let server = TestServer::demo().await;
        let (mut desk, mut phone) = desk_and_phone(&server).await;
        phone.turn_clock(5_000);
        let id = desk.contact_id(OFFICE).await;
        edit(&mut desk, id, |form| form.note = "skrevet først".to_owned()).await;
        edit(&mut phone, id, |form| form.note = "skrevet sidst".to_owned()).await;
        for turn in 0..2 {
            for device in if desk_first { [&mut desk, &mut phone] } else { [&mut phone, &mut desk] } {
                let status = device.sync().await;
                assert_eq!(status.pending, 0, "turn {turn}");
            }
        }
        for device in [&mut desk, &mut phone] {
            assert_eq!(device.contact(OFFICE).await.note, "skrevet sidst", "desk first: {desk_first}");
        }
    }
}

#[tokio::test]
async fn two_who_tick_the_same_cell_offline_made_one_and_undo_takes_it_back() {
    let server = TestServer::demo().await;
    let (mut desk, mut phone) = desk_and_phone(&server).await;
    let card = desk.ask(GetCard {}).await.unwrap();
    let lighting = card.problems.iter().find(|tile| tile.name == "Dårlig belysning").unwrap();
    let contact = desk.contact_id("Helhedsplanen").await;
    let tick = SetCell { problem: lighting.id, contact, on: true };
    desk.ask(tick.clone()).await.unwrap();
    let saved = phone.ask(tick).await.unwrap();
    for _ in 0..2 {
        desk.sync().await;
        phone.sync().await;
    }
    let names = |card: trygkort_core::ipc::CardView| -> Vec<String> {
        let tile = card.problems.into_iter().find(|tile| tile.id == lighting.id).unwrap();
        tile.contacts.into_iter().map(|contact| contact.name).collect()
    };
    for device in [&mut desk, &mut phone] {
        let names = names(device.ask(GetCard {}).await.unwrap());
        assert_eq!(names, [OFFICE, "Helhedsplanen"]);
    }
    phone.ask(Undo { undo: saved.undo.expect("it can be taken back") }).await.unwrap();
    phone.sync().await;
    desk.sync().await;
    assert_eq!(names(desk.ask(GetCard {}).await.unwrap()), [OFFICE]);
}

#[tokio::test]
async fn a_lost_answer_makes_nothing_twice_and_loses_nothing() {
    let server = TestServer::demo().await;
    let (mut desk, mut phone) = desk_and_phone(&server).await;
    phone
        .save_pin(None, |pin| {
            pin.title = "Knust rude".to_owned();
            pin.position = Some((55.637, 12.166));
        })
        .await
        .unwrap();
    phone.sync_losing_the_answer().await;
    // What is written before the telephone knows goes along the next time.
    let pin = phone.pin("Knust rude").await.unwrap();
    phone.save_pin(Some(pin.id), |pin| pin.note = "Glasset er fejet op".to_owned()).await.unwrap();
    Device::expect_settled(&phone.sync().await);
    desk.sync().await;
    let pins = desk.ask(GetPins {}).await.unwrap();
    let found: Vec<_> = pins.iter().filter(|pin| pin.title == "Knust rude").map(|pin| pin.note.as_str()).collect();
    assert_eq!(found, ["Glasset er fejet op"]);
}

#[tokio::test]
async fn how_far_a_clock_is_off_is_known_from_the_servers_answer() {
    const TWO_HOURS_MS: i64 = 2 * 60 * 60_000;
    let server = TestServer::demo().await;
    let mut phone = Device::joined(&server.invite(Role::Staff).await).await;
    let mut off_ms = 0;
    for turned_ms in [TWO_HOURS_MS, -2 * TWO_HOURS_MS] {
        phone.turn_clock(turned_ms);
        off_ms += turned_ms;
        phone.sync().await;
        let ahead_ms = phone.ask(GetSyncStatus {}).await.unwrap().clock_ahead_ms;
        assert!((ahead_ms - off_ms).abs() < 60_000, "{ahead_ms} for {off_ms}");
    }
}
