//! SOAP `login()`.

use roxmltree::{Document, Node};

use super::credentials::{self, Refusal};
use super::{Door, LoginReply, find_org, instance_url};
use crate::faults::Who;
use crate::world::{OrgState, World, lock};

const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const PARTNER: &str = "urn:partner.soap.sforce.com";
const INVALID_LOGIN: &str = "Invalid username, password, security token; or user locked out.";
const NEEDS_TOKEN: &str = "Invalid username, password, security token; or user locked out. Are you \
                           at a new location? A security token must be added to the password.";

/// The username in a login message, without further checks.
pub(crate) fn username(body: &str) -> Option<String> {
    let document = Document::parse(body).ok()?;
    let found = document
        .descendants()
        .find(|n| n.tag_name().name() == "username")?;
    found.text().map(str::to_owned)
}

/// Ends the session of a `logout()` message; `None` if the message is none.
pub(crate) fn logout(world: &World, body: &[u8]) -> Option<(u16, String)> {
    let document = Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let find = |name: &str| {
        document
            .descendants()
            .find(|n| n.has_tag_name((PARTNER, name)))
    };
    find("logout")?;
    let session = find("SessionHeader")
        .and_then(|header| {
            header
                .children()
                .find(|n| n.has_tag_name((PARTNER, "sessionId")))
        })
        .map(|id| text_of(&id))
        .unwrap_or_default();
    if lock(&world.sessions).remove(&session).is_some() {
        let answer = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
             xmlns:soapenv=\"{ENVELOPE}\" xmlns=\"{PARTNER}\"><soapenv:Body><logoutResponse/>\
             </soapenv:Body></soapenv:Envelope>"
        );
        return Some((200, answer));
    }
    let (code, message) = (
        "INVALID_SESSION_ID",
        "Invalid Session ID found in SessionHeader",
    );
    let text = format!("{code}: {message}");
    Some((
        500,
        fault(&format!("sf:{code}"), &text, Some((code, message))),
    ))
}

/// Answers a request to `/services/Soap/u/VERSION`.
pub(crate) fn login(
    world: &World,
    door: Door,
    version: &str,
    action: Option<&str>,
    content_type: &str,
    body: &[u8],
) -> LoginReply {
    if !content_type.to_ascii_lowercase().starts_with("text/xml") {
        return LoginReply {
            status: 415,
            body: fault(
                "soapenv:Client",
                &format!("content type of the request should be text/xml, not {content_type}"),
                None,
            ),
            org: String::new(),
            username: String::new(),
            summary: "415 content type".to_owned(),
        };
    }
    let (username, secret) = match read(action, body) {
        Ok(credentials) => credentials,
        Err(message) => return client_fault(&message),
    };
    let Some(number) = find_org(world, door, &username) else {
        return refuse("", &username, "", "INVALID_LOGIN", INVALID_LOGIN);
    };
    let org = &world.orgs[number];
    let prefix = if lock(&org.state).settings.fault_prefix {
        "sf:"
    } else {
        ""
    };
    let refuse = |code: &str, text: &str| refuse(&org.name, &username, prefix, code, text);
    if let Some(error) = world.faults.error(
        "login soap",
        Who {
            org: &org.name,
            user: &username,
        },
    ) {
        return refuse(&error.code, &error.message);
    }
    let now = world.clock.now();
    let mut state = lock(&org.state);
    let newest = parse_version(&state.settings.max_soap_version).unwrap_or(64);
    match parse_version(version) {
        Some(20..) if parse_version(version) > Some(newest) => {
            return refuse(
                "INVALID_OPERATION",
                &format!("SOAP API login() is not available in API version {version}"),
            );
        }
        Some(20..) => {}
        _ => {
            return refuse(
                "UNSUPPORTED_API_VERSION",
                "Invalid Api version specified on URL",
            );
        }
    }
    if !state.settings.soap_login {
        return refuse(
            "INVALID_OPERATION",
            "SOAP API login() is disabled by default in this org.",
        );
    }
    if door == Door::Login && !state.settings.login_host_soap {
        return refuse("INVALID_LOGIN", INVALID_LOGIN);
    }
    let user = state
        .user(&username)
        .expect("the org was found by its user");
    match credentials::check(&mut state, user, &secret, now) {
        Err(Refusal::Invalid) => return refuse("INVALID_LOGIN", INVALID_LOGIN),
        Err(Refusal::NeedsToken) => {
            return refuse("LOGIN_MUST_USE_SECURITY_TOKEN", NEEDS_TOKEN);
        }
        Err(Refusal::RateExceeded) => return refuse("INVALID_LOGIN", "Login Rate Exceeded"),
        Ok(()) => {}
    }
    if !state.settings.api_enabled || !state.users[user].setup.api_enabled {
        return refuse(
            "API_DISABLED_FOR_ORG",
            "API is not enabled for this Organization or Partner",
        );
    }
    let expired = state.users[user].setup.password_expired;
    let session = world.new_session(number, user, &state.id, expired);
    let url = instance_url(&state, user, org.listener.port());
    LoginReply {
        status: 200,
        body: success(&state, user, &url, version, &session),
        org: org.name.clone(),
        username,
        summary: if expired {
            "200 password expired"
        } else {
            "200"
        }
        .to_owned(),
    }
}

