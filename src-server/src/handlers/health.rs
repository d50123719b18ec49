//! Whether the server works.

use crate::error::{ApiError, ErrorBody};
use crate::server::App;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    #[schema(example = "ok")]
    status: &'static str,
    /// The program's version.
    version: &'static str,
}

/// Answers `ok` when the server can read its database.
#[utoipa::path(
    get, path = "/healthz", tag = "server", security(()),
    responses((status = 200, body = Health), (status = 500, description = "`internal`", body = ErrorBody)),
)]
pub(crate) async fn get(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    app.control.read(|control| control.setting("public_url")).await?;
    Ok(Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") }))
}
