//! Which options the page may change at all. Asked before anything is written: Asterisk's reader
//! acts upon what it reads, and a name such as `#exec …` would be a command to it.

use super::Wanted;
use crate::config::section::{FILE_OPTIONS, REPEATABLE, options_of};
use crate::config::{ConfigError, secrets};
use std::collections::BTreeMap;

/// The option that decides about others, and is the file's alone.
const DECIDES: &str = "web_files";

/// Options that a form shows and cannot change.
pub fn locked(may_name_files: bool) -> Vec<&'static str> {
    let files = FILE_OPTIONS.iter().filter(|_| !may_name_files);
    files.chain([&DECIDES]).copied().collect()
}

/// What is wrong with changing these options of a section: only names of options that there are,
/// exactly as they are written in lower case, and of these only what the file lets the page change.
pub fn refuse(
    section: &str,
    set: &BTreeMap<String, Wanted>,
    may_name_files: bool,
) -> Vec<ConfigError> {
    let locked = locked(may_name_files);
    let problem = |name: &str, wanted: &Wanted| {
        // What a section is does not change.
        let is_known = options_of(section).contains(&name) && name != "type";
        if !is_known {
            Some("is no option that can be changed here")
        } else if locked.contains(&name) {
            Some(if name == DECIDES {
                "can be changed in the file itself only"
            } else {
                "can be changed here only with web_files = yes in the file itself"
            })
        } else if matches!(wanted, Wanted::Many(_)) && !REPEATABLE.contains(&name) {
            Some("has one value only")
        } else {
            None
        }
    };
    let wrong = set
        .iter()
        .filter_map(|(name, wanted)| Some(error(section, name, problem(name, wanted)?)));
    wrong.collect()
}

/// The same for secrets that are entered again: nothing else can be.
pub fn refuse_entered(
    section: &str,
    set: &BTreeMap<String, Wanted>,
    may_name_files: bool,
) -> Vec<ConfigError> {
    let mut errors = refuse(section, set, may_name_files);
    let others = set
        .iter()
        .filter(|(name, wanted)| !(secrets::is_secret(name) && matches!(wanted, Wanted::One(_))));
    errors.extend(others.map(|(name, _)| error(section, name, "is no secret")));
    errors
}

/// What is wrong with an option that the page sent. Its value is nowhere repeated.
pub(super) fn error(section: &str, option: &str, problem: &str) -> ConfigError {
    ConfigError {
        file: String::new(),
        line: 0,
        section: section.to_owned(),
        option: Some(option.to_owned()),
        value: None,
        problem: problem.to_owned(),
        allowed: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::section::{GENERAL_OPTIONS, USER_OPTIONS};

    fn refused(section: &str, name: &str, may_name_files: bool) -> bool {
        let set = BTreeMap::from([(name.to_owned(), Wanted::One("x".to_owned()))]);
        !refuse(section, &set, may_name_files).is_empty()
    }

    #[test]
    fn only_names_of_options_that_there_are() {
        for name in [
            "#exec /bin/false",
            "#include",
            "[general]",
            "[x](!)\nusername",
            ";--",
            "",
            " username",
            "username ",
            "username+",
            "username =",
            "\\username",
            "Username",
            "USERNAME",
            "username\0",
            "username\n",
            "colour",
            "type",
            "workers",
            "web_files",
            "ｕsername",
        ] {
            assert!(refused("anna", name, true), "{name:?}");
        }
        for name in ["username", "Enabled", "type", "#exec x", "web_files"] {
            assert!(refused("general", name, true), "{name:?}");
        }
        assert!(!refused("anna", "username", false));
        assert!(!refused("General", "workers", false) && refused("GENERAL", "username", false));
    }

    #[test]
    fn options_that_name_files_are_the_files_own() {
        let known = [("general", GENERAL_OPTIONS), ("anna", USER_OPTIONS)];
        for (section, name) in known
            .iter()
            .flat_map(|(s, all)| all.iter().map(move |o| (s, o)))
        {
            let names_file = name.ends_with("_file")
                || ["trusted_domains", "private_key", "journal", "record_events"].contains(name);
            let never = ["type", "web_files"].contains(name);
            assert_eq!(refused(section, name, false), names_file || never, "{name}");
            assert_eq!(refused(section, name, true), never, "{name}");
        }
    }

    #[test]
    fn several_values_of_several_only() {
        let many = |name: &str| {
            let set = BTreeMap::from([(name.to_owned(), Wanted::Many(vec!["A=1".to_owned()]))]);
            refuse("anna", &set, true).is_empty()
        };
        assert!(many("case_field") && many("account_field"));
        assert!(!many("password") && !many("username"));
    }

    #[test]
    fn nothing_but_secrets_is_entered_again() {
        let entered = |name: &str, wanted: Wanted| {
            let set = BTreeMap::from([(name.to_owned(), wanted)]);
            refuse_entered("anna", &set, true).is_empty()
        };
        let one = || Wanted::One("x".to_owned());
        assert!(entered("password", one()) && entered("private_key", one()));
        assert!(!entered("username", one()) && !entered("password_file", one()));
        assert!(!entered("password", Wanted::Unset));
    }
}
