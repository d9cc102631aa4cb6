//! What the journal keeps.

use crate::calls::record::{CallRecord, Timestamp};
use std::fmt;

/// Where a call stands; transitions are in the [journal's](crate::journal) table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Answered and still running; its Case may exist already, without an end.
    Open,
    /// To be delivered.
    Pending,
    /// Its Case is being written.
    Sending,
    /// Salesforce has confirmed the Case, its end included.
    Delivered,
    /// Salesforce refuses it.
    Failed,
    /// Given up by the administrator.
    Discarded,
}

impl State {
    pub(super) const ALL: [State; 6] = [
        State::Open,
        State::Pending,
        State::Sending,
        State::Delivered,
        State::Failed,
        State::Discarded,
    ];

    /// The word in the file and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Pending => "pending",
            State::Sending => "sending",
            State::Delivered => "delivered",
            State::Failed => "failed",
            State::Discarded => "discarded",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A call in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its number in this journal, never used again; what `salesforce retry` takes.
    pub id: i64,
    /// What the tracker says about it.
    pub record: CallRecord,
    /// Where it stands.
    pub state: State,
    /// The tracker has not said yet that it is over.
    pub running: bool,
    /// What the newest attempt to create the Case said of the call, which was still running: the
    /// Case lacks the rest. `None`: it said all.
    pub written: Option<CallRecord>,
    /// A former attempt may have written the Case: look for it first.
    pub in_doubt: bool,
    /// The SuppliedPhone that the newest attempt sent.
    pub sent_phone: Option<String>,
    /// The org it was sent to, 18 characters.
    pub org: Option<String>,
    /// Its Case, once Salesforce has confirmed that. In [`State::Pending`]: it is to be completed.
    pub case_id: Option<String>,
    /// The Account that the Case belongs to.
    pub account_id: Option<String>,
    /// Attempts that came to nothing.
    pub attempts: u32,
    /// When it is due, while pending.
    pub next_due: Timestamp,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When the tracker said that it is over, or the journal took it up cut off.
    pub over: Option<Timestamp>,
    /// When it came into the journal.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

/// What is remembered about a number in an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAccount {
    /// The Account; `None`: we began to create it and do not know whether that worked.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// We created it, so that a search that does not find it proves nothing.
    pub created_by_us: bool,
    /// When that was, or when Salesforce last said so.
    pub at: Timestamp,
}

/// What changes of what is remembered about a number (E.164) in an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// We begin to create an Account for it.
    Begin {
        /// The number.
        number: String,
        /// The Account's name.
        name: String,
    },
    /// It has an Account.
    Remember {
        /// The number.
        number: String,
        /// The Account.
        id: String,
        /// Its name.
        name: String,
        /// We created it.
        created_by_us: bool,
    },
    /// Nothing is known about it.
    Forget(String),
}

impl AccountChange {
    /// [`Remember`](Self::Remember).
    pub fn remember(number: &str, id: &str, name: &str, created_by_us: bool) -> AccountChange {
        AccountChange::Remember {
            number: number.to_owned(),
            id: id.to_owned(),
            name: name.to_owned(),
            created_by_us,
        }
    }
}

/// What is about to be written as a whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct Intent {
    /// The calls, each with the `SuppliedPhone` that its Case will carry, by which it is found
    /// again.
    pub calls: Vec<(i64, Option<String>)>,
    /// The beginning of their Account.
    pub account: Option<AccountChange>,
}

/// What became of an attempt at a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Salesforce has confirmed the Case. It is still to be completed if the call was running
    /// when it was written.
    Delivered {
        /// The call.
        id: i64,
        /// The org's id.
        org: String,
        /// The Case's id.
        case_id: String,
        /// Its Account's id.
        account_id: Option<String>,
    },
    /// The Case of a call that was running when it was made says all now.
    Completed {
        /// The call.
        id: i64,
        /// What is worth telling about it.
        note: Option<String>,
    },
    /// Salesforce refuses the call for good.
    Failed {
        /// The call.
        id: i64,
        /// Why.
        words: String,
    },
    /// It came to nothing.
    PutBack {
        /// The call.
        id: i64,
        /// When it is due again.
        next_due: Timestamp,
        /// It is looked for first.
        in_doubt: bool,
        /// What went wrong, if that is worth telling.
        error: Option<String>,
    },
}
