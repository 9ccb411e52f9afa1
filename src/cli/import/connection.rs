use serde_json::{Value, json};

use crate::host::{Kind, Target};

/// How a host is reached, in Ansible's variables, as far as its name does not say it.
pub(super) fn connection(host: &str, target: &Target) -> Vec<(String, Value)> {
    let mut variables = Vec::new();
    let mut give = |name: &str, value: Value| variables.push((name.to_owned(), value));
    if target.kind == Kind::Local {
        give("ansible_connection", json!("local"));
    } else if target.host != host {
        give("ansible_host", json!(target.host));
    }
    if let Some(port) = target.port {
        give("ansible_port", json!(port));
    }
    if let Some(user) = &target.user {
        give("ansible_user", json!(user));
    }
    if let Some(key) = &target.private_key {
        give("ansible_ssh_private_key_file", json!(key.display().to_string()));
    }
    if let Ok(words) = shlex::try_join(target.common_args.iter().map(String::as_str))
        && !words.is_empty()
    {
        give("ansible_ssh_common_args", json!(words));
    }
    if let Some(user) = &target.r#become {
        give("ansible_become", json!(true));
        if user != "root" {
            give("ansible_become_user", json!(user));
        }
    }
    variables
}
