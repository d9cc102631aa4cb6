//! What the page is told, as JSON.

use super::conf::files::{Files, SaveError};
use super::conf::permitted;
use super::{CallFilter, Request, Response, Rights, Tokens};
use crate::config::settings::Configuration;
use crate::config::{self, ConfigError, RawSection, section};
use crate::control::View;
use crate::control::views::{self, CallView};
use crate::interface::Hint;
use crate::journal::{Journal, JournalError, State, Wanted};
use crate::phone;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Who is asking, and what the page has to know.
pub fn session(request: &Request, tokens: &Tokens, view: &View<'_>) -> Response {
    if request.rights == Rights::None {
        return Response::json(200, &json!({"rights": "none"}));
    }
    let can_change = request.rights == Rights::Change;
    Response::json(
        200,
        &json!({
            "rights": if can_change { "change" } else { "look" },
            "token": can_change.then(|| tokens.of(&request.session)),
            "version": env!("CARGO_PKG_VERSION"),
            "started": view.started,
        }),
    )
}

/// All users, and what is wrong with those that cannot be used.
pub fn users(view: &View<'_>, errors: &[ConfigError], fingerprint: Option<&str>) -> Response {
    answer(views::users(view), |users| {
        json!({
            "users": users,
            "started": view.started,
            "problems": errors.iter().map(problem).collect::<Vec<_>>(),
            "fingerprint": fingerprint,
        })
    })
}

/// The calls that are looked for, with where they are in Salesforce.
pub fn calls(journal: &Journal, configuration: &Configuration, filter: &CallFilter) -> Response {
    let caller = filter.number.as_deref().map(searched);
    let wanted = Wanted {
        user: filter.user.as_deref(),
        state: filter.state.as_deref().and_then(state),
        caller: caller.as_deref(),
    };
    let found = journal
        .find(filter.count, &wanted)
        .and_then(|calls| Ok((calls, journal.org_addresses()?)));
    answer(found, |(calls, addresses)| {
        let calls: Vec<CallView> = calls.into_iter().map(CallView::from).collect();
        let mut users: BTreeSet<&str> = calls.iter().map(|call| call.user.as_str()).collect();
        users.extend(configuration.users.iter().map(|user| user.name.as_str()));
        json!({
            "calls": calls,
            // Of Salesforce, as it told us: the page makes links of them.
            "addresses": addresses
                .iter()
                .filter(|(_, address)| address.starts_with("https://"))
                .collect::<std::collections::BTreeMap<_, _>>(),
            "users": users,
            "more": calls.len() == filter.count,
        })
    })
}

/// The interface as a whole.
pub fn status(view: &View<'_>) -> Response {
    answer(views::status(view), |status| json!(status))
}

/// What a form is made of: the values as Asterisk reads them, secrets only as set or not.
pub struct Form<'a> {
    /// All sections.
    pub sections: &'a [RawSection],
    /// The files they are in; `None`: they are in none that could be changed.
    pub files: Option<&'a Files>,
    /// Tells the files from what they were.
    pub fingerprint: Option<&'a str>,
    /// What is wrong.
    pub errors: &'a [ConfigError],
}

impl Form<'_> {
    /// What the form of a section shows.
    pub fn of(&self, name: &str) -> Map<String, Value> {
        let is_it = |raw: &&RawSection| raw.name.eq_ignore_ascii_case(name);
        let found = self.sections.iter().find(is_it);
        let mut values = Map::new();
        let mut secrets = Map::new();
        let options = found
            .iter()
            .flat_map(|raw| raw.options.iter().map(move |o| (raw, o)));
        for (raw, option) in options {
            let option_name = raw.shown_name(option).to_ascii_lowercase();
            if raw.hides(option) {
                // The last one counts, shown or not.
                values.remove(&option_name);
                secrets.insert(option_name, (!option.value.trim().is_empty()).into());
            } else if section::REPEATABLE.contains(&option_name.as_str()) {
                let all = values.entry(option_name).or_insert_with(|| json!([]));
                if let Value::Array(all) = all {
                    all.push(option.value.clone().into());
                }
            } else {
                secrets.remove(&option_name);
                values.insert(option_name, option.value.clone().into());
            }
        }
        let file = self.files.and_then(|files| files.file_of(name));
        let own = self.files.map(|files| {
            let repeated = section::REPEATABLE.iter().map(|option| {
                let shown = values.get(*option).and_then(Value::as_array);
                let is_shown = |value: &String| {
                    shown.is_some_and(|shown| shown.iter().any(|other| other == value))
                };
                let own = files.own(name, option).into_iter().filter(is_shown);
                ((*option).to_owned(), own.collect())
            });
            let known = section::options_of(name);
            let mut options = files.own_options(name);
            options.retain(|option| known.contains(&option.as_str()));
            json!({"options": options, "repeated": Map::from_iter(repeated)})
        });
        let of_section = |error: &&ConfigError| error.section.eq_ignore_ascii_case(name);
        let problems = self.errors.iter().filter(of_section).map(problem);
        let mut form = Map::new();
        form.insert("name".into(), name.into());
        form.insert("exists".into(), found.is_some().into());
        form.insert("values".into(), values.into());
        form.insert("secrets".into(), secrets.into());
        form.insert("own".into(), own.into());
        form.insert(
            "file".into(),
            file.map(|path| path.display().to_string()).into(),
        );
        form.insert("fingerprint".into(), self.fingerprint.into());
        let locked = permitted::locked(config::may_name_files(self.sections));
        form.insert("locked".into(), json!(locked));
        form.insert("problems".into(), problems.collect());
        form
    }
}

