//! Calls at a steady rate, and how long each took to ring and to be answered.

use crate::scene::{A, B, PATIENCE, Scene};
use private_pbx::{Caller, Phone, Reaction, Result};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// The number of callers who call before anything is measured begins here.
pub const FIRST: usize = 900_000;

const RINGS: Duration = Duration::from_millis(100);
const TALKS: Duration = Duration::from_millis(400);

/// A caller's number, which no other has.
pub fn number(n: usize) -> String {
    format!("+4930{:07}", 2_000_000 + n)
}

/// The phones of both users, that answer and hang up by themselves.
pub fn phones(scene: &Scene) -> [Phone; 2] {
    [A, B].map(|(_, extension, _)| {
        scene.phone(
            extension,
            Reaction::answer().after(RINGS).hangup_after(TALKS),
        )
    })
}

/// What the callers saw.
#[derive(Default)]
pub struct Line {
    /// From the INVITE until it rang.
    pub ringing: Vec<Duration>,
    /// From the INVITE until it was answered, the phone's own delay included.
    pub answered: Vec<Duration>,
    /// What went wrong.
    pub troubles: Vec<String>,
}

impl Line {
    /// Places the calls, each at its time, and waits until all are over.
    pub fn ring(scene: &Scene, first: usize, calls: usize, per_second: usize) -> Line {
        let line = Mutex::new(Line::default());
        let begun = Instant::now();
        let interval = Duration::from_secs(1) / u32::try_from(per_second).unwrap();
        thread::scope(|scope| {
            for n in 0..calls {
                let at = begun + interval * u32::try_from(n).unwrap();
                thread::sleep(at.saturating_duration_since(Instant::now()));
                let line = &line;
                scope.spawn(move || {
                    if let Err(trouble) = call(scene, first + n, line) {
                        line.lock().unwrap().troubles.push(trouble.to_string());
                    }
                });
            }
        });
        line.into_inner().unwrap()
    }
}

fn call(scene: &Scene, n: usize, line: &Mutex<Line>) -> Result<()> {
    let (_, extension, _) = [A, B][n % 2];
    let begun = Instant::now();
    let call = scene
        .pbx
        .trunk()
        .call(extension, &Caller::number(&number(n)))?;
    call.wait_ringing(PATIENCE)?;
    let ringing = begun.elapsed();
    call.wait_established(PATIENCE)?;
    let answered = begun.elapsed();
    {
        let mut line = line.lock().unwrap();
        line.ringing.push(ringing);
        line.answered.push(answered);
    }
    call.wait_ended(PATIENCE).map(drop).inspect_err(|_| {
        // Under load the phone may have missed that it was answered.
        let _ = call.hangup();
    })
}
