//! Single values: what each kind of option accepts.

use super::section::Wrong;
use crate::files;
use crate::messages::language::{Language, Languages};
use crate::messages::template::{Template, Variable};
use crate::phone;
use std::path::PathBuf;

/// As Asterisk reads truth, except that anything else is an error.
pub(super) fn boolean(value: &str) -> Result<bool, Wrong> {
    match value.to_ascii_lowercase().as_str() {
        "yes" | "true" | "y" | "t" | "1" | "on" => Ok(true),
        "no" | "false" | "n" | "f" | "0" | "off" => Ok(false),
        _ => Err(Wrong::new("is neither yes nor no", "yes, no")),
    }
}

/// A whole number between two bounds, which are allowed themselves.
pub(super) fn number(min: u32, max: u32) -> impl FnOnce(&str) -> Result<u32, Wrong> {
    move |value| {
        let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        let number = if digits { value.parse().ok() } else { None };
        number
            .filter(|number| (min..=max).contains(number))
            .ok_or_else(|| Wrong::new("is out of range or no whole number", format!("{min}-{max}")))
    }
}

/// One of a few words.
pub(super) fn choice<T: Copy>(words: &[(&str, T)]) -> impl FnOnce(&str) -> Result<T, Wrong> {
    move |value| {
        let found = words
            .iter()
            .find(|(word, _)| value.eq_ignore_ascii_case(word));
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let allowed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            Wrong::new("is none of the choices", allowed.join(", "))
        })
    }
}

