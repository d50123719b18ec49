//! Photos, as far as a device reads a row that names them.

use crate::auth::Device;
use crate::error::{ApiError, ErrorBody};
use crate::hub::{AreaError, AreaLog};
use crate::limits::JsonBody;
use crate::server::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;
use trygkort_core::domain::validate::is_blob_name;
use utoipa::ToSchema;

/// More names than these are not looked at in one request.
const NAMES_MAX: usize = 1_000;

/// A photo or thumbnail: a JPEG file that never changes.
#[utoipa::path(
    get, path = "/api/v1/blobs/{hash}", tag = "photos",
    params(("hash" = String, Path, description = "BLAKE3, in hexadecimal")),
    responses(
        (status = 200, content_type = "image/jpeg", body = Vec<u8>),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 404, description = "`not_found`: not here, or no row names it that the role reads", body = ErrorBody),
    ),
)]
pub(crate) async fn get(
    device: Device,
    State(app): State<App>,
    Path(hash): Path<String>,
) -> Result<Response, ApiError> {
    let missing = || ApiError::not_found("photo");
    if !is_blob_name(&hash) {
        return Err(missing());
    }
    let (area, reader, asked) = (device.area, device.reader(), hash.clone());
    let reads = move |log: &mut AreaLog| log.reads_blob(&reader, &asked).map_err(AreaError::from);
    if !app.areas.run(area, reads).await? {
        return Err(missing());
    }

    let bytes = tokio::fs::read(app.dir.blob(area, &hash)).await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => missing(),
        _ => ApiError::internal(format!("a photo of area {area}: {error}")),
    })?;

    let headers =
        [(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, "private, max-age=31536000, immutable")];
    Ok((headers, [(header::ETAG, format!("\"{hash}\""))], bytes).into_response())
}

/// Names of photos.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Names {
    /// At most a thousand.
    hashes: BTreeSet<String>,
}

/// Those of them that the server has lost.
#[derive(Serialize, ToSchema)]
pub(crate) struct Missing {
    missing: Vec<String>,
}

/// Which photos the server does not have although rows name them that the role reads; of others nothing is said.
#[utoipa::path(
    post, path = "/api/v1/blobs/missing", tag = "photos",
    request_body = Names,
    responses(
        (status = 200, body = Missing),
        (status = 400, description = "`bad_request`", body = ErrorBody),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 422, description = "`invalid`", body = ErrorBody),
    ),
)]
pub(crate) async fn missing(
    device: Device,
    State(app): State<App>,
    JsonBody(Names { hashes }): JsonBody<Names>,
) -> Result<Json<Missing>, ApiError> {
    if hashes.len() > NAMES_MAX {
        return Err(ApiError::invalid(format!("hashes: at most {NAMES_MAX}")));
    }
    let (area, reader, dir) = (device.area, device.reader(), app.dir.clone());
    let named = move |log: &mut AreaLog| log.blobs(|scope| reader.reads(scope)).map_err(AreaError::from);
    let named = app.areas.run(area, named).await?;

    let look = move || {
        let lost = |hash: &String| named.contains(hash) && !dir.blob(area, hash).exists();
        hashes.into_iter().filter(lost).collect()
    };
    let missing = tokio::task::spawn_blocking(look).await;

    Ok(Json(Missing { missing: missing.map_err(|error| ApiError::internal(error.to_string()))? }))
}
