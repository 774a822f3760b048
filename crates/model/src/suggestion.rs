//! "Did you mean": the name that was probably meant.

/// The one of `names` that is closest to `typed`, if any is close enough to be meant.
///
/// Case and underscores do not count: `container_port` and `HostIP` are how the same fields are called elsewhere.
pub fn closest<'n>(typed: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let typed = folded(typed);
    // One mistake in three letters is a typing error, more is another word.
    let most = (typed.chars().count() / 3).max(1);
    names
        .filter(|name| !name.is_empty())
        .map(|name| (strsim::osa_distance(&typed, &folded(name)), name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_close_name_is_suggested() {
        let names = ["replicas", "selector", "template", "containerPort", "hostIP"];
        for (typed, expected) in [
            ("replica", Some("replicas")),
            ("repilcas", Some("replicas")),
            ("container_port", Some("containerPort")),
            ("hostIp", Some("hostIP")),
            ("tmplate", Some("template")),
            ("image", None),
            ("", None),
        ] {
            assert_eq!(closest(typed, names.into_iter()), expected, "{typed}");
        }
    }
}
