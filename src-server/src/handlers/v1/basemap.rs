//! The area's base map.

use crate::auth::Device;
use crate::error::{ApiError, ErrorBody};
use crate::hub::AreaError;
use crate::server::App;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The PMTiles file, whole. The `ETag` is its BLAKE3 hash in hexadecimal, which stands in every `SyncResponse`
/// too.
#[utoipa::path(
    get, path = "/api/v1/basemap", tag = "sync",
    responses(
        (status = 200, content_type = "application/vnd.pmtiles", body = Vec<u8>),
        (status = 304, description = "The device has it: If-None-Match was its ETag"),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 404, description = "`not_found`: the area has no base map", body = ErrorBody),
    ),
)]
pub(crate) async fn get(device: Device, State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    let area = device.area;
    let hash = app.areas.run(area, |log| log.basemap().map_err(AreaError::from)).await?;
    let hash = hash.ok_or_else(|| ApiError::not_found("base map"))?;
    let etag = format!("\"{}\"", blake3::Hash::from_bytes(hash).to_hex());
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == etag.as_bytes());
    let caching = [(header::ETAG, etag), (header::CACHE_CONTROL, "private, no-cache".to_owned())];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }

    let file = tokio::fs::read(app.dir.basemap(&hash)).await;

    let bytes = file.map_err(|error| ApiError::internal(format!("the base map of area {area}: {error}")))?;
    Ok((caching, [(header::CONTENT_TYPE, "application/vnd.pmtiles")], bytes).into_response())
}
