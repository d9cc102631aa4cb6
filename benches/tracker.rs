//! How many events the tracker takes per second on one core.

use crate::Failure;
use crate::recordings::{self, directory, rules};
use crate::report::Row;
use crate::statistics::Sample;
use res_ansitel_salesforce::calls::event::Event;
use res_ansitel_salesforce::calls::tracker::Tracker;
use rustix::time::{ClockId, clock_gettime};

const CALLS: u64 = 1000;
const RUNS: usize = 21;

/// Enough for looking at the clock to cost next to nothing, few enough for a core's cache.
const AT_A_TIME: usize = 100;

/// Replays real calls of every kind, one after the other and all at once.
pub fn run() -> Result<Vec<Row>, Failure> {
    let recordings = recordings::all()?;
    let calls: Vec<Vec<Event>> = (0..CALLS)
        .zip(recordings.iter().cycle())
        .map(|(n, recording)| recording.fresh(n))
        .collect();
    let one_by_one: Vec<&Event> = calls.iter().flatten().collect();
    let longest = calls.iter().map(Vec::len).max().unwrap_or_default();
    let at_once: Vec<&Event> = (0..longest)
        .flat_map(|place| calls.iter().filter_map(move |call| call.get(place)))
        .collect();
    let about = format!(
        "{} events of {CALLS} recorded calls of {} kinds; processor time of its thread",
        one_by_one.len(),
        recordings.len()
    );
    Ok(vec![
        Row::median(
            "one call at a time",
            "events/s",
            &rates(&one_by_one)?,
            &about,
        ),
        Row::median(
            "1,000 calls at once",
            "events/s",
            &rates(&at_once)?,
            "the same, interleaved",
        ),
    ])
}

/// Events per second of each run. The first one warms up.
fn rates(events: &[&Event]) -> Result<Sample, Failure> {
    let (directory, rules) = (directory(), rules());
    let rates = (0..=RUNS).map(|_| {
        let mut tracker = Tracker::new();
        let mut took = 0.0;
        for some in events.chunks(AT_A_TIME) {
            // As in the module, an event was made just before: near the core, not far off in memory.
            let fresh: Vec<Event> = some.iter().map(|&event| event.clone()).collect();
            let begun = processor_seconds();
            for event in &fresh {
                tracker.handle(event, &directory, &rules);
            }
            took += processor_seconds() - begun;
        }
        assert_eq!(tracker.channels(), 0, "a call did not end");
        events.len() as f64 / took
    });
    Sample::of(rates.skip(1)).ok_or_else(|| "no run".into())
}

/// What this thread has used; other programs on the machine do not count.
fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
