//! Real calls through a real Asterisk, judged by what Asterisk says of them.

use std::time::Duration;

use private_pbx::{Caller, Cdr, Dialplan, End, Load, Pbx, Plan, Reaction, Side, State, eventually};

const PATIENCE: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(50);

fn outside() -> Caller {
    Caller::number("+49301234567").named("Erika")
}

fn one_cdr(pbx: &Pbx) -> Cdr {
    dialled(pbx, 1).remove(0)
}

/// Records of calls that reached a phone: where the dialplan goes on after
/// `Dial`, Asterisk writes another for what follows.
fn dialled(pbx: &Pbx, count: usize) -> Vec<Cdr> {
    let mut found = Vec::new();
    eventually("call records", PATIENCE, || {
        found = pbx.cdrs(0, PATIENCE).unwrap();
        found.retain(|cdr| !cdr.peer.is_empty());
        found.len() >= count
    })
    .unwrap();
    assert_eq!(found.len(), count, "{found:#?}");
    found
}

fn refused(status: u16) -> End {
    End {
        by: Side::Remote,
        status: Some(status),
    }
}

#[test]
fn answered() {
    let pbx = Pbx::builder().start().unwrap();
    let phone = pbx.phone("100").unwrap();
    let call = pbx.trunk().call("100", &outside()).unwrap();
    call.wait_ringing(PATIENCE).unwrap();
    let at_phone = phone.next_call(PATIENCE).unwrap();
    assert!(
        at_phone.from().contains("\"Erika\" <sip:+49301234567@"),
        "{}",
        at_phone.from()
    );
    at_phone.answer().unwrap();
    call.wait_established(PATIENCE).unwrap();
    call.wait_media(5, PATIENCE).unwrap();
    at_phone.wait_media(5, PATIENCE).unwrap();
    at_phone.hangup().unwrap();
    assert_eq!(
        call.wait_ended(PATIENCE).unwrap(),
        End {
            by: Side::Remote,
            status: None
        }
    );
    assert_eq!(
        at_phone.wait_ended(PATIENCE).unwrap(),
        End {
            by: Side::Local,
            status: None
        }
    );
    let cdr = one_cdr(&pbx);
    assert_eq!(
        (cdr.disposition.as_str(), cdr.number.as_str()),
        ("ANSWERED", "100")
    );
    assert_eq!(cdr.caller, "\"Erika\" <+49301234567>");
}

#[test]
fn busy_and_other_refusals() {
    let pbx = Pbx::builder().start().unwrap();
    let phone = pbx.phone("100").unwrap();
    // What the phone says, what Asterisk makes of it, what the caller hears.
    let cases = [
        (486, "BUSY", 486),
        (603, "NO ANSWER", 403),
        (480, "NO ANSWER", 480),
        (404, "NO ANSWER", 404),
        (503, "FAILED", 503),
    ];
    for (n, (status, disposition, heard)) in cases.into_iter().enumerate() {
        phone.react(Reaction::refuse(status));
        let call = pbx.trunk().call("100", &outside()).unwrap();
        assert_eq!(
            call.wait_ended(PATIENCE).unwrap(),
            refused(heard),
            "{status}"
        );
        assert_eq!(dialled(&pbx, n + 1)[n].disposition, disposition, "{status}");
    }
}

#[test]
fn caller_gives_up() {
    let pbx = Pbx::builder().start().unwrap();
    let phone = pbx.phone("100").unwrap();
    let call = pbx.trunk().call("100", &outside()).unwrap();
    call.wait_ringing(PATIENCE).unwrap();
    let at_phone = phone.next_call(PATIENCE).unwrap();
    call.hangup().unwrap();
    assert_eq!(
        call.wait_ended(PATIENCE).unwrap(),
        End {
            by: Side::Local,
            status: Some(487)
        }
    );
    assert_eq!(at_phone.wait_ended(PATIENCE).unwrap().by, Side::Remote);
    assert_eq!(one_cdr(&pbx).disposition, "NO ANSWER");
}

