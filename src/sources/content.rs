//! Reads the content folder: news/*.jsonl and guides/*.md in name order. Files are the truth; a mistake in one refuses all.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::report::{fold, quoted, refuse};
use super::{files, guides, news};
use crate::model::{Guide, Item, Notice, Notices, topic_key};

/// Everything that a publication has to compose from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    pub items: Vec<Item>,
    pub guides: Vec<Guide>,
    pub notices: Vec<Notice>,
}

/// Reads everything under `content_dir`. A folder that is missing is empty; hidden files are nobody's content; a file of
/// another kind is noticed.
///
/// # Errors
/// Every mistake in every file, with file and line; equal ones once with a count, about 50 at most.
pub fn load(content_dir: &Path) -> Result<Content, Notices> {
    let mut content = Content::default();
    let mut errors = Vec::new();
    load_news(&content_dir.join("news"), &mut content, &mut errors)?;
    load_guides(&content_dir.join("guides"), &mut content, &mut errors)?;
    if !errors.is_empty() {
        return Err(refuse(errors));
    }
    content.notices.extend(spellings(&content));
    content.notices = fold(content.notices);
    Ok(content)
}

fn load_news(dir: &Path, content: &mut Content, errors: &mut Vec<Notice>) -> Result<(), Notices> {
    let files = files::files(dir, "jsonl", &mut content.notices)?;
    let mut places = Vec::new();
    for (file, read) in files.iter().zip(files::each(&files, |file| news::read_stored(file, &files::read_file(file)?)))
    {
        match read {
            Ok(intake) => {
                content.notices.extend(intake.notices);
                for (line, item) in intake.records {
                    places.push((file, line));
                    content.items.push(item);
                }
            }
            Err(Notices(more)) => errors.extend(more),
        }
    }
    drop_twins(content, &places);
    Ok(())
}

fn load_guides(dir: &Path, content: &mut Content, errors: &mut Vec<Notice>) -> Result<(), Notices> {
    let files = files::files(dir, "md", &mut content.notices)?;
    let mut slugs: HashMap<String, &PathBuf> = HashMap::new();
    for (file, read) in
        files.iter().zip(files::each(&files, |file| guides::read_markdown(file, &files::read_file(file)?)))
    {
        match read {
            Ok((guide, notices)) => {
                if let Some(first) = slugs.insert(guide.slug.clone(), file) {
                    let message = format!("the slug `{}` is already that of {}", guide.slug, first.display());
                    errors.push(Notice::new(message).at(file, None).help("give one of the two guides another slug"));
                }
                content.guides.push(guide);
                content.notices.extend(notices);
            }
            Err(Notices(more)) => errors.extend(more),
        }
    }
    Ok(())
}

/// Two lines with one id would be one item twice; the first stays. `places` tells where each item stands.
fn drop_twins(content: &mut Content, places: &[(&PathBuf, usize)]) {
    let mut first: HashMap<&str, usize> = HashMap::with_capacity(content.items.len());
    let mut twins = HashSet::new();
    for (at, item) in content.items.iter().enumerate() {
        let known = *first.entry(&item.id).or_insert(at);
        if let (true, Some((file, line)), Some((twin, row))) = (known != at, places.get(known), places.get(at)) {
            let message =
                format!("the news id `{}` appears twice; the one at {}:{} counts", item.id, file.display(), line + 1);
            let notice = Notice::new(message).at(twin, row + 1);
            content.notices.push(notice.help("delete the line that is out of date, or give the item an id of its own"));
            twins.insert(at);
        }
    }
    let mut at = 0..;
    content.items.retain(|_| !at.next().is_some_and(|at| twins.contains(&at)));
}

/// Reports topics in several spellings, which count as one.
fn spellings(content: &Content) -> Option<Notice> {
    const SHOWN: usize = 5;
    let of_items = content.items.iter().flat_map(|item| &item.topics);
    let all: HashSet<&str> =
        of_items.chain(content.guides.iter().map(|guide| &guide.topic)).map(String::as_str).collect();
    let mut topics: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for topic in all {
        topics.entry(topic_key(topic)).or_default().insert(topic);
    }
    // Names without letters or digits have no key and are compared as they are.
    let several: Vec<&BTreeSet<&str>> =
        topics.iter().filter(|(key, ways)| !key.is_empty() && ways.len() > 1).map(|(_, ways)| ways).collect();
    let told = |ways: &&BTreeSet<&str>| {
        let shown: Vec<String> = ways.iter().take(SHOWN).map(|way| quoted(way)).collect();
        let more = if ways.len() > SHOWN { format!(" and {} more", ways.len() - SHOWN) } else { String::new() };
        format!("{}{more}", shown.join(" = "))
    };
    let mut list: Vec<String> = several.iter().take(SHOWN).map(told).collect();
    if several.len() > SHOWN {
        list.push(format!("and {} more", several.len() - SHOWN));
    }
    let which = if several.len() == 1 { "a topic is" } else { "topics are" };
    let notice = Notice::new(format!("{which} spelled in several ways, which count as one: {}", list.join("; ")));
    (!several.is_empty()).then(|| notice.help("nothing is wrong; subscribers see the spelling of each item"))
}

#[cfg(test)]
mod tests;
