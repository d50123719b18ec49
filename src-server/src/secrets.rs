//! Invitation secrets and device tokens: made here from the system's random source, kept only as BLAKE3 hashes.
//!
//! They are written in Crockford's base32, which can be read aloud and typed in either case. A hash without salt or
//! work factor is enough because the secrets are random and at least 128 bits long: there is nothing to guess.

use std::fmt;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What a secret is for. Each purpose hashes in its own context, so that a token is never taken for an invitation.
#[derive(Clone, Copy)]
pub(crate) struct Purpose {
    context: &'static str,
    bytes: usize,
}

/// The secret in an invitation link: 128 bits, 26 characters.
pub(crate) const INVITATION: Purpose = Purpose { context: "trygkort 2026 invitation secret v1", bytes: 16 };

/// The token a device shows with every request: 160 bits, 32 characters.
pub(crate) const TOKEN: Purpose = Purpose { context: "trygkort 2026 device token v1", bytes: 20 };

/// The number of an attempt to redeem, which the device makes: 128 bits, 32 hexadecimal digits.
const ATTEMPT: Purpose = Purpose { context: "trygkort 2026 redeem attempt v1", bytes: 16 };

/// The hash of an attempt's number, or nothing when it cannot be one.
pub(crate) fn hash_of_attempt(text: &str) -> Option<SecretHash> {
    let is_one = text.len() == 2 * ATTEMPT.bytes && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = u128::from_str_radix(text, 16).ok().filter(|_| is_one)?;
    Some(ATTEMPT.hash(&number.to_be_bytes()))
}

/// A secret in clear. It is handed out once and then forgotten; it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The characters, for the one place that shows them to their owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What is stored of a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SecretHash(pub(crate) [u8; 32]);

/// The system has no random source: nothing can be invited or redeemed.
#[derive(Debug, thiserror::Error)]
#[error("the system's random source failed: {0}")]
pub struct NoRandom(getrandom::Error);

impl Purpose {
    /// A new secret and its hash.
    pub(crate) fn generate(self) -> Result<(Secret, SecretHash), NoRandom> {
        let mut bytes = vec![0; self.bytes];
        getrandom::fill(&mut bytes).map_err(NoRandom)?;
        Ok((Secret(encode(&bytes)), self.hash(&bytes)))
    }

    /// The hash of a secret as somebody typed it, or nothing when it cannot be one of this purpose.
    pub(crate) fn hash_of(self, text: &str) -> Option<SecretHash> {
        let bytes = decode(text).filter(|bytes| bytes.len() == self.bytes)?;
        Some(self.hash(&bytes))
    }

    fn hash(self, bytes: &[u8]) -> SecretHash {
        SecretHash(blake3::derive_key(self.context, bytes))
    }
}

impl fmt::Display for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hash)")
    }
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(5));
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(buffer >> bits) as usize & 31]));
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[(buffer << (5 - bits)) as usize & 31]));
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    const LONGEST: usize = 64;
    if text.len() > LONGEST {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for character in text.bytes() {
        buffer = (buffer << 5) | digit(character)?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((buffer >> bits) & 0xff).ok()?);
            buffer &= (1 << bits) - 1;
        }
    }
    // What is left over is padding: less than a digit, and zero.
    (bits < 5 && buffer == 0).then_some(bytes)
}

/// Crockford's rules for what a person may type: either case, O for 0, I and L for 1.
fn digit(character: u8) -> Option<u32> {
    let character = match character.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    ALPHABET.iter().position(|letter| *letter == character).and_then(|index| u32::try_from(index).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_again_however_it_is_typed() {
        let (secret, hash) = INVITATION.generate().unwrap();
        assert_eq!(secret.expose().len(), 26);
        assert!(INVITATION.hash_of(secret.expose()) == Some(hash));
        assert!(INVITATION.hash_of(&secret.expose().to_lowercase()) == Some(hash));
        let mistyped = secret.expose().replace('0', "o").replace('1', "L");
        assert!(INVITATION.hash_of(&mistyped) == Some(hash));
    }

    #[test]
    fn tokens_and_invitations_are_not_taken_for_each_other() {
        let (token, _) = TOKEN.generate().unwrap();
        assert_eq!(token.expose().len(), 32);
        assert!(INVITATION.hash_of(token.expose()).is_none());
        assert!(TOKEN.hash(&[7; 16]) != INVITATION.hash(&[7; 16]));
    }

    #[test]
    fn two_secrets_differ() {
        let (one, _) = TOKEN.generate().unwrap();
        let (other, _) = TOKEN.generate().unwrap();
        assert!(one != other);
    }

    #[test]
    fn what_cannot_be_a_secret_is_refused() {
        for text in ["", "0", "ABC", "ÆØÅ", "U0000000000000000000000000", "00000000000000000000000001"] {
            assert!(INVITATION.hash_of(text).is_none(), "{text}");
        }
        assert!(INVITATION.hash_of(&"0".repeat(26)).is_some());
        assert!(INVITATION.hash_of(&"0".repeat(100_000)).is_none());
    }

    #[test]
    fn the_number_of_an_attempt_is_of_one_length() {
        let number = "00112233445566778899aabbccddeeff";
        assert!(hash_of_attempt(number).is_some_and(|hash| hash_of_attempt(&number.to_uppercase()) == Some(hash)));
        for text in
            ["", "0", &number[1..], "+0112233445566778899aabbccddeeff", "øøøøøøøøøøøøøøøø", &format!("0{number}")]
        {
            assert!(hash_of_attempt(text).is_none(), "{text}");
        }
    }

    #[test]
    fn base32_round_trips() {
        for length in 0..40_u8 {
            let bytes: Vec<u8> = (0..length).map(|i| i.wrapping_mul(37)).collect();
            assert_eq!(decode(&encode(&bytes)).unwrap(), bytes);
        }
    }
}
