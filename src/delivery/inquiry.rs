//! What the dialplan wants to know of a number while a call waits for it: the question, the
//! field, and what is told.

use super::guard;
use super::policy::after;
use crate::calls::record::Timestamp;
use crate::journal::{Match, Viewer, now};
use crate::messages::{cut, single_line};
use crate::salesforce::is_field_path;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

/// Characters of a value: what is longer, a variable of the dialplan may not hold either.
const LONGEST: usize = 1000;

/// A question about a number.
pub struct Inquiry {
    /// Which field, as it was written.
    pub field: String,
    /// The number as it was sent; `None`: withheld.
    pub number: Option<String>,
    /// As whom it is asked (section name), if that was said.
    pub user: Option<String>,
    /// Whose extension is called, if that is known: the one to ask as otherwise.
    pub called: Option<String>,
    /// Gets the answer, from another thread and perhaps too late. It is dropped if the delivery
    /// ends before.
    pub reply: InquiryReply,
}

/// Takes what is told.
pub type InquiryReply = Box<dyn FnOnce(Told) + Send>;

/// What came of an inquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The field of the Account or Contact with the number; perhaps empty.
    Found(String),
    /// Nobody has the number, or it is none.
    NotFound,
    /// Too many are waiting already.
    TooLate,
    /// No such field, or Salesforce cannot be asked.
    Error,
    /// The interface is stopped.
    Stopped,
    /// There is nobody as whom Salesforce could be asked.
    NoUser,
}

impl Told {
    /// A value as the dialplan may have it: one line without control characters.
    pub fn value(text: &str) -> Told {
        Told::Found(cut(&single_line(text), LONGEST).to_owned())
    }
}

/// Account or Contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sobject {
    Account,
    Contact,
}

impl Sobject {
    pub fn name(self) -> &'static str {
        match self {
            Sobject::Account => "Account",
            Sobject::Contact => "Contact",
        }
    }
}

/// What the function's first argument names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// The name of the record that has the number.
    Name,
    /// The Contact's id if there is one, else the Account's.
    Id,
    AccountId,
    ContactId,
    /// Where the record that [`Id`](Self::Id) names is seen.
    Link,
    /// How many other records have the number.
    Others,
    /// A field of the Account, the Contact or, `None`, of the record that [`Id`](Self::Id) names.
    Named(Option<Sobject>, String),
}

/// What is to be known for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Nothing more.
    Done(Told),
    /// This field of this record.
    Value(Sobject, String, String),
}

impl Field {
    /// Reads the argument; `None`: it is no field's name.
    pub fn read(text: &str) -> Option<Field> {
        Some(match text.to_ascii_lowercase().as_str() {
            "name" => Field::Name,
            "id" => Field::Id,
            "account_id" => Field::AccountId,
            "contact_id" => Field::ContactId,
            "account" => Field::Named(Some(Sobject::Account), "Name".to_owned()),
            "contact" => Field::Named(Some(Sobject::Contact), "Name".to_owned()),
            "link" => Field::Link,
            "others" => Field::Others,
            _ if !is_field_path(text) => return None,
            _ => {
                let of = [Sobject::Account, Sobject::Contact].into_iter();
                let named = of.into_iter().find_map(|sobject| {
                    let (first, rest) = text.split_once('.')?;
                    first
                        .eq_ignore_ascii_case(sobject.name())
                        .then(|| Field::Named(Some(sobject), rest.to_owned()))
                });
                named.unwrap_or_else(|| Field::Named(None, text.to_owned()))
            }
        })
    }

    /// The field of these records; `url`: where the org's records are seen.
    pub fn of(&self, matched: &Match, url: &str) -> Need {
        let account = matched.account_id.as_deref();
        let contact = matched.contact_id.as_deref();
        let text = |text: Option<&str>| Need::Done(Told::value(text.unwrap_or_default()));
        match self {
            Field::Name => text(Some(&matched.name)),
            Field::Id => text(contact.or(account)),
            Field::AccountId => text(account),
            Field::ContactId => text(contact),
            Field::Link => match contact.or(account) {
                Some(id) => text(Some(&format!("{}/{id}", url.trim_end_matches('/')))),
                None => text(None),
            },
            Field::Others => {
                let others = matched.others.iter();
                text(Some(
                    &others.filter(|other| *other != "…").count().to_string(),
                ))
            }
            Field::Named(of, path) => {
                let sobject = of.unwrap_or(match contact {
                    Some(_) => Sobject::Contact,
                    None => Sobject::Account,
                });
                let (id, other) = match sobject {
                    Sobject::Account => (account, contact),
                    Sobject::Contact => (contact, account),
                };
                match id {
                    None => text(None),
                    // The one record's name is known; of two, it may be either's.
                    Some(_) if other.is_none() && path.eq_ignore_ascii_case("name") => {
                        text(Some(&matched.name))
                    }
                    Some(id) => Need::Value(sobject, id.to_owned(), path.clone()),
                }
            }
        }
    }
}

