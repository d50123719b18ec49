//! The lock, and forgetting this device.

use super::Settings;
use serde::{Deserialize, Serialize};

/// How what lies on this device is protected against someone who has the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// The files are not encrypted by us: a browser's, or a test's.
    Plain,
    /// Encrypted; the key is in the system's key store.
    KeyStore,
    /// Encrypted; the key is in a file beside them, because the system's key store could not be used.
    KeyFile,
}

/// What the lock screen and the page about security show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockView {
    pub has_pin: bool,
    pub locked: bool,
    /// Minutes without use until it locks by itself; 0: never.
    pub after_minutes: u16,
    /// How long no PIN is taken, in milliseconds.
    pub wait_ms: u32,
    /// How many wrong tries are left before the next wait.
    pub tries_left: u32,
    /// Changes on this device that no server has, over all areas.
    pub unsent: u32,
    /// The open area's numbers are invented and never dialled.
    pub demo: bool,
    pub settings: Settings,
    pub protection: Protection,
}

/// What became of a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinAnswer {
    /// It was the right one, and what was asked is done.
    Right,
    Wrong {
        tries_left: u32,
    },
    /// Too many wrong ones: none is taken for so many milliseconds.
    Wait {
        ms: u32,
    },
}

/// What became of telling the servers that this device is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Farewell {
    /// Servers, one per area, that locked this device out.
    pub told: u32,
    /// Areas with a server.
    pub of: u32,
}
