//! Codes that cross a boundary. A code exists because someone acts on it; the wording is chosen on the screen.

use serde::{Deserialize, Serialize};

/// Why a request failed, for the screens to choose their words by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The row is not on this device (any more).
    NotFound,
    /// This role may not do this.
    Forbidden,
    /// A field is empty, too long or not in its form; `field` names it.
    Invalid,
    /// The text holds what looks like a CPR number; `field` names where. Nothing was kept.
    PersonalNumber,
    /// No area is open.
    NoArea,
    /// Needs the network, and there is none.
    Offline,
    /// The server answered with an error.
    Server,
    /// The link is no invitation.
    BadLink,
    /// The invitation was used, revoked or has expired.
    InvitationSpent,
    /// Too many attempts: wait.
    TooManyAttempts,
    /// The link leads to another server than this web page came from: open the link itself.
    OtherServer,
    /// This device was locked out.
    Revoked,
    /// The server does not know this device.
    DeviceUnknown,
    /// The member's access was given for a while, and it is over.
    Expired,
    /// The area was deleted on the server.
    AreaDeleted,
    /// The disk or the browser's storage is full.
    StorageFull,
    /// The browser refuses storage (private window, blocked site data).
    StorageRefused,
    /// The database file is damaged; it was moved aside.
    StorageDamaged,
    /// The screens are locked: the PIN first.
    Locked,
    /// The key of the encrypted files is gone; they were moved aside.
    KeyLost,
    /// The system's key store, which has the key of the encrypted files, does not answer.
    KeyStore,
    /// The app is older than the database or the server: update it.
    Outdated,
    /// What is to be taken back was written over since, here or by somebody else.
    ChangedSince,
    /// Browser only: another tab has the database.
    Parked,
    /// Our mistake.
    Internal,
}

/// Why a request could not be done.
#[cfg(feature = "sqlite")]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the row is not on this device")]
    NotFound,
    #[error("this role may not do this")]
    Forbidden,
    /// Names the form field and what it wants, never what was in it.
    #[error("{field}: {detail}")]
    Invalid { field: String, detail: String },
    #[error("{field}: holds what looks like a personal number")]
    PersonalNumber { field: String },
    #[error("no area is open")]
    NoArea,
    /// A failure that is known by its code alone.
    #[error("{detail}")]
    Coded { code: ErrorCode, detail: String },
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}

#[cfg(feature = "sqlite")]
impl Error {
    /// A form field does not hold what it should.
    pub(crate) fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Error::Invalid { field: field.into(), detail: detail.into() }
    }

    /// A failure known by its code.
    pub(crate) fn coded(code: ErrorCode, detail: impl Into<String>) -> Self {
        Error::Coded { code, detail: detail.into() }
    }
}

#[cfg(feature = "sqlite")]
impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Error::Store(error.into())
    }
}

#[cfg(feature = "sqlite")]
impl From<Error> for crate::ipc::IpcError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        let (code, field) = match error {
            Error::NotFound => (ErrorCode::NotFound, None),
            Error::Forbidden => (ErrorCode::Forbidden, None),
            Error::Invalid { field, .. } => (ErrorCode::Invalid, Some(field)),
            Error::PersonalNumber { field } => (ErrorCode::PersonalNumber, Some(field)),
            Error::NoArea => (ErrorCode::NoArea, None),
            Error::Coded { code, .. } => (code, None),
            Error::Store(error) => (error.code(), None),
        };
        Self { code, detail, field }
    }
}
