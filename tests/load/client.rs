//! One GET, and in what way it failed. A connection may be kept; nginx ends one after a thousand requests, and when its
//! worker is told to end.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than Puma's own `worker_shutdown_timeout`: a request that waits for a worker to be killed is slow, not failed.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    Connect,
    Timeout,
    /// The connection ended before the answer did, or the answer is none of the app's.
    Broken,
    Status(u16),
}

impl Failure {
    pub fn words(&self) -> String {
        match self {
            Self::Connect => "no connection".to_owned(),
            Self::Timeout => "no answer in 60 s".to_owned(),
            Self::Broken => "broken".to_owned(),
            Self::Status(status) => format!("status {status}"),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub release: String,
    pub kept: bool,
}

pub struct Asked {
    pub result: Result<String, Failure>,
    /// A kept connection was found closed, and the request sent anew on a fresh one, as every HTTP client does.
    pub again: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    Kept,
    OneEach,
}

pub struct Client {
    address: SocketAddr,
    connections: Connections,
    stream: Option<TcpStream>,
}

enum Trouble {
    /// Not one byte came, and the end did.
    Closed,
    Failed(Failure),
}

impl Client {
    pub fn new(address: SocketAddr, connections: Connections) -> Self {
        Self { address, connections, stream: None }
    }

    pub fn get(&mut self) -> Asked {
        let mut again = false;
        if let Some(stream) = self.stream.take() {
            match self.exchange(stream) {
                Err(Trouble::Closed) => again = true,
                Err(Trouble::Failed(failure)) => return Asked { result: Err(failure), again },
                Ok(release) => return Asked { result: Ok(release), again },
            }
        }
        let result = match TcpStream::connect_timeout(&self.address, PATIENCE) {
            Ok(stream) => self.exchange(stream).map_err(|trouble| match trouble {
                Trouble::Closed => Failure::Broken,
                Trouble::Failed(failure) => failure,
            }),
            Err(error) if error.kind() == ErrorKind::TimedOut => Err(Failure::Timeout),
            Err(_) => Err(Failure::Connect),
        };
        Asked { result, again }
    }

    fn exchange(&mut self, mut stream: TcpStream) -> Result<String, Trouble> {
        let close = if self.connections == Connections::OneEach { "Connection: close\r\n" } else { "" };
        let request = format!("GET / HTTP/1.1\r\nHost: shop\r\n{close}\r\n");
        let ready = stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(Some(PATIENCE)));
        ready.map_err(|_| Trouble::Failed(Failure::Broken))?;
        let mut bytes = Vec::new();
        let mut end = stream.write_all(request.as_bytes()).is_err();
        let mut chunk = [0; 4096];
        loop {
            if let Some(answer) = read(&bytes).map_err(Trouble::Failed)? {
                if answer.kept && self.connections == Connections::Kept {
                    self.stream = Some(stream);
                }
                return Ok(answer.release);
            }
            if end {
                return Err(if bytes.is_empty() { Trouble::Closed } else { Trouble::Failed(Failure::Broken) });
            }
            match stream.read(&mut chunk) {
                Ok(0) => end = true,
                Ok(count) => bytes.extend_from_slice(&chunk[..count]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Err(Trouble::Failed(Failure::Timeout));
                }
                Err(_) => end = true,
            }
        }
    }
}

/// What has come so far; nothing while the answer is not whole.
fn read(bytes: &[u8]) -> Result<Option<Answer>, Failure> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| Failure::Broken)?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|word| word.parse().ok());
    match status {
        Some(200) => {}
        Some(status) => return Err(Failure::Status(status)),
        None => return Err(Failure::Broken),
    }
    let (mut length, mut kept) = (None, true);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse::<usize>().ok(),
            "connection" => kept = !value.trim().eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    let Some(length) = length else { return Err(Failure::Broken) };
    let Some(body) = bytes.get(end + 4..end + 4 + length) else { return Ok(None) };
    let body = std::str::from_utf8(body).map_err(|_| Failure::Broken)?;
    let release = body.strip_prefix("release=").and_then(|rest| rest.split_once(" pid="));
    let (release, _) = release.ok_or(Failure::Broken)?;
    Ok(Some(Answer { release: release.to_owned(), kept }))
}

#[test]
fn an_answer_is_whole_or_waited_for_or_a_failure() {
    let answer = |kept| Ok(Some(Answer { release: "r1".to_owned(), kept }));
    let cases = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\nrelease=r1 pid=44", answer(true)),
        ("HTTP/1.1 200 OK\r\ncontent-length: 17\r\nConnection: close\r\n\r\nrelease=r1 pid=44", answer(false)),
        ("HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\nrelease=r1 pid=4", Ok(None)),
        ("HTTP/1.1 200 OK\r\nContent-Le", Ok(None)),
        ("", Ok(None)),
        ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", Err(Failure::Status(502))),
        ("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nWelcome", Err(Failure::Broken)),
        ("HTTP/1.1 200 OK\r\n\r\nrelease=r1 pid=44", Err(Failure::Broken)),
        ("nonsense\r\n\r\n", Err(Failure::Broken)),
    ];
    for (bytes, expected) in cases {
        assert_eq!(read(bytes.as_bytes()), expected, "{bytes:?}");
    }
}
