//! The areas' files, on a fixed number of threads.
//!
//! An area belongs to one thread, so its file has one writer and needs no lock. A thread drains its queue, does all
//! jobs of one area in one transaction and answers after the commit ([`group_commit`]). Files are opened when they are
//! needed; at most [`OPEN_FILES`] stay open, and those nobody asked for in a while are closed: thousands of idle areas
//! cost nothing.

use crate::group_commit::{self, Database, Failure, Health, Job};
use lru::LruCache;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use trygkort_core::domain::AreaId;

/// How many threads write.
pub(crate) const THREADS: usize = 4;
/// How many files are open at once, all threads together.
pub(crate) const OPEN_FILES: usize = 256;
/// How long a file stays open that nobody asks for.
const IDLE: Duration = Duration::from_secs(300);
/// More waiting work than this on one thread is refused instead of queued.
const QUEUE: usize = 1024;
/// How many waiting jobs are looked at together.
const BATCH: usize = 256;

/// Opens the file of an area.
pub(crate) type Open<D> = Arc<dyn Fn(AreaId) -> Result<D, Failure> + Send + Sync>;

/// Which file lies where an area's file should; nothing when none does. The command line may delete an area and put
/// another file in its place while the server has the old one open.
pub(crate) type Identity = Arc<dyn Fn(AreaId) -> Option<u64> + Send + Sync>;

enum Task<D> {
    Work(AreaId, Job<D>),
    Stop,
}

/// The way to the areas' files for everything that runs in the server.
pub(crate) struct AreaPool<D> {
    queues: Vec<SyncSender<Task<D>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl<D: Database + 'static> AreaPool<D> {
    /// Starts the threads. No file is opened yet.
    pub(crate) fn start(open: &Open<D>, identity: &Identity) -> io::Result<Self> {
        let mut pool = Self { queues: Vec::new(), threads: Mutex::default() };
        for number in 0..THREADS {
            let (queue, tasks) = sync_channel(QUEUE);
            let (open, identity) = (open.clone(), identity.clone());
            let thread = std::thread::Builder::new().name(format!("areas-{number}"));
            let thread = thread.spawn(move || Worker::new(open, identity).serve(&tasks))?;
            pool.queues.push(queue);
            pool.threads.get_mut().unwrap_or_else(PoisonError::into_inner).push(thread);
        }
        Ok(pool)
    }

    /// Does `work` on an area's file; answers once it is on the disk.
    ///
    /// `work` undoes its own changes when it answers with an error: other requests share the transaction.
    pub(crate) async fn run<T, E>(
        &self,
        area: AreaId,
        work: impl FnOnce(&mut D) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Failure> + Send + 'static,
    {
        let (job, receiver) = group_commit::job(work);
        self.queue_of(area).try_send(Task::Work(area, job)).map_err(|error| match error {
            TrySendError::Full(_) => Failure::Busy,
            TrySendError::Disconnected(_) => Failure::Closed,
        })?;
        let lost = || Failure::Database("the request ended in a panic".to_owned());
        receiver.await.unwrap_or_else(|_| Err(lost().into()))
    }

    /// Does what is waiting, closes every file and ends the threads.
    pub(crate) fn close(&self) {
        for queue in &self.queues {
            // Fails only when the thread is gone already.
            drop(queue.send(Task::Stop));
        }
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the areas ended in a panic");
            }
        }
    }

    fn queue_of(&self, area: AreaId) -> &SyncSender<Task<D>> {
        let mut hasher = DefaultHasher::new();
        area.hash(&mut hasher);
        let thread = usize::try_from(hasher.finish() % THREADS as u64).unwrap_or(0);
        &self.queues[thread]
    }
}

struct Worker<D> {
    open: Open<D>,
    identity: Identity,
    files: LruCache<AreaId, OpenFile<D>>,
}

struct OpenFile<D> {
    database: D,
    used: Instant,
    identity: Option<u64>,
}

impl<D: Database> Worker<D> {
    fn new(open: Open<D>, identity: Identity) -> Self {
        let capacity = const { NonZeroUsize::new(OPEN_FILES / THREADS).expect("more files than threads") };
        Self { open, identity, files: LruCache::new(capacity) }
    }

