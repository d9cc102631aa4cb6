//! Ways through a dialplan in the shape of FreePBX's; its numbers and keys are in
//! `tests/pbx/src/conf/freepbx.rs`. Every outbound leg shows the company's number, every inbound
//! route allows the presentation and puts a prefix before the name.

use super::*;
use private_pbx::Caller;

/// The outside number as people dial it here.
const ABROAD: &str = "00301112233";

/// The DID of the extension 100.
const DID: &str = "+4930555100";

const GAVE_UP: &str = "caller hung up before anyone answered";

fn start(plan: Plan) -> InTurn {
    let mut plan = plan.ring(20);
    plan.builder = plan.builder.freepbx();
    plan.dialplan = plan
        .dialplan
        .global("PREFIX", "SALES: ")
        .global("GROUP_PREFIX", "GROUP: ");
    InTurn::start(plan)
}

impl InTurn {
    /// Sets a key of the dialplan's database; an empty value removes it.
    fn put(&self, key: &str, value: &str) {
        let (family, key) = key.split_once('/').unwrap();
        self.scene.cli(&match value {
            "" => format!("database del {family} {key}"),
            _ => format!("database put {family} {key} {value}"),
        });
    }

    /// The next call to the outside number.
    fn outside(&self) -> Call {
        self.scene.pbx.trunk().next_call(PATIENCE).unwrap()
    }

    /// The usual caller rings `number`, and the call ends by itself.
    fn ring_to_the_end(&self, number: &str) {
        self.scene.ring(number).wait_ended(PATIENCE).unwrap();
    }

    /// A picked-up phone or Local channel is asked.
    fn await_question(&self) {
        eventually("the question", PATIENCE, || {
            self.scene.channels().contains("!Read!")
        })
        .unwrap();
    }
}

/// Nothing but A's phone.
#[test]
fn extension() {
    let mut calls = start(plan());
    calls.ring_to_the_end(DID);
    calls.expect("no phone", &["anna: lost, phone not reachable"]);
    calls.record("freepbx_no_phone");
    let a = calls.scene.phone("100", answers());
    let call = calls.scene.ring(DID);
    talking(&a);
    hang_up(&call);
    calls.expect("answered", &["anna: answered"]);
    calls.record("freepbx_answered");
    calls.put("DND/100", "YES");
    calls.ring_to_the_end(DID);
    calls.expect("do not disturb", &["anna: lost, busy"]);
    calls.record("freepbx_dnd");
    calls.put("DND/100", "");
    for (status, reason) in [(486, "busy"), (603, "rejected")] {
        a.react(Reaction::refuse(status));
        calls.ring_to_the_end(DID);
        calls.expect(reason, &[&format!("anna: lost, {reason}")]);
        calls.record(&format!("freepbx_{reason}"));
        a.next_call(PATIENCE).unwrap();
    }
    a.react(Reaction::ring());
    let call = calls.scene.ring(DID);
    call.wait_ringing(PATIENCE).unwrap();
    hang_up(&call);
    calls.expect("given up", &[&format!("anna: lost, {GAVE_UP}")]);
    calls.record("freepbx_given_up");
    calls.set("RING", "1");
    calls.ring_to_the_end(DID);
    calls.expect("unanswered", &["anna: lost, not answered"]);
    calls.record("freepbx_unanswered");
    // A second device of A's.
    calls.set("RING", "20");
    for _ in 0..2 {
        a.next_call(PATIENCE).unwrap();
    }
    let mobile = calls.scene.phone("100", Reaction::ring());
    let call = calls.scene.ring(DID);
    let at_a = a.next_call(PATIENCE).unwrap();
    let on_mobile = mobile.next_call(PATIENCE).unwrap();
    calls.scene.await_ringing(2);
    on_mobile.answer().unwrap();
    on_mobile.wait_talking(PATIENCE).unwrap();
    at_a.wait_ended(PATIENCE).unwrap();
    hang_up(&call);
    calls.expect("two devices", &["anna: answered"]);
    calls.record("freepbx_two_devices");
    calls.finish();
}

