//! Nobody presses anything: the server says that something has changed, and the others fetch it.

use trygkort_core::domain::Role;
use trygkort_tests::{Device, TestServer};

#[tokio::test]
async fn a_change_on_one_device_pokes_the_other_which_then_has_it() {
    let server = TestServer::demo().await;
    let mut janitor = Device::joined(&server.invite(Role::Staff).await).await;
    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    let mut stream = desk.listen().await;

    janitor
        .save_pin(None, |pin| {
            pin.title = "Mørk sti".to_owned();
            pin.position = Some((55.638, 12.165));
        })
        .await
        .unwrap();
    assert!(desk.pin("Mørk sti").await.is_none());
    Device::expect_settled(&janitor.sync().await);
    assert_eq!(stream.next().await.as_deref(), Some("changed\n"));
    Device::expect_settled(&desk.sync().await);
    assert!(desk.pin("Mørk sti").await.is_some());
}

#[tokio::test]
async fn the_stream_ends_with_the_server_and_is_there_again_after_it() {
    let mut server = TestServer::demo().await;
    let desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    let mut stream = desk.listen().await;
    server.stop().await;
    assert_eq!(stream.next().await, None, "stopping does not wait for those who only listen");
    server.start_again();
    desk.listen().await;
}
