//! Who is on which walk, as `control.db` has it.

use super::Server;
use crate::device::member_of;
use crate::prepared::START_MS;
use std::collections::{BTreeMap, BTreeSet};
use trygkort_core::domain::{Reader, Role, RowId, Scope};
use trygkort_core::hub::roster;
use trygkort_core::wire::v1::SPEAKS_WALKS;
use uuid::Uuid;

/// The walks there are, once there are any.
const NUMBERS: [u32; 2] = [1, 2];

/// The walks, and the members on them.
#[derive(Default)]
pub(super) struct Walks {
    begun: bool,
    on: BTreeMap<RowId, BTreeSet<u32>>,
}

impl Walks {
    /// As the log is to show them.
    pub(super) fn roster(&self) -> Vec<roster::Walk> {
        let walk = |number| roster::Walk {
            id: RowId(Uuid::from_u128(0x00a1_0000 + u128::from(number))),
            number,
            name: format!("Tur {number}"),
            starts_at_ms: START_MS,
            ends_at_ms: START_MS + 3_600_000,
        };
        NUMBERS.into_iter().filter(|_| self.begun).map(walk).collect()
    }
}

impl Server {
    pub(crate) fn begin_walks(&mut self) {
        self.walks.begun = true;
    }

    /// Puts the member of a device on a walk, or takes them off it. Says which, and whether they are on it now.
    pub(crate) fn change_walk(&mut self, token: u32, choice: usize) -> (u32, bool) {
        let number = NUMBERS[choice % NUMBERS.len()];
        let on = self.walks.on.entry(member_of(token)).or_default();
        let joins = !on.remove(&number) && on.insert(number);
        if !joins {
            self.demoted.insert(member_of(token));
        }
        (number, joins)
    }

    /// Puts a member's device on exactly these walks.
    pub(crate) fn set_walks(&mut self, token: u32, walks: BTreeSet<u32>) {
        self.walks.on.insert(member_of(token), walks);
    }

    /// What the member of a device reads now.
    pub(crate) fn reader(&self, token: u32) -> Reader {
        let walks = self.walks.on.get(&member_of(token)).cloned().unwrap_or_default();
        Reader { role: self.roles[&token], walks }
    }

    /// The same as a device is to hear of it whose program speaks this much: coordinators read every walk that there is,
    /// and old programs none.
    pub(crate) fn told_reader(&self, token: u32, speaks: Option<u16>) -> Reader {
        let mut reader = self.reader(token);
        if speaks < Some(SPEAKS_WALKS) {
            reader.walks.clear();
        } else if reader.role == Role::Coordinator && self.walks.begun {
            reader.walks.extend(NUMBERS);
        }
        reader
    }
}

/// Whether a reader reads the scope with this number.
pub(crate) fn reads(reader: &Reader, scope: u32) -> bool {
    Scope::from_number(scope).is_some_and(|scope| reader.reads(scope))
}
