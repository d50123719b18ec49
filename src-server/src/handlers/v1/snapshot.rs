//! The files of an area's snapshot.

use crate::auth::Device;
use crate::error::{ApiError, ErrorBody};
use crate::hub::{AreaError, AreaLog};
use crate::server::App;
use crate::snapshots;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use std::io;
use trygkort_core::snapshot::CONTENT_TYPE;

/// One scope of the snapshot that a `SyncResponse` has offered, whole. The name is the BLAKE3 hash of the content in
/// hexadecimal.
#[utoipa::path(
    get, path = "/api/v1/snapshot/{hash}", tag = "sync",
    params(("hash" = String, Path, description = "`file` of the offer, in hexadecimal")),
    responses(
        (status = 200, content_type = "application/vnd.trygkort.snapshot-v1+cbor", body = Vec<u8>, description = "With `Content-Encoding: br` for a client that takes it"),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 404, description = "`not_found`: there is a newer one, or it is not for this role or of a walk that the member is not on", body = ErrorBody),
    ),
)]
pub(crate) async fn get(
    device: Device,
    State(app): State<App>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let area = device.area;
    let missing = || ApiError::not_found("snapshot");
    let wanted = blake3::Hash::from_hex(&name).map_err(|_| missing())?;
    let files = app.areas.run(area, |log| log.snapshot_files().map_err(AreaError::from)).await?;
    // A file that is not for this device is as one that is not there.
    let reader = device.reader();
    let is_it = |(scope, hash): &(_, [u8; 32])| {
        wanted == *hash && (reader.reads(*scope) || trygkort_core::mutant!(ForgetTheScopeOfASnapshotsFile))
    };
    let (_, hash) = files.into_iter().find(is_it).ok_or_else(missing)?;
    let packed = match tokio::fs::read(app.dir.snapshot(area, &hash)).await {
        Ok(packed) => packed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let dir = app.dir.clone();
            let drop = move |log: &mut AreaLog| snapshots::drop_if_gone(&dir, area, hash, log);
            app.areas.run(area, drop).await?;
            return Err(missing());
        }
        Err(error) => return Err(ApiError::internal(format!("a snapshot of area {area}: {error}"))),
    };
    let kind = (header::CONTENT_TYPE, CONTENT_TYPE);
    if takes_brotli(&headers) {
        return Ok(
            ([kind, (header::CONTENT_ENCODING, "br")], [(header::VARY, "accept-encoding")], packed).into_response()
        );
    }
    let content = tokio::task::spawn_blocking(move || snapshots::unpack(&packed)).await;
    let content = content.map_err(io::Error::other).and_then(|content| content);
    let content = content.map_err(|error| ApiError::internal(format!("a snapshot of area {area}: {error}")))?;
    Ok(([kind, (header::VARY, "accept-encoding")], content).into_response())
}

/// Whether the client names brotli among what it takes.
fn takes_brotli(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut offers = lists.flat_map(|list| list.split(','));
    offers.any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
        let refused = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0);
        name.trim().eq_ignore_ascii_case("br") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_sent_to_those_who_ask_for_it() {
        let asks = |value: &'static str| {
            takes_brotli(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]))
        };
        assert!(asks("br") && asks("gzip, deflate, br, zstd") && asks("gzip;q=0.5, BR;q=0.8"));
        assert!(!asks("gzip") && !asks("br;q=0") && !asks("brotli") && !takes_brotli(&HeaderMap::new()));
    }
}
