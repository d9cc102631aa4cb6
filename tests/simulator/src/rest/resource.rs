//! What a REST path names, and what kind of request that makes.

use percent_encoding::percent_decode_str;
use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    /// The version itself: a list of resources.
    Root,
    Query,
    QueryAll,
    /// A further page of a query.
    More(String),
    Search,
    ParameterizedSearch,
    Limits,
    Sobjects,
    Object(String),
    Describe(String),
    Record(String, String),
    /// Ids of the records that were deleted, or changed, in a span of time.
    Deleted(String),
    Updated(String),
    /// A record by object, external-id field and value.
    External(String, String, String),
    Composite,
    Graph,
    Batch,
    Collections,
    CollectionsOf(String),
    /// Upsert of many on an external-id field.
    CollectionsBy(String, String),
    Unknown,
}

impl Resource {
    /// Reads what follows the version in a path.
    pub(crate) fn of(path: &str) -> Self {
        let parts: Vec<String> = path
            .trim_matches('/')
            .split('/')
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let own = |s: &str| s.to_owned();
        match parts.as_slice() {
            [""] => Self::Root,
            ["query"] => Self::Query,
            ["queryAll"] => Self::QueryAll,
            ["query" | "queryAll", more] => Self::More(own(more)),
            ["search"] => Self::Search,
            ["parameterizedSearch"] => Self::ParameterizedSearch,
            ["limits"] => Self::Limits,
            ["sobjects"] => Self::Sobjects,
            ["sobjects", object] => Self::Object(own(object)),
            ["sobjects", object, "describe"] => Self::Describe(own(object)),
            ["sobjects", object, "deleted"] => Self::Deleted(own(object)),
            ["sobjects", object, "updated"] => Self::Updated(own(object)),
            ["sobjects", object, id] => Self::Record(own(object), own(id)),
            ["sobjects", object, field, value] => {
                Self::External(own(object), own(field), own(value))
            }
            ["composite"] => Self::Composite,
            ["composite", "graph"] => Self::Graph,
            ["composite", "batch"] => Self::Batch,
            ["composite", "sobjects"] => Self::Collections,
            ["composite", "sobjects", object] => Self::CollectionsOf(own(object)),
            ["composite", "sobjects", object, field] => {
                Self::CollectionsBy(own(object), own(field))
            }
            _ => Self::Unknown,
        }
    }

    /// The kind of a request, as log and faults name it.
    pub(crate) fn kind(&self, method: &str) -> String {
        let verb = match method {
            "POST" => "create",
            "PATCH" => "update",
            "DELETE" => "delete",
            _ => "get",
        };
        match self {
            Self::Query | Self::QueryAll | Self::More(_) => "query".to_owned(),
            Self::Search | Self::ParameterizedSearch => "search".to_owned(),
            Self::Limits => "limits".to_owned(),
            Self::Sobjects => "describe".to_owned(),
            Self::Describe(object) => format!("describe {object}"),
            Self::Object(object) if method == "GET" => format!("describe {object}"),
            Self::Deleted(object) | Self::Updated(object) => format!("get {object}"),
            Self::Object(object) | Self::Record(object, _) => format!("{verb} {object}"),
            Self::External(object, _, _) if method == "PATCH" => format!("upsert {object}"),
            Self::External(object, _, _) => format!("{verb} {object}"),
            Self::Composite => "composite".to_owned(),
            Self::Graph => "graph".to_owned(),
            Self::Batch => "batch".to_owned(),
            Self::Collections | Self::CollectionsOf(_) | Self::CollectionsBy(..) => {
                "collections".to_owned()
            }
            Self::Root | Self::Unknown => "other".to_owned(),
        }
    }
}

/// What follows `/services/data/vXX.X` in a path, with the version before it.
pub(crate) fn split_version(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("/services/data/")?;
    Some(rest.split_once('/').unwrap_or((rest, "")))
}

/// The kinds of a request: its own, then those of its parts.
pub(crate) fn kinds(method: &str, path: &str, body: &[u8]) -> Vec<String> {
    if path.starts_with("/services/Soap/") {
        let says = |word: &[u8]| body.windows(word.len()).any(|w| w == word);
        // A logout carries a session's id, which the log must not keep.
        let kind = if says(b"logout") && !says(b"username") {
            "other"
        } else {
            "login soap"
        };
        return vec![kind.to_owned()];
    }
    if path.starts_with("/services/oauth2/token") {
        return vec!["login oauth".to_owned()];
    }
    let Some((_, rest)) = split_version(path) else {
        return vec!["other".to_owned()];
    };
    let resource = Resource::of(rest);
    let mut kinds = vec![resource.kind(method)];
    if matches!(
        kinds[0].as_str(),
        "composite" | "graph" | "batch" | "collections"
    ) && let Ok(body) = serde_json::from_slice::<Value>(body)
    {
        inner(&resource, method, &body, &mut kinds);
    }
    kinds
}

fn inner(resource: &Resource, method: &str, body: &Value, kinds: &mut Vec<String>) {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let subrequest = |request: &Value, kinds: &mut Vec<String>| {
        let url = request["url"]
            .as_str()
            .unwrap_or("")
            .split('?')
            .next()
            .unwrap_or("");
        let url = url.strip_prefix("/services/data/").unwrap_or(url);
        let path = url.split_once('/').map_or("", |(_, rest)| rest);
        let method = request["method"].as_str().unwrap_or("GET");
        let resource = Resource::of(path);
        kinds.push(resource.kind(method));
        inner(&resource, method, &request["body"], kinds);
    };
    match resource {
        Resource::Composite => {
            for request in list(&body["compositeRequest"]) {
                subrequest(&request, kinds);
            }
        }
        Resource::Graph => {
            for graph in list(&body["graphs"]) {
                for request in list(&graph["compositeRequest"]) {
                    subrequest(&request, kinds);
                }
            }
        }
        Resource::Batch => {
            for request in list(&body["batchRequests"]) {
                subrequest(&request, kinds);
            }
        }
        Resource::Collections | Resource::CollectionsBy(..) => {
            let verb = match (resource, method) {
                (Resource::CollectionsBy(..), _) => "upsert",
                (_, "PATCH") => "update",
                _ => "create",
            };
            for record in list(&body["records"]) {
                let object = record["attributes"]["type"].as_str().unwrap_or("");
                kinds.push(format!("{verb} {object}"));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composite_requests_are_of_the_kinds_of_their_parts() {
        let body = br#"{"graphs":[{"compositeRequest":[
            {"method":"POST","url":"/services/data/v64.0/sobjects/Account"},
            {"method":"PATCH","url":"/services/data/v64.0/sobjects/Case/Ref__c/a%2Fb"}]}]}"#;
        assert_eq!(
            kinds("POST", "/services/data/v64.0/composite/graph", body),
            ["graph", "create Account", "upsert Case"]
        );
        assert_eq!(
            Resource::of("sobjects/Case/Ref__c/a%2Fb/"),
            Resource::External("Case".into(), "Ref__c".into(), "a/b".into())
        );
    }
}
