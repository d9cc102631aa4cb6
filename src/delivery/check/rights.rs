//! What the user may do with the records that we write, and with their fields.

use super::steps::Steps;
use super::values::{offered, required};
use crate::config::settings::User;
use crate::delivery::fields;
use crate::salesforce::{Client, Described, Error, Field, Session};

/// Why the org's field-level security is in question.
const FIELDS: &str = "see Setup → Object Manager → the object → Fields & Relationships → the field \
     → Set Field-Level Security, or mend the spelling in salesforce.conf";

const GIVE_CASE: &str = "give them values with case_field";
const GIVE_ACCOUNT: &str = "give them values with account_field";
const GIVE_TASK: &str = "no option gives Tasks further fields";

/// Does a `case_field` say it?
fn is_given(user: &User, field: &str) -> bool {
    let mut given = user.case_fields.iter();
    given.any(|(name, _)| name.eq_ignore_ascii_case(field))
}

/// Looks whether the user may write all that its calls need.
///
/// # Errors
/// What ends the test.
pub fn check(
    user: &User,
    client: &Client,
    session: &Session,
    steps: &mut Steps,
) -> Result<(), Error> {
    let case = client.describe(session, "Case");
    if let Some(case) = steps.ask("access to Case", case, "")? {
        may_create("Case", &case, steps);
        let of_case = fields::of_case(user);
        let own = user.external_id_field.as_deref();
        let contact = case.field(fields::CONTACT);
        let left_out = if contact.is_some_and(|field| field.creatable) {
            ""
        } else {
            "; ContactId cannot, so that Cases name no Contact"
        };
        settable("Case", &case, &of_case, left_out, steps);
        let values = fields::values_of_case(user);
        required("Case", &case, &values, GIVE_CASE, steps);
        let option = |field: &str| match field {
            fields::ORIGIN if !is_given(user, field) => "case_origin".to_owned(),
            field => format!("case_field = {field}=…"),
        };
        offered("Case", &case, &values, option, steps);
        if let Some(field) = own {
            external_id(field, case.field(field), steps);
        }
        if let Some(why) = fields::why_changed(user) {
            may_change(user, why, &case, steps);
        }
    }
    let of_task = fields::of_task(user);
    if !of_task.is_empty() {
        let task = client.describe(session, "Task");
        if let Some(task) = steps.ask("access to Task", task, "")? {
            may_create("Task", &task, steps);
            settable("Task", &task, &of_task, "", steps);
            let values = fields::values_of_task(user);
            required("Task", &task, &values, GIVE_TASK, steps);
            let option = |field: &str| match field {
                fields::STATUS => "task_status".to_owned(),
                field => format!("{field} so in Salesforce"),
            };
            offered("Task", &task, &values, option, steps);
        }
    }
    if !user.create_account {
        let said = "not wanted (create_account = no)";
        steps.tell("creating Accounts", Ok(said.to_owned()));
        return Ok(());
    }
    let account = client.describe(session, "Account");
    if let Some(account) = steps.ask("access to Account", account, "")? {
        may_create("Account", &account, steps);
        settable("Account", &account, &fields::of_account(user), "", steps);
        let values = fields::values_of_account(user);
        required("Account", &account, &values, GIVE_ACCOUNT, steps);
        let option = |field: &str| format!("account_field = {field}=…");
        offered("Account", &account, &values, option, steps);
    }
    Ok(())
}

fn may_create(sobject: &str, described: &Described, steps: &mut Steps) {
    let result = if described.creatable {
        Ok("allowed".to_owned())
    } else {
        Err(format!(
            "not allowed: give the user Create on {sobject}, by profile or permission set"
        ))
    };
    steps.tell(format!("creating {sobject}s"), result);
}

/// Can the fields be set in a new record? Nothing is told of an object that cannot be created:
/// none of its fields can then be set. `besides`: what is to be told if all is well.
fn settable(
    sobject: &str,
    described: &Described,
    names: &[String],
    besides: &str,
    steps: &mut Steps,
) {
    if !described.creatable {
        return;
    }
    let missing = without(described, names, |field| field.creatable);
    let result = if missing.is_empty() {
        Ok(format!("all {} can be set{besides}", names.len()))
    } else {
        Err(format!(
            "not there, or not visible and editable for the user: {missing}; {FIELDS}"
        ))
    };
    steps.tell(format!("fields of {sobject}"), result);
}

/// Cases are written by this field of theirs: a second one with the same value must be refused.
fn external_id(name: &str, field: Option<&Field>, steps: &mut Steps) {
    let result = match field {
        None => Err(format!(
            "Case has no field {name}, or it is not visible for the user: create it (Text, \
             External ID, Unique), or mend external_id_field"
        )),
        Some(field) if !field.external_id => Err(format!(
            "{name} is no external id: tick External ID in the field's definition"
        )),
        Some(field) if !field.unique => Err(format!(
            "{name} is not unique: tick \"Do not allow duplicate values\" in the field's definition"
        )),
        Some(field) if !field.creatable => {
            Err(format!("{name} is read-only for the user; {FIELDS}"))
        }
        Some(_) => Ok(format!("{name} is a unique external id")),
    };
    steps.tell("external id of Cases", result);
}

/// Can a Case be changed after it was created?
fn may_change(user: &User, why: &str, case: &Described, steps: &mut Steps) {
    let what = "completing Cases";
    if !case.updatable {
        let problem = format!("not allowed: give the user Edit on Case, which {why} needs");
        steps.tell(what, Err(problem));
        return;
    }
    let missing = without(case, &fields::changed_of_case(user), |field| {
        field.updatable
    });
    let result = if missing.is_empty() {
        Ok("allowed".to_owned())
    } else {
        Err(format!(
            "fields that the user cannot change afterwards, as {why} does: {missing}; \
             give Edit Access to them, or leave variables out of their values"
        ))
    };
    steps.tell(what, result);
}

/// The names of those without a quality, comma-separated.
fn without(described: &Described, names: &[String], has: impl Fn(&Field) -> bool) -> String {
    let lacking = names
        .iter()
        .filter(|name| !described.field(name).is_some_and(&has));
    lacking.cloned().collect::<Vec<_>>().join(", ")
}
