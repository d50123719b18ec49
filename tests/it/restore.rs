//! The server is put back from its backup, and telephones from theirs. What people wrote is there again.

use trygkort_core::domain::Role;
use trygkort_core::ipc::{GetPins, GetSyncStatus};
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

async fn titles(device: &mut Device) -> Vec<String> {
    device.ask(GetPins {}).await.unwrap().into_iter().map(|pin| pin.title).collect()
}

#[tokio::test]
async fn what_was_written_after_the_backup_comes_back_from_the_devices() {
    let mut server = TestServer::demo().await;
    let mut phone = Device::joined(&server.invite(Role::Staff).await).await;
    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    add_pin(&mut phone, "I backuppen").await;
    Device::expect_settled(&phone.sync().await);
    let backup = server.back_up();
    add_pin(&mut phone, "Efter backuppen").await;
    Device::expect_settled(&phone.sync().await);
    add_pin(&mut phone, "Svaret gik tabt").await;
    phone.sync_losing_the_answer().await;
    Device::expect_settled(&desk.sync().await);
    add_pin(&mut desk, "Koordinatorens").await;
    Device::expect_settled(&desk.sync().await);
    server.stop().await;
    server.restore(&backup);
    server.start_again();

    // The telephone that wrote most of it is never seen again: the desk has read it.
    drop(phone);
    Device::expect_settled(&desk.sync().await);
    server.mirrored().await;
    let mut fresh = Device::joined(&server.invite(Role::Coordinator).await).await;
    server.mirrored().await;
    Device::expect_settled(&desk.sync().await);
    Device::expect_settled(&fresh.sync().await);
    let pins = titles(&mut fresh).await;
    for title in ["I backuppen", "Efter backuppen", "Svaret gik tabt", "Koordinatorens"] {
        assert_eq!(pins.iter().filter(|pin| *pin == title).count(), 1, "{title}");
    }
    assert_eq!(fresh.dump(), desk.dump());
    server.stop().await;
}

#[tokio::test]
async fn a_telephone_and_its_copy_both_go_on() {
    let server = TestServer::demo().await;
    let mut phone = Device::joined(&server.invite(Role::Staff).await).await;
    add_pin(&mut phone, "Før kopien").await;
    let (mut phone, mut copy) = phone.copied();
    for (device, title) in [(&mut phone, "Telefonens"), (&mut copy, "Kopiens")] {
        add_pin(device, title).await;
        Device::expect_settled(&device.sync().await);
    }
    server.mirrored().await;
    for device in [&mut phone, &mut copy] {
        Device::expect_settled(&device.sync().await);
        let status = device.ask(GetSyncStatus {}).await.unwrap();
        assert_eq!(status.refused, 0);
        let pins = device.ask(GetPins {}).await.unwrap();
        for title in ["Før kopien", "Telefonens", "Kopiens"] {
            let found: Vec<_> = pins.iter().filter(|pin| pin.title == title).collect();
            assert_eq!(found.len(), 1, "{title}");
            assert_eq!(found[0].added_by.as_deref(), Some("Mona"), "{title}: it is the same member");
            assert!(found[0].deletable, "{title}: it is the member's own");
        }
    }
    assert_eq!(phone.dump(), copy.dump());
}
