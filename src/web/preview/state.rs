//! A [`View`] as JSON for the page's script: everything but the bodies. Knows no HTTP.

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Block, Finding, Proof, View, clip, inbox};

/// A block with its findings.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Place<'p> {
    #[serde(flatten)]
    block: &'p Block,
    findings: Vec<&'p Finding>,
}

/// The state of the page. A stamp changes only with its content, so that nothing is reloaded needlessly.
pub fn json(view: &View) -> Value {
    let mut state = serde_json::to_value(view).unwrap_or_default();
    state["draft_stamp"] = view.draft.as_ref().map_or(Value::Null, |draft| json!(stamp(&[&draft.text])));
    state["proof"] = view.proof.as_ref().map_or(Value::Null, proof);
    state
}

fn proof(proof: &Proof) -> Value {
    let (blocks, elsewhere) = beside(&proof.blocks, &proof.findings);
    json!({
        "stamp": stamp(&[&proof.html, &proof.text, &proof.message]),
        "subject": proof.subject,
        "inbox": inbox::rows(&proof.from, &proof.subject, &proof.preheader, &proof.text),
        "no_preheader": proof.preheader.trim().is_empty(),
        "html_bytes": proof.html_bytes,
        "text_bytes": proof.text_bytes,
        "clip": {"limit": clip::LIMIT, "at": clip::place(&proof.html, clip::LIMIT)},
        "blocks": blocks,
        "elsewhere": elsewhere,
    })
}

/// Assigns every finding to the block it is about; the second list holds those about the mail as a whole.
pub fn beside<'p>(blocks: &'p [Block], findings: &'p [Finding]) -> (Vec<Place<'p>>, Vec<&'p Finding>) {
    let mut places: Vec<Place> = blocks.iter().map(|block| Place { block, findings: Vec::new() }).collect();
    let mut elsewhere = Vec::new();
    for finding in findings {
        match places.iter_mut().find(|place| head(&place.block.name) == head(&finding.place)) {
            Some(place) => place.findings.push(finding),
            None => elsewhere.push(finding),
        }
    }
    (places, elsewhere)
}

/// `news[2]` of `news[2] "Title", url`: titles may hold anything.
fn head(place: &str) -> &str {
    place.split([' ', ',']).next().unwrap_or_default()
}

fn stamp(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    data_encoding::HEXLOWER.encode(&hash.finalize()[..8])
}
