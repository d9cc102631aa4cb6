//! Which Accounts and Contacts have a number: one search, or two queries, for many numbers.
//!
//! Asked for are the phone fields that every org has. Where the session's user may not see one of
//! them, or the org has Person Accounts (whose further phones are fields of the Account), the
//! session learns from Salesforce's descriptions which fields there are, once.

use super::client::{Client, encoded, no_thread};
use super::error::{Action, Error};
use super::http::Effect;
use super::rest::{self, Found, PhoneRow, fits};
use super::{Session, query};
use crate::config::settings::Lookup;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use ureq::http::Request;

/// An Account that a look-up found; its numbers are still to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountHit {
    /// Record id (18 characters).
    pub id: String,
    /// Name.
    pub name: String,
    /// The Contact that a Person Account is at the same time, where the answer says so.
    pub contact_id: Option<String>,
    /// The phone fields that are not empty, as they are stored.
    pub phones: Vec<String>,
}

/// A Contact that a look-up found; its numbers are still to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactHit {
    /// Record id (18 characters).
    pub id: String,
    /// Name.
    pub name: String,
    /// Its Account's id.
    pub account_id: Option<String>,
    /// The phone fields that are not empty, as they are stored.
    pub phones: Vec<String>,
}

/// What a look-up found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    /// Accounts, Person Accounts included.
    pub accounts: Vec<AccountHit>,
    /// Contacts; in an org with Person Accounts these may be among them.
    pub contacts: Vec<ContactHit>,
}

impl Hits {
    /// These, too.
    pub fn extend(&mut self, others: Hits) {
        self.accounts.extend(others.accounts);
        self.contacts.extend(others.contacts);
    }

    /// Takes a row of an answer that is an Account or a Contact.
    pub(super) fn take(&mut self, row: PhoneRow) {
        if row.is_a("Account", "001") {
            self.accounts.push(row.into());
        } else if row.is_a("Contact", "003") {
            self.contacts.push(row.into());
        }
    }

    fn len(&self) -> usize {
        self.accounts.len() + self.contacts.len()
    }
}

/// The phone fields of an Account and, where they are Person Accounts, of the person.
const OF_ACCOUNTS: &[&str] = &[
    "Phone",
    "PersonMobilePhone",
    "PersonHomePhone",
    "PersonOtherPhone",
    "PersonAssistantPhone",
];

/// The field of a Person Account that names its Contact.
const PERSON: &str = "PersonContactId";

/// The phone fields of a Contact.
const OF_CONTACTS: &[&str] = &[
    "Phone",
    "MobilePhone",
    "HomePhone",
    "OtherPhone",
    "AssistantPhone",
];

/// Which fields a look-up reads and compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PhoneFields {
    /// Phone fields of Account.
    pub account: Vec<&'static str>,
    /// Is there a [`PERSON`]?
    person: bool,
    /// Phone fields of Contact; empty: Contacts cannot be looked for.
    pub contact: Vec<&'static str>,
}

impl PhoneFields {
    /// What every org has.
    pub(super) fn usual() -> PhoneFields {
        PhoneFields {
            account: vec![OF_ACCOUNTS[0]],
            person: false,
            contact: OF_CONTACTS.to_vec(),
        }
    }

    /// All fields that are read of an Account.
    pub(super) fn read_of_account(&self) -> Vec<&'static str> {
        let person = self.person.then_some(PERSON);
        let own = ["Id", "Name"].into_iter().chain(person);
        own.chain(self.account.iter().copied()).collect()
    }

    /// All fields that are read of a Contact.
    pub(super) fn read_of_contact(&self) -> Vec<&'static str> {
        let own = ["Id", "Name", "AccountId"].into_iter();
        own.chain(self.contact.iter().copied()).collect()
    }
}

/// What a session has learned about the phone fields; shared by its copies.
#[derive(Debug, Clone, Default)]
pub(super) struct Learned(Arc<Mutex<Option<PhoneFields>>>);

impl Learned {
    fn get(&self) -> Option<PhoneFields> {
        let learned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        learned.clone()
    }

    fn set(&self, fields: PhoneFields) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(fields);
    }
}

impl Session {
    /// The fields by which its look-ups compare.
    pub(super) fn fields_of_phones(&self) -> PhoneFields {
        self.phone_fields.get().unwrap_or_else(PhoneFields::usual)
    }

