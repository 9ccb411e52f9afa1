use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, BufReader};
use tokio::task::JoinHandle;

use super::Fault;
use super::control::chain;
use super::fault::readable;

/// Reads a program from stdin up to its end mark and evaluates it: so the text is in no argument list and no log, and
/// stdin stays ours. Without quotes, `!` and newlines, for any login shell may have to hand it on.
const LOADER: &str =
    r##"n=${IFS#??};p=;while IFS= read -r l||exit 9;do [ "$l" = "#end" ]&&break;p=$p$l$n;done;eval "$p""##;

/// Becomes user $1 unless it is already them.
const BECOME: &str = r#"[ "$(id -un)" = "$1" ]&&exec sh -c "$2";exec sudo -n -u "$1" -- sh -c "$2""#;

/// How much of stderr is kept: its end.
const STDERR_KEPT: usize = 4096;

/// A running `sh`, here or on a host.
pub(super) struct Pipe {
    pub stdin: Box<dyn AsyncWrite + Send + Unpin>,
    pub stdout: BufReader<Box<dyn AsyncRead + Send + Unpin>>,
    stderr: Arc<Mutex<Vec<u8>>>,
    stderr_end: JoinHandle<()>,
    child: Child,
}

enum Child {
    Ssh(openssh::Child<Arc<openssh::Session>>),
    Local(tokio::process::Child),
}

/// How the shell ended.
pub(super) enum End {
    /// It was ended by itself: what it said on stderr.
    Left(String),
    /// The connection went first.
    Lost(String),
}

impl Pipe {
    pub fn local(r#become: Option<&str>) -> Result<Pipe, Fault> {
        let failed = |error: std::io::Error| Fault::NoShell { text: error.to_string() };
        let words = words(r#become);
        // Its own process group: Ctrl-C is for zdt, which decides what becomes of the host.
        let mut child = tokio::process::Command::new(&words[0])
            .args(&words[1..])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        match (stdin, stdout, stderr) {
            (Some(stdin), Some(stdout), Some(stderr)) => {
                Ok(Pipe::new(Box::new(stdin), Box::new(stdout), stderr, Child::Local(child)))
            }
            _ => Err(Fault::NoShell { text: "no pipes".to_owned() }),
        }
    }

    pub async fn ssh(session: &Arc<openssh::Session>, r#become: Option<&str>) -> Result<Pipe, Fault> {
        let failed = |error: openssh::Error| Fault::Unreachable { text: chain(&error) };
        let quoted: Vec<String> = words(r#become).iter().map(|word| format!("'{word}'")).collect();
        let command = format!("exec {}", quoted.join(" "));
        let mut child = Arc::clone(session)
            .arc_raw_command(command)
            .stdin(openssh::Stdio::piped())
            .stdout(openssh::Stdio::piped())
            .stderr(openssh::Stdio::piped())
            .spawn()
            .await
            .map_err(failed)?;
        let (stdin, stdout, stderr) = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        match (stdin, stdout, stderr) {
            (Some(stdin), Some(stdout), Some(stderr)) => {
                Ok(Pipe::new(Box::new(stdin), Box::new(stdout), stderr, Child::Ssh(child)))
            }
            _ => Err(Fault::NoShell { text: "no pipes".to_owned() }),
        }
    }

    fn new(
        stdin: Box<dyn AsyncWrite + Send + Unpin>,
        stdout: Box<dyn AsyncRead + Send + Unpin>,
        mut from: impl AsyncRead + Send + Unpin + 'static,
        child: Child,
    ) -> Pipe {
        let stderr = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&stderr);
        let stderr_end = tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = from.read(&mut buffer).await {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend_from_slice(&buffer[..length]);
                let surplus = kept.len().saturating_sub(STDERR_KEPT);
                kept.drain(..surplus);
            }
        });
        Pipe { stdin, stdout: BufReader::new(stdout), stderr, stderr_end, child }
    }

    /// The end of what came on stderr so far.
    pub fn stderr(&self) -> String {
        said(&self.stderr)
    }

    /// Asks why stdout ended.
    pub async fn end(mut self) -> End {
        drop(self.stdin);
        let patience = std::time::Duration::from_secs(2);
        // A child of the shell may hold stderr open for longer: then what came so far must do.
        drop(tokio::time::timeout(patience, &mut self.stderr_end).await);
        let text = said(&self.stderr);
        match self.child {
            Child::Local(mut child) => {
                let status = tokio::time::timeout(patience, child.wait()).await;
                match status {
                    Ok(Ok(status)) if text.is_empty() => End::Left(status.to_string()),
                    _ => End::Left(text),
                }
            }
            Child::Ssh(child) => match tokio::time::timeout(patience, child.wait()).await {
                Ok(Ok(status)) if text.is_empty() => End::Left(status.to_string()),
                Ok(Ok(_) | Err(openssh::Error::Remote(_))) => End::Left(text),
                Ok(Err(error)) => End::Lost(format!("{text} {}", chain(&error)).trim().to_owned()),
                Err(_) => End::Lost(text),
            },
        }
    }
}

fn said(stderr: &Mutex<Vec<u8>>) -> String {
    let kept = stderr.lock().unwrap_or_else(PoisonError::into_inner);
    readable(&String::from_utf8_lossy(&kept))
}

fn words(r#become: Option<&str>) -> Vec<String> {
    let words: &[&str] = match &r#become {
        None => &["sh", "-c", LOADER],
        Some(user) => &["sh", "-c", BECOME, "sh", user, LOADER],
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{BECOME, LOADER};

    #[test]
    fn texts_survive_any_login_shell() {
        for text in [BECOME, LOADER] {
            assert!(!text.contains(['\'', '!', '\n']), "{text}");
        }
    }
}
