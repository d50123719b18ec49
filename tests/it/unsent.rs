//! *Gem usendt til fil*: a device without a network, and somebody who carries its file.

use trygkort_core::domain::{Role, Scope};
use trygkort_core::ipc::{
    AddPhoto, Author, Bytes, DeliverFile, DeliveredView, GetBlob, GetHistory, GetOlderHistory, GetPhotos, GetUpdates,
    ListDevices, RevokeDevice, SaveUnsent,
};
use trygkort_core::wire::to_bytes;
use trygkort_core::wire::unsent::UnsentFile;
use trygkort_core::wire::v1::SyncRequest;
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
    (phone, file.bytes.0, desk)
}

const fn delivered(taken: u32, refused: u32, aside: u32) -> DeliveredView {
    DeliveredView { taken, refused, aside, photos: 0, photos_left: 0 }
}

#[tokio::test]
async fn what_a_colleague_hands_over_is_the_authors() {
    let server = TestServer::demo().await;
    let (mut phone, file, mut desk) = file_of_a_phone(&server).await;
    assert_eq!(desk.ask(DeliverFile { bytes: Bytes(file.clone()) }).await, Ok(delivered(1, 0, 0)));
    desk.sync().await;
    let pin = desk.pin("Skrevet uden net").await.unwrap();
    assert_eq!(pin.added_by.as_deref(), Some("Mona"));
    assert_eq!(desk.ask(DeliverFile { bytes: Bytes(file) }).await, Ok(delivered(1, 0, 0)), "twice is no harm");

    phone.online = true;
    add_pin(&mut phone, "Skrevet bagefter").await;
    Device::expect_settled(&phone.sync().await);
    desk.sync().await;
    let told = desk.ask(GetHistory { row: pin.id.0 }).await.unwrap();
    assert_eq!(told.changes.len(), 1, "it stands in the log once");
    assert_eq!(told.changes[0].by, Author::Named("Mona".to_owned()));
    assert!(desk.pin("Skrevet bagefter").await.is_some());
}

/// A JPEG file of this width as far as its markers tell.
pub(crate) fn jpeg(width: u16) -> Bytes {
    let [w1, w0] = width.to_be_bytes();
    let mut file = vec![0xff, 0xd8, 0xff, 0xc0, 0x00, 0x0b, 0x08, 0x00, 0xf0, w1, w0, 0x01, 0x01, 0x11, 0x00];
    file.extend(b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x01\xff\xd9");
    Bytes(file)
}

#[tokio::test]
async fn photos_go_with_the_file_whoever_carries_it() {
    let server = TestServer::demo().await;
    let mut phone = Device::joined(&server.invite(Role::Coordinator).await).await;
    phone.online = false;
    add_pin(&mut phone, "Skrevet uden net").await;
    let id = phone.pin("Skrevet uden net").await.unwrap().id;
    // Those who carry it are sent nothing of it: no row on their device names the photo.
    phone.save_pin(Some(id), |pin| pin.scope = Scope::Coordination).await.unwrap();
    let mut resident = Device::joined(&server.invite(Role::Resident).await).await;
    let mut carrier = Device::joined(&server.invite(Role::Staff).await).await;
    let pin = id;
    let photo = AddPhoto { pin, photo: jpeg(1600), thumbnail: jpeg(320), caption: String::new(), taken_at_ms: None };
    phone.ask(photo).await.unwrap();
    let file = phone.ask(SaveUnsent {}).await.unwrap();
    assert_eq!((file.count, file.photos, file.left_out), (3, 1, 0));
    let told = resident.ask(DeliverFile { bytes: file.bytes.clone() }).await;
    assert_eq!(told, Ok(DeliveredView { photos_left: 1, ..delivered(3, 0, 0) }), "who may not add photos");
    let told = carrier.ask(DeliverFile { bytes: file.bytes.clone() }).await;
    assert_eq!(told, Ok(DeliveredView { photos: 1, ..delivered(3, 0, 0) }));
    Device::expect_settled(&carrier.sync().await);

    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    desk.sync().await;
    let shown = desk.ask(GetPhotos { pin }).await.unwrap().photos.remove(0);
    assert_eq!(desk.ask(GetBlob { hash: shown.hash.clone() }).await, Ok(None), "asked for");
    desk.sync().await;
    assert_eq!(desk.ask(GetBlob { hash: shown.hash }).await, Ok(Some(jpeg(1600))));

    // Online again, its author has nothing left to send.
    phone.online = true;
    Device::expect_settled(&phone.sync().await);
    assert!(phone.ask(GetPhotos { pin }).await.unwrap().photos[0].sent);
    let left = phone.ask(SaveUnsent {}).await.unwrap();
    assert_eq!((left.count, left.photos), (0, 0));
}

#[tokio::test]
async fn what_nobody_vouches_for_is_kept_aside() {
    let server = TestServer::demo().await;
    let (mut phone, bytes, mut desk) = file_of_a_phone(&server).await;
    let file = UnsentFile::read(&bytes).unwrap();
    let unsigned = |request: &mut SyncRequest| request.push.as_mut().unwrap().signature = None;
    let touched = |request: &mut SyncRequest| request.actions[0].hlc += 1;
    let somebody_elses = |request: &mut SyncRequest| request.origin += 1_000;
    for forge in [&unsigned as &dyn Fn(&mut SyncRequest), &touched, &somebody_elses] {
        let mut request = file.request.clone().into_value();
        forge(&mut request);
        let bytes = Bytes(to_bytes(&UnsentFile { request: request.into(), ..file.clone() }));
        assert_eq!(desk.ask(DeliverFile { bytes }).await, Ok(delivered(0, 0, 1)));
    }
    desk.sync().await;
    assert!(desk.pin("Skrevet uden net").await.is_none());

    let mut elsewhere = file;
    elsewhere.area.0 = trygkort_core::domain::RowId::derived("another area", &[]);
    assert!(desk.ask(DeliverFile { bytes: Bytes(to_bytes(&elsewhere)) }).await.is_err());
    assert!(desk.ask(DeliverFile { bytes: Bytes(b"no file of ours".to_vec()) }).await.is_err());

    phone.online = true;
    let hand_over = phone.ask(trygkort_core::ipc::HandOver {}).await.unwrap().link;
    let mut second = Device::joined(&hand_over).await;
    let devices = second.ask(ListDevices {}).await.unwrap();
    let id = devices.into_iter().find(|device| !device.this).unwrap().id;
    second.ask(RevokeDevice { id }).await.unwrap();
    let bytes = Bytes(bytes);
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
