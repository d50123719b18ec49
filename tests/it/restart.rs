//! The server is stopped in the middle and started again on its data; devices end and start. Nothing is lost.

use trygkort_core::domain::Role;
use trygkort_core::ipc::{GetPins, SyncState};
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

#[tokio::test]
async fn a_server_stopped_in_the_middle_has_lost_nothing_when_it_is_back() {
    let mut server = TestServer::demo().await;
    let mut phone = Device::joined(&server.invite(Role::Staff).await).await;
    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    server.mirrored().await;

    add_pin(&mut phone, "Før").await;
    Device::expect_settled(&phone.sync().await);
    add_pin(&mut phone, "Svaret gik tabt").await;
    phone.sync_losing_the_answer().await;
    server.stop().await;

    add_pin(&mut phone, "Mens serveren var nede").await;
    let status = phone.sync().await;
    assert_eq!((status.state, status.pending), (SyncState::Offline, 2));
    let mut phone = phone.restart();
    assert!(phone.pin("Mens serveren var nede").await.expect("kept over a restart of the telephone").pending);
    assert_eq!(phone.sync().await.pending, 2);

    server.start_again();
    Device::expect_settled(&phone.sync().await);
    Device::expect_settled(&desk.sync().await);
    let pins = desk.ask(GetPins {}).await.unwrap();
    let of_title = |title: &str| pins.iter().filter(|pin| pin.title == title).count();
    for title in ["Før", "Svaret gik tabt", "Mens serveren var nede"] {
        assert_eq!(of_title(title), 1, "{title}");
    }
    assert_eq!(pins, {
        let mut third = Device::joined(&server.invite(Role::Coordinator).await).await;
        third.ask(GetPins {}).await.unwrap()
    });
}

#[tokio::test]
async fn tokens_and_invitations_outlive_the_server() {
    let mut server = TestServer::demo().await;
    let link = server.invite(Role::Staff).await;
    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    for _ in 0..3 {
        server.stop().await;
        server.start_again();
        Device::expect_settled(&desk.sync().await);
    }
    let mut janitor = Device::joined(&link).await;
    assert_eq!(janitor.ask(GetPins {}).await.unwrap().len(), {
        let pins = desk.ask(GetPins {}).await.unwrap();
        pins.iter().filter(|pin| Role::Staff.reads(pin.scope)).count()
    });
}
