//! Every way in which one call of a reference run can fail.

use super::{Call, Calls, Disk, Failure, Survival, Tear};
use crate::rng::Rng;

/// One way in which a disk can fail.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub call: Call,
    /// The call's number, among those of its kind.
    pub number: u64,
    pub failure: Failure,
    pub survives: Survives,
}

/// How much of what was not synced survives, where the power is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survives {
    Everything,
    Nothing,
    /// Some writes and parts of some, as a number says.
    Some(u64),
}

impl Fault {
    /// Every way in which any one of these calls can fail.
    #[must_use]
    pub fn every(calls: &Calls) -> Vec<Self> {
        let mut every = Vec::new();
        for (call, number, bytes) in numbered(calls) {
            for failure in failures(call, bytes) {
                let fault = |survives| Self { call, number, failure, survives };
                every.extend(survivals(failure, bytes).iter().copied().map(fault));
            }
        }
        every
    }

    /// Lets it strike. Calls are counted from now on.
    pub fn plan(&self, disk: &Disk) {
        disk.take_calls();
        disk.fail_after(self.call, self.number, self.failure);
    }
}

impl Survives {
    /// Says it to whoever loses the power.
    pub fn tell<T>(self, to: impl FnOnce(Survival<'_>) -> T) -> T {
        match self {
            Survives::Everything => to(Survival::Everything),
            Survives::Nothing => to(Survival::Nothing),
            Survives::Some(seed) => to(Survival::Some(&Rng::new(seed))),
        }
    }
}

/// Each call with its number and the bytes that it writes.
fn numbered(calls: &Calls) -> impl Iterator<Item = (Call, u64, usize)> {
    let writes = (0..).zip(&calls.writes).map(|(number, bytes)| (Call::Write, number, *bytes));
    let reads = (0..calls.reads).map(|number| (Call::Read, number, 0));
    writes.chain(reads).chain((0..calls.opens).map(|number| (Call::Open, number, 0)))
}

/// How a call can fail. A write of one sector cannot be torn: it is on the disk or not, as when the power is lost.
fn failures(call: Call, bytes: usize) -> Vec<Failure> {
    if call != Call::Write {
        return vec![Failure::Once];
    }
    let torn = Tear::ALL.into_iter().filter(|tear| tear.of(bytes) > 0).map(Failure::Torn);
    [Failure::Once, Failure::Full, Failure::PowerLoss].into_iter().chain(torn).collect()
}

/// What can be left after this failure of a call that writes so many bytes. When nothing is left of what was not synced,
/// it matters only between which syncs the power was lost: the loss at the sync stands for those at the writes before.
fn survivals(failure: Failure, bytes: usize) -> &'static [Survives] {
    match failure {
        Failure::Once | Failure::Full => &[Survives::Nothing],
        Failure::PowerLoss if bytes > 0 => &[Survives::Everything, Survives::Some(1)],
        Failure::PowerLoss => &[Survives::Everything, Survives::Nothing, Survives::Some(1)],
        Failure::Torn(Tear::Half) => &[Survives::Nothing, Survives::Some(2)],
        Failure::Torn(_) => &[Survives::Nothing],
    }
}