/// The parts of a comma list, without empty ones.
pub(super) fn list(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// One of the languages there are.
pub(super) fn language(languages: &Languages) -> impl FnOnce(&str) -> Result<Language, Wrong> {
    move |value| {
        languages
            .find(value)
            .ok_or_else(|| Wrong::new("is a language without texts", languages.choices(value)))
    }
}

pub(super) fn country(value: &str) -> Result<String, Wrong> {
    let code = value.to_ascii_uppercase();
    if phone::is_country(&code) {
        Ok(code)
    } else {
        let allowed = "an ISO 3166 code of two letters, such as DE, AT, CH, GB, US";
        Err(Wrong::new("is no country whose numbers are known", allowed))
    }
}

pub(super) fn timezone(value: &str) -> Result<String, Wrong> {
    match crate::messages::time_zone(value) {
        Some(_) => Ok(value.to_owned()),
        None => Err(Wrong::new(
            "is no time zone",
            "a name of the IANA database, such as Europe/Berlin; empty for the system's",
        )),
    }
}

/// Major and minor version. Graphs are there from 50.0 on, and what is said about duplicate rules
/// is heard from 52.0 on: before, a caller whose Account exists would get no Case.
pub(super) fn api_version(value: &str) -> Result<String, Wrong> {
    let (major, minor) = value.split_once('.').unwrap_or((value, "0"));
    let digits = !major.is_empty() && major.bytes().all(|b| b.is_ascii_digit());
    match major.parse::<u16>() {
        Ok(number @ 52..=999) if digits && minor == "0" => Ok(format!("{number}.0")),
        Ok(7..52) if digits && minor == "0" => Err(Wrong::new(
            "is too old: before 52.0 Salesforce does not know all that is sent (several records in \
             one request, what to do about duplicate rules)",
            "52.0 or later, such as 64.0",
        )),
        _ => Err(Wrong::new(
            "is no version of Salesforce's REST API",
            "52.0 or later, such as 64.0",
        )),
    }
}

/// Asterisk's own working directory is nobody's business, so paths are absolute.
pub(super) fn path(value: &str) -> Result<PathBuf, Wrong> {
    let path = PathBuf::from(value);
    if path.is_absolute() && !value.contains('\0') {
        Ok(path)
    } else {
        Err(Wrong::new(
            "is no absolute path",
            "a path that begins with /",
        ))
    }
}

/// A path at which there is a file that can be read.
pub(super) fn existing_file(value: &str) -> Result<PathBuf, Wrong> {
    let path = path(value)?;
    match files::open(&path) {
        Ok(_) => Ok(path),
        Err(error) => Err(Wrong::new(
            error.why.to_string(),
            "a file that Asterisk may read",
        )),
    }
}

pub(super) fn template(value: &str) -> Result<Template, Wrong> {
    Template::parse(value).map_err(|error| {
        let names: Vec<String> = Variable::ALL
            .iter()
            .map(|v| format!("{{{}}}", v.name()))
            .collect();
        Wrong::new(error.to_string(), names.join(" "))
    })
}

/// The API name of a field: `Priority`, `Call_Id__c`.
pub(super) fn field_name(value: &str) -> Result<String, Wrong> {
    let starts_well = value.starts_with(|c: char| c.is_ascii_alphabetic());
    let plain = value
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if starts_well && plain && value.len() <= 100 {
        Ok(value.to_owned())
    } else {
        Err(Wrong::new(
            "is no API name of a field",
            "a name such as Priority or Call_Id__c",
        ))
    }
}

/// A value of a picklist, by its API name.
pub(super) fn picklist_value(value: &str) -> Result<String, Wrong> {
    const LONGEST: usize = 255;
    let is_one = !value.is_empty() && value.chars().count() <= LONGEST;
    if is_one && !value.chars().any(char::is_control) {
        Ok(value.to_owned())
    } else {
        let allowed = "a value of the field in Salesforce, of up to 255 characters";
        Err(Wrong::new("is no value of a picklist", allowed))
    }
}

/// `Name=Value`, the value a template; `own` are the fields that are not to be set this way,
/// each with what to use instead.
pub(super) fn field(value: &str, own: &[(&str, &str)]) -> Result<(String, Template), Wrong> {
    let (name, text) = value
        .split_once('=')
        .ok_or_else(|| Wrong::new("has no =", "Name=Value, such as Priority=High"))?;
    let name = field_name(name.trim())?;
    if let Some((_, instead)) = own
        .iter()
        .find(|(field, _)| name.eq_ignore_ascii_case(field))
    {
        return Err(Wrong::new(
            format!("{name} is written by the module itself"),
            *instead,
        ));
    }
    Ok((name, template(text.trim())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_as_asterisk_reads_them() {
        for value in ["yes", "TRUE", "y", "t", "1", "On"] {
            assert!(boolean(value).is_ok_and(|is| is), "{value}");
        }
        for value in ["no", "False", "n", "f", "0", "off"] {
            assert!(boolean(value).is_ok_and(|is| !is), "{value}");
        }
        for value in ["", "ja", "2", "\"yes\"", "enabled"] {
            assert!(boolean(value).is_err(), "{value}");
        }
    }

    #[test]
    fn numbers_have_bounds() {
        assert_eq!(number(1, 64)("64").ok(), Some(64));
        for value in [
            "0",
            "65",
            "",
            "+4",
            "4s",
            "4.0",
            "-1",
            "99999999999999999999",
        ] {
            assert!(number(1, 64)(value).is_err(), "{value}");
        }
    }

    #[test]
    fn versions() {
        assert_eq!(api_version("64.0").ok().as_deref(), Some("64.0"));
        assert_eq!(api_version("68").ok().as_deref(), Some("68.0"));
        assert_eq!(api_version("52.0").ok().as_deref(), Some("52.0"));
        for value in ["", "v64.0", "64.1", "5.0", "64.0.0", "+64", "latest"] {
            let wrong = api_version(value).expect_err(value);
            assert!(wrong.problem.contains("no version"), "{value}");
        }
        // Graphs, and then what is said about duplicate rules, came with later ones.
        for value in ["30.0", "31.0", "49", "50.0", "51.0"] {
            let wrong = api_version(value).expect_err(value);
            assert!(wrong.problem.contains("too old"), "{value}");
            assert!(wrong.problem.contains("duplicate rules"), "{value}");
        }
    }

    #[test]
    fn fields_of_records() {
        let (name, template) = field("Priority = High {reason_code}", &[]).ok().unwrap();
        assert_eq!(
            (name.as_str(), template.source()),
            ("Priority", "High {reason_code}")
        );
        assert_eq!(field("A__c=x=y", &[]).ok().unwrap().1.source(), "x=y");
        for value in ["Priority", "=x", "1x=y", "a b=c", "a.b=c", "P={x}"] {
            assert!(field(value, &[]).is_err(), "{value}");
        }
        assert!(field("subject=x", &[("Subject", "subject_lost")]).is_err());
    }

    #[test]
    fn zones_and_countries() {
        assert!(timezone("Europe/Berlin").is_ok());
        assert!(timezone("Europe/Bonn").is_err());
        assert_eq!(country("de").ok().as_deref(), Some("DE"));
        for value in ["", "DEU", "XX", "UK", "49", "001"] {
            assert!(country(value).is_err(), "{value}");
        }
    }
}
