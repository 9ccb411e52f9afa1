//! What Ansible does once all files are read: everything hangs below `all`, depths are known, `ungrouped` is filled.

use std::collections::HashMap;

use indexmap::IndexSet;

use super::fault::Fault;
use super::model::Inventory;
use crate::source::Span;

pub fn reconcile(inventory: &mut Inventory, faults: &mut Vec<Fault>) {
    root(inventory);
    let found = cycles(inventory);
    if !found.is_empty() {
        faults.extend(found);
        return;
    }
    depths(inventory);
    let parents = parents(inventory);
    ungroup(inventory);
    belong(inventory, &parents);
}

/// Groups without a parent become children of `all`.
fn root(inventory: &mut Inventory) {
    let mut orphans: IndexSet<String> = inventory.groups.keys().filter(|name| *name != "all").cloned().collect();
    for (parent, group) in &inventory.groups {
        for child in group.children.keys().filter(|child| *child != parent) {
            orphans.shift_remove(child);
        }
    }
    if let Some(all) = inventory.groups.get_mut("all") {
        for orphan in orphans {
            all.children.entry(orphan).or_insert(None);
        }
    }
}

/// One fault for each edge that closes a circle.
fn cycles(inventory: &Inventory) -> Vec<Fault> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        Open,
        Done,
    }
    let mut faults = Vec::new();
    let mut marks: HashMap<&str, Mark> = HashMap::new();
    // By hand and not by recursion: a chain of groups may be as long as the file.
    for start in inventory.groups.keys() {
        if marks.contains_key(start.as_str()) {
            continue;
        }
        let mut path: Vec<(&str, usize)> = vec![(start, 0)];
        marks.insert(start, Mark::Open);
        while let Some((name, next)) = path.last_mut() {
            let child = inventory.groups.get(*name).and_then(|group| group.children.get_index(*next));
            *next += 1;
            match child {
                None => {
                    marks.insert(name, Mark::Done);
                    path.pop();
                }
                Some((child, place)) => match marks.get(child.as_str()) {
                    None => {
                        marks.insert(child, Mark::Open);
                        path.push((child, 0));
                    }
                    Some(Mark::Done) => {}
                    Some(Mark::Open) => {
                        let from = path.iter().position(|(name, _)| name == child).unwrap_or(0);
                        let mut groups: Vec<String> = path[from..].iter().map(|(name, _)| (*name).to_owned()).collect();
                        groups.push(child.clone());
                        faults.extend(place.clone().map(|at: Span| Fault::GroupCycle { at, groups }));
                    }
                },
            }
        }
    }
    faults
}

/// The longest way from `all` to each group, in topological order.
fn depths(inventory: &mut Inventory) {
    let mut waiting: HashMap<String, usize> = HashMap::new();
    for group in inventory.groups.values() {
        for child in group.children.keys() {
            *waiting.entry(child.clone()).or_insert(0) += 1;
        }
    }
    let mut ready: Vec<String> = inventory.groups.keys().filter(|name| !waiting.contains_key(*name)).cloned().collect();
    while let Some(name) = ready.pop() {
        let Some(group) = inventory.groups.get(&name) else { continue };
        let below = group.depth + 1;
        let children: Vec<String> = group.children.keys().cloned().collect();
        for child in children {
            if let Some(group) = inventory.groups.get_mut(&child) {
                group.depth = group.depth.max(below);
            }
            if let Some(count) = waiting.get_mut(&child) {
                *count -= 1;
                if *count == 0 {
                    ready.push(child);
                }
            }
        }
    }
}

fn parents(inventory: &Inventory) -> HashMap<String, Vec<String>> {
    let mut parents: HashMap<String, Vec<String>> = HashMap::new();
    for (name, group) in &inventory.groups {
        for child in group.children.keys() {
            parents.entry(child.clone()).or_default().push(name.clone());
        }
    }
    parents
}

/// `ungrouped` holds the hosts that are in no group but `all`, and no others.
fn ungroup(inventory: &mut Inventory) {
    let mut grouped: IndexSet<&str> = IndexSet::new();
    for (name, group) in &inventory.groups {
        if name != "all" && name != "ungrouped" {
            grouped.extend(group.hosts.iter().map(String::as_str));
        }
    }
    let lonely: IndexSet<String> =
        inventory.hosts.keys().filter(|host| !grouped.contains(host.as_str())).cloned().collect();
    if let Some(ungrouped) = inventory.groups.get_mut("ungrouped") {
        ungrouped.hosts = lonely;
    }
}

/// Each host learns its groups, parents included, in the order in which their variables override each other.
fn belong(inventory: &mut Inventory, parents: &HashMap<String, Vec<String>>) {
    let mut direct: HashMap<&str, Vec<&str>> = HashMap::new();
    for (name, group) in &inventory.groups {
        for host in &group.hosts {
            direct.entry(host).or_default().push(name);
        }
    }
    // Many hosts share the same few sets of groups.
    let mut known: HashMap<Vec<&str>, Vec<String>> = HashMap::new();
    let mut belongings: Vec<Vec<String>> = Vec::with_capacity(inventory.hosts.len());
    for host in inventory.hosts.keys() {
        let own = direct.remove(host.as_str()).unwrap_or_default();
        let groups = known.entry(own).or_insert_with_key(|own| {
            let mut all: IndexSet<&str> = own.iter().copied().collect();
            let mut at = 0;
            while let Some(&name) = all.get_index(at) {
                at += 1;
                all.extend(parents.get(name).into_iter().flatten().map(String::as_str));
            }
            all.insert("all");
            let mut sorted: Vec<&str> = all.into_iter().collect();
            sorted.sort_by_key(|name| {
                let group = inventory.groups.get(*name);
                (*name != "all", group.map(|group| (group.depth, group.priority)), *name)
            });
            sorted.into_iter().map(str::to_owned).collect()
        });
        belongings.push(groups.clone());
    }
    for (host, groups) in inventory.hosts.values_mut().zip(belongings) {
        host.groups = groups;
    }
}
