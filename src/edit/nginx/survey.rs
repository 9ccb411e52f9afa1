use super::files::{Expanded, Files, Gap, Node};
use super::upstream;
use super::value::Value;

/// What a configuration has of upstreams, servers and their locations, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    pub upstreams: Vec<Upstream>,
    /// Those of `http`.
    pub servers: Vec<Server>,
    pub gaps: Vec<Gap>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    pub file: Value,
    pub line: usize,
    pub name: Value,
    /// Of `stream`, not of `http`: nothing to do with requests.
    pub of_stream: bool,
    pub servers: Vec<Backend>,
    /// The last one's argument, which is the one that counts.
    pub keepalive: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    pub file: Value,
    pub line: usize,
    pub address: Value,
    pub params: Vec<Value>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub file: Value,
    pub line: usize,
    /// The words of each `listen`.
    pub listen: Vec<Vec<Value>>,
    pub names: Vec<Value>,
    pub root: Option<Value>,
    /// All of them, inner ones after the one that they stand in.
    pub locations: Vec<Location>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    pub file: Value,
    pub line: usize,
    /// As it is asked for: a modifier perhaps, and the path.
    pub args: Vec<Value>,
    pub root: Option<Value>,
    /// More than one where `if` and `limit_except` have their own.
    pub passes: Vec<Pass>,
}

/// A `proxy_pass`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    pub file: Value,
    pub line: usize,
    pub to: Value,
}

impl Survey {
    pub fn of(files: &Files) -> Survey {
        let Expanded { nodes, gaps } = files.expanded();
        let mut survey = Survey { gaps, ..Survey::default() };
        for node in &nodes {
            let of_stream = node.is("stream");
            if of_stream || node.is("http") {
                survey.upstreams.extend(node.all("upstream").filter_map(|child| upstream(child, of_stream)));
            }
            if node.is("http") {
                survey.servers.extend(node.all("server").map(server));
            }
        }
        survey
    }

    /// From what `nginx -T` prints. Nothing where that is no configuration.
    pub fn printed(dump: &[u8]) -> Option<Survey> {
        Files::printed(dump).map(|files| Survey::of(&files))
    }

    /// Those of `http` with that name, more than one of which nginx refuses.
    pub fn declared<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Upstream> {
        self.upstreams
            .iter()
            .filter(move |upstream| !upstream.of_stream && upstream.name.0.eq_ignore_ascii_case(name.as_bytes()))
    }
}

impl Upstream {
    pub fn is_for(&self, pass: &Pass) -> bool {
        !self.of_stream && pass.host().is_some_and(|host| host.eq_ignore_ascii_case(&self.name.0))
    }
}

impl Pass {
    /// The host of `http://host:port/path`, which an upstream's name may be. Nothing where a variable or a socket
    /// stands, or a port: with one it names no upstream.
    pub fn host(&self) -> Option<&[u8]> {
        let to = self.to.0.as_slice();
        let scheme = to.windows(3).position(|three| three == b"://")?;
        let host = to[scheme + 3..].split(|&byte| byte == b'/' || byte == b'?').next()?;
        (!host.is_empty() && !host.contains(&b'$') && !host.contains(&b':')).then_some(host)
    }

    /// The path of the socket that it names without an upstream: `http://unix:/path:/uri`.
    pub fn socket(&self) -> Option<&[u8]> {
        let to = self.to.0.as_slice();
        let scheme = to.windows(3).position(|three| three == b"://")?;
        let path = to[scheme + 3..].strip_prefix(b"unix:")?;
        path.split(|&byte| byte == b':').next().filter(|path| !path.is_empty() && !path.contains(&b'$'))
    }
}

fn upstream(node: &Node, of_stream: bool) -> Option<Upstream> {
    let (name, _) = upstream::as_upstream(node.directive)?;
    let (file, line) = node.place();
    Some(Upstream {
        file,
        line,
        name: Value(name.into_owned()),
        of_stream,
        servers: node.all("server").filter_map(backend).collect(),
        keepalive: last(node, "keepalive"),
    })
}

fn backend(node: &Node) -> Option<Backend> {
    let (file, line) = node.place();
    let mut params = node.args();
    let address = if params.is_empty() { None } else { Some(params.remove(0)) }?;
    Some(Backend { file, line, address, params })
}

fn server(node: &Node) -> Server {
    let (file, line) = node.place();
    let mut locations = Vec::new();
    gather(node, &mut locations, &mut Vec::new());
    Server {
        file,
        line,
        listen: node.all("listen").map(Node::args).collect(),
        names: node.all("server_name").flat_map(Node::args).collect(),
        root: last(node, "root"),
        locations,
    }
}

/// The locations in `node`; what it passes on itself goes to `passes`.
fn gather(node: &Node, locations: &mut Vec<Location>, passes: &mut Vec<Pass>) {
    for child in &node.children {
        let (file, line) = child.place();
        if child.is("location") {
            let at = locations.len();
            locations.push(Location { file, line, args: child.args(), root: last(child, "root"), passes: Vec::new() });
            let mut own = Vec::new();
            gather(child, locations, &mut own);
            locations[at].passes = own;
        } else if child.is("proxy_pass") {
            passes.extend(child.args().into_iter().next().map(|to| Pass { file, line, to }));
        } else {
            gather(child, locations, passes);
        }
    }
}

fn last(node: &Node, name: &str) -> Option<Value> {
    node.all(name).last().and_then(|found| found.args().into_iter().next())
}
