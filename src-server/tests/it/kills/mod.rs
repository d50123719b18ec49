//! `trygkort serve` is killed, as `kill -9` does, at random moments while devices push to it, send photos to it and join,
//! and while `trygkort backup` runs beside it. After each kill every file must be whole, and everything that a device had
//! an answer for must be where the answer said.
//!
//! Several servers live at once, each with its own folder and devices; a life is from one start to the next kill.
//! `TRYGKORT_KILLS_SEED` repeats the moments of a run.

mod devices;
mod lane;

use lane::Lane;

/// 200 kills.
const LANES: u64 = 4;
const KILLS: u64 = 50;

/// `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

fn seed() -> u64 {
    let named = std::env::var("TRYGKORT_KILLS_SEED").ok();
    let drawn = || getrandom::u64().expect("the system has a source of randomness");
    named.map_or_else(drawn, |seed| seed.parse().expect("a number"))
}

#[test]
fn whatever_was_answered_for_is_there_after_two_hundred_kills() {
    let seed = seed();
    println!("TRYGKORT_KILLS_SEED={seed}");
    let lanes: Vec<Lane> = std::thread::scope(|scope| {
        let run = |number| scope.spawn(move || Lane::new(Random::new(seed.wrapping_add(number))).live(KILLS));
        let lanes: Vec<_> = (0..LANES).map(run).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).collect()
    });
    for lane in &lanes {
        println!("{}", lane.told());
    }
    let sum = |what: fn(&Lane) -> u64| lanes.iter().map(what).sum::<u64>();
    assert_eq!(sum(|lane| lane.kills), LANES * KILLS);
    // Otherwise they were killed while nothing was going on. How many fall where is up to the machine.
    assert!(sum(|lane| lane.cut) > LANES * KILLS / 4, "many kills cut a request off");
    assert!(sum(|lane| lane.cut_uploads) > 0, "some cut a piece of a photo off");
    assert!(sum(|lane| lane.early) > 0, "some fell into a start");
    assert!(sum(|lane| lane.backups) > 0 && sum(|lane| lane.killed_backups) > 0, "and some into a backup");
    assert!(sum(Lane::kept) > LANES * KILLS, "something was answered for");
}
