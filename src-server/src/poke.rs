//! Tells connected devices that their area has something new, so that they need not ask.
//!
//! A poke carries nothing but the fact. Missed pokes add up to one; a device that reconnects synchronises anyway.

use futures::stream::{self, Stream};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::oneshot;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use trygkort_core::domain::AreaId;
use uuid::Uuid;

/// Proxies and phones drop a connection that is silent for longer.
const KEEP_ALIVE: Duration = Duration::from_secs(25);
/// How far a slow receiver may lag before its pokes are merged into one.
const BACKLOG: usize = 16;
/// A device that lost its connection opens another before the server notices; the oldest gives way.
const STREAMS_PER_DEVICE: usize = 4;

const CHANGED: &str = "changed\n";
const ALIVE: &str = "alive\n";

/// Who is listening, area by area.
#[derive(Clone, Default)]
pub(crate) struct Pokes {
    listeners: Arc<Mutex<Listeners>>,
}

#[derive(Default)]
struct Listeners {
    /// Each message is the origin of the device that made the change.
    areas: HashMap<AreaId, broadcast::Sender<u32>>,
    /// Dropping a sender ends the stream at its other end.
    devices: HashMap<Uuid, Vec<oneshot::Sender<Infallible>>>,
    closed: bool,
}

impl Pokes {
    /// Something new is in the area; everyone but its author hears of it.
    pub(crate) fn changed(&self, area: AreaId, author: u32) {
        if let Some(sender) = self.lock().areas.get(&area) {
            // Fails when the last listener has just left.
            drop(sender.send(author));
        }
    }

    /// The lines for one device: one at once, one per change by others, one now and then.
    pub(crate) fn listen(
        &self,
        area: AreaId,
        device: Uuid,
        origin: u32,
    ) -> impl Stream<Item = Result<&'static str, Infallible>> + Send + use<> {
        let (pokes, end) = self.register(area, device);
        let mut alive = interval_at(Instant::now(), KEEP_ALIVE);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let listener = Listener { pokes, end, alive, origin, _guard: Guard { pokes: self.clone(), area, device } };
        stream::unfold(listener, async |mut listener| listener.next().await.map(|line| (Ok(line), listener)))
    }

    /// Who is listening.
    pub(crate) fn devices(&self) -> Vec<Uuid> {
        self.lock().devices.keys().copied().collect()
    }

    /// Ends the streams of a device that was locked out.
    pub(crate) fn hang_up(&self, device: Uuid) {
        self.lock().devices.remove(&device);
    }

    /// Ends all streams and lets no new one begin: the server stops.
    pub(crate) fn close(&self) {
        let mut listeners = self.lock();
        listeners.closed = true;
        listeners.devices.clear();
        listeners.areas.clear();
    }

    fn register(&self, area: AreaId, device: Uuid) -> (broadcast::Receiver<u32>, oneshot::Receiver<Infallible>) {
        let (keep, end) = oneshot::channel();
        let mut listeners = self.lock();
        if !listeners.closed {
            let streams = listeners.devices.entry(device).or_default();
            streams.retain(|stream| !stream.is_closed());
            if streams.len() == STREAMS_PER_DEVICE {
                streams.remove(0);
            }
            streams.push(keep);
        }
        let sender = listeners.areas.entry(area).or_insert_with(|| broadcast::channel(BACKLOG).0);
        (sender.subscribe(), end)
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Listener {
    pokes: broadcast::Receiver<u32>,
    end: oneshot::Receiver<Infallible>,
    alive: Interval,
    origin: u32,
    /// Last, so that the receivers are gone when it tidies up.
    _guard: Guard,
}

impl Listener {
    async fn next(&mut self) -> Option<&'static str> {
        loop {
            tokio::select! {
                biased;
                _ = &mut self.end => return None,
                author = self.pokes.recv() => match author {
                    Ok(author) if author == self.origin => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => return Some(CHANGED),
                    Err(RecvError::Closed) => return None,
                },
                _ = self.alive.tick() => return Some(ALIVE),
            }
        }
    }
}

/// Forgets the listener, so that an area without any costs nothing.
struct Guard {
    pokes: Pokes,
    area: AreaId,
    device: Uuid,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut listeners = self.pokes.lock();
        if listeners.areas.get(&self.area).is_some_and(|sender| sender.receiver_count() == 0) {
            listeners.areas.remove(&self.area);
        }
        if let Some(streams) = listeners.devices.get_mut(&self.device) {
            streams.retain(|stream| !stream.is_closed());
            if streams.is_empty() {
                listeners.devices.remove(&self.device);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;
    use std::pin::pin;
    use trygkort_core::domain::RowId;

    const AREA: AreaId = AreaId(RowId(Uuid::from_u128(1)));

    #[tokio::test]
    async fn others_hear_of_a_change_and_its_author_does_not() {
        let pokes = Pokes::default();
        let mut author = pin!(pokes.listen(AREA, Uuid::from_u128(10), 1));
        let mut other = pin!(pokes.listen(AREA, Uuid::from_u128(11), 2));
        assert_eq!(author.next().await, Some(Ok(ALIVE)));
        assert_eq!(other.next().await, Some(Ok(ALIVE)));
        pokes.changed(AREA, 1);
        assert_eq!(other.next().await, Some(Ok(CHANGED)));
        let silence = tokio::time::timeout(Duration::from_millis(30), author.next()).await;
        assert!(silence.is_err());
    }

    #[tokio::test]
    async fn a_slow_receiver_gets_its_missed_pokes_as_one_and_goes_on() {
        let pokes = Pokes::default();
        let mut other = pin!(pokes.listen(AREA, Uuid::from_u128(11), 2));
        for _ in 0..1000 {
            pokes.changed(AREA, 1);
        }
        let mut lines = 0;
        while let Ok(Some(Ok(line))) = tokio::time::timeout(Duration::from_millis(30), other.next()).await {
            lines += usize::from(line == CHANGED);
        }
        assert!((1..=BACKLOG + 1).contains(&lines), "{lines}");
    }

    #[tokio::test]
    async fn a_device_has_few_streams_and_the_oldest_gives_way() {
        let pokes = Pokes::default();
        let device = Uuid::from_u128(10);
        let mut first = Box::pin(pokes.listen(AREA, device, 1));
        first.next().await;
        let _others: Vec<_> = (0..STREAMS_PER_DEVICE).map(|_| pokes.listen(AREA, device, 1)).collect();
        assert_eq!(first.next().await, None);
    }

    #[tokio::test]
    async fn streams_end_on_lock_out_and_stop_and_leave_nothing_behind() {
        let pokes = Pokes::default();
        let device = Uuid::from_u128(10);
        {
            let mut stream = pin!(pokes.listen(AREA, device, 1));
            stream.next().await;
            pokes.hang_up(device);
            assert_eq!(stream.next().await, None);
        }
        assert!(pokes.lock().areas.is_empty() && pokes.lock().devices.is_empty());
        let mut stream = pin!(pokes.listen(AREA, device, 1));
        stream.next().await;
        pokes.close();
        assert_eq!(stream.next().await, None);
        assert_eq!(pin!(pokes.listen(AREA, device, 1)).next().await, None, "after the stop");
    }
}
