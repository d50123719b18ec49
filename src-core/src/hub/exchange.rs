//! One exchange: a verdict on each action, and the next page of the log.

use super::admit::Writer;
use super::cursor::{self, Standing};
use super::restore::Restoring;
use super::{AreaLog, CROWD, Exchanged, HubError, Peer, Received, page, push, role_number, snapshot};
use crate::store::StoreError;
use crate::wire::v1::{Page, Reason, Restart, SPEAKS_ERASED, SPEAKS_FOLDED, SyncRequest, SyncResponse, Verdict};
use crate::wire::{VERSION, to_bytes};
use minicbor::bytes::ByteArray;

impl AreaLog {
    pub(super) fn exchange_within(&self, peer: &Peer, received: &Received, now_ms: i64) -> Result<Exchanged, HubError> {
        let request = &received.request;
        let peer = &Peer { origin: request.origin, ..peer.clone() };
        let mut response = self.empty_response(peer, request.speaks, now_ms)?;
        let head_before = page::head_position(&self.conn)?;
        match cursor::standing(&self.conn, self.sealing(), &request.cursor)? {
            Standing::Here => self.answer(peer, received, now_ms, &mut response)?,
            Standing::Elsewhere(restart) => self.take_back(peer, request, now_ms, restart, &mut response)?,
        }
        let changed = page::head_position(&self.conn)? > head_before;
        let wants_origin = response.incarnation == Some(0);
        Ok(Exchanged {
            body: to_bytes(&response),
            changed,
            snapshot_due: false,
            erased: false,
            wants_origin,
            held: Vec::new(),
            trash: None,
        })
    }

    fn answer(
        &self,
        peer: &Peer,
        Received { request, hashes }: &Received,
        now_ms: i64,
        response: &mut SyncResponse,
    ) -> Result<(), HubError> {
        let admission = self.admission(Writer::Device(peer), now_ms)?;
        if push::continues(&self.conn, request, hashes)? {
            for action in &request.actions {
                let verdict = admission.judge_and_keep(action)?;
                let verdict = admission.as_erased_since(action, verdict)?;
                // A device of before cannot read that reason.
                let unreadable = verdict.reason == Some(Reason::Erased) && request.speaks.unwrap_or(0) < SPEAKS_ERASED;
                let reason = if unreadable { Some(Reason::Reference) } else { verdict.reason };
                response.verdicts.push(Verdict { reason, ..verdict });
                if reason.is_some() && mutant!(StopAtWhatIsRefused) {
                    break;
                }
            }
            push::keep(&self.conn, peer, request, hashes)?;
        } else {
            // What both wrote before they parted is known here; the rest comes again under another number.
            for (action, hash) in request.actions.iter().zip(hashes) {
                if let Some(verdict) = admission.known(action, hash)? {
                    response.verdicts.push(admission.as_erased_since(action, verdict)?);
                }
            }
            response.incarnation = Some(peer.next_origin.unwrap_or(0));
        }
        self.tell_the_log(peer, request, response)
    }

    /// The next page, a snapshot instead of it, or nothing yet: in a [crowd](CROWD) whoever pushes hears first that it is
    /// safe, and asks for the others' at once. They are in one page then, and not in pieces that grow while everyone waits.
    fn tell_the_log(&self, peer: &Peer, request: &SyncRequest, response: &mut SyncResponse) -> Result<(), HubError> {
        let from = request.cursor.position;
        let later = Page { from, to: from, more: true, epoch: Some(page::epoch(&self.conn)?), ..Page::default() };
        let pushes = !request.actions.is_empty() && request.speaks.unwrap_or(0) >= SPEAKS_FOLDED;
        if pushes && self.pushes >= CROWD {
            response.page = Page { more: !mutant!(LeaveThePageWithoutSayingSo), ..later };
            return Ok(());
        }
        let scopes = page::scopes_for(&self.conn, &peer.reader, request.speaks)?;
        response.snapshot = snapshot::offer(&self.conn, self.sealing(), &scopes, request)?;
        response.page = match response.snapshot {
            Some(_) => later,
            None => page::read(&self.conn, self.sealing(), &scopes, from, self.page_bytes)?,
        };
        let entries = std::mem::take(&mut response.page.entries);
        response.page.entries = page::as_spoken(entries, request.speaks);
        // Nothing new is to cost next to nothing, and whoever reads has been told before.
        let folds = request.speaks.unwrap_or(0) >= SPEAKS_FOLDED || mutant!(FoldForWhoDoesNotKnowIt);
        if folds && !response.page.entries.is_empty() {
            response.page.fold();
            response.unpacks = Some(true);
        }
        Ok(())
    }

    /// Takes what a device offers of a log that is gone. What it sends besides is judged once it reads this log.
    fn take_back(
        &self,
        peer: &Peer,
        request: &SyncRequest,
        now_ms: i64,
        restart: Restart,
        response: &mut SyncResponse,
    ) -> Result<(), HubError> {
        let mut taken = None;
        if let Some(offer) = &request.offer {
            let Self { conn, area, keys, .. } = self;
            let restoring = Restoring { conn, area: *area, keys, origin: peer.origin, now_ms };
            let erased = restoring.take(offer)?;
            self.erase_within(&erased, now_ms)?;
            taken = Some(offer.to.position);
        }
        response.page.from = request.cursor.position;
        response.page.to = request.cursor.position;
        response.restart = Some(Restart { taken, ..restart });
        Ok(())
    }

    fn empty_response(&self, peer: &Peer, speaks: Option<u16>, now_ms: i64) -> Result<SyncResponse, StoreError> {
        let scopes = page::scopes_for(&self.conn, &peer.reader, speaks)?;
        Ok(SyncResponse {
            version: VERSION,
            now_ms: u64::try_from(now_ms).unwrap_or(0),
            role: role_number(peer.reader.role),
            basemap: self.basemap()?.map(ByteArray::from),
            verdicts: Vec::new(),
            page: Page::default(),
            restart: None,
            incarnation: None,
            backed_up: Some(self.backed_up()?),
            snapshot: None,
            walks: page::walk_scopes(&self.conn, &scopes)?,
            unpacks: None,
        })
    }
}
