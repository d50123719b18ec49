//! A member's devices: handed over, and locked out.

use trygkort_core::domain::Role;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::{
    ChangeRole, CreateInvitation, DeletePin, GetCard, GetMembers, HandOver, ListDevices, LockOutMember, RevokeDevice,
    SyncState,
};
use trygkort_tests::{Device, TestServer};

#[tokio::test]
async fn a_revoked_device_is_locked_out_and_the_others_are_not() {
    let server = TestServer::demo().await;
    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    let link = desk.ask(HandOver {}).await.unwrap().link;
    let mut lost = Device::joined(&link).await;
    assert_eq!(lost.ask(GetCard {}).await.unwrap().problems.len(), 6);
    assert_eq!(Device::blank().redeem(&link).await.unwrap_err().code, ErrorCode::InvitationSpent);

    let devices = desk.ask(ListDevices {}).await.unwrap();
    assert_eq!(devices.len(), 2);
    let other = devices.into_iter().find(|device| !device.this).expect("the device that was lost");
    let mut stream = lost.listen().await;
    desk.ask(RevokeDevice { id: other.id }).await.unwrap();
    while stream.next().await.is_some() {}

    lost.save_pin(None, |pin| {
        pin.title = "Efter låsningen".to_owned();
        pin.position = Some((55.638, 12.165));
    })
    .await
    .unwrap();
    let status = lost.sync().await;
    assert_eq!((status.state, status.pending), (SyncState::Revoked, 0), "what was written was handed in");
    let asked = lost.traffic.requests;
    assert_eq!(lost.ask(ListDevices {}).await.unwrap_err().code, ErrorCode::Revoked);
    lost.sync().await;
    assert_eq!(lost.traffic.requests, asked, "a device that is locked out does not knock again");

    Device::expect_settled(&desk.sync().await);
    assert!(desk.pin("Efter låsningen").await.is_none());
    assert_eq!(desk.ask(ListDevices {}).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_member_who_is_locked_out_loses_every_device_and_what_they_wrote_stays() {
    let server = TestServer::demo().await;
    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    let mut phone = Device::joined(&server.invite(Role::Staff).await).await;
    let mut tablet = Device::joined(&phone.ask(HandOver {}).await.unwrap().link).await;
    phone
        .save_pin(None, |pin| {
            pin.title = "Før låsningen".to_owned();
            pin.position = Some((55.638, 12.165));
        })
        .await
        .unwrap();
    Device::expect_settled(&phone.sync().await);
    server.mirrored().await;
    Device::expect_settled(&desk.sync().await);
    let members = desk.ask(GetMembers {}).await.unwrap();
    let member = members.iter().find(|member| !member.me).expect("the janitor");
    assert_eq!((member.role, member.devices), (Role::Staff, 2));
    assert_eq!(phone.ask(LockOutMember { id: member.id }).await.unwrap_err().code, ErrorCode::Forbidden);

    desk.ask(LockOutMember { id: member.id }).await.unwrap();
    for device in [&mut phone, &mut tablet] {
        assert_eq!(device.sync().await.state, SyncState::Revoked);
    }
    server.mirrored().await;
    Device::expect_settled(&desk.sync().await);
    assert_eq!(desk.ask(GetMembers {}).await.unwrap().len(), members.len() - 1);
    assert!(desk.pin("Før låsningen").await.is_some());
}

#[tokio::test]
async fn an_invitation_for_one_use_survives_a_lost_answer() {
    let server = TestServer::demo().await;
    let link = server.invite(Role::Staff).await;
    let mut phone = Device::blank();
    phone.redeem_losing_the_answer(&link).await;
    let mut phone = phone.restart();
    phone.redeem_losing_the_answer(&link).await;
    phone.redeem(&link).await.unwrap();
    Device::expect_settled(&phone.sync().await);
    assert_eq!(phone.ask(ListDevices {}).await.unwrap().len(), 1);
    assert_eq!(Device::blank().redeem(&link).await.unwrap_err().code, ErrorCode::InvitationSpent);
}

#[tokio::test]
async fn what_was_made_on_one_device_is_taken_back_on_the_members_other() {
    let server = TestServer::demo().await;
    let mut phone = Device::joined(&server.invite(Role::Staff).await).await;
    let mut tablet = Device::joined(&phone.ask(HandOver {}).await.unwrap().link).await;
    let mut colleague = Device::joined(&server.invite(Role::Staff).await).await;
    server.mirrored().await;
    phone
        .save_pin(None, |pin| {
            pin.title = "Forkert sted".to_owned();
            pin.position = Some((55.638, 12.165));
        })
        .await
        .unwrap();
    for device in [&mut phone, &mut tablet, &mut colleague] {
        Device::expect_settled(&device.sync().await);
    }

    let pin = colleague.pin("Forkert sted").await.unwrap();
    assert_eq!((pin.added_by.as_deref(), pin.deletable), (Some("Mona"), false));
    assert_eq!(colleague.ask(DeletePin { id: pin.id }).await.unwrap_err().code, ErrorCode::Forbidden);
    assert!(tablet.pin("Forkert sted").await.unwrap().deletable);
    tablet.ask(DeletePin { id: pin.id }).await.unwrap();
    for device in [&mut tablet, &mut phone] {
        Device::expect_settled(&device.sync().await);
        assert!(device.pin("Forkert sted").await.is_none());
    }
}

#[tokio::test]
async fn an_invitation_made_on_the_screen_lets_one_device_in() {
    let server = TestServer::demo().await;
    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    let invite = CreateInvitation { role: Role::Staff, uses: 1, expires_hours: 24, access_hours: None, walk: None };
    let invitation = desk.ask(invite.clone()).await.unwrap();
    assert!(invitation.link.starts_with(&server.url()) && invitation.qr_svg.contains("<svg"));

    let mut janitor = Device::blank();
    janitor.online = false;
    assert_eq!(janitor.redeem(&invitation.link).await.unwrap_err().code, ErrorCode::Offline);
    janitor.online = true;
    janitor.redeem(&invitation.link).await.unwrap();
    Device::expect_settled(&janitor.sync().await);
    assert_eq!(janitor.ask(GetCard {}).await.unwrap().problems.len(), 6);
    assert_eq!(janitor.ask(invite).await.unwrap_err().code, ErrorCode::Forbidden);
    assert_eq!(Device::blank().redeem(&invitation.link).await.unwrap_err().code, ErrorCode::InvitationSpent);
    let unknown = format!("{}/i#0123456789ABCDEFGHJKMNPQRS", server.url());
    assert_eq!(Device::blank().redeem(&unknown).await.unwrap_err().code, ErrorCode::BadLink);
}

#[tokio::test]
async fn another_role_is_heard_of_and_followed_both_ways() {
    let server = TestServer::demo().await;
    let mut desk = Device::joined(&server.invite(Role::Coordinator).await).await;
    let mut phone = Device::joined(&server.invite(Role::Staff).await).await;
    server.mirrored().await;
    desk.sync().await;
    let members = desk.ask(GetMembers {}).await.unwrap();
    let id = members.into_iter().find(|member| member.role == Role::Staff).unwrap().id;
    for role in [Role::Resident, Role::Coordinator, Role::Staff] {
        desk.ask(ChangeRole { id, role }).await.unwrap();
        server.mirrored().await;
        Device::expect_settled(&phone.sync().await);
        let mut other = Device::joined(&server.invite(role).await).await;
        server.mirrored().await;
        for device in [&mut phone, &mut other] {
            Device::expect_settled(&device.sync().await);
        }
        assert_eq!(phone.dump(), other.dump(), "{role}");
    }
    let own = desk.ask(GetMembers {}).await.unwrap().into_iter().find(|member| member.me).unwrap().id;
    let refused = desk.ask(ChangeRole { id: own, role: Role::Resident }).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::Forbidden);
}
