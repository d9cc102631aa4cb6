//! The time that requests take, the row locks that they hold meanwhile, and what an org does not
//! bear: see [`Strain`].

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::draft::Draft;
use crate::error::ApiError;
use crate::exchange::{Asked, Running};
use crate::faults::covers;
use crate::handle::{Reply, handle};
use crate::login::Door;
use crate::setup::{Maintenance, Strain};
use crate::world::{OrgState, World, lock};

/// After so many failed graphs the others are not tried.
const MOST_FAILURES: usize = 14;
/// Graphs that a request may have.
const MOST_GRAPHS: usize = 75;

/// What the request that is carried out at this moment is amid.
#[derive(Default)]
pub(crate) struct UnderWay {
    /// Records that it writes, by object.
    amid: HashMap<String, usize>,
    /// Accounts whose rows it waited for in vain.
    locked: Vec<String>,
}

impl UnderWay {
    pub(crate) fn of(asked: &Asked) -> Self {
        let mut amid = HashMap::new();
        for kind in asked.kinds.iter().filter(|kind| writes(kind)) {
            if let Some((_, object)) = kind.split_once(' ') {
                *amid.entry(object.to_owned()).or_default() += 1;
            }
        }
        let locked = asked.locked.clone();
        Self { amid, locked }
    }
}

fn writes(kind: &str) -> bool {
    ["create", "update", "upsert", "delete"]
        .iter()
        .any(|verb| covers(verb, kind))
}

/// The refusal of a request as a whole, before anything of it is looked at.
pub(crate) fn check_request(state: &OrgState, asked: &Asked) -> Result<(), ApiError> {
    let strain = &state.settings.strain;
    if !asked.kinds.iter().any(|kind| writes(kind)) {
        return Ok(());
    }
    let most = strain.long_transactions.unwrap_or(usize::MAX);
    if asked.long_transactions >= most {
        let message = "ConcurrentPerOrgLongTxn Limit exceeded.";
        return Err(ApiError::new(403, "REQUEST_LIMIT_EXCEEDED", message));
    }
    match strain.maintenance {
        Some(maintenance) if maintenance.whole => Err(read_only(maintenance)),
        _ => Ok(()),
    }
}

fn read_only(maintenance: Maintenance) -> ApiError {
    ApiError::new(
        maintenance.status,
        "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
        "Salesforce is in read-only mode for planned maintenance",
    )
}

/// The refusal of a record about to be written.
pub(crate) fn check_record(state: &OrgState, draft: &Draft) -> Result<(), ApiError> {
    let strain = &state.settings.strain;
    if let Some(maintenance) = strain.maintenance {
        return Err(read_only(maintenance));
    }
    let object = &draft.object.name;
    let account = match object.as_str() {
        "Account" => draft.text("Id"),
        _ => draft.text("AccountId"),
    };
    if state.under_way.locked.iter().any(|id| id == account) {
        return Err(ApiError::on_fields::<&str>(
            "UNABLE_TO_LOCK_ROW",
            "unable to obtain exclusive access to this record or 1 records",
            &[],
        ));
    }
    let amid = state.under_way.amid.get(object).copied().unwrap_or(0);
    let overstrained = |rule: &&crate::setup::Automation| {
        rule.object.eq_ignore_ascii_case(object) && amid > rule.most
    };
    match strain.automations.iter().find(overstrained) {
        Some(rule) => Err(ApiError::on_fields::<&str>(
            rule.code.clone(),
            rule.message.clone(),
            &[],
        )),
        None => Ok(()),
    }
}

/// Carries a request out in the time that it takes.
pub(crate) async fn carried_out(world: &World, asked: &Asked, running: &Running<'_>) -> Reply {
    let Door::Org(number) = asked.door else {
        return handle(world, asked, 0);
    };
    let org = &world.orgs[number];
    let (strain, concurrent) = {
        let state = lock(&org.state);
        let concurrent = state.settings.concurrent_limit;
        (state.settings.strain.clone(), concurrent)
    };
    let longer = |ms| running.longer_than(Duration::from_millis(ms));
    let (long, transactions) = (longer(strain.long_ms), longer(strain.transaction_ms));
    let most = strain.long_transactions.unwrap_or(usize::MAX);
    let mut first = asked.with_body(asked.body.clone());
    first.long_transactions = transactions;
    if !strain.takes_time() || long >= concurrent || transactions >= most {
        return handle(world, &first, long);
    }
    let graphs = graphs(asked);
    if graphs.is_empty() {
        let (locked, held) = prepared(org, &strain, asked, None).await;
        first.locked = locked;
        let reply = handle(world, &first, long);
        drop(held);
        return reply;
    }
    let mut whole: Option<Reply> = None;
    let mut answers = Vec::new();
    let mut failures = 0;
    for (place, graph) in graphs.iter().enumerate() {
        if failures >= MOST_FAILURES {
            answers.push(not_tried(graph));
            continue;
        }
        let (locked, held) = prepared(org, &strain, asked, Some(graph)).await;
        let mut piece = asked.with_body(json!({"graphs": [graph]}).to_string().into());
        piece.locked = locked;
        piece.continues = place > 0;
        if place == 0 {
            piece.long_transactions = transactions;
        }
        let reply = handle(world, &piece, if place == 0 { long } else { 0 });
        drop(held);
        let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let Some(answer) = answer["graphs"].get(0).filter(|_| reply.status == 200) else {
            return reply;
        };
        failures += usize::from(answer["isSuccessful"] != true);
        answers.push(answer.clone());
        world.changes.announce();
        whole.get_or_insert(reply);
    }
    let mut reply = whole.unwrap_or_else(|| Reply::html(500, "no graph"));
    reply.body = json!({"graphs": answers}).to_string().into_bytes();
    reply
}

