//! Runs everything on the shipped sample, from composing to sending, without mailing anybody.

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use include_dir::{Dir, include_dir};
use tokio::sync::watch;

use super::init::write;
use super::{Delivered, ImportOptions, ListSource, SendOptions, Site};
use crate::model::{IssueName, Notice};

static CONTENT: Dir = include_dir!("$CARGO_MANIFEST_DIR/content");
const CONFIG: &str = include_str!("../../config.toml");
/// What the sample's editor adds, by edition.
const EDITORS: [(&str, &str); 2] =
    [("midweek", include_str!("demo/midweek.toml")), ("sunday", include_str!("demo/sunday.toml"))];
/// Marks a folder that `digest demo` made and may make again.
const MARK: &str = ".digest-demo";
/// The two issues of the demo, with the time at which each is composed.
const ISSUES: [(&str, &str, &str); 2] =
    [("midweek", "2024-07-31", "2024-07-31T04:00:00Z"), ("sunday", "2024-08-04", "2024-08-04T05:00:00Z")];

/// One issue of the demo.
#[derive(Debug)]
pub struct Stop {
    pub name: IssueName,
    pub news: usize,
    pub guides: usize,
    pub warnings: usize,
    pub html: PathBuf,
    pub text: PathBuf,
    pub delivered: Delivered,
}

/// What the demo made.
#[derive(Debug)]
pub struct Demo {
    pub root: PathBuf,
    pub subscribers: usize,
    pub stops: Vec<Stop>,
    pub outbox: PathBuf,
}

/// Composes, checks, approves and sends both editions of the sample into files.
pub async fn demo(dir: &Path) -> anyhow::Result<Demo> {
    lay_out(dir)?;
    let mut demo = Demo { root: dir.to_path_buf(), subscribers: 0, stops: Vec::new(), outbox: dir.join("outbox") };
    for (edition, date, now) in ISSUES {
        let now: DateTime<Utc> = now.parse()?;
        let site = Site::open(dir, Path::new("config.toml"), now)?;
        if demo.subscribers == 0 {
            let file = dir.join("content/subscribers.sample.csv");
            let consent = "the sample's made-up subscribers".to_owned();
            let options = ImportOptions { consent, ..ImportOptions::default() };
            let list = site.subscribers().open_list(&file, ListSource::File(std::fs::File::open(&file)?), &options)?;
            demo.subscribers = site.subscribers().import_list(&list, |_| Ok(()))?.added;
        }
        demo.stops.push(walk(&site, edition, date.parse()?).await?);
    }
    Ok(demo)
}

async fn walk(site: &Site, edition: &str, date: NaiveDate) -> anyhow::Result<Stop> {
    let composed = site.drafts().compose(edition, Some(date))?;
    if let Some((file, _)) = &composed.written {
        write(file, edited(edition, &std::fs::read_to_string(file)?).as_bytes())?;
    }
    let (rendering, _) = site.drafts().approve(&composed.name, "the demo")?;
    let files = site.drafts().write_rendering(&rendering, None, None)?;
    let (_never, stop) = watch::channel(false);
    let delivered = site.delivery().send(&composed.name, &SendOptions::default(), stop, |_| {}).await?;
    let [html, text, ..] = files.as_slice() else { anyhow::bail!("the rendered issue was not written") };
    Ok(Stop {
        news: rendering.draft.news.len(),
        guides: rendering.draft.guides.len(),
        warnings: rendering.report.warnings,
        html: html.clone(),
        text: text.clone(),
        name: composed.name,
        delivered,
    })
}

/// A draft after the sample editor's changes: with an intro, a number of the week, a picture, a note.
fn edited(edition: &str, draft: &str) -> String {
    let Some((_, hand)) = EDITORS.iter().find(|(name, _)| *name == edition) else { return draft.to_owned() };
    let Some((head, note)) = hand.split_once("[note]\n") else { return draft.to_owned() };
    let head = head.split_once('\n').map_or("", |(_, lines)| lines).trim_end();
    let empty = "intro = \"\"\"\n\"\"\"";
    // Compose counts from the sample's first issue, but the sample's editor has published others before.
    let counted = |text: &&str| !text.starts_with("issue_number = ");
    let draft: Vec<&str> = draft.lines().filter(counted).collect();
    noted(&(draft.join("\n") + "\n").replacen(empty, head, 1), note)
}

/// A draft with the editor's note on the entry that the note names, if it is there: first its `id` line, then its `text`.
fn noted(draft: &str, note: &str) -> String {
    let Some((id, text)) = note.trim_end().split_once("\ntext = ") else { return draft.to_owned() };
    match draft.split_once(&format!("\n{id}\n")) {
        Some((before, entry)) => {
            format!("{before}\n{id}\n{}", entry.replacen("note = \"\"", &format!("note = {text}"), 1))
        }
        None => draft.to_owned(),
    }
}

/// A fresh copy of the sample. Replaces an earlier demo in the same place, but nothing else.
fn lay_out(dir: &Path) -> anyhow::Result<()> {
    if dir.join(MARK).exists() {
        std::fs::remove_dir_all(dir)?;
    } else if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Notice::new("this folder was not made by `digest demo`")
            .at(dir, None)
            .help("choose another folder")
            .into());
    }
    write(&dir.join(MARK), b"`digest demo` made this folder and replaces it each time.\n")?;
    // Link to the sample's pages and show its mark, as with a running `digest serve`.
    let site = "public_url = \"https://callmealmanac.example\"";
    let config = CONFIG.replacen("# mark = ", "mark = ", 1).replacen("public_url = \"\"", site, 1);
    write(&dir.join("config.toml"), config.as_bytes())?;
    copy(&CONTENT, &dir.join("content"))
}

fn copy(from: &Dir, to: &Path) -> anyhow::Result<()> {
    for file in from.files() {
        write(&to.join(file.path()), file.contents())?;
    }
    from.dirs().try_for_each(|inner| copy(inner, to))
}
