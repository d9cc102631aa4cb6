//! From a call record to the texts of its Case and Account.

use super::template::{Template, Variable};
use super::text::{cut, length, lines, single_line};
use super::words::{Words, day, zone};
use crate::calls::record::{CallRecord, Outcome, Step};
use crate::config::settings::User;
use crate::phone;
use jiff::tz::TimeZone;

/// Limits of Salesforce's fields.
const SUBJECT: usize = 255;
/// A Case's Description takes so many characters.
pub const DESCRIPTION: usize = 32_000;
const ACCOUNT_NAME: usize = 255;
const SUPPLIED_PHONE: usize = 40;
const SUPPLIED_NAME: usize = 80;
const DISPOSITION: usize = 255;
/// No limit of Salesforce's: how much one foreign value may take of a text.
const VALUE: usize = 80;

/// What is written to Salesforce about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// The Case's Subject, at most 255 characters.
    pub subject: String,
    /// The Case's Description, at most 32,000 characters; its last line holds the reference.
    pub description: String,
    /// Name of a new Account, at most 255 characters.
    pub account_name: String,
    /// The number: E.164 where it can be read, else as it came; `None` when withheld.
    pub supplied_phone: Option<String>,
    /// The caller's name, at most 80 characters; `None` when withheld or only the number again.
    pub supplied_name: Option<String>,
    /// How the call ended, in words.
    pub reason: String,
    /// The day on which it began, in the user's time zone, as `2026-03-31`.
    pub day: String,
    /// The line of a Description that names others with the same number; [`OTHERS`] is where.
    others: String,
    /// The same of those who only resemble the caller.
    similar: String,
    /// The line of a Description that says that the caller could not be looked up.
    not_looked_up: String,
    /// Further fields of the Case; those without a value are left out.
    pub case_fields: Vec<(String, String)>,
    /// Further fields of a new Account; those without a value are left out.
    pub account_fields: Vec<(String, String)>,
}

/// Stands for names that are not known yet.
const OTHERS: &str = "\u{fffc}";

impl Texts {
    /// Texts that leave nothing out: each is `word`.
    pub fn saying(
        word: &str,
        case_fields: Vec<(String, String)>,
        account_fields: Vec<(String, String)>,
    ) -> Texts {
        let text = || word.to_owned();
        Texts {
            subject: text(),
            description: text(),
            account_name: text(),
            supplied_phone: Some(text()),
            supplied_name: Some(text()),
            reason: text(),
            day: text(),
            others: text(),
            similar: text(),
            not_looked_up: text(),
            case_fields,
            account_fields,
        }
    }

    /// The Description, naming further records that have the caller's number, and those because
    /// of which there is no Account, though they only resemble the caller.
    pub fn description_naming(&self, others: &[String], similar: &[String]) -> String {
        let lines = [(&self.others, others), (&self.similar, similar)];
        let lines = lines.into_iter().filter(|(_, names)| !names.is_empty());
        let lines: Vec<String> = lines
            .map(|(line, names)| line.replace(OTHERS, &names.join(", ")))
            .collect();
        if lines.is_empty() {
            return self.description.clone();
        }
        self.with_line(&lines.join("\n"))
    }

    /// The Description, saying that it could not be looked up whose number it is.
    pub fn description_not_looked_up(&self) -> String {
        self.with_line(&self.not_looked_up)
    }

    /// The Description with a further line before the reference.
    fn with_line(&self, line: &str) -> String {
        let (body, reference) = match self.description.rsplit_once("\n\n") {
            Some((body, reference)) => (body, reference),
            None => ("", self.description.as_str()),
        };
        let room = DESCRIPTION.saturating_sub(length(line) + length(reference) + length("\n\n\n"));
        let body = cut(body, room).trim_end();
        let line = cut(line, DESCRIPTION - length(reference) - length("\n\n"));
        let parts = [body, line].into_iter().filter(|part| !part.is_empty());
        format!("{}\n\n{reference}", Vec::from_iter(parts).join("\n"))
    }
}

