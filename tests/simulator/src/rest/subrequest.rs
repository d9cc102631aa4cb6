//! The parts of composite requests: reading them, filling in what earlier
//! parts answered, running them.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::resource::split_version;
use super::run::{Answer, Call, Op, Within, run};
use crate::dml::WriteOptions;
use crate::error::ApiError;
use crate::headers::write_options;
use crate::setup::NodeHeaders;

pub(super) struct Subrequest {
    pub method: String,
    pub url: String,
    pub reference: String,
    body: Option<Value>,
    options: WriteOptions,
}

/// What a subrequest came to.
pub(super) struct Outcome {
    pub failed: bool,
    /// Its entry in `compositeResponse`.
    pub json: Value,
}

impl Outcome {
    pub(super) fn error(reference: &str, error: &ApiError) -> Self {
        Self {
            failed: true,
            json: json!({"body": error.body(), "httpHeaders": {},
                         "httpStatusCode": error.status, "referenceId": reference}),
        }
    }
}

/// The subrequests of a list, each checked for its own form.
pub(super) fn read(
    call: &Call,
    list: &Value,
    outer: WriteOptions,
    headers: NodeHeaders,
) -> Result<Vec<Subrequest>, ApiError> {
    let list = list
        .as_array()
        .ok_or_else(|| ApiError::json("compositeRequest must be a list"))?;
    let mut requests: Vec<Subrequest> = Vec::with_capacity(list.len());
    for entry in list {
        let known = ["method", "url", "referenceId", "body", "httpHeaders"];
        let members = entry
            .as_object()
            .ok_or_else(|| ApiError::json("a subrequest must be an object"))?;
        if let Some(name) = members.keys().find(|k| !known.contains(&k.as_str())) {
            return Err(ApiError::json(format!("Unrecognized field \"{name}\"")));
        }
        if headers == NodeHeaders::Refused && members.contains_key("httpHeaders") {
            return Err(ApiError::json("Unrecognized field \"httpHeaders\""));
        }
        let text = |name: &str| {
            entry[name]
                .as_str()
                .filter(|t| !t.is_empty())
                .map(str::to_owned)
                .ok_or_else(|| {
                    ApiError::json(format!("a subrequest is missing the required field {name}"))
                })
        };
        let reference = text("referenceId")?;
        if !reference
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            return Err(ApiError::json(format!("Invalid referenceId: {reference}")));
        }
        if requests.iter().any(|r| r.reference == reference) {
            return Err(ApiError::json(format!(
                "Duplicate referenceId: {reference}"
            )));
        }
        let inherits = call.state.settings.composite_inherits_headers;
        requests.push(Subrequest {
            method: text("method")?,
            url: text("url")?,
            reference,
            body: entry.get("body").filter(|b| !b.is_null()).cloned(),
            options: write_options(
                |name| {
                    let given = entry["httpHeaders"].as_object();
                    let given = given.filter(|_| headers == NodeHeaders::Obeyed)?;
                    let (_, value) = given.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
                    value.as_str()
                },
                inherits.then_some(outer),
            ),
        });
    }
    Ok(requests)
}

/// What the subrequests so far have answered; `None` for those that failed.
#[derive(Default)]
pub(super) struct Results(HashMap<String, Option<Value>>);

impl Results {
    /// Runs a subrequest and remembers what it answers.
    pub(super) fn run(&mut self, call: &mut Call, request: &Subrequest, within: Within) -> Outcome {
        let result = self.attempt(call, request, within);
        let (outcome, value) = match result {
            Ok(answer) => {
                let headers = answer
                    .location
                    .map_or(json!({}), |l| json!({"Location": l}));
                let json = json!({"body": answer.body, "httpHeaders": headers,
                                  "httpStatusCode": answer.status, "referenceId": request.reference});
                let failed = answer.status >= 300;
                (
                    Outcome { failed, json },
                    (!failed).then(|| answer.body.unwrap_or(Value::Null)),
                )
            }
            Err(error) => (Outcome::error(&request.reference, &error), None),
        };
        self.0.insert(request.reference.clone(), value);
        outcome
    }

