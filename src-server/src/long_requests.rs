//! Turns for requests that take much memory once they are read.
//!
//! What is read takes many times the memory of what came, and waits for its area. So there are some turns, of which an
//! area has a few only: who keeps one area busy holds up no other. A device has one, since it waits for an answer before
//! it sends more: one that does not is answered at once, or bodies that wait would fill the memory.

use crate::error::ApiError;
use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use trygkort_core::domain::AreaId;
use uuid::Uuid;

/// So much is read at once, in some tenths of a millisecond, and takes no turn.
pub(crate) const SHORT_BYTES: usize = 16 * 1024;
/// How many are in hand at once: some 40 MB each.
const TURNS: usize = 8;
/// Of one area: while one is written, the next is read.
const TURNS_OF_AREA: usize = 2;
const TURNS_OF_DEVICE: usize = 1;
/// Whoever has waited for so long comes again later.
const WAIT: Duration = Duration::from_secs(10);

/// All turns of the server.
pub(crate) struct LongRequests {
    all: Arc<Semaphore>,
    areas: Each<AreaId>,
    devices: Each<Uuid>,
}

/// A turn, until it is dropped.
pub(crate) struct Turn {
    _permits: [OwnedSemaphorePermit; 3],
}

impl Default for LongRequests {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(TURNS)),
            areas: Each::new(TURNS_OF_AREA),
            devices: Each::new(TURNS_OF_DEVICE),
        }
    }
}

impl LongRequests {
    /// A turn for a body of this length; none where it is short. Whoever waited for one may have been locked out
    /// meanwhile.
    pub(crate) async fn turn(&self, area: AreaId, device: Uuid, bytes: usize) -> Result<Option<Turn>, ApiError> {
        if bytes <= SHORT_BYTES {
            return Ok(None);
        }
        let device = self.devices.of(device).try_acquire_owned().map_err(|_| ApiError::unavailable())?;
        let waiting = async {
            // The area's first: who waits for that keeps none of the others' turns.
            let area = self.areas.of(area).acquire_owned().await?;
            let one = self.all.clone().acquire_owned().await?;
            Ok::<_, tokio::sync::AcquireError>([device, area, one])
        };
        match timeout(WAIT, waiting).await {
            Ok(Ok(permits)) => Ok(Some(Turn { _permits: permits })),
            _ => Err(ApiError::unavailable()),
        }
    }
}

/// What was read of a body. Its turn lasts for as long as it is in memory: also when whoever sent it has hung up.
pub(crate) struct InHand<T> {
    read: T,
    _turn: Option<Turn>,
}

impl<T> Deref for InHand<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.read
    }
}

/// Reads a body: where it has a turn, on a thread that holds up nobody.
pub(crate) async fn read<T, E>(
    turn: Option<Turn>,
    read: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<InHand<T>, ApiError>
where
    T: Send + 'static,
    E: Send + 'static,
    ApiError: From<E>,
{
    let is_long = turn.is_some();
    let reading = move || read().map(|read| InHand { read, _turn: turn });
    let read = if is_long { spawn_blocking(reading).await } else { Ok(reading()) };
    Ok(read.map_err(|error| ApiError::internal(error.to_string()))??)
}

/// Turns of each area or device.
struct Each<K> {
    turns: usize,
    /// Those that are in use.
    held: Mutex<HashMap<K, Arc<Semaphore>>>,
}

impl<K: Hash + Eq> Each<K> {
    fn new(turns: usize) -> Self {
        Self { turns, held: Mutex::default() }
    }

    fn of(&self, key: K) -> Arc<Semaphore> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever has a turn or waits for one has a copy.
        held.retain(|_, turns| Arc::strong_count(turns) > 1);
        held.entry(key).or_insert_with(|| Arc::new(Semaphore::new(self.turns))).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use tokio::time::Instant;
    use trygkort_core::domain::RowId;

    const LONG: usize = SHORT_BYTES + 1;

    fn area(number: u128) -> AreaId {
        AreaId(RowId(Uuid::from_u128(number)))
    }

    fn device(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    async fn turn(requests: &LongRequests, of: (u128, u128)) -> Option<Turn> {
        requests.turn(area(of.0), device(of.1), LONG).await.ok().map(Option::unwrap)
    }

    #[tokio::test(start_paused = true)]
    async fn one_area_does_not_take_the_turns_of_the_others() {
        let (requests, start) = (LongRequests::default(), Instant::now());
        let (first, second) = (turn(&requests, (1, 1)).await, turn(&requests, (1, 2)).await);
        assert!(first.is_some() && second.is_some());
        let crowd = (3..20).map(|number| turn(&requests, (1, number)));
        let crowd = async { futures::future::join_all(crowd).await };
        let (crowd, elsewhere) = tokio::join!(crowd, async { (turn(&requests, (2, 100)).await, start.elapsed()) });
        assert!(elsewhere.0.is_some() && elsewhere.1.is_zero(), "at once");
        assert!(crowd.iter().all(Option::is_none));
        assert_eq!(start.elapsed().as_secs(), WAIT.as_secs());
        drop(first);
        assert!(turn(&requests, (1, 3)).await.is_some(), "there is room again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_has_one_turn_and_is_not_kept_waiting_for_another() {
        let (requests, start) = (LongRequests::default(), Instant::now());
        let first = turn(&requests, (1, 1)).await;
        assert!(first.is_some() && turn(&requests, (1, 1)).await.is_none() && start.elapsed().is_zero());
        let short = requests.turn(area(1), device(1), SHORT_BYTES).await;
        assert!(short.unwrap().is_none(), "a short one needs none");
        drop(first);
        assert!(turn(&requests, (1, 1)).await.is_some());
        assert_eq!(requests.devices.held.lock().unwrap().len(), 1, "quiet devices are forgotten");
    }

    #[tokio::test(start_paused = true)]
    async fn there_are_as_many_turns_as_there_is_memory() {
        let requests = LongRequests::default();
        let of_all = async || futures::future::join_all((0..10).map(|number| turn(&requests, (number, number)))).await;
        let taken = of_all().await;
        assert_eq!(taken.iter().flatten().count(), TURNS);
        drop(taken);
        assert_eq!(of_all().await.iter().flatten().count(), TURNS);
    }

    #[tokio::test]
    async fn the_turn_is_kept_while_what_was_sent_is_read_though_nobody_waits_for_it() {
        let requests = LongRequests::default();
        let ((go, wait), (began, begun)) = (channel::<()>(), tokio::sync::oneshot::channel());
        let reading = read(turn(&requests, (1, 1)).await, move || {
            began.send(()).unwrap();
            wait.recv().unwrap();
            Ok::<_, ApiError>(())
        });
        tokio::select! {
            _ = reading => unreachable!("it is not read yet"),
            begun = begun => begun.unwrap(),
        }
        assert!(turn(&requests, (1, 1)).await.is_none(), "whoever sent it has hung up");
        go.send(()).unwrap();
        while turn(&requests, (1, 1)).await.is_none() {
            tokio::task::yield_now().await;
        }
        let in_hand = read(turn(&requests, (1, 1)).await, || Ok::<_, ApiError>(7)).await.unwrap();
        assert!(*in_hand == 7 && turn(&requests, (1, 1)).await.is_none());
        drop(in_hand);
        assert!(turn(&requests, (1, 1)).await.is_some());
    }
}
