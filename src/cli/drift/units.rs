use std::ffi::OsString;
use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::str::FromStr;

use crate::report::printable;

/// The first line of every unit file that is ours to replace.
const MARK: &str = "# Written by `zdt drift --install-timer`; `--remove-timer` takes it away.";

/// How often a look is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Every {
    minutes: u32,
}

const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;

impl FromStr for Every {
    type Err = String;

    fn from_str(text: &str) -> Result<Every, String> {
        let wrong = || "a number and `m`, `h` or `d`, such as `15m`".to_owned();
        let at = text.len().checked_sub(1).filter(|at| text.is_char_boundary(*at)).ok_or_else(wrong)?;
        let (number, unit) = text.split_at(at);
        let unit = match unit {
            "m" => 1,
            "h" => HOUR,
            "d" => DAY,
            _ => return Err(wrong()),
        };
        let number: u32 = number.parse().map_err(|_| wrong())?;
        let minutes = number.checked_mul(unit).filter(|minutes| (1..=DAY).contains(minutes));
        let minutes = minutes.ok_or("between a minute and a day")?;
        let fits = minutes < HOUR && HOUR.is_multiple_of(minutes)
            || minutes.is_multiple_of(HOUR) && DAY.is_multiple_of(minutes);
        if fits { Ok(Every { minutes }) } else { Err("a time that divides an hour or a day evenly".to_owned()) }
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minutes {
            1 => f.write_str("every minute"),
            HOUR => f.write_str("every hour"),
            DAY => f.write_str("every day"),
            minutes if minutes < HOUR => write!(f, "every {minutes} minutes"),
            minutes => write!(f, "every {} hours", minutes / HOUR),
        }
    }
}

/// The lines for `crontab -e`. The minute follows from the words: not all the crontabs of the world begin at nought.
pub(super) fn crontab(words: &[OsString], every: Every) -> Option<String> {
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    let minute = |below: u32| u32::try_from(hasher.finish() % u64::from(below)).unwrap_or_default();
    let when = match every.minutes {
        1 => "* * * * *".to_owned(),
        minutes if minutes < HOUR => format!("{}-59/{minutes} * * * *", minute(minutes)),
        HOUR => format!("{} * * * *", minute(HOUR)),
        DAY => format!("{} 5 * * *", minute(HOUR)),
        minutes => format!("{} */{} * * *", minute(HOUR), minutes / HOUR),
    };
    let words: Option<Vec<&str>> = words.iter().map(|word| word.to_str()).collect();
    let command = shlex::try_join(words?).ok()?;
    // cron takes a bare percent sign for the end of the line, within quotes too.
    let command = command.replace('%', "\\%");
    Some(format!(
        "# What is printed is mailed to MAILTO: nothing while all is in sync.\n\
         # 2 is drift, 4 a host that could not be looked at.\n{when} {command}\n"
    ))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The machine's own, run as root.
    System,
    /// The user's.
    User,
}

/// A look that systemd takes again and again.
#[derive(Debug)]
pub(super) struct Timer {
    pub name: String,
    /// Absolute.
    pub inventory: PathBuf,
    pub words: Vec<OsString>,
    pub every: Every,
    /// Seconds.
    pub splay: u64,
    pub deadline: Option<u64>,
    pub scope: Scope,
    /// Folders of the files that it writes.
    pub writes: Vec<PathBuf>,
}

impl Timer {
    /// What makes a unit ours, and this inventory's: others of the same name have the same file.
    fn head(&self) -> String {
        format!("{MARK}\n# Inventory: {}\n", self.inventory.display())
    }

    /// Who has the file with this `text`, if not this timer.
    pub fn owner(&self, text: &str) -> Option<String> {
        if text.starts_with(&self.head()) {
            return None;
        }
        let rest = text.strip_prefix(MARK).and_then(|rest| rest.trim_start().strip_prefix("# Inventory: "));
        Some(rest.and_then(|rest| rest.lines().next()).map_or_else(
            || "was not written by zdt".to_owned(),
            |inventory| format!("is the timer of {}", printable(inventory)),
        ))
    }

    pub fn service(&self) -> String {
        let Timer { name, words, scope, .. } = self;
        let mut text = format!("{}[Unit]\nDescription=Look for drift with zdt ({name})\n", self.head());
        // A user's systemd knows nothing of the machine's network.
        if *scope == Scope::System {
            put(&mut text, "Wants=network-online.target\nAfter=network-online.target");
        }
        put(&mut text, "\n[Service]\nType=oneshot");
        let command: Vec<String> = words.iter().map(|word| argument(&word.to_string_lossy())).collect();
        // A connection that is kept would die with the service anyway.
        put(&mut text, &format!("ExecStart={} --keep 0", command.join(" ")));
        put(&mut text, "# 2 is drift, 4 a host that could not be looked at: both show as a failed unit.");
        put(&mut text, &format!("TimeoutStartSec={}", self.deadline.map_or(3600, |seconds| seconds + 60)));
        put(&mut text, "Nice=10\nIOSchedulingClass=best-effort\nIOSchedulingPriority=7");
        if *scope == Scope::User {
            return text;
        }
        put(&mut text, &format!("User=root\nStateDirectory={name}\nStateDirectoryMode=0700\nRuntimeDirectory={name}"));
        put(&mut text, "RuntimeDirectoryMode=0700");
        put(&mut text, &format!("Environment=XDG_STATE_HOME=%S/{name} XDG_RUNTIME_DIR=%t/{name}"));
        // It only looks. /tmp stays as it is for hosts with a local connection; so do all capabilities, for it asks Puma
        // as Puma's own user.
        put(&mut text, "ProtectSystem=strict\nProtectHome=read-only\nReadWritePaths=/tmp");
        // Where one is not there, zdt says so better than systemd would.
        for folder in &self.writes {
            put(&mut text, &format!("ReadWritePaths={}", quoted(&format!("-{}", folder.to_string_lossy()))));
        }
        if words.iter().any(|word| word == "--host-keys=accept-new") {
            put(&mut text, "ReadWritePaths=-/root/.ssh");
        }
        put(
            &mut text,
            "NoNewPrivileges=yes\nLockPersonality=yes\nPrivateDevices=yes\nProtectClock=yes\nProtectControlGroups=yes\n\
             ProtectHostname=yes\nProtectKernelLogs=yes\nProtectKernelModules=yes\nProtectKernelTunables=yes\n\
             RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK\nRestrictRealtime=yes\nRestrictSUIDSGID=yes\n\
             SystemCallArchitectures=native\nSystemCallErrorNumber=EPERM\nSystemCallFilter=@system-service",
        );
        text
    }

