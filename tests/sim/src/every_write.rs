//! Short reference runs, in which any one call to the disk can be the one that fails.

mod aged;
mod run;
mod stories;

use crate::disk::{Call, Calls, Failure, Tear};
use run::Run;

/// Whose disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    Device,
    Server,
}

/// What happens in a reference run. Short ones, because each is lived through as often as it makes calls to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// Two devices write and exchange.
    Days,
    /// They go on, and one of them is started anew.
    Start,
    /// The server makes a snapshot, and a newcomer reads it.
    Newcomer,
    /// A row is erased by hand.
    Erasing,
    /// A row is erased because it lay in the trash for too long.
    Trash,
    /// The server is backed up and put back to that, and gets from a device what it lost.
    Restore,
    /// What the first version wrote is opened.
    Update,
}

/// How much of what was not synced survives, where the power is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survives {
    Everything,
    Nothing,
    /// Some writes and parts of some, as a number says.
    Some(u64),
}

/// One way in which a call can fail.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub story: Story,
    pub machine: Machine,
    pub call: Call,
    /// The call's number in the story, among those of its kind.
    pub number: u64,
    pub failure: Failure,
    pub survives: Survives,
}

impl Story {
    const ALL: [Self; 7] =
        [Self::Days, Self::Start, Self::Newcomer, Self::Erasing, Self::Trash, Self::Restore, Self::Update];
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

/// Every way in which any one call of any story can fail.
#[must_use]
pub fn every_way() -> Vec<Way> {
    let machines = [Machine::Device, Machine::Server];
    let told = Story::ALL.into_iter().flat_map(|story| machines.map(|machine| (story, machine)));
    told.flat_map(|(story, machine)| ways(story, machine)).collect()
}

/// Every way in which any one call to a machine's disk can fail in a story.
///
/// # Panics
/// When the story goes wrong without any failure.
#[must_use]
pub fn ways(story: Story, machine: Machine) -> Vec<Way> {
    let calls = calls(story, machine);
    let mut ways = Vec::new();
    for (call, number, bytes) in numbered(&calls) {
        for failure in failures(call, bytes) {
            let way = |survives| Way { story, machine, call, number, failure, survives };
            ways.extend(survivals(failure, bytes).iter().copied().map(way));
        }
    }
    ways
}

/// The calls that a story makes to a machine's disk.
fn calls(story: Story, machine: Machine) -> Calls {
    let mut run = Run::new(story, machine, Survives::Everything);
    run.disk().take_calls();
    run.tell().expect("nothing fails");
    let calls = run.disk().take_calls();
    run.end().expect("nothing failed");
    calls
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

/// Lives through a story with one failure. Afterwards the machine works again, and everything must hold.
///
/// # Errors
/// What does not hold, in words.
pub fn fail_at(way: &Way) -> Result<(), String> {
    let mut run = Run::new(way.story, way.machine, way.survives);
    run.disk().take_calls();
    run.disk().fail_after(way.call, way.number, way.failure);
    let told = run.tell();
    let struck = if run.failed() { Ok(()) } else { Err("the failure never struck".to_owned()) };
    told.and(struck).and_then(|()| run.end()).map_err(|wrong| format!("{way:?}: {wrong}"))
}