/// The network withholds the caller; the inbound route allows the presentation.
#[test]
fn withheld() {
    let mut calls = start(plan());
    let a = calls.scene.phone("100", answers());
    calls.scene.pbx.trunk().react(answers());
    for forwarded in [false, true] {
        calls.put("CF/100", if forwarded { ABROAD } else { "" });
        for caller in [
            Caller::withheld_but_known(NUMBER),
            identity::hidden(NUMBER),
            Caller::number("7378742833").named("Erika"),
        ] {
            let call = calls.scene.ring_as(DID, &caller);
            let expected = if forwarded {
                calls.scene.outside_talking();
                FORWARDED
            } else {
                talking(&a);
                "anna: answered"
            };
            hang_up(&call);
            calls.expect_from(&format!("{caller:?}"), &[expected], "", "");
        }
    }
    calls.record("freepbx_withheld_and_forwarded");
    calls.finish();
}

/// Forwarded always, when busy, or when unanswered, through a Local channel or on the caller's
/// own channel; the outside number answers, or does not.
#[test]
fn call_forward() {
    let mut calls = start(plan());
    let keys = ["CF/100", "CFB/100", "CFU/100"];
    let mut ways = Vec::new();
    for key in keys {
        for there in ["", "YES"] {
            ways.push((key, there));
        }
    }
    // Nobody has registered a phone yet.
    calls.scene.pbx.trunk().react(answers());
    for (key, there) in [("CFU/100", ""), ("CFU/100", "YES")] {
        calls.put(key, ABROAD);
        calls.put("CFGOTO/100", there);
        let call = calls.scene.ring(DID);
        calls.scene.outside_talking();
        hang_up(&call);
        calls.put(key, "");
        let what = format!("{key} {there}, no phone");
        calls.expect(&what, &[FORWARDED]);
    }
    let a = calls.scene.phone("100", Reaction::refuse(486));
    for (key, there) in ways {
        calls.put(key, ABROAD);
        calls.put("CFGOTO/100", there);
        let name = format!("freepbx_{}{}", &key[..key.len() - 4], there).to_lowercase();
        a.react(match key {
            "CFU/100" => Reaction::ring(),
            _ => Reaction::refuse(486),
        });
        calls.scene.pbx.trunk().react(answers());
        calls.set("RING", if key == "CFU/100" { "1" } else { "20" });
        let call = calls.scene.ring(DID);
        let outside = calls.scene.outside_talking();
        call.wait_talking(PATIENCE).unwrap();
        hang_up(&outside);
        call.wait_ended(PATIENCE).unwrap();
        calls.expect(&format!("{key} {there}, answered"), &[FORWARDED]);
        calls.record(&name);
        if key == "CF/100" || there.is_empty() && key == "CFU/100" {
            calls.scene.pbx.trunk().react(Reaction::ring());
            calls.set("RING", "1");
            let call = calls.scene.ring(DID);
            calls.outside();
            call.wait_ended(PATIENCE).unwrap();
            let told = "anna: lost, not answered";
            calls.expect(&format!("{key} {there}, in vain"), &[told]);
            calls.record(&format!("{name}_in_vain"));
        }
        calls.put(key, "");
    }
    calls.finish();
}

/// The outside number is busy or congested, after early media or at once: the dialplan goes to
/// what is called like the cause, which is B's extension. Or the caller gives up meanwhile.
#[test]
fn call_forward_refused() {
    let mut calls = start(plan().b("extension = 34,17,19,1"));
    for there in ["", "YES"] {
        calls.put("CF/100", ABROAD);
        calls.put("CFGOTO/100", there);
        for status in [503, 486, 404, 480] {
            let reaction = Reaction::refuse(status);
            calls.scene.pbx.trunk().react(match status {
                480 => reaction.after(SHORT).early_media(),
                _ => reaction,
            });
            calls.ring_to_the_end(DID);
            calls.expect(&format!("{status} {there}"), &["anna: lost"]);
            calls.record(&format!("freepbx_refused_{status}{}", there.to_lowercase()));
        }
        let reaction = Reaction::ring();
        calls.scene.pbx.trunk().react(reaction.early_media());
        for _ in 0..4 {
            calls.outside();
        }
        let call = calls.scene.ring(DID);
        calls.outside();
        call.wait_media(3, PATIENCE).unwrap();
        hang_up(&call);
        let told = format!("anna: lost, {GAVE_UP}");
        calls.expect(&format!("early media {there}"), &[&told]);
        calls.record(&format!("freepbx_early_media{}", there.to_lowercase()));
    }
    calls.finish();
}

