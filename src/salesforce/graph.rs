//! Several records in one request that are written together or not at all (REST API Developer
//! Guide, "Composite Graph"): the request's text, and what its answer says about each graph.
//!
//! One request holds up to [`MOST_GRAPHS`] graphs, each a transaction of its own. After a number
//! of failed ones Salesforce does not try the rest: those are [`Written::NotTried`].

use super::error::Error;
use super::http::{self, Answer, Effect};
use super::{refusal, rest};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// Graphs that one request may hold.
pub const MOST_GRAPHS: usize = 75;

/// Records that all graphs of a request may have together.
const MOST_NODES: usize = 500;

/// Where a record is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A new record.
    New,
    /// The record with this id.
    Existing(String),
    /// The record whose external-id field has the value; a new one if there is none.
    External {
        /// The field's API name.
        field: String,
        /// Its value.
        value: String,
    },
}

/// One record of a graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The sObject's API name.
    pub sobject: &'static str,
    /// Which record.
    pub target: Target,
    /// What it is to hold.
    pub fields: Map<String, Value>,
    /// A field that takes the id of another record of the same graph, by its place there.
    pub link: Option<(&'static str, usize)>,
    /// Salesforce's assignment rules choose the owner, instead of the session's user. All records
    /// of a request say the same: it may be that only the request's own headers count.
    pub auto_assign: bool,
    /// Whose it has become is read back within the graph: [`Seen`].
    pub look_at_owner: bool,
}

/// Records that are written together or not at all.
pub type Graph = Vec<Record>;

/// What became of a graph.
#[derive(Debug)]
pub enum Written {
    /// All records were written: their ids. `None`: an update, which does not say it.
    Done(Vec<Option<String>>),
    /// Nothing was written, because of the record at this place; `None`: because of one of
    /// them, and it is not said which.
    Refused(Option<usize>, Error),
    /// Nothing was written: too many other graphs had failed.
    NotTried,
    /// Nothing was written, because the session's user may not see whose a record has become.
    OutOfSight,
}

/// Whose a record has become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The record's graph, by its place among the request's.
    pub graph: usize,
    /// The record, by its place there.
    pub record: usize,
    /// The owner's id.
    pub owner: String,
}

/// The request's own headers. Whether graphs inherit them is not documented, nor is it any more
/// that their nodes have headers: what counts stands on both sides.
pub(super) fn headers(graphs: &[Graph]) -> [(&'static str, &'static str); 2] {
    let auto_assign = graphs.iter().flatten().any(|record| record.auto_assign);
    [
        (AUTO_ASSIGN, truth(auto_assign)),
        (DUPLICATE_RULES, ALLOW_DUPLICATES),
    ]
}

/// The request's body. `root` is the path of the API's version; `with_headers`: each node has the
/// headers that concern it.
pub(super) fn request(graphs: &[Graph], root: &str, with_headers: bool) -> Value {
    let graphs: Vec<Value> = graphs
        .iter()
        .enumerate()
        .map(|(number, graph)| {
            let records = graph.iter().enumerate();
            let nodes = records.flat_map(|(place, record)| {
                let look = record.look_at_owner.then(|| record.look(place, root));
                [Some(record.node(place, root, with_headers)), look]
            });
            let nodes: Vec<Value> = nodes.flatten().collect();
            json!({"graphId": format!("g{number}"), "compositeRequest": nodes})
        })
        .collect();
    json!({"graphs": graphs})
}

/// A request that only reads a user.
pub(super) fn look_at_user(id: &str, root: &str, with_headers: bool) -> Value {
    let mut node = json!({
        "method": "GET",
        "url": format!("{root}/sobjects/User/{id}?fields=Id"),
        "referenceId": "r0",
    });
    if with_headers {
        node["httpHeaders"][AUTO_ASSIGN] = truth(false).into();
    }
    json!({"graphs": [{"graphId": "g0", "compositeRequest": [node]}]})
}

