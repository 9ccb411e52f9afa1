use std::collections::BTreeMap;

use super::seen::Thing;

/// An upstream of nginx, as all of its files together make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    pub name: String,
    /// The file that holds it, links followed.
    pub file: String,
    pub place: String,
    /// Whether its file holds nothing else.
    pub alone: bool,
    pub servers: Vec<Server>,
    /// What else stands in it: the directive's words and its place.
    pub others: Vec<(String, String)>,
    /// Where requests are sent to it.
    pub passed: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub address: String,
    /// The socket, where it is one, links followed.
    pub socket: Option<String>,
    pub options: Vec<String>,
    pub place: String,
}

/// All that nginx's files say of the way to apps.
#[derive(Debug, Default)]
pub struct Way {
    pub upstreams: Vec<Upstream>,
    /// `proxy_pass` to a socket without any upstream: the socket and the place.
    pub direct: Vec<(String, String)>,
}

struct Directive<'a> {
    place: &'a str,
    index: &'a str,
    parent: &'a str,
    words: Vec<&'a str>,
}

impl Upstream {
    /// The different places to which it sends.
    pub fn addresses(&self) -> Vec<&str> {
        let mut addresses: Vec<&str> = Vec::new();
        for server in &self.servers {
            if !addresses.contains(&server.address.as_str()) {
                addresses.push(&server.address);
            }
        }
        addresses
    }

    pub fn reaches(&self, socket: &str) -> bool {
        self.servers.iter().any(|server| {
            server.socket.as_deref() == Some(socket) || server.address.strip_prefix("unix:") == Some(socket)
        })
    }
}

impl Way {
    /// By what was told of nginx.
    pub fn of(nginx: &Thing) -> Way {
        let directives: Vec<Directive<'_>> = nginx.all("directive").filter_map(Directive::of).collect();
        let pairs = |key: &'static str| nginx.all(key).filter_map(|line| line.split_once('\t'));
        let real: BTreeMap<&str, &str> = pairs("real").collect();
        let real_files: BTreeMap<&str, &str> = pairs("real_file").collect();
        let mut way = Way::default();
        for block in directives.iter().filter(|one| one.is_block("upstream")) {
            let inside = || directives.iter().filter(|one| one.parent == block.index && block.index != "0");
            let beside = directives.iter().filter(|one| one.parent == "0" && one.file() == block.file());
            let servers = inside().filter(|one| one.words[0] == "server").map(|one| one.server(&real)).collect();
            let others = inside().filter(|one| one.words[0] != "server");
            let Some(name) = block.words.get(1) else { continue };
            let goes_here =
                |one: &&Directive<'_>| one.target().is_some_and(|target| target.split([':', '/']).next() == Some(name));
            way.upstreams.push(Upstream {
                name: (*name).to_owned(),
                file: real_files.get(block.file()).copied().unwrap_or(block.file()).to_owned(),
                place: block.place.to_owned(),
                alone: block.parent == "0" && beside.count() == 1,
                servers,
                others: others.map(|one| (one.words.join(" "), one.place.to_owned())).collect(),
                passed: directives.iter().filter(goes_here).map(|one| one.place.to_owned()).collect(),
            });
        }
        for one in &directives {
            if let Some(socket) = one.target().and_then(|target| target.strip_prefix("unix:")) {
                let socket = socket.split(':').next().unwrap_or(socket);
                way.direct.push((socket.to_owned(), one.place.to_owned()));
            }
        }
        way
    }
}

impl<'a> Directive<'a> {
    fn of(line: &'a str) -> Option<Directive<'a>> {
        let mut fields = line.split('\t');
        let (place, index, parent) = (fields.next()?, fields.next()?, fields.next()?);
        let words: Vec<&str> = fields.collect();
        (!words.is_empty()).then_some(Directive { place, index, parent, words })
    }

    fn is_block(&self, name: &str) -> bool {
        self.index != "0" && self.words[0] == name
    }

    fn file(&self) -> &'a str {
        self.place.rsplit_once(':').map_or(self.place, |(file, _)| file)
    }

    /// Where a `proxy_pass` goes, without the scheme.
    fn target(&self) -> Option<&'a str> {
        let target = self.words.get(1).filter(|_| self.words[0] == "proxy_pass")?;
        target.split_once("://").map(|(_, rest)| rest)
    }

    fn server(&self, real: &BTreeMap<&str, &str>) -> Server {
        let address = self.words.get(1).copied().unwrap_or_default();
        let socket = address.strip_prefix("unix:");
        let socket = socket.map(|socket| real.get(socket).copied().unwrap_or(socket).to_owned());
        let options = self.words.iter().skip(2).map(|word| (*word).to_owned()).collect();
        Server { address: address.to_owned(), socket, options, place: self.place.to_owned() }
    }
}