    pub fn timer(&self) -> String {
        let when = match self.every.minutes {
            minutes if minutes < HOUR => format!("*:0/{minutes}"),
            DAY => "05:00".to_owned(),
            HOUR => "hourly".to_owned(),
            minutes => format!("0/{}:00", minutes / HOUR),
        };
        let mut text =
            format!("{}[Unit]\nDescription=Look for drift with zdt, {}\n\n[Timer]\n", self.head(), self.every);
        put(&mut text, &format!("OnCalendar={when}\nRandomizedDelaySec={}", self.splay));
        put(&mut text, "# A look that was missed while the machine was off is taken once it is on.\nPersistent=true");
        text.push_str("\n[Install]\nWantedBy=timers.target\n");
        text
    }
}

fn put(text: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{line}");
}

/// A word of a command as systemd reads it: variables stand for themselves.
fn argument(word: &str) -> String {
    quoted(&word.replace('$', "$$"))
}

/// A word as systemd reads it: quoted where it must be, and nothing in it expands.
fn quoted(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=@:,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) { escaped } else { format!("\"{escaped}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(text: &str) -> Every {
        text.parse().unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn only_what_a_crontab_can_say_is_taken() {
        for text in ["1m", "15m", "30m", "1h", "2h", "12h", "1d", "24h", "60m"] {
            every(text);
        }
        for text in ["", "m", "0m", "7m", "90m", "5h", "2d", "15", "15s", "-1m", "1é", "99999999999h"] {
            assert!(text.parse::<Every>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_crontab_line_is_one_line_that_cron_and_sh_read_as_it_was_meant() {
        let line = crontab(&words(&["/usr/bin/zdt", "drift", "/a b/in'v%d.yml"]), every("15m")).expect("a line");
        let line = line.lines().last().expect("a line");
        let (when, command) = line.split_once(" /").expect("a command");
        let (minute, rest) = when.split_once('-').expect("a range");
        assert!(minute.parse::<u32>().is_ok_and(|minute| minute < 15), "{line}");
        assert_eq!(rest, "59/15 * * * *");
        let read = shlex::split(&format!("/{}", command.replace("\\%", "%")));
        assert_eq!(read.expect("words"), ["/usr/bin/zdt", "drift", "/a b/in'v%d.yml"]);
    }

    #[test]
    fn nothing_in_a_word_expands_in_a_unit() {
        assert_eq!(quoted("/etc/zdt/a.yml"), "/etc/zdt/a.yml");
        assert_eq!(argument("a b$c%d\"e\\"), "\"a b$$c%%d\\\"e\\\\\"");
        // A path is no command: a dollar in it is nothing special.
        assert_eq!(quoted("/a$b"), "\"/a$b\"");
        assert_eq!(quoted(""), "\"\"");
    }

    fn timer(inventory: &str) -> Timer {
        Timer {
            name: "zdt-drift-x".to_owned(),
            inventory: PathBuf::from(inventory),
            words: words(&["zdt"]),
            every: every("15m"),
            splay: 60,
            deadline: None,
            scope: Scope::System,
            writes: Vec::new(),
        }
    }

    #[test]
    fn a_unit_belongs_to_one_inventory() {
        let (ours, theirs) = (timer("/a/shop.yml"), timer("/b/shop.yml"));
        for text in [ours.service(), ours.timer()] {
            assert_eq!(ours.owner(&text), None);
            assert_eq!(theirs.owner(&text), Some("is the timer of /a/shop.yml".to_owned()));
        }
        assert_eq!(ours.owner("[Unit]\n"), Some("was not written by zdt".to_owned()));
        assert_eq!(ours.owner(""), Some("was not written by zdt".to_owned()));
    }

    #[test]
    fn a_unit_says_nothing_that_its_systemd_does_not_know() {
        let writes = vec![PathBuf::from("/m/a b$c%d")];
        let system = Timer { writes: writes.clone(), ..timer("/a.yml") }.service();
        assert!(system.contains("\nReadWritePaths=\"-/m/a b$c%%d\"\n"), "{system}");
        assert!(system.contains("\nAfter=network-online.target\n"), "{system}");
        let user = Timer { writes, scope: Scope::User, ..timer("/a.yml") }.service();
        for word in ["network", "ReadWritePaths", "User="] {
            assert!(!user.contains(word), "{user}");
        }
    }

    #[test]
    fn each_time_has_a_calendar() {
        let timer = |text| Timer { every: every(text), ..timer("/a.yml") };
        for (text, calendar) in
            [("1m", "*:0/1"), ("15m", "*:0/15"), ("1h", "hourly"), ("6h", "0/6:00"), ("1d", "05:00")]
        {
            let said = timer(text).timer();
            assert!(said.contains(&format!("OnCalendar={calendar}\nRandomizedDelaySec=60\n")), "{said}");
        }
    }
}
