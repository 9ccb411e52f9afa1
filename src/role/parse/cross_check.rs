use super::{Fault, FieldText, Namespace, Node, Reader, Role, RoleFile, Span};

impl Reader<'_> {
    /// What only the whole role can tell: names that nothing bears, templates that nothing uses.
    pub(super) fn cross_check(&mut self, node: &Node, role: &Role, files: &[&RoleFile]) {
        let handlers: Vec<String> = role.handlers.iter().map(|handler| handler.name.clone()).collect();
        for item in self.items(node, "resources") {
            let names = item.get("notify");
            let names = names.map(|node| node.as_list().unwrap_or(std::slice::from_ref(node))).unwrap_or_default();
            for name in names.iter().filter(|name| !handlers.contains(&name.text())) {
                self.unknown::<()>(name, Namespace::Handler, handlers.clone());
            }
        }
        for item in self.items(node, "running") {
            if let Some(name) = item.get("mends").filter(|name| !handlers.contains(&name.text())) {
                self.unknown::<()>(name, Namespace::Handler, handlers.clone());
            }
        }
        let mut seen: Vec<&str> = Vec::new();
        for (index, handler) in role.handlers.iter().enumerate() {
            if role.handlers[..index].iter().any(|other| other.name == handler.name) && !seen.contains(&&*handler.name)
            {
                seen.push(&handler.name);
                let (at, name) = (handler.says.span.clone(), handler.name.clone());
                self.faults.push(Fault::Twice { what: "handler", name, at, first: None });
            }
        }
        for (index, rule) in role.rules.iter().enumerate() {
            if role.rules[..index].iter().any(|other| other.id == rule.id) {
                let (at, name) = (rule.when.span.clone(), rule.id.clone());
                self.faults.push(Fault::Twice { what: "rule", name, at, first: None });
            }
        }
        let used = |key: &str| {
            role.resources
                .iter()
                .flat_map(|resource| &resource.fields)
                .any(|(_, text)| matches!(text, FieldText::Template(text) if text.key == key))
        };
        for file in files {
            let Some(name) = file.path.strip_prefix("templates/").filter(|name| name.ends_with(".tera")) else {
                continue;
            };
            // A resource that is itself at fault may be the one that uses it.
            let named = self.items(node, "resources").iter().any(|item| {
                item.as_map()
                    .unwrap_or_default()
                    .iter()
                    .any(|(_, body)| body.get("src").and_then(Node::as_str) == Some(name))
            });
            if !named && !used(&self.template_key(name)) {
                let at = Span::new(&file.source, 0..file.source.text.len().min(1));
                self.faults.push(Fault::TemplateUnused { at, name: name.to_owned() });
            }
        }
    }
}
