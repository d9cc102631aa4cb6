//! The calls, drawn from the seed: the same ones for every process that asks.

use res_ansitel_salesforce::calls::record::{CallRecord, Caller, Outcome, Reason, Timestamp};
use res_ansitel_salesforce::journal;

/// The orgs, each with users of its own and all numbers.
pub const ORGS: [&str; 2] = ["acme", "beta"];

/// Field on which one user's Cases are upserted.
pub const EXTERNAL_ID: &str = "Reference__c";

/// Callers of this name are refused while a validation rule forbids it.
pub const UNWANTED: &str = "Mallory";

/// Numbers that have an Account from the start, in each org.
pub const KNOWN: u32 = 10;

/// A Salesforce user.
#[derive(Debug)]
pub struct User {
    pub name: &'static str,
    pub org: &'static str,
    pub at_answer: bool,
    pub creates_accounts: bool,
    pub upserts: bool,
}

const fn user(name: &'static str, org: &'static str) -> User {
    User {
        name,
        org,
        at_answer: false,
        creates_accounts: true,
        upserts: false,
    }
}

pub const USERS: [User; 6] = [
    user("anna", "acme"),
    User {
        at_answer: true,
        ..user("bert", "acme")
    },
    User {
        upserts: true,
        ..user("carl", "acme")
    },
    User {
        creates_accounts: false,
        ..user("dora", "acme")
    },
    user("emil", "beta"),
    User {
        at_answer: true,
        ..user("fred", "beta")
    },
];

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// Somebody who does not say so.
    Withheld,
    /// No number at all, as SIP allows.
    Name,
    /// Somebody with an Account.
    Known(u32),
    /// Somebody who gets one, by whichever call comes first.
    New(u32),
    /// Somebody who has none and gets none.
    Stranger(u32),
}

impl From {
    /// The digits after the country's code.
    fn digits(self) -> Option<String> {
        match self {
            From::Withheld | From::Name => None,
            From::Known(n) => Some(format!("309{n:06}")),
            From::New(n) => Some(format!("308{n:06}")),
            From::Stranger(n) => Some(format!("307{n:06}")),
        }
    }

    /// The number as Salesforce gets it.
    pub fn e164(self) -> Option<String> {
        Some(format!("+49{}", self.digits()?))
    }
}

/// A call, counted from 0.
#[derive(Debug)]
pub struct Call {
    pub number: usize,
    pub user: &'static User,
    pub from: From,
    unwanted: bool,
    answered: bool,
    /// In which of the usual ways the number is written.
    form: u8,
}

/// Call `number` of `count`.
pub fn draw(seed: u64, number: usize, count: usize) -> Call {
    let mut random = fastrand::Rng::with_seed(seed ^ (number as u64 + 1).wrapping_mul(0x9e37_79b9));
    let user = &USERS[random.usize(..USERS.len())];
    // Some call again and again.
    let repeated = |random: &mut fastrand::Rng| {
        let pool = (count as u32 / 3).max(10);
        let pool = if random.u8(..3) == 0 { 20 } else { pool };
        random.u32(..pool)
    };
    let from = match random.u8(..100) {
        0..12 => From::Withheld,
        12..15 => From::Name,
        15..30 => From::Known(random.u32(..KNOWN)),
        _ if user.creates_accounts => From::New(repeated(&mut random)),
        _ => From::Stranger(repeated(&mut random)),
    };
    Call {
        number,
        user,
        from,
        unwanted: random.u8(..50) == 0,
        answered: user.at_answer || random.bool(),
        form: random.u8(..4),
    }
}

/// The number of the call that has this reference.
pub fn number_of(reference: &str) -> Option<usize> {
    reference.strip_prefix("pbx-")?.parse().ok()
}

impl Call {
    pub fn reference(&self) -> String {
        format!("pbx-{:06}", self.number)
    }

    /// The caller's number as the network sends it.
    pub fn sent(&self) -> Option<String> {
        let Some(digits) = self.from.digits() else {
            return (self.from == From::Name).then(|| "reception".to_owned());
        };
        Some(match self.form {
            0 => format!("+49{digits}"),
            1 => format!("0{digits}"),
            2 => format!("0049{digits}"),
            _ => format!("({}) {}", "030", &digits[2..]),
        })
    }

    /// What the tracker says at the end, or while it runs.
    pub fn record(&self, running: bool) -> CallRecord {
        let now = journal::now();
        let ago = |seconds: i64| Timestamp(now.0 - seconds * 1_000_000);
        let (outcome, reason) = if self.answered {
            (Outcome::Answered, Reason::Answered)
        } else {
            (Outcome::Lost, Reason::GaveUp)
        };
        CallRecord {
            reference: self.reference(),
            user: self.user.name.to_owned(),
            extension: "100".to_owned(),
            outcome,
            reason,
            caller: Caller {
                number: self.sent(),
                name: self.unwanted.then(|| UNWANTED.to_owned()),
                withheld: self.from == From::Withheld,
            },
            dialled: None,
            queue: None,
            started: ago(9),
            rang: Some(ago(8)),
            rang_until: None,
            answered: self.answered.then(|| ago(4)),
            ended: (!running).then_some(now),
            steps: Vec::new(),
        }
    }
}
