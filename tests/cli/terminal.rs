use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// A shell command on a terminal of its own, which `script` (in every Debian) makes.
pub struct Terminal {
    child: Child,
    keyboard: Option<ChildStdin>,
    screen: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Terminal {
    /// `None`, said aloud, where there is no `script`. `command` is the test's own shell text.
    pub fn open(command: &str, folder: &Path, environment: &[(&str, &Path)]) -> Option<Self> {
        let mut script = Command::new("script");
        script.args(["-q", "-e", "-c", command, "/dev/null"]).current_dir(folder).env("SHELL", "/bin/sh");
        script.envs(environment.iter().copied()).env("TERM", "xterm").env_remove("NO_COLOR");
        let spawned = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut child) = spawned else {
            eprintln!("SKIPPED: no `script` on this machine (bsdutils)");
            return None;
        };
        let (screen, mut output) = (Arc::new(Mutex::new(Vec::new())), child.stdout.take().expect("a pipe"));
        let seen = Arc::clone(&screen);
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                seen.lock().expect("the screen").extend_from_slice(&bytes[..count]);
            }
        });
        Some(Self { keyboard: child.stdin.take(), child, screen, reader })
    }

    fn shows(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().expect("the screen")).into_owned()
    }

    #[track_caller]
    pub fn waits_for(&self, words: &str) {
        let begun = Instant::now();
        while !self.shows().contains(words) {
            assert!(begun.elapsed() < PATIENCE, "`{words}` does not appear:\n{}", self.shows());
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn types(&mut self, text: &str) {
        let keyboard = self.keyboard.as_mut().expect("a keyboard");
        keyboard.write_all(text.as_bytes()).and_then(|()| keyboard.flush()).expect("a terminal that reads");
    }

    /// Ends the input, as Ctrl-D does, waits, and says how the command ended and all that the screen showed.
    #[track_caller]
    pub fn ends(mut self) -> (Option<i32>, String) {
        self.keyboard = None;
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            if begun.elapsed() > PATIENCE {
                self.child.kill().expect("a child");
                panic!("it does not end:\n{}", self.shows());
            }
            thread::sleep(Duration::from_millis(20));
        };
        let shown = Arc::clone(&self.screen);
        self.reader.join().expect("the reader");
        let shown = String::from_utf8_lossy(&shown.lock().expect("the screen")).into_owned();
        (status.code(), shown)
    }
}
