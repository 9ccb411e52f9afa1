//! A host, what is to become of it, and how the attempt shall end.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zdt::resource::sha256;

use crate::judge::End;
use crate::rig::{Call, ID, Rig, US};
use crate::services;
use crate::world::{Content, Node, What, World};

/// Stands for the separator in the requests below. No name, path or base64 may hold it: they are chosen by chance.
const SIGN: &str = "¦";

/// Where transactions are kept, below the world.
pub const STATE: &str = "root/var/lib/zdt";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Commits,
    /// A check of the host says no, after the swap: there is no namespace here.
    CheckFails,
    /// A service does not take the new files, and is content with the old.
    HandlerFails,
    /// Nobody confirms.
    TimesOut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file's content and owner, and another's mode alone.
    Changed,
    /// A directory, and a file in it.
    Created,
    /// A file and a directory go; a link leads elsewhere, and another becomes a file.
    Deleted,
    /// On another mount; and a service that did not run is started.
    Elsewhere,
    /// One of each.
    All,
}

#[derive(Debug, Clone)]
pub enum Put {
    File(String, u32),
    Directory(u32),
    Link(&'static str),
    Mode(u32),
    Remove,
}

#[derive(Debug)]
pub struct Scenario {
    pub kind: Kind,
    pub ending: Ending,
    pub entries: Vec<(&'static str, Put)>,
    handlers: Vec<&'static str>,
    pub before: World,
    pub after: World,
    /// Whether the host is told to write its memory anew.
    renew: bool,
}

impl Scenario {
    pub fn new(kind: Kind, ending: Ending) -> Scenario {
        let mut before = host();
        if let Some(text) = memory(kind) {
            before.write(STATE, "");
            before.write(&format!("{STATE}/applied"), &text);
            if let Some(folder) = before.0.get_mut(STATE) {
                (folder.what, folder.mode) = (What::Directory, 0o700);
            }
        }
        // Both are words that a service reads; one of them it refuses.
        let text = if ending == Ending::HandlerFails { "bad\n" } else { "new\n" };
        let nginx = "nginx¦nginx_reload¦nginx.service¦";
        let units = "units¦daemon_reload¦";
        let app = "app¦puma_restart¦app.service¦/no/state¦";
        let changed =
            [("etc/nginx/conf.d/app.conf", Put::File(text.to_owned(), 0o640)), ("etc/nginx/mode", Put::Mode(0o4711))];
        let created = [
            ("etc/systemd/system/app.d", Put::Directory(0o750)),
            ("etc/systemd/system/app.d/10.conf", Put::File(text.to_owned(), 0o600)),
            ("etc/systemd/system/known.d", Put::Mode(0o700)),
        ];
        let deleted = [
            ("etc/nginx/link", Put::Link("-n $(x) 'y'")),
            ("etc/nginx/replaced", Put::File(text.to_owned(), 0o444)),
            ("etc/nginx/gone", Put::Remove),
            ("etc/nginx/empty", Put::Remove),
        ];
        let elsewhere =
            [("srv/puma.rb", Put::File(text.to_owned(), 0o640)), ("srv/shared/env", Put::File("A=1\n".into(), 0o600))];
        let (entries, handlers) = match kind {
            Kind::Changed => (changed.to_vec(), vec![nginx]),
            Kind::Created => (created.to_vec(), vec![units]),
            Kind::Deleted => (deleted.to_vec(), vec![nginx]),
            Kind::Elsewhere => (elsewhere.to_vec(), vec![app]),
            Kind::All => {
                let mut all = [&created[..], &changed, &elsewhere, &deleted].concat();
                if ending == Ending::HandlerFails {
                    // The last of them fails: what the first did has to be undone.
                    for (path, put) in &mut all {
                        if let (false, Put::File(text, _)) = (path.starts_with("srv"), put) {
                            *text = "new\n".to_owned();
                        }
                    }
                }
                (all, vec![units, nginx, app])
            }
        };
        let mut scenario =
            Scenario { kind, ending, entries, handlers, after: before.clone(), before, renew: kind == Kind::Elsewhere };
        scenario.change();
        scenario
    }

