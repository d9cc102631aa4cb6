//! The configuration files that a private Asterisk starts with.

mod dialplan;
mod freepbx;
mod modules;
mod pjsip;

pub use dialplan::Dialplan;
pub(crate) use modules::modules_conf;
pub(crate) use pjsip::{phone_password, pjsip_conf};

use std::net::SocketAddr;

/// How a dialplan is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As one writes it by hand.
    #[default]
    Plain,
    /// As FreePBX generates it.
    FreePbx,
}

impl Shape {
    /// The context in which phones dial.
    pub(crate) fn phones(self) -> &'static str {
        match self {
            Shape::Plain => "internal",
            Shape::FreePbx => "from-internal",
        }
    }

    fn queues(self) -> &'static str {
        match self {
            Shape::Plain => QUEUES,
            Shape::FreePbx => freepbx::QUEUES,
        }
    }
}

/// Files besides those that have a generator of their own.
pub(crate) fn static_files(shape: Shape) -> Vec<(&'static str, String)> {
    let files: [(&str, &str); 15] = [
        ("acl.conf", ""),
        ("ccss.conf", "[general]\ncc_max_requests=20\n"),
        (
            "cdr.conf",
            "[general]\nenable=yes\nunanswered=yes\n[csv]\nusegmtime=yes\nloguniqueid=yes\n",
        ),
        ("cel.conf", "[general]\nenable=no\n"),
        ("features.conf", FEATURES),
        ("indications.conf", INDICATIONS),
        ("logger.conf", LOGGER),
        (
            "musiconhold.conf",
            "[default]\nmode=files\ndirectory=/usr/share/asterisk/sounds/en\n",
        ),
        ("pjproject.conf", ""),
        ("queues.conf", shape.queues()),
        ("res_parking.conf", PARKING),
        ("rtp.conf", "[general]\nrtpstart=10000\nrtpend=30000\n"),
        ("stasis.conf", ""),
        ("udptl.conf", "[general]\n"),
        ("voicemail.conf", VOICEMAIL),
    ];
    files
        .into_iter()
        .map(|(name, text)| (name, text.to_owned()))
        .collect()
}

/// `http.conf` and `manager.conf` for a port that the kernel said is free.
pub(crate) fn http_conf(http: Option<SocketAddr>) -> String {
    match http {
        Some(at) => format!(
            "[general]\nenabled=yes\nbindaddr={}\nbindport={}\n",
            at.ip(),
            at.port()
        ),
        None => "[general]\nenabled=no\n".into(),
    }
}

/// `manager.conf` with the user [`crate::AMI_USER`], who may do everything, and those of
/// `manager_users.conf`, if a test writes one.
pub(crate) fn manager_conf(ami: Option<SocketAddr>) -> String {
    let mut text = String::from("[general]\nwebenabled=yes\n");
    match ami {
        Some(at) => {
            text += &format!("enabled=yes\nbindaddr={}\nport={}\n", at.ip(), at.port());
            let (name, secret) = crate::AMI_USER;
            text += &format!("[{name}]\nsecret={secret}\nread=all\nwrite=all\n");
            text += "#tryinclude manager_users.conf\n";
        }
        None => text += "enabled=no\n",
    }
    text
}

const FEATURES: &str = "\
[general]
pickupexten=*8
[featuremap]
blindxfer=##
atxfer=*2
parkcall=#72
";

const INDICATIONS: &str = "\
[general]
country=us
[us]
description=United States
ringcadence=2000,4000
dial=350+440
ring=440+480/2000,0/4000
busy=480+620/500,0/500
congestion=480+620/250,0/250
callwaiting=440/300,0/10000
dialrecall=!350+440/100,!0/100,350+440
record=1400/500,0/15000
info=!950/330,!1400/330,!1800/330,0
stutter=!350+440/100,!0/100,350+440
";

const LOGGER: &str = "\
[general]
dateformat=%F %T.%3q
[logfiles]
full => notice,warning,error,verbose(5),debug
";

// ringinuse=no would need device states of phones that answer two calls at once.
const QUEUES: &str = "\
[general]
persistentmembers=no
[everyone]
strategy=ringall
timeout=60
ringinuse=yes
joinempty=yes
member => PJSIP/100
member => PJSIP/101
[in-turn]
strategy=linear
timeout=2
retry=1
ringinuse=yes
joinempty=yes
member => PJSIP/100
member => PJSIP/101
";

const PARKING: &str = "\
[general]
parkeddynamic=no
[default]
parkext=700
parkpos=701-720
context=parkedcalls
parkingtime=120
comebacktoorigin=yes
";

const VOICEMAIL: &str = "\
[general]
format=wav
[default]
100 => 1234,Phone 100
101 => 1234,Phone 101
102 => 1234,Phone 102
103 => 1234,Phone 103
";
