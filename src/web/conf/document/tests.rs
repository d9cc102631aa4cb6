use super::*;

const FILE: &str = "; The office\n\
    \n\
    [general]\n\
    language = de ; all of us\n\
    workers=2\n\
    ;--\n\
    [anna]\n\
    password = old\n\
    --;\n\
    \n\
    [acme](!)          ; the template\n\
    type = user\n\
    domain => acme.my.salesforce.com\n\
    \n\
    ; Anna sits at the door.\n\
    [anna](acme)\n\
    username = anna@acme.example\n\
    password = a\\;b   ; from the mail\n\
    case_field = Priority=High\n\
    ; a comment between\n\
    case_field = Reason__c={reason_code}\n\
    ; the last word on Anna\n\
    \n\
    #include salesforce.d/*.conf\n\
    [bert](acme)\n\
    extension = 101\n\
    [anna](+)\n\
    language = en";

fn one(value: &str) -> Wanted {
    Wanted::One(value.to_owned())
}

fn many(values: &[&str]) -> Wanted {
    Wanted::Many(values.iter().map(|&value| value.to_owned()).collect())
}

/// Lines that went and came.
fn changed(change: impl FnOnce(&mut Document)) -> (Vec<String>, Vec<String>) {
    let mut document = Document::read(FILE);
    change(&mut document);
    let text = document.text();
    let (mut old, mut new): (Vec<_>, Vec<_>) = (FILE.lines().collect(), text.lines().collect());
    while !old.is_empty() && old.first() == new.first() {
        old.remove(0);
        new.remove(0);
    }
    while !old.is_empty() && old.last() == new.last() {
        old.pop();
        new.pop();
    }
    let owned = |lines: Vec<&str>| lines.into_iter().map(str::to_owned).collect();
    (owned(old), owned(new))
}

#[track_caller]
fn assert_changed(change: impl FnOnce(&mut Document), old: &[&str], new: &[&str]) {
    let (gone, came) = changed(change);
    assert_eq!(
        (
            gone.iter().map(String::as_str).collect::<Vec<_>>(),
            came.iter().map(String::as_str).collect::<Vec<_>>()
        ),
        (old.to_vec(), new.to_vec())
    );
}

#[test]
fn what_is_read_is_written() {
    for text in [
        "",
        "\n",
        "[a]",
        FILE,
        "a=b\r\n[x]\r\n",
        "\u{feff}[general]\n",
    ] {
        assert_eq!(Document::read(text).text(), text);
    }
}

#[test]
fn values_are_the_sections_own() {
    let document = Document::read(FILE);
    assert_eq!(document.own("anna", "password"), ["a;b"]);
    assert_eq!(document.own("ANNA", "Language"), ["en"]);
    assert_eq!(document.own("anna", "domain"), [""; 0]);
    assert_eq!(document.own("anna", "case_field").len(), 2);
    assert!(document.has("bert") && !document.has("acme") && !document.has("carl"));
}

#[test]
fn a_value_changes_and_its_comment_stays() {
    let line = "password = a\\;b   ; from the mail";
    let new = "password = x\\;--y\\;   ; from the mail";
    assert_changed(
        |d| d.change("anna", "password", &one("x;--y;")).unwrap(),
        &[line],
        &[new],
    );
    assert_changed(
        |d| d.change("general", "workers", &one("4")).unwrap(),
        &["workers=2"],
        &["workers= 4"].map(|_| "workers=4"),
    );
    assert_changed(
        |d| d.change("anna", "language", &one("fr")).unwrap(),
        &["language = en"],
        &["language = fr"],
    );
}

#[test]
fn a_value_that_begins_with_an_arrow_is_no_arrow() {
    let mut document = Document::read("[anna]\nowner=x\ntoken =\n");
    for option in ["owner", "token"] {
        document.change("anna", option, &one(">=y")).unwrap();
        let again = Document::read(&document.text());
        assert_eq!(again.own("anna", option), [">=y"], "{}", document.text());
    }
}