    /// What the host shall be afterwards, from the entries alone.
    fn change(&mut self) {
        let me = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        for (path, put) in &self.entries {
            let path = format!("root/{path}");
            let was = self.after.0.remove(&path);
            let new = |what, mode| Node { what, mode, uid: me.0, gid: me.1, old: false };
            let node = match put {
                Put::Remove => continue,
                Put::File(text, mode) => new(What::File(Content::of(text.as_bytes())), *mode),
                Put::Directory(mode) => new(What::Directory, *mode),
                Put::Link(target) => new(What::Link((*target).to_owned()), 0o777),
                Put::Mode(mode) => Node { mode: *mode, ..was.unwrap() },
            };
            self.after.0.insert(path, node);
        }
    }

    /// Where it leads when nothing comes between.
    pub fn end(&self) -> End {
        if self.ending == Ending::Commits { End::After } else { End::Before }
    }

    /// Whether the application runs once this is done.
    pub fn starts_app(&self) -> bool {
        self.handlers.iter().any(|handler| handler.starts_with("app"))
    }

    pub fn run(&self, rig: &Rig) -> Call {
        let mut request = header(rig);
        if self.ending == Ending::CheckFails {
            request.push_str("checking¦yes¦\ncheck¦good¦¦test¦-d¦/¦\ncheck¦bad¦¦test¦-d¦/no-such¦\n");
        }
        request.push_str(if self.ending == Ending::TimesOut { "confirm¦1¦\n" } else { "confirm¦0¦\n" });
        request.push_str("kind¦apply¦\nby¦=somebody¦\nguard¦yes¦\nkeep¦20¦65536¦\n");
        if self.renew {
            request.push_str("renew¦yes¦\n");
        }
        for (path, put) in &self.entries {
            let (put, mode, detail, data) = match put {
                Put::File(text, mode) => ("file", octal(*mode), sha256(text.as_bytes()), BASE64.encode(text)),
                Put::Directory(mode) => ("directory", octal(*mode), String::new(), String::new()),
                Put::Link(target) => ("link", String::new(), String::new(), BASE64.encode(target)),
                Put::Mode(mode) => ("attributes", octal(*mode), String::new(), String::new()),
                Put::Remove => ("remove", String::new(), String::new(), String::new()),
            };
            let parent = path.rsplit_once('/').unwrap().0;
            let known = self.before.has(&format!("root/{parent}"));
            let parent =
                if known { format!("~{}", BASE64.encode(rig.at(&format!("root/{parent}")))) } else { "-".to_owned() };
            let (owner, group) = match put {
                "file" | "directory" | "link" if rustix::process::geteuid().is_root() => (name(0), name(0)),
                _ => (String::new(), String::new()),
            };
            let seen = self.seen(&format!("root/{path}"));
            let full = rig.at(&format!("root/{path}"));
            request.push_str(&format!("entry¦{full}¦{put}¦{mode}¦{owner}¦{group}¦{seen}¦{parent}¦{detail}¦\n{data}\n"));
            let kind = if put == "remove" { "gone" } else { put };
            request.push_str(&format!("applied¦/{path}¦{kind}¦{detail}¦{mode}¦¦¦role¦=¦=¦yes¦now¦\n"));
        }
        for handler in &self.handlers {
            request.push_str(&format!("handler¦{handler}\n"));
        }
        request.push_str("end¦\n");
        Call::Verb("run", request.replace(SIGN, &US.to_string()))
    }