/// A's extension is forwarded to B's.
#[test]
fn call_forward_to_a_colleague() {
    let mut calls = start(plan());
    let _a = calls.scene.phone("100", Reaction::ring());
    let b = calls.scene.phone("101", answers());
    for there in ["", "YES"] {
        calls.put("CF/100", "101");
        calls.put("CFGOTO/100", there);
        b.react(answers());
        let call = calls.scene.ring(DID);
        talking(&b);
        hang_up(&call);
        calls.expect(&format!("{there}, answered"), &["bert: answered"]);
        calls.record(&format!("freepbx_to_colleague{}", there.to_lowercase()));
        b.react(Reaction::refuse(486));
        calls.ring_to_the_end(DID);
        b.next_call(PATIENCE).unwrap();
        let told = ["anna: lost", "bert: lost, busy"];
        calls.expect(&format!("{there}, busy"), &told);
        calls.record(&format!(
            "freepbx_to_busy_colleague{}",
            there.to_lowercase()
        ));
    }
    calls.finish();
}

/// Follow-me without a question: whoever of A's phone and the outside number answers.
#[test]
fn follow_me() {
    let mut calls = start(plan());
    calls.put("FM/100", ABROAD);
    let a = calls.scene.phone("100", Reaction::ring());
    let both = |calls: &InTurn| {
        let call = calls.scene.ring(DID);
        let at_a = a.next_call(PATIENCE).unwrap();
        let outside = calls.outside();
        calls.scene.await_ringing(1);
        (call, at_a, outside)
    };
    let (call, at_a, outside) = both(&calls);
    outside.answer().unwrap();
    outside.wait_talking(PATIENCE).unwrap();
    at_a.wait_ended(PATIENCE).unwrap();
    hang_up(&call);
    calls.expect("outside", &[FORWARDED]);
    calls.record("freepbx_follow_me_outside");
    let (call, at_a, outside) = both(&calls);
    at_a.answer().unwrap();
    at_a.wait_talking(PATIENCE).unwrap();
    outside.wait_ended(PATIENCE).unwrap();
    hang_up(&call);
    calls.expect("the phone", &["anna: answered"]);
    calls.record("freepbx_follow_me_phone");
    let (call, ..) = both(&calls);
    hang_up(&call);
    calls.expect("given up", &[&format!("anna: lost, {GAVE_UP}")]);
    calls.record("freepbx_follow_me_given_up");
    calls.set("RING", "1");
    let call = calls.scene.ring(DID);
    call.wait_ended(PATIENCE).unwrap();
    calls.expect("in vain", &["anna: lost, not answered"]);
    calls.record("freepbx_follow_me_in_vain");
    calls.finish();
}

/// Follow-me with a question: somebody picks up and says nothing, or takes the call.
#[test]
fn follow_me_with_a_question() {
    let mut calls = start(plan());
    calls.put("FM/100", ABROAD);
    calls.put("FMCONFIRM/100", "YES");
    calls.put("VM/100", "box");
    let a = calls.scene.phone("100", Reaction::ring());
    for taken in [true, false] {
        for by_phone in [true, false] {
            let call = calls.scene.ring(DID);
            let at_a = a.next_call(PATIENCE).unwrap();
            let outside = calls.outside();
            let picked_up = if by_phone { &at_a } else { &outside };
            picked_up.answer().unwrap();
            picked_up.wait_established(PATIENCE).unwrap();
            calls.await_question();
            let told = if taken {
                picked_up.dtmf("1").unwrap();
                call.wait_talking(PATIENCE).unwrap();
                if by_phone {
                    "anna: answered"
                } else {
                    FORWARDED
                }
            } else {
                // A mailbox; the other one does not pick up. The caller comes to A's own.
                picked_up.dtmf("5").unwrap();
                let other = if by_phone { &outside } else { &at_a };
                other.refuse(486).unwrap();
                call.wait_established(PATIENCE).unwrap();
                "anna: lost, went to voicemail"
            };
            hang_up(&call);
            for other in [&at_a, &outside] {
                other.wait_ended(PATIENCE).unwrap();
            }
            let what = format!("taken {taken}, by the phone {by_phone}");
            calls.expect(&what, &[told]);
            calls.record(&format!("freepbx_follow_me_taken_{taken}_phone_{by_phone}"));
        }
    }
    calls.finish();
}

