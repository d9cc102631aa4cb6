//! Whether new records have the fields that the org requires, and values that it takes.

use super::steps::Steps;
use crate::salesforce::Described;

/// What a record of ours holds, by field: a value, where that is the same for every call.
pub type Values = Vec<(String, Option<String>)>;

/// Looks for fields that a new record must have, and ours have not. `how`: what gives it one.
pub fn required(
    sobject: &str,
    described: &Described,
    values: &Values,
    how: &str,
    steps: &mut Steps,
) {
    let has = |name: &str| values.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    let missing = described.required().filter(|name| !has(name));
    let missing: Vec<&str> = missing.collect();
    if !missing.is_empty() {
        let problem = format!(
            "a new {sobject} must have {}, which none of ours has: {how}, or give the field a \
             default value in Salesforce, or make it optional",
            missing.join(", ")
        );
        steps.tell(format!("required fields of {sobject}"), Err(problem));
    }
}

/// Values that the user's restricted picklists do not take. `option`: which option of ours says
/// the field's value.
pub fn offered(
    sobject: &str,
    described: &Described,
    values: &Values,
    option: impl Fn(&str) -> String,
    steps: &mut Steps,
) {
    let refused = values.iter().filter_map(|(name, value)| {
        let value = value.as_deref().filter(|value| !value.is_empty())?;
        let offered = described.field(name)?.offered()?;
        // Of a field for several values.
        let mut parts = value.split(';').map(str::trim);
        let is_offered = parts.all(|part| offered.contains(&part));
        (!is_offered).then(|| {
            let offered = match offered.as_slice() {
                [] => "nothing".to_owned(),
                some => some.join(", "),
            };
            format!(
                "{name} = {value} is not offered ({offered}): set {}",
                option(name)
            )
        })
    });
    let refused: Vec<String> = refused.collect();
    if !refused.is_empty() {
        steps.tell(format!("values of {sobject}"), Err(refused.join("; ")));
    }
}
