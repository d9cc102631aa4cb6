//! What a simulator is started with. Every type also reads from JSON, so that
//! the binary's configuration file and the library say the same things.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// unless [`Self::record_types`] has some for them.
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
    /// Member name of the details of `DUPLICATES_DETECTED`: both spellings occur.
    pub duplicate_result_name: String,
    /// Custom fields.
    pub custom_fields: Vec<CustomField>,
    /// Validation rules, checked on every write.
    pub validation_rules: Vec<ValidationRule>,
    /// Duplicate rules, checked on every create.
    pub duplicate_rules: Vec<DuplicateRule>,
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
            duplicate_result_name: "duplicateResult".into(),
            custom_fields: Vec::new(),
            validation_rules: Vec::new(),
            duplicate_rules: Vec::new(),
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
    pub(crate) fn record_types(&self) -> Vec<RecordType> {
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

/// A record type.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordType {
    /// Object whose records may be of it.
    pub object: String,
    /// Its label.
    pub name: String,
    /// Its name for programs.
    pub developer_name: String,
    /// Whether an Account of it is a person.
    pub person: bool,
    /// Usernames whose profiles may not use it.
    pub barred: Vec<String>,
}

impl RecordType {
    /// A record type that everybody may use.
    pub fn new(object: &str, name: &str) -> Self {
        Self {
            object: object.to_owned(),
            name: name.to_owned(),
            developer_name: name.replace(|c: char| !c.is_ascii_alphanumeric(), "_"),
            ..Self::default()
        }
    }
}

/// One user who can log in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserSetup {
    /// Username, unique among all orgs.
    pub username: String,
    /// Password, without the token.
    pub password: Secret,
    /// Security token; empty: the user needs none.
    pub token: Secret,
    /// Full name.
    pub name: String,
    /// Language, as `LanguageLocaleKey`.
    pub language: String,
    /// Whether the profile has "API Enabled".
    pub api_enabled: bool,
    /// Whether the user may log in at all.
    pub active: bool,
    /// Locked by an administrator; a correct password does not help.
    pub locked: bool,
    /// Logins succeed but say that the password has expired.
    pub password_expired: bool,
    /// Whether sessions of this user work with the REST API.
    pub rest_sessions: bool,
    /// Whether the profile may create Cases.
    pub may_create_case: bool,
    /// Whether the profile may create Accounts.
    pub may_create_account: bool,
    /// Whether the profile may create Tasks.
    pub may_create_task: bool,
    /// Objects whose records the profile may see, but neither create nor change nor delete.
    pub read_only_objects: Vec<String>,
    /// Objects that the profile cannot see at all.
    pub hidden_objects: Vec<String>,
    /// Fields (`Object.Field`) that the profile cannot see.
    pub hidden_fields: Vec<String>,
    /// Fields (`Object.Field`) that the profile sees and cannot write.
    pub read_only_fields: Vec<String>,
    /// As [`OrgSetup::server_host`], for this user alone.
    pub server_host: String,
}

impl Default for UserSetup {
    fn default() -> Self {
        Self {
            username: String::new(),
            password: Secret::default(),
            token: Secret::default(),
            name: String::new(),
            language: "en_US".into(),
            api_enabled: true,
            active: true,
            locked: false,
            password_expired: false,
            rest_sessions: true,
            may_create_case: true,
            may_create_account: true,
            may_create_task: true,
            read_only_objects: Vec::new(),
            hidden_objects: Vec::new(),
            hidden_fields: Vec::new(),
            read_only_fields: Vec::new(),
            server_host: String::new(),
        }
    }
}

impl UserSetup {
    /// A user with all rights.
    pub fn new(username: &str, password: &str, token: &str) -> Self {
        Self {
            username: username.to_owned(),
            password: password.into(),
            token: token.into(),
            ..Self::default()
        }
    }
}

/// A connected app (or External Client App).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppSetup {
    /// Consumer key.
    pub client_id: String,
    /// Consumer secret.
    pub client_secret: Secret,
    /// Whether the client-credentials flow is on for this app.
    pub client_credentials: bool,
    /// Username that the client-credentials flow runs as; empty: none was chosen.
    pub run_as: String,
    /// RSA public key or certificate (PEM) that JWT assertions are checked with; empty: the flow is off.
    pub public_key: String,
    /// Usernames that are pre-authorised for this app.
    pub authorised: Vec<String>,
}

/// A custom field.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CustomField {
    /// Object it is on.
    pub object: String,
    /// API name, ending in `__c`.
    pub name: String,
    /// `text`, `area`, `phone`, `email`, `url`, `picklist`, `bool`, `int`, `double`, `date`, `datetime`.
    pub kind: String,
    /// Length of a text field.
    pub length: usize,
    /// Whether writes must give it.
    pub required: bool,
    /// Whether records can be upserted on it.
    pub external_id: bool,
    /// Whether two records may not have the same value.
    pub unique: bool,
    /// Values of a picklist.
    pub values: Vec<String>,
}

impl Default for CustomField {
    fn default() -> Self {
        Self {
            object: "Case".into(),
            name: String::new(),
            kind: "text".into(),
            length: 255,
            required: false,
            external_id: false,
            unique: false,
            values: Vec::new(),
        }
    }
}

impl CustomField {
    /// A unique external-id text field.
    pub fn external_id(object: &str, name: &str) -> Self {
        Self {
            object: object.to_owned(),
            name: name.to_owned(),
            external_id: true,
            unique: true,
            ..Self::default()
        }
    }
}

/// A validation rule: writes to `object` whose `field` contains `contains` are
/// refused with `message`; without a field, every write is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ValidationRule {
    /// Object it guards.
    pub object: String,
    /// Field it looks at; empty: none, every write is refused.
    pub field: String,
    /// Text that must not occur; empty: the field must not be empty.
    pub contains: String,
    /// The administrator's words.
    pub message: String,
}

/// A duplicate rule: a new record whose `field` equals another's (as digits for
/// phones, else as text without case) is a duplicate.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DuplicateRule {
    /// Object it guards.
    pub object: String,
    /// Field that is compared.
    pub field: String,
    /// Whether it blocks; otherwise it alerts, and `allowSave=true` saves all the same.
    pub blocks: bool,
    /// The administrator's words.
    pub message: String,
}

impl Default for DuplicateRule {
    fn default() -> Self {
        Self {
            object: "Account".into(),
            field: "Phone".into(),
            blocks: true,
            message: "Use one of these records?".into(),
        }
    }
}
