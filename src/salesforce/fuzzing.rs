//! The parsers of this room and its queries, as the fuzz targets call them.

use super::error::Error;
use super::graph::{self, Graph, Written};
use super::http::{Answer, Effect};
use super::limits::ApiUsage;
use super::lookup::PhoneFields;
use super::rest::{self, CaseNowRow, CaseRow, Found, Page, PhoneRow, TaskRow, UserRow};
use super::{AccountHit, CaseNow, ContactHit, Described, oauth, query, soap, trust};
use crate::calls::record::Timestamp;
use crate::config::settings::{Host, Lookup};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use ureq::http::HeaderMap;

/// What a login's answer says.
pub struct Login {
    /// Where the session is good.
    pub url: String,
    /// The session.
    pub session_id: String,
    /// The org.
    pub org_id: String,
    /// The user.
    pub user_id: String,
}

/// The answer to a SOAP login.
pub fn soap_answer(body: &[u8]) -> Option<Result<Login, Error>> {
    let read = soap::read(body)?;
    Some(read.map(|login| Login {
        url: login.server_url,
        session_id: login.session_id.expose_secret().to_owned(),
        org_id: login.org_id,
        user_id: login.user_id,
    }))
}

/// The body of a SOAP login.
pub fn soap_request(username: &str, password: &str, token: &str) -> Vec<u8> {
    soap::request(
        username,
        &password.to_owned().into(),
        &token.to_owned().into(),
    )
    .to_vec()
}

/// The answer of the OAuth token endpoint.
pub fn oauth_answer(body: &[u8]) -> Option<Result<Login, Error>> {
    let read = oauth::read(body)?;
    Some(read.map(|token| Login {
        url: token.instance_url,
        session_id: token.access_token.expose_secret().to_owned(),
        org_id: token.org_id,
        user_id: token.user_id,
    }))
}

fn answer(status: u16, body: &[u8]) -> Answer {
    Answer {
        status,
        headers: HeaderMap::new(),
        body: body.to_owned(),
    }
}

fn page<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<Page<T>, Error> {
    rest::read(&answer(status, body), Effect::Read)
}

/// A page of a query for Accounts, and where the next one is.
pub fn account_page(status: u16, body: &[u8]) -> Result<(Vec<AccountHit>, Option<String>), Error> {
    let page: Page<PhoneRow> = page(status, body)?;
    let hits = page.records.into_iter().map(AccountHit::from);
    Ok((hits.collect(), page.next))
}

/// What a search found.
pub fn found(status: u16, body: &[u8]) -> Result<Vec<ContactHit>, Error> {
    let found: Found<PhoneRow> = rest::read(&answer(status, body), Effect::Read)?;
    Ok(found.records.into_iter().map(ContactHit::from).collect())
}

/// A page of a query for Cases: the ids of Case and Account.
pub fn case_page(status: u16, body: &[u8]) -> Result<Vec<(String, Option<String>)>, Error> {
    let page: Page<CaseRow> = page(status, body)?;
    let rows = page.records.into_iter();
    Ok(rows.map(|row| (row.id, row.account_id)).collect())
}

/// A page of a query for Cases as they are now.
pub fn case_now_page(status: u16, body: &[u8]) -> Result<Vec<CaseNow>, Error> {
    let page: Page<CaseNowRow> = page(status, body)?;
    Ok(page.records.iter().map(CaseNow::from).collect())
}

/// A page of a query for Tasks: ids.
pub fn task_page(status: u16, body: &[u8]) -> Result<Vec<String>, Error> {
    let page: Page<TaskRow> = page(status, body)?;
    Ok(page.records.into_iter().map(|row| row.id).collect())
}

/// A page of a query for users: ids.
pub fn user_page(status: u16, body: &[u8]) -> Result<Vec<String>, Error> {
    let page: Page<UserRow> = page(status, body)?;
    Ok(page.records.into_iter().map(|row| row.id).collect())
}

/// A describe.
pub fn described(status: u16, body: &[u8]) -> Result<Described, Error> {
    rest::read(&answer(status, body), Effect::Read)
}

/// The answer to a write.
pub fn graph_answer(status: u16, body: &[u8], graphs: &[Graph]) -> Result<Vec<Written>, Error> {
    graph::read(&answer(status, body), graphs, "host").map(|(written, _)| written)
}

/// The body of a write.
pub fn graph_request(graphs: &[Graph]) -> serde_json::Value {
    graph::request(graphs, "/root", true)
}

/// The header that tells an org's API requests.
pub fn usage(header: &str) -> Option<ApiUsage> {
    ApiUsage::read(header)
}

/// The host of an address that a login's answer names.
pub fn host_of(url: &str) -> Option<Host> {
    trust::host_of(url).ok()
}

/// The beginning of every address at that host.
pub fn origin(host: &Host) -> String {
    trust::origin(host)
}

/// The look-up of numbers, given in all their forms.
pub fn by_phone(lookup: Lookup, forms: &[String]) -> Vec<String> {
    query::by_phone(lookup, forms, &PhoneFields::usual())
}

/// The query for Cases that may be those of some calls.
pub fn select_cases(phones: &[Option<&str>], author: &str, since: Timestamp) -> String {
    query::select_cases(phones, &[author], since)
}

/// The query for Accounts with one of the phones.
pub fn select_accounts(phones: &[&str], since: Timestamp) -> String {
    query::select_accounts(phones, since)
}

/// The query for the Tasks of some calls.
pub fn select_tasks(references: &[&str], since: Timestamp) -> String {
    query::select_tasks(references, since)
}

/// The query for Cases as they are now.
pub fn select_cases_now(ids: &[&str]) -> String {
    query::select_cases_now(ids)
}

/// The query for users.
pub fn select_users(usernames: &[&str]) -> String {
    query::select_users(usernames)
}

/// The query for a Case.
pub fn select_case(id: &str) -> String {
    query::select_case(id)
}

/// Is the Case with this Description the one of a call?
pub fn is_case_of(description: &str, reference: &str) -> bool {
    let row = serde_json::json!({"Id": "500000000000001AAA", "Description": description});
    serde_json::from_value(row).is_ok_and(|row: CaseRow| row.is_of(reference))
}
