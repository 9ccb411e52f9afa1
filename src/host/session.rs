use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};

use super::control::Master;
use super::fault::readable;
use super::frames::Frame;
use super::pipe::{End, Pipe};
use super::{Fault, Kind, Options, Program, Target, limits};

/// What a call may take unless it says otherwise.
const DEADLINE: Duration = Duration::from_secs(120);
/// What may come before the host program answers: a login shell's greetings.
const NOISE_LIMIT: usize = 1 << 20;
/// Longer lines come from no program of ours.
const LINE_LIMIT: u64 = 4 << 20;
/// What one answer may take of our memory. A host that says more is no host of ours any more.
const ANSWER_LIMIT: usize = 128 << 20;

/// One host, one `sh` on it, and the programs that it was given.
pub struct Session {
    target: Target,
    options: Options,
    master: Option<Master>,
    pipe: Option<Pipe>,
    /// The shell has said that it is there.
    ready: bool,
    started: Vec<Program>,
    /// Sent with the next call, so that programs cost no round trip of their own.
    outgoing: Vec<u8>,
}

/// Connects to a host, or finds the connection of an earlier run.
pub async fn connect(target: &Target, options: &Options) -> Result<Session, Fault> {
    target.check()?;
    limits::raise();
    let master = match target.kind {
        Kind::Ssh => Some(Master::open(target, options).await?),
        Kind::Local => None,
    };
    Ok(Session {
        target: target.clone(),
        options: options.clone(),
        master,
        pipe: None,
        ready: false,
        started: Vec::new(),
        outgoing: Vec::new(),
    })
}

/// Connects to a host anew, with a TCP connection and an authentication of its own, which end with the session: what it
/// shows is that somebody who comes now can come in.
pub async fn connect_fresh(target: &Target, options: &Options) -> Result<Session, Fault> {
    connect(target, &Options { keep: None, ..options.clone() }).await
}

impl Session {
    /// Gives the host a program; once is enough.
    pub fn start(&mut self, program: Program) {
        if self.started.contains(&program) {
            return;
        }
        if self.started.is_empty() {
            self.outgoing.extend_from_slice(Program::session().as_bytes());
            // The separator of words is the first line that the session reads.
            self.outgoing.extend_from_slice(b"#end\n\x1f\n");
        }
        self.outgoing.extend_from_slice(program.load().as_bytes());
        self.started.push(program);
    }

    /// Makes sure that the host program listens, before something is sent that must not be sent twice: what goes out
    /// before it has answered is sent again where a connection of an earlier run turns out to be dead, or only slow.
    pub async fn hello(&mut self) -> Result<(), Fault> {
        if self.ready { Ok(()) } else { self.call("hello", b"", |_| {}).await }
    }

    /// One request and its answer, line by line.
    pub async fn call(&mut self, verb: &str, input: &[u8], on_line: impl FnMut(&[u8])) -> Result<(), Fault> {
        self.call_within(DEADLINE, verb, input, on_line).await
    }

    /// `call` with a deadline of its own. After a fault the session is of no more use.
    pub async fn call_within(
        &mut self,
        after: Duration,
        verb: &str,
        input: &[u8],
        mut on_line: impl FnMut(&[u8]),
    ) -> Result<(), Fault> {
        self.outgoing.extend_from_slice(verb.as_bytes());
        self.outgoing.push(b'\n');
        self.outgoing.extend_from_slice(input);
        let resumed = self.master.as_ref().is_some_and(|master| master.resumed);
        let first = self.exchange(after, verb, &mut on_line).await;
        match first {
            Err(fault) if resumed && !self.ready && is_of_connection(&fault) => {
                // A master that an earlier run left may have lost its host without knowing.
                self.pipe = None;
                if let Some(master) = self.master.take() {
                    self.master = Some(master.reopen(&self.target, &self.options).await?);
                }
                self.exchange(after, verb, &mut on_line).await
            }
            result => result,
        }
    }

