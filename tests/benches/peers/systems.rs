//! Who is compared: how each one's server and client are started.

use crate::process::{ClientProcess, Outcome, ServerProcess, free_address};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One of those compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    Trygkort,
    PouchDb,
    Turso,
    /// All pins in one document.
    AutomergeOne,
    /// A document for each pin.
    AutomergeEach,
    Loro,
}

impl System {
    pub(crate) const ALL: [System; 6] =
        [Self::Trygkort, Self::PouchDb, Self::Turso, Self::AutomergeOne, Self::AutomergeEach, Self::Loro];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Trygkort => "Trygkort",
            Self::PouchDb => "PouchDB",
            Self::Turso => "Turso",
            Self::AutomergeOne => "automerge-repo, one document",
            Self::AutomergeEach => "automerge-repo, a document each",
            Self::Loro => "Loro in memory",
        }
    }

    /// Whether there is a server behind a wire.
    pub(crate) fn is_networked(self) -> bool {
        self != Self::Loro
    }

    /// Whether it takes part in work B, and in C.
    pub(crate) fn edits(self) -> bool {
        self != Self::AutomergeEach
    }

    /// Starts its server on the data in `folder`.
    pub(crate) fn serve(self, peers: &Peers, folder: &Path) -> Outcome<ServerProcess> {
        let address = free_address()?;
        let mut command = match self {
            Self::Trygkort => {
                let mut command = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
                command.arg("--serve").arg(address.to_string()).arg(folder).arg("1");
                command
            }
            Self::PouchDb => {
                let mut command = peers.node("pouchdb.mjs")?;
                command.arg("serve").arg(address.to_string()).arg(folder);
                command
            }
            Self::Turso => {
                let mut command = Command::new(peers.file("node_modules/@tursodatabase/cli-linux-x64-gnu/tursodb")?);
                command.arg(folder.join("server.db")).arg("--sync-server").arg(address.to_string());
                command
            }
            Self::AutomergeOne | Self::AutomergeEach => {
                let mut command = peers.node("node_modules/@automerge/automerge-repo-sync-server/src/index.js")?;
                command.env("PORT", address.port().to_string()).env("DATA_DIR", folder);
                command
            }
            Self::Loro => return Err("Loro has no server".to_owned()),
        };
        ServerProcess::start(&mut command, address, matches!(self, Self::Trygkort | Self::PouchDb))
    }

    /// Starts its client, which keeps what it has in `folder` and reaches the server at `address`.
    pub(crate) fn client(self, peers: &Peers, address: SocketAddr, folder: &Path) -> Outcome<ClientProcess> {
        let script = match self {
            Self::Trygkort => {
                let mut command = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
                return ClientProcess::start(command.arg("--client").arg(address.to_string()));
            }
            Self::PouchDb => "pouchdb.mjs",
            Self::Turso => "turso.mjs",
            Self::AutomergeOne | Self::AutomergeEach => "automerge.mjs",
            Self::Loro => "loro.mjs",
        };
        let mut command = peers.node(script)?;
        command.arg("client").arg(address.to_string()).arg(folder);
        command.arg(if self == Self::AutomergeEach { "each" } else { "one" });
        ClientProcess::start(&mut command)
    }
}

/// Where the peers are installed, or why they are not.
pub(crate) struct Peers(Outcome<PathBuf>);

impl Peers {
    /// As `cargo xtask bench` says in the environment.
    pub(crate) fn find() -> Self {
        let installed = std::env::var_os("TRYGKORT_BENCH_PEERS").map(PathBuf::from);
        let why = std::env::var("TRYGKORT_BENCH_PEERS_ERROR");
        let why = why.unwrap_or_else(|_| "they are not installed; `cargo xtask bench --only sync` does it".to_owned());
        Self(installed.ok_or(why))
    }

    fn file(&self, path: &str) -> Outcome<PathBuf> {
        let file = self.0.clone()?.join(path);
        if file.is_file() { Ok(file) } else { Err(format!("{path} was not installed")) }
    }

    fn node(&self, script: &str) -> Outcome<Command> {
        let mut command = Command::new("node");
        command.arg(self.file(script)?);
        Ok(command)
    }
}
