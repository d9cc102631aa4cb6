//! An Asterisk with many pairs of Salesforce users, and their org.

use crate::draw::{KNOWN, as_written};
use crate::pair::Pair;
use crate::scene::{MODULE, ORG, Scene, module};
use private_pbx::{Pbx, Reaction, Surroundings};
use salesforce_simulator::{OrgSetup, Setup, Simulator, UserSetup};
use serde_json::json;
use std::fmt::Write;
use std::time::Duration;

/// Numbers of phones that a pair has to itself.
const BLOCK: u16 = 10;

const FIRST: u16 = 1000;

/// The search index of an org lags.
const INDEX_LAG: u64 = 1500;

const CA: &str = "salesforce-ca.pem";

pub struct Office {
    pub scene: Scene,
    size: usize,
}

impl Office {
    /// With so many pairs.
    pub fn open(size: usize) -> Office {
        assert!(size <= 100, "pairs have two digits");
        let known = (0..KNOWN).map(|n| {
            let name = format!("Known {n}");
            json!({"attributes": {"type": "Account"}, "Name": name, "Phone": as_written(n)})
        });
        let users = (0..size).flat_map(sections);
        let org = OrgSetup {
            index_lag_ms: INDEX_LAG,
            records: known.collect(),
            ..OrgSetup::new(
                ORG,
                users.map(|s| UserSetup::new(&username(&s), "secret", "token")),
            )
        };
        let sim = Simulator::start(Setup::of([org]));
        let last = FIRST + BLOCK * size as u16 - 1;
        let builder = Pbx::builder()
            .phones(FIRST..=last)
            .option("maxfiles=8192")
            .extensions_conf(&extensions(size))
            .etc("queues.conf", &queues(size))
            .etc("res_parking.conf", &parking(size))
            .etc("voicemail.conf", &voicemail(size))
            .etc(CA, sim.ca_pem());
        let surroundings = Surroundings::wanted().unwrap_or(Surroundings::Plain);
        let pbx = surroundings.around(builder).start().unwrap();
        let consumers = surroundings.enter(&pbx).unwrap();
        pbx.write_etc("salesforce.conf", &salesforce(size, &pbx, &sim))
            .unwrap();
        pbx.install_module(MODULE, &module()).unwrap();
        pbx.trunk()
            .react(Reaction::answer().after(Duration::from_millis(300)));
        let scene = Scene {
            pbx,
            sim,
            consumers,
        };
        scene.load();
        Office { scene, size }
    }

    /// The pairs, with all phones registered but the ones that never are.
    pub fn pairs(&self) -> Vec<Pair<'_>> {
        (0..self.size).map(|n| Pair::new(&self.scene, n)).collect()
    }

    /// Calls to outside numbers answer by themselves; this forgets them, until `over`.
    pub fn let_go_of_outside_calls(&self, over: impl Fn() -> bool) {
        while !over() {
            // None within that time is as good.
            let _ = self.scene.pbx.trunk().next_call(Duration::from_millis(200));
        }
    }
}

/// The two users of a pair.
pub fn sections(pair: usize) -> [String; 2] {
    ["a", "b"].map(|side| format!("{side}{pair:02}"))
}

fn username(section: &str) -> String {
    format!("{section}@acme.example")
}

fn salesforce(size: usize, pbx: &Pbx, sim: &Simulator) -> String {
    let mut text = format!(
        "[general]\nlanguage = en\ntrusted_domains = localhost\nca_file = {}\n\
         record_events = {}\n\
         [user](!)\ntype = user\npassword = secret\ntoken = token\ndomain = localhost:{}\n\
         create_account = yes\n",
        pbx.inner_path(&format!("etc/{CA}")).display(),
        pbx.inner_path("log/events.jsonl").display(),
        sim.login_port(),
    );
    for pair in 0..size {
        let [a, b] = sections(pair);
        let extensions = [
            format!("1{pair:02}0,1{pair:02}4,1{pair:02}5"),
            format!("1{pair:02}1"),
        ];
        for (section, extension) in [a, b].iter().zip(extensions) {
            let username = username(section);
            let _ = write!(
                text,
                "[{section}](user)\nusername = {username}\nextension = {extension}\n"
            );
        }
    }
    text
}

