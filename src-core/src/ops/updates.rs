//! *Opdatering*: what is not sent, what needs a look, and the latest that was sent and received.

use super::telling::{Done, Teller};
use super::{conflicts, refusals};
use crate::error::Error;
use crate::ipc::UpdatesView;
use crate::store::area::AreaFile;
use crate::store::journal;

/// So many at most, however many are asked for.
const CHANGES_MAX: u32 = 2_000;

/// The page, with the latest `limit` changes.
pub(crate) fn get(file: &AreaFile, limit: u32) -> Result<UpdatesView, Error> {
    let limit = limit.min(CHANGES_MAX);
    let mut teller = Teller::new(file)?;
    let mut unsent = Vec::new();
    for done in Done::outbox(file)?.iter().rev().filter(|done| done.unsent) {
        unsent.extend(teller.change(done, |_| true)?);
    }
    let mut read = journal::newest(&file.conn, limit + 1)?;
    let more = read.len() > limit as usize && limit < CHANGES_MAX;
    read.truncate(limit as usize);
    let mut changes = Vec::new();
    for read in read {
        changes.extend(teller.change(&Done::read(read), |_| true)?);
    }
    // What was written offline long ago arrived late, and belongs to the day it was written.
    changes.sort_by_key(|change| std::cmp::Reverse(change.at_ms));
    Ok(UpdatesView {
        unsent,
        unsent_photos: file.unsent_photos()?,
        refused: refusals::told(&mut teller)?,
        conflicts: conflicts::open(&mut teller)?,
        changes,
        more,
    })
}
