//! One operation of the REST API, alone or as a part of a composite request.

use serde_json::{Value, json};

use super::resource::Resource;
use super::{batch, changes, collections, composite, describe, graph, limits, record};
use crate::dml::{Author, WriteOptions};
use crate::error::ApiError;
use crate::faults::Who;
use crate::world::{OrgState, World};
use crate::{soql, sosl};

/// Who calls, in which org, in which version of the API (`v64.0`).
pub(crate) struct Call<'a> {
    pub world: &'a World,
    pub org: &'a str,
    pub state: &'a mut OrgState,
    pub user: usize,
    pub username: &'a str,
    pub version: &'a str,
    pub now: i64,
}

impl Call<'_> {
    pub(crate) fn author(&self, options: WriteOptions) -> Author {
        Author {
            user: self.user,
            now: self.now,
            options,
        }
    }

    /// The error that a fault puts in the place of an operation of this kind.
    pub(crate) fn fault(&self, kind: &str) -> Result<(), ApiError> {
        let who = Who {
            org: self.org,
            user: self.username,
        };
        self.world.faults.error(kind, who).map_or(Ok(()), Err)
    }

    pub(crate) fn record_url(&self, object: &str, id: &str) -> String {
        format!("/services/data/{}/sobjects/{object}/{id}", self.version)
    }
}

/// What an operation is a part of: not everything is allowed everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Within {
    Nothing,
    Composite,
    Graph,
    Batch,
}

pub(crate) struct Op<'a> {
    pub method: &'a str,
    /// What follows the version.
    pub path: &'a str,
    pub query: Vec<(String, String)>,
    pub body: Option<&'a Value>,
    pub options: WriteOptions,
    pub within: Within,
}

impl Op<'_> {
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    pub(crate) fn object(&self) -> Result<&serde_json::Map<String, Value>, ApiError> {
        self.body.and_then(Value::as_object).ok_or_else(|| {
            ApiError::json("The HTTP entity body is required, and must be a JSON object")
        })
    }

    fn statement(&self, code: &'static str) -> Result<&str, ApiError> {
        self.parameter("q")
            .filter(|q| !q.trim().is_empty())
            .ok_or_else(|| ApiError::new(400, code, "A query string has to be specified"))
    }
}

/// A success.
pub(crate) struct Answer {
    pub status: u16,
    pub body: Option<Value>,
    pub location: Option<String>,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self {
            status: 200,
            body: Some(body),
            location: None,
        }
    }
}

