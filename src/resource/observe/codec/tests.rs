use super::*;
use crate::resource::PathQuery;

fn decode(paths: &[&str], text: &str) -> Result<Observation, Fault> {
    let paths = paths.iter().map(|path| PathQuery { path: (*path).to_owned(), content: true }).collect();
    let text = format!("i|0|host|1795374737\n{text}").replace('|', "\u{1f}");
    let lines: Vec<Vec<u8>> = text.lines().map(|line| line.as_bytes().to_vec()).collect();
    Observation::decode(&ObserveRequest { paths, ..ObserveRequest::default() }, &lines)
}

#[test]
fn absence_is_only_what_stat_calls_so() {
    let cases = [
        ("E\nstat: cannot statx '/x': No such file or directory\n.\n", "absent", None),
        ("E\nstat: can't stat '/x': No such file or directory\n.\n", "absent", None),
        ("E\nstat: cannot statx '/x': Permission denied\n.\n", "unreadable", Some("Permission denied")),
        ("E\nstat: cannot statx '/x': Stale file handle\n.\n", "unreadable", Some("Stale file handle")),
        ("E\nsh: stat: not found\n.\n", "unreadable", Some("sh: stat: not found")),
        ("", "unreadable", Some("the host said nothing about it")),
    ];
    for (text, kind, error) in cases {
        let seen = decode(&["/x"], text).unwrap().paths.remove("/x").unwrap();
        assert_eq!((seen.kind.as_str(), seen.error.as_deref()), (kind, error), "{text}");
    }
}

#[test]
fn a_file_that_changed_while_it_was_read_was_not_read() {
    let hash = sha256(b"one");
    let text = |content: &str| {
        format!("s|81a4|root|0|root|0|3|1|1|9|/x\nH\n{hash}  /x\n.\nB\n{}\n.\n", BASE64.encode(content))
    };
    let good = decode(&["/x"], &text("one")).unwrap();
    assert_eq!(good.paths["/x"].content.as_deref(), Some(&b"one"[..]));
    let torn = decode(&["/x"], &text("two")).unwrap();
    assert_eq!((torn.paths["/x"].kind.as_str(), &torn.paths["/x"].content), ("unreadable", &None));
}

#[test]
fn what_stands_open_is_told_in_three_states() {
    for (word, state) in [("held", OpenState::Held), ("left", OpenState::Left), ("stuck", OpenState::Stuck)] {
        let seen = decode(&[], &format!("o|7-7|{word}|=me|~YQpi|")).unwrap();
        let (id, who, reason) = ("7-7".to_owned(), "me".to_owned(), "a\nb".to_owned());
        assert_eq!(seen.open, Some(OpenSeen { id, state, who, reason }));
    }
    assert!(decode(&[], "o|7-7|odd|=me|=|").is_err());
}

#[test]
fn what_the_host_program_does_not_say_is_a_fault() {
    for text in ["hello", "s|zz|root", "B\nZm9v", "B\n*\n.", "f|a|b|plain", "t|/x|~*"] {
        assert!(decode(&["/x"], text).is_err(), "{text}");
    }
    assert_eq!(Observation::decode(&ObserveRequest::default(), &[]).err(), Some(Fault::NoSession));
}

#[test]
fn what_the_host_remembers_is_looked_at_too() {
    let text = "a|/old|file|aa|0644|root||r|=[]|=|\nd|/x|=theirs\ns|41ed|root|0|root|0|3|1|1|9|/x\n\
                E\nstat: cannot statx '/old': No such file or directory\n.\n";
    let seen = decode(&["/x"], text).unwrap();
    assert_eq!(seen.applied.paths["/old"].role, "r");
    assert_eq!(seen.paths["/old"].kind, "absent");
    assert_eq!(seen.paths["/x"].foreign.as_deref(), Some(&b"theirs"[..]));
    // What the answer does not mention is not absent.
    let silent = decode(&[], "a|/old|file|aa|0644|root||r|=[]|=|\n").unwrap();
    assert_eq!(silent.paths["/old"].kind, "unreadable");
    assert_eq!(decode(&[], "A|=2|\n").unwrap().applied.fault.as_deref(), Some("2"));
    for text in ["a|/old|file|", "a|old|file|aa|0644|root||r|=[]|=|", "A|2|"] {
        assert!(decode(&[], text).is_err(), "{text}");
    }
}
