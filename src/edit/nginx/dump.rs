/// One file in what `nginx -T` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Printed<'a> {
    pub path: &'a [u8],
    pub text: &'a [u8],
}

const MARK: &[u8] = b"# configuration file ";

/// The files in what `nginx -T` prints, the main one first. What stands before the first is not nginx's configuration.
///
/// nginx prints each file once, so a second mark of one path is a comment in a file.
pub fn printed(dump: &[u8]) -> Vec<Printed<'_>> {
    let mut marks: Vec<(&[u8], usize, usize)> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let mut at = 0;
    for line in dump.split_inclusive(|&byte| byte == b'\n') {
        let end = at + line.len();
        let name = line.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(b":\n"));
        if let Some(path) = name.filter(|path| !path.is_empty() && seen.insert(*path)) {
            marks.push((path, at, end));
        }
        at = end;
    }
    let ends = marks.iter().skip(1).map(|&(_, start, _)| start).chain([dump.len()]);
    let text = |start: usize, end: usize| {
        let text = &dump[start..end];
        // The newline that nginx adds to every file.
        text.strip_suffix(b"\n").unwrap_or(text)
    };
    marks.iter().zip(ends).map(|(&(path, _, start), end)| Printed { path, text: text(start, end) }).collect()
}
