//! `digest serve`: the daemon with the public pages and the letters.

use std::net::TcpListener;
use std::sync::Arc;

use clap::Args;

use super::output::line;
use super::send::{runtime, stop_signal};
use super::{Exit, Global};
use crate::model::Notice;
use crate::pipeline::serve;

#[derive(Args)]
pub struct Serve {}

impl Serve {
    #[expect(clippy::unused_self, reason = "as every command is run")]
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = Arc::new(global.site()?);
        let listener = listen(&site.config.web.listen)?;
        runtime()?.block_on(async {
            let stop = stop_signal()?;
            if let Some(listener) = &listener {
                line(&format!("http://{}/", listener.local_addr()?))?;
            }
            serve(site, listener, stop).await?;
            Ok(Exit::Done)
        })
    }
}

/// The listener of the public pages; none without `[web] listen`.
fn listen(address: &str) -> anyhow::Result<Option<TcpListener>> {
    if address.is_empty() {
        return Ok(None);
    }
    let listener = TcpListener::bind(address).map_err(|why| {
        Notice::new(format!("cannot listen on {address}: {why}"))
            .help("`[web] listen` is an address and a port, such as \"127.0.0.1:8080\", that nobody else listens on")
    })?;
    listener.set_nonblocking(true)?;
    Ok(Some(listener))
}
