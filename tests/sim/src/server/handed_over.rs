//! What a device does not push itself: what it hands in when it is locked out, and what another one delivers.

use super::{Answer, Message, Server, answer};
use trygkort_core::hub::HubError;
use trygkort_core::wire::from_bytes;
use trygkort_core::wire::unsent::UnsentFile;
use trygkort_core::wire::v1::SyncRequest;

impl Server {
    /// Takes what a device that is locked out had not sent, once.
    pub(super) fn take_hand_in(&mut self, message: &Message, now_ms: i64) -> Answer {
        if !self.revoked.contains(&message.token) {
            return answer(message, 401, Vec::new());
        }
        if self.handed_in.contains(&message.token) {
            return answer(message, 409, Vec::new());
        }
        let request = from_bytes::<SyncRequest>(&message.body).unwrap_or_default();
        self.hear(&request);
        let peer = self.peer(message.token, self.own_origin(message.token, request.origin));
        answer(message, status(&self.log().set_aside(&peer, &message.body, now_ms)), Vec::new())
    }

    /// Takes what somebody could not send, as its author's.
    pub(super) fn take_delivery(&mut self, message: &Message, now_ms: i64) -> Answer {
        let Ok(file) = UnsentFile::read(&message.body) else { return answer(message, 400, Vec::new()) };
        self.hear(&file.request);
        let origin = file.request.origin;
        let author = self.token_of(origin).filter(|token| !self.revoked.contains(token));
        let author = author.map(|token| self.peer(token, origin));
        answer(message, status(&self.log().deliver(author.as_ref(), &file.request, now_ms)), Vec::new())
    }
}

fn status<T>(done: &Result<T, HubError>) -> u16 {
    match done {
        Ok(_) => 200,
        Err(HubError::Store(_)) => 503,
        Err(_) => 400,
    }
}
