//! Trygkort beside those who synchronise as well, and how its own cost grows: `cargo xtask bench --only sync`.
//!
//! Every server and every client is a program of its own; between them lies a wire with a meter, and in work D a slow
//! and long one. All get the same pins. What is told of each is the median of several runs. `docs/performance.md` says
//! what the figures mean. The last line printed is JSON: `[{"what", "value", "unit", "goal", "note"}, …]`.

#![expect(clippy::print_stdout, reason = "a bench says what it measured")]
#![expect(clippy::unwrap_used, reason = "our own side of a bench that fails is wrong, and says where")]

mod figures;
mod growth;
mod ours;
mod process;
mod pushes;
mod raw_sqlite;
mod same_rows;
mod systems;
mod works;

use serde_json::Value;
use systems::{Peers, System};
use works::{Sizes, Works};

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[1..] {
        ["--serve", address, folder, areas] => {
            return runtime.block_on(ours::serve(address.parse().unwrap(), folder, areas.parse().unwrap()));
        }
        ["--serve-raw", floor, address, folder] => {
            let floor = raw_sqlite::Floor::from_name(floor);
            return runtime.block_on(raw_sqlite::serve(floor, address.parse().unwrap(), folder));
        }
        ["--client", address] => return runtime.block_on(ours::obey(address)),
        _ => {}
    }
    let sizes = if std::env::var_os("TRYGKORT_BENCH_QUICK").is_some() { Sizes::QUICK } else { Sizes::WHOLE };
    let mut figures = Vec::new();
    // Some systems, the pushes or the growth alone, for trying: what their names begin with, with commas between.
    let only = std::env::var("TRYGKORT_BENCH_SYSTEM").ok();
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only.split(',').any(|only| name.starts_with(only)));
    let peers = Peers::find();
    let works = Works { runtime: &runtime, peers: &peers, sizes };
    let all: Vec<_> = System::ALL.into_iter().filter(|system| wanted(system.name())).collect();
    let measured: Vec<_> = all.into_iter().map(|system| (system, works.measure(system))).collect();
    figures.extend(figures::compare(&measured, &sizes));
    if wanted("pushes") {
        figures.extend(pushes::measure(&runtime, &sizes));
    }
    if wanted("growth") {
        figures.extend(growth::measure(&runtime, &sizes));
    }
    println!("{}", Value::Array(figures));
}
