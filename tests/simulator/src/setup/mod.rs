//! What a simulator is started with. Every type also reads from JSON, so that
//! the binary's configuration file and the library say the same things.

mod access;
mod custom;
mod strain;
mod user;

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use access::{DefaultAccess, NodeHeaders, Picklist, Sharing};
pub use custom::{CustomField, DuplicateRule, RecordType, ValidationRule};
pub use strain::{Automation, Maintenance, RecordTime, Strain, Wildcards};
pub use user::{AppSetup, UserSetup};

/// A password, token or key: usable, but never shown by `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "\"\"" } else { "\"***\"" })
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// The whole simulator.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setup {
    /// The orgs; at least one.
    pub orgs: Vec<OrgSetup>,
    /// Port of the login host that serves every org; 0 takes a free one.
    pub login_port: u16,
    /// Port of the admin API (plain HTTP, loopback); `None` starts none, 0 takes a free one.
    pub admin_port: Option<u16>,
    /// Host names and addresses in the certificate beside `localhost`, `127.0.0.1` and `::1`.
    pub extra_names: Vec<String>,
    /// Where the certificate of the signing authority is written, as PEM.
    pub ca_file: Option<PathBuf>,
    /// Seed of everything that is drawn at random (fault probabilities).
    pub seed: u64,
    /// Greatest number of requests that the log remembers; older ones are forgotten.
    pub log_limit: usize,
    /// Whether each request is printed to standard output as one readable line.
    pub print: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            orgs: Vec::new(),
            login_port: 0,
            admin_port: None,
            extra_names: Vec::new(),
            ca_file: None,
            seed: 1,
            log_limit: 200_000,
            print: false,
        }
    }
}

impl Setup {
    /// A simulator of these orgs, everything else as by default.
    pub fn of(orgs: impl IntoIterator<Item = OrgSetup>) -> Self {
        Self {
            orgs: orgs.into_iter().collect(),
            ..Self::default()
        }
    }
}

/// How phone numbers are cut into searchable terms; Salesforce does not document it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhoneSearch {
    /// A number is one term, its digits; a search term finds it when the digits
    /// are equal or the number ends with them.
    #[default]
    Digits,
    /// A number is cut at every character that is no digit, and only whole
    /// pieces (or runs of pieces, for phrases) are found.
    Tokens,
}

