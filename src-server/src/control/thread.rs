//! The thread that owns the server's connection to `control.db`.

use super::{ControlDb, ControlError, Reader, Writer};
use crate::group_commit::{self, Failure, Job};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// More waiting work than this is refused instead of queued.
const QUEUE: usize = 4096;
const BATCH: usize = 256;

type Look = Box<dyn FnOnce(Reader<'_>) + Send>;

enum Task {
    Read(Look),
    Write(Job<ControlDb>),
    Stop,
}

/// The way to `control.db` for everything that runs in the server.
pub(crate) struct Control {
    queue: SyncSender<Task>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Control {
    /// Starts the thread.
    pub(crate) fn start(db: ControlDb) -> io::Result<Self> {
        let (queue, tasks) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new().name("control".to_owned()).spawn(move || serve(db, &tasks))?;
        Ok(Self { queue, thread: Mutex::new(Some(thread)) })
    }

    /// Looks something up.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(Reader<'_>) -> Result<T, ControlError> + Send + 'static,
    ) -> Result<T, ControlError> {
        let (sender, receiver) = oneshot::channel();
        self.send(Task::Read(Box::new(move |reader| drop(sender.send(look(reader))))))?;
        receiver.await.unwrap_or_else(|_| Err(lost()))
    }

    /// Looks something up for a thread that may wait: not for one of the runtime's.
    pub(crate) fn read_blocking<T: Send + 'static>(
        &self,
        look: impl FnOnce(Reader<'_>) -> Result<T, ControlError> + Send + 'static,
    ) -> Result<T, ControlError> {
        let (sender, receiver) = oneshot::channel();
        self.send(Task::Read(Box::new(move |reader| drop(sender.send(look(reader))))))?;
        receiver.blocking_recv().unwrap_or_else(|_| Err(lost()))
    }

    /// Changes something; answers once it is on the disk.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Writer<'_>) -> Result<T, ControlError> + Send + 'static,
    ) -> Result<T, ControlError> {
        let (job, receiver) = group_commit::job(|db: &mut ControlDb| db.write_in_batch(work));
        self.send(Task::Write(job))?;
        receiver.await.unwrap_or_else(|_| Err(lost()))
    }

    /// Changes something that nobody waits for.
    pub(crate) fn write_soon(&self, work: impl FnOnce(&Writer<'_>) -> Result<(), ControlError> + Send + 'static) {
        let (job, _) = group_commit::job(|db: &mut ControlDb| db.write_in_batch(work));
        if self.send(Task::Write(job)).is_err() {
            tracing::debug!("control.db: the queue is full, a note was left out");
        }
    }

    /// Does what is waiting, closes the file and ends the thread.
    pub(crate) fn close(&self) {
        // Fails only when the thread is gone already.
        drop(self.queue.send(Task::Stop));
        let thread = self.thread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("control.db: the thread ended in a panic");
        }
    }

    fn send(&self, task: Task) -> Result<(), ControlError> {
        self.queue.try_send(task).map_err(|error| match error {
            TrySendError::Full(_) => Failure::Busy.into(),
            TrySendError::Disconnected(_) => Failure::Closed.into(),
        })
    }
}

fn lost() -> ControlError {
    ControlError::Failed("the request ended in a panic".to_owned())
}

fn serve(mut db: ControlDb, tasks: &Receiver<Task>) {
    while let Ok(first) = tasks.recv() {
        let mut writes = Vec::new();
        let mut stop = false;
        let waiting = std::iter::once(first).chain(tasks.try_iter().take(BATCH - 1));
        for task in waiting {
            match task {
                // Outside the transaction: a look must not see what is not committed.
                Task::Read(look) => look_up(&db, look),
                Task::Write(job) => writes.push(job),
                Task::Stop => stop = true,
            }
        }
        if !writes.is_empty() {
            group_commit::run(&mut db, writes);
        }
        if stop {
            return;
        }
    }
}

fn look_up(db: &ControlDb, look: Look) {
    if catch_unwind(AssertUnwindSafe(|| look(db.reader()))).is_err() {
        tracing::error!("control.db: a look-up ended in a panic");
    }
}
