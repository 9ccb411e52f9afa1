/// What zdt last left at a path, as the host remembers it; and what it takes to take the path away again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppliedPath {
    pub path: String,
    /// As `PathSeen::kind`; `gone` in a manifest: the path is to be forgotten.
    pub kind: String,
    /// A file's SHA-256 or a link's target in base64; empty otherwise.
    pub detail: String,
    pub mode: String,
    pub owner: String,
    pub group: String,
    /// The role that wanted it.
    pub role: String,
    /// The handlers that make a change of the path take effect, and the checks, as text of the writer's own.
    pub handlers: String,
    pub checks: String,
}
