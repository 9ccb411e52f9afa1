/// Names that say nothing of an app.
const COMMON: [&str; 18] = [
    "app",
    "apps",
    "application",
    "backend",
    "current",
    "default",
    "deploy",
    "html",
    "http",
    "puma",
    "rails",
    "ruby",
    "server",
    "service",
    "site",
    "unicorn",
    "upstream",
    "www",
];

/// What an app is called, and by what.
pub fn app_name(upstream: Option<(&str, &str)>, path: &str, unit: &str, taken: &[String]) -> (String, String) {
    let stem = unit.strip_suffix(".service").unwrap_or(unit);
    let instance = stem.split_once('@').map(|(_, instance)| instance).filter(|instance| !instance.is_empty());
    let of_unit = instance.unwrap_or(stem);
    let of_unit = ["puma-", "puma_"].iter().find_map(|start| of_unit.strip_prefix(start)).unwrap_or(of_unit);
    let of_unit = ["-puma", "_puma"].iter().find_map(|end| of_unit.strip_suffix(end)).unwrap_or(of_unit);
    let of_path = path.rsplit('/').next().unwrap_or_default();
    let candidates = [
        upstream.map(|(name, place)| (name, format!("the upstream, {place}"))),
        Some((of_path, format!("the folder {path}"))),
        Some((of_unit, format!("the unit {unit}"))),
    ];
    let usable = |name: &str| is_name(name) && !taken.iter().any(|other| other == name);
    let candidates: Vec<(&str, String)> = candidates.into_iter().flatten().filter(|(name, _)| usable(name)).collect();
    let telling = candidates.iter().find(|(name, _)| !COMMON.contains(name));
    match telling.or(candidates.first()) {
        Some((name, why)) => ((*name).to_owned(), why.clone()),
        None => {
            let numbered = (2..).map(|number| format!("app{number}")).find(|name| usable(name)).unwrap_or_default();
            (numbered, format!("nothing names it: {unit}, {path}"))
        }
    }
}

/// As a role's `name` may be.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "_.-".contains(character))
}

#[cfg(test)]
mod tests {
    use super::app_name;

    #[test]
    fn the_most_telling_name_is_taken() {
        for (upstream, path, unit, taken, expected) in [
            (Some("shop"), "/srv/www", "puma.service", "", "shop"),
            (Some("puma"), "/srv/shop", "puma.service", "", "shop"),
            (Some("app"), "/home/deploy", "puma_blog_production.service", "", "blog_production"),
            (None, "/home/deploy", "puma@blog.service", "", "blog"),
            (None, "/srv/app", "puma.service", "", "app"),
            (Some("shop"), "/srv/shop", "puma.service", "shop", "puma"),
            (Some("a b"), "/srv/a b", "a\\x20b.service", "", "app2"),
        ] {
            let upstream = upstream.map(|name| (name, "/etc/nginx/nginx.conf:3"));
            let (name, _) = app_name(upstream, path, unit, &[taken.to_owned()]);
            assert_eq!(name, expected, "{path} {unit}");
        }
    }
}
