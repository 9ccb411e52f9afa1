//! What a user types and reads: the transcripts in `tests/transcripts`, in README and in `docs/` are run as they stand.
//! After an intended change: `TRYCMD=overwrite cargo test --test transcripts`, and read the difference.

#[test]
fn transcripts_are_true() {
    // README, `docs/rollback.md`, `docs/drift.md` and `docs/saved-plans.md` tell of a first run; what an earlier one left would make it a
    // second.
    for sandbox in ["sandbox", "rollback", "shop", "drift", "rolling"] {
        let sandbox = format!("{}/target/{sandbox}", env!("CARGO_MANIFEST_DIR"));
        if let Err(error) = std::fs::remove_dir_all(&sandbox) {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{sandbox}: {error}");
        }
    }
    // Sandboxes lie beside their inventory, and these shall not lie in `docs`.
    let (docs, rolling) = ["docs/rolling.yml", "target/rolling"]
        .map(|path| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .into();
    std::fs::create_dir_all(&rolling).expect("a folder");
    std::fs::copy(docs, rolling.join("inventory.yml")).expect("a copy");
    trycmd::TestCases::new()
        // Somebody who edits by hand.
        .register_bin("sed", std::path::PathBuf::from("/bin/sed"))
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        // The key of saved plans is not that of whoever runs the tests.
        .env("XDG_STATE_HOME", concat!(env!("CARGO_MANIFEST_DIR"), "/target/state"))
        .case("README.md")
        .case("docs/*.md")
        .case("tests/transcripts/*.trycmd");
}
