//! The dialplan itself turns the caller away: row 37.

use super::*;

/// Ways to turn the caller away, and what is told of each.
const WAYS: [(&str, &str); 9] = [
    ("Busy()", BUSY),
    ("Busy(1)", BUSY),
    ("Hangup(17)", BUSY),
    ("Congestion()", UNREACHABLE),
    ("Congestion(1)", UNREACHABLE),
    ("Hangup(3)", UNREACHABLE),
    ("Hangup(20)", UNREACHABLE),
    ("Hangup(34)", UNREACHABLE),
    ("Hangup(38)", UNREACHABLE),
];

const BUSY: &str = "anna: lost, busy";
const UNREACHABLE: &str = "anna: lost, phone not reachable";

/// At `100` the global `WAY` says what happens; `280` is the same after an announcement.
fn start() -> InTurn {
    let mut numbers = String::from("exten => 100,1,Goto(${WAY})\n");
    for (nth, (way, _)) in WAYS.iter().enumerate() {
        numbers += &format!(" same => n(way{nth}),{way}\n same => n,Hangup()\n");
    }
    numbers += "\
 same => n(dnd),GotoIf($[\"${DB(DND/100)}\" = \"YES\"]?way0)
 same => n,Dial(PJSIP/100,20)
 same => n,Hangup()
 same => n(phone-busy),Dial(PJSIP/100,20)
 same => n,Busy(2)
 same => n(phone-gone),Dial(PJSIP/100,20)
 same => n,Congestion(2)
 same => n(subroutine),Gosub(turned-away,s,1)
 same => n,Hangup()
exten => 280,1,Answer()
 same => n,Goto(100,1)
[turned-away]
exten => s,1,Busy()
 same => n,Return()
";
    InTurn::start(with_numbers(plan(), &numbers))
}

/// Busy, congested, or simply hung up.
#[test]
fn row_37_turned_away() {
    let mut calls = start();
    for (nth, (way, told)) in WAYS.iter().enumerate() {
        let call = calls.ring(&format!("way{nth}"), "100");
        call.wait_ended(PATIENCE).unwrap();
        calls.expect(way, &[told]);
        calls.record(&format!("row_37_{nth}"));
    }
    calls.finish();
}

/// By do-not-disturb, in a subroutine, or after the phone was tried.
#[test]
fn row_37_turned_away_for_a_reason() {
    let mut calls = start();
    calls.scene.cli("database put DND 100 YES");
    for (way, told) in [
        ("phone-gone", UNREACHABLE),
        ("dnd", BUSY),
        ("subroutine", BUSY),
    ] {
        calls.ring(way, "100").wait_ended(PATIENCE).unwrap();
        calls.expect(way, &[told]);
        calls.record(&format!("row_37_{way}").replace('-', "_"));
    }
    let _a = calls.scene.phone("100", Reaction::refuse(486));
    calls
        .ring("phone-busy", "100")
        .wait_ended(PATIENCE)
        .unwrap();
    calls.expect("phone-busy", &[BUSY]);
    calls.record("row_37_phone_busy");
    calls.finish();
}

/// Somebody answered the caller already, who hears the tone and hangs up.
#[test]
fn row_37_hears_the_tone() {
    let mut calls = start();
    for (way, told) in [("way0", BUSY), ("way3", UNREACHABLE)] {
        let call = calls.ring(way, "280");
        call.wait_established(PATIENCE).unwrap();
        // The tone.
        call.wait_media(5, PATIENCE).unwrap();
        hang_up(&call);
        calls.expect(way, &[told]);
        calls.record(&format!("row_37_tone_{way}"));
    }
    calls.finish();
}
