//! Answers of ten megabytes that would take a hundred times as much memory, if every part of them
//! became a value.

use crate::scene::{Scene, Way, alone, check, in_time};
use crate::server::Reply;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a body that is as long as one may be.
const FULL: usize = 10 << 20;

/// A body of [`FULL`] length that is never in memory as a whole.
struct Inflating {
    name: &'static str,
    begin: String,
    /// Repeated, `#` being a number of six digits.
    part: &'static str,
    end: String,
    /// What is asked for, and the status of the answer.
    asked: Vec<(Way, u16)>,
}

impl Inflating {
    fn count(&self) -> usize {
        let one = self.part.replace('#', "000000").len();
        (FULL - self.begin.len() - self.end.len()) / one
    }

    fn length(&self) -> usize {
        let one = self.part.replace('#', "000000").len();
        self.begin.len() + self.count() * one + self.end.len()
    }

    fn write(&self, status: u16, stream: &mut dyn Write) -> io::Result<bool> {
        let length = self.length();
        write!(
            stream,
            "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n"
        )?;
        let mut stream = BufWriter::with_capacity(1 << 16, stream);
        stream.write_all(self.begin.as_bytes())?;
        let block = 1000;
        let same = self.part.repeat(block);
        let mut number = 0;
        while !self.part.contains('#') && number + block <= self.count() {
            stream.write_all(same.as_bytes())?;
            number += block;
        }
        for number in number..self.count() {
            let mut pieces = self.part.split('#');
            stream.write_all(pieces.next().unwrap_or_default().as_bytes())?;
            for piece in pieces {
                write!(stream, "{number:06}{piece}")?;
            }
        }
        stream.write_all(self.end.as_bytes())?;
        stream.flush()?;
        Ok(true)
    }
}

/// Bodies that would take a hundred times their size or more if every part of them became a value.
fn inflating() -> Vec<Inflating> {
    let graph = r#"{"graphs":[{"graphId":"g0","isSuccessful":false,"graphResponse":{"compositeResponse":
        [{"referenceId":"r0","httpStatusCode":400,"body":["#;
    let long = "a".repeat(FULL / 8);
    let all = Way::ALL.map(|way| (way, 200));
    let all = [all.as_slice(), &[(Way::Search, 400), (Way::Write, 503)]].concat();
    let refused = &[(Way::Search, 400), (Way::Write, 503)][..];
    let only = |way| vec![(way, 200)];
    let body = |name, begin: &str, part, end: &str, asked: &[(Way, u16)]| Inflating {
        name,
        begin: begin.to_owned(),
        part,
        end: end.to_owned(),
        asked: asked.to_owned(),
    };
    let some = &[(Way::SoapLogin, 200), (Way::Query, 200), (Way::Search, 400)];
    let unknown = [(Way::OauthLogin, 200), (Way::Query, 200), (Way::Write, 200)];
    let soap = only(Way::SoapLogin);
    let (opened, closed) = (format!("<{long}>"), format!("</{long}>"));
    vec![
        body("deep arrays", "", "[", "", &all),
        body("deep objects", "", r#"{"a":"#, "", some),
        body("deep unknown field", r#"{"x":"#, "[", "", &unknown),
        body("many objects", "[", r#"{"a":1},"#, "0]", refused),
        body(
            "many errors",
            "[",
            r#"{"errorCode":"X","message":""},"#,
            "0]",
            refused,
        ),
        body("many numbers", "[", "1,", "1]", refused),
        body("many keys", "{", r##""#":0,"##, r#""k":0}"#, some),
        body(
            "many records",
            r#"{"records":["#,
            "{},",
            "{}]}",
            &only(Way::Query),
        ),
        body(
            "many rows",
            r#"{"records":["#,
            r##"{"Id":"500000000#"},"##,
            "0]}",
            &only(Way::Query),
        ),
        body(
            "many found",
            r#"{"searchRecords":["#,
            r##"{"Id":"001000000#"},"##,
            "0]}",
            &only(Way::Search),
        ),
        body(
            "many fields",
            r#"{"createable":true,"fields":["#,
            r##"{"name":"#","createable":true},"##,
            "0]}",
            &only(Way::Describe),
        ),
        body(
            "errors of a record",
            graph,
            r#"{"a":1},"#,
            "0]}]}}]}",
            &only(Way::Write),
        ),
        body(
            "many graphs",
            r#"{"graphs":["#,
            r##"{"graphId":"#","isSuccessful":true},"##,
            "0]}",
            &only(Way::Write),
        ),
        body("one long string", "\"", "x", "\"", some),
        body("deep elements", "", "<a>", "", &soap),
        body("many elements", "<a>", "<a#></a#>", "</a>", &soap),
        body(
            "many elements in a long one",
            &opened,
            "<a#></a#>",
            &closed,
            &soap,
        ),
        body("many attributes", "<a ", "a#='' ", "/>", &soap),
        body("character data", "<a>", "<![CDATA[x]]>", "</a>", &soap),
        body("references", "<a>", "&amp;", "</a>", &soap),
        body("a comment", "<a><!--", "x", "--></a>", &soap),
    ]
}

#[test]
fn a_body_that_inflates_takes_bounded_memory() {
    let _alone = alone();
    let scene = Scene::with(in_time(Duration::from_secs(120)));
    for body in inflating() {
        let name = body.name;
        let asked = body.asked.clone();
        let body = Arc::new(body);
        for (way, status) in asked {
            let body = body.clone();
            let write = move |stream: &mut dyn Write| body.write(status, stream);
            scene.server.script([Reply::Stream(Box::new(write))]);
            let error = scene.ask(way).expect_err(name);
            check(way, &error);
            scene.check_memory(way);
            scene.recover(way);
        }
    }
}