impl Record {
    fn node(&self, place: usize, root: &str, with_headers: bool) -> Value {
        let sobject = self.sobject;
        let (method, path) = match &self.target {
            Target::New => ("POST", format!("{root}/sobjects/{sobject}")),
            Target::Existing(id) => ("PATCH", format!("{root}/sobjects/{sobject}/{id}")),
            Target::External { field, value } => {
                let value = utf8_percent_encode(value, in_a_path(value));
                (
                    "PATCH",
                    format!("{root}/sobjects/{sobject}/{field}/{value}"),
                )
            }
        };
        let mut body: Map<String, Value> = self
            .fields
            .iter()
            .map(|(name, value)| (name.clone(), literal(value)))
            .collect();
        if let Some((field, other)) = self.link {
            body.insert(field.to_owned(), Value::from(format!("@{{r{other}.id}}")));
        }
        let mut node = json!({
            "method": method,
            "url": path,
            "referenceId": format!("r{place}"),
            "body": body,
        });
        if with_headers {
            node["httpHeaders"][AUTO_ASSIGN] = truth(self.auto_assign).into();
            if sobject == "Account" {
                node["httpHeaders"][DUPLICATE_RULES] = ALLOW_DUPLICATES.into();
            }
        }
        node
    }

    /// The node that reads back whose it has become.
    fn look(&self, place: usize, root: &str) -> Value {
        let path = match &self.target {
            Target::New => format!("@{{r{place}.id}}"),
            Target::Existing(id) => id.clone(),
            // Of a record that was there already the answer may hold no id.
            Target::External { field, value } => {
                format!("{field}/{}", utf8_percent_encode(value, NON_ALPHANUMERIC))
            }
        };
        let sobject = self.sobject;
        json!({
            "method": "GET",
            "url": format!("{root}/sobjects/{sobject}/{path}?fields=OwnerId"),
            "referenceId": looked_at(place),
        })
    }

    fn effect(&self) -> Effect {
        match self.target {
            Target::New | Target::External { .. } => Effect::Create,
            Target::Existing(_) => Effect::Update,
        }
    }

    fn tried(&self, host: &str) -> String {
        match (&self.target, self.sobject) {
            (Target::Existing(id), sobject) => format!("updating {sobject} {id} at {host}"),
            (_, "Account") => format!("creating an Account at {host}"),
            (_, sobject) => format!("creating a {sobject} at {host}"),
        }
    }
}

/// All but what every address may hold as it is (RFC 3986, "Unreserved Characters").
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What of a value is written in another way in a path; nothing but dots would be a step in it.
fn in_a_path(value: &str) -> &'static AsciiSet {
    if value.bytes().all(|byte| byte == b'.') {
        NON_ALPHANUMERIC
    } else {
        RESERVED
    }
}

/// The name of the node that reads the record at `place` back.
fn looked_at(place: usize) -> String {
    format!("o{place}")
}

/// Without this header, or with TRUE, Salesforce hands Cases to the default owner.
const AUTO_ASSIGN: &str = "Sforce-Auto-Assign";

fn truth(value: bool) -> &'static str {
    if value { "TRUE" } else { "FALSE" }
}

const DUPLICATE_RULES: &str = "Sforce-Duplicate-Rule-Header";

/// Duplicate rules that only warn do not keep a record from being saved.
const ALLOW_DUPLICATES: &str = "allowSave=true; includeRecordDetails=false; runAsCurrentUser=true";

