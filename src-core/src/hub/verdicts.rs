//! What became of each action, kept: in the table of actions, and aside when it was refused.

use super::admit::{Admission, Writer};
use super::held;
use super::judge::holds_personal_number;
use crate::seal::Hash;
use crate::store::StoreError;
use crate::wire::v1::{Action, Outcome, Reason, Verdict};
use rusqlite::{OptionalExtension, params};

impl Admission<'_> {
    /// The verdict on an action that was judged before; `None`: it was not, or it was another one.
    pub(super) fn known(&self, action: &Action, hash: &Hash) -> Result<Option<Verdict>, StoreError> {
        let Some((known, verdict)) = self.earlier(action)? else { return Ok(None) };
        let same = match known {
            Some(known) => known == *hash,
            None => self.may_be_same(action)?,
        };
        Ok(same.then_some(verdict))
    }

    /// The verdict as its author is to hear it now: of what was refused for another reason, and speaks of a row that was
    /// erased since, their device keeps no words. It may have read of the erasure already, and would not hear of it again.
    pub(super) fn as_erased_since(&self, action: &Action, verdict: Verdict) -> Result<Verdict, StoreError> {
        let keeps_words = verdict.reason.is_some_and(|reason| reason != Reason::Unknown);
        let reason = if keeps_words && self.speaks_of_erased(action)? { Some(Reason::Erased) } else { verdict.reason };
        Ok(Verdict { reason, ..verdict })
    }

    pub(super) fn earlier(&self, action: &Action) -> Result<Option<(Option<Hash>, Verdict)>, StoreError> {
        let found = self
            .conn
            .prepare_cached(
                "SELECT hash, outcome, reason, position, conflicts FROM action WHERE origin = ?1 AND counter = ?2",
            )?
            .query_row(params![self.writer.origin(), action.counter], |row| {
                Ok((row.get(0)?, row.get::<_, u8>(1)?, row.get::<_, Option<u8>>(2)?, row.get(3)?, row.get(4)?))
            })
            .optional()?;
        Ok(found.map(|(hash, outcome, reason, position, conflicts)| {
            let verdict = Verdict {
                counter: action.counter,
                outcome: outcome_from(outcome),
                reason: reason.map(reason_from),
                position,
                conflicts,
            };
            (hash, verdict)
        }))
    }

    pub(super) fn refuse(
        &self,
        action: &Action,
        hash: &[u8; 32],
        body: &[u8],
        reason: Reason,
    ) -> Result<Verdict, StoreError> {
        let verdict = rejected(action, reason);
        // Its body lies with what was refused.
        self.keep(action, (hash, &[]), verdict, None)?;
        if reason != Reason::Erased && !holds_personal_number(action) || mutant!(KeepAPersonalNumberAside) {
            self.keep_aside(action, hash, body, reason)?;
        }
        Ok(verdict)
    }

    /// The same id with another content: kept aside, the first one stands.
    pub(super) fn quarantine(&self, action: &Action, hash: &[u8; 32], body: &[u8]) -> Result<Verdict, StoreError> {
        if !holds_personal_number(action) && !self.speaks_of_erased(action)? {
            self.keep_aside(action, hash, body, Reason::Quarantined)?;
        }
        Ok(rejected(action, Reason::Quarantined))
    }

    fn keep_aside(&self, action: &Action, hash: &[u8; 32], body: &[u8], reason: Reason) -> Result<(), StoreError> {
        self.conn.prepare_cached("INSERT OR IGNORE INTO refused VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
            self.writer.origin(),
            action.counter,
            hash.as_slice(),
            reason_number(reason),
            self.now_ms,
            body
        ])?;
        if reason == Reason::Unknown {
            held::note(self.conn, self.writer.origin(), action)?;
        }
        Ok(())
    }

    pub(super) fn keep(
        &self,
        action: &Action,
        (hash, body): (&Hash, &[u8]),
        verdict: Verdict,
        effective: Option<u64>,
    ) -> Result<(), StoreError> {
        self.conn
            .prepare_cached(
                "INSERT INTO action (origin, counter, count, hash, outcome, reason, position, effective, hlc, conflicts,
                                     body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                self.writer.origin(),
                action.counter,
                action.change_count().max(1),
                hash.as_slice(),
                outcome_number(verdict.outcome),
                verdict.reason.map(reason_number),
                verdict.position,
                effective,
                action.hlc,
                verdict.conflicts,
                matches!(self.writer, Writer::Device(_)).then_some(body).filter(|body| !body.is_empty()),
            ])?;
        Ok(())
    }
}

fn rejected(action: &Action, reason: Reason) -> Verdict {
    let counter = action.counter;
    Verdict { counter, outcome: Outcome::Rejected, reason: Some(reason), position: None, conflicts: None }
}

pub(super) fn outcome_number(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Applied => 0,
        Outcome::Superseded => 1,
        Outcome::Rejected => 3,
    }
}

pub(super) fn outcome_from(number: u8) -> Outcome {
    match number {
        0 => Outcome::Applied,
        1 => Outcome::Superseded,
        _ => Outcome::Rejected,
    }
}

const REASONS: [Reason; 10] = [
    Reason::Permission,
    Reason::Validation,
    Reason::Reference,
    Reason::PersonalNumber,
    Reason::DependsOn,
    Reason::TooLarge,
    Reason::Quarantined,
    Reason::Unknown,
    Reason::Erased,
    Reason::Conflict,
];

pub(super) fn reason_number(reason: Reason) -> u8 {
    REASONS.iter().position(|known| *known == reason).and_then(|index| u8::try_from(index).ok()).unwrap_or(7)
}

pub(super) fn reason_from(number: u8) -> Reason {
    REASONS.get(usize::from(number)).copied().unwrap_or(Reason::Unknown)
}
