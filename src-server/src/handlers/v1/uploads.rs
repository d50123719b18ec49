//! Photos on their way to the server: resumable uploads by tus 1.0.0 (<https://tus.io/protocols/resumable-upload>) with
//! creation, termination and expiration. An upload is named by the hash of what it becomes.

use crate::auth::{Device, Sender};
use crate::blobs::{Standing, UPLOAD_KEPT, Upload, UploadError};
use crate::clock::now_ms;
use crate::error::{ApiError, ErrorBody};
use crate::hub::{AreaError, AreaLog};
use crate::limits::{media_type, read_body};
use crate::server::App;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use trygkort_core::domain::access;
use trygkort_core::domain::jpeg::BYTES_MAX;
use trygkort_core::domain::validate::is_blob_name;
use trygkort_core::ipc::from_base64;
use utoipa::ToSchema;

const VERSION: &str = "1.0.0";
const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const PIECE: &str = "application/offset+octet-stream";
/// The largest piece that is taken at once.
const PIECE_BYTES_MAX: usize = 1 << 20;

/// How far an upload is, for clients that read no headers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Begun {
    /// Where it goes on.
    offset: u64,
    /// How long it is to be; as long as `offset`: the server has it.
    length: u64,
}

/// What the server speaks.
pub(crate) async fn options() -> Response {
    let max = BYTES_MAX.to_string();
    let headers =
        [("tus-version", VERSION), ("tus-extension", "creation,termination,expiration"), ("tus-max-size", &max)];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Every answer says which version it is of.
pub(crate) async fn mark(mut response: Response) -> Response {
    response.headers_mut().insert(RESUMABLE, HeaderValue::from_static(VERSION));
    response
}

/// Begins an upload, or says how far the one that was begun is. What the area has already is complete at once.
#[utoipa::path(
    post, path = "/api/v1/uploads", tag = "photos",
    params(
        ("Tus-Resumable" = String, Header), ("Upload-Length" = u64, Header),
        ("Upload-Metadata" = String, Header, description = "`hash` and, in base 64, the BLAKE3 hash in hexadecimal"),
    ),
    responses(
        (status = 201, body = Begun, description = "Its address is in `Location`"),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`; after handing in, only for photos that were not written there", body = ErrorBody),
        (status = 403, description = "`forbidden`", body = ErrorBody),
        (status = 412, description = "`tus_version`", body = ErrorBody),
        (status = 413, description = "`too_large`", body = ErrorBody),
        (status = 422, description = "`invalid`", body = ErrorBody),
    ),
)]
pub(crate) async fn create(sender: Sender, State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    check(&sender, &headers)?;
    let length = number(&headers, &LENGTH)?;
    if length > BYTES_MAX as u64 {
        return Err(ApiError::too_large(BYTES_MAX));
    }
    let hash = hash_in(&headers)?;
    let address = format!("/api/v1/uploads/{hash}");
    let (_, upload) = upload_of(&app, sender, hash).await?;

    let standing = on_disk(&app, move || upload.begin(length)).await?;

    let body = Json(Begun { offset: standing.offset, length });
    Ok((StatusCode::CREATED, [(header::LOCATION, address)], about(standing, false), body).into_response())
}

/// How far an upload is.
#[utoipa::path(
    head, path = "/api/v1/uploads/{hash}", tag = "photos",
    params(("hash" = String, Path), ("Tus-Resumable" = String, Header)),
    responses(
        (status = 200, description = "`Upload-Offset`, `Upload-Length`"),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`"),
        (status = 403, description = "`forbidden`"),
        (status = 404, description = "`not_found`: not begun, expired, or another device's"),
        (status = 412, description = "`tus_version`"),
    ),
)]
pub(crate) async fn head(
    sender: Sender,
    State(app): State<App>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    check(&sender, &headers)?;
    let (_, upload) = upload_of(&app, sender, hash).await?;

    let standing = on_disk(&app, move || upload.standing()).await?;

    Ok((about(standing, true), [(header::CACHE_CONTROL, "no-store")]).into_response())
}

/// Takes the next piece. The answer to the last one comes when the photo was checked and is on the disk.
#[utoipa::path(
    patch, path = "/api/v1/uploads/{hash}", tag = "photos",
    params(("hash" = String, Path), ("Tus-Resumable" = String, Header), ("Upload-Offset" = u64, Header)),
    request_body(content_type = "application/offset+octet-stream", content = Vec<u8>, description = "at most 1 MiB"),
    responses(
        (status = 204, description = "`Upload-Offset` is where it goes on"),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 403, description = "`forbidden`", body = ErrorBody),
        (status = 404, description = "`not_found`: not begun, expired, or another device's", body = ErrorBody),
        (status = 409, description = "`offset`: it goes on elsewhere", body = ErrorBody),
        (status = 412, description = "`tus_version`", body = ErrorBody),
        (status = 413, description = "`too_large`", body = ErrorBody),
        (status = 415, description = "`unsupported_media_type`", body = ErrorBody),
        (status = 422, description = "`invalid`: no photo that is kept; nothing of it was", body = ErrorBody),
        (status = 429, description = "`too_many_requests`: more than a device may send in a day", body = ErrorBody),
        (status = 460, description = "`hash`: what came is something else; nothing of it was kept", body = ErrorBody),
    ),
)]
pub(crate) async fn patch(
    sender: Sender,
    State(app): State<App>,
    Path(hash): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    check(&sender, request.headers())?;
    if media_type(&request) != Some(PIECE) {
        return Err(ApiError::unsupported_media_type(PIECE));
    }
    let offset = number(request.headers(), &OFFSET)?;
    let (device, upload) = upload_of(&app, sender, hash).await?;
    let piece = read_body(request).await?;
    if piece.len() > PIECE_BYTES_MAX {
        return Err(ApiError::too_large(PIECE_BYTES_MAX));
    }
    app.uploads.count(device.id, piece.len(), now_ms()).map_err(ApiError::too_many_requests)?;

    let standing = on_disk(&app, move || upload.append(offset, &piece)).await?;

    if standing.is_complete() {
        app.pokes.changed(device.area, device.origin);
    }
    Ok((StatusCode::NO_CONTENT, about(standing, false)).into_response())
}

