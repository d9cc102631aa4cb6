//! A dialplan with one number for every way a call can take.

use std::ops::RangeInclusive;

use super::{Shape, freepbx};

/// `extensions.conf` for tests.
///
/// | number | what it does |
/// |---|---|
/// | `1XX` | rings phone 1XX for `RING` seconds, then hangs up |
/// | `200` | rings 100 and 101 at once |
/// | `201` | queue that rings 100 and 101 at once |
/// | `202` | queue that rings 100 for 2 s, then 101, and so on |
/// | `203` | rings 100 for `RING` seconds, then 101 |
/// | `300`, `301XX` | an announcement answers; then it hangs up, or rings 1XX |
/// | `41XX` | rings 1XX through a Local channel that optimises itself away |
/// | `42XX` | the same with `/n`, so it stays |
/// | `51XX` | rings 1XX for `RING` seconds, then records a voicemail for it |
/// | `*81XX` | picks up the call that rings at 1XX (`*8` alone: any of the group) |
/// | `700`, `701`… | parks a call, retrieves it |
/// | `0…` | dials what follows through the trunk (phones only) |
/// | `+49305551XX` | goes on at `1XX` in `internal` (trunk only) |
///
/// The globals `RING` (seconds, default 20) and `DIALOPTS` (options of `Dial`,
/// default `tTkK`) can be set at start or with `dialplan set global`. Phones
/// dial in the context `internal`, which has a hint for every phone; the trunk
/// comes in through `from-trunk`.
#[derive(Clone, Debug)]
pub struct Dialplan {
    globals: Vec<(String, String)>,
    more: String,
}

impl Default for Dialplan {
    fn default() -> Self {
        let globals = [("RING", "20"), ("DIALOPTS", "tTkK")];
        Self {
            globals: globals
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            more: String::new(),
        }
    }
}

impl Dialplan {
    /// Seconds for which a phone rings.
    #[must_use]
    pub fn ring(self, seconds: u32) -> Self {
        self.global("RING", &seconds.to_string())
    }

    /// Sets a global variable.
    #[must_use]
    pub fn global(mut self, name: &str, value: &str) -> Self {
        self.globals.retain(|(known, _)| known != name);
        self.globals.push((name.into(), value.into()));
        self
    }

    /// Adds text at the end, for example a context, or `[internal](+)` and
    /// further numbers.
    #[must_use]
    pub fn more(mut self, text: &str) -> Self {
        self.more += text;
        self.more.push('\n');
        self
    }

    /// The file's text, with a hint for every phone.
    pub(crate) fn text(&self, shape: Shape, phones: RangeInclusive<u16>) -> String {
        let mut text = String::from("[general]\nstatic=yes\nwriteprotect=yes\n\n[globals]\n");
        for (name, value) in freepbx::GLOBALS {
            text += &format!("{name}={value}\n");
        }
        for (name, value) in &self.globals {
            text += &format!("{name}={value}\n");
        }
        text += "\n";
        match shape {
            Shape::Plain => {
                text += "[internal]\n";
                for phone in phones {
                    text += &format!("exten => {phone},hint,PJSIP/{phone}\n");
                }
                text += NUMBERS;
            }
            Shape::FreePbx => {
                text += &freepbx::extensions(phones);
                text += freepbx::CONTEXTS;
            }
        }
        text += &self.more;
        text
    }
}

const NUMBERS: &str = "\
include => numbers
include => parkedcalls
exten => _0X.,1,Dial(PJSIP/${EXTEN:1}@trunk,${RING},${DIALOPTS})
 same => n,Hangup()

[from-trunk]
include => numbers
include => parkedcalls
exten => _+4930555XXX,1,Goto(internal,${EXTEN:-3},1)

[numbers]
exten => _1XX,1,Dial(PJSIP/${EXTEN},${RING},${DIALOPTS})
 same => n,ExecIf($[\"${BOX}\" != \"\"]?VoiceMail(${BOX}@default,s))
 same => n,Hangup()

exten => 200,1,Dial(PJSIP/100&PJSIP/101,${RING},${DIALOPTS})
 same => n,Hangup()
exten => 201,1,Queue(everyone,tTkK,,,${RING})
 same => n,Hangup()
exten => 202,1,Queue(in-turn,tTkK,,,${RING})
 same => n,Hangup()
exten => 203,1,Dial(PJSIP/100,${RING},${DIALOPTS})
 same => n,Dial(PJSIP/101,${RING},${DIALOPTS})
 same => n,Hangup()

exten => 300,1,Answer()
 same => n,Playback(hello-world)
 same => n,Hangup()
exten => _301XX,1,Answer()
 same => n,Playback(hello-world)
 same => n,Goto(${EXTEN:2},1)

exten => _41XX,1,Dial(Local/${EXTEN:1}@internal,${RING},${DIALOPTS})
 same => n,Hangup()
exten => _42XX,1,Dial(Local/1${EXTEN:2}@internal/n,${RING},${DIALOPTS})
 same => n,Hangup()

exten => _51XX,1,Set(BOX=${EXTEN:1})
 same => n,Goto(${BOX},1)

exten => _*81XX,1,PickupChan(PJSIP/${EXTEN:2})
 same => n,Hangup()

";
