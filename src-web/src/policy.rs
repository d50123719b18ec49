//! Decisions that need no browser: when to let another tab have the database, how long to wait between attempts, and
//! what a line of the poke stream means.

/// A hidden tab stays this long in any case: what the screens save as they go away (a draft) is on its way.
const LAST_WORDS_MS: u64 = 100;
/// Edits on their way to the server get this long, unless another tab waits.
const SYNC_GRACE_MS: u64 = 5_000;
/// A call whose answer is wanted here and now (redeeming an invitation) gets this long, whoever waits.
const CALL_GRACE_MS: u64 = 8_000;

/// What the tab that has the database knows when it asks itself whether to let go.
#[derive(Clone, Copy, Debug, Default)]
pub struct Situation {
    /// Since when nobody sees this tab, or since when another window's user asks for the database.
    pub leaving_for_ms: Option<u64>,
    /// Another tab waits.
    pub hurry: bool,
    /// Requests that wait for an answer from the device.
    pub asks: bool,
    /// Requests that wait for the server.
    pub calls: bool,
    /// Synchronising is under way.
    pub syncing: bool,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Keep the database.
    Stay,
    /// Close everything and let go.
    Leave,
    /// Ask again when something changed, or after this long.
    LeaveWithin { ms: u64 },
}

/// Whether to let the database go: as soon as what was begun is finished, and in bounded time.
#[must_use]
pub fn may_leave(situation: Situation) -> Verdict {
    let Some(elapsed_ms) = situation.leaving_for_ms else { return Verdict::Stay };
    let grace_ms = match situation {
        Situation { calls: true, .. } => CALL_GRACE_MS,
        Situation { hurry: true, asks: false, .. } => 0,
        Situation { syncing: true, hurry: false, .. } => SYNC_GRACE_MS,
        _ => LAST_WORDS_MS,
    };
    match grace_ms.saturating_sub(elapsed_ms) {
        0 => Verdict::Leave,
        ms => Verdict::LeaveWithin { ms },
    }
}

/// Waiting times of a connection that fails: doubling from one second to one minute.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Longest time between attempts.
    const MAX_MS: u32 = 60_000;

    /// The time to wait after one more failure. `random` (0 to 1) takes up to half of it off, so that the phones of an
    /// area do not all come back in the same second after their server restarted.
    pub fn next_ms(&mut self, random: f64) -> u32 {
        let full_ms = 1_000_u32.checked_shl(self.failures.min(6)).unwrap_or(Self::MAX_MS).min(Self::MAX_MS);
        self.failures += 1;
        let off = f64::from(full_ms) * 0.5 * random.clamp(0.0, 1.0);
        full_ms - off as u32
    }

    /// It worked: begin again with short waits.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// The poke stream, cut into lines. Keep-alive lines only say that the connection is there.
#[derive(Debug, Default)]
pub struct PokeLines {
    line: Vec<u8>,
}

impl PokeLines {
    /// A line is a word; more than this is not our stream.
    const LINE_MAX: usize = 256;

    /// Whether these bytes end a line that says something changed.
    pub fn feed(&mut self, bytes: &[u8]) -> bool {
        let mut changed = false;
        for &byte in bytes {
            if byte == b'\n' {
                changed |= self.line.trim_ascii() != b"alive" && !self.line.trim_ascii().is_empty();
                self.line.clear();
            } else if self.line.len() < Self::LINE_MAX {
                self.line.push(byte);
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HIDDEN: Situation =
        Situation { leaving_for_ms: Some(1_000), hurry: false, asks: false, calls: false, syncing: false };

    #[test]
    fn a_visible_tab_stays_and_a_hidden_one_leaves_when_it_is_done() {
        let visible = Situation { leaving_for_ms: None, hurry: true, ..HIDDEN };
        assert_eq!(may_leave(visible), Verdict::Stay);
        assert_eq!(may_leave(HIDDEN), Verdict::Leave);
    }

    #[test]
    fn what_the_screens_save_last_is_waited_for() {
        let just_hidden = Situation { leaving_for_ms: Some(0), ..HIDDEN };
        assert_eq!(may_leave(just_hidden), Verdict::LeaveWithin { ms: LAST_WORDS_MS });
        let awaited = Situation { hurry: true, ..just_hidden };
        assert_eq!(may_leave(awaited), Verdict::Leave);
        assert_ne!(may_leave(Situation { asks: true, ..awaited }), Verdict::Leave);
    }

    #[test]
    fn edits_reach_the_server_unless_another_tab_waits() {
        let syncing = Situation { syncing: true, ..HIDDEN };
        assert_eq!(may_leave(syncing), Verdict::LeaveWithin { ms: SYNC_GRACE_MS - 1_000 });
        assert_eq!(may_leave(Situation { hurry: true, ..syncing }), Verdict::Leave);
        assert_eq!(may_leave(Situation { leaving_for_ms: Some(SYNC_GRACE_MS), ..syncing }), Verdict::Leave);
    }

    #[test]
    fn an_invitation_being_redeemed_is_waited_for_but_not_for_ever() {
        let redeeming = Situation { calls: true, hurry: true, ..HIDDEN };
        assert!(matches!(may_leave(redeeming), Verdict::LeaveWithin { .. }));
        assert_eq!(may_leave(Situation { leaving_for_ms: Some(CALL_GRACE_MS), ..redeeming }), Verdict::Leave);
    }

    #[test]
    fn waits_double_up_to_a_minute_and_spread() {
        let mut backoff = Backoff::default();
        let waits: Vec<u32> = (0..9).map(|_| backoff.next_ms(0.0)).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
        assert_eq!(backoff.next_ms(1.0), 30_000);
        backoff.reset();
        assert_eq!(backoff.next_ms(0.5), 750);
    }

    #[test]
    fn only_changes_poke_however_the_bytes_are_cut() {
        let mut lines = PokeLines::default();
        assert!(!lines.feed(b"alive\nali"));
        assert!(!lines.feed(b"ve\r\n\n"));
        assert!(!lines.feed(b"chan"));
        assert!(lines.feed(b"ged\nalive\n"));
        assert!(!lines.feed(&[b'x'; 10_000]));
        assert!(lines.line.len() <= PokeLines::LINE_MAX);
    }
}
