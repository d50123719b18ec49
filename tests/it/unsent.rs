//! *Gem usendt til fil*: a device without a network, and somebody who carries its file.

use trygkort_core::domain::Role;
use trygkort_core::ipc::{
    Author, DeliverFile, DeliveredView, GetHistory, GetOlderHistory, GetUpdates, ListDevices, RevokeDevice, SaveUnsent,
};
use trygkort_core::wire::to_bytes;
use trygkort_core::wire::unsent::UnsentFile;
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

/// A janitor's telephone without a network that has written something, the file with it, and a colleague's.
async fn file_of_a_phone(server: &TestServer) -> (Device, Vec<u8>, Device) {
    let mut phone = Device::joined(&server.invite(Role::Staff).await).await;
    let desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    phone.online = false;
    add_pin(&mut phone, "Skrevet uden net").await;
    let file = phone.ask(SaveUnsent {}).await.unwrap();
    assert_eq!((file.name.as_str(), file.count, file.left_out), ("usendt.trygkort", 1, 0));
    (phone, file.bytes, desk)
}

const fn delivered(taken: u32, refused: u32, aside: u32) -> DeliveredView {
    DeliveredView { taken, refused, aside }
}

#[tokio::test]
async fn what_a_colleague_hands_over_is_the_authors() {
    let server = TestServer::demo().await;
    let (mut phone, file, mut desk) = file_of_a_phone(&server).await;
    assert_eq!(desk.ask(DeliverFile { bytes: file.clone() }).await, Ok(delivered(1, 0, 0)));
    desk.sync().await;
    let pin = desk.pin("Skrevet uden net").await.unwrap();
    assert_eq!(pin.added_by.as_deref(), Some("Mona"));
    assert_eq!(desk.ask(DeliverFile { bytes: file }).await, Ok(delivered(1, 0, 0)), "twice is no harm");

    phone.online = true;
    add_pin(&mut phone, "Skrevet bagefter").await;
    Device::expect_settled(&phone.sync().await);
    desk.sync().await;
    let told = desk.ask(GetHistory { row: pin.id.0 }).await.unwrap();
    assert_eq!(told.changes.len(), 1, "it stands in the log once");
    assert_eq!(told.changes[0].by, Author::Named("Mona".to_owned()));
    assert!(desk.pin("Skrevet bagefter").await.is_some());
}

#[tokio::test]
async fn what_nobody_vouches_for_is_kept_aside() {
    let server = TestServer::demo().await;
    let (mut phone, bytes, mut desk) = file_of_a_phone(&server).await;
    let file = UnsentFile::read(&bytes).unwrap();
    let mut unsigned = file.clone();
    unsigned.request.push.as_mut().unwrap().signature = None;
    let mut touched = file.clone();
    touched.request.actions[0].hlc += 1;
    let mut somebody_elses = file.clone();
    somebody_elses.request.origin += 1_000;
    for forged in [unsigned, touched, somebody_elses] {
        let bytes = to_bytes(&forged);
        assert_eq!(desk.ask(DeliverFile { bytes }).await, Ok(delivered(0, 0, 1)), "{:?}", forged.request.origin);
    }
    desk.sync().await;
    assert!(desk.pin("Skrevet uden net").await.is_none());

    let mut elsewhere = file;
    elsewhere.area.0 = trygkort_core::domain::RowId::derived("another area", &[]);
    assert!(desk.ask(DeliverFile { bytes: to_bytes(&elsewhere) }).await.is_err());
    assert!(desk.ask(DeliverFile { bytes: b"no file of ours".to_vec() }).await.is_err());

    phone.online = true;
    let hand_over = phone.ask(trygkort_core::ipc::HandOver {}).await.unwrap().link;
    let mut second = Device::joined(&hand_over).await;
    let devices = second.ask(ListDevices {}).await.unwrap();
    let id = devices.into_iter().find(|device| !device.this).unwrap().id;
    second.ask(RevokeDevice { id }).await.unwrap();
    assert_eq!(desk.ask(DeliverFile { bytes }).await, Ok(delivered(0, 0, 1)), "its author is locked out");
}

#[tokio::test]
async fn what_a_role_may_not_write_is_refused_in_a_file_too() {
    let server = TestServer::demo().await;
    let mut phone = Device::joined(&server.invite(Role::Coordinator).await).await;
    let mut desk = Device::joined(&server.invite(Role::Staff).await).await;
    let id = phone.contact_id("Ejendomskontoret").await;
    phone.online = false;
    phone.ask(trygkort_core::ipc::DeleteContact { id }).await.unwrap();
    let bytes = phone.ask(SaveUnsent {}).await.unwrap().bytes;
    assert_eq!(desk.ask(DeliverFile { bytes }).await, Ok(delivered(1, 0, 0)), "the author's role counts");
}

#[tokio::test]
async fn the_server_tells_the_history_of_a_thing() {
    let server = TestServer::demo().await;
    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    let id = desk.contact_id("Ejendomskontoret").await;
    let here = desk.ask(GetHistory { row: id.0 }).await.unwrap();
    let told = desk.ask(GetOlderHistory { row: id.0 }).await.unwrap();
    assert_eq!((told.changes.len(), told.older), (here.changes.len(), false));
    assert!(!desk.ask(GetUpdates { limit: 10 }).await.unwrap().changes.is_empty());
}
