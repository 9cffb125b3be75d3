//! Requests an operator's URL after each successful tick of the scheduler, so that an outside monitor notices when it stops. Knows no
//! step.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use url::Url;

use crate::pipeline::Site;
use crate::sources::{FetchRequest, Method};

/// Time limit for a response.
const PATIENCE: Duration = Duration::from_secs(10);

/// The request in progress, and whether the last one failed.
#[derive(Default)]
pub struct Heartbeat {
    under_way: Option<JoinHandle<()>>,
    failed: Arc<AtomicBool>,
}

impl Heartbeat {
    /// Sends the request in the background, unless the last one is still waiting. The URL itself is never logged: it is usually a
    /// secret.
    pub fn beat(&mut self, site: &Site) {
        let Ok(url) = Url::parse(&site.config.serve.heartbeat) else { return };
        if self.under_way.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let (site, failed) = (site.clone(), Arc::clone(&self.failed));
        self.under_way = Some(tokio::spawn(async move {
            match ask(&site, &url).await {
                Ok(()) if failed.swap(false, Ordering::Relaxed) => {
                    tracing::info!("[serve] heartbeat: the service answers again");
                }
                Ok(()) => {}
                Err(_) if failed.swap(true, Ordering::Relaxed) => {}
                Err(why) => {
                    tracing::warn!(why, "[serve] heartbeat: the service does not answer; it is tried again each time");
                }
            }
        }));
    }
}

async fn ask(site: &Site, url: &Url) -> Result<(), String> {
    let fetcher = site.content().fetcher().map_err(|notice| notice.message)?.patient(PATIENCE);
    let request = FetchRequest { method: Method::Get, url, headers: &[], most: 0 };
    match fetcher.fetch(&request).await {
        Ok(fetched) if fetched.status < 400 => Ok(()),
        Ok(fetched) => Err(format!("it answers {}", fetched.status)),
        Err(failure) => Err(failure.to_string()),
    }
}
