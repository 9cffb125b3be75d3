//! A rendering as the preview shows it: one subscriber's copy and the check's findings. Reads no file but the store.

use data_encoding::BASE64;

use super::{Finding, Rendering, Severity, Site, mends};
use crate::check::{At, Block};
use crate::mail::Links;
use crate::model::{Address, Draft, Part};
use crate::web::preview::{self, Proof, Subscriber};

/// The rendering for one subscriber: the one with the address, or a sample subscriber.
pub fn proof(site: &Site, rendering: &Rendering, subscriber: Option<&Address>) -> anyhow::Result<Proof> {
    let delivery = site.drafts().sample_delivery(subscriber)?;
    let rendered = &rendering.rendered;
    let message = site.drafts().message(&rendering.name, rendered, &delivery)?;
    let letterhead = site.config.letterhead();
    let links = Links::new(&letterhead, &rendering.name, &delivery);
    let report = &rendering.report;
    let waived = report.waived.iter().map(|waived| finding(&waived.finding, Some(&waived.why)));
    Ok(Proof {
        from: letterhead.from.clone(),
        subject: rendered.subject.clone(),
        preheader: rendered.preheader.clone(),
        html: rendered.fill(Part::Html, &links),
        text: rendered.fill(Part::Text, &links),
        message: message.text(),
        html_bytes: report.html_bytes,
        text_bytes: report.text_bytes,
        blocks: report.blocks.iter().map(|b| block(b, &rendering.draft)).collect(),
        findings: report.findings.iter().map(|found| finding(found, None)).chain(waived).collect(),
        pictures: pictures(site, &rendering.draft),
    })
}

/// The mark and the pictures, where they are files of content/.
fn pictures(site: &Site, draft: &Draft) -> Vec<(String, String)> {
    let mark = site.config.publication.mark.iter();
    let files = mark.chain(draft.pictures()).filter_map(|picture| picture.file.as_deref());
    let data = |file: &str| {
        let picture = site.archive().picture(file)?;
        let url = format!("{}/pictures/{file}", site.config.letterhead().public_url);
        Some((url, format!("data:{};base64,{}", picture.kind, BASE64.encode(&picture.bytes))))
    };
    files.filter_map(data).collect()
}

/// Who the subscriber is, in words.
pub fn subscriber(site: &Site, address: Option<&Address>) -> anyhow::Result<Subscriber> {
    let Some(address) = address else {
        return Ok(Subscriber { told: "a sample subscriber".into(), ..Subscriber::default() });
    };
    let known = site.store_to_read()?.map(|store| store.subscribers().subscriber(address)).transpose()?.flatten();
    let told = match known {
        Some(subscriber) if subscriber.name.is_empty() => format!("on the list, {}, without a name", subscriber.status),
        Some(subscriber) => format!("{}, {}", subscriber.name, subscriber.status),
        None => "not on the list: shown without a name".into(),
    };
    Ok(Subscriber { address: address.to_string(), told, wrong: false })
}

fn block(block: &Block, draft: &Draft) -> preview::Block {
    let begins = match block.at {
        Some(At::News(number, _)) => draft.news.get(number).map(|entry| entry.title.as_str()),
        Some(At::Card(number, _)) => draft.guides.get(number).map(|card| card.title.as_str()),
        // Up to the first mark of Markdown, which the page does not show.
        Some(_) => draft.intro.split(['[', '(', '<', '*', '_', '\n']).find(|part| !part.trim().is_empty()),
        None => None,
    };
    preview::Block { name: block.block.clone(), bytes: block.bytes, begins: begins.unwrap_or_default().to_owned() }
}

fn finding(finding: &Finding, waived: Option<&String>) -> preview::Finding {
    preview::Finding {
        severity: match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        code: finding.code,
        message: finding.message.clone(),
        help: finding.help.to_string(),
        place: finding.where_.clone(),
        line: finding.line.filter(|_| finding.file.is_none()),
        waived: waived.cloned(),
        mends: if waived.is_some() { Vec::new() } else { mends::mends(finding) },
    }
}
