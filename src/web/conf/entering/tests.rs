use super::*;
use crate::config::RawOption;
use std::fs;
use std::path::Path;

const FILE: &str = "[general]\ncountry = DE\n\
    [office](!)\ntype = user\npassword = shared\ndomain = acme.my.salesforce.com\n\
    [anna](office)\nusername = a@b.example\ntoken = tk\n\
    [bert](office)\npassword =\npassword_file = FILE\n";

/// A folder with the file, and what Asterisk would read there.
struct Bench {
    folder: tempfile::TempDir,
    before: Vec<RawSection>,
}

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("bert");
        fs::write(&secret, "from the file\n").unwrap();
        let secret = secret.display().to_string();
        let text = FILE.replace("FILE", &secret);
        let main = folder.path().join("salesforce.conf");
        fs::write(&main, &text).unwrap();
        let section = |name: &str, options: &[(&str, &str)]| RawSection {
            name: name.to_owned(),
            file: "salesforce.conf".to_owned(),
            line: 1,
            options: options
                .iter()
                .map(|(name, value)| option(name, value))
                .collect(),
        };
        let office = [
            ("type", "user"),
            ("password", "shared"),
            ("domain", "acme.my.salesforce.com"),
        ];
        let anna = [("username", "a@b.example"), ("token", "tk")];
        let bert = [("password", ""), ("password_file", secret.as_str())];
        let before = vec![
            section("general", &[("country", "DE")]),
            section("anna", &[&office[..], &anna].concat()),
            section("bert", &[&office[..], &bert].concat()),
        ];
        Bench { folder, before }
    }

    fn main(&self) -> std::path::PathBuf {
        self.folder.path().join("salesforce.conf")
    }

    /// What is to be written, and what has not been entered.
    fn save(
        &self,
        section: &str,
        set: &[(&str, Wanted)],
        again: &[(&str, &str, &str)],
    ) -> (Vec<String>, Vec<String>) {
        let set = options(set);
        let mut secrets: BTreeMap<String, Options> = BTreeMap::new();
        for (name, option, value) in again {
            let of = secrets.entry((*name).to_owned()).or_default();
            of.insert((*option).to_owned(), one(value));
        }
        let files = Files::read(&self.main(), &self.before).unwrap();
        let entered = Entered::sort(section, false, &set, &secrets, &files, &self.before).unwrap();
        let change = Change::Several(&entered.written);
        let after = files.foresee(&change, &self.before).unwrap();
        let missing = entered.missing(&self.before, &after);
        let written = entered.written.iter();
        let written = written.flat_map(|(s, set)| set.keys().map(move |o| format!("{s}.{o}")));
        let of =
            |error: &ConfigError| format!("{}.{}", error.section, error.option.as_deref().unwrap());
        (written.collect(), missing.iter().map(of).collect())
    }
}

fn option(name: &str, value: &str) -> RawOption {
    RawOption {
        name: name.to_owned(),
        value: value.to_owned(),
        file: "salesforce.conf".to_owned(),
        line: 1,
    }
}

fn one(value: &str) -> Wanted {
    Wanted::One(value.to_owned())
}

fn options(set: &[(&str, Wanted)]) -> Options {
    let set = set.iter();
    set.map(|(name, wanted)| ((*name).to_owned(), wanted.clone()))
        .collect()
}

#[test]
fn who_changes_where_secrets_go_enters_them() {
    let bench = Bench::new();
    let there = || ("domain", one("evil.force.com"));
    let (_, missing) = bench.save("anna", &[there()], &[]);
    assert_eq!(missing, ["anna.password", "anna.token"]);
    let (_, missing) = bench.save("anna", &[there(), ("token", one("tk"))], &[]);
    assert_eq!(missing, ["anna.password"]);
    let both = [there(), ("token", one("other")), ("password", one("other"))];
    let (written, missing) = bench.save("anna", &both, &[]);
    assert_eq!(missing, [""; 0]);
    assert_eq!(written, ["anna.domain", "anna.password", "anna.token"]);
    // What is gone goes nowhere; what comes out of the template instead does.
    let gone = [there(), ("token", Wanted::Unset), ("password", one(""))];
    assert_eq!(bench.save("anna", &gone, &[]).1, [""; 0]);
    let gone = [
        there(),
        ("token", Wanted::Unset),
        ("password", Wanted::Unset),
    ];
    assert_eq!(bench.save("anna", &gone, &[]).1, ["anna.password"]);
    // Nothing moves.
    let elsewhere = [("username", one("x@y.example")), ("country", one("AT"))];
    assert_eq!(bench.save("anna", &elsewhere, &[]).1, [""; 0]);
}

