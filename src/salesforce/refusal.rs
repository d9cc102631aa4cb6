//! Salesforce says no: which [`Kind`] of error each of its codes is.
//!
//! Sources: the exception codes of the SOAP API Developer Guide ("Core Data Types Used in API
//! Calls", "API Fault Element"), "Status Codes and Error Responses" of the REST API Developer
//! Guide.

use super::error::{Counted, Error, Kind};
use super::http::Effect;
use super::rest;
use serde_json::Value;

const CHECK_LOGIN: &str = "check username, password and token (all three are refused alike), and \
     whether the user is locked in Salesforce's Setup";
const CHECK_LOGIN_HERE: &str = "check username, password and token (all three are refused alike), \
     whether the user is locked in Salesforce's Setup, and whether My Domain allows logins here: if \
     not, set domain to the org's own address (acme.my.salesforce.com)";
const NO_SOAP: &str = "this org does not offer SOAP login: create an External Client App in its \
     Setup and set client_id and private_key, see README";
/// Source: SOAP API Developer Guide, "login()".
const NO_SOAP_FOR_USER: &str = "give the user the permission \"Use Any API Auth\", which SOAP login \
     takes in this org, or better set client_id and private_key, see README";
const NO_API: &str = "give the user a profile or permission set with \"API Enabled\", and the app, if \
     one logs in, the scope \"Manage user data via APIs (api)\"; the org's edition must include the API";
const NO_ACCESS: &str = "the user lacks a permission: it needs API access, Read and Create on \
     Case and Account, and Edit on Case with create_on = answer";
const NO_EDIT: &str = "the user needs Edit on Case where create_on = answer, and access to this \
     record";
const NO_SIGHT: &str = "the user may not see a record that this one refers to: it needs \"View All\" on \
     Account, Contact and Case where those are private";
const VERSION: &str = "set api_version in [general] to a version that the org supports";
const ROOM: &str = "the org's data storage is full: free some, or buy more";
/// Where Salesforce tells of its outages.
pub(super) const OUTAGE: &str = "see status.salesforce.com";
const LIMIT: &str = "the org's API requests of 24 hours are used up";
const TOO_MANY: &str = "the org's programs send too many requests, or too long ones, at the same \
     time: fewer are sent for a while";
const MAINTENANCE: &str = "planned maintenance: calls wait until Salesforce can be written again, \
     see status.salesforce.com";

/// Refusals that mean the same at login and afterwards.
fn common(code: &str) -> Option<(Kind, &'static str)> {
    Some(match code {
        "API_DISABLED_FOR_ORG" | "API_DISABLED" => (Kind::Permission, NO_API),
        "INSUFFICIENT_ACCESS" | "FUNCTIONALITY_NOT_ENABLED" | "CLIENT_NOT_ACCESSIBLE_FOR_USER" => {
            (Kind::Permission, NO_ACCESS)
        }
        "ORG_LOCKED" => (
            Kind::Permission,
            "Salesforce has locked the org: ask Salesforce",
        ),
        "TRIAL_EXPIRED" => (Kind::Permission, "the org's trial is over"),
        "PASSWORD_LOCKOUT" | "USER_LOCKED" => {
            (Kind::Credentials, "unlock the user in Salesforce's Setup")
        }
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD" => (Kind::Credentials, NEW_PASSWORD),
        "UNSUPPORTED_API_VERSION" => (Kind::NotOffered, VERSION),
        "REQUEST_LIMIT_EXCEEDED" => (Kind::RequestLimit, LIMIT),
        "SERVER_UNAVAILABLE" => (Kind::Unavailable, OUTAGE),
        "API_CURRENTLY_DISABLED"
        | "UNKNOWN_EXCEPTION"
        | "REQUEST_RUNNING_TOO_LONG"
        | "QUERY_TIMEOUT" => (Kind::Unavailable, ""),
        _ => return None,
    })
}