/// Gives an upload up. A photo that is complete stays.
#[utoipa::path(
    delete, path = "/api/v1/uploads/{hash}", tag = "photos",
    params(("hash" = String, Path), ("Tus-Resumable" = String, Header)),
    responses(
        (status = 204),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 403, description = "`forbidden`", body = ErrorBody),
        (status = 404, description = "`not_found`: not begun, expired, or another device's", body = ErrorBody),
        (status = 412, description = "`tus_version`", body = ErrorBody),
    ),
)]
pub(crate) async fn terminate(
    sender: Sender,
    State(app): State<App>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    check(&sender, &headers)?;
    let (_, upload) = upload_of(&app, sender, hash).await?;

    on_disk(&app, move || upload.remove()).await?;

    Ok(StatusCode::NO_CONTENT)
}

/// Only who may add photos uploads, and only by the version that is spoken here.
fn check(sender: &Sender, headers: &HeaderMap) -> Result<(), ApiError> {
    if sender.ended.is_none() && !access::may_add_pins(&sender.device.reader()) {
        return Err(ApiError::adds_no_photos());
    }
    if headers.get(RESUMABLE).is_some_and(|version| version == VERSION) { Ok(()) } else { Err(ApiError::tus_version()) }
}

async fn upload_of(app: &App, sender: Sender, hash: String) -> Result<(Device, Upload), ApiError> {
    if !is_blob_name(&hash) {
        return Err(ApiError::not_found("upload"));
    }
    let Sender { device, ended } = sender;
    if let Some(ended) = ended {
        check_last(app, &device, &hash, ended).await?;
    }
    let upload = Upload { dir: app.dir.clone(), area: device.area, device: device.id, hash };
    Ok((device, upload))
}

/// A device whose access has ended sends the photos of what it wrote and handed in, and no others: so there is an end.
async fn check_last(app: &App, device: &Device, hash: &str, ended: ApiError) -> Result<(), ApiError> {
    let (id, origins, hash) = (device.id, device.origins(), hash.to_owned());
    if !app.control.read(move |control| control.has_handed_in(id)).await? {
        return Err(ended);
    }
    let wrote = move |log: &mut AreaLog| log.wrote_blob(&origins, &hash).map_err(AreaError::from);
    if app.areas.run(device.area, wrote).await? { Ok(()) } else { Err(ended) }
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, ApiError> {
    let value = headers.get(name).and_then(|value| value.to_str().ok()).and_then(|value| value.parse().ok());
    value.ok_or_else(|| ApiError::invalid(format!("{name} must be a whole number")))
}

/// The hash among the pairs of a key and a value in base 64.
fn hash_in(headers: &HeaderMap) -> Result<String, ApiError> {
    let pairs = headers.get(METADATA).and_then(|value| value.to_str().ok()).unwrap_or("").split(',');
    let value = pairs.filter_map(|pair| pair.trim().split_once(' ')).find(|(key, _)| *key == "hash");
    let hash = value.and_then(|(_, value)| String::from_utf8(from_base64(value.trim())?).ok());
    hash.filter(|hash| is_blob_name(hash))
        .ok_or_else(|| ApiError::invalid("upload-metadata must hold `hash`, a BLAKE3 hash in hexadecimal"))
}

/// What a client wants to know of an upload.
fn about(standing: Standing, with_length: bool) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([(OFFSET, HeaderValue::from(standing.offset))]);
    if with_length {
        headers.insert(LENGTH, HeaderValue::from(standing.length));
    }
    let expires = http_date(now_ms() / 1000 + i64::try_from(UPLOAD_KEPT.as_secs()).unwrap_or(0));
    if let (false, Ok(expires)) = (standing.is_complete(), HeaderValue::try_from(expires)) {
        headers.insert(EXPIRES, expires);
    }
    headers
}

/// Seconds since 1970 as HTTP writes a time (RFC 9110, section 5.6.7).
fn http_date(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days since 1 March of the year 0: leap days then end the year.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = usize::try_from((month + 2) % 12).unwrap_or(0);
    let year = year_of_era + era * 400 + i64::from(month < 2);
    let weekday = DAYS[usize::try_from(days.rem_euclid(7)).unwrap_or(0)];
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{weekday}, {day:02} {} {year} {hour:02}:{minute:02}:{second:02} GMT", MONTHS[month])
}

/// Does something with an upload's files, one at a time.
async fn on_disk<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> Result<T, UploadError> + Send + 'static,
) -> Result<T, ApiError> {
    let app = app.clone();
    let done = tokio::task::spawn_blocking(move || {
        let _one = app.uploads.lock();
        work()
    });
    Ok(done.await.map_err(|error| ApiError::internal(error.to_string()))??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_http_writes_them() {
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(1_709_164_800), "Thu, 29 Feb 2024 00:00:00 GMT");
        assert_eq!(http_date(1_798_761_599), "Thu, 31 Dec 2026 23:59:59 GMT");
    }
}
