//! A client of the web page that keeps its connection, as a browser does.

use crate::scene::{PATIENCE, Scene};
use private_pbx::AMI_USER;
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
        let login = format!("/rawman?action=login&username={name}&secret={secret}");
        let (head, body) = page.request(&login).unwrap();
        assert!(body.contains("Response: Success"), "{body}");
        let cookie = head
            .lines()
            .find_map(|line| line.strip_prefix("Set-Cookie: "));
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).unwrap();
        page.cookie = cookie.to_owned();
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