/// A ring group that rings all, and one that hunts.
#[test]
fn ring_groups() {
    let mut calls = start(plan());
    let a = calls.scene.phone("100", Reaction::ring());
    let b = calls.scene.phone("101", Reaction::ring());
    let call = calls.scene.ring("+4930555200");
    let at_a = a.next_call(PATIENCE).unwrap();
    let at_b = b.next_call(PATIENCE).unwrap();
    calls.scene.await_ringing(2);
    at_b.answer().unwrap();
    at_b.wait_talking(PATIENCE).unwrap();
    at_a.wait_ended(PATIENCE).unwrap();
    hang_up(&call);
    calls.expect("all, answered", &["bert: answered"]);
    calls.record("freepbx_group");
    calls.set("RING", "1");
    calls.ring_to_the_end("+4930555200");
    let both = ["anna: lost, not answered", "bert: lost, not answered"];
    calls.expect("all, in vain", &both);
    calls.record("freepbx_group_in_vain");
    calls.ring_to_the_end("+4930555203");
    calls.expect("one after the other, in vain", &both);
    calls.record("freepbx_hunt_in_vain");
    for _ in 0..2 {
        a.next_call(PATIENCE).unwrap();
        b.next_call(PATIENCE).unwrap();
    }
    b.react(answers());
    let call = calls.scene.ring("+4930555203");
    talking(&b);
    hang_up(&call);
    calls.expect("one after the other", &["bert: answered"]);
    calls.record("freepbx_hunt");
    // A's extension is forwarded, also as a member.
    calls.set("RING", "20");
    calls.put("CF/100", ABROAD);
    calls.scene.pbx.trunk().react(answers());
    b.react(Reaction::ring());
    let call = calls.scene.ring("+4930555200");
    calls.scene.outside_talking();
    hang_up(&call);
    calls.expect("all, A is forwarded", &[FORWARDED]);
    calls.record("freepbx_group_forwarded");
    calls.finish();
}

/// A ring group of A's phone and an outside number, which are asked; the outside number is
/// nobody's.
#[test]
fn ring_group_with_a_question() {
    let mut calls = start(plan());
    let a = calls.scene.phone("100", Reaction::ring());
    let both = |calls: &InTurn| {
        let call = calls.scene.ring("+4930555204");
        let both = (call, a.next_call(PATIENCE).unwrap(), calls.outside());
        calls.scene.await_ringing(1);
        both
    };
    let ask = |calls: &InTurn, call: &Call| {
        call.answer().unwrap();
        call.wait_established(PATIENCE).unwrap();
        calls.await_question();
    };
    let (call, at_a, outside) = both(&calls);
    ask(&calls, &outside);
    outside.dtmf("1").unwrap();
    call.wait_talking(PATIENCE).unwrap();
    at_a.wait_ended(PATIENCE).unwrap();
    hang_up(&call);
    calls.expect("outside takes it", &[]);
    calls.record("freepbx_group_asked_outside");
    let (call, at_a, outside) = both(&calls);
    ask(&calls, &at_a);
    at_a.dtmf("2").unwrap();
    at_a.wait_ended(PATIENCE).unwrap();
    hang_up(&call);
    outside.wait_ended(PATIENCE).unwrap();
    calls.expect("A declines", &["anna: lost"]);
    calls.record("freepbx_group_asked_declined");
    let (call, at_a, outside) = both(&calls);
    ask(&calls, &at_a);
    at_a.dtmf("1").unwrap();
    call.wait_talking(PATIENCE).unwrap();
    outside.wait_ended(PATIENCE).unwrap();
    hang_up(&call);
    calls.expect("A takes it", &["anna: answered"]);
    calls.record("freepbx_group_asked");
    let (call, at_a, outside) = both(&calls);
    ask(&calls, &outside);
    outside.dtmf("2").unwrap();
    call.wait_ended(PATIENCE).unwrap();
    at_a.wait_ended(PATIENCE).unwrap();
    calls.expect("a mailbox outside", &["anna: lost, not answered"]);
    calls.record("freepbx_group_asked_mailbox");
    calls.finish();
}

