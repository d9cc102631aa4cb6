//! Creating, changing, deleting records, as Salesforce's database does it:
//! system fields, defaults, required fields, references, rules.

use serde_json::{Map, Value, json};

use crate::draft::{Draft, check_references, check_required, derive};
use crate::error::ApiError;
use crate::fields::{self, Write};
use crate::persons;
use crate::record_types::{self, is_person};
use crate::rules;
use crate::schema::Object;
use crate::sharing;
use crate::store::{ID, Row};
use crate::strain;
use crate::value::Val;
use crate::world::OrgState;

/// What a request's headers say about its writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriteOptions {
    /// `Sforce-Auto-Assign`: true unless the client says otherwise.
    pub auto_assign: bool,
    /// `Sforce-Duplicate-Rule-Header: allowSave=true`.
    pub allow_duplicates: bool,
    /// `includeRecordDetails=true` of the same header.
    pub duplicate_details: bool,
}

/// Who writes, when, and how.
#[derive(Clone, Copy)]
pub(crate) struct Author {
    pub user: usize,
    pub now: i64,
    pub options: WriteOptions,
}

/// Creates a record from a request body and gives its row.
pub(crate) fn create(
    state: &mut OrgState,
    author: Author,
    table: usize,
    body: &Map<String, Value>,
) -> Result<u32, ApiError> {
    let object = state.store.tables[table].object.clone();
    let user = &state.users[author.user];
    if !user.may_create(&object.name) {
        return Err(ApiError::new(
            403,
            "INSUFFICIENT_ACCESS",
            format!("insufficient access rights to create {}", object.name),
        ));
    }
    let given = fields::read(&object, user, body, Write::Create)?;
    let mut vals: Vec<Val> = object.fields.iter().map(|f| f.default.clone()).collect();
    for (place, val) in &given {
        if !val.is_null() {
            vals[*place] = val.clone();
        }
    }
    let mut draft = Draft {
        object: &object,
        vals,
    };
    record_types::set_default(state, author.user, &mut draft);
    persons::check_fields(state, &draft, named(&object, &given))?;
    let owner = state.users[author.user].id.clone();
    if draft.get("OwnerId").is_null() {
        draft.set("OwnerId", Val::text(&owner));
    }
    // Assignment rules come after the request's own owner, and win.
    if object.name == "Case" && author.options.auto_assign {
        draft.set("OwnerId", Val::text(&state.default_owner));
    }
    if object.name == "Account" && author.options.auto_assign {
        let field = state.settings.territory_field.clone();
        draft.set(&field, Val::text("assigned"));
    }
    check_references(state, &draft)?;
    sharing::check_references(state, author.user, &draft, None)?;
    record_types::check(state, author.user, &draft)?;
    derive(state, &mut draft, author.now);
    check_required(state, &draft)?;
    rules::check_unique(state, table, &draft.vals, None)?;
    rules::validate(&state.settings.validation_rules, &object, &draft.vals)?;
    rules::check_duplicates(state, table, &draft.vals, author)?;
    strain::check_record(state, &draft)?;
    Ok(insert(state, author, table, draft.vals, &[]))
}

/// Stores a record whose fields are final: gives it its id, number and system fields.
/// What `fixed` says of them goes before that.
pub(crate) fn insert(
    state: &mut OrgState,
    author: Author,
    table: usize,
    vals: Vec<Val>,
    fixed: &[(usize, Val)],
) -> u32 {
    let object = state.store.tables[table].object.clone();
    let me = Val::text(&state.users[author.user].id);
    let id = state.store.new_id(&object.prefix);
    let mut draft = Draft {
        object: &object,
        vals,
    };
    draft.vals[ID] = Val::text(&id);
    if object.name == "Case" {
        let number = state.store.new_case_number();
        draft.set("CaseNumber", Val::text(&number));
    }
    draft.set("CreatedById", me);
    draft.set("CreatedDate", Val::Time(author.now));
    stamp(state, author, &mut draft);
    let person = object.name == "Account" && draft.get("IsPersonAccount") == &Val::Bool(true);
    if person {
        let contact = persons::create_contact(state, author, &draft, &id);
        draft.set("PersonContactId", Val::text(&contact));
    }
    for (place, val) in fixed {
        if !val.is_null() && *place != ID {
            draft.vals[*place] = val.clone();
        }
    }
    let lag = state.settings.index_lag_ms as i64;
    state.store.insert(
        table,
        Row {
            vals: draft.vals,
            deleted: false,
            searchable_from: author.now + lag,
        },
    )
}

/// Notes who changed a record last, and when.
pub(crate) fn stamp(state: &OrgState, author: Author, draft: &mut Draft) {
    draft.set("LastModifiedById", Val::text(&state.users[author.user].id));
    for name in ["LastModifiedDate", "SystemModstamp"] {
        draft.set(name, Val::Time(author.now));
    }
}

fn named<'a>(
    object: &'a Object,
    given: &'a [(usize, Val)],
) -> impl Iterator<Item = (&'a str, &'a Val)> {
    given
        .iter()
        .map(|(place, val)| (object.fields[*place].name.as_str(), val))
}

