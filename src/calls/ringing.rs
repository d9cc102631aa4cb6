//! Whose phones ring for whom at this moment: for who wants to know of a call before it is over.

use super::call::Call;
use super::tracker::{Rules, is_internal};
use std::sync::Arc;

/// A user's phone begins to ring for an outside caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ringing {
    /// The user's section name.
    pub user: Arc<str>,
    /// The caller's number as it was sent.
    pub number: String,
}

/// What has begun to ring since it was last asked for; once per call and user, as a rule.
#[derive(Debug, Default)]
pub(super) struct Rings(Vec<Ringing>);

impl Rings {
    /// More are dropped: nobody seems to ask.
    const MOST: usize = 64;

    /// The user's phone rings. Colleagues and callers without a number are nobody's business.
    pub(super) fn note(&mut self, call: &Call, user: &Arc<str>, rules: &Rules) {
        if self.0.len() < Self::MOST
            && !is_internal(call, rules)
            && let Some(number) = call.caller.caller().number
        {
            self.0.push(Ringing {
                user: user.clone(),
                number,
            });
        }
    }

    pub(super) fn take(&mut self) -> Vec<Ringing> {
        std::mem::take(&mut self.0)
    }
}
