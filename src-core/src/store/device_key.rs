//! What a device signs with.

use crate::seal::{Hash, Signer};
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;

/// A device's secret key: 32 bytes in hexadecimal where it is kept; empty for one that joined before there were keys.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceKey {
    seed: String,
    /// Made for the first signature and kept: making it costs as much as signing.
    #[serde(skip)]
    signer: OnceCell<Option<Signer>>,
}

impl DeviceKey {
    /// The key with this seed.
    #[must_use]
    pub fn new(seed: &Hash) -> Self {
        Self { seed: blake3::Hash::from_bytes(*seed).to_hex().to_string(), signer: OnceCell::new() }
    }

    /// Signs a digest; `None` without a key.
    pub(crate) fn sign(&self, digest: &Hash) -> Option<[u8; 64]> {
        self.signer
            .get_or_init(|| self.seed().map(|seed| Signer::new(&seed)))
            .as_ref()
            .map(|signer| signer.sign(digest))
    }

    fn seed(&self) -> Option<Hash> {
        blake3::Hash::from_hex(&self.seed).ok().map(Into::into)
    }
}
