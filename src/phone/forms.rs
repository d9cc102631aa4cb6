//! The forms in which a number is looked for.

use super::{Number, rules};

impl Number {
    /// What to search for to find the number in the many forms in which people store it; the
    /// hits are then compared ([`Number::matches`]). Digits, digits with a `*` behind for
    /// whatever follows them (an extension, a second number), and groups of digits with a space
    /// between for a search that knows a number only by its groups. The likeliest first, none
    /// twice.
    pub fn lookup_forms(&self) -> Vec<String> {
        let code = &self.line.calling_code;
        let significant = &self.line.significant;
        let national: String = digits(&self.national).collect();
        let mut forms = vec![
            format!("{code}{significant}"),
            national.clone(),
            // Also what ends with it, however it begins: 0049…, 011…, +49 (0)…
            significant.clone(),
            format!("00{code}{significant}"),
            // Whatever follows, an extension as a rule, in the form in which a country's own people
            // write: wildcards are what makes a search expensive. That nothing may follow is not
            // documented for phone fields, so that the plain digits are there as well.
            format!("{national}*"),
        ];
        let abroad = groups(&self.international);
        let abroad = abroad.split_once(' ').map_or("", |(_, rest)| rest);
        let at_home = groups(&self.national);
        if !at_home.ends_with(&format!(" {abroad}")) {
            forms.push(at_home);
        }
        forms.push(abroad.to_owned());
        forms.extend(self.otherwise());
        let mut seen = Vec::new();
        forms.retain(|form| {
            // One group is in the other forms.
            let is_new = form.len() > 1 && !seen.contains(form);
            seen.push(form.clone());
            is_new
        });
        forms
    }

    /// Mobiles are stored with and without a digit that was added or dropped or only counts
    /// from abroad.
    fn otherwise(&self) -> Vec<String> {
        let significant = &self.line.significant;
        match self.line.calling_code.as_str() {
            "52" => vec![format!("521{significant}*")],
            "55" if significant.len() == 11 => {
                let (area, old) = (&significant[..2], &significant[3..]);
                vec![
                    format!("{area}{old}"),
                    format!("55{area}{old}*"),
                    format!("{area} {} {}", &old[..4], &old[4..]),
                ]
            }
            "54" => {
                let bare = self.line.bare();
                let rules = rules();
                let mobile = format!("+549{bare}");
                let mobile = rules.parse(mobile, None).map(|it| Number::new(&rules, &it));
                let mobile = mobile.map(|it| it.national).unwrap_or_default();
                let mobile = groups(mobile.trim_start_matches('0'));
                let undivided = mobile.replace(' ', "");
                let mut forms = vec![bare.to_owned(), format!("54{bare}*"), format!("0{bare}*")];
                // With 15 after the area code.
                forms.extend([undivided.clone(), format!("0{undivided}*"), mobile]);
                forms
            }
            _ => Vec::new(),
        }
    }
}

fn digits(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(char::is_ascii_digit)
}

/// The groups of digits of a formatted number, with one space between.
fn groups(formatted: &str) -> String {
    let groups = formatted.split(|c: char| !c.is_ascii_digit());
    let groups: Vec<_> = groups.filter(|group| !group.is_empty()).collect();
    groups.join(" ")
}
