//! How many tests passed and failed, read from what each runner reports.

use std::ops::Add;

use crate::failure::{Failure, Result};
use crate::process::Watched;

#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
    /// Lines that name what failed, to be said once more at the end: of a long run often only that is kept.
    pub(super) failures: Vec<String>,
}

impl Add for Count {
    type Output = Count;

    fn add(self, other: Count) -> Count {
        Count {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
            failures: [self.failures, other.failures].concat(),
        }
    }
}

impl Count {
    /// What could not be run at all, and why.
    pub(super) fn failure(why: String) -> Count {
        Count { failed: 1, failures: vec![why], ..Count::default() }
    }

    /// With what its runner named as failed. One that ended badly without counting a failed test (did not compile,
    /// crashed) counts as one failure.
    pub(super) fn judged(mut self, watched: &Watched) -> Count {
        if !watched.succeeded {
            self.failed = self.failed.max(1);
            self.failures.extend(named_as_failed(&watched.output));
        }
        self
    }

    pub(super) fn words(&self) -> String {
        format!("{} passed, {} failed{}", self.passed, self.failed, self.skipped_words())
    }

    pub(super) fn skipped_words(&self) -> String {
        if self.skipped == 0 { String::new() } else { format!(", {} skipped", self.skipped) }
    }

    /// `test result: ok. 3 passed; 0 failed; 1 ignored; …`, once for every test binary.
    pub(super) fn of_libtest(output: &str) -> Count {
        let results = output.lines().filter_map(|line| line.split_once("test result: ")).map(|(_, result)| result);
        results.fold(Count::default(), |count, result| {
            let number = |word| number_before(result, word);
            count
                + Count {
                    passed: number("passed"),
                    failed: number("failed"),
                    skipped: number("ignored"),
                    ..Count::default()
                }
        })
    }

    /// The sums that nextest writes on the outermost element of its `JUnit` report.
    pub(super) fn of_junit(report: &str) -> Result<Count> {
        let line = report.lines().find(|line| line.trim_start().starts_with("<testsuites "));
        let line = line.ok_or_else(|| Failure::new("nextest wrote a report without a sum"))?;
        let number = |key: &str| -> Option<u64> {
            let (_, rest) = line.split_once(&format!(" {key}=\""))?;
            rest.split('"').next()?.parse().ok()
        };
        let sums = number("tests").zip(number("failures")).zip(number("errors"));
        let ((tests, failures), errors) = sums.ok_or_else(|| Failure::new("nextest wrote a report without a sum"))?;
        Ok(Count { passed: tests - failures - errors, failed: failures + errors, ..Count::default() })
    }

    /// The closing lines of node's TAP report: `# pass 3`.
    pub(super) fn of_tap(report: &str) -> Count {
        let number = |word: &str| {
            let mut lines = report.lines().rev();
            lines.find_map(|line| line.strip_prefix("# ")?.strip_prefix(word)?.trim().parse::<u64>().ok()).unwrap_or(0)
        };
        Count {
            passed: number("pass "),
            failed: number("fail ") + number("cancelled "),
            skipped: number("skipped ") + number("todo "),
            ..Count::default()
        }
    }

    /// `stats` of Playwright's JSON report. A test that passed only when repeated is said to have failed: it would
    /// fail on somebody's machine.
    pub(super) fn of_playwright(report: &str) -> Result<Count> {
        let report: serde_json::Value = serde_json::from_str(report)
            .map_err(|error| Failure::new(format!("Playwright's report cannot be read: {error}")))?;
        let number = |key: &str| report["stats"][key].as_u64();
        let errors = report["errors"].as_array().map_or(0, Vec::len) as u64;
        let sums = number("expected").zip(number("unexpected")).zip(number("flaky").zip(number("skipped")));
        let ((passed, unexpected), (flaky, skipped)) =
            sums.ok_or_else(|| Failure::new("Playwright's report has no sum"))?;
        Ok(Count { passed, failed: unexpected + flaky + errors, skipped, ..Count::default() })
    }
}

