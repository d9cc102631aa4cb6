//! What can go wrong with Salesforce, and what is to be done about it.
//!
//! [`Kind`] is the whole list; [`Kind::action`] says what to do. Which kind an answer is, is
//! decided in [`super::refusal`] (Salesforce said no) and [`super::http`] (nobody, or somebody
//! else, answered).

use std::fmt;

/// What is to be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// An outage: pause, then the same again.
    Retry,
    /// The session is over: log in once more, then the same again.
    RenewSession,
    /// The user's credentials or permissions: nothing further with them, above all no login.
    PauseUser,
    /// The org's limits are exhausted: nothing for any of its users until they free.
    PauseOrg,
    /// This call's record is refused and would be refused again.
    FailCall,
    /// The module is stopping; nothing is to be concluded.
    Aborted,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// [`super::Client::abort`] was called.
    Aborted,
    /// The host's name was not found.
    Dns,
    /// No connection: refused, unreachable, or not established in time.
    Connect,
    /// TLS failed, mostly because the certificate is not trusted.
    Tls,
    /// No complete answer within the time limit.
    Timeout,
    /// The connection was cut during the request.
    Cut,
    /// Salesforce says that it is down, or overloaded.
    Unavailable,
    /// An answer that is not Salesforce's: HTML, cut off, too large, a redirect.
    NotSalesforce,
    /// Somebody else is changing the same record at this moment.
    Locked,
    /// Too many requests, or long ones, of all the org's programs at the same time.
    TooMany,
    /// Planned maintenance: Salesforce can be read and not written.
    Maintenance,
    /// The session has expired or was ended.
    SessionExpired,
    /// Username, password, token, or the user is locked.
    Credentials,
    /// The user or org may not do this: API access, object permissions, login hours, IP ranges.
    Permission,
    /// This way of logging in, or this API version, does not exist here.
    NotOffered,
    /// A host that is not in a trusted domain.
    UntrustedHost,
    /// The org has used up its API requests.
    RequestLimit,
    /// The org's data storage is full.
    StorageLimit,
    /// A trigger or flow of the org's failed, perhaps only because of what went with the record.
    Automation,
    /// A duplicate rule found existing records: [`Error::duplicates`].
    Duplicate,
    /// The record or query is refused for what it holds.
    Refused,
}

impl Kind {
    /// What is to be done about this kind.
    pub fn action(self) -> Action {
        match self {
            Kind::Aborted => Action::Aborted,
            Kind::Dns
            | Kind::Connect
            | Kind::Tls
            | Kind::Timeout
            | Kind::Cut
            | Kind::Unavailable
            | Kind::NotSalesforce
            | Kind::Locked
            | Kind::TooMany
            | Kind::Maintenance => Action::Retry,
            Kind::SessionExpired => Action::RenewSession,
            Kind::Credentials | Kind::Permission | Kind::NotOffered | Kind::UntrustedHost => {
                Action::PauseUser
            }
            Kind::RequestLimit | Kind::StorageLimit => Action::PauseOrg,
            Kind::Automation | Kind::Duplicate | Kind::Refused => Action::FailCall,
        }
    }
}

/// Does Salesforce count a login against its user? It locks a user after three to ten wrong
/// passwords in a row (an org's password policy); a right one ends the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Counted {
    /// No: nothing was sent, or it was turned away for another reason.
    #[default]
    No,
    /// It was sent, and nothing that Salesforce said came back.
    Perhaps,
    /// As a wrong password.
    Wrong,
    /// The password was right; something else is in the way.
    Right,
}

/// An error of the Salesforce client. Its `Display` is one line for an administrator: what was
/// tried, what was answered, and what can be done.
#[derive(Debug, Clone)]
pub struct Error {
    kind: Kind,
    in_doubt: bool,
    counted: Counted,
    codes: Vec<String>,
    duplicates: Vec<String>,
    tried: String,
    said: String,
    advice: &'static str,
}

