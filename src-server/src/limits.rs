//! How much of a body is read, and for how long.

use crate::error::ApiError;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use futures::StreamExt;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::time::timeout;

/// The largest body that is taken.
pub(crate) const BODY_BYTES_MAX: usize = 2 << 20;
/// A client that sends more is listened to for this long, so that it hears the answer instead of a broken connection.
const DRAIN_BYTES_MAX: usize = 8 << 20;
/// How long a body may take to arrive, on a phone at the edge of coverage.
const BODY_TIMEOUT: Duration = Duration::from_secs(120);

/// A JSON body of at most 2 MiB; whatever is wrong with it is answered in JSON too.
pub(crate) struct JsonBody<T>(pub(crate) T);

/// The content type of JSON.
const JSON: &str = "application/json";

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        if media_type(&request) != Some(JSON) {
            return Err(ApiError::unsupported_media_type(JSON));
        }
        let bytes = read_body(request).await?;
        // The parser's message can quote what was sent, which may be a name; its place is enough to find the mistake.
        serde_json::from_slice(&bytes).map(JsonBody).map_err(|error| {
            let what = if error.is_data() { "the JSON does not have the agreed fields" } else { "this is not JSON" };
            ApiError::bad_request(format!("{what} (line {}, column {})", error.line(), error.column()))
        })
    }
}

/// The media type of the body, without parameters.
pub(crate) fn media_type(request: &Request) -> Option<&str> {
    let value = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(str::trim)
}

/// The whole body, if it is small enough and comes in time.
pub(crate) async fn read_body(request: Request) -> Result<Vec<u8>, ApiError> {
    timeout(BODY_TIMEOUT, collect(request.into_body())).await.unwrap_or_else(|_| Err(ApiError::too_slow()))
}

async fn collect(body: Body) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    let mut received = 0_usize;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::bad_request("the body broke off"))?;
        received = received.saturating_add(chunk.len());
        if received > DRAIN_BYTES_MAX {
            break;
        }
        if received <= BODY_BYTES_MAX {
            bytes.extend_from_slice(&chunk);
        } else {
            bytes = Vec::new();
        }
    }
    if received > BODY_BYTES_MAX { Err(ApiError::too_large(BODY_BYTES_MAX)) } else { Ok(bytes) }
}
