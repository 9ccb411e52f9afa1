use super::fault::{Fault, Namespace};
use super::library::Library;
use crate::source::Span;
use crate::yaml::{Data, Node};

/// One entry of `zdt_roles`.
#[derive(Debug)]
pub struct Selected {
    pub role: String,
    pub span: Span,
    /// What the entry itself gives to params: it wins over the host's variables.
    pub arguments: Vec<(Node, Node)>,
}

/// Reads `zdt_roles`: role names, or a mapping of one role's name to its params.
pub fn read(node: &Node, library: &Library, faults: &mut Vec<Fault>) -> Vec<Selected> {
    let Some(items) = node.as_list() else {
        faults.push(Fault::SelectionShape { at: node.span.clone(), found: node.describe() });
        return Vec::new();
    };
    let mut selected = Vec::new();
    for item in items {
        let (key, arguments) = match &item.data {
            Data::String(_) => (item, Vec::new()),
            Data::Map(entries) => match &entries[..] {
                [(key, value)] => match &value.data {
                    Data::Map(arguments) => (key, arguments.to_vec()),
                    Data::Null => (key, Vec::new()),
                    _ => {
                        faults.push(Fault::SelectionShape { at: value.span.clone(), found: value.describe() });
                        continue;
                    }
                },
                _ => {
                    faults.push(Fault::SelectionShape { at: item.span.clone(), found: item.describe() });
                    continue;
                }
            },
            _ => {
                faults.push(Fault::SelectionShape { at: item.span.clone(), found: item.describe() });
                continue;
            }
        };
        let role = key.text();
        if library.get(&role).is_none() {
            let known = library.names().map(str::to_owned).collect();
            faults.push(Fault::UnknownKind { at: key.span.clone(), what: Namespace::Role, name: role, known });
            continue;
        }
        selected.push(Selected { role, span: key.span.clone(), arguments });
    }
    selected
}
