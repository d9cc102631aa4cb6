//! The texts of SOSL searches and SOQL queries, and how foreign text gets into them.
//!
//! Sources: SOQL and SOSL Reference, "Quoted String Escape Sequences", "LIKE", "Reserved
//! Characters" and "FIND".

use super::lookup::PhoneFields;
use crate::calls::record::Timestamp;
use crate::config::settings::Lookup;
use std::collections::BTreeSet;

/// How many candidates a look-up fetches at most: what Salesforce gives in one answer.
pub(super) const CANDIDATES: usize = 2000;

/// Characters of a search expression: beyond, Salesforce drops the operators between its terms.
const LONGEST_EXPRESSION: usize = 4000;

/// Bytes of a query, as it travels in an address: Salesforce takes 16 kB with all headers.
const LONGEST_QUERY: usize = 10_000;

/// The look-up of all Accounts and Contacts that may have a phone in one of the forms: a SOSL
/// search, or SOQL queries; none if there is nothing to look for.
pub(super) fn by_phone(lookup: Lookup, forms: &[String], fields: &PhoneFields) -> Vec<String> {
    match lookup {
        Lookup::Sosl => {
            let search = alternatives(forms).map(|any| find_by_phone(&any, fields));
            Vec::from_iter(search)
        }
        Lookup::Soql => select_by_phone(forms, fields).unwrap_or_default(),
    }
}

/// How many of the numbers, given by their forms, one look-up takes, from the first one on; at
/// least one.
pub(super) fn fitting(lookup: Lookup, numbers: &[Vec<String>], fields: &PhoneFields) -> usize {
    let most = match lookup {
        Lookup::Sosl => LONGEST_EXPRESSION,
        Lookup::Soql => LONGEST_QUERY,
    };
    let length = |forms: &[String]| match lookup {
        Lookup::Sosl => {
            let expression = alternatives(forms).unwrap_or_default();
            expression.chars().count() + " OR ".len()
        }
        Lookup::Soql => {
            let queries = select_by_phone(forms, fields).unwrap_or_default();
            let lengths = queries.iter().map(|query| in_an_address(query));
            lengths.max().unwrap_or(0)
        }
    };
    let mut used = 0;
    let fits = |forms: &&Vec<String>| {
        used += length(forms);
        used <= most
    };
    numbers.iter().take_while(fits).count().max(1)
}

/// The bytes that a text takes there: three for all but letters and digits.
fn in_an_address(text: &str) -> usize {
    let bytes = text.bytes();
    bytes
        .map(|byte| if byte.is_ascii_alphanumeric() { 1 } else { 3 })
        .sum()
}

/// Characters that SOSL takes for operators or wildcards, hence escapes.
const SOSL_RESERVED: &str = "?&|!{}[]()^~*:\\\"'+-";

