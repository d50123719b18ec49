//! The one error of the API: `{code, detail}` with a fitting status.
//!
//! `code` is for programs and never changes; `detail` is English for people who debug, and names no person. What lies
//! behind an error of our own goes to the log, not to the client.

use crate::blobs::UploadError;
use crate::control::ControlError;
use crate::hub::AreaError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::borrow::Cow;
use std::io;
use utoipa::ToSchema;

/// What a client gets instead of an answer.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    retry_after_s: Option<u64>,
    /// What went wrong behind it; for the log only.
    cause: Option<String>,
}

/// The JSON of an error.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// For programs; never changes.
    #[schema(example = "invitation_spent")]
    code: &'static str,
    /// For people who debug, in English.
    detail: String,
}

/// Travels with the response to the request log, which writes it down once.
#[derive(Clone)]
pub(crate) struct Logged {
    pub(crate) code: &'static str,
    pub(crate) cause: Option<String>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, detail: detail.into(), retry_after_s: None, cause: None }
    }

    /// A value is missing, too long or not in its form.
    pub(crate) fn invalid(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
    }

    /// A name holds what looks like a CPR number; nothing was stored.
    pub(crate) fn personal_number(field: &'static str) -> Self {
        let detail = format!("{field} holds what looks like a personal number");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "personal_number", detail)
    }

    /// The body is not what was agreed.
    pub(crate) fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    pub(crate) fn unsupported_media_type(expected: &'static str) -> Self {
        let detail = format!("the content type must be {expected}");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
    }

    pub(crate) fn unsupported_encoding(accepted: &'static str) -> Self {
        let detail = format!("the content encoding must be {accepted}, or none");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", detail)
    }

    pub(crate) fn too_large(limit_bytes: usize) -> Self {
        let detail = format!("the body is larger than {limit_bytes} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    pub(crate) fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "the body did not arrive in time")
    }

    /// No token, or one that was never given out.
    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "a device token is needed")
    }

    /// The device was locked out.
    fn revoked() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "revoked", "this device was locked out")
    }

    /// The member had access for a while only, and it is over.
    fn expired() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "expired", "the access has ended: it was given for a limited time")
    }

    /// The device was of an area that was deleted whole.
    pub(crate) fn area_deleted() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "area_deleted", "the area of this device was deleted on this server")
    }

    /// A device that is locked out has handed in what it had not sent.
    pub(crate) fn handed_in() -> Self {
        Self::new(StatusCode::CONFLICT, "handed_in", "this device has handed in before")
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "this needs a coordinator")
    }

    /// Only who may add photos uploads them.
    pub(crate) fn adds_no_photos() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "this role adds no photos")
    }

    /// Another version of tus, or none.
    pub(crate) fn tus_version() -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "tus_version", "tus-resumable must be 1.0.0")
    }

    pub(crate) fn not_found(what: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this address does not take that method")
    }

    pub(crate) fn outdated() -> Self {
        let detail = "this server does not speak that wire version: update the app";
        Self::new(StatusCode::UPGRADE_REQUIRED, "outdated", detail)
    }

    /// Too many failed invitations from one address.
    pub(crate) fn too_many_attempts(retry_after_s: u64) -> Self {
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", "wait before trying again");
        Self { retry_after_s: Some(retry_after_s), ..error }
    }

    /// Too many requests from one device.
    pub(crate) fn too_many_requests(retry_after_s: u64) -> Self {
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "this device asks too often");
        Self { retry_after_s: Some(retry_after_s), ..error }
    }

    fn invitation_unknown() -> Self {
        Self::new(StatusCode::NOT_FOUND, "invitation_unknown", "the link belongs to no invitation")
    }

    fn invitation_spent() -> Self {
        Self::new(StatusCode::GONE, "invitation_spent", "the invitation was used up, revoked or has expired")
    }

    fn storage_full() -> Self {
        let detail = "the server's disk is full; nothing was stored";
        Self::new(StatusCode::INSUFFICIENT_STORAGE, "storage_full", detail)
    }

    /// Busy, or stopping: clients come again by themselves.
    pub(crate) fn unavailable() -> Self {
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the server is busy or stopping");
        Self { retry_after_s: Some(5), ..error }
    }

    /// Our mistake or a damaged file.
    pub(crate) fn internal(cause: impl Into<String>) -> Self {
        let error = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server failed; its log says why");
        Self { cause: Some(cause.into()), ..error }
    }
}

/// A day, after which there is room for more again.
const TOO_MANY_RETRY_S: u64 = 86_400;

impl From<ControlError> for ApiError {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::NotFound(what) => Self::not_found(what),
            ControlError::Stranger => Self::unauthorized(),
            ControlError::LockedOut => Self::revoked(),
            ControlError::AccessOver => Self::expired(),
            ControlError::Forbidden => Self::forbidden(),
            ControlError::InvitationUnknown => Self::invitation_unknown(),
            ControlError::InvitationSpent => Self::invitation_spent(),
            ControlError::TooMany(_) => Self::too_many_requests(TOO_MANY_RETRY_S),
            ControlError::Full => Self::storage_full(),
            ControlError::Unavailable => Self::unavailable(),
            other => Self::internal(other.to_string()),
        }
    }
}

impl From<UploadError> for ApiError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::NotFound => Self::not_found("upload"),
            UploadError::Offset(_) => Self::new(StatusCode::CONFLICT, "offset", error.to_string()),
            UploadError::TooLong => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", error.to_string()),
            UploadError::Hash => {
                // As the tus protocol numbers a checksum that does not fit.
                let status = StatusCode::from_u16(460).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
                Self::new(status, "hash", "what came has another hash than was announced; nothing of it was kept")
            }
            UploadError::Jpeg(error) => Self::invalid(format!("{error}; nothing of it was kept")),
            UploadError::Io(error) => match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::storage_full(),
                _ => Self::internal(format!("an upload: {error}")),
            },
        }
    }
}

impl From<AreaError> for ApiError {
    fn from(error: AreaError) -> Self {
        match error {
            AreaError::BadRequest(detail) => Self::bad_request(detail),
            AreaError::Outdated => Self::outdated(),
            AreaError::Full => Self::storage_full(),
            AreaError::Unavailable => Self::unavailable(),
            AreaError::Failed(cause) => Self::internal(cause),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(ErrorBody { code: self.code, detail: self.detail.into_owned() });
        let mut response = (self.status, body).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(Logged { code: self.code, cause: self.cause });
        response
    }
}
