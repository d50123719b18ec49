//! What is kept aside, as coordinators read it.

use crate::auth::Coordinator;
use crate::clock::now_ms;
use crate::control::{Deed, NewAuditLine};
use crate::error::{ApiError, ErrorBody};
use crate::hub::{AreaError, AreaLog};
use crate::server::App;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use trygkort_core::wire::CONTENT_TYPE;

/// The newest hundred of what the server refused, or nobody vouches for, with who is said to have written it and why it
/// is not in the log. What held a personal number or was erased is not among them. Noted in the audit.
#[utoipa::path(
    get, path = "/api/v1/aside", tag = "sync",
    responses(
        (status = 200, content_type = "application/vnd.trygkort.sync-v1+cbor", body = Vec<u8>, description = "CBOR list of `KeptAside`, newest first"),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
        (status = 403, description = "`forbidden`: coordinators only", body = ErrorBody),
    ),
)]
pub(crate) async fn get(Coordinator(device): Coordinator, State(app): State<App>) -> Result<Response, ApiError> {
    let line = NewAuditLine { member: Some(device.member), ..NewAuditLine::beside(Deed::AsideRead, Some(device.area)) };
    device.write(&app, move |control| control.note(&line, now_ms())).await?;
    let reader = device.reader();
    let read = move |log: &mut AreaLog| log.aside_for(&reader).map_err(AreaError::from);
    let body = app.areas.run(device.area, read).await?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response())
}
