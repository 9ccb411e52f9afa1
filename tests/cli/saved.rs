//! Saved plans: what stands in the file, who may read and alter it, and what an apply of it does and refuses to do.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::place::{Place, UPSTREAM};

fn saved(place: &Place) -> String {
    place.zdt(&["plan", "inventory.yml", "--out", "plan.json"]).ended_with(2).says("Saved");
    place.read("plan.json")
}

/// Everything but what the user keeps for himself and the plan.
fn boxes(place: &Place) -> Vec<String> {
    place.tree("").into_iter().map(|(path, what)| format!("{} {what}", path.display())).collect()
}

#[test]
fn a_saved_plan_is_applied_without_its_inventory() {
    let place = Place::new();
    let before = boxes(&place);
    saved(&place);
    assert_eq!(fs::metadata(place.path("plan.json")).expect("the plan").permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(place.path("home/zdt/key")).expect("the key").permissions().mode() & 0o777, 0o600);
    fs::rename(place.path("plan.json"), place.path("home/plan")).expect("a move");
    assert_eq!(boxes(&place), before, "planning touched something");
    // What it is named and what became of the inventory count for nothing.
    fs::remove_file(place.path("inventory.yml")).expect("an inventory");
    place.zdt(&["plan", "home/plan"]).ended_with(2).says("No host was looked at").says(UPSTREAM);
    assert!(!place.path("box").exists());
    place
        .zdt(&["apply", "home/plan"])
        .ended_with(0)
        .says("made from `inventory.yml`")
        .says("1 host changed and verified");
    assert!(place.read(&format!("box/{UPSTREAM}")).contains("upstream shop"));
    let applied = place.tree("box");
    place.zdt(&["apply", "home/plan"]).ended_with(0).says("in sync");
    assert_eq!(place.tree("box"), applied, "a second apply of it has changed something");
    place.hosts(&[("box", "")]);
    place.plan().ended_with(0);
}

#[test]
fn what_is_done_is_what_was_saved_whatever_the_inventory_says_by_now() {
    let place = Place::new();
    saved(&place);
    place.hosts(&[("box", "app_name: shed")]);
    place.zdt(&["apply", "plan.json"]).ended_with(0);
    assert!(place.path(&format!("box/{UPSTREAM}")).exists());
    assert!(!place.path("box/etc/nginx/conf.d/shed_upstream.conf").exists());
}

#[test]
fn a_host_whose_world_changed_is_refused_and_the_others_go_on() {
    let place = Place::empty();
    place.hosts(&[("box", ""), ("other", ""), ("third", "")]);
    place.apply().ended_with(0);
    for host in ["box", "other", "third"] {
        place.write(&format!("{host}/{UPSTREAM}"), "as the plan saw it\n");
    }
    saved(&place);
    place.write(&format!("box/{UPSTREAM}"), "by somebody since\n");
    let puma = place.path("third/srv/shop/shared/puma.rb");
    fs::set_permissions(&puma, fs::Permissions::from_mode(0o600)).expect("a mode");
    let before = (place.tree("box"), place.tree("third"));
    let ran = place.zdt(&["apply", "plan.json"]);
    ran.ended_with(3).says("has changed since the plan was made").says("1 host changed and verified, 2 refused");
    for words in ["-as the plan saw it", "+by somebody since", "+upstream shop {", "now: file", "0600"] {
        ran.says(words);
    }
    assert_eq!((place.tree("box"), place.tree("third")), before, "{}", ran.all());
    assert!(place.read(&format!("other/{UPSTREAM}")).contains("upstream shop"));
    let json = place.zdt(&["apply", "plan.json", "--json", "--limit", "box"]);
    let document: serde_json::Value = serde_json::from_str(&json.ended_with(3).stdout).expect("JSON");
    let host = &document["hosts"][0];
    assert_eq!((&host["state"], &host["moved"]), (&"refused".into(), &true.into()));
    let cause = &host["refusals"][0]["cause"];
    assert_eq!(cause["then"]["content"]["text"], "as the plan saw it\n");
    assert_eq!(cause["now"]["content"]["text"], "by somebody since\n");
    assert!(cause["wanted"]["content"]["text"].as_str().is_some_and(|text| text.contains("upstream shop")));
    assert_eq!(document["saved"]["inventory"], "inventory.yml");
}