/// The lines in which a runner names what failed, each once however often it is repeated: nextest's `FAIL [ 1.2s]`,
/// libtest's `test … FAILED`, node's `✖` and Playwright's `✘`, and `FAILED` of our own programs.
fn named_as_failed(output: &str) -> Vec<String> {
    let names = |line: &&str| {
        let marks = ["FAIL [", "TIMEOUT [", "SIGABRT [", "SIGSEGV [", "✖", "✘", "FAILED", "error: ", "error["];
        let seed = |line: &str| line.starts_with("seed ") && line.contains("FAILED");
        marks.iter().any(|mark| line.starts_with(mark)) || line.ends_with("... FAILED") || seed(line)
    };
    let mut lines: Vec<String> = Vec::new();
    for line in output.lines().map(str::trim).filter(names) {
        // The same test has another time in front of it, or behind it, in each of its runner's lists.
        let name = |line: &str| line.split_once(']').map_or(line, |(_, name)| name).trim().to_owned();
        if !lines.iter().any(|known| name(known) == name(line)) {
            lines.push(line.to_owned());
        }
    }
    lines
}

fn number_before(text: &str, word: &str) -> u64 {
    let mut parts = text.split([' ', ';', '.']).filter(|part| !part.is_empty()).peekable();
    while let Some(part) = parts.next() {
        if parts.peek() == Some(&word) {
            return part.parse().unwrap_or(0);
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(passed: u64, failed: u64, skipped: u64) -> Count {
        Count { passed, failed, skipped, ..Count::default() }
    }

    #[test]
    fn cargo_test_is_summed_over_its_binaries() {
        let output = "running 3 tests\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.02s\n";
        assert_eq!(Count::of_libtest(output), count(13, 2, 1));
        assert_eq!(Count::of_libtest("error: could not compile"), Count::default());
    }

    #[test]
    fn nextest_says_its_sum_first() {
        let report = "<?xml version=\"1.0\"?>\n<testsuites name=\"nextest-run\" tests=\"12\" failures=\"2\" errors=\"1\" \
                      uuid=\"x\" time=\"0.3\">\n<testsuite name=\"a\" tests=\"12\" failures=\"2\">";
        assert_eq!(Count::of_junit(report).unwrap(), count(9, 3, 0));
        assert!(Count::of_junit("<testsuite tests=\"1\">").is_err());
    }

    #[test]
    fn a_cancelled_node_test_has_not_passed() {
        let report = "ok 1 - a\n# pass 99 is only a comment of a test\n1..4\n# tests 4\n# suites 0\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 0\n# todo 0\n";
        assert_eq!(Count::of_tap(report), count(2, 2, 0));
        assert_eq!(Count::of_tap(""), Count::default());
    }

    #[test]
    fn playwright_counts_flaky_tests_as_failed() {
        let report = r#"{"stats":{"expected":7,"unexpected":1,"flaky":1,"skipped":2},"errors":[]}"#;
        assert_eq!(Count::of_playwright(report).unwrap(), count(7, 2, 2));
        assert!(Count::of_playwright("{}").is_err());
        assert!(Count::of_playwright("not json").is_err());
    }

    #[test]
    fn a_runner_that_ends_badly_is_never_counted_as_fine() {
        let watched = |succeeded| Watched { succeeded, output: String::new() };
        assert_eq!(count(3, 0, 0).judged(&watched(false)), count(3, 1, 0));
        assert_eq!(count(3, 2, 0).judged(&watched(false)), count(3, 2, 0));
        assert_eq!(count(3, 0, 0).judged(&watched(true)), count(3, 0, 0));
    }

    #[test]
    fn what_failed_is_named_once_whoever_ran_it() {
        let output = "        PASS [   0.1s] core a\n        FAIL [   0.2s] core b\n     Summary\n        FAIL [   0.2s] core b\n\
                      test c ... FAILED\n✖ d (5 ms)\nseed 7 FAILED: devices differ\n    and\nFAILED: the write 3\ntest e ... ok\n";
        let failed = count(0, 0, 0).judged(&Watched { succeeded: false, output: output.to_owned() });
        let named = [
            "FAIL [   0.2s] core b",
            "test c ... FAILED",
            "✖ d (5 ms)",
            "seed 7 FAILED: devices differ",
            "FAILED: the write 3",
        ];
        assert_eq!(failed.failures, named);
    }
}
