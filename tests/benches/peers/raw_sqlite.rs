//! The floors under every push: SQLite that keeps what it is given, and commits once for everyone who waits.
//!
//! They ask nobody who they are, look at nothing and answer nothing. As the server does, they wait with their answer
//! until the disk has what was written: WAL with `synchronous=FULL`.

use crate::same_rows;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use rusqlite::Connection;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

/// What is kept of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Floor {
    /// The request as it came, one blob in a table of one: the strictest.
    Blob,
    /// What [`same_rows`] says that the server left of it, in a copy of the server's own file: the same tables,
    /// indexes, rows and bytes.
    Rows,
}

impl Floor {
    pub(crate) const ALL: [Self; 2] = [Self::Blob, Self::Rows];

    /// What it does, as a figure's name says it.
    pub(crate) const fn does(self) -> &'static str {
        match self {
            Self::Blob => "keeping one blob",
            Self::Rows => "writing the same rows",
        }
    }

    /// What it does, in full.
    pub(crate) const fn note(self) -> &'static str {
        match self {
            Self::Blob => "each push is kept as it came, one blob in a table of one; nothing is judged",
            Self::Rows => {
                "the rows that the server's push left in its tables are written into a copy of its file, byte for byte \
                 and with its indexes; nothing is worked out or judged"
            }
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Rows => "rows",
        }
    }

    pub(crate) fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|floor| floor.name() == name).expect("one of the floors")
    }

    fn open(self, folder: &Path) -> Connection {
        let conn = Connection::open(folder.join(FILE)).unwrap();
        conn.pragma_update(None, "journal_mode", "wal").unwrap();
        conn.pragma_update(None, "synchronous", "FULL").unwrap();
        match self {
            Self::Blob => {
                conn.execute_batch("CREATE TABLE push (id INTEGER PRIMARY KEY, body BLOB NOT NULL)").unwrap();
            }
            // The server overwrites what it replaces.
            Self::Rows => conn.pragma_update(None, "secure_delete", true).unwrap(),
        }
        conn
    }

    fn write(self, conn: &Connection, body: &[u8]) {
        match self {
            Self::Blob => {
                conn.prepare_cached("INSERT INTO push (body) VALUES (?1)").unwrap().execute([body]).unwrap();
            }
            Self::Rows => same_rows::write(conn, body),
        }
    }
}

/// The file of a floor in its folder.
pub(crate) const FILE: &str = "raw.db";

type Write = (Bytes, oneshot::Sender<()>);

/// A file, and a thread that writes into it. Ends when it is dropped.
#[derive(Clone)]
pub(crate) struct RawSqlite {
    queue: Sender<Write>,
}

impl RawSqlite {
    pub(crate) fn open(floor: Floor, folder: &Path) -> Self {
        let conn = floor.open(folder);
        let (queue, writes) = channel();
        std::thread::spawn(move || write_all(floor, &conn, &writes));
        Self { queue }
    }

    /// Keeps what `body` says; answers once it is on the disk.
    pub(crate) async fn push(&self, body: Bytes) {
        let (done, kept) = oneshot::channel();
        self.queue.send((body, done)).unwrap();
        kept.await.unwrap();
    }
}

fn write_all(floor: Floor, conn: &Connection, writes: &Receiver<Write>) {
    while let Ok(first) = writes.recv() {
        conn.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut waiting = Vec::new();
        for (body, done) in std::iter::once(first).chain(writes.try_iter()) {
            floor.write(conn, &body);
            waiting.push(done);
        }
        conn.execute_batch("COMMIT").unwrap();
        for done in waiting {
            let _ = done.send(());
        }
    }
}

/// The same behind HTTP, with the library that the server uses, until the standard input closes.
pub(crate) async fn serve(floor: Floor, address: SocketAddr, folder: &str) {
    let raw = Arc::new(RawSqlite::open(floor, Path::new(folder)));
    let keep = async |State(raw): State<Arc<RawSqlite>>, body: Bytes| {
        raw.push(body).await;
        StatusCode::NO_CONTENT
    };
    let app = Router::new().route("/", post(keep)).with_state(raw);
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let closed = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    axum::serve(listener, app).with_graceful_shutdown(async { drop(closed.await) }).await.unwrap();
}
