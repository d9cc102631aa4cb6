//! Request headers that mean something to Salesforce.

use crate::dml::WriteOptions;

/// What a request's headers (or a subrequest's) say about its writes. Where
/// they say nothing, `inherited` counts, else Salesforce's defaults.
pub(crate) fn write_options<'a>(
    header: impl Fn(&str) -> Option<&'a str>,
    inherited: Option<WriteOptions>,
) -> WriteOptions {
    let mut options = inherited.unwrap_or(WriteOptions {
        auto_assign: true,
        allow_duplicates: false,
        duplicate_details: false,
    });
    if let Some(value) = header("Sforce-Auto-Assign") {
        options.auto_assign = !value.trim().eq_ignore_ascii_case("FALSE");
    }
    if let Some(value) = header("Sforce-Duplicate-Rule-Header") {
        let says = |name: &str| {
            value.split([';', ',']).any(|part| {
                part.split_once('=').is_some_and(|(n, v)| {
                    n.trim().eq_ignore_ascii_case(name) && v.trim().eq_ignore_ascii_case("true")
                })
            })
        };
        options.allow_duplicates = says("allowSave");
        options.duplicate_details = says("includeRecordDetails");
    }
    options
}
