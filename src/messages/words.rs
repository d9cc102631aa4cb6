//! A language at work: messages with arguments, dates, durations.

use super::catalogue;
use super::language::Language;
use super::text::single_line;
use crate::calls::record::Timestamp;
use fluent_bundle::{FluentArgs, FluentBundle, FluentError, FluentResource, FluentValue};
use jiff::Zoned;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::sync::Arc;

/// The texts of one language. Made anew for each call: that takes microseconds and leaves
/// nothing behind when the module is unloaded.
pub(super) struct Words {
    bundle: FluentBundle<Arc<FluentResource>>,
}

impl Words {
    /// The texts of a language.
    pub(super) fn new(language: &Language) -> Words {
        let mut bundle = FluentBundle::new(vec![language.tag().parse().unwrap_or_default()]);
        // Isolation marks are for user interfaces; here they would be stray characters.
        bundle.set_use_isolating(false);
        for texts in language.texts() {
            bundle.add_resource_overriding(texts.clone());
        }
        Words { bundle }
    }

    /// The message `id` as one line of harmless text; its own id when the language lacks it,
    /// which no language does.
    pub(super) fn say<'a>(&self, id: &str, args: &[(&'a str, FluentValue<'a>)]) -> String {
        debug_assert!(
            catalogue::variables(id).is_some_and(|variables| {
                let given = |name| args.iter().any(|(given, _)| given == name);
                variables.iter().all(given)
            }),
            "{id} is not called as the catalogue says"
        );
        match self.render(id, &args.iter().cloned().collect()) {
            Some((text, _)) => text,
            None => id.to_owned(),
        }
    }

    /// The message `id` and what went wrong; `None`: there is none.
    pub(super) fn render(&self, id: &str, args: &FluentArgs) -> Option<(String, Vec<FluentError>)> {
        let message = self.bundle.get_message(id)?;
        let mut errors = Vec::new();
        let text = self
            .bundle
            .format_pattern(message.value()?, Some(args), &mut errors);
        Some((single_line(&text), errors))
    }

    /// A moment in the language's form.
    pub(super) fn moment(&self, at: Timestamp, zone: &TimeZone) -> String {
        let Ok(at) = jiff::Timestamp::from_microsecond(at.0) else {
            return String::new();
        };
        self.say("date-time", &moment_arguments(&at.to_zoned(zone.clone())))
    }

    /// A duration: the parts that are not zero, `0 seconds` when all are.
    pub(super) fn duration(&self, seconds: u32) -> String {
        let parts = [
            ("hours", seconds / 3600),
            ("minutes", seconds / 60 % 60),
            ("seconds", seconds % 60),
        ];
        let said = parts
            .into_iter()
            .filter(|(unit, count)| *count > 0 || (*unit == "seconds" && seconds == 0))
            .map(|(unit, count)| self.say(unit, &[("count", FluentValue::from(count))]));
        said.reduce(|first, second| {
            self.say(
                "duration-joint",
                &[("first", first.into()), ("second", second.into())],
            )
        })
        .unwrap_or_default()
    }
}

/// The day of a moment, as `2026-03-31`.
pub(super) fn day(at: Timestamp, zone: &TimeZone) -> String {
    let Ok(at) = jiff::Timestamp::from_microsecond(at.0) else {
        return String::new();
    };
    at.to_zoned(zone.clone()).date().to_string()
}

/// What a language may need to write a moment.
pub(super) fn moment_arguments(at: &Zoned) -> Vec<(&'static str, FluentValue<'static>)> {
    let number = |n: i8| FluentValue::from(i64::from(n));
    let text = |n: i16, width: usize| FluentValue::from(format!("{n:0width$}"));
    let hour12 = (i64::from(at.hour()) + 11) % 12 + 1;
    vec![
        ("year", text(at.year(), 4)),
        // The count of years that Thailand uses.
        ("buddhist-year", text(at.year() + 543, 4)),
        ("month", number(at.month())),
        ("day", number(at.day())),
        ("hour", number(at.hour())),
        ("hour12", FluentValue::from(hour12)),
        (
            "half",
            FluentValue::from(if at.hour() < 12 { "am" } else { "pm" }),
        ),
        ("month2", text(at.month().into(), 2)),
        ("day2", text(at.day().into(), 2)),
        ("hour2", text(at.hour().into(), 2)),
        ("minute2", text(at.minute().into(), 2)),
        ("second2", text(at.second().into(), 2)),
    ]
}

