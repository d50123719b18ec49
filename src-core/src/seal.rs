//! What makes tampering and loss show: the hash chain of every scope, the server's seal on a cursor, and what a device
//! signs (docs/sync.md, *Chain*). Pure; the same on server and device.
//!
//! ```text
//! part₁ → hash₁ → part₂ → hash₂ → …      one chain per scope, one part per admitted action that touched it
//!           │
//!           └ H(hash before ‖ who, when, where ‖ leaf of row 1 ‖ leaf of row 2 …)
//! leaf = H(key ‖ row), key = H(salt of the part ‖ number of the row), salt = H(seed ‖ position)
//! ```
//!
//! Erasing a row keeps its leaf and deletes row, key, salt and seed: the chain still verifies, and nobody can try out
//! what the row may have said. Parts that were written at once share a seed, because random bytes do not pack: with one
//! of their own they would be the larger half of what a device reads.

use crate::domain::{AreaId, RowId};
use crate::wire::to_bytes;
use crate::wire::v1::{Action, Cursor, Entry, Judged, LogRow, Raw, ScopeRows, ScopeSeq, Seal, WireId};
#[cfg(feature = "sqlite")]
use ed25519_compact::{KeyPair, PublicKey, Seed, Signature};
use minicbor::bytes::ByteArray;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// A BLAKE3 hash.
pub type Hash = [u8; 32];
/// The random bytes that the rows of a part are hashed with.
pub type Salt = [u8; 16];

const GENESIS: &str = "trygkort 2026 scope chain v1";
const PART: &str = "trygkort 2026 log part v1";
const PUSH: &str = "trygkort 2026 push v1";

/// Where a scope's chain begins.
#[must_use]
pub fn genesis(area: AreaId, scope: u32) -> Hash {
    let mut hasher = blake3::Hasher::new_derive_key(GENESIS);
    hasher.update(area.0.0.as_bytes());
    hash_scope(&mut hasher, scope);
    hasher.finalize().into()
}

/// A scope is one byte, as all were before there were walks; that of a walk is the byte 16 and its number.
fn hash_scope(hasher: &mut blake3::Hasher, scope: u32) {
    match u8::try_from(scope) {
        Ok(byte) if byte < 16 => hasher.update(&[byte]),
        _ => hasher.update(&[16]).update(&scope.to_be_bytes()),
    };
}

/// Where parts that share a seed with one at this position can stand. Whoever erases a row forgets all seeds of its
/// scope there.
#[must_use]
pub fn seed_reach(position: u64) -> RangeInclusive<u64> {
    const LAST_BITS: u64 = 63;
    position & !LAST_BITS..=position | LAST_BITS
}

/// The salt of a part at this position.
#[must_use]
pub fn salt_at(seed: &Salt, position: u64) -> Salt {
    let mut salt = [0; 16];
    salt.copy_from_slice(&row_key(seed, position)[..16]);
    salt
}

fn salt_of(position: u64, part: &ScopeRows) -> Option<Salt> {
    part.salt.map(Into::into).or_else(|| Some(salt_at(&part.salt_seed?.into(), position)))
}

/// Puts its salt into a part in the place of the seed; whether there was a seed.
pub fn spell_out(position: u64, part: &mut ScopeRows) -> bool {
    let seed = part.salt_seed.take();
    if let Some(seed) = seed {
        part.salt = Some(salt_at(&seed.into(), position).into());
    }
    seed.is_some()
}

/// What the row at `index` of a part is hashed with.
#[must_use]
pub fn row_key(salt: &Salt, index: u64) -> Hash {
    let mut key = [0; 32];
    key[..16].copy_from_slice(salt);
    blake3::keyed_hash(&key, &index.to_be_bytes()).into()
}

/// A row's hash.
#[must_use]
pub fn leaf(key: &Hash, row: &[u8]) -> Hash {
    blake3::keyed_hash(key, row).into()
}

/// The chain after a part. `entry` says who, when and where; its rows are not looked at.
#[must_use]
pub fn link(before: &Hash, entry: &Entry, scope: u32, first_seq: u64, leaves: impl Iterator<Item = Hash>) -> Hash {
    let mut hasher = blake3::Hasher::new_derive_key(PART);
    hasher.update(before);
    hash_scope(&mut hasher, scope);
    for number in [first_seq, entry.position, entry.origin.into(), entry.counter, entry.effective, entry.hlc] {
        hasher.update(&number.to_be_bytes());
    }
    for leaf in leaves {
        hasher.update(&leaf);
    }
    hasher.finalize().into()
}

