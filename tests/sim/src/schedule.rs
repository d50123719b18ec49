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
    /// The schedule of a seed: of two hundred all but five with 3 to 7 devices, one with 17 to 50. Many devices take many
    /// times as long as few.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let rng = Rng::new(seed ^ 0x5eed);
        let (devices, deeds) = match rng.below(200) {
            0 => {
                let devices = rng.between(17, 51);
                (devices, (2 * devices).max(50))
            }
            1..=4 => (rng.between(8, 17), 50),
            _ => (rng.between(3, 8), rng.between(8, 24)),
        };
        let roles = (0..devices).map(|_| role(&rng)).collect();
        let span_ms = [60_000, 3_600_000, 7 * 24 * 3_600_000][rng.index(3)];
        let faults = if rng.percent(4) { Faults::none() } else { Faults::of(seed, &rng) };
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn every_number_of_devices_from_3_to_50_comes_and_most_schedules_have_few() {
        let mut schedules = BTreeMap::new();
        for seed in 1..=40_000 {
            *schedules.entry(Schedule::of(seed).roles.len()).or_insert(0) += 1;
        }
        assert!(schedules.keys().copied().eq(3..=50), "{schedules:?}");
        assert!(schedules.range(..=7).map(|(_, count)| count).sum::<i32>() > 38_000, "{schedules:?}");
    }
}
