//! No user is locked out: whether a login may be made, by what the journal remembers of the
//! username and the credentials. Pure: time is a number.
//!
//! Salesforce locks a user after three to ten wrong passwords in a row, whichever section of
//! salesforce.conf, run of the module or person they came from. So:
//!
//! - Credentials that were refused are not sent again by themselves. Their change makes them
//!   others; a test may try them; so may a reload that somebody asks for, an hour later.
//! - Whatever changes, only two logins of a username in a row that were wrong, or may have been,
//!   are made without a test: a third might lock it. Where the username has other credentials
//!   that are good, one of the two is left to those.
//! - A test is a person's own decision, but scripts make tests, too: refused credentials that
//!   were wrong twice are tested once an hour, and once more when the configuration was read
//!   again since.
//!
//! A clock that was set back begins such an hour anew.

use super::policy::{Policy, after};
use super::status::clock_time;
use crate::calls::record::Timestamp;
use crate::journal::Logins;

/// Who wants to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Whatever goes by itself: calls, look-ups, the dialplan.
    Itself,
    /// `salesforce test user`.
    Test,
}

/// A login that somebody wants to make.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// Who.
    pub by: By,
    /// Is it by a password? Salesforce locks nobody for other things that are wrong.
    pub by_password: bool,
    /// Another section has good credentials for the same username.
    pub good_elsewhere: bool,
}

/// What makes an end of it, besides a test of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifted {
    /// Any reload: nothing was sent.
    Reload,
    /// A change of what concerns the user, or a reload that is asked for, an hour later.
    Change,
    /// Other credentials; and from that moment on, a reload that is asked for.
    Credentials(Option<Timestamp>),
    /// Nothing.
    Test,
}

/// Why no login is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// Salesforce's words, or ours.
    pub words: String,
    /// Until when; `None`: until somebody does something.
    pub until: Option<Timestamp>,
    /// What else makes an end of it.
    pub lifted: Lifted,
}

/// A moment that is still to come was written by a clock that was wrong.
fn set_clock(logins: &mut Logins, policy: &Policy, now: Timestamp) {
    logins.last = logins.last.min(now);
    logins.granted = logins.granted.min(now);
    if let Some(refusal) = &mut logins.refusal {
        refusal.at = refusal.at.min(now);
        let latest = after(now, policy.refusal_longest);
        refusal.until = refusal.until.map(|until| until.min(latest));
    }
}

/// Logins of the username in a row that were wrong, or may have been.
fn in_a_row(logins: &Logins) -> u32 {
    logins.wrong + logins.others_in_doubt + logins.in_doubt
}

/// So many of them are made by themselves.
fn most(policy: &Policy, wish: &Wish) -> u32 {
    let kept = u32::from(wish.good_elsewhere);
    policy.wrong_logins.saturating_sub(kept).max(1)
}

/// Why no login is made by itself, if none is.
pub fn withheld(
    logins: &mut Logins,
    wish: &Wish,
    policy: &Policy,
    now: Timestamp,
) -> Option<Withheld> {
    set_clock(logins, policy, now);
    if let Some(refusal) = &logins.refusal
        && refusal.until.is_none_or(|until| now < until)
    {
        let is_tried = !refusal.is_wrong || in_a_row(logins) < most(policy, wish);
        let reload_from = is_tried.then(|| after(refusal.at, policy.between_asked));
        return Some(Withheld {
            words: refusal.words.clone(),
            until: refusal.until,
            lifted: Lifted::Credentials(reload_from),
        });
    }
    if !wish.by_password {
        return None;
    }
    let others = logins.wrong + logins.others_in_doubt;
    if logins.is_good && others < policy.wrong_logins {
        let patience = match others {
            0 => policy.unanswered_logins,
            others => policy.wrong_logins - others,
        };
        let more = (logins.in_doubt + 1)
            .checked_sub(patience)
            .filter(|n| *n > 0)?;
        let until = after(logins.last, policy.refusal(more));
        return (now < until).then(|| Withheld {
            words: format!(
                "{} logins in a row had no answer, and Salesforce may have taken them for wrong \
                 passwords",
                logins.in_doubt
            ),
            until: Some(until),
            lifted: Lifted::Test,
        });
    }
    (in_a_row(logins) >= most(policy, wish)).then(|| Withheld {
        words: format!(
            "not tried: {}; see that they are right, then test the user",
            row(logins)
        ),
        until: None,
        lifted: Lifted::Test,
    })
}

/// May the login be made? Then it is counted as one whose end is not known.
///
/// # Errors
/// It may not.
pub fn begin(
    logins: &mut Logins,
    wish: &Wish,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), Withheld> {
    match wish.by {
        By::Itself => {
            if let Some(withheld) = withheld(logins, wish, policy, now) {
                return Err(withheld);
            }
        }
        By::Test => may_test(logins, wish, policy, now)?,
    }
    if wish.by_password {
        logins.in_doubt += 1;
    }
    (logins.last, logins.is_reloaded) = (now, false);
    Ok(())
}

fn may_test(
    logins: &mut Logins,
    wish: &Wish,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), Withheld> {
    set_clock(logins, policy, now);
    let is_tried = logins.refusal.is_some() || logins.in_doubt > 0;
    let until = after(logins.last, policy.between_asked);
    if !wish.by_password || !is_tried || in_a_row(logins) < policy.wrong_logins || now >= until {
        return Ok(());
    }
    let is_granted = now >= after(logins.granted, policy.between_asked);
    if logins.is_reloaded && is_granted {
        logins.granted = now;
        return Ok(());
    }
    let way = if is_granted {
        "; if it is mended in Salesforce, reload the module or save the user on the page, then \
         test it again"
    } else {
        ""
    };
    Err(Withheld {
        words: format!(
            "not tried: {}; the same credentials are tested again from {} on{way}",
            row(logins),
            clock_time(until)
        ),
        until: Some(until),
        lifted: Lifted::Test,
    })
}

fn row(logins: &Logins) -> String {
    match in_a_row(logins) {
        1 => "the last login of this username was refused or not answered, and its good \
              credentials may need the next"
            .to_owned(),
        count => format!(
            "{count} logins in a row of this username were refused or not answered, and one more \
             may lock the user"
        ),
    }
}

/// The configuration is read again; `is_asked`: because somebody wants just that.
pub fn reloaded(logins: &mut Logins, is_asked: bool, wish: &Wish, policy: &Policy, now: Timestamp) {
    let Some(withheld) = withheld(logins, wish, policy, now) else {
        return;
    };
    logins.is_reloaded = true;
    if let Lifted::Credentials(Some(from)) = withheld.lifted
        && is_asked
        && now >= from
    {
        logins.refusal = None;
    }
}