/// The texts for a call of `user`. `number` is the caller's number as read in the user's
/// country, `None` where it cannot be read; `timezone` an IANA name, `None` the system's zone.
pub fn compose(
    call: &CallRecord,
    user: &User,
    number: Option<&phone::Number>,
    timezone: Option<&str>,
) -> Texts {
    Telling::new(call, user, number, zone(timezone)).texts()
}

/// The same for a call that still runs: nothing is said of its end, and a template that asks for
/// it hears that the call is in progress.
pub fn compose_running(
    call: &CallRecord,
    user: &User,
    number: Option<&phone::Number>,
    timezone: Option<&str>,
) -> Texts {
    let mut telling = Telling::new(call, user, number, zone(timezone));
    telling.running = true;
    telling.texts()
}

/// Does a Description, as Salesforce gives it back, end with this call's reference?
pub fn has_reference(description: &str, reference: &str) -> bool {
    let last = description.trim_end().lines().last().unwrap_or_default();
    let reference = reference_text(reference);
    !reference.is_empty()
        && last
            .strip_suffix(reference.as_str())
            .is_some_and(|label| label.is_empty() || label.ends_with(may_end_a_label))
}

/// Chinese and Japanese write no space after their colon.
fn may_end_a_label(c: char) -> bool {
    c.is_whitespace() || c == '：'
}

/// Does a line of the Description end with this call's reference? A Case that several calls
/// share has one for each.
pub fn tells_of(description: &str, reference: &str) -> bool {
    let mut lines = description.lines();
    lines.any(|line| has_reference(line, reference))
}

/// What stands for a value nobody knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gaps {
    /// A word, in texts for people.
    Words,
    /// Nothing, in fields of their own.
    Empty,
}

/// A call and the language to tell it in; foreign values already harmless and short.
struct Telling<'a> {
    call: &'a CallRecord,
    user: &'a User,
    words: Words,
    zone: TimeZone,
    number: Option<&'a phone::Number>,
    phone: Option<String>,
    name: Option<String>,
    withheld: bool,
    /// The call is not over.
    running: bool,
}

