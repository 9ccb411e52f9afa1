use serde_json::Value;

use crate::yaml::edit::inline;

/// A server as it is named on the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Destination {
    pub host: String,
    pub port: Option<u16>,
    pub user: Option<String>,
    pub r#become: bool,
}

impl Destination {
    /// `[user@]host[:port]`, also behind `ssh://`; a bare IPv6 address, or one in brackets with a port.
    pub fn parse(word: &str) -> Option<Destination> {
        let word = word.strip_prefix("ssh://").unwrap_or(word);
        let (user, place) = match word.rsplit_once('@') {
            Some((user, place)) => (Some(user.to_owned()), place),
            None => (None, word),
        };
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, rest)) => (host, Some(rest.strip_prefix(':')?)),
            None if place.matches(':').count() == 1 => place.split_once(':').map(|(host, port)| (host, Some(port)))?,
            None => (place, None),
        };
        let port = match port {
            Some(port) => Some(port.parse().ok().filter(|port| *port > 0)?),
            None => None,
        };
        let is_odd = |text: &str| {
            text.is_empty()
                || text.starts_with('-')
                || text.chars().any(|one| one.is_whitespace() || one.is_control() || "[]/,{}".contains(one))
        };
        let odd = is_odd(host) || user.as_deref().is_some_and(is_odd);
        (!odd).then(|| Destination { host: host.to_owned(), port, user, r#become: false })
    }

    /// The host's name in an inventory, where a colon would begin a port.
    pub fn name(&self) -> String {
        self.host.replace(':', "-")
    }

    /// As an inventory, so that there is one way to a host and no other.
    pub fn inventory(destinations: &[Destination]) -> String {
        let mut text = "all:\n  hosts:\n".to_owned();
        for one in destinations {
            let name = one.name();
            text.push_str(&format!("    {}:\n", inline(&Value::from(name.as_str()))));
            let address = (name != one.host).then(|| Value::from(one.host.as_str()));
            let values = [
                ("ansible_host", address),
                ("ansible_port", one.port.map(Value::from)),
                ("ansible_user", one.user.as_deref().map(Value::from)),
                ("ansible_become", one.r#become.then(|| Value::from(true))),
            ];
            for (name, value) in values.into_iter().filter_map(|(name, value)| Some((name, value?))) {
                text.push_str(&format!("      {name}: {}\n", inline(&value)));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Destination;

    #[test]
    fn hosts_are_taken_as_ssh_takes_them() {
        for (word, host, port, user) in [
            ("web1", "web1", None, None),
            ("deploy@web1:2222", "web1", Some(2222), Some("deploy")),
            ("ssh://deploy@web1", "web1", None, Some("deploy")),
            ("a@b@web1", "web1", None, Some("a@b")),
            ("10.0.0.1:22", "10.0.0.1", Some(22), None),
            ("fe80::1", "fe80::1", None, None),
            ("root@[fe80::1]:22", "fe80::1", Some(22), Some("root")),
        ] {
            let expected = Destination { host: host.to_owned(), port, user: user.map(str::to_owned), r#become: false };
            assert_eq!(Destination::parse(word), Some(expected), "{word}");
        }
    }

    #[test]
    fn what_would_be_an_option_or_a_pattern_is_none() {
        for word in
            ["", "-oProxyCommand=x", "web1:", "web1:0", "web1:ssh", "web[1:3]", "a b", "@web1", "x@", "web1,web2"]
        {
            assert_eq!(Destination::parse(word), None, "{word}");
        }
    }
}
