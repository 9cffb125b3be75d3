//! `digest completions` and `digest man`: for packagers.

use clap::{Args, CommandFactory};

use super::{Cli, Exit};

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

/// Prints the manual page.
pub fn man() -> anyhow::Result<Exit> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    write(&page)
}

fn write(bytes: &[u8]) -> anyhow::Result<Exit> {
    std::io::Write::write_all(&mut std::io::stdout().lock(), bytes)?;
    Ok(Exit::Done)
}
