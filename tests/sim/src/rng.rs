//! Chance, from one number.

use std::cell::Cell;

/// A generator of numbers that depend on nothing but its seed: `SplitMix64`, small enough to be read, and the same on
/// every machine and in every version of every library.
#[derive(Debug)]
pub struct Rng(Cell<u64>);

impl Rng {
    /// The generator of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    /// One more generator, whose numbers do not change when this one is asked more often.
    #[must_use]
    pub fn split(&self) -> Self {
        Self::new(self.next())
    }

    /// A generator for other threads and for what wants one by address.
    pub fn shared(&self) -> impl Fn(&mut [u8]) + Send + Sync + use<> {
        let state = std::sync::Mutex::new(self.next());
        move |bytes| {
            let mut state = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let rng = Self::new(*state);
            rng.fill(bytes);
            *state = rng.next();
        }
    }

    /// Any number.
    pub fn next(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&self, end: u64) -> u64 {
        self.next() % end
    }

    /// A number from `from` up to and without `to`.
    pub fn between(&self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(to.abs_diff(from))).expect("a difference that was one before")
    }

    /// True in this many of a hundred cases.
    pub fn percent(&self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One of these; `None` when there are none.
    pub fn pick<'a, T>(&self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.index(from.len())) }
    }

    /// An index into something that long.
    pub fn index(&self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("below a length")
    }

    /// Fills with random bytes.
    pub fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}
