use crate::engine::Problem;
use crate::engine::rolling::{InService, Ramp, Size, Wish, Wishes};
use crate::inventory::{Fault, Found, Inventory, Origin, Variable, Variables};
use crate::yaml::{Data, Node};

/// A day: longer than anybody waits between two batches.
pub const LONGEST_PAUSE: u64 = 86_400;
const MINIMUM: &str = "zdt_min_in_service";

/// What the variables of `host` say of how a run goes; every fault of them at once.
pub fn read(inventory: &Inventory, host: &str, variables: &Variables) -> Result<Wishes, Vec<Problem>> {
    let mut reader = Reader { variables, problems: Vec::new() };
    let wishes = Wishes {
        batch: reader.wish("zdt_batch", ramp, "a number of hosts, a percent, or several of them: `1, 5, 25%`"),
        pause: reader.wish("zdt_pause", pause, "a number of seconds, a day at most"),
        max_failures: reader.wish("zdt_max_failures", size, "a number of hosts, or a percent"),
        in_service: reader.in_service(inventory, host),
    };
    if reader.problems.is_empty() { Ok(wishes) } else { Err(reader.problems) }
}

struct Reader<'a> {
    variables: &'a Variables,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn wish<T>(&mut self, name: &str, read: fn(&Node) -> Option<T>, expected: &'static str) -> Option<Wish<T>> {
        let variable = self.variables.get(name)?.clone();
        self.resolved(name, &variable, read, expected)
    }

    /// `variable` as the value of `name`.
    fn resolved<T>(
        &mut self,
        name: &str,
        variable: &Variable,
        read: fn(&Node) -> Option<T>,
        expected: &'static str,
    ) -> Option<Wish<T>> {
        let resolved = match self.variables.clone().with(name, variable.clone()).resolve(name) {
            Ok(resolved) => resolved?,
            Err(fault) => {
                self.problems.push(Problem::Inventory(fault));
                return None;
            }
        };
        let (value, at) = (read(&resolved.node), &resolved.node.span);
        if value.is_none() {
            let found = match resolved.node.as_str() {
                Some(text) => Found::Text(text.to_owned()),
                None => Found::Other(resolved.node.describe()),
            };
            let fault = Fault::BadValue { at: at.clone(), variable: name.to_owned(), found, expected };
            self.problems.push(Problem::Inventory(fault));
        }
        Some(Wish { value: value?, place: at.place() })
    }

    /// Every group that sets it keeps its own, for a group within another does not free the outer one. `-e` is over all
    /// of them.
    fn in_service(&mut self, inventory: &Inventory, host: &str) -> Vec<InService> {
        let Some(winner) = self.variables.get(MINIMUM).cloned() else { return Vec::new() };
        let set = match &winner.origin {
            Origin::Host | Origin::HostVars(_) => {
                self.problems.push(Problem::NotOfGroup { span: winner.node.span });
                return Vec::new();
            }
            Origin::Extra => vec![("all", &winner)],
            _ => inventory.set_by_groups(host, MINIMUM).collect(),
        };
        let mut found = Vec::new();
        for (group, variable) in set {
            let expected = "a number of hosts, or a percent of its group";
            if let Some(Wish { value, .. }) = self.resolved(MINIMUM, variable, size, expected) {
                let size = inventory.hosts_of(group).len();
                found.push(InService { group: group.to_owned(), size, keep: value.at_least(size) });
            }
        }
        found
    }
}

/// A number as YAML has it, or a text.
fn size(node: &Node) -> Option<Size> {
    match &node.data {
        Data::Int(_) | Data::String(_) => Size::parse(&node.text()),
        _ => None,
    }
}

fn ramp(node: &Node) -> Option<Ramp> {
    match &node.data {
        Data::List(sizes) => sizes.iter().map(size).collect::<Option<Vec<_>>>().and_then(Ramp::of),
        Data::Int(_) | Data::String(_) => Ramp::parse(&node.text()),
        _ => None,
    }
}

fn pause(node: &Node) -> Option<u64> {
    match size(node)? {
        Size::Hosts(seconds) => u64::try_from(seconds).ok().filter(|seconds| *seconds <= LONGEST_PAUSE),
        Size::Percent(_) => None,
    }
}
