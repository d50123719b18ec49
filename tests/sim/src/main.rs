//! `cargo xtask sim`: runs schedules until one fails.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal talks to the terminal")]

use lexopt::prelude::*;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;
use trygkort_sim::every_write::{every_way, fail_at};
use trygkort_sim::{Outcome, run_twice};

const HELP: &str = "\
Lives through schedules of devices and a server, each from one number, each twice.

    --seeds N     how many (1,000)
    --seed S      the first one (1); alone: only this one
    --writes      instead: let every call to the disk of short reference runs fail, in every way
    --trace       print what happened, in words
    --threads T   how many at a time (2)";

/// What was asked for.
struct Wish {
    first: u64,
    count: u64,
    trace: bool,
    writes: bool,
    threads: u64,
}

fn main() -> ExitCode {
    match wish() {
        Ok(Some(wish)) if wish.writes => fail_every_write(&wish),
        Ok(Some(wish)) => live(&wish),
        Ok(None) => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}; see --help");
            ExitCode::FAILURE
        }
    }
}

fn wish() -> Result<Option<Wish>, lexopt::Error> {
    let (mut first, mut count, mut trace, mut writes, mut threads) = (None, None, false, false, 2);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("seeds") => count = Some(parser.value()?.parse()?),
            Long("seed") => first = Some(parser.value()?.parse()?),
            Long("threads") => threads = parser.value()?.parse()?,
            Long("trace") => trace = true,
            Long("writes") => writes = true,
            Short('h') | Long("help") => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    let count = count.unwrap_or(if first.is_some() { 1 } else { 1_000 });
    Ok(Some(Wish { first: first.unwrap_or(1), count, trace, writes, threads }))
}

fn fail_every_write(wish: &Wish) -> ExitCode {
    let (start, ways, next, failed) = (Instant::now(), every_way(), AtomicUsize::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..wish.threads.max(1) {
            scope.spawn(|| {
                while let Some(way) = ways.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(wrong) = fail_at(way) {
                        failed.fetch_add(1, Ordering::Relaxed);
                        println!("FAILED: {wrong}");
                    }
                }
            });
        }
    });
    let (seconds, failed) = (start.elapsed().as_secs_f64(), failed.into_inner());
    println!("{} ways in which a call to a disk can fail, in {seconds:.1} s: {failed} failed", ways.len());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What came of all schedules.
#[derive(Default)]
struct Sum {
    failed: Vec<Outcome>,
    counts: BTreeMap<&'static str, u64>,
}

fn live(wish: &Wish) -> ExitCode {
    let (start, next, sum) = (Instant::now(), AtomicU64::new(wish.first), Mutex::new(Sum::default()));
    std::thread::scope(|scope| {
        for _ in 0..wish.threads.clamp(1, wish.count.max(1)) {
            scope.spawn(|| work(wish, &next, &sum));
        }
    });
    let sum = sum.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    for outcome in &sum.failed {
        let mut wrong = outcome.wrong.iter();
        println!("seed {} FAILED: {}", outcome.seed, wrong.next().map_or("", String::as_str));
        wrong.for_each(|line| println!("    {line}"));
        println!("    what happened: cargo xtask sim --seed {} --trace", outcome.seed);
    }
    let counts: Vec<String> = sum.counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
    println!("{}", counts.join(", "));
    let (seconds, failed) = (start.elapsed().as_secs_f64(), sum.failed.len());
    println!("{} schedules, each twice, in {seconds:.1} s: {failed} failed", wish.count);
    let never = missing(&sum, wish.count);
    if !never.is_empty() {
        println!("FAILED: in so many schedules there was none of: {}", never.join(", "));
    }
    if failed == 0 && never.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What happens again and again in a thousand schedules.
const HAPPENS: [&str; 29] = [
    "actions",
    "actions judged",
    "actions refused for permission",
    "comings and goings on walks",
    "copied devices",
    "deeds with photos",
    "device crashes",
    "dropped answers",
    "dropped requests",
    "duplicates",
    "files delivered",
    "jumps of the server's clock",
    "messages of impostors",
    "messages of strangers",
    "new incarnations",
    "newcomers",
    "old programs",
    "photos and thumbnails seen in the end",
    "restored devices",
    "restored servers",
    "revoked devices",
    "role changes",
    "rows erased by hand",
    "rows erased in all",
    "server crashes",
    "snapshot files fetched",
    "snapshots",
    "splits",
    "upgrades",
];

/// What has to happen in so many schedules, and did not: where a fault never strikes, nothing is shown by what holds.
fn missing(sum: &Sum, schedules: u64) -> Vec<&'static str> {
    const MANY: u64 = 1_000;
    let never = |what: &&&str| schedules >= MANY && sum.counts.get(**what).is_none_or(|count| *count == 0);
    HAPPENS.iter().filter(never).copied().collect()
}

fn work(wish: &Wish, next: &AtomicU64, sum: &Mutex<Sum>) {
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        let enough = |sum: &Sum| sum.failed.len() >= 20;
        if seed >= wish.first + wish.count || sum.lock().is_ok_and(|sum| enough(&sum)) {
            return;
        }
        let lived = std::panic::catch_unwind(AssertUnwindSafe(|| run_twice(seed)));
        let outcome = lived.unwrap_or_else(|_| {
            let wrong = vec!["a panic, whose message stands above".to_owned()];
            Outcome { seed, wrong, trace: trygkort_sim::said(), ..Outcome::default() }
        });
        if wish.trace {
            outcome.trace.iter().for_each(|line| println!("{line}"));
        }
        let Ok(mut sum) = sum.lock() else { return };
        for (what, count) in &outcome.counts {
            *sum.counts.entry(what).or_default() += count;
        }
        if !outcome.wrong.is_empty() {
            sum.failed.push(outcome);
        }
    }
}
