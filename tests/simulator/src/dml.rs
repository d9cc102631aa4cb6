//! Creating, changing, deleting records, as Salesforce's database does it:
//! system fields, defaults, required fields, references, rules.

use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::fields::{self, Write, malformed_id};
use crate::rules;
use crate::schema::{Field, Object};
use crate::store::{ID, Row};
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
    for (place, val) in given {
        if !val.is_null() {
            vals[place] = val;
        }
    }
    let mut draft = Draft {
        object: &object,
        vals,
    };
    check_person_fields(state, &draft)?;
    let owner = state.users[author.user].id.clone();
    if draft.get("OwnerId").is_null() {
        draft.set("OwnerId", Val::text(&owner));
    }
    // Assignment rules come after the request's own owner, and win.
    if object.name == "Case" && author.options.auto_assign {
        draft.set("OwnerId", Val::text(&state.default_owner));
    }
    check_references(state, &draft)?;
    derive(state, &mut draft, author.now);
    check_required(state, &draft)?;
    rules::check_unique(state, table, &draft.vals, None)?;
    rules::validate(&state.settings.validation_rules, &object, &draft.vals)?;
    rules::check_duplicates(state, table, &draft.vals, author.options)?;
    Ok(insert(state, author, table, draft.vals, &[]))
}

/// Stores a record whose fields are final: gives it its id, number and system fields.
/// What `fixed` says of them goes before that.
fn insert(
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
    for name in ["CreatedById", "LastModifiedById"] {
        draft.set(name, me.clone());
    }
    for name in ["CreatedDate", "LastModifiedDate", "SystemModstamp"] {
        draft.set(name, Val::Time(author.now));
    }
    let person = object.name == "Account" && draft.get("IsPersonAccount") == &Val::Bool(true);
    if person {
        let contact = person_contact(state, author, &draft, &id);
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

/// The Contact that stands behind a Person Account.
fn person_contact(state: &mut OrgState, author: Author, account: &Draft, id: &str) -> String {
    let table = state.store.table("Contact").expect("a standard object");
    let object = state.store.tables[table].object.clone();
    let vals = object.fields.iter().map(|f| f.default.clone()).collect();
    let mut contact = Draft {
        object: &object,
        vals,
    };
    for (from, to) in [
        ("FirstName", "FirstName"),
        ("LastName", "LastName"),
        ("Name", "Name"),
        ("Phone", "Phone"),
        ("PersonMobilePhone", "MobilePhone"),
        ("PersonHomePhone", "HomePhone"),
        ("PersonOtherPhone", "OtherPhone"),
        ("PersonAssistantPhone", "AssistantPhone"),
        ("PersonEmail", "Email"),
        ("OwnerId", "OwnerId"),
        ("IsPersonAccount", "IsPersonAccount"),
    ] {
        let val = account.get(from).clone();
        contact.set(to, val);
    }
    contact.set("AccountId", Val::text(id));
    let vals = contact.vals;
    let row = insert(state, author, table, vals, &[]);
    state.store.row(table, row).id().to_owned()
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
    let user = &state.users[author.user];
    if !user.may_edit(&object.name) {
        return Err(ApiError::new(
            403,
            "INSUFFICIENT_ACCESS_OR_READONLY",
            "insufficient access rights on object id",
        ));
    }
    let changes = fields::read(&object, user, body, Write::Update)?;
    let old = state.store.row(table, row).clone();
    let mut draft = Draft {
        object: &object,
        vals: old.vals.clone(),
    };
    for (place, val) in changes {
        draft.vals[place] = val;
    }
    if object.name == "Case" && author.options.auto_assign {
        draft.set("OwnerId", Val::text(&state.default_owner));
    }
    check_references(state, &draft)?;
    derive(state, &mut draft, author.now);
    check_required(state, &draft)?;
    rules::check_unique(state, table, &draft.vals, Some(row))?;
    rules::validate(&state.settings.validation_rules, &object, &draft.vals)?;
    draft.set("LastModifiedById", Val::text(&state.users[author.user].id));
    for name in ["LastModifiedDate", "SystemModstamp"] {
        draft.set(name, Val::Time(author.now));
    }
    let vals = draft.vals;
    state.store.replace(table, row, Row { vals, ..old });
    Ok(())
}

/// Deletes a record: it stays in the recycle bin, unseen.
pub(crate) fn delete(state: &mut OrgState, now: i64, table: usize, row: u32) {
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

/// A record on its way into a table.
pub(crate) struct Draft<'a> {
    pub object: &'a Object,
    pub vals: Vec<Val>,
}

impl Draft<'_> {
    pub(crate) fn get(&self, name: &str) -> &Val {
        self.object
            .position(name)
            .map_or(&Val::Null, |place| &self.vals[place])
    }

    /// Sets a field, if the object has it.
    pub(crate) fn set(&mut self, name: &str, val: Val) {
        if let Some(place) = self.object.position(name) {
            self.vals[place] = val;
        }
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).as_text().unwrap_or("")
    }
}

