//! What a PIN is, what it costs to try one, and how wrong tries are slowed.

use crate::error::{Error, ErrorCode};
use crate::store::lock::LockRecord;
use argon2::{Algorithm, Argon2, Params, Version};

const DIGITS_MIN: usize = 4;
const DIGITS_MAX: usize = 8;
/// So many wrong tries cost nothing but the try.
pub(super) const FREE_TRIES: u32 = 5;
/// The waits after them; the last one stays.
const WAITS_MS: [i64; 5] = [30_000, 60_000, 5 * 60_000, 15 * 60_000, 60 * 60_000];

/// What argon2id is asked to use for one try.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
}

impl Cost {
    /// OWASP's second choice: a phone's browser can do it in less than a second.
    pub(super) const OF_A_SCREEN: Self = Self { memory_kib: 19_456, passes: 2 };
    /// Where the PIN opens a key, and the machine is a desktop.
    pub(super) const OF_A_KEY: Self = Self { memory_kib: 65_536, passes: 3 };
}

/// What argon2id makes of a PIN.
pub(super) struct PinKey(pub(super) [u8; 32]);

impl PinKey {
    pub(super) fn derive(pin: &str, salt: &[u8; 16], cost: Cost) -> Result<Self, Error> {
        let failed = |error: argon2::Error| Error::coded(ErrorCode::Internal, format!("argon2id: {error}"));
        let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32)).map_err(failed)?;
        let mut key = [0; 32];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(pin.as_bytes(), salt, &mut key)
            .map_err(failed)?;
        Ok(Self(key))
    }

    /// What may be kept to recognise it by. Comparing two takes the same time wherever they differ.
    pub(super) fn verifier(&self) -> blake3::Hash {
        blake3::Hash::from(blake3::derive_key("Trygkort 2026 PIN verifier", &self.0))
    }
}

/// Whether this is a PIN at all.
pub(super) fn check(field: &str, pin: &str) -> Result<(), Error> {
    let digits = pin.bytes().all(|byte| byte.is_ascii_digit());
    if digits && (DIGITS_MIN..=DIGITS_MAX).contains(&pin.len()) {
        return Ok(());
    }
    Err(Error::invalid(field, format!("{DIGITS_MIN} to {DIGITS_MAX} digits")))
}

/// Counts a try as wrong.
pub(super) fn count(record: &mut LockRecord, now_ms: i64) {
    record.tries = record.tries.saturating_add(1);
    record.wait_until_ms = now_ms.saturating_add(wait_after(record.tries));
}

/// Shortens a wait that became longer because the clock was set back.
pub(super) fn settle(record: &mut LockRecord, now_ms: i64) {
    record.wait_until_ms = record.wait_until_ms.min(now_ms.saturating_add(wait_after(record.tries)));
}

/// How long no try is taken.
pub(super) fn wait_ms(record: &LockRecord, now_ms: i64) -> u32 {
    let ms = record.wait_until_ms.saturating_sub(now_ms).clamp(0, wait_after(record.tries));
    u32::try_from(ms).unwrap_or(u32::MAX)
}

/// Tries until the next wait.
pub(super) fn tries_left(tries: u32) -> u32 {
    FREE_TRIES.saturating_sub(tries).max(1)
}

fn wait_after(tries: u32) -> i64 {
    let Some(over) = tries.checked_sub(FREE_TRIES) else { return 0 };
    let last = WAITS_MS.len() - 1;
    WAITS_MS[usize::try_from(over).unwrap_or(last).min(last)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_four_to_eight_digits() {
        for pin in ["0000", "1234", "12345678"] {
            assert!(check("pin", pin).is_ok(), "{pin}");
        }
        for pin in ["", "123", "123456789", "12a4", "１２３４", "12 34", "-123"] {
            assert!(check("pin", pin).is_err(), "{pin}");
        }
    }

    #[test]
    fn waits_grow_to_an_hour_and_stay_there() {
        let waits: Vec<i64> = (0..12).map(|tries| wait_after(tries) / 1_000).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 30, 60, 300, 900, 3_600, 3_600, 3_600]);
        assert_eq!(wait_after(u32::MAX), 60 * 60_000);
        assert_eq!([0, 3, 4, 5, 9].map(tries_left), [5, 2, 1, 1, 1]);
    }

    #[test]
    fn the_salt_and_the_cost_make_another_key() {
        let cost = Cost { memory_kib: 64, passes: 1 };
        let key = |pin: &str, salt: [u8; 16], cost| PinKey::derive(pin, &salt, cost).unwrap().verifier();
        assert_eq!(key("1234", [1; 16], cost), key("1234", [1; 16], cost));
        assert_ne!(key("1234", [1; 16], cost), key("1235", [1; 16], cost));
        assert_ne!(key("1234", [1; 16], cost), key("1234", [2; 16], cost));
        assert_ne!(key("1234", [1; 16], cost), key("1234", [1; 16], Cost { passes: 2, ..cost }));
    }
}
