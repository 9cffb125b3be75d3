//! `digest doctor`: what is wrong with a publication, and how to mend it.

use std::net::SocketAddr;

use clap::Args;

use super::output::{json, line};
use super::send::runtime;
use super::{Exit, Global, HumanFormat};
use crate::model::Notices;
use crate::pipeline::{Diagnosis, Health};

#[derive(Args)]
pub struct Doctor {
    /// Ask this nameserver instead of the system's
    #[arg(long, value_name = "IP:PORT")]
    nameserver: Option<SocketAddr>,
    /// How to print it
    #[arg(long, default_value = "human")]
    format: HumanFormat,
}

impl Doctor {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let found = match global.site() {
            Ok(site) => runtime()?.block_on(site.doctor(self.nameserver)),
            Err(error) => mistakes(&error),
        };
        match self.format {
            HumanFormat::Json => json(&found)?,
            HumanFormat::Human => found.iter().try_for_each(print)?,
        }
        let sick = found.iter().any(|diagnosis| diagnosis.health == Health::Error);
        Ok(if sick { Exit::Found } else { Exit::Done })
    }
}

/// A configuration that cannot be read is the first thing to mend; nothing else can be looked at before.
fn mistakes(error: &anyhow::Error) -> Vec<Diagnosis> {
    match error.downcast_ref::<Notices>() {
        Some(Notices(notices)) => {
            notices.iter().map(|n| Diagnosis::new("config", Health::Error, n.to_string())).collect()
        }
        None => vec![Diagnosis::new("config", Health::Error, format!("{error:#}"))],
    }
}

fn print(diagnosis: &Diagnosis) -> anyhow::Result<()> {
    let health = match diagnosis.health {
        Health::Good => "good",
        Health::Skipped => "-",
        Health::Warning => "warning",
        Health::Error => "error",
    };
    line(&format!("{health:<8} {:<10} {}", diagnosis.about, diagnosis.what))?;
    diagnosis.mend.as_ref().map_or(Ok(()), |mend| line(&format!("{:19} {mend}", "")))
}
