//! The configuration after reading: every value checked, every default filled in.

use crate::calls::record::Outcome;
use crate::messages::language::Language;
use crate::messages::template::Template;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Everything `salesforce.conf` says.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// `[general]`.
    pub settings: Settings,
    /// The users whose sections are without error, in the file's order.
    pub users: Vec<User>,
}

/// `[general]`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Is the interface started when the module loads?
    pub enabled: bool,
    /// IANA time zone name; `None`: the system's.
    pub timezone: Option<String>,
    /// REST API version, such as `64.0`.
    pub api_version: String,
    /// Domains (and their subdomains) to which credentials and sessions may be sent; lower case.
    pub trusted_domains: Vec<String>,
    /// Extra CA certificates (PEM).
    pub ca_file: Option<PathBuf>,
    /// Limit for establishing a connection (DNS, TCP and TLS).
    pub connect_timeout: Duration,
    /// Limit for a whole request.
    pub request_timeout: Duration,
    /// Threads that talk to Salesforce.
    pub workers: usize,
    /// The journal; `None`: `salesforce/salesforce.sqlite3` in Asterisk's spool directory.
    pub journal: Option<PathBuf>,
    /// How long delivered calls stay in the journal, in days.
    pub history_days: u32,
    /// Whose calls are not logged: Asterisk patterns and plain numbers.
    pub internal_callers: Vec<String>,
    /// Whose lost call is it when a whole group stays unanswered.
    pub unanswered_group: UnansweredGroup,
    /// A user whose phone rang in vain while somebody else answered.
    pub answered_elsewhere: AnsweredElsewhere,
    /// Digits the PBX or trunk puts before callers' numbers; empty: none.
    pub prefix_strip: String,
    /// Numbers that match no Account, as written.
    pub ignore_numbers: Vec<String>,
    /// Percent of an org's daily API requests left to its other programs.
    pub api_reserve: u8,
    /// How long the dialplan function may take.
    pub dialplan_timeout: Duration,
    /// The web page.
    pub web: bool,
    /// The web page over plain HTTP from other hosts.
    pub web_insecure: bool,
    /// May the web page change options that name files, or say whom to trust?
    pub web_files: bool,
    /// Who knows it may read the figures without a manager session.
    pub metrics_token: Option<SecretString>,
    /// File to which the event stream is recorded.
    pub record_events: Option<PathBuf>,
}

/// `unanswered_group`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnansweredGroup {
    /// Everybody whose phone rang.
    All,
    /// The one whose phone rang first.
    First,
    /// The one whose phone rang last.
    Last,
    /// Nobody.
    None,
}

/// `answered_elsewhere`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnsweredElsewhere {
    /// No Case.
    Ignore,
    /// A lost call.
    Lost,
}

/// `create_on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateOn {
    /// The Case appears when the call is over.
    Hangup,
    /// The Case appears at the answer and is completed at hang-up.
    Answer,
}

/// `lookup`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// By search (`FIND … IN PHONE FIELDS`).
    Sosl,
    /// By query.
    Soql,
}

/// A host and port that passed the syntax check of `domain`; always HTTPS.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Host {
    /// Lower-case host name.
    pub name: String,
    /// Port, 443 unless given.
    pub port: u16,
}

/// An extension of a user: `100` (any context) or `100@context`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Extension {
    /// The extension's number or name.
    pub exten: String,
    /// The dialplan context, if given.
    pub context: Option<String>,
}

impl Extension {
    /// Can a call be one to both?
    pub fn meets(&self, other: &Extension) -> bool {
        self.exten == other.exten
            && (self.context == other.context || self.context.is_none() || other.context.is_none())
    }
}

