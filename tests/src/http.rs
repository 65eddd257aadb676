//! Requests to a server of this machine, over a connection each, and its answers.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What one answer is given.
const ANSWER_BOUND: Duration = Duration::from_secs(30);

/// What parts the fields of a form.
const BOUNDARY: &str = "----nexus-test-form";

/// A request, of which any header may be set.
#[derive(Clone, Debug)]
pub struct Request {
    method: &'static str,
    path: String,
    host: Option<String>,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
    head: String,
}

impl Request {
    /// A request without a body.
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            host: None,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A request with a JSON body.
    pub fn json(method: &'static str, path: impl Into<String>, body: &Value) -> Self {
        Self::new(method, path).body("application/json", body.to_string())
    }

    /// A form of text fields and one file.
    pub fn form(path: &str, fields: &[(&str, &str)], file: (&str, &[u8])) -> Self {
        let mut body = Vec::new();
        for (name, value) in fields {
            let head = format!("Content-Disposition: form-data; name=\"{name}\"");
            body.extend(format!("--{BOUNDARY}\r\n{head}\r\n\r\n{value}\r\n").into_bytes());
        }
        let (name, bytes) = file;
        let head = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"");
        body.extend(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").into_bytes());
        body.extend(bytes);
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
        let form = format!("multipart/form-data; boundary={BOUNDARY}");
        Self::new("POST", path).body(form, body)
    }

    /// Gives it a body.
    pub fn body(self, content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        let mut with = self.header("Content-Type", content_type);
        with.body = body.into();
        with
    }

    /// Adds a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Says that it is meant for another host.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// It as it travels; the connection ends with its answer.
    pub fn bytes(&self, addr: SocketAddr) -> Vec<u8> {
        let host = self.host.clone().unwrap_or_else(|| addr.to_string());
        let mut head = format!(
            "{} {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n",
            self.method,
            self.path,
            self.body.len(),
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend(&self.body);
        bytes
    }

    /// Sends it and reads the answer.
    pub async fn send(&self, addr: SocketAddr) -> Answer {
        let stream = TcpStream::connect(addr).await.expect("a connection");
        let (mut from, mut to) = stream.into_split();
        let bytes = self.bytes(addr);
        let mut answer = Vec::new();
        // A server that refuses may end the connection before all is sent.
        let both = async { tokio::join!(to.write_all(&bytes), from.read_to_end(&mut answer)) };
        let ended = tokio::time::timeout(ANSWER_BOUND, both).await;
        let (sent, read) = ended.expect("an answer within its bound");
        Answer::read(&answer).unwrap_or_else(|| panic!("no answer: {sent:?}, {read:?}"))
    }
}

impl Answer {
    /// Reads an answer; `None` where it broke off.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
        let answer = Self {
            status: head.split(' ').nth(1)?.parse().ok()?,
            body: bytes[end + 4..].to_vec(),
            head,
        };
        let length = answer.header("content-length");
        length
            .is_none_or(|length| length == answer.body.len().to_string())
            .then_some(answer)
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (named, value) = line.split_once(':')?;
            named.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Its body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    /// Its body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// Its body as JSON, of an answer that must have this status.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// The code and the message of an error, which must have this status and the shape
    /// of every error.
    pub fn error(&self, status: u16) -> (String, String) {
        let json = self.expect(status);
        let text = |field: &str| json["error"][field].as_str().expect("a text").to_owned();
        (text("code"), text("message"))
    }
}
