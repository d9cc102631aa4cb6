//! Rows 31 to 42 of the table: the ways that generated dialplans take, told as events. FreePBX's
//! shapes: extensions are dialled in subroutines (`s`), through Local channels, one or several
//! deep; every leg that leaves the house writes the company's number on its channel.

mod script;

use res_ansitel_salesforce::calls::event::{Snapshot, state};
use res_ansitel_salesforce::calls::record::{Caller, Step};
use res_ansitel_salesforce::config::settings::AnsweredElsewhere;
use script::{OUTSIDE, Script};

const MOBILE: &str = "01711234567";

/// A generated dialplan: extensions and hints in one context, which others include.
fn office() -> Script {
    let mut s = Script::new();
    s.directory = Default::default();
    for (user, exten) in [("A", "100"), ("B", "101"), ("C", "102")] {
        let device = format!("PJSIP/{exten}");
        s.directory.add(user, exten, None, Some(&device));
        s.directory.places(
            exten,
            [
                "ext-local",
                "internal",
                "from-did-direct",
                "from-internal",
                "from-internal-xfer",
            ],
        );
        s.directory.hint(exten, &device);
    }
    s.directory.hint("105", "PJSIP/105");
    s
}

/// A caller comes in through a DID.
fn arriving() -> Script {
    let mut s = office();
    s.trunk("T", OUTSIDE, "4930555100");
    s
}

/// The caller is at A's extension.
fn at_a() -> Script {
    let mut s = arriving();
    s.at("T", "from-did-direct", "100");
    s
}

/// A number with which a trunk shows all calls that leave the house.
fn shows_the_company(s: &mut Script, id: &str) {
    s.sets_caller(id, "+4930555000", "ACME", 0);
}

/// The Local channel `id` works on the way out: it shows the company and dials the trunk.
fn goes_out(s: &mut Script, half: &str, leg: &str) {
    s.at(half, "macro-dialout-trunk", "s");
    shows_the_company(s, half);
    s.runs(half, "Dial", "PJSIP/01711234567@trunk,300,T");
    s.dial_out(half, leg, MOBILE);
}

// ---- 31 to 33: who called ----

#[test]
fn row_31_the_company_on_the_callers_channel() {
    // Unconditional forward on the caller's own channel: nothing of A's was dialled before.
    let mut s = at_a();
    goes_out(&mut s, "T", "O");
    s.ring("T", "O").wait(3).answer("T", "O").up("T");
    s.meet("b1", "T", "O").wait(5).part("b1", "T", "O");
    s.gone(&["O", "T"]);
    assert_eq!(s.verdicts(), ["A answered: forwarded"]);
    let caller = s.record("A").caller;
    assert_eq!(caller.number.as_deref(), Some(OUTSIDE));
    assert_eq!(caller.name.as_deref(), Some("Customer"));

    // After A's phone rang in vain, and the dialplan says "withheld".
    let mut s = at_a();
    s.runs("T", "Dial", "PJSIP/100,20")
        .dial("T", "A", "PJSIP/100");
    s.ring("T", "A").wait(20).ends("T", "A", "NOANSWER", 0);
    s.gone(&["A"]).sets_caller("T", "+4930555000", "ACME", 32);
    s.gone(&["T"]);
    let caller = s.record("A").caller;
    assert_eq!(caller.number.as_deref(), Some(OUTSIDE));
    assert!(!caller.withheld);

    // What a dialplan does before anybody is reached is to put the number into shape.
    let mut s = arriving();
    s.sets_caller("T", "+4930123456", "Customer", 0);
    s.sets_caller("T", "+49 30 123456", "Customer", 0);
    s.at("T", "from-did-direct", "100").gone(&["T"]);
    assert_eq!(
        s.record("A").caller.number.as_deref(),
        Some("+49 30 123456")
    );
}

/// What is said of a caller whose channel was like this from the beginning, and of whom the
/// dialplan says that the number may be shown.
fn caller(set: impl FnOnce(&mut Snapshot)) -> Caller {
    let mut s = arriving();
    s.set("T", set);
    let shown = s.get("T");
    s.sets_caller("T", &shown.caller_number, &shown.caller_name, 0);
    s.at("T", "from-did-direct", "100").gone(&["T"]);
    s.record("A").caller
}

#[test]
fn row_32_withheld() {
    for presentation in [32, 33, 35] {
        let caller = caller(|c| c.presentation = presentation);
        assert!(caller.withheld, "{presentation}");
        assert_eq!((caller.number, caller.name), (None, None));
    }
    for number in [
        "anonymous",
        "Anonymous",
        "266696687",
        "7378742833",
        "2562533",
        "8656696",
        "86282452253",
        "18656696",
        "+18656696",
        "+266696687",
        "12562533",
        "0",
        "0000",
        "+000000",
    ] {
        let caller = caller(|c| c.caller_number = number.into());
        assert!(caller.withheld, "{number}");
        assert_eq!((caller.number, caller.name), (None, None), "{number}");
    }
    for number in ["+4930266696687", "266696688", "00491", "12345678"] {
        let caller = caller(|c| c.caller_number = number.into());
        assert_eq!(caller.number.as_deref(), Some(number));
    }
    // No number: no name either.
    let caller = caller(|c| c.caller_number.clear());
    assert_eq!((caller.number, caller.name), (None, None));
}