/// The whole number of a version such as `64.0`.
pub(crate) fn parse_version(text: &str) -> Option<u32> {
    text.strip_suffix(".0")?.parse().ok()
}

/// The username and the secret of a login message, or what is wrong with it.
fn read(action: Option<&str>, body: &[u8]) -> Result<(String, String), String> {
    if action.is_none() {
        return Err("SOAPAction HTTP header missing".to_owned());
    }
    let text = std::str::from_utf8(body).map_err(|_| "Invalid UTF-8 in the message".to_owned())?;
    let document = Document::parse(text).map_err(|e| format!("XML parse error: {e}"))?;
    let envelope = document.root_element();
    if !envelope.has_tag_name((ENVELOPE, "Envelope")) {
        return Err("The root element is not a SOAP 1.1 Envelope".to_owned());
    }
    let parts: Vec<Node> = envelope.children().filter(Node::is_element).collect();
    let soap_body = match parts.as_slice() {
        [body] if body.has_tag_name((ENVELOPE, "Body")) => *body,
        [header, body]
            if header.has_tag_name((ENVELOPE, "Header"))
                && body.has_tag_name((ENVELOPE, "Body")) =>
        {
            *body
        }
        _ => return Err("The Envelope holds something else than Header and Body".to_owned()),
    };
    let mut operations = soap_body.children().filter(Node::is_element);
    let (Some(operation), None) = (operations.next(), operations.next()) else {
        return Err("The Body must hold one element".to_owned());
    };
    if !operation.has_tag_name((PARTNER, "login")) {
        let name = operation.tag_name();
        return Err(format!(
            "No operation available for request {{{}}}{}",
            name.namespace().unwrap_or(""),
            name.name()
        ));
    }
    let arguments: Vec<Node> = operation.children().filter(Node::is_element).collect();
    for (argument, name) in arguments.iter().zip(["username", "password"]) {
        if !argument.has_tag_name((PARTNER, name)) {
            return Err(format!(
                "Element {{{}}}{} invalid at this location, {name} was expected",
                argument.tag_name().namespace().unwrap_or(""),
                argument.tag_name().name()
            ));
        }
    }
    match arguments.as_slice() {
        [username, password] => Ok((text_of(username), text_of(password))),
        _ => Err("login takes username and password".to_owned()),
    }
}

fn text_of(node: &Node) -> String {
    node.children().filter_map(|n| n.text()).collect()
}

fn client_fault(message: &str) -> LoginReply {
    LoginReply {
        status: 500,
        body: fault("soapenv:Client", message, None),
        org: String::new(),
        username: String::new(),
        summary: "500 soapenv:Client".to_owned(),
    }
}

