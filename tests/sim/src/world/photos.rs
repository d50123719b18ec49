//! Photos: who adds and looks at them when, and that everyone has them in the end.

use super::*;
use trygkort_core::ipc::{Bytes, GetBlob};

impl World {
    pub(super) fn plan_photos(&mut self, deeds: usize, span_ms: i64) {
        for _ in 0..deeds {
            if self.faults.strikes(Fault::Photo, &self.pictures) {
                let (device, at) = (self.pictures.index(self.devices.len()), self.pictures.between(0, span_ms));
                self.at(at, Event::Photo(device));
            }
        }
    }

    pub(super) fn photograph(&mut self, at: usize) {
        self.act(at, |device, _, number, rng| people::photograph(device, number, rng));
        self.out.count("deeds with photos");
    }

    /// Everyone opens every photo that they see, and then has it, if the server does.
    pub(super) fn look_at_photos(&mut self) {
        if !self.out.counts.contains_key("deeds with photos") {
            return;
        }
        for at in 0..self.devices.len() {
            let names: Vec<String> =
                self.devices[at].photos().into_iter().flat_map(|p| [p.hash, p.thumbnail]).collect();
            if names.is_empty() {
                continue;
            }
            for hash in &names {
                // What is not here is fetched from now on.
                drop(self.devices[at].ask(GetBlob { hash: hash.clone() }));
            }
            self.exchange_until_quiet(at);
            for name in names.into_iter().filter(|name| self.server.has_photo(name)).collect::<Vec<_>>() {
                match self.devices[at].ask(GetBlob { hash: name.clone() }) {
                    Ok(Some(Bytes(content))) if blake3::hash(&content).to_hex().as_str() == name => {
                        self.out.count("photos and thumbnails seen in the end");
                    }
                    other => {
                        let what = format!("{} does not have photo {name}: {other:?}", self.devices[at].name);
                        self.wrong(what);
                    }
                }
            }
        }
    }
}
