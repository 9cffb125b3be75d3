//! The lines of the safety log: what each one says, and the checksum that detects a torn one. Knows no file and no database.

use std::fmt::Write as _;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

/// The salted hash of an address, whole: by it a person is known who must stay out.
pub type PersonHash = [u8; 32];
/// The first bytes of the same hash: enough to tell the recipients of one issue apart.
pub type Mark = [u8; 12];

/// What happened to a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Unsubscribed,
    Bounced,
    Complained,
    /// All that was stored on them was deleted.
    Erased,
    /// They came back by their own act, or an operator brought them back.
    Back,
}

impl Change {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Unsubscribed, "unsubscribed"),
        (Self::Bounced, "bounced"),
        (Self::Complained, "complained"),
        (Self::Erased, "erased"),
        (Self::Back, "back"),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(change, _)| *change == self).map_or("", |(_, word)| word)
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(change, _)| *change)
    }
}

/// How a try of a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Delivered,
    Failed,
    Uncertain,
    /// It waits for another try.
    Waits,
}

impl Ending {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Delivered, "delivered"),
        (Self::Failed, "failed"),
        (Self::Uncertain, "uncertain"),
        (Self::Waits, "waits"),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(ending, _)| *ending == self).map_or("", |(_, word)| word)
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(ending, _)| *ending)
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// The first one: which database's salt the hashes were made with.
    Head { salt: String },
    /// A person left or came back. `seq` counts these changes in the database.
    Person { seq: i64, change: Change, hash: PersonHash, at_ms: i64 },
    /// Deliveries of an issue that began, with their recipients' marks, and those whose try ended.
    Progress { issue: String, begun: Vec<(i64, Mark)>, ended: Vec<(i64, Ending)> },
    /// Recipients of an issue that another database sent before this one took over.
    Before { issue: String, ending: Ending, marks: Vec<Mark> },
    /// The send of an issue is finished.
    Finished { issue: String },
    /// A publication restored from a backup replaced this one.
    TakenOver { at_ms: i64 },
    /// This one may act again.
    Released { at_ms: i64 },
}

const HEAD: &str = "digest-safety-log 1";

impl Line {
    /// The line's text with its sum, and its end.
    pub fn write(&self, out: &mut String) {
        let start = out.len();
        match self {
            Self::Head { salt } => {
                let _ = write!(out, "{HEAD} {salt}");
            }
            Self::Person { seq, change, hash, at_ms } => {
                let _ = write!(out, "person {seq} {} {} {at_ms}", change.as_str(), BASE64URL_NOPAD.encode(hash));
            }
            Self::Progress { issue, begun, ended } => {
                let _ = write!(out, "issue {issue}");
                for (number, mark) in begun {
                    let _ = write!(out, " {number}:{}", BASE64URL_NOPAD.encode(mark));
                }
                for (number, ending) in ended {
                    let _ = write!(out, " {number}={}", ending.as_str());
                }
            }
            Self::Before { issue, ending, marks } => {
                let _ = write!(out, "before {issue} {}", ending.as_str());
                for mark in marks {
                    let _ = write!(out, " {}", BASE64URL_NOPAD.encode(mark));
                }
            }
            Self::Finished { issue } => {
                let _ = write!(out, "finished {issue}");
            }
            Self::TakenOver { at_ms } => {
                let _ = write!(out, "taken-over {at_ms}");
            }
            Self::Released { at_ms } => {
                let _ = write!(out, "released {at_ms}");
            }
        }
        let sum = sum(&out[start..]);
        let _ = writeln!(out, " #{sum}");
    }

    /// Reads a line without its end; `None` when it is torn, damaged or of another kind.
    pub fn read(text: &str) -> Option<Self> {
        let (text, told) = text.rsplit_once(" #")?;
        if sum(text) != told {
            return None;
        }
        if let Some(salt) = text.strip_prefix(HEAD) {
            return Some(Self::Head { salt: salt.trim().to_owned() });
        }
        let mut words = text.split(' ');
        match (words.next()?, words.next()?) {
            ("person", seq) => Some(Self::Person {
                seq: seq.parse().ok()?,
                change: Change::parse(words.next()?)?,
                hash: bytes(words.next()?)?,
                at_ms: words.next()?.parse().ok()?,
            }),
            ("issue", issue) => progress(issue, words),
            ("before", issue) => Some(Self::Before {
                issue: issue.to_owned(),
                ending: Ending::parse(words.next()?)?,
                marks: words.map(bytes).collect::<Option<_>>()?,
            }),
            ("finished", issue) => Some(Self::Finished { issue: issue.to_owned() }),
            ("taken-over", at) => Some(Self::TakenOver { at_ms: at.parse().ok()? }),
            ("released", at) => Some(Self::Released { at_ms: at.parse().ok()? }),
            _ => None,
        }
    }
}

fn progress<'t>(issue: &str, words: impl Iterator<Item = &'t str>) -> Option<Line> {
    let (mut begun, mut ended) = (Vec::new(), Vec::new());
    for word in words {
        if let Some((number, mark)) = word.split_once(':') {
            begun.push((number.parse().ok()?, bytes(mark)?));
        } else {
            let (number, ending) = word.split_once('=')?;
            ended.push((number.parse().ok()?, Ending::parse(ending)?));
        }
    }
    Some(Line::Progress { issue: issue.to_owned(), begun, ended })
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// The first four bytes of the SHA-256, hex.
fn sum(text: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(text)[..4])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        let issue = "2026-11-25-midweek".to_owned();
        vec![
            Line::Head { salt: "0123456789abcdef".into() },
            Line::Person { seq: 7, change: Change::Complained, hash: [0xf0; 32], at_ms: 1_790_000_000_000 },
            Line::Progress {
                issue: issue.clone(),
                begun: vec![(17, [1; 12]), (18, [2; 12])],
                ended: vec![(15, Ending::Delivered), (16, Ending::Waits)],
            },
            Line::Before { issue: issue.clone(), ending: Ending::Uncertain, marks: vec![[3; 12], [4; 12]] },
            Line::Finished { issue },
            Line::TakenOver { at_ms: 5 },
            Line::Released { at_ms: 6 },
        ]
    }

    #[test]
    fn each_line_is_read_back_as_it_was_written() {
        for line in lines() {
            let mut text = String::new();
            line.write(&mut text);
            assert_eq!(Line::read(text.strip_suffix('\n').expect("an end")), Some(line), "{text}");
        }
    }

    #[test]
    fn a_line_that_is_cut_or_changed_anywhere_says_nothing() {
        for line in lines() {
            let mut text = String::new();
            line.write(&mut text);
            let text = text.trim_end();
            for cut in 0..text.len() {
                assert_eq!(Line::read(&text[..cut]), None, "cut at {cut}: {text}");
                let mut other = text.as_bytes().to_vec();
                other[cut] = if other[cut] == b'1' { b'2' } else { b'1' };
                let other = String::from_utf8(other).expect("text");
                assert_eq!(Line::read(&other), None, "changed at {cut}: {other}");
            }
        }
    }
}
