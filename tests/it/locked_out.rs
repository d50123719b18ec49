//! A device is locked out while it has something unsent: that is handed in, and nothing stays on it.

use crate::unsent::jpeg;
use trygkort_core::domain::{PinId, Role};
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{
    AddPhoto, Author, Bytes, GetAside, GetBlob, GetCard, GetPhotos, GetPins, GetSyncStatus, ListDevices, RefusalReason,
    RevokeDevice, SearchContacts, SyncState, TakeAside, to_base64,
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

async fn add_photo(device: &mut Device, title: &str, width: u16) {
    let pin = device.pin(title).await.unwrap().id;
    let (photo, thumbnail) = (jpeg(width), jpeg(width / 5));
    let photo = AddPhoto { pin, photo, thumbnail, caption: String::new(), taken_at_ms: None };
    device.ask(photo).await.unwrap();
}

/// The photo of a pin as somebody sees it who opens it.
async fn photo_of(device: &mut Device, pin: PinId) -> Option<Bytes> {
    let shown = device.ask(GetPhotos { pin }).await.unwrap().photos.remove(0);
    device.ask(GetBlob { hash: shown.hash.clone() }).await.unwrap();
    Device::expect_settled(&device.sync().await);
    device.ask(GetBlob { hash: shown.hash }).await.unwrap()
}

/// A member's two telephones; the second locks the first out.
async fn lose(first: &mut Device) -> Device {
    let mut second = lose_later(first).await;
    lock_out_other(&mut second).await;
    second
}

/// A member's second telephone.
async fn lose_later(first: &mut Device) -> Device {
    let hand_over = first.ask(trygkort_core::ipc::HandOver {}).await.unwrap().link;
    Device::joined(&hand_over).await
}

async fn lock_out_other(second: &mut Device) {
    let devices = second.ask(ListDevices {}).await.unwrap();
    let id = devices.into_iter().find(|device| !device.this).unwrap().id;
    second.ask(RevokeDevice { id }).await.unwrap();
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
async fn photos_are_handed_in_after_the_words() {
    let server = TestServer::demo().await;
    let mut office = Device::joined(&server.invite(Role::Coordinator).await).await;
    let mut lost = Device::joined(&server.invite(Role::Staff).await).await;
    let mut second = lose_later(&mut lost).await;
    // The row of one photo is in the log when the device is locked out, that of the other is not.
    add_pin(&mut lost, "Mørk sti").await;
    add_photo(&mut lost, "Mørk sti", 1600).await;
    let admitted = lost.push().await;
    lost.take(admitted);
    lock_out_other(&mut second).await;
    add_pin(&mut lost, "Skrevet uden net").await;
    add_photo(&mut lost, "Skrevet uden net", 1000).await;
    let status = lost.sync().await;
    assert_eq!((status.state, status.pending), (SyncState::Revoked, 0));
    assert!(lost.ask(GetPins {}).await.unwrap().is_empty());

    server.mirrored().await;
    Device::expect_settled(&office.sync().await);
    let pin = office.pin("Mørk sti").await.unwrap().id;
    assert_eq!(photo_of(&mut office, pin).await, Some(jpeg(1600)));
    let mut aside = office.ask(GetAside {}).await.unwrap();
    assert_eq!(aside.len(), 2);
    // The pin first, then the photo of it.
    aside.sort_by_key(|kept| kept.rows[0].entity == "photo");
    for kept in aside {
        office.ask(TakeAside { body: kept.body }).await.unwrap();
    }
    Device::expect_settled(&office.sync().await);
    let pin = office.pin("Skrevet uden net").await.unwrap().id;
    assert_eq!(photo_of(&mut office, pin).await, Some(jpeg(1000)));
}

#[tokio::test]
async fn photos_stay_until_there_is_a_network_and_no_others_are_taken() {
    let mut server = TestServer::demo().await;
    let mut office = Device::joined(&server.invite(Role::Coordinator).await).await;
    let mut lost = Device::joined(&server.invite(Role::Staff).await).await;
    let mut second = lose_later(&mut lost).await;
    add_pin(&mut lost, "Mørk sti").await;
    add_photo(&mut lost, "Mørk sti", 1600).await;
    let token = lost.token();
    let pin = lost.pin("Mørk sti").await.unwrap().id;
    let hash = lost.ask(GetPhotos { pin }).await.unwrap().photos.remove(0).hash;
    let admitted = lost.push().await;
    lost.take(admitted);
    lock_out_other(&mut second).await;
    // All of its words are there: what it hands in is empty, and its answer is lost with the network.
    assert_eq!(begin_upload(&server, &token, &hash).await, 401, "nothing before it has handed in");
    let handed_in = lost.push().await;
    lost.take(handed_in);
    let handed_in = lost.push().await;
    server.stop().await;
    lost.take(handed_in);
    lost.sync().await;
    assert!(!lost.ask(GetPins {}).await.unwrap().is_empty(), "the photo is nowhere else");
    let mut lost = lost.restart();
    server.start_again();
    assert_eq!(begin_upload(&server, &token, &"ab".repeat(32)).await, 401, "a photo that it did not write");
    lost.sync().await;
    assert!(lost.ask(GetPins {}).await.unwrap().is_empty());
    Device::expect_settled(&office.sync().await);
    let pin = office.pin("Mørk sti").await.unwrap().id;
    assert_eq!(photo_of(&mut office, pin).await, Some(jpeg(1600)));
}

/// The status of an attempt to send a photo.
async fn begin_upload(server: &TestServer, token: &str, hash: &str) -> u16 {
    let request = trygkort_tests::http_client().post(format!("{}/api/v1/uploads", server.url()));
    let request = request.bearer_auth(token).header("tus-resumable", "1.0.0").header("upload-length", 29);
    let named = format!("hash {}", to_base64(hash.as_bytes()));
    request.header("upload-metadata", named).send().await.unwrap().status().as_u16()
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
    let status = phone.sync().await;
    assert_eq!(status.state, SyncState::Unknown);
    assert_eq!(phone.ask(ListDevices {}).await.unwrap_err().code, ErrorCode::DeviceUnknown, "and it says the same");
    assert!(phone.pin("Skrevet efter backuppen").await.is_some());
    assert!(!phone.ask(GetCard {}).await.unwrap().problems.is_empty());
    // Invited anew, what it wrote arrives.
    phone.redeem(&server.invite(Role::Staff).await).await.unwrap();
    Device::expect_settled(&phone.sync().await);
    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    assert!(desk.pin("Skrevet efter backuppen").await.is_some());
}
