use std::sync::Arc;

use include_dir::{Dir, include_dir};

use crate::source::Source;

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/roles");

/// One file of a role's folder.
#[derive(Debug, Clone)]
pub struct RoleFile {
    pub role: String,
    /// Inside the role's folder: `role.yml`, `templates/puma.rb.tera`.
    pub path: String,
    pub source: Arc<Source>,
    /// Compiled into zdt, not from a `roles/` folder beside the inventory.
    pub built_in: bool,
}

/// The roles that zdt brings with it.
pub fn built_in() -> Vec<RoleFile> {
    let mut files = Vec::new();
    for role in BUILT_IN.dirs() {
        collect(role, &role.path().to_string_lossy(), &mut files);
    }
    files
}

fn collect(dir: &Dir<'_>, role: &str, files: &mut Vec<RoleFile>) {
    for file in dir.files() {
        // Not UTF-8: no role of ours is; the tests read every one.
        let (Ok(path), Some(text)) = (file.path().strip_prefix(role), file.contents_utf8()) else { continue };
        let path = path.to_string_lossy().into_owned();
        let source = Source::new(format!("built-in roles/{role}/{path}"), text);
        files.push(RoleFile { role: role.to_owned(), path, source, built_in: true });
    }
    for inner in dir.dirs() {
        collect(inner, role, files);
    }
}