/// Queues of Local channels: answered, given up, without a phone, with an announcement.
#[test]
fn queues() {
    let mut calls = start(plan());
    let call = calls.scene.ring("+4930555201");
    // Nobody is there by the hints, and so nobody is tried.
    eventually("the queue", PATIENCE, || {
        calls
            .scene
            .cli("queue show everyone")
            .contains("1. PJSIP/trunk")
    })
    .unwrap();
    hang_up(&call);
    calls.expect("no phone", &[]);
    calls.record("freepbx_queue_without_a_phone");
    let a = calls.scene.phone("100", Reaction::ring());
    let b = calls.scene.phone("101", Reaction::ring());
    let both = |calls: &InTurn, number: &str| {
        let call = calls.scene.ring(number);
        (
            call,
            [&a, &b].map(|phone| phone.next_call(PATIENCE).unwrap()),
        )
    };
    let (call, [at_a, at_b]) = both(&calls, "+4930555201");
    calls.scene.await_ringing(2);
    at_b.answer().unwrap();
    at_b.wait_talking(PATIENCE).unwrap();
    at_a.wait_ended(PATIENCE).unwrap();
    hang_up(&call);
    calls.expect("answered", &["bert: answered"]);
    calls.record("freepbx_queue");
    let (call, _) = both(&calls, "+4930555201");
    calls.scene.await_ringing(2);
    hang_up(&call);
    let told = ["anna", "bert"].map(|user| format!("{user}: lost, {GAVE_UP}"));
    let told = told.each_ref().map(String::as_str);
    calls.expect("given up", &told);
    calls.record("freepbx_queue_given_up");
    // A picks up and hangs up during the announcement; then B listens to its end.
    let (call, [at_a, at_b]) = both(&calls, "+4930555205");
    at_a.answer().unwrap();
    at_a.wait_established(PATIENCE).unwrap();
    calls.scene.await_log("Playing 'hello-world");
    hang_up(&at_a);
    at_b.wait_ended(PATIENCE).unwrap();
    let [_, at_b] = [&a, &b].map(|phone| phone.next_call(PATIENCE).unwrap());
    at_b.answer().unwrap();
    call.wait_talking(PATIENCE).unwrap();
    hang_up(&call);
    calls.expect("announcement", &["bert: answered"]);
    calls.record("freepbx_queue_announcement");
    calls.finish();
}

/// A menu, a queue of Local channels, a blind transfer in vain (row 42); or an extension.
#[test]
fn menu() {
    let mut calls = start(plan());
    let a = calls.scene.phone("100", Reaction::ring());
    let b = calls.scene.phone("101", Reaction::ring());
    let chosen = |calls: &InTurn, keys: &str| {
        let call = calls.scene.ring("+4930555600");
        call.wait_talking(PATIENCE).unwrap();
        call.dtmf(keys).unwrap();
        call
    };
    let call = chosen(&calls, "1");
    let at_a = a.next_call(PATIENCE).unwrap();
    let at_b = b.next_call(PATIENCE).unwrap();
    at_a.answer().unwrap();
    at_a.wait_talking(PATIENCE).unwrap();
    at_b.wait_ended(PATIENCE).unwrap();
    calls.set("RING", "1");
    at_a.transfer("101").unwrap();
    b.next_call(PATIENCE).unwrap();
    call.wait_ended(PATIENCE).unwrap();
    calls.expect("queue", &["anna: answered", "bert: lost, not answered"]);
    calls.record("freepbx_menu_queue_transfer");
    let call = chosen(&calls, "100");
    call.wait_ended(PATIENCE).unwrap();
    calls.expect("extension", &["anna: lost, not answered"]);
    calls.record("freepbx_menu_extension");
    calls.finish();
}

