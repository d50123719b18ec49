//! A device pushes what it has and pulls what it lacks, in one exchange.

use crate::auth::Device;
use crate::clock::now_ms;
use crate::error::{ApiError, ErrorBody};
use crate::hub::{self, AreaError, AreaLog, Exchanged, Peer, Received};
use crate::limits::{media_type, read_body};
use crate::server::App;
use crate::tidy;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::{Duration, Instant};
use trygkort_core::domain::AreaId;
use trygkort_core::wire::CONTENT_TYPE;

/// A body that took longer is of somebody who may have been locked out meanwhile.
const SLOW: Duration = Duration::from_secs(1);
/// So much is read at once, in some tenths of a millisecond.
const SHORT_BYTES: usize = 16 * 1024;

/// What the media types of other versions begin with.
const ANY_VERSION: &str = "application/vnd.trygkort.sync-v";

/// Exchanges changes. Answered once what was pushed is on the disk.
#[utoipa::path(
    post, path = "/api/v1/sync", tag = "sync",
    request_body(content_type = "application/vnd.trygkort.sync-v1+cbor", content = Vec<u8>, description = "CBOR `SyncRequest`, at most 2 MiB"),
    responses(
        (status = 200, content_type = "application/vnd.trygkort.sync-v1+cbor", body = Vec<u8>, description = "CBOR `SyncResponse`"),
        (status = 400, description = "`bad_request`: not a SyncRequest", body = ErrorBody),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`", body = ErrorBody),
        (status = 413, description = "`too_large`", body = ErrorBody),
        (status = 426, description = "`outdated`: another wire version", body = ErrorBody),
    ),
)]
pub(crate) async fn post(device: Device, State(app): State<App>, request: Request) -> Result<Response, ApiError> {
    match media_type(&request) {
        Some(CONTENT_TYPE) => {}
        Some(other) if other.starts_with(ANY_VERSION) => return Err(ApiError::outdated()),
        _ => return Err(ApiError::unsupported_media_type(CONTENT_TYPE)),
    }
    let asked = Instant::now();
    let body = Bytes::from(read_body(request).await?);
    let device = if asked.elapsed() > SLOW { device.again(&app).await? } else { device };
    let (area, mut peer) = (device.area, device.peer());

    // What is read takes many times the memory of what came, and waits for the area: long ones take turns.
    let _turn = if body.len() > SHORT_BYTES { app.long_requests.acquire().await.ok() } else { None };
    let received = Arc::new(receive(area, peer.clone(), body).await?);
    let (mut exchanged, mut name) = exchange(&app, area, peer.clone(), received.clone()).await?;
    if exchanged.wants_origin {
        let id = device.id;
        peer.next_origin = Some(device.write(&app, move |control| control.add_origin(area, id, now_ms())).await?);
        app.mirrors.wake();
        (exchanged, name) = exchange(&app, area, peer, received).await?;
    }

    if !exchanged.held.is_empty() {
        judge_held(&app, area, &exchanged.held).await?;
    }
    if exchanged.snapshot_due {
        app.snapshots.wake(area);
    }
    if let Some(error) = &exchanged.trash {
        tracing::warn!(%area, %error, "the trash was not emptied");
    }
    if exchanged.erased {
        tidy::after_erasure(&app, area);
    }
    if exchanged.changed {
        app.pokes.changed(area, device.origin);
        if let Some(name) = name {
            app.area_names.keep_in_step(&app.control, area, name).await;
        }
    }
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], exchanged.body).into_response())
}

/// Judges what an earlier version of this program held because it did not understand it. Authors who are not let in any
/// more are left out: what they wrote stays aside.
async fn judge_held(app: &App, area: AreaId, authors: &[u32]) -> Result<(), ApiError> {
    // Twice: one author's may build on another's.
    for origin in authors.repeat(2) {
        let author = app.control.read(move |control| control.author(area, origin, now_ms())).await?;
        let Some(author) = author else { continue };
        let work = move |log: &mut AreaLog| log.judge_held(&author, now_ms()).map_err(AreaError::from);
        if app.areas.run(area, work).await? > 0 {
            // Its author as well: it is not in their copy of the log yet.
            app.pokes.changed(area, hub::SERVER_ORIGIN);
        }
    }
    Ok(())
}

/// Reads the request before the area's thread sees it, and a long one where it holds up nobody.
async fn receive(area: AreaId, peer: Peer, body: Bytes) -> Result<Received, AreaError> {
    if body.len() <= SHORT_BYTES {
        return Ok(Received::read(area, &peer, &body)?);
    }
    let reading = tokio::task::spawn_blocking(move || Received::read(area, &peer, &body));
    Ok(reading.await.map_err(|error| AreaError::Failed(error.to_string()))??)
}

/// The exchange on the area's thread, and the area's name when it may have changed.
async fn exchange(
    app: &App,
    area: AreaId,
    peer: Peer,
    received: Arc<Received>,
) -> Result<(Exchanged, Option<String>), AreaError> {
    let work = move |log: &mut AreaLog| -> Result<_, AreaError> {
        let exchanged = log.exchange_received(&peer, &received, now_ms())?;
        // What was admitted is to be acknowledged, whatever is wrong with a name.
        let name = exchanged.changed.then(|| hub::name(log, area).ok()).flatten();
        Ok((exchanged, name))
    };
    app.areas.run(area, work).await
}
