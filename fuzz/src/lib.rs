//! What the fuzz targets share: how bytes become texts, and what holds for every text and error.

use res_ansitel_salesforce::config::settings::Configuration;
use res_ansitel_salesforce::config::{self, RawOption, RawSection};
use res_ansitel_salesforce::salesforce::{Action, Error, Kind};

/// Separates the texts of a target that takes several (ASCII's unit separator).
pub const SEPARATOR: char = '\u{1f}';

/// The texts within the bytes; always at least `N`, the missing ones empty.
pub fn texts<const N: usize>(data: &[u8]) -> ([String; N], Vec<String>) {
    let text = String::from_utf8_lossy(data);
    let mut all = text.split(SEPARATOR).map(str::to_owned);
    let first = std::array::from_fn(|_| all.next().unwrap_or_default());
    (first, all.collect())
}

/// The first byte as a number, and what follows it.
pub fn number(data: &[u8]) -> (usize, &[u8]) {
    match data.split_first() {
        Some((first, rest)) => (usize::from(*first), rest),
        None => (0, &[]),
    }
}

/// An HTTP status out of those that make a difference.
pub fn status(selector: usize) -> u16 {
    const STATUSES: &[u16] = &[
        200, 201, 204, 300, 302, 400, 401, 403, 404, 410, 420, 429, 500, 503,
    ];
    STATUSES[selector % STATUSES.len()]
}

/// One line without control characters.
pub fn is_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// Holds for every error of the Salesforce client.
pub fn check_error(error: &Error) {
    let shown = error.to_string();
    assert!(is_line(&shown), "{shown:?}");
    assert!(shown.chars().count() <= 500, "{shown}");
    assert_ne!(error.action(), Action::Aborted);
    assert!(!error.duplicates().iter().any(|id| !is_id(id)), "{error:?}");
}

/// Holds for every refusal of a login: it says nothing of a record, and doubts nothing.
pub fn check_refused_login(error: &Error) {
    check_error(error);
    assert!(!error.in_doubt());
    assert!(!matches!(
        error.kind(),
        Kind::Refused | Kind::Duplicate | Kind::Locked | Kind::SessionExpired
    ));
}

/// A record id.
pub fn is_id(id: &str) -> bool {
    matches!(id.len(), 15 | 18) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A section of the configuration.
pub fn section(name: &str, options: &[(&str, &str)]) -> RawSection {
    let option = |(name, value): &(&str, &str)| RawOption {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
        file: "salesforce.conf".to_owned(),
        line: 1,
    };
    RawSection {
        name: name.to_owned(),
        file: "salesforce.conf".to_owned(),
        line: 1,
        options: options.iter().map(option).collect(),
    }
}

/// A user's section that can be used, with some options more. `None`: one of these is wrong.
pub fn user(options: &[(&str, &str)]) -> Option<Configuration> {
    let base = [
        ("type", "user"),
        ("username", "a@b.c"),
        ("password", "x"),
        ("extension", "100"),
    ];
    let options: Vec<_> = base.iter().chain(options).copied().collect();
    config::read(&[section("support", &options)])
        .configuration
        .filter(|configuration| !configuration.users.is_empty())
}
