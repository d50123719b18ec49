//! A device that is locked out hands in what it had not sent, once.

use crate::auth::LockedOut;
use crate::clock::now_ms;
use crate::error::{ApiError, ErrorBody};
use crate::hub::{AreaError, AreaLog, Received};
use crate::limits::{media_type, read_body};
use crate::long_requests;
use crate::server::App;
use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use trygkort_core::wire::CONTENT_TYPE;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct HandedIn {
    /// How many actions were new.
    actions: usize,
}

/// Takes what a locked-out device had not sent. It is kept aside for the coordinators and is not in the log; the device
/// then removes what it holds.
#[utoipa::path(
    post, path = "/api/v1/hand-in", tag = "sync",
    request_body(content_type = "application/vnd.trygkort.sync-v1+cbor", content = Vec<u8>, description = "CBOR `SyncRequest` with the unsent actions"),
    responses(
        (status = 200, body = HandedIn),
        (status = 400, description = "`bad_request`: not a SyncRequest of this device", body = ErrorBody),
        (status = 401, description = "`unauthorized`: no such token, or one that is not locked out; `area_deleted`", body = ErrorBody),
        (status = 409, description = "`handed_in`: it has handed in before", body = ErrorBody),
        (status = 413, description = "`too_large`", body = ErrorBody),
    ),
)]
pub(crate) async fn post(
    LockedOut(device): LockedOut,
    State(app): State<App>,
    request: Request,
) -> Result<Json<HandedIn>, ApiError> {
    if media_type(&request) != Some(CONTENT_TYPE) {
        return Err(ApiError::unsupported_media_type(CONTENT_TYPE));
    }
    let (id, peer, area) = (device.id, device.peer(), device.area);
    if app.control.read(move |control| control.has_handed_in(id)).await? {
        return Err(ApiError::handed_in());
    }
    let body = read_body(request).await?;
    let turn = app.long_requests.turn(area, id, body.len()).await?;
    let sender = peer.clone();
    let read = move || Received::read(area, &sender, &body).map_err(AreaError::from);
    let received = long_requests::read(turn, read).await?;
    let work = move |log: &mut AreaLog| Ok::<_, AreaError>(log.set_aside_received(&peer, &received, now_ms())?);
    let actions = app.areas.run(area, work).await?;
    // Afterwards: when this fails it hands in once more, and what is there already is not kept twice.
    app.control.write(move |control| control.note_handed_in(id, now_ms())).await?;
    Ok(Json(HandedIn { actions }))
}
