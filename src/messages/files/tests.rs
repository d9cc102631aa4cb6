//! What files of an administrator do, and what is said of bad ones.

use super::*;
use crate::messages::catalogue::MESSAGES;
use crate::messages::words::Words;
use proptest::prelude::*;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

/// A directory with these files.
fn directory(files: &[(&str, &[u8])]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(directory.path().join(name), bytes).unwrap();
    }
    directory
}

/// What comes of one text file.
fn one(name: &str, text: &str) -> Found {
    read(directory(&[(name, text.as_bytes())]).path())
}

fn say(found: &Found, written: &str, id: &str) -> String {
    let language = found.languages.find(written).unwrap();
    Words::new(&language).say(id, &[])
}

/// The only error, without the directory's name.
fn error(name: &str, bytes: &[u8]) -> String {
    let directory = directory(&[(name, bytes)]);
    let found = read(directory.path());
    assert_eq!(found.warnings, Vec::<String>::new(), "{name}");
    assert_eq!(found.errors.len(), 1, "{:#?}", found.errors);
    let place = format!("{}/{name}: ", directory.path().display());
    let error = found.errors[0].strip_prefix(&place);
    error
        .unwrap_or_else(|| panic!("{:?}", found.errors))
        .to_owned()
}

/// The same of a text for German, which then says what it said before.
fn broken(text: &str) -> String {
    let found = one("de.ftl", text);
    assert_eq!(say(&found, "de", "reason-busy"), "besetzt", "{text}");
    let error = error("de.ftl", text.as_bytes());
    let problem = error.strip_suffix(". Instead of it, the built-in texts are used");
    problem.unwrap_or_else(|| panic!("{error}")).to_owned()
}

#[test]
fn no_directory_is_no_error() {
    let directory = tempfile::tempdir().unwrap();
    let found = read(&directory.path().join("salesforce"));
    assert_eq!((found.errors.len(), found.warnings.len()), (0, 0));
    assert_eq!(say(&found, "de", "reason-busy"), "besetzt");
}

#[test]
fn messages_of_a_language_are_replaced() {
    // With a mark and line ends as Windows writes them.
    let found = one(
        "de.ftl",
        "\u{feff}reason-busy = belegt\r\n# x\r\n-a = {\"{\"}\r\n",
    );
    assert_eq!((&found.errors, &found.warnings), (&vec![], &vec![]));
    assert_eq!(say(&found, "de_DE", "reason-busy"), "belegt");
    assert_eq!(say(&found, "de", "reason-rejected"), "abgewiesen");
    assert_eq!(say(&found, "en", "reason-busy"), "busy");
}

#[test]
fn a_language_is_added() {
    let found = one(
        "pl.ftl",
        "reason-busy = zajęte\nhours = { $count ->\n    [few] { $count } godziny\n   *[many] { $count } godzin\n}\n",
    );
    assert_eq!(found.errors, Vec::<String>::new());
    assert_eq!(say(&found, "PL", "reason-busy"), "zajęte");
    assert_eq!(say(&found, "pl", "reason-rejected"), "rejected");
    let words = Words::new(&found.languages.find("pl").unwrap());
    // The plurals are Polish.
    assert_eq!(words.duration(2 * 3600), "2 godziny");
    assert_eq!(words.duration(5 * 3600), "5 godzin");
    // What is in English is told once.
    assert_eq!(found.warnings.len(), 1, "{:#?}", found.warnings);
    let warning = &found.warnings[0];
    assert!(warning.contains("/pl.ftl: written in English, for it lacks: account-name, "));
    assert!(!warning.contains("reason-busy") && warning.ends_with("duration-joint"));
    assert!(found.languages.find("pl-PL").is_none());
}

#[test]
fn a_variety_builds_upon_its_language_and_its_file() {
    let directory = directory(&[
        ("de-AT.ftl", b"line-extension = Klappe: { $extension }"),
        ("de.ftl", b"reason-busy = belegt"),
    ]);
    let found = read(directory.path());
    assert_eq!((&found.errors, &found.warnings), (&vec![], &vec![]));
    let austrian = Words::new(&found.languages.find("de_AT").unwrap());
    assert_eq!(
        austrian.say("line-extension", &[("extension", "1".into())]),
        "Klappe: 1"
    );
    assert_eq!(austrian.say("reason-busy", &[]), "belegt");
    let german = Words::new(&found.languages.find("de").unwrap());
    assert_eq!(
        german.say("line-extension", &[("extension", "1".into())]),
        "Nebenstelle: 1"
    );
}

