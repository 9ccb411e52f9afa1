use super::fragment::Fragment;
use super::tree::Tree;
use super::{upstream, word};
use crate::edit::{Fault, Text};

/// Of `whole`, what `fragment` speaks about, each directive in its one spelling on a line: what is alike for nginx is
/// alike here.
pub fn part(whole: &[u8], fragment: &[u8]) -> Result<Vec<u8>, Fault> {
    let fragment = Fragment::parse(fragment)?;
    let tree = Tree::parse(whole, Text::Whole)?;
    let owns = fragment.owned.of(&tree, upstream::named(&tree, &fragment.name)?)?;
    let mut text = [b"upstream ".as_slice(), &word::spelled(&fragment.name), b" {\n"].concat();
    for directive in owns.servers.iter().chain(&owns.others) {
        text.extend(b"    ");
        text.extend(upstream::spelled(directive));
        text.push(b'\n');
    }
    text.extend(b"}\n");
    Ok(text)
}
