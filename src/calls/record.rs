//! What the tracker hands on: one record per call and Salesforce user.

use serde::{Deserialize, Serialize};

/// A moment, in microseconds since the Unix epoch (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Whole seconds from `earlier` to `self`, rounded down, never negative.
    pub fn seconds_since(self, earlier: Timestamp) -> u32 {
        u32::try_from(self.0.saturating_sub(earlier.0).max(0) / 1_000_000).unwrap_or(u32::MAX)
    }
}

/// Did the user get the call?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// One of the user's own phones answered, or the number it forwarded to.
    Answered,
    /// The call reached the user and ended without an answer.
    Lost,
}

impl Outcome {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Answered => "answered",
            Outcome::Lost => "lost",
        }
    }
}

/// Why a call has the outcome it has; the contract's `reason_code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The user's own phone answered.
    Answered,
    /// The number to which the user's phone forwards answered.
    Forwarded,
    /// It rang until the dial timed out.
    NotAnswered,
    /// The caller hung up while it rang.
    GaveUp,
    /// The phone was busy.
    Busy,
    /// The user rejected the call.
    Rejected,
    /// The phone was not registered or could not be reached.
    NotReachable,
    /// The caller ended at voicemail.
    Voicemail,
    /// Somebody else answered while this user's phone rang in vain.
    AnsweredElsewhere,
}

impl Reason {
    /// The word in templates and reports; the contract's `reason_code`.
    pub fn code(self) -> &'static str {
        match self {
            Reason::Answered => "answered",
            Reason::Forwarded => "forwarded",
            Reason::NotAnswered => "not_answered",
            Reason::GaveUp => "gave_up",
            Reason::Busy => "busy",
            Reason::Rejected => "rejected",
            Reason::NotReachable => "not_reachable",
            Reason::Voicemail => "voicemail",
            Reason::AnsweredElsewhere => "answered_elsewhere",
        }
    }
}

/// Who calls, as the network said it; nothing is normalised here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Caller {
    /// The number as it was sent, at most 80 characters; `None` when withheld or absent.
    pub number: Option<String>,
    /// The display name; `None` when withheld or absent.
    pub name: Option<String>,
    /// The caller (or the network) withheld the number.
    pub withheld: bool,
}

/// A transfer or forward on the call's way.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The user's phone forwarded the call to `to`.
    ForwardedTo {
        /// The target as the phone named it.
        to: String,
    },
    /// The user (or, for the next one, somebody before) transferred the call on to `to`.
    TransferredTo {
        /// The extension or number the call went to.
        to: String,
    },
    /// The call came from `from`, who transferred it.
    TransferredFrom {
        /// The extension that transferred.
        from: String,
    },
}

/// One call, as it concerns one Salesforce user.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallRecord {
    /// `systemname-linkedid-extension`; unique per call and user, the journal's key and
    /// the last line of the Case's Description.
    pub reference: String,
    /// The user's section name in salesforce.conf.
    pub user: String,
    /// The extension of that user that was reached.
    pub extension: String,
    /// Answered or lost.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// Who called.
    pub caller: Caller,
    /// The number the caller dialled (DID), where known.
    pub dialled: Option<String>,
    /// The queue or ring group it came through, where known.
    pub queue: Option<String>,
    /// When the call arrived at the PBX.
    pub started: Timestamp,
    /// First ring of the user's device; `None` if nothing rang.
    pub rang: Option<Timestamp>,
    /// When the last of the user's devices stopped ringing, of a lost call that went on
    /// afterwards (to voicemail, say); `None`: it rang until the answer or the end.
    #[serde(default)]
    pub rang_until: Option<Timestamp>,
    /// When the user answered; `None` for a lost call.
    pub answered: Option<Timestamp>,
    /// When the user left the conversation, or the lost call ended; `None` while the call
    /// runs, or when the end was never seen (Asterisk was killed).
    pub ended: Option<Timestamp>,
    /// Forwards and transfers, in order.
    pub steps: Vec<Step>,
}

impl CallRecord {
    /// Ring time in seconds: from the first ring to the answer or the last ring's end.
    pub fn ring_seconds(&self) -> u32 {
        match (self.rang, self.answered.or(self.rang_until).or(self.ended)) {
            (Some(rang), Some(until)) => until.seconds_since(rang),
            _ => 0,
        }
    }

    /// Talk time in seconds; `None` when not answered or the end is unknown.
    pub fn talk_seconds(&self) -> Option<u32> {
        Some(self.ended?.seconds_since(self.answered?))
    }
}

/// What the tracker says about a call of a user. The same `reference` may be said several
/// times; the last one counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Update {
    /// Answered and still running: kept, so that it survives a kill of Asterisk.
    Open(CallRecord),
    /// Over: to be delivered.
    Closed(CallRecord),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_never_negative_nor_too_many() {
        let (first, last) = (Timestamp(i64::MIN), Timestamp(i64::MAX));
        assert_eq!(Timestamp(2_999_999).seconds_since(Timestamp(0)), 2);
        assert_eq!(first.seconds_since(last), 0);
        assert_eq!(last.seconds_since(first), u32::MAX);
    }
}
