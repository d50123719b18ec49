//! How many devices, for how long, and what goes wrong: everything about a run that its seed decides at once.

use crate::fault::Faults;
use crate::rng::Rng;
use trygkort_core::domain::Role;

/// The frame of a run.
#[derive(Debug)]
pub struct Schedule {
    pub(crate) seed: u64,
    /// The role of each device's member.
    pub(crate) roles: Vec<Role>,
    /// How often somebody does something.
    pub(crate) deeds: usize,
    /// The time between the first deed and the last, about.
    pub(crate) span_ms: i64,
    pub(crate) faults: Faults,
}

impl Schedule {
    /// The schedule of a seed: of forty all but one or two with 3 to 7 devices, one of two hundred with 50.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let rng = Rng::new(seed ^ 0x5eed);
        let (devices, deeds) = match rng.below(200) {
            0 => (50, 100),
            1..=6 => (rng.between(8, 17), 50),
            _ => (rng.between(3, 8), rng.between(8, 24)),
        };
        let roles = (0..devices).map(|_| role(&rng)).collect();
        let span_ms = [60_000, 3_600_000, 7 * 24 * 3_600_000][rng.index(3)];
        let faults = if rng.percent(4) { Faults::none() } else { Faults::some(&rng).with_later(&Rng::new(!seed)) };
        Self { seed, roles, deeds: usize::try_from(deeds).expect("a small number"), span_ms, faults }
    }
}

fn role(rng: &Rng) -> Role {
    match rng.below(10) {
        0..=4 => Role::Coordinator,
        5..=7 => Role::Staff,
        8 => Role::Participant,
        _ => Role::Resident,
    }
}
