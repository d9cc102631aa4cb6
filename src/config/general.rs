//! The section `[general]`.

use super::section::{Section, Wrong};
use super::settings::{AnsweredElsewhere, CreateOn, Lookup, Settings, UnansweredGroup};
use super::value::{api_version, boolean, choice, country, existing_file, language, list, number};
use super::value::{path, timezone};
use super::{host, pattern};
use crate::messages::language::{Language, Languages};
use secrecy::SecretString;
use std::time::Duration;

/// What a user has unless its section says otherwise.
pub(super) struct Defaults {
    pub(super) language: Language,
    pub(super) country: String,
    pub(super) create_on: CreateOn,
    pub(super) lookup: Lookup,
}

/// The default of `language`.
const LANGUAGE: &str = "de";
/// The choices of `create_on`.
pub(super) const CREATE_ON: &[(&str, CreateOn)] =
    &[("hangup", CreateOn::Hangup), ("answer", CreateOn::Answer)];
/// The choices of `lookup`.
pub(super) const LOOKUP: &[(&str, Lookup)] = &[("sosl", Lookup::Sosl), ("soql", Lookup::Soql)];

pub(super) const TRUSTED: &str = "salesforce.com, force.com, salesforce.mil, sfcrmproducts.cn";
const INTERNAL: &str = "_X,_XX,_XXX,_XXXX";

/// Reads the section; what is wrong is noted in it and has its default.
pub(super) fn read(section: &mut Section, languages: &Languages) -> (Settings, Defaults) {
    let seconds = |n: u32| Duration::from_secs(n.into());
    let settings = Settings {
        enabled: section.read("enabled", true, boolean),
        timezone: section.optional("timezone", timezone),
        api_version: section.read("api_version", "64.0".to_owned(), api_version),
        trusted_domains: section.read("trusted_domains", known(TRUSTED), trusted_domains),
        ca_file: section.optional("ca_file", existing_file),
        connect_timeout: seconds(section.read("connect_timeout", 10, number(1, 300))),
        request_timeout: seconds(section.read("request_timeout", 60, number(1, 3600))),
        workers: section.read("workers", 4, number(1, 64)) as usize,
        journal: section.optional("journal", path),
        history_days: section.read("history_days", 30, number(1, 3650)),
        internal_callers: section.read("internal_callers", known(INTERNAL), internal_callers),
        unanswered_group: section.read(
            "unanswered_group",
            UnansweredGroup::All,
            choice(&[
                ("all", UnansweredGroup::All),
                ("first", UnansweredGroup::First),
                ("last", UnansweredGroup::Last),
                ("none", UnansweredGroup::None),
            ]),
        ),
        answered_elsewhere: section.read(
            "answered_elsewhere",
            AnsweredElsewhere::Ignore,
            choice(&[
                ("ignore", AnsweredElsewhere::Ignore),
                ("lost", AnsweredElsewhere::Lost),
            ]),
        ),
        prefix_strip: section
            .optional("prefix_strip", prefix_strip)
            .unwrap_or_default(),
        ignore_numbers: section
            .optional("ignore_numbers", ignore_numbers)
            .unwrap_or_default(),
        // At most 100, so it fits.
        api_reserve: section.read("api_reserve", 10, number(0, 100)) as u8,
        dialplan_timeout: Duration::from_millis(
            section
                .read("dialplan_timeout", 500, number(1, 60_000))
                .into(),
        ),
        web: section.read("web", false, boolean),
        web_insecure: section.read("web_insecure", false, boolean),
        web_files: section.read("web_files", false, boolean),
        metrics_token: section.optional("metrics_token", metrics_token),
        record_events: section.optional("record_events", path),
    };
    let defaults = Defaults {
        language: section.read("language", languages.named(LANGUAGE), language(languages)),
        country: section.read("country", "DE".to_owned(), country),
        create_on: section.read("create_on", CreateOn::Hangup, choice(CREATE_ON)),
        lookup: section.read("lookup", Lookup::Sosl, choice(LOOKUP)),
    };
    (settings, defaults)
}

fn known(values: &str) -> Vec<String> {
    list(values).map(str::to_owned).collect()
}

fn trusted_domains(value: &str) -> Result<Vec<String>, Wrong> {
    let allowed = "a comma list of domains without https:// and port, such as salesforce.com";
    let domains: Result<Vec<String>, Wrong> = list(value)
        .map(|part| {
            host::parse_name(part)
                .map_err(|problem| Wrong::new(format!("{part} {problem}"), allowed))
        })
        .collect();
    domains.and_then(|domains| {
        if domains.is_empty() {
            Err(Wrong::new("is empty", allowed))
        } else {
            Ok(domains)
        }
    })
}

/// Empty: everybody is an outside caller.
fn internal_callers(value: &str) -> Result<Vec<String>, Wrong> {
    list(value)
        .map(|part| match pattern::check(part) {
            Ok(()) => Ok(part.to_owned()),
            Err(problem) => Err(Wrong::new(
                format!("{part}: {problem}"),
                "a comma list of Asterisk patterns and numbers, such as _XXX, _[1-5]X., 4711",
            )),
        })
        .collect()
}

fn metrics_token(value: &str) -> Result<SecretString, Wrong> {
    if value.len() >= 16 {
        Ok(SecretString::from(value))
    } else {
        Err(Wrong::new(
            "can be guessed",
            "16 characters or more, drawn by chance",
        ))
    }
}

fn prefix_strip(value: &str) -> Result<String, Wrong> {
    if value.bytes().all(|b| b.is_ascii_digit()) {
        Ok(value.to_owned())
    } else {
        Err(Wrong::new("are not digits only", "digits, such as 0"))
    }
}

fn ignore_numbers(value: &str) -> Result<Vec<String>, Wrong> {
    list(value)
        .map(|part| {
            let number = part.chars().any(|c| c.is_ascii_digit())
                && part
                    .chars()
                    .all(|c| c.is_ascii_digit() || "+ -()/.".contains(c));
            if number {
                Ok(part.to_owned())
            } else {
                let allowed = "a comma list of numbers, such as +49 30 1234567, 030 1234568";
                Err(Wrong::new(format!("{part} is no number"), allowed))
            }
        })
        .collect()
}