#[test]
fn a_whole_file_of_ones_own_needs_no_warning() {
    let english = include_str!("../languages/en.ftl");
    let found = one("xx.ftl", english);
    assert_eq!((&found.errors, &found.warnings), (&vec![], &vec![]));
}

#[test]
fn terms_and_references_may_be_used() {
    let found = one(
        "de.ftl",
        "-firma = Müller & Söhne\nreason-busy = { -firma }: { reason-rejected }\n",
    );
    assert_eq!((&found.errors, &found.warnings), (&vec![], &vec![]));
    assert_eq!(
        say(&found, "de", "reason-busy"),
        "Müller & Söhne: abgewiesen"
    );
}

#[test]
fn a_message_is_one_harmless_line() {
    let found = one(
        "de.ftl",
        "reason-busy =\n    zwei\n    Zeilen\u{202e}\u{7}\nreason-rejected = { \"\\u000A\" }x\u{1b}[0m\n",
    );
    assert_eq!(found.errors, Vec::<String>::new());
    assert_eq!(say(&found, "de", "reason-busy"), "zwei Zeilen");
    assert_eq!(say(&found, "de", "reason-rejected"), "x [0m");
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    // Calls within each other, each on a line of its own.
    let deep = format!("reason-busy = x{}", "{\nA(".repeat(50_000));
    let endless = format!("reason-busy = {}", "x".repeat(1_001));
    for (text, told) in [
        (
            "reason-busy = x\nsubject-lost Anruf\n",
            "line 2: Expected a token starting with \"=\"",
        ),
        (
            "\n\nsubject-lost = { $nummer }",
            "line 3: subject-lost has no variable $nummer; there is: $known, $name, $number",
        ),
        (
            "reason-busy = { $to }",
            "line 1: reason-busy has no variable $to; there is: none here",
        ),
        (
            // In a branch that is hardly ever taken.
            "date-time = { $month ->\n    [9] { $mounth }\n   *[1] x\n}",
            "line 2: date-time has no variable $mounth; there is: $year, ",
        ),
        (
            "account-name = { number }",
            "line 1: account-name names no message number; a variable is $number",
        ),
        (
            "reason-busy = { -firma }",
            "line 1: reason-busy names no term -firma",
        ),
        (
            "hours = { NUMBER($count) }",
            "line 1: hours calls NUMBER(), there is no function",
        ),
        (
            "reason-busy = x\nreason-busy = y",
            "line 2: reason-busy is there twice",
        ),
        ("reason-busy = { \"\" }", "line 1: reason-busy says nothing"),
        (
            "subject-lost = { $known ->\n    [withheld] { \" \" }\n   *[none] x\n}",
            "line 1: subject-lost says nothing when $known is withheld",
        ),
        (
            "reason-busy = { reason-rejected }\nreason-rejected = { reason-busy }",
            "line 1: reason-busy cannot be said: Resolver error: Cyclical dependency detected",
        ),
        (
            "reason-busy =\n    .a = x",
            "line 1: reason-busy has no text",
        ),
        ("-reason-busy = x", "reason-busy has no text"),
        (
            "reason-busy = { date-time }",
            "line 1: reason-busy cannot be said: Resolver error: Unknown variable: $day",
        ),
        (
            "line-reference = { $reference }.",
            "line 1: line-reference must end with a space and { $reference }",
        ),
        (
            "line-reference = Ref{ $reference }",
            "line 1: line-reference must end with a space and { $reference }",
        ),
        (&deep, "line 51: too many braces within each other"),
        (
            &endless,
            "line 1: reason-busy is longer than 1000 characters",
        ),
    ] {
        let error = broken(text);
        assert!(error.starts_with(told), "{told}\n{error}");
    }
}

#[test]
fn much_that_is_wrong_is_told_in_part() {
    let text: String = (1..=5)
        .map(|n| format!("reason-busy = {{ $x{n} }}\n"))
        .collect();
    let error = broken(&text);
    assert!(
        error.contains("line 1: ") && error.contains("; line 2: "),
        "{error}"
    );
    assert!(
        error.ends_with("; and more") && !error.contains('\n'),
        "{error}"
    );
}