/// Carries out one operation.
pub(crate) fn run(call: &mut Call, op: &Op) -> Result<Answer, ApiError> {
    let resource = Resource::of(op.path);
    call.fault(&resource.kind(op.method))?;
    if !allowed(&resource, op) {
        return Err(ApiError::new(
            400,
            "INVALID_INPUT",
            format!(
                "This resource cannot be used here: {} {}",
                op.method, op.path
            ),
        ));
    }
    let only = |methods: &str| {
        if methods.split(',').any(|m| m == op.method) {
            Ok(())
        } else {
            Err(ApiError::method(op.method, methods))
        }
    };
    match &resource {
        Resource::Root => {
            only("GET")?;
            let url = |name: &str| json!(format!("/services/data/{}/{name}", call.version));
            let names = [
                "sobjects",
                "query",
                "queryAll",
                "search",
                "parameterizedSearch",
                "composite",
                "limits",
            ];
            let mut links: serde_json::Map<String, Value> =
                names.iter().map(|n| ((*n).to_owned(), url(n))).collect();
            let person = format!("{}/{}", call.state.id, call.state.users[call.user].id);
            let identity = format!("https://login.salesforce.com/id/{person}");
            links.insert("identity".to_owned(), json!(identity));
            Ok(Answer::ok(Value::Object(links)))
        }
        Resource::Query | Resource::QueryAll => {
            only("GET")?;
            let statement = op.statement("MALFORMED_QUERY")?;
            let all = resource == Resource::QueryAll;
            soql::query(
                call.state,
                call.user,
                call.now,
                call.version,
                statement,
                all,
            )
            .map(Answer::ok)
        }
        Resource::More(locator) => {
            only("GET")?;
            soql::more(call.state, call.version, locator).map(Answer::ok)
        }
        Resource::Search => {
            only("GET")?;
            let statement = op.statement("MALFORMED_SEARCH")?;
            sosl::search(call.state, call.user, call.now, call.version, statement).map(Answer::ok)
        }
        Resource::ParameterizedSearch => {
            only("GET,POST")?;
            let body = match op.body {
                Some(body) if op.method == "POST" => body.clone(),
                _ => from_parameters(op),
            };
            sosl::parameterized(call.state, call.user, call.now, call.version, &body)
                .map(Answer::ok)
        }
        Resource::Limits => {
            only("GET")?;
            Ok(Answer::ok(limits::limits(call)))
        }
        Resource::Sobjects => {
            only("GET")?;
            Ok(Answer::ok(describe::global(call)))
        }
        Resource::Describe(object) => {
            only("GET")?;
            describe::object(call, object).map(Answer::ok)
        }
        Resource::Object(object) if op.method == "GET" => {
            describe::basic(call, object).map(Answer::ok)
        }
        Resource::Object(object) => {
            only("POST")?;
            record::create(call, op, object)
        }
        Resource::Deleted(object) => {
            only("GET")?;
            changes::deleted(call, op, object).map(Answer::ok)
        }
        Resource::Updated(object) => {
            only("GET")?;
            changes::updated(call, op, object).map(Answer::ok)
        }
        Resource::Record(object, id) => {
            only("GET,PATCH,DELETE")?;
            record::by_id(call, op, object, id)
        }
        Resource::External(object, field, value) => {
            only("GET,PATCH,DELETE")?;
            record::by_external_id(call, op, object, field, value)
        }
        Resource::Composite => only("POST").and_then(|()| composite::run(call, op)),
        Resource::Graph => only("POST").and_then(|()| graph::run(call, op)),
        Resource::Batch => only("POST").and_then(|()| batch::run(call, op)),
        Resource::Collections | Resource::CollectionsOf(_) | Resource::CollectionsBy(..) => {
            collections::run(call, op, &resource)
        }
        Resource::Unknown => Err(ApiError::not_found()),
    }
}

/// Which resources may be parts of which composite requests.
fn allowed(resource: &Resource, op: &Op) -> bool {
    let records = matches!(
        resource,
        Resource::Object(_) | Resource::Record(..) | Resource::External(..)
    );
    match op.within {
        Within::Nothing => true,
        Within::Graph => {
            records && !(matches!(resource, Resource::Object(_)) && op.method == "GET")
        }
        Within::Composite => {
            records
                || matches!(
                    resource,
                    Resource::Query
                        | Resource::QueryAll
                        | Resource::More(_)
                        | Resource::ParameterizedSearch
                        | Resource::Search
                        | Resource::Sobjects
                        | Resource::Describe(_)
                        | Resource::Limits
                        | Resource::Collections
                        | Resource::CollectionsOf(_)
                        | Resource::CollectionsBy(..)
                        | Resource::Unknown
                )
        }
        Within::Batch => !matches!(
            resource,
            Resource::Composite | Resource::Graph | Resource::Batch | Resource::Collections
        ),
    }
}

/// The parameters of `GET parameterizedSearch` as the POST body says them.
fn from_parameters(op: &Op) -> Value {
    let split = |text: &str| -> Value { text.split(',').map(str::trim).collect() };
    let mut body = json!({"sobjects": []});
    let mut objects: Vec<Value> = Vec::new();
    for (name, value) in &op.query {
        match name.as_str() {
            "q" | "in" => body[name.as_str()] = json!(value),
            "fields" => body["fields"] = split(value),
            "sobject" => objects.push(json!({"name": value})),
            "overallLimit" | "defaultLimit" => {
                body[name.as_str()] = json!(value.parse::<u64>().ok())
            }
            _ => {}
        }
    }
    for object in &mut objects {
        let name = object["name"].as_str().unwrap_or("").to_owned();
        let own = |key: &str| op.parameter(&format!("{name}.{key}"));
        if let Some(fields) = own("fields") {
            object["fields"] = split(fields);
        }
        if let Some(filter) = own("where") {
            object["where"] = json!(filter);
        }
        if let Some(limit) = own("limit").and_then(|l| l.parse::<u64>().ok()) {
            object["limit"] = json!(limit);
        }
    }
    body["sobjects"] = Value::Array(objects);
    body
}
