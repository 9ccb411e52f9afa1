use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use super::ran::Ran;

/// A zdt that is at work.
pub struct Running {
    child: Child,
    out: PathBuf,
    err: PathBuf,
    what: String,
}

impl Running {
    pub fn new(child: Child, out: PathBuf, err: PathBuf, what: String) -> Self {
        Self { child, out, err, what }
    }

    pub fn stderr(&self) -> String {
        fs::read_to_string(&self.err).expect("what it said")
    }

    #[track_caller]
    pub fn says(&mut self, words: &str, limit: Duration) {
        let begun = Instant::now();
        while !self.stderr().contains(words) {
            assert!(begun.elapsed() < limit, "`{words}` is missing after {limit:?} in\n{}", self.stderr());
            let ended = self.child.try_wait().expect("a child");
            assert!(ended.is_none(), "it ended before it said `{words}`: {ended:?}\n{}", self.stderr());
            thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn signal(&self, name: &str) {
        let kill = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(kill.expect("kill").success(), "it has ended\n{}", self.stderr());
    }

    /// Nothing of it can go on after this.
    pub fn kill(mut self) {
        self.child.kill().expect("a child");
        self.child.wait().expect("a child");
    }

    #[track_caller]
    pub fn ends(mut self, limit: Duration) -> Ran {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            if begun.elapsed() > limit {
                self.child.kill().expect("a child");
                panic!("{} has not ended in {limit:?}:\n{}", self.what, self.stderr());
            }
            thread::sleep(Duration::from_millis(50));
        };
        let [stdout, stderr] = [&self.out, &self.err].map(|path| fs::read(path).expect("what it said"));
        Ran::of(&Output { status, stdout, stderr }, self.what)
    }
}
