//! What `systemctl show` printed, one block a unit in the order asked for.

use std::collections::BTreeMap;

use super::{ObserveRequest, UnitSeen};
use crate::resource::unit_parts;

/// `answers`: of each systemd, by whose it is (empty: the system's), whether it could be asked and what it said.
pub(super) fn units(
    request: &ObserveRequest,
    answers: &BTreeMap<String, (bool, Vec<String>)>,
) -> BTreeMap<String, UnitSeen> {
    let none = (false, Vec::new());
    let shown = request.shown_units();
    let seen = |unit: &String| {
        let whose = |unit: &str| unit_parts(unit).0.unwrap_or_default().to_owned();
        let own = whose(unit);
        let (ok, lines) = answers.get(&own).unwrap_or(&none);
        let shown: Vec<&&str> = shown.iter().filter(|other| whose(other) == own).collect();
        let blocks: Vec<&[String]> = lines.split(String::is_empty).filter(|block| !block.is_empty()).collect();
        let at = shown.iter().position(|name| **name == unit);
        match at.and_then(|at| blocks.get(at)) {
            Some(block) if *ok && blocks.len() == shown.len() => unit_seen(block),
            _ if lines.is_empty() => {
                UnitSeen { error: Some("systemctl said nothing".to_owned()), ..UnitSeen::default() }
            }
            _ => {
                let said: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.is_empty()).collect();
                UnitSeen { error: Some(said.join("; ")), ..UnitSeen::default() }
            }
        }
    };
    request.units.iter().map(|unit| (unit.clone(), seen(unit))).collect()
}

fn unit_seen(block: &[String]) -> UnitSeen {
    let mut seen = UnitSeen::default();
    for line in block {
        if let Some((key, value)) = line.split_once('=') {
            if key == "ExecReload" {
                seen.exec_reload.extend(exec_command(value));
            }
            seen.properties.entry(key.to_owned()).or_default().push(value.to_owned());
        }
    }
    seen
}

/// The words of `{ path=/bin/kill ; argv[]=/bin/kill -USR1 $MAINPID ; ignore_errors=no ; … }`, with the `-` of a command
/// whose failure is ignored.
fn exec_command(value: &str) -> Option<String> {
    let (_, rest) = value.split_once("argv[]=")?;
    let (words, flags) = rest.rsplit_once(" ; ignore_errors=")?;
    Some(if flags.starts_with("yes") { format!("-{words}") } else { words.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    /// As systemd 252, 257 and 262 print it.
    #[test]
    fn commands_are_read_in_order_with_their_dash() {
        let seen = unit_seen(&block(
            "Id=puma.service\n\
             ExecReload={ path=/bin/kill ; argv[]=/bin/kill -USR1 $MAINPID ; ignore_errors=no ; start_time=[n/a] ; pid=0 }\n\
             ExecReload={ path=/bin/sh ; argv[]=/bin/sh -c a ; ignore_errors=x b ; ignore_errors=yes ; start_time=[n/a] }",
        ));
        assert_eq!(seen.exec_reload, ["/bin/kill -USR1 $MAINPID", "-/bin/sh -c a ; ignore_errors=x b"]);
        assert_eq!(seen.properties["Id"], ["puma.service"]);
    }

    #[test]
    fn blocks_go_to_their_units_or_none_does() {
        let request = ObserveRequest { units: block("a.service\nb.service"), ..ObserveRequest::default() };
        let of = |ok, text: &str| units(&request, &BTreeMap::from([(String::new(), (ok, block(text)))]));
        let seen = of(true, "Id=a.service\n\nId=b.service");
        assert_eq!(seen["b.service"].properties["Id"], ["b.service"]);
        let no_bus = of(false, "System has not been booted with systemd");
        let short = of(true, "Id=a.service");
        let none = units(&request, &BTreeMap::new());
        for seen in [no_bus, short, none] {
            assert!(seen.values().all(|unit| unit.error.is_some() && unit.properties.is_empty()), "{seen:?}");
        }
    }
    /// What one systemd does not say leaves what another says as good as ever.
    #[test]
    fn each_systemd_is_believed_about_its_own_units() {
        let names = "shop/puma.service\nnginx.service\nblog/puma.service";
        let request = ObserveRequest { units: block(names), ..ObserveRequest::default() };
        let answers = BTreeMap::from([
            (String::new(), (true, block("Id=nginx.service"))),
            ("shop".to_owned(), (true, block("Id=puma.service\nMainPID=7\n"))),
            ("blog".to_owned(), (false, block("no systemd runs for `blog`"))),
        ]);
        let seen = units(&request, &answers);
        assert_eq!(seen["nginx.service"].properties["Id"], ["nginx.service"]);
        assert_eq!(seen["shop/puma.service"].properties["MainPID"], ["7"]);
        assert_eq!(seen["blog/puma.service"].error.as_deref(), Some("no systemd runs for `blog`"));
    }
}
