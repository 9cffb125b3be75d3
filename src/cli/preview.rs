//! `digest preview`: view and edit an issue in the browser; reloads on every save.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};

use clap::Args;

use super::output::{line, report_notices};
use super::send::{runtime, stop_signal};
use super::{Exit, Global, address};
use crate::model::Notice;
use crate::pipeline::{self, By};
use crate::web::preview::serve;

/// The default port, if it is free; else the next free one.
const PORT: u16 = 4477;

#[derive(Args)]
pub struct Preview {
    /// The issue's folder name or path; the newest draft by default
    issue: Option<String>,
    /// The port on 127.0.0.1; 0 for any free one [default: 4477 or the next free one]
    #[arg(long, value_name = "P")]
    port: Option<u16>,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    /// Show the message this subscriber gets; a sample subscriber by default
    #[arg(long = "as", value_name = "ADDR")]
    subscriber: Option<String>,
    /// Check the files every half second instead of waiting for change events (for network drives)
    #[arg(long)]
    poll: bool,
}

impl Preview {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let subscriber = self.subscriber.as_deref().map(address).transpose()?;
        let by = if self.poll { By::Looking } else { By::Events };
        let service =
            pipeline::preview(global.root(), &global.config, global.start(), self.issue.as_deref(), subscriber, by)?;
        let listener = listen(self.port)?;
        let address = listener.local_addr()?;
        let at = |key: &str| format!("http://{address}/{key}/");
        let keys = service.editing.as_ref().map(|editing| (at(&editing.key), at(&editing.once)));
        let (url, once) = keys.unwrap_or_else(|| (at(""), at("")));
        runtime()?.block_on(async {
            let mut stop = stop_signal()?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            line(&url)?;
            if self.open {
                open(global, &once);
            }
            serve(listener, service, async { drop(stop.wait_for(|stop| *stop).await) }).await?;
            Ok(Exit::Done)
        })
    }
}

/// A listener on loopback, out of reach for the network.
fn listen(port: Option<u16>) -> anyhow::Result<TcpListener> {
    let bind = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = match port {
        Some(port) => bind(port).map_err(|why| {
            Notice::new(format!("cannot listen on port {port}: {why}")).help("leave out --port, or choose another")
        })?,
        None => (PORT..PORT + 20).find_map(|port| bind(port).ok()).map_or_else(|| bind(0), Ok)?,
    };
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Asks the desktop to open the page at a one-time address. On a machine without a desktop, the permanent address is still on stdout.
fn open(global: &Global, url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let opened =
        Command::new(program).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    if let Err(why) = opened {
        report_notices(global, &[Notice::new(format!("cannot open a browser: {program}: {why}"))]);
    }
}
