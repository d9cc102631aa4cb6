//! A client of the manager interface that asks one action after the other.

use crate::scene::{PATIENCE, Scene};
use private_pbx::AMI_USER;
use std::io::{BufRead, BufReader, Result, Write};
use std::net::TcpStream;

pub struct Manager {
    stream: BufReader<TcpStream>,
}

impl Manager {
    /// Logged in as somebody who may do everything, and wants no events.
    pub fn login(scene: &Scene) -> Manager {
        let stream = TcpStream::connect(scene.pbx.ami().unwrap()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut manager = Manager {
            stream: BufReader::new(stream),
        };
        let mut greeting = String::new();
        manager.stream.read_line(&mut greeting).unwrap();
        let (name, secret) = AMI_USER;
        let login = format!("Login\r\nUsername: {name}\r\nSecret: {secret}\r\nEvents: off");
        let said = manager.ask(&login).unwrap();
        assert!(said.contains("Response: Success"), "{said}");
        manager
    }

    /// Everything that answers an action, which may have headers behind its name.
    pub fn ask(&mut self, action: &str) -> Result<String> {
        let action = format!("Action: {action}\r\n\r\n");
        self.stream.get_mut().write_all(action.as_bytes())?;
        let mut answer = String::new();
        loop {
            let message = self.message()?;
            answer += &message;
            let goes_on = message.contains("EventList: start") || message.starts_with("Event: ");
            if !goes_on || message.contains("EventList: Complete") {
                return Ok(answer);
            }
        }
    }

    fn message(&mut self) -> Result<String> {
        let mut message = String::new();
        while !message.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut message)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(message)
    }
}
