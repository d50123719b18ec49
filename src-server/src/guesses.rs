//! Slows down who guesses invitations, without keeping out who has one.
//!
//! Only secrets that do not work are counted: on a safety walk a hundred people behind one address scan the same code,
//! and that must work. Too many of them from one address, or from all addresses together, and every redeeming from
//! there has to wait before it is looked at, the right one too; only so many may wait at once. Guessing 128 random bits
//! is hopeless anyway; this keeps those who try from costing others anything, and says so in the log.

use crate::error::ApiError;
use crate::rate_limit::{Keyed, RateConfig, network_of};
use governor::clock::DefaultClock;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a redeeming waits that is slowed down.
const WAIT: Duration = Duration::from_secs(1);
/// How long an address stays slow after its last wrong secret over the limit.
const SLOW_FOR: Duration = Duration::from_secs(60);
/// How many may wait at once, from one address and altogether. Who comes on top of that is refused.
const WAITING_MAX: usize = 64;
const WAITING_MAX_ALL: usize = 512;

/// Wrong secrets, counted and answered for.
pub(crate) struct Guesses {
    by_address: Keyed<IpAddr>,
    all: RateLimiter<NotKeyed, InMemoryState, DefaultClock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Until when an address is slow.
    slow: HashMap<IpAddr, Instant>,
    /// Until when everybody is.
    all_slow: Option<Instant>,
    waiting: HashMap<IpAddr, usize>,
}

impl Guesses {
    pub(crate) fn new(config: &RateConfig) -> Self {
        Self {
            by_address: Keyed::new(Quota::per_minute(config.failed_redeems_per_minute)),
            all: RateLimiter::direct(Quota::per_minute(config.failed_redeems_per_minute_all)),
            state: Mutex::default(),
        }
    }

    /// Waits where too much was guessed lately.
    pub(crate) async fn slow_down(&self, address: IpAddr) -> Result<(), ApiError> {
        let network = network_of(address);
        if !self.lock().is_slow(network, Instant::now()) {
            return Ok(());
        }
        let _place = self.queue(network).ok_or_else(|| ApiError::too_many_attempts(WAIT.as_secs()))?;
        tokio::time::sleep(WAIT).await;
        Ok(())
    }

    /// Counts a secret that did not work; when there were too many, that is the answer.
    pub(crate) fn wrong(&self, address: IpAddr) -> Result<(), ApiError> {
        let (network, now) = (network_of(address), Instant::now());
        let too_many = self.by_address.check(&network);
        let too_many_in_all = self.all.check().is_err();
        let mut state = self.lock();
        state.forget_old(now);
        if too_many.is_err() && state.slow.insert(network, now + SLOW_FOR).is_none() {
            let addresses = state.slow.len();
            tracing::warn!(addresses, "too many wrong invitation secrets from one address: it was slowed down");
        }
        if too_many_in_all && state.all_slow.replace(now + SLOW_FOR).is_none() {
            tracing::warn!("too many wrong invitation secrets from many addresses: redeeming was slowed down");
        }
        too_many.map_err(ApiError::too_many_attempts)
    }

    fn queue(&self, network: IpAddr) -> Option<Place<'_>> {
        let mut state = self.lock();
        let here = state.waiting.get(&network).copied().unwrap_or(0);
        let all: usize = state.waiting.values().sum();
        if here >= WAITING_MAX || all >= WAITING_MAX_ALL {
            return None;
        }
        state.waiting.insert(network, here + 1);
        Some(Place { guesses: self, network })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_slow(&self, network: IpAddr, now: Instant) -> bool {
        let lasts = |until: &Instant| *until > now;
        self.all_slow.as_ref().is_some_and(lasts) || self.slow.get(&network).is_some_and(lasts)
    }

    fn forget_old(&mut self, now: Instant) {
        self.slow.retain(|_, until| *until > now);
        self.all_slow = self.all_slow.filter(|until| *until > now);
    }
}

/// A place among those who wait; given back when dropped, also when the client has gone.
struct Place<'a> {
    guesses: &'a Guesses,
    network: IpAddr,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.guesses.lock();
        if let Some(waiting) = state.waiting.get_mut(&self.network) {
            *waiting -= 1;
            if *waiting == 0 {
                state.waiting.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn slow(guesses: &Guesses, of: &str) -> bool {
        guesses.lock().is_slow(network_of(address(of)), Instant::now())
    }

    #[test]
    fn neighbours_in_one_ipv6_network_share_a_limit_and_others_do_not() {
        let guesses = Guesses::new(&RateConfig::default());
        for _ in 0..10 {
            guesses.wrong(address("2001:db8::1")).unwrap();
        }
        assert!(!slow(&guesses, "2001:db8::1"));
        assert!(guesses.wrong(address("2001:db8::ffff")).is_err());
        assert!(slow(&guesses, "2001:db8::1"));
        guesses.wrong(address("2001:db8:0:1::1")).unwrap();
        guesses.wrong(address("192.0.2.1")).unwrap();
        assert!(!slow(&guesses, "192.0.2.1"));
        guesses.lock().forget_old(Instant::now() + SLOW_FOR);
        assert!(!slow(&guesses, "2001:db8::1"), "after a while");
    }

    #[test]
    fn guesses_from_everywhere_slow_everybody_down() {
        let number = |value| NonZeroU32::new(value).unwrap();
        let guesses = Guesses::new(&RateConfig { failed_redeems_per_minute_all: number(20), ..RateConfig::default() });
        for last in 0..20 {
            guesses.wrong(address(&format!("192.0.2.{last}"))).unwrap();
        }
        assert!(!slow(&guesses, "198.51.100.1"));
        guesses.wrong(address("192.0.2.20")).unwrap();
        assert!(slow(&guesses, "198.51.100.1"));
    }

    #[test]
    fn only_so_many_wait_and_places_are_given_back() {
        let guesses = Guesses::new(&RateConfig::default());
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        let places: Vec<_> = (0..WAITING_MAX).map(|_| guesses.queue(one).unwrap()).collect();
        assert!(guesses.queue(one).is_none());
        drop(guesses.queue(other).unwrap());
        drop(places);
        assert!(guesses.queue(one).is_some());
        assert!(guesses.lock().waiting.is_empty());
        let everywhere = (0..).map_while(|n: u32| guesses.queue(address(&format!("192.0.{}.{}", n / 200, n % 200))));
        assert_eq!(everywhere.collect::<Vec<_>>().len(), WAITING_MAX_ALL);
    }
}
