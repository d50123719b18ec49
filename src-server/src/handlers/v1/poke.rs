//! The stream that tells a device when to synchronise.

use crate::auth::Device;
use crate::error::{ApiError, ErrorBody};
use crate::server::App;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};

/// An endless stream of lines: `changed` when somebody else changed something, `alive` at once and every 25 seconds.
#[utoipa::path(
    get, path = "/api/v1/poke", tag = "sync",
    responses(
        (status = 200, content_type = "text/plain", body = String, description = "Lines, each ended by a line feed"),
        (status = 401, description = "`unauthorized`, `revoked`", body = ErrorBody),
    ),
)]
pub(crate) async fn get(device: Device, State(app): State<App>) -> Result<Response, ApiError> {
    let lines = app.pokes.listen(device.area, device.id, device.origin);
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        // Tells a proxy in front to pass every line on at once.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}
