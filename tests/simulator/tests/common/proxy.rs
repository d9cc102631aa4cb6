//! A tunnel by which clients reach Salesforce's host names in the simulator.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// An HTTP proxy that knows `CONNECT` and a few hosts. Its threads end with the
/// test's process.
pub struct Proxy {
    port: u16,
}

impl Proxy {
    /// Serves `HOST:443` of these hosts at the local ports beside them.
    pub fn start<const N: usize>(hosts: [(&str, u16); N]) -> Self {
        let hosts: HashMap<String, u16> = hosts.map(|(h, p)| (format!("{h}:443"), p)).into();
        let hosts = Arc::new(hosts);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let hosts = Arc::clone(&hosts);
                thread::spawn(move || tunnel(client, &hosts));
            }
        });
        Self { port }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// Ends without a word when either side goes: the other side then notices.
fn tunnel(client: TcpStream, hosts: &HashMap<String, u16>) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut line = String::from("more");
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line)?;
    }
    let mut client = client;
    let host = request
        .strip_prefix("CONNECT ")
        .and_then(|rest| rest.split_whitespace().next());
    let Some(port) = host.and_then(|host| hosts.get(host)) else {
        return client.write_all(b"HTTP/1.1 502 Unknown host\r\nContent-Length: 0\r\n\r\n");
    };
    let server = TcpStream::connect(("127.0.0.1", *port))?;
    client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    let (mut up, mut down) = (server.try_clone()?, server);
    let back = thread::spawn(move || {
        let _ = io::copy(&mut down, &mut client);
        client.shutdown(Shutdown::Both)
    });
    let _ = io::copy(&mut reader, &mut up);
    let _ = up.shutdown(Shutdown::Write);
    let _ = back.join();
    Ok(())
}
