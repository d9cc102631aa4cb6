//! How long fields may be, as far as that is not the same in every org: learned from Salesforce's
//! description of an sObject once a text was too long for it, so that it costs nothing before.

use super::guard;
use crate::messages::cut;
use crate::salesforce::Described;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Characters by field, in lower case.
type Fields = Arc<HashMap<String, usize>>;

/// By org and sObject.
#[derive(Default)]
pub struct Lengths(Mutex<HashMap<(String, &'static str), Fields>>);

impl Lengths {
    fn known(&self, org: &str, sobject: &'static str) -> Option<Fields> {
        let known = guard(&self.0);
        known.get(&(org.to_owned(), sobject)).cloned()
    }

    /// Takes note of a description.
    pub fn learn(&self, org: &str, sobject: &'static str, described: &Described) {
        let fields = described.lengths();
        let fields = fields.map(|(name, length)| (name.to_lowercase(), length));
        let fields = Arc::new(fields.collect());
        guard(&self.0).insert((org.to_owned(), sobject), fields);
    }

    /// Forgets everything: the administrator may have changed fields.
    pub fn forget(&self) {
        guard(&self.0).clear();
    }

    /// Cuts the texts that are known to be too long. Has anything been cut?
    pub fn cut(&self, org: &str, sobject: &'static str, fields: &mut Map<String, Value>) -> bool {
        let Some(known) = self.known(org, sobject) else {
            return false;
        };
        let mut shorter = false;
        for (name, value) in fields {
            let limit = known.get(&name.to_lowercase()).copied().unwrap_or(0);
            if let Value::String(text) = value
                && limit > 0
            {
                let part = cut(text, limit).to_owned();
                shorter |= part != *text;
                *text = part;
            }
        }
        shorter
    }
}
