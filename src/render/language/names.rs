//! Names of the files of words, and of lines in them.

/// The file of a tag, by its path under templates/.
pub fn name(tag: &str) -> String {
    format!("words/{tag}.toml")
}

/// The files of a tag, from its short form on.
pub fn files(tag: &str) -> Vec<String> {
    let ends = tag.match_indices('-').map(|(at, _)| at).chain([tag.len()]);
    ends.map(|end| name(&tag[..end])).collect()
}

/// The name of the `[issue]` line that a `[template.NAME]` line replaces.
pub fn everywhere(name: &str) -> Option<String> {
    let (_, line) = name.strip_prefix("template.")?.rsplit_once('.')?;
    Some(format!("issue.{line}"))
}
