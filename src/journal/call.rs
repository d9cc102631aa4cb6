//! What the journal keeps.

use super::Moment;
use crate::calls::record::{CallRecord, Timestamp};
use serde::{Deserialize, Serialize};
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
    /// When the newest attempt was sent; `None`: there was none.
    pub sent: Option<Moment>,
    /// The id of the Salesforce user who sent it.
    pub sent_by: Option<String>,
    /// The SuppliedPhone that the newest attempt sent.
    pub sent_phone: Option<String>,
    /// The org it was sent to, 18 characters.
    pub org: Option<String>,
    /// Its Case, once Salesforce has confirmed that. In [`State::Pending`]: it is to be completed.
    pub case_id: Option<String>,
    /// The Account that the Case belongs to.
    pub account_id: Option<String>,
    /// Its Task.
    pub task_id: Option<String>,
    /// Whose number it was, as the newest attempt saw it.
    pub matched: Option<Match>,
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

/// The records in Salesforce that have a number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// The Account: the one with the number, or the Contact's.
    pub account_id: Option<String>,
    /// The Contact with the number.
    pub contact_id: Option<String>,
    /// The name of the record that has the number.
    pub name: String,
    /// Further records with the number, as a Description names them.
    #[serde(default)]
    pub others: Vec<String>,
    /// It could not be looked up whose number it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_looked_up: bool,
    /// Records that only resemble the caller, without the number, because of which there is no
    /// new Account; as a Description names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub similar: Vec<String>,
}

impl Match {
    /// An Account alone.
    pub fn account(id: &str, name: &str) -> Match {
        Match {
            account_id: Some(id.to_owned()),
            name: name.to_owned(),
            ..Match::default()
        }
    }
}

/// What is remembered about a number in an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownNumber {
    /// Who has it; `None`: we began to create an Account and do not know whether that worked.
    pub matched: Option<Match>,
    /// The name of the Account that we began to create.
    pub name: String,
    /// We created the Account, so that a search that does not find it proves nothing.
    pub created_by_us: bool,
    /// When that was, or when Salesforce last said so.
    pub at: Timestamp,
    /// When we began to create the Account.
    pub begun: Moment,
}

/// What changes of what is remembered about a number (E.164) in an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberChange {
    /// We begin to create an Account for it.
    Begin {
        /// The number.
        number: String,
        /// The Account's name.
        name: String,
        /// When.
        at: Moment,
    },
    /// It is somebody's.
    Remember {
        /// The number.
        number: String,
        /// Whose.
        matched: Match,
        /// We created the Account.
        created_by_us: bool,
    },
    /// Nothing is known about it.
    Forget(String),
    /// Nothing is known about it, whoever has seen it.
    ForgetForAll(String),
}

impl NumberChange {
    /// [`Remember`](Self::Remember).
    pub fn remember(number: &str, matched: Match, created_by_us: bool) -> NumberChange {
        NumberChange::Remember {
            number: number.to_owned(),
            matched,
            created_by_us,
        }
    }
}

/// A call that is about to be written.
#[derive(Debug, Clone, Default)]
pub struct Begun {
    /// The call.
    pub id: i64,
    /// The `SuppliedPhone` that its Case will carry, by which it is found again.
    pub sent_phone: Option<String>,
    /// Whose number it is.
    pub matched: Option<Match>,
}

/// When and as whom something is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// When.
    pub at: Moment,
    /// The Salesforce user's id.
    pub by: String,
}

/// What is about to be written as a whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct Intent {
    /// The calls.
    pub calls: Vec<Begun>,
    /// The beginning of their Account.
    pub account: Option<NumberChange>,
    /// When and as whom it is sent; `None`: now.
    pub sent: Option<Sent>,
}

/// What a call has become in Salesforce.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// Its Case, if it was to have one.
    pub case_id: Option<String>,
    /// The Case was there already: an earlier call's.
    pub is_joined: bool,
    /// The Account.
    pub account_id: Option<String>,
    /// Its Task, if it was to have one and it is known.
    pub task_id: Option<String>,
}

/// What became of an attempt at a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Salesforce has confirmed the Case or Task. A Case is still to be completed if the call was running
    /// when it was written.
    Delivered {
        /// The call.
        id: i64,
        /// The org's id.
        org: String,
        /// What was written.
        written: Records,
    },
    /// The Case of a call that was running when it was made says all now.
    Completed {
        /// The call.
        id: i64,
        /// The Task that was written with it.
        task_id: Option<String>,
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
