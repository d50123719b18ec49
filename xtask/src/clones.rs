//! Cargo for several clones that share their target folders.
//!
//! Compiled dependencies are the same for every clone, and sharing them saves a new clone most of an hour. Our own
//! crates are not the same, but cargo names them by their path *inside* the workspace: a second clone whose files look
//! older would be served the first one's code without a word. So each target folder notes which clone used it last,
//! and another one that comes along first forgets what was compiled of our crates. While one clone compiles, the
//! others wait; several commands of one clone do not wait for each other here.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::failure::{Failure, Result};
use crate::layout::{self, Layout};
use crate::process::Program;
use crate::report::say;

/// What the names of our own crates begin with.
const OURS: [&str; 2] = ["trygkort", "xtask"];

/// Cargo, working in one of the target folders of [`Layout`], which is this clone's until the program has ended.
pub(crate) fn cargo(layout: &Layout, target: &Path) -> Result<Program> {
    let claim = claim(target, &identity(layout)?)?;
    Ok(Program::cargo(&layout.root, target).holding(claim))
}

/// Puts a program that was just compiled where no other clone replaces it.
pub(crate) fn keep_program(compiled: &Path, kept: &Path) -> Result<()> {
    let stamp = |path: &Path| fs::metadata(path).and_then(|about| Ok((about.len(), about.modified()?))).ok();
    if let (Some((length, compiled_at)), Some((kept_length, kept_at))) = (stamp(compiled), stamp(kept))
        && length == kept_length
        && compiled_at <= kept_at
    {
        return Ok(());
    }
    layout::make_folder(kept.parent().unwrap_or(kept))?;
    // Under another name first: a server that is still running must not see its program change.
    let unfinished = kept.with_extension(std::process::id().to_string());
    fs::copy(compiled, &unfinished).map_err(|error| Failure::io("copy", compiled, &error))?;
    fs::rename(&unfinished, kept).map_err(|error| Failure::io("put in place", kept, &error))
}

/// Makes `target` this clone's and returns what keeps it so.
fn claim(target: &Path, identity: &str) -> Result<File> {
    layout::make_folder(target)?;
    let path = target.join(".clone.lock");
    let lock = File::create(&path).map_err(|error| Failure::io("create", &path, &error))?;
    let owner = target.join(".clone");
    loop {
        lock.lock_shared().map_err(|error| Failure::io("lock", &path, &error))?;
        if layout::read_text(&owner).is_ok_and(|owner| owner == identity) {
            return Ok(lock);
        }
        unlock(&lock, &path)?;
        if lock.try_lock().is_err() {
            say("waiting for another clone of Trygkort to finish compiling");
            lock.lock().map_err(|error| Failure::io("lock", &path, &error))?;
        }
        forget_our_crates(target)?;
        layout::write(&owner, identity)?;
        unlock(&lock, &path)?;
    }
}

fn unlock(lock: &File, path: &Path) -> Result<()> {
    lock.unlock().map_err(|error| Failure::io("unlock", path, &error))
}

/// Removes cargo's notes on what it compiled of our crates, for every profile and platform.
fn forget_our_crates(target: &Path) -> Result<()> {
    for notes in folders_named(".fingerprint", target, 3)? {
        for folder in folders_in(&notes)? {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if OURS.iter().any(|ours| name.starts_with(ours)) {
                fs::remove_dir_all(&folder).map_err(|error| Failure::io("remove", &folder, &error))?;
            }
        }
    }
    Ok(())
}

fn folders_named(name: &str, folder: &Path, depth: usize) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for inner in folders_in(folder)? {
        if inner.file_name().is_some_and(|found| found == name) {
            found.push(inner);
        } else if depth > 1 {
            found.extend(folders_named(name, &inner, depth - 1)?);
        }
    }
    Ok(found)
}

fn folders_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = |error: &std::io::Error| Failure::io("list", folder, error);
    let entries = fs::read_dir(folder).map_err(|error| list(&error))?;
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| list(&error))?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    Ok(folders)
}

/// Names this clone: where it lies, and a number of its own, since another one may lie there tomorrow.
fn identity(layout: &Layout) -> Result<String> {
    let path = layout.scratch().join("clone-number");
    if let Ok(number) = layout::read_text(&path) {
        return Ok(format!("{} {number}", layout.root.display()));
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    layout::write(&path, format!("{now}-{}", std::process::id()))?;
    identity(layout)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let path = std::env::temp_dir().join(format!("trygkort-xtask-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Scratch(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn another_clone_forgets_our_crates_and_keeps_the_dependencies() {
        let scratch = Scratch::new("claim");
        let target = &scratch.0;
        let notes = ["debug/.fingerprint", "wasm32-unknown-unknown/wasm-release/.fingerprint"];
        let make = || {
            for notes in notes {
                fs::create_dir_all(target.join(notes).join("trygkort-core-12")).unwrap();
                fs::create_dir_all(target.join(notes).join("serde-34")).unwrap();
            }
        };
        let known = |name: &str| notes.map(|notes| target.join(notes).join(name).exists());
        make();
        drop(claim(target, "clone one").unwrap());
        assert_eq!(known("trygkort-core-12"), [false, false], "nobody knows whose they were");
        make();
        drop(claim(target, "clone one").unwrap());
        assert_eq!(known("trygkort-core-12"), [true, true], "the same clone keeps what it has");
        drop(claim(target, "clone two").unwrap());
        assert_eq!(known("trygkort-core-12"), [false, false]);
        assert_eq!(known("serde-34"), [true, true]);
    }

    #[test]
    fn two_commands_of_one_clone_share_a_target_folder() {
        let scratch = Scratch::new("share");
        let _first = claim(&scratch.0, "clone one").unwrap();
        let _second = claim(&scratch.0, "clone one").unwrap();
        assert!(File::open(scratch.0.join(".clone.lock")).unwrap().try_lock().is_err(), "another clone has to wait");
    }

    #[test]
    fn a_program_is_copied_again_when_it_changed() {
        let scratch = Scratch::new("keep");
        let (compiled, kept) = (scratch.0.join("compiled"), scratch.0.join("bin/kept"));
        for contents in ["one", "other"] {
            fs::write(&compiled, contents).unwrap();
            keep_program(&compiled, &kept).unwrap();
            assert_eq!(fs::read_to_string(&kept).unwrap(), contents);
        }
    }
}
