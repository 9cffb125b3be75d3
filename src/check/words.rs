//! Rules on the files of words for the issue's language: missing or misspelled entries in the publication's own files.

use super::{At, Found, Issue};
use crate::model::{WordsFault, WordsMistake};

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    found.extend(issue.context.words.iter().map(finding));
}

fn finding(mistake: &WordsMistake) -> Found {
    let notice = &mistake.notice;
    let place = notice.at.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    let (message, help) = (format!("{place}{}", notice.message), notice.help.clone().unwrap_or_default());
    let found = match mistake.fault {
        WordsFault::Missing => Found::warning("words-missing", At::Words, message, help),
        WordsFault::Unknown => Found::warning("words-unknown", At::Words, message, help),
        WordsFault::PlaceholderUnknown => Found::error("words-placeholder", At::Words, message, help),
        WordsFault::PlaceholderMissing => Found::warning("words-placeholder", At::Words, message, help),
        WordsFault::Form => Found::error("words-form", At::Words, message, help),
        WordsFault::Plural | WordsFault::Empty => Found::warning("words-form", At::Words, message, help),
    };
    Found { names: mistake.names.clone(), place: notice.at.clone(), ..found }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Severity;
    use super::*;
    use crate::model::Notice;

    #[test]
    fn what_subscribers_would_see_is_an_error_and_each_finding_names_its_file() {
        for (fault, severity, code) in [
            (WordsFault::Missing, Severity::Warning, "words-missing"),
            (WordsFault::Unknown, Severity::Warning, "words-unknown"),
            (WordsFault::PlaceholderUnknown, Severity::Error, "words-placeholder"),
            (WordsFault::PlaceholderMissing, Severity::Warning, "words-placeholder"),
            (WordsFault::Form, Severity::Error, "words-form"),
            (WordsFault::Plural, Severity::Warning, "words-form"),
            (WordsFault::Empty, Severity::Warning, "words-form"),
        ] {
            let notice = Notice::new("wrong").at(Path::new("templates/words/nl.toml"), 7).help("mend it");
            let found = finding(&WordsMistake { fault, notice, names: vec!["issue.web".into()] });
            assert_eq!((found.severity, found.code), (severity, code));
            assert_eq!(found.message, "templates/words/nl.toml:7: wrong");
            assert_eq!(found.names, ["issue.web"]);
            assert_eq!(found.severity == Severity::Error, fault.is_error());
        }
    }
}
