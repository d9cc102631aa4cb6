//! `salesforce show users`, `salesforce show user` and `salesforce test user`.

use super::Answer;
use super::calls;
use super::table::{Facts, Table, plain};
use super::views::{StepView, UserDetails, UserView};
use crate::delivery::clock_time;

/// One row per user.
pub fn list(users: &[UserView]) -> String {
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
    for user in users {
        table.row([
            user.name.clone(),
            plain(&user.username),
            user.domain.clone(),
            plain(&user.extensions.join(",")),
            user.language.clone(),
            user.actions.join(","),
            plain(&user.status),
            user.cases.to_string(),
            user.pending.to_string(),
            user.failed.to_string(),
            user.last_error.as_deref().map(plain).unwrap_or_default(),
        ]);
    }
    format!("{}{} users\n", table.render(), users.len())
}

/// Everything about one user.
pub fn one(details: &UserDetails) -> String {
    let user = &details.user;
    let mut facts = Facts::default();
    facts.add("Name", user.name.as_str());
    facts.add("Username", plain(&user.username));
    facts.add("Domain", user.domain.as_str());
    if let Some(host) = &details.login_host {
        facts.add("Login host", host.as_str());
    }
    facts.add(
        "Logs in by",
        format!("{} ({})", details.auth, details.auth_because),
    );
    for of in &details.devices {
        let extension = plain(&of.extension);
        let devices = of.devices.as_deref().map_or_else(
            || {
                let exten = extension.split('@').next().unwrap_or_default();
                format!("any channel of an endpoint called {exten} (no hint)")
            },
            plain,
        );
        facts.add(&format!("Extension {extension}"), devices);
    }
    facts.add("Language", user.language.as_str());
    facts.add("Country", details.country.as_str());
    facts.add("Actions", user.actions.join(","));
    facts.add("Status", plain(&user.status));
    facts.add("Session", if details.session { "yes" } else { "no" });
    if let Some(org) = &details.org {
        facts.add("Org", org.as_str());
    }
    if let Some(usage) = details.usage {
        facts.add(
            "API requests today",
            format!("{} of {}", usage.used, usage.limit),
        );
    }
    facts.gap();
    facts.add("Cases", user.cases.to_string());
    facts.add("Pending", user.pending.to_string());
    facts.add("Failed", user.failed.to_string());
    facts.add("In progress", details.in_progress.to_string());
    facts.add("Being sent", details.being_sent.to_string());
    facts.add(
        "Delivered since load",
        details.delivered_since_load.to_string(),
    );
    facts.add("Failed since load", details.failed_since_load.to_string());
    facts.add("Retried since load", details.retried_since_load.to_string());
    if let (Some(at), Some(words)) = (user.last_error_at, &user.last_error) {
        facts.add(
            "Last error",
            format!("{} ({})", plain(words), clock_time(at)),
        );
    }
    let last = if details.calls.is_empty() {
        "No calls in the journal.\n".to_owned()
    } else {
        format!("Last calls:\n{}", calls::table(&details.calls))
    };
    format!("{}\n{last}", facts.render())
}

/// What came of a user's test, a line for each step.
pub fn tested(name: &str, steps: &[StepView]) -> Answer {
    let width = steps.iter().map(|step| step.what.chars().count()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for StepView { what, ok, said } in steps {
        let word = if *ok { "ok    " } else { "FAILED" };
        text.push_str(&format!("{word}  {what:<width$}  {}\n", plain(said)));
    }
    match verdict(name, steps) {
        Ok(words) => Answer::Done(format!("{text}{words}\n")),
        Err(words) => Answer::Failed(format!("{text}{words}\n")),
    }
}

/// A test's result in a sentence; `Err`: the user cannot deliver calls.
pub fn verdict(name: &str, steps: &[StepView]) -> Result<String, String> {
    let failed = steps.iter().filter(|step| !step.ok).count();
    match (steps.len(), failed) {
        (0, _) => Err("The test was not finished: see the log.".to_owned()),
        (_, 0) => Ok(format!("User [{name}] can deliver calls.")),
        (count, failed) => Err(format!(
            "{failed} of {count} steps failed: calls of user [{name}] cannot be delivered as \
             configured."
        )),
    }
}
