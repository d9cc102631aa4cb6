//! SIP accounts: a trunk known by its address, phones known by their password.

use std::net::SocketAddr;
use std::ops::RangeInclusive;

/// Password of the phone `extension`.
pub(crate) fn phone_password(extension: &str) -> String {
    format!("phone-{extension}")
}

/// `pjsip.conf` for Asterisk listening at `listen`, the provider at `trunk`, phones that dial in
/// `context`; with what a test
/// writes into `pjsip_more.conf`, where `[…](phone)` is a further phone.
pub(crate) fn pjsip_conf(
    listen: SocketAddr,
    trunk: SocketAddr,
    context: &str,
    phones: RangeInclusive<u16>,
) -> String {
    let mut text = format!(
        "\
[global]
type=global
endpoint_identifier_order=ip,username
user_agent=private-pbx

[udp]
type=transport
protocol=udp
bind={listen}

[trunk]
type=aor
contact=sip:trunk@{trunk}

[trunk]
type=identify
endpoint=trunk
match={}

[trunk]
type=endpoint
transport=udp
context=from-trunk
aors=trunk
disallow=all
allow=ulaw,alaw
direct_media=no
trust_id_inbound=yes

[phone](!)
type=endpoint
transport=udp
context={context}
disallow=all
allow=ulaw,alaw
direct_media=no
call_group=1
pickup_group=1
allow_transfer=yes
",
        trunk.ip()
    );
    text += "#tryinclude pjsip_more.conf\n";
    for phone in phones {
        let password = phone_password(&phone.to_string());
        text += &format!(
            "
[{phone}](phone)
aors={phone}
auth={phone}
callerid=Phone {phone} <{phone}>
[{phone}]
type=auth
auth_type=digest
username={phone}
password={password}
[{phone}]
type=aor
max_contacts=4
remove_existing=no
"
        );
    }
    text
}
