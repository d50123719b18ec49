//! What `control.db` decides about an area's members, devices, invitations and walks, as far as the area's log shows it: no
//! secrets and no hashes. Ids are those of `control.db`.

use crate::domain::{Role, RowId};

/// All members, devices, invitations and walks of an area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    pub members: Vec<Member>,
    /// Locked-out ones too: what they wrote stays.
    pub devices: Vec<Device>,
    pub invitations: Vec<Invitation>,
    pub walks: Vec<Walk>,
}

/// Somebody with a role in the area.
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    pub id: RowId,
    pub role: Role,
    /// May be empty.
    pub name: String,
    pub joined_at_ms: i64,
}

/// A member's device.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    pub id: RowId,
    pub member: RowId,
    pub name: String,
    pub origin: u32,
    pub added_at_ms: i64,
    pub revoked_at_ms: Option<i64>,
}

/// An invitation of the area; hand-overs and those that a demo server prints are none of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: RowId,
    pub role: Role,
    pub uses: u32,
    pub uses_left: u32,
    pub made_at_ms: i64,
    pub expires_at_ms: i64,
    pub revoked_at_ms: Option<i64>,
    /// Whoever redeems it is on this walk.
    pub walk: Option<RowId>,
}

/// A safety walk: who is on it reads and writes its scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    pub id: RowId,
    /// That of its scope.
    pub number: u32,
    pub name: String,
    pub starts_at_ms: i64,
    pub ends_at_ms: i64,
}

/// Shows which, never the name.
impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Member").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// Shows which, never the name.
impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("id", &self.id).field("origin", &self.origin).finish_non_exhaustive()
    }
}
