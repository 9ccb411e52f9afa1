//! `ansible_ssh_common_args` as the lines of an ssh configuration: the openssh crate takes no options of its own.

use super::Fault;

/// What the words ask for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Arguments {
    /// Lines of ssh_config.
    pub lines: Vec<String>,
    /// `-F`: this configuration instead of the user's and the machine's.
    pub config: Option<String>,
    /// What they say about host keys, which then overrides ours: `yes`, `no`, `accept-new`, `ask`.
    pub strict: Option<String>,
}

impl Arguments {
    pub fn parse(words: &[String]) -> Result<Arguments, Fault> {
        let mut arguments = Arguments::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let refused = || Fault::CommonArgument { argument: word.clone() };
            if word.chars().any(char::is_control) || !word.is_ascii() && !word.starts_with("-o") {
                return Err(refused());
            }
            let (flag, attached) = word.split_at_checked(2).ok_or_else(refused)?;
            let line = match flag {
                "-4" | "-6" | "-C" if !attached.is_empty() => return Err(refused()),
                "-4" => "AddressFamily inet".to_owned(),
                "-6" => "AddressFamily inet6".to_owned(),
                "-C" => "Compression yes".to_owned(),
                "-o" | "-J" | "-i" | "-p" | "-l" | "-F" => {
                    let value = match attached {
                        "" => words.next().ok_or_else(refused)?.as_str(),
                        attached => attached,
                    };
                    let unquoted = value.is_empty() || value.chars().any(|c| c.is_control() || c == '"');
                    match flag {
                        "-o" if value.chars().any(char::is_control) => return Err(refused()),
                        "-o" => arguments.option(value).ok_or_else(refused)?,
                        _ if unquoted => return Err(refused()),
                        "-J" => format!("ProxyJump {value}"),
                        "-i" => format!("IdentityFile \"{value}\""),
                        "-p" => format!("Port {value}"),
                        "-l" => format!("User {value}"),
                        _ => {
                            arguments.config = Some(value.to_owned());
                            continue;
                        }
                    }
                }
                _ => return Err(refused()),
            };
            arguments.lines.push(line);
        }
        Ok(arguments)
    }

    /// `K=V` or `K V`: ssh reads an option as it reads a line of its configuration, so it may stand there as it is.
    fn option(&mut self, text: &str) -> Option<String> {
        let (key, value) = text.split_once(['=', ' '])?;
        let named = |name: &str| key.trim().eq_ignore_ascii_case(name);
        if key.is_empty() || !key.trim().chars().all(|c| c.is_ascii_alphanumeric()) {
            return None;
        }
        // These would make a second configuration of the blocks that follow, or run something here.
        if ["Host", "Match", "Include"].into_iter().any(named) {
            return None;
        }
        if named("StrictHostKeyChecking") {
            self.strict = Some(value.trim().to_ascii_lowercase());
        }
        Some(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;

    fn parse(text: &str) -> Option<Arguments> {
        Arguments::parse(&shlex::split(text).unwrap()).ok()
    }

    #[test]
    fn words_become_lines() {
        let cases: [(&str, &[&str]); 6] = [
            ("", &[]),
            ("-o A=b -oC=d", &["A=b", "C=d"]),
            ("-J bastion -p 2222", &["ProxyJump bastion", "Port 2222"]),
            ("-o 'ProxyCommand=ssh -W %h:%p \"a b\"'", &["ProxyCommand=ssh -W %h:%p \"a b\""]),
            ("-i '/a b/key' -C -4", &["IdentityFile \"/a b/key\"", "Compression yes", "AddressFamily inet"]),
            ("-F /etc/my", &[]),
        ];
        for (text, lines) in cases {
            assert_eq!(parse(text).unwrap().lines, lines, "{text}");
        }
        assert_eq!(parse("-F /etc/my").unwrap().config.as_deref(), Some("/etc/my"));
        assert_eq!(parse("-o StrictHostKeyChecking=no").unwrap().strict.as_deref(), Some("no"));
    }

    #[test]
    fn the_rest_is_refused() {
        for text in [
            "-v",
            "-o",
            "-o nothing",
            "host",
            "-L 1:2:3",
            "-oInclude=/x",
            "-o 'Match all'",
            "-Cx",
            "-o 'A=b\nHost x'",
            "-i 'a\"b'",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