    fn serve(mut self, tasks: &Receiver<Task<D>>) {
        loop {
            let first = match tasks.recv_timeout(IDLE) {
                Ok(task) => task,
                Err(RecvTimeoutError::Timeout) => {
                    self.close_idle();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let waiting = std::iter::once(first).chain(tasks.try_iter().take(BATCH - 1));
            let (batches, stop) = by_area(waiting);
            for (area, jobs) in batches {
                self.run(area, jobs);
            }
            self.close_idle();
            if stop {
                return;
            }
        }
    }

    fn run(&mut self, area: AreaId, jobs: Vec<Job<D>>) {
        let health = match self.file(area) {
            Ok(file) => group_commit::run(&mut file.database, jobs),
            Err(failure) => {
                tracing::error!(%area, error = %failure, "the area's file cannot be opened");
                group_commit::refuse(jobs, &failure);
                return;
            }
        };
        if health == Health::Doubtful {
            tracing::error!(%area, "the area's transaction failed; its file is closed and opened anew");
            self.files.pop(&area);
        }
    }

    fn file(&mut self, area: AreaId) -> Result<&mut OpenFile<D>, Failure> {
        let identity = (self.identity)(area);
        if self.files.peek(&area).is_some_and(|file| file.identity != identity) {
            self.files.pop(&area);
        }
        let open =
            || -> Result<_, Failure> { Ok(OpenFile { database: (self.open)(area)?, used: Instant::now(), identity }) };
        let file = self.files.try_get_or_insert_mut(area, open)?;
        file.used = Instant::now();
        Ok(file)
    }

    /// Closes files from the least used end until one was used lately.
    fn close_idle(&mut self) {
        while self.files.peek_lru().is_some_and(|(_, file)| file.used.elapsed() > IDLE) {
            self.files.pop_lru();
        }
    }
}

type Batches<D> = Vec<(AreaId, Vec<Job<D>>)>;

/// The waiting jobs, area by area, each area's in the order they came; and whether to stop afterwards.
fn by_area<D>(tasks: impl Iterator<Item = Task<D>>) -> (Batches<D>, bool) {
    let mut batches: Batches<D> = Vec::new();
    let mut stop = false;
    for task in tasks {
        match task {
            Task::Stop => stop = true,
            Task::Work(area, job) => match batches.iter_mut().find(|(known, _)| *known == area) {
                Some((_, jobs)) => jobs.push(job),
                None => batches.push((area, vec![job])),
            },
        }
    }
    (batches, stop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use trygkort_core::domain::RowId;
    use uuid::Uuid;

    #[derive(Default)]
    struct Counts {
        opened: AtomicUsize,
        closed: AtomicUsize,
        commits: AtomicUsize,
    }

    struct Fake(Arc<Counts>);

    impl Drop for Fake {
        fn drop(&mut self) {
            self.0.closed.fetch_add(1, Ordering::SeqCst);
        }
    }

    impl Database for Fake {
        fn begin(&mut self) -> Result<(), Failure> {
            Ok(())
        }

        fn commit(&mut self) -> Result<(), Failure> {
            self.0.commits.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }

        fn rollback(&mut self) {}
    }

    fn pool(counts: &Arc<Counts>) -> AreaPool<Fake> {
        let counts = counts.clone();
        let open: Open<Fake> = Arc::new(move |_| {
            counts.opened.fetch_add(1, Ordering::SeqCst);
            Ok(Fake(counts.clone()))
        });
        let identity: Identity = Arc::new(|area| Some(u64::from(area.0.0.as_bytes()[15])));
        AreaPool::start(&open, &identity).unwrap()
    }

    fn area(number: u128) -> AreaId {
        AreaId(RowId(Uuid::from_u128(number)))
    }

    #[tokio::test]
    async fn no_more_than_the_agreed_number_of_files_is_open() {
        let counts = Arc::default();
        let pool = pool(&counts);
        for number in 0..1000 {
            pool.run(area(number), |_| Ok::<_, Failure>(())).await.unwrap();
        }
        let open = counts.opened.load(Ordering::SeqCst) - counts.closed.load(Ordering::SeqCst);
        assert!((1..=OPEN_FILES).contains(&open), "{open} files are open");
        assert_eq!(counts.opened.load(Ordering::SeqCst), 1000);
        pool.close();
        assert_eq!(counts.closed.load(Ordering::SeqCst), 1000);
    }

    #[tokio::test]
    async fn what_waits_for_one_area_is_committed_together() {
        let counts: Arc<Counts> = Arc::default();
        let pool = pool(&counts);
        let (release, hold) = std::sync::mpsc::channel::<()>();
        let first = pool.run(area(1), move |_| {
            hold.recv().unwrap();
            Ok::<_, Failure>(())
        });
        let others = futures::future::join_all((0..100).map(|_| pool.run(area(1), |_| Ok::<_, Failure>(()))));
        let releasing = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            release.send(()).unwrap();
        };
        let (one, rest, ()) = tokio::join!(first, others, releasing);
        one.unwrap();
        assert!(rest.into_iter().all(|result| result.is_ok()));
        let commits = counts.commits.load(Ordering::SeqCst);
        assert!(commits <= 3, "{commits} commits for 101 jobs");
        pool.close();
    }

    #[tokio::test]
    async fn a_file_that_was_put_in_anothers_place_is_opened() {
        let counts: Arc<Counts> = Arc::default();
        let (opened, lies_there) = (counts.clone(), Arc::new(AtomicUsize::new(7)));
        let open: Open<Fake> = Arc::new(move |_| {
            opened.opened.fetch_add(1, Ordering::SeqCst);
            Ok(Fake(opened.clone()))
        });
        let asked = lies_there.clone();
        let identity: Identity = Arc::new(move |_| u64::try_from(asked.load(Ordering::SeqCst)).ok());
        let pool = AreaPool::start(&open, &identity).unwrap();
        for (file, opened) in [(7, 1), (7, 1), (8, 2), (8, 2)] {
            lies_there.store(file, Ordering::SeqCst);
            pool.run(area(1), |_| Ok::<_, Failure>(())).await.unwrap();
            assert_eq!(counts.opened.load(Ordering::SeqCst), opened);
        }
        pool.close();
    }

    #[tokio::test]
    async fn a_panic_closes_the_file_and_the_next_request_works() {
        let counts: Arc<Counts> = Arc::default();
        let pool = pool(&counts);
        let failed = pool.run(area(1), |_| -> Result<(), Failure> { panic!("on purpose") }).await;
        assert!(failed.is_err());
        pool.run(area(1), |_| Ok::<_, Failure>(())).await.unwrap();
        assert_eq!(counts.opened.load(Ordering::SeqCst), 2);
        pool.close();
        let closed = pool.run(area(1), |_| Ok::<_, Failure>(())).await;
        assert!(matches!(closed, Err(Failure::Closed)));
    }
}
