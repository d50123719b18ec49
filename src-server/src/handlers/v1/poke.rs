//! The stream that tells a device when to synchronise.

use crate::auth::Device;
use crate::clock::now_ms;
use crate::error::{ApiError, ErrorBody};
use crate::server::App;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use std::time::Duration;

/// A stream of lines: `changed` when somebody else changed something, `alive` at once and every 25 seconds. It ends when
/// the device is locked out and when the member's access ends.
#[utoipa::path(
    get, path = "/api/v1/poke", tag = "sync",
    responses(
        (status = 200, content_type = "text/plain", body = String, description = "Lines, each ended by a line feed"),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
    ),
)]
pub(crate) async fn get(device: Device, State(app): State<App>) -> Result<Response, ApiError> {
    let lines = app.pokes.listen(device.area, device.id, device.origin).take_until(moment(device.access_until_ms));
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        // Tells a proxy in front to pass every line on at once.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

/// Ready at that time; never, where there is none.
async fn moment(at_ms: Option<i64>) {
    let Some(at_ms) = at_ms else { return std::future::pending().await };
    let wait_ms = u64::try_from(at_ms.saturating_sub(now_ms())).unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(wait_ms)).await;
}
