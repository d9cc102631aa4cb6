//! Which of several records with a caller's number is the caller. The rule, which README tells:
//!
//! 1. An Account that has the number itself, before those of Contacts; of several the one with
//!    the smallest id, as a rule the oldest. The Contact is the one of that Account that has the
//!    number too, if there is just one: a company's main number is nobody's own.
//! 2. Else the Contact that has it, and its Account; of several one that belongs to an Account,
//!    of these the one with the smallest id.
//!
//! The same records give the same answer every time. The Description names all others.

use crate::journal::Match;
use crate::messages::{cut, single_line};
use crate::salesforce::{AccountHit, ContactHit, Hits};
use std::collections::BTreeMap;

/// How many of the others are named.
const NAMED: usize = 10;

/// Characters of a name.
const NAME: usize = 80;

/// Whose the number is; `has` tells whether it is one of the phones. `None`: nobody's.
pub fn choose(hits: &Hits, has: impl Fn(&[String]) -> bool) -> Option<Match> {
    let accounts = hits.accounts.iter().filter(|hit| has(&hit.phones));
    let accounts: BTreeMap<&str, &AccountHit> =
        accounts.map(|hit| (hit.id.as_str(), hit)).collect();
    let contacts = hits.contacts.iter().filter(|hit| has(&hit.phones));
    let contacts: BTreeMap<&str, &ContactHit> =
        contacts.map(|hit| (hit.id.as_str(), hit)).collect();
    let account = accounts.values().next();
    let (account_id, contact_id, name) = match account {
        Some(account) => {
            let of_account = |hit: &&&ContactHit| hit.account_id.as_ref() == Some(&account.id);
            let mut colleagues = contacts.values().filter(of_account);
            let only = colleagues.next().filter(|_| colleagues.next().is_none());
            let contact = only.map(|hit| &hit.id).or(account.contact_id.as_ref());
            (Some(&account.id), contact, &account.name)
        }
        None => {
            let contact = contacts
                .values()
                .min_by_key(|hit| (hit.account_id.is_none(), &hit.id))?;
            (
                contact.account_id.as_ref(),
                Some(&contact.id),
                &contact.name,
            )
        }
    };
    let of_accounts = accounts.values().map(|hit| (&hit.id, &hit.name));
    let of_accounts = of_accounts.filter(|(id, _)| Some(*id) != account_id);
    let of_contacts = contacts.values().map(|hit| (&hit.id, &hit.name));
    let of_contacts = of_contacts.filter(|(id, _)| Some(*id) != contact_id);
    Some(Match {
        account_id: account_id.cloned(),
        contact_id: contact_id.cloned(),
        name: name.clone(),
        others: named(of_accounts.chain(of_contacts)),
        ..Match::default()
    })
}

/// Records, by id and name, as a Description names them.
pub fn named<'a>(records: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<String> {
    let words = records.map(|(id, name)| {
        let name = single_line(name);
        format!("{} ({id})", cut(&name, NAME))
            .trim_start()
            .to_owned()
    });
    let mut words: Vec<String> = words.take(NAMED + 1).collect();
    if words.len() > NAMED {
        words.truncate(NAMED);
        words.push("…".to_owned());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str, phone: &str) -> AccountHit {
        AccountHit {
            id: id.to_owned(),
            name: format!("Account {id}"),
            contact_id: None,
            phones: vec![phone.to_owned()],
        }
    }

    fn contact(id: &str, account: Option<&str>, phone: &str) -> ContactHit {
        ContactHit {
            id: id.to_owned(),
            name: format!("Contact {id}"),
            account_id: account.map(str::to_owned),
            phones: vec!["0".to_owned(), phone.to_owned()],
        }
    }

    fn chosen(accounts: &[AccountHit], contacts: &[ContactHit]) -> Option<Match> {
        let hits = Hits {
            accounts: accounts.to_vec(),
            contacts: contacts.to_vec(),
        };
        choose(&hits, |phones| phones.iter().any(|phone| phone == "1"))
    }

    fn ids(chosen: &Match) -> (Option<&str>, Option<&str>) {
        (chosen.account_id.as_deref(), chosen.contact_id.as_deref())
    }

    #[test]
    fn the_account_with_the_number_goes_first_and_the_others_are_named() {
        let accounts = [
            account("0013", "1"),
            account("0012", "1"),
            account("0011", "2"),
        ];
        let contacts = [contact("0031", Some("0014"), "1")];
        let found = chosen(&accounts, &contacts).unwrap();
        assert_eq!(ids(&found), (Some("0012"), None));
        assert_eq!(found.name, "Account 0012");
        assert_eq!(found.others, ["Account 0013 (0013)", "Contact 0031 (0031)"]);
    }

    #[test]
    fn its_contact_only_if_nobody_else_there_has_the_number() {
        let accounts = [account("0011", "1")];
        let one = contact("0031", Some("0011"), "1");
        let elsewhere = contact("0030", Some("0012"), "1");
        let found = chosen(&accounts, &[elsewhere.clone(), one.clone()]).unwrap();
        assert_eq!(ids(&found), (Some("0011"), Some("0031")));
        assert_eq!(found.others, ["Contact 0030 (0030)"]);
        let two = contact("0032", Some("0011"), "1");
        let found = chosen(&accounts, &[one, two]).unwrap();
        assert_eq!(ids(&found), (Some("0011"), None));
        assert_eq!(found.others, ["Contact 0031 (0031)", "Contact 0032 (0032)"]);
    }

    #[test]
    fn a_contact_brings_its_account() {
        let contacts = [
            contact("0031", None, "1"),
            contact("0033", Some("0019"), "1"),
            contact("0032", Some("0018"), "1"),
            contact("0032", Some("0018"), "1"),
            contact("0030", Some("0017"), "2"),
        ];
        let found = chosen(&[], &contacts).unwrap();
        assert_eq!(ids(&found), (Some("0018"), Some("0032")));
        assert_eq!(found.name, "Contact 0032");
        assert_eq!(found.others, ["Contact 0031 (0031)", "Contact 0033 (0033)"]);
        let alone = chosen(&[], &contacts[..1]).unwrap();
        assert_eq!(ids(&alone), (None, Some("0031")));
    }

    #[test]
    fn a_person_account_is_its_contact_and_not_another_record() {
        let mut person = account("0011", "1");
        person.contact_id = Some("0031".to_owned());
        let found = chosen(&[person.clone()], &[]).unwrap();
        assert_eq!(ids(&found), (Some("0011"), Some("0031")));
        let found = chosen(&[person], &[contact("0031", Some("0011"), "1")]).unwrap();
        assert_eq!(ids(&found), (Some("0011"), Some("0031")));
        assert!(found.others.is_empty());
    }

    #[test]
    fn nobody_and_very_many() {
        assert_eq!(chosen(&[account("0011", "2")], &[]), None);
        let many: Vec<_> = (10..40).map(|n| account(&format!("00{n}"), "1")).collect();
        let found = chosen(&many, &[]).unwrap();
        assert_eq!(found.others.len(), NAMED + 1);
        assert_eq!(found.others.last().unwrap(), "…");
    }
}
