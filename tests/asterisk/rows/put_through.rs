//! Calls that colleagues without a Salesforce user put through, and more ways in which somebody
//! is asked before.

use super::*;

/// 103, who is nobody's, answers and passes the caller on to A.
#[test]
fn passed_on_by_a_colleague() {
    let mut calls = InTurn::start(plan());
    let a = calls.scene.phone("100", Reaction::ring());
    let colleague = calls.scene.phone("103", answers());
    for (how, told) in [
        ("blind", "anna: answered"),
        ("blind in vain", "anna: lost, busy"),
        ("announced", "anna: answered"),
        ("parked", "anna: answered"),
    ] {
        a.react(match how {
            "blind in vain" => Reaction::refuse(486),
            _ => answers(),
        });
        let call = calls.scene.ring("103");
        let at_colleague = talking(&colleague);
        match how {
            "announced" => {
                at_colleague.hold().unwrap();
                let asking = colleague.dial("100").unwrap();
                let at_a = talking(&a);
                asking.wait_talking(PATIENCE).unwrap();
                at_colleague.transfer_to(&asking).unwrap();
                at_colleague.wait_ended(PATIENCE).unwrap();
                at_a.wait_media(5, PATIENCE).unwrap();
                hang_up(&call);
            }
            "parked" => {
                at_colleague.transfer("700").unwrap();
                at_colleague.wait_ended(PATIENCE).unwrap();
                calls.scene.await_parked();
                let at_a = a.dial("701").unwrap();
                at_a.wait_talking(PATIENCE).unwrap();
                hang_up(&call);
            }
            _ => {
                at_colleague.transfer("100").unwrap();
                let at_a = a.next_call(PATIENCE).unwrap();
                if how == "blind" {
                    at_a.wait_talking(PATIENCE).unwrap();
                    hang_up(&at_a);
                }
                call.wait_ended(PATIENCE).unwrap();
            }
        }
        calls.expect(how, &[told]);
    }
    calls.finish();
}

const ASKED: &str = "\
exten => 290,1,Dial(PJSIP/100,20,A(hello-world))
 same => n,Hangup()
exten => 291,1,Queue(everyone,,,,20,,ask)
 same => n,Hangup()
exten => 292,1,FollowMe(anna,dN)
 same => n,Hangup()
exten => 293,1,Dial(Local/100@internal/n,20,U(ask))
 same => n,Dial(PJSIP/101,20)
[ask]
exten => s,1,Read(KEY,,1,,1,20)
 same => n,ExecIf($[\"${KEY}\" != \"1\"]?Set(GOSUB_RESULT=CONTINUE))
 same => n,Return()
";

fn asked(general: &str) -> InTurn {
    let queues = "[general]\n[everyone]\nstrategy=ringall\ntimeout=20\nretry=1\nringinuse=yes\n\
                  joinempty=yes\nmember => PJSIP/100\n";
    let follow_me = "[general]\n[anna]\ncontext=>internal\nnumber=>100,20,1\ntakecall=>1\n\
                     declinecall=>2\n";
    let mut plan = with_numbers(plan().general(general), ASKED);
    plan.builder = plan
        .builder
        .etc("queues.conf", queues)
        .etc("followme.conf", follow_me)
        .stock_module("app_followme");
    InTurn::start(plan)
}

/// A hears an announcement by `Dial`, is asked by a queue's subroutine or by `FollowMe`: hangs up
/// meanwhile, or takes the call.
#[test]
fn asked_by_other_applications() {
    let mut calls = asked("language = en");
    let a = calls.scene.phone("100", answers());
    for (number, question) in [
        ("290", "Playing 'hello-world"),
        ("291", "Read(\"PJSIP/100"),
        ("292", "Playing 'followme/options"),
    ] {
        for taken in [false, true] {
            let before = calls.scene.log().matches(question).count();
            let call = calls.scene.ring(number);
            let at_a = a.next_call(PATIENCE).unwrap();
            at_a.wait_established(PATIENCE).unwrap();
            eventually("the question", PATIENCE, || {
                calls.scene.log().matches(question).count() > before
            })
            .unwrap();
            let what = format!("{number}, taken: {taken}");
            if taken {
                if number != "290" {
                    at_a.dtmf("1").unwrap();
                }
                call.wait_talking(PATIENCE).unwrap();
                hang_up(&call);
                at_a.wait_ended(PATIENCE).unwrap();
                calls.expect(&what, &["anna: answered"]);
            } else {
                a.react(Reaction::ring());
                hang_up(&at_a);
                let _ = call.hangup();
                calls.scene.wait_quiet();
                calls.expect(&what, &["anna: lost"]);
                a.react(answers());
            }
        }
    }
    calls.finish();
}

/// Cases are made at the answer: not when A's phone is picked up, and not of one that comes to
/// nothing; who let it pass may want to know.
#[test]
fn asked_when_cases_come_at_the_answer() {
    let mut calls = asked("language = en\ncreate_on = answer\nanswered_elsewhere = lost");
    let a = calls.scene.phone("100", answers().after(SHORT));
    let b = calls.scene.phone("101", answers());
    let call = calls.scene.ring("293");
    let at_a = a.next_call(PATIENCE).unwrap();
    at_a.wait_established(PATIENCE).unwrap();
    eventually("the question", PATIENCE, || {
        calls.scene.channels().contains("!Read!")
    })
    .unwrap();
    at_a.dtmf("2").unwrap();
    talking(&b);
    eventually("B's Case", PATIENCE, || {
        !calls.scene.sim.records("Case").is_empty()
    })
    .unwrap();
    hang_up(&call);
    calls.expect(
        "the next takes it",
        &["anna: lost, answered by someone else", "bert: answered"],
    );
    calls.finish();
}
