//! An area is deleted on the server: its devices forget it, and nothing that was written goes unseen.

use trygkort_core::domain::Role;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{Boot, ForgetArea, GetCard, GetPins, GetUpdates, SaveUnsent, SyncState};
use trygkort_core::wire::unsent::UnsentFile;
use trygkort_tests::{Device, TestServer};

async fn add_pin(device: &mut Device, title: &str) -> Result<(), ErrorCode> {
    let saved = device.save_pin(None, |pin| {
        pin.title = title.to_owned();
        pin.position = Some((55.638, 12.165));
    });
    saved.await.map(drop).map_err(|error| error.code)
}

#[tokio::test]
async fn a_device_with_nothing_unsent_forgets_it() {
    let server = TestServer::demo().await;
    let mut phone = Device::joined(&server.invite(Role::Staff).await).await;
    add_pin(&mut phone, "Sendt i tide").await.unwrap();
    Device::expect_settled(&phone.sync().await);
    server.delete_area();

    let status = phone.sync().await;
    assert_eq!((status.state, status.pending), (SyncState::Deleted, 0));
    assert!(phone.ask(GetCard {}).await.unwrap().problems.is_empty());
    assert!(phone.ask(GetPins {}).await.unwrap().is_empty());
    assert_eq!(add_pin(&mut phone, "For sent").await, Err(ErrorCode::AreaDeleted));
    let mut phone = phone.restart();
    assert_eq!(phone.sync().await.state, SyncState::Deleted, "also after a restart");
    let bytes = phone.into_bytes();
    for text in ["Ejendomskontoret", "Sendt i tide"] {
        assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()), "{text} is still on it");
    }
}

#[tokio::test]
async fn a_device_with_something_unsent_keeps_it_until_its_user_has_looked_after_it() {
    let server = TestServer::demo().await;
    let mut phone = Device::joined(&server.invite(Role::Staff).await).await;
    add_pin(&mut phone, "Skrevet uden net").await.unwrap();
    server.delete_area();

    let status = phone.sync().await;
    assert_eq!((status.state, status.pending), (SyncState::Deleted, 1));
    let mut phone = phone.restart();
    assert_eq!(phone.sync().await.state, SyncState::Deleted, "it asks again, and hears the same");
    assert_eq!(phone.ask(GetUpdates { limit: 10 }).await.unwrap().unsent.len(), 1, "it can be read");
    let file = phone.ask(SaveUnsent {}).await.unwrap();
    assert_eq!((file.count, file.left_out), (1, 0));
    assert_eq!(UnsentFile::read(&file.bytes.0).unwrap().request.actions.len(), 1);

    phone.ask(ForgetArea { area: server.area }).await.unwrap();
    assert_eq!(phone.ask(Boot {}).await.unwrap().areas, []);
}
