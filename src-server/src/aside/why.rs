//! Why something is kept aside.

use super::who::Devices;
use trygkort_core::hub::aside::{Aside, Words};
use trygkort_core::wire::v1::Reason;

/// The reason as devices are told it.
pub(super) fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::Permission => "permission",
        Reason::Validation => "validation",
        Reason::Reference => "reference",
        Reason::PersonalNumber => "personal_number",
        Reason::DependsOn => "depends_on",
        Reason::TooLarge => "too_large",
        Reason::Quarantined => "quarantined",
        Reason::Unknown => "unknown",
        Reason::Erased => "erased",
        Reason::Conflict => "conflict",
    }
}

/// The reason, in words.
pub(super) fn sentence(aside: &Aside, devices: &Devices) -> String {
    let plain = match aside.reason {
        Reason::Permission => "its author may not do that",
        Reason::Validation => "a value is not as it has to be",
        Reason::Reference => "it speaks of something that is not there",
        Reason::PersonalNumber => "it held what looks like a personal number",
        Reason::DependsOn => "it builds on something that was refused",
        Reason::TooLarge => "it is too large, or empty",
        Reason::Unknown => "it speaks of a kind of thing that this version does not know; a newer one judges it",
        Reason::Erased => "it speaks of something that was erased",
        Reason::Conflict => "somebody else changed the same meanwhile, and it was to be whole or not at all",
        Reason::Quarantined => return quarantined(aside, devices),
    };
    plain.to_owned()
}

/// Several things may be so at once. Which of them was looked at first is not kept.
fn quarantined(aside: &Aside, devices: &Devices) -> String {
    if matches!(aside.words, Words::Offer { .. }) {
        return "offered after a restore as having been in the log, which is not proven".to_owned();
    }
    let at_ms = aside.received_ms.unwrap_or_default();
    let so = [
        (!devices.is_known(aside.origin), "no device of the area has this number"),
        (devices.was_locked_out(aside.origin, at_ms), "it came when the device was locked out"),
        (devices.was_over(aside.origin, at_ms), "it came when the member's access was over"),
        (aside.clashes, "something else came under the same number: two devices go by it"),
    ];
    let so: Vec<&str> = so.into_iter().filter_map(|(is_so, words)| is_so.then_some(words)).collect();
    if so.is_empty() { "nobody vouches that it is of this device".to_owned() } else { so.join("; ") }
}
