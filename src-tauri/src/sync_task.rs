//! The network: every call runs beside the core's thread and comes back to it as a job.

use crate::state::Job;
use std::sync::mpsc::Sender;
use std::time::Duration;
use tauri::async_runtime::{self, JoinHandle};
use tokio::sync::oneshot;
use trygkort_core::app::{HttpRequest, HttpResponse, NetworkError, Pending, SyncCall};
use trygkort_core::ipc::IpcError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A person waits for these.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Nobody waits for these, and a first page or a base map over a bad connection takes its time.
const SYNC_TIMEOUT: Duration = Duration::from_secs(120);
/// The server says something every 25 s; a connection that is silent for longer than this is dead.
const SILENCE_MAX: Duration = Duration::from_secs(70);
/// Longest time between attempts to listen.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Sends requests for the core.
pub(crate) struct Network {
    client: reqwest::Client,
    jobs: Sender<Job>,
}

impl Network {
    pub(crate) fn new(jobs: Sender<Job>) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("Trygkort/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            // A token is for the server it was given by; an answer that leads elsewhere is an error.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { client, jobs })
    }

    /// Asks the server for the screens.
    pub(crate) fn call(
        &self,
        request: HttpRequest,
        pending: Pending,
        reply: oneshot::Sender<Result<String, IpcError>>,
    ) {
        self.spawn(request, CALL_TIMEOUT, move |response| Job::Resume { pending, response, reply });
    }

    /// Asks the server for the sync engine.
    pub(crate) fn sync(&self, request: HttpRequest, call: SyncCall) {
        self.spawn(request, SYNC_TIMEOUT, move |response| Job::Synced { call, response });
    }

    /// Listens for changes until the task is dropped.
    pub(crate) fn listen(&self, request: HttpRequest) -> PokeTask {
        let task = async_runtime::spawn(listen(self.client.clone(), request.clone(), self.jobs.clone()));
        PokeTask { request, task }
    }

    fn spawn(
        &self,
        request: HttpRequest,
        timeout: Duration,
        job: impl FnOnce(Result<HttpResponse, NetworkError>) -> Job + Send + 'static,
    ) {
        let (client, jobs) = (self.client.clone(), self.jobs.clone());
        async_runtime::spawn(async move {
            let response = tokio::time::timeout(timeout, send(&client, request)).await;
            // The core's thread has ended: the program is closing.
            let _ = jobs.send(job(response.unwrap_or(Err(NetworkError))));
        });
    }
}

/// Listens to the server's stream of pokes. Stops when dropped.
pub(crate) struct PokeTask {
    request: HttpRequest,
    task: JoinHandle<()>,
}

impl PokeTask {
    /// Whether this is the stream that `request` asks for.
    pub(crate) fn serves(&self, request: &HttpRequest) -> bool {
        self.request == *request
    }
}

impl Drop for PokeTask {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn send(client: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, NetworkError> {
    let response = start(client, request).await.map_err(|_| NetworkError)?;
    let status = response.status().as_u16();
    let body = response.bytes().await.map_err(|_| NetworkError)?.to_vec();
    Ok(HttpResponse { status, body })
}

async fn start(client: &reqwest::Client, request: HttpRequest) -> Result<reqwest::Response, reqwest::Error> {
    let request = request.packed();
    let method = reqwest::Method::from_bytes(request.method.as_bytes()).unwrap_or(reqwest::Method::GET);
    let mut builder = client.request(method, request.url);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    if !request.body.is_empty() {
        builder = builder.body(request.body);
    }
    builder.send().await
}

async fn listen(client: reqwest::Client, request: HttpRequest, jobs: Sender<Job>) {
    let mut wait = Wait::default();
    let mut first = true;
    loop {
        let response = tokio::time::timeout(SILENCE_MAX, start(&client, request.clone())).await;
        if let Ok(Ok(response)) = response
            && response.status().is_success()
        {
            wait = Wait::default();
            // Whatever was said while nobody listened is asked for.
            if !first && jobs.send(Job::SyncSoon).is_err() {
                return;
            }
            first = false;
            read(response, &jobs).await;
        }
        tokio::time::sleep(wait.next()).await;
    }
}

/// Pokes the core for every line that says more than that the connection is there; ends with the stream.
async fn read(mut response: reqwest::Response, jobs: &Sender<Job>) {
    let mut line = Vec::new();
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout(SILENCE_MAX, response.chunk()).await {
        if says_changed(&mut line, &chunk) && jobs.send(Job::SyncSoon).is_err() {
            return;
        }
    }
}

/// Whether these bytes end a line that is not a keep-alive. `line` holds what has come of the last one.
fn says_changed(line: &mut Vec<u8>, bytes: &[u8]) -> bool {
    const LINE_MAX: usize = 256;
    let mut changed = false;
    for &byte in bytes {
        if byte == b'\n' {
            changed |= !matches!(line.trim_ascii(), b"" | b"alive");
            line.clear();
        } else if line.len() < LINE_MAX {
            line.push(byte);
        }
    }
    changed
}

/// Waiting times of a connection that fails: doubling from one second, up to half of it taken off at random, so that
/// an area's devices do not all come back in the same second after their server restarted.
#[derive(Default)]
struct Wait {
    failures: u32,
}

impl Wait {
    fn next(&mut self) -> Duration {
        let full = Duration::from_secs(1 << self.failures.min(6)).min(WAIT_MAX);
        self.failures += 1;
        let mut random = [0; 1];
        // Without randomness the wait is merely the whole one.
        let _ = getrandom::fill(&mut random);
        full - full.mul_f64(0.5 * f64::from(random[0]) / 255.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_spread() {
        let mut wait = Wait::default();
        for full_s in [1, 2, 4, 8, 16, 32, 60, 60] {
            let waited = wait.next();
            let full = Duration::from_secs(full_s);
            assert!(waited >= full / 2 && waited <= full, "{waited:?} of {full:?}");
        }
    }

    #[test]
    fn keep_alives_do_not_poke_however_the_bytes_are_cut() {
        let mut line = Vec::new();
        assert!(!says_changed(&mut line, b"alive\nali"));
        assert!(!says_changed(&mut line, b"ve\r\n\nchan"));
        assert!(says_changed(&mut line, b"ged\nalive\n"));
        assert!(!says_changed(&mut line, &[b'x'; 10_000]));
        assert!(line.len() < 1_000);
    }
}