    /// The phone fields of Contact that look-ups leave out, since the user may not read them.
    pub fn unseen_phones(&self) -> Vec<&'static str> {
        let Some(fields) = self.phone_fields.get() else {
            return Vec::new();
        };
        let all = OF_CONTACTS.iter().copied();
        all.filter(|name| !fields.contact.contains(name)).collect()
    }
}

impl Client {
    /// Accounts and Contacts that may have one of the numbers; the caller compares. `numbers`:
    /// for each, its digits in all ways of writing; empty ones find nothing. As many numbers go
    /// into one request as Salesforce takes.
    ///
    /// A search (SOSL) sees new and changed records only after minutes; queries (SOQL), one for
    /// Accounts and one for Contacts, see them at once, but read through all of them.
    pub fn find_by_phone(
        &self,
        session: &Session,
        lookup: Lookup,
        numbers: &[Vec<String>],
    ) -> Result<Hits, Error> {
        self.find_with_fields(session, lookup, numbers)
            .map_err(|error| session.explain(error, "looking for the number"))
    }

    fn find_with_fields(
        &self,
        session: &Session,
        lookup: Lookup,
        numbers: &[Vec<String>],
    ) -> Result<Hits, Error> {
        if let Some(fields) = session.phone_fields.get() {
            return self.find(session, lookup, numbers, &fields);
        }
        let usual = PhoneFields::usual();
        let found = self.find(session, lookup, numbers, &usual);
        match &found {
            Ok(hits) if !has_riddle(hits, numbers) => return found,
            Err(error) if !is_of_question(error) => return found,
            Ok(_) | Err(_) => {}
        }
        let fields = match (self.learn_phone_fields(session), &found) {
            (Ok(fields), _) if fields != usual => fields,
            (Err(error), _) if !is_refused(&error) => return Err(error),
            // What was found counts; the question is not asked again.
            (_, Ok(_)) => usual.clone(),
            // As it should be, and refused all the same.
            (_, Err(_)) => PhoneFields {
                contact: Vec::new(),
                ..usual.clone()
            },
        };
        // Without Accounts, everybody would be taken for a new caller.
        if fields.account.is_empty() {
            return found;
        }
        let again = if fields == usual {
            found
        } else {
            // The first refusal says more.
            let again = self.find(session, lookup, numbers, &fields);
            again.map_err(|error| match found {
                Err(first) if is_refused(&error) => first,
                _ => error,
            })
        };
        if again.is_ok() {
            session.phone_fields.set(fields);
        }
        again
    }

    /// Which phone fields the session's user may read.
    fn learn_phone_fields(&self, session: &Session) -> Result<PhoneFields, Error> {
        let readable = |sobject, names: &[&'static str]| match self.describe(session, sobject) {
            Ok(described) => {
                let there = names
                    .iter()
                    .copied()
                    .filter(|name| described.field(name).is_some());
                Ok((there.collect(), described.field(PERSON).is_some()))
            }
            // Not a thing of this user's.
            Err(error) if error.has_code(&["NOT_FOUND", "INVALID_TYPE"]) => Ok((Vec::new(), false)),
            Err(error) => Err(error),
        };
        let (account, person) = readable("Account", OF_ACCOUNTS)?;
        let (contact, _) = readable("Contact", OF_CONTACTS)?;
        Ok(PhoneFields {
            account,
            person,
            contact,
        })
    }

    /// In as few requests as that takes, all at the same time: a look-up takes one round trip,
    /// however many numbers there are.
    fn find(
        &self,
        session: &Session,
        lookup: Lookup,
        numbers: &[Vec<String>],
        fields: &PhoneFields,
    ) -> Result<Hits, Error> {
        let mut portions = Vec::new();
        let mut rest = numbers;
        while !rest.is_empty() {
            let (portion, others) = rest.split_at(query::fitting(lookup, rest, fields));
            portions.push(portion);
            rest = others;
        }
        self.find_all(session, lookup, &portions, fields)
    }

