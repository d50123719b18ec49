//! The map under the marks comes with synchronising and stays on the device.

use trygkort_core::domain::Role;
use trygkort_tests::raw::RawDevice;
use trygkort_tests::{Device, TestServer};

#[tokio::test]
async fn the_base_map_arrives_once_and_is_there_without_a_network() {
    let server = TestServer::demo().await;
    let mut janitor = Device::joined(&server.invite(Role::Staff).await).await;
    let map = janitor.basemap().expect("a base map");
    assert!(map.starts_with(b"PMTiles"));
    let raw = RawDevice::join(&server.invite(Role::Resident).await).await;
    assert_eq!(raw.get("/api/v1/basemap").await, (200, map.clone()));

    let requests = janitor.traffic.requests;
    janitor.sync().await;
    assert_eq!(janitor.traffic.requests, requests + 1, "what is here is not fetched again");
    janitor.online = false;
    assert_eq!(janitor.restart().basemap(), Some(map));
}

#[tokio::test]
async fn a_new_base_map_comes_with_the_next_synchronising() {
    let server = TestServer::demo().await;
    let bare = TestServer::empty().await;
    let mut janitor = Device::joined(&bare.invite(Role::Staff).await).await;
    assert_eq!(janitor.basemap(), None, "an area begins without one");
    let map = RawDevice::join(&server.invite(Role::Staff).await).await.get("/api/v1/basemap").await.1;
    bare.set_basemap(map.clone()).await;
    Device::expect_settled(&janitor.sync().await);
    assert_eq!(janitor.basemap(), Some(map));
}
