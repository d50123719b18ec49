//! `cargo xtask bench`: the figures that design and README speak of, measured, printed and kept.
//!
//! To add one, write a function that returns [`Figure`]s and put it into [`BENCHES`]. What a browser has to time is a
//! Playwright script under `tests/bench/` that prints its figures as JSON; see [`script`].

mod calendar;
mod peers;
mod sizes;

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::clones;
use crate::failure::{Failure, Result};
use crate::layout::{self, Layout};
use crate::process::Program;
use crate::report::{say, seconds};
use crate::screenshots::with_places;
use crate::setup::{self, Need};
use crate::web::{self, Mode};

pub(crate) use sizes::wire_size;

/// One measured number, with what it should be.
#[derive(Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    /// At most this, in the same unit.
    pub(crate) goal: Option<f64>,
    /// How it was measured, where the name does not say it.
    pub(crate) note: String,
}

struct Bench {
    /// What `--only` takes.
    name: &'static str,
    run: fn(&Layout, Effort) -> Result<Vec<Figure>>,
}

/// How much to measure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Everything, and it is kept.
    Whole,
    /// Little of everything, to see that it runs. Nothing is kept.
    Quick,
}

const BENCHES: [Bench; 3] = [
    Bench { name: "sizes", run: |layout, _| sizes::measure(layout) },
    Bench { name: "sync", run: sync },
    Bench { name: "browser", run: |layout, _| script(layout, "browser.mjs") },
];

/// Measures everything, or the bench called `only`, prints a table and keeps it as `bench/results/DATE.json`.
pub(crate) fn bench(layout: &Layout, only: Option<&str>, effort: Effort) -> Result<()> {
    let benches: Vec<&Bench> = BENCHES.iter().filter(|bench| only.is_none_or(|only| only == bench.name)).collect();
    if benches.is_empty() {
        let names: Vec<&str> = BENCHES.iter().map(|bench| bench.name).collect();
        return Err(Failure::new(format!("there is no such bench; one of: {}", names.join(", "))));
    }
    if only == Some("sync") {
        // It needs no browser and no web app.
        setup::setup(layout, Need::Web)?;
    } else {
        setup::setup(layout, Need::Everything)?;
        web::build(layout, Mode::Release)?;
        web::build_server(layout)?;
    }
    let mut results = serde_json::Map::new();
    for bench in benches {
        println!("==> Measuring: {}", bench.name);
        let start = std::time::Instant::now();
        let figures = (bench.run)(layout, effort)?;
        say(format!("done in {}", seconds(start.elapsed())));
        print_table(&figures);
        results.insert(bench.name.to_owned(), figures.iter().map(Figure::to_json).collect());
    }
    if effort == Effort::Quick {
        say("nothing was kept: these figures are of a quick try");
        return Ok(());
    }
    keep(layout, results)
}

/// What synchronising costs; beside others that do it too; and how the cost grows.
fn sync(layout: &Layout, effort: Effort) -> Result<Vec<Figure>> {
    let mut figures = match effort {
        Effort::Whole => figures_in(&cargo_bench(layout, "sync")?.watch_successfully()?)?,
        Effort::Quick => Vec::new(),
    };
    let mut compare = cargo_bench(layout, "peers")?;
    compare = match peers::install(layout) {
        Ok(folder) => compare.env("TRYGKORT_BENCH_PEERS", folder),
        Err(failure) => compare.env("TRYGKORT_BENCH_PEERS_ERROR", failure.to_string()),
    };
    if effort == Effort::Quick {
        compare = compare.env("TRYGKORT_BENCH_QUICK", "1");
    }
    figures.extend(figures_in(&compare.watch_successfully()?)?);
    Ok(figures)
}

/// A measuring program of the tests package, run with optimisation; it prints its figures as JSON on its last line.
fn cargo_bench(layout: &Layout, name: &str) -> Result<Program> {
    Ok(clones::cargo(layout, &layout.native)?.args(["bench", "--package", "trygkort-tests", "--bench", name]))
}

/// A script under `tests/bench/`; it prints its figures as JSON on its last line.
fn script(layout: &Layout, name: &str) -> Result<Vec<Figure>> {
    let script = layout.root.join("tests/bench").join(name);
    if !script.is_file() {
        return not_there(&format!("tests/bench/{name}"));
    }
    let node = with_places(layout, Program::new("node")).arg(&script).folder(&layout.root);
    figures_in(&node.watch_successfully()?)
}

