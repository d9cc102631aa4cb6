//! Who called, whatever the dialplan writes on the caller's channel: rows 31 to 33.

use super::*;
use private_pbx::Caller;

/// Extension 100 with several ways through its dialplan, of which `WAY` names one. The company
/// writes itself, or "withheld", where the caller stands.
const WAYS: &str = "\
exten => 100,1,Goto(${WAY})
 same => n(outside),Set(CALLERID(all)=ACME <+4930999000>)
 same => n,Dial(PJSIP/0301112233@trunk,20)
 same => n,Hangup()
 same => n(hidden),Set(CALLERID(pres)=prohib)
 same => n,Dial(PJSIP/0301112233@trunk,20)
 same => n,Hangup()
 same => n(afterwards),Dial(PJSIP/100,1)
 same => n,Set(CALLERID(all)=ACME <+4930999000>)
 same => n,Set(CALLERID(pres)=prohib)
 same => n,Dial(PJSIP/0301112233@trunk,1)
 same => n,Hangup()
 same => n(prefix),Set(CALLERID(name)=SALES: ${CALLERID(name)})
 same => n,Dial(PJSIP/100,20)
 same => n,Hangup()
 same => n(known),Set(CALLERID(name)=${SALESFORCE(name)})
 same => n,Dial(PJSIP/100,20)
 same => n,Hangup()
 same => n(allowed),Set(CALLERID(pres)=allowed)
 same => n(plain),Dial(PJSIP/100,20)
 same => n,Hangup()
exten => 870,1,Set(CALLERID(num)=+49${CALLERID(num):3})
 same => n,Goto(100,1)
exten => 880,1,Set(CALLERID(pres)=allowed)
 same => n,Goto(100,1)
exten => 890,1,Set(CALLERID(name)=SALES: ${CALLERID(name)})
 same => n,Goto(100,1)
[internal](+)
exten => _9X.,1,Set(CALLERID(all)=ACME <+4930999000>)
 same => n,Dial(PJSIP/${EXTEN:1}@trunk,20)
";

/// Erika with this number, whom the provider tells and asks to hide.
pub fn hidden(number: &str) -> Caller {
    let identity = format!("\"Erika\" <sip:{number}@provider.example>");
    Caller::number(number)
        .named("Erika")
        .header("P-Asserted-Identity", &identity)
        .header("Privacy", "id")
}

/// The outbound leg of a forward shows the company's number, which overwrites the caller's.
#[test]
fn row_31_forwarded_with_the_companys_number() {
    let mut calls = InTurn::start(with_numbers(plan(), WAYS));
    calls.scene.pbx.trunk().react(answers());
    for way in ["outside", "hidden"] {
        let call = calls.ring(way, "100");
        calls.scene.outside_talking();
        hang_up(&call);
        calls.expect(way, &[FORWARDED]);
        calls.record(&format!("row_31_{way}"));
    }
    calls.scene.pbx.trunk().react(Reaction::ring());
    let _a = calls.scene.phone("100", Reaction::ring());
    calls
        .ring("afterwards", "100")
        .wait_ended(PATIENCE)
        .unwrap();
    calls.expect("afterwards", &["anna: lost"]);
    calls.record("row_31_afterwards");
    calls.finish();
}

/// A sends the caller to an outside number; that leg shows the company's number.
#[test]
fn row_31_transferred_with_the_companys_number() {
    let mut calls = InTurn::start(with_numbers(plan(), WAYS));
    calls.scene.pbx.trunk().react(answers());
    let a = calls.scene.phone("100", answers());
    let call = calls.ring("plain", "100");
    talking(&a).transfer("90301112233").unwrap();
    calls.scene.outside_talking();
    hang_up(&call);
    calls.expect("transferred", &["anna: answered"]);
    calls.record("row_31_transferred");
    calls.finish();
}

/// The trunk's numbers are put into shape before they reach anybody: that is the number.
#[test]
fn row_31_number_put_into_shape_before() {
    let mut calls = InTurn::start(with_numbers(plan(), WAYS));
    let _a = calls.scene.phone("100", Reaction::refuse(486));
    calls.set("WAY", "plain");
    let caller = Caller::number("9903012345678").named("Erika");
    let call = calls.scene.ring_as("870", &caller);
    call.wait_ended(PATIENCE).unwrap();
    calls.expect("put into shape", &["anna: lost, busy"]);
    calls.finish();
}

