//! Person Accounts: Accounts that are one person, with a Contact of their own.

use crate::dml::{Author, insert, stamp};
use crate::draft::Draft;
use crate::error::ApiError;
use crate::record_types::is_person;
use crate::store::Row;
use crate::value::Val;
use crate::world::OrgState;

/// Fields of the Account and where its Contact has them.
const SHARED: [(&str, &str); 11] = [
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
];

/// Refuses fields that an Account of its kind does not have: a person has a
/// LastName and no Name of its own, a business the reverse.
pub(crate) fn check_fields<'a>(
    state: &OrgState,
    draft: &Draft,
    given: impl IntoIterator<Item = (&'a str, &'a Val)>,
) -> Result<(), ApiError> {
    if draft.object.name != "Account" {
        return Ok(());
    }
    let person = is_person(state, draft);
    let wrong = given.into_iter().find(|(name, val)| {
        let persons = name.starts_with("Person") || matches!(*name, "LastName" | "FirstName");
        !val.is_null() && if person { *name == "Name" } else { persons }
    });
    match wrong {
        None => Ok(()),
        Some((name, _)) => Err(ApiError::on_fields(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            format!("Account: bad field names on insert/update call: {name}"),
            &[name],
        )),
    }
}

/// Makes the Contact that stands behind a new Person Account and gives its id.
pub(crate) fn create_contact(
    state: &mut OrgState,
    author: Author,
    account: &Draft,
    id: &str,
) -> String {
    let table = state.store.table("Contact").expect("a standard object");
    let object = state.store.tables[table].object.clone();
    let vals = object.fields.iter().map(|f| f.default.clone()).collect();
    let mut contact = Draft {
        object: &object,
        vals,
    };
    share(account, &mut contact);
    contact.set("AccountId", Val::text(id));
    let vals = contact.vals;
    let row = insert(state, author, table, vals, &[]);
    state.store.row(table, row).id().to_owned()
}

/// Carries a change of a Person Account over to its Contact.
pub(crate) fn update_contact(state: &mut OrgState, author: Author, account: &Draft) {
    let Some((table, row)) = state.store.locate(account.text("PersonContactId")) else {
        return;
    };
    let object = state.store.tables[table].object.clone();
    let old = state.store.row(table, row).clone();
    let mut contact = Draft {
        object: &object,
        vals: old.vals.clone(),
    };
    share(account, &mut contact);
    stamp(state, author, &mut contact);
    let vals = contact.vals;
    state.store.replace(table, row, Row { vals, ..old });
}

fn share(account: &Draft, contact: &mut Draft) {
    for (from, to) in SHARED {
        contact.set(to, account.get(from).clone());
    }
}
