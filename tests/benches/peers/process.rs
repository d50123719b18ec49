//! Programs of their own, so that the memory of each can be read by itself; and when one fails, what it said.

use serde_json::Value;
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);
/// The longest that anything measured here has ever taken is half of this.
const ANSWER_PATIENCE: Duration = Duration::from_secs(600);
/// So often it is looked whether the server is still there while its client says nothing.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So long a program that has closed its output may take to end.
const ENDING: Duration = Duration::from_millis(500);

/// What went wrong, for the result.
pub(crate) type Outcome<T> = Result<T, String>;

/// A server; ends when it is dropped.
pub(crate) struct ServerProcess {
    program: Running,
    pub(crate) address: SocketAddr,
    /// What it said of itself when it was ready.
    pub(crate) said: String,
}

impl ServerProcess {
    /// Starts one that listens on `address`. With `says`, it prints a line when it is ready.
    pub(crate) fn start(command: &mut Command, address: SocketAddr, says: bool) -> Outcome<Self> {
        let out = if says { Stdio::piped() } else { Stdio::null() };
        let mut program = Running::start("server", command.stdout(out))?;
        let mut said = String::new();
        if let Some(out) = program.child.stdout.as_mut() {
            BufReader::new(out).read_line(&mut said).map_err(|error| error.to_string())?;
        }
        let mut started = Self { program, address, said: said.trim().to_owned() };
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            if Instant::now() > end || started.program.ended().is_some() {
                let name = command.get_program().to_string_lossy().into_owned();
                return Err(format!("{name} does not listen; {}", started.program.how_it_is()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(started)
    }

    pub(crate) fn peak_memory_mb(&self) -> f64 {
        peak_memory_mb(self.program.child.id())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let child = &mut self.program.child;
        // Ours ends in order when its input closes; the others have nothing to end.
        drop(child.stdin.take());
        let end = Instant::now() + Duration::from_secs(3);
        while Instant::now() < end && matches!(child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// A program that does what it is told, see `bench/peers/lib.mjs`; ends when it is dropped.
pub(crate) struct ClientProcess {
    program: Running,
    to: Option<ChildStdin>,
    /// The lines it says, read on a thread of their own: some never answer once their server has ended itself.
    lines: Receiver<io::Result<String>>,
}

impl ClientProcess {
    pub(crate) fn start(command: &mut Command) -> Outcome<Self> {
        let mut program = Running::start("client", command.stdout(Stdio::piped()))?;
        let to = program.child.stdin.take();
        let from = BufReader::new(program.child.stdout.take().ok_or("no output")?);
        let (say, lines) = channel();
        std::thread::spawn(move || {
            // An empty line is no answer.
            let mut said = from.lines().filter(|line| line.as_ref().map_or(true, |line| !line.trim().is_empty()));
            said.try_for_each(|line| say.send(line))
        });
        Ok(Self { program, to, lines })
    }

    /// Tells it one thing and waits until it has done it. What went wrong is told with what both programs said last,
    /// and which of them has ended. Blocks: not for a thread on which the wire runs.
    pub(crate) fn ask(&mut self, mut server: Option<&mut ServerProcess>, command: &Value) -> Outcome<Value> {
        let answer = self.tell(command).and_then(|()| self.answer(server.as_deref_mut()));
        answer.map_err(|error| {
            let client = self.program.how_it_is();
            match server {
                Some(server) => format!("{error}; {client}; {}", server.program.how_it_is()),
                None => format!("{error}; {client}"),
            }
        })
    }

    fn tell(&mut self, command: &Value) -> Outcome<()> {
        let to = self.to.as_mut().ok_or("it has no input")?;
        writeln!(to, "{command}").and_then(|()| to.flush()).map_err(|error| error.to_string())
    }

    fn answer(&mut self, mut server: Option<&mut ServerProcess>) -> Outcome<Value> {
        let end = Instant::now() + ANSWER_PATIENCE;
        let line = loop {
            match self.lines.recv_timeout(LOOK_EVERY) {
                Ok(line) => break line.map_err(|error| error.to_string())?,
                Err(RecvTimeoutError::Disconnected) => return Err("no answer".to_owned()),
                Err(RecvTimeoutError::Timeout) if Instant::now() > end => {
                    return Err(format!("no answer in {} s", ANSWER_PATIENCE.as_secs()));
                }
                // Nobody starts it again, so nothing is worth waiting for.
                Err(RecvTimeoutError::Timeout) if has_ended(&mut server) => return Err("no answer".to_owned()),
                Err(RecvTimeoutError::Timeout) => {}
            }
        };
        let answer: Value = serde_json::from_str(&line).map_err(|error| format!("{error}: {line:?}"))?;
        match answer["error"].as_str() {
            Some(error) => Err(error.lines().take(2).collect::<Vec<_>>().join(" ")),
            None => Ok(answer),
        }
    }

    pub(crate) fn peak_memory_mb(&self) -> f64 {
        peak_memory_mb(self.program.child.id())
    }
}

impl Drop for ClientProcess {
    fn drop(&mut self) {
        let _ = self.program.child.kill();
        let _ = self.program.child.wait();
    }
}

fn has_ended(server: &mut Option<&mut ServerProcess>) -> bool {
    server.as_mut().is_some_and(|server| server.program.ended().is_some())
}

/// A program, and the last of what it said on its standard error.
struct Running {
    /// "server" or "client".
    role: &'static str,
    child: Child,
    words: LastWords,
}

impl Running {
    /// Starts it with an input that can be closed. Where its output goes is the caller's.
    fn start(role: &'static str, command: &mut Command) -> Outcome<Self> {
        // A backtrace would push out of the last lines what went wrong.
        let command = command.env("RUST_BACKTRACE", "0");
        let spawned = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| format!("{}: {error}", command.get_program().to_string_lossy()))?;
        let words = LastWords::of(child.stderr.take().ok_or("no standard error")?);
        Ok(Self { role, child, words })
    }

    /// How it ended, if it has.
    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Whether it has ended, and how, and what it said last.
    fn how_it_is(&mut self) -> String {
        let end = Instant::now() + ENDING;
        while (self.ended().is_none() || !self.words.reader.is_finished()) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
        let role = self.role;
        let is =
            self.ended().map_or_else(|| format!("the {role} still ran"), |how| format!("the {role} ended ({how})"));
        match self.words.said() {
            said if said.is_empty() => is,
            said => format!("{is} and said last: {said}"),
        }
    }
}

/// The last lines of a standard error, read on a thread of their own: whoever writes them never waits.
struct LastWords {
    lines: Arc<Mutex<VecDeque<String>>>,
    reader: JoinHandle<()>,
}

impl LastWords {
    const LINES: usize = 6;
    const LINE_CHARS: usize = 200;
    /// A line that is longer is taken for several.
    const LINE_BYTES: u64 = 64 * 1024;

    fn of(stderr: ChildStderr) -> Self {
        let lines = Arc::new(Mutex::default());
        let kept = Arc::clone(&lines);
        let reader = std::thread::spawn(move || {
            let (mut from, mut line) = (BufReader::new(stderr), Vec::new());
            while matches!(from.by_ref().take(Self::LINE_BYTES).read_until(b'\n', &mut line), Ok(1..)) {
                Self::keep(&mut kept.lock().unwrap_or_else(PoisonError::into_inner), &line);
                line.clear();
            }
        });
        Self { lines, reader }
    }

    fn keep(lines: &mut VecDeque<String>, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let line = line.trim();
        // Where in whose code it was says nothing in a result.
        if line.is_empty() || line.starts_with("at ") {
            return;
        }
        if lines.len() == Self::LINES {
            lines.pop_front();
        }
        lines.push_back(line.chars().take(Self::LINE_CHARS).collect());
    }

    fn said(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join(" | ")
    }
}

/// An address nobody listens on now.
pub(crate) fn free_address() -> Outcome<SocketAddr> {
    let failed = |error: std::io::Error| error.to_string();
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map_err(failed)
}

/// The most memory a process has had since it began.
fn peak_memory_mb(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().map_or(f64::NAN, |kib| kib * 1024.0 / 1e6)
}
