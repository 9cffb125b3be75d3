//! Fetches one source once: requests it with the remembered validators, reads it, and updates its memory. Does not filter its items.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::command;
use crate::model::Notices;
use crate::sources::{
    ACCEPTED, Feed, FetchRequest, Fetched, Fetcher, Health, Method, Origin, Reading, Source, UNPACKED, read_feed,
    read_lines,
};

/// Maximum size of a response as transferred (compressed), in bytes.
const PACKED: usize = 5 * 1024 * 1024;
/// Longest wait honoured before a source is fetched again.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(24);
/// Maximum length of a validator that is kept, in bytes.
const LONGEST_VALIDATOR: usize = 1_000;
/// Time limit for parsing a feed; the largest take a second.
const READING: std::time::Duration = std::time::Duration::from_secs(10);

/// The result of fetching a source.
#[derive(Debug)]
pub enum Answer {
    Read(Reading),
    /// The source reported nothing new.
    Unchanged,
    /// It asked not to be fetched until then.
    Waits(DateTime<Utc>),
    Failed(String),
}

/// Fetches one source, or runs it. `now` is the time of the fetch; `folder` is where programs run.
pub async fn one(fetcher: &Fetcher, feed: &Feed, health: &mut Health, now: DateTime<Utc>, folder: Arc<Path>) -> Answer {
    if let Some(until) = health.not_before.filter(|until| *until > now) {
        return Answer::Waits(until);
    }
    health.not_before = None;
    health.tried = Some(now);
    let answer = match feed.source() {
        Source::Web(url) => fetched(fetcher, feed, url, health, now).await,
        Source::Program(command) => ran(feed, command.to_vec(), now, folder).await,
        Source::Imported => Err("it has neither a `url` nor a `command`".to_owned()),
    };
    let answer = answer.unwrap_or_else(Answer::Failed);
    match &answer {
        Answer::Failed(why) => {
            health.error = Some(why.clone());
            health.failures = health.failures.saturating_add(1);
        }
        Answer::Waits(_) => {}
        Answer::Read(_) | Answer::Unchanged => {
            (health.good, health.error, health.failures) = (Some(now), None, 0);
        }
    }
    answer
}

async fn ran(feed: &Feed, command: Vec<String>, now: DateTime<Utc>, folder: Arc<Path>) -> Result<Answer, String> {
    let patience = feed.patience;
    let printed = tokio::task::spawn_blocking(move || command::run(&command, &folder, patience));
    let bytes = printed.await.map_err(|why| why.to_string())??;
    let feed = feed.clone();
    read_aside(move || {
        let origin =
            Origin { source: Some(&feed.name), topics: &feed.topics, base: None, charset: None, now, latest: now };
        read_lines(feed.name.as_ref(), &bytes, &origin)
    })
    .await
}

async fn fetched(
    fetcher: &Fetcher,
    feed: &Feed,
    url: &str,
    health: &mut Health,
    now: DateTime<Utc>,
) -> Result<Answer, String> {
    let address = health.moved.clone().unwrap_or_else(|| url.to_owned());
    let url = Url::parse(&address).map_err(|_| format!("`{address}` is not an address"))?;
    let mut headers = vec![("Accept-Encoding", ACCEPTED)];
    headers.extend(health.etag.as_deref().map(|etag| ("If-None-Match", etag)));
    headers.extend(health.modified.as_deref().map(|modified| ("If-Modified-Since", modified)));
    let ask = FetchRequest { method: Method::Get, url: &url, headers: &headers, most: PACKED };
    let fetched = match fetcher.patient(feed.patience).fetch(&ask).await {
        Ok(fetched) => fetched,
        Err(why) => {
            health.moved = None;
            return Err(why.to_string());
        }
    };
    if url.scheme() == "https" && fetched.hops.iter().any(|hop| hop.to.scheme() == "http") {
        health.moved = None;
        return Err("the site redirects from https to http, where anyone on the way could change the feed".into());
    }
    match fetched.status {
        304 => return Ok(Answer::Unchanged),
        200 | 203 => {}
        status => {
            // The new address may be wrong; the next fetch uses the config's again.
            health.moved = None;
            health.not_before = wait(&fetched, now);
            return Err(refusal(status));
        }
    }
    let kept = |value: &&str| value.len() <= LONGEST_VALIDATOR;
    let validators = ["etag", "last-modified"].map(|name| fetched.header(name).filter(kept).map(str::to_owned));
    // If all redirects so far are permanent, their target is the feed's new address, unless it is less secure.
    let moved = fetched.hops.iter().take_while(|hop| hop.is_permanent()).last();
    let moved = moved.filter(|hop| hop.to.scheme() == "https" || url.scheme() == "http").map(|hop| hop.to.to_string());
    let charset = fetched.header("content-type").and_then(charset_of);
    let base = fetched.url.clone();
    let feed = feed.clone();
    let answer = read_aside(move || {
        let bytes =
            fetched.unpacked(UNPACKED).map_err(|why| Notices::from(crate::model::Notice::new(why.to_string())))?;
        let origin = Origin {
            source: Some(&feed.name),
            topics: &feed.topics,
            base: Some(&base),
            charset: charset.as_deref(),
            now,
            latest: now,
        };
        read_feed(feed.name.as_ref(), &bytes, &origin)
    })
    .await?;
    [health.etag, health.modified] = validators;
    health.moved = moved.or(health.moved.take()).filter(|moved| *moved != health.of);
    Ok(answer)
}

/// Parses on a separate thread with a time limit, so that a large feed does not hold up others.
async fn read_aside(read: impl FnOnce() -> Result<Reading, Notices> + Send + 'static) -> Result<Answer, String> {
    let reading = tokio::time::timeout(READING, tokio::task::spawn_blocking(read)).await;
    match reading {
        Err(_) => Err("takes too long to read".into()),
        Ok(Err(why)) => Err(why.to_string()),
        Ok(Ok(Err(Notices(notices)))) => {
            let told: Vec<&str> = notices.iter().map(|notice| notice.message.as_str()).collect();
            Err(told.join("; "))
        }
        Ok(Ok(Ok(reading))) => Ok(Answer::Read(reading)),
    }
}

fn refusal(status: u16) -> String {
    match status {
        401 | 403 => format!("the site refuses the feed ({status})"),
        404 => "there is nothing at this address (404)".into(),
        410 => "the feed is gone (410); remove it from config.toml".into(),
        429 => "the site was asked too often (429)".into(),
        status => format!("the site answers {status}"),
    }
}

/// Until when `Retry-After` asks to wait: seconds, or a date (RFC 9110, section 10.2.3).
fn wait(fetched: &Fetched, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if !matches!(fetched.status, 429 | 503) {
        return None;
    }
    let raw = fetched.header("retry-after")?.trim();
    let wait = match raw.parse::<u32>() {
        Ok(seconds) => TimeDelta::seconds(i64::from(seconds)),
        Err(_) => DateTime::parse_from_rfc2822(raw).ok()?.to_utc() - now,
    };
    (wait > TimeDelta::zero()).then(|| now + wait.min(LONGEST_WAIT))
}

/// The charset of a Content-Type.
/// The charset that a `Content-Type` names.
pub fn charset_of(kind: &str) -> Option<String> {
    let parameters = kind.split(';').skip(1).filter_map(|part| part.split_once('='));
    let (_, label) = parameters.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(label.trim().trim_matches(['"', '\'']).to_owned()).filter(|label| !label.is_empty())
}