#[test]
fn hosts_without_a_plan_are_in_the_file_as_such() {
    let place = Place::empty();
    let far =
        "ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1, ansible_ssh_common_args: -F /dev/null";
    place.hosts(&[("far", far), ("box", ""), ("bad", "")]);
    place.write(&format!("bad/{UPSTREAM}/x"), "");
    place.zdt(&["plan", "inventory.yml", "--out", "plan.json"]).ended_with(4);
    for verb in ["plan", "apply"] {
        let ran = place.zdt(&[verb, "plan.json"]);
        ran.ended_with(4).says("far` was unknown when the plan was made").says("refused when the plan was made");
        ran.says("is a directory");
        assert!(!place.path("box").exists(), "{}", ran.all());
    }
    // A refused host stops all; a host that could not be reached counts as a failure, and as many as are allowed stop nobody.
    place.zdt(&["apply", "plan.json", "--limit", "!bad"]).ended_with(4).says("Would not be started: box");
    assert!(!place.path("box").exists());
    let allowed = place.zdt(&["apply", "plan.json", "--limit", "!bad", "--max-failures", "1"]);
    allowed.ended_with(4).says("1 host changed and verified, 1 unknown");
    place.zdt(&["apply", "plan.json", "--limit", "box"]).ended_with(0).says("in sync");
    place.zdt(&["apply", "plan.json", "--limit", "b*:!bad"]).ended_with(0);
    place.zdt(&["apply", "plan.json", "--limit", "bux"]).ended_with(3).says("did you mean `box`");
}

#[test]
fn an_altered_plan_is_refused_whole() {
    let place = Place::new();
    let text = saved(&place);
    let before = boxes(&place).len();
    // Each is still a plan that could be understood.
    for (from, to) in [
        ("max_fails=0", "max_fails=9"),
        ("\"host\": \"box\"", "\"host\": \"fox\""),
        ("/box\"", "/bax\""),
        ("\"mode\": \"0644\"", "\"mode\": \"0666\""),
        ("\"sealed\":\"", "\"sealed\":\"AAAA"),
        ("\"made\": 1", "\"made\": 2"),
        ("\n    {", "\n     {"),
    ] {
        assert!(text.contains(from), "{from}");
        place.write("plan.json", text.replacen(from, to, 1));
        for verb in ["plan", "apply"] {
            place.zdt(&[verb, "plan.json"]).ended_with(3).says("has been altered since it was made");
        }
    }
    for (text, says) in [
        (text[..text.len() / 2].to_owned(), "ends too early"),
        (text.replacen(":3,", ":2,", 1), "has format 2"),
        (text.replacen(":3,", ":4,", 1), "has format 4"),
        (text.replacen("\"key\":", "\"kee\":", 1), "cannot be understood"),
    ] {
        place.write("plan.json", text);
        place.zdt(&["apply", "plan.json"]).ended_with(3).says(says).says("help:");
    }
    assert_eq!(boxes(&place).len(), before, "something was made");
}

#[test]
fn only_its_own_key_opens_a_plan() {
    let place = Place::new();
    saved(&place);
    let key = place.path("home/zdt/key");
    let refused = |says: &str| {
        place.zdt(&["apply", "plan.json"]).ended_with(3).says(says).says("help:");
        assert!(!place.path("box").exists());
    };
    fs::rename(&key, place.path("home/kept")).expect("a move");
    refused("the key that seals saved plans is not there");
    place.zdt(&["plan", "inventory.yml", "--out", "another.json"]).ended_with(2);
    refused("sealed with another key");
    fs::copy(place.path("home/kept"), &key).expect("a copy");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("a mode");
    refused("is not yours alone");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("a mode");
    place.zdt(&["apply", "plan.json"]).ended_with(0);
}

