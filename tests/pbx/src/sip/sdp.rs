//! The few lines of SDP that a phone with one codec needs.

use std::net::SocketAddr;

/// RTP payload type of DTMF events in our offers.
pub(super) const EVENTS: u8 = 101;

/// An offer or answer: µ-law and DTMF events at `rtp`, sent, received or both.
pub(super) fn describe(rtp: SocketAddr, version: u64, direction: &str) -> Vec<u8> {
    let ip = rtp.ip();
    format!(
        "v=0\r\no=phone 1 {version} IN IP4 {ip}\r\ns=call\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
         m=audio {} RTP/AVP 0 {EVENTS}\r\na=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:{EVENTS} telephone-event/8000\r\na=fmtp:{EVENTS} 0-16\r\na=ptime:20\r\na={direction}\r\n",
        rtp.port()
    )
    .into_bytes()
}

/// Where the other side wants its RTP.
pub(super) fn target(body: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(body).ok()?;
    let line = |prefix: &str| text.lines().find_map(|l| l.strip_prefix(prefix));
    let ip = line("c=IN IP4 ")?.trim().parse().ok()?;
    let port = line("m=audio ")?.split_whitespace().next()?.parse().ok()?;
    Some(SocketAddr::new(ip, port))
}

/// The direction that answers the offer in `body`.
pub(super) fn answer_direction(body: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(body);
    let says = |line: &str| text.lines().any(|l| l.trim() == line);
    if says("a=sendonly") {
        "recvonly"
    } else if says("a=inactive") {
        "inactive"
    } else {
        "sendrecv"
    }
}
