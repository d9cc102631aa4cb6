//! `/composite/graph`: graphs of records, each written as a whole or not at all.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::composite::halt;
use super::run::{Answer, Call, Op, Within};
use super::subrequest::{self, Outcome, Results, Subrequest};
use crate::error::ApiError;

const MOST_NODES: usize = 500;
const MOST_GRAPHS: usize = 75;
const MOST_DEPTH: usize = 15;
/// After so many failed graphs the others are not tried.
const MOST_FAILURES: usize = 14;

pub(super) fn run(call: &mut Call, op: &Op) -> Result<Answer, ApiError> {
    let body = op.object()?;
    if let Some(name) = body.keys().find(|k| *k != "graphs") {
        return Err(ApiError::json(format!("Unrecognized field \"{name}\"")));
    }
    let graphs = read(call, op, body.get("graphs").unwrap_or(&Value::Null))?;
    let mut failures = 0;
    let mut answers = Vec::with_capacity(graphs.len());
    for (id, requests) in &graphs {
        let outcomes = if failures < MOST_FAILURES {
            attempt(call, requests)
        } else {
            let halted = |r: &Subrequest| Outcome::error(&r.reference, &ApiError::halted());
            requests.iter().map(halted).collect()
        };
        let failed = outcomes.iter().any(|o| o.failed);
        failures += usize::from(failed);
        let responses: Vec<Value> = outcomes.into_iter().map(|o| o.json).collect();
        answers.push(
            json!({"graphId": id, "graphResponse": {"compositeResponse": responses},
                            "isSuccessful": !failed}),
        );
    }
    Ok(Answer::ok(json!({"graphs": answers})))
}

fn attempt(call: &mut Call, requests: &[Subrequest]) -> Vec<Outcome> {
    let mark = call.state.store.mark();
    let mut results = Results::default();
    let mut outcomes = Vec::with_capacity(requests.len());
    for request in requests {
        let outcome = results.run(call, request, Within::Graph);
        let failed = outcome.failed;
        outcomes.push(outcome);
        if failed {
            call.state.store.rollback(mark);
            let culprit = outcomes.len() - 1;
            if call.state.settings.graph_repeats_error {
                repeat(&mut outcomes, requests, culprit);
            } else {
                halt(&mut outcomes, requests, culprit);
            }
            break;
        }
    }
    outcomes
}

/// Gives every subrequest the failure of one.
fn repeat(outcomes: &mut Vec<Outcome>, requests: &[Subrequest], culprit: usize) {
    let failure = outcomes[culprit].json.clone();
    outcomes.clear();
    outcomes.extend(requests.iter().map(|request| {
        let mut json = failure.clone();
        json["referenceId"] = json!(request.reference);
        Outcome { failed: true, json }
    }));
}

type Graphs = Vec<(String, Vec<Subrequest>)>;

fn read(call: &Call, op: &Op, graphs: &Value) -> Result<Graphs, ApiError> {
    let limit = |message: String| Err(ApiError::new(400, "LIMIT_EXCEEDED", message));
    let list = graphs
        .as_array()
        .ok_or_else(|| ApiError::json("graphs must be a list"))?;
    if list.len() > MOST_GRAPHS {
        return limit(format!(
            "The request can’t contain more than {MOST_GRAPHS} graphs."
        ));
    }
    let mut ids = HashSet::new();
    let mut read = Graphs::new();
    for graph in list {
        let id = graph["graphId"]
            .as_str()
            .filter(|id| !id.is_empty())
            .ok_or_else(|| ApiError::json("a graph is missing the required field graphId"))?;
        if !ids.insert(id) {
            return Err(ApiError::json(format!("Duplicate graphId: {id}")));
        }
        let requests = subrequest::read(
            call,
            &graph["compositeRequest"],
            op.options,
            call.state.settings.node_headers,
        )?;
        if depth(&requests) > MOST_DEPTH {
            return limit(format!("A graph can’t be deeper than {MOST_DEPTH}."));
        }
        read.push((id.to_owned(), requests));
    }
    if read
        .iter()
        .map(|(_, requests)| requests.len())
        .sum::<usize>()
        > MOST_NODES
    {
        return limit(format!(
            "The request can’t contain more than {MOST_NODES} nodes."
        ));
    }
    Ok(read)
}

/// How many requests wait for each other in a row.
fn depth(requests: &[Subrequest]) -> usize {
    let mut depths: HashMap<&str, usize> = HashMap::new();
    for request in requests {
        let before = request
            .needs()
            .iter()
            .filter_map(|n| depths.get(n.as_str()))
            .max()
            .copied();
        depths.insert(&request.reference, before.unwrap_or(0) + 1);
    }
    depths.into_values().max().unwrap_or(0)
}