#[test]
fn a_new_option_goes_behind_the_last_one() {
    assert_changed(
        |d| d.change("bert", "enabled", &one("no")).unwrap(),
        &[],
        &["enabled = no"],
    );
    assert_changed(
        |d| d.change("general", "country", &one("AT")).unwrap(),
        &[],
        &["country = AT"],
    );
    let mut document = Document::read("[x]");
    document.change("x", "a", &one("b")).unwrap();
    assert_eq!(document.text(), "[x]\na = b\n");
    let mut document = Document::read("[x]\r\na=1\r\n");
    document.change("x", "b", &one("2")).unwrap();
    assert_eq!(document.text(), "[x]\r\na=1\r\nb = 2\r\n");
}

#[test]
fn an_option_goes() {
    assert_changed(
        |d| d.change("general", "language", &Wanted::Unset).unwrap(),
        &["language = de ; all of us"],
        &[],
    );
    assert_changed(
        |d| d.change("bert", "token", &Wanted::Unset).unwrap(),
        &[],
        &[],
    );
}

#[test]
fn several_lines_of_one_option() {
    assert_changed(
        |d| d.change("anna", "case_field", &many(&["A=1"])).unwrap(),
        &[
            "case_field = Priority=High",
            "; a comment between",
            "case_field = Reason__c={reason_code}",
        ],
        &["case_field = A=1", "; a comment between"],
    );
    assert_changed(
        |d| {
            d.change(
                "anna",
                "case_field",
                &many(&["Priority=High", "B=2", "C=3"]),
            )
            .unwrap()
        },
        &["case_field = Reason__c={reason_code}"],
        &["case_field = B=2", "case_field = C=3"],
    );
    // Of one that is there twice by mistake the last one counts.
    let mut document = Document::read("[x]\na = 1\nb = 2\na = 3\n");
    document.change("x", "a", &one("4")).unwrap();
    assert_eq!(document.text(), "[x]\nb = 2\na = 4\n");
}

#[test]
fn a_section_comes_and_goes() {
    assert_changed(
        |d| {
            d.add(
                "carl",
                &[("type", one("user")), ("case_field", many(&["A=1", "B=2"]))],
            )
            .unwrap()
        },
        &[],
        &[
            "",
            "[carl]",
            "type = user",
            "case_field = A=1",
            "case_field = B=2",
        ],
    );
    let mut document = Document::read(FILE);
    let said = document.remove("anna");
    assert_eq!(said, Err(Refusal::Includes));
    let file = FILE.replace("#include salesforce.d/*.conf\n", "");
    let mut document = Document::read(&file);
    document.remove("anna").unwrap();
    let text = document.text();
    assert!(!document.has("anna") && document.has("bert"));
    for kept in [
        "Anna sits at the door",
        "the last word on Anna",
        "--;",
        "[acme](!)",
    ] {
        assert!(text.contains(kept), "{text}");
    }
    assert!(
        !text.contains("a\\;b") && !text.contains("language = en"),
        "{text}"
    );
    assert_eq!(document.remove("nobody"), Err(Refusal::NoSection));
}

#[test]
fn a_line_is_what_asterisk_takes_it_for() {
    let long = format!("a = {}", "x".repeat(9000));
    for (text, expected) in [
        ("a = b;c", vec![("a", "b")]),
        ("a = b\\;c", vec![("a", "b;c")]),
        ("a = b\\\\;c", vec![("a", "b\\;c")]),
        ("a => b", vec![("a", "b")]),
        ("\\#a = b", vec![("#a", "b")]),
        ("a = b ;-- x --; c", vec![("a", "b  c")]),
        (
            "a = 1 ;-- x\nb = 2\n--; c = 3\nd = 4",
            vec![("a", "1"), ("c", "3"), ("d", "4")],
        ),
        (";---\na = 1", vec![("a", "1")]),
        // Whoever ends a comment that was never begun hides what follows.
        ("a = 1 --; x\nb = 2", vec![("a", "1 --; x")]),
        ("= 1\n+ = 2\nno", vec![("+", "2")]),
        ("\u{a0}a = 1\u{a0}", vec![("\u{a0}a", "1\u{a0}")]),
        (&long, vec![]),
        ("a = 1\0 ;\nb = 2", vec![("a", "1"), ("b", "2")]),
    ] {
        let document = Document::read(&format!("[x]\n{text}\n"));
        let names = document.own_options("x");
        let found = names
            .iter()
            .map(|name| (name.as_str(), document.own("x", name)));
        let found: Vec<_> = found.collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(n, v)| (*n, vec![(*v).to_owned()]))
            .collect();
        assert_eq!(found, expected, "{text:.60}");
    }
}

