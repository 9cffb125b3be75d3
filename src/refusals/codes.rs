//! The codes of a refusal: reply codes (RFC 5321) and enhanced statuses (RFC 3463, RFC 5248's registry, and what Microsoft adds).

use crate::model::RefusalClass;

/// The meaning of a refusal's codes: those in the words first, for a report's own status is often a summary. Of several, what is
/// about us, then what proves nothing against the mailbox. `None` for codes that say nothing by themselves, such as `5.0.0`.
pub fn meaning(own: Option<&str>, text: &str) -> Option<RefusalClass> {
    let caution = |class: &RefusalClass| match class {
        class if class.is_about_us() => 0,
        RefusalClass::NoMailbox => 2,
        _ => 1,
    };
    all(text).filter_map(|status| of(&status)).min_by_key(caution).or_else(|| own.and_then(of))
}

fn of(status: &str) -> Option<RefusalClass> {
    let mut parts = status.split('.').filter_map(|part| part.parse::<u16>().ok());
    Some(match (parts.next()?, parts.next()?, parts.next()?) {
        // 5.1.10 is Exchange's "recipient not found" and RFC 7505's "no mail here at all"; 5.2.1 closes a mailbox for good.
        (5, 1, 1 | 2 | 3 | 6 | 10) | (5, 2, 1) => RefusalClass::NoMailbox,
        // 1.90 is Exchange Online's daily limit.
        (_, 1, 90) => RefusalClass::Rate,
        (_, 1, 7..=9) => RefusalClass::Sender,
        (_, 2, 2) | (_, 3, 1) => RefusalClass::Full,
        (_, 2, 3) | (_, 3, 4) => RefusalClass::Size,
        (_, 4, 3 | 4 | 312) => RefusalClass::NoDomain,
        (_, 6, _) => RefusalClass::Content,
        (_, 7, 8 | 9 | 20..=30 | 509 | 515) => RefusalClass::Authentication,
        (_, 7, 500..=999) => RefusalClass::Reputation,
        (_, 7, _) => RefusalClass::Policy,
        // 4.300 to 4.399 are Exchange Online's, for servers that it could not reach.
        (4, _, _) | (_, 4, 7 | 300..=399) => RefusalClass::Temporary,
        _ => return None,
    })
}

/// Whether a refusal is for good: by its reply code, else by the class of its status. What says neither counts as lasting: it
/// came back.
pub fn is_permanent(code: Option<u16>, own: Option<&str>, text: &str) -> bool {
    if let Some(code) = code {
        return code >= 500;
    }
    let said = all(text).next();
    said.as_deref().or(own).is_none_or(|status| !status.starts_with('4'))
}

/// The first enhanced status of a text whose class is 4 or 5.
pub fn enhanced(text: &str) -> Option<String> {
    all(text).next()
}

fn all(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_ascii_digit() && c != '.').take(500);
    words.map(|word| word.trim_matches('.')).filter(|word| is_enhanced(word)).map(str::to_owned)
}

fn is_enhanced(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let short = |part: &&str| (1..=3).contains(&part.len());
    parts.len() == 3 && matches!(parts[0], "4" | "5") && parts.iter().all(short)
}

/// The first reply code of a text, 400 to 599, and where it stands: three digits with nothing of a number, an address or a word about
/// them, and words or a status behind them.
pub fn reply_code(text: &str) -> Option<(usize, u16)> {
    let bytes = text.as_bytes();
    let mut digits = text.match_indices(['4', '5']).map(|(at, _)| at).take(500);
    digits.find_map(|at| {
        let code = text.get(at..at + 3).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()))?;
        let before = at.checked_sub(1).map(|before| bytes[before]);
        let begins = before.is_none_or(|byte| byte.is_ascii_whitespace() || b"\"'<(:;>[,-#".contains(&byte));
        let ends = bytes.get(at + 3).is_none_or(|byte| byte.is_ascii_whitespace() || b"-:<>#,".contains(byte));
        let says = text[at + 3..].trim_start_matches(['-', ' ', ':', '#', '\t', ',']).chars().next();
        let is_said = says.is_none_or(|c| !c.is_ascii_digit() || matches!(c, '4' | '5'));
        (begins && ends && is_said).then(|| Some((at, code.parse().ok()?))).flatten()
    })
}
