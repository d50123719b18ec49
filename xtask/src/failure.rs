//! The one kind of error of this program: a line for the person at the terminal.

use std::fmt;
use std::path::Path;

pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// What went wrong and how to mend it, in one line.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(line: impl Into<String>) -> Failure {
        Failure(line.into())
    }

    /// An input or output error, with what was tried and where.
    pub(crate) fn io(what: &str, path: &Path, error: &std::io::Error) -> Failure {
        let hint = match error.kind() {
            std::io::ErrorKind::StorageFull => " (the disk is full: make room and run this again)",
            std::io::ErrorKind::PermissionDenied => " (who owns that path?)",
            _ => "",
        };
        Failure(format!("could not {what} {}: {error}{hint}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