/// Is it one of the limits on what runs at the same time, which pass in seconds? One code stands
/// for them and for the day's; only the message tells them apart: `ConcurrentRequests (Concurrent
/// API Requests) Limit exceeded.`, `ConcurrentPerOrgLongTxn Limit exceeded.`,
/// `ConcurrentPerOrgApex Limit exceeded.`
fn is_of_concurrency(code: &str, message: &str) -> bool {
    matches!(code, "REQUEST_LIMIT_EXCEEDED" | "UNKNOWN_EXCEPTION") && message.contains("Concurrent")
}

/// What to do about an expired password.
pub(super) const NEW_PASSWORD: &str = "set a new password in Salesforce and in salesforce.conf, and \
     let it never expire for this user";

const NOT_HERE: &str = "an External Client App is known at the org's own address only: set domain \
     (or login_host) to the org's My Domain (acme.my.salesforce.com); if it is, check client_id, and \
     that the app is installed in this very org";

/// The refusal of a login at a host: one that is not an org's own may refuse everybody.
pub(super) fn at_host(error: Error, host: &str) -> Error {
    let is_own = host.contains(".my.");
    if error.has_code(&["INVALID_LOGIN"]) && !is_own {
        return error.advise(CHECK_LOGIN_HERE);
    }
    error
}

/// A SOAP fault that answers `login()`. What is unknown counts as refused credentials: a login
/// that is tried again and again locks the user.
pub(super) fn of_login(code: &str, message: &str) -> Error {
    let code = code.rsplit(':').next().unwrap_or(code);
    let (kind, advice) = match code {
        _ if is_of_concurrency(code, message) => (Kind::TooMany, TOO_MANY),
        "INVALID_LOGIN" => (Kind::Credentials, CHECK_LOGIN),
        "LOGIN_MUST_USE_SECURITY_TOKEN" => (
            Kind::Credentials,
            "set the user's security token, or add this PBX's address to the trusted IP ranges",
        ),
        "LOGIN_DURING_RESTRICTED_TIME" => (
            Kind::Permission,
            "the login hours of the user's profile exclude this time",
        ),
        "LOGIN_DURING_RESTRICTED_DOMAIN" => (
            Kind::Permission,
            "the login IP ranges of the user's profile exclude this PBX",
        ),
        "INVALID_OPERATION" | "UNSUPPORTED_API_VERSION" => (Kind::NotOffered, NO_SOAP),
        "INSUFFICIENT_ACCESS" => (Kind::Permission, NO_SOAP_FOR_USER),
        _ => common(code).unwrap_or((Kind::Credentials, "")),
    };
    Error::new(kind, said(code, message))
        .advise(advice)
        .coded([code].into_iter())
        .counting(counted(kind))
}

/// Is a login that was refused so one more wrong password? What is not known to be another matter
/// is taken for one.
fn counted(kind: Kind) -> Counted {
    match kind {
        Kind::Credentials => Counted::Wrong,
        _ => Counted::No,
    }
}

