//! Headers, as the manager interface writes them.

use super::super::plain;
use super::super::views::{CallView, PlaceView, StatusView, UserDetails, UserView};
use crate::calls::record::Timestamp;
use std::fmt::{Display, Write};

/// Lines `Name: value`. The last one of an event is never empty: there are clients that lose such.
#[derive(Default)]
pub struct Headers(pub String);

impl Headers {
    pub fn header(&mut self, name: &str, value: impl Display) {
        let value = plain(&value.to_string());
        // Writing to a String does not fail.
        let _ = write!(self.0, "{name}: {value}\r\n");
    }

    pub fn optional(&mut self, name: &str, value: Option<impl Display>) {
        match value {
            Some(value) => self.header(name, value),
            None => self.header(name, ""),
        }
    }

    fn moment(&mut self, name: &str, moment: Option<Timestamp>) {
        let seconds = |Timestamp(micros)| {
            format!(
                "{}.{:06}",
                micros.div_euclid(1_000_000),
                micros.rem_euclid(1_000_000)
            )
        };
        self.optional(name, moment.map(seconds));
    }

    pub fn call(&mut self, call: &CallView) {
        self.header("Call", call.id);
        self.header("User", &call.user);
        self.header("Extension", &call.extension);
        self.optional("CallerIDNum", call.caller_number.as_ref());
        self.optional("CallerIDName", call.caller_name.as_ref());
        self.header("Withheld", yes_no(call.withheld));
        self.optional("Dialled", call.dialled.as_ref());
        self.optional("Queue", call.queue.as_ref());
        self.header("Outcome", call.outcome);
        self.header("Reason", call.reason);
        self.header("State", call.state);
        self.moment("StartTime", Some(call.started));
        self.moment("AnswerTime", call.answered);
        self.moment("EndTime", call.ended);
        self.header("RingSeconds", call.ring_seconds);
        self.optional("TalkSeconds", call.talk_seconds);
        self.header("Reference", &call.reference);
        self.optional("Org", call.org.as_ref());
        self.optional("CaseId", call.case_id.as_ref());
        self.optional("AccountId", call.account_id.as_ref());
        self.optional("ContactId", call.contact_id.as_ref());
        self.optional("TaskId", call.task_id.as_ref());
        self.optional("MatchedName", call.matched_name.as_ref());
        self.optional("Error", call.last_error.as_ref());
        self.moment("InDoubtSince", call.in_doubt_since);
        self.moment("NextAttempt", call.next_due);
        self.header("Attempts", call.attempts);
    }

    pub fn user(&mut self, user: &UserView) {
        self.header("User", &user.name);
        self.header("Username", &user.username);
        self.header("Domain", &user.domain);
        self.header("Extensions", user.extensions.join(","));
        self.header("Language", &user.language);
        self.header("Actions", user.actions.join(","));
        self.header("State", user.state);
        self.header("Status", &user.status);
        self.optional("LastError", user.last_error.as_ref());
        self.moment("LastErrorTime", user.last_error_at);
        self.header("Cases", user.cases);
        self.header("Pending", user.pending);
        self.header("Failed", user.failed);
    }

    pub fn details(&mut self, details: &UserDetails) {
        self.user(&details.user);
        self.optional("LoginHost", details.login_host.as_ref());
        self.header("Auth", details.auth);
        self.header("AuthBecause", details.auth_because);
        self.header("Country", &details.country);
        self.header("Session", yes_no(details.session));
        self.optional("Org", details.org.as_ref());
        self.optional("ApiUsed", details.usage.map(|usage| usage.used));
        self.optional("ApiLimit", details.usage.map(|usage| usage.limit));
        self.header("InProgress", details.in_progress);
        self.header("BeingSent", details.being_sent);
        self.header("DeliveredSinceLoad", details.delivered_since_load);
        self.header("FailedSinceLoad", details.failed_since_load);
        self.header("RetriedSinceLoad", details.retried_since_load);
    }

    pub fn status(&mut self, status: &StatusView) {
        let word = if status.started { "started" } else { "stopped" };
        self.header("Interface", word);
        self.header("Version", status.version);
        self.header("AsteriskVersion", &status.asterisk_version);
        self.header("Users", status.users);
        self.header("GoneUsers", status.gone_users.join(","));
        self.header("InternalErrors", status.internal_errors);
        self.header("EventsSeen", status.events.seen);
        self.header("EventsTaken", status.events.taken);
        self.header("EventsWaiting", status.events.waiting);
        self.header("EventsDropped", status.events.dropped);
        self.header("CallsInProgress", status.calls_in_progress);
        self.header("Channels", status.channels);
        self.header("Journal", &status.journal.path);
        self.header("JournalBytes", status.journal.size);
        self.header("JournalDepth", status.journal.depth);
        self.header("CallsLost", status.journal.lost);
        self.header("Pending", status.pending);
        self.header("BeingSent", status.being_sent);
        self.moment("OldestUndelivered", status.oldest_undelivered);
        self.header("Failed", status.failed);
        self.header("WorkersBusy", status.workers.busy);
        self.header("Workers", status.workers.all);
        self.header("DeliveredSinceLoad", status.delivered_since_load);
        self.header("FailedSinceLoad", status.failed_since_load);
        self.header("RetriedSinceLoad", status.retried_since_load);
        self.header("LookedUpRinging", status.looked_up_ringing);
        for (name, of) in [
            ("HangupToCase", status.to_case),
            ("WithoutWaiting", status.to_case_at_once),
        ] {
            let seconds = |micros: u64| format!("{:.6}", micros as f64 / 1e6);
            self.optional(&format!("{name}P50"), of.map(|of| seconds(of.p50)));
            self.optional(&format!("{name}P95"), of.map(|of| seconds(of.p95)));
            self.optional(&format!("{name}P99"), of.map(|of| seconds(of.p99)));
        }
        self.header("Requests", status.requests);
        self.header("Logins", status.logins);
    }

    pub fn place(&mut self, place: &PlaceView) {
        self.header("Kind", place.kind);
        self.header("Place", &place.name);
        self.optional("ApiUsed", place.usage.map(|usage| usage.used));
        self.optional("ApiLimit", place.usage.map(|usage| usage.limit));
        self.moment("PausedUntil", place.paused_until);
        self.optional("Message", place.words.as_ref());
        self.header("State", place.state);
    }
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_line() {
        let mut headers = Headers::default();
        headers.header("Name", "a\r\nEvent: Forged\r\n\r\n\0b\u{85}");
        headers.optional("None", None::<&str>);
        assert_eq!(headers.0, "Name: a  Event: Forged     b \r\nNone: \r\n");
    }

    #[test]
    fn moments_are_seconds() {
        let mut headers = Headers::default();
        headers.moment("At", Some(Timestamp(1_772_543_100_000_045)));
        headers.moment("Never", None);
        assert_eq!(headers.0, "At: 1772543100.000045\r\nNever: \r\n");
    }
}