/// The chain after a part of an entry as it came; `None` when it carries nothing to verify it by.
#[must_use]
pub fn link_part(before: &Hash, entry: &Entry, part: &ScopeRows) -> Option<Hash> {
    let leaves = leaves(entry.position, part)?;
    Some(link(before, entry, part.scope, part.first_seq, leaves.into_iter()))
}

fn leaves(position: u64, part: &ScopeRows) -> Option<Vec<Hash>> {
    let rows = part.rows.iter();
    if let Some(seals) = &part.seals {
        if seals.len() != part.rows.len() {
            return None;
        }
        let one = |(row, seal): (&Raw<LogRow>, &Seal)| match (seal.key, seal.leaf) {
            (Some(key), None) => Some(leaf(&key, row.bytes())),
            // Nothing vouches for what stands here, so nothing may.
            (None, Some(leaf)) if is_placeholder(row) || mutant!(BelieveWhatStandsBesideALeaf) => Some(leaf.into()),
            _ => None,
        };
        return rows.zip(seals).map(one).collect();
    }
    Some(salted_leaves(salt_of(position, part)?, &part.rows).collect())
}

/// The hashes of rows that are all there.
pub fn salted_leaves(salt: Salt, rows: &[Raw<LogRow>]) -> impl Iterator<Item = Hash> {
    (0..).zip(rows).map(move |(index, row)| leaf(&row_key(&salt, index), row.bytes()))
}

/// The row that stands in the place of an erased one; older readers forget the row as if it had left the scope.
fn placeholder(entity: u16, row: WireId) -> LogRow {
    LogRow { entity, row, withdrawn: true, fields: Vec::new(), created_by: None, erased: None }
}

fn is_placeholder(row: &LogRow) -> bool {
    *row == placeholder(row.entity, row.row)
}

/// The row that tells every reader that another one is erased.
#[must_use]
pub fn erasure(entity: u16, row: WireId) -> LogRow {
    LogRow { erased: Some(true), ..placeholder(entity, row) }
}

/// Erases a row from a part at this position, keeping its hash; whether it was there. What shares the part's seed is
/// to be [spelled out](spell_out).
pub fn erase(position: u64, part: &mut ScopeRows, id: RowId) -> bool {
    let Some(leaves) = leaves(position, part) else { return false };
    let mut seals: Vec<Seal> = match (&part.seals, salt_of(position, part)) {
        (Some(seals), _) => seals.clone(),
        (None, Some(salt)) => {
            let keys = (0..).map(|index| row_key(&salt, index)).take(part.rows.len());
            keys.map(|key| Seal { key: Some(key.into()), leaf: None }).collect()
        }
        (None, None) => return false,
    };
    let mut found = false;
    for ((row, seal), leaf) in part.rows.iter_mut().zip(&mut seals).zip(leaves) {
        // What says that it is erased says nothing else, and must go on saying it.
        if row.row.0 == id && seal.key.is_some() && row.erased.is_none() {
            *row = placeholder(row.entity, row.row).into();
            *seal = Seal { key: None, leaf: Some(leaf.into()) };
            found = true;
        }
    }
    if found {
        (part.salt_seed, part.salt, part.seals) = (None, None, Some(seals));
    }
    found
}

/// The chains of several scopes while entries are read.
#[derive(Clone, Debug)]
pub struct Chains {
    area: AreaId,
    heads: BTreeMap<u32, Head>,
}

/// Where one scope stands: its last number, and its chain as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub seq: u64,
    pub hash: Option<Hash>,
}

/// Entries that do not continue what was read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(String);

impl Chains {
    /// The chains as a cursor has them.
    #[must_use]
    pub fn at(area: AreaId, cursor: &Cursor) -> Self {
        let head = |scope: &ScopeSeq| (scope.scope, Head { seq: scope.seq, hash: scope.hash.map(Into::into) });
        Self { area, heads: cursor.scopes.iter().map(head).collect() }
    }

    /// Reads on by one entry.
    ///
    /// # Errors
    /// When a number was left out. A wrong hash shows at the next [`Chains::check`].
    pub fn read(&mut self, entry: &Entry) -> Result<(), Broken> {
        for part in &entry.scopes {
            let start = Head { seq: 0, hash: Some(genesis(self.area, part.scope)) };
            let head = self.heads.entry(part.scope).or_insert(start);
            if part.first_seq != head.seq + 1 {
                return Err(Broken(format!(
                    "scope {}: expected sequence {}, got {} at position {}",
                    part.scope,
                    head.seq + 1,
                    part.first_seq,
                    entry.position
                )));
            }
            head.seq += part.rows.len() as u64;
            head.hash = head.hash.and_then(|hash| link_part(&hash, entry, part));
        }
        Ok(())
    }