/// Who asks, record and field in lower case.
type Key = (Viewer, String, String);

/// Values of fields that were asked for a while ago; `None`: the record was gone.
#[derive(Default)]
pub struct Values(Mutex<HashMap<Key, (Option<String>, Timestamp)>>);

impl Values {
    /// More are not kept.
    const MOST: usize = 10_000;

    fn key(viewer: &Viewer, id: &str, path: &str) -> Key {
        (viewer.clone(), id.to_owned(), path.to_ascii_lowercase())
    }

    /// What is told of the field, if that is known.
    pub fn told(&self, viewer: &Viewer, id: &str, path: &str) -> Option<Told> {
        let values = guard(&self.0);
        let (value, until) = values.get(&Self::key(viewer, id, path))?;
        (*until > now()).then(|| match value {
            Some(value) => Told::value(value),
            None => Told::NotFound,
        })
    }

    /// Keeps a value for a while.
    pub fn keep(
        &self,
        viewer: &Viewer,
        id: &str,
        path: &str,
        value: Option<String>,
        fresh: Duration,
    ) {
        let mut values = guard(&self.0);
        if values.len() >= Self::MOST {
            let now = now();
            values.retain(|_, (_, until)| *until > now);
        }
        if values.len() < Self::MOST {
            values.insert(Self::key(viewer, id, path), (value, after(now(), fresh)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(account: Option<&str>, contact: Option<&str>) -> Match {
        Match {
            account_id: account.map(str::to_owned),
            contact_id: contact.map(str::to_owned),
            name: "Erika\r\nMuster".to_owned(),
            others: vec!["Other (001B)".to_owned(), "…".to_owned()],
            ..Match::default()
        }
    }

    fn told(field: &str, matched: &Match) -> String {
        match Field::read(field).unwrap().of(matched, "https://acme/") {
            Need::Done(Told::Found(value)) => value,
            Need::Done(told) => panic!("{told:?}"),
            Need::Value(sobject, id, path) => format!("{}({id}).{path}", sobject.name()),
        }
    }

    #[test]
    fn fields_are_told_of_the_records() {
        let both = matched(Some("001A"), Some("003A"));
        for (field, value) in [
            ("name", "Erika Muster"),
            ("NAME", "Erika Muster"),
            ("id", "003A"),
            ("account_id", "001A"),
            ("contact_id", "003A"),
            ("link", "https://acme/003A"),
            ("others", "1"),
            ("account", "Account(001A).Name"),
            ("contact", "Contact(003A).Name"),
            ("Account.Owner.Name", "Account(001A).Owner.Name"),
            ("contact.Title", "Contact(003A).Title"),
            ("Title", "Contact(003A).Title"),
            ("Owner.Name", "Contact(003A).Owner.Name"),
        ] {
            assert_eq!(told(field, &both), value, "{field}");
        }
        let account = matched(Some("001A"), None);
        for (field, value) in [
            ("id", "001A"),
            ("contact_id", ""),
            ("link", "https://acme/001A"),
            ("account", "Erika Muster"),
            ("contact", ""),
            ("Contact.Title", ""),
            ("Industry", "Account(001A).Industry"),
        ] {
            assert_eq!(told(field, &account), value, "{field}");
        }
        let contact = matched(None, Some("003A"));
        for (field, value) in [
            ("contact", "Erika Muster"),
            ("account", ""),
            ("account_id", ""),
        ] {
            assert_eq!(told(field, &contact), value, "{field}");
        }
    }

    #[test]
    fn what_is_no_field_is_not_asked_for() {
        for field in [
            "",
            "Account.",
            "Name FROM User",
            "a'b",
            "${x}",
            "Account..Name",
        ] {
            assert_eq!(Field::read(field), None, "{field}");
        }
    }

    #[test]
    fn values_are_kept_for_a_while() {
        let values = Values::default();
        let hour = Duration::from_secs(3600);
        let me = Viewer::new("00D", "005");
        values.keep(&me, "001", "Industry", Some("Energy".to_owned()), hour);
        values.keep(&me, "002", "Industry", None, hour);
        values.keep(
            &me,
            "003",
            "Industry",
            Some("Old".to_owned()),
            Duration::ZERO,
        );
        let told = |viewer, id, path| values.told(viewer, id, path);
        assert_eq!(told(&me, "001", "industry"), Some(Told::value("Energy")));
        assert_eq!(told(&me, "002", "Industry"), Some(Told::NotFound));
        let others = [Viewer::new("00E", "005"), Viewer::new("00D", "006")];
        for (viewer, id, path) in [
            (&me, "003", "Industry"),
            (&others[0], "001", "Industry"),
            (&others[1], "001", "Industry"),
            (&me, "001", "Name"),
        ] {
            assert_eq!(told(viewer, id, path), None, "{viewer:?} {id} {path}");
        }
    }
}
