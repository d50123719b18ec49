//! Who talks to an area's log, with what, and what can go wrong.

use crate::domain::{Reader, Role, RowId};
use crate::seal::{Hash, Salt};
use crate::store::StoreError;
use crate::wire::VERSION;
use std::sync::Arc;
use thiserror::Error;

/// What the server lends an area's log: secrets and randomness. Neither lies in the area's file.
#[derive(Clone)]
pub struct Keys {
    /// Seals cursors. Kept outside backups: whoever has only a backup cannot make a device believe that it was here.
    pub cursor: [u8; 32],
    /// Fills with random bytes.
    pub random: Random,
}

/// Fills with random bytes.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    pub(super) fn salt(&self) -> Salt {
        let mut salt = [0; 16];
        (self.random)(&mut salt);
        salt
    }
}

/// Who is at the other end.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The number of the device incarnation that speaks now.
    pub origin: u32,
    /// The member whose device it is.
    pub member: RowId,
    pub reader: Reader,
    /// Other numbers the same device goes by.
    pub also: Vec<u32>,
    /// The public key it signs with; `None` for one of before there were keys.
    pub key: Option<Hash>,
    /// A number that nobody has, for when this one turns out to be somebody else's as well.
    pub next_origin: Option<u32>,
}

impl Peer {
    /// A device that signs nothing, of a member who is on no walk.
    #[must_use]
    pub fn new(origin: u32, member: RowId, role: Role) -> Self {
        Self { origin, member, reader: Reader::new(role), also: Vec::new(), key: None, next_origin: None }
    }
}

/// The result of an exchange.
#[derive(Debug)]
pub struct Exchanged {
    /// The encoded [`crate::wire::v1::SyncResponse`].
    pub body: Vec<u8>,
    /// Something was admitted: the area's other devices want to know.
    pub changed: bool,
    /// The log behind the last snapshot has become long: it is time for a new one.
    pub snapshot_due: bool,
    /// Something was erased: files that no row names any more are to go.
    pub erased: bool,
    /// Two devices go by this origin, and there was no [`Peer::next_origin`] to give: ask again with one.
    pub wants_origin: bool,
    /// Authors of what an earlier version held and this one can judge ([`super::AreaLog::judge_held`]). Said once.
    pub held: Vec<u32>,
    /// Why the trash was not looked through, which is done beside an exchange once a day. It is tried again at the next,
    /// and takes nothing from this one.
    pub trash: Option<HubError>,
}

/// The result of mirroring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mirrored {
    /// Something was written: the area's devices want to know.
    pub changed: bool,
    /// How many rows could not be mirrored because their id is taken by a row of another kind, which only a hostile
    /// device can have made.
    pub left_out: usize,
}

/// Why an exchange failed as a whole. Nothing of it was kept.
#[derive(Debug, Error)]
pub enum HubError {
    /// The body is no request, or not this device's; names what and where.
    #[error("{0}")]
    BadRequest(String),
    /// The device speaks a version that this server does not.
    #[error("wire version {found}, this server speaks {VERSION}")]
    Outdated { found: u16 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for HubError {
    fn from(error: rusqlite::Error) -> Self {
        HubError::Store(error.into())
    }
}