/// The graphs of a request that is in good form; none if it is another one.
fn graphs(asked: &Asked) -> Vec<Value> {
    if asked.kinds[0] != "graph" {
        return Vec::new();
    }
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let list = body["graphs"].as_array().cloned().unwrap_or_default();
    if list.len() > MOST_GRAPHS {
        return Vec::new();
    }
    list
}

fn not_tried(graph: &Value) -> Value {
    let halted = ApiError::halted();
    let nodes = graph["compositeRequest"].as_array().into_iter().flatten();
    let nodes: Vec<Value> = nodes
        .map(|node| {
            json!({"body": halted.body(), "httpHeaders": {}, "httpStatusCode": halted.status,
                   "referenceId": node["referenceId"]})
        })
        .collect();
    json!({"graphId": graph["graphId"], "graphResponse": {"compositeResponse": nodes},
           "isSuccessful": false})
}

/// Waits for the rows and then for the time that a request, or one of its graphs, takes. The
/// Accounts that could not be had, and the locks on the others.
async fn prepared<'a>(
    org: &'a crate::world::Org,
    strain: &Strain,
    asked: &Asked,
    graph: Option<&Value>,
) -> (Vec<String>, Held<'a>) {
    let body = match graph {
        Some(graph) => graph.clone(),
        None => serde_json::from_slice(&asked.body).unwrap_or_default(),
    };
    let mut held = Held {
        locks: &org.row_locks,
        ids: Vec::new(),
    };
    let mut locked = Vec::new();
    if strain.lock_accounts {
        let mut accounts = BTreeSet::new();
        named(&body, &mut accounts);
        if covers("update Account", &asked.kinds[0]) {
            accounts.extend(asked.path.rsplit('/').next().map(str::to_owned));
        }
        let wait = Duration::from_millis(strain.lock_wait_ms);
        for id in accounts {
            if org.row_locks.hold(&id, wait).await {
                held.ids.push(id);
            } else {
                locked.push(id);
            }
        }
    }
    let one;
    let kinds = match graph {
        Some(graph) => {
            let request = json!({"graphs": [graph]}).to_string();
            one = crate::rest::resource::kinds("POST", &asked.path, request.as_bytes());
            &one[1..]
        }
        None => &asked.kinds[..],
    };
    let time = |kind: &String| {
        let mut rules = strain.records.iter();
        rules
            .find(|rule| covers(&rule.on, kind))
            .map(|rule| rule.ms)
    };
    let time: u64 = kinds.iter().filter_map(time).sum();
    if time > 0 {
        tokio::time::sleep(Duration::from_millis(time)).await;
    }
    (locked, held)
}

/// The Accounts that a body names as those of its records, or writes.
fn named(body: &Value, accounts: &mut BTreeSet<String>) {
    match body {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(id) if name == "AccountId" && id.starts_with("001") => {
                        accounts.insert(id.clone());
                    }
                    Value::String(url) if name == "url" => {
                        if let Some((_, id)) = url.split_once("/sobjects/Account/") {
                            accounts.insert(id.to_owned());
                        }
                    }
                    inner => named(inner, accounts),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| named(inner, accounts)),
        _ => {}
    }
}

/// Rows that running requests hold.
#[derive(Default)]
pub(crate) struct RowLocks {
    held: Mutex<HashSet<String>>,
    freed: Notify,
}

impl RowLocks {
    /// Takes a row, or waits for it in vain.
    async fn hold(&self, id: &str, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if lock(&self.held).insert(id.to_owned()) {
                return true;
            }
            if tokio::time::timeout_at(until, freed).await.is_err() {
                return lock(&self.held).insert(id.to_owned());
            }
        }
    }
}

/// Rows that one request holds.
struct Held<'a> {
    locks: &'a RowLocks,
    ids: Vec<String>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut held = lock(&self.locks.held);
        for id in &self.ids {
            held.remove(id);
        }
        drop(held);
        self.locks.freed.notify_waiters();
    }
}
