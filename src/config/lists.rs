//! Puts a value into a TOML list and takes one out, so that the list looks as a person would write it: blanks, line ends and comments.
//! Knows nothing of what the values mean.

use toml_edit::{Array, Value};

/// Inserts a value at a place: on its own line if the others are, otherwise after a space.
pub fn insert(list: &mut Array, at: usize, value: Value) {
    let mut gaps = gaps(list);
    let Some(gap) = gaps.get(at).cloned() else { return };
    let is_last = at == list.len();
    let (before, after) = match line_start(&gaps) {
        Some(start) if gap.contains('\n') || is_last => {
            let (beside, rest) = parted(&gap);
            (format!("{beside}{start}"), rest)
        }
        None if at == 0 && is_last => (String::new(), String::new()),
        _ if at == 0 => (gap, " ".into()),
        _ if is_last => (" ".into(), gap),
        _ => (" ".into(), " ".into()),
    };
    gaps.splice(at..=at, [before, after]);
    list.insert_formatted(at, value);
    space(list, &gaps);
}

/// Removes the value at a place and the comment beside it. A comment on a line above it stays.
pub fn remove(list: &mut Array, at: usize) {
    let mut gaps = gaps(list);
    let (Some(before), Some(after)) = (gaps.get(at), gaps.get(at + 1)) else { return };
    let is_last = at + 1 == list.len();
    let (beside, above) = parted(before);
    let joined = if after.contains('\n') {
        format!("{beside}{}{}", above.trim_end(), parted(after).1)
    } else if is_last && !before.contains('#') {
        after.clone()
    } else {
        before.clone()
    };
    gaps.splice(at..=at + 1, [joined]);
    list.remove(at);
    space(list, &gaps);
}

/// The text before each value, without commas, and after the last one.
fn gaps(list: &Array) -> Vec<String> {
    let text = |raw: Option<&toml_edit::RawString>| raw.and_then(|raw| raw.as_str()).unwrap_or_default().to_owned();
    let mut gaps = vec![String::new()];
    for value in list {
        if let Some(gap) = gaps.last_mut() {
            // Spaces before a comma are dropped.
            let kept = if gap.contains(['\n', '#']) { gap.as_str() } else { "" };
            *gap = format!("{kept}{}", text(value.decor().prefix()));
        }
        gaps.push(text(value.decor().suffix()));
    }
    if let Some(gap) = gaps.last_mut() {
        gap.push_str(&text(Some(list.trailing())));
    }
    gaps
}

/// Writes the gaps back, all in front of their values.
fn space(list: &mut Array, gaps: &[String]) {
    let broken = gaps.iter().any(|gap| gap.contains('\n'));
    for (value, gap) in list.iter_mut().zip(gaps) {
        *value.decor_mut() = toml_edit::Decor::new(gap.as_str(), "");
    }
    let end = gaps.last().map_or("", |end| if list.is_empty() && end.trim().is_empty() { "" } else { end });
    list.set_trailing(end);
    list.set_trailing_comma(broken && list.trailing_comma() && !list.is_empty());
}

/// A gap as what belongs to the value before it, up to the end of the line, and the rest.
fn parted(gap: &str) -> (String, String) {
    gap.find('\n').map_or((String::new(), gap.to_owned()), |end| (gap[..end].to_owned(), gap[end..].to_owned()))
}

