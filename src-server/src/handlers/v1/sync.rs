//! A device pushes what it has and pulls what it lacks, in one exchange.

use crate::auth::Device;
use crate::clock::now_ms;
use crate::error::{ApiError, ErrorBody};
use crate::hub::{self, AreaError, AreaLog, Exchanged, Peer, Received};
use crate::limits::media_type;
use crate::long_requests::{self, InHand, SHORT_BYTES};
use crate::packed_body::PackedBody;
use crate::server::App;
use crate::tidy;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::{Duration, Instant};
use trygkort_core::domain::AreaId;
use trygkort_core::wire::CONTENT_TYPE;

/// A body that took longer, to come and to get its turn, is of somebody who may have been locked out meanwhile.
const SLOW: Duration = Duration::from_secs(1);

/// What the media types of other versions begin with.
const ANY_VERSION: &str = "application/vnd.trygkort.sync-v";

/// Exchanges changes. Answered once what was pushed is on the disk.
#[utoipa::path(
    post, path = "/api/v1/sync", tag = "sync",
    request_body(content_type = "application/vnd.trygkort.sync-v1+cbor", content = Vec<u8>, description = "CBOR `SyncRequest`, at most 2 MiB; with `Content-Encoding: deflate` so much once it is unpacked"),
    responses(
        (status = 200, content_type = "application/vnd.trygkort.sync-v1+cbor", body = Vec<u8>, description = "CBOR `SyncResponse`"),
        (status = 400, description = "`bad_request`: not a SyncRequest", body = ErrorBody),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 413, description = "`too_large`", body = ErrorBody),
        (status = 415, description = "`unsupported_media_type`, `unsupported_encoding`", body = ErrorBody),
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
    let body = PackedBody::read(request).await?;
    let turn = app.long_requests.turn(device.area, device.id, body.len_up_to(SHORT_BYTES + 1)?).await?;
    let device = if asked.elapsed() > SLOW { device.again(&app).await? } else { device };
    let (area, peer) = (device.area, device.peer());

    // Before the area's thread sees it.
    let received = long_requests::read(turn, move || -> Result<_, ApiError> {
        Ok(Received::read(area, &peer, &body.unpack()?).map_err(AreaError::from)?)
    });
    let (exchanged, name) = exchange(&app, &device, received.await?).await?;

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

/// The exchange, and the area's name when it may have changed. Again with a number of its own for a device that goes by
/// one which is another's as well.
async fn exchange(
    app: &App,
    device: &Device,
    received: InHand<Received>,
) -> Result<(Exchanged, Option<String>), ApiError> {
    let (area, id, peer, received) = (device.area, device.id, device.peer(), Arc::new(received));
    let exchanged = exchange_as(app, area, peer.clone(), received.clone()).await?;
    if !exchanged.0.wants_origin {
        return Ok(exchanged);
    }
    let origin = device.write(app, move |control| control.add_origin(area, id, now_ms())).await?;
    app.mirrors.wake();
    Ok(exchange_as(app, area, Peer { next_origin: Some(origin), ..peer }, received).await?)
}

/// The exchange on the area's thread.
async fn exchange_as(
    app: &App,
    area: AreaId,
    peer: Peer,
    received: Arc<InHand<Received>>,
) -> Result<(Exchanged, Option<String>), AreaError> {
    let work = move |log: &mut AreaLog| -> Result<_, AreaError> {
        let exchanged = log.exchange_received(&peer, &received, now_ms())?;
        // What was admitted is to be acknowledged, whatever is wrong with a name.
        let name = exchanged.changed.then(|| hub::name(log, area).ok()).flatten();
        Ok((exchanged, name))
    };
    app.areas.run(area, work).await
}
