//! What objects and fields there are, and what this user may do with them.

use serde_json::{Value, json};

use super::record;
use super::run::Call;
use crate::error::ApiError;
use crate::record_types;
use crate::schema::{Field, Kind};
use crate::world::User;

pub(super) fn global(call: &Call) -> Value {
    let user = &call.state.users[call.user];
    let tables = &call.state.store.tables;
    let objects: Vec<Value> = (0..tables.len())
        .filter(|table| user.knows(&tables[*table].object.name))
        .map(|table| summary(call, table))
        .collect();
    json!({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects})
}

pub(super) fn basic(call: &Call, object: &str) -> Result<Value, ApiError> {
    let table = record::table(call, object)?;
    Ok(json!({"objectDescribe": summary(call, table), "recentItems": []}))
}

fn summary(call: &Call, table: usize) -> Value {
    let user = &call.state.users[call.user];
    let object = &call.state.store.tables[table].object;
    let writable = object.fields.iter().any(|f| f.creatable);
    let base = format!("/services/data/{}/sobjects/{}", call.version, object.name);
    json!({
        "name": object.name,
        "label": object.name,
        "labelPlural": format!("{}s", object.name),
        "keyPrefix": object.prefix,
        "custom": false,
        "createable": user.may_create(&object.name),
        "updateable": writable && user.may_change(&object.name),
        "deletable": writable && user.may_change(&object.name) && object.name != "User",
        "queryable": true,
        "retrieveable": true,
        "searchable": writable,
        "undeletable": writable,
        "layoutable": true,
        "urls": {"sobject": base, "describe": format!("{base}/describe"),
                 "rowTemplate": format!("{base}/{{ID}}")}
    })
}

pub(super) fn object(call: &Call, name: &str) -> Result<Value, ApiError> {
    let table = record::table(call, name)?;
    let user = &call.state.users[call.user];
    let object = &call.state.store.tables[table].object;
    let fields: Vec<Value> = object
        .fields
        .iter()
        .filter(|f| user.sees(&object.name, &f.name))
        .map(|f| field(f, user, &object.name))
        .collect();
    let mut described = summary(call, table);
    described["fields"] = json!(fields);
    described["recordTypeInfos"] =
        json!(record_types::described(call.state, call.user, &object.name));
    described["childRelationships"] = json!([]);
    Ok(described)
}

fn field(field: &Field, user: &User, object: &str) -> Value {
    let writable = user.may_write(object, &field.name);
    let creatable = field.creatable && writable && user.may_create(object);
    let updatable = field.updatable && writable && user.may_change(object);
    let values: Vec<Value> = field
        .values
        .iter()
        .map(|v| {
            json!({"active": true, "label": v, "value": v, "validFor": null,
                   "defaultValue": field.default.as_text() == Some(v)})
        })
        .collect();
    json!({
        "name": field.name,
        "label": field.label,
        "type": field.kind.api_name(),
        "soapType": match field.kind {
            Kind::Id | Kind::Ref => "tns:ID",
            Kind::Bool => "xsd:boolean",
            Kind::Int => "xsd:int",
            Kind::Double => "xsd:double",
            Kind::Date => "xsd:date",
            Kind::DateTime => "xsd:dateTime",
            _ => "xsd:string",
        },
        "length": match field.kind { Kind::Id | Kind::Ref => 18, _ => field.length },
        "createable": creatable,
        "updateable": updatable,
        "filterable": field.filterable,
        "sortable": field.filterable,
        "nillable": !field.required && field.default.is_null() && field.kind != Kind::Id,
        "defaultedOnCreate": !field.default.is_null() || field.name == "OwnerId",
        "custom": field.name.ends_with("__c"),
        "nameField": field.is_name,
        "externalId": field.external_id,
        "unique": field.unique,
        "idLookup": field.external_id || field.kind == Kind::Id,
        "restrictedPicklist": field.restricted,
        "picklistValues": values,
        "referenceTo": field.targets,
        "relationshipName": field.relationship,
    })
}