fn not_there(file: &str) -> Result<Vec<Figure>> {
    say(format!("not measured: {file} is not there"));
    Ok(Vec::new())
}

/// `[{"what": …, "value": …, "unit": …, "goal": …, "note": …}, …]` on the last line that looks like it.
fn figures_in(output: &str) -> Result<Vec<Figure>> {
    let line = output.lines().rev().map(str::trim).find(|line| line.starts_with('[') && line.ends_with(']'));
    let list: Value = line
        .and_then(|line| serde_json::from_str(line).ok())
        .ok_or_else(|| Failure::new("the bench printed no line with its figures as JSON"))?;
    list.as_array().into_iter().flatten().map(Figure::from_json).collect()
}

fn print_table(figures: &[Figure]) {
    for figure in figures {
        let goal = figure.goal.map(|goal| {
            let verdict = if figure.value <= goal { "reached" } else { "NOT reached" };
            format!("goal ≤ {} {}: {verdict}", number(goal), figure.unit)
        });
        let value = format!("{} {}", number(figure.value), figure.unit);
        println!("    {:<52}{value:>16}   {}  {}", figure.what, goal.unwrap_or_default(), figure.note);
    }
}

/// A whole number as it is, others with one decimal, small ones with three.
fn number(value: f64) -> String {
    match value.abs() {
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        size if size < 10.0 => format!("{value:.3}"),
        _ => format!("{value:.1}"),
    }
}

fn keep(layout: &Layout, results: serde_json::Map<String, Value>) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let date = calendar::date_of(now);
    let path = layout.root.join("bench/results").join(format!("{date}.json"));
    // A second run on the same day replaces the benches it ran and keeps the others.
    let mut benches = earlier(&path);
    benches.extend(results);
    let document = json!({ "date": date, "machine": machine(), "benches": benches });
    let text = serde_json::to_string_pretty(&document).map_err(|error| Failure::new(error.to_string()))?;
    layout::write(&path, text + "\n")?;
    say(format!("kept in {}", path.display()));
    Ok(())
}

fn earlier(path: &Path) -> serde_json::Map<String, Value> {
    let document = layout::read_text(path).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
    document.and_then(|document| document["benches"].as_object().cloned()).unwrap_or_default()
}

/// What the figures were measured on: they mean nothing without it.
fn machine() -> Value {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let processor = layout::read_text(Path::new("/proc/cpuinfo")).unwrap_or_default();
    let model =
        processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, model)| model);
    let rustc = Program::new("rustc").arg("--version").output().unwrap_or_default();
    json!({ "cores": cores, "processor": model.unwrap_or("unknown"), "rustc": rustc.trim() })
}

impl Figure {
    fn to_json(&self) -> Value {
        json!({ "what": self.what, "value": self.value, "unit": self.unit, "goal": self.goal, "note": self.note })
    }

    fn from_json(value: &Value) -> Result<Figure> {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let figure = text("what").zip(value["value"].as_f64()).zip(text("unit"));
        let ((what, number), unit) =
            figure.ok_or_else(|| Failure::new(format!("a figure needs what, value and unit: {value}")))?;
        let note = text("note").unwrap_or_default();
        Ok(Figure { what, value: number, unit, goal: value["goal"].as_f64(), note })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_come_from_the_last_line_that_holds_them() {
        let output = "starting\n[not this]\n[{\"what\":\"a\",\"value\":2.5,\"unit\":\"ms\",\"goal\":3}]\nbye\n";
        let figures = figures_in(output).unwrap();
        let expected = Figure { what: "a".into(), value: 2.5, unit: "ms".into(), goal: Some(3.0), note: String::new() };
        assert_eq!(figures, [expected]);
        assert!(figures_in("nothing").is_err());
        assert!(figures_in("[{\"what\":\"a\"}]").is_err(), "a figure without a value is none");
    }

    #[test]
    fn a_figure_survives_being_kept() {
        let figure = Figure { what: "a".into(), value: 1.0, unit: "kB".into(), goal: None, note: "n".into() };
        assert_eq!(Figure::from_json(&figure.to_json()).unwrap(), figure);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([number(390.0), number(12.34), number(0.5)], ["390", "12.3", "0.500"]);
    }
}
