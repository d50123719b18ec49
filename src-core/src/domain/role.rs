//! Who may read what: roles and the scopes they reach (docs/data-model.md).

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// What a member is in an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Beboer: reads what is public.
    Resident,
    /// Deltager: a walk's participant; reads what is public, and the walk.
    Participant,
    /// Fagperson: reads what the network shares.
    Staff,
    /// Koordinator: reads and edits everything.
    Coordinator,
}

impl Role {
    /// All roles, the one with most rights first: the order invitations are printed in.
    pub const ALL: [Role; 4] = [Role::Coordinator, Role::Staff, Role::Participant, Role::Resident];

    /// The word used on the command line, in the database and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Resident => "resident",
            Role::Participant => "participant",
            Role::Staff => "staff",
            Role::Coordinator => "coordinator",
        }
    }

    /// Those of [`Scope::ALL`] that this role reads. Walks come on top: see [`Reader`].
    #[must_use]
    pub fn readable(self) -> &'static [Scope] {
        match self {
            Role::Resident | Role::Participant => &[Scope::Public],
            Role::Staff => &[Scope::Public, Scope::Network],
            Role::Coordinator => &[Scope::Public, Scope::Network, Scope::Coordination],
        }
    }

    /// Whether this role alone is enough to read rows of `scope`: coordinators read every walk, others must be on it.
    #[must_use]
    pub fn reads(self, scope: Scope) -> bool {
        match scope {
            Scope::Walk(_) => self == Role::Coordinator,
            _ => self.readable().contains(&scope),
        }
    }
}

/// Who reads: a member with a role, on some walks. A device is never sent a row that this does not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reader {
    pub role: Role,
    /// The walks they are on now.
    pub walks: BTreeSet<u32>,
}

impl Reader {
    /// A member who is on no walk.
    #[must_use]
    pub fn new(role: Role) -> Self {
        Self { role, walks: BTreeSet::new() }
    }

    /// Whether rows of `scope` are for them.
    #[must_use]
    pub fn reads(&self, scope: Scope) -> bool {
        let is_on = |walk| self.walks.contains(walk) || mutant!(ReadEveryWalk);
        self.role.reads(scope) || matches!(&scope, Scope::Walk(walk) if is_on(walk))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no role.
#[derive(Debug, thiserror::Error)]
#[error("unknown role {0:?}: expected coordinator, staff, participant or resident")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        Role::ALL.into_iter().find(|role| role.as_str() == word).ok_or_else(|| UnknownRole(word.to_owned()))
    }
}

/// Who a row is for. Every row has exactly one scope, every scope its own dense sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everyone in the area, residents included.
    Public,
    /// Staff and coordinators.
    Network,
    /// Coordinators only.
    Coordination,
    /// Everyone on this safety walk, and coordinators. The number is the area's own, from 1.
    Walk(u32),
}

/// Walks are numbered from here on the wire; below it is room for scopes that every area has.
const WALKS_FROM: u32 = 16;

impl Scope {
    /// The scopes that every area has, widest first. Walks come and go.
    pub const ALL: [Scope; 3] = [Scope::Public, Scope::Network, Scope::Coordination];

    /// The word used in JSON; the same for every walk.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Public => "public",
            Scope::Network => "network",
            Scope::Coordination => "coordination",
            Scope::Walk(_) => "walk",
        }
    }

    /// The number on the wire and in the database; never reused.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Scope::Public => 0,
            Scope::Network => 1,
            Scope::Coordination => 2,
            Scope::Walk(walk) => WALKS_FROM.saturating_add(walk),
        }
    }

    /// The scope with this number, if this version knows it.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        let walk = || number.checked_sub(WALKS_FROM).map(Scope::Walk);
        Scope::ALL.into_iter().find(|scope| scope.number() == number).or_else(walk)
    }

    /// The walk whose scope this is.
    #[must_use]
    pub fn walk(self) -> Option<u32> {
        if let Scope::Walk(walk) = self { Some(walk) } else { None }
    }

    /// The widest scope that only those read who read both: for what belongs to a row that moved.
    #[must_use]
    pub fn narrowed(self, other: Self) -> Self {
        match (self, other) {
            (Scope::Public, narrow) | (narrow, Scope::Public) => narrow,
            (one, two) if one == two => one,
            _ => Scope::Coordination,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_round_trip() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>().unwrap(), role);
        }
        for scope in Scope::ALL {
            assert_eq!(Scope::from_number(scope.number()), Some(scope));
        }
        assert!("janitor".parse::<Role>().unwrap_err().to_string().contains("janitor"));
        assert_eq!(Scope::from_number(9), None);
        for (walk, number) in [(0, 16), (1, 17), (239, 255), (240, 256), (10_001, 10_017)] {
            assert_eq!(Scope::Walk(walk).number(), number);
            assert_eq!(Scope::from_number(number), Some(Scope::Walk(walk)));
        }
        assert_eq!(Scope::from_number(WALKS_FROM - 1), None);
    }

    #[test]
    fn a_walk_is_for_those_who_are_on_it_and_for_coordinators() {
        for role in Role::ALL {
            let reader = Reader { role, walks: BTreeSet::from([3]) };
            assert!(reader.reads(Scope::Walk(3)), "{role}");
            assert_eq!(reader.reads(Scope::Walk(4)), role == Role::Coordinator, "{role}");
            assert_eq!(reader.reads(Scope::Network), role.reads(Scope::Network), "{role}: a walk opens nothing else");
            assert_eq!(Reader::new(role).reads(Scope::Walk(3)), role == Role::Coordinator, "{role}");
        }
    }

    #[test]
    fn what_belongs_to_two_scopes_is_for_those_who_read_both() {
        let scopes = [Scope::Public, Scope::Network, Scope::Coordination, Scope::Walk(1), Scope::Walk(2)];
        let readers = Role::ALL.into_iter().flat_map(|role| {
            [vec![], vec![1], vec![2], vec![1, 2]].map(|walks| Reader { role, walks: walks.into_iter().collect() })
        });
        for reader in readers {
            for (one, two) in scopes.into_iter().flat_map(|one| scopes.map(|two| (one, two))) {
                let both = reader.reads(one) && reader.reads(two);
                assert!(both || !reader.reads(one.narrowed(two)), "{reader:?}: {one:?} and {two:?}");
                assert_eq!(one.narrowed(two), two.narrowed(one));
            }
        }
    }

    #[test]
    fn residents_and_participants_never_read_the_networks_rows() {
        for role in [Role::Resident, Role::Participant] {
            assert!(!role.reads(Scope::Network) && !role.reads(Scope::Coordination));
        }
        assert!(!Role::Staff.reads(Scope::Coordination));
    }
}