/// For pair 7: 1070 and 1071 are A's and B's phones, 1072 and 1073 are devices that A has at 1075,
/// 1074 is a phone of A's that is never switched on; 2007 to 3107 concern both. In front of any:
/// 41 and 42 lead there by a Local channel, 51 to voicemail if nobody answers, 61 by way of an
/// announcement, and 9 has phones ring for a short time only; 71 to 74 forward it or turn the caller
/// away there, 75 puts a prefix before the caller's name.
fn extensions(size: usize) -> String {
    let mut hints = String::new();
    let mut lots = String::new();
    for p in 0..size {
        for phone in [0, 1, 4] {
            let _ = writeln!(hints, "exten => 1{p:02}{phone},hint,PJSIP/1{p:02}{phone}");
        }
        let _ = writeln!(
            hints,
            "exten => 1{p:02}5,hint,PJSIP/1{p:02}2&PJSIP/1{p:02}3"
        );
        // Whoever transfers to it parks the call, which Asterisk does without reading variables.
        let _ = writeln!(lots, "exten => 27{p:02},1,Park(lot-{p:02})");
    }
    format!("[globals]\nRING=30\n[internal]\n{hints}{lots}{NUMBERS}")
}

const NUMBERS: &str = "\
include => numbers
exten => _0X.,1,Dial(PJSIP/${EXTEN:1}@trunk,${RING},tTkK)
 same => n,Hangup()
exten => _*81XXXX,1,PickupChan(PJSIP/${EXTEN:3})
exten => _*91XXXX,1,Pickup(${EXTEN:3}@internal)

[from-trunk]
include => numbers
exten => _+4930555XXXX,1,Goto(internal,${EXTEN:-4},1)

[numbers]
exten => _9X.,1,Set(__RING=4)
 same => n,Goto(${EXTEN:1},1)

exten => _1XX5,1,Dial(${HINT(${EXTEN}@internal)},${RING},tTkK)
 same => n,Hangup()
