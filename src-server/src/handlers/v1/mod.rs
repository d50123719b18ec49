//! Version 1 of the API. Times are milliseconds since 1970 in UTC, ids are UUIDs, errors are `{code, detail}`.

pub(crate) mod aside;
pub(crate) mod basemap;
pub(crate) mod blobs;
pub(crate) mod deliver;
pub(crate) mod devices;
pub(crate) mod hand_in;
pub(crate) mod history;
pub(crate) mod invitations;
pub(crate) mod members;
pub(crate) mod poke;
pub(crate) mod redeem;
pub(crate) mod snapshot;
pub(crate) mod sync;
pub(crate) mod uploads;
pub(crate) mod walks;

use crate::error::ApiError;
use trygkort_core::domain::personal_number;

/// A name somebody typed: trimmed, of at most `max` characters, without a CPR number.
fn checked_name(field: &'static str, text: &str, max: usize) -> Result<String, ApiError> {
    let name = text.trim();
    if name.chars().count() > max {
        return Err(ApiError::invalid(format!("{field}: at most {max} characters")));
    }
    if name.chars().any(char::is_control) {
        return Err(ApiError::invalid(format!("{field}: no control characters")));
    }
    if personal_number::contains(name) {
        return Err(ApiError::personal_number(field));
    }
    Ok(name.to_owned())
}

/// The words for roles, for the description of the API.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "snake_case", as = Role)]
#[expect(dead_code, reason = "describes trygkort_core::domain::Role, which knows nothing of OpenAPI")]
pub(crate) enum RoleWord {
    Coordinator,
    Staff,
    Participant,
    Resident,
}
