//! Users and the apps they log in with.

use serde::{Deserialize, Serialize};

use super::Secret;

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
    /// Whether the profile may change Cases.
    pub may_edit_case: bool,
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
    /// Objects whose records the user sees whoever owns them ("View All").
    pub view_all: Vec<String>,
    /// Objects whose records the user may change whoever owns them ("Modify All").
    pub modify_all: Vec<String>,
    /// Whether the user may read how the org is set up ("View Setup and Configuration").
    pub view_setup: bool,
    /// The user's role, with those above it: `CEO/Support`. Whoever stands above sees what those
    /// below own; empty: none.
    pub role: String,
    /// As [`OrgSetup::server_host`](super::OrgSetup::server_host), for this user alone.
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
            may_edit_case: true,
            may_create_account: true,
            may_create_task: true,
            read_only_objects: Vec::new(),
            hidden_objects: Vec::new(),
            hidden_fields: Vec::new(),
            read_only_fields: Vec::new(),
            view_all: Vec::new(),
            modify_all: Vec::new(),
            view_setup: true,
            role: String::new(),
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
    /// Whether it is an External Client App, which the login host does not know.
    pub external: bool,
    /// Usernames that are pre-authorised for this app.
    pub authorised: Vec<String>,
}
