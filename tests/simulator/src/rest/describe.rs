//! What objects and fields there are, and what this user may do with them.

use serde_json::{Value, json};

use super::record;
use super::run::Call;
use crate::error::ApiError;
use crate::record_types;
use crate::schema::{Field, Kind};
use crate::world::User;

/// What no field here is.
const NEVER: [&str; 14] = [
    "aiPredictionField",
    "calculated",
    "cascadeDelete",
    "caseSensitive",
    "dependentPicklist",
    "deprecatedAndHidden",
    "displayLocationInDecimal",
    "encrypted",
    "formulaTreatNullNumberAsZero",
    "highScaleNumber",
    "htmlFormatted",
    "queryByDistance",
    "restrictedDelete",
    "writeRequiresMasterRead",
];

/// What no field here has.
const UNSET: [&str; 10] = [
    "calculatedFormula",
    "compoundFieldName",
    "controllerName",
    "defaultValueFormula",
    "filteredLookupInfo",
    "inlineHelpText",
    "mask",
    "maskType",
    "referenceTargetField",
    "relationshipOrder",
];

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
        "activateable": false,
        "createable": user.may_create(&object.name),
        "custom": object.name.ends_with("__c"),
        "customSetting": false,
        "deletable": writable && user.may_change(&object.name) && object.name != "User",
        "deprecatedAndHidden": false,
        "feedEnabled": true,
        "hasSubtypes": false,
        "isInterface": false,
        "isSubtype": false,
        "keyPrefix": object.prefix,
        "label": object.name,
        "labelPlural": format!("{}s", object.name),
        "layoutable": true,
        "mergeable": matches!(object.name.as_str(), "Account" | "Contact" | "Lead"),
        "mruEnabled": true,
        "name": object.name,
        "queryable": true,
        "replicateable": true,
        "retrieveable": true,
        "searchable": writable,
        "triggerable": true,
        "undeletable": writable,
        "updateable": writable && user.may_change(&object.name),
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
    for none in [
        "actionOverrides",
        "childRelationships",
        "namedLayoutInfos",
        "supportedScopes",
    ] {
        described[none] = json!([]);
    }
    for unset in ["listviewable", "lookupLayoutable", "networkScopeFieldName"] {
        described[unset] = Value::Null;
    }
    for yes in ["compactLayoutable", "searchLayoutable"] {
        described[yes] = json!(true);
    }
    described["deepCloneable"] = json!(false);
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
    let length = match field.kind {
        Kind::Id | Kind::Ref => 18,
        _ => field.length,
    };
    let long = field.kind == Kind::Area && !field.filterable;
    let nillable = !field.required
        && !matches!(field.kind, Kind::Id | Kind::Bool)
        && (field.updatable || field.creatable)
        && field.name != "OwnerId";
    let mut described = json!({
        "aggregatable": !long && field.kind != Kind::Bool,
        "autoNumber": field.name == "CaseNumber",
        // A character may take three bytes.
        "byteLength": if matches!(field.kind, Kind::Id | Kind::Ref) { length } else { length * 3 },
        "createable": creatable,
        "custom": field.name.ends_with("__c"),
        "defaultValue": field.default.to_json(),
        "defaultedOnCreate": !field.default.is_null() || field.name == "OwnerId" || !nillable && !field.creatable,
        "digits": if field.kind == Kind::Int { 8 } else { 0 },
        "externalId": field.external_id,
        "extraTypeInfo": if long { json!("plaintextarea") } else { Value::Null },
        "filterable": field.filterable,
        "groupable": !long && field.kind != Kind::DateTime,
        "idLookup": field.external_id || field.kind == Kind::Id,
        "label": field.label,
        "length": length,
        "name": field.name,
        "nameField": field.is_name,
        "namePointing": field.targets.len() > 1,
        "nillable": nillable,
        "permissionable": nillable && !field.is_name,
        "picklistValues": values,
        "polymorphicForeignKey": field.targets.len() > 1,
        "precision": if field.kind == Kind::Double { 18 } else { 0 },
        "referenceTo": field.targets,
        "relationshipName": field.relationship,
        "restrictedPicklist": field.restricted,
        "scale": 0,
        "searchPrefilterable": field.targets.len() == 1,
        "soapType": match field.kind {
            Kind::Id | Kind::Ref => "tns:ID",
            Kind::Bool => "xsd:boolean",
            Kind::Int => "xsd:int",
            Kind::Double => "xsd:double",
            Kind::Date => "xsd:date",
            Kind::DateTime => "xsd:dateTime",
            _ => "xsd:string",
        },
        "sortable": field.filterable,
        "type": field.kind.api_name(),
        "unique": field.unique,
        "updateable": updatable,
    });
    for name in NEVER {
        described[name] = json!(false);
    }
    for name in UNSET {
        described[name] = Value::Null;
    }
    described
}
