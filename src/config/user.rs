//! A section of type `user`.

use super::general::{CREATE_ON, Defaults, LOOKUP};
use super::section::{Section, Wrong};
use super::settings::{Extension, Host, User};
use super::value::{
    boolean, choice, country, field, field_name, language, list, number, picklist_value, template,
};
use super::{auth, host};
use crate::messages::language::Languages;
use crate::messages::template::Template;

const DOMAINS: &str = "acme.my.salesforce.com, login.salesforce.com, test.salesforce.com; \
                       https://… and host:port as well";

/// Fields of a Case that have an option of their own, or must not be changed.
const CASE_OWN: &[(&str, &str)] = &[
    ("Id", "any other field"),
    ("Subject", "use subject_answered and subject_lost"),
    ("Description", "use description"),
    ("SuppliedPhone", "any other field"),
    ("SuppliedName", "any other field"),
    ("AccountId", "any other field"),
    ("OwnerId", "use owner"),
];

/// The same of an Account.
const ACCOUNT_OWN: &[(&str, &str)] = &[
    ("Id", "any other field"),
    ("Name", "use account_name"),
    ("Phone", "any other field"),
    ("OwnerId", "use owner"),
];

/// Reads the section; `None` when something is wrong, which is noted in it. `trusted` is
/// `None` when `trusted_domains` is wrong, in which case no configuration comes of it at all.
pub(super) fn read(
    name: &str,
    section: &mut Section,
    defaults: &Defaults,
    trusted: Option<&[String]>,
    languages: &Languages,
) -> Option<User> {
    let domain = domain(section, trusted);
    let login_host = section
        .optional("login_host", |value| trusted_host(value, trusted))
        .or_else(|| domain.clone());
    if !section.has("username") {
        section.missing(
            "username",
            "the name with which the user logs in to Salesforce",
        );
    }
    let username = section.optional("username", username);
    let (auth, auth_because) = auth::read(section, login_host.as_ref()).unzip();
    let extensions = extensions(section);
    let user = User {
        name: name.to_owned(),
        enabled: section.read("enabled", true, boolean),
        username: username.unwrap_or_default(),
        extensions,
        language: section.read("language", defaults.language.clone(), language(languages)),
        country: section.read("country", defaults.country.clone(), country),
        create_on: section.read("create_on", defaults.create_on, choice(CREATE_ON)),
        lookup: section.read("lookup", defaults.lookup, choice(LOOKUP)),
        case_on_answered: section.read("case_on_answered", true, boolean),
        case_on_lost: section.read("case_on_lost", true, boolean),
        create_account: section.read("create_account", false, boolean),
        account_name: section.optional("account_name", template),
        subject_answered: section.optional("subject_answered", template),
        subject_lost: section.optional("subject_lost", template),
        description: section.optional("description", template),
        case_fields: fields(section, "case_field", CASE_OWN),
        account_fields: fields(section, "account_field", ACCOUNT_OWN),
        case_origin: case_origin(section),
        external_id_field: section.optional("external_id_field", field_name),
        owner: section.optional("owner", owner),
        auto_assign: section.read("auto_assign", false, boolean),
        repeat_window: section.read("repeat_window", 0, number(0, 10_080)),
        task_on_answered: section.read("task_on_answered", false, boolean),
        task_on_lost: section.read("task_on_lost", false, boolean),
        task_status: section.read("task_status", "Completed".to_owned(), picklist_value),
        // Last, so that everything above has been checked when one of these is missing.
        auth: auth?,
        auth_because: auth_because?,
        domain: domain?,
        login_host: login_host?,
    };
    section.errors.is_empty().then_some(user)
}

