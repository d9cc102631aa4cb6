//! Templates of an administrator: `Call from {number}`.

use std::fmt;

/// A text with `{variable}`s, all of them known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(Variable),
}

macro_rules! variables {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What a template can say about a call.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Variable { $($(#[$doc])* $variant,)* }

        impl Variable {
            /// Every variable, in the order of the documentation.
            pub const ALL: &[Variable] = &[$(Variable::$variant,)*];

            /// The name between the braces.
            pub fn name(self) -> &'static str {
                match self { $(Variable::$variant => $name,)* }
            }
        }
    };
}

variables! {
    /// The caller's number as in SuppliedPhone.
    Number = "number",
    /// The number in its country's form.
    National = "national",
    /// The number in international form.
    International = "international",
    /// The caller's name.
    Name = "name",
    /// The extension that was reached.
    Extension = "extension",
    /// The user's section name.
    User = "user",
    /// When the call arrived, in the language's form.
    Start = "start",
    /// When it was over, in the language's form.
    End = "end",
    /// Ring time in the language's form.
    Ring = "ring",
    /// Talk time in the language's form.
    Talk = "talk",
    /// Ring time in seconds.
    RingSeconds = "ring_seconds",
    /// Talk time in seconds.
    TalkSeconds = "talk_seconds",
    /// Why the call ended as it did, in the language's words.
    Reason = "reason",
    /// The same as a code that does not depend on the language.
    ReasonCode = "reason_code",
    /// The number the caller dialled.
    Dialled = "dialled",
    /// The queue the call came through.
    Queue = "queue",
    /// The call's reference.
    Reference = "reference",
}

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateError {
    /// `{name}` is no variable.
    Unknown(String),
    /// A `{` without its `}`.
    Unclosed,
    /// A `}` without its `{`.
    Unopened,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TemplateError::Unknown(name) => write!(f, "unknown variable {{{name}}}"),
            TemplateError::Unclosed => f.write_str("a { without its } (a brace itself is {{)"),
            TemplateError::Unopened => f.write_str("a } without its { (a brace itself is }})"),
        }
    }
}

impl std::error::Error for TemplateError {}

impl Template {
    /// Reads a template; `{{` and `}}` stand for the braces themselves.
    pub fn parse(source: &str) -> Result<Template, TemplateError> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = source;
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            let after = &rest[at + 1..];
            if let Some(doubled) = after.strip_prefix(brace) {
                text.push_str(brace);
                rest = doubled;
            } else if brace == "}" {
                return Err(TemplateError::Unopened);
            } else {
                let (name, tail) = after.split_once('}').ok_or(TemplateError::Unclosed)?;
                let variable = Variable::ALL
                    .iter()
                    .find(|v| v.name() == name.trim())
                    .ok_or_else(|| TemplateError::Unknown(name.to_owned()))?;
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(Part::Variable(*variable));
                rest = tail;
            }
        }
        text.push_str(rest);
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Template {
            source: source.to_owned(),
            parts,
        })
    }

    /// The template as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text, each variable replaced by what `value` says. What `value` says is not read
    /// as a template again.
    pub fn render(&self, mut value: impl FnMut(Variable) -> String) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Variable(variable) => out.push_str(&value(*variable)),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn render(source: &str) -> String {
        Template::parse(source)
            .unwrap()
            .render(|v| format!("<{}>", v.name()))
    }

    #[test]
    fn variables_and_braces() {
        assert_eq!(render("Call from {number}"), "Call from <number>");
        assert_eq!(render("{{{name}}} }}{{"), "{<name>} }{");
        assert_eq!(render(""), "");
        assert_eq!(
            render("{ring_seconds}{talk_seconds}"),
            "<ring_seconds><talk_seconds>"
        );
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        assert_eq!(
            Template::parse("a {nummer} b"),
            Err(TemplateError::Unknown("nummer".into()))
        );
        assert_eq!(Template::parse("a {number"), Err(TemplateError::Unclosed));
        assert_eq!(Template::parse("a } b"), Err(TemplateError::Unopened));
        assert_eq!(
            Template::parse("{}"),
            Err(TemplateError::Unknown(String::new()))
        );
        assert_eq!(
            TemplateError::Unknown("nummer".into()).to_string(),
            "unknown variable {nummer}"
        );
    }

    #[test]
    fn values_are_not_read_as_templates() {
        let template = Template::parse("{name}").unwrap();
        assert_eq!(template.render(|_| "{number}}".to_owned()), "{number}}");
    }

    proptest! {
        #[test]
        fn doubled_braces_give_the_text_back(text in ".*") {
            let source = text.replace('{', "{{").replace('}', "}}");
            prop_assert_eq!(Template::parse(&source).unwrap().render(|_| unreachable!()), text);
        }
    }
}
