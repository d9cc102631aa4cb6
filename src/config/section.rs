//! One section while it is read: its options by name, and what is wrong with them.

use super::error::{ConfigError, OneLine};
use super::raw::{RawOption, RawSection};

/// Options of `[general]`.
pub const GENERAL_OPTIONS: &[&str] = &[
    "enabled",
    "language",
    "country",
    "timezone",
    "api_version",
    "trusted_domains",
    "ca_file",
    "connect_timeout",
    "request_timeout",
    "workers",
    "journal",
    "history_days",
    "internal_callers",
    "unanswered_group",
    "answered_elsewhere",
    "create_on",
    "lookup",
    "prefix_strip",
    "ignore_numbers",
    "api_reserve",
    "dialplan_timeout",
    "web",
    "web_insecure",
    "web_files",
    "metrics_token",
    "record_events",
];

/// Options of a section of type `user`.
pub const USER_OPTIONS: &[&str] = &[
    "type",
    "enabled",
    "username",
    "auth",
    "password",
    "password_file",
    "token",
    "token_file",
    "client_id",
    "client_secret",
    "client_secret_file",
    "private_key",
    "domain",
    "login_host",
    "extension",
    "language",
    "country",
    "case_on_answered",
    "case_on_lost",
    "create_account",
    "create_on",
    "lookup",
    "account_name",
    "subject_answered",
    "subject_lost",
    "description",
    "case_field",
    "account_field",
    "case_origin",
    "external_id_field",
    "owner",
    "auto_assign",
    "repeat_window",
    "task_on_answered",
    "task_on_lost",
    "task_status",
];

/// Options whose values are never shown.
pub(super) const SECRETS: &[&str] = &["password", "token", "client_secret", "metrics_token"];

/// Options that name files, or say whom to trust: the page changes them with `web_files = yes` only.
pub const FILE_OPTIONS: &[&str] = &[
    "trusted_domains",
    "ca_file",
    "journal",
    "record_events",
    "password_file",
    "token_file",
    "client_secret_file",
    "private_key",
];

/// Options that may be given several times; of all others the last one counts.
pub const REPEATABLE: &[&str] = &["case_field", "account_field"];

/// What is wrong with bytes that are no text.
pub(super) const NOT_UTF8: &str =
    "is not UTF-8, or another program has put U+FFFD in the place of a character";
/// What is allowed instead.
pub(super) const UTF8: &str =
    "text in UTF-8; iconv -f ISO-8859-1 -t UTF-8 makes it of a file in Latin-1";

/// The options of a section of this name.
pub fn options_of(name: &str) -> &'static [&'static str] {
    if name.eq_ignore_ascii_case("general") {
        GENERAL_OPTIONS
    } else {
        USER_OPTIONS
    }
}

/// Is it one of these, in whatever case?
pub(super) fn is_among(name: &str, known: &[&str]) -> bool {
    known.iter().any(|known| name.eq_ignore_ascii_case(known))
}

impl RawSection {
    /// The value of an option that counts: the last one given, inherited or own. `None`: there is
    /// none, or it was emptied again.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut options = self.options.iter().rev();
        let last = options.find(|option| option.name.eq_ignore_ascii_case(name))?;
        Some(last.value.trim()).filter(|value| !value.is_empty())
    }

    /// Is the value of this option of the section, or might it be, one that nobody is to see? So
    /// is that of an option that there is not (it may be a misspelt `password`), and that of a
    /// known one into which a secret was put.
    pub fn hides(&self, option: &RawOption) -> bool {
        !is_among(&option.name, options_of(&self.name))
            || may_be_secret(option)
            || self.holds_secret(option)
    }

    /// The name of an option as it may be shown: of one that there is not, as far as it is a name,
    /// for in `password: hunter2 = x` the secret stands there.
    pub fn shown_name(&self, option: &RawOption) -> String {
        if is_among(&option.name, options_of(&self.name)) {
            option.name.clone()
        } else {
            name_alone(&option.name)
        }
    }

    /// Does the value hold what is another option's secret?
    fn holds_secret(&self, option: &RawOption) -> bool {
        let secrets = self.options.iter().filter(|other| {
            is_among(&other.name, SECRETS) && !other.name.eq_ignore_ascii_case(&option.name)
        });
        let value = option.value.trim();
        secrets.map(|secret| secret.value.trim()).any(|secret| {
            // Two short words may be the same by chance; a secret within another text is not.
            !secret.is_empty()
                && (value == secret || (secret.len() >= SHORT && value.contains(secret)))
        })
    }
}

/// Shorter texts are found within others by chance.
const SHORT: usize = 6;

/// Why a value cannot be taken.
pub(super) struct Wrong {
    pub(super) problem: String,
    pub(super) allowed: Option<String>,
}

impl Wrong {
    pub(super) fn new(problem: impl Into<String>, allowed: impl Into<String>) -> Wrong {
        Wrong {
            problem: problem.into(),
            allowed: Some(allowed.into()),
        }
    }
}

impl From<String> for Wrong {
    fn from(problem: String) -> Wrong {
        Wrong {
            problem,
            allowed: None,
        }
    }
}

/// A section and what has been found wrong with it so far.
pub(super) struct Section<'a> {
    raw: &'a RawSection,
    pub(super) errors: Vec<ConfigError>,
    pub(super) warnings: Vec<String>,
}