fn domain(section: &mut Section, trusted: Option<&[String]>) -> Option<Host> {
    let Some(option) = section.last("domain") else {
        return trusted_host("login.salesforce.com", trusted)
            .map_err(|wrong| {
                let allowed = wrong.allowed.unwrap_or_default();
                section.missing(
                    "domain",
                    &format!("{allowed}; its default, login.salesforce.com, is not"),
                );
            })
            .ok();
    };
    let domain = section.read("domain", None, |value| {
        trusted_host(value, trusted).map(Some)
    })?;
    if domain.name.ends_with(".lightning.force.com") {
        section.warn(
            option,
            "is the address of Salesforce's pages; logins go to …my.salesforce.com",
        );
    }
    Some(domain)
}

fn trusted_host(value: &str, trusted: Option<&[String]>) -> Result<Host, Wrong> {
    let host = host::parse(value).map_err(|problem| Wrong::new(problem, DOMAINS))?;
    let Some(trusted) = trusted else {
        return Ok(host);
    };
    if host::is_trusted(&host.name, trusted) {
        Ok(host)
    } else {
        let problem = "is within none of the trusted_domains, credentials are not sent there";
        Err(Wrong::new(
            problem,
            format!("hosts within {}", trusted.join(", ")),
        ))
    }
}

/// Empty: none is sent.
fn case_origin(section: &mut Section) -> Option<String> {
    match section.last("case_origin") {
        None => Some("Phone".to_owned()),
        Some(_) => section.optional("case_origin", picklist_value),
    }
}

fn username(value: &str) -> Result<String, Wrong> {
    if value.chars().any(|c| c.is_control() || c.is_whitespace()) {
        Err(Wrong::new(
            "holds a space or control character",
            "a name such as support@acme.example",
        ))
    } else {
        Ok(value.to_owned())
    }
}

fn owner(value: &str) -> Result<String, Wrong> {
    let id = [15, 18].contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric());
    if id || value.contains('@') {
        username(value)
    } else {
        Err(Wrong::new(
            "is neither a username nor an id",
            "support@acme.example or 005…",
        ))
    }
}

fn extensions(section: &mut Section) -> Vec<Extension> {
    if !section.has("extension") {
        section.missing("extension", "a comma list of 100 or 100@context");
    }
    section
        .optional("extension", |value| {
            let mut extensions = Vec::new();
            for part in list(value) {
                let extension = extension(part)?;
                if !extensions.contains(&extension) {
                    extensions.push(extension);
                }
            }
            if extensions.is_empty() {
                return Err(Wrong::new(
                    "names no extension",
                    "a comma list of 100 or 100@context",
                ));
            }
            Ok(extensions)
        })
        .unwrap_or_default()
}

fn extension(part: &str) -> Result<Extension, Wrong> {
    let (exten, context) = match part.split_once('@') {
        Some((exten, context)) => (exten.trim(), Some(context.trim())),
        None => (part, None),
    };
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || "-_.*#+".contains(c))
    };
    if !plain(exten) || exten.starts_with('_') || !context.is_none_or(plain) {
        let allowed = "a comma list of 100 or 100@context, no patterns";
        return Err(Wrong::new(format!("{part} is no extension"), allowed));
    }
    Ok(Extension {
        exten: exten.to_owned(),
        context: context.map(str::to_owned),
    })
}

/// Every field given, each once: a later value replaces an inherited one.
fn fields(
    section: &mut Section,
    option: &'static str,
    own: &[(&str, &str)],
) -> Vec<(String, Template)> {
    let mut fields: Vec<(String, Template)> = Vec::new();
    let given: Vec<_> = section
        .all(option)
        .filter(|given| !given.value.trim().is_empty())
        .collect();
    for given in given {
        match field(given.value.trim(), own) {
            Ok((name, value)) => {
                match fields
                    .iter_mut()
                    .find(|(known, _)| known.eq_ignore_ascii_case(&name))
                {
                    Some(known) => *known = (name, value),
                    None => fields.push((name, value)),
                }
            }
            Err(wrong) => section.wrong(given, wrong),
        }
    }
    fields
}
