//! The regular expression of a cue. `\w`, `\d`, `\s`, `\S` and `\b` are replaced by narrower ones of the same meaning for a text
//! as `rules::plain` leaves it: the regex crate's own cover all of Unicode, which takes four times as long to compile, and a
//! Unicode word boundary takes a hundred times as long to search in a text with a sign beyond ASCII.

/// What counts as a part of a word: small Latin letters, digits, `_`, and what is not punctuation beyond ASCII.
const WORD: &str = r"0-9a-z_\x{C0}-\x{1FFF}\x{2C00}-\x{2DFF}\x{3040}-\x{FEFF}\x{FF10}-\x{10FFFF}";

/// The cue anywhere in a text.
pub fn anywhere(cue: &str) -> String {
    let mut out = String::with_capacity(cue.len() * 2);
    let mut in_class = false;
    let mut signs = cue.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => out.push_str(&escape(signs.next().unwrap_or('\\'), in_class)),
            '[' | ']' => {
                in_class = sign == '[';
                out.push(sign);
            }
            sign => out.push(sign),
        }
    }
    out
}

/// The cue between two ends of words, exactly.
pub fn whole_words(cue: &str) -> String {
    format!(r"\b{{start-half}}(?:{})\b{{end-half}}", anywhere(cue))
}

/// The same for who only asks whether it is there: it takes in the signs around the words, and is quick in every script.
pub fn has_whole_words(cue: &str) -> String {
    format!("(?:^|[^{WORD}])(?:{})(?:$|[^{WORD}])", anywhere(cue))
}

/// An escape of a cue, inside or outside of `[…]`.
fn escape(letter: char, in_class: bool) -> String {
    match (letter, in_class) {
        ('w', true) => WORD.into(),
        ('w', false) => format!("[{WORD}]"),
        ('d', true) => "0-9".into(),
        ('d', false) => "[0-9]".into(),
        ('s', _) => " ".into(),
        ('S', false) => "[^ ]".into(),
        ('b', false) => r"(?-u:\b)".into(),
        (other, _) => format!("\\{other}"),
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    fn finds(cue: &str, text: &str) -> bool {
        let [exact, quick] =
            [super::whole_words(cue), super::has_whole_words(cue)].map(|one| Regex::new(&one).unwrap().is_match(text));
        assert_eq!(exact, quick, "`{cue}` in {text:?}");
        exact
    }

    #[test]
    fn a_cue_finds_whole_words_in_any_script() {
        for (cue, text, found) in [
            ("gpt", "gpt", true),
            ("gpt", "a gpt, new", true),
            ("gpt", "“gpt”—again", true),
            ("gpt", "gpté", false),
            ("gpt", "égpt", false),
            ("gpt", "日本gpt", false),
            ("gpt", "「gpt」", true),
            ("gpt", "gpts", false),
            (r"gpt-?\d+", "gpt-5", true),
            (r"gpt-?\d+", "gpt-5o", false),
            (r"\w*gpt\w*", "myünigptß", true),
            (r"künstlich\w*", "die künstliche intelligenz", true),
            (r"[\w.]+ai", "x.éai", true),
            (r"\S+'s new", "the café's new", true),
            (r"sues\b.*court", "sues — in court", true),
            (r"sues\b.*court", "suesse court", false),
            (r"what\?", "what?", true),
            (r"\[sponsored\]", "a [sponsored] post", true),
            ("^meta", "meta buys", true),
            ("^meta", "the meta", false),
        ] {
            assert_eq!(finds(cue, text), found, "`{cue}` in {text:?}");
        }
    }

    #[test]
    fn every_escape_of_the_regex_crate_that_is_not_replaced_stays() {
        assert_eq!(super::anywhere(r"\.\W[\]\d]\p{L}\\w"), r"\.\W[\]0-9]\p{L}\\w");
    }
}
