//! Whether a username and a password with its token open the door.

use crate::world::OrgState;

const HOUR: i64 = 3_600_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Wrong, unknown, inactive or locked: Salesforce does not say which.
    Invalid,
    /// The password is right, the security token is missing.
    NeedsToken,
    RateExceeded,
}

/// Checks a password with its token appended, and keeps the count of wrong ones.
pub(crate) fn check(
    state: &mut OrgState,
    user: usize,
    secret: &str,
    now: i64,
) -> Result<(), Refusal> {
    let settings = state.settings.clone();
    let user = &mut state.users[user];
    while user
        .recent_logins
        .front()
        .is_some_and(|at| *at <= now - HOUR)
    {
        user.recent_logins.pop_front();
    }
    user.recent_logins.push_back(now);
    if user.recent_logins.len() > settings.login_rate_limit {
        user.bad_logins += 1;
        return Err(Refusal::RateExceeded);
    }
    if user.locked_until.is_some_and(|until| until <= now) {
        user.locked_until = None;
        user.wrong = 0;
    }
    let token = if settings.token_required {
        user.setup.token.0.as_str()
    } else {
        ""
    };
    let password = user.setup.password.0.as_str();
    let right = secret == format!("{password}{token}")
        // The token is accepted also where none is needed.
        || secret == format!("{password}{}", user.setup.token.0);
    if user.setup.locked || user.locked_until.is_some() || !user.setup.active {
        user.bad_logins += 1;
        return Err(Refusal::Invalid);
    }
    if right && !secret.is_empty() {
        user.wrong = 0;
        user.good_logins += 1;
        return Ok(());
    }
    user.bad_logins += 1;
    user.wrong += 1;
    if settings.max_invalid_logins > 0 && user.wrong >= settings.max_invalid_logins {
        user.locked_until = Some(match settings.lockout_minutes {
            0 => i64::MAX,
            minutes => now + i64::from(minutes) * 60_000,
        });
    }
    if secret == password {
        Err(Refusal::NeedsToken)
    } else {
        Err(Refusal::Invalid)
    }
}
