//! The errors that Salesforce's REST API answers.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

/// One REST error: an HTTP status and an entry of the error array.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub status: u16,
    pub code: Cow<'static, str>,
    pub message: String,
    /// Named fields; `None` leaves the member out, as errors other than those of writes do.
    pub fields: Option<Vec<String>>,
    /// A further member of the error object (`duplicateResult`).
    pub extra: Option<Box<(String, Value)>>,
}

impl ApiError {
    pub(crate) fn new(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            fields: None,
            extra: None,
        }
    }

    /// An error of a write, which names the fields it is about.
    pub(crate) fn on_fields<S: AsRef<str>>(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        fields: &[S],
    ) -> Self {
        Self {
            fields: Some(fields.iter().map(|f| f.as_ref().to_owned()).collect()),
            ..Self::new(400, code, message)
        }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    pub(crate) fn invalid_session() -> Self {
        Self::new(401, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    pub(crate) fn json(message: impl Into<String>) -> Self {
        Self::new(400, "JSON_PARSER_ERROR", message)
    }

    pub(crate) fn method(method: &str, allowed: &str) -> Self {
        Self::new(
            405,
            "METHOD_NOT_ALLOWED",
            format!("HTTP Method '{method}' not allowed. Allowed are {allowed}"),
        )
    }

    /// What a subrequest that was undone, or never run, answers.
    pub(crate) fn halted() -> Self {
        Self::new(
            400,
            "PROCESSING_HALTED",
            "The transaction was rolled back since another operation in the same transaction failed.",
        )
    }

    fn object(&self, code_name: &str) -> Value {
        let mut object = Map::new();
        object.insert("message".into(), json!(self.message));
        object.insert(code_name.into(), json!(self.code));
        if let Some(fields) = &self.fields {
            object.insert("fields".into(), json!(fields));
        }
        if let Some(extra) = &self.extra {
            let (name, value) = &**extra;
            object.insert(name.clone(), value.clone());
        }
        Value::Object(object)
    }

    /// The answer's body: an array of one error.
    pub(crate) fn body(&self) -> Value {
        json!([self.object("errorCode")])
    }

    /// The row of a collection that failed: errors are spelt with `statusCode`,
    /// always name fields, and have no further members.
    pub(crate) fn row(&self) -> Value {
        let mut error = self.clone();
        error.extra = None;
        error.fields.get_or_insert_with(Vec::new);
        json!({"success": false, "errors": [error.object("statusCode")]})
    }
}