/// One org.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrgSetup {
    /// Name by which tests and the admin API speak of it.
    pub name: String,
    /// Port of its instance; 0 takes a free one.
    pub port: u16,
    /// Host under which login answers name the instance.
    pub instance_host: String,
    /// Host (or `host:port`) that login answers name instead of the true one: for
    /// clients that must refuse to send a session there. Empty: the true one.
    pub server_host: String,
    /// API requests per rolling 24 hours.
    pub api_daily_limit: u64,
    /// API requests that count as already made.
    pub api_used: u64,
    /// Requests that may be running for longer than 20 seconds at the same time.
    pub concurrent_limit: usize,
    /// Whether SOAP `login()` works.
    pub soap_login: bool,
    /// The newest SOAP version that has `login()`.
    pub max_soap_version: String,
    /// Whether the OAuth username-password flow works.
    pub oauth_password: bool,
    /// Connected apps.
    pub apps: Vec<AppSetup>,
    /// Whether the org's API is on at all.
    pub api_enabled: bool,
    /// Whether Person Accounts are on: Accounts then have two record types,
    /// unless [`record_types`](field@Self::record_types) has some for them.
    pub person_accounts: bool,
    /// Record types; an object without any has no `RecordTypeId`. An object's first
    /// one is that of records which name none.
    pub record_types: Vec<RecordType>,
    /// Whether it is a sandbox (JWT audience, login answer).
    pub sandbox: bool,
    /// Whether every picklist refuses values it does not list.
    pub restricted_picklists: bool,
    /// Whether logins need the security token.
    pub token_required: bool,
    /// Wrong passwords in a row that lock a user; 0 never locks.
    pub max_invalid_logins: u32,
    /// Minutes a user stays locked; 0: until an administrator unlocks.
    pub lockout_minutes: u32,
    /// Logins per user and hour.
    pub login_rate_limit: usize,
    /// Seconds a session lives after its last use.
    pub session_seconds: u64,
    /// Username of the default owner of Cases; empty: a user made for the purpose.
    pub default_case_owner: String,
    /// Status of a new Case.
    pub default_case_status: String,
    /// Milliseconds until a record written through the API can be found by search.
    pub index_lag_ms: u64,
    /// How phone numbers are searched.
    pub phone_search: PhoneSearch,
    /// Whether subrequests of `/composite` and `/composite/graph` inherit the outer
    /// request's headers; Salesforce does not document it.
    pub composite_inherits_headers: bool,
    /// What becomes of the headers of a graph's nodes.
    pub node_headers: NodeHeaders,
    /// Member name of the details of `DUPLICATES_DETECTED`: both spellings occur; empty: there
    /// are none.
    pub duplicate_result_name: String,
    /// Whether the code of a SOAP fault has the prefix `sf:`; both forms occur.
    pub fault_prefix: bool,
    /// Whether every node of a failed graph tells the error of the one that failed;
    /// otherwise the others say `PROCESSING_HALTED`. Both forms occur.
    pub graph_repeats_error: bool,
    /// What everybody may do with everybody's records.
    pub sharing: Sharing,
    /// An Account field that territory rules fill; empty: there are no such rules.
    pub territory_field: String,
    /// Whether SOAP logins work at the login host; My Domain can forbid it.
    pub login_host_soap: bool,
    /// The `error` by which the login host refuses External Client Apps: `app_not_found` or
    /// `invalid_client`.
    pub external_app_error: String,
    /// The audience of JWT assertions; empty: Salesforce's for production or sandbox.
    pub jwt_audience: String,
    /// Picklists that are not as Salesforce delivers them.
    pub picklists: Vec<Picklist>,
    /// Custom fields.
    pub custom_fields: Vec<CustomField>,
    /// Validation rules, checked on every write.
    pub validation_rules: Vec<ValidationRule>,
    /// Duplicate rules, checked on every create.
    pub duplicate_rules: Vec<DuplicateRule>,
    /// How it bears work.
    pub strain: Strain,
    /// The users.
    pub users: Vec<UserSetup>,
    /// Records that exist from the start, each with its type in `attributes.type`.
    pub records: Vec<Value>,
}

impl Default for OrgSetup {
    fn default() -> Self {
        Self {
            name: "acme".into(),
            port: 0,
            instance_host: "localhost".into(),
            server_host: String::new(),
            api_daily_limit: 100_000,
            api_used: 0,
            concurrent_limit: 25,
            soap_login: true,
            max_soap_version: "64.0".into(),
            oauth_password: false,
            apps: Vec::new(),
            api_enabled: true,
            person_accounts: false,
            record_types: Vec::new(),
            sandbox: false,
            restricted_picklists: false,
            token_required: true,
            max_invalid_logins: 5,
            lockout_minutes: 15,
            login_rate_limit: 3_600,
            session_seconds: 7_200,
            default_case_owner: String::new(),
            default_case_status: "New".into(),
            index_lag_ms: 0,
            phone_search: PhoneSearch::default(),
            composite_inherits_headers: false,
            node_headers: NodeHeaders::default(),
            duplicate_result_name: "duplicateResult".into(),
            fault_prefix: false,
            graph_repeats_error: false,
            sharing: Sharing::default(),
            territory_field: String::new(),
            login_host_soap: true,
            external_app_error: "app_not_found".into(),
            jwt_audience: String::new(),
            picklists: Vec::new(),
            custom_fields: Vec::new(),
            validation_rules: Vec::new(),
            duplicate_rules: Vec::new(),
            strain: Strain::default(),
            users: Vec::new(),
            records: Vec::new(),
        }
    }
}

impl OrgSetup {
    /// An org of this name with these users, everything else as by default.
    pub fn new(name: &str, users: impl IntoIterator<Item = UserSetup>) -> Self {
        Self {
            name: name.to_owned(),
            users: users.into_iter().collect(),
            ..Self::default()
        }
    }

    /// All record types, those of Person Accounts too.
    pub(crate) fn all_record_types(&self) -> Vec<RecordType> {
        let mut types = self.record_types.clone();
        if self.person_accounts && !types.iter().any(|t| t.object == "Account") {
            types.push(RecordType::new("Account", "Business Account"));
            types.push(RecordType {
                person: true,
                // Salesforce's own name for the one it makes.
                developer_name: "PersonAccount".into(),
                ..RecordType::new("Account", "Person Account")
            });
        }
        types
    }
}
