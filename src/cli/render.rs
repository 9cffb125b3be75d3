//! `digest render`: write the issue as files.

use std::path::PathBuf;

use clap::Args;

use super::output::line;
use super::{Exit, Global, address};

#[derive(Args)]
pub struct Render {
    /// The issue's folder name or path; the newest draft by default
    issue: Option<String>,
    /// Where to write the files; beside issue.toml by default
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write the message this subscriber gets; a sample subscriber by default
    #[arg(long = "as", value_name = "ADDR")]
    subscriber: Option<String>,
}

impl Render {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let name = site.issue(self.issue.as_deref())?;
        let subscriber = self.subscriber.as_deref().map(address).transpose()?;
        let out = self.out.map(|out| global.path(&out));
        for path in
            site.drafts().write_rendering(&site.drafts().rendering(&name)?, out.as_deref(), subscriber.as_ref())?
        {
            line(&path.display().to_string())?;
        }
        Ok(Exit::Done)
    }
}
