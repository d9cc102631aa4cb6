//! Sharing: which records a user sees, may change, and may refer to.
//!
//! Source: Salesforce Help, "Sharing Settings"; Salesforce Security Guide, "Record-Level
//! Security". What a user sees is more than what the user owns: what those below own in the
//! roles, what was shared with the user, and the Account of a Case or Contact of its own.

use crate::draft::Draft;
use crate::error::ApiError;
use crate::setup::DefaultAccess;
use crate::store::Row;
use crate::value::Val;
use crate::world::{OrgState, User};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    None,
    Read,
    Edit,
}

/// What a user may do with a record.
pub(crate) fn access(state: &OrgState, user: usize, table: usize, row: u32) -> Access {
    let object = &state.store.tables[table].object;
    let default = match object.name.as_str() {
        "Account" => state.settings.sharing.account,
        "Contact" => state.settings.sharing.contact,
        "Case" => state.settings.sharing.case,
        _ => DefaultAccess::Write,
    };
    let me = &state.users[user];
    let has = |list: &[String]| list.iter().any(|n| n.eq_ignore_ascii_case(&object.name));
    if default == DefaultAccess::Write || has(&me.setup.modify_all) {
        return Access::Edit;
    }
    let record = state.store.row(table, row);
    let own = owned(state, me, record.get(object, "OwnerId"));
    let shared = state.shares.get(&(record.id().to_owned(), me.id.clone()));
    let mut access = own.max(shared.copied().unwrap_or(Access::None));
    if default == DefaultAccess::Read || has(&me.setup.view_all) {
        access = access.max(Access::Read);
    }
    match (default, record.get(object, "AccountId").as_text()) {
        (DefaultAccess::Parent, Some(account)) => {
            let account = state.store.locate(account);
            let of_parent = account.map_or(Access::None, |(t, r)| self::access(state, user, t, r));
            access = access.max(of_parent);
        }
        _ if object.name == "Account" && access == Access::None => {
            access = of_children(state, user, record);
        }
        _ => {}
    }
    access
}

pub(crate) fn sees(state: &OrgState, user: usize, table: usize, row: u32) -> bool {
    access(state, user, table, row) > Access::None
}

/// By ownership: one's own, and that of those below in the roles.
fn owned(state: &OrgState, me: &User, owner: &Val) -> Access {
    let owner = owner.as_text().unwrap_or("");
    if owner == me.id {
        return Access::Edit;
    }
    let above = format!("{}/", me.setup.role);
    let is_below = |user: &User| user.id == owner && user.setup.role.starts_with(&above);
    if !me.setup.role.is_empty() && state.users.iter().any(is_below) {
        Access::Edit
    } else {
        Access::None
    }
}

/// An Account is seen by who owns a Case or Contact of it.
fn of_children(state: &OrgState, user: usize, account: &Row) -> Access {
    let me = &state.users[user];
    let has_child = |name: &str| {
        let Some(table) = state.store.table(name).map(|t| &state.store.tables[t]) else {
            return false;
        };
        let place = table.object.position("AccountId").expect("it has one");
        let children = table.equals(place, &Val::text(account.id()));
        children.unwrap_or_default().iter().any(|row| {
            let row = &table.rows[*row as usize];
            let owner = row.get(&table.object, "OwnerId");
            !row.deleted && owned(state, me, owner) > Access::None
        })
    };
    if has_child("Case") || has_child("Contact") {
        Access::Read
    } else {
        Access::None
    }
}

/// Refuses references to records that the user does not see; `old`: as the record was before.
pub(crate) fn check_references(
    state: &OrgState,
    user: usize,
    draft: &Draft,
    old: Option<&Row>,
) -> Result<(), ApiError> {
    for (place, field) in draft.object.fields.iter().enumerate() {
        let val = &draft.vals[place];
        let is_new = old.is_none_or(|old| old.vals[place] != *val);
        if field.targets.is_empty() || !is_new {
            continue;
        }
        if let Some(id) = val.as_text()
            && let Some((table, row)) = state.store.locate(id)
            && !sees(state, user, table, row)
        {
            return Err(ApiError::on_fields::<&str>(
                "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
                format!(
                    "insufficient access rights on cross-reference id: {}",
                    &id[..15]
                ),
                &[],
            ));
        }
    }
    Ok(())
}

/// Refuses to change a record that the user only sees.
pub(crate) fn check_edit(
    state: &OrgState,
    user: usize,
    table: usize,
    row: u32,
) -> Result<(), ApiError> {
    if access(state, user, table, row) == Access::Edit {
        return Ok(());
    }
    Err(ApiError {
        status: 403,
        ..ApiError::on_fields::<&str>(
            "INSUFFICIENT_ACCESS_OR_READONLY",
            "insufficient access rights on object id",
            &[],
        )
    })
}

/// The word for a default in Organization's fields.
pub(crate) fn word(default: DefaultAccess) -> &'static str {
    match default {
        DefaultAccess::Write => "Edit",
        DefaultAccess::Read => "Read",
        DefaultAccess::Private => "None",
        DefaultAccess::Parent => "ControlledByParent",
    }
}
