//! A session on this machine: the same programs, pipes instead of ssh.

use std::time::{Duration, Instant};

use zdt::host::{Fault, Options, Program, Target, connect};
use zdt::resource::{Observation, ObserveRequest, PathQuery};

fn request() -> ObserveRequest {
    ObserveRequest {
        paths: vec![PathQuery { path: "/etc/passwd".to_owned(), content: true }],
        ..ObserveRequest::default()
    }
}

#[tokio::test]
async fn one_session_answers_many_requests() {
    let mut session = connect(&Target::local(), &Options::default()).await.unwrap();
    for _ in 0..3 {
        session.start(Program::OBSERVE);
        let mut lines = Vec::new();
        session.call("observe", &request().encode(), |line| lines.push(line.to_vec())).await.unwrap();
        let seen = Observation::decode(&request(), &lines).unwrap();
        assert_eq!(seen.paths["/etc/passwd"].content.as_deref(), Some(&std::fs::read("/etc/passwd").unwrap()[..]));
    }
}

#[tokio::test]
async fn a_request_that_the_program_does_not_know_fails_and_the_session_lives() {
    let mut session = connect(&Target::local(), &Options::default()).await.unwrap();
    session.start(Program::OBSERVE);
    let fault = session.call("no_such_verb", b"", |_| {}).await.unwrap_err();
    assert!(matches!(&fault, Fault::Program { status, .. } if status == "127"), "{fault:?}");
    session.call("observe", &request().encode(), |_| {}).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_does_not_end_meets_its_deadline() {
    let mut session = connect(&Target::local(), &Options::default()).await.unwrap();
    session.start(Program::OBSERVE);
    let start = Instant::now();
    // Without the line `end` the program waits for more.
    let fault = session.call_within(Duration::from_millis(300), "observe", b"", |_| {}).await.unwrap_err();
    assert!(matches!(fault, Fault::Deadline { .. }), "{fault:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(matches!(session.call("observe", b"", |_| {}).await, Err(Fault::Lost { .. })));
}

#[tokio::test]
async fn hostile_names_are_refused_before_anything_starts() {
    let target = |r#become: &str| Target { r#become: Some(r#become.to_owned()), ..Target::local() };
    for name in ["-x", "", "a b", "a;b", "a'b", "$(id)", "a\nb"] {
        let fault = connect(&target(name), &Options::default()).await.err();
        assert!(matches!(fault, Some(Fault::Name { .. })), "{name:?}: {fault:?}");
    }
}
