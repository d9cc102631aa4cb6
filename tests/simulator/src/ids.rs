//! Record ids: a three-letter key prefix, a pod, a counter, and the checksum
//! that makes the 15 case-sensitive characters safe to compare without case.

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECK: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// The 18-character id made of `prefix`, the org's pod and `count`.
pub(crate) fn make(prefix: &str, pod: &str, mut count: u64) -> String {
    let mut tail = [b'0'; 9];
    for digit in tail.iter_mut().rev() {
        *digit = BASE62[(count % 62) as usize];
        count /= 62;
    }
    let short = format!("{prefix}{pod}{}", String::from_utf8_lossy(&tail));
    long(&short).expect("an id is made of 15 letters and digits")
}

/// The pod (three characters) of the org with this number.
pub(crate) fn pod(org: usize) -> String {
    let letter = |n: usize| char::from(BASE62[n % 62]);
    format!("S{}{}", letter(org / 62), letter(org))
}

/// The 18-character form of a 15- or 18-character id; `None` if it is neither
/// or its checksum is wrong.
pub(crate) fn long(id: &str) -> Option<String> {
    if !id.bytes().all(|b| b.is_ascii_alphanumeric()) || !matches!(id.len(), 15 | 18) {
        return None;
    }
    let short = &id[..15];
    let check: String = short
        .as_bytes()
        .chunks(5)
        .map(|group| {
            let bits = group
                .iter()
                .enumerate()
                .filter(|(_, b)| b.is_ascii_uppercase())
                .map(|(i, _)| 1 << i)
                .sum::<usize>();
            char::from(CHECK[bits])
        })
        .collect();
    if id.len() == 18 && !id[15..].eq_ignore_ascii_case(&check) {
        return None;
    }
    Some(format!("{short}{check}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_salesforce_s() {
        // Pairs published in Salesforce's own examples.
        assert_eq!(
            long("500000000000001").as_deref(),
            Some("500000000000001AAA")
        );
        assert_eq!(
            long("00D000000000001").as_deref(),
            Some("00D000000000001EAA")
        );
        assert_eq!(
            long("001R00000064wdt").as_deref(),
            Some("001R00000064wdtIAA")
        );
        assert_eq!(long("001R00000064wdtIAB"), None);
        assert_eq!(long("nonsense"), None);
    }

    #[test]
    fn ids_are_distinct_and_valid() {
        let ids: std::collections::HashSet<_> =
            (0..5_000).map(|n| make("500", &pod(3), n)).collect();
        assert_eq!(ids.len(), 5_000);
        assert!(ids.iter().all(|id| long(id).as_ref() == Some(id)));
    }
}