/// The zone of the IANA database called `name`: the system's, which may be newer, else the one
/// compiled in, for systems that have none or have left the old names out.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    let compiled_in = || TimeZoneDatabase::bundled().get(name);
    jiff::tz::db().get(name).or_else(|_| compiled_in()).ok()
}

/// The zone called `name`, else the system's. An unknown name (the configuration rules it out)
/// is UTC.
pub(super) fn zone(name: Option<&str>) -> TimeZone {
    match name {
        Some(name) => time_zone(name).unwrap_or(TimeZone::UTC),
        None => TimeZone::system(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::language::Languages;
    use super::*;

    fn words(tag: &str) -> Words {
        Words::new(&Languages::built_in().named(tag))
    }

    #[test]
    fn durations() {
        for (tag, seconds, said) in [
            ("de", 0, "0 Sekunden"),
            ("de", 1, "1 Sekunde"),
            ("de", 60, "1 Minute"),
            ("de", 3725, "1 Stunde 2 Minuten 5 Sekunden"),
            ("en", 61, "1 minute 1 second"),
            ("en", 7200, "2 hours"),
            ("fr", 0, "0 seconde"),
            ("pt-BR", 0, "0 segundos"),
            ("ru", 75_662, "21 час 1 минута 2 секунды"),
            ("ru", 40_271, "11 часов 11 минут 11 секунд"),
            ("ru", 79_505, "22 часа 5 минут 5 секунд"),
            ("ja", 3725, "1時間2分5秒"),
        ] {
            assert_eq!(words(tag).duration(seconds), said, "{tag} {seconds}");
        }
    }

    #[test]
    fn moments_in_the_zone() {
        let berlin = zone(Some("Europe/Berlin"));
        let say = |tag: &str, at: &str, zone: &TimeZone| {
            let at: jiff::Timestamp = at.parse().unwrap();
            words(tag).moment(Timestamp(at.as_microsecond()), zone)
        };
        let at = "2026-03-03T13:05:09Z";
        assert_eq!(say("de", at, &berlin), "03.03.2026, 14:05:09 Uhr");
        assert_eq!(say("en", at, &berlin), "3 March 2026, 14:05:09");
        assert_eq!(say("en", at, &TimeZone::UTC), "3 March 2026, 13:05:09");
        // Summer time.
        let july = "2026-07-15T00:00:00Z";
        assert_eq!(say("de", july, &berlin), "15.07.2026, 02:00:00 Uhr");
        // The edges of the parts of a day.
        for (tag, hour, said) in [
            ("ko", 0, "2026년 3월 1일 오전 12:05:09"),
            ("ko", 12, "2026년 3월 1일 오후 12:05:09"),
            ("es-MX", 0, "1 de marzo de 2026, 12:05:09 a.m."),
            ("es-MX", 13, "1 de marzo de 2026, 1:05:09 p.m."),
            ("es", 9, "1 de marzo de 2026, 9:05:09"),
            ("zh-TW", 0, "2026年3月1日 凌晨12:05:09"),
            ("zh-TW", 12, "2026年3月1日 中午12:05:09"),
            ("zh-TW", 18, "2026年3月1日 下午6:05:09"),
            ("zh-TW", 19, "2026年3月1日 晚上7:05:09"),
            ("fr", 9, "1er mars 2026 à 09:05:09"),
            ("th", 9, "1 มีนาคม 2569 เวลา 09:05:09"),
        ] {
            let at = format!("2026-03-01T{hour:02}:05:09Z");
            assert_eq!(say(tag, &at, &TimeZone::UTC), said);
        }
    }
}
