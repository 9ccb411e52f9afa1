//! Real connections to a private sshd on this machine, with keys of its own.

#[cfg(test)]
#[path = "ssh/server.rs"]
mod server;

use std::time::Duration;

use server::Server;
use zdt::host::{Fault, HostKeys, Options, Program, Session, Target, connect};
use zdt::resource::{Observation, ObserveRequest};

async fn observe(session: &mut Session) -> Result<Observation, Fault> {
    session.start(Program::OBSERVE);
    let request = ObserveRequest::default();
    let mut lines = Vec::new();
    let limit = Duration::from_secs(20);
    session.call_within(limit, "observe", &request.encode(), |line| lines.push(line.to_vec())).await?;
    Ok(Observation::decode(&request, &lines).expect("an answer of the host program"))
}

async fn fault(target: &Target, options: &Options) -> Fault {
    match connect(target, options).await {
        Err(fault) => fault,
        Ok(mut session) => observe(&mut session).await.expect_err("this must not work"),
    }
}

#[tokio::test]
async fn a_connection_is_kept_and_found_again() {
    let Some(server) = Server::start("") else { return };
    let (target, options) = (server.target(), server.options());
    let mut session = connect(&target, &options).await.unwrap();
    assert_eq!(observe(&mut session).await.unwrap().session.uid, rustix::process::geteuid().as_raw());
    drop(session);
    assert_eq!(server.connections(), 1);
    for _ in 0..2 {
        let mut session = connect(&target, &options).await.unwrap();
        observe(&mut session).await.unwrap();
    }
    assert_eq!(server.connections(), 1, "the master was not found again");
    // Another strictness is another connection: what it accepted must not serve who asks for more.
    let mut loose = options.clone();
    loose.host_keys = HostKeys::AcceptNew;
    observe(&mut connect(&target, &loose).await.unwrap()).await.unwrap();
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn an_unkept_connection_is_closed() {
    let Some(server) = Server::start("") else { return };
    let options = Options { keep: None, ..server.options() };
    for _ in 0..2 {
        observe(&mut connect(&server.target(), &options).await.unwrap()).await.unwrap();
    }
    assert_eq!(server.connections(), 2);
    assert_eq!(server.masters(), 0);
}

#[tokio::test]
async fn a_killed_master_is_replaced() {
    let Some(server) = Server::start("") else { return };
    let (target, options) = (server.target(), server.options());
    observe(&mut connect(&target, &options).await.unwrap()).await.unwrap();
    server.kill_masters();
    observe(&mut connect(&target, &options).await.unwrap()).await.unwrap();
    assert_eq!(server.connections(), 2);
    assert_eq!(server.masters(), 1, "the dead master's folder is still there");
}

#[tokio::test]
async fn a_master_that_no_longer_answers_is_replaced() {
    let Some(server) = Server::start("") else { return };
    let (target, mut options) = (server.target(), server.options());
    options.connect_timeout = Duration::from_secs(2);
    observe(&mut connect(&target, &options).await.unwrap()).await.unwrap();
    let frozen = server.freeze_connections();
    assert!(!frozen.is_empty());
    observe(&mut connect(&target, &options).await.unwrap()).await.unwrap();
    assert_eq!(server.connections(), 2);
}

/// A kept connection must not outlive what it was made by.
#[tokio::test]
async fn a_repointed_alias_or_a_removed_host_key_is_noticed() {
    let (Some(first), Some(second)) = (Server::start(""), Server::start("")) else { return };
    let options = first.options();
    let config = first.configuration();
    let target = Target { host: "alias".to_owned(), port: None, ..first.target() };
    let known = second.target().common_args.pop().unwrap();
    let target = Target { common_args: vec!["-F".to_owned(), config.display().to_string()], ..target };
    for (server, count) in [(&first, 1), (&first, 1), (&second, 1), (&second, 1)] {
        let files = format!("{} {}", first.known().display(), known.replace("UserKnownHostsFile=", ""));
        let text = format!(
            "Host alias\n  HostName 127.0.0.1\n  Port {}\n  UserKnownHostsFile {files}\n  IdentityFile {}\n",
            server.target().port.unwrap(),
            server.target().private_key.unwrap().display(),
        );
        std::fs::write(&config, text).unwrap();
        let target = Target { private_key: None, ..target.clone() };
        observe(&mut connect(&target, &options).await.unwrap()).await.unwrap();
        assert_eq!(server.connections(), count);
    }
    let (target, options) = (second.target(), second.options());
    observe(&mut connect(&target, &options).await.unwrap()).await.unwrap();
    second.forget_host_key();
    let unknown = fault(&target, &options).await;
    assert!(matches!(unknown, Fault::HostKeyUnknown { .. }), "{unknown:?}");
}

#[tokio::test]
async fn host_keys_are_checked() {
    let Some(server) = Server::start("") else { return };
    let target = server.target();
    let strict = server.options();
    server.forget_host_key();
    let unknown = fault(&target, &strict).await;
    assert!(matches!(unknown, Fault::HostKeyUnknown { .. }), "{unknown:?}");
    let accept = Options { host_keys: HostKeys::AcceptNew, ..server.options() };
    observe(&mut connect(&target, &accept).await.unwrap()).await.unwrap();
    observe(&mut connect(&target, &strict).await.unwrap()).await.unwrap();
    server.kill_masters();
    server.falsify_host_key();
    for options in [&strict, &accept] {
        let changed = fault(&target, options).await;
        assert!(matches!(&changed, Fault::HostKeyChanged { known: Some(_), .. }), "{changed:?}");
    }
}

#[tokio::test]
async fn what_keeps_us_out_is_told_apart() {
    let Some(server) = Server::start("") else { return };
    let options = server.options();
    let refused = fault(&Target { port: Some(1), ..server.target() }, &options).await;
    assert!(matches!(&refused, Fault::Unreachable { text } if text.contains("refused")), "{refused:?}");
    let unknown = fault(&Target { host: "no-such-host.invalid".to_owned(), ..server.target() }, &options).await;
    assert!(matches!(&unknown, Fault::Unreachable { text } if text.contains("resolve")), "{unknown:?}");
    let stranger = Target { private_key: Some(server.strange_key()), ..server.target() };
    let denied = fault(&stranger, &options).await;
    assert!(matches!(denied, Fault::Authentication { .. }), "{denied:?}");
    for name in ["-oProxyCommand=touch x", "", "a b", "x\n", "ssh://x"] {
        let hostile = fault(&Target { host: name.to_owned(), ..server.target() }, &options).await;
        assert!(matches!(hostile, Fault::Name { .. }), "{hostile:?}");
    }
    let mut odd = server.target();
    odd.common_args.extend(["-o".to_owned(), "NoSuchOption=1".to_owned()]);
    let odd = fault(&odd, &options).await;
    assert!(matches!(&odd, Fault::Configuration { text } if text.contains("`-o NoSuchOption=1`")), "{odd:?}");
    let mut odd = server.target();
    odd.common_args.extend(["-o".to_owned(), "ForwardAgent=perhaps not".to_owned()]);
    let odd = fault(&odd, &options).await;
    assert!(matches!(&odd, Fault::Configuration { text } if text.contains("ForwardAgent=perhaps not")), "{odd:?}");
    let missing = Target { private_key: Some("/no/such/key".into()), ..server.target() };
    let missing = fault(&missing, &options).await;
    assert!(matches!(&missing, Fault::PrivateKey { path, .. } if path.ends_with("such/key")), "{missing:?}");
}

#[tokio::test]
async fn a_timeout_beyond_counting_is_a_long_one() {
    let Some(server) = Server::start("") else { return };
    let options = Options { connect_timeout: Duration::from_secs(u64::MAX), ..server.options() };
    for _ in 0..2 {
        observe(&mut connect(&server.target(), &options).await.unwrap()).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_server_that_only_greets_meets_the_timeout() {
    let Some(server) = Server::start("") else { return };
    let greeter = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = greeter.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in greeter.incoming().flatten() {
            kept.push(stream);
            let last = kept.last_mut().unwrap();
            std::io::Write::write_all(last, b"SSH-2.0-OpenSSH_9.9\r\n").unwrap();
        }
    });
    let target = Target { port: Some(port), ..server.target() };
    let options = Options { connect_timeout: Duration::from_secs(2), ..server.options() };
    let start = std::time::Instant::now();
    let fault = fault(&target, &options).await;
    assert!(matches!(&fault, Fault::Unreachable { text } if text.contains("2 s")), "{fault:?}");
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_proxy_that_fails_is_told_of() {
    let Some(server) = Server::start("") else { return };
    for proxy in [["-J", "127.0.0.1:1"], ["-o", "ProxyCommand=no-such-proxy %h"]] {
        let mut target = server.target();
        target.common_args.extend(proxy.map(str::to_owned));
        let fault = fault(&target, &server.options()).await;
        let named = proxy[1].strip_prefix("ProxyCommand=").unwrap_or(proxy[1]);
        assert!(matches!(&fault, Fault::Unreachable { text } if text.contains(named)), "{fault:?}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_meets_the_timeout() {
    let Some(server) = Server::start("") else { return };
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = Target { port: Some(silent.local_addr().unwrap().port()), ..server.target() };
    let options = Options { connect_timeout: Duration::from_secs(1), ..server.options() };
    let start = std::time::Instant::now();
    let fault = fault(&target, &options).await;
    assert!(matches!(fault, Fault::Unreachable { .. }), "{fault:?}");
    assert!(start.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn login_files_may_print() {
    // sshd runs it through the user's shell before our command, as a talkative `.bashrc` would.
    let Some(server) = Server::start("ForceCommand echo Welcome; printf 'no newline'; eval \"$SSH_ORIGINAL_COMMAND\"")
    else {
        return;
    };
    observe(&mut connect(&server.target(), &server.options()).await.unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_host_that_runs_no_shell_is_named_so() {
    let Some(server) = Server::start("ForceCommand echo This account is closed >&2; exit 1") else { return };
    let fault = fault(&server.target(), &server.options()).await;
    assert!(matches!(&fault, Fault::NoShell { text } if text.contains("closed")), "{fault:?}");
}

#[tokio::test]
async fn become_needs_sudo() {
    let Some(server) = Server::start("") else { return };
    let own = Target { r#become: Some(server.user()), ..server.target() };
    observe(&mut connect(&own, &server.options()).await.unwrap()).await.unwrap();
    let target = Target { r#become: Some("nobody-we-know".to_owned()), ..server.target() };
    let fault = fault(&target, &server.options()).await;
    assert!(matches!(&fault, Fault::Sudo { user, .. } if user == "nobody-we-know"), "{fault:?}");
}

#[tokio::test]
async fn a_connection_cut_in_mid_answer_is_lost_not_complete() {
    let Some(server) = Server::start("") else { return };
    let mut session = connect(&server.target(), &server.options()).await.unwrap();
    observe(&mut session).await.unwrap();
    let cut = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.cut_connections();
    };
    // Without the line `end` the program waits for more.
    let (fault, ()) = tokio::join!(session.call("observe", b"", |_| {}), cut);
    assert!(matches!(fault, Err(Fault::Lost { .. })), "{fault:?}");
}
