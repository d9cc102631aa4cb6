//! A thread of the module that hangs harms nobody, and what it missed is made good.

use crate::gate::{self, Gate};
use crate::held::Held;
use crate::process::Process;
use crate::scene::{A, PATIENCE, Plan, Scene, line, told};
use private_pbx::{Dialplan, Pbx, Reaction, eventually};
use std::thread;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

/// How much of the events is held, in kB, and what Asterisk may need besides.
const HELD: u64 = 64 * 1024;
const BESIDES: u64 = 48 * 1024;

/// Events, long ones, as long as the global variable says so.
fn flood() -> Dialplan {
    let long = "x".repeat(4000);
    let more = format!(
        "[flood]\nexten => s,1,Set(CALLERID(name)={long}1)\n\
         same => n,Set(CALLERID(name)={long}2)\n same => n,GotoIf($[\"${{FLOOD}}\" = \"on\"]?1)\n"
    );
    Dialplan::default().global("FLOOD", "on").more(&more)
}

fn dropped(scene: &Scene) -> u64 {
    let events = line(&scene.cli("salesforce show status"), "Events:");
    events.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn what_waits_for_a_thread_that_hangs_is_bounded_and_told() {
    let plan = Plan {
        dialplan: flood(),
        // Else each step of the flood is a line in the log.
        builder: Pbx::builder().etc("logger.conf", "[logfiles]\nfull = notice,warning,error\n"),
        ..Plan::default()
    };
    let scene = plan.general("language = en").start();
    let process = Process::of(&scene);
    let _a = scene.phone(A.1, Reaction::answer().after(SHORT));
    let call = scene.ring(A.1);
    call.wait_talking(PATIENCE).unwrap();
    eventually("the call is followed", PATIENCE, || {
        let status = scene.cli("salesforce show status");
        status.contains("Calls in progress:     1 ")
    })
    .unwrap();
    let before = process.memory("RssAnon");
    let held = Held::new(&scene, "sf-events");
    scene.cli("channel originate Local/s@flood/n application Wait 600");
    let told_of = |text: &str| scene.await_logged("ERROR", text, 1).len();
    assert_eq!(told_of("has not answered for 1"), 1);
    assert_eq!(told_of("further events are lost"), 1);
    // Questions are answered meanwhile.
    let full = dropped(&scene);
    eventually("as much again is lost", PATIENCE, || {
        dropped(&scene) > full + 20_000
    })
    .unwrap();
    let more = process.memory("RssAnon") - before;
    println!("{more} kB more");
    assert!(more < HELD + BESIDES, "{more} kB");
    call.hangup().unwrap();
    scene.cli("dialplan set global FLOOD off");
    scene.cli("channel request hangup all");
    scene.wait_quiet();
    drop(held);
    // The end of the call is among what was lost.
    let cases = scene.cases();
    let told: Vec<String> = cases.iter().map(|(user, case)| told(user, case)).collect();
    assert_eq!(told, ["anna: answered"]);
    assert_eq!(scene.logged("ERROR", "has not answered").len(), 1);
    assert_eq!(scene.logged("ERROR", "further events").len(), 1);
    assert_eq!(scene.logged("WARNING", "were lost").len(), 1);
    let call = scene.ring(A.1);
    call.wait_talking(PATIENCE).unwrap();
    call.hangup().unwrap();
    assert_eq!(scene.cases().len(), 2);
}

#[test]
fn what_nobody_waits_for_any_more_is_not_begun() {
    let scene = Plan::default().start();
    let held = Held::new(&scene, "sf-questions");
    let said = scene.cli("salesforce stop");
    assert!(
        said.starts_with("The Salesforce interface did not answer in time; nothing was begun."),
        "{said}"
    );
    drop(held);
    let status = scene.cli("salesforce show status");
    assert!(
        status.contains("Interface:             started"),
        "{status}"
    );
}

#[test]
fn calls_go_on_while_the_configuration_is_read() {
    let scene = gate::plan(Plan::default()).start();
    let _a = scene.phone(A.1, Reaction::answer().after(SHORT).hangup_after(SHORT));
    let gate = Gate::new(&scene);
    thread::scope(|scope| {
        let reload = scope.spawn(|| scene.reload());
        gate.wait();
        scene.ring(A.1).wait_ended(PATIENCE).unwrap();
        eventually("its Case", PATIENCE, || {
            scene.sim.records("Case").len() == 1
        })
        .unwrap();
        gate.open();
        let said = reload.join().unwrap();
        assert!(said.contains("reloaded successfully"), "{said}");
    });
}