/// Changes a record that exists.
pub(crate) fn update(
    state: &mut OrgState,
    author: Author,
    table: usize,
    row: u32,
    body: &Map<String, Value>,
) -> Result<(), ApiError> {
    let object = state.store.tables[table].object.clone();
    check_right_to_change(state, author.user, &object)?;
    let changes = fields::read(&object, &state.users[author.user], body, Write::Update)?;
    let old = state.store.row(table, row).clone();
    let mut draft = Draft {
        object: &object,
        vals: old.vals.clone(),
    };
    for (place, val) in &changes {
        draft.vals[*place] = val.clone();
    }
    persons::check_fields(state, &draft, named(&object, &changes))?;
    if object.name == "Case" && author.options.auto_assign {
        draft.set("OwnerId", Val::text(&state.default_owner));
    }
    check_references(state, &draft)?;
    sharing::check_references(state, author.user, &draft, Some(&old))?;
    if draft.get("RecordTypeId") != old.get(&object, "RecordTypeId") {
        record_types::check(state, author.user, &draft)?;
    }
    derive(state, &mut draft, author.now);
    check_required(state, &draft)?;
    rules::check_unique(state, table, &draft.vals, Some(row))?;
    rules::validate(&state.settings.validation_rules, &object, &draft.vals)?;
    strain::check_record(state, &draft)?;
    stamp(state, author, &mut draft);
    if is_person(state, &draft) {
        persons::update_contact(state, author, &draft);
    }
    let vals = draft.vals;
    state.store.replace(table, row, Row { vals, ..old });
    Ok(())
}

fn check_right_to_change(state: &OrgState, user: usize, object: &Object) -> Result<(), ApiError> {
    if state.users[user].may_change(&object.name) {
        return Ok(());
    }
    Err(ApiError::on_fields::<&str>(
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "insufficient access rights on object id",
        &[],
    ))
}

/// Deletes a record for its author.
pub(crate) fn delete(
    state: &mut OrgState,
    author: Author,
    table: usize,
    row: u32,
) -> Result<(), ApiError> {
    let object = state.store.tables[table].object.clone();
    check_right_to_change(state, author.user, &object)?;
    remove(state, author.now, table, row)
}

/// Deletes a record: it stays in the recycle bin, unseen. An Account takes its
/// Contacts along, but not its Cases: as long as it has any it stays.
pub(crate) fn remove(
    state: &mut OrgState,
    now: i64,
    table: usize,
    row: u32,
) -> Result<(), ApiError> {
    let object = state.store.tables[table].object.clone();
    if object.name == "Account" {
        let id = Val::text(state.store.row(table, row).id());
        let cases = belonging(state, "Case", &id).1.len();
        if cases > 0 {
            return Err(ApiError::on_fields::<&str>(
                "DELETE_FAILED",
                format!(
                    "Your attempt to delete this account could not be completed because it is \
                     associated with {cases} cases."
                ),
                &[],
            ));
        }
        let (contacts, rows) = belonging(state, "Contact", &id);
        for row in rows {
            discard(state, now, contacts, row);
        }
    }
    discard(state, now, table, row);
    Ok(())
}

/// The records of another object that belong to an Account.
fn belonging(state: &OrgState, object: &str, account: &Val) -> (usize, Vec<u32>) {
    let number = state.store.table(object).expect("a standard object");
    let table = &state.store.tables[number];
    let place = table.object.position("AccountId").expect("it has one");
    let rows = table.equals(place, account).unwrap_or_default();
    let alive = rows
        .into_iter()
        .filter(|r| !table.rows[*r as usize].deleted);
    (number, alive.collect())
}

fn discard(state: &mut OrgState, now: i64, table: usize, row: u32) {
    let mut gone = state.store.row(table, row).clone();
    let object = state.store.tables[table].object.clone();
    gone.deleted = true;
    if let Some(place) = object.position("IsDeleted") {
        gone.vals[place] = Val::Bool(true);
    }
    if let Some(place) = object.position("SystemModstamp") {
        gone.vals[place] = Val::Time(now);
    }
    state.store.replace(table, row, gone);
}

/// Stores a record of the set-up or of a test: fields that the API could not
/// write are allowed, it is searchable at once, and rules do not apply.
pub(crate) fn seed(state: &mut OrgState, now: i64, record: &Value) -> Result<String, String> {
    let kind = record["attributes"]["type"]
        .as_str()
        .ok_or("no attributes.type")?;
    let table = state
        .store
        .table(kind)
        .ok_or_else(|| format!("no object is called {kind}"))?;
    let object = state.store.tables[table].object.clone();
    let mut writable = Object::clone(&object);
    for field in &mut writable.fields {
        field.creatable = true;
    }
    if state.users.is_empty() {
        return Err("the org has no user".into());
    }
    let body = record.as_object().expect("it has members");
    let given =
        fields::read(&writable, &state.users[0], body, Write::Create).map_err(|e| e.message)?;
    let mut vals: Vec<Val> = object.fields.iter().map(|f| f.default.clone()).collect();
    for (place, val) in &given {
        vals[*place] = val.clone();
    }
    let mut draft = Draft {
        object: &object,
        vals,
    };
    if draft.get("OwnerId").is_null() {
        draft.set("OwnerId", Val::text(&state.users[0].id));
    }
    record_types::set_default(state, 0, &mut draft);
    check_references(state, &draft).map_err(|e| e.message)?;
    derive(state, &mut draft, now);
    check_required(state, &draft).map_err(|e| e.message)?;
    let options = WriteOptions {
        auto_assign: false,
        allow_duplicates: true,
        duplicate_details: false,
    };
    let vals = draft.vals;
    let lag = std::mem::take(&mut state.settings.index_lag_ms);
    let author = Author {
        user: 0,
        now,
        options,
    };
    let row = insert(state, author, table, vals, &given);
    state.settings.index_lag_ms = lag;
    Ok(state.store.row(table, row).id().to_owned())
}

/// What a successful write of one record answers.
pub(crate) fn saved(id: &str) -> Value {
    json!({"id": id, "success": true, "errors": []})
}