/// A refusal by the OAuth token endpoint (RFC 6749 section 5.2; Salesforce Help, "OAuth
/// Authorization Errors"). What is unknown counts as refused credentials, as at [`of_login`].
pub(super) fn of_token(code: &str, description: &str) -> Error {
    let says = |words: &str| description.to_ascii_lowercase().contains(words);
    let (kind, advice) = match code {
        "server_error" | "temporarily_unavailable" | "unknown_error" => (Kind::Unavailable, ""),
        _ if says("retry your request") => (Kind::Unavailable, ""),
        "app_not_found" | "OAUTH_EC_APP_NOT_FOUND" => (Kind::NotOffered, NOT_HERE),
        _ if says("must be installed") || says("not installed in") => (Kind::NotOffered, NOT_HERE),
        "invalid_client_id" => (
            Kind::Credentials,
            "check client_id (the app's consumer key) and domain; a new app works after up to ten \
             minutes",
        ),
        "invalid_client" | "invalid_client_credentials" => {
            (Kind::Credentials, "check client_id and client_secret")
        }
        "unsupported_grant_type" => (Kind::NotOffered, OTHER_WAY),
        "inactive_user" => (Kind::Credentials, "activate the user in Salesforce's Setup"),
        "inactive_org" => (Kind::Permission, "the org is locked or closed"),
        "invalid_app_access" | "OAUTH_APP_BLOCKED" | "OAUTH_APP_ACCESS_DENIED" => (
            Kind::Permission,
            "allow the app for this user in Salesforce's Setup",
        ),
        _ if says("not supported on this domain") => (
            Kind::NotOffered,
            "set domain to the org's My Domain (acme.my.salesforce.com)",
        ),
        _ if says("no client credentials user") || says("client credentials flow") => (
            Kind::Permission,
            "enable the client credentials flow in the app's settings, and choose its user (Run As)",
        ),
        _ if says("hasn't approved") => (
            Kind::Permission,
            "pre-authorise the app: its policy \"Admin approved users\", and a permission set or \
             profile of the user that allows the app",
        ),
        _ if says("audience") => (
            Kind::NotOffered,
            "for a sandbox set login_host = test.salesforce.com, else login.salesforce.com; or set \
             domain to the org's own address",
        ),
        _ if says("assertion") => (
            Kind::Credentials,
            "private_key must belong to the certificate that was uploaded to the app, and the \
             clock of this PBX must be right",
        ),
        _ if says("expired password") => (Kind::Credentials, NEW_PASSWORD),
        _ if says("inactive user") => (
            Kind::Credentials,
            "activate or unlock the user in Salesforce's Setup",
        ),
        _ if says("ip restricted") => (
            Kind::Permission,
            "relax the app's IP restrictions, or add this PBX's address to the trusted IP ranges",
        ),
        _ if says("authentication failure") => (Kind::Credentials, CHECK_PASSWORD_FLOW),
        _ => (Kind::Credentials, ""),
    };
    Error::new(kind, said(code, description))
        .advise(advice)
        .counting(counted(kind))
}

const OTHER_WAY: &str =
    "this org does not offer this flow: set client_id and private_key, see README";
const CHECK_PASSWORD_FLOW: &str = "check username, password and token (all three are refused \
     alike), whether the user is locked, and whether the org allows the password flow at all: new \
     orgs do not, set client_id and private_key there, see README";

/// Salesforce's words, its code before them unless they begin with it.
fn said(code: &str, message: &str) -> String {
    if message.starts_with(code) {
        message.to_owned()
    } else {
        format!("{code}: {message}")
    }
}

/// Bytes of a longer text than any error of Salesforce's. Read as JSON it may take a hundred times
/// as much memory.
const LONGEST: usize = 256 * 1024;

/// What an error is made of; nothing if it is larger than any of Salesforce's, or no JSON.
pub(super) fn json(text: &[u8]) -> Option<Value> {
    (text.len() <= LONGEST).then(|| serde_json::from_slice(text).ok())?
}

/// An error answer of the REST API; `None` if the body is not one of Salesforce's.
pub(super) fn of_rest(status: u16, body: &[u8], effect: Effect) -> Option<Error> {
    let body = json(body)?;
    let errors = match &body {
        Value::Array(errors) => errors.as_slice(),
        single @ Value::Object(_) => std::slice::from_ref(single),
        _ => return None,
    };
    of_errors(status, errors, effect)
}

/// The refusal of the API's root, which is there for everybody who may use the API at all: what
/// is not found is the version.
pub(super) fn of_version(error: Error) -> Error {
    if error.has_code(&["NOT_FOUND"]) {
        error.of_kind(Kind::NotOffered).advise(VERSION)
    } else {
        error
    }
}

/// A list of errors, as an error answer or a result with `success: false` holds it. The one
/// that concerns more than this record decides.
pub(super) fn of_errors(status: u16, errors: &[Value], effect: Effect) -> Option<Error> {
    let parsed: Vec<Refusal> = errors.iter().filter_map(Refusal::read).collect();
    let verdicts: Vec<_> = parsed
        .iter()
        .map(|refusal| refusal.verdict(status, effect))
        .collect();
    let concerns_more = |kind| !matches!(kind, Kind::Refused | Kind::Automation);
    let (kind, advice) = *verdicts
        .iter()
        .find(|(kind, _)| concerns_more(*kind))
        .or_else(|| verdicts.iter().find(|(kind, _)| *kind != Kind::Refused))
        .or(verdicts.first())?;
    let words: Vec<_> = parsed.iter().map(Refusal::words).collect();
    let duplicates = parsed
        .iter()
        .flat_map(|refusal| refusal.duplicates.clone())
        .collect();
    // An outage may have struck after the record was written.
    let in_doubt =
        effect.writes() && kind == Kind::Unavailable && matches!(status, 408 | 420 | 500..);
    let error = Error::new(kind, words.join("; "))
        .advise(advice)
        .coded(parsed.iter().map(|refusal| refusal.code))
        .matching(duplicates);
    Some(error.doubtful(in_doubt))
}