/// Fields that follow from others.
fn derive(state: &OrgState, draft: &mut Draft, now: i64) {
    match draft.object.name.as_str() {
        "Case" => {
            if draft.get("AccountId").is_null()
                && let Some((table, row)) = state.store.locate(draft.text("ContactId"))
                && let Some(place) = state.store.tables[table].object.position("AccountId")
            {
                draft.set("AccountId", state.store.row(table, row).vals[place].clone());
            }
            let closed = draft.text("Status") == "Closed";
            draft.set("IsClosed", Val::Bool(closed));
            if !closed {
                draft.set("ClosedDate", Val::Null);
            } else if draft.get("ClosedDate").is_null() {
                draft.set("ClosedDate", Val::Time(now));
            }
        }
        "Task" => {
            let closed = draft.text("Status") == "Completed";
            draft.set("IsClosed", Val::Bool(closed));
        }
        "Account" if is_person(state, draft) => {
            draft.set("IsPersonAccount", Val::Bool(true));
            full_name(draft);
        }
        "Contact" | "User" => full_name(draft),
        _ => {}
    }
}

fn full_name(draft: &mut Draft) {
    let name = format!("{} {}", draft.text("FirstName"), draft.text("LastName"));
    draft.set("Name", Val::text(name.trim()));
}

/// Whether an Account's record type makes it a person.
fn is_person(state: &OrgState, draft: &Draft) -> bool {
    let found = state.store.locate(draft.text("RecordTypeId"));
    found.is_some_and(|(table, row)| {
        let place = state.store.tables[table].object.position("IsPersonType");
        place.is_some_and(|p| state.store.row(table, row).vals[p] == Val::Bool(true))
    })
}

/// A Person Account has a LastName and no Name of its own, a business the reverse.
fn check_person_fields(state: &OrgState, draft: &Draft) -> Result<(), ApiError> {
    if draft.object.name != "Account" {
        return Ok(());
    }
    let wrong: &[&str] = if is_person(state, draft) {
        &["Name"]
    } else {
        &["LastName", "FirstName"]
    };
    match wrong.iter().find(|name| !draft.get(name).is_null()) {
        None => Ok(()),
        Some(name) => Err(ApiError::on_fields(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            format!("Account: bad field names on insert/update call: {name}"),
            &[name],
        )),
    }
}

fn check_required(state: &OrgState, draft: &Draft) -> Result<(), ApiError> {
    let object = draft.object;
    let missing: Vec<&str> = object
        .fields
        .iter()
        .zip(&draft.vals)
        .filter(|(field, val)| field.required && val.is_null())
        .map(|(field, _)| match field.name.as_str() {
            "Name" if is_person(state, draft) => "LastName",
            name => name,
        })
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(ApiError::on_fields(
        "REQUIRED_FIELD_MISSING",
        format!("Required fields are missing: [{}]", missing.join(", ")),
        &missing,
    ))
}

fn check_references(state: &OrgState, draft: &Draft) -> Result<(), ApiError> {
    for (field, val) in draft.object.fields.iter().zip(&draft.vals) {
        if let (false, Some(id)) = (field.targets.is_empty(), val.as_text()) {
            check_reference(state, field, id)?;
        }
    }
    Ok(())
}

fn check_reference(state: &OrgState, field: &Field, id: &str) -> Result<(), ApiError> {
    let target = state
        .store
        .schema
        .by_prefix(id)
        .map(|t| state.store.schema.objects[t].name.as_str());
    if !target.is_some_and(|name| field.targets.iter().any(|t| t == name)) {
        return Err(malformed_id(field, id));
    }
    let Some((table, row)) = state.store.locate(id) else {
        return Err(ApiError::on_fields(
            "INVALID_CROSS_REFERENCE_KEY",
            "invalid cross reference id",
            &[&field.name],
        ));
    };
    let found = state.store.row(table, row);
    if found.deleted {
        return Err(ApiError::on_fields(
            "ENTITY_IS_DELETED",
            "entity is deleted",
            &[&field.name],
        ));
    }
    let active = state.store.tables[table].object.position("IsActive");
    if field.name == "OwnerId" && active.is_some_and(|p| found.vals[p] == Val::Bool(false)) {
        return Err(ApiError::on_fields(
            "INACTIVE_OWNER_OR_USER",
            format!("operation performed with inactive user [{id}] as owner"),
            &[&field.name],
        ));
    }
    Ok(())
}

/// What a successful write of one record answers.
pub(crate) fn saved(id: &str) -> Value {
    json!({"id": id, "success": true, "errors": []})
}
