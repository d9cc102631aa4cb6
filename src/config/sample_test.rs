//! The sample and the reader tell of the same options, and the sample can be used as it is.

use super::section::{GENERAL_OPTIONS, REPEATABLE, USER_OPTIONS};
use super::{RawOption, RawSection};
use std::collections::BTreeSet;

const SAMPLE: &str = include_str!("../../conf/salesforce.conf.sample");

/// `;name = value` at the beginning of a line: an option in a comment.
fn option_line(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.trim_start_matches(';').split_once('=')?;
    let name = name.strip_suffix(' ')?;
    let plain = |c: char| c.is_ascii_lowercase() || c == '_';
    (!name.is_empty() && name.chars().all(plain)).then(|| (name, value.trim()))
}

/// The sample with every option taken out of its comment, by section.
fn uncommented() -> Vec<RawSection> {
    let mut sections: Vec<RawSection> = Vec::new();
    for (line, number) in SAMPLE.lines().zip(1..) {
        let text = line.trim_start_matches(';');
        // `; [acme](!)` within the explanations is none: there is a space after the `;`.
        if let Some(name) = text
            .strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'))
        {
            sections.push(RawSection {
                name: name.to_owned(),
                file: "salesforce.conf".to_owned(),
                line: number,
                options: Vec::new(),
            });
        } else if let Some((name, value)) = option_line(line)
            && let Some(section) = sections.last_mut()
        {
            section.options.push(RawOption {
                name: name.to_owned(),
                value: value.to_owned(),
                file: "salesforce.conf".to_owned(),
                line: number,
            });
        }
    }
    sections
}

#[test]
fn every_option_is_in_the_sample_and_nothing_else() {
    let sections = uncommented();
    let names: Vec<&str> = sections
        .iter()
        .map(|section| section.name.as_str())
        .collect();
    assert_eq!(names, ["general", "support"]);
    for (section, known) in sections.iter().zip([GENERAL_OPTIONS, USER_OPTIONS]) {
        let sample: BTreeSet<&str> = section.options.iter().map(|o| o.name.as_str()).collect();
        let known: BTreeSet<&str> = known.iter().copied().collect();
        assert_eq!(sample, known, "[{}]", section.name);
        for name in &sample {
            let times = section
                .options
                .iter()
                .filter(|option| option.name == *name)
                .count();
            assert!(
                times == 1 || REPEATABLE.contains(name),
                "{name} stands there {times} times"
            );
        }
    }
}

/// Files that need not be there, and ways of logging in that exclude each other: taken out
/// before the sample is read as a whole.
#[test]
fn the_sample_reads_without_an_error() {
    let mut sections = uncommented();
    for section in &mut sections {
        section.options.retain(|option| {
            !["ca_file", "private_key"].contains(&option.name.as_str())
                && !option.name.ends_with("_file")
                && !option.name.starts_with("client_")
        });
    }
    let reading = super::read(&sections);
    assert_eq!(reading.errors, []);
    assert_eq!(reading.warnings, Vec::<String>::new());
    let configuration = reading.configuration.unwrap();
    assert_eq!(configuration.users.len(), 1);
    assert_eq!(configuration.users[0].case_fields.len(), 2);
}

/// What the sample calls a default is one: without it, nothing changes.
#[test]
fn the_defaults_in_the_sample_are_the_defaults() {
    let general = |options: Vec<RawOption>| {
        let section = RawSection {
            options,
            ..uncommented().remove(0)
        };
        let reading = super::read(&[section]);
        assert_eq!(reading.errors, []);
        format!("{:?}", reading.configuration.unwrap().settings)
    };
    // Where the default is empty, the sample shows an example instead.
    let empty = [
        "ca_file",
        "journal",
        "prefix_strip",
        "ignore_numbers",
        "record_events",
    ];
    let defaults = uncommented().remove(0).options.into_iter();
    let defaults = defaults.filter(|option| !empty.contains(&option.name.as_str()));
    assert_eq!(general(defaults.collect()), general(Vec::new()));
    let emptied = uncommented().remove(0).options.into_iter();
    let emptied = emptied
        .filter(|option| empty.contains(&option.name.as_str()))
        .map(|option| RawOption {
            value: String::new(),
            ..option
        });
    assert_eq!(general(emptied.collect()), general(Vec::new()));
}
