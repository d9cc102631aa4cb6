//! Asterisk's extension patterns: `_X.`, `_[1-5]XX`, `_00!`, and plain numbers.

/// Is it a pattern or number that can be matched? The error says what is wrong.
pub fn check(pattern: &str) -> Result<(), String> {
    let Some(body) = pattern.strip_prefix('_') else {
        return check_plain(pattern);
    };
    if body.is_empty() {
        return Err("nothing follows the _".to_owned());
    }
    let mut rest = body;
    while let Some((_, tail)) = next(rest)? {
        rest = tail;
    }
    Ok(())
}

fn check_plain(number: &str) -> Result<(), String> {
    let known = |c: char| c.is_ascii_alphanumeric() || "+*#-".contains(c);
    if number.is_empty() {
        Err("is empty".to_owned())
    } else if number.chars().all(|c| "XZN.![]0123456789-".contains(c))
        && number.contains(['X', 'Z', 'N', '.', '!', '['])
    {
        Err(format!("a pattern begins with _: _{number}"))
    } else if let Some(c) = number.chars().find(|c| !known(*c)) {
        Err(format!("{c:?} is no part of a number"))
    } else {
        Ok(())
    }
}

/// Does `number` match a pattern or plain number that passed [`check`]? Other patterns match
/// nothing. As in Asterisk, a `-` in a pattern only makes it easier to read.
pub fn matches(pattern: &str, number: &str) -> bool {
    match pattern.strip_prefix('_') {
        None => pattern == number,
        Some(body) => {
            check(pattern).is_ok() && body_matches(body, &number.chars().collect::<Vec<_>>())
        }
    }
}

fn body_matches(mut body: &str, mut number: &[char]) -> bool {
    loop {
        match next(body) {
            Ok(None) => return number.is_empty(),
            Ok(Some((Piece::Some, _))) => return !number.is_empty(),
            Ok(Some((Piece::Any, _))) => return true,
            Ok(Some((Piece::Separator, tail))) => body = tail,
            Ok(Some((Piece::One(set), tail))) => {
                let Some((first, others)) = number.split_first() else {
                    return false;
                };
                if !set.iter().any(|(from, to)| (from..=to).contains(&first)) {
                    return false;
                }
                (body, number) = (tail, others);
            }
            Err(_) => return false,
        }
    }
}

/// What the next part of a pattern stands for.
enum Piece {
    /// One character out of these ranges.
    One(Vec<(char, char)>),
    /// `.`: at least one character.
    Some,
    /// `!`: any number of characters.
    Any,
    /// `-`: nothing.
    Separator,
}

fn next(body: &str) -> Result<Option<(Piece, &str)>, String> {
    let Some(first) = body.chars().next() else {
        return Ok(None);
    };
    let tail = &body[first.len_utf8()..];
    let piece = match first {
        'X' | 'x' => Piece::One(vec![('0', '9')]),
        'Z' | 'z' => Piece::One(vec![('1', '9')]),
        'N' | 'n' => Piece::One(vec![('2', '9')]),
        '.' | '!' if !tail.is_empty() => return Err(format!("nothing can follow {first}")),
        '.' => Piece::Some,
        '!' => Piece::Any,
        '-' => Piece::Separator,
        '[' => {
            let (set, tail) = tail.split_once(']').ok_or("a [ without its ]")?;
            return Ok(Some((Piece::One(ranges(set)?), tail)));
        }
        c if c.is_ascii_alphanumeric() || "+*#".contains(c) => Piece::One(vec![(c, c)]),
        c => return Err(format!("{c:?} is no part of a pattern")),
    };
    Ok(Some((piece, tail)))
}

fn ranges(set: &str) -> Result<Vec<(char, char)>, String> {
    let chars: Vec<char> = set.chars().collect();
    if let Some(c) = chars
        .iter()
        .find(|c| !(c.is_ascii_alphanumeric() || "+*#-".contains(**c)))
    {
        return Err(format!("{c:?} is no part of a pattern"));
    }
    let mut ranges = Vec::new();
    let mut rest = chars.as_slice();
    while let [from, tail @ ..] = rest {
        if let ['-', to, tail @ ..] = tail {
            if from > to {
                return Err(format!("the range {from}-{to} is empty"));
            }
            ranges.push((*from, *to));
            rest = tail;
        } else {
            ranges.push((*from, *from));
            rest = tail;
        }
    }
    if ranges.is_empty() {
        Err("[] matches nothing".to_owned())
    } else {
        Ok(ranges)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_match_as_in_the_dialplan() {
        for (pattern, yes, no) in [
            ("_X", vec!["0", "9"], vec!["", "10", "a", "+"]),
            ("_XXX", vec!["100"], vec!["10", "1000", "+10"]),
            ("_X!", vec!["1", "12345"], vec!["", "+49", "a1"]),
            ("_X.", vec!["12", "1a"], vec!["1", ""]),
            ("_ZXXX.", vec!["10001"], vec!["1000", "00001"]),
            ("_[1-5]XX", vec!["100", "599"], vec!["600", "10"]),
            ("_[13-59]N", vec!["12", "39", "49", "92"], vec!["22", "11"]),
            ("_+49!", vec!["+49", "+4930"], vec!["49", "+48"]),
            ("_1-2X", vec!["123"], vec!["1-23"]),
            ("_*4[2]", vec!["*42"], vec!["*43"]),
            ("100", vec!["100"], vec!["1000", "10", "0100"]),
        ] {
            check(pattern).unwrap();
            for number in yes {
                assert!(matches(pattern, number), "{pattern} {number}");
            }
            for number in no {
                assert!(!matches(pattern, number), "{pattern} {number}");
            }
        }
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for (pattern, why) in [
            ("", "empty"),
            ("_", "follows"),
            ("_[1-5XX", "without"),
            ("_[5-1]", "range"),
            ("_[]", "nothing"),
            ("_X.X", "follow"),
            ("_!1", "follow"),
            ("_X X", "no part"),
            ("XXX", "begins with _"),
            ("_1_2", "no part"),
            ("10 0", "no part"),
            ("1.", "begins"),
        ] {
            let error = check(pattern).unwrap_err();
            assert!(error.contains(why), "{pattern}: {error}");
            assert!(!matches(pattern, pattern) || !pattern.starts_with('_'));
        }
    }

    proptest! {
        #[test]
        fn digits_match_themselves_only(a in "[0-9]{1,12}", b in "[0-9]{1,12}") {
            let as_pattern = format!("_{a}");
            prop_assert!(matches(&as_pattern, &a));
            prop_assert_eq!(matches(&as_pattern, &b), a == b);
            let as_x = format!("_{}", "X".repeat(a.len()));
            prop_assert_eq!(matches(&as_x, &b), a.len() == b.len());
        }

        #[test]
        fn no_text_is_too_strange(pattern in ".{0,20}", number in ".{0,20}") {
            let _ = check(&pattern);
            let _ = matches(&pattern, &number);
        }
    }
}
