//! A user's test.

use crate::delivery::Step;
use serde::Serialize;

/// A step of `salesforce test user`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepView {
    /// What was tried.
    pub what: String,
    /// Did it succeed?
    pub ok: bool,
    /// What came of it; what is wrong and what to do about it.
    pub said: String,
}

/// The steps of a test, in their order.
pub fn steps(steps: Vec<Step>) -> Vec<StepView> {
    steps.into_iter().map(StepView::from).collect()
}

impl From<Step> for StepView {
    fn from(Step { what, result }: Step) -> StepView {
        StepView {
            what,
            ok: result.is_ok(),
            said: result.unwrap_or_else(|problem| problem),
        }
    }
}