#[test]
fn a_value_never_meets_the_comment_behind_it() {
    for (line, value, expected) in [
        ("a=1;x", "2\\", "a=2\\ ;x"),
        ("a=1;x", "2--", "a=2-- ;x"),
        ("a=1;-- x --;", "2", "a=1;-- x --;"),
        ("a=1 ;x", "2\\", "a=2\\ ;x"),
    ] {
        let mut document = Document::read(&format!("[x]\n{line}\n#exec y\nb=1"));
        let done = document.change("x", "a", &one(value));
        assert_eq!(document.text(), format!("[x]\n{expected}\n#exec y\nb=1"));
        let again = Document::read(&document.text());
        let is_plain = line != expected;
        assert_eq!(done.is_ok(), is_plain, "{line}");
        assert_eq!(again.own("x", "a"), [if is_plain { value } else { "1" }]);
        assert!(again.own("x", "b") == ["1"] && again.directives().len() == 1);
    }
}

#[test]
fn a_change_brings_no_directive_to_life() {
    let hidden = "[x]\na = 1 ;-- old\n#exec /bin/false\n--;\n[y]\nb = 2\n";
    let former = Document::read(hidden);
    assert_eq!(former.directives(), []);
    // Neither by removing the line that begins the comment, nor by one too long to be read.
    for wanted in [Wanted::Unset, one(&"x".repeat(7990)), one("2")] {
        let mut document = former.clone();
        assert_eq!(document.change("x", "a", &wanted), Err(Refusal::Strange));
    }
    let shown = Document::read("[x]\na = 1\n#exec /bin/false\n[y]\nb = 2\n");
    assert_eq!(
        shown.directives(),
        [Directive::Exec("/bin/false".to_owned())]
    );
    assert!(!shown.does_as(&former) && shown.does_as(&shown));
    let mut document = former.clone();
    document.change("y", "b", &one("#exec y")).unwrap();
    assert!(Document::read(&document.text()).does_as(&former));
    let open = Document::read("[x]\n;--\n[y]");
    assert!(!open.does_as(&open));
    // Whatever a line says behind its value counts for its length.
    let mut document = Document::read(&format!("[x]\na = 1 ; {}\n", "y".repeat(4000)));
    let said = document.change("x", "a", &one(&"x".repeat(4000)));
    assert_eq!(said, Err(Refusal::TooLong));
}

#[test]
fn what_cannot_stand_in_a_file() {
    let mut document = Document::read(FILE);
    let mut refused = |value: &str| document.change("anna", "token", &one(value)).unwrap_err();
    assert_eq!(refused("a\nenabled = no"), Refusal::Control);
    assert_eq!(refused("a\0"), Refusal::Control);
    assert_eq!(refused(" a"), Refusal::Spaces);
    assert_eq!(refused(&";".repeat(4001)), Refusal::TooLong);
    assert_eq!(document.text(), FILE);
    let refused = document.change("nobody", "token", &one("x"));
    assert_eq!(refused, Err(Refusal::NoSection));
}

/// As Windows' editors put it there; Asterisk passes over it.
#[test]
fn a_mark_before_the_first_line_hides_nothing() {
    let text = "\u{feff}[general]\nlanguage = de\n";
    let mut document = Document::read(text);
    assert_eq!(document.text(), text);
    document.change("general", "language", &one("en")).unwrap();
    assert_eq!(document.text(), "\u{feff}[general]\nlanguage = en\n");
}
