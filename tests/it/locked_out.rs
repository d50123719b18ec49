//! A device is locked out while it has something unsent: that is handed in, and nothing stays on it.

use trygkort_core::domain::Role;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{
    Author, GetAside, GetCard, GetPins, GetSyncStatus, ListDevices, RefusalReason, RevokeDevice, SearchContacts,
    SyncState, TakeAside,
};
use trygkort_tests::{Device, TestServer};

async fn add_pin(device: &mut Device, title: &str) {
    device
        .save_pin(None, |pin| {
            pin.title = title.to_owned();
            pin.position = Some((55.638, 12.165));
        })
        .await
        .unwrap();
}

/// A member's two telephones; the second locks the first out.
async fn lose(first: &mut Device) -> Device {
    let hand_over = first.ask(trygkort_core::ipc::HandOver {}).await.unwrap().link;
    let mut second = Device::joined(&hand_over).await;
    let devices = second.ask(ListDevices {}).await.unwrap();
    let id = devices.into_iter().find(|device| !device.this).unwrap().id;
    second.ask(RevokeDevice { id }).await.unwrap();
    second
}

#[tokio::test]
async fn what_was_not_sent_is_handed_in_once_and_the_rest_goes() {
    let server = TestServer::demo().await;
    let mut lost = Device::joined(&server.invite(Role::Staff).await).await;
    let mut second = lose(&mut lost).await;
    add_pin(&mut lost, "Skrevet uden net").await;

    lost.sync().await;
    let status = lost.ask(GetSyncStatus {}).await.unwrap();
    assert_eq!((status.state, status.pending), (SyncState::Revoked, 0));
    assert!(lost.ask(GetPins {}).await.unwrap().is_empty());
    assert!(lost.ask(GetCard {}).await.unwrap().problems.is_empty());
    let found = lost.ask(SearchContacts { query: String::new(), limit: 100 }).await.unwrap();
    assert!(found.groups.is_empty());
    let mut lost = lost.restart();
    assert_eq!(lost.sync().await.state, SyncState::Revoked, "also after a restart");
    let bytes = lost.into_bytes();
    for text in ["Ejendomskontoret", "Skrevet uden net"] {
        assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()), "{text} is still on it");
    }

    Device::expect_settled(&second.sync().await);
    assert!(second.pin("Skrevet uden net").await.is_none(), "a stolen telephone writes nothing into the log");
    let data = server.area_bytes();
    let text = "Skrevet uden net".as_bytes();
    assert!(data.windows(text.len()).any(|window| window == text), "and nothing that was written is lost");
}

#[tokio::test]
async fn a_coordinator_reads_what_was_handed_in_and_takes_it() {
    let server = TestServer::demo().await;
    let mut office = Device::joined(&server.invite(Role::Coordinator).await).await;
    assert_eq!(office.ask(GetAside {}).await.unwrap(), []);
    let mut lost = Device::joined(&server.invite(Role::Staff).await).await;
    let mut second = lose(&mut lost).await;
    add_pin(&mut lost, "Skrevet uden net").await;
    lost.sync().await;

    server.mirrored().await;
    Device::expect_settled(&office.sync().await);
    let told = office.ask(GetAside {}).await.unwrap();
    let [kept] = &told[..] else { panic!("{} are kept aside", told.len()) };
    assert_eq!(
        (&kept.by, kept.reason, kept.takeable),
        (&Author::Named("Mona".to_owned()), RefusalReason::Quarantined, true)
    );
    assert_eq!((kept.rows[0].entity.as_str(), kept.rows[0].name.as_str()), ("map_pin", "Skrevet uden net"));
    office.ask(TakeAside { body: kept.body.clone() }).await.unwrap();
    Device::expect_settled(&office.sync().await);
    assert_eq!(office.ask(GetAside {}).await.unwrap(), [], "what stands in the log needs no look");

    Device::expect_settled(&second.sync().await);
    assert!(second.pin("Skrevet uden net").await.is_some());
    assert_eq!(second.ask(GetAside {}).await.unwrap_err().code, ErrorCode::Forbidden, "staff reads none of it");
    assert_eq!(lost.ask(GetAside {}).await.unwrap_err().code, ErrorCode::Revoked);
}

#[tokio::test]
async fn without_a_network_it_keeps_what_was_not_sent_until_it_is_handed_in() {
    let mut server = TestServer::demo().await;
    let mut lost = Device::joined(&server.invite(Role::Staff).await).await;
    lose(&mut lost).await;
    add_pin(&mut lost, "Skrevet uden net").await;
    let refused = lost.push().await;
    server.stop().await;
    lost.take(refused);
    lost.sync().await;
    assert_eq!(lost.ask(GetSyncStatus {}).await.unwrap().pending, 1, "not handed in yet, not gone");
    server.start_again();
    lost.sync().await;
    assert_eq!(lost.ask(GetSyncStatus {}).await.unwrap().pending, 0);
    assert!(lost.ask(GetPins {}).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_device_that_stopped_while_handing_in_takes_nothing_more_that_would_be_lost() {
    let server = TestServer::demo().await;
    let mut lost = Device::joined(&server.invite(Role::Staff).await).await;
    lose(&mut lost).await;
    add_pin(&mut lost, "Skrevet uden net").await;
    let refused = lost.push().await;
    lost.take(refused);
    // Its body is on its way, and it never hears that it was taken.
    lost.push().await;
    let mut lost = lost.restart();
    let refused = lost.save_pin(None, |pin| "For sent".clone_into(&mut pin.title)).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::Revoked);
    let status = lost.sync().await;
    assert_eq!((status.state, status.pending), (SyncState::Revoked, 0));
    assert!(lost.ask(GetCard {}).await.unwrap().problems.is_empty());
}

#[tokio::test]
async fn a_device_that_the_server_does_not_know_keeps_everything() {
    let mut server = TestServer::demo().await;
    let backup = server.back_up();
    let mut phone = Device::joined(&server.invite(Role::Staff).await).await;
    add_pin(&mut phone, "Skrevet efter backuppen").await;
    server.stop().await;
    server.restore(&backup);
    server.start_again();
    phone.sync().await;
    assert!(phone.pin("Skrevet efter backuppen").await.is_some());
    assert!(!phone.ask(GetCard {}).await.unwrap().problems.is_empty());
    // Invited anew, what it wrote arrives.
    phone.redeem(&server.invite(Role::Staff).await).await.unwrap();
    Device::expect_settled(&phone.sync().await);
    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    assert!(desk.pin("Skrevet efter backuppen").await.is_some());
}