struct Refusal<'a> {
    code: &'a str,
    message: &'a str,
    fields: Vec<&'a str>,
    duplicates: Vec<String>,
}

impl<'a> Refusal<'a> {
    fn read(error: &'a Value) -> Option<Refusal<'a>> {
        let code = error
            .get("errorCode")
            .or(error.get("statusCode"))?
            .as_str()?;
        let fields = error.get("fields").and_then(Value::as_array);
        Some(Refusal {
            code,
            message: error
                .get("message")
                .and_then(Value::as_str)
                .unwrap_or_default(),
            fields: fields
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect(),
            // Salesforce's own documentation and servers use both spellings.
            duplicates: ["duplicateResult", "duplicateResut"]
                .into_iter()
                .filter_map(|name| error.get(name))
                .flat_map(matching_ids)
                .collect(),
        })
    }

    fn words(&self) -> String {
        let words = said(self.code, self.message);
        match self
            .fields
            .iter()
            .find(|field| !self.message.contains(**field))
        {
            Some(_) => format!("{words} (fields: {})", self.fields.join(", ")),
            None => words,
        }
    }

    fn verdict(&self, status: u16, effect: Effect) -> (Kind, &'static str) {
        let locked = self.message.contains("UNABLE_TO_LOCK_ROW");
        match (status, self.code) {
            (_, "INVALID_SESSION_ID") if self.message.contains("not valid for use with the") => {
                (Kind::Permission, NO_API)
            }
            (401, _) | (_, "INVALID_SESSION_ID") => (Kind::SessionExpired, ""),
            (_, code) if is_of_concurrency(code, self.message) => (Kind::TooMany, TOO_MANY),
            (_, "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE") => {
                (Kind::Maintenance, MAINTENANCE)
            }
            (_, "UNABLE_TO_LOCK_ROW") => (Kind::Locked, ""),
            // A trigger or flow of the org's ran into the lock, and says so in its own words.
            (_, _) if locked => (Kind::Locked, ""),
            (
                _,
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
                | "CANNOT_EXECUTE_FLOW_TRIGGER"
                | "APEX_ERROR",
            ) => (Kind::Automation, ""),
            (_, "STORAGE_LIMIT_EXCEEDED") => (Kind::StorageLimit, ROOM),
            (_, "INSUFFICIENT_ACCESS_OR_READONLY") => (Kind::Refused, NO_EDIT),
            (_, "DUPLICATES_DETECTED") => (Kind::Duplicate, ""),
            (_, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY") => (Kind::Refused, NO_SIGHT),
            (_, "INVALID_TYPE") => (Kind::Permission, NO_ACCESS),
            (_, code) if common(code).is_some() => common(code).unwrap_or((Kind::Refused, "")),
            (408 | 420 | 429 | 500.., _) => (Kind::Unavailable, ""),
            // A record is gone, or a whole resource is not there for this user.
            (404 | 410, _) if effect == Effect::Update => (Kind::Refused, ""),
            (404, _) => (Kind::Permission, NO_ACCESS),
            (410, _) => (Kind::NotOffered, VERSION),
            _ => (Kind::Refused, ""),
        }
    }
}

/// The ids in `{"matchResults":[{"matchRecords":[{"record":{"Id":"001…"}}]}]}`.
fn matching_ids(result: &Value) -> Vec<String> {
    fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
        value
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    }
    list(result, "matchResults")
        .flat_map(|found| list(found, "matchRecords"))
        .filter_map(|found| found.get("record")?.get("Id")?.as_str())
        .filter(|id| rest::is_record_id(id))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::salesforce::Action;

    fn refused(status: u16, code: &str, message: &str, effect: Effect) -> Error {
        let body = serde_json::json!([{"message": message, "errorCode": code, "fields": []}]);
        of_rest(status, body.to_string().as_bytes(), effect).unwrap()
    }

    #[test]
    fn every_rest_code_says_what_to_do() {
        const MAINTENANCE: &str = "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE";
        use Action::{FailCall, PauseOrg, PauseUser, RenewSession, Retry};
        for (status, code, action, in_doubt) in [
            (400, "REQUIRED_FIELD_MISSING", FailCall, false),
            (400, "INVALID_FIELD", FailCall, false),
            (400, "STRING_TOO_LONG", FailCall, false),
            (
                400,
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                FailCall,
                false,
            ),
            (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", FailCall, false),
            (400, "FIELD_INTEGRITY_EXCEPTION", FailCall, false),
            (400, "DUPLICATES_DETECTED", FailCall, false),
            (400, "UNABLE_TO_LOCK_ROW", Retry, false),
            (400, "STORAGE_LIMIT_EXCEEDED", PauseOrg, false),
            (403, "STORAGE_LIMIT_EXCEEDED", PauseOrg, false),
            (400, "JSON_PARSER_ERROR", FailCall, false),
            (400, "MALFORMED_QUERY", FailCall, false),
            (400, "INVALID_SEARCH", FailCall, false),
            (400, "MALFORMED_SEARCH", FailCall, false),
            (400, "INVALID_TYPE", PauseUser, false),
            (400, "SOMETHING_NEW", FailCall, false),
            (401, "INVALID_SESSION_ID", RenewSession, false),
            (401, "INVALID_AUTH_HEADER", RenewSession, false),
            (403, "INVALID_SESSION_ID", RenewSession, false),
            (403, "REQUEST_LIMIT_EXCEEDED", PauseOrg, false),
            (403, "API_DISABLED_FOR_ORG", PauseUser, false),
            (403, "API_CURRENTLY_DISABLED", Retry, false),
            (403, "INSUFFICIENT_ACCESS", PauseUser, false),
            (403, "SOMETHING_NEW", FailCall, false),
            (403, "INSUFFICIENT_ACCESS_OR_READONLY", FailCall, false),
            (404, "NOT_FOUND", PauseUser, false),
            (410, "UNSUPPORTED_API_VERSION", PauseUser, false),
            (410, "GONE", PauseUser, false),
            (420, "SOMETHING_NEW", Retry, true),
            (500, "UNKNOWN_EXCEPTION", Retry, true),
            (500, "SOMETHING_NEW", Retry, true),
            (502, "SOMETHING_NEW", Retry, true),
            (503, "SERVER_UNAVAILABLE", Retry, true),
            (500, "UNABLE_TO_LOCK_ROW", Retry, false),
            (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", FailCall, false),
            (400, "CANNOT_EXECUTE_FLOW_TRIGGER", FailCall, false),
            (400, "APEX_ERROR", FailCall, false),
            (400, MAINTENANCE, Retry, false),
            (403, MAINTENANCE, Retry, false),
            (500, MAINTENANCE, Retry, false),
            (503, MAINTENANCE, Retry, false),
        ] {
            let error = refused(status, code, "in Salesforce's words", Effect::Create);
            assert_eq!(
                (error.action(), error.in_doubt()),
                (action, in_doubt),
                "{status} {code}"
            );
            let said = format!("{code}: in Salesforce's words");
            assert!(error.to_string().starts_with(&said), "{error}");
            assert!(
                !refused(status, code, "", Effect::Read).in_doubt(),
                "{status} {code}"
            );
        }
    }

    #[test]
    fn limits_of_one_code_are_told_apart_by_their_words() {
        const CODE: &str = "REQUEST_LIMIT_EXCEEDED";
        for (status, code, message, kind) in [
            (
                403,
                CODE,
                "TotalRequests Limit exceeded.",
                Kind::RequestLimit,
            ),
            (
                403,
                CODE,
                "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
                Kind::TooMany,
            ),
            (
                403,
                CODE,
                "ConcurrentPerOrgLongTxn Limit exceeded.",
                Kind::TooMany,
            ),
            (
                503,
                CODE,
                "ConcurrentPerOrgApex Limit exceeded.",
                Kind::TooMany,
            ),
            (
                500,
                "UNKNOWN_EXCEPTION",
                "ConcurrentPerOrgLongTxn Limit exceeded.",
                Kind::TooMany,
            ),
            (403, CODE, "something new", Kind::RequestLimit),
            (
                500,
                "UNKNOWN_EXCEPTION",
                "An unexpected error",
                Kind::Unavailable,
            ),
        ] {
            let error = refused(status, code, message, Effect::Create);
            assert_eq!(error.kind(), kind, "{message}");
            let in_doubt = kind == Kind::Unavailable;
            assert_eq!(error.in_doubt(), in_doubt, "{message}");
            // What is said is what Salesforce said, and of its limit.
            let words = error.to_string();
            assert!(words.contains(message.trim_end_matches('.')), "{words}");
            let is_of_day = words.contains("24 hours");
            assert_eq!(is_of_day, kind == Kind::RequestLimit, "{words}");
        }
        let login = of_login(
            CODE,
            "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        );
        assert_eq!(login.kind(), Kind::TooMany);
    }

    #[test]
    fn a_record_that_is_gone_concerns_its_call_only() {
        for (status, code) in [
            (404, "NOT_FOUND"),
            (404, "ENTITY_IS_DELETED"),
            (410, "ENTITY_IS_DELETED"),
        ] {
            assert_eq!(
                refused(status, code, "", Effect::Update).action(),
                Action::FailCall
            );
        }
    }

    #[test]
    fn a_session_without_rest_is_not_renewed() {
        let said = "This session is not valid for use with the REST API";
        let error = refused(401, "INVALID_SESSION_ID", said, Effect::Create);
        assert_eq!(error.action(), Action::PauseUser);
        assert!(error.to_string().contains("API Enabled"), "{error}");
    }

    #[test]
    fn a_lock_inside_a_trigger_is_tried_again() {
        let said = "CaseTrigger: execution of AfterInsert caused by: UNABLE_TO_LOCK_ROW, unable to obtain exclusive access";
        let error = refused(
            400,
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            said,
            Effect::Create,
        );
        assert_eq!((error.action(), error.in_doubt()), (Action::Retry, false));
    }

    #[test]
    fn fields_are_named_once() {
        let of = |message: &str| {
            let body = serde_json::json!([{"message": message, "errorCode": "E", "fields": ["Name", "Phone"]}]);
            of_rest(400, body.to_string().as_bytes(), Effect::Create)
                .unwrap()
                .to_string()
        };
        assert_eq!(of("Missing: [Name, Phone]"), "E: Missing: [Name, Phone]");
        assert_eq!(of("Missing"), "E: Missing (fields: Name, Phone)");
    }

    #[test]
    fn the_error_that_concerns_more_than_the_record_decides() {
        let body = br#"[{"errorCode":"INVALID_FIELD","message":"a"},{"errorCode":"STORAGE_LIMIT_EXCEEDED","message":"b"}]"#;
        let error = of_rest(400, body, Effect::Create).unwrap();
        assert_eq!(error.action(), Action::PauseOrg);
        assert!(
            error
                .to_string()
                .starts_with("INVALID_FIELD: a; STORAGE_LIMIT_EXCEEDED: b"),
            "{error}"
        );
    }

    #[test]
    fn rows_of_collections_are_read_too() {
        let rows = [
            serde_json::json!({"statusCode": "UNABLE_TO_LOCK_ROW", "message": "busy", "fields": []}),
        ];
        assert_eq!(
            of_errors(200, &rows, Effect::Create).unwrap().action(),
            Action::Retry
        );
    }

    #[test]
    fn what_is_not_salesforces_is_left_to_others() {
        for body in [
            "",
            "<html>",
            "[]",
            "{}",
            "null",
            "[[]]",
            "[{\"errorCode\":7}]",
            "\"INVALID_FIELD\"",
        ] {
            assert!(
                of_rest(400, body.as_bytes(), Effect::Create).is_none(),
                "{body}"
            );
        }
        let deep = "[".repeat(100_000);
        assert!(of_rest(400, deep.as_bytes(), Effect::Create).is_none());
    }
}
