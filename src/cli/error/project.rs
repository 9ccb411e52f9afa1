use std::path::Path;

use super::{Report, escape};
use crate::project::Fault;

impl From<&Fault> for Report {
    fn from(fault: &Fault) -> Report {
        match fault {
            Fault::Missing { path } => Report::new(format!("there is no {}", whole(path)))
                .help("check the path; relative ones start at the current directory"),
            Fault::DanglingLink { path, to } => {
                Report::new(format!("{} is a link to {}, which is not there", whole(path), whole(to)))
                    .help("mend the link, or remove it")
            }
            Fault::NotAFile { path } => Report::new(format!("{} is neither a file nor a folder", whole(path))),
            Fault::IsFolder { path } => Report::new(format!("{} is a folder, but a file is needed", whole(path))),
            Fault::NotAFolder { path } => Report::new(format!("{} is not a folder", whole(path)))
                .help("zdt reads a folder of that name beside the inventory: move it away, or make it one"),
            Fault::NoExtraFile => Report::new("`-e @` names no file").help("write `-e @vars.yml`, without a blank"),
            Fault::NotUtf8 { path, at, line } => Report::new(format!(
                "{} is not UTF-8: line {line}, byte {at} of the file is no part of a text",
                whole(path)
            ))
            .help("convert it: `iconv -f latin1 -t utf-8` does, if it is Latin-1"),
            Fault::Utf16 { path } => Report::new(format!("{} is UTF-16, but must be UTF-8", whole(path)))
                .help("convert it: `iconv -f utf-16 -t utf-8`"),
            Fault::TooLarge { path, limit } => {
                Report::new(format!("{} is larger than {} MB", whole(path), limit >> 20))
            }
            Fault::Unreadable { path, cause } => Report::new(format!("{} cannot be read: {cause}", whole(path))),
            Fault::NoInventoryInFolder { path } => {
                Report::new(format!("the folder {} holds no inventory file", whole(path)))
                    .help("files that end in `.yml`, `.yaml` or `.json`, or have no ending, are read")
            }
            Fault::Unsupported { path } => {
                Report::new(format!("{} is an inventory that zdt does not read", whole(path)))
                    .help("zdt reads YAML; `ansible-inventory --list --yaml` prints any inventory as YAML")
            }
            Fault::TooNested { path } => {
                Report::new(format!("{} lies too deep", whole(path))).help("a link in it may point to a folder above")
            }
            Fault::RoleYaml { path } => Report::new(format!("{} is not read", whole(path)))
                .help("call it `role.yml`: a role is a folder with a file of exactly that name"),
        }
    }
}

/// A path in backticks, uncut: its end matters most.
fn whole(path: &Path) -> String {
    format!("`{}`", escape(&path.to_string_lossy()))
}
