//! Judges refusals: what a server meant, whether it refused during a send or in a returned mail. Pure: it
//! knows codes and words, but neither the list nor how the words arrived.

mod codes;
mod dialects;
mod phrases;
mod words;

pub use codes::{enhanced, reply_code};

use crate::model::RefusalClass;
use words::Words;

/// The stage at which a refusal came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// To the connection, EHLO or MAIL FROM: nobody had been named but us.
    Envelope,
    /// To RCPT TO: the recipient alone was known.
    Recipient,
    /// To DATA or the dot: the recipient had been taken, the message was not.
    Message,
    /// In a report, which may not say.
    Unknown,
}

/// A server's refusal.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    pub stage: Stage,
    /// The reply code of RFC 5321, where there is one.
    pub code: Option<u16>,
    /// The enhanced status of RFC 3463, where there is one. A report's own, when the words bring none.
    pub enhanced: Option<&'a str>,
    /// The server's words, as they came.
    pub text: &'a str,
    /// The server's name, where it is known; the words may name it, too.
    pub server: &'a str,
}

/// Judges a refusal. The order is that of caution: words about the sender win over any code, a full mailbox wins over "unknown",
/// and what proves nothing is [`RefusalClass::Unproven`].
pub fn judge(said: &Said) -> RefusalClass {
    let raw = dialects::unwrapped(&head(said.text).to_lowercase());
    let words = Words::of(&raw);
    let dialect = dialects::class(said, &raw, &words);
    if let Some(class) = dialect.filter(|class| *class != RefusalClass::NoMailbox) {
        return class;
    }
    if let Some(class) = phrases::about_us(&words) {
        return class;
    }
    let lasts = codes::is_permanent(said.code, said.enhanced, &raw);
    if said.stage == Stage::Envelope {
        return if lasts { RefusalClass::Sender } else { RefusalClass::Temporary };
    }
    let coded = codes::meaning(said.enhanced, &raw);
    let by_words = phrases::about_mailbox(&words).filter(|class| match class {
        // "Try again later", by a server whose code says that it is about us.
        RefusalClass::Temporary => !coded.is_some_and(RefusalClass::is_about_us),
        // Closed, and by its code for good.
        RefusalClass::Disabled => coded != Some(RefusalClass::NoMailbox),
        _ => true,
    });
    match by_words.or(dialect).or(coded) {
        // As a server says it that cannot look anybody up right now.
        Some(RefusalClass::NoMailbox) | None if !lasts => RefusalClass::Temporary,
        Some(class) => class,
        // RFC 5321 §3.3: the recipient had been taken; what is refused now is the message.
        None if said.stage == Stage::Message => RefusalClass::Policy,
        None => RefusalClass::Unproven,
    }
}

/// How many characters are judged; servers say the important part first.
const LOOK: usize = 2_000;

fn head(text: &str) -> &str {
    text.char_indices().nth(LOOK).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests;
