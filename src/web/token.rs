//! Tokens against forged requests: what a page of another site cannot know, although the browser
//! sends the session's cookie along with whatever that page asks for.

use super::hex;
use ring::hmac;
use ring::rand::SystemRandom;

/// Makes the tokens; they hold until the module is unloaded.
pub struct Tokens {
    /// `None`: the system has no random numbers, and no request is believed.
    key: Option<hmac::Key>,
}

impl Default for Tokens {
    fn default() -> Tokens {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        Tokens { key: key.ok() }
    }
}

impl Tokens {
    /// The token of a session.
    pub fn of(&self, session: &str) -> String {
        let key = self.key.as_ref();
        key.map(|key| hex(hmac::sign(key, session.as_bytes()).as_ref()))
            .unwrap_or_default()
    }

    /// Are the two the same? Takes as long whether they are or not.
    pub fn are_same(&self, one: &str, other: &str) -> bool {
        self.key.as_ref().is_some_and(|key| {
            let tag = hmac::sign(key, one.as_bytes());
            hmac::verify(key, other.as_bytes(), tag.as_ref()).is_ok()
        })
    }

    /// Is it the session's token? Takes as long whether it is or not.
    pub fn is_of(&self, session: &str, token: &str) -> bool {
        let bytes: Option<Vec<u8>> = token
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        match (&self.key, bytes) {
            (Some(key), Some(bytes)) => hmac::verify(key, session.as_bytes(), &bytes).is_ok(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_sessions() {
        let tokens = Tokens::default();
        let token = tokens.of("12ab34cd");
        assert_eq!(token.len(), 64);
        assert!(tokens.is_of("12ab34cd", &token));
        assert!(!tokens.is_of("12ab34ce", &token));
        assert!(!Tokens::default().is_of("12ab34cd", &token));
        for forged in ["", "00", "zz", "é", &token[..62], &format!("{token}0")] {
            assert!(!tokens.is_of("12ab34cd", forged), "{forged}");
        }
    }
}
