//! Follows a draft's links, politely: a few hosts at a time, one request after another to each. Judges nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use url::Url;

use crate::check::LinkStatus;
use crate::sources::{Failure, FetchRequest, FetchSettings, Fetched, Fetcher, Method};

/// Requests each of the links.
///
/// # Errors
/// The async runtime cannot be created.
pub fn follow(
    links: Vec<String>,
    settings: &FetchSettings,
    fetcher: &Fetcher,
) -> std::io::Result<BTreeMap<String, LinkStatus>> {
    let mut hosts: BTreeMap<String, Vec<(String, Url)>> = BTreeMap::new();
    for link in links {
        // Invalid addresses are another rule's finding.
        if let Ok(url) = Url::parse(&link) {
            hosts.entry(url.host_str().unwrap_or_default().to_owned()).or_default().push((link, url));
        }
    }
    let seats = Arc::new(Semaphore::new(settings.at_once.max(1)));
    let pause = settings.pause;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answers = runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for links in hosts.into_values() {
            let (fetcher, seats) = (fetcher.clone(), Arc::clone(&seats));
            tasks.spawn(async move {
                let _seat = seats.acquire_owned().await;
                host(&fetcher, links, pause).await
            });
        }
        tasks.join_all().await
    });
    // Do not wait for a lookup that hangs in the system's resolver.
    runtime.shutdown_background();
    Ok(answers.into_iter().flatten().collect())
}

async fn host(fetcher: &Fetcher, links: Vec<(String, Url)>, pause: Duration) -> Vec<(String, LinkStatus)> {
    let mut answers = Vec::new();
    for (number, (link, url)) in links.into_iter().enumerate() {
        if number > 0 {
            tokio::time::sleep(pause).await;
        }
        answers.push((link, answer(fetcher, &url, pause).await));
    }
    answers
}

/// HEAD, then GET where a server does not support HEAD.
async fn answer(fetcher: &Fetcher, url: &Url, pause: Duration) -> LinkStatus {
    let ask = FetchRequest { method: Method::Head, url, headers: &[], most: 0 };
    let mut fetched = fetcher.fetch(&ask).await;
    if fetched.as_ref().is_ok_and(|fetched| matches!(fetched.status, 403 | 405 | 501)) {
        tokio::time::sleep(pause).await;
        fetched = fetcher.fetch(&FetchRequest { method: Method::Get, ..ask }).await;
    }
    match fetched {
        Ok(fetched) => told(url, &fetched),
        Err(Failure::Private(_)) => LinkStatus::Private,
        Err(why @ Failure::Slow(_)) => LinkStatus::Slow(why.to_string()),
        Err(Failure::Certificate(why)) => LinkStatus::Certificate(why),
        Err(why) => LinkStatus::Unreachable(why.to_string()),
    }
}

fn told(url: &Url, fetched: &Fetched) -> LinkStatus {
    if fetched.status >= 400 {
        return LinkStatus::Status(fetched.status);
    }
    // The new address is where the leading permanent redirects end; a consent page may follow.
    if let Some(hop) = fetched.hops.iter().take_while(|hop| hop.is_permanent()).last() {
        return LinkStatus::Moved { to: hop.to.to_string(), for_good: true };
    }
    let bare = fetched.url.path() == "/" && url.path() != "/";
    if fetched.url.host() != url.host() || bare {
        return LinkStatus::Moved { to: fetched.url.to_string(), for_good: false };
    }
    LinkStatus::Fine
}
