//! `digest init` and `digest demo`: create a publication, and run everything on the sample.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::output::{count, line};
use super::send::runtime;
use super::{Exit, Global};
use crate::pipeline;

#[derive(Args)]
pub struct Init {
    /// An empty or new folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

#[derive(Args)]
pub struct Demo {
    /// Where to create it; replaced each time
    #[arg(default_value = "digest-demo", value_name = "DIR")]
    folder: PathBuf,
}

impl Init {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let dir = global.path(&self.folder);
        let mut made: BTreeMap<PathBuf, usize> = BTreeMap::new();
        for path in pipeline::init(&dir)? {
            let inside = path.strip_prefix(&dir).unwrap_or(&path);
            *made.entry(inside.iter().take(1).collect()).or_default() += 1;
        }
        for (path, files) in made {
            let path = dir.join(path);
            let files = if path.is_dir() { format!("/  {}", count(files, "file")) } else { String::new() };
            line(&format!("{}{files}", path.display()))?;
        }
        line("")?;
        line(&format!("Next: cd {} and set your name, sender and address in config.toml.", dir.display()))?;
        line("Then import news with `digest news import FILE` and compose an issue with `digest compose midweek`.")?;
        line("`digest doctor` says what is still missing, and `digest config` lists every other setting.")?;
        Ok(Exit::Done)
    }
}

impl Demo {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let dir = global.path(&self.folder);
        let demo = runtime()?.block_on(pipeline::demo(&dir))?;
        let subscribers = count(demo.subscribers, "subscriber");
        line(&format!("Composed, checked, approved and sent two issues to a sample list of {subscribers}."))?;
        line("All mail went to files; nobody was mailed.")?;
        for stop in &demo.stops {
            let (news, guides) = (count(stop.news, "story"), count(stop.guides, "guide"));
            line("")?;
            line(&format!("{}: {news}, {guides}, {}", stop.name, count(stop.warnings, "warning")))?;
            let delivered = stop.delivered.counts.delivered;
            line(&format!(
                "  delivered to {delivered} of {subscribers}; the others never confirmed, left, or get the other edition"
            ))?;
            line(&format!("  page: {}", stop.html.display()))?;
            line(&format!("  text: {}", stop.text.display()))?;
        }
        line("")?;
        line(&format!("The messages as sent: {}", demo.outbox.display()))?;
        line(&format!("Next: digest -C {} preview --open", dir.display()))?;
        Ok(Exit::Done)
    }
}
