use super::Report;
use crate::project::Fault;

impl From<&Fault> for Report {
    fn from(fault: &Fault) -> Report {
        match fault {
            Fault::Missing { path } => Report::new(format!("there is no `{}`", path.display()))
                .help("check the path; relative ones start at the current directory"),
            Fault::NotAFile { path } => Report::new(format!("`{}` is neither a file nor a folder", path.display())),
            Fault::NotUtf8 { path, at } => {
                Report::new(format!("`{}` is not UTF-8: byte {at} is no part of a text", path.display()))
                    .help("convert it, for one with `iconv -f latin1 -t utf-8`")
            }
            Fault::TooLarge { path, limit } => {
                Report::new(format!("`{}` is larger than {} MB", path.display(), limit >> 20))
            }
            Fault::Unreadable { path, cause } => Report::new(format!("`{}` cannot be read: {cause}", path.display())),
            Fault::NoInventoryInFolder { path } => {
                Report::new(format!("the folder `{}` holds no inventory file", path.display()))
                    .help("files that end in `.yml`, `.yaml` or `.json`, or have no ending, are read")
            }
            Fault::Unsupported { path } => {
                Report::new(format!("`{}` is an inventory that zdt does not read", path.display()))
                    .help("zdt reads YAML; `ansible-inventory --list --yaml` prints any inventory as YAML")
            }
            Fault::TooNested { path } => Report::new(format!("`{}` lies too deep", path.display()))
                .help("a link in it may point to a folder above"),
        }
    }
}
