//! Pages of other sites, in the browser of somebody who is logged in.

use super::browser::Browser;
use super::office::{ADMIN, Office, STRANGER};
use super::site::Site;
use crate::scene::PATIENCE;
use private_pbx::eventually;

/// Adds a section to a file of Asterisk's.
const UPDATE: &[(&str, &str)] = &[
    ("action", "UpdateConfig"),
    ("srcfilename", "victim.conf"),
    ("dstfilename", "victim.conf"),
    ("action-000000", "newcat"),
    ("cat-000000", "evil"),
];

fn query(parameters: &[(&str, &str)]) -> String {
    let pairs = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&amp;")
}

fn form(target: &str, to: &str, method: &str, encoding: &str, fields: &[(&str, &str)]) -> String {
    let fields: String = fields
        .iter()
        .map(|(name, value)| format!("<input type=hidden name='{name}' value='{value}'>"))
        .collect();
    format!(
        "<form target={target} action='{to}' method={method} enctype='{encoding}'>{fields}</form>"
    )
}

/// What a form with this encoding sends is JSON all the same: `{"started":false,"x":"="}`.
const AS_TEXT: (&str, &[(&str, &str)]) = ("text/plain", &[(r#"{"started":false,"x":""#, r#""}"#)]);

/// A page that tries everything in frames and says so in the end.
fn in_frames(pbx: &str) -> String {
    let update = query(UPDATE);
    let api = format!("{pbx}/salesforce/api");
    let ordinary = "application/x-www-form-urlencoded";
    let forms = [
        form("f0", &format!("{pbx}/rawman"), "post", ordinary, UPDATE),
        form("f1", &format!("{pbx}/rawman"), "get", ordinary, UPDATE),
        form(
            "f2",
            &format!("{api}/interface"),
            "post",
            AS_TEXT.0,
            AS_TEXT.1,
        ),
        form(
            "f3",
            &format!("{api}/interface"),
            "get",
            ordinary,
            &[("started", "false")],
        ),
        form(
            "f4",
            &format!("{api}/logout"),
            "post",
            "text/plain",
            &[("{}", "")],
        ),
    ]
    .concat();
    let frames: String = (0..5)
        .map(|n| format!("<iframe name=f{n}></iframe>"))
        .collect();
    format!(
        "<!DOCTYPE html><title>begun</title>{frames}{forms}
        <script>
        const ends = [];
        const end = (what) => ends.push(new Promise(what));
        // A form sends its frame elsewhere: the second load is the answer.
        document.querySelectorAll('form').forEach((form) => end((done) => {{
            document.getElementsByName(form.target)[0].addEventListener('load', done);
            form.submit();
        }}));
        for (const address of ['{pbx}/rawman?{update}', '{pbx}/mxml?{update}', '{api}/interface?started=false']) {{
            end((done) => {{
                const image = new Image();
                image.onload = image.onerror = done;
                image.src = address.replaceAll('&amp;', '&');
            }});
        }}
        const json = {{'Content-Type': 'application/json'}};
        for (const options of [{{}}, {{mode: 'no-cors'}}, {{headers: json}}]) {{
            for (const path of ['interface', 'logout', 'login']) {{
                end((done) => fetch('{api}/' + path, {{method: 'POST', credentials: 'include',
                    body: path === 'interface' ? '{{\"started\":false}}' : '{{}}', ...options}}).then(done, done));
            }}
        }}
        Promise.all(ends).then(() => document.body.append('All was tried.'));
        </script>"
    )
}

/// A page that is a form and sends the browser itself there.
fn by_itself(to: &str, method: &str, encoding: &str, fields: &[(&str, &str)]) -> String {
    let form = form("_self", to, method, encoding, fields);
    format!("<!DOCTYPE html><title>begun</title>{form}<script>document.forms[0].submit()</script>")
}

/// Whatever another site has an administrator's browser do, nothing changes.
#[test]
fn other_sites_change_nothing() {
    let office = Office::start();
    let pbx = format!("http://{}", office.scene.pbx.http().unwrap());
    let etc = office.scene.pbx.path("etc/victim.conf");
    let before = "[good]\na = b\n";
    std::fs::write(&etc, before).unwrap();
    let conf = office.conf();
    let check = |what: &str| {
        assert_eq!(std::fs::read_to_string(&etc).unwrap(), before, "{what}");
        assert_eq!(office.conf(), conf, "{what}");
        assert!(office.is_started(), "{what}");
    };
    let browser = Browser::start();
    office.enter(&browser, ADMIN);
    browser.sees("New Salesforce user");

    // Another port of the same host is the same site for SameSite.
    let own = office.scene.pbx.http().unwrap().ip().to_string();
    let hosts = [own.as_str(), "localhost"];
    let site = Site::of_page(in_frames(&pbx));
    for host in hosts {
        browser.open(&site.url(host));
        browser.sees("All was tried.");
        check(host);
    }
    let ordinary = "application/x-www-form-urlencoded";
    for (path, method, (encoding, fields)) in [
        ("/rawman", "get", (ordinary, UPDATE)),
        ("/rawman", "post", (ordinary, UPDATE)),
        ("/salesforce/api/interface", "post", AS_TEXT),
    ] {
        let site = Site::of_page(by_itself(&format!("{pbx}{path}"), method, encoding, fields));
        for host in hosts {
            browser.open(&site.url(host));
            browser.until_at(&format!("{pbx}{path}"));
            check(&format!("{method} {path} from {host}"));
        }
    }
    // Neither was the administrator logged out.
    browser.open(&office.url());
    browser.sees("New Salesforce user");
}

/// Logging in opens the page and nothing else.
#[test]
fn the_page_opens_no_session_of_the_manager_interface() {
    let office = Office::start();
    let browser = Browser::start();
    office.enter(&browser, (ADMIN.0, "wrong"));
    browser.sees("This user or password is wrong");
    office.enter(&browser, STRANGER);
    browser.sees("This user has no right to this page");
    office.enter(&browser, ADMIN);
    browser.sees("New Salesforce user");
    // Nor does a script see the cookie, and nothing of it goes anywhere else.
    assert_eq!(browser.run("return document.cookie", vec![]), "");
    let sent: Vec<String> = browser.cookies();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(
        sent[0].contains("SameSite=Strict") && sent[0].contains("HttpOnly"),
        "{sent:?}"
    );
    assert!(sent[0].contains("Path=/salesforce/"), "{sent:?}");
    let asked = "return fetch('../rawman?action=CoreStatus').then((answer) => answer.text())";
    let said = browser.run(asked, vec![]);
    let said = said.as_str().unwrap();
    assert!(said.contains("Permission denied"), "{said}");
    for name in [ADMIN.0, STRANGER.0] {
        let connected = office.scene.cli("manager show connected");
        assert!(!connected.contains(name), "{connected}");
    }
    browser.press("Log out");
    browser.sees("With a user of manager.conf");
    let left = browser.cookies();
    assert!(
        !left.iter().any(|cookie| cookie.contains("salesforce")),
        "{left:?}"
    );
}

/// Where Asterisk serves everything below a prefix, so is the page.
#[test]
fn below_a_prefix_of_http_conf() {
    let office = Office::start();
    let path = office.scene.pbx.path("etc/http.conf");
    let conf = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, conf + "prefix=pbx\n").unwrap();
    office.scene.cli("module reload http");
    let url = office.url().replace("/salesforce/", "/pbx/salesforce/");
    eventually("the page below its prefix", PATIENCE, || {
        office
            .ask("GET", "/pbx/salesforce/", "")
            .starts_with("HTTP/1.1 200")
    })
    .unwrap();
    let browser = Browser::start();
    browser.open(&url);
    browser.fill("user", ADMIN.0);
    browser.fill("secret", ADMIN.1);
    browser.key("\u{e007}");
    browser.sees("New Salesforce user");
    let sent = browser.cookies();
    assert!(
        sent.len() == 1 && sent[0].contains("Path=/pbx/salesforce/"),
        "{sent:?}"
    );
}
