//! Whether the databases in a browser's profile are whole: `check_profile FOLDER`. Prints each and what is wrong with
//! it; fails when something is, or when there is none.
//!
//! The browser keeps them in a pool of files without names. Each begins with a page that says what the file is called,
//! as in SQLite's [`opfs-sahpool`](https://sqlite.org/wasm/doc/trunk/persistence.md); what follows is the file.

// It is a program for tests of browsers, not for a browser.
#![cfg_attr(target_family = "wasm", expect(unused_crate_dependencies, reason = "nothing of it is built there"))]

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
fn main() -> std::process::ExitCode {
    native::check(std::env::args_os().nth(1).expect("a folder").as_ref())
}

#[cfg(not(target_family = "wasm"))]
#[expect(clippy::print_stdout, reason = "a program for the terminal talks to the terminal")]
mod native {
    use rusqlite::Connection;
    use std::path::{Path, PathBuf};
    use std::process::ExitCode;

    /// The page before the file.
    const HEADER: usize = 4096;
    /// At most so much of it is the name; zeros follow.
    const NAME: usize = 512;
    /// How a database begins.
    const MAGIC: &[u8] = b"SQLite format 3\0";

    pub(super) fn check(folder: &Path) -> ExitCode {
        let copies = tempfile::tempdir().expect("a folder for copies");
        let mut databases = Vec::new();
        for file in files_below(folder) {
            let content = std::fs::read(&file).unwrap_or_default();
            let Some((name, content)) = pooled(&content) else { continue };
            let copy = copies.path().join(name);
            std::fs::write(&copy, content).expect("a copy");
            if content.starts_with(MAGIC) {
                databases.push(copy);
            }
        }
        // A journal lies beside its database by now, and is played back when that is opened.
        let faults: usize = databases.iter().map(|database| faults(database)).sum();
        println!("{} databases, {faults} faults", databases.len());
        if faults == 0 && !databases.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// A file of the pool that is in use: its name, without folders, and what it holds.
    fn pooled(bytes: &[u8]) -> Option<(String, &[u8])> {
        let (header, content) = bytes.split_at_checked(HEADER)?;
        let name = header[..NAME].split(|byte| *byte == 0).next()?;
        let name = std::str::from_utf8(name).ok()?.trim_start_matches('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        (!name.is_empty() && name.chars().all(plain)).then(|| (name.to_owned(), content))
    }

    fn faults(database: &Path) -> usize {
        let found = Connection::open(database).and_then(|conn| {
            let mut said = texts(&conn, "PRAGMA integrity_check")?;
            said.retain(|line| line != "ok");
            said.extend(texts(
                &conn,
                "SELECT 'a row of ' || \"table\" || ' names none of ' || parent FROM pragma_foreign_key_check",
            )?);
            Ok(said)
        });
        let said = found.unwrap_or_else(|error| vec![error.to_string()]);
        let name = database.file_name().unwrap_or_default().to_string_lossy().into_owned();
        println!("{name}: {}", if said.is_empty() { "whole".to_owned() } else { said.join("; ") });
        said.len()
    }

    fn texts(conn: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
        conn.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
    }

    fn files_below(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .flat_map(|entry| if entry.path().is_dir() { files_below(&entry.path()) } else { vec![entry.path()] })
            .collect()
    }
}
