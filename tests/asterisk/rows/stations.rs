//! Shared lines, queues without a phone, colleagues, and a call that takes every turn: rows 39 to
//! 42.

use super::*;
use crate::scene::outside;

/// A shared line rings at two stations.
fn shared_line(devices: &str) -> Plan {
    let numbers = "exten => 250,1,SLATrunk(line)\n same => n,Hangup()\n";
    let mut plan = with_numbers(plan(), numbers);
    let sla = format!(
        "[line]\ntype=trunk\ndevice=Local/0@internal\n\
         [station](!)\ntype=station\ntrunk=line\n{devices}"
    );
    plan.builder = plan
        .builder
        .etc("confbridge.conf", "[general]\n")
        .etc("sla.conf", &sla)
        .stock_module("app_confbridge")
        .stock_module("app_sla");
    plan
}

/// A takes the shared line; the other station stops ringing.
#[test]
fn row_39_shared_line() {
    let devices = "[a](station)\ndevice=PJSIP/100\n[c](station)\ndevice=PJSIP/103\n";
    let mut calls = InTurn::start(shared_line(devices));
    let a = calls.scene.phone("100", Reaction::ring());
    let other = calls.scene.phone("103", Reaction::ring());
    for answered in [true, false] {
        let call = calls.scene.ring("250");
        let [at_a, at_other] = [&a, &other].map(|phone| phone.next_call(PATIENCE).unwrap());
        calls.scene.await_ringing(2);
        if answered {
            at_a.answer().unwrap();
            at_a.wait_talking(PATIENCE).unwrap();
            call.wait_talking(PATIENCE).unwrap();
            at_other.wait_ended(PATIENCE).unwrap();
        }
        hang_up(&call);
        at_a.wait_ended(PATIENCE).unwrap();
        let (told, recording) = match answered {
            true => ("anna: answered", "row_39"),
            false => (
                "anna: lost, caller hung up before anyone answered",
                "row_39_given_up",
            ),
        };
        calls.expect(recording, &[told]);
        calls.record(recording);
    }
    calls.finish();
}

/// The number of the queue is A's extension, and no phone can ring.
#[test]
fn row_40_queue_without_a_phone() {
    let queues = "\
[general]
[everyone]
strategy=ringall
timeout=2
retry=1
joinempty=yes
[absent](everyone)
member => PJSIP/102
member => PJSIP/103
[present](everyone)
ringinuse=no
member => PJSIP/104
[through](everyone)
member => Local/102@internal/n
";
    let numbers = "exten => 100,1,Queue(${WAY},,,,${WAIT})\n same => n,Hangup()\n";
    let mut plan = with_numbers(plan(), numbers);
    plan.builder = plan.builder.etc("queues.conf", queues);
    let mut calls = InTurn::start(plan);
    calls.set("WAIT", "20");
    let _present = calls.scene.phone("104", Reaction::refuse(486));
    calls.scene.cli("queue pause member PJSIP/103");
    for queue in ["everyone", "absent", "present", "through"] {
        let call = calls.ring(queue, "100");
        eventually("the queue", PATIENCE, || {
            let queue = calls.scene.cli(&format!("queue show {queue}"));
            queue.contains("1. PJSIP/trunk")
        })
        .unwrap();
        hang_up(&call);
        calls.expect(queue, &["anna: lost"]);
        calls.record(&format!("row_40_{queue}"));
    }
    // Or the queue does.
    calls.set("WAIT", "1");
    calls.ring("absent", "100").wait_ended(PATIENCE).unwrap();
    calls.expect("the queue gives up", &["anna: lost"]);
    calls.record("row_40_queue_gives_up");
    calls.finish();
}

/// Colleagues without a Salesforce user, who show long numbers or the company's.
#[test]
fn row_41_colleagues() {
    let more = "\
[internal](+)
exten => 10103,hint,PJSIP/10103
exten => 10104,hint,PJSIP/laboratory
exten => 105,hint,PJSIP/105&Custom:DND105,CustomPresence:105
";
    let phones = "\
[10103](phone)
aors=10103
auth=10103
callerid=Company <+493055500>
[10103]
type=auth
auth_type=digest
username=10103
password=phone-10103
[10103]
type=aor
max_contacts=1
[laboratory](phone)
aors=laboratory
auth=laboratory
callerid=Laboratory <10104>
[laboratory]
type=auth
auth_type=digest
username=laboratory
password=phone-laboratory
[laboratory]
type=aor
max_contacts=1
";
    let shows = "\
exten => 260,1,Set(CALLERID(all)=Company <+493055500>)
 same => n,Goto(100,1)
";
    let mut plan = with_numbers(plan(), &format!("{shows}{more}"));
    plan.builder = plan.builder.etc("pjsip_more.conf", phones);
    let mut calls = InTurn::start(plan);
    let a = calls.scene.phone("100", answers());
    for (phone, number) in [
        ("10103", "100"),
        ("laboratory", "100"),
        ("103", "260"),
        ("105", "260"),
    ] {
        let colleague = calls.scene.phone(phone, Reaction::ring());
        let at_colleague = colleague.dial(number).unwrap();
        hang_up(&talking(&a));
        at_colleague.wait_ended(PATIENCE).unwrap();
        calls.expect(&format!("{phone} dials {number}"), &[]);
        calls.record(&format!("row_41_{phone}"));
    }
    calls.finish();
}

/// A trunk that has a hint stays a trunk: of an extension that is neither its name nor what
/// callers show.
#[test]
fn row_41_a_trunk_with_a_hint() {
    let more = "[internal](+)\nexten => 900,hint,PJSIP/trunk\n";
    let mut calls = InTurn::start(with_numbers(plan(), more));
    let (_a, call, _) = calls.scene.answered_by_a();
    hang_up(&call);
    calls.expect("the trunk", &["anna: answered"]);
    calls.record("row_41_trunk");
    calls.finish();
}

/// An IVR, a queue with Local members, a blind transfer in vain.
#[test]
fn row_42_every_turn() {
    for tail in ["/n", ""] {
        let numbers = "\
exten => 270,1,Answer()
 same => n,Read(CHOICE,,1,,1,20)
 same => n,Goto(choice-${CHOICE},1)
exten => choice-1,1,Queue(members,,,,20)
 same => n,Hangup()
";
        let queues = format!(
            "[general]\n[members]\nstrategy=ringall\ntimeout=20\njoinempty=yes\n\
             member => Local/100@internal{tail}\n"
        );
        let mut plan = with_numbers(plan(), numbers);
        plan.builder = plan.builder.etc("queues.conf", &queues);
        let mut calls = InTurn::start(plan);
        calls.set("RING", "1");
        let a = calls.scene.phone("100", answers());
        let b = calls.scene.phone("101", Reaction::ring());
        let call = calls.scene.pbx.trunk().call("270", &outside()).unwrap();
        call.wait_established(PATIENCE).unwrap();
        eventually("the choice", PATIENCE, || {
            calls.scene.channels().contains("!Read!")
        })
        .unwrap();
        call.dtmf("1").unwrap();
        let at_a = talking(&a);
        if tail.is_empty() {
            eventually("optimisation", PATIENCE, || {
                !calls.scene.channels().contains(";1!")
            })
            .unwrap();
        }
        at_a.transfer("101").unwrap();
        b.next_call(PATIENCE).unwrap();
        call.wait_ended(PATIENCE).unwrap();
        let what = format!("Local members, {tail}");
        calls.expect(&what, &["anna: answered", "bert: lost, not answered"]);
        calls.record(if tail.is_empty() {
            "row_42_optimised"
        } else {
            "row_42"
        });
        calls.finish();
    }
}
