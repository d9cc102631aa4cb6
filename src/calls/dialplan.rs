//! What applications' arguments say about where a call goes.

use super::record::Reason;

/// The devices that `Dial`'s arguments name: `PJSIP/100&SIP/101/number,30,tT` →
/// `PJSIP/100`, `SIP/101`. Local channels are among them as `Local/100@office`.
pub(super) fn dialled_devices(data: &str) -> impl Iterator<Item = &str> {
    let targets = first_argument(data);
    targets
        .split('&')
        .map(str::trim)
        .filter(|target| target.contains('/'))
        .map(device_of_target)
}

/// What an application that dials is told to dial, as `Dial` would be told: `RetryDial` has
/// three arguments of its own before. `None`: another application.
pub(super) fn dial_arguments<'a>(application: &str, data: &'a str) -> Option<&'a str> {
    match application {
        "Dial" => Some(data),
        "RetryDial" => Some(data.splitn(4, ',').nth(3).unwrap_or_default()),
        _ => None,
    }
}

/// Why the caller is turned away by an application that does so: `Busy()`, `Congestion()`,
/// `Hangup(17)`. An ordinary hang-up tells nothing.
pub(super) fn turns_away(application: &str, data: &str) -> Option<Reason> {
    match application {
        "Busy" => Some(Reason::Busy),
        "Congestion" => Some(Reason::NotReachable),
        "Hangup" => match first_argument(data) {
            "" | "0" | "16" | "NORMAL" | "NORMAL_CLEARING" => None,
            "17" | "BUSY" | "USER_BUSY" => Some(Reason::Busy),
            _ => Some(Reason::NotReachable),
        },
        _ => None,
    }
}

/// Is this application the dialplan's end of a call?
pub(super) fn ends_call(application: &str) -> bool {
    ["Hangup", "Busy", "Congestion"]
        .iter()
        .any(|end| application.eq_ignore_ascii_case(end))
}

/// `PJSIP/102/sip:102@10.0.0.2` → `PJSIP/102`.
fn device_of_target(target: &str) -> &str {
    match target.match_indices('/').nth(1) {
        Some((slash, _)) => &target[..slash],
        None => target,
    }
}

/// The first argument.
pub(super) fn first_argument(data: &str) -> &str {
    data.split(',').next().unwrap_or_default().trim()
}

/// Could a phone dial this extension? Subroutines are called `s`, `s-BUSY`, `continue`.
pub(super) fn is_dialable(exten: &str) -> bool {
    let digits = exten.strip_prefix('+').unwrap_or(exten);
    !digits.is_empty()
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#'))
}

/// The shortest number outside the house; shorter ones are extensions.
const SHORTEST_OUTSIDE: usize = 5;

/// The number outside the house, if this is one as it is dialled: `+49301234567`, `0301234567#`.
pub(super) fn outside_number(text: &str) -> Option<&str> {
    let number = text.trim_end_matches('#');
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let is_number = is_dialable(number) && !number.starts_with('*');
    (is_number && digits >= SHORTEST_OUTSIDE).then_some(number)
}

/// The number behind a trunk in what was dialled without the technology: `0170123@trunk`,
/// `trunk/0170123`, `trunk/sip:0170123@provider`. A phone of the house is dialled by its name.
pub(super) fn number_behind_trunk(dialstring: &str) -> Option<&str> {
    let (trunk, number) = match dialstring.rsplit_once('/') {
        Some((trunk, number)) => (trunk, number.trim_start_matches("sip:")),
        None => ("", dialstring),
    };
    let (number, behind) = number.split_once('@').unwrap_or((number, ""));
    let has_trunk = !trunk.is_empty() || !behind.is_empty();
    outside_number(number).filter(|number| has_trunk && !trunk.ends_with(number))
}

/// Is this one outside number and nothing else, as `Dial`'s arguments?
pub(super) fn only_outside_number(data: &str) -> bool {
    let mut targets = first_argument(data).split('&').map(str::trim);
    let first = targets.next().unwrap_or_default();
    let number = first.split_once('/').and_then(|(technology, string)| {
        let string = string.strip_suffix("/n").unwrap_or(string);
        if technology.eq_ignore_ascii_case("Local") {
            outside_number(string.split('@').next().unwrap_or_default())
        } else {
            number_behind_trunk(string)
        }
    });
    number.is_some() && targets.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_of_dial() {
        let devices = |data| dialled_devices(data).collect::<Vec<_>>();
        assert_eq!(devices("PJSIP/102,2"), ["PJSIP/102"]);
        assert_eq!(
            devices("PJSIP/100&PJSIP/101,30,tT"),
            ["PJSIP/100", "PJSIP/101"]
        );
        assert_eq!(
            devices("PJSIP/102/sip:102@192.0.2.7:5060&Local/100@office/n,20"),
            ["PJSIP/102", "Local/100@office"]
        );
        assert!(devices(",2").is_empty());
        assert!(devices("").is_empty());
    }

    #[test]
    fn numbers_behind_trunks() {
        for (dialstring, number) in [
            ("0170123@trunk", Some("0170123")),
            ("trunk/0170123", Some("0170123")),
            ("PJSIP/+49170123@trunk", Some("+49170123")),
            ("trunk/sip:0170123@192.0.2.7:5060", Some("0170123")),
            ("g0/0170123", Some("0170123")),
            ("reception", None),
            ("0170123", None),
            ("reception/sip:reception@192.0.2.7", None),
            ("10105/sip:10105@192.0.2.7", None),
            // A phone or a mailbox on another system.
            ("100@branch", None),
            ("", None),
        ] {
            assert_eq!(number_behind_trunk(dialstring), number, "{dialstring}");
        }
    }

    #[test]
    fn one_outside_number() {
        assert!(only_outside_number("Local/0170123#@internal/n,20,tT"));
        assert!(only_outside_number("PJSIP/0170123@trunk,20"));
        assert!(!only_outside_number("Local/101@internal/n,20"));
        assert!(!only_outside_number("PJSIP/101,20"));
        assert!(!only_outside_number("Local/0170123@internal&PJSIP/101"));
        assert!(!only_outside_number(""));
    }

    #[test]
    fn what_a_phone_could_dial() {
        for exten in ["100", "+4930", "*97", "0170123#"] {
            assert!(is_dialable(exten), "{exten}");
        }
        for exten in ["", "s", "s-BUSY", "h", "vmu100", "FMGL-0170123#", "+"] {
            assert!(!is_dialable(exten), "{exten}");
        }
    }
}
