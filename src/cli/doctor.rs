//! `digest doctor`: what is wrong with a publication, and how to fix it.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::{json, line};
use super::send::runtime;
use super::{Exit, Global, HumanFormat};
use crate::pipeline::{Diagnosis, Health, Progress};

#[derive(Args)]
pub struct Doctor {
    /// Ask this nameserver instead of the system's
    #[arg(long, value_name = "IP:PORT")]
    nameserver: Option<SocketAddr>,
    /// Also ask whether the public pages answer at `[web] public_url`
    #[arg(long)]
    online: bool,
    /// Output format
    #[arg(long, default_value = "human")]
    format: HumanFormat,
}

impl Doctor {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let mut visit = Visit::new(global, self.format);
        match global.site() {
            Ok(site) => {
                runtime()?.block_on(site.doctor().examine(self.nameserver, self.online, &mut |look| visit.hear(look)));
            }
            // A configuration that cannot be read must be fixed first; nothing else can be checked until then.
            Err(error) => {
                for one in Diagnosis::errors("config", &error) {
                    visit.hear(Progress::Found(one));
                }
            }
        }
        visit.end()
    }
}

/// Shows each result to people as it is known, and all results to programs at the end.
struct Visit {
    format: HumanFormat,
    waiting: ProgressBar,
    /// Whether someone looks at a terminal.
    is_drawn: bool,
    found: Vec<Diagnosis>,
    told: anyhow::Result<()>,
}

impl Visit {
    fn new(global: &Global, format: HumanFormat) -> Self {
        let style = ProgressStyle::with_template("{spinner} waiting for {msg} ({elapsed})");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
        // Draws nothing until there is something to wait for.
        let waiting = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_style(style);
        let is_drawn = global.progress() && format == HumanFormat::Human;
        Self { format, waiting, is_drawn, found: Vec::new(), told: Ok(()) }
    }

    fn hear(&mut self, look: Progress) {
        match look {
            Progress::Waits(what) if self.is_drawn => {
                self.waiting.set_draw_target(ProgressDrawTarget::stderr());
                self.waiting.reset_elapsed();
                self.waiting.set_message(what);
                self.waiting.enable_steady_tick(Duration::from_millis(100));
            }
            Progress::Waits(_) => {}
            Progress::Found(diagnosis) => {
                if self.format == HumanFormat::Human && self.told.is_ok() {
                    // A remedy shared by several problems is shown once.
                    let is_new = !self.found.iter().any(|earlier| earlier.mend == diagnosis.mend);
                    self.told = self.waiting.suspend(|| print(&diagnosis, is_new));
                }
                self.found.push(diagnosis);
            }
        }
    }

    fn end(self) -> anyhow::Result<Exit> {
        self.waiting.finish_and_clear();
        self.told?;
        if self.format == HumanFormat::Json {
            json(&self.found)?;
        }
        let sick = self.found.iter().any(|diagnosis| diagnosis.health == Health::Error);
        Ok(if sick { Exit::Found } else { Exit::Done })
    }
}

fn print(diagnosis: &Diagnosis, with_mend: bool) -> anyhow::Result<()> {
    let health = match diagnosis.health {
        Health::Good => "good",
        Health::Skipped => "-",
        Health::Warning => "warning",
        Health::Error => "error",
    };
    line(&format!("{health:<8} {:<10} {}", diagnosis.about, diagnosis.what))?;
    diagnosis.mend.as_ref().filter(|_| with_mend).map_or(Ok(()), |mend| line(&format!("{:19} {mend}", "")))
}
