//! What the sync badge says.

use crate::format::moment_in_words;
use crate::i18n::{Locale, td_string};
use trygkort_core::ipc::{SyncState, SyncStatus};

/// The colour of the badge's dot. The words say the same; that there is no network they say by how long ago it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadgeTone {
    Fresh,
    Waiting,
    Stopped,
}

/// The parts of *Opdateret kl. 9.14 · 3 ikke sendt · 1 ting kræver et blik*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadgeParts {
    pub(crate) state: String,
    pub(crate) unsent: Option<String>,
    /// What was refused, and what lost against what somebody else wrote: whoever wrote it is to hear of it.
    pub(crate) attention: Option<String>,
    pub(crate) tone: BadgeTone,
    /// Synchronising goes on right now.
    pub(crate) running: bool,
}

impl BadgeParts {
    /// All parts as one sentence.
    pub(crate) fn sentence(&self) -> String {
        let parts = [Some(&self.state), self.unsent.as_ref(), self.attention.as_ref()];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" · ")
    }
}

/// The badge in the language of the screen, seen at `now_ms`.
pub(crate) fn badge_parts(locale: Locale, status: &SyncStatus, now_ms: i64) -> BadgeParts {
    let state = match (status.state, status.last_success_ms) {
        (SyncState::LocalOnly, _) => td_string!(locale, common.sync.local_only).to_owned(),
        (SyncState::Revoked, _) => td_string!(locale, common.sync.revoked).to_owned(),
        (SyncState::Expired, _) => td_string!(locale, common.sync.expired).to_owned(),
        (SyncState::Deleted, _) => td_string!(locale, common.sync.deleted).to_owned(),
        (SyncState::Unknown, _) => td_string!(locale, common.sync.unknown).to_owned(),
        (SyncState::Outdated, _) => td_string!(locale, common.sync.outdated).to_owned(),
        (SyncState::StorageFull | SyncState::StorageFailed, _) => td_string!(locale, common.sync.storage).to_owned(),
        (SyncState::ServerFull | SyncState::ServerError, _) => td_string!(locale, common.sync.server).to_owned(),
        (_, None) => td_string!(locale, common.sync.never).to_owned(),
        (_, Some(at)) => {
            td_string!(locale, common.sync.updated, when = moment_in_words(locale, at, now_ms)).to_string()
        }
    };
    let unsent = match status.pending {
        _ if status.state == SyncState::LocalOnly => None,
        0 => None,
        1 => Some(td_string!(locale, common.sync.unsent_1).to_owned()),
        count => Some(td_string!(locale, common.sync.unsent_n, count = count).to_string()),
    };
    let attention = match status.refused + status.conflicts {
        0 => None,
        1 => Some(td_string!(locale, updates.attention_1).to_owned()),
        count => Some(td_string!(locale, updates.attention_n, count = count).to_string()),
    };
    let tone = match status.state {
        SyncState::Revoked | SyncState::Expired | SyncState::Deleted | SyncState::Unknown | SyncState::Outdated => {
            BadgeTone::Stopped
        }
        SyncState::Offline
        | SyncState::ServerError
        | SyncState::ServerFull
        | SyncState::StorageFull
        | SyncState::StorageFailed => BadgeTone::Waiting,
        _ if unsent.is_some() || attention.is_some() => BadgeTone::Waiting,
        _ if status.last_success_ms.is_none() && status.state != SyncState::LocalOnly => BadgeTone::Waiting,
        _ => BadgeTone::Fresh,
    };
    BadgeParts { state, unsent, attention, tone, running: status.state == SyncState::Running }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_341_240_000;

    #[track_caller]
    fn check(state: SyncState, last_success_ms: Option<i64>, pending: u32, sentence: &str, tone: BadgeTone) {
        let status =
            SyncStatus { state, last_success_ms, pending, held: 0, refused: 0, conflicts: 0, clock_ahead_ms: 0 };
        let parts = badge_parts(Locale::da, &status, NOW);
        assert_eq!((parts.sentence().as_str(), parts.tone), (sentence, tone));
    }

    #[test]
    fn the_badge_says_when_and_how_much_waits() {
        let at = Some(NOW - 40 * 60_000);
        check(SyncState::Idle, at, 0, "Opdateret kl. 9.14", BadgeTone::Fresh);
        check(SyncState::Running, at, 1, "Opdateret kl. 9.14 · 1 ikke sendt", BadgeTone::Waiting);
        check(SyncState::Offline, at, 3, "Opdateret kl. 9.14 · 3 ikke sendt", BadgeTone::Waiting);
        let status = SyncStatus {
            state: SyncState::Idle,
            last_success_ms: at,
            pending: 1,
            held: 0,
            refused: 1,
            conflicts: 2,
            clock_ahead_ms: 0,
        };
        let parts = badge_parts(Locale::da, &status, NOW);
        assert_eq!(parts.sentence(), "Opdateret kl. 9.14 · 1 ikke sendt · 3 ting kræver et blik");
        let settled = badge_parts(Locale::da, &SyncStatus { pending: 0, refused: 0, conflicts: 1, ..status }, NOW);
        assert_eq!(settled.sentence(), "Opdateret kl. 9.14 · 1 ting kræver et blik");
        assert_eq!(settled.tone, BadgeTone::Waiting, "somebody's words lost: that is not all green");
        check(SyncState::Idle, None, 0, "Ikke opdateret endnu", BadgeTone::Waiting);
        check(SyncState::LocalOnly, None, 7, "Kun på denne enhed", BadgeTone::Fresh);
        check(SyncState::Revoked, at, 2, "Enheden er låst ude · 2 ikke sendt", BadgeTone::Stopped);
        check(SyncState::StorageFull, at, 0, "Kan ikke gemme på enheden", BadgeTone::Waiting);
        check(SyncState::StorageFailed, None, 1, "Kan ikke gemme på enheden · 1 ikke sendt", BadgeTone::Waiting);
        check(SyncState::ServerFull, at, 2, "Serveren har en fejl · 2 ikke sendt", BadgeTone::Waiting);
        check(SyncState::Unknown, at, 1, "Serveren kender ikke enheden · 1 ikke sendt", BadgeTone::Stopped);
        check(SyncState::Expired, at, 0, "Adgangen er udløbet", BadgeTone::Stopped);
        check(SyncState::Deleted, at, 1, "Området er slettet · 1 ikke sendt", BadgeTone::Stopped);
    }
}
