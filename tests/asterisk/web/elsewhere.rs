//! Clients that do not sit on the PBX itself: with TLS and without.

use super::office::{ADMIN, JSON, Office, exchange, session_of, status};
use crate::scene::{A, PATIENCE};
use private_pbx::eventually;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::json;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The certificate's name.
const NAME: &str = "pbx.example";

/// An address of this machine that is not a loopback one.
struct Address {
    ip: IpAddr,
    /// It was added for the test.
    is_ours: bool,
}

impl Address {
    fn find() -> Address {
        // Nothing is sent; the system says from where it would be.
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let found = socket
            .connect("192.0.2.1:9")
            .and_then(|()| socket.local_addr());
        match found {
            Ok(address) if !address.ip().is_loopback() => Address {
                ip: address.ip(),
                is_ours: false,
            },
            _ => Address::add(),
        }
    }

    /// A machine without a network gets one that leads nowhere.
    fn add() -> Address {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let own = (std::process::id() & 0x3fff) << 2 | COUNT.fetch_add(1, Ordering::Relaxed) & 3;
        let ip = Ipv4Addr::from(Ipv4Addr::new(198, 18, 0, 0).to_bits() | own);
        let added = ip_address("add", ip.into());
        assert!(added, "no address but loopback, and none could be added");
        Address {
            ip: ip.into(),
            is_ours: true,
        }
    }

    /// Both are held until each is known, or the second may be the first again.
    fn free_ports(&self) -> [SocketAddr; 2] {
        let listeners = [(); 2].map(|()| TcpListener::bind((self.ip, 0)).unwrap());
        listeners.map(|listener| listener.local_addr().unwrap())
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        if self.is_ours {
            ip_address("delete", self.ip);
        }
    }
}

fn ip_address(what: &str, ip: IpAddr) -> bool {
    let status = Command::new("ip")
        .args(["address", what, &format!("{ip}/32"), "dev", "lo"])
        .status();
    status.is_ok_and(|status| status.success())
}

/// Where Asterisk's HTTP server is reached by others.
struct Doors {
    plain: SocketAddr,
    tls: SocketAddr,
    client: Arc<ClientConfig>,
}

impl Doors {
    /// Has Asterisk listen at `address`, with and without TLS.
    fn open(office: &Office, address: &Address) -> Doors {
        let pbx = &office.scene.pbx;
        let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
        let pem = made.cert.pem();
        pbx.write_etc("http.pem", &pem).unwrap();
        pbx.write_etc("http.key", &made.signing_key.serialize_pem())
            .unwrap();
        let [plain, tls] = address.free_ports();
        let conf = format!(
            "[general]\nenabled=yes\nbindaddr={}\nbindport={}\n\
             tlsenable=yes\ntlsbindaddr={tls}\ntlscertfile={}\ntlsprivatekey={}\n",
            plain.ip(),
            plain.port(),
            pbx.inner_path("etc/http.pem").display(),
            pbx.inner_path("etc/http.key").display(),
        );
        pbx.write_etc("http.conf", &conf).unwrap();
        office.scene.cli("module reload http");
        eventually("both doors", PATIENCE, || {
            [plain, tls]
                .iter()
                .all(|door| TcpStream::connect(door).is_ok())
        })
        .unwrap();
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Doors {
            plain,
            tls,
            client: Arc::new(client),
        }
    }

    fn plain(&self, path: &str, headers: &str) -> String {
        let mut stream = connect(self.plain);
        let request = format!("GET {path} HTTP/1.1\r\nHost: {NAME}\r\n{headers}\r\n");
        exchange(&mut stream, &request)
    }

    fn tls(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let name = NAME.try_into().unwrap();
        let connection = ClientConnection::new(self.client.clone(), name).unwrap();
        let mut stream = StreamOwned::new(connection, connect(self.tls));
        let headers = headers.replace('\n', "\r\n");
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {NAME}\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        );
        exchange(&mut stream, &request)
    }
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).unwrap();
    assert!(!stream.local_addr().unwrap().ip().is_loopback());
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

#[test]
fn over_tls_users_are_changed_from_elsewhere() {
    let office = Office::start();
    let address = Address::find();
    let doors = Doors::open(&office, &address);
    let page = doors.tls("GET", "/salesforce/", "", "");
    assert!(status(&page) == 200 && page.contains("<html"), "{page}");

    let (name, secret) = ADMIN;
    let login = json!({"name": name, "password": secret}).to_string();
    let answer = doors.tls("POST", "/salesforce/api/login", JSON, &login);
    let cookie = value(&answer, "Set-Cookie: ", '\n');
    assert!(
        cookie.starts_with("__Secure-salesforce_session="),
        "{cookie}"
    );
    assert!(
        cookie.ends_with("; Path=/salesforce/; HttpOnly; SameSite=Strict; Secure"),
        "{cookie}"
    );
    let (cookie, token) = session_of(&answer);
    let users = doors.tls("GET", "/salesforce/api/users", &cookie, "");
    assert!(users.contains(A.2), "{users}");
    let fingerprint = value(&users, r#""fingerprint":""#, '"');
    // As a browser does.
    let headers = format!(
        "{cookie}Content-Type: application/json\nX-Salesforce-Token: {token}\n\
         Origin: https://{NAME}\nSec-Fetch-Site: same-origin\n"
    );
    let body =
        format!(r#"{{"name":"anna","fingerprint":"{fingerprint}","set":{{"country":"AT"}}}}"#);
    let saved = doors.tls("POST", "/salesforce/api/save", &headers, &body);
    assert_eq!(status(&saved), 200, "{saved}");
    assert!(office.conf().contains("country = AT"));
}

#[test]
fn without_tls_only_this_machine_is_served_unless_told_otherwise() {
    let office = Office::start();
    let address = Address::find();
    let doors = Doors::open(&office, &address);
    for path in ["", "app.js", "api/users", "api/session", "metrics"] {
        let refused = doors.plain(&format!("/salesforce/{path}"), "");
        assert_eq!(status(&refused), 403, "{path}: {refused}");
        assert!(refused.contains("<h1>Encrypted only</h1>"), "{refused}");
        assert!(refused.contains("web_insecure = yes"), "{refused}");
    }
    let refused = doors.plain("/salesforce/", "Accept-Language: de\r\n");
    assert!(refused.contains("Nur verschlüsselt"), "{refused}");
    // Nobody is believed who says where he comes from.
    for headers in [
        "X-Forwarded-For: 127.0.0.1\r\n",
        "X-Forwarded-Proto: https\r\n",
    ] {
        assert_eq!(status(&doors.plain("/salesforce/", headers)), 403);
    }
    let conf = office
        .conf()
        .replacen("web = yes", "web = yes\nweb_insecure = yes", 1);
    fs::write(office.scene.pbx.path("etc/salesforce.conf"), conf).unwrap();
    office.scene.reload();
    let page = doors.plain("/salesforce/", "");
    assert!(status(&page) == 200 && page.contains("<html"), "{page}");
    assert_eq!(status(&doors.plain("/salesforce/api/users", "")), 401);
}

/// What stands behind `before`, up to `end`.
fn value<'a>(text: &'a str, before: &str, end: char) -> &'a str {
    let found = text
        .split(before)
        .nth(1)
        .unwrap_or_else(|| panic!("{before}: {text}"));
    found.split([end, '\r']).next().unwrap_or_default()
}
