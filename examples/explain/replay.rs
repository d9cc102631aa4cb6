//! A recording, replayed.

use res_ansitel_salesforce::calls::directory::Directory;
use res_ansitel_salesforce::calls::event::Event;
use res_ansitel_salesforce::calls::explain::Explanation;
use res_ansitel_salesforce::calls::record::{CallRecord, Outcome, Reason, Timestamp, Update};
use res_ansitel_salesforce::calls::recording::{Entry, Setup};
use res_ansitel_salesforce::calls::tracker::Tracker;

/// What a recording holds and what came of it.
pub struct Replay {
    /// The latest setup.
    pub setup: Setup,
    /// All events.
    pub events: Vec<Event>,
    /// The records handed on, as last said, in the order of their first mention; whether each is
    /// over.
    pub records: Vec<(CallRecord, bool)>,
    /// Of the calls that ended.
    pub ended: Vec<Explanation>,
    /// Of those that go on when the recording ends, as if nobody would follow them any more.
    pub going_on: Vec<Explanation>,
}

/// Reads a recording's lines. An error names the line.
pub fn read(text: &str) -> Result<Vec<Entry>, String> {
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.is_empty());
    lines
        .map(|(line, number)| {
            serde_json::from_str(line).map_err(|e| format!("line {number}: no recorded event: {e}"))
        })
        .collect()
}

/// Replays a recording.
pub fn replay(entries: &[Entry]) -> Result<Replay, String> {
    let Some(Entry::Setup { setup }) = entries.first() else {
        return Err(
            "the recording does not begin with the users' extensions: it was made by an \
                    older version of the module"
                .to_owned(),
        );
    };
    let mut replay = Replay {
        setup: setup.clone(),
        events: Vec::new(),
        records: Vec::new(),
        ended: Vec::new(),
        going_on: Vec::new(),
    };
    let mut tracker = Tracker::explaining();
    let mut directory = Directory::new();
    for entry in entries {
        match entry {
            Entry::Setup { setup } => {
                if setup.fresh {
                    replay.cut(&mut tracker, &directory);
                }
                directory = setup.directory();
                replay.setup = setup.clone();
            }
            Entry::Event(event) => {
                let updates = tracker.handle(event, &directory, &replay.setup.rules);
                replay.take(updates);
                replay.ended.extend(tracker.explanations());
                replay.events.push(event.clone());
            }
        }
    }
    replay.cut(&mut tracker, &directory);
    Ok(replay)
}

impl Replay {
    /// The calls in progress are followed no longer.
    fn cut(&mut self, tracker: &mut Tracker, directory: &Directory) {
        let last = self.events.last().map_or(Timestamp(0), |event| event.at);
        tracker.sweep(|_| false, last, directory, &self.setup.rules);
        self.going_on.extend(tracker.explanations());
        *tracker = Tracker::explaining();
    }

    fn take(&mut self, updates: Vec<Update>) {
        for update in updates {
            let (record, is_over) = match update {
                Update::Open(record) => (record, false),
                Update::Closed(record) => (record, true),
            };
            let same = |(known, _): &&mut (CallRecord, bool)| known.reference == record.reference;
            match self.records.iter_mut().find(same) {
                Some(known) => *known = (record, is_over),
                None => self.records.push((record, is_over)),
            }
        }
    }

    /// The decisions as a test expects them: `anna answered, bert lost: busy`; `!`: still
    /// talking when the recording ends.
    pub fn decisions(&self) -> String {
        let words: Vec<String> = self.records.iter().map(decision).collect();
        words.join(", ")
    }
}

fn decision((record, is_over): &(CallRecord, bool)) -> String {
    let end = if *is_over { "" } else { "!" };
    let json = serde_json::to_value(record.reason).unwrap_or_default();
    let code = json.as_str().unwrap_or_default();
    match record.outcome {
        Outcome::Answered if record.reason == Reason::Answered => {
            format!("{} answered{end}", record.user)
        }
        Outcome::Answered => format!("{} answered: {code}{end}", record.user),
        Outcome::Lost => format!("{} lost: {code}", record.user),
    }
}