impl<'a> Telling<'a> {
    fn new(
        call: &'a CallRecord,
        user: &'a User,
        number: Option<&'a phone::Number>,
        zone: TimeZone,
    ) -> Telling<'a> {
        let raw = call
            .caller
            .number
            .as_deref()
            .map(single_line)
            .filter(|raw| !raw.is_empty());
        let withheld = call.caller.withheld || raw.as_deref().is_some_and(phone::is_withheld_word);
        let number = number.filter(|_| !withheld);
        let phone = match (number, &raw) {
            (Some(number), _) => Some(number.e164()),
            (None, Some(raw)) if !withheld => Some(cut(raw, SUPPLIED_PHONE).to_owned()),
            _ => None,
        };
        let name = call
            .caller
            .name
            .as_deref()
            .filter(|_| !call.caller.withheld)
            .map(|name| cut(&single_line(name), SUPPLIED_NAME).to_owned())
            .filter(|name| !name.is_empty() && !phone::is_withheld_word(name))
            .filter(|name| !says_only_the_number(name, raw.as_deref(), number, &user.country));
        let words = Words::new(&user.language);
        Telling {
            call,
            user,
            words,
            zone,
            number,
            phone,
            name,
            withheld,
            running: false,
        }
    }

    /// What is written to Salesforce.
    fn texts(self) -> Texts {
        let subject = match self.call.outcome {
            Outcome::Answered => self.user.subject_answered.as_ref(),
            Outcome::Lost => self.user.subject_lost.as_ref(),
        };
        let subject = subject
            .map(|template| single_line(&self.render(template, Gaps::Words)))
            .filter(|subject| !subject.is_empty())
            .unwrap_or_else(|| self.subject());
        let account_name = self
            .user
            .account_name
            .as_ref()
            .map(|template| single_line(&self.render(template, Gaps::Words)))
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| self.account_name());
        let body = match &self.user.description {
            Some(template) => lines(&self.render(template, Gaps::Words)),
            None => self.description(),
        };
        Texts {
            subject: cut(&subject, SUBJECT).to_owned(),
            description: self.with_reference(&body),
            reason: cut(&self.reason(), DISPOSITION).to_owned(),
            day: day(self.call.started, &self.zone),
            others: self.words.say("line-others", &[("others", OTHERS.into())]),
            similar: self.words.say("line-similar", &[("others", OTHERS.into())]),
            not_looked_up: self.words.say("line-not-looked-up", &[]),
            account_name: cut(&account_name, ACCOUNT_NAME).to_owned(),
            case_fields: self.fields(&self.user.case_fields),
            account_fields: self.fields(&self.user.account_fields),
            supplied_phone: self.phone,
            supplied_name: self.name,
        }
    }

    /// The word for an end that there is none of.
    fn no_end(&self) -> &'static str {
        if self.running {
            "end-running"
        } else {
            "end-unknown"
        }
    }

    /// The number as people write it: international form, else as it came.
    fn shown_number(&self) -> Option<String> {
        self.number
            .map(phone::Number::international)
            .or_else(|| self.phone.clone())
    }

    /// Somebody else's number or extension: international form where it is a number.
    fn number_or_text(&self, raw: &str) -> String {
        let number = phone::read(raw, &self.user.country, "");
        number.map_or_else(|| short(raw), |number| number.international())
    }

    /// A message about the caller, with what is known of it.
    fn about_caller(&self, id: &str) -> String {
        let number = self.shown_number();
        let known = match (&self.name, &number) {
            (Some(_), Some(_)) => "both",
            (None, Some(_)) => "number",
            (Some(_), None) => "name",
            (None, None) if self.withheld => "withheld",
            (None, None) => "none",
        };
        self.words.say(
            id,
            &[
                ("known", known.into()),
                ("name", self.name.clone().unwrap_or_default().into()),
                ("number", number.unwrap_or_default().into()),
            ],
        )
    }

    fn subject(&self) -> String {
        self.about_caller(match self.call.outcome {
            Outcome::Answered => "subject-answered",
            Outcome::Lost => "subject-lost",
        })
    }

    fn account_name(&self) -> String {
        let number = self.value(Variable::Number, Gaps::Words);
        self.words.say("account-name", &[("number", number.into())])
    }

    fn description(&self) -> String {
        let call = self.call;
        let mut out = vec![self.about_caller("line-caller")];
        // A line for what there is.
        let mut line = |id: &str, name: &'static str, value: String| {
            if !value.is_empty() {
                out.push(self.words.say(id, &[(name, value.into())]));
            }
        };
        let value = |variable| self.value(variable, Gaps::Words);
        line("line-result", "reason", value(Variable::Reason));
        let dialled = call.dialled.as_deref().unwrap_or_default();
        line("line-dialled", "number", self.number_or_text(dialled));
        line("line-queue", "queue", value(Variable::Queue));
        line("line-extension", "extension", value(Variable::Extension));
        for step in &call.steps {
            let (id, name, whom) = match step {
                Step::ForwardedTo { to } => ("step-forwarded-to", "to", to),
                Step::TransferredTo { to } => ("step-transferred-to", "to", to),
                Step::TransferredFrom { from } => ("step-transferred-from", "from", from),
            };
            line(id, name, self.number_or_text(whom));
        }
        line("line-start", "time", value(Variable::Start));
        if !self.running {
            line("line-end", "time", value(Variable::End));
        }
        line("line-ring", "duration", value(Variable::Ring));
        if call.outcome == Outcome::Answered && !self.running {
            line("line-talk", "duration", value(Variable::Talk));
        }
        out.join("\n")
    }

    /// `body` with the reference's line below it. The body is what gets cut.
    fn with_reference(&self, body: &str) -> String {
        let reference = self.value(Variable::Reference, Gaps::Words);
        let line = self
            .words
            .say("line-reference", &[("reference", reference.into())]);
        let room = DESCRIPTION.saturating_sub(length(&line) + length("\n\n"));
        let body = cut(body, room).trim_end();
        if body.is_empty() {
            line
        } else {
            format!("{body}\n\n{line}")
        }
    }

    fn fields(&self, fields: &[(String, Template)]) -> Vec<(String, String)> {
        fields
            .iter()
            .map(|(name, template)| (name, lines(&self.render(template, Gaps::Empty))))
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.clone(), cut(&value, DESCRIPTION).to_owned()))
            .collect()
    }

    fn render(&self, template: &Template, gaps: Gaps) -> String {
        template.render(|variable| self.value(variable, gaps))
    }

    fn value(&self, variable: Variable, gaps: Gaps) -> String {
        let call = self.call;
        let gap = |id: &str| match gaps {
            Gaps::Words => self.words.say(id, &[]),
            Gaps::Empty => String::new(),
        };
        let no_number = || {
            gap(if self.withheld {
                "number-withheld"
            } else {
                "number-none"
            })
        };
        let shown = |form: fn(&phone::Number) -> String| {
            self.number
                .map(form)
                .or_else(|| self.phone.clone())
                .unwrap_or_else(no_number)
        };
        match variable {
            Variable::Number => self.phone.clone().unwrap_or_else(no_number),
            Variable::National => shown(phone::Number::national),
            Variable::International => shown(phone::Number::international),
            Variable::Name => self.name.clone().unwrap_or_default(),
            Variable::Extension => short(&call.extension),
            Variable::User => short(&self.user.name),
            Variable::Start => self.words.moment(call.started, &self.zone),
            Variable::End => match call.ended {
                Some(ended) => self.words.moment(ended, &self.zone),
                None => gap(self.no_end()),
            },
            Variable::Ring => self.words.duration(call.ring_seconds()),
            Variable::Talk => match self.talk_seconds() {
                Some(seconds) => self.words.duration(seconds),
                None => gap(self.no_end()),
            },
            Variable::RingSeconds => call.ring_seconds().to_string(),
            Variable::TalkSeconds => self
                .talk_seconds()
                .map(|seconds| seconds.to_string())
                .unwrap_or_default(),
            Variable::Reason => self.reason(),
            Variable::ReasonCode => call.reason.code().to_owned(),
            Variable::Dialled => call.dialled.as_deref().map(short).unwrap_or_default(),
            Variable::Queue => call.queue.as_deref().map(short).unwrap_or_default(),
            Variable::Reference => reference_text(&call.reference),
        }
    }

    /// A lost call was talked on for no time; an answered one for an unknown time while its end is.
    fn talk_seconds(&self) -> Option<u32> {
        match self.call.outcome {
            Outcome::Answered => self.call.talk_seconds(),
            Outcome::Lost => Some(0),
        }
    }

    fn reason(&self) -> String {
        let id = format!("reason-{}", self.call.reason.code().replace('_', "-"));
        let target = self.call.steps.iter().rev().find_map(|step| match step {
            Step::ForwardedTo { to } => Some(self.number_or_text(to)),
            _ => None,
        });
        let target = target
            .filter(|to| !to.is_empty())
            .unwrap_or_else(|| "none".to_owned());
        self.words.say(&id, &[("to", target.into())])
    }
}

/// The reference as it stands in a Description.
fn reference_text(reference: &str) -> String {
    cut(&single_line(reference), 255).to_owned()
}

/// A foreign value within a text.
fn short(raw: &str) -> String {
    cut(&single_line(raw), VALUE).to_owned()
}

/// Trunks that know no name send the number in its place.
fn says_only_the_number(
    name: &str,
    raw: Option<&str>,
    number: Option<&phone::Number>,
    country: &str,
) -> bool {
    let number_like = name
        .chars()
        .all(|c| c.is_ascii_digit() || " +-()/.".contains(c));
    Some(name) == raw || (number_like && number.is_some_and(|number| number.matches(name, country)))
}

#[cfg(test)]
pub(super) mod tests;