    async fn exchange(&mut self, after: Duration, verb: &str, on_line: &mut impl FnMut(&[u8])) -> Result<(), Fault> {
        let resumed = self.master.as_ref().is_some_and(|master| master.resumed);
        let opening = if resumed { self.options.connect_timeout.min(after) } else { after };
        let mut pipe = match self.pipe.take() {
            Some(pipe) => pipe,
            None if self.ready => return Err(Fault::Lost { verb: verb.to_owned(), text: String::new() }),
            None => within(opening, verb, self.spawn()).await?,
        };
        let bytes = std::mem::take(&mut self.outgoing);
        let talk = talk(&mut pipe, &bytes, &mut self.ready, opening, verb, on_line);
        match within(after, verb, talk).await {
            Ok(Some(status)) if status == "0" => {
                self.pipe = Some(pipe);
                Ok(())
            }
            Ok(Some(status)) => {
                let text = pipe.stderr();
                self.pipe = Some(pipe);
                Err(Fault::Program { verb: verb.to_owned(), status: readable(&status), text })
            }
            Ok(None) => {
                if !self.ready {
                    self.outgoing = bytes;
                }
                Err(match pipe.end().await {
                    End::Left(text) if !self.ready => Fault::of_start(self.target.r#become.as_deref(), &text),
                    End::Left(text) | End::Lost(text) => Fault::Lost { verb: verb.to_owned(), text },
                })
            }
            Err(fault) => {
                if !self.ready {
                    self.outgoing = bytes;
                }
                Err(fault)
            }
        }
    }

    async fn spawn(&mut self) -> Result<Pipe, Fault> {
        let r#become = self.target.r#become.as_deref();
        match &self.master {
            Some(master) => Pipe::ssh(&master.session, r#become).await,
            None => Pipe::local(r#become),
        }
    }
}

/// Sends `bytes` while it reads the answer. `None`: stdout ended before the answer did.
async fn talk(
    pipe: &mut Pipe,
    bytes: &[u8],
    ready: &mut bool,
    opening: Duration,
    verb: &str,
    on_line: &mut impl FnMut(&[u8]),
) -> Result<Option<String>, Fault> {
    let Pipe { stdin, stdout, .. } = pipe;
    let send = async {
        // A shell that went away shows in what we read; what it did not take needs no fault of its own.
        drop(stdin.write_all(bytes).await);
        drop(stdin.flush().await);
        std::future::pending::<()>().await;
    };
    let receive = async {
        let mut line = Vec::new();
        let mut noise = 0;
        while !*ready {
            let read = within(opening, verb, async { Ok(read_line(stdout, &mut line).await) }).await?;
            if !read {
                return Ok(None);
            }
            *ready = matches!(Frame::of(&line), Frame::Ready);
            noise += line.len();
            if noise > NOISE_LIMIT {
                return Err(Fault::Protocol { verb: verb.to_owned(), text: "too much output at login".to_owned() });
            }
        }
        let mut received = 0_usize;
        loop {
            if !read_line(stdout, &mut line).await {
                return Ok(None);
            }
            // Each line costs whoever keeps it more than its bytes.
            received = received.saturating_add(line.len() + 32);
            if received > ANSWER_LIMIT {
                return Err(Fault::Protocol { verb: verb.to_owned(), text: "the answer does not end".to_owned() });
            }
            match Frame::of(&line) {
                Frame::End(status) => return Ok(Some(status)),
                Frame::Ready => {}
                Frame::Line(line) => on_line(line),
            }
        }
    };
    tokio::select! {
        () = send => Ok(None),
        result = receive => result,
    }
}

/// Whether a whole line came; half a line is what a dying connection leaves.
async fn read_line(from: &mut (impl tokio::io::AsyncBufRead + Unpin), line: &mut Vec<u8>) -> bool {
    line.clear();
    matches!(from.take(LINE_LIMIT).read_until(b'\n', line).await, Ok(1..)) && line.ends_with(b"\n")
}

async fn within<T>(after: Duration, verb: &str, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    match tokio::time::timeout(after, work).await {
        Ok(result) => result,
        Err(_) => Err(Fault::Deadline { verb: verb.to_owned(), after }),
    }
}

fn is_of_connection(fault: &Fault) -> bool {
    matches!(fault, Fault::Lost { .. } | Fault::Deadline { .. } | Fault::Unreachable { .. })
}
