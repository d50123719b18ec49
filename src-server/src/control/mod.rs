//! `control.db`: areas, members, devices, invitations and walks.
//!
//! [`Reader`] looks things up, [`Writer`] changes them inside a transaction; the server reaches both through
//! [`thread::Control`], the command line opens a [`ControlDb`] of its own beside the running server.

mod areas;
mod audit;
mod carry_over;
mod database;
mod deleted;
mod devices;
#[cfg(test)]
mod failing_disk;
mod invitations;
mod mirrors;
mod redeem;
mod thread;
mod walks;
mod whole;

pub(crate) use areas::{AreaRow, NewArea};
pub(crate) use audit::{AuditLine, Deed, NewAuditLine};
pub(crate) use carry_over::Before;
pub(crate) use database::{ControlDb, Reader, Writer};
pub(crate) use devices::Identity;
pub(crate) use invitations::{Issuer, NewInvitation};
pub(crate) use mirrors::ChangeNumber;
pub(crate) use redeem::Redeem;
pub(crate) use thread::Control;
pub use walks::InvitedTo;
pub(crate) use walks::{NewWalk, WalkRow};
pub(crate) use whole::hex;

use crate::group_commit::Failure;
use crate::secrets::NoRandom;

/// Why something about areas, members, devices or invitations did not work.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The row is not there, or belongs to somebody else.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The token is no device's, or not any more.
    #[error("the token belongs to no device")]
    Stranger,
    /// The device was locked out.
    #[error("the device was locked out")]
    LockedOut,
    /// The member had access for a while only, and it is over.
    #[error("the member's access has ended")]
    AccessOver,
    /// The member has not the role that this takes, or not any more.
    #[error("the member's role may not do this")]
    Forbidden,
    /// The secret belongs to no invitation.
    #[error("the secret belongs to no invitation")]
    InvitationUnknown,
    /// The invitation was used up, revoked or has expired.
    #[error("the invitation was used up, revoked or has expired")]
    InvitationSpent,
    /// An older program meets a newer file.
    #[error("control.db is of version {found}, this program knows {known}: use a newer program")]
    Newer { found: i64, known: i64 },
    #[error("control.db: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A value in the file that this program never wrote.
    #[error("control.db holds a bad {0}")]
    BadValue(&'static str),
    #[error("control.db: {0}")]
    Failed(String),
    /// There are as many of something as there may be.
    #[error("too many {0}")]
    TooMany(&'static str),
    /// The disk is full; nothing was changed.
    #[error("the disk is full")]
    Full,
    /// The server is stopping, or too much work is waiting.
    #[error("the server is busy or stopping")]
    Unavailable,
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
}

impl From<Failure> for ControlError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Full => ControlError::Full,
            Failure::Closed | Failure::Busy => ControlError::Unavailable,
            Failure::Database(detail) => ControlError::Failed(detail),
        }
    }
}