#[test]
fn row_32_the_network_says_so_late() {
    let mut s = arriving();
    s.runs("T", "Wait", "1").set("T", |c| c.presentation = 32);
    s.at("T", "from-did-direct", "100").gone(&["T"]);
    assert!(s.record("A").caller.withheld);
}

#[test]
fn row_32_who_withholds_the_number_is_no_colleague() {
    for set in [
        (|c| c.caller_number = "0000".into()) as fn(&mut Snapshot),
        |c| {
            c.caller_number = "105".into();
            c.presentation = 32;
        },
    ] {
        assert!(caller(set).withheld);
    }
}

#[test]
fn row_33_the_name_is_the_networks() {
    let name = |set: &dyn Fn(&mut Script)| {
        let mut s = arriving();
        s.set("T", |c| c.caller_name = "Max".into());
        set(&mut s);
        s.runs("T", "Wait", "1").at("T", "from-did-direct", "100");
        s.runs("T", "Dial", "PJSIP/100,20").gone(&["T"]);
        s.record("A").caller.name
    };
    let max = Some("Max".to_owned());
    assert_eq!(name(&|_| ()), max);
    assert_eq!(
        name(&|s| {
            s.sets_caller("T", OUTSIDE, "SALES: Max", 0);
        }),
        max
    );
    // The name that the network had not sent comes from the dialplan.
    assert_eq!(
        name(&|s| {
            s.set("T", |c| c.caller_name.clear());
            s.sets_caller("T", OUTSIDE, "Contact of SALESFORCE()", 0);
        }),
        None
    );
    // The network has it a moment later than the number.
    assert_eq!(
        name(&|s| {
            s.set("T", |c| c.caller_name.clear()).runs("T", "Wait", "2");
            s.set("T", |c| c.caller_name = "Max".into());
        }),
        max
    );
}

// ---- 34: picked up, never connected ----

#[test]
fn row_34_the_queue_tells_the_member_who_calls() {
    // The queue's dial counts as answered before the announcement.
    let announced = || {
        let mut s = arriving();
        s.at("T", "ext-queues", "500")
            .runs("T", "Queue", "500,t")
            .up("T");
        s.dial("T", "A", "PJSIP/100").ring("T", "A").wait(3);
        s.answer("T", "A").wait(2);
        s
    };
    let mut s = announced();
    s.hangs_up("A")
        .gone(&["A"])
        .wait(5)
        .hangs_up("T")
        .gone(&["T"]);
    assert_eq!(s.verdicts().len(), 1);
    assert!(s.verdicts()[0].starts_with("A lost"), "{:?}", s.verdicts());

    let mut s = announced();
    s.meet("b1", "T", "A").wait(5).part("b1", "T", "A");
    s.gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A answered"]);
}

/// A ring group dials A's extension through Local channels, `depth` deep; A picks up and is asked
/// whether to take the call, by a subroutine of the innermost dial or of the group's own.
fn asked(depth: usize, innermost: bool) -> (Script, Vec<String>) {
    let mut s = arriving();
    s.at("T", "ext-group", "600").at("T", "macro-dial", "s");
    s.runs("T", "Dial", "Local/LC-100@from-internal/n,20,U(confirm)");
    let mut dialler = "T".to_owned();
    let mut halves = Vec::new();
    for level in 0..depth {
        let local = format!("L{level}");
        let target = if level + 1 == depth {
            "100@from-internal"
        } else {
            "LC-100@from-internal"
        };
        s.dial_local(&dialler, &local, target);
        halves.push((dialler, format!("{local};1")));
        dialler = format!("{local};2");
        s.runs(&dialler, "Dial", "PJSIP/100/sip:100@192.0.2.1,20");
    }
    s.dial(&dialler, "A", "PJSIP/100").ring(&dialler, "A");
    for (above, one) in halves.iter().rev() {
        s.ring(above, one);
    }
    s.wait(3).up("A");
    if !innermost {
        // All but the group's own dial are answered: A is joined to a half of a Local channel.
        s.dial_event(&dialler, "A", "ANSWER", "").up(&dialler);
        s.meet("inner", &dialler, "A");
        for (level, (above, one)) in halves.iter().enumerate().skip(1).rev() {
            s.answer(above, one).up(above);
            s.meet(&format!("b{level}"), above, one);
        }
        let (_, outermost) = &halves[0];
        s.up(outermost);
    }
    let mut all = vec!["A".to_owned()];
    for (_, one) in &halves {
        all.push(one.clone());
        all.push(one.replace(";1", ";2"));
    }
    (s, all)
}

#[test]
fn row_34_asked_and_declined() {
    for depth in [1, 2, 3] {
        for innermost in [true, false] {
            let (mut s, all) = asked(depth, innermost);
            s.wait(8).hangs_up("A");
            if innermost {
                let dialler = format!("L{};2", depth - 1);
                s.ends(&dialler, "A", "CONTINUE", 16);
            }
            s.gone(&all.iter().map(String::as_str).collect::<Vec<_>>());
            // The caller speaks to the group's mailbox.
            s.at("T", "macro-vm", "s").runs("T", "VoiceMail", "600,u");
            s.up("T").wait(8).hangs_up("T").gone(&["T"]);
            assert_eq!(s.verdicts(), ["A lost: voicemail"], "{depth} {innermost}");
        }
    }
}