#[test]
fn nobody_answers_nobody_reacts_nobody_is_there() {
    let pbx = Pbx::builder()
        .dialplan(Dialplan::default().ring(1))
        .start()
        .unwrap();
    let ringing = pbx.phone("100").unwrap();
    let silent = pbx.phone("101").unwrap();
    silent.react(Reaction::silence());
    let call = pbx.trunk().call("100", &outside()).unwrap();
    ringing
        .next_call(PATIENCE)
        .unwrap()
        .wait_ended(PATIENCE)
        .unwrap();
    assert_eq!(call.wait_ended(PATIENCE).unwrap().by, Side::Remote);
    let call = pbx.trunk().call("101", &outside()).unwrap();
    assert_eq!(call.wait_ended(PATIENCE).unwrap().by, Side::Remote);
    let call = pbx.trunk().call("102", &outside()).unwrap();
    assert_eq!(call.wait_ended(PATIENCE).unwrap().by, Side::Remote);
    let peers: Vec<_> = dialled(&pbx, 2).into_iter().map(|c| c.peer).collect();
    assert!(peers[0].starts_with("PJSIP/100-"), "{peers:?}");
    assert!(peers[1].starts_with("PJSIP/101-"), "{peers:?}");
    assert!(pbx.log().contains(&format!("{} is ringing", peers[0])));
    assert!(!pbx.log().contains(&format!("{} is ringing", peers[1])));
}

#[test]
fn hold_and_resume() {
    let pbx = Pbx::builder().start().unwrap();
    let phone = pbx.phone("100").unwrap();
    phone.react(Reaction::answer().after(SHORT));
    let call = pbx.trunk().call("100", &outside()).unwrap();
    let at_phone = phone.next_call(PATIENCE).unwrap();
    at_phone.wait_talking(PATIENCE).unwrap();
    at_phone.hold().unwrap();
    eventually("music on hold", PATIENCE, || {
        pbx.log().contains("Started music on hold")
    })
    .unwrap();
    call.wait_media(5, PATIENCE).unwrap();
    at_phone.resume().unwrap();
    eventually("its end", PATIENCE, || {
        pbx.log().contains("Stopped music on hold")
    })
    .unwrap();
    call.hangup().unwrap();
    assert_eq!(at_phone.wait_ended(PATIENCE).unwrap().by, Side::Remote);
}

#[test]
fn blind_transfer() {
    let pbx = Pbx::builder().start().unwrap();
    let (a, b) = (pbx.phone("100").unwrap(), pbx.phone("101").unwrap());
    a.react(Reaction::answer());
    b.react(Reaction::answer());
    let call = pbx.trunk().call("100", &outside()).unwrap();
    let at_a = a.next_call(PATIENCE).unwrap();
    at_a.wait_talking(PATIENCE).unwrap();
    at_a.transfer("101").unwrap();
    let at_b = b.next_call(PATIENCE).unwrap();
    at_b.wait_established(PATIENCE).unwrap();
    assert!(at_b.from().contains("+49301234567"), "{}", at_b.from());
    at_a.wait_ended(PATIENCE).unwrap();
    at_b.wait_media(5, PATIENCE).unwrap();
    call.hangup().unwrap();
    at_b.wait_ended(PATIENCE).unwrap();
}

#[test]
fn attended_transfer() {
    for while_ringing in [false, true] {
        let pbx = Pbx::builder().start().unwrap();
        let (a, b) = (pbx.phone("100").unwrap(), pbx.phone("101").unwrap());
        a.react(Reaction::answer());
        let call = pbx.trunk().call("100", &outside()).unwrap();
        let at_a = a.next_call(PATIENCE).unwrap();
        at_a.wait_talking(PATIENCE).unwrap();
        at_a.hold().unwrap();
        let asking = a.dial("101").unwrap();
        asking.wait_ringing(PATIENCE).unwrap();
        let at_b = b.next_call(PATIENCE).unwrap();
        if !while_ringing {
            at_b.answer().unwrap();
            asking.wait_established(PATIENCE).unwrap();
        }
        at_a.transfer_to(&asking).unwrap();
        assert_eq!(at_a.wait_transferred(PATIENCE).unwrap(), 200);
        at_a.wait_ended(PATIENCE).unwrap();
        asking.wait_ended(PATIENCE).unwrap();
        if while_ringing {
            at_b.answer().unwrap();
        }
        at_b.wait_established(PATIENCE).unwrap();
        at_b.wait_media(5, PATIENCE).unwrap();
        call.wait_media(5, PATIENCE).unwrap();
        assert_eq!(call.state(), State::Established);
        at_b.hangup().unwrap();
        call.wait_ended(PATIENCE).unwrap();
    }
}

