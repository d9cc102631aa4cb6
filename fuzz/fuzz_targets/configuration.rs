//! `salesforce.conf` with anything in it: what is wrong is told in one line, and no secret is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::config::{self, RawSection};
use res_ansitel_salesforce_fuzz::{is_line, section};

const SECRET: &str = "hunter2hunter2";

/// Options that are secrets. Under any other name it cannot be known that a value is one.
const SECRETS: &[&str] = &["password", "token", "client_secret"];

/// Sections and options, a line each, as in the file.
fn sections(text: &str) -> Vec<RawSection> {
    let mut sections: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            sections.push((name.trim_end_matches(']').to_owned(), Vec::new()));
        } else if let Some((name, value)) = line.split_once('=') {
            // Files are not this target's business.
            let value = value.trim();
            if let Some((_, options)) = sections.last_mut()
                && !value.starts_with('/')
            {
                options.push((name.trim().to_owned(), value.to_owned()));
            }
        }
    }
    let sections = sections.iter().map(|(name, options)| {
        let options: Vec<_> = options
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        section(name, &options)
    });
    sections.collect()
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let sections = sections(&text);
    let reading = config::read(&sections);
    let options = sections.iter().flat_map(|section| &section.options);
    let known = options.filter(|option| SECRETS.contains(&option.name.as_str()));
    let kept: usize = known
        .map(|option| option.value.matches(SECRET).count())
        .sum();
    let is_kept = kept == text.matches(SECRET).count();
    let tells = |said: &str| is_kept && said.contains(SECRET);
    for error in &reading.errors {
        let said = error.to_string();
        assert!(is_line(&said), "{said:?}");
        assert!(!tells(&said), "{said:?}");
    }
    for warning in &reading.warnings {
        assert!(is_line(warning) && !tells(warning), "{warning:?}");
    }
    let Some(configuration) = reading.configuration else {
        assert!(!reading.errors.is_empty() || sections.is_empty());
        return;
    };
    assert!(!tells(&format!("{configuration:?}")));
    let trusted = &configuration.settings.trusted_domains;
    for user in &configuration.users {
        assert!(config::host::is_trusted(&user.login_host.name, trusted));
        assert!(config::host::is_trusted(&user.domain.name, trusted));
        assert!(is_line(&user.name));
    }
});
