//! A process with a device and a server on real files is killed in the middle of whatever it does, again and again.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;
use trygkort_sim::process;
use trygkort_sim::rng::Rng;

const FOLDER: &str = "TRYGKORT_SIM_FOLDER";
const LIFE: &str = "TRYGKORT_SIM_LIFE";
const KILLS: u64 = 200;
const SIGKILL: i32 = 9;

/// The process that is killed: this program itself, asked for this test alone. Without a folder it is not one.
#[test]
#[ignore = "it lives until it is killed; the test below starts it"]
fn a_process_that_is_killed() {
    let (Some(folder), Ok(life)) = (std::env::var_os(FOLDER), std::env::var(LIFE)) else { return };
    process::live(folder.as_ref(), life.parse().unwrap(), std::io::stdout());
}

#[test]
fn nothing_is_lost_when_the_process_is_killed() {
    let (folder, rng) = (tempfile::tempdir().unwrap(), Rng::new(4711));
    process::prepare(folder.path());
    let mut told = BTreeSet::new();
    for life in 1..=KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "kill::a_process_that_is_killed"])
            .env(FOLDER, folder.path())
            .env(LIFE, life.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // It is killed some time after it has begun to write, however slow the machine is.
        let mut kept = |line: String| line.strip_prefix("kept ").map(|words| told.insert(words.to_owned())).is_some();
        while !kept(lines.next().expect("it lives until it is killed").unwrap()) {}
        std::thread::sleep(Duration::from_micros(rng.below(40_000)));
        child.kill().unwrap();
        // By nothing else: a panic would have ended it as well.
        assert_eq!(child.wait().unwrap().signal(), Some(SIGKILL), "life {life}");
        // The last line may have been cut in two; then nobody was told.
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        for line in rest.into_iter().filter(|line| line.ends_with('.')) {
            kept(line);
        }
        process::look(folder.path(), &told).unwrap_or_else(|wrong| panic!("after {life} kills: {wrong}"));
    }
    assert!(told.len() as u64 >= KILLS, "only {} times something was kept", told.len());
}