#[test]
fn files_that_cannot_be_read() {
    assert!(error("de.ftl", b"a = x\nreason-busy = \xff").starts_with("line 2: is not UTF-8. "));
    let large = [b'#'; LARGEST + 1];
    assert!(error("de.ftl", &large).starts_with("is larger than 256 kB. "));
    assert!(error("pl.ftl", b"x").ends_with(" Instead of it, en is used"));

    let directory = directory(&[("kept", b"reason-busy = belegt")]);
    let path = |name: &str| directory.path().join(name);
    fs::create_dir(path("en.ftl")).unwrap();
    symlink(path("nowhere"), path("fr.ftl")).unwrap();
    symlink(path("kept"), path("de.ftl")).unwrap();
    fs::write(path(".de.ftl"), "x").unwrap();
    fs::write(path("de.ftl~"), "x").unwrap();
    let found = read(directory.path());
    assert_eq!(found.errors.len(), 2, "{:#?}", found.errors);
    assert!(found.errors[0].contains("/en.ftl: is a folder, not a file. "));
    assert!(found.errors[1].contains("/fr.ftl: "));
    assert_eq!(say(&found, "de", "reason-busy"), "belegt");
    assert_eq!(say(&found, "en", "reason-busy"), "busy");

    let found = read(&path("kept"));
    assert_eq!(found.errors.len(), 1, "{:#?}", found.errors);
}

#[test]
fn a_language_with_a_broken_file_is_there_all_the_same() {
    let found = one("pl.ftl", "reason-busy");
    assert_eq!(found.errors.len(), 1);
    assert_eq!(found.languages.find("pl").unwrap().tag(), "pl");
    assert_eq!(say(&found, "pl", "reason-busy"), "busy");
}

#[test]
fn names_that_mean_nothing_are_told() {
    let found = one(
        "de.ftl",
        "reason-busy = belegt\n\nreason-bussy = x\nfoo = { $x }\n",
    );
    assert_eq!(found.errors, Vec::<String>::new());
    assert_eq!(say(&found, "de", "reason-busy"), "belegt");
    assert_eq!(found.warnings.len(), 1);
    let told = "/de.ftl: no message is called reason-bussy (line 3), foo (line 4)";
    assert!(found.warnings[0].ends_with(told), "{:?}", found.warnings);

    let many: String = ('a'..='z').map(|c| format!("{c} = x\n")).collect();
    let found = one("de.ftl", &many);
    assert!(found.warnings[0].ends_with("a (line 1), b (line 2), c (line 3), and more"));

    let found = one("Deutsch (neu).ftl", "reason-busy = belegt");
    assert!(found.warnings[0].contains("is not called like a language"));

    let directory = directory(&[
        ("de_AT.ftl", b"reason-busy = a"),
        ("de-AT.ftl", b"reason-busy = b"),
    ]);
    let found = read(directory.path());
    assert!(found.errors[0].ends_with("/de_AT.ftl: there is another file for de-AT; not used"));
    assert_eq!(say(&found, "de-AT", "reason-busy"), "b");
}

/// Files nobody would write, made of what a file is made of.
fn odd_text() -> impl Strategy<Value = String> {
    let ids = MESSAGES
        .iter()
        .map(|(id, _)| (*id).to_owned())
        .collect::<Vec<_>>();
    let piece = prop_oneof![
        proptest::sample::select(ids),
        "[ \n{}$*=.\\[\\]\"\\\\a-z-]{1,6}",
        Just("\n".to_owned()),
        Just(" = ".to_owned()),
        Just("{ $count ->\n [one] a\n*[other] b\n}".to_owned()),
        Just("{ -a(b: \"c\") }".to_owned()),
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// Whatever stands in a file: what is then said is a line of text, and the reference is
    /// found again.
    #[test]
    fn no_file_does_harm(text in odd_text()) {
        let found = one("de.ftl", &text);
        for line in found.errors.iter().chain(&found.warnings) {
            prop_assert!(!line.chars().any(char::is_control), "{line}");
        }
        let german = found.languages.named("de");
        let words = Words::new(&german);
        for (id, _) in MESSAGES {
            for sample in crate::messages::catalogue::samples(id).iter().take(5) {
                let (said, errors) = words.render(id, sample).unwrap();
                prop_assert!(!said.is_empty() && errors.is_empty());
            }
        }
    }
}
