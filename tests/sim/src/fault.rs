//! What goes wrong.

use crate::rng::Rng;

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $percent:literal,)+) => {
        /// A kind of trouble. One more is a line here, and the line of the world where it strikes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Fault { $($(#[$doc])* $name,)+ }

        impl Fault {
            pub(crate) const ALL: &[Fault] = &[$(Fault::$name,)+];

            /// In how many of a hundred chances it strikes, where a schedule has it at all.
            fn percent(self) -> u64 {
                match self { $(Fault::$name => $percent,)+ }
            }
        }
    };
}

faults! {
    /// A request never arrives.
    DropRequest = 15,
    /// An answer never arrives, though the server has committed.
    DropAnswer = 15,
    /// A request arrives twice, the second time late.
    Duplicate = 15,
    /// A request or answer takes long: others overtake it, and its device may have given up waiting.
    Delay = 20,
    /// Some devices are without a network for a while.
    Split = 6,
    /// A device's clock is an hour or ten years off from the start.
    ClockSkew = 40,
    /// A device's clock jumps.
    ClockJump = 10,
    /// A device loses its power while it writes.
    DeviceCrash = 10,
    /// The server loses its power while it writes.
    ServerCrash = 12,
    /// A write of a device's disk fails.
    DeviceDisk = 8,
    /// A write of the server's disk fails, or there is no room.
    ServerDisk = 8,
    /// A member gets another role.
    RoleChange = 6,
    /// A device is locked out.
    Revoke = 3,
    /// A device is copied, and both go on.
    Clone = 3,
    /// A device is put back to what a backup of it holds.
    DeviceRestore = 4,
    /// The server is put back to what a backup of it holds.
    ServerRestore = 3,
    /// Somebody whose program follows no rules pushes.
    Stranger = 15,
    /// Somebody with a device's token and without its key pushes.
    Impostor = 8,
    /// The server makes a snapshot, whatever it is worth.
    Snapshot = 15,
    /// Somebody joins who has read nothing yet.
    Newcomer = 8,
    /// The file of a snapshot is gone, or another one, when it is asked for.
    SnapshotFile = 15,
    /// Pages of the log are small from the start.
    SmallPages = 100,
    /// Somebody erases a row, and what hangs on it.
    Erase = 5,
    /// A month goes by before everyone exchanges once more: what lies in the trash is erased.
    Month = 100,
    /// Somebody saves what they have not sent to a file, and another device delivers it.
    Deliver = 10,
    /// A device is locked out, more often than otherwise.
    LockOut = 5,
    /// There are walks, and members are put on them and leave them.
    Walk = 15,
    /// The server's clock jumps by up to a day and an hour, and is right again later.
    ServerClock = 10,
    /// A device runs a program of before, from the start and often until the end.
    OldProgram = 40,
    /// Somebody adds a photo to a pin, or looks at one: its files travel beside the log, and everything else strikes them.
    Photo = 20,
}

/// The faults that were added after people had noted seeds: a random number of their own decides which of them a
/// schedule has, so that the others are what they were.
const LATER: &[Fault] = &[
    Fault::Impostor,
    Fault::Snapshot,
    Fault::Newcomer,
    Fault::SnapshotFile,
    Fault::SmallPages,
    Fault::Erase,
    Fault::Month,
    Fault::Deliver,
    Fault::LockOut,
    Fault::Walk,
];

/// The faults that were added after those, each decided by a random number of its own: one with which the seeds that the
/// tests name stay without it, and mean what they meant.
const LAST: &[(Fault, u64)] = &[(Fault::ServerClock, 0xc10c), (Fault::OldProgram, 0x1d090), (Fault::Photo, 0xf0787d)];

/// What makes a device forget something that only it may have had.
const FORGETS: &[Fault] = &[Fault::RoleChange, Fault::Revoke, Fault::DeviceRestore, Fault::LockOut, Fault::Walk];

/// Which faults a schedule has. Each schedule has some of them only: a fault that is always there hides what happens
/// without it.
#[derive(Debug)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// None at all.
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    /// About half of them.
    pub(crate) fn of(seed: u64, rng: &Rng) -> Self {
        let mut faults = Self::some(rng).with_later(&Rng::new(!seed));
        let last = LAST.iter().filter(|(_, salt)| Rng::new(seed ^ salt).percent(50));
        faults.0.extend(last.map(|(fault, _)| fault));
        faults
    }

    /// About half of those that there were first.
    fn some(rng: &Rng) -> Self {
        let first = |fault: &Fault| !LATER.contains(fault) && LAST.iter().all(|(last, _)| last != fault);
        let mut faults = Self(Fault::ALL.iter().copied().filter(|fault| first(fault) && rng.percent(50)).collect());
        if faults.0.contains(&Fault::ServerRestore) {
            // What the server lost comes back from the devices. When those lose it as well, or must forget it because
            // their role has changed, it is lost, and no wonder: see [`Faults::may_lose`].
            faults.0.retain(|fault| !FORGETS.contains(fault));
        }
        faults
    }

    /// About half of those that were added later as well. Where the server is put back, every second schedule also has
    /// what makes devices forget.
    fn with_later(mut self, rng: &Rng) -> Self {
        let combined = rng.percent(50);
        let forgets = |fault: &Fault| FORGETS.contains(fault);
        let apart = self.0.contains(&Fault::ServerRestore) && !combined;
        self.0.extend(LATER.iter().copied().filter(|fault| rng.percent(50) && !(apart && forgets(fault))));
        if self.0.contains(&Fault::ServerRestore) && combined {
            let more = FORGETS.iter().copied().filter(|fault| !LATER.contains(fault));
            self.0.extend(more.filter(|_| rng.percent(50)));
        }
        self
    }

    /// Whether what a restored server has lost may be lost for good: whoever had it was locked out, put back as well,
    /// or had to forget it because their role has changed.
    pub(crate) fn may_lose(&self) -> bool {
        self.0.contains(&Fault::ServerRestore) && self.0.iter().any(|fault| FORGETS.contains(fault))
    }

    /// Whether it strikes now.
    pub(crate) fn strikes(&self, fault: Fault, rng: &Rng) -> bool {
        self.0.contains(&fault) && rng.percent(fault.percent())
    }

    /// The faults there are.
    pub(crate) fn list(&self) -> &[Fault] {
        &self.0
    }
}
