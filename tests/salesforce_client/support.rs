//! What the tests share: a client, a user, a login's answer.

use crate::server::{Reply, Server, answer};
use res_ansitel_salesforce::calls::record::Timestamp;
use res_ansitel_salesforce::config::settings::{Auth, CreateOn, Host, Lookup, User};
use res_ansitel_salesforce::messages::language::Languages;
use res_ansitel_salesforce::salesforce::{
    Client, ClientOptions, Error, Record, Session, Target, Written,
};
use serde_json::{Map, Value};
use std::path::Path;
use std::time::Duration;

/// What is never to be seen anywhere.
pub const PASSWORD: &str = "pa<ss&\"w'or>d";
/// Likewise.
pub const TOKEN: &str = "tOkEn";
/// Likewise.
pub const SESSION_ID: &str = "00D000000000001!AQsecret.of-the_session";

/// A client that trusts `localhost`.
pub fn client(ca: &Path) -> Client {
    client_with(ca, |_| {})
}

/// A client with other options.
pub fn client_with(ca: &Path, change: impl FnOnce(&mut ClientOptions)) -> Client {
    let mut options = ClientOptions {
        api_version: "64.0".to_owned(),
        trusted_domains: vec!["localhost".to_owned()],
        ca_file: Some(ca.to_owned()),
        connect_timeout: Duration::from_secs(10),
        request_timeout: Duration::from_secs(20),
    };
    change(&mut options);
    Client::new(options).unwrap()
}

/// A user who logs in at `localhost`.
pub fn user(port: u16) -> User {
    let host = Host {
        name: "localhost".to_owned(),
        port,
    };
    User {
        name: "support".to_owned(),
        enabled: true,
        username: "a&b@acme.example".to_owned(),
        auth_because: "as configured",
        auth: Auth::Soap {
            password: PASSWORD.to_owned().into(),
            token: TOKEN.to_owned().into(),
        },
        domain: host.clone(),
        login_host: host,
        extensions: Vec::new(),
        language: Languages::built_in().find("en").unwrap(),
        country: "DE".to_owned(),
        create_on: CreateOn::Hangup,
        lookup: Lookup::Sosl,
        case_on_answered: true,
        case_on_lost: true,
        create_account: true,
        account_name: None,
        subject_answered: None,
        subject_lost: None,
        description: None,
        case_fields: Vec::new(),
        account_fields: Vec::new(),
        case_origin: Some("Phone".to_owned()),
        external_id_field: None,
        owner: None,
        auto_assign: false,
        repeat_window: 0,
        task_on_answered: false,
        task_on_lost: false,
        task_status: "Completed".to_owned(),
    }
}

/// A login's answer that names this server.
pub fn logged_in(server_url: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
         xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns=\"urn:partner.soap.sforce.com\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body><loginResponse><result>\
         <metadataServerUrl>https://elsewhere.example/</metadataServerUrl>\
         <passwordExpired>false</passwordExpired><sandbox>false</sandbox>\
         <serverUrl>{server_url}</serverUrl><sessionId>{SESSION_ID}</sessionId>\
         <userId>005000000000001AAA</userId><userInfo><accessibilityMode>false</accessibilityMode>\
         <currencySymbol xsi:nil=\"true\"/><organizationId>00D000000000001EAA</organizationId>\
         <organizationName>M&amp;M &#x26; Co</organizationName><sessionSecondsValid>7200</sessionSecondsValid>\
         <userId>005000000000001AAA</userId><userName>a&amp;b@acme.example</userName></userInfo></result>\
         </loginResponse></soapenv:Body></soapenv:Envelope>"
    )
}

/// A SOAP fault.
pub fn fault(code: &str, message: &str) -> String {
    format!(
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:sf=\"urn:fault.partner.soap.sforce.com\"><soapenv:Body><soapenv:Fault>\
         <faultcode>{code}</faultcode><faultstring>{code}: {message}</faultstring><detail><sf:LoginFault>\
         <sf:exceptionCode>{code}</sf:exceptionCode><sf:exceptionMessage>{message}</sf:exceptionMessage>\
         </sf:LoginFault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
}

/// A server that first lets the user log in, then does what the test says; and the session.
pub fn after_login(script: Vec<Reply>) -> (Server, Client, Session) {
    after_login_with(script, |_| {})
}

/// The same with other options.
pub fn after_login_with(
    script: Vec<Reply>,
    change: impl FnOnce(&mut ClientOptions),
) -> (Server, Client, Session) {
    let server = Server::start("localhost", Vec::new());
    let url = format!(
        "https://localhost:{}/services/Soap/u/64.0/00D000000000001",
        server.port
    );
    let login = Reply::Bytes(answer(200, "text/xml; charset=utf-8", &logged_in(&url)));
    server.script(std::iter::once(login).chain(script));
    let client = client_with(server.ca.path(), change);
    let session = client.login(&user(server.port)).unwrap();
    (server, client, session)
}

/// Writes one record; its id.
pub fn write(client: &Client, session: &Session, record: Record) -> Result<String, Error> {
    let mut written = client.write(session, &[vec![record]])?;
    match written.pop() {
        Some(Written::Done(ids)) => Ok(ids.into_iter().flatten().next().expect("an id")),
        Some(Written::Refused(Some(0), error)) => Err(error),
        other => panic!("{other:?}"),
    }
}

/// A record for [`write`].
pub fn record(sobject: &'static str, target: Target, fields: &Map<String, Value>) -> Record {
    Record {
        sobject,
        target,
        fields: fields.clone(),
        link: None,
        auto_assign: false,
        look_at_owner: false,
    }
}

/// Creates a record; its id.
pub fn create(
    client: &Client,
    session: &Session,
    sobject: &'static str,
    fields: &Map<String, Value>,
) -> Result<String, Error> {
    write(client, session, record(sobject, Target::New, fields))
}

/// Changes a Case.
pub fn update_case(
    client: &Client,
    session: &Session,
    id: &str,
    fields: &Map<String, Value>,
) -> Result<(), Error> {
    let target = Target::Existing(id.to_owned());
    write(client, session, record("Case", target, fields)).map(drop)
}

/// Looks for one Case; its id.
pub fn find_case(
    client: &Client,
    session: &Session,
    reference: &str,
    phone: Option<&str>,
    since: Timestamp,
) -> Result<Option<String>, Error> {
    let mut found = client.find_cases(session, &[(reference, phone)], &[], since)?;
    Ok(found.pop().flatten().map(|case| case.id))
}

/// Looks for one Account by the phone it was created with; its id.
pub fn find_account(
    client: &Client,
    session: &Session,
    phone: &str,
    since: Timestamp,
) -> Result<Option<String>, Error> {
    let mut found = client.find_accounts_created(session, &[phone], since)?;
    Ok(found.pop().flatten().map(|account| account.id))
}
