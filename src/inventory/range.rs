//! `web[01:20]`, `[a:f]`, `[1:10:2]`: Ansible's host ranges, several in one name too.

use super::fault::RangeProblem;

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

#[derive(Debug, PartialEq, Eq)]
pub enum Problem {
    Range(RangeProblem),
    TooMany,
}

/// Every name that `pattern` stands for, at most `limit`.
pub fn expand(pattern: &str, limit: usize) -> Result<Vec<String>, Problem> {
    let mut done = vec![String::new()];
    let mut rest = pattern;
    while let Some(open) = rest.find('[') {
        let form = Problem::Range(RangeProblem::Form);
        let Some(length) = rest[open..].find(']') else { return Err(form) };
        if rest[..open].contains(']') {
            return Err(form);
        }
        let members = members(&rest[open + 1..open + length], limit)?;
        if done.len().saturating_mul(members.len()) > limit {
            return Err(Problem::TooMany);
        }
        let head = &rest[..open];
        done =
            done.iter().flat_map(|front| members.iter().map(move |member| format!("{front}{head}{member}"))).collect();
        rest = &rest[open + length + 1..];
    }
    if rest.contains(']') {
        return Err(Problem::Range(RangeProblem::Form));
    }
    for name in &mut done {
        name.push_str(rest);
    }
    Ok(done)
}

/// What stands between the brackets, as a list.
fn members(text: &str, limit: usize) -> Result<Vec<String>, Problem> {
    let bounds: Vec<&str> = text.split(':').collect();
    let (begin, end, step) = match bounds[..] {
        [begin, end] => (begin, end, "1"),
        [begin, end, step] => (begin, end, step),
        _ => return Err(Problem::Range(RangeProblem::Form)),
    };
    let begin = if begin.is_empty() { "0" } else { begin };
    if end.is_empty() {
        return Err(Problem::Range(RangeProblem::NoEnd));
    }
    let step = number(step).filter(|&step| step > 0).ok_or(Problem::Range(RangeProblem::Step))?;
    let (first, last, name): (u64, u64, Box<dyn Fn(u64) -> String>) = match (letter(begin), letter(end)) {
        (Some(first), Some(last)) => {
            let letters = LETTERS.as_bytes();
            (
                first,
                last,
                Box::new(move |at| {
                    letters.get(usize::try_from(at).unwrap_or(0)).map_or('?', |&byte| byte.into()).to_string()
                }),
            )
        }
        _ => {
            let (Some(first), Some(last)) = (number(begin), number(end)) else {
                return Err(Problem::Range(RangeProblem::Form));
            };
            let padded = begin.len() > 1 && begin.starts_with('0');
            if padded && begin.len() != end.len() {
                return Err(Problem::Range(RangeProblem::UnequalWidth));
            }
            let width = if padded { begin.len() } else { 0 };
            (first, last, Box::new(move |at| format!("{at:0width$}")))
        }
    };
    if first > last {
        return Err(Problem::Range(RangeProblem::Backwards));
    }
    if (last - first) / step >= limit as u64 {
        return Err(Problem::TooMany);
    }
    let mut names = Vec::new();
    let mut at = first;
    while at <= last {
        names.push(name(at));
        at = at.saturating_add(step);
    }
    Ok(names)
}

fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|&number| number < u64::MAX / 2)
}

fn letter(text: &str) -> Option<u64> {
    if text.len() != 1 { None } else { LETTERS.find(text).map(|at| at as u64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_expand_as_in_ansible() {
        for (pattern, expected) in [
            ("web1", "web1"),
            ("web[1:3]", "web1 web2 web3"),
            ("web[08:11].x", "web08.x web09.x web10.x web11.x"),
            ("[a:c]x", "ax bx cx"),
            ("db[1:10:4]", "db1 db5 db9"),
            ("db[:2]", "db0 db1 db2"),
            ("r[1:2]h[a:b]", "r1ha r1hb r2ha r2hb"),
            ("[y:B]", "y z A B"),
            ("n[5:5]", "n5"),
        ] {
            assert_eq!(expand(pattern, 100).map(|names| names.join(" ")), Ok(expected.to_owned()), "{pattern}");
        }
    }

    #[test]
    fn bad_ranges_are_refused() {
        use RangeProblem::*;
        for (pattern, expected) in [
            ("web[1]", Form),
            ("web[1:2", Form),
            ("web1:2]", Form),
            ("web[1:x]", Form),
            ("web[aa:bb]", Form),
            ("web[1:2:3:4]", Form),
            ("web[1:]", NoEnd),
            ("web[01:100]", UnequalWidth),
            ("web[5:1]", Backwards),
            ("web[c:a]", Backwards),
            ("web[1:5:0]", Step),
            ("web[-1:5]", Form),
        ] {
            assert_eq!(expand(pattern, 1000), Err(Problem::Range(expected)), "{pattern}");
        }
        assert_eq!(expand("w[1:999999999999]", 1000), Err(Problem::TooMany));
        assert_eq!(expand("[1:99][1:99][1:99]", 1000), Err(Problem::TooMany));
    }
}