/// A quoted SOQL string.
fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for character in text.chars() {
        match character {
            '\'' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // Salesforce keeps no control characters; none can mean anything in a query.
            control if control.is_control() => quoted.push(' '),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// Plain digits, perhaps with a `*` behind for whatever follows them.
fn is_plain(text: &str) -> bool {
    let digits = text.strip_suffix('*').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A SOSL search term that means `text` and nothing else. What [`is_plain`] stays as it is;
/// everything else becomes a quoted phrase, so that no word is taken for `AND`, `OR` or `NOT`.
fn term(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut phrase = String::from('"');
    for character in text.chars() {
        if SOSL_RESERVED.contains(character) {
            phrase.push('\\');
        }
        phrase.push(if character.is_control() {
            ' '
        } else {
            character
        });
    }
    phrase.push('"');
    phrase
}

/// All forms as one search expression; `None` if there is nothing to look for (SOSL refuses
/// terms of one character).
fn alternatives(forms: &[String]) -> Option<String> {
    let terms: Vec<_> = forms
        .iter()
        .filter(|form| form.chars().count() > 1)
        .map(|form| term(form))
        .collect();
    (!terms.is_empty()).then(|| terms.join(" OR "))
}

/// The search for Accounts and Contacts that have one of the numbers in a phone field.
fn find_by_phone(expression: &str, fields: &PhoneFields) -> String {
    let mut returning = Vec::new();
    let mut add = |sobject: &str, read: Vec<&str>| {
        returning.push(format!("{sobject}({} LIMIT {CANDIDATES})", read.join(", ")));
    };
    add("Account", fields.read_of_account());
    if !fields.contact.is_empty() {
        add("Contact", fields.read_of_contact());
    }
    let returning = returning.join(", ");
    format!("FIND {{{expression}}} IN PHONE FIELDS RETURNING {returning}")
}

/// The queries for Accounts and for Contacts with a phone that holds the digits of one of the
/// forms, whatever is written between them. A form that ends with another one finds nothing that
/// the other one does not, so it is left out.
fn select_by_phone(forms: &[String], fields: &PhoneFields) -> Option<Vec<String>> {
    let digits: Vec<String> = forms
        .iter()
        .map(|form| {
            form.chars()
                .filter(char::is_ascii_digit)
                .collect::<String>()
        })
        .filter(|digits| digits.len() > 1)
        .collect();
    let mut shortest: Vec<&String> = digits
        .iter()
        .filter(|form| {
            !digits
                .iter()
                .any(|other| form != &other && form.ends_with(other.as_str()))
        })
        .collect();
    shortest.sort();
    shortest.dedup();
    if shortest.is_empty() {
        return None;
    }
    let select = |sobject: &str, read: Vec<&str>, phones: &[&str]| {
        let conditions = shortest.iter().flat_map(|digits| {
            let pattern: String = digits.chars().flat_map(|digit| ['%', digit]).collect();
            let one = move |phone| format!("{phone} LIKE '{pattern}%'");
            phones.iter().map(one)
        });
        let conditions: Vec<_> = conditions.collect();
        format!(
            "SELECT {} FROM {sobject} WHERE {} LIMIT {CANDIDATES}",
            read.join(", "),
            conditions.join(" OR ")
        )
    };
    let mut queries = vec![select("Account", fields.read_of_account(), &fields.account)];
    if !fields.contact.is_empty() {
        queries.push(select("Contact", fields.read_of_contact(), &fields.contact));
    }
    Some(queries)
}

/// The query for the Cases that may be those of some calls; Description cannot be filtered.
/// Cases without a phone are looked for only among those of `authors`: e-mail makes many.
pub(super) fn select_cases(phones: &[Option<&str>], authors: &[&str], since: Timestamp) -> String {
    let mut conditions = Vec::new();
    let known: Vec<_> = phones.iter().flatten().copied().collect();
    if !known.is_empty() {
        conditions.push(format!("SuppliedPhone IN ({})", literals(&known)));
    }
    if phones.contains(&None) {
        let authors = literals(authors);
        conditions.push(format!(
            "(SuppliedPhone = null AND CreatedById IN ({authors}))"
        ));
    }
    format!(
        "SELECT Id, AccountId, Description FROM Case WHERE CreatedDate >= {} AND ({}) \
         ORDER BY CreatedDate DESC",
        datetime(since),
        conditions.join(" OR ")
    )
}

/// The query for Accounts with one of the phones, the oldest first.
pub(super) fn select_accounts(phones: &[&str], since: Timestamp) -> String {
    format!(
        "SELECT Id, Name, Phone FROM Account WHERE Phone IN ({}) AND CreatedDate >= {} \
         ORDER BY CreatedDate, Id",
        literals(phones),
        datetime(since)
    )
}

/// The queries for the Accounts and the Contacts among some ids.
pub(super) fn select_candidates(ids: &[&str], fields: &PhoneFields) -> Vec<String> {
    let select = |sobject: &str, prefix: &str, read: Vec<&str>| {
        let ids = ids.iter().copied();
        let ids: Vec<&str> = ids.filter(|id| id.starts_with(prefix)).collect();
        let has_any = !ids.is_empty() && read.len() > 1;
        has_any.then(|| {
            let read = read.join(", ");
            format!(
                "SELECT {read} FROM {sobject} WHERE Id IN ({})",
                literals(&ids)
            )
        })
    };
    let contact = match fields.contact.is_empty() {
        true => Vec::new(),
        false => fields.read_of_contact(),
    };
    let accounts = select("Account", "001", fields.read_of_account());
    accounts
        .into_iter()
        .chain(select("Contact", "003", contact))
        .collect()
}

/// The query for an org's defaults of sharing.
pub(super) const SELECT_SHARING: &str =
    "SELECT DefaultAccountAccess, DefaultContactAccess, DefaultCaseAccess FROM Organization";

/// The query for the permission sets of a user, its profile's own among them.
pub(super) fn select_permission_sets(user: &str) -> String {
    let user = literal(user);
    format!("SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = {user}")
}

/// The query for what permission sets say of Accounts, Contacts and Cases.
pub(super) fn select_object_permissions(sets: &[&str]) -> String {
    let sets = literals(sets);
    format!(
        "SELECT SobjectType, PermissionsViewAllRecords, PermissionsModifyAllRecords \
         FROM ObjectPermissions WHERE ParentId IN ({sets}) \
         AND SobjectType IN ('Account', 'Contact', 'Case')"
    )
}

/// The query for the active duplicate rules of an sObject.
pub(super) fn select_duplicate_rules(sobject: &str) -> String {
    let sobject = literal(sobject);
    format!(
        "SELECT MasterLabel FROM DuplicateRule WHERE SobjectType = {sobject} AND IsActive = true"
    )
}

/// The query for active users by username.
pub(super) fn select_users(usernames: &[&str]) -> String {
    format!(
        "SELECT Id, Username FROM User WHERE Username IN ({}) AND IsActive = true",
        literals(usernames)
    )
}

/// Distinct quoted strings, as a list.
fn literals(texts: &[&str]) -> String {
    let distinct: BTreeSet<_> = texts.iter().map(|text| literal(text)).collect();
    Vec::from_iter(distinct).join(", ")
}

/// The query for the Tasks of some calls, by their references.
pub(super) fn select_tasks(references: &[&str], since: Timestamp) -> String {
    format!(
        "SELECT Id, CallObject FROM Task WHERE CallObject IN ({}) AND CreatedDate >= {}",
        literals(references),
        datetime(since)
    )
}

/// The query for Cases as they are now, by their ids.
pub(super) fn select_cases_now(ids: &[&str]) -> String {
    format!(
        "SELECT Id, AccountId, ContactId, IsClosed, Description FROM Case WHERE Id IN ({})",
        literals(ids)
    )
}

/// The query for a Case by its id.
pub(super) fn select_case(id: &str) -> String {
    format!("SELECT Id FROM Case WHERE Id = {}", literal(id))
}

/// The query for one field of a record; the names are the caller's to check.
pub(super) fn select_field(sobject: &str, id: &str, field: &str) -> String {
    format!("SELECT {field} FROM {sobject} WHERE Id = {}", literal(id))
}

/// A moment as SOQL writes it: whole seconds, rounded down, UTC.
fn datetime(moment: Timestamp) -> String {
    let seconds = moment.0.div_euclid(1_000_000);
    let moment = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn strings(forms: &[&str]) -> Vec<String> {
        forms.iter().map(|form| (*form).to_owned()).collect()
    }

    /// What Salesforce makes of a quoted text: the text, and what stands behind it.
    fn unquoted(text: &str, quote: char) -> (String, &str) {
        let mut characters = text.strip_prefix(quote).expect("a quote").char_indices();
        let mut content = String::new();
        while let Some((position, character)) = characters.next() {
            match character {
                '\\' => content.push(match characters.next().expect("an escaped character").1 {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    other => other,
                }),
                end if end == quote => return (content, &text[position + 2..]),
                other => content.push(other),
            }
        }
        panic!("{text} does not end");
    }

    #[test]
    fn hostile_text_stays_a_string() {
        assert_eq!(literal("x' OR Name LIKE '%"), r"'x\' OR Name LIKE \'%'");
        assert_eq!(literal("\\'"), r"'\\\''");
        assert_eq!(literal("a\nb\0c"), r"'a\nb c'");
    }

    #[test]
    fn hostile_text_stays_a_search_term() {
        let fields = PhoneFields::usual();
        let sosl = |forms: &[&str]| by_phone(Lookup::Sosl, &strings(forms), &fields).pop();
        assert_eq!(
            sosl(&["491*", "1} RETURNING User(Id", "OR", "5", ""]).unwrap(),
            "FIND {491* OR \"1\\} RETURNING User\\(Id\" OR \"OR\"} IN PHONE FIELDS \
             RETURNING Account(Id, Name, Phone LIMIT 2000), Contact(Id, Name, AccountId, Phone, \
             MobilePhone, HomePhone, OtherPhone, AssistantPhone LIMIT 2000)"
        );
        assert_eq!(sosl(&["5", ""]), None);
    }

    #[test]
    fn a_query_needs_only_the_shortest_forms() {
        let forms = strings(&[
            "49301234567",
            "0301234567",
            "301234567",
            "+49 30 1234567",
            "x",
            "7",
        ]);
        let select = |forms| select_by_phone(forms, &PhoneFields::usual());
        let queries = select(&forms).unwrap();
        assert_eq!(
            queries[0],
            "SELECT Id, Name, Phone FROM Account WHERE \
             Phone LIKE '%3%0%1%2%3%4%5%6%7%' LIMIT 2000"
        );
        assert!(queries[1].starts_with(
            "SELECT Id, Name, AccountId, Phone, MobilePhone, HomePhone, OtherPhone, \
             AssistantPhone FROM Contact WHERE Phone LIKE '%3%0%1%2%3%4%5%6%7%' \
             OR MobilePhone LIKE '%3%0%1%2%3%4%5%6%7%' OR"
        ));
        let forms = strings(&["12", "12", "34"]);
        assert!(
            select(&forms).unwrap()[0]
                .contains("WHERE Phone LIKE '%1%2%' OR Phone LIKE '%3%4%' LIMIT")
        );
        assert_eq!(select(&strings(&["'; --", "1"])), None);
    }

    #[test]
    fn moments_are_whole_seconds_of_utc() {
        assert_eq!(
            datetime(Timestamp(1_700_000_000_999_999)),
            "2023-11-14T22:13:20Z"
        );
        assert_eq!(datetime(Timestamp(-1)), "1969-12-31T23:59:59Z");
        assert_eq!(
            datetime(Timestamp(i64::MAX)).len(),
            "1970-01-01T00:00:00Z".len()
        );
    }

    proptest! {
        #[test]
        fn a_literal_means_its_text(text in any::<String>()) {
            let soql = format!("{} LIMIT 1", literal(&text));
            let (content, rest) = unquoted(&soql, '\'');
            let harmless = |c: char| if c.is_control() && !"\n\r\t".contains(c) { ' ' } else { c };
            prop_assert_eq!(content, text.chars().map(harmless).collect::<String>());
            prop_assert_eq!(rest, " LIMIT 1");
        }

        #[test]
        fn a_term_means_its_text(text in "\\PC{0,40}|[0-9'\"\\\\{}() ORAND*?-]{0,40}") {
            let expression = term(&text);
            if !is_plain(&text) {
                let (content, rest) = unquoted(&expression, '"');
                prop_assert_eq!(content, text);
                prop_assert_eq!(rest, "");
            } else {
                prop_assert_eq!(expression, text);
            }
        }

        #[test]
        fn a_number_never_ends_the_search_expression(forms in proptest::collection::vec(any::<String>(), 0..5)) {
            if let Some(sosl) = by_phone(Lookup::Sosl, &forms, &PhoneFields::usual()).pop() {
                let inside = sosl.strip_prefix("FIND {").unwrap();
                let behind = find_by_phone("", &PhoneFields::usual());
                let inside = inside.strip_suffix(behind.strip_prefix("FIND {").unwrap()).unwrap();
                let mut rest = inside;
                loop {
                    rest = if rest.starts_with('"') {
                        unquoted(rest, '"').1
                    } else {
                        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
                        rest.strip_prefix('*').unwrap_or(rest)
                    };
                    if rest.is_empty() { break; }
                    rest = rest.strip_prefix(" OR ").expect("an operator of ours");
                }
            }
        }
    }
}