#[test]
fn a_group_is_known_by_its_number_in_subroutines_too() {
    let through = |context: &str, exten: &str, data: &str| {
        let mut s = arriving();
        s.at("T", context, exten).at("T", "macro-dial", "s");
        s.runs("T", "Dial", data).dial("T", "A", "PJSIP/100");
        s.ring("T", "A").ends("T", "A", "NOANSWER", 0);
        s.gone(&["A", "T"]);
        s.record("A").queue
    };
    let two = "Local/100@from-internal/n&Local/105@from-internal/n,20";
    assert_eq!(through("ext-group", "600", two).as_deref(), Some("600"));
    // Follow-me is A's own extension.
    assert_eq!(through("from-did-direct", "100", two), None);
    assert_eq!(through("ext-group", "600", "PJSIP/100,20"), None);
    // The number that was dialled from outside is none of a group.
    assert_eq!(through("ext-did", "4930555100", two), None);
}

#[test]
fn row_34_asked_while_the_caller_gives_up() {
    for innermost in [true, false] {
        let (mut s, all) = asked(2, innermost);
        s.wait(4)
            .hangs_up("T")
            .dial_event("T", "L0;1", "CANCEL", "");
        s.gone(&["T"]);
        s.gone(&all.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(s.verdicts(), ["A lost: gave_up"], "{innermost}");
    }
}

#[test]
fn row_34_asked_and_taken() {
    let (mut s, all) = asked(2, false);
    s.wait(4).dial_event("T", "L0;1", "ANSWER", "").up("T");
    s.meet("b0", "T", "L0;1").wait(10).part("b0", "T", "L0;1");
    s.gone(&all.iter().map(String::as_str).collect::<Vec<_>>());
    s.gone(&["T"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    // The question is neither ringing nor waiting.
    assert_eq!(s.times("A"), (3, Some(14)));
}

#[test]
fn row_34_put_down_before_the_dial_was_answered() {
    // A hangs up while being asked, and Asterisk joins both for a moment all the same.
    for local in [false, true] {
        let mut s = at_a();
        let dialler = if local { "L;2" } else { "T" };
        if local {
            s.dial_local("T", "L", "100@from-internal");
        }
        s.dial(dialler, "A", "PJSIP/100").ring(dialler, "A").wait(3);
        s.up("A")
            .hangs_up("A")
            .dial_event(dialler, "A", "ANSWER", "");
        s.meet("b1", dialler, "A");
        if local {
            s.answer("T", "L;1").meet("b2", "T", "L;1");
            s.part("b2", "T", "L;1");
        }
        s.part("b1", dialler, "A").gone(&["A"]);
        if local {
            s.gone(&["L;1", "L;2"]);
        }
        s.gone(&["T"]);
        assert_eq!(s.verdicts(), ["A lost: rejected"], "{local}");
    }
}

#[test]
fn answered_behind_a_local_channel_and_gone_before_the_caller_came() {
    let mut s = at_a();
    s.dial_local("T", "L", "100@from-internal");
    s.dial("L;2", "A", "PJSIP/100").ring("L;2", "A").wait(3);
    s.answer("L;2", "A").meet("b1", "L;2", "A");
    s.answer("T", "L;1").enter("b2", "L;1");
    s.hangs_up("A").part("b1", "A", "L;2").leave("b2", "L;1");
    s.gone(&["A", "L;1", "L;2", "T"]);
    assert_eq!(s.verdicts(), ["A answered"]);

    // The caller came, and heard nobody: what had been reached was gone.
    let mut s = at_a();
    s.dial_local("T", "L", "100@from-internal");
    s.dial("L;2", "A", "PJSIP/100").ring("L;2", "A").wait(3);
    s.answer("L;2", "A").meet("b1", "L;2", "A");
    s.hangs_up("A").part("b1", "A", "L;2");
    s.answer("T", "L;1").meet("b2", "T", "L;1");
    s.part("b2", "L;1", "T").gone(&["A", "L;1", "L;2", "T"]);
    assert_eq!(s.verdicts(), ["A lost: rejected"]);

    // The caller's own dial was not answered.
    let mut s = at_a();
    s.dial_local("T", "L", "100@from-internal");
    s.dial("L;2", "A", "PJSIP/100").ring("L;2", "A").wait(3);
    s.answer("L;2", "A").meet("b1", "L;2", "A");
    s.hangs_up("A").part("b1", "A", "L;2");
    s.gone(&["A", "L;1", "L;2", "T"]);
    assert_eq!(s.verdicts(), ["A lost: rejected"]);
}

#[test]
fn row_34_asked_by_the_groups_own_dial_and_hung_up() {
    // Asterisk answers the caller with the half of the Local channel that hangs up meanwhile.
    for quick in [true, false] {
        let (mut s, all) = asked(1, false);
        s.wait(2).hangs_up("A").hangs_up("L0;1");
        if !quick {
            s.part("inner", "A", "L0;2");
        }
        s.dial_event("T", "L0;1", "ANSWER", "").up("T");
        s.meet("b0", "T", "L0;1").part("b0", "L0;1", "T");
        if quick {
            s.part("inner", "A", "L0;2");
        }
        s.gone(&all.iter().map(String::as_str).collect::<Vec<_>>());
        s.gone(&["T"]);
        assert_eq!(s.verdicts(), ["A lost: rejected"], "{quick}");
    }
}

// ---- 35, 36, 38: forwarded by the dialplan ----

/// Ways from A's extension to the mobile: who dials it, and the channels between.
fn ways() -> Vec<(&'static str, Script, &'static str, Vec<&'static str>)> {
    let rung = |mut s: Script| {
        s.at("T", "macro-dial-one", "s");
        s.runs("T", "Dial", "PJSIP/100/sip:100@192.0.2.1,20");
        s.dial("T", "A", "PJSIP/100").ring("T", "A").wait(20);
        s.ends("T", "A", "NOANSWER", 0).gone(&["A"]);
        s
    };
    let mut all = Vec::new();

    let mut s = at_a();
    goes_out(&mut s, "T", "O");
    all.push(("on the caller's channel", s, "T", vec![]));

    // Call forward: dialled in a subroutine, out through a Local channel.
    let mut s = at_a();
    s.at("T", "macro-exten-vm", "s")
        .at("T", "macro-dial-one", "s");
    s.runs("T", "Dial", "Local/01711234567@from-internal/n,20");
    s.dial_local("T", "L", "01711234567@from-internal");
    goes_out(&mut s, "L;2", "O");
    all.push(("call forward", s, "L;2", vec!["L;1", "L;2"]));

    // The same inside a ring group.
    let mut s = arriving();
    s.at("T", "ext-group", "600").at("T", "macro-dial", "s");
    s.runs("T", "Dial", "Local/100@from-internal/n,20");
    s.dial_local("T", "L", "100@from-internal");
    s.at("L;2", "macro-dial-one", "s");
    s.runs("L;2", "Dial", "Local/01711234567@from-internal/n");
    s.dial_local("L;2", "M", "01711234567@from-internal");
    goes_out(&mut s, "M;2", "O");
    let between = vec!["L;1", "L;2", "M;1", "M;2"];
    all.push(("call forward in a group", s, "M;2", between));

    // Follow-me: the mobile through a Local channel that is called like nothing.
    let mut s = at_a();
    s.at("T", "macro-dial", "s");
    s.runs("T", "Dial", "Local/FMPR-100@x&Local/FMGL-01711234567#@x,20");
    s.dial_local("T", "L", "FMGL-01711234567#@from-internal");
    s.at("L;2", "from-internal", "01711234567");
    goes_out(&mut s, "L;2", "O");
    all.push(("follow-me", s, "L;2", vec!["L;1", "L;2"]));

    // The no-answer destination: the dialplan goes on to the outside number, by a place that is
    // only numbered.
    let mut s = rung(at_a());
    s.at("T", "from-did-direct", "100")
        .at("T", "ext-miscdests", "5");
    s.at("T", "from-internal", "01711234567");
    goes_out(&mut s, "T", "O");
    all.push(("no-answer destination", s, "T", vec![]));
    all
}

#[test]
fn row_35_forwarded_and_answered() {
    for (way, mut s, dialler, between) in ways() {
        s.ring(dialler, "O")
            .wait(4)
            .answer(dialler, "O")
            .up(dialler);
        s.meet("out", dialler, "O");
        let mut halves = between.iter().rev().copied();
        while let (Some(_), Some(one)) = (halves.next(), halves.next()) {
            let above = if one == "M;1" { "L;2" } else { "T" };
            s.answer(above, one)
                .up(above)
                .meet(&format!("b{one}"), above, one);
        }
        s.wait(9).hangs_up("T").gone(&["T", "O"]).gone(&between);
        s.rules.answered_elsewhere = AnsweredElsewhere::Lost;
        assert_eq!(s.verdicts(), ["A answered: forwarded"], "{way}");
        let record = s.record("A");
        assert_eq!(record.talk_seconds(), Some(9), "{way}");
        let step = Step::ForwardedTo { to: MOBILE.into() };
        assert_eq!(record.steps, [step], "{way}");
        assert_eq!(record.caller.number.as_deref(), Some(OUTSIDE), "{way}");
    }
}

#[test]
fn row_36_forwarded_in_vain() {
    for (way, s, dialler, between) in ways() {
        for (status, cause, reason) in [
            ("NOANSWER", 0, "not_answered"),
            ("BUSY", 17, "busy"),
            ("CONGESTION", 34, "not_reachable"),
        ] {
            let mut s = s.clone();
            if status == "NOANSWER" {
                s.ring(dialler, "O").wait(30);
            }
            s.ends(dialler, "O", status, cause).gone(&["O"]);
            let mut halves = between.iter().rev().copied();
            while let (Some(_), Some(one)) = (halves.next(), halves.next()) {
                let above = if one == "M;1" { "L;2" } else { "T" };
                s.ends(above, one, status, cause);
            }
            s.gone(&between).gone(&["T"]);
            let rang = way == "no-answer destination";
            let reason = if rang { "not_answered" } else { reason };
            assert_eq!(
                s.verdicts(),
                [format!("A lost: {reason}")],
                "{way} {status}"
            );
            if rang {
                // What rings elsewhere is not A's phone.
                assert_eq!(s.times("A").0, 20, "{way}");
            }
        }
    }
}

#[test]
fn row_36_the_caller_gives_up_meanwhile() {
    for (way, mut s, dialler, between) in ways() {
        s.ring(dialler, "O").wait(5).hangs_up("T");
        let outermost = between.first().copied().unwrap_or("O");
        s.dial_event("T", outermost, "CANCEL", "").gone(&["T", "O"]);
        s.gone(&between);
        assert_eq!(s.verdicts(), ["A lost: gave_up"], "{way}");
    }
}

#[test]
fn row_36_a_mailbox_that_is_not_put_through() {
    // The mobile's mailbox picks up, is asked for a key, and presses none.
    let mut s = at_a();
    s.at("T", "macro-dial", "s");
    s.runs("T", "Dial", "Local/FMGL-01711234567#@x,20,U(confirm)");
    s.dial_local("T", "L", "FMGL-01711234567#@from-internal");
    goes_out(&mut s, "L;2", "O");
    s.ring("L;2", "O")
        .ring("T", "L;1")
        .wait(9)
        .answer("L;2", "O");
    s.up("L;2").meet("out", "L;2", "O").up("L;1").wait(9);
    s.dial_event("T", "L;1", "CONTINUE", "")
        .part("out", "L;2", "O");
    s.gone(&["O", "L;1", "L;2", "T"]);
    assert_eq!(s.verdicts(), ["A lost: not_answered"]);
}

#[test]
fn an_outside_member_of_a_group_is_nobodys() {
    // The group is where A's extension goes when nobody answers; one of its members is outside.
    let mut s = at_a();
    s.runs("T", "Dial", "PJSIP/100,20")
        .dial("T", "A", "PJSIP/100");
    s.ring("T", "A").wait(20).ends("T", "A", "NOANSWER", 0);
    s.gone(&["A"])
        .at("T", "ext-group", "600")
        .at("T", "macro-dial", "s");
    s.runs("T", "Dial", "Local/105@x/n&Local/01711234567#@x/n,20");
    s.dial_local("T", "L", "01711234567#@from-internal");
    goes_out(&mut s, "L;2", "O");
    s.ring("L;2", "O").answer("L;2", "O").meet("b2", "L;2", "O");
    s.answer("T", "L;1").meet("b1", "T", "L;1").wait(4);
    s.gone(&["T", "O", "L;1", "L;2"]);
    assert!(s.verdicts().is_empty(), "{:?}", s.verdicts());
}

#[test]
fn destinations_stand_for_themselves() {
    // From A's extension to another destination, and from there outside.
    for destination in ["queue", "menu", "mailbox", "colleague"] {
        let mut s = at_a();
        match destination {
            "queue" => s.at("T", "ext-queues", "500").runs("T", "Queue", "500"),
            "menu" => s.at("T", "ivr-1", "s").runs("T", "BackGround", "menu"),
            "mailbox" => s.at("T", "macro-vm", "s").runs("T", "VoiceMail", "100,u"),
            _ => s.at("T", "from-internal", "105"),
        };
        s.at("T", "from-internal", MOBILE);
        goes_out(&mut s, "T", "O");
        s.ring("T", "O")
            .answer("T", "O")
            .meet("b1", "T", "O")
            .wait(4);
        s.gone(&["T", "O"]);
        assert!(s.verdicts().is_empty(), "{destination}: {:?}", s.verdicts());
    }
    // A user's own number for a queue does not make its members' mobiles the user's.
    let mut s = at_a();
    s.runs("T", "Queue", "500").dial_out("T", "O", MOBILE);
    s.ring("T", "O")
        .answer("T", "O")
        .meet("b1", "T", "O")
        .wait(4);
    s.gone(&["T", "O"]);
    assert!(s.verdicts().is_empty(), "{:?}", s.verdicts());
}

#[test]
fn what_is_no_outside_number_does_not_stand_for_the_extension() {
    for (device, dialstring) in [
        // A colleague's phone, a phone or mailbox on another system.
        ("PJSIP/105", "105/sip:105@192.0.2.5"),
        ("PJSIP/branch", "100@branch"),
        ("PJSIP/mailboxes", "mailboxes"),
    ] {
        let mut s = at_a();
        s.channel("K", device, "T", |c| c.outgoing = true);
        s.dial_event("T", "K", "", dialstring).ring("T", "K");
        s.answer("T", "K").meet("b1", "T", "K").wait(4);
        s.gone(&["K", "T"]);
        assert!(s.verdicts().is_empty(), "{device}: {:?}", s.verdicts());
    }
}

#[test]
fn sent_on_to_an_outside_number_by_who_answered() {
    // A answers and sends the caller on: A is no longer part of it.
    let mut s = at_a();
    s.runs("T", "Dial", "PJSIP/100,20")
        .dial("T", "A", "PJSIP/100");
    s.ring("T", "A")
        .answer("T", "A")
        .meet("b1", "T", "A")
        .wait(7);
    s.transfers_blind("A", "T", MOBILE)
        .part("b1", "A", "T")
        .gone(&["A"]);
    s.at("T", "from-internal-xfer", MOBILE);
    goes_out(&mut s, "T", "O");
    s.ring("T", "O")
        .answer("T", "O")
        .meet("b2", "T", "O")
        .wait(30);
    s.gone(&["T", "O"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A").1, Some(7));
}

#[test]
fn sent_on_to_a_user_whose_extension_forwards() {
    for told_first in [true, false] {
        let mut s = at_a();
        s.runs("T", "Dial", "PJSIP/100,20")
            .dial("T", "A", "PJSIP/100");
        s.ring("T", "A").answer("T", "A").meet("b1", "T", "A");
        s.wait(7);
        if told_first {
            s.transfers_blind("A", "T", "101").part("b1", "A", "T");
        }
        s.at("T", "internal", "101");
        s.runs("T", "Dial", "Local/01711234567@internal/n");
        if !told_first {
            s.transfers_blind("A", "T", "101").part("b1", "A", "T");
        }
        s.gone(&["A"]);
        s.dial_local("T", "L", "01711234567@internal");
        goes_out(&mut s, "L;2", "O");
        s.ring("L;2", "O").answer("L;2", "O").meet("b2", "L;2", "O");
        s.answer("T", "L;1").meet("b3", "T", "L;1").wait(5);
        s.gone(&["T", "O", "L;1", "L;2"]);
        let expected = ["A answered", "B answered: forwarded"];
        assert_eq!(s.verdicts(), expected, "{told_first}");
        assert_eq!(s.times("A").1, Some(7));
    }
}

#[test]
fn row_38_a_place_that_is_only_called_like_an_extension() {
    for context in ["macro-dialout-trunk", "refusals"] {
        let mut s = at_a();
        s.directory.add("D", "34", None, Some("PJSIP/34"));
        s.directory.places("34", ["ext-local", "from-internal"]);
        goes_out(&mut s, "T", "O");
        s.ends("T", "O", "CONGESTION", 34).gone(&["O"]);
        s.at("T", context, "34").runs("T", "Congestion", "20");
        s.hangs_up("T").gone(&["T"]);
        assert_eq!(s.verdicts(), ["A lost: not_reachable"], "{context}");
    }
    // It tries the next trunk, which does better: still A's.
    let mut s = at_a();
    goes_out(&mut s, "T", "O");
    s.ends("T", "O", "CONGESTION", 34).gone(&["O"]);
    s.at("T", "macro-dialout-trunk", "34")
        .at("T", "macro-dialout-trunk", "continue");
    s.runs("T", "Dial", "PJSIP/+491711234567@other,300");
    s.channel("P", "PJSIP/other", "T", |c| c.outgoing = true);
    s.dial_event("T", "P", "", "+491711234567@other")
        .ring("T", "P");
    s.answer("T", "P")
        .meet("b1", "T", "P")
        .wait(4)
        .gone(&["P", "T"]);
    assert_eq!(s.verdicts(), ["A answered: forwarded"]);
    // Without hints or anything known of the dialplan, a macro is still none of a user's.
    let mut s = Script::new();
    s.directory.add("D", "34", None, None);
    s.trunk("T", OUTSIDE, "100")
        .at("T", "macro-dialout", "34")
        .gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: not_reachable"]);
}

#[test]
fn an_extension_that_somebody_dials_is_one() {
    // A context of which nothing is known: dialled through a Local channel or by a transfer.
    let mut s = arriving();
    s.at("T", "ext-queues", "500").runs("T", "Queue", "500");
    s.dial_local("T", "L", "100@from-queue")
        .gone(&["L;1", "L;2", "T"]);
    assert_eq!(s.verdicts(), ["A lost: not_reachable"]);
    // Gone to from somewhere else, it is none.
    let mut s = arriving();
    s.at("T", "logging", "100").gone(&["T"]);
    assert!(s.verdicts().is_empty(), "{:?}", s.verdicts());
}

#[test]
fn a_local_channel_that_a_hint_names_is_the_users_own_phone() {
    // A answers at the desk, and is back at the mobile later: one conversation.
    let mut s = at_a();
    s.directory.add("A", "100", None, Some("Local/100@mobile"));
    s.runs("T", "Dial", "PJSIP/100").dial("T", "A", "PJSIP/100");
    s.ring("T", "A")
        .answer("T", "A")
        .meet("b1", "T", "A")
        .wait(5);
    s.transfers_blind("A", "T", "600").part("b1", "A", "T");
    s.gone(&["A"]).at("T", "ext-group", "600");
    s.dial_local("T", "L", "100@mobile");
    goes_out(&mut s, "L;2", "O");
    s.ring("L;2", "O").answer("L;2", "O").meet("b2", "L;2", "O");
    s.answer("T", "L;1").meet("b3", "T", "L;1").wait(9);
    s.gone(&["T", "O", "L;1", "L;2"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A").1, Some(14));
}

// ---- 37: turned away ----

#[test]
fn row_37_turned_away() {
    for (application, data, reason) in [
        ("Busy", "", "busy"),
        ("Busy", "20", "busy"),
        ("Hangup", "17", "busy"),
        ("Hangup", "BUSY", "busy"),
        ("Congestion", "", "not_reachable"),
        ("Hangup", "34", "not_reachable"),
        ("Hangup", "3", "not_reachable"),
    ] {
        // On the caller's channel, which may be up already, in a subroutine.
        for up in [true, false] {
            let mut s = at_a();
            if up {
                s.up("T");
            }
            s.at("T", "macro-dial-one", "s")
                .runs("T", application, data);
            s.wait(2).hangs_up("T").at("T", "from-did-direct", "h");
            s.at("T", "macro-hangupcall", "s").runs("T", "Hangup", "");
            s.gone(&["T"]);
            assert_eq!(
                s.verdicts(),
                [format!("A lost: {reason}")],
                "{application}({data})"
            );
        }
        // Behind a Local channel: the others of the group go on ringing.
        let mut s = arriving();
        s.at("T", "ext-group", "600")
            .runs("T", "Dial", "Local/100@x/n&Local/101@x/n");
        s.dial_local("T", "L", "100@from-internal");
        s.dial("T", "B", "PJSIP/101").ring("T", "B");
        s.at("L;2", "macro-dial-one", "s")
            .runs("L;2", application, data);
        s.gone(&["L;2"])
            .dial_event("T", "L;1", "BUSY", "")
            .gone(&["L;1"]);
        s.wait(5).hangs_up("T").ends("T", "B", "CANCEL", 0);
        s.gone(&["B", "T"]);
        assert_eq!(
            s.verdicts(),
            [format!("A lost: {reason}"), "B lost: gave_up".into()],
            "{application}({data})"
        );
    }
    // A colleague's phone, dialled beside A's, says nothing of A.
    let mut s = at_a();
    s.runs("T", "Dial", "PJSIP/100&Local/105@x/n");
    s.dial("T", "A", "PJSIP/100").ring("T", "A");
    s.dial_local("T", "L", "105@x")
        .dial("L;2", "K", "PJSIP/105");
    s.ring("L;2", "K").ends("L;2", "K", "NOANSWER", 21);
    s.ends("T", "L;1", "NOANSWER", 21)
        .gone(&["K", "L;1", "L;2"]);
    s.wait(9).ends("T", "A", "NOANSWER", 0).gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A lost: not_answered"]);
    // What the phone did says more.
    let mut s = at_a();
    s.runs("T", "Dial", "PJSIP/100").dial("T", "A", "PJSIP/100");
    s.ring("T", "A").ends("T", "A", "NOANSWER", 21).gone(&["A"]);
    s.runs("T", "Busy", "").hangs_up("T").gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: rejected"]);
    // An ordinary hang-up says nothing.
    let mut s = at_a();
    s.runs("T", "Hangup", "").hangs_up("T").gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: not_reachable"]);
}

#[test]
fn what_the_dialplan_does_after_a_hang_up_is_no_redirection() {
    // A handler of the hang-up, at a place of its own.
    let mut s = at_a();
    s.runs("T", "Dial", "PJSIP/100").dial("T", "A", "PJSIP/100");
    s.ring("T", "A").wait(3).hangs_up("T");
    s.ends("T", "A", "CANCEL", 0).gone(&["A"]);
    s.at("T", "handlers", "s").runs("T", "Hangup", "34");
    s.gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: gave_up"]);
}

// ---- 39 to 42 ----

#[test]
fn row_39_a_shared_line() {
    let ringing = || {
        let mut s = arriving();
        s.runs("T", "SLATrunk", "line1")
            .runs("T", "ConfBridge", "SLA_line1")
            .up("T");
        // The conference hides the caller for a moment.
        let shown = s.get("T");
        s.set("T", |c| {
            c.caller_number.clear();
            c.caller_name.clear();
            c.presentation = 67;
        });
        s.set("T", |c| *c = shown);
        s.enter("conf-SLA_line1", "T");
        s.channel("A", "PJSIP/100", "T", |c| c.outgoing = true);
        s.channel("K", "PJSIP/105", "T", |c| c.outgoing = true);
        for leg in ["A", "K"] {
            s.dial_event("", leg, "", "")
                .set(leg, |c| c.state = state::RINGING);
            s.dial_event("", leg, "RINGING", "");
        }
        s.wait(3);
        s
    };
    let mut s = ringing();
    s.up("A")
        .dial_event("", "A", "ANSWER", "")
        .enter("conf-SLA_line1", "A");
    s.dial_event("", "K", "CANCEL", "").gone(&["K"]).wait(8);
    s.part("conf-SLA_line1", "A", "T").gone(&["A", "T"]);
    assert_eq!(s.verdicts(), ["A answered"]);
    assert_eq!(s.times("A"), (3, Some(8)));
    let caller = s.record("A").caller;
    assert_eq!(caller.number.as_deref(), Some(OUTSIDE));
    assert_eq!(caller.name.as_deref(), Some("Customer"));

    // A takes the line with its key: a channel of its own.
    let mut s = ringing();
    s.phone("A2", "PJSIP/100", "line1")
        .runs("A2", "SLAStation", "a_line1");
    s.up("A2").enter("conf-SLA_line1", "A2").wait(8);
    s.gone(&["A", "K", "T", "A2"]);
    assert_eq!(s.verdicts(), ["A answered"]);

    let mut s = ringing();
    s.hangs_up("T").dial_event("", "A", "CANCEL", "");
    s.gone(&["A", "K", "T"]);
    assert_eq!(s.verdicts(), ["A lost: gave_up"]);
}

#[test]
fn row_40_a_queue_in_which_nobody_can_ring() {
    let mut s = at_a();
    s.up("T").runs("T", "Queue", "500,t").wait(30).hangs_up("T");
    s.gone(&["T"]);
    assert_eq!(s.verdicts(), ["A lost: gave_up"]);
}

/// A phone of the house calls A, who answers.
fn colleague(s: &mut Script, device: &str, number: &str) -> Vec<String> {
    s.channel("K", device, "", |c| {
        c.state = state::RING;
        c.caller_number = number.into();
        c.context = "from-internal".into();
        c.exten = "100".into();
    });
    s.runs("K", "Dial", "PJSIP/100").dial("K", "A", "PJSIP/100");
    s.ring("K", "A").answer("K", "A").meet("b1", "K", "A");
    s.gone(&["A", "K"]);
    s.verdicts()
}

#[test]
fn row_41_colleagues() {
    let mut office = office();
    office
        .directory
        .hint("10103", "pjsip/10103&Custom:DND10103,CustomPresence:10103");
    office.directory.hint("10104", "PJSIP/laboratory");
    office.directory.hint("_2XXXX", "PJSIP/${EXTEN}");
    office.directory.hint("900", "PJSIP/trunk");
    office.directory.hint("901", "SIP/10105");
    office.directory.hint("provider", "PJSIP/provider");
    office.directory.hint("reception", "PJSIP/reception");
    office.directory.hint("10106", "${DB(DEVICE/10106/dial)}");
    for (device, number, is_colleague) in [
        ("PJSIP/10103", "10103", true),
        ("PJSIP/10103", "+493055500", true),
        ("PJSIP/10103", "anonymous", true),
        ("PJSIP/laboratory", "10104", true),
        ("PJSIP/20001", "+493055500", true),
        ("PJSIP/reception", "reception", true),
        // By `internal_callers`.
        ("PJSIP/105", "105", true),
        ("PJSIP/unknown", "1234", true),
        // Neither the endpoint's name nor the number that it shows.
        ("PJSIP/laboratory", "+493055500", false),
        ("PJSIP/trunk", OUTSIDE, false),
        ("PJSIP/provider", OUTSIDE, false),
        ("PJSIP/10105", "10105", false),
        ("PJSIP/10106", "10106", false),
        ("PJSIP/30001", "30001", false),
    ] {
        let verdicts = colleague(&mut office.clone(), device, number);
        assert_eq!(verdicts.is_empty(), is_colleague, "{device} {number}");
    }
}

#[test]
fn row_42_every_turn() {
    // A menu, a queue with a Local member, a blind transfer, in vain. Asterisk transfers the half
    // of the Local channel that is in A's bridge; the caller stays in the queue.
    let mut s = arriving();
    s.up("T")
        .at("T", "ivr-1", "s")
        .runs("T", "BackGround", "menu")
        .wait(4);
    s.at("T", "ext-queues", "500").runs("T", "Queue", "500,t");
    s.dial_local("T", "L", "100@from-queue");
    s.runs("L;2", "Dial", "PJSIP/100")
        .dial("L;2", "A", "PJSIP/100");
    s.ring("L;2", "A")
        .ring("T", "L;1")
        .wait(3)
        .answer("L;2", "A");
    s.up("L;2").meet("b2", "L;2", "A").answer("T", "L;1");
    s.meet("b1", "T", "L;1").wait(6);
    // Asterisk tells of the transfer when it has had its first effects.
    s.leave("b2", "L;2").at("L;2", "from-internal-xfer", "101");
    s.runs("L;2", "Dial", "PJSIP/101");
    s.transfers_blind("A", "L;2", "101")
        .leave("b2", "A")
        .gone(&["A"]);
    s.dial("L;2", "B", "PJSIP/101").ring("L;2", "B").wait(20);
    s.ends("L;2", "B", "NOANSWER", 0).gone(&["B", "L;2"]);
    // The queue's half hangs up with it, and so does the queue.
    s.leave("b1", "L;1").leave("b1", "T").hangs_up("T");
    s.gone(&["L;1", "T"]);
    assert_eq!(s.verdicts(), ["A answered", "B lost: not_answered"]);
    assert_eq!(s.record("A").queue.as_deref(), Some("500"));
    let b = s.record("B");
    assert_eq!(b.queue, None);
    assert_eq!(b.steps, [Step::TransferredFrom { from: "100".into() }]);
    assert_eq!(s.times("B").0, 20);
}
