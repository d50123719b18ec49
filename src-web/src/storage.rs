//! SQLite's files in the browser: a pool of OPFS files, held by one worker at a time.

use gloo_timers::future::TimeoutFuture;
use rusqlite::Connection;
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_rs::vfs::VfsFilesManager;
use sqlite_wasm_rs::vfs::transfer::DbTransfer;
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use std::cell::RefCell;
use trygkort_core::app::Files;
use trygkort_core::error::ErrorCode;
use trygkort_core::ipc::IpcError;
use trygkort_core::store::StoreError;
use wasm_bindgen::JsValue;

/// Folder of the pool in the origin's private file system.
const DIRECTORY: &str = "trygkort";
/// Files that the pool can take without growing: one more area with its journal, one set aside, and one to spare.
/// The pool grows only between requests, because growing waits for the browser and SQLite cannot.
const FREE_MIN: usize = 5;

thread_local! {
    /// The pool, from the first time on. A worker has one.
    static POOL: RefCell<Option<OpfsSAHPoolUtil>> = const { RefCell::new(None) };
}

/// Why the files cannot be had.
pub(crate) enum OpenError {
    /// Another worker still holds them; its lock was released a moment before its files.
    Busy,
    /// It will not get better by waiting.
    Failed(IpcError),
}

/// The files, held until [`Pool::release`].
#[derive(Clone)]
pub(crate) struct Pool(OpfsSAHPoolUtil);

impl Pool {
    /// Takes hold of the files, or of an empty pool the first time.
    pub(crate) async fn acquire() -> Result<Self, OpenError> {
        let known = POOL.with_borrow(Clone::clone);
        let pool = match known {
            Some(pool) => {
                pool.resume().await.map_err(|error| open_error(&error))?;
                pool
            }
            None => {
                let config = OpfsSAHPoolCfgBuilder::new().directory(DIRECTORY).initial_capacity(FREE_MIN).build();
                let pool = install::<WasmOsCallback>(&config, true).await.map_err(|error| open_error(&error))?;
                POOL.set(Some(pool.clone()));
                pool
            }
        };
        Ok(Self(pool))
    }

    /// Waits for files that another worker is about to release; gives up when `wanted` says so.
    pub(crate) async fn acquire_when_free(wanted: impl Fn() -> bool) -> Option<Result<Self, IpcError>> {
        let mut wait_ms = 20;
        while wanted() {
            match Self::acquire().await {
                Ok(pool) => return Some(Ok(pool)),
                Err(OpenError::Failed(error)) => return Some(Err(error)),
                Err(OpenError::Busy) => {}
            }
            TimeoutFuture::new(wait_ms).await;
            wait_ms = (wait_ms * 2).min(500);
        }
        None
    }

    /// Makes room for the files that the next request may need.
    pub(crate) async fn make_room(&self) -> Result<(), IpcError> {
        let used = self.0.len().map_err(|error| failed(&error))?;
        self.0.ensure_capacity(used + FREE_MIN).await.map_err(|error| failed(&error))
    }

    /// Lets other tabs have the files. Every connection must be closed.
    pub(crate) fn release(self) {
        // Files that are still open would lock all other tabs out for as long as this worker lives. Crashing frees
        // them: the page starts a new worker.
        self.0.pause().expect("every database is closed before the pool is released");
    }
}

impl Files for Pool {
    fn open(&self, name: &str) -> Result<Connection, StoreError> {
        Ok(Connection::open(name)?)
    }

    fn exists(&self, name: &str) -> bool {
        self.0.contains(name).unwrap_or(false)
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        for file in [name.to_owned(), journal_of(name)] {
            self.0.remove(&file).map_err(|error| StoreError::Refused(error.to_string()))?;
        }
        Ok(())
    }

    /// Renames the file to `NAME.damaged-1` or the next free number, its journal to `NAME.damaged-1.journal`. The pool
    /// cannot rename, so each is copied before the original goes: at no moment is there less than one copy.
    fn set_aside(&self, name: &str) -> Result<(), StoreError> {
        let aside = (1..)
            .map(|number| format!("{name}.damaged-{number}"))
            .find(|aside| !self.exists(aside))
            .expect("numbers do not run out");
        // The journal first: the pool does not export a database beside one.
        self.rename(&journal_of(name), &format!("{aside}.journal"))?;
        self.rename(name, &aside)
    }

    fn wipe(&self) -> Result<(), StoreError> {
        self.0.clear().map_err(|error| StoreError::Refused(error.to_string()))
    }
}

impl Pool {
    fn rename(&self, from: &str, to: &str) -> Result<(), StoreError> {
        if !self.exists(from) {
            return Ok(());
        }
        let copy = || {
            let bytes = self.0.export_db(from)?;
            if !bytes.is_empty() {
                self.0.import_db_unchecked(to, &bytes)?;
            }
            self.0.remove(from)
        };
        copy().map(drop).map_err(|error: OpfsSAHError| StoreError::Refused(error.to_string()))
    }
}

fn journal_of(name: &str) -> String {
    format!("{name}-journal")
}

/// Words an error of the pool for the screens.
fn failed(error: &OpfsSAHError) -> IpcError {
    IpcError { code: code_of(error), detail: format!("browser storage: {error}"), field: None }
}

fn open_error(error: &OpfsSAHError) -> OpenError {
    match error {
        OpfsSAHError::Busy => OpenError::Busy,
        OpfsSAHError::Opfs { value, .. } if js_name(value) == "NoModificationAllowedError" => OpenError::Busy,
        other => OpenError::Failed(failed(other)),
    }
}

fn code_of(error: &OpfsSAHError) -> ErrorCode {
    match error {
        OpfsSAHError::Opfs { value, .. } if js_name(value) == "QuotaExceededError" => ErrorCode::StorageFull,
        // Private windows and blocked site data answer with one of several errors, depending on the browser.
        OpfsSAHError::Opfs { .. } | OpfsSAHError::NotSupported => ErrorCode::StorageRefused,
        OpfsSAHError::InvalidHeader { .. } | OpfsSAHError::DuplicateFilename(_) => ErrorCode::StorageDamaged,
        OpfsSAHError::Cleanup { error, .. } => code_of(error),
        _ => ErrorCode::Internal,
    }
}

fn js_name(value: &JsValue) -> String {
    js_sys::Reflect::get(value, &"name".into()).ok().and_then(|name| name.as_string()).unwrap_or_default()
}
