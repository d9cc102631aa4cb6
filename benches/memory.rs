//! What a call costs while it goes on, in bytes that the tracker holds.

use crate::recordings::{self, Recording, directory, rules};
use crate::report::Row;
use crate::{ALLOCATOR, Failure};
use res_ansitel_salesforce::calls::event::Event;
use res_ansitel_salesforce::calls::tracker::Tracker;

/// One caller, one phone, which has answered.
const CALL: &str = "row_01";

/// Plain answered calls in progress, then their end.
pub fn run() -> Result<Vec<Row>, Failure> {
    let recording = recordings::named(CALL)?;
    let mut rows = Vec::new();
    for (calls, name) in [(1000, "1,000 calls"), (10_000, "10,000 calls")] {
        let (active, left) = bytes(&recording, calls);
        rows.push(
            Row::single(
                &format!("{name} going on"),
                "bytes per call",
                active as f64 / calls as f64,
                "answered, two channels each; all that the tracker holds, by the allocator's count",
            )
            .of(calls as usize),
        );
        rows.push(
            Row::single(
                &format!("{name} later"),
                "bytes",
                left as f64,
                "when all are over: room kept for the next ones, and the last ended channels' names",
            )
            .of(calls as usize),
        );
    }
    Ok(rows)
}

/// Bytes alive while so many calls go on, and when they are over.
fn bytes(recording: &Recording, calls: u64) -> (usize, usize) {
    let (directory, rules) = (directory(), rules());
    let before = ALLOCATOR.allocated();
    let mut tracker = Tracker::new();
    let mut feed = |events: Vec<Event>| {
        for event in events {
            tracker.handle(&event, &directory, &rules);
        }
        ALLOCATOR.allocated() - before
    };
    for n in 0..calls {
        feed(recording.fresh_in_progress(n));
    }
    let active = feed(Vec::new());
    for n in 0..calls {
        let begun = recording.fresh_in_progress(n).len();
        feed(recording.fresh(n).split_off(begun));
    }
    (active, feed(Vec::new()))
}
