//! Slots in templates: opaque tokens are put in before rendering, then found and cut out afterwards.

use std::collections::BTreeMap;

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

use super::Templates;
use crate::model::{Draft, Segment, Slot};

/// The tokens of one render. A token is made of lower-case letters and digits only, so nothing escapes, wraps or
/// re-encodes it; it begins with a hash of the draft and the templates, so neither can contain it.
pub struct Tokens {
    stem: String,
    slots: Vec<Slot>,
}

impl Tokens {
    pub fn new(draft: &Draft, templates: &Templates, fields: &[String]) -> Self {
        let mut hash = Sha256::new();
        hash.update(format!("{draft:?}").as_bytes());
        hash.update(templates.digest());
        let digest = BASE32_NOPAD.encode(&hash.finalize()[..10]).to_lowercase();
        let mut slots = vec![Slot::Name, Slot::Email, Slot::UnsubscribeUrl, Slot::PreferencesUrl, Slot::WebCopyUrl];
        slots.extend(fields.iter().cloned().map(Slot::Field));
        Self { stem: format!("slot{digest}"), slots }
    }

    /// No slots: a template prints nothing for them.
    pub fn none() -> Self {
        Self { stem: String::new(), slots: Vec::new() }
    }

    /// What a template prints for `slot`; empty when there is no such slot.
    pub fn token(&self, slot: &Slot) -> String {
        let number = self.slots.iter().position(|known| known == slot);
        number.map_or_else(String::new, |number| format!("{}n{number}x", self.stem))
    }

    /// Tokens of the merge fields by name.
    pub fn fields(&self) -> BTreeMap<String, String> {
        let field = |slot: &Slot| match slot {
            Slot::Field(name) => Some((name.clone(), self.token(slot))),
            _ => None,
        };
        self.slots.iter().filter_map(field).collect()
    }

    /// Cuts `text` at the tokens.
    pub fn split(&self, text: &str) -> Vec<Segment> {
        let mut segments = Vec::new();
        let mut parts = text.split(self.stem.as_str());
        push_shared(&mut segments, parts.next().unwrap_or_default());
        for part in parts {
            match self.read(part) {
                Some((slot, rest)) => {
                    segments.push(Segment::Slot(slot.clone()));
                    push_shared(&mut segments, rest);
                }
                None => push_shared(&mut segments, part),
            }
        }
        segments
    }

    fn read<'t>(&self, part: &'t str) -> Option<(&Slot, &'t str)> {
        let (number, rest) = part.strip_prefix('n')?.split_once('x')?;
        Some((self.slots.get(number.parse::<usize>().ok()?)?, rest))
    }
}

fn push_shared(segments: &mut Vec<Segment>, text: &str) {
    match segments.last_mut() {
        _ if text.is_empty() => {}
        Some(Segment::Shared(before)) => before.push_str(text),
        _ => segments.push(Segment::Shared(text.to_owned())),
    }
}
