//! How often one device and one address may ask.

use crate::error::ApiError;
use crate::guesses::Guesses;
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

/// The rates; the defaults suit a server on the internet.
#[derive(Clone, Copy, Debug)]
pub struct RateConfig {
    /// Requests of one device per second, in the long run.
    pub device_per_second: NonZeroU32,
    /// Requests of one device at once.
    pub device_burst: NonZeroU32,
    /// Invitations that did not work, from one address, per minute.
    pub failed_redeems_per_minute: NonZeroU32,
    /// The same from all addresses together.
    pub failed_redeems_per_minute_all: NonZeroU32,
    /// Invitations tried from one address per minute, working ones included.
    pub redeems_per_minute: NonZeroU32,
}

impl Default for RateConfig {
    fn default() -> Self {
        const fn number(value: u32) -> NonZeroU32 {
            NonZeroU32::new(value).expect("not zero")
        }
        Self {
            device_per_second: const { number(10) },
            device_burst: const { number(200) },
            failed_redeems_per_minute: const { number(10) },
            failed_redeems_per_minute_all: const { number(300) },
            redeems_per_minute: const { number(3000) },
        }
    }
}

/// All limits of the server.
pub(crate) struct RateLimits {
    devices: Keyed<Uuid>,
    redeems: Keyed<IpAddr>,
    pub(crate) guesses: Guesses,
}

impl RateLimits {
    pub(crate) fn new(config: &RateConfig) -> Self {
        let devices = Quota::per_second(config.device_per_second).allow_burst(config.device_burst);
        Self {
            devices: Keyed::new(devices),
            redeems: Keyed::new(Quota::per_minute(config.redeems_per_minute)),
            guesses: Guesses::new(config),
        }
    }

    /// Counts a request of a device.
    pub(crate) fn device(&self, device: Uuid) -> Result<(), ApiError> {
        self.devices.check(&device).map_err(ApiError::too_many_requests)
    }

    /// Counts an attempt to redeem, and lets it wait where too much was guessed lately.
    pub(crate) async fn redeem(&self, address: IpAddr) -> Result<(), ApiError> {
        self.redeems.check(&network_of(address)).map_err(ApiError::too_many_attempts)?;
        self.guesses.slow_down(address).await
    }
}

/// One household or office has a whole /64 of IPv6 addresses; it counts as one.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

/// A limit for each key.
pub(crate) struct Keyed<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock>,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    /// How many checks lie between two clean-ups of keys that have been quiet.
    const SWEEP: u32 = 4096;

    pub(crate) fn new(quota: Quota) -> Self {
        Self { limiter: RateLimiter::keyed(quota), checks: AtomicU32::new(0) }
    }

    /// Counts one; when that is too many, says for how many seconds to wait.
    pub(crate) fn check(&self, key: &K) -> Result<(), u64> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % Self::SWEEP == Self::SWEEP - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(key).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            wait.as_secs() + 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_address_is_the_same_in_ipv6_clothes() {
        assert_eq!(network_of("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn quiet_keys_are_forgotten() {
        let keyed = Keyed::new(Quota::per_second(NonZeroU32::new(1_000_000).unwrap()));
        for key in 0..3 * Keyed::<u32>::SWEEP {
            keyed.check(&key).unwrap();
        }
        assert!(keyed.limiter.len() < 2 * Keyed::<u32>::SWEEP as usize, "{}", keyed.limiter.len());
    }
}
