//! The thread that owns the core, and the handle by which everything else reaches it.
//!
//! SQLite blocks; the window must not. So the core has a thread of its own that takes jobs one at a time, and nothing
//! but this thread touches it. Network calls run elsewhere ([`crate::sync_task`]) and come back as jobs.

use crate::files::{Folder, SystemEnv, host_info};
use crate::keys::key_store;
use crate::sync_task::{Network, PokeTask};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use tauri::{AppHandle, Emitter};
use tokio::sync::oneshot;
use trygkort_core::app::{App, HttpResponse, NetworkError, Pending, Step, SyncCall};
use trygkort_core::error::{Error, ErrorCode};
use trygkort_core::ipc::{IpcError, Request};
use trygkort_core::store::StoreError;

/// The name under which the screens hear of events.
const EVENT: &str = "trygkort";
/// The demo's base map in the bundle.
const DEMO_MAP: &str = "demo.pmtiles";
/// Closing the databases takes milliseconds; a hung disk must not keep the program from ending.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

type Reply<T> = oneshot::Sender<Result<T, IpcError>>;

/// What the core's thread is asked to do.
pub(crate) enum Job {
    /// A request of the screens.
    Ask { request: String, reply: Reply<String> },
    /// The server's answer to a request that only it can answer.
    Resume { pending: Pending, response: Result<HttpResponse, NetworkError>, reply: Reply<String> },
    /// The open area's base map.
    Basemap { reply: Reply<Option<Vec<u8>>> },
    /// The server's answer to synchronising.
    Synced { call: SyncCall, response: Result<HttpResponse, NetworkError> },
    /// Something may have changed elsewhere.
    SyncSoon,
    /// Close the databases and end.
    Close { closed: Sender<()> },
}

/// The handle to the core's thread.
pub(crate) struct Host {
    jobs: Sender<Job>,
}

impl Host {
    /// Starts the thread over the databases in `folder`.
    pub(crate) fn start(window: AppHandle, folder: PathBuf) -> Result<Self, Box<dyn std::error::Error>> {
        let (jobs, queue) = channel();
        let network = Network::new(jobs.clone())?;
        std::thread::Builder::new().name("core".to_owned()).spawn(move || {
            let core = Core {
                folder,
                window,
                network,
                app: None,
                tried: false,
                unreported: None,
                syncing: false,
                retry_at: None,
                poke: None,
            };
            core.run(&queue);
        })?;
        let host = Self { jobs };
        host.sync_soon();
        Ok(host)
    }

    pub(crate) async fn ask(&self, request: String) -> Result<String, IpcError> {
        self.wait_for(|reply| Job::Ask { request, reply }).await
    }

    pub(crate) async fn basemap(&self) -> Result<Option<Vec<u8>>, IpcError> {
        self.wait_for(|reply| Job::Basemap { reply }).await
    }

    pub(crate) fn sync_soon(&self) {
        // Without the thread there is nothing to synchronise; requests say so.
        let _ = self.jobs.send(Job::SyncSoon);
    }

    /// Waits until the databases are closed.
    pub(crate) fn close(&self) {
        let (closed, wait) = channel();
        if self.jobs.send(Job::Close { closed }).is_ok() {
            // Too late or gone: the program ends anyway, and SQLite's journal keeps what was saved.
            let _ = wait.recv_timeout(CLOSE_TIMEOUT);
        }
    }

