//! What holds of every edit, on files put together from statements of many kinds.

use proptest::prelude::*;

use super::puma;

/// Statements of a file, each with the setting that it makes, or none.
const STATEMENTS: &[(&str, &str)] = &[
    ("", "# Somebody's words.\n"),
    ("", "\n"),
    ("", "require \"etc\" # for later\n"),
    ("", "count = ENV.fetch(\"N\") { 3 }\n"),
    ("", "if ENV[\"X\"]\n  plugin :more\nend\n"),
    ("", "text = <<~TEXT\n  workers 9\nTEXT\n"),
    ("", "begin\n  tag \"a\"\nend\n"),
    ("", "class Helper\n  def workers(n) = n\nend\n"),
    ("", "=begin\nworkers 8\n=end\n"),
    ("workers", "workers 1\n"),
    ("workers", "workers Integer(\"3\") # as many\n"),
    ("workers", "  workers(\"3\")\n"),
    ("workers", "workers 2 if ENV[\"FEW\"]\n"),
    ("threads", "threads 1,\n  5\n"),
    ("threads", "threads *[1, 5]\n"),
    ("preload_app!", "preload_app!\n"),
    ("preload_app!", "preload_app! false\n"),
    ("log_requests", "quiet\n"),
    ("rackup", "rackup \"a.ru\"\n"),
    ("rackup", "rackup 'b.ru'\n"),
    ("bind", "bind \"unix:///run/a.sock\"\n"),
    ("bind", "bind 'unix:///run/b.sock' # ours\n"),
    ("bind", "bind \"unix://#{count}/c.sock\"\n"),
    ("bind", "port 3000\n"),
    ("bind", "clear_binds!\n"),
    ("before_worker_boot", "on_worker_boot do\n  # Again.\n    Log.reopen\nend\n"),
    ("before_worker_boot", "before_worker_boot { 1 }\n"),
    ("plugin", "plugin :tmp_restart\n"),
];

const FRAGMENTS: &[(&str, &str)] = &[
    ("workers", "workers 3\n"),
    ("threads", "threads 5, 5\n"),
    ("preload_app!", "preload_app! false\n"),
    ("log_requests", "log_requests true\n"),
    ("rackup", "rackup \"b.ru\"\n"),
    ("bind", "bind \"unix:///run/b.sock\"\n"),
    ("bind", "bind \"unix:///run/d.sock\"\n"),
    ("before_worker_boot", "on_worker_boot do\n  Log.reopen\nend\n"),
    ("plugin", "plugin \"tmp_restart\"\n"),
    ("worker_timeout", "worker_timeout 60\n"),
];

const REMOVED: &[(&str, &str)] = &[
    ("bind", "port"),
    ("bind", "bind"),
    ("log_requests", "quiet"),
    ("before_worker_boot", "on_worker_boot"),
    ("workers", "workers"),
];

type Row = (&'static str, &'static str);

fn some(rows: &'static [Row], most: usize) -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(prop::sample::select(rows), 0..most)
}

fn text(rows: &[Row]) -> String {
    rows.iter().map(|(_, text)| *text).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn an_edit_is_done_once_touches_what_it_names_and_is_seen_in_the_part(
        statements in some(STATEMENTS, 12), wanted in some(FRAGMENTS, 6), removed in some(REMOVED, 2),
        crlf in any::<bool>(), ends in any::<bool>(),
    ) {
        let shaped = |text: &str| if crlf { text.replace('\n', "\r\n") } else { text.to_owned() };
        let (mut whole, fragment) = (shaped(&text(&statements)), text(&wanted));
        if !ends {
            whole.truncate(whole.trim_end().len());
        }
        let remove: Vec<&str> = removed.iter().map(|(_, name)| *name).collect();
        let part = |text: &[u8]| puma::part(text, fragment.as_bytes(), &remove);
        let edit = |text: &[u8]| puma::edit(text, fragment.as_bytes(), &remove);
        prop_assert!(part(whole.as_bytes()).is_ok());
        let Ok(edited) = edit(whole.as_bytes()) else { return Ok(()) };
        prop_assert_eq!(edit(&edited), Ok(edited.clone()));
        prop_assert_eq!(whole.as_bytes() == edited, part(whole.as_bytes()) == part(&edited));

        // What is not named stands where it stood, word for word.
        let named = |key: &str| wanted.iter().chain(&removed).any(|(other, _)| *other == key);
        let edited = String::from_utf8(edited).unwrap();
        let mut rest = edited.as_str();
        for (_, statement) in statements.iter().filter(|(key, _)| !named(key)) {
            let statement = shaped(statement);
            let found = rest.find(statement.trim_end());
            prop_assert!(found.is_some(), "{statement:?} is not left in {rest:?}");
            rest = &rest[found.unwrap() + statement.trim_end().len()..];
        }

        // What is wanted is what a reader finds last.
        let settings = puma::read(edited.as_bytes()).unwrap();
        let ours = puma::read(fragment.as_bytes()).unwrap();
        for (key, _) in wanted.iter().filter(|(key, _)| matches!(*key, "workers" | "threads" | "preload_app!" | "worker_timeout")) {
            let found = settings.of(key).filter(|call| call.is_plain()).last().map(puma::Call::canonical);
            prop_assert_eq!(found, ours.of(key).last().map(puma::Call::canonical));
        }
    }

    #[test]
    fn a_file_s_own_settings_change_nothing(statements in some(STATEMENTS, 12)) {
        let whole = text(&statements);
        prop_assert_eq!(puma::edit(whole.as_bytes(), b"", &[]), Ok(whole.clone().into_bytes()));
        let settings = puma::read(whole.as_bytes()).unwrap();
        for call in &settings.calls {
            let source = &whole[call.span.clone()];
            prop_assert!(source.starts_with(&call.name), "{source:?} for {}", call.name);
            let last = settings.of(&call.name).last() == Some(call);
            if call.is_plain() && last && call.setting.repeated == puma::Repeated::Last {
                prop_assert_eq!(puma::edit(whole.as_bytes(), source.as_bytes(), &[]), Ok(whole.clone().into_bytes()));
            }
        }
    }
}