/// B picks up what rings at A: directly, by a group, by follow-me.
#[test]
fn pickup() {
    let mut calls = start(plan());
    let a = calls.scene.phone("100", Reaction::ring());
    let b = calls.scene.phone("101", Reaction::ring());
    calls.scene.pbx.trunk().react(Reaction::ring());
    for way in ["phone", "follow-me"] {
        calls.put("FM/100", if way == "follow-me" { ABROAD } else { "" });
        let call = calls.scene.ring(DID);
        let at_a = a.next_call(PATIENCE).unwrap();
        calls.scene.await_ringing(1);
        let at_b = b.dial("**100").unwrap();
        at_b.wait_talking(PATIENCE).unwrap();
        at_a.wait_ended(PATIENCE).unwrap();
        hang_up(&call);
        calls.expect(way, &["bert: answered"]);
        calls.record(&format!("freepbx_pickup_{}", way.replace('-', "_")));
    }
    calls.finish();
}

/// What the caller speaks to in the end is nobody, whatever it is.
#[test]
fn mailboxes() {
    let messages = "\
[messages](phone)
aors=messages
auth=messages
[messages]
type=auth
auth_type=digest
username=messages
password=phone-messages
[messages]
type=aor
max_contacts=1
";
    let mut plan = plan();
    plan.builder = plan.builder.etc("pjsip_more.conf", messages);
    let mut calls = start(plan);
    let server = calls.scene.phone("messages", answers());
    let a = calls.scene.phone("100", Reaction::refuse(486));
    for kind in ["box", "record", "external"] {
        calls.put("VM/100", kind);
        for status in ["DND", "busy"] {
            calls.put("DND/100", if status == "DND" { "YES" } else { "" });
            let call = calls.scene.ring(DID);
            if status == "busy" {
                a.next_call(PATIENCE).unwrap();
            }
            call.wait_established(PATIENCE).unwrap();
            if kind == "external" {
                server.next_call(PATIENCE).unwrap();
            }
            hang_up(&call);
            let told = match kind {
                "box" => vec!["anna: lost, went to voicemail"],
                "record" => vec!["anna: lost"],
                // A device of which nobody says that it is no person's.
                _ => vec![],
            };
            calls.expect(&format!("{kind} {status}"), &told);
            calls.record(&format!("freepbx_mailbox_{kind}_{}", status.to_lowercase()));
        }
    }
    calls.finish();
}

/// A sends the caller to an outside number, which answers, is busy, or does not answer; that
/// leg shows the company's number on the caller's own channel.
#[test]
fn transfers_outside() {
    let mut calls = start(plan());
    let a = calls.scene.phone("100", answers());
    for (what, reaction) in [
        ("answered", answers()),
        ("busy", Reaction::refuse(486)),
        ("congested", Reaction::refuse(503)),
    ] {
        calls.scene.pbx.trunk().react(reaction);
        let call = calls.scene.ring(DID);
        talking(&a).transfer(ABROAD).unwrap();
        let outside = calls.outside();
        if what == "answered" {
            outside.wait_talking(PATIENCE).unwrap();
            hang_up(&outside);
        }
        call.wait_ended(PATIENCE).unwrap();
        calls.expect(what, &["anna: answered"]);
        calls.record(&format!("freepbx_transfer_outside_{what}"));
    }
    calls.finish();
}

