//! The packages of the system.

use super::Need;
use crate::failure::{Failure, Result};
use crate::process::{Program, is_installed};
use crate::report::{say, step};

/// A C compiler for SQLite, and clang for SQLite in the browser.
const WEB: [&str; 4] = ["build-essential", "clang", "llvm", "pkg-config"];
/// What the desktop window is built against (OpenSSL for its encrypted files only), and the tool that makes a .deb of it.
const DESKTOP: [&str; 5] = ["libwebkit2gtk-4.1-dev", "librsvg2-dev", "libxdo-dev", "libssl-dev", "file"];
/// A browser, a driver for the window, and a display for machines that have none.
const TESTS: [&str; 6] = ["chromium", "webkit2gtk-driver", "xvfb", "xauth", "dbus", "fonts-dejavu-core"];

/// A program or library of each group, to look for where there is no `dpkg` to ask.
const SIGNS: [(Need, &str, &str); 4] = [
    (Need::Web, "clang", "clang"),
    (Need::Desktop, "pkg-config", "pkg-config, WebKitGTK 4.1, librsvg and OpenSSL with their headers"),
    (Need::Everything, "chromium", "chromium"),
    (Need::Everything, "xvfb-run", "Xvfb and WebKitWebDriver"),
];

/// Installs the missing packages of Debian in one call; elsewhere says what to install.
pub(super) fn install_packages(need: Need) -> Result<()> {
    if !is_installed("dpkg-query") || !is_installed("apt-get") {
        return name_what_is_missing(need);
    }
    let missing = missing_of(&wanted(need));
    if missing.is_empty() {
        return Ok(());
    }
    step(&format!("Installing Debian packages: {}", missing.join(" ")), || {
        // Debian's lists may be older than its packages, so they are fetched first; never two calls at a time.
        apt_get(&["update", "-q"])?;
        let install = ["install", "-q", "-y", "--no-install-recommends"];
        apt_get(&install.iter().copied().chain(missing.iter().map(String::as_str)).collect::<Vec<_>>())
    })
}

fn wanted(need: Need) -> Vec<&'static str> {
    let groups: [(Need, &[&'static str]); 3] =
        [(Need::Web, &WEB), (Need::Desktop, &DESKTOP), (Need::Everything, &TESTS)];
    groups.iter().filter(|(group, _)| *group <= need).flat_map(|(_, packages)| packages.iter().copied()).collect()
}

fn missing_of(wanted: &[&str]) -> Vec<String> {
    // Asked about a package it has never heard of, dpkg-query fails and still answers for the others.
    let mut query = std::process::Command::new("dpkg-query");
    query.args(["-W", "-f", "${Package} ${db:Status-Status}\\n"]).args(wanted);
    let answer = query.output().map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    missing_in(&answer, wanted)
}

fn missing_in(answer: &str, wanted: &[&str]) -> Vec<String> {
    let is_there = |package: &str| answer.lines().any(|line| line == format!("{package} installed"));
    wanted.iter().filter(|package| !is_there(package)).map(ToString::to_string).collect()
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let by_hand = format!("as root: apt-get {}", arguments.join(" "));
    let program = if is_root() {
        Program::new("apt-get")
    } else if is_installed("sudo") {
        say("apt-get needs sudo, which may ask for your password");
        Program::new("sudo").arg("apt-get")
    } else {
        return Err(Failure::new(format!("packages are missing and there is no sudo; {by_hand}")));
    };
    program
        .args(arguments)
        .args(["-o", "DPkg::Lock::Timeout=600"])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .hint(format!("is the network there? To try it yourself, {by_hand}"))
        .run()
}

fn is_root() -> bool {
    Program::new("id").arg("-u").output().is_ok_and(|id| id.trim() == "0")
}

fn name_what_is_missing(need: Need) -> Result<()> {
    let missing: Vec<&str> = SIGNS
        .iter()
        .filter(|(group, sign, _)| *group <= need && !is_installed(sign))
        .map(|(_, _, words)| *words)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("not a Debian system, so please install these yourself: {}", missing.join("; "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_need_includes_the_smaller_ones() {
        assert_eq!(wanted(Need::Web), WEB);
        assert!(wanted(Need::Desktop).contains(&"clang") && !wanted(Need::Desktop).contains(&"chromium"));
        assert_eq!(wanted(Need::Everything).len(), WEB.len() + DESKTOP.len() + TESTS.len());
    }

    #[test]
    fn a_package_that_was_removed_or_never_heard_of_is_missing() {
        let answer = "clang installed\nxvfb config-files\n";
        assert_eq!(missing_in(answer, &["clang", "xvfb", "chromium"]), ["xvfb", "chromium"]);
    }
}