/// What can be chosen in forms.
pub fn choices(
    languages: &[&str],
    configuration: &Configuration,
    general: Map<String, Value>,
    hints: &[Hint],
) -> Value {
    let taken = configuration.users.iter().filter(|user| user.enabled);
    let taken = taken.flat_map(|user| {
        let extensions = user.extensions.iter();
        extensions.map(|extension| json!({"exten": extension.exten, "context": extension.context, "user": user.name}))
    });
    // Patterns match many extensions, and name none.
    let hints = hints.iter().filter(|hint| !hint.exten.starts_with('_'));
    let letters = || 'A'..='Z';
    let codes = letters().flat_map(|first| letters().map(move |second| format!("{first}{second}")));
    json!({
        "languages": languages,
        "countries": codes.filter(|code| phone::is_country(code)).collect::<Vec<_>>(),
        "general": general,
        "hints": hints
            .map(|hint| json!({"exten": hint.exten, "context": hint.context, "devices": hint.devices}))
            .collect::<Vec<_>>(),
        "taken": taken.collect::<Vec<_>>(),
    })
}

/// One thing that is wrong, beside its field.
fn problem(error: &ConfigError) -> Value {
    json!({
        "section": error.section,
        "option": error.option.as_ref().map(|option| option.to_ascii_lowercase()),
        "problem": error.problem,
        "allowed": error.allowed,
    })
}

/// Why nothing was saved.
pub fn refused(error: &SaveError, section: &str) -> Response {
    let message = error.to_string();
    let with = |status: u16, word: &str, problems: Vec<Value>| {
        let body = json!({"error": word, "message": message, "problems": problems});
        Response::json(status, &body)
    };
    let of_field = |option: &str, problem: String| {
        vec![json!({"section": section, "option": option, "problem": problem, "allowed": null})]
    };
    match error {
        SaveError::Conflict => with(409, "conflict", Vec::new()),
        SaveError::Value(option, refusal) => {
            with(422, "invalid", of_field(option, refusal.to_string()))
        }
        SaveError::Taken | SaveError::Name => {
            with(422, "invalid", of_field("name", message.clone()))
        }
        SaveError::Invalid(errors) => with(422, "invalid", errors.iter().map(problem).collect()),
        SaveError::Again(errors) => with(422, "again", errors.iter().map(problem).collect()),
        SaveError::Section(_) | SaveError::Misread | SaveError::File(_) => {
            with(422, "file", Vec::new())
        }
        SaveError::Replace(_) => with(500, "file", Vec::new()),
    }
}

/// Digits of a number as somebody types it, without what countries and trunks put in front; a
/// name as it is.
fn searched(typed: &str) -> String {
    let is_number = |c: char| c.is_ascii_digit() || "+ -()/.".contains(c);
    if !typed.chars().all(is_number) {
        return typed.trim().to_owned();
    }
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').to_owned()
}

/// The word of the reports.
fn state(word: &str) -> Option<State> {
    Some(match word {
        "in progress" => State::Open,
        "pending" => State::Pending,
        "delivered" => State::Delivered,
        "failed" => State::Failed,
        "discarded" => State::Discarded,
        _ => return None,
    })
}

/// What was read, or why it could not be.
pub fn answer<T>(read: Result<T, JournalError>, body: impl FnOnce(T) -> Value) -> Response {
    match read {
        Ok(read) => Response::json(200, &body(read)),
        Err(problem) => Response::problem(500, "journal", &problem.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_searched_by_their_digits() {
        assert_eq!(searched("030 / 1234-5"), "3012345");
        assert_eq!(searched("+49 30"), "4930");
        assert_eq!(searched("Erika M"), "Erika M");
        assert_eq!(searched("0"), "");
    }
}