/// How a user's session is obtained; `auto` is already resolved.
#[derive(Debug, Clone)]
pub enum Auth {
    /// SOAP `login()` with password and token.
    Soap {
        /// The password.
        password: SecretString,
        /// The security token, empty if none.
        token: SecretString,
    },
    /// OAuth password flow.
    Password {
        /// The app's consumer key.
        client_id: String,
        /// The app's consumer secret, if it has one.
        client_secret: Option<SecretString>,
        /// The password.
        password: SecretString,
        /// The security token, empty if none.
        token: SecretString,
    },
    /// OAuth client credentials flow.
    ClientCredentials {
        /// The app's consumer key.
        client_id: String,
        /// The app's consumer secret.
        client_secret: SecretString,
    },
    /// OAuth JWT bearer flow.
    Jwt {
        /// The app's consumer key.
        client_id: String,
        /// Path of the PEM private key.
        private_key: PathBuf,
    },
}

impl Auth {
    /// The value of `auth` that stands for it.
    pub fn name(&self) -> &'static str {
        match self {
            Auth::Soap { .. } => "soap",
            Auth::Password { .. } => "password",
            Auth::ClientCredentials { .. } => "client_credentials",
            Auth::Jwt { .. } => "jwt",
        }
    }

    /// Which way it is, in an administrator's words.
    pub fn words(&self) -> &'static str {
        match self {
            Auth::Soap { .. } => "SOAP login",
            Auth::Password { .. } => "OAuth password flow",
            Auth::ClientCredentials { .. } => "OAuth client credentials flow",
            Auth::Jwt { .. } => "OAuth JWT bearer flow",
        }
    }
}

/// A section of type `user`.
#[derive(Debug, Clone)]
pub struct User {
    /// The section's name.
    pub name: String,
    /// `no` parks the user: nothing is recorded or sent for it.
    pub enabled: bool,
    /// Salesforce username.
    pub username: String,
    /// How it logs in.
    pub auth: Auth,
    /// Why so, in an administrator's words, such as `auto: private_key is set`.
    pub auth_because: &'static str,
    /// `domain`.
    pub domain: Host,
    /// Where the session is asked for: `login_host`, else `domain`.
    pub login_host: Host,
    /// Its extensions, at least one.
    pub extensions: Vec<Extension>,
    /// Language of what is written.
    pub language: Language,
    /// ISO 3166 region in which numbers without + are read, upper case.
    pub country: String,
    /// When an answered call's Case appears.
    pub create_on: CreateOn,
    /// How numbers are looked up.
    pub lookup: Lookup,
    /// Case when a call was answered.
    pub case_on_answered: bool,
    /// Case when a call was lost.
    pub case_on_lost: bool,
    /// Create an Account when none has the number.
    pub create_account: bool,
    /// Name of new Accounts; `None`: the language's.
    pub account_name: Option<Template>,
    /// Subject of an answered call's Case; `None`: the language's.
    pub subject_answered: Option<Template>,
    /// Subject of a lost call's Case; `None`: the language's.
    pub subject_lost: Option<Template>,
    /// Description of a Case; `None`: the language's.
    pub description: Option<Template>,
    /// Further fields of every Case, in the file's order.
    pub case_fields: Vec<(String, Template)>,
    /// Further fields of every created Account.
    pub account_fields: Vec<(String, Template)>,
    /// What a Case's Origin says; `None`: nothing.
    pub case_origin: Option<String>,
    /// API name of a unique external-id field on Case.
    pub external_id_field: Option<String>,
    /// Username or id of the records' owner; `None`: the user itself.
    pub owner: Option<String>,
    /// Let Salesforce's assignment rules choose the owner.
    pub auto_assign: bool,
    /// Minutes within which a repeated lost call updates the Case; 0: never.
    pub repeat_window: u32,
    /// Also write a Task for an answered call.
    pub task_on_answered: bool,
    /// Also write a Task for a lost call.
    pub task_on_lost: bool,
    /// What a Task's Status says: completed, in the org's words.
    pub task_status: String,
}

impl User {
    /// Is a call with this outcome to have a Case?
    pub fn wants_case(&self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Answered => self.case_on_answered,
            Outcome::Lost => self.case_on_lost,
        }
    }

    /// Is a call with this outcome to have a Task?
    pub fn wants_task(&self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Answered => self.task_on_answered,
            Outcome::Lost => self.task_on_lost,
        }
    }
}
