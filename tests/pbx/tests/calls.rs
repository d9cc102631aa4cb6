//! Real calls through a real Asterisk, judged by what Asterisk says of them.

use std::time::Duration;

use private_pbx::{Caller, Pbx, Reaction, Side, State};

const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn answered() {
    let pbx = Pbx::builder().start().unwrap();
    let phone = pbx.phone("100").unwrap();
    let call = pbx.trunk().call("100", &Caller::number("+49301234567").named("Erika")).unwrap();
    call.wait_ringing(PATIENCE).unwrap();
    let ringing = phone.next_call(PATIENCE).unwrap();
    println!("{}", ringing.from());
    ringing.answer().unwrap();
    call.wait_established(PATIENCE).unwrap();
    ringing.wait_established(PATIENCE).unwrap();
    call.wait_media(5, PATIENCE).unwrap();
    println!("{}", pbx.cli("core show channels").unwrap());
    ringing.hangup().unwrap();
    println!("{:?}", call.wait_ended(PATIENCE).unwrap());
    println!("{:?}", ringing.wait_ended(PATIENCE).unwrap());
    println!("{}", pbx.log());
    println!("{}", std::fs::read_to_string(pbx.path("log/cdr-csv/Master.csv")).unwrap());
}
