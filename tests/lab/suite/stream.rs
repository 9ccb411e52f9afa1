//! A steady stream of real requests through nginx, counted: one is sent every 40 ms whether or not the last was answered.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const BETWEEN: Duration = Duration::from_millis(40);
/// Longer than Puma's own `worker_shutdown_timeout`: a request that waits for a worker to be killed is slow, not failed.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Answer {
    pub status: u16,
    pub body: String,
}

pub fn get(address: &str) -> io::Result<Answer> {
    let address: SocketAddr = format!("{address}:80").parse().map_err(io::Error::other)?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| io::Error::other("no end of the header"))?;
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("no status"))?;
    Ok(Answer { status, body: body.to_owned() })
}

/// Runs until it is asked to tell.
pub struct Stream {
    ends: Arc<AtomicBool>,
    sender: JoinHandle<Vec<JoinHandle<Request>>>,
    started: Instant,
}

struct Request {
    took: Duration,
    failure: Option<String>,
}

pub struct Told {
    pub sent: usize,
    pub failures: Vec<String>,
    pub slowest: Duration,
    pub per_second: f64,
}

impl Stream {
    pub fn start(address: &str) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let (address, until) = (address.to_owned(), Arc::clone(&ends));
        let started = Instant::now();
        let sender = thread::spawn(move || {
            let mut sent = Vec::new();
            while !until.load(Ordering::Relaxed) {
                let to = address.clone();
                sent.push(thread::spawn(move || request(&to)));
                // By the clock, so that a slow moment of this machine does not thin the stream.
                let due = started + BETWEEN * u32::try_from(sent.len()).expect("a short stream");
                thread::sleep(due.saturating_duration_since(Instant::now()));
            }
            sent
        });
        Self { ends, sender, started }
    }

    pub fn tell(self) -> Told {
        self.ends.store(true, Ordering::Relaxed);
        let sent = self.sender.join().expect("the sender");
        let lasted = self.started.elapsed();
        let requests = sent.into_iter().map(|one| one.join().expect("a request")).collect::<Vec<_>>();
        let count = u32::try_from(requests.len()).expect("a short stream");
        Told {
            sent: requests.len(),
            slowest: requests.iter().map(|one| one.took).max().unwrap_or_default(),
            failures: requests.into_iter().filter_map(|one| one.failure).collect(),
            per_second: f64::from(count) / lasted.as_secs_f64(),
        }
    }
}

fn request(address: &str) -> Request {
    let begun = Instant::now();
    let failure = match get(address) {
        Ok(Answer { status: 200, .. }) => None,
        Ok(Answer { status, .. }) => Some(format!("status {status}")),
        Err(error) => Some(error.to_string()),
    };
    Request { took: begun.elapsed(), failure }
}
