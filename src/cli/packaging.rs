//! `digest completions` and `digest man`: for packagers.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use super::{Cli, Exit, Global};
use crate::model::Notice;

#[derive(Args)]
pub struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

impl Completions {
    pub fn run(self) -> anyhow::Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "digest", &mut script);
        write(&script)
    }
}

#[derive(Args)]
pub struct Man {
    /// Write a page for each command into this folder: digest.1, digest-compose.1 …
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        if let Some(folder) = self.out {
            let folder = global.path(&folder);
            let pages =
                || std::fs::create_dir_all(&folder).and_then(|()| clap_mangen::generate_to(Cli::command(), &folder));
            pages().map_err(|e| Notice::new(format!("cannot write the manual pages: {e}")).at(&folder, None))?;
            return Ok(Exit::Done);
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        write(&page)
    }
}

fn write(bytes: &[u8]) -> anyhow::Result<Exit> {
    std::io::Write::write_all(&mut std::io::stdout().lock(), bytes)?;
    Ok(Exit::Done)
}
