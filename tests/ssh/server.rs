use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use zdt::host::{Kind, Options, Target};

/// An sshd on 127.0.0.1 that knows one key; it and its masters end with it.
pub struct Server {
    folder: tempfile::TempDir,
    port: u16,
    daemon: Child,
}

impl Server {
    /// `None`, said aloud, where there is no sshd. `more` is a line for its configuration.
    pub fn start(more: &str) -> Option<Server> {
        let sshd = Path::new("/usr/sbin/sshd");
        if !sshd.exists() {
            eprintln!("SKIPPED: no `{}` on this machine", sshd.display());
            return None;
        }
        // Short, for a socket's path may have no more than 108 bytes.
        let folder = tempfile::Builder::new().prefix("z").tempdir_in("/tmp").unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["host", "user", "strange"] {
            let mut keygen = Command::new("ssh-keygen");
            let status = keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(at(name)).status().unwrap();
            assert!(status.success());
        }
        fs::copy(at("user.pub"), at("authorized")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let key = fs::read_to_string(at("host.pub")).unwrap();
        fs::write(at("known"), format!("[127.0.0.1]:{port} {key}")).unwrap();
        let here = folder.path().display();
        let text = format!(
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {here}/host\nPidFile none\nUsePAM no\nStrictModes no\n\
             AuthorizedKeysFile {here}/authorized\nPermitRootLogin yes\nLogLevel VERBOSE\nMaxStartups 100\n{more}\n"
        );
        fs::write(at("sshd.conf"), text).unwrap();
        // sshd insists on this folder of its own when root starts it; where it cannot be made, it is not asked for.
        drop(fs::create_dir_all("/run/sshd"));
        let log = fs::File::create(at("log")).unwrap();
        let daemon = Command::new(sshd)
            .arg("-D")
            .arg("-e")
            .arg("-f")
            .arg(at("sshd.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let server = Server { folder, port, daemon };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10), "sshd does not start: {}", server.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(server)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.at("log")).unwrap()
    }

    pub fn target(&self) -> Target {
        let known = format!("UserKnownHostsFile={}", self.at("known").display());
        Target {
            kind: Kind::Ssh,
            host: "127.0.0.1".to_owned(),
            port: Some(self.port),
            user: Some(self.user()),
            private_key: Some(self.at("user")),
            // An empty configuration, so that the user's own changes nothing here.
            common_args: ["-F", "/dev/null", "-o", &known].map(str::to_owned).to_vec(),
            r#become: None,
        }
    }

    pub fn options(&self) -> Options {
        Options { control_directory: Some(self.at("c")), ..Options::default() }
    }

    pub fn user(&self) -> String {
        let output = Command::new("id").arg("-un").output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Where a test may put an ssh configuration.
    pub fn configuration(&self) -> PathBuf {
        self.at("config")
    }

    pub fn known(&self) -> PathBuf {
        self.at("known")
    }

    pub fn strange_key(&self) -> PathBuf {
        self.at("strange")
    }

    pub fn forget_host_key(&self) {
        fs::write(self.at("known"), "").unwrap();
    }

    pub fn falsify_host_key(&self) {
        let key = fs::read_to_string(self.at("strange.pub")).unwrap();
        fs::write(self.at("known"), format!("[127.0.0.1]:{} {key}", self.port)).unwrap();
    }

    /// How many clients were let in.
    pub fn connections(&self) -> usize {
        self.log().lines().filter(|line| line.starts_with("Accepted publickey")).count()
    }

    /// Folders of masters in the control directory.
    pub fn masters(&self) -> usize {
        let folders = fs::read_dir(self.at("c")).unwrap();
        folders.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".ssh")).count()
    }

    /// Ends the masters as a crash would: their sockets stay.
    pub fn kill_masters(&self) {
        let socket = self.at("c").display().to_string();
        for pid in processes(|words| words.contains(&socket)) {
            signal(pid, "KILL");
        }
        std::thread::sleep(Duration::from_millis(100));
    }

    /// Stops sshd's side of every connection, as a host does that went off the net.
    pub fn freeze_connections(&self) -> Vec<u32> {
        self.children("STOP")
    }

    pub fn cut_connections(&self) {
        self.children("KILL");
    }

    fn children(&self, name: &str) -> Vec<u32> {
        let mut known = vec![self.daemon.id()];
        let mut found = Vec::new();
        while let Some(parent) = known.pop() {
            let file = format!("/proc/{parent}/task/{parent}/children");
            for child in fs::read_to_string(file).unwrap_or_default().split_whitespace() {
                let child: u32 = child.parse().unwrap();
                known.push(child);
                found.push(child);
            }
        }
        for pid in &found {
            signal(*pid, name);
        }
        found
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.children("KILL");
        let socket = self.at("c").display().to_string();
        for pid in processes(|words| words.contains(&socket)) {
            signal(pid, "KILL");
        }
        drop(self.daemon.kill());
        drop(self.daemon.wait());
    }
}

fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args(["-s", name]).arg(pid.to_string()).stderr(Stdio::null()).status();
    drop(status);
}

/// Process ids whose command line pleases.
fn processes(pleases: impl Fn(&str) -> bool) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else { continue };
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if pleases(&String::from_utf8_lossy(&line)) {
            found.push(pid);
        }
    }
    found
}
