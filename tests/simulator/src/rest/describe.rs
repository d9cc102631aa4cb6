//! What objects and fields there are, and what this user may do with them.

use serde_json::{Value, json};

use super::record;
use super::run::Call;
use crate::error::ApiError;
use crate::schema::{Field, Kind};
use crate::world::User;

pub(super) fn global(call: &Call) -> Value {
    let objects: Vec<Value> = (0..call.state.store.tables.len())
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
        "updateable": writable && user.may_edit(&object.name),
        "deletable": writable && object.name != "User",
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
    let types: Vec<Value> = record_types(call, &object.name);
    described["recordTypeInfos"] = json!(types);
    described["childRelationships"] = json!([]);
    Ok(described)
}

fn record_types(call: &Call, object: &str) -> Vec<Value> {
    call.state
        .store
        .dump("RecordType")
        .into_iter()
        .filter(|t| t["SobjectType"] == object)
        .enumerate()
        .map(|(i, t)| {
            json!({"recordTypeId": t["Id"], "name": t["Name"], "developerName": t["DeveloperName"],
                   "active": true, "available": true, "master": false,
                   "defaultRecordTypeMapping": i == 0})
        })
        .collect()
}

fn field(field: &Field, user: &User, object: &str) -> Value {
    let creatable = field.creatable && user.may_create(object);
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
        "updateable": field.updatable && user.may_edit(object),
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
