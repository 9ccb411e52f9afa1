use std::process::Output;

/// What a run of zdt said.
pub struct Ran {
    pub what: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: &Output, what: String) -> Self {
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Self { what, code: output.status.code(), stdout, stderr }
    }

    #[track_caller]
    pub fn ended_with(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{}", self.all());
        self
    }

    /// Not done, and said so: not success, not "changes pending", not wrong usage, not a bug.
    #[track_caller]
    pub fn refused(&self) -> &Self {
        assert!(matches!(self.code, Some(3..=6)), "{}", self.all());
        self
    }

    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        let all = self.all();
        // Reports may wrap a line anywhere between words.
        let flat = all.split_whitespace().filter(|word| !["│", "|"].contains(word)).collect::<Vec<_>>().join(" ");
        assert!(flat.to_lowercase().contains(&words.to_lowercase()), "`{words}` is missing in\n{all}");
        self
    }

    pub fn all(&self) -> String {
        format!("{} ended with {:?}\n-- stdout\n{}\n-- stderr\n{}", self.what, self.code, self.stdout, self.stderr)
    }
}
