//! What happened to one thing, beyond what devices keep themselves.

use crate::auth::Device;
use crate::error::{ApiError, ErrorBody};
use crate::hub::{AreaError, AreaLog};
use crate::server::App;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use trygkort_core::domain::RowId;
use trygkort_core::wire::CONTENT_TYPE;
use utoipa::IntoParams;
use uuid::Uuid;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Before {
    /// Only what stands before this position of the log.
    before: Option<u64>,
    /// What the device understands, as in a `SyncRequest`; left out: rows in the scopes of walks are not told.
    speaks: Option<u16>,
}

/// The last hundred entries of the log that touched a contact with its channels, a problem with its cells of the card,
/// or any other thing, as far as they are for the device. Nothing is said about whether the thing exists.
#[utoipa::path(
    get, path = "/api/v1/history/{row}", tag = "sync",
    params(("row" = Uuid, Path), Before),
    responses(
        (status = 200, content_type = "application/vnd.trygkort.sync-v1+cbor", body = Vec<u8>, description = "CBOR list of `Entry`, newest first"),
        (status = 400, description = "`bad_request`", body = ErrorBody),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`, `area_deleted`", body = ErrorBody),
    ),
)]
pub(crate) async fn get(
    device: Device,
    State(app): State<App>,
    row: Result<Path<Uuid>, axum::extract::rejection::PathRejection>,
    before: Result<Query<Before>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiError> {
    let Path(row) = row.map_err(|_| ApiError::bad_request("the address names no row"))?;
    let Query(Before { before, speaks }) =
        before.map_err(|_| ApiError::bad_request("`before` is a position of the log, `speaks` a number"))?;
    let reader = device.reader();

    let read = move |log: &mut AreaLog| log.history(&reader, speaks, RowId(row), before).map_err(AreaError::from);
    let body = app.areas.run(device.area, read).await?;

    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response())
}
