//! A language at work: messages with arguments, dates, durations.

use super::language;
use crate::calls::record::Timestamp;
use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The texts of one language. Made anew for each call: that takes microseconds and leaves
/// nothing behind when the module is unloaded.
pub(super) struct Words {
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// The texts for a canonical tag; English where there are none.
    pub(super) fn new(tag: &str) -> Words {
        let (tag, ftl) = language::texts(tag);
        let resource =
            FluentResource::try_new(ftl.to_owned()).unwrap_or_else(|(readable, _)| readable);
        let mut bundle = FluentBundle::new(vec![tag.parse().unwrap_or_default()]);
        // Isolation marks are for user interfaces; here they would be stray characters.
        bundle.set_use_isolating(false);
        // Fails for a message defined twice only, which the test below rules out.
        let _ = bundle.add_resource(resource);
        Words { bundle }
    }

    /// The message `id`; its own id when the language lacks it (a test rules that out).
    pub(super) fn say<'a>(&self, id: &str, args: &[(&'a str, FluentValue<'a>)]) -> String {
        let Some(pattern) = self
            .bundle
            .get_message(id)
            .and_then(|message| message.value())
        else {
            return id.to_owned();
        };
        let args: FluentArgs = args.iter().cloned().collect();
        self.bundle
            .format_pattern(pattern, Some(&args), &mut Vec::new())
            .into_owned()
    }

    /// A moment in the language's form.
    pub(super) fn moment(&self, at: Timestamp, zone: &TimeZone) -> String {
        let Ok(at) = jiff::Timestamp::from_microsecond(at.0) else {
            return String::new();
        };
        let at = at.to_zoned(zone.clone());
        let number = |n: i8| FluentValue::from(i64::from(n));
        let text = |n: i16, width: usize| FluentValue::from(format!("{n:0width$}"));
        let hour12 = (i64::from(at.hour()) + 11) % 12 + 1;
        self.say(
            "date-time",
            &[
                ("day", number(at.day())),
                ("month", number(at.month())),
                ("year", text(at.year(), 4)),
                ("hour", number(at.hour())),
                ("hour12", FluentValue::from(hour12)),
                ("day2", text(at.day().into(), 2)),
                ("month2", text(at.month().into(), 2)),
                ("hour2", text(at.hour().into(), 2)),
                ("minute2", text(at.minute().into(), 2)),
                ("second2", text(at.second().into(), 2)),
            ],
        )
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
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn durations() {
        let de = Words::new("de");
        let en = Words::new("en");
        assert_eq!(de.duration(0), "0 Sekunden");
        assert_eq!(de.duration(1), "1 Sekunde");
        assert_eq!(de.duration(60), "1 Minute");
        assert_eq!(de.duration(3725), "1 Stunde 2 Minuten 5 Sekunden");
        assert_eq!(en.duration(61), "1 minute 1 second");
        assert_eq!(en.duration(7200), "2 hours");
    }

    #[test]
    fn moments_in_the_zone() {
        let at = Timestamp(1_772_543_109_000_000); // 2026-03-03T13:05:09Z
        let berlin = zone(Some("Europe/Berlin"));
        assert_eq!(
            Words::new("de").moment(at, &berlin),
            "03.03.2026, 14:05:09 Uhr"
        );
        assert_eq!(
            Words::new("en").moment(at, &berlin),
            "3 March 2026, 14:05:09"
        );
        assert_eq!(
            Words::new("en").moment(at, &TimeZone::UTC),
            "3 March 2026, 13:05:09"
        );
        // Summer time.
        let july = Timestamp(1_784_073_600_000_000); // 2026-07-15T00:00:00Z
        assert_eq!(
            Words::new("de").moment(july, &berlin),
            "15.07.2026, 02:00:00 Uhr"
        );
    }

    /// The names of the messages in a language's file.
    fn ids(tag: &str) -> BTreeSet<String> {
        let (_, ftl) = language::texts(tag);
        ftl.lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn every_language_says_everything_once() {
        for tag in language::TAGS {
            let (written, ftl) = language::texts(tag);
            let resource = FluentResource::try_new(ftl.to_owned())
                .unwrap_or_else(|(_, errors)| panic!("{written}: {errors:?}"));
            let mut bundle = FluentBundle::new(vec![tag.parse().unwrap()]);
            bundle
                .add_resource(resource)
                .unwrap_or_else(|e| panic!("{written}: {e:?}"));
            assert_eq!(ids(written), ids("en"), "{written}");
        }
    }
}
