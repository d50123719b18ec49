//! Several writes, one commit: the disk is asked to hold still once for everyone who was waiting.
//!
//! A [`Job`] is some work on a database whose asker waits on a channel. [`run`] does all jobs of a batch in one
//! transaction and tells the askers how it went only after the commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// Why a whole transaction failed. Every asker of the batch gets a copy.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the disk is full")]
    Full,
    #[error("the server is stopping")]
    Closed,
    #[error("too much work is waiting")]
    Busy,
    #[error("{0}")]
    Database(String),
}

impl From<&rusqlite::Error> for Failure {
    fn from(error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Failure::Full,
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Failure::Busy,
            _ => Failure::Database(error.to_string()),
        }
    }
}

/// A database that can do several jobs in one transaction.
pub(crate) trait Database {
    fn begin(&mut self) -> Result<(), Failure>;
    fn commit(&mut self) -> Result<(), Failure>;
    fn rollback(&mut self);
}

/// Work on a database. Called with the reason when the database cannot be had.
pub(crate) type Job<D> = Box<dyn FnOnce(Result<&mut D, Failure>) -> Answer + Send>;

/// Tells the asker, once it is known whether the commit went well.
pub(crate) type Answer = Box<dyn FnOnce(Result<(), Failure>) + Send>;

/// Wraps `work` as a job; the result arrives on the channel after the commit.
///
/// `work` undoes its own changes when it answers with an error: other jobs share the transaction.
pub(crate) fn job<D, T, E>(
    work: impl FnOnce(&mut D) -> Result<T, E> + Send + 'static,
) -> (Job<D>, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<Failure> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let job = move |database: Result<&mut D, Failure>| -> Answer {
        let outcome = database.map_err(E::from).and_then(work);
        Box::new(move |committed: Result<(), Failure>| {
            let outcome = outcome.and_then(|value| committed.map(|()| value).map_err(E::from));
            // The asker may have hung up; what was written stays written.
            drop(sender.send(outcome));
        })
    };
    (Box::new(job), receiver)
}

/// Whether the database is fit for the next batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    Good,
    /// A job panicked or the transaction did not end: close the file and open it anew.
    Doubtful,
}

/// Does the jobs in one transaction and answers them.
pub(crate) fn run<D: Database>(database: &mut D, jobs: Vec<Job<D>>) -> Health {
    if let Err(failure) = database.begin() {
        refuse(jobs, &failure);
        return Health::Doubtful;
    }
    let mut answers = Vec::with_capacity(jobs.len());
    let mut jobs = jobs.into_iter();
    for job in jobs.by_ref() {
        match catch_unwind(AssertUnwindSafe(|| job(Ok(&mut *database)))) {
            Ok(answer) => answers.push(answer),
            Err(_) => {
                // Whatever the job had half done goes with the whole transaction. Its own asker sees the channel close.
                database.rollback();
                let failure = Failure::Database("another request in the same transaction failed".to_owned());
                answers.into_iter().for_each(|answer| answer(Err(failure.clone())));
                refuse(jobs.collect(), &failure);
                return Health::Doubtful;
            }
        }
    }
    if trygkort_core::mutant!(AcknowledgeBeforeTheCommit) {
        answers.drain(..).for_each(|answer| answer(Ok(())));
    }
    let committed = database.commit();
    let health = if committed.is_ok() { Health::Good } else { Health::Doubtful };
    if committed.is_err() {
        database.rollback();
    }
    answers.into_iter().for_each(|answer| answer(committed.clone()));
    health
}

/// Answers every job with the same failure, doing nothing.
pub(crate) fn refuse<D>(jobs: Vec<Job<D>>, failure: &Failure) {
    for job in jobs {
        job(Err(failure.clone()))(Err(failure.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes down what happens to it.
    #[derive(Default)]
    struct Diary {
        entries: Vec<&'static str>,
        full: bool,
    }

    impl Database for Diary {
        fn begin(&mut self) -> Result<(), Failure> {
            self.entries.push("begin");
            Ok(())
        }

        fn commit(&mut self) -> Result<(), Failure> {
            self.entries.push("commit");
            if self.full { Err(Failure::Full) } else { Ok(()) }
        }

        fn rollback(&mut self) {
            self.entries.push("rollback");
        }
    }

    fn write(entry: &'static str) -> (Job<Diary>, oneshot::Receiver<Result<usize, Failure>>) {
        job(move |diary: &mut Diary| {
            diary.entries.push(entry);
            Ok(diary.entries.len())
        })
    }

    #[test]
    fn many_jobs_are_one_transaction_and_are_answered_after_it() {
        let mut diary = Diary::default();
        let ((one, mut first), (two, mut second)) = (write("one"), write("two"));
        assert_eq!(run(&mut diary, vec![one, two]), Health::Good);
        assert_eq!(diary.entries, ["begin", "one", "two", "commit"]);
        assert_eq!(first.try_recv().unwrap().unwrap(), 2);
        assert_eq!(second.try_recv().unwrap().unwrap(), 3);
    }

    #[test]
    fn nobody_is_told_of_success_when_the_commit_fails() {
        let mut diary = Diary { full: true, ..Diary::default() };
        let (one, mut first) = write("one");
        assert_eq!(run(&mut diary, vec![one]), Health::Doubtful);
        assert_eq!(diary.entries, ["begin", "one", "commit", "rollback"]);
        assert!(matches!(first.try_recv().unwrap(), Err(Failure::Full)));
    }

    #[test]
    fn a_panic_undoes_the_batch_and_everyone_hears_of_it() {
        let mut diary = Diary::default();
        let (one, mut first) = write("one");
        let (bad, mut second) = job(|_: &mut Diary| -> Result<(), Failure> { panic!("on purpose") });
        let (three, mut third) = write("three");
        assert_eq!(run(&mut diary, vec![one, bad, three]), Health::Doubtful);
        assert_eq!(diary.entries, ["begin", "one", "rollback"]);
        assert!(first.try_recv().unwrap().is_err());
        assert!(second.try_recv().is_err(), "closed without an answer");
        assert!(third.try_recv().unwrap().is_err());
    }
}
