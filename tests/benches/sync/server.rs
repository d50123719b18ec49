//! The server in a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use trygkort_core::domain::Role;
use trygkort_tests::{TestServer, WireTap};

/// Tells this program to be the server.
pub(crate) const ARGUMENT: &str = "--serve";

/// Serves an empty area until the standard input closes; prints an invitation for many coordinators.
pub(crate) async fn serve() {
    let mut server = TestServer::empty().await;
    let link = server.invite_many(Role::Coordinator, 1_000).await;
    let mut out = std::io::stdout();
    writeln!(out, "{link}").unwrap();
    out.flush().unwrap();
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
    server.stop().await;
}

/// A running server; ends when it is dropped.
pub(crate) struct ServerProcess {
    child: Child,
    pub(crate) link: String,
}

impl ServerProcess {
    pub(crate) fn start() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.arg(ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut link = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut link).unwrap();
        Self { child, link: link.trim().to_owned() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        let (url, _) = self.link.split_once("/i#").unwrap();
        url.strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// The invitation for devices that reach the server through the meter.
    pub(crate) fn link_via(&self, tap: &WireTap) -> String {
        let (_, secret) = self.link.split_once("/i#").unwrap();
        format!("{}/i#{secret}", tap.url())
    }

    /// The most memory it has had so far.
    pub(crate) fn peak_memory_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0 / 1e6
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
