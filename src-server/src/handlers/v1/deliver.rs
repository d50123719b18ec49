//! What another device could not send itself, handed over as a file.

use crate::auth::Device;
use crate::clock::now_ms;
use crate::error::{ApiError, ErrorBody};
use crate::hub::{self, AreaError, AreaLog};
use crate::limits::{media_type, read_body};
use crate::long_requests;
use crate::server::App;
use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use trygkort_core::wire::unsent::{CONTENT_TYPE, UnsentFile};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct Delivered {
    /// In the log, now or already.
    taken: u32,
    /// Refused, as they would have been from their author's own device.
    refused: u32,
    /// Kept aside: not signed by a device that is let in.
    aside: u32,
}

/// Takes a file of unsent actions. They are judged as their author's, whoever hands them over.
#[utoipa::path(
    post, path = "/api/v1/deliver", tag = "sync",
    request_body(content_type = "application/vnd.trygkort.unsent+cbor", content = Vec<u8>, description = "CBOR `UnsentFile`"),
    responses(
        (status = 200, body = Delivered),
        (status = 400, description = "`bad_request`: not such a file, or one of another area", body = ErrorBody),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 413, description = "`too_large`", body = ErrorBody),
    ),
)]
pub(crate) async fn post(
    device: Device,
    State(app): State<App>,
    request: Request,
) -> Result<Json<Delivered>, ApiError> {
    if media_type(&request) != Some(CONTENT_TYPE) {
        return Err(ApiError::unsupported_media_type(CONTENT_TYPE));
    }
    let body = read_body(request).await?;
    let turn = app.long_requests.turn(device.area, device.id, body.len()).await?;
    let device = device.again(&app).await?;
    let read = move || UnsentFile::read(&body).map_err(|error| ApiError::bad_request(error.to_string()));
    let file = long_requests::read(turn, read).await?;
    if file.area.0 != device.area.0 {
        return Err(ApiError::bad_request("the file is of another area"));
    }
    let (area, origin) = (device.area, file.request.origin);
    let author = app.control.read(move |control| control.author(area, origin, now_ms())).await?;

    let deliver = move |log: &mut AreaLog| -> Result<_, AreaError> {
        let delivered = log.deliver(author.as_ref(), &file.request, now_ms())?;
        Ok((delivered, hub::name(log, area)?))
    };
    let (delivered, name) = app.areas.run(area, deliver).await?;

    if delivered.taken > 0 {
        app.pokes.changed(area, origin);
        app.area_names.keep_in_step(&app.control, area, name).await;
    }
    let trygkort_core::hub::Delivered { taken, refused, aside } = delivered;
    Ok(Json(Delivered { taken, refused, aside }))
}