impl<'a> Section<'a> {
    /// Takes a section whose options are to be among `known`.
    pub(super) fn new(raw: &'a RawSection, known: &[&str]) -> Section<'a> {
        let mut section = Section {
            raw,
            errors: Vec::new(),
            warnings: Vec::new(),
        };
        for option in &raw.options {
            if !option.is_utf8() {
                section.not_utf8(option);
            } else if !is_among(&option.name, known) {
                section.unknown(option, known);
            }
        }
        section
    }

    /// Whatever the value is, it is not shown: nobody could tell what to make of it.
    fn not_utf8(&mut self, option: &RawOption) {
        self.refuse(option, NOT_UTF8.to_owned(), UTF8.to_owned());
    }

    /// Notes an option that is not read at all; its value is not shown.
    fn refuse(&mut self, option: &RawOption, problem: String, allowed: String) {
        self.errors.push(ConfigError {
            file: option.file.clone(),
            line: option.line,
            section: self.raw.name.clone(),
            option: Some(self.raw.shown_name(option)),
            value: None,
            problem,
            allowed: Some(allowed),
        });
    }

    fn unknown(&mut self, option: &RawOption, known: &[&str]) {
        let problem = if is_among(&option.name, GENERAL_OPTIONS) {
            "unknown option (it belongs into [general])".to_owned()
        } else if is_among(&option.name, USER_OPTIONS) {
            "unknown option (it belongs into a section of type user)".to_owned()
        } else if let Some(name) = nearest(&option.name, known) {
            format!("unknown option (did you mean {name}?)")
        } else {
            "unknown option".to_owned()
        };
        self.refuse(option, problem, known.join(", "));
    }

    /// The value that counts: the last one given, inherited or own.
    pub(super) fn last(&self, name: &str) -> Option<&'a RawOption> {
        self.raw
            .options
            .iter()
            .rev()
            .find(|option| option.name.eq_ignore_ascii_case(name))
    }

    /// Every value given, in order.
    pub(super) fn all(&self, name: &'a str) -> impl Iterator<Item = &'a RawOption> {
        self.raw
            .options
            .iter()
            .filter(move |option| option.name.eq_ignore_ascii_case(name))
    }

    /// Is the option given, and not emptied again?
    pub(super) fn has(&self, name: &str) -> bool {
        self.last(name)
            .is_some_and(|option| !option.value.trim().is_empty())
    }

    /// The option's value; `default` when it is not given, or wrong (which is noted). An empty
    /// value is wrong.
    pub(super) fn read<T>(
        &mut self,
        name: &str,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> T {
        let Some(option) = self.last(name) else {
            return default;
        };
        match parse(option.value.trim()) {
            Ok(value) => value,
            Err(wrong) => {
                self.wrong(option, wrong);
                default
            }
        }
    }

    /// The value of an option that may be empty, which is as good as not given.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        if !self.has(name) {
            return None;
        }
        self.read(name, None, |value| parse(value).map(Some))
    }

    /// Notes that an option's value is wrong.
    pub(super) fn wrong(&mut self, option: &RawOption, wrong: Wrong) {
        if !option.is_utf8() {
            // Noted already, and what it would be is nobody's guess.
            return;
        }
        let is_hidden = self.raw.hides(option);
        let value = option.value.trim();
        let repeats = |text: &str| is_hidden && value.len() > 2 && text.contains(value);
        let problem = if is_hidden && quotes(&wrong.problem, value) {
            "is not allowed, and is not shown, for it may be a secret".to_owned()
        } else {
            wrong.problem
        };
        self.errors.push(ConfigError {
            file: option.file.clone(),
            line: option.line,
            section: self.raw.name.clone(),
            option: Some(option.name.clone()),
            value: (!is_hidden).then(|| option.value.clone()),
            problem,
            allowed: wrong.allowed.filter(|allowed| !repeats(allowed)),
        });
    }

    /// Notes that an option is missing.
    pub(super) fn missing(&mut self, name: &str, allowed: &str) {
        // An option that is there and empty has a line of its own to point at.
        let (file, line) = match self.last(name) {
            Some(option) => (&option.file, option.line),
            None => (&self.raw.file, self.raw.line),
        };
        self.errors.push(ConfigError {
            file: file.clone(),
            line,
            section: self.raw.name.clone(),
            option: Some(name.to_owned()),
            value: None,
            problem: "is missing".to_owned(),
            allowed: Some(allowed.to_owned()),
        });
    }

    /// Notes what is right but probably not meant.
    pub(super) fn warn(&mut self, option: &RawOption, what: &str) {
        self.warnings.push(format!(
            "{}:{}: [{}] {}: {what}",
            OneLine(&option.file),
            option.line,
            OneLine(&self.raw.name),
            OneLine(&option.name),
        ));
    }
}

/// A misspelt `pasword = …` is a secret as well, and so are a password where the path of its
/// file should stand, and what stands in an address before its `@`.
pub(super) fn may_be_secret(option: &RawOption) -> bool {
    let name = option.name.to_ascii_lowercase();
    let telling = ["pass", "pwd", "secret", "token", "kennwort"];
    let file = name.ends_with("_file") && option.value.starts_with('/');
    (!file
        && (telling.iter().any(|part| name.contains(part))
            || nearest(&name, USER_OPTIONS).is_some_and(|known| SECRETS.contains(&known))))
        || (["domain", "login_host"].contains(&name.as_str()) && option.value.contains('@'))
        || option.value.contains("PRIVATE KEY")
}

/// Does the text repeat the value or a part of its list?
fn quotes(text: &str, value: &str) -> bool {
    let mut parts = value.split(',').map(str::trim).chain([value]);
    parts.any(|part| part.len() > 2 && text.contains(part))
}

/// A name as far as it is one.
fn name_alone(name: &str) -> String {
    let is_of_name = |c: char| c.is_alphanumeric() || "_-.\u{fffd}".contains(c);
    match name.find(|c| !is_of_name(c)) {
        Some(end) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// The known name that was probably meant.
fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name, candidate), *candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, candidate)| *distance <= candidate.len().min(name.len()).div_ceil(3))
        .map(|(_, candidate)| candidate)
}
