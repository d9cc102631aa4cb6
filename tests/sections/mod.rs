//! Sections of `salesforce.conf`, as Asterisk hands them over.

use res_ansitel_salesforce::config::{RawOption, RawSection};

/// A section with these options.
pub fn section(name: &str, options: &[(&str, &str)]) -> RawSection {
    let option = |(name, value): &(&str, &str)| RawOption {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
        file: "salesforce.conf".into(),
        line: 1,
    };
    RawSection {
        name: name.into(),
        file: "salesforce.conf".into(),
        line: 1,
        options: options.iter().map(option).collect(),
    }
}