/// Characters that an error's text has at most.
const LONGEST: usize = 500;

impl Error {
    pub(super) fn new(kind: Kind, said: impl AsRef<str>) -> Error {
        Error {
            kind,
            in_doubt: false,
            counted: Counted::No,
            codes: Vec::new(),
            duplicates: Vec::new(),
            tried: String::new(),
            said: harmless(said.as_ref()),
            advice: "",
        }
    }

    /// The same, but of another kind.
    pub(super) fn of_kind(mut self, kind: Kind) -> Error {
        self.kind = kind;
        self
    }

    /// What the administrator can do about it.
    pub(super) fn advise(mut self, advice: &'static str) -> Error {
        self.advice = advice;
        self
    }

    /// What was tried, such as `creating a Case at acme.my.salesforce.com`.
    pub(super) fn trying(mut self, tried: impl AsRef<str>) -> Error {
        self.tried = harmless(tried.as_ref());
        self
    }

    pub(super) fn doubtful(mut self, in_doubt: bool) -> Error {
        self.in_doubt = in_doubt;
        self
    }

    pub(super) fn counting(mut self, counted: Counted) -> Error {
        self.counted = counted;
        self
    }

    pub(super) fn coded<'a>(mut self, codes: impl Iterator<Item = &'a str>) -> Error {
        self.codes = codes.map(str::to_owned).collect();
        self
    }

    pub(super) fn matching(mut self, duplicates: Vec<String>) -> Error {
        self.duplicates = duplicates;
        self
    }

    /// Takes a secret out of what the other side said, should it have repeated it.
    pub(super) fn without(mut self, secret: &str) -> Error {
        if !secret.is_empty() {
            self.said = self.said.replace(&harmless(secret), "***");
        }
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What is to be done.
    pub fn action(&self) -> Action {
        self.kind.action()
    }

    /// A write may have happened: it was sent, and no answer said what became of it. Look for
    /// the record before writing again.
    pub fn in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// Of a login: does Salesforce count it against the user?
    pub fn counted(&self) -> Counted {
        self.counted
    }

    /// A login that was refused for the time of day or the place: that may pass by itself.
    pub fn is_of_hours_or_place(&self) -> bool {
        self.has_code(&[
            "LOGIN_DURING_RESTRICTED_TIME",
            "LOGIN_DURING_RESTRICTED_DOMAIN",
        ])
    }

    /// Is one of these among Salesforce's codes for what went wrong?
    pub fn has_code(&self, codes: &[&str]) -> bool {
        self.codes.iter().any(|code| codes.contains(&code.as_str()))
    }

    /// Did Salesforce say the same by its codes?
    pub(super) fn has_same_codes(&self, other: &Error) -> bool {
        self.codes == other.codes
    }

    /// The record refers to another one that does not exist, or not any more.
    pub fn is_of_missing_record(&self) -> bool {
        self.has_code(&["ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"])
    }

    /// Is it about what was asked, or who may ask it, while Salesforce as such is well? Whoever
    /// only wanted to know something then goes on without.
    pub fn is_of_question(&self) -> bool {
        match self.kind {
            Kind::Refused | Kind::Timeout => true,
            Kind::Permission => !self.has_code(&[
                "API_DISABLED_FOR_ORG",
                "API_DISABLED",
                "INVALID_SESSION_ID",
                "ORG_LOCKED",
                "TRIAL_EXPIRED",
            ]),
            Kind::Unavailable => self.has_code(&[
                "QUERY_TIMEOUT",
                "REQUEST_RUNNING_TOO_LONG",
                "QUERY_TOO_COMPLICATED",
                "OPERATION_TOO_LARGE",
                "UNKNOWN_EXCEPTION",
            ]),
            _ => false,
        }
    }

    /// Was it too much to ask at once?
    pub fn is_of_too_much(&self) -> bool {
        self.has_code(&[
            "QUERY_TIMEOUT",
            "REQUEST_RUNNING_TOO_LONG",
            "QUERY_TOO_COMPLICATED",
            "OPERATION_TOO_LARGE",
            "INVALID_SEARCH",
            "MALFORMED_SEARCH",
        ])
    }

    /// Another record has the value of a unique field.
    pub fn is_of_existing_value(&self) -> bool {
        self.has_code(&["DUPLICATE_VALUE", "DUPLICATE_EXTERNAL_ID"])
    }

    /// The record refers to another one that somebody has deleted.
    pub fn is_of_deleted_record(&self) -> bool {
        self.has_code(&["ENTITY_IS_DELETED"])
    }

    /// A record that it refers to is gone, or may not be referred to.
    pub fn is_of_reference(&self) -> bool {
        self.is_of_missing_record()
            || self.has_code(&["INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"])
    }

    /// A record is gone, or the user may not see it.
    pub fn is_out_of_sight(&self) -> bool {
        self.is_of_reference()
            || self.has_code(&[
                "NOT_FOUND",
                "INSUFFICIENT_ACCESS_OR_READONLY",
                "INSUFFICIENT_ACCESS",
            ])
    }

    /// A text is longer than its field.
    pub fn is_of_length(&self) -> bool {
        self.has_code(&["STRING_TOO_LONG"])
    }

    /// Is this field named in what Salesforce said?
    pub fn names(&self, field: &str) -> bool {
        let mut words = self
            .said
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.any(|word| word == field)
    }

    /// Ids of the records that a duplicate rule found; empty unless that is the error.
    pub fn duplicates(&self) -> &[String] {
        &self.duplicates
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tried = cut(&self.tried, LONGEST / 3);
        if !tried.is_empty() {
            write!(f, "{tried}: ")?;
        }
        let room = LONGEST
            .saturating_sub(tried.chars().count() + self.advice.chars().count() + ": ; ".len());
        let said = cut(&self.said, room);
        if self.advice.is_empty() {
            f.write_str(said)
        } else {
            write!(f, "{}; {}", said.trim_end_matches('.'), self.advice)
        }
    }
}

