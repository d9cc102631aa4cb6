//! A site of somebody else's.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// At every address of this machine; it ends with the test's process.
pub struct Site(SocketAddr);

/// Type and text of what stands at a path; `None`: nothing does.
pub type File = Option<(&'static str, String)>;

impl Site {
    /// A site of these files.
    pub fn open(file: impl Fn(&str) -> File + Send + Sync + 'static) -> Site {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let at = listener.local_addr().unwrap();
        let file = Arc::new(file);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let file = file.clone();
                // Browsers open connections long before they use them.
                thread::spawn(move || serve(stream, &*file));
            }
        });
        Site(at)
    }

    /// A site that has this page wherever one looks.
    pub fn of_page(page: String) -> Site {
        Site::open(move |_| Some(("text/html", page.clone())))
    }

    /// Under a host's name: another site than the PBX's, or another port of the same host.
    pub fn url(&self, host: &str) -> String {
        format!("http://{host}:{}/", self.0.port())
    }
}

fn serve(mut stream: TcpStream, file: &dyn Fn(&str) -> File) -> std::io::Result<()> {
    let mut head = String::new();
    let mut lines = BufReader::new(stream.try_clone()?);
    while !head.ends_with("\r\n\r\n") {
        if lines.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (status, (content_type, text)) = match file(path) {
        Some(found) => ("200 OK", found),
        None => ("404 Not Found", ("text/plain", String::new())),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{text}",
        text.len()
    )
}
