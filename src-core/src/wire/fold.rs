//! Folded pages: each entry says only how it differs from what was to be expected after those before it (docs/sync.md,
//! *Folded pages*). Most of what a log repeats is bookkeeping, and this way next to nothing is left of it.

use super::from_bytes;
use super::v1::{Entry, Page, ScopeRows, SyncResponse};
use minicbor::bytes::ByteArray;
use minicbor::decode;
use std::collections::BTreeMap;

impl SyncResponse {
    /// Decodes an answer and unfolds its page.
    ///
    /// # Errors
    /// When the bytes are no answer.
    pub fn read(bytes: &[u8]) -> Result<Self, decode::Error> {
        let mut response: Self = from_bytes(bytes)?;
        response.page.unfold();
        Ok(response)
    }
}

impl Page {
    /// Takes out of the entries what follows from those before them.
    pub fn fold(&mut self) {
        let mut expected = Expected::after(self.from);
        for entry in &mut self.entries {
            expected.fold(entry);
        }
        self.folded = Some(true);
    }

    /// Puts everything back that [`Page::fold`] took out; leaves other pages as they came.
    pub fn unfold(&mut self) {
        if self.folded.take() != Some(true) {
            return;
        }
        let mut expected = Expected::after(self.from);
        for entry in &mut self.entries {
            expected.unfold(entry);
        }
    }
}

/// What an entry is compared with.
struct Expected {
    position: u64,
    effective: u64,
    /// Of each origin, the counter of its last entry.
    counters: BTreeMap<u32, u64>,
    /// Of each scope, the number that comes next and the last seed.
    scopes: BTreeMap<u32, (u64, Option<ByteArray<16>>)>,
}

impl Expected {
    fn after(position: u64) -> Self {
        Self { position, effective: 0, counters: BTreeMap::new(), scopes: BTreeMap::new() }
    }

    fn fold(&mut self, entry: &mut Entry) {
        let Entry { position, counter, effective, hlc, .. } = *entry;
        entry.position = difference(position, self.position);
        entry.counter = difference(counter, self.counters.get(&entry.origin).copied().unwrap_or(0));
        entry.effective = difference(effective, self.effective);
        entry.hlc = difference(hlc, effective);
        self.note(entry.origin, (position, counter, effective));
        for part in &mut entry.scopes {
            let (next, seed) = self.scopes.entry(part.scope).or_default();
            let first_seq = part.first_seq;
            part.first_seq = difference(first_seq, *next);
            *next = behind(first_seq, part);
            if is_bare(part) || part.salt_seed.is_none() {
                continue;
            }
            if part.salt_seed == *seed {
                part.salt_seed = None;
            } else {
                *seed = part.salt_seed;
            }
        }
    }

    fn unfold(&mut self, entry: &mut Entry) {
        entry.position = sum(self.position, entry.position);
        entry.counter = sum(self.counters.get(&entry.origin).copied().unwrap_or(0), entry.counter);
        entry.effective = sum(self.effective, entry.effective);
        entry.hlc = sum(entry.effective, entry.hlc);
        self.note(entry.origin, (entry.position, entry.counter, entry.effective));
        for part in &mut entry.scopes {
            let (next, seed) = self.scopes.entry(part.scope).or_default();
            part.first_seq = sum(*next, part.first_seq);
            *next = behind(part.first_seq, part);
            if is_bare(part) {
                part.salt_seed = *seed;
            } else if part.salt_seed.is_some() {
                *seed = part.salt_seed;
            }
        }
    }

    fn note(&mut self, origin: u32, (position, counter, effective): (u64, u64, u64)) {
        (self.position, self.effective) = (position, effective);
        self.counters.insert(origin, counter);
    }
}

/// Whether a part says nothing of what its rows are hashed with: then it is with the seed of the one before.
fn is_bare(part: &ScopeRows) -> bool {
    part.salt.is_none() && part.seals.is_none() && part.salt_seed.is_none()
}

/// The number that comes after a part.
fn behind(first_seq: u64, part: &ScopeRows) -> u64 {
    first_seq.wrapping_add(part.rows.len() as u64)
}

/// How far `number` is from `expected`, small for what is close on either side: 0, −1, 1, −2 … are 0, 1, 2, 3 …
#[expect(clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "the bits are what counts: it wraps around")]
fn difference(number: u64, expected: u64) -> u64 {
    let distance = number.wrapping_sub(expected) as i64;
    ((distance << 1) ^ (distance >> 63)) as u64
}

/// The number that is so [far](difference) from `expected`.
fn sum(expected: u64, difference: u64) -> u64 {
    expected.wrapping_add((difference >> 1) ^ (difference & 1).wrapping_neg())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers near each other, and some that are nowhere near.
    fn number() -> impl Strategy<Value = u64> {
        prop_oneof![0..40_u64, any::<u64>(), Just(u64::MAX), Just(1_764_000_000_000)]
    }

    /// As the server has them: with a salt, a seed, or seals and neither.
    fn part() -> impl Strategy<Value = ScopeRows> {
        let salted = prop_oneof![
            (0..3_u8).prop_map(|seed| (None, None, Some([seed; 16].into()))),
            any::<[u8; 16]>().prop_map(|salt| (Some(salt.into()), None, None)),
            Just((None, Some(Vec::new()), None)),
        ];
        (0..20_u32, number(), salted).prop_map(|(scope, first_seq, (salt, seals, salt_seed))| ScopeRows {
            scope,
            first_seq,
            rows: Vec::new(),
            salt,
            seals,
            salt_seed,
        })
    }

    fn entry() -> impl Strategy<Value = Entry> {
        let parts = prop::collection::vec(part(), 0..4);
        (number(), 0..4_u32, number(), number(), number(), parts).prop_map(
            |(position, origin, counter, effective, hlc, scopes)| Entry {
                position,
                origin,
                counter,
                effective,
                hlc,
                scopes,
            },
        )
    }

    proptest! {
        #[test]
        fn whatever_is_folded_unfolds_to_itself(from in number(), entries in prop::collection::vec(entry(), 0..8)) {
            let page = Page { from, entries, ..Page::default() };
            let mut folded = page.clone();
            folded.fold();
            prop_assert_eq!(folded.folded, Some(true));
            folded.unfold();
            prop_assert_eq!(folded, page);
        }
    }

    #[test]
    fn what_is_close_is_small() {
        let near = [5, 4, 6, 3].map(|number| difference(number, 5));
        assert_eq!(near, [0, 1, 2, 3]);
        assert_eq!(difference(0, u64::MAX), 2, "it wraps around");
    }
}
