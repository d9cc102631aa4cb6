//! A client of the web page that keeps its connection, as a browser does.

use crate::scene::{PATIENCE, Scene};
use private_pbx::AMI_USER;
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::TcpStream;

pub struct Page {
    stream: BufReader<TcpStream>,
    cookie: String,
}

impl Page {
    /// Logged in as somebody who may do everything.
    pub fn enter(scene: &Scene) -> Page {
        let stream = TcpStream::connect(scene.pbx.http().unwrap()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut page = Page {
            stream: BufReader::new(stream),
            cookie: String::new(),
        };
        let (name, secret) = AMI_USER;
        let body = json!({"name": name, "password": secret}).to_string();
        let login = format!(
            "POST /salesforce/api/login HTTP/1.1\r\nHost: pbx\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let (head, body) = page.exchange(&login).unwrap();
        assert!(body.contains(r#""rights":"change""#), "{body}");
        let own = cookie_of(&head);
        // What is asked of Asterisk itself takes a session of the manager interface's.
        let login = format!("/rawman?action=login&username={name}&secret={secret}");
        let (head, body) = page.request(&login).unwrap();
        assert!(body.contains("Response: Success"), "{body}");
        page.cookie = format!("{own}; {}", cookie_of(&head));
        page
    }

    /// Status and body.
    pub fn get(&mut self, path: &str) -> Result<(u16, String)> {
        let (head, body) = self.request(path)?;
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        Ok((status.unwrap_or_default(), body))
    }

    fn request(&mut self, path: &str) -> Result<(String, String)> {
        let cookie = &self.cookie;
        let request = format!("GET {path} HTTP/1.1\r\nHost: pbx\r\nCookie: {cookie}\r\n\r\n");
        self.exchange(&request)
    }

    fn exchange(&mut self, request: &str) -> Result<(String, String)> {
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "));
        let length = length.and_then(|length| length.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or_default()];
        self.stream.read_exact(&mut body)?;
        Ok((head, String::from_utf8_lossy(&body).into_owned()))
    }
}

fn cookie_of(head: &str) -> String {
    let cookie = head
        .lines()
        .find_map(|line| line.strip_prefix("Set-Cookie: "));
    let cookie = cookie.and_then(|cookie| cookie.split(';').next());
    cookie.unwrap().to_owned()
}