#[test]
fn who_changes_whom_to_trust_enters_all() {
    let bench = Bench::new();
    let trust = [("trusted_domains", one("force.com, evil.example"))];
    let (_, missing) = bench.save("general", &trust, &[]);
    assert_eq!(missing, ["anna.password", "anna.token", "bert.password"]);
    let again = [
        ("anna", "password", "shared"),
        ("anna", "token", "new"),
        ("bert", "password", "from the file"),
    ];
    let (written, missing) = bench.save("general", &trust, &again);
    assert_eq!(missing, [""; 0]);
    // What is known already, or is in a file, is not written.
    assert_eq!(written, ["anna.token", "general.trusted_domains"]);
    let wrong = [again[0], again[1], ("bert", "password", "guessed")];
    assert_eq!(bench.save("general", &trust, &wrong).1, ["bert.password"]);
}

#[test]
fn what_is_in_a_file_is_typed_and_not_written() {
    let bench = Bench::new();
    let there = || ("domain", one("evil.force.com"));
    let (written, missing) = bench.save("bert", &[there()], &[]);
    assert_eq!(
        (&written[..], &missing[..]),
        (
            &["bert.domain".to_owned()][..],
            &["bert.password".to_owned()][..]
        )
    );
    let (written, missing) = bench.save("bert", &[there(), ("password", one("guessed"))], &[]);
    assert_eq!(
        (written, missing.len()),
        (vec!["bert.domain".to_owned()], 1)
    );
    let (written, missing) =
        bench.save("bert", &[there(), ("password", one("from the file"))], &[]);
    assert_eq!(
        (written, missing.len()),
        (vec!["bert.domain".to_owned()], 0)
    );
    // Another file.
    let other = bench.folder.path().join("other");
    fs::write(&other, "hunter2").unwrap();
    let named = || ("password_file", one(&other.display().to_string()));
    assert_eq!(bench.save("bert", &[named()], &[]).1, ["bert.password"]);
    assert_eq!(
        bench
            .save("bert", &[named(), ("password", one("from the file"))], &[])
            .1
            .len(),
        1
    );
    let (written, missing) = bench.save("bert", &[named(), ("password", one("hunter2"))], &[]);
    assert_eq!(
        (written, missing.len()),
        (vec!["bert.password_file".to_owned()], 0)
    );
    // In place of what the template says, which is put out of force.
    let emptied = [named(), ("password", one(""))];
    let again = [("anna", "password", "hunter2")];
    assert_eq!(bench.save("anna", &emptied, &[]).1, ["anna.password"]);
    let (written, missing) = bench.save("anna", &emptied, &again);
    assert_eq!(missing, [""; 0]);
    assert_eq!(written, ["anna.password", "anna.password_file"]);
    // Out of the file, into the section.
    let inline = [
        ("password_file", Wanted::Unset),
        ("password", one("mine")),
        there(),
    ];
    let (written, missing) = bench.save("bert", &inline, &[]);
    assert_eq!(missing, [""; 0]);
    assert_eq!(
        written,
        ["bert.domain", "bert.password", "bert.password_file"]
    );
}

#[test]
fn what_is_foreseen_is_what_asterisk_reads() {
    let bench = Bench::new();
    let set = options(&[("token", Wanted::Unset), ("domain", one("x.force.com"))]);
    let files = Files::read(Path::new(&bench.main()), &bench.before).unwrap();
    let after = files
        .foresee(&Change::Options("anna", &set), &bench.before)
        .unwrap();
    let said: Vec<_> = after[1]
        .options
        .iter()
        .map(|o| (o.name.as_str(), o.value.as_str()))
        .collect();
    let expected = [
        ("type", "user"),
        ("password", "shared"),
        ("domain", "acme.my.salesforce.com"),
        ("username", "a@b.example"),
        ("domain", "x.force.com"),
    ];
    assert_eq!(said, expected);
    let gone = files
        .foresee(&Change::Remove("anna"), &bench.before)
        .unwrap();
    assert_eq!(gone.len(), 2);
    assert!(
        files
            .foresee(&Change::Remove("general"), &bench.before)
            .is_err()
    );
    for name in ["general", "General", "anna", "ANNA"] {
        let added = files.foresee(&Change::Add(name, &set), &bench.before);
        assert!(matches!(added, Err(SaveError::Taken)), "{name}");
    }
}
