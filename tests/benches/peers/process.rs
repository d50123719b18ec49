//! Programs of their own, so that the memory of each can be read by itself.

use serde_json::Value;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);
/// The longest that anything measured here has ever taken is half of this.
const ANSWER_PATIENCE: Duration = Duration::from_secs(600);

/// What went wrong, for the result.
pub(crate) type Outcome<T> = Result<T, String>;

/// A server; ends when it is dropped.
pub(crate) struct ServerProcess {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What it said of itself when it was ready.
    pub(crate) said: String,
}

impl ServerProcess {
    /// Starts one that listens on `address`. With `says`, it prints a line when it is ready.
    pub(crate) fn start(command: &mut Command, address: SocketAddr, says: bool) -> Outcome<Self> {
        let out = if says { Stdio::piped() } else { Stdio::null() };
        let spawned = command.stdin(Stdio::piped()).stdout(out).stderr(Stdio::null()).spawn();
        let mut child = spawned.map_err(|error| format!("{}: {error}", command.get_program().to_string_lossy()))?;
        let mut said = String::new();
        if let Some(out) = child.stdout.as_mut() {
            BufReader::new(out).read_line(&mut said).map_err(|error| error.to_string())?;
        }
        let started = Self { child, address, said: said.trim().to_owned() };
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            if Instant::now() > end {
                return Err(format!("{} does not listen", command.get_program().to_string_lossy()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(started)
    }

    pub(crate) fn peak_memory_mb(&self) -> f64 {
        peak_memory_mb(self.child.id())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Ours ends in order when its input closes; the others have nothing to end.
        drop(self.child.stdin.take());
        let end = Instant::now() + Duration::from_secs(3);
        while Instant::now() < end && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that does what it is told, see `bench/peers/lib.mjs`; ends when it is dropped.
pub(crate) struct ClientProcess {
    child: Child,
    to: Option<ChildStdin>,
    /// The lines it says, read on a thread of their own: some never answer once their server has ended itself.
    lines: Receiver<io::Result<String>>,
}

impl ClientProcess {
    pub(crate) fn start(command: &mut Command) -> Outcome<Self> {
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| format!("{}: {error}", command.get_program().to_string_lossy()))?;
        let to = child.stdin.take();
        let from = BufReader::new(child.stdout.take().ok_or("no output")?);
        let (say, lines) = channel();
        std::thread::spawn(move || from.lines().try_for_each(|line| say.send(line)));
        Ok(Self { child, to, lines })
    }

    /// Tells it one thing and waits until it has done it. Blocks: not for a thread on which the wire runs.
    pub(crate) fn ask(&mut self, command: &Value) -> Outcome<Value> {
        let failed = |error: std::io::Error| error.to_string();
        let to = self.to.as_mut().ok_or("it has ended")?;
        writeln!(to, "{command}").and_then(|()| to.flush()).map_err(failed)?;
        let line = self.lines.recv_timeout(ANSWER_PATIENCE).map_err(|error| match error {
            RecvTimeoutError::Timeout => format!("no answer in {} s", ANSWER_PATIENCE.as_secs()),
            RecvTimeoutError::Disconnected => "it has ended".to_owned(),
        })?;
        let line = line.map_err(failed)?;
        let answer: Value = serde_json::from_str(&line).map_err(|error| format!("{error}: {line:?}"))?;
        match answer["error"].as_str() {
            Some(error) => Err(error.lines().take(2).collect::<Vec<_>>().join(" ")),
            None => Ok(answer),
        }
    }

    pub(crate) fn peak_memory_mb(&self) -> f64 {
        peak_memory_mb(self.child.id())
    }
}

impl Drop for ClientProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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
