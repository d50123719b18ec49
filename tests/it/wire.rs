//! The wire that the bench compares everyone over.

use std::time::{Duration, Instant};
use trygkort_core::domain::Role;
use trygkort_tests::{Device, Shape, TestServer, WireTap};

#[tokio::test]
async fn who_hung_up_has_to_connect_again() {
    const ROUND_TRIP: Duration = Duration::from_millis(300);
    let server = TestServer::empty().await;
    let shape = Shape { bytes_per_second: 10_000_000, round_trip: ROUND_TRIP };
    let tap = WireTap::shaped(server.address(), shape).await;
    let link = server.invite(Role::Coordinator).await;
    let (_, secret) = link.split_once("/i#").unwrap();
    let mut device = Device::blank();
    device.redeem(&format!("{}/i#{secret}", tap.url())).await.unwrap();
    device.hang_up();
    let start = Instant::now();
    Device::expect_settled(&device.sync().await);
    assert_eq!(device.traffic.requests, 2, "one to redeem and one to read");
    assert!(start.elapsed() >= 2 * ROUND_TRIP, "there and back to connect, and again for the answer");
}
