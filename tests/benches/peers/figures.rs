//! From samples to what is printed and kept: medians, and Trygkort's share of what the others take.

use crate::systems::System;
use crate::works::{Measured, Sample, Sizes};
use serde_json::{Value, json};

/// One line of the result.
pub(crate) fn figure(what: &str, value: f64, unit: &str, goal: Option<f64>, note: &str) -> Value {
    json!({ "what": what, "value": (value * 1000.0).round() / 1000.0, "unit": unit, "goal": goal, "note": note })
}

/// Everything that was measured of everyone, then the shares that have a goal (design §6).
pub(crate) fn compare(measured: &[(System, Measured)], sizes: &Sizes) -> Vec<Value> {
    let mut figures = Vec::new();
    for work in works(sizes) {
        for (system, measured) in measured {
            match (work.samples)(measured) {
                None => {}
                Some(Ok(samples)) => figures.extend(told(&work.name, *system, &samples)),
                Some(Err(error)) => {
                    let note = format!("could not be measured here: {error}");
                    figures.push(figure(&format!("{}, {}: runs", work.name, system.name()), 0.0, "runs", None, &note));
                }
            }
        }
    }
    figures.extend(shares(measured, sizes));
    figures
}

/// What was measured of one system; `None` when it was not, and words when it could not be.
type Samples = Option<Result<Vec<Sample>, String>>;

struct Work {
    name: String,
    samples: fn(&Measured) -> Samples,
}

fn works(sizes: &Sizes) -> [Work; 5] {
    let Sizes { pins, clients, edits_each, history, .. } = sizes;
    let work = |name: String, samples| Work { name, samples };
    [
        work(format!("A: first sync of {pins} pins"), |measured| Some(measured.first.clone())),
        work(format!("B: {clients} × {edits_each} edits pushed"), |measured| edits(measured, |(push, _)| *push)),
        work(format!("B: {clients} × {edits_each} edits, everyone has all"), |measured| {
            edits(measured, |(_, all)| *all)
        }),
        work(format!("C: nothing new after {history}"), |measured| measured.nothing_new.clone()),
        work(format!("D: as A over 1 Mbit/s and 300 ms, {pins} pins"), |measured| measured.slow.clone()),
    ]
}

fn edits(measured: &Measured, part: fn(&(Sample, Sample)) -> Sample) -> Option<Result<Vec<Sample>, String>> {
    let samples = measured.edits.clone()?;
    Some(samples.map(|samples| samples.iter().map(part).collect()))
}

fn told(work: &str, system: System, samples: &[Sample]) -> Vec<Value> {
    let name = |of: &str| format!("{work}, {}: {of}", system.name());
    let runs = format!("median of {}", samples.len());
    let middle = |of: fn(&Sample) -> f64| median(samples, of);
    let requests = match system {
        System::AutomergeOne | System::AutomergeEach => "messages",
        _ => "requests",
    };
    let time = spread(samples, |sample| sample.ms);
    let mut lines = vec![
        figure(&name("time"), middle(|sample| sample.ms), "ms", None, &format!("{runs}; {time}")),
        figure(&name("bytes"), middle(|sample| sample.bytes) / 1e3, "kB", None, &format!("{runs}; both ways")),
        figure(&name("client's memory"), middle(|sample| sample.client_mb), "MB", None, &runs),
    ];
    if system.is_networked() {
        lines.push(figure(&name(requests), middle(|sample| sample.requests), requests, None, &runs));
        lines.push(figure(&name("server's memory"), middle(|sample| sample.server_mb), "MB", None, &runs));
    }
    lines
}

/// Trygkort's share of what others take, where the design has a goal for it.
fn shares(measured: &[(System, Measured)], sizes: &Sizes) -> Vec<Value> {
    let [first, push, all, nothing_new, slow] = works(sizes);
    let value = |system: System, work: &Work, of: fn(&Sample) -> f64| {
        let (_, measured) = measured.iter().find(|(candidate, _)| *candidate == system)?;
        let samples = (work.samples)(measured)?.ok()?;
        Some(median(&samples, of))
    };
    let share = |work: &Work, what: &str, than: System, of: fn(&Sample) -> f64, goal: Option<f64>| {
        let (ours, theirs) = (value(System::Trygkort, work, of)?, value(than, work, of)?);
        let name = format!("{}: {what} ÷ {}'s", work.name, than.name());
        Some(figure(&name, ours / theirs, "×", goal, &format!("{ours:.1} ÷ {theirs:.1}")))
    };
    let ms: fn(&Sample) -> f64 = |sample| sample.ms;
    let bytes: fn(&Sample) -> f64 = |sample| sample.bytes;
    let server: fn(&Sample) -> f64 = |sample| sample.server_mb;
    let mut lines: Vec<Option<Value>> = vec![
        share(&first, "time", System::PouchDb, ms, Some(0.1)),
        share(&first, "bytes", System::PouchDb, bytes, Some(0.25)),
        share(&first, "server's memory", System::AutomergeEach, server, Some(0.1)),
        share(&push, "time", System::PouchDb, ms, Some(0.25)),
        share(&push, "bytes sent", System::PouchDb, |sample| sample.sent, Some(0.15)),
        share(&push, "bytes both ways", System::PouchDb, bytes, None),
        share(&all, "bytes", System::Turso, bytes, Some(0.2)),
    ];
    for than in [System::PouchDb, System::Turso, System::AutomergeOne] {
        lines.push(share(&slow, "time", than, ms, None));
        lines.push(share(&nothing_new, "bytes", than, bytes, None));
    }
    let requests = value(System::Trygkort, &first, |sample| sample.requests);
    let quiet = value(System::Trygkort, &nothing_new, bytes);
    lines.push(requests.map(|n| figure("A: Trygkort's requests", n, "requests", Some(5.0), "")));
    lines.push(quiet.map(|n| figure("C: Trygkort's bytes", n, "bytes", Some(500.0), "with headers, both ways")));
    lines.into_iter().flatten().collect()
}

/// The middle one.
pub(crate) fn median<S>(samples: &[S], of: impl Fn(&S) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn spread(samples: &[Sample], of: fn(&Sample) -> f64) -> String {
    let values = || samples.iter().map(of);
    let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
    format!("{least:.0} to {most:.0}")
}
