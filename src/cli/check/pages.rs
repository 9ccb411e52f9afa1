use include_dir::{Dir, include_dir};

static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/docs/check");

/// The page of rule `id`.
pub fn page(id: &str) -> Option<&'static str> {
    PAGES.get_file(format!("{id}.md"))?.contents_utf8()
}

pub fn ids() -> Vec<&'static str> {
    PAGES.files().filter_map(|file| file.path().file_stem()?.to_str()).collect()
}
