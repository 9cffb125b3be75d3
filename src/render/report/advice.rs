//! The advice in a report, as the page shows it. Knows no figures.

use serde::Serialize;

use crate::model::Advice;
use crate::render::language::Language;
use crate::render::words::escape;

/// A piece of advice: what is the matter, and what to do.
#[derive(Debug, Serialize)]
pub struct Advised {
    name: String,
    value: String,
    /// `value` as HTML, with each command in a `code` element.
    value_html: String,
}

/// The advice that asks for action, or the rest.
pub fn view(advice: &[Advice], act: bool, language: &Language) -> Vec<Advised> {
    let wanted = advice.iter().filter(|advice| advice.act == act);
    let told = |advice: &Advice| {
        let value = language.tell(&advice.help);
        Advised { name: language.tell(&advice.what), value_html: with_commands(&value), value }
    };
    wanted.map(told).collect()
}

/// A sentence as HTML. Text in backticks is a command, and becomes a `code` element that runs from left to right, so it needs no isolates.
fn with_commands(sentence: &str) -> String {
    let part = |(at, part): (usize, &str)| match at % 2 {
        0 => escape(part.trim_end_matches('\u{2066}').trim_start_matches('\u{2069}')),
        _ => format!("<code dir=\"ltr\">{}</code>", escape(part)),
    };
    sentence.split('`').enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Sentence, Value};
    use crate::render::Templates;

    #[test]
    fn advice_in_arabic_has_commands_that_can_be_run() {
        let words = include_str!("../../../examples/words/ar.toml").to_owned();
        let templates = Templates::builtin().with("words/ar.toml", "ar.toml".as_ref(), words);
        let issue = Value::Text("2026-11-25-midweek".into());
        let help = Sentence::new("advice.stopped_help").with("issue", issue);
        let advice = Advice { act: true, what: Sentence::counted("advice.stopped", 3), help };
        let told = view(&[advice], true, &templates.language("ar").expect("Arabic"));
        assert!(told[0].value_html.ends_with("<code dir=\"ltr\">digest resume 2026-11-25-midweek</code>"), "{told:?}");
    }

    #[test]
    fn a_template_of_a_publications_own_may_print_advice_as_text() {
        let words = Sentence { english: "look `x`".into(), ..Sentence::default() };
        let advice = Advice { act: true, what: "18 refused".into(), help: words };
        let told = view(&[advice], true, &Templates::builtin().language("en").expect("English"));
        assert_eq!((told[0].name.as_str(), told[0].value.as_str()), ("18 refused", "look `x`"));
    }

    #[test]
    fn a_command_is_an_element_with_nothing_else_in_it() {
        let sentence = "شغل \u{2066}`digest send <x>`\u{2069} ثم \u{2066}`digest`\u{2069}";
        let html = "شغل <code dir=\"ltr\">digest send &lt;x&gt;</code> ثم <code dir=\"ltr\">digest</code>";
        assert_eq!(with_commands(sentence), html);
        assert_eq!(with_commands("look <soon>"), "look &lt;soon&gt;");
    }
}
