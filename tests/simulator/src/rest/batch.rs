//! `/composite/batch`: up to 25 independent requests, each counted.

use serde_json::{Value, json};

use super::run::{Answer, Call, Op, Within, run as run_one};
use crate::error::ApiError;

const MOST: usize = 25;

pub(super) fn run(call: &mut Call, op: &Op) -> Result<Answer, ApiError> {
    let body = op.object()?;
    let requests = body
        .get("batchRequests")
        .and_then(Value::as_array)
        .ok_or_else(|| ApiError::json("batchRequests must be a list"))?;
    if requests.len() > MOST {
        return Err(ApiError::new(
            400,
            "LIMIT_EXCEEDED",
            format!("The request can’t contain more than {MOST} operations."),
        ));
    }
    let halt_on_error = body
        .get("haltOnError")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let mut failed = false;
    let mut results = Vec::with_capacity(requests.len());
    for request in requests {
        let (status, result) = if failed && halt_on_error {
            let error = ApiError::new(
                412,
                "BATCH_PROCESSING_HALTED",
                "Batch processing halted per request",
            );
            (412, error.body())
        } else {
            match attempt(call, op, request) {
                Ok(answer) => (answer.status, answer.body.unwrap_or(Value::Null)),
                Err(error) => (error.status, error.body()),
            }
        };
        failed |= status >= 400;
        results.push(json!({"statusCode": status, "result": result}));
    }
    Ok(Answer::ok(json!({"hasErrors": failed, "results": results})))
}

fn attempt(call: &mut Call, op: &Op, request: &Value) -> Result<Answer, ApiError> {
    let url = request["url"]
        .as_str()
        .ok_or_else(|| ApiError::json("a subrequest has no url"))?;
    let method = request["method"]
        .as_str()
        .ok_or_else(|| ApiError::json("a subrequest has no method"))?;
    let url = url.strip_prefix("/services/data/").unwrap_or(url);
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let (_, rest) = path
        .split_once('/')
        .filter(|(version, _)| version.starts_with('v'))
        .ok_or_else(ApiError::not_found)?;
    let inner = Op {
        method,
        path: rest,
        query: form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        body: request.get("richInput").filter(|b| !b.is_null()),
        options: op.options,
        within: Within::Batch,
    };
    let mark = call.state.store.mark();
    let result = run_one(call, &inner);
    if result.is_err() {
        call.state.store.rollback(mark);
    }
    result
}