exten => _1XXX,1,GotoIf($[\"${TURN}\" != \"\"]?${TURN})
 same => n,Dial(PJSIP/${EXTEN},${RING},tTkK)
 same => n,ExecIf($[\"${BOX}\" != \"\"]?VoiceMail(${BOX}@default))
 same => n,Hangup()
 same => n(away),Dial(Local/00301112233@internal/n,${RING})
 same => n,Hangup()
 same => n(subroutine),Gosub(away,s,1(00301112233))
 same => n,Hangup()
 same => n(busy),Busy()
 same => n(congested),Congestion()

exten => _20XX,1,Dial(PJSIP/1${EXTEN:2}0&PJSIP/1${EXTEN:2}1,${RING},tTkK)
 same => n,Hangup()
exten => _21XX,1,Queue(everyone-${EXTEN:2},tTkK,,,${RING})
 same => n,Hangup()
exten => _22XX,1,Queue(in-turn-${EXTEN:2},tTkK,,,${RING})
 same => n,Hangup()
exten => _23XX,1,Dial(PJSIP/1${EXTEN:2}0,2,tTkK)
 same => n,Dial(PJSIP/1${EXTEN:2}1,${RING},tTkK)
 same => n,Hangup()
exten => _24XX,1,Dial(Local/1${EXTEN:2}0@internal&Local/1${EXTEN:2}1@internal,${RING})
 same => n,Hangup()
exten => _25XX,1,Dial(Local/1${EXTEN:2}0@internal/n&Local/1${EXTEN:2}1@internal/n,${RING})
 same => n,Hangup()
exten => _26XX,1,Queue(locals-${EXTEN:2},tTkK,,,${RING})
 same => n,Hangup()
exten => _28XX,1,ParkedCall(lot-${EXTEN:2})
exten => _29XX,1,Dial(PJSIP/1${EXTEN:2}0,${RING},U(decline))
 same => n,Hangup()
exten => _30XX,1,Dial(PJSIP/1${EXTEN:2}0&PJSIP/1${EXTEN:2}2,${RING},tTkK)
 same => n,Hangup()
exten => _31XX,1,Dial(PJSIP/1${EXTEN:2}0,${RING},g)
 same => n,Dial(PJSIP/1${EXTEN:2}1,4)
 same => n,Hangup()

exten => _32XX,1,Dial(Local/1${EXTEN:2}0@internal/n,${RING},U(ask))
 same => n,Dial(PJSIP/1${EXTEN:2}1,${RING},tTkK)
 same => n,Hangup()
exten => _33XX,1,Dial(PJSIP/1${EXTEN:2}0,${RING},U(ask))
 same => n,Dial(PJSIP/1${EXTEN:2}1,${RING},tTkK)
 same => n,Hangup()

exten => _71XXXX,1,Set(TURN=away)
 same => n,Goto(${EXTEN:2},1)
exten => _72XXXX,1,Set(TURN=subroutine)
 same => n,Goto(${EXTEN:2},1)
exten => _73XXXX,1,Set(TURN=busy)
 same => n,Goto(${EXTEN:2},1)
exten => _74XXXX,1,Set(TURN=congested)
 same => n,Goto(${EXTEN:2},1)
exten => _75XXXX,1,Set(CALLERID(name)=SALES: ${CALLERID(name)})
 same => n,Goto(${EXTEN:2},1)
exten => _41XXXX,1,Dial(Local/${EXTEN:2}@internal,${RING},tTkK)
 same => n,Hangup()
exten => _42XXXX,1,Dial(Local/${EXTEN:2}@internal/n,${RING},tTkK)
 same => n,Hangup()
exten => _51XXXX,1,Set(BOX=${EXTEN:2})
 same => n,Goto(${BOX},1)
exten => _61XXXX,1,Answer()
 same => n,Playback(hello-world)
 same => n,Goto(${EXTEN:2},1)

[away]
exten => s,1,Set(CALLERID(all)=ACME <+4930555000>)
 same => n,Dial(Local/${ARG1}@internal/n,${RING})
 same => n,Return()

[ask]
exten => s,1,Read(KEY,,1,,1,20)
 same => n,ExecIf($[\"${KEY}\" != \"1\"]?Set(GOSUB_RESULT=CONTINUE))
 same => n,Return()

[decline]
exten => s,1,Set(GOSUB_RESULT=CONTINUE)
 same => n,Return()
";

fn queues(size: usize) -> String {
    let mut text =
        String::from("[general]\npersistentmembers=no\n[queue](!)\nringinuse=yes\njoinempty=yes\n");
    for p in 0..size {
        let _ = write!(
            text,
            "[everyone-{p:02}](queue)\nstrategy=ringall\ntimeout=60\n\
             member => PJSIP/1{p:02}0\nmember => PJSIP/1{p:02}1\n\
             [in-turn-{p:02}](queue)\nstrategy=linear\ntimeout=4\nretry=1\n\
             member => PJSIP/1{p:02}0\nmember => PJSIP/1{p:02}1\n\
             [locals-{p:02}](queue)\nstrategy=ringall\ntimeout=60\n\
             member => Local/1{p:02}0@internal/n\nmember => Local/1{p:02}1@internal/n\n",
        );
    }
    text
}

fn parking(size: usize) -> String {
    let mut text = String::from("[general]\nparkeddynamic=no\n");
    for pair in 0..size {
        let _ = write!(
            text,
            "[lot-{pair:02}]\nparkpos=701-709\ncontext=lot-{pair:02}\nparkingtime=120\n"
        );
    }
    text
}

fn voicemail(size: usize) -> String {
    let mut text = String::from("[general]\nformat=wav\n[default]\n");
    for pair in 0..size {
        let _ = write!(text, "1{pair:02}0 => 1234,A\n1{pair:02}1 => 1234,B\n");
    }
    text
}
