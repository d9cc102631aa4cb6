//! A small client of the tests' own: it knows HTTP and nothing of Salesforce.

#![allow(dead_code, reason = "each test file uses its part of it")]

pub mod proxy;
pub mod shape;

use std::time::Duration;

use salesforce_simulator::{OrgSetup, Setup, Simulator, UserSetup};
use serde_json::{Value, json};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

pub const USER: &str = "support@acme.example";
pub const PASSWORD: &str = "pass<&>word";
pub const TOKEN: &str = "TOK3N";
/// Deadline of everything that should happen at once.
pub const SOON: Duration = Duration::from_secs(10);

/// An org of one user with all rights.
pub fn org() -> OrgSetup {
    OrgSetup::new("acme", [UserSetup::new(USER, PASSWORD, TOKEN)])
}

pub fn start(org: OrgSetup) -> Simulator {
    Simulator::start(Setup::of([org]))
}

/// An agent that trusts this authority and nothing else.
pub fn agent(ca_pem: &str) -> Agent {
    let ca = Certificate::from_pem(ca_pem.as_bytes())
        .expect("a certificate")
        .to_owned();
    Agent::config_builder()
        .tls_config(
            TlsConfig::builder()
                .root_certs(RootCerts::new_with_certs(&[ca]))
                .build(),
        )
        .http_status_as_error(false)
        // A 300 is an answer here, not a redirection.
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into()
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// Status and error code of the first error.
    pub fn error(&self) -> (u16, String) {
        let json = self.json();
        let code = json[0]["errorCode"].as_str().or(json["error"].as_str());
        (
            self.status,
            code.unwrap_or_else(|| panic!("no error: {}", self.text))
                .to_owned(),
        )
    }

    pub fn id(&self) -> String {
        self.json()["id"]
            .as_str()
            .unwrap_or_else(|| panic!("no id: {}", self.text))
            .to_owned()
    }
}

pub fn finish(
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Answer, ureq::Error> {
    let mut response = response?;
    let headers = response
        .headers()
        .iter()
        .map(|(n, v)| (n.as_str().to_owned(), v.to_str().unwrap_or("").to_owned()))
        .collect();
    Ok(Answer {
        status: response.status().as_u16(),
        headers,
        text: response
            .body_mut()
            .with_config()
            .limit(300 << 20)
            .read_to_string()?,
    })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

pub fn login_body(username: &str, secret: &str) -> String {
    format!(
        "<env:Envelope xmlns:env=\"http://schemas.xmlsoap.org/soap/envelope/\"><env:Body>\
         <n1:login xmlns:n1=\"urn:partner.soap.sforce.com\"><n1:username>{}</n1:username>\
         <n1:password>{}</n1:password></n1:login></env:Body></env:Envelope>",
        escape(username),
        escape(secret)
    )
}

pub fn soap(agent: &Agent, url: &str, version: &str, body: &str) -> Result<Answer, ureq::Error> {
    finish(
        agent
            .post(format!("{url}/services/Soap/u/{version}"))
            .header("Content-Type", "text/xml; charset=UTF-8")
            .header("SOAPAction", "login")
            .send(body),
    )
}

/// The text of an element of a SOAP answer.
pub fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

/// A logged-in user.
pub struct Client {
    pub agent: Agent,
    pub url: String,
    pub session: String,
}

impl Client {
    pub fn login(simulator: &Simulator) -> Self {
        Self::login_as(simulator, USER, &format!("{PASSWORD}{TOKEN}"))
    }

    pub fn login_as(simulator: &Simulator, username: &str, secret: &str) -> Self {
        let agent = agent(simulator.ca_pem());
        let body = login_body(username, secret);
        let answer = soap(&agent, &simulator.login_url(), "64.0", &body).expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text);
        let server = element(&answer.text, "serverUrl").expect("serverUrl");
        let url = server.split("/services/").next().expect("a URL").to_owned();
        let session = element(&answer.text, "sessionId")
            .expect("sessionId")
            .to_owned();
        Self {
            agent,
            url,
            session,
        }
    }

    pub fn full(&self, path: &str) -> String {
        let rest = path.strip_prefix('/').map_or_else(
            || format!("/services/data/v64.0/{path}"),
            |p| format!("/{p}"),
        );
        format!("{}{rest}", self.url)
    }

    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.session)
    }

    pub fn try_get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, ureq::Error> {
        let request = self
            .agent
            .get(self.full(path))
            .header("Authorization", self.bearer());
        finish(query.iter().fold(request, |r, (n, v)| r.query(n, v)).call())
    }

    pub fn get(&self, path: &str) -> Answer {
        self.try_get(path, &[]).expect("an answer")
    }

    pub fn query(&self, soql: &str) -> Answer {
        self.try_get("query", &[("q", soql)]).expect("an answer")
    }

    pub fn search(&self, sosl: &str) -> Answer {
        self.try_get("search", &[("q", sosl)]).expect("an answer")
    }

    pub fn try_post(&self, path: &str, body: &Value) -> Result<Answer, ureq::Error> {
        finish(
            self.agent
                .post(self.full(path))
                .header("Authorization", self.bearer())
                .header("Content-Type", "application/json")
                .header("Sforce-Auto-Assign", "FALSE")
                .send(body.to_string()),
        )
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body).expect("an answer")
    }

    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        finish(
            self.agent
                .patch(self.full(path))
                .header("Authorization", self.bearer())
                .header("Content-Type", "application/json")
                .header("Sforce-Auto-Assign", "FALSE")
                .send(body.to_string()),
        )
        .expect("an answer")
    }

    pub fn delete(&self, path: &str) -> Answer {
        finish(
            self.agent
                .delete(self.full(path))
                .header("Authorization", self.bearer())
                .call(),
        )
        .expect("an answer")
    }

    /// Creates a record and gives its id.
    pub fn create(&self, object: &str, fields: Value) -> String {
        let answer = self.post(&format!("sobjects/{object}"), &fields);
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.id()
    }

    /// The named field of each record that a SOQL query finds.
    pub fn column(&self, soql: &str, field: &str) -> Vec<Value> {
        let answer = self.query(soql);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let records = answer.json()["records"]
            .as_array()
            .cloned()
            .expect("records");
        records.into_iter().map(|r| r[field].clone()).collect()
    }

    /// Ids that a SOSL search finds, as a set would order them.
    pub fn found(&self, sosl: &str) -> Vec<String> {
        let answer = self.search(sosl);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let records = answer.json()["searchRecords"]
            .as_array()
            .cloned()
            .expect("searchRecords");
        let mut ids: Vec<String> = records
            .iter()
            .map(|r| r["Id"].as_str().expect("an id").to_owned())
            .collect();
        ids.sort();
        ids
    }
}

pub fn account(name: &str, phone: &str) -> Value {
    json!({"attributes": {"type": "Account"}, "Name": name, "Phone": phone})
}
