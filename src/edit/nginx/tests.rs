mod edits;
mod faults;
mod trees;

/// What the role writes, all of it.
const OURS: &str = "\
# Written by zdt.
upstream shop {
    # Twice on purpose.
    server unix:/run/shop.sock max_fails=0 fail_timeout=0;
    server unix:/run/shop.sock max_fails=0 fail_timeout=0;
    # POSTs fail on kept connections.
    keepalive 0;
}
";

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
