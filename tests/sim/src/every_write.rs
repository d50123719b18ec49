//! Short reference runs, in which any one call to the disk can be the one that fails.

mod aged;
mod run;
mod stories;

use crate::disk::{Calls, Fault, Survives};
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

/// One way in which a story can go wrong.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub story: Story,
    pub machine: Machine,
    pub fault: Fault,
}

impl Story {
    const ALL: [Self; 7] =
        [Self::Days, Self::Start, Self::Newcomer, Self::Erasing, Self::Trash, Self::Restore, Self::Update];
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
    Fault::every(&calls(story, machine)).into_iter().map(|fault| Way { story, machine, fault }).collect()
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

/// Lives through a story with one failure. Afterwards the machine works again, and everything must hold.
///
/// # Errors
/// What does not hold, in words.
pub fn fail_at(way: &Way) -> Result<(), String> {
    let mut run = Run::new(way.story, way.machine, way.fault.survives);
    way.fault.plan(&run.disk());
    let told = run.tell();
    let struck = if run.failed() { Ok(()) } else { Err("the failure never struck".to_owned()) };
    told.and(struck).and_then(|()| run.end()).map_err(|wrong| format!("{way:?}: {wrong}"))
}
