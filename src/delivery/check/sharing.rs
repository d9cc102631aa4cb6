//! Whether the user sees the records that it needs, where not everybody sees everybody's.

use super::steps::Steps;
use crate::config::settings::User;
use crate::delivery::{fields, owners};
use crate::salesforce::{Client, Error, OrgDefault, Permissions, Session};

const OBJECTS: [&str; 3] = ["Account", "Contact", "Case"];

/// Looks whether private records are in the way of what is configured. `owner`: the id of whose
/// the records become, if that is not the session's user.
///
/// # Errors
/// What ends the test.
pub fn check(
    user: &User,
    client: &Client,
    session: &Session,
    owner: Option<&str>,
    steps: &mut Steps,
) -> Result<(), Error> {
    let what = "seeing records of others";
    let defaults = client.sharing(session);
    let Some(defaults) = steps.ask(what, defaults, "")?.flatten() else {
        return Ok(());
    };
    let private = OBJECTS.into_iter().zip(defaults);
    let private = private.filter(|(_, default)| *default == OrgDefault::Private);
    let private: Vec<&str> = private.map(|(object, _)| object).collect();
    let gives_away = gives_away(user, session, owner);
    let must_edit =
        fields::why_changed(user).filter(|_| gives_away && defaults[2] < OrgDefault::Edit);
    if private.is_empty() && must_edit.is_none() {
        let said = "Accounts, Contacts and Cases are not private in this org";
        steps.tell(what, Ok(said.to_owned()));
        return Ok(());
    }
    let permissions = client.permissions(session);
    let Some(permissions) = steps.ask(what, permissions, "")? else {
        return Ok(());
    };
    let result = match permissions {
        None => Ok(format!(
            "private in this org: {}; whether the user has \"View All\" on them, it may not know \
             itself, so see that it has, in its profile or permission set",
            private.join(", ")
        )),
        Some(permissions) => verdict(user, &private, &permissions, gives_away, must_edit),
    };
    steps.tell(what, result);
    Ok(())
}

/// Do records become another's?
fn gives_away(user: &User, session: &Session, owner: Option<&str>) -> bool {
    user.auto_assign || owner.is_some_and(|owner| owner.get(..15) != session.user_id.get(..15))
}

fn verdict(
    user: &User,
    private: &[&str],
    permissions: &Permissions,
    gives_away: bool,
    must_edit: Option<&str>,
) -> Result<String, String> {
    let of = |object: &str| permissions.get(object).copied().unwrap_or_default();
    let unseen: Vec<&str> = private
        .iter()
        .copied()
        .filter(|object| !of(object).view_all)
        .collect();
    // What becomes another's is out of its sight.
    let needs = |object: &&&str| match **object {
        "Case" => user.external_id_field.is_none() || fields::why_changed(user).is_some(),
        "Account" => user.create_account && user.owner.as_deref().is_none_or(may_own_accounts),
        _ => false,
    };
    let needed: Vec<&str> = unseen.iter().filter(needs).copied().collect();
    if gives_away && !needed.is_empty() {
        return Err(format!(
            "the records that it gives to another owner are private, and it does not see them \
             again: give it \"View All\" on {}, by profile or permission set",
            needed.join(", ")
        ));
    }
    if let Some(why) = must_edit.filter(|_| !of("Case").modify_all) {
        return Err(format!(
            "it cannot change the Cases that it gives to another owner, as {why} does: give it \
             \"Modify All\" on Case, or set the organization-wide default of Case to Public \
             Read/Write"
        ));
    }
    if unseen.is_empty() {
        return Ok(format!("View All on {}", private.join(", ")));
    }
    Ok(format!(
        "only those that are its own or shared with it: {} are private, so that callers whom only \
         colleagues know are new callers; \"View All\" on them changes that",
        unseen.join(", ")
    ))
}

/// A username, or a user's id.
fn may_own_accounts(owner: &str) -> bool {
    !crate::salesforce::is_record_id(owner) || owners::is_user(owner)
}