#[test]
fn pickup() {
    for number in ["*8", "*8100"] {
        let pbx = Pbx::builder().start().unwrap();
        let (a, b) = (pbx.phone("100").unwrap(), pbx.phone("101").unwrap());
        let call = pbx.trunk().call("100", &outside()).unwrap();
        let at_a = a.next_call(PATIENCE).unwrap();
        call.wait_ringing(PATIENCE).unwrap();
        let at_b = b.dial(number).unwrap();
        at_b.wait_established(PATIENCE).unwrap();
        call.wait_established(PATIENCE).unwrap();
        assert_eq!(at_a.wait_ended(PATIENCE).unwrap().by, Side::Remote);
        at_b.hangup().unwrap();
        call.wait_ended(PATIENCE).unwrap();
    }
}

#[test]
fn parking() {
    let pbx = Pbx::builder().start().unwrap();
    let (a, b) = (pbx.phone("100").unwrap(), pbx.phone("101").unwrap());
    a.react(Reaction::answer());
    let call = pbx.trunk().call("100", &outside()).unwrap();
    let at_a = a.next_call(PATIENCE).unwrap();
    at_a.wait_talking(PATIENCE).unwrap();
    at_a.transfer("700").unwrap();
    at_a.wait_ended(PATIENCE).unwrap();
    eventually("the parked call", PATIENCE, || {
        pbx.cli("parking show default")
            .unwrap()
            .contains("PJSIP/trunk")
    })
    .unwrap();
    let at_b = b.dial("701").unwrap();
    at_b.wait_established(PATIENCE).unwrap();
    at_b.wait_media(5, PATIENCE).unwrap();
    call.hangup().unwrap();
    at_b.wait_ended(PATIENCE).unwrap();
}

#[test]
fn transfer_by_feature_code() {
    let pbx = Pbx::builder().start().unwrap();
    let (a, b) = (pbx.phone("100").unwrap(), pbx.phone("101").unwrap());
    a.react(Reaction::answer());
    b.react(Reaction::answer());
    let call = pbx.trunk().call("100", &outside()).unwrap();
    let at_a = a.next_call(PATIENCE).unwrap();
    at_a.wait_talking(PATIENCE).unwrap();
    at_a.dtmf("##").unwrap();
    eventually("the feature", PATIENCE, || {
        pbx.log().contains("Playing 'pbx-transfer")
    })
    .unwrap();
    at_a.dtmf("101").unwrap();
    let at_b = b.next_call(PATIENCE).unwrap();
    at_b.wait_established(PATIENCE).unwrap();
    call.hangup().unwrap();
    at_b.wait_ended(PATIENCE).unwrap();
}

#[test]
fn forwarding() {
    let pbx = Pbx::builder().start().unwrap();
    let (a, b) = (pbx.phone("100").unwrap(), pbx.phone("101").unwrap());
    a.react(Reaction::redirect("101"));
    b.react(Reaction::answer().after(SHORT).hangup_after(SHORT));
    let call = pbx.trunk().call("100", &outside()).unwrap();
    b.next_call(PATIENCE).unwrap().wait_ended(PATIENCE).unwrap();
    call.wait_ended(PATIENCE).unwrap();
    a.react(Reaction::redirect("0555123"));
    pbx.trunk().react(Reaction::answer().hangup_after(SHORT));
    let call = pbx.trunk().call("100", &outside()).unwrap();
    pbx.trunk()
        .next_call(PATIENCE)
        .unwrap()
        .wait_ended(PATIENCE)
        .unwrap();
    call.wait_ended(PATIENCE).unwrap();
}