impl std::error::Error for Error {}

/// One line without control characters, of bounded length.
fn harmless(text: &str) -> String {
    let words = text.split(|c: char| c.is_control() || c.is_whitespace() || is_bidi_control(c));
    let mut line = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if line.len() > 4 * LONGEST {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(cut(word, LONGEST));
    }
    line
}

/// Characters that turn the rest of a terminal's line around, or break it.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn cut(text: &str, characters: usize) -> &str {
    match text.char_indices().nth(characters) {
        Some((end, _)) => text.get(..end).unwrap_or_default(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn says_what_was_tried_what_was_said_and_what_to_do() {
        let error = Error::new(Kind::Credentials, "INVALID_LOGIN: Invalid username")
            .trying("login of a@b.c at acme.my.salesforce.com")
            .advise("check username and password");
        assert_eq!(
            error.to_string(),
            "login of a@b.c at acme.my.salesforce.com: INVALID_LOGIN: Invalid username; \
             check username and password"
        );
    }

    #[test]
    fn a_repeated_secret_is_taken_out() {
        let error =
            Error::new(Kind::Refused, "bad password 'hunter2  token'").without("hunter2  token");
        assert_eq!(error.to_string(), "bad password '***'");
    }

    proptest! {
        #[test]
        fn text_is_one_short_line(said in "\\PC*|(.|\n|\r|\u{1b}){0,2000}", tried in ".{0,800}") {
            let error = Error::new(Kind::Refused, &said).trying(&tried).advise("mend it");
            let text = error.to_string();
            prop_assert!(text.chars().count() <= LONGEST, "{}", text.chars().count());
            prop_assert!(!text.chars().any(|c| c.is_control() || is_bidi_control(c)));
            prop_assert!(text.ends_with("; mend it"));
        }
    }
}