    fn attempt(
        &self,
        call: &mut Call,
        request: &Subrequest,
        within: Within,
    ) -> Result<Answer, ApiError> {
        let url = self.fill(&request.url)?;
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        let (version, rest) = split_version(path).ok_or_else(|| {
            ApiError::new(
                400,
                "INVALID_INPUT",
                format!("The url must begin with /services/data/: {path}"),
            )
        })?;
        let body = request.body.as_ref().map(|b| self.filled(b)).transpose()?;
        if version != call.version {
            return Err(ApiError::new(
                400,
                "INVALID_INPUT",
                format!("The version of the subrequest must be {}", call.version),
            ));
        }
        let op = Op {
            method: &request.method,
            path: rest,
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            body: body.as_ref(),
            options: request.options,
            within,
        };
        let mark = call.state.store.mark();
        let result = run(call, &op);
        if result.is_err() {
            call.state.store.rollback(mark);
        }
        result
    }

    fn filled(&self, value: &Value) -> Result<Value, ApiError> {
        Ok(match value {
            Value::String(text) => match references(text).as_slice() {
                [(0, end, reference)] if *end == text.len() => self.look_up(reference)?.clone(),
                [] => value.clone(),
                _ => Value::String(self.fill(text)?),
            },
            Value::Array(list) => Value::Array(
                list.iter()
                    .map(|v| self.filled(v))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, v)| Ok((name.clone(), self.filled(v)?)))
                    .collect::<Result<_, ApiError>>()?,
            ),
            other => other.clone(),
        })
    }

    fn fill(&self, text: &str) -> Result<String, ApiError> {
        let mut filled = String::new();
        let mut from = 0;
        for (start, end, reference) in references(text) {
            filled.push_str(&text[from..start]);
            match self.look_up(&reference)? {
                Value::String(text) => filled.push_str(text),
                other => filled.push_str(&other.to_string()),
            }
            from = end;
        }
        filled.push_str(&text[from..]);
        Ok(filled)
    }

    /// The value that `ref.field`, `ref.records[0].Id` and the like stand for.
    fn look_up(&self, reference: &str) -> Result<&Value, ApiError> {
        let (name, path) = reference.split_once('.').unwrap_or((reference, ""));
        let missing = || {
            ApiError::new(
                400,
                "PROCESSING_HALTED",
                format!("Invalid reference specified. No value for {reference} found in {name}"),
            )
        };
        let mut value = self
            .0
            .get(name)
            .and_then(Option::as_ref)
            .ok_or_else(missing)?;
        for step in path.split('.').filter(|s| !s.is_empty()) {
            let (member, indexes) = step.split_once('[').unwrap_or((step, ""));
            if !member.is_empty() {
                value = value.get(member).ok_or_else(missing)?;
            }
            for index in indexes.split(['[', ']']).filter(|i| !i.is_empty()) {
                let index: usize = index.parse().map_err(|_| missing())?;
                value = value.get(index).ok_or_else(missing)?;
            }
        }
        if value.is_null() {
            Err(missing())
        } else {
            Ok(value)
        }
    }
}

/// The `@{…}` in a text: where each begins and ends, and what is inside.
fn references(text: &str) -> Vec<(usize, usize, String)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("@{").map(|i| from + i) {
        let Some(end) = text[start..].find('}').map(|i| start + i + 1) else {
            break;
        };
        found.push((start, end, text[start + 2..end - 1].to_owned()));
        from = end;
    }
    found
}

impl Subrequest {
    /// The references that must have been answered before.
    pub(super) fn needs(&self) -> Vec<String> {
        let mut all = self.url.clone();
        if let Some(body) = &self.body {
            all.push_str(&body.to_string());
        }
        references(&all)
            .into_iter()
            .map(|(_, _, r)| r.split('.').next().unwrap_or("").to_owned())
            .collect()
    }
}
