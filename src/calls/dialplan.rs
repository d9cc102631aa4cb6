//! What applications' arguments say about where a call goes.

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

/// Was this a number behind a trunk (`0170123@trunk`, `trunk/0170123`) and not a phone of
/// the house?
pub(super) fn is_outside(dialstring: &str) -> bool {
    match dialstring.split_once('/') {
        Some((_, rest)) => !rest.starts_with("sip"),
        None => dialstring.contains('@'),
    }
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
    fn outside_numbers() {
        assert!(is_outside("0170123@trunk"));
        assert!(is_outside("trunk/0170123"));
        assert!(!is_outside("reception"));
        assert!(!is_outside("reception/sip:reception@192.0.2.7"));
    }
}
