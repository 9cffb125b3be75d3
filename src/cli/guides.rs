//! `digest guides`: bring in and list guides.

use clap::{Args, Subcommand};

use super::import::Import;
use super::output::{cut, json, line, report_notices};
use super::{Exit, Format, Global};
use crate::model::Notice;

#[derive(Subcommand)]
pub enum Guides {
    /// Add guides from Markdown, JSON or the text of an Almanac guide page (with the news it lists)
    Import(Import),
    /// List the guides in content/
    List(List),
}

#[derive(Args)]
pub struct List {
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

impl Guides {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Import(command) => {
                let site = global.site()?;
                let imported = site.content().import_guides(&command.paths(global), command.as_of(&site))?;
                command.print(global, &imported)
            }
            Self::List(command) => command.run(global),
        }
    }
}

impl List {
    fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let content = global.site()?.content().load()?;
        report_notices(global, &content.notices);
        if self.format == Format::Json {
            json(&content.guides)?;
            return Ok(Exit::Done);
        }
        if content.guides.is_empty() {
            let notice = Notice::new("there is no guide yet").help("import guides with `digest guides import`");
            report_notices(global, &[notice]);
        }
        for guide in content.guides {
            let (level, status) = (guide.level.as_str(), guide.status.as_str());
            let (slug, title) = (cut(&guide.slug, 34), cut(&guide.title, 60));
            line(&format!("{slug:<34}  {level:<12}  {status:<7}  v{:<3} {title}", guide.version))?;
        }
        Ok(Exit::Done)
    }
}
