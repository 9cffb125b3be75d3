//! `digest guides`: bring in and list guides.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::news::{as_of, print_import};
use super::output::{cut, json, line, report_notices};
use super::{Exit, Format, Global};

#[derive(Subcommand)]
pub enum Guides {
    /// Add guides from Markdown, JSON, or the text of an Almanac guide page, whose news comes along
    Import(Import),
    /// Show the guides in content/
    List(List),
}

#[derive(Args)]
pub struct Import {
    /// The files; `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The day that relative ages ("2d ago") count from; today when left out
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// How to print the result
    #[arg(long, default_value = "table")]
    format: Format,
}

#[derive(Args)]
pub struct List {
    /// How to print the guides
    #[arg(long, default_value = "table")]
    format: Format,
}

impl Guides {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Import(command) => command.run(global),
            Self::List(command) => command.run(global),
        }
    }
}

impl Import {
    fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let paths: Vec<PathBuf> = self.paths.iter().map(|path| global.path(path)).collect();
        let imported = site.import_guides(&paths, as_of(&site, self.as_of))?;
        print_import(global, self.format, &imported)
    }
}

impl List {
    fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let content = global.site()?.content()?;
        report_notices(global, &content.notices);
        if self.format == Format::Json {
            json(&content.guides)?;
            return Ok(Exit::Done);
        }
        for guide in content.guides {
            let (level, status) = (guide.level.as_str(), guide.status.as_str());
            let (slug, title) = (cut(&guide.slug, 34), cut(&guide.title, 60));
            line(&format!("{slug:<34}  {level:<12}  {status:<7}  v{:<3} {title}", guide.version))?;
        }
        Ok(Exit::Done)
    }
}
