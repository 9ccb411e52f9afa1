use super::upstream::Way;
use super::{App, Note, Seen, puma};

/// What the variables are to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The app as it is, to be brought to the guide.
    Guide,
    /// The app as it is, and as it is to stay.
    AsIs,
}

/// A server in the variables of zdt's roles.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Adopted {
    pub apps: Vec<App>,
    pub notes: Vec<Note>,
}

/// Makes apps of what a server told.
pub fn adopt(seen: &Seen, keep: Keep) -> Adopted {
    let mut adopted = Adopted::default();
    let notes = &mut adopted.notes;
    let nginx = seen.of("nginx");
    if let Some(why) = nginx.one("untold") {
        notes.push(Note::untold("nginx", why));
    }
    if nginx.has("absent") {
        notes.push(Note::not_mapped("nginx", "the program `nginx` is not there"));
    }
    for (manager, told) in seen.managers() {
        if let Some(why) = told.one("untold") {
            let about = if manager == "system" { "systemd".to_owned() } else { format!("systemd of {manager}") };
            notes.push(Note::untold(about, why));
        }
    }
    let way = Way::of(&nginx);
    for told in seen.pumas() {
        let taken: Vec<String> = adopted.apps.iter().map(|app| app.name.clone()).collect();
        adopted.apps.extend(puma::app(told, (&way, &nginx), keep, &taken, notes));
    }
    if seen.pumas().next().is_none() {
        notes.push(Note::not_mapped("systemd", "no service that runs Puma was found"));
    }
    // An upstream that leads to no Puma is somebody else's, unless it leads to a socket that looks like one's.
    let led =
        |name: &str| adopted.apps.iter().any(|app| app.value("nginx_upstream_name").is_some_and(|value| value == name));
    for upstream in way.upstreams.iter().filter(|upstream| !led(&upstream.name)) {
        let about = format!("upstream {}", upstream.name);
        if notes.iter().all(|note| note.about != about) {
            let text = format!(
                "it leads to {} ({}): no Puma of this server listens there alone",
                upstream.addresses().join(", "),
                upstream.place
            );
            notes.push(Note::not_mapped(about, text));
        }
    }
    notes.sort_by_key(|note| note.matter);
    adopted
}
