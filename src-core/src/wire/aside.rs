//! What a server keeps aside, for coordinators to read: what it refused, and what nobody vouches for.

use super::v1::{Action, Reason};
use minicbor::{Decode, Encode};

/// Something that the log did not take.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct KeptAside {
    /// The number of the device that wrote it, or is said to have.
    #[n(0)]
    pub origin: u32,
    /// Why it was not taken.
    #[n(1)]
    pub reason: Reason,
    /// When the server got it, in milliseconds since 1970 UTC.
    #[n(2)]
    pub received_ms: i64,
    /// What it would have done, without numbers and without what may not be shown: values that look like a personal
    /// number. An entry of the log that was offered after a restore is told as the action that it was.
    #[n(3)]
    pub action: Action,
}
