//! Lines of a configuration mean to the page what they mean to Asterisk: both read the same texts.

use crate::scene::{PATIENCE, Plan};
use private_pbx::AMI_USER;
use res_ansitel_salesforce::web::conf::{Directive, Document};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

/// What lines are made of: everything that Asterisk's reader looks at.
const PARTS: &[&str] = &[
    "a",
    "b",
    "1",
    " ",
    " ",
    "\t",
    "=",
    " = ",
    "=",
    ">",
    "+",
    ";",
    ";--",
    "--;",
    "-",
    "\\",
    "#",
    "#exec x",
    "\"",
    "[",
    "]",
    "é",
    "\u{a0}",
    "\u{b}",
    "\r",
    "\n",
    "\n",
    "\n",
    "\nb=2\n",
    "\na =>1\n",
    "\n[x]\n",
    "\n[y]\n",
    "\n[x](+)\n",
    "\n[t](!)\n",
    "\n[z](t)\n",
];

const SECTIONS: [&str; 3] = ["x", "y", "z"];

/// How many texts.
const TEXTS: u64 = 400;

type Options = BTreeMap<(String, String), Vec<String>>;

struct Ami(BufReader<TcpStream>);

impl Ami {
    fn login(address: std::net::SocketAddr) -> Ami {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut ami = Ami(BufReader::new(stream));
        let (name, secret) = AMI_USER;
        let login = format!("Action: Login\r\nUsername: {name}\r\nSecret: {secret}\r\nEvents: off");
        let said = ami.ask(&login);
        assert!(said.iter().any(|line| line.contains("Success")), "{said:?}");
        ami
    }

    /// Lines of the answer.
    fn ask(&mut self, action: &str) -> Vec<String> {
        write!(self.0.get_mut(), "{action}\r\nActionID: own\r\n\r\n").unwrap();
        loop {
            let mut lines = Vec::new();
            loop {
                let mut line = Vec::new();
                assert_ne!(self.0.read_until(b'\n', &mut line).unwrap(), 0);
                let line = String::from_utf8_lossy(&line).into_owned();
                let line = line.strip_suffix("\r\n").unwrap_or(&line).to_owned();
                if line.is_empty() {
                    break;
                }
                lines.push(line);
            }
            if lines.iter().any(|line| line == "ActionID: own") {
                return lines;
            }
        }
    }

    /// Options as Asterisk reads them; `None`: it refuses the file.
    fn options(&mut self, file: &str) -> Option<Options> {
        let lines = self.ask(&format!("Action: GetConfig\r\nFilename: {file}"));
        if !lines.iter().any(|line| line == "Response: Success") {
            return None;
        }
        let mut section = String::new();
        let mut options = Options::new();
        for line in lines {
            if let Some(rest) = line.strip_prefix("Category-") {
                section = rest.split_once(": ").unwrap().1.to_owned();
            } else if let Some(rest) = line.strip_prefix("Line-") {
                let (name, value) = rest.split_once(": ").unwrap().1.split_once('=').unwrap();
                let name = name.to_ascii_lowercase();
                let of = options.entry((section.clone(), name)).or_default();
                of.push(value.to_owned());
            }
        }
        Some(options)
    }
}

#[test]
fn documents_are_read_as_asterisk_reads_them() {
    let mut plan = Plan::default();
    plan.builder = plan.builder.ami();
    let scene = plan.prepare();
    let mut ami = Ami::login(scene.pbx.ami().unwrap());
    let (mut compared, mut with_programs) = (0, 0);
    for seed in 0..TEXTS {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut text = "[x]\n".to_owned();
        for _ in 0..random.usize(5..40) {
            text += random.choice(PARTS).unwrap();
        }
        scene.pbx.write_etc("odd.conf", &text).unwrap();
        let Some(mut expected) = ami.options("odd.conf") else {
            continue;
        };
        // What a section inherits stands in front of its own; templates have no options here.
        let document = Document::read(&text);
        let mut found = Options::new();
        for section in SECTIONS {
            let names: BTreeSet<String> = document.own_options(section).into_iter().collect();
            for name in names {
                for value in document.own(section, &name) {
                    // As Asterisk tells it: an escaped name may hold another =.
                    let line = format!("{name}={value}");
                    let (name, value) = line.split_once('=').unwrap();
                    let key = (section.to_owned(), name.to_owned());
                    found.entry(key).or_default().push(value.to_owned());
                }
            }
        }
        let is_template = |name: &String| name == "t";
        expected.retain(|(section, _), _| !is_template(section));
        // Those of a template's are not its heirs' own.
        expected.retain(|key, values| {
            let own = found.get(key).map_or(0, Vec::len);
            let inherited = values.len().saturating_sub(own);
            if key.0 == "z" {
                values.drain(..inherited);
            }
            !values.is_empty()
        });
        assert_eq!(found, expected, "{seed}: {text:?}");
        compared += 1;
        let is_program = |directive: &Directive| matches!(directive, Directive::Exec(_));
        with_programs += usize::from(document.directives().iter().any(is_program));
    }
    assert!(
        compared > 100 && with_programs > 20,
        "{compared} {with_programs}"
    );
    let refused = scene.await_logged("WARNING", "Cannot perform #exec", with_programs);
    assert!(refused.len() >= with_programs);
}
