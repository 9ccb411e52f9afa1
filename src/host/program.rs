/// A fixed POSIX shell text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    pub name: &'static str,
    parts: &'static [&'static str],
}

impl Program {
    /// Looks at a host: the verb `observe`.
    pub const OBSERVE: Program = Program {
        name: "observe",
        parts: &[
            include_str!("units.sh"),
            include_str!("observe.sh"),
            include_str!("services.sh"),
            include_str!("facts.sh"),
        ],
    };

    /// The facts about what runs: for `OBSERVE`, where one looks for drift.
    pub const RUNNING: Program = Program {
        name: "running",
        parts: &[include_str!("running.sh"), include_str!("cluster.sh"), include_str!("puma_stats.sh")],
    };

    /// What app servers tell of themselves: the verb `stats`. It needs `RUNNING` started before it.
    pub const STATS: Program = Program { name: "stats", parts: &[include_str!("units.sh"), include_str!("stats.sh")] };

    /// The facts that only rules ask: for `OBSERVE` and `RUNNING`, where one looks for traps.
    pub const TRAPS: Program = Program {
        name: "traps",
        parts: &[
            include_str!("traps.sh"),
            include_str!("traps_puma.sh"),
            include_str!("traps_unit.sh"),
            include_str!("traps_nginx.sh"),
        ],
    };

    /// What an existing server runs: the verb `import`. It needs `OBSERVE`, `RUNNING` and `TRAPS` started before it.
    pub const IMPORT: Program = Program {
        name: "import",
        parts: &[include_str!("import.sh"), include_str!("import_units.sh"), include_str!("import_puma.sh")],
    };

    /// Who may have changed a path, and when: the verb `hints`.
    pub const HINTS: Program = Program { name: "hints", parts: &[include_str!("hints.sh")] };

    /// Checks candidates in a private mount namespace: the verb `preflight`.
    pub const PREFLIGHT: Program = Program {
        name: "preflight",
        parts: &[include_str!("words.sh"), include_str!("manifest.sh"), include_str!("preflight.sh")],
    };

    /// Transactions: the verbs `run`, `recover`, `confirm`, `revert`, `follow`, `history` and `saved`. It needs `PREFLIGHT`
    /// started before it.
    pub const RUN: Program = Program {
        name: "run",
        parts: &[
            include_str!("transaction.sh"),
            include_str!("units.sh"),
            include_str!("recovery.sh"),
            include_str!("verbs.sh"),
            include_str!("stage.sh"),
            include_str!("checks.sh"),
            include_str!("swap.sh"),
            include_str!("handlers.sh"),
            include_str!("cluster.sh"),
            include_str!("puma_signal.sh"),
            include_str!("puma.sh"),
            include_str!("socket.sh"),
            include_str!("roll.sh"),
            include_str!("roll_back.sh"),
            include_str!("workers.sh"),
            include_str!("trial_unit.sh"),
            include_str!("trial.sh"),
            include_str!("unit_start.sh"),
            include_str!("witness.sh"),
            include_str!("witness_client.sh"),
            include_str!("puma_stats.sh"),
        ],
    };

    /// What a session needs before any other program: the loop that reads requests.
    const SESSION: Program =
        Program { name: "session", parts: &[include_str!("words.sh"), include_str!("session.sh")] };

    /// The text to send: without comments and indentation, for a shell reads a pipe byte by byte.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in self.parts.iter().flat_map(|part| part.lines()) {
            let line = line.trim_start_matches([' ', '\t']);
            if !line.is_empty() && !line.starts_with('#') {
                text.push_str(line);
                text.push('\n');
            }
        }
        text
    }

    /// The text with which a session begins. Its first line of input is the separator of words, US; every program then
    /// comes as a `load`, for the one that runs in a private namespace needs its own text.
    pub fn session() -> String {
        format!("{}serve\n", Program::SESSION.text())
    }

    /// The request that gives a session this program: its length, itself, its end mark.
    pub fn load(&self) -> String {
        let text = self.text();
        format!("load {}\n{text}#end\n", text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Program;

    #[test]
    fn a_program_is_as_long_for_a_shell_as_for_us() {
        // `${#text}` counts characters where a shell knows any but bytes.
        for program in [
            Program::OBSERVE,
            Program::RUNNING,
            Program::STATS,
            Program::TRAPS,
            Program::IMPORT,
            Program::HINTS,
            Program::PREFLIGHT,
            Program::RUN,
        ] {
            assert!(program.text().is_ascii(), "{}", program.name);
        }
    }
}