    fn find_all(
        &self,
        session: &Session,
        lookup: Lookup,
        portions: &[&[Vec<String>]],
        fields: &PhoneFields,
    ) -> Result<Hits, Error> {
        let find = |portion| self.find_portion(session, lookup, portion, fields);
        let Some((mine, others)) = portions.split_first() else {
            return Ok(Hits::default());
        };
        let found: Vec<Result<Hits, Error>> = thread::scope(|scope| {
            let spawn = |portion| {
                let thread = thread::Builder::new().name("sf-search".into());
                thread.spawn_scoped(scope, move || find(portion))
            };
            let threads: Vec<_> = others.iter().map(|portion| spawn(*portion)).collect();
            let mut found = vec![find(mine)];
            found.extend(threads.into_iter().map(|thread| match thread {
                Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                Err(_) => Err(no_thread()),
            }));
            found
        });
        let mut all = Hits::default();
        for hits in found {
            all.extend(hits?);
        }
        Ok(all)
    }

    fn find_portion(
        &self,
        session: &Session,
        lookup: Lookup,
        numbers: &[Vec<String>],
        fields: &PhoneFields,
    ) -> Result<Hits, Error> {
        match self.find_together(session, lookup, numbers, fields) {
            Ok(found) if numbers.len() < 2 || found.len() < query::CANDIDATES => return Ok(found),
            // Some may be missing, so that each number gets room of its own; one after the other,
            // for such answers are large.
            Ok(_) => {}
            Err(error) if numbers.len() > 1 && error.is_of_too_much() => {}
            Err(error) => return Err(error),
        }
        let (left, right) = numbers.split_at(numbers.len() / 2);
        let mut found = self.find_portion(session, lookup, left, fields)?;
        found.extend(self.find_portion(session, lookup, right, fields)?);
        Ok(found)
    }

    fn find_together(
        &self,
        session: &Session,
        lookup: Lookup,
        numbers: &[Vec<String>],
        fields: &PhoneFields,
    ) -> Result<Hits, Error> {
        let mut found = Hits::default();
        for text in query::by_phone(lookup, &numbers.concat(), fields) {
            for row in self.ask(session, lookup, &text)? {
                found.take(row);
            }
        }
        Ok(found)
    }

    fn ask(&self, session: &Session, lookup: Lookup, text: &str) -> Result<Vec<PhoneRow>, Error> {
        if lookup == Lookup::Soql {
            let mut rows = Vec::new();
            self.query(session, text, |row| {
                if rows.len() < query::CANDIDATES {
                    rows.push(row);
                }
            })?;
            return Ok(rows);
        }
        let request = Request::get(self.url(session, &format!("/search?q={}", encoded(text))));
        let answer = self.call(session, request, &[], Effect::Read)?;
        let found: Found<PhoneRow> = rest::read(&answer, Effect::Read)?;
        Ok(found.records)
    }
}

/// Is it the question that was refused, and not who asks?
fn is_of_question(error: &Error) -> bool {
    error.action() == Action::FailCall || error.has_code(&["INVALID_FIELD", "INVALID_TYPE"])
}

fn is_refused(error: &Error) -> bool {
    matches!(error.action(), Action::FailCall | Action::PauseUser)
}

/// Is there an Account whose phone does not tell why it was found? The phone that does may be a
/// Person Account's.
fn has_riddle(hits: &Hits, numbers: &[Vec<String>]) -> bool {
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    let forms: Vec<String> = numbers.iter().flatten().map(|form| digits(form)).collect();
    let is_explained = |hit: &AccountHit| {
        let stored = hit.phones.iter().map(|phone| digits(phone));
        let mut stored = stored.filter(|stored| !stored.is_empty());
        stored.any(|stored| forms.iter().any(|form| stored.contains(form.as_str())))
    };
    !hits.accounts.iter().all(is_explained)
}

impl From<PhoneRow> for AccountHit {
    fn from(mut row: PhoneRow) -> AccountHit {
        AccountHit {
            id: row.id.clone(),
            name: row
                .name
                .take()
                .filter(|name| fits(name))
                .unwrap_or_default(),
            contact_id: row.person.take(),
            phones: row.phones(),
        }
    }
}

impl From<PhoneRow> for ContactHit {
    fn from(mut row: PhoneRow) -> ContactHit {
        ContactHit {
            id: row.id.clone(),
            name: row
                .name
                .take()
                .filter(|name| fits(name))
                .unwrap_or_default(),
            account_id: row.account_id.take(),
            phones: row.phones(),
        }
    }
}
