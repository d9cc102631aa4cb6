//! `salesforce show users` and `salesforce show user`.

use super::Answer;
use super::View;
use super::calls;
use super::table::{Facts, Table, plain};
use crate::config::settings::{Extension, Host, User};
use crate::delivery::Step;
use crate::delivery::{UserStatus, clock_time};
use crate::journal::JournalError;

/// How many of a user's calls are shown.
const LAST_CALLS: usize = 10;

/// One row per user.
pub fn list(view: &View<'_>) -> Result<String, JournalError> {
    let status = view.delivery.status()?;
    let mut table = Table::new(&[
        "Name",
        "Username",
        "Domain",
        "Extensions",
        "Language",
        "Actions",
        "Status",
        "Cases",
        "Pending",
        "Failed",
        "Last error",
    ]);
    for user in &view.configuration.users {
        let known = status.users.iter().find(|known| known.name == user.name);
        let counts = known.map(|known| known.counts.clone()).unwrap_or_default();
        table.row([
            user.name.clone(),
            plain(&user.username),
            domain(&user.domain),
            extensions(&user.extensions),
            user.language.tag().to_owned(),
            actions(user),
            state(view, known),
            counts.delivered.to_string(),
            counts.pending.to_string(),
            counts.failed.to_string(),
            counts
                .last_error
                .map(|(_, words)| plain(&words))
                .unwrap_or_default(),
        ]);
    }
    Ok(format!(
        "{}{} users\n",
        table.render(),
        view.configuration.users.len()
    ))
}

/// Everything about one user; secrets are told as set or not set.
pub fn one(user: &User, view: &View<'_>) -> Result<String, JournalError> {
    let status = view.delivery.status()?;
    let known = status.users.iter().find(|known| known.name == user.name);
    let counts = known.map(|known| known.counts.clone()).unwrap_or_default();
    let mut facts = Facts::default();
    facts.add("Name", user.name.as_str());
    facts.add("Username", plain(&user.username));
    facts.add("Domain", domain(&user.domain));
    if user.login_host != user.domain {
        facts.add("Login host", domain(&user.login_host));
    }
    facts.add(
        "Logs in by",
        format!("{} ({})", user.auth.name(), user.auth_because),
    );
    for extension in &user.extensions {
        let hinted = (view.devices)(extension);
        let devices = if hinted.is_empty() {
            format!(
                "any channel of an endpoint called {} (no hint)",
                plain(&extension.exten)
            )
        } else {
            plain(&hinted)
        };
        facts.add(
            &format!("Extension {}", plain(&written(extension))),
            devices,
        );
    }
    facts.add("Language", user.language.tag());
    facts.add("Country", user.country.as_str());
    facts.add("Actions", actions(user));
    facts.add("Status", state(view, known));
    facts.add(
        "Session",
        if known.is_some_and(|known| known.has_session) {
            "yes"
        } else {
            "no"
        },
    );
    if let Some(org) = known.and_then(|known| known.org.as_deref()) {
        facts.add("Org", org);
    }
    if let Some(usage) = known.and_then(|known| known.usage) {
        facts.add(
            "API requests today",
            format!("{} of {}", usage.used, usage.limit),
        );
    }
    facts.gap();
    facts.add("Cases", counts.delivered.to_string());
    facts.add("Pending", counts.pending.to_string());
    facts.add("Failed", counts.failed.to_string());
    facts.add("In progress", counts.open.to_string());
    facts.add("Being sent", counts.sending.to_string());
    let counters = known.map(|known| known.counters).unwrap_or_default();
    facts.add("Delivered since load", counters.delivered.to_string());
    facts.add("Failed since load", counters.failed.to_string());
    facts.add("Retried since load", counters.retried.to_string());
    if let Some((at, words)) = &counts.last_error {
        facts.add(
            "Last error",
            format!("{} ({})", plain(words), clock_time(*at)),
        );
    }
    let newest = view.journal.newest(LAST_CALLS, Some(&user.name))?;
    let last = if newest.is_empty() {
        "No calls in the journal.\n".to_owned()
    } else {
        format!("Last calls:\n{}", calls::table(&newest))
    };
    Ok(format!("{}\n{last}", facts.render()))
}

fn state(view: &View<'_>, known: Option<&UserStatus>) -> String {
    match known {
        _ if !view.started => "stopped".to_owned(),
        Some(known) => plain(&known.words),
        None => "starting".to_owned(),
    }
}

fn domain(host: &Host) -> String {
    if host.port == 443 {
        host.name.clone()
    } else {
        format!("{}:{}", host.name, host.port)
    }
}

fn written(extension: &Extension) -> String {
    match &extension.context {
        Some(context) => format!("{}@{context}", extension.exten),
        None => extension.exten.clone(),
    }
}

fn extensions(extensions: &[Extension]) -> String {
    plain(&extensions.iter().map(written).collect::<Vec<_>>().join(","))
}

fn actions(user: &User) -> String {
    let actions = [
        (user.case_on_answered, "answered"),
        (user.case_on_lost, "lost"),
        (user.create_account, "account"),
    ];
    actions
        .iter()
        .filter(|(on, _)| *on)
        .map(|(_, name)| *name)
        .collect::<Vec<_>>()
        .join(",")
}

/// What came of a user's test, a line for each step.
pub fn tested(name: &str, steps: &[Step]) -> Answer {
    let width = steps.iter().map(|step| step.what.chars().count()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for Step { what, result } in steps {
        let (word, said) = match result {
            Ok(said) => ("ok    ", said),
            Err(problem) => ("FAILED", problem),
        };
        text.push_str(&format!("{word}  {what:<width$}  {}\n", plain(said)));
    }
    let failed = steps.iter().filter(|step| step.result.is_err()).count();
    match (steps.len(), failed) {
        (0, _) => Answer::Failed("The test was not finished: see the log.\n".to_owned()),
        (_, 0) => Answer::Done(format!("{text}User [{name}] can deliver calls.\n")),
        (count, failed) => Answer::Failed(format!(
            "{text}{failed} of {count} steps failed: calls of user [{name}] cannot be delivered as \
             configured.\n"
        )),
    }
}
