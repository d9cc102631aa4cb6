//! What is written to Salesforce about hostile callers: within the fields' limits, harmless, and
//! found again by its reference.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::calls::record::{CallRecord, Caller, Outcome, Reason, Step, Timestamp};
use res_ansitel_salesforce::messages::text::{length, single_line};
use res_ansitel_salesforce::messages::{Texts, compose, compose_running, has_reference};
use res_ansitel_salesforce::phone;
use res_ansitel_salesforce::salesforce::fuzzing::is_case_of;
use res_ansitel_salesforce_fuzz::{is_line, number, texts, user};

const REASONS: &[Reason] = &[
    Reason::Answered,
    Reason::Forwarded,
    Reason::NotAnswered,
    Reason::GaveUp,
    Reason::Busy,
    Reason::Rejected,
    Reason::NotReachable,
    Reason::Voicemail,
    Reason::AnsweredElsewhere,
];

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn call(selector: usize, texts: &[String; 7]) -> CallRecord {
    let [reference, extension, number, name, dialled, queue, step] = texts;
    let reason = REASONS[selector % REASONS.len()];
    let is_answered = matches!(reason, Reason::Answered | Reason::Forwarded);
    // The texts' lengths stand for moments, so that a mutation moves them.
    let at = |text: &String| {
        Timestamp((text.len() as i64).wrapping_mul(i64::from(u32::MAX) << (selector % 24)))
    };
    CallRecord {
        reference: reference.clone(),
        user: "support".to_owned(),
        extension: extension.clone(),
        outcome: if is_answered {
            Outcome::Answered
        } else {
            Outcome::Lost
        },
        reason,
        caller: Caller {
            number: some(number),
            name: some(name),
            withheld: selector.is_multiple_of(7),
        },
        dialled: some(dialled),
        queue: some(queue),
        started: at(number),
        rang: Some(at(name)),
        rang_until: None,
        answered: is_answered.then(|| at(dialled)),
        ended: (!selector.is_multiple_of(5)).then(|| at(queue)),
        steps: match some(step) {
            None => Vec::new(),
            Some(to) => vec![
                Step::ForwardedTo { to: to.clone() },
                Step::TransferredTo { to: to.clone() },
                Step::TransferredFrom { from: to },
            ],
        },
    }
}

fn check(texts: &Texts, call: &CallRecord) {
    for (line, limit) in [(&texts.subject, 255), (&texts.account_name, 255)] {
        assert!(
            is_line(line) && length(line) <= limit && !line.is_empty(),
            "{line:?}"
        );
    }
    assert!(
        texts
            .supplied_phone
            .as_ref()
            .is_none_or(|phone| is_line(phone) && length(phone) <= 40)
    );
    assert!(
        texts
            .supplied_name
            .as_ref()
            .is_none_or(|name| is_line(name) && length(name) <= 80)
    );
    let lines = &texts.description;
    assert!(
        length(lines) <= 32_000 && lines.lines().all(is_line),
        "{lines:?}"
    );
    let fields = texts.case_fields.iter().chain(&texts.account_fields);
    for (_, value) in fields {
        assert!(!value.is_empty() && length(value) <= 32_000 && value.lines().all(is_line));
    }
    if call.caller.withheld {
        assert_eq!(
            (&texts.supplied_phone, &texts.supplied_name),
            (&None, &None)
        );
    }
    if !single_line(&call.reference).is_empty() {
        assert!(
            has_reference(lines, &call.reference),
            "{lines:?} {:?}",
            call.reference
        );
        assert!(
            is_case_of(lines, &call.reference),
            "{lines:?} {:?}",
            call.reference
        );
    }
}

fuzz_target!(|data: &[u8]| {
    let (selector, data) = number(data);
    let (call_texts, own) = texts::<7>(data);
    let call = call(selector, &call_texts);
    let mut options = vec![(
        "language",
        if selector.is_multiple_of(2) {
            "de"
        } else {
            "en"
        },
    )];
    let names = [
        "subject_answered",
        "subject_lost",
        "description",
        "account_name",
    ];
    options.extend(names.into_iter().zip(own.iter().map(String::as_str)));
    let field = own.get(4).map(|value| format!("Field__c={value}"));
    if let Some(field) = &field {
        options.extend([
            ("case_field", field.as_str()),
            ("account_field", field.as_str()),
        ]);
    }
    let Some(configuration) = user(&options) else {
        return;
    };
    let user = &configuration.users[0];
    let number = call
        .caller
        .number
        .as_deref()
        .and_then(|raw| phone::read(raw, &user.country, ""));
    check(
        &compose(&call, user, number.as_ref(), Some("Europe/Berlin")),
        &call,
    );
    check(
        &compose_running(&call, user, number.as_ref(), Some("Europe/Berlin")),
        &call,
    );
});
