//! One phone rings: rows 1 to 7, 26 and 30.

use super::*;
use serde_json::json;
use std::time::Instant;

/// A answers after a while, talks for a while, and hangs up; or the caller does.
#[test]
fn row_01_answered() {
    in_all_surroundings(|plan| {
        let begun = Instant::now();
        let scene = plan.start();
        let a = scene.phone("100", answers().after(LONG).hangup_after(LONG));
        let call = scene.ring("100");
        call.wait_ended(PATIENCE).unwrap();
        a.next_call(PATIENCE).unwrap().wait_ended(PATIENCE).unwrap();
        scene.expect(["anna: answered"]);
        let (ring, talk) = scene.times("anna");
        assert!(ring >= 1 && talk >= Some(1), "{ring} {talk:?}");
        assert!(ring + talk.unwrap() <= begun.elapsed().as_secs());
        let accounts = scene.sim.records("Account");
        assert_eq!(text(&accounts[0], "Name"), ACCOUNT);
        assert_eq!(accounts[0]["OwnerId"], scene.case("anna")["OwnerId"]);
        scene.record("row_01");
    });

    let scene = plan().start();
    let (_a, call, _) = scene.answered_by_a();
    hang_up(&call);
    scene.expect(["anna: answered"]);
    scene.record("row_01_caller_hangs_up");
}

/// The Account is there already, written in the way people write numbers.
#[test]
fn row_01_known_caller() {
    let scene = plan().start();
    let account = json!({
        "attributes": {"type": "Account"}, "Name": "Erika Mustermann", "Phone": "(030) 1234-5678",
    });
    let id = scene.sim.seed(crate::scene::ORG, account);
    let (_a, call, _) = scene.answered_by_a();
    hang_up(&call);
    assert_eq!(text(&scene.case("anna"), "AccountId"), id);
    assert_eq!(scene.sim.records("Account").len(), 1);
}

/// A reads German.
#[test]
fn row_01_in_the_users_language() {
    let scene = plan().a("language = de").start();
    let (_a, call, _) = scene.answered_by_a();
    hang_up(&call);
    let case = scene.case("anna");
    let known = "Anruf von Erika (+49 30 12345678)";
    assert_eq!(text(&case, "Subject"), known);
    let account = &scene.sim.records("Account")[0];
    assert_eq!(text(account, "Name"), format!("Anrufer {NUMBER}"));
    assert_eq!(account["Id"], case["AccountId"]);
}

/// A's phone rings until the dial times out.
#[test]
fn row_02_not_answered() {
    in_all_surroundings(|plan| {
        let scene = plan.ring(2).start();
        let _a = scene.phone("100", Reaction::ring());
        scene.ring("100").wait_ended(PATIENCE).unwrap();
        scene.expect(["anna: lost, not answered"]);
        let (ring, talk) = scene.times("anna");
        assert!(ring >= 1 && talk.is_none(), "{ring} {talk:?}");
        scene.record("row_02");
    });
}

/// The caller hangs up while A's phone rings.
#[test]
fn row_03_caller_gives_up() {
    let scene = plan().start();
    let _a = scene.phone("100", Reaction::ring());
    let call = scene.ring("100");
    call.wait_ringing(PATIENCE).unwrap();
    hang_up(&call);
    scene.expect(["anna: lost, caller hung up before anyone answered"]);
    scene.record("row_03");
}

/// A's phone says 486.
#[test]
fn row_04_busy() {
    let scene = plan().start();
    let _a = scene.phone("100", Reaction::refuse(486));
    scene.ring("100").wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: lost, busy"]);
    scene.record("row_04");
}

/// A's phone rings, then says 603.
#[test]
fn row_05_rejected() {
    let scene = plan().start();
    let _a = scene.phone("100", Reaction::refuse(603).after(SHORT));
    scene.ring("100").wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: lost, rejected"]);
    scene.record("row_05");
}

/// A has no phone registered.
#[test]
fn row_06_not_reachable() {
    let scene = plan().start();
    scene.ring("100").wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: lost, phone not reachable"]);
    assert_eq!(scene.times("anna"), (0, None));
    scene.record("row_06");
}

/// A's phone is registered, but the network swallows everything.
#[test]
fn row_06_no_reaction() {
    let scene = plan().ring(2).start();
    let _a = scene.phone("100", Reaction::silence());
    scene.ring("100").wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: lost, phone not reachable"]);
    scene.record("row_06_no_reaction");
}

/// A's phone rings in vain, then the caller speaks to the mailbox.
#[test]
fn row_07_voicemail() {
    let scene = plan().ring(1).start();
    let _a = scene.phone("100", Reaction::ring());
    let call = scene.ring("5100");
    call.wait_established(PATIENCE).unwrap();
    scene.await_log("Playing 'beep");
    call.wait_media(1, PATIENCE).unwrap();
    hang_up(&call);
    scene.expect(["anna: lost, went to voicemail"]);
    scene.record("row_07");
}

/// An announcement answers the call, then A's phone rings in vain.
#[test]
fn row_26_announcement_then_unanswered() {
    let scene = plan().ring(1).start();
    let _a = scene.phone("100", Reaction::ring());
    let call = scene.ring("30100");
    call.wait_established(PATIENCE).unwrap();
    call.wait_ended(PATIENCE).unwrap();
    scene.expect(["anna: lost, not answered"]);
    scene.record("row_26");
}

/// A wants no Cases of lost calls; the answered one after it becomes one.
#[test]
fn row_30_lost_calls_not_wanted() {
    let scene = plan().ring(1).a("case_on_lost = no").start();
    let a = scene.phone("100", Reaction::ring());
    scene.ring("100").wait_ended(PATIENCE).unwrap();
    scene.expect([]);
    a.next_call(PATIENCE).unwrap();
    a.react(answers());
    let call = scene.ring("100");
    talking(&a);
    hang_up(&call);
    scene.expect(["anna: answered"]);
    scene.record("row_30");
}
