//! `login()` of the SOAP API's partner WSDL (SOAP API Developer Guide, "login()").
//!
//! Its version is pinned: the call was taken out after 64.0, whatever version the REST API is
//! used in. Order and names of the elements follow the partner WSDL.

use super::error::{Counted, Error, Kind};
use super::{refusal, rest, session};
use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::Event;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use zeroize::Zeroizing;

/// Path of the endpoint that logs in.
pub(super) const PATH: &str = "/services/Soap/u/64.0";

/// The request. Salesforce takes the security token behind the password.
pub(super) fn request(
    username: &str,
    password: &SecretString,
    token: &SecretString,
) -> Zeroizing<Vec<u8>> {
    let secret = Zeroizing::new([password.expose_secret(), token.expose_secret()].concat());
    let escaped = Zeroizing::new(escape(secret.as_str()).into_owned());
    let text = format!(
        "<env:Envelope xmlns:env=\"http://schemas.xmlsoap.org/soap/envelope/\"><env:Body>\
         <n1:login xmlns:n1=\"urn:partner.soap.sforce.com\"><n1:username>{}</n1:username>\
         <n1:password>{}</n1:password></n1:login></env:Body></env:Envelope>",
        escape(username),
        escaped.as_str(),
    );
    Zeroizing::new(text.into_bytes())
}

/// What a successful login says.
pub(super) struct LoginResult {
    pub server_url: String,
    pub session_id: SecretString,
    pub user_id: String,
    pub user_name: String,
    pub org_id: String,
    pub seconds_valid: Option<u64>,
}

/// Reads the answer to a login; `None` if it is none of Salesforce's.
pub(super) fn read(body: &[u8]) -> Option<Result<LoginResult, Error>> {
    let mut leaves = leaves(std::str::from_utf8(body).ok()?, WANTED)?;
    if let Some(code) = leaves.remove("Fault/faultcode") {
        let code = leaves.remove("exceptionCode").unwrap_or(code);
        let said = leaves
            .remove("exceptionMessage")
            .or(leaves.remove("Fault/faultstring"));
        return Some(Err(refusal::of_login(
            code.trim(),
            said.unwrap_or_default().trim(),
        )));
    }
    if leaves
        .get("result/passwordExpired")
        .is_some_and(|expired| expired.trim() == "true")
    {
        let error = Error::new(Kind::Credentials, "the password has expired");
        let error = error.counting(Counted::Right);
        return Some(Err(error.advise(refusal::NEW_PASSWORD)));
    }
    let mut id = |name| leaves.remove(name).filter(|id| rest::is_record_id(id));
    let (user_id, org_id) = (id("result/userId")?, id("userInfo/organizationId")?);
    Some(Ok(LoginResult {
        server_url: leaves.remove("result/serverUrl")?,
        session_id: session::id(leaves.remove("result/sessionId")?)?,
        user_id,
        user_name: leaves.remove("userInfo/userName").unwrap_or_default(),
        org_id,
        seconds_valid: leaves
            .remove("userInfo/sessionSecondsValid")
            .and_then(|seconds| seconds.trim().parse().ok()),
    }))
}

/// The elements that matter, by `parent/name`; in a fault's detail the parent varies.
const WANTED: &[&str] = &[
    "Fault/faultcode",
    "Fault/faultstring",
    "exceptionCode",
    "exceptionMessage",
    "result/passwordExpired",
    "result/serverUrl",
    "result/sessionId",
    "result/userId",
    "userInfo/organizationId",
    "userInfo/sessionSecondsValid",
    "userInfo/userName",
];

/// Elements nested deeper than any answer of Salesforce's.
const DEEPEST: usize = 32;

/// The texts of those elements without children that are wanted; the first of each counts.
/// `None` if it is not well-formed, or holds a DTD or an entity of its own: SOAP forbids both.
fn leaves<'w>(xml: &str, wanted: &[&'w str]) -> Option<HashMap<&'w str, String>> {
    let mut reader = Reader::from_str(xml);
    let mut path: Vec<String> = Vec::new();
    let mut texts = HashMap::new();
    let mut text = String::new();
    let mut seen_root = false;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                seen_root = true;
                path.push(start.local_name().into_inner().to_owned());
                text.clear();
                if path.len() > DEEPEST {
                    return None;
                }
            }
            Event::End(_) => {
                let name = path.pop()?;
                let leaf = std::mem::take(&mut text);
                let is_this = |wanted: &&&str| match wanted.split_once('/') {
                    Some((parent, leaf)) => {
                        leaf == name && path.last().is_some_and(|last| last == parent)
                    }
                    None => **wanted == name,
                };
                if let Some(wanted) = wanted.iter().find(is_this) {
                    texts.entry(*wanted).or_insert(leaf);
                }
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::CData(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                Some(character) => text.push(character),
                None => text.push_str(resolve_predefined_entity(&reference)?),
            },
            Event::DocType(_) => return None,
            Event::Eof => return (seen_root && path.is_empty()).then_some(texts),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What an XML parser makes of the request: username and password.
    fn sent(username: &str, password: &str, token: &str) -> (String, String) {
        let body = request(
            username,
            &password.to_owned().into(),
            &token.to_owned().into(),
        );
        let wanted = ["login/username", "login/password"];
        let mut leaves = leaves(std::str::from_utf8(&body).unwrap(), &wanted).unwrap();
        let mut take = |name: &str| leaves.remove(name).unwrap();
        (take("login/username"), take("login/password"))
    }

    #[test]
    fn references_are_resolved_but_no_entities() {
        let read = |xml| leaves(xml, &["a/b"]);
        let texts =
            read("<a><b>M&amp;M &#x26; <![CDATA[<Co>]]></b><b>second</b><c>not wanted</c></a>");
        let texts = texts.unwrap();
        assert_eq!((texts["a/b"].as_str(), texts.len()), ("M&M & <Co>", 1));
        assert!(read("<a><b>&own;</b></a>").is_none());
        assert!(read("<!DOCTYPE a [<!ENTITY own \"x\">]><a><b>&own;</b></a>").is_none());
    }

    #[test]
    fn only_whole_documents_are_read() {
        for xml in ["", "text", "<a>", "<a></b>", "<a><b></a></b>"] {
            assert!(leaves(xml, &[]).is_none(), "{xml}");
        }
    }

    proptest! {
        #[test]
        fn credentials_arrive_as_they_are(
            username in "\\PC{1,40}", password in "[^\\p{Cc}]{1,40}", token in "[A-Za-z0-9]{0,25}",
        ) {
            prop_assert_eq!(sent(&username, &password, &token), (username, format!("{password}{token}")));
        }

        #[test]
        fn no_answer_upsets_it(body in any::<Vec<u8>>(), xml in "[<>/ab&;#x \"'!\\[\\]-]{0,60}") {
            let _ = read(&body);
            let _ = read(xml.as_bytes());
        }
    }
}
