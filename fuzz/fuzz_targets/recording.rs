//! Recordings of events, and the tracker that they are played to: whatever the order of events,
//! it goes on, and each record can be kept.
#![no_main]

use libfuzzer_sys::fuzz_target;
use res_ansitel_salesforce::calls::directory::Directory;
use res_ansitel_salesforce::calls::record::{CallRecord, Outcome, Timestamp, Update};
use res_ansitel_salesforce::calls::recording::{Entry, Setup};
use res_ansitel_salesforce::calls::tracker::Tracker;

fn check(update: &Update) {
    let (Update::Open(record) | Update::Closed(record)) = update;
    let kept = serde_json::to_string(record).expect("JSON");
    let read: CallRecord = serde_json::from_str(&kept).expect("what was written");
    assert_eq!(read, *record);
    assert_eq!(
        record.answered.is_some(),
        record.outcome == Outcome::Answered,
        "{record:?}"
    );
    let _ = (record.ring_seconds(), record.talk_seconds());
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut setup: Option<Setup> = None;
    let mut directory = Directory::new();
    let mut tracker = Tracker::explaining();
    let mut last = Timestamp(0);
    for line in text.lines() {
        let Ok(entry) = serde_json::from_str::<Entry>(line) else {
            continue;
        };
        let again = serde_json::to_string(&entry).expect("JSON");
        match entry {
            Entry::Setup { setup: new } => {
                assert!(matches!(serde_json::from_str(&again),
                    Ok(Entry::Setup { setup }) if setup == new));
                directory = new.directory();
                setup = Some(new);
            }
            Entry::Event(event) => {
                assert!(matches!(serde_json::from_str(&again), Ok(Entry::Event(e)) if e == event));
                let Some(setup) = &setup else { continue };
                last = event.at;
                tracker
                    .handle(&event, &directory, &setup.rules)
                    .iter()
                    .for_each(check);
                tracker.ringing();
                tracker.explanations();
            }
        }
    }
    if let Some(setup) = &setup {
        tracker
            .sweep(|_| false, last, &directory, &setup.rules)
            .iter()
            .for_each(check);
        assert_eq!(tracker.channels(), 0);
        assert_eq!(tracker.calls_in_progress(), 0);
    }
});
