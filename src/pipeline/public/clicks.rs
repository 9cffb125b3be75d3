//! Resolves counted links and counts clicks: links are looked up at once, and clicks counted later on a separate thread, so that a
//! subscriber never waits for a statistic. Knows no page.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use super::super::{Site, seed};
use super::window::Window;
use crate::model::{IssueName, Tracking};
use crate::store::{ClickCounts, Store};
use crate::web::public::go::ClickService;

/// Maximum number of clicks waiting to be counted; further ones are not counted.
const WAITING: usize = 1_024;
/// How often open visits are checked.
const STEP: Duration = Duration::from_secs(1);
/// How often counts are written, if there are any.
const BATCH: TimeDelta = TimeDelta::seconds(5);
/// For how many issues links are cached.
const KEPT: usize = 64;

/// A message to the counting thread.
enum Said {
    Click { visitor: u64, issue: IssueName, key: String },
    End,
}

/// The counting thread, which outlives changes of settings.
pub(super) struct Clicks {
    door: SyncSender<Said>,
    thread: JoinHandle<()>,
    secret: String,
}

impl Clicks {
    pub(super) fn open(site: Arc<Site>) -> std::io::Result<Self> {
        let (door, coming) = sync_channel(WAITING);
        let thread = std::thread::Builder::new().name("clicks".into()).spawn(move || count(&site, &coming))?;
        Ok(Self { door, thread, secret: seed() })
    }

    /// The service for counted links with these settings. Links in mails already sent still redirect when counting is turned
    /// off.
    pub(super) fn service(&self, site: &Arc<Site>) -> ClickService {
        let counts = site.config.tracking.clicks;
        let signpost = Mutex::new(Signpost { site: Arc::clone(site), store: None, kept: BTreeMap::new() });
        let (door, secret) = (self.door.clone(), self.secret.clone());
        let follow = move |issue: &IssueName, key: &str, visitor: Option<String>| {
            let url = signpost.lock().unwrap_or_else(PoisonError::into_inner).url(issue, key)?;
            if let (Some(_), Some(network), true) = (&url, visitor, counts) {
                let visitor = number(&secret, &network, issue);
                // Clicks that the thread cannot keep up with are not counted.
                let _ = door.try_send(Said::Click { visitor, issue: issue.clone(), key: key.to_owned() });
            }
            Ok(url)
        };
        ClickService { follow: Arc::new(follow) }
    }

    /// Counts the open visits and writes the counts. Called when no more links are served.
    pub(super) fn end(self) {
        let _ = self.door.send(Said::End);
        // A panic in the thread has already been reported.
        let _ = self.thread.join();
    }
}

/// The key for a network on an issue while it is watched. It cannot be traced to a network without the secret, which only this process has.
fn number(secret: &str, network: &str, issue: &IssueName) -> u64 {
    let digest = Sha256::digest(format!("{secret}\0{network}\0{issue}"));
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The counted links of issues, as approved.
struct Signpost {
    site: Arc<Site>,
    store: Option<Store>,
    /// Links with the hash of the bytes that they come from.
    kept: BTreeMap<IssueName, (String, Tracking)>,
}

impl Signpost {
    fn url(&mut self, issue: &IssueName, key: &str) -> anyhow::Result<Option<String>> {
        if self.store.as_ref().is_none_or(|store| store.check_file().is_err()) {
            self.store = self.site.store_to_read()?;
        }
        let Some(store) = &self.store else { return Ok(None) };
        let Some(hash) = store.issues().approved_hash(issue)? else { return Ok(None) };
        if self.kept.get(issue).is_none_or(|(kept, _)| *kept != hash) {
            let Some(approval) = store.issues().approval(issue)? else { return Ok(None) };
            if self.kept.len() >= KEPT {
                self.kept.clear();
            }
            let tracking = approval.frozen.rendered.tracking.unwrap_or_default();
            self.kept.insert(issue.clone(), (approval.frozen_sha256, tracking));
        }
        let link = self.kept.get(issue).and_then(|(_, tracking)| tracking.target(key));
        Ok(link.map(|link| link.url.clone()))
    }
}

/// Runs until the channel closes. Only durations matter here, so it uses a clock that cannot be set.
fn count(site: &Site, coming: &Receiver<Said>) {
    let clock = crate::pipeline::clock_from(site.now());
    let (mut window, mut counts) = (Window::default(), ClickCounts::new());
    let (mut settled, mut written) = (clock(), clock());
    loop {
        let idle = window.is_empty() && counts.is_empty();
        let said = if idle { coming.recv().map_err(RecvTimeoutError::from) } else { coming.recv_timeout(STEP) };
        let now = clock();
        match said {
            Ok(Said::Click { visitor, issue, key }) => window.click(visitor, &issue, &key, now, &mut counts),
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Said::End) | Err(RecvTimeoutError::Disconnected) => {
                window.close(&mut counts);
                return write(site, &mut counts);
            }
        }
        if now - settled >= TimeDelta::seconds(1) {
            window.settle(now, &mut counts);
            settled = now;
        }
        if now - written >= BATCH && !counts.is_empty() {
            write(site, &mut counts);
            written = now;
        }
    }
}

/// Writes the counts. Those that the store does not accept wait for the next time; that is only one number per link.
fn write(site: &Site, counts: &mut ClickCounts) {
    let added = site.store_to_fill().and_then(|store| store.issues().add_clicks(counts));
    match added {
        Ok(()) => counts.clear(),
        Err(error) => tracing::warn!(%error, "clicks cannot be written and wait"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_is_a_number_that_only_this_process_can_tell() {
        let issue = |text: &str| text.parse::<IssueName>().expect("a name");
        let (one, two) = (issue("2026-11-25-midweek"), issue("2026-11-29-sunday"));
        let visitor = number("secret", "203.0.113.0/24", &one);
        assert_eq!(visitor, number("secret", "203.0.113.0/24", &one));
        assert_ne!(visitor, number("another", "203.0.113.0/24", &one), "without the secret nobody can guess it");
        assert_ne!(visitor, number("secret", "203.0.114.0/24", &one));
        assert_ne!(visitor, number("secret", "203.0.113.0/24", &two), "who reads two issues is two visitors");
    }
}
