use super::sketch::Sketch;
use crate::adopt::{App, Given, RoleEntry};
use crate::role::{Bound, Library};

/// Whether any role at all has a variable of this name.
pub(super) fn is_known(library: &Library, name: &str) -> bool {
    library.roles().any(|role| role.params.iter().any(|param| param.name == name))
}

/// The variables of `given` that `role` takes.
fn taken(library: &Library, role: &str, given: &[Given]) -> Vec<Given> {
    let chain = library.chain(role);
    let takes = |one: &&Given| chain.iter().any(|role| role.params.iter().any(|param| param.name == one.name));
    given.iter().filter(takes).cloned().collect()
}

/// One role of `app` as an entry of its own, with no more than it needs: what its defaults say already is left out. `None`: the role
/// does not take these values.
pub(super) fn entry(library: &Library, app: &App, role: &str, more: &[Given]) -> Option<RoleEntry> {
    let mut all = taken(library, role, &app.given);
    for one in taken(library, role, more) {
        all.retain(|other| other.name != one.name);
        all.push(one);
    }
    let bound = |given: &[Given]| bind_one(library, role, given);
    bound(&all)?;
    let mut index = 0;
    while index < all.len() {
        let mut without = all.clone();
        let one = without.remove(index);
        match (bound(&all), bound(&without)) {
            (Some(with), Some(bare)) if with.param(&one.name) == bare.param(&one.name) => all = without,
            _ => index += 1,
        }
    }
    Some(RoleEntry { role: role.to_owned(), app: app.name.clone(), given: all })
}

fn bind_one(library: &Library, role: &str, given: &[Given]) -> Option<Bound> {
    let entry = RoleEntry { role: role.to_owned(), app: String::new(), given: given.to_vec() };
    Sketch::new(&[], &[entry]).bind(library).ok()
}

/// Of a host with one app, what its roles agree upon becomes the host's own variables.
pub(super) fn shared(library: &Library, roles: &mut [RoleEntry]) -> Vec<Given> {
    let Some(first) = roles.first() else { return Vec::new() };
    if roles.iter().any(|entry| entry.app != first.app) {
        return Vec::new();
    }
    let mut variables: Vec<Given> = Vec::new();
    for entry in roles.iter() {
        for one in entry.given.iter().filter(|one| agreed(library, roles, one)) {
            if !variables.iter().any(|other| other.name == one.name) {
                variables.push(one.clone());
            }
        }
    }
    for entry in roles {
        entry.given.retain(|one| !variables.iter().any(|other| other.name == one.name));
    }
    variables
}

/// Whether every role that takes this variable is given this value.
fn agreed(library: &Library, roles: &[RoleEntry], one: &Given) -> bool {
    let gives = |entry: &RoleEntry| entry.given.iter().any(|other| other.name == one.name && other.value == one.value);
    let takes = |entry: &RoleEntry| !taken(library, &entry.role, std::slice::from_ref(one)).is_empty();
    roles.iter().all(|entry| gives(entry) || !takes(entry))
}