    /// Kind, mode, owner, group and detail of a path, as a plan saw it.
    fn seen(&self, path: &str) -> String {
        let Some(node) = self.before.0.get(path) else { return "absent¦¦¦¦".to_owned() };
        let (kind, detail) = match &node.what {
            What::Link(target) => ("link", BASE64.encode(target)),
            What::File(content) => ("file", sha256(content.0)),
            _ => ("directory", String::new()),
        };
        format!("{kind}¦{}¦{}¦{}¦{detail}", octal(node.mode), name(node.uid), group(node.gid))
    }
}

/// A verb that finishes what is open.
pub fn verb(rig: &Rig, verb: &'static str) -> Call {
    Call::Verb(verb, format!("{}end¦\n", header(rig)).replace(SIGN, &US.to_string()))
}

fn header(rig: &Rig) -> String {
    format!("id¦{ID}¦\nstate¦{}¦\nwait¦2¦\n", rig.at(STATE))
}

fn octal(mode: u32) -> String {
    format!("{mode:04o}")
}

fn name(uid: u32) -> String {
    known("/etc/passwd", uid)
}

fn group(gid: u32) -> String {
    known("/etc/group", gid)
}

fn known(file: &str, number: u32) -> String {
    let text = std::fs::read_to_string(Path::new(file)).unwrap_or_default();
    let line = text.lines().find(|line| line.split(':').nth(2) == Some(&number.to_string()));
    line.and_then(|line| line.split(':').next()).map_or_else(|| number.to_string(), str::to_owned)
}

/// What the host remembers before: all is well with it; another zdt wrote it; it is damaged; there is nothing yet.
fn memory(kind: Kind) -> Option<String> {
    let text = match kind {
        Kind::Changed => format!("2\n/etc/nginx/mode¦file¦aa¦0600¦¦¦role¦=¦=¦no¦SIGNED¦\n{KEPT}\nend\n"),
        Kind::Deleted => format!("1\n{KEPT}\n"),
        Kind::Elsewhere => format!("2\n{KEPT}\n/half a li¦end\nend\n"),
        Kind::Created | Kind::All => return None,
    };
    Some(text.replace(SIGN, &US.to_string()))
}

const KEPT: &str = "/kept¦file¦aa¦0600¦¦¦role¦=¦=¦no¦SIGNED¦";

impl Scenario {
    /// What the host must remember afterwards, and what of before must be set aside.
    pub fn remembered(&self) -> (Vec<String>, Option<String>) {
        let mut lines: Vec<String> = vec!["2".to_owned()];
        for (path, put) in &self.entries {
            let kind = match put {
                Put::File(..) => "file",
                Put::Directory(_) => "directory",
                Put::Link(_) => "link",
                Put::Mode(_) => "attributes",
                Put::Remove => continue,
            };
            lines.push(format!("/{path}¦{kind}¦").replace(SIGN, &US.to_string()));
        }
        if self.kind == Kind::Changed {
            lines.push(KEPT.replace(SIGN, &US.to_string()));
        }
        lines.push("end".to_owned());
        (lines, memory(self.kind).filter(|_| self.kind != Kind::Changed))
    }
}

/// A host with something of each kind on it.
fn host() -> World {
    let mut world = World::default();
    let me = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    // Whoever may give files away does: then owners must come back too.
    let other = if me.0 == 0 { (1, 1) } else { me };
    let mut add = |path: &str, what: What, mode: u32, owner: (u32, u32)| {
        let old = matches!(what, What::File(_));
        world.0.insert(path.to_owned(), Node { what, mode, uid: owner.0, gid: owner.1, old });
    };
    for folder in [
        "host",
        "host/loaded",
        "host/proc",
        "host/proc/10",
        "host/proc/10/task",
        "host/proc/10/task/10",
        "host/proc/100",
        "host/proc/101",
        "host/timers",
        "host/units",
        "root",
        "root/etc",
        "root/etc/nginx",
        "root/etc/nginx/conf.d",
        "root/etc/nginx/empty",
        "root/etc/systemd",
        "root/etc/systemd/system",
        "root/etc/systemd/system/known.d",
        "root/etc/systemd/system/sysinit.target.wants",
        "root/srv",
        "root/srv/shared",
        "root/var",
        "root/var/lib",
    ] {
        add(folder, What::Directory, 0o755, if folder.ends_with("shared") { other } else { me });
    }
    let file = |text: &str| What::File(Content::of(text.as_bytes()));
    add("root/etc/nginx/nginx.conf", file("main\n"), 0o644, me);
    add("root/etc/nginx/conf.d/app.conf", file("old app\n"), 0o644, other);
    add("root/etc/nginx/mode", file("mode\n"), 0o600, other);
    add("root/etc/nginx/gone", file("gone\n"), 0o640, other);
    add("root/etc/nginx/link", What::Link("nginx.conf".to_owned()), 0o777, other);
    add("root/etc/nginx/replaced", What::Link("mode".to_owned()), 0o777, me);
    add("root/etc/systemd/system/app.service", file("[Service]\n"), 0o644, me);
    add("root/etc/systemd/system/known.d/10.conf", file("known\n"), 0o644, me);
    add("root/srv/shared/env", file("A=0\n"), 0o640, other);
    services::start(&mut world);
    world
}