    async fn wait_for<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, IpcError> {
        let (reply, answer) = oneshot::channel();
        let gone = || internal("the core's thread has ended");
        self.jobs.send(job(reply)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// What lives on the core's thread.
struct Core {
    folder: PathBuf,
    window: AppHandle,
    network: Network,
    /// `None` until the databases could be opened; tried again with every request.
    app: Option<App>,
    /// Opening was tried: after that only a request does so, because a key store may ask the person each time.
    tried: bool,
    /// What is to be said of the files, when a screen asks first.
    unreported: Option<IpcError>,
    syncing: bool,
    retry_at: Option<Instant>,
    poke: Option<PokeTask>,
}

impl Core {
    fn run(mut self, queue: &Receiver<Job>) {
        loop {
            let job = match self.next(queue) {
                Ok(Job::Close { closed }) => {
                    self.poke = None;
                    if let Some(Err(error)) = self.app.take().map(App::close) {
                        tracing::error!(%error, "a database could not be closed cleanly");
                    }
                    // Nobody waits any longer: all the same.
                    let _ = closed.send(());
                    return;
                }
                Ok(job) => job,
                Err(()) => return,
            };
            self.take(job);
            self.keep_in_step();
        }
    }

    /// The next job; a failed synchronisation is tried again when its time has come.
    fn next(&mut self, queue: &Receiver<Job>) -> Result<Job, ()> {
        let Some(at) = self.retry_at else { return queue.recv().map_err(drop) };
        match queue.recv_timeout(at.saturating_duration_since(Instant::now())) {
            Ok(job) => Ok(job),
            Err(RecvTimeoutError::Timeout) => Ok(Job::SyncSoon),
            Err(RecvTimeoutError::Disconnected) => Err(()),
        }
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Ask { request, reply } => self.ask(&request, reply),
            Job::Resume { pending, response, reply } => match self.app() {
                Ok(app) => {
                    let step = app.resume(pending, response);
                    self.take_step(step, reply);
                }
                Err(error) => answer(reply, Err(error)),
            },
            Job::Basemap { reply } => {
                let result = self.app().and_then(|app| Ok(app.basemap()?));
                answer(reply, result);
            }
            Job::Synced { call, response } => {
                self.syncing = false;
                if let Some(app) = &mut self.app {
                    app.finish_sync(call, response);
                    self.retry_at = app.retry_after_ms().map(|ms| Instant::now() + Duration::from_millis(ms));
                }
            }
            Job::SyncSoon => {
                self.retry_at = None;
                if !self.tried {
                    // The screens ask in a moment and get the reason themselves.
                    drop(self.app().map(drop));
                }
                if let Some(app) = &mut self.app {
                    app.request_sync();
                }
            }
            Job::Close { .. } => {}
        }
    }

    fn ask(&mut self, request: &str, reply: Reply<String>) {
        let request: Request = match serde_json::from_str(request) {
            Ok(request) => request,
            Err(error) => return answer(reply, Err(not_understood(&error))),
        };
        let may_want_map = matches!(request, Request::OpenDemo(_));
        if matches!(request, Request::Boot(_))
            && self.app().is_ok()
            && let Some(error) = self.unreported.take()
        {
            return answer(reply, Err(error));
        }
        match self.app() {
            Ok(app) => {
                let step = app.handle(request);
                self.take_step(step, reply);
            }
            Err(error) => answer(reply, Err(error)),
        }
        if may_want_map {
            self.keep_demo_map();
        }
    }

    fn take_step(&self, step: Step, reply: Reply<String>) {
        match step {
            Step::Reply(result) => answer(reply, result),
            Step::Fetch { request, then } => self.network.call(request, then, reply),
        }
    }

    /// Synchronises when there is something to do, listens for pokes and tells the screens what happened.
    fn keep_in_step(&mut self) {
        let Some(app) = &mut self.app else { return };
        if !self.syncing
            && let Some((call, request)) = app.next_sync()
        {
            self.syncing = true;
            self.network.sync(request, call);
        }
        let wanted = app.poke_request();
        let served = match (&self.poke, &wanted) {
            (Some(task), Some(request)) => task.serves(request),
            (None, None) => true,
            _ => false,
        };
        if !served {
            self.poke = wanted.map(|request| self.network.listen(request));
        }
        for event in app.take_events() {
            let json = serde_json::to_string(&event).expect("events are plain data");
            if self.window.emit(EVENT, json).is_err() {
                tracing::warn!("an event did not reach the window");
            }
        }
    }

    /// The core, opened now if it was not.
    fn app(&mut self) -> Result<&mut App, IpcError> {
        if self.app.is_none() {
            self.tried = true;
            let (app, key_lost) = open(&self.folder).inspect_err(|error| {
                tracing::error!(code = ?error.code, "the databases could not be opened");
            })?;
            if key_lost {
                tracing::error!("the key of the databases is lost; they were moved aside");
                self.unreported = Some(Error::from(StoreError::KeyLost).into());
            }
            self.app = Some(app);
            self.keep_demo_map();
        }
        self.app.as_mut().ok_or_else(|| internal("the core is not open"))
    }

    /// Gives the built-in demo its base map, which is a file of the app.
    fn keep_demo_map(&mut self) {
        let Some(app) = &mut self.app else { return };
        if !app.wants_demo_basemap() {
            return;
        }
        match self.window.asset_resolver().get(DEMO_MAP.to_owned()) {
            Some(asset) if app.set_demo_basemap(asset.bytes()).is_ok() => {}
            Some(_) => tracing::warn!("the demo's base map could not be kept"),
            None => tracing::warn!("the bundle has no base map for the demo"),
        }
    }
}

/// Opens the core; also says whether the key of its files was lost.
fn open(folder: &Path) -> Result<(App, bool), IpcError> {
    let taken = Folder::take(folder, key_store()).map_err(Error::from)?.ok_or_else(|| IpcError {
        code: ErrorCode::Parked,
        detail: "another Trygkort has the data folder".to_owned(),
        field: None,
    })?;
    let app = App::open(Box::new(taken.folder), Box::new(SystemEnv), host_info())?;
    Ok((app, taken.key_lost))
}

fn answer<T>(reply: Reply<T>, result: Result<T, IpcError>) {
    // The window was closed while it waited: nobody needs the answer.
    let _ = reply.send(result);
}

fn not_understood(error: &serde_json::Error) -> IpcError {
    // The position only: the text of the error could quote what was written.
    internal(&format!("the request could not be read (line {}, column {})", error.line(), error.column()))
}

fn internal(detail: &str) -> IpcError {
    IpcError { code: ErrorCode::Internal, detail: detail.to_owned(), field: None }
}