/// The network says that the caller is not to be known, or a keypad spells it.
#[test]
fn row_32_withheld() {
    const NUMBERS: [&str; 16] = [
        // ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE, and as American numbers.
        "266696687",
        "7378742833",
        "2562533",
        "8656696",
        "86282452253",
        "18656696",
        "+266696687",
        "12562533",
        "0",
        "00",
        "0000",
        "0000000000",
        "+000",
        "anonymous",
        "Anonymous",
        "unavailable",
    ];
    let erika = |number: &str| Caller::number(number).named("Erika");
    let callers = NUMBERS.into_iter().map(erika).chain([
        Caller::withheld(),
        Caller::withheld_but_known(NUMBER),
        hidden(NUMBER),
        // A colleague does not hide.
        hidden("2345"),
        // The older way to say it.
        erika(NUMBER).header(
            "Remote-Party-ID",
            &format!("<sip:{NUMBER}@provider.example>;privacy=full"),
        ),
    ]);
    let mut calls = InTurn::start(with_numbers(plan(), WAYS));
    let _a = calls.scene.phone("100", Reaction::refuse(486));
    // Afterwards the dialplan allows it again, before and after the call reaches A, or writes
    // another name.
    for (caller, (way, to)) in callers.zip([("plain", "100"), ("allowed", "880")].iter().cycle()) {
        calls.set("WAY", way);
        let call = calls.scene.ring_as(to, &caller);
        call.wait_ended(PATIENCE).unwrap();
        let what = format!("{caller:?}, {to}");
        calls.expect_from(&what, &["anna: lost, busy"], "", "");
    }
    for (user, case) in calls.scene.cases() {
        let whole = case.to_string();
        let known = ["12345678", "Erika"]
            .iter()
            .any(|text| whole.contains(text));
        let withheld = text(&case, "Subject").contains("a withheld number");
        let what = format!("{user}: {}", text(&case, "Subject"));
        calls.check(&what, withheld && !known);
    }
    calls.finish();
}

/// The network withholds the caller, whom the dialplan shows again, also to itself.
#[test]
fn row_32_allowed_again() {
    let mut calls = InTurn::start(with_numbers(plan(), WAYS));
    let a = calls.scene.phone("100", answers());
    let callers = [Caller::withheld_but_known(NUMBER), hidden(NUMBER)];
    for (nth, caller) in callers.iter().enumerate() {
        for (way, to) in [("allowed", "100"), ("plain", "880"), ("prefix", "890")] {
            calls.set("WAY", way);
            let call = calls.scene.ring_as(to, caller);
            talking(&a);
            hang_up(&call);
            let what = format!("caller {nth}, {way}, {to}");
            calls.expect_from(&what, &["anna: answered"], "", "");
            calls.record(&format!("row_32_{nth}_{way}"));
        }
    }
    calls.finish();
}

/// The name is what the network sent, not what the dialplan makes of it.
#[test]
fn row_33_name_of_the_network() {
    let mut calls = InTurn::start(with_numbers(plan(), WAYS));
    let account = serde_json::json!({
        "attributes": {"type": "Account"}, "Name": "Mustermann & Co", "Phone": NUMBER,
    });
    calls.scene.sim.seed(crate::scene::ORG, account);
    let a = calls.scene.phone("100", answers());
    for (way, number) in [("prefix", "100"), ("known", "100"), ("plain", "890")] {
        let call = calls.ring(way, number);
        let at_a = talking(&a);
        hang_up(&call);
        at_a.wait_ended(PATIENCE).unwrap();
        calls.expect(way, &["anna: answered"]);
        calls.record(&format!("row_33_{way}"));
    }
    // The network sent none.
    for way in ["prefix", "known"] {
        calls.set("WAY", way);
        let call = calls.scene.ring_as("100", &Caller::number(NUMBER));
        talking(&a);
        hang_up(&call);
        calls.expect_from(&format!("no name, {way}"), &["anna: answered"], NUMBER, "");
    }
    calls.finish();
}