/// The line end and indent before the first value that is on its own line; `None` when all are on one line.
fn line_start(gaps: &[String]) -> Option<String> {
    let (end, before) = gaps.split_last()?;
    let start = |gap: &String| gap.rfind('\n').map(|at| gap[at..].to_owned());
    // Without values only the bracket is on its own line: a value is indented one step more.
    before.iter().find_map(start).or_else(|| start(end).map(|start| format!("{start}    ")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use toml_edit::DocumentMut;

    use super::*;

    /// The list of a document after a change.
    fn after(list: &str, change: impl FnOnce(&mut Array)) -> String {
        let mut document: DocumentMut = format!("list = {list}\n").parse().expect("TOML");
        change(document["list"].as_array_mut().expect("a list"));
        let text = document.to_string();
        assert!(text.parse::<DocumentMut>().is_ok(), "{text}");
        text.trim_start_matches("list = ").trim_end().to_owned()
    }

    #[test]
    fn a_value_goes_in_as_a_person_would_write_it() {
        for (list, at, expected) in [
            ("[]", 0, "[9]"),
            ("[ ]", 0, "[9]"),
            ("[1]", 0, "[9, 1]"),
            ("[1]", 1, "[1, 9]"),
            ("[1,]", 1, "[1, 9]"),
            ("[ 1 ]", 1, "[ 1, 9 ]"),
            ("[ 1 ]", 0, "[ 9, 1 ]"),
            ("[1, 2]", 1, "[1, 9, 2]"),
            ("[1 , 2]", 2, "[1, 2, 9]"),
            ("[\n  1,\n  2,\n]", 0, "[\n  9,\n  1,\n  2,\n]"),
            ("[\n  1,\n  2,\n]", 1, "[\n  1,\n  9,\n  2,\n]"),
            ("[\n  1,\n  2,\n]", 2, "[\n  1,\n  2,\n  9,\n]"),
            ("[\n  1,\n  2\n]", 2, "[\n  1,\n  2,\n  9\n]"),
            ("[\n  1]", 1, "[\n  1,\n  9]"),
            ("[\n  1, 2,\n  3\n]", 1, "[\n  1, 9, 2,\n  3\n]"),
            ("[ # all\n  1, # one\n  2, # two\n]", 0, "[ # all\n  9,\n  1, # one\n  2, # two\n]"),
            ("[ # all\n  1, # one\n  2, # two\n]", 1, "[ # all\n  1, # one\n  9,\n  2, # two\n]"),
            ("[ # all\n  1, # one\n  2, # two\n]", 2, "[ # all\n  1, # one\n  2, # two\n  9,\n]"),
            ("[\n  1,\n  # the second\n  2,\n]", 1, "[\n  1,\n  9,\n  # the second\n  2,\n]"),
            ("[\n]", 0, "[\n    9\n]"),
        ] {
            assert_eq!(after(list, |list| insert(list, at, 9.into())), expected, "{list:?} at {at}");
        }
    }

    #[test]
    fn a_value_goes_and_takes_its_own_comment_with_it() {
        for (list, at, expected) in [
            ("[1]", 0, "[]"),
            ("[ 1, ]", 0, "[]"),
            ("[1, 2]", 0, "[2]"),
            ("[ 1, 2 ]", 0, "[ 2 ]"),
            ("[ 1, 2 ]", 1, "[ 1 ]"),
            ("[1, 2,]", 1, "[1]"),
            ("[1, 2, 3]", 1, "[1, 3]"),
            ("[\n  1,\n  2,\n]", 0, "[\n  2,\n]"),
            ("[\n  1,\n  2,\n]", 1, "[\n  1,\n]"),
            ("[\n  1,\n]", 0, "[]"),
            ("[\n  1, # one\n  2, # two\n]", 0, "[\n  2, # two\n]"),
            ("[\n  1, # one\n  2, # two\n]", 1, "[\n  1, # one\n]"),
            ("[\n  # holidays\n  1,\n  2,\n]", 0, "[\n  # holidays\n  2,\n]"),
            ("[\n  # holidays\n  1, 2]", 0, "[\n  # holidays\n  2]"),
            ("[\n  # holidays\n  1]", 0, "[\n  # holidays\n  ]"),
        ] {
            assert_eq!(after(list, |list| remove(list, at)), expected, "{list:?} at {at}");
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_between_the_values_the_list_stays_one(
            gaps in prop::collection::vec(prop::sample::select(vec!["", " ", "\n", "\n  ", " # c\n", "\n# c\n ", "\t"]), 2..6),
            at in 0_usize..5,
            comma in any::<bool>(),
        ) {
            let values = gaps.len() - 1;
            let mut list = String::from("[");
            for (number, gap) in gaps.iter().enumerate() {
                let last = number == values;
                list += &if last { format!("{}{gap}", if comma { "," } else { "" }) } else { format!("{}{gap}{number}", if number > 0 { "," } else { "" }) };
            }
            list.push(']');
            let at = at % values;
            let more = after(&list, |list| insert(list, at, 9.into()));
            let back = after(&more, |list| remove(list, at));
            let numbers = |text: &str| {
                let parsed: DocumentMut = format!("list = {text}\n").parse().expect("TOML");
                parsed["list"].as_array().expect("a list").iter().map(|value| value.as_integer().expect("a number")).collect::<Vec<_>>()
            };
            let mut expected: Vec<i64> = (0..i64::try_from(values).expect("few")).collect();
            prop_assert_eq!(numbers(&back), expected.clone());
            expected.insert(at, 9);
            prop_assert_eq!(numbers(&more), expected);
            prop_assert_eq!(more.matches('#').count(), list.matches('#').count());
        }
    }
}
