//! What happened, in words, and what came of it.

use std::cell::RefCell;
use std::collections::BTreeMap;

thread_local! {
    /// What the schedule that this thread lives through has come to so far.
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Says what happens, for the trace.
pub(crate) fn say(line: String) {
    SAID.with_borrow_mut(|said| said.push(line));
}

/// Takes what this thread has said since the last time: the trace of a run, also of one that ended in a panic.
#[must_use]
pub fn said() -> Vec<String> {
    SAID.take()
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Outcome {
    pub seed: u64,
    /// Who did what when, a line each.
    pub trace: Vec<String>,
    /// What does not hold though it must; empty when all is well.
    pub wrong: Vec<String>,
    /// How often what happened.
    pub counts: BTreeMap<&'static str, u64>,
    /// What everyone holds when everything is said.
    pub dumps: Vec<String>,
}

impl Outcome {
    /// A number for everything that happened: equal runs have equal digests.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for line in self.trace.iter().chain(&self.dumps) {
            hasher.update(line.as_bytes()).update(b"\n");
        }
        *hasher.finalize().as_bytes()
    }

    /// Counts one more of something.
    pub(crate) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }
}
