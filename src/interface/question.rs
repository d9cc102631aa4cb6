//! What the dialplan asks with `SALESFORCE()`.

use crate::calls::directory::Directory;
use crate::calls::event::Snapshot;
use crate::calls::is_withheld;
use crate::delivery::{Inquiry, InquiryReply};

/// The function's arguments, and the channel that reads it. What is empty was not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// Which field.
    pub field: String,
    /// Whose: a number; the caller's where it is empty.
    pub number: String,
    /// As which user (section name).
    pub user: String,
    /// The channel; only caller, extension and context are filled in.
    pub channel: Option<Snapshot>,
}

impl Question {
    /// The same for the delivery: the number asked for, or the caller's, unless that is withheld;
    /// and the user whose extension is being called.
    pub fn inquiry(&self, directory: &Directory, reply: InquiryReply) -> Inquiry {
        let channel = self.channel.as_ref();
        let caller = channel
            .filter(|channel| !is_withheld(channel.presentation, &channel.caller_number))
            .map(|channel| channel.caller_number.clone());
        let given = Some(self.number.trim()).filter(|number| !number.is_empty());
        let called = channel.and_then(|channel| {
            [&channel.exten, &channel.dnid]
                .into_iter()
                .find_map(|exten| directory.line_dialled(&channel.context, exten))
        });
        Inquiry {
            field: self.field.trim().to_owned(),
            number: given.map(str::to_owned).or(caller),
            user: Some(self.user.trim().to_owned()).filter(|user| !user.is_empty()),
            called: called.map(|line| line.user.to_string()),
            reply,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inquiry(question: &Question) -> Inquiry {
        let mut directory = Directory::new();
        directory.add("anna", "100", None, None);
        directory.add("bert", "101", Some("office"), None);
        question.inquiry(&directory, Box::new(|_| ()))
    }

    fn from(number: &str, presentation: i32) -> Question {
        let channel = Snapshot {
            caller_number: number.to_owned(),
            presentation,
            context: "office".to_owned(),
            exten: "s".to_owned(),
            dnid: "101".to_owned(),
            ..Snapshot::default()
        };
        Question {
            field: " name ".to_owned(),
            channel: Some(channel),
            ..Question::default()
        }
    }

    #[test]
    fn the_caller_is_meant_unless_a_number_is_given() {
        let mut question = from("030 1234567", 0);
        let asked = inquiry(&question);
        assert_eq!(asked.field, "name");
        assert_eq!(asked.number.as_deref(), Some("030 1234567"));
        question.number = " 040 7654321 ".to_owned();
        assert_eq!(inquiry(&question).number.as_deref(), Some("040 7654321"));
        question.channel = None;
        assert_eq!(inquiry(&question).number.as_deref(), Some("040 7654321"));
        question.number.clear();
        assert_eq!(inquiry(&question).number, None);
    }

    #[test]
    fn a_withheld_number_is_asked_for_only_by_name() {
        let mut question = from("030 1234567", 0x23);
        assert_eq!(inquiry(&question).number, None);
        question.number = "030 1234567".to_owned();
        assert_eq!(inquiry(&question).number.as_deref(), Some("030 1234567"));
        assert_eq!(inquiry(&from("anonymous", 0)).number, None);
    }

    #[test]
    fn the_extension_or_what_was_dialled_says_whose_call_it_is() {
        let mut question = from("1", 0);
        assert_eq!(inquiry(&question).called.as_deref(), Some("bert"));
        let mut with = |exten: &str, context: &str| {
            let channel = question.channel.as_mut().unwrap();
            (channel.exten, channel.context) = (exten.to_owned(), context.to_owned());
            inquiry(&question).called
        };
        assert_eq!(with("100", "office").as_deref(), Some("anna"));
        assert_eq!(with("s", "elsewhere"), None);
        question.user = " bert ".to_owned();
        assert_eq!(inquiry(&question).user.as_deref(), Some("bert"));
    }
}
