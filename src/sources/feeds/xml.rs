//! RSS of all versions and Atom, by quick-xml, to a feed in its own words. Forgives what can be forgiven: unclosed and crossed elements,
//! bare ampersands, a missing end. Expands no entity, reads no DTD. Knows no item.

use std::borrow::Cow;

use quick_xml::events::Event;
use quick_xml::reader::Reader;

use super::parsed::ParsedFeed;
use super::walk::Walk;
use crate::sources::report::Report;
use crate::text::html::references;

/// Reads a feed; `None` when the text is not a feed.
pub(super) fn read(text: &str, report: &mut Report) -> Option<ParsedFeed> {
    let text = with_lone_signs(text, report);
    let mut walk = Walk::new(&text);
    let mut reader = Reader::from_str(&text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    loop {
        walk.at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let goes_on = match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => take(&mut walk, &event, report),
            Err(why) => {
                let message = format!("the XML breaks off here ({why}); everything before it counts");
                report.note(walk.line(), message, "tell the site's owner");
                walk.broken = true;
                false
            }
        };
        if !goes_on {
            break;
        }
    }
    walk.finish(report)
}

/// A `<` that opens nothing (as in `a < b`) becomes a reference to itself, outside of CDATA and comments.
fn with_lone_signs<'a>(text: &'a str, report: &mut Report) -> Cow<'a, str> {
    let (mut out, mut from, mut at) = (String::new(), 0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('<')) {
        at += found;
        let rest = text.get(at..).unwrap_or_default();
        let closed = |start: &str, end: &str| {
            rest.starts_with(start).then(|| rest.find(end).map_or(rest.len(), |to| to + end.len()))
        };
        if let Some(skip) = closed("<![CDATA[", "]]>").or_else(|| closed("<!--", "-->")) {
            at += skip;
            continue;
        }
        let opens = rest
            .get(1..)
            .unwrap_or_default()
            .starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '!' | '?' | '_' | ':'));
        // At the very end the text was cut; that is reported elsewhere.
        if !opens && rest.len() > 1 {
            out.push_str(text.get(from..at).unwrap_or_default());
            out.push_str("&lt;");
            from = at + 1;
        }
        at += 1;
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    report.note(None, "has a bare `<` in its text; it was kept as text", "");
    out.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

/// Handles an event; returns whether to continue.
fn take(walk: &mut Walk, event: &Event, report: &mut Report) -> bool {
    match event {
        Event::Start(tag) => return walk.start(tag, false, report),
        Event::Empty(tag) => return walk.start(tag, true, report),
        Event::End(tag) => return walk.end(&tag.name().as_ref().to_lowercase(), report),
        Event::Text(text) => walk.text(text),
        Event::CData(text) => walk.text(text),
        // References that nobody reads are not looked up: a document may hold millions.
        Event::GeneralRef(name) if walk.listens() => {
            let decoded = references::one(name);
            if decoded.is_none() {
                walk.unknown += 1;
                walk.once(report, "uses entities that only it defines; they were left out");
            }
            walk.text(&decoded.unwrap_or_default());
        }
        Event::DocType(text) if text.contains("<!ENTITY") => {
            walk.once(report, "defines entities of its own; they were not expanded");
        }
        _ => {}
    }
    true
}