#[test]
fn secrets_stand_in_no_plan() {
    const ROLE: &str = "description: x\nparams:\n  token: {type: text, secret: true, description: x}\nresources:\n  \
        - file: {path: /etc/token, content: 'token={{ token | nginx }};', mode: '0600'}\n  \
        - file: {path: /etc/plain, content: 'plain-content', mode: '0644'}\n";
    let place = Place::empty();
    place.write("roles/mine/role.yml", ROLE);
    let hosts = |token: &str| {
        let host = format!("{{ansible_connection: local, zdt_root: box, zdt_roles: [mine], token: {token}}}");
        place.write("inventory.yml", format!("all:\n  hosts:\n    box: {host}\n"));
    };
    hosts("first-hunter");
    place.zdt(&["apply", "inventory.yml"]).ended_with(0);
    place.write("box/etc/plain", "password: other-hunter\n");
    hosts("second-hunter");
    let text = saved(&place);
    assert!(text.contains("plain-content"));
    // Neither as it is nor in a form from which it could be had or tried.
    for hidden in ["first-hunter", "second-hunter", "token=first-hunter;", "token=second-hunter;", "other-hunter"] {
        for form in [hidden.to_owned(), BASE64.encode(hidden), zdt::resource::sha256(hidden.as_bytes())] {
            assert!(!text.contains(&form), "{hidden} as {form}");
        }
    }
    place.write("box/etc/token", "token=third-hunter;");
    let inventory = &["plan", "inventory.yml", "--json"][..];
    for words in [&["apply", "plan.json"][..], &["apply", "plan.json", "--json"], &["plan", "plan.json"], inventory] {
        let ran = place.zdt(words);
        for hidden in ["first-hunter", "second-hunter", "third-hunter"] {
            let hash = zdt::resource::sha256(format!("token={hidden};").as_bytes());
            assert!(!ran.all().contains(hidden) && !ran.all().contains(&hash), "{}", ran.all());
        }
    }
    place.zdt(&["apply", "plan.json"]).ended_with(3).says("it is secret and not shown");
    place.write("box/etc/token", "token=first-hunter;");
    place.zdt(&["apply", "plan.json"]).ended_with(0);
    assert_eq!(place.read("box/etc/token"), "token=second-hunter;");
}

#[test]
fn nothing_but_a_plan_is_overwritten() {
    let place = Place::new();
    place.write("notes", "mine\n");
    for (out, says) in [
        ("notes", "is no saved plan"),
        ("inventory.yml", "is no saved plan"),
        ("home", "is no saved plan"),
        ("nowhere/plan.json", "cannot be written"),
    ] {
        let before = boxes(&place);
        place.zdt(&["plan", "inventory.yml", "--out", out]).ended_with(3).says(says).says("help:");
        assert_eq!(boxes(&place), before, "{out}");
    }
    std::os::unix::fs::symlink("plan.json", place.path("link")).expect("a link");
    place.zdt(&["plan", "inventory.yml", "--out", "link"]).ended_with(3).says("is no saved plan");
    let first = saved(&place);
    assert_ne!(saved(&place), first, "the same number was used twice");
}

#[test]
fn what_goes_with_an_inventory_does_not_go_with_a_plan() {
    let place = Place::new();
    saved(&place);
    for verb in ["plan", "apply"] {
        place.zdt(&[verb, "plan.json", "-e", "app_name=shed"]).ended_with(64).says("`-e` does not go with");
    }
    for verb in ["plan", "apply"] {
        place.zdt(&[verb, "plan.json", "--prune"]).ended_with(64).says("`--prune` does not go with");
    }
    place.zdt(&["plan", "inventory.yml", "--prune", "--out", "other.json"]).ended_with(64);
    for verb in ["history", "rollback"] {
        place.zdt(&[verb, "plan.json"]).ended_with(64).says("is a saved plan, but an inventory is needed here");
    }
    place.zdt(&["plan", "plan.json", "--out", "other.json"]).ended_with(64).says("is a saved plan already");
    assert!(!place.path("box").exists() && !place.path("other.json").exists());
    let Some(mut terminal) = place.terminal("zdt apply plan.json") else { return };
    terminal.waits_for("Apply 7 changes to 1 host? [y/N]");
    terminal.types("n\n");
    let (code, shown) = terminal.ends();
    assert!(code == Some(2) && !place.path("box").exists(), "{shown}");
}