/// A colleague without a Salesforce user calls A, who is there or forwarded.
#[test]
fn colleagues() {
    let mut calls = start(plan());
    let a = calls.scene.phone("100", answers());
    let colleague = calls.scene.phone("103", Reaction::ring());
    calls.scene.pbx.trunk().react(answers());
    for there in ["", ABROAD] {
        calls.put("CF/100", there);
        calls.set("OUT_HIDDEN", there);
        let call = colleague.dial("100").unwrap();
        if there.is_empty() {
            talking(&a);
        } else {
            calls.scene.outside_talking();
        }
        hang_up(&call);
        calls.expect(there, &[]);
    }
    calls.record("freepbx_colleague");
    calls.finish();
}

/// One after the other: A's extension to B's, that one to an outside number; a colleague picks
/// up what rings at A; a group with A forwarded and B, who is quicker.
#[test]
fn chains() {
    let mut calls = start(plan());
    calls.scene.pbx.trunk().react(answers());
    let a = calls.scene.phone("100", Reaction::ring());
    let b = calls.scene.phone("101", Reaction::ring());
    for there in ["", "YES"] {
        calls.put("CF/100", "101");
        calls.put("CF/101", ABROAD);
        for key in ["CFGOTO/100", "CFGOTO/101"] {
            calls.put(key, there);
        }
        let call = calls.scene.ring(DID);
        calls.scene.outside_talking();
        hang_up(&call);
        let told = FORWARDED.replace("anna", "bert");
        calls.expect(&format!("A to B to outside {there}"), &[&told]);
        calls.record(&format!("freepbx_chain{}", there.to_lowercase()));
    }
    for key in ["CF/100", "CF/101", "CFGOTO/100", "CFGOTO/101"] {
        calls.put(key, "");
    }
    let colleague = calls.scene.phone("103", Reaction::ring());
    let call = calls.scene.ring(DID);
    let at_a = a.next_call(PATIENCE).unwrap();
    calls.scene.await_ringing(1);
    let picked_up = colleague.dial("**100").unwrap();
    picked_up.wait_talking(PATIENCE).unwrap();
    at_a.wait_ended(PATIENCE).unwrap();
    hang_up(&call);
    calls.expect("picked up by a colleague", &[]);
    calls.record("freepbx_pickup_by_a_colleague");
    calls.put("CF/100", ABROAD);
    calls.scene.pbx.trunk().react(Reaction::ring());
    let call = calls.scene.ring("+4930555200");
    let outside = calls.outside();
    let at_b = b.next_call(PATIENCE).unwrap();
    calls.scene.await_ringing(1);
    at_b.answer().unwrap();
    at_b.wait_talking(PATIENCE).unwrap();
    outside.wait_ended(PATIENCE).unwrap();
    hang_up(&call);
    calls.expect("B is quicker", &["bert: answered"]);
    calls.record("freepbx_group_forwarded_in_vain");
    calls.finish();
}

/// The users are configured with the context in which people dial, or the one of the hints.
#[test]
fn contexts_of_users() {
    for context in ["from-internal", "ext-local"] {
        let line = |extension: &str| format!("extension = {extension}@{context}");
        let mut calls = start(plan().a(&line("100")).b(&line("101")));
        let a = calls.scene.phone("100", answers());
        let b = calls.scene.phone("101", Reaction::refuse(486));
        let call = calls.scene.ring(DID);
        talking(&a).transfer("101").unwrap();
        b.next_call(PATIENCE).unwrap();
        call.wait_ended(PATIENCE).unwrap();
        let told = ["anna: answered", "bert: lost, busy"];
        calls.expect(&format!("{context}, transferred"), &told);
        calls.put("CF/100", ABROAD);
        calls.scene.pbx.trunk().react(answers());
        for (number, what) in [(DID, "alone"), ("+4930555200", "group")] {
            let call = calls.scene.ring(number);
            calls.scene.outside_talking();
            hang_up(&call);
            calls.expect(&format!("{context}, {what}"), &[FORWARDED]);
        }
        calls.put("CF/100", "");
        calls.put("DND/100", "YES");
        calls.scene.ring(DID).wait_ended(PATIENCE).unwrap();
        calls.expect(&format!("{context}, dnd"), &["anna: lost, busy"]);
        calls.finish();
    }
}
