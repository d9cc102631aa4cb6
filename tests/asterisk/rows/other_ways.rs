//! Ways in which a caller and a phone come together, or seem to, without a plain dial.

use super::*;

/// A waits as an agent; the caller asks for the agent.
#[test]
fn agent_requested() {
    let numbers = "\
exten => 280,1,AgentLogin(anna,s)
exten => 281,1,Answer()
 same => n(ask),AgentRequest(anna)
 same => n,GotoIf($[\"${AGENT_STATUS}\" != \"BUSY\"]?gone)
 same => n,Wait(0.2)
 same => n,Goto(ask)
 same => n(gone),Hangup()
";
    let mut plan = with_numbers(plan(), numbers);
    plan.builder = plan
        .builder
        .etc("agents.conf", "[anna]\n")
        .stock_module("app_agent_pool");
    let mut calls = InTurn::start(plan);
    let a = calls.scene.phone("100", Reaction::ring());
    let at_a = a.dial("280").unwrap();
    calls.scene.await_log("Agent 'anna' logged in");
    let call = calls.scene.ring("281");
    eventually("agent and caller", PATIENCE, || {
        calls.scene.cli("agent show online").contains("PJSIP/trunk")
    })
    .unwrap();
    call.wait_talking(PATIENCE).unwrap();
    hang_up(&call);
    hang_up(&at_a);
    calls.expect("the agent", &["anna: answered"]);
    calls.record("agent_requested");
    calls.finish();
}

/// A colleague listens to A's call, whispers, or speaks to both.
#[test]
fn spied_on() {
    let numbers = "\
exten => 282,1,ChanSpy(PJSIP/100,q)
exten => 283,1,ChanSpy(PJSIP/100,qw)
exten => 284,1,ChanSpy(PJSIP/100,qB)
";
    let mut plan = with_numbers(plan(), numbers);
    plan.builder = plan.builder.stock_module("app_chanspy");
    let mut calls = InTurn::start(plan);
    let a = calls.scene.phone("100", answers());
    let b = calls.scene.phone("101", Reaction::ring());
    for number in ["282", "283", "284"] {
        let call = calls.scene.ring("100");
        let at_a = talking(&a);
        let spy = b.dial(number).unwrap();
        spy.wait_talking(PATIENCE).unwrap();
        hang_up(&call);
        at_a.wait_ended(PATIENCE).unwrap();
        hang_up(&spy);
        calls.expect(number, &["anna: answered"]);
        calls.record(&format!("spied_on_{number}"));
    }
    calls.finish();
}

/// A's phone or the network speaks before anybody answers; it is answered, refused or given up.
#[test]
fn early_media() {
    let mut calls = InTurn::start(plan());
    let a = calls.scene.phone("100", Reaction::ring().early_media());
    let call = calls.scene.ring("100");
    call.wait_media(3, PATIENCE).unwrap();
    let at_a = a.next_call(PATIENCE).unwrap();
    at_a.answer().unwrap();
    at_a.wait_talking(PATIENCE).unwrap();
    hang_up(&call);
    calls.expect("answered", &["anna: answered"]);
    calls.record("early_media_answered");
    let call = calls.scene.ring("100");
    call.wait_media(3, PATIENCE).unwrap();
    a.next_call(PATIENCE).unwrap().refuse(486).unwrap();
    call.wait_ended(PATIENCE).unwrap();
    calls.expect("busy", &["anna: lost, busy"]);
    calls.record("early_media_busy");
    let call = calls.scene.ring("100");
    call.wait_media(3, PATIENCE).unwrap();
    hang_up(&call);
    let told = "anna: lost, caller hung up before anyone answered";
    calls.expect("given up", &[told]);
    calls.record("early_media_given_up");
    calls.finish();
}

/// Asterisk calls somebody outside back, who waited before, and then A; or the other way round.
#[test]
fn called_back() {
    let mut calls = InTurn::start(plan());
    let a = calls.scene.phone("100", answers());
    calls.scene.pbx.trunk().react(answers());
    for (channel, number) in [
        ("Local/00301112233@internal/n", "100"),
        ("Local/00301112233@internal", "200"),
        ("Local/100@internal", "00301112233"),
    ] {
        let to = format!("channel originate {channel} extension {number}@internal");
        calls.scene.cli(&to);
        let outside = calls.scene.pbx.trunk().next_call(PATIENCE).unwrap();
        let at_a = talking(&a);
        outside.wait_talking(PATIENCE).unwrap();
        hang_up(&outside);
        at_a.wait_ended(PATIENCE).unwrap();
        calls.expect(&to, &[]);
    }
    calls.record("called_back");
    calls.finish();
}

/// A is asked by Asterisk's own screening whether to take the call, and hangs up, or takes it.
#[test]
fn screened() {
    let numbers = "\
exten => 285,1,Dial(PJSIP/100,20,pn)
 same => n,Hangup()
";
    let mut calls = InTurn::start(with_numbers(plan(), numbers));
    let a = calls.scene.phone("100", answers());
    for (keys, told) in [("", "anna: lost"), ("1", "anna: answered")] {
        let asked = || {
            calls
                .scene
                .log()
                .matches("Playing 'priv-callpending")
                .count()
        };
        let before = asked();
        let call = calls.scene.ring("285");
        let at_a = a.next_call(PATIENCE).unwrap();
        at_a.wait_established(PATIENCE).unwrap();
        eventually("the question", PATIENCE, || asked() > before).unwrap();
        match keys {
            "" => hang_up(&at_a),
            _ => at_a.dtmf(keys).unwrap(),
        }
        if keys == "1" {
            call.wait_talking(PATIENCE).unwrap();
            hang_up(&call);
        } else {
            call.wait_ended(PATIENCE).unwrap();
        }
        at_a.wait_ended(PATIENCE).unwrap();
        calls.expect(keys, &[told]);
        let name = if keys.is_empty() { "hung_up" } else { keys };
        calls.record(&format!("screened_{name}"));
    }
    calls.finish();
}

/// A program takes the caller, rings A for it, and joins both.
#[test]
fn joined_by_a_program() {
    let numbers = "\
exten => 286,1,Stasis(reader)
 same => n,Hangup()
";
    let mut plan = with_numbers(plan(), numbers);
    plan.surroundings = Surroundings::Consumers;
    let mut calls = InTurn::start(plan);
    let a = calls.scene.phone("100", Reaction::ring());
    for answered in [true, false] {
        let call = calls.scene.ring("286");
        let pbx = &calls.scene.pbx;
        // A channel is at the program a moment after it was told so.
        let post = |path: &str| {
            eventually(path, PATIENCE, || pbx.ari("POST", path).is_ok()).unwrap();
        };
        let mut caller = String::new();
        eventually("the caller at the program", PATIENCE, || {
            let all = pbx.ari("GET", "channels").unwrap();
            let all: Vec<Value> = serde_json::from_str(&all).unwrap();
            let at_program = |channel: &&Value| channel["dialplan"]["app_name"] == "Stasis";
            let found = all.iter().find(at_program);
            caller = found.map_or_else(String::new, |it| text(it, "id").to_owned());
            found.is_some()
        })
        .unwrap();
        let leg = format!("leg-{answered}");
        let of = format!("app=reader&channelId={leg}&originator={caller}");
        post(&format!("channels/create?endpoint=PJSIP/100&{of}"));
        post(&format!("channels/{leg}/dial?caller={caller}&timeout=20"));
        let at_a = a.next_call(PATIENCE).unwrap();
        calls.scene.await_ringing(1);
        let told = if answered {
            at_a.answer().unwrap();
            at_a.wait_established(PATIENCE).unwrap();
            post(&format!("channels/{caller}/answer"));
            post("bridges?type=mixing&bridgeId=both");
            post(&format!("bridges/both/addChannel?channel={caller},{leg}"));
            at_a.wait_talking(PATIENCE).unwrap();
            call.wait_talking(PATIENCE).unwrap();
            "anna: answered"
        } else {
            "anna: lost"
        };
        hang_up(&call);
        let _ = at_a.hangup();
        at_a.wait_ended(PATIENCE).unwrap();
        calls.expect(&format!("answered: {answered}"), &[told]);
        calls.record(&format!("program_answered_{answered}"));
    }
    calls.finish();
}