#[test]
fn groups_queues_announcements_voicemail_local_channels() {
    let pbx = Pbx::builder()
        .dialplan(Dialplan::default().ring(1))
        .start()
        .unwrap();
    let (a, b) = (pbx.phone("100").unwrap(), pbx.phone("101").unwrap());
    b.react(Reaction::answer().after(SHORT));
    // A ring group, a queue, and 100 then 101: B answers, A rang in vain.
    for number in ["200", "201", "203"] {
        let call = pbx.trunk().call(number, &outside()).unwrap();
        let at_a = a.next_call(PATIENCE).unwrap();
        let at_b = b.next_call(PATIENCE).unwrap();
        at_b.wait_established(PATIENCE).unwrap();
        call.wait_established(PATIENCE).unwrap();
        at_a.wait_ended(PATIENCE).unwrap();
        call.hangup().unwrap();
        at_b.wait_ended(PATIENCE).unwrap();
    }
    // Announcement before the phone rings; Local channels that go and stay.
    for number in ["30101", "4101", "4201", "+4930555101"] {
        let call = pbx.trunk().call(number, &outside()).unwrap();
        let at_b = b.next_call(PATIENCE).unwrap();
        at_b.wait_established(PATIENCE).unwrap();
        call.wait_established(PATIENCE).unwrap();
        at_b.wait_media(10, PATIENCE).unwrap();
        let local = || {
            pbx.cli("core show channels concise")
                .unwrap()
                .contains(";1!")
        };
        match number {
            "4101" => eventually("optimisation", PATIENCE, || !local()).unwrap(),
            "4201" => assert!(local()),
            _ => {}
        }
        call.hangup().unwrap();
        at_b.wait_ended(PATIENCE).unwrap();
    }
    // Nobody answers; the caller speaks to the mailbox.
    let call = pbx.trunk().call("5100", &outside()).unwrap();
    call.wait_established(PATIENCE).unwrap();
    eventually("the recording", Duration::from_secs(20), || {
        pbx.log().contains("Playing 'beep")
    })
    .unwrap();
    call.wait_media(1, PATIENCE).unwrap();
    call.hangup().unwrap();
    eventually("the message", PATIENCE, || {
        pbx.path("spool/voicemail/default/100/INBOX/msg0000.wav")
            .exists()
    })
    .unwrap();
}

#[test]
fn callers_of_every_kind() {
    let pbx = Pbx::builder().start().unwrap();
    let phone = pbx.phone("100").unwrap();
    phone.react(Reaction::refuse(486));
    let long = "x".repeat(5000);
    let callers = [
        Caller::withheld(),
        Caller::withheld_but_known("+49301234567"),
        Caller::number("'OR'1'='1").named("{FIND \"quoted\" \\ back}"),
        Caller::number("1\r\n2").named("tab\tbell\u{7}"),
        Caller::number("+4930").named(&long),
    ];
    for caller in &callers {
        let call = pbx.trunk().call("100", caller).unwrap();
        assert_eq!(
            call.wait_ended(PATIENCE).unwrap(),
            refused(486),
            "{caller:?}"
        );
    }
    let cdrs = dialled(&pbx, callers.len());
    let sources: Vec<_> = cdrs.iter().map(|c| c.source.as_str()).collect();
    assert_eq!(
        sources,
        ["anonymous", "+49301234567", "'OR'1'='1", "1\r\n2", "+4930"]
    );
    // Asterisk keeps the backslashes of a quoted name.
    assert!(cdrs[2].caller.contains("{FIND "), "{:?}", cdrs[2]);
    assert!(cdrs[3].caller.contains("tab\tbell"), "{:?}", cdrs[3]);
    assert!(cdrs[4].caller.contains("xxx"), "{:?}", cdrs[4]);
}

#[test]
fn load() {
    let pbx = Pbx::builder().start().unwrap();
    let [a, b, c] = ["100", "101", "103"].map(|extension| pbx.phone(extension).unwrap());
    a.react(Reaction::answer());
    b.react(Reaction::refuse(486));
    c.react(Reaction::ring());
    let load = Load {
        calls: 80,
        per_second: 100,
        at_once: 20,
        patience: PATIENCE,
    };
    let report = pbx.trunk().load(&load, |n| Plan {
        number: ["100", "101", "102", "103"][n % 4].into(),
        caller: Caller::number(&format!("+493055{n:04}")),
        hangup_after: Some(SHORT),
        cancel_after: (n % 4 == 3).then_some(SHORT),
    });
    assert_eq!(
        (report.answered, report.given_up, report.stuck),
        (20, 20, 0),
        "{report:?}"
    );
    assert_eq!(report.refused.get(&486), Some(&20), "{report:?}");
    assert_eq!(report.refused.values().sum::<usize>(), 40, "{report:?}");
    dialled(&pbx, 60);
}