    /// Compares with the heads that the server announces; takes over the hashes that could not be followed.
    ///
    /// # Errors
    /// When a number or a hash differs.
    pub fn check(&mut self, announced: &[ScopeSeq]) -> Result<(), Broken> {
        for said in announced {
            let head = self.heads.entry(said.scope).or_default();
            if head.seq != said.seq {
                let (scope, read, said) = (said.scope, head.seq, said.seq);
                return Err(Broken(format!("scope {scope}: read up to {read}, the head is {said}")));
            }
            let said_hash = said.hash.map(Into::into);
            if head.hash.is_some() && said_hash.is_some() && head.hash != said_hash && !mutant!(OverlookABrokenChain) {
                return Err(Broken(format!("scope {}: the chain up to {} is another one", said.scope, said.seq)));
            }
            head.hash = head.hash.or(said_hash);
        }
        Ok(())
    }

    /// Where every scope stands, ascending.
    #[must_use]
    pub fn heads(&self) -> Vec<ScopeSeq> {
        let head = |(scope, head): (&u32, &Head)| ScopeSeq {
            scope: *scope,
            seq: head.seq,
            hash: head.hash.map(ByteArray::from),
        };
        self.heads.iter().map(head).collect()
    }
}

/// The server's seal on a cursor: who presents it has read this log up to there. `None` when a hash is missing.
#[must_use]
pub fn cursor_mac(key: &Hash, area: AreaId, cursor: &Cursor) -> Option<[u8; 16]> {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(area.0.0.as_bytes());
    hasher.update(&cursor.epoch?.to_be_bytes()).update(&cursor.position.to_be_bytes());
    for head in &cursor.scopes {
        hash_scope(&mut hasher, head.scope);
        hasher.update(&head.seq.to_be_bytes()).update(&head.hash?[..]);
    }
    let mut mac = [0; 16];
    mac.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Some(mac)
}

/// An action's hash: what it is recognised by when it comes again.
#[must_use]
pub fn action_hash(action: &Action) -> Hash {
    blake3::hash(&to_bytes(action)).into()
}

/// What a device signs when it sends actions: who it is, what it sent before, and every byte of what it sends now.
#[must_use]
pub fn push_digest(area: AreaId, origin: u32, after: Option<&Judged>, salt: &Salt, actions: &[Hash]) -> Hash {
    let mut hasher = blake3::Hasher::new_derive_key(PUSH);
    hasher.update(area.0.0.as_bytes()).update(&origin.to_be_bytes()).update(salt);
    match after {
        Some(after) => hasher.update(&after.end.to_be_bytes()).update(&after.hash[..]),
        None => hasher.update(&[0]),
    };
    for action in actions {
        hasher.update(action);
    }
    hasher.finalize().into()
}

/// The public half of a device's key.
#[cfg(feature = "sqlite")]
#[must_use]
pub fn public_key(seed: &Hash) -> Hash {
    *KeyPair::from_seed(Seed::new(*seed)).pk
}

/// Signs a digest with a device's key: Ed25519 (RFC 8032).
#[cfg(feature = "sqlite")]
#[must_use]
pub fn sign(seed: &Hash, digest: &Hash) -> [u8; 64] {
    Signer::new(seed).sign(digest)
}

/// A device's key, ready to sign with.
#[cfg(feature = "sqlite")]
#[derive(Clone)]
pub(crate) struct Signer(KeyPair);

#[cfg(feature = "sqlite")]
impl Signer {
    pub(crate) fn new(seed: &Hash) -> Self {
        Self(KeyPair::from_seed(Seed::new(*seed)))
    }

    pub(crate) fn sign(&self, digest: &Hash) -> [u8; 64] {
        *self.0.sk.sign(digest, None)
    }
}

/// Whether the device with this public key signed the digest.
#[cfg(feature = "sqlite")]
#[must_use]
pub fn is_signed(key: &Hash, digest: &Hash, signature: &[u8; 64]) -> bool {
    PublicKey::new(*key).verify(digest, &Signature::new(*signature)).is_ok()
}
