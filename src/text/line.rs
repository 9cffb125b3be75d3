//! Suggests the intended name, and makes outside text fit one line.

/// Minimum similarity of two names (Jaro-Winkler, 0 to 1) for one to be suggested for the other.
const ALIKE: f64 = 0.75;

/// The known name that `name` was probably meant to be; the first of several equally close ones.
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let mut best: Option<(f64, &str)> = None;
    for candidate in known {
        let likeness = strsim::jaro_winkler(name, candidate);
        if likeness > best.map_or(ALIKE, |(likeness, _)| likeness) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, name)| name)
}

/// "did you mean …?", or else all known names.
pub fn suggestion<'k>(name: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

/// One line of plain text: white space runs become one space, where a no-break space is a letter; control characters and those that
/// turn the direction of the text around them are dropped.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() && c != '\u{a0}' || c.is_control()) {
        let mut letters = word.chars().filter(|c| !turns(*c)).peekable();
        if letters.peek().is_some() && !out.is_empty() {
            out.push(' ');
        }
        out.extend(letters);
    }
    out
}

/// Outside text, of any length, as one [`line`] of at most `most` characters.
pub fn one_line(text: &str, most: usize) -> String {
    // The dropped part may be long; only a bounded part is read.
    let looked_at = text.char_indices().nth(most.saturating_mul(8)).map_or(text.len(), |(at, _)| at);
    let kept: String = line(text.get(..looked_at).unwrap_or_default()).chars().take(most).collect();
    kept.trim().to_owned()
}

/// Whether a character turns the direction of the text around it (UAX #9: embeddings, overrides and isolates), or is a line separator at
/// which some programs break.
pub fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_name_that_was_meant_is_found_and_no_other() {
        let known = ["window", "min_score", "send"];
        for (name, expected) in
            [("windows", Some("window")), ("min-score", Some("min_score")), ("xyz", None), ("", None)]
        {
            assert_eq!(nearest(name, known), expected, "{name}");
        }
        assert_eq!(nearest("ab", ["abc", "abd"]), Some("abc"), "the first of two that are equally near");
        assert_eq!(suggestion("sned", known), "did you mean `send`?");
        assert_eq!(suggestion("xyz", known), "known here: window, min_score, send");
    }

    #[test]
    fn foreign_words_become_one_line() {
        for (text, most, expected) in [
            ("550 no\r\n  such\tuser\0", 99, "550 no such user"),
            ("a\u{202e}b \u{2066}c\u{2069}", 99, "ab c"),
            ("abc def", 5, "abc d"),
            ("abc def", 4, "abc"),
            ("  ", 9, ""),
        ] {
            assert_eq!(one_line(text, most), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_line_is_short_and_a_fixed_point(text in any::<String>(), most in 0_usize..40) {
            let line = one_line(&text, most);
            prop_assert!(line.chars().count() <= most);
            prop_assert!(!line.contains(char::is_control) && line.trim() == line);
            prop_assert_eq!(one_line(&line, most), line);
        }
    }
}
