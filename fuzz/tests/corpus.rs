//! The targets over the corpus, and over mutations of it that are the same in every run: no fuzzer needed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

use std::fs;
use std::path::{Path, PathBuf};
use trygkort_fuzz::{TARGETS, bounded, seeds};

/// For each file of the corpus.
const MUTATIONS: u64 = 200;

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// Writes the seeds when `TRYGKORT_WRITE_SEEDS` is set. Seeds of an older version stay good inputs, so only a seed that
/// is not there at all is missed.
#[test]
fn real_messages_are_in_the_corpus() {
    let seeds = seeds::all();
    if std::env::var_os("TRYGKORT_WRITE_SEEDS").is_some() {
        for (target, name, bytes) in &seeds {
            fs::create_dir_all(corpus(target)).unwrap();
            fs::write(corpus(target).join(name), bytes).unwrap();
        }
    }
    let missing: Vec<_> = seeds.iter().filter(|(target, name, _)| !corpus(target).join(name).is_file()).collect();
    let names: Vec<_> = missing.iter().map(|(target, name, _)| format!("{target}/{name}")).collect();
    assert!(names.is_empty(), "run this with TRYGKORT_WRITE_SEEDS=1 and commit: {names:?}");
}

/// One test for all targets: the meter on the heap knows one at a time.
#[test]
fn no_input_of_the_corpus_or_near_it_breaks_anything() {
    for (name, target) in TARGETS {
        let mut files: Vec<PathBuf> = fs::read_dir(corpus(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{name} has no corpus");
        bounded(&[], target);
        for (number, path) in (0..).zip(files) {
            let bytes = fs::read(&path).unwrap();
            bounded(&bytes, target);
            let mut random = Random(number * 1_000_003 + 1);
            for round in 0..MUTATIONS {
                let input = mutated(&bytes, &mut random);
                let what = format!("{}, mutation {round}", path.display());
                let outcome = std::panic::catch_unwind(|| bounded(&input, target));
                assert!(outcome.is_ok(), "{what}: {input:02x?}");
            }
        }
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit.max(1) as u64).unwrap()
    }
}

/// One to four changes: a bit, a byte that CBOR gives a meaning to, a cut, a piece twice.
fn mutated(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    const TELLING: [u8; 10] = [0x00, 0x17, 0x1b, 0x3b, 0x5b, 0x7f, 0x80, 0x9b, 0xf6, 0xff];
    let mut input = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(input.len());
        match random.below(5) {
            _ if input.is_empty() => input.push(0x80),
            0 => input[at] ^= 1 << random.below(8),
            1 => input[at] = TELLING[random.below(TELLING.len())],
            2 => input.truncate(at),
            3 => {
                let end = (at + random.below(64)).min(input.len());
                let piece = input[at..end].to_vec();
                input.splice(at..at, piece);
            }
            _ => drop(input.splice(at..at, [0xff; 9])),
        }
    }
    input
}
