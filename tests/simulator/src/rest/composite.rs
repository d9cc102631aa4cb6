//! `/composite`: up to 25 requests that may refer to each other.

use serde_json::{Value, json};

use super::resource::{Resource, split_version};
use super::run::{Answer, Call, Op, Within};
use super::subrequest::{self, Outcome, Results, Subrequest};
use crate::error::ApiError;
use crate::setup::NodeHeaders;

const MOST: usize = 25;
const MOST_QUERIES: usize = 5;

pub(super) fn run(call: &mut Call, op: &Op) -> Result<Answer, ApiError> {
    let body = op.object()?;
    let known = ["allOrNone", "collateSubrequests", "compositeRequest"];
    if let Some(name) = body.keys().find(|k| !known.contains(&k.as_str())) {
        return Err(ApiError::json(format!("Unrecognized field \"{name}\"")));
    }
    let all_or_none = body
        .get("allOrNone")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let list = body.get("compositeRequest").unwrap_or(&Value::Null);
    let requests = subrequest::read(call, list, op.options, NodeHeaders::Obeyed)?;
    if let Some(message) = too_many(&requests) {
        let error = ApiError::new(400, "LIMIT_EXCEEDED", message);
        let mut outcome = Outcome::error("", &error).json;
        outcome["referenceId"] = Value::Null;
        return Ok(Answer::ok(json!({"compositeResponse": [outcome]})));
    }
    let mark = call.state.store.mark();
    let mut results = Results::default();
    let mut outcomes: Vec<Outcome> = Vec::new();
    for request in &requests {
        let outcome = results.run(call, request, Within::Composite);
        let failed = outcome.failed;
        outcomes.push(outcome);
        if failed && all_or_none {
            call.state.store.rollback(mark);
            let culprit = outcomes.len() - 1;
            halt(&mut outcomes, &requests, culprit);
            break;
        }
    }
    let responses: Vec<Value> = outcomes.into_iter().map(|o| o.json).collect();
    Ok(Answer::ok(json!({"compositeResponse": responses})))
}

/// Leaves the failure of one subrequest and halts all others, run or not.
pub(super) fn halt(outcomes: &mut Vec<Outcome>, requests: &[Subrequest], culprit: usize) {
    let halted = |r: &Subrequest| Outcome::error(&r.reference, &ApiError::halted());
    let own = outcomes.swap_remove(culprit);
    outcomes.clear();
    outcomes.extend(requests.iter().map(halted));
    outcomes[culprit] = own;
}

fn too_many(requests: &[Subrequest]) -> Option<String> {
    if requests.len() > MOST {
        return Some(format!(
            "The request can’t contain more than {MOST} operations."
        ));
    }
    let queries = requests
        .iter()
        .filter(|request| {
            let path = request.url.split('?').next().unwrap_or("");
            matches!(
                split_version(path).map(|(_, rest)| Resource::of(rest)),
                Some(
                    Resource::Query
                        | Resource::QueryAll
                        | Resource::More(_)
                        | Resource::Search
                        | Resource::ParameterizedSearch
                        | Resource::Collections
                        | Resource::CollectionsOf(_)
                        | Resource::CollectionsBy(..)
                )
            )
        })
        .count();
    (queries > MOST_QUERIES).then(|| {
        format!("The request can’t contain more than {MOST_QUERIES} queries and collections.")
    })
}