fn refuse(org: &str, username: &str, prefix: &str, code: &str, message: &str) -> LoginReply {
    LoginReply {
        status: 500,
        body: fault(
            &format!("{prefix}{code}"),
            &format!("{code}: {message}"),
            Some((code, message)),
        ),
        org: org.to_owned(),
        username: username.to_owned(),
        summary: format!("500 {code}"),
    }
}

fn fault(code: &str, text: &str, detail: Option<(&str, &str)>) -> String {
    let detail = detail.map_or_else(String::new, |(code, message)| {
        let kind = if code.starts_with("LOGIN") || code == "INVALID_LOGIN" {
            "LoginFault"
        } else {
            "UnexpectedErrorFault"
        };
        format!(
            "<detail><sf:{kind} xsi:type=\"sf:{kind}\"><sf:exceptionCode>{}</sf:exceptionCode>\
             <sf:exceptionMessage>{}</sf:exceptionMessage></sf:{kind}></detail>",
            escape(code),
            escape(message)
        )
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"{ENVELOPE}\" \
         xmlns:sf=\"urn:fault.partner.soap.sforce.com\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body><soapenv:Fault>\
         <faultcode>{}</faultcode><faultstring>{}</faultstring>{detail}\
         </soapenv:Fault></soapenv:Body></soapenv:Envelope>",
        escape(code),
        escape(text)
    )
}

/// The elements of LoginResult and GetUserInfoResult in the WSDL's order.
fn success(state: &OrgState, user: usize, url: &str, version: &str, session: &str) -> String {
    let user = &state.users[user];
    let name = if user.setup.name.is_empty() {
        &user.setup.username
    } else {
        &user.setup.name
    };
    let info = [
        ("accessibilityMode", "false".to_owned()),
        ("chatterExternal", "false".to_owned()),
        ("currencySymbol", "€".to_owned()),
        ("orgAttachmentFileSizeLimit", "5242880".to_owned()),
        ("orgDefaultCurrencyIsoCode", "EUR".to_owned()),
        ("orgDefaultCurrencyLocale", "de_DE_EURO".to_owned()),
        ("orgDisallowHtmlAttachments", "false".to_owned()),
        (
            "orgHasPersonAccounts",
            state.settings.person_accounts.to_string(),
        ),
        ("organizationId", state.id.clone()),
        ("organizationMultiCurrency", "false".to_owned()),
        ("organizationName", escape(&state.settings.name)),
        ("profileId", user.profile.clone()),
    ];
    let more = [(
        "sessionSecondsValid",
        state.settings.session_seconds.to_string(),
    )];
    let rest = [
        ("userEmail", escape(&user.setup.username)),
        ("userFullName", escape(name)),
        ("userId", user.id.clone()),
        ("userLanguage", escape(&user.setup.language)),
        ("userLocale", escape(&user.setup.language)),
        ("userName", escape(&user.setup.username)),
        ("userTimeZone", "Europe/Berlin".to_owned()),
        ("userType", "Standard".to_owned()),
        ("userUiSkin", "Theme3".to_owned()),
    ];
    let write = |pairs: &[(&str, String)]| -> String {
        pairs
            .iter()
            .map(|(name, value)| format!("<{name}>{value}</{name}>"))
            .collect()
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"{ENVELOPE}\" \
         xmlns=\"{PARTNER}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>\
         <loginResponse><result>\
         <metadataServerUrl>{url}/services/Soap/m/{version}/{org}</metadataServerUrl>\
         <passwordExpired>{expired}</passwordExpired><sandbox>{sandbox}</sandbox>\
         <serverUrl>{url}/services/Soap/u/{version}/{org}</serverUrl>\
         <sessionId>{session}</sessionId><userId>{id}</userId><userInfo>{info}\
         <roleId xsi:nil=\"true\"/>{more}<userDefaultCurrencyIsoCode xsi:nil=\"true\"/>{rest}\
         </userInfo></result></loginResponse></soapenv:Body></soapenv:Envelope>",
        org = &state.id[..15],
        expired = user.setup.password_expired,
        sandbox = state.settings.sandbox,
        id = user.id,
        info = write(&info),
        more = write(&more),
        rest = write(&rest),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