/// A value in which nothing is taken for a reference to another record (`@{…}`), whatever a
/// caller put into a name.
fn literal(value: &Value) -> Value {
    match value {
        Value::String(text) if text.contains("@{") => Value::from(text.replace("@{", "@ {")),
        other => other.clone(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    #[serde(deserialize_with = "rest::at_most::<MOST_GRAPHS, _, _>")]
    graphs: Vec<AnsweredGraph>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnsweredGraph {
    graph_id: String,
    is_successful: bool,
    #[serde(default)]
    graph_response: Option<Responses>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Responses {
    #[serde(default, deserialize_with = "rest::at_most::<MOST_NODES, _, _>")]
    composite_response: Vec<Response>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    /// Only those that are asked for are read.
    #[serde(default)]
    body: Option<Box<RawValue>>,
    http_status_code: u16,
    reference_id: String,
}

/// What became of each graph, in the request's order, and whose records have become that were
/// to be looked at; an error concerns all of them.
pub(super) fn read(
    answer: &Answer,
    graphs: &[Graph],
    host: &str,
) -> Result<(Vec<Written>, Vec<Seen>), Error> {
    // Whether something was created matters more than whether something was changed.
    let answered: Answered = rest::read(answer, Effect::Create)?;
    let mut seen = Vec::new();
    let written = graphs
        .iter()
        .enumerate()
        .map(|(number, graph)| {
            let id = format!("g{number}");
            answered
                .graphs
                .iter()
                .find(|answered| answered.graph_id == id)
                .and_then(|answered| {
                    seen.extend(owners(answered, graph).map(|(record, owner)| Seen {
                        graph: number,
                        record,
                        owner,
                    }));
                    of_graph(answered, graph, host)
                })
                // It says nothing of what became of the graph.
                .ok_or_else(|| http::foreign(answer, Effect::Create))
        })
        .collect::<Result<_, _>>()?;
    Ok((written, seen))
}

/// Whose the records of a graph have become that were looked at.
fn owners<'a>(
    answered: &'a AnsweredGraph,
    graph: &'a Graph,
) -> impl Iterator<Item = (usize, String)> + 'a {
    let records = graph.iter().enumerate();
    let records = records.filter(|(_, record)| record.look_at_owner);
    records.filter_map(|(place, _)| {
        let body = answered.response(&looked_at(place))?.body();
        let owner = body.get("OwnerId")?.as_str()?;
        rest::is_record_id(owner).then(|| (place, owner.to_owned()))
    })
}

fn of_graph(answered: &AnsweredGraph, graph: &Graph, host: &str) -> Option<Written> {
    let of = |place: usize| answered.response(&format!("r{place}"));
    if !answered.is_successful {
        let mut refusals = graph.iter().enumerate().filter_map(|(place, record)| {
            let error = of(place)?.refusal(record.effect())?;
            Some((place, record, error))
        });
        let refusal = refusals.next();
        if is_out_of_sight(answered, graph) {
            return Some(Written::OutOfSight);
        }
        let Some((place, record, error)) = refusal else {
            return Some(Written::NotTried);
        };
        // Salesforce says of the others that they were halted, or the same as of the one.
        return Some(if refusals.next().is_some() {
            Written::Refused(None, error.trying(format!("writing to {host}")))
        } else {
            Written::Refused(Some(place), error.trying(record.tried(host)))
        });
    }
    let ids = graph.iter().enumerate().map(|(place, record)| {
        let body = of(place)?.body();
        let id = body.get("id").and_then(Value::as_str);
        match (id, &record.target) {
            (Some(id), _) if rest::is_record_id(id) => Some(Some(id.to_owned())),
            (None, Target::Existing(id)) => Some(Some(id.clone())),
            (None, Target::External { .. }) => Some(None),
            _ => None,
        }
    });
    ids.collect::<Option<Vec<_>>>().map(Written::Done)
}

/// Did the graph fail because a record could not be read back? Salesforce then says of the others
/// that they were halted, or the same as of the one.
fn is_out_of_sight(answered: &AnsweredGraph, graph: &Graph) -> bool {
    let mut records = graph.iter().enumerate();
    records.any(|(place, record)| {
        let look = answered.response(&looked_at(place));
        let refusal = look.and_then(|look| look.refusal(Effect::Read));
        record.look_at_owner && refusal.is_some_and(|error| error.is_out_of_sight())
    })
}

impl AnsweredGraph {
    fn response(&self, reference: &str) -> Option<&Response> {
        let responses = &self.graph_response.as_ref()?.composite_response;
        let mut responses = responses.iter();
        responses.find(|response| response.reference_id == reference)
    }
}

impl Response {
    /// The body as JSON; null if there is none, or it is larger than any of Salesforce's.
    fn body(&self) -> Value {
        let body = self.body.as_ref().map(|body| body.get().as_bytes());
        body.and_then(refusal::json).unwrap_or_default()
    }

    /// Why this record was not written; `None` if it is only that another one was not.
    fn refusal(&self, effect: Effect) -> Option<Error> {
        let body = self.body();
        let errors = match &body {
            Value::Array(errors) => errors.as_slice(),
            single @ Value::Object(_) => std::slice::from_ref(single),
            _ => return None,
        };
        if self.http_status_code < 300 || errors.iter().all(is_halted) {
            return None;
        }
        let error = refusal::of_errors(self.http_status_code, errors, effect)?;
        // The graph was taken back.
        Some(error.doubtful(false))
    }
}

fn is_halted(error: &Value) -> bool {
    error.get("errorCode").and_then(Value::as_str) == Some("PROCESSING_HALTED")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::salesforce::Action;
    use ureq::http::HeaderMap;

    fn case(subject: &str) -> Record {
        let fields = json!({"Subject": subject});
        Record {
            sobject: "Case",
            target: Target::New,
            fields: fields.as_object().unwrap().clone(),
            link: None,
            auto_assign: false,
            look_at_owner: false,
        }
    }

    fn answer(status: u16, body: Value) -> Answer {
        Answer {
            status,
            headers: HeaderMap::new(),
            body: body.to_string().into_bytes(),
        }
    }

    fn node(place: usize, status: u16, body: Value) -> Value {
        json!({"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": format!("r{place}")})
    }

    fn graph(number: usize, successful: bool, nodes: Vec<Value>) -> Value {
        json!({"graphId": format!("g{number}"), "isSuccessful": successful,
               "graphResponse": {"compositeResponse": nodes}})
    }

    fn errors(code: &str) -> Value {
        json!([{"errorCode": code, "message": "in Salesforce's words"}])
    }

    #[test]
    fn foreign_text_is_no_reference() {
        let mut linked = case("@{r0.id} @@{{");
        linked.link = Some(("AccountId", 0));
        let request = request(&[vec![linked]], "/services/data/v64.0", true);
        let node = &request["graphs"][0]["compositeRequest"][0];
        assert_eq!(node["body"]["Subject"], "@ {r0.id} @@ {{");
        assert_eq!(node["body"]["AccountId"], "@{r0.id}");
        assert_eq!(node["httpHeaders"]["Sforce-Auto-Assign"], "FALSE");
    }

    #[test]
    fn an_external_id_cannot_leave_its_place_in_the_path() {
        let mut upsert = case("s");
        upsert.target = Target::External {
            field: "Call__c".into(),
            value: "pbx-1.2-100/../?x".into(),
        };
        let request = request(&[vec![upsert]], "/r", true);
        let node = &request["graphs"][0]["compositeRequest"][0];
        assert_eq!(node["method"], "PATCH");
        assert_eq!(
            node["url"],
            "/r/sobjects/Case/Call__c/pbx-1.2-100%2F..%2F%3Fx"
        );
        for (value, written) in [
            ("..", "%2E%2E"),
            (".", "%2E"),
            ("a_b~c", "a_b~c"),
            ("ä", "%C3%A4"),
        ] {
            let encoded = utf8_percent_encode(value, in_a_path(value)).to_string();
            assert_eq!(encoded, written);
        }
    }

    #[test]
    fn each_graph_has_its_own_end() {
        let graphs = vec![
            vec![case("a"), case("b")],
            vec![case("a"), case("b")],
            vec![case("a")],
            vec![Record {
                target: Target::Existing("500000000000009AAA".into()),
                ..case("a")
            }],
        ];
        let id = "500000000000001AAA";
        let created = json!({"id": id, "success": true, "errors": []});
        let body = json!({"graphs": [
            graph(2, false, vec![node(0, 400, errors("PROCESSING_HALTED"))]),
            graph(0, true, vec![node(1, 201, created.clone()), node(0, 201, created)]),
            graph(1, false, vec![
                node(0, 400, errors("PROCESSING_HALTED")),
                node(1, 400, errors("INVALID_FIELD")),
            ]),
            graph(3, true, vec![node(0, 204, Value::Null)]),
        ]});
        let (read, _) = read(&answer(200, body), &graphs, "host").unwrap();
        let Written::Done(ids) = &read[0] else {
            panic!("{read:?}")
        };
        assert_eq!(ids, &[Some(id.to_owned()), Some(id.to_owned())]);
        let Written::Refused(Some(1), error) = &read[1] else {
            panic!("{read:?}")
        };
        assert_eq!(
            (error.action(), error.in_doubt()),
            (Action::FailCall, false)
        );
        assert!(
            error
                .to_string()
                .starts_with("creating a Case at host: INVALID_FIELD"),
            "{error}"
        );
        assert!(matches!(read[2], Written::NotTried));
        let Written::Done(ids) = &read[3] else {
            panic!("{read:?}")
        };
        assert_eq!(ids, &[Some("500000000000009AAA".to_owned())]);
    }

    #[test]
    fn whose_a_record_has_become_is_read_back_or_costs_the_graph_only() {
        let graphs = vec![vec![Record {
            look_at_owner: true,
            ..case("a")
        }]];
        let nodes = request(&graphs, "/r", false);
        let look = &nodes["graphs"][0]["compositeRequest"][1];
        assert_eq!(look["method"], "GET");
        assert_eq!(look["url"], "/r/sobjects/Case/@{r0.id}?fields=OwnerId");
        assert_eq!(
            nodes["graphs"][0]["compositeRequest"][0].get("httpHeaders"),
            None
        );
        let created = json!({"id": "500000000000001AAA", "success": true, "errors": []});
        let look = |status, body: Value| json!({"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": "o0"});
        let owner = json!({"attributes": {}, "OwnerId": "00G000000000001AAA"});
        let body = |good, nodes| answer(200, json!({"graphs": [graph(0, good, nodes)]}));
        let nodes = vec![node(0, 201, created), look(200, owner)];
        let (written, seen) = read(&body(true, nodes), &graphs, "host").unwrap();
        assert!(matches!(written[0], Written::Done(_)));
        assert_eq!(seen[0].owner, "00G000000000001AAA");
        for own in ["PROCESSING_HALTED", "NOT_FOUND"] {
            let nodes = vec![node(0, 400, errors(own)), look(404, errors("NOT_FOUND"))];
            let (written, seen) = read(&body(false, nodes), &graphs, "host").unwrap();
            assert!(matches!(written[0], Written::OutOfSight), "{written:?}");
            assert!(seen.is_empty());
        }
        let halted = look(400, errors("PROCESSING_HALTED"));
        let nodes = vec![node(0, 400, errors("INVALID_FIELD")), halted];
        let (written, _) = read(&body(false, nodes), &graphs, "host").unwrap();
        assert!(matches!(written[0], Written::Refused(Some(0), _)));
    }

    #[test]
    fn an_answer_that_leaves_a_graph_out_leaves_all_in_doubt() {
        let graphs = vec![vec![case("a")]];
        for body in [
            json!({"graphs": []}),
            json!({"graphs": [graph(0, true, vec![])]}),
            json!({"graphs": [graph(0, true, vec![node(0, 201, json!({"id": "../x"}))])]}),
            json!([]),
        ] {
            let error = read(&answer(200, body.clone()), &graphs, "host").unwrap_err();
            assert_eq!(
                (error.action(), error.in_doubt()),
                (Action::Retry, true),
                "{body}"
            );
        }
    }
}
