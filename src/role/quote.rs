use tera::{Error, Kwargs, State, TeraResult, Value};

/// What may stand unquoted in a Ruby string, an nginx word and a unit file alike.
pub fn is_plain(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_alphanumeric() || "_./:@-".contains(character))
}

fn no_control(text: &str) -> TeraResult<()> {
    match text.chars().find(|character| character.is_control()) {
        Some(character) => Err(Error::message(format!("the value holds the control character {character:?}"))),
        None => Ok(()),
    }
}

/// A Ruby literal: a double-quoted string in which nothing is interpolated; numbers and booleans as they are.
pub fn ruby(value: &Value, _: Kwargs, _: &State<'_>) -> TeraResult<Value> {
    if let Some(items) = value.as_array() {
        let mut literals = Vec::new();
        for item in items {
            literals.push(ruby_scalar(item)?);
        }
        return Ok(Value::safe_string(&format!("[{}]", literals.join(", "))));
    }
    Ok(Value::safe_string(&ruby_scalar(value)?))
}

fn ruby_scalar(value: &Value) -> TeraResult<String> {
    if value.as_bool().is_some() || value.as_i64().is_some() {
        return Ok(value.to_string());
    }
    let text = value.as_str().ok_or_else(|| Error::message(format!("`ruby` cannot quote a {}", value.name())))?;
    no_control(text)?;
    let mut literal = String::from("\"");
    for character in text.chars() {
        if matches!(character, '"' | '\\' | '#') {
            literal.push('\\');
        }
        literal.push(character);
    }
    literal.push('"');
    Ok(literal)
}

/// One word of an nginx configuration. nginx has no way to write a literal `$`, so a value with one is refused.
pub fn nginx(text: &str, _: Kwargs, _: &State<'_>) -> TeraResult<Value> {
    no_control(text)?;
    if text.contains('$') {
        return Err(Error::message("the value holds `$`, which nginx would read as a variable"));
    }
    if is_plain(text) && !text.is_empty() {
        return Ok(Value::safe_string(text));
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(Value::safe_string(&format!("\"{escaped}\"")))
}

/// One word of an `Exec…=` line: specifiers and variables are off, blanks and quotes belong to the word.
pub fn systemd(text: &str, _: Kwargs, _: &State<'_>) -> TeraResult<Value> {
    no_control(text)?;
    if is_plain(text) && !text.is_empty() {
        return Ok(Value::safe_string(text));
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    Ok(Value::safe_string(&format!("\"{escaped}\"")))
}

/// Text that goes into the file as it is. Only for what its author wrote *as* that language.
pub fn verbatim(text: &str, _: Kwargs, _: &State<'_>) -> TeraResult<Value> {
    Ok(Value::safe_string(text))
}

/// Linux's `sun_path` holds 108 bytes, the last one zero.
const SOCKET_LIMIT: usize = 107;

/// `unix:///path` as Puma reads it: a URL in which only blanks can be escaped.
pub fn unix_url(path: &str, _: Kwargs, _: &State<'_>) -> TeraResult<Value> {
    if path.len() > SOCKET_LIMIT {
        return Err(Error::message(format!(
            "the socket's path has {} bytes, and a unix socket takes {SOCKET_LIMIT}",
            path.len()
        )));
    }
    let fits = |character: char| character.is_ascii_alphanumeric() || "/_.-~:@!$&'()*+,;= ".contains(character);
    match path.chars().find(|&character| !fits(character)) {
        Some(character) => Err(Error::message(format!("`{character}` cannot stand in the URL of a unix socket"))),
        None => Ok(Value::from(format!("unix://{}", path.replace(' ', "%20")))),
    }
}

/// The directory that holds a path.
pub fn dirname(path: &str, _: Kwargs, _: &State<'_>) -> String {
    match path.rsplit_once('/') {
        Some(("", _)) => "/".to_owned(),
        Some((directory, _)) => directory.to_owned(),
        None => ".".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use tera::Context;

    use super::*;

    fn quoted(filter: impl Fn(&str, Kwargs, &State<'_>) -> TeraResult<Value>, text: &str) -> Result<String, String> {
        let context = Context::new();
        filter(text, Kwargs::default(), &State::new(&context)).map(|value| value.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn ruby_literals_hold_the_very_value() {
        let ruby = |text: &str, kwargs: Kwargs, state: &State<'_>| ruby(&Value::from(text), kwargs, state);
        let cases = [
            ("/srv/shop", r#""/srv/shop""#),
            (r#"a"b\c"#, r#""a\"b\\c""#),
            ("#{`id`} $(id)", r##""\#{`id`} $(id)""##),
            ("#$0 #@x", r##""\#$0 \#@x""##),
            ("é", "\"é\""),
        ];
        for (text, expected) in cases {
            assert_eq!(quoted(ruby, text), Ok(expected.to_owned()));
        }
        assert!(quoted(ruby, "a\nb").is_err());
    }

    #[test]
    fn nginx_words_hold_the_very_value_or_are_refused() {
        assert_eq!(quoted(nginx, "unix:/srv/a.sock"), Ok("unix:/srv/a.sock".to_owned()));
        assert_eq!(quoted(nginx, r#"unix:/a b;}"\"#), Ok(r#""unix:/a b;}\"\\""#.to_owned()));
        assert_eq!(quoted(nginx, ""), Ok("\"\"".to_owned()));
        assert!(quoted(nginx, "$host").is_err());
        assert!(quoted(nginx, "a\rb").is_err());
    }

    #[test]
    fn systemd_words_hold_the_very_value() {
        assert_eq!(quoted(systemd, "/bin/kill"), Ok("/bin/kill".to_owned()));
        assert_eq!(quoted(systemd, r#"50% $X "a\b" ;"#), Ok(r#""50%% $$X \"a\\b\" ;""#.to_owned()));
    }

    #[test]
    fn socket_urls_are_what_puma_can_read() {
        assert_eq!(quoted(unix_url, "/a b/x.sock"), Ok("unix:///a%20b/x.sock".to_owned()));
        for refused in ["/a?umask=0", "/a#b", "/a%41", &format!("/{}", "a".repeat(107))] {
            assert!(quoted(unix_url, refused).is_err(), "{refused}");
        }
    }
}
