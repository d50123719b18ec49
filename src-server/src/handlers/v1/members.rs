//! Members, as coordinators deal with them.

use crate::auth::Coordinator;
use crate::clock::now_ms;
use crate::control::{Deed, NewAuditLine};
use crate::error::{ApiError, ErrorBody};
use crate::server::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use trygkort_core::domain::RowId;

/// Locks all devices of a member out, for good: somebody who left, or whose only telephone was stolen. What they wrote
/// stays.
#[utoipa::path(
    delete, path = "/api/v1/members/{id}", tag = "access",
    params(("id" = Uuid, Path)),
    responses(
        (status = 204),
        (status = 401, description = "`unauthorized`, `revoked`, `expired`", body = ErrorBody),
        (status = 403, description = "`forbidden`: coordinators only", body = ErrorBody),
        (status = 404, description = "`not_found`", body = ErrorBody),
    ),
)]
pub(crate) async fn lock_out(
    Coordinator(device): Coordinator,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let member: RowId = id.parse().map_err(|_| ApiError::not_found("member"))?;
    let line = NewAuditLine {
        member: Some(device.member),
        subject: Some(member.to_string()),
        ..NewAuditLine::beside(Deed::LockOut, Some(device.area))
    };
    let work = move |control: &crate::control::Writer<'_>| {
        control.note(&line, now_ms())?;
        control.lock_out_member(device.area, member, now_ms())
    };
    for locked_out in app.control.write(work).await? {
        app.pokes.hang_up(locked_out);
    }
    app.mirrors.wake();
    Ok(StatusCode::NO_CONTENT)
}
