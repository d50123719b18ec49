//! Running other programs, with errors that a person can act on.

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Result};
use crate::layout;

/// A program to run, with what to tell the person if it fails.
pub(crate) struct Program {
    command: Command,
    /// As a person would type it, for messages.
    shown: String,
    hint: String,
    /// Locks that are let go when the program has ended.
    held: Option<File>,
}

/// How a program that was watched has ended, and what it printed on both streams.
pub(crate) struct Watched {
    pub(crate) succeeded: bool,
    pub(crate) output: String,
}

/// How a program that might hang has ended.
pub(crate) enum Tried {
    Ended {
        succeeded: bool,
    },
    /// It took too long.
    Stopped,
}

impl Tried {
    pub(crate) fn succeeded(&self) -> bool {
        matches!(self, Tried::Ended { succeeded: true })
    }
}

impl Program {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Program {
        let program = program.as_ref();
        let shown = Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned();
        let mut command = Command::new(program);
        // Cargo describes this very program in its environment; to the programs that we start it would be a lie.
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(name);
            }
        }
        Program { command, shown, hint: String::new(), held: None }
    }

    /// Cargo with this target folder. For those that clones share, see [`crate::clones::cargo`].
    pub(crate) fn cargo(root: &Path, target: &Path) -> Program {
        let mut cargo = Program::new("cargo");
        cargo.command.current_dir(root).env("CARGO_TARGET_DIR", target).env_remove("CARGO");
        cargo
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Program {
        self.shown.push(' ');
        self.shown.push_str(&argument.as_ref().to_string_lossy());
        self.command.arg(argument);
        self
    }

    pub(crate) fn args(self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Program {
        arguments.into_iter().fold(self, Program::arg)
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Program {
        self.command.env(name, value);
        self
    }

    pub(crate) fn folder(mut self, folder: &Path) -> Program {
        self.command.current_dir(folder);
        self
    }

    /// What may mend it, appended to the message when the program fails.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Program {
        self.hint = hint.into();
        self
    }

    /// Keeps a lock until the program has ended.
    pub(crate) fn holding(mut self, lock: File) -> Program {
        self.held = Some(lock);
        self
    }

    /// Runs it with this terminal as its own.
    pub(crate) fn run(mut self) -> Result<()> {
        let status = self.command.stdin(Stdio::null()).status().map_err(|error| self.not_started(&error))?;
        if status.success() { Ok(()) } else { Err(self.failed(&status.to_string(), "")) }
    }

    /// Runs it and returns what it wrote on its standard output; what it wrote as errors goes into the message.
    pub(crate) fn output(mut self) -> Result<String> {
        let output = self.command.stdin(Stdio::null()).output().map_err(|error| self.not_started(&error))?;
        if !output.status.success() {
            return Err(self.failed(&output.status.to_string(), &String::from_utf8_lossy(&output.stderr)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs it, showing its output as it comes and keeping it.
    pub(crate) fn watch(mut self) -> Result<Watched> {
        let piped = self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().map_err(|error| self.not_started(&error))?;
        let errors = child.stderr.take().map(|stream| thread::spawn(move || pass_on(stream, io::stderr())));
        let printed = child.stdout.take().map(|stream| pass_on(stream, io::stdout())).unwrap_or_default();
        let errors = errors.and_then(|thread| thread.join().ok()).unwrap_or_default();
        let status = child.wait().map_err(|error| self.not_started(&error))?;
        Ok(Watched { succeeded: status.success(), output: format!("{printed}\n{errors}") })
    }

    /// The same for a program whose output is worth nothing when it fails.
    pub(crate) fn watch_successfully(self) -> Result<String> {
        let shown = self.shown.clone();
        let watched = self.watch()?;
        match watched.succeeded {
            true => Ok(watched.output),
            false => Err(Failure::new(format!("`{}` failed; what it wrote stands above", shorten(&shown)))),
        }
    }

    /// Runs it unseen, for so long at most. What it writes on its standard output goes into a file, which programs that
    /// it leaves behind may keep open.
    pub(crate) fn try_for(mut self, limit: Duration, output: &Path) -> Result<Tried> {
        layout::write(output, "")?;
        let file = File::create(output).map_err(|error| Failure::io("create", output, &error))?;
        let quiet = self.command.stdin(Stdio::null()).stdout(file).stderr(Stdio::null());
        let mut child = quiet.spawn().map_err(|error| self.not_started(&error))?;
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait().map_err(|error| self.not_started(&error))? {
                return Ok(Tried::Ended { succeeded: status.success() });
            }
            if start.elapsed() > limit {
                // It may have ended by itself just now.
                let _ = child.kill();
                child.wait().map_err(|error| self.not_started(&error))?;
                return Ok(Tried::Stopped);
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Becomes that program where the system allows it, so that Ctrl-C and the exit code are its own.
    pub(crate) fn become_it(mut self) -> Result<ExitCode> {
        #[cfg(unix)]
        {
            let error = std::os::unix::process::CommandExt::exec(&mut self.command);
            Err(self.not_started(&error))
        }
        #[cfg(not(unix))]
        {
            let status = self.command.status().map_err(|error| self.not_started(&error))?;
            Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }

    fn not_started(&self, error: &io::Error) -> Failure {
        let program = self.command.get_program().to_string_lossy();
        if error.kind() == io::ErrorKind::NotFound {
            Failure::new(format!("{program} is not installed{}", self.hint_words()))
        } else {
            Failure::new(format!("could not start {program}: {error}{}", self.hint_words()))
        }
    }

    fn failed(&self, status: &str, errors: &str) -> Failure {
        let reason = errors.lines().map(str::trim).rfind(|line| !line.is_empty());
        let reason = reason.map(|line| format!(": {line}")).unwrap_or_default();
        let status = status.replace("exit status: ", "exit code ");
        Failure::new(format!("`{}` failed ({status}){reason}{}", shorten(&self.shown), self.hint_words()))
    }

    fn hint_words(&self) -> String {
        if self.hint.is_empty() { String::new() } else { format!("; {}", self.hint) }
    }
}

/// Whether a program of that name can be found.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(format!("{program}{}", env::consts::EXE_SUFFIX)).is_file())
}

fn shorten(shown: &str) -> String {
    if shown.chars().count() <= 120 {
        return shown.to_owned();
    }
    shown.chars().take(119).chain(['…']).collect()
}

/// Copies a stream line by line and returns all of it.
fn pass_on(stream: impl Read, mut to: impl Write) -> String {
    let mut seen = String::new();
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        // A closed terminal is no reason to lose the outcome.
        let _ = to.write_all(&line).and_then(|()| to.flush());
        seen.push_str(&String::from_utf8_lossy(&line));
        line.clear();
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_what_to_do() {
        let failure = Program::new("no-such-program-here").hint("install it").run().unwrap_err();
        assert_eq!(failure.to_string(), "no-such-program-here is not installed; install it");
    }

    #[test]
    fn a_failing_program_says_its_last_words() {
        let failure = Program::new("sh").args(["-c", "echo first >&2; echo last >&2; exit 3"]).output().unwrap_err();
        assert!(failure.to_string().ends_with("failed (exit code 3): last"), "{failure}");
    }

    #[test]
    fn a_watched_program_keeps_both_streams() {
        let watched = Program::new("sh").args(["-c", "echo out; echo err >&2; exit 1"]).watch().unwrap();
        assert!(!watched.succeeded);
        assert!(watched.output.contains("out\n") && watched.output.contains("err\n"));
    }
}
