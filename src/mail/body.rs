//! A letter's body, encoded once for all subscribers, with slots for each subscriber's values. Knows no header.

use std::ops::Range;

use bytes::Bytes;

use super::quoted::encode_run;
use crate::model::{Fill, Part, Rendered, Segment, Slot, push_escaped};

/// multipart/alternative (RFC 2046 §5.1.4), text first, each part quoted-printable.
#[derive(Debug)]
pub struct Body {
    boundary: String,
    segments: Vec<Encoded>,
}

#[derive(Debug)]
enum Encoded {
    Shared(Bytes),
    Slot(Part, Slot),
}

impl Body {
    pub fn new(boundary: String, rendered: &Rendered) -> Self {
        let mut segments = Vec::new();
        let mut shared = String::new();
        for (part, kind, of) in [(Part::Text, "plain", &rendered.text), (Part::Html, "html", &rendered.html)] {
            shared += &format!(
                "--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n\
                 Content-Transfer-Encoding: quoted-printable\r\n\r\n"
            );
            for segment in of {
                match segment {
                    Segment::Shared(text) => encode_run(&mut shared, text),
                    Segment::Slot(slot) => {
                        segments.push(Encoded::Shared(std::mem::take(&mut shared).into()));
                        segments.push(Encoded::Slot(part, slot.clone()));
                    }
                }
            }
            shared += "\r\n";
        }
        shared += &format!("--{boundary}--\r\n");
        segments.push(Encoded::Shared(shared.into()));
        Self { boundary, segments }
    }

    /// The Content-Type field that goes with it.
    pub fn content_type(&self) -> String {
        format!("Content-Type: multipart/alternative;\r\n boundary=\"{}\"\r\n", self.boundary)
    }

    /// A message of this head (which ends in its empty line) and the body with a subscriber's own values, in parts: nothing that grows
    /// with the body is copied.
    pub fn follow(&self, head: String, links: &dyn Fill) -> Vec<Bytes> {
        let mut own = head;
        let mut parts: Vec<Result<Bytes, Range<usize>>> = Vec::with_capacity(self.segments.len() + 1);
        parts.push(Err(0..own.len()));
        let mut value = String::new();
        for segment in &self.segments {
            match segment {
                Encoded::Shared(run) => parts.push(Ok(run.clone())),
                Encoded::Slot(part, slot) => {
                    let start = own.len();
                    value.clear();
                    push_escaped(&mut value, *part, links.value(slot));
                    encode_run(&mut own, &value);
                    parts.push(Err(start..own.len()));
                }
            }
        }
        let own = Bytes::from(own);
        parts.into_iter().map(|part| part.unwrap_or_else(|range| own.slice(range))).collect()
    }
}
