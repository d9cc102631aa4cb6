//! Templates of an administrator, filled with anything.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::messages::template::Template;
use res_ansitel_salesforce_fuzz::texts;

fuzz_target!(|data: &[u8]| {
    let ([source, value], _) = texts(data);
    let doubled = source.replace('{', "{{").replace('}', "}}");
    let plain = Template::parse(&doubled).expect("doubled braces are braces");
    assert_eq!(plain.render(|_| unreachable!()), source);
    match Template::parse(&source) {
        Ok(template) => {
            assert_eq!(template.source(), source);
            // What is filled in is not read again, and nothing else changes.
            let mut asked = Vec::new();
            let filled = template.render(|variable| {
                asked.push(variable);
                value.clone()
            });
            let bare = template.render(|_| String::new());
            assert_eq!(filled.len(), bare.len() + asked.len() * value.len());
            // Written down again with the variables' names, it is the same template.
            let marked = template.render(|variable| format!("\u{1}{}\u{2}", variable.name()));
            let again = marked.replace('{', "{{").replace('}', "}}");
            let again = again.replace('\u{1}', "{").replace('\u{2}', "}");
            if !source.contains(['\u{1}', '\u{2}']) {
                let again = Template::parse(&again).expect("the same template");
                assert_eq!(
                    again.render(|v| format!("<{}>", v.name())),
                    template.render(|v| format!("<{}>", v.name()))
                );
            }
        }
        Err(error) => assert!(source.contains(['{', '}']), "{error}"),
    }
});
