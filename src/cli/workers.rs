//! `digest workers`: the processes that are sending.

use clap::Args;

use super::output::{json, line, local};
use super::{Exit, Format, Global};

#[derive(Args)]
pub struct Workers {
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

impl Workers {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let workers = site.delivery().workers()?;
        match self.format {
            Format::Json => json(&workers)?,
            Format::Table if workers.is_empty() => line("no process is sending")?,
            Format::Table => {
                line(&format!(
                    "{:<24} {:<28} {:>11} {:>9} {:>10} {:>10}  since",
                    "issue", "process", "connections", "in flight", "tried", "a minute"
                ))?;
                for worker in &workers {
                    line(&format!(
                        "{:<24} {:<28} {:>11} {:>9} {:>10} {:>10}  {}{}",
                        worker.issue,
                        worker.name,
                        worker.connections,
                        worker.in_flight,
                        worker.tried,
                        worker.per_minute,
                        local(worker.since, site.config.publication.timezone),
                        worker.note()
                    ))?;
                }
                if workers.len() > 1 {
                    let pace: u64 = workers.iter().map(|worker| worker.per_minute).sum();
                    line(&format!("{} processes, {pace} messages a minute", workers.len()))?;
                }
            }
        }
        Ok(Exit::Done)
    }
}
