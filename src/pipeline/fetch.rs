//! Fetches the feeds of config.toml in parallel, with pauses between requests to one host, and adds what is new to content/.
//! A broken feed does not stop the others.

mod command;
mod one;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use url::Url;

use super::ContentFolder;
use crate::model::{Item, Notice, Notices};
use crate::sources::{self, Dated, Fed, Feed, Fetcher, Health, Memory, Merged, Pulse, Reading, Source, Topics};
use one::{Answer, one};

pub(super) use one::charset_of;

/// The daemon spreads a fetch's hosts over this time, and the command over less, since someone is waiting.
const SPREAD: Duration = Duration::from_mins(1);
const SHORT_SPREAD: Duration = Duration::from_millis(200);

/// The result of a fetch.
#[derive(Debug, Default)]
pub struct Fetching {
    pub sources: Vec<FetchedSource>,
    pub news: Merged,
    pub notices: Vec<Notice>,
}

/// The result for one source.
#[derive(Debug)]
pub struct FetchedSource {
    pub name: String,
    pub outcome: Outcome,
    /// Until when it asked to be left alone.
    pub waits_until: Option<DateTime<Utc>>,
    /// What was repaired or rejected.
    pub notices: Vec<Notice>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Read {
        /// Items in the feed.
        entries: usize,
        /// Items that were accepted.
        items: usize,
        /// Accepted items that are new or have changed.
        changed: usize,
        /// Items left out by `[fetch] oldest`.
        old: usize,
        /// Items left out because their date is unknown.
        doubted: usize,
    },
    Unchanged,
    Waits(DateTime<Utc>),
    Failed(String),
}

/// A source and its state.
#[derive(Clone, Debug)]
pub struct SourceHealth {
    pub name: String,
    pub health: Health,
    pub pulse: Pulse,
    /// Until when it asked not to be fetched, if that is in the future.
    pub waits_until: Option<DateTime<Utc>>,
    pub notices: Vec<Notice>,
}

impl ContentFolder {
    /// Fetches the sources of these names, or all of them, and merges what is new into content/news. `jitter` gives numbers from 0
    /// to 1.
    ///
    /// # Errors
    /// An unknown source name, another fetch in progress, or a content folder that cannot be read or written. A source's own
    /// failure is not an error.
    pub fn fetch(&self, names: &[String], jitter: impl FnMut() -> f64) -> anyhow::Result<Fetching> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let fetching = runtime.block_on(self.fetch_feeds(names, SHORT_SPREAD, self.site.now(), jitter));
        // Do not wait for a lookup that hangs in the system's resolver.
        runtime.shutdown_background();
        fetching
    }

    /// Fetches at the start and then by `[fetch] every`, until `stop` turns true. Logs results and errors, and carries on.
    pub async fn watch_feeds(&self, mut stop: watch::Receiver<bool>, mut jitter: impl FnMut() -> f64) {
        let every = self.site.config.fetch.every;
        if every.is_zero() || self.site.config.feeds.is_empty() {
            return;
        }
        while !*stop.borrow() {
            let fetching = self.fetch_feeds(&[], SPREAD.min(every / 4), (self.site.clock)(), &mut jitter);
            let fetched = tokio::select! {
                fetched = fetching => fetched,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            match fetched {
                Ok(fetching) => log(&fetching),
                Err(why) => tracing::error!(error = %why, "the feeds were not fetched"),
            }
            tokio::select! {
                () = tokio::time::sleep(every.mul_f64(1.0 + (jitter().clamp(0.0, 1.0) - 0.5) / 5.0)) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// The state of each source in config.toml, in its order.
    pub fn feed_health(&self) -> Vec<SourceHealth> {
        let mut memory = Memory::read(&self.memory_file());
        let now = self.site.now();
        let health = |feed: &Feed| {
            let health = memory.feeds.remove(&feed.name).unwrap_or_default().about(&of(feed));
            let (pulse, notices) = (health.pulse(now), health.notices(&feed.name, now));
            let waits_until = health.not_before.filter(|until| *until > now);
            SourceHealth { name: feed.name.clone(), health, pulse, waits_until, notices }
        };
        self.site.config.feeds.iter().filter(|feed| feed.source() != Source::Imported).map(health).collect()
    }

    /// What editors should know about the sources: which are silent, suddenly busy, or failing.
    pub fn feed_notices(&self) -> Vec<Notice> {
        self.feed_health().into_iter().flat_map(|source| source.notices).collect()
    }

    /// The client for requests to other sites, in the publication's name.
    pub(super) fn fetcher(&self) -> Result<Fetcher, Notice> {
        let settings = &self.site.config.fetch;
        let fetcher = Fetcher::new(settings.clone(), &self.site.config.publication.url);
        if settings.ca_file.is_empty() {
            Ok(fetcher)
        } else {
            fetcher.trusting(&self.site.root.join(&settings.ca_file))
        }
    }

    fn memory_file(&self) -> PathBuf {
        self.site.root.join("data").join("feeds.json")
    }

    pub(super) async fn fetch_feeds(
        &self,
        names: &[String],
        spread: Duration,
        now: DateTime<Utc>,
        jitter: impl FnMut() -> f64,
    ) -> anyhow::Result<Fetching> {
        let feeds = self.wanted(names)?;
        let (mut held, notices) = Memory::hold(&self.memory_file())?;
        let mut tasks = Vec::new();
        for (at, feed) in feeds.iter().enumerate() {
            let health = held.memory.feeds.get(&feed.name).cloned().unwrap_or_default().about(&of(feed));
            tasks.push(Task { at, feed: (*feed).clone(), health });
        }
        let mut answers = self.ask(self.fetcher()?, tasks, spread, now, jitter).await;
        answers.sort_by_key(|(task, _)| task.at);
        let mut fetching = Fetching { notices, ..Fetching::default() };
        let mut fresh = Vec::new();
        for (mut task, answer) in answers {
            let source = taken(&mut task, answer, now, self.site.config.fetch.oldest, &mut fresh);
            held.memory.feeds.insert(task.feed.name.clone(), task.health);
            fetching.sources.push(source);
        }
        if !fresh.is_empty() {
            let content = self.site.own_content_dir()?;
            fetching.news = sources::merge_news(&content, &fresh, Topics::Join, &self.better())?;
        }
        // After the merge: what is not yet in content/ counts as not seen.
        held.save()?;
        Ok(fetching)
    }

    /// The fetchable sources with these names; all of them if `names` is empty.
    fn wanted(&self, names: &[String]) -> Result<Vec<&Feed>, Notices> {
        let all: Vec<&Feed> = self.site.config.feeds.iter().filter(|feed| feed.source() != Source::Imported).collect();
        if all.is_empty() {
            let help = "add [[feeds]] with a `name` and a `url` to config.toml";
            return Err(Notice::new("config.toml has no feed to fetch").help(help).into());
        }
        let known = || all.iter().map(|feed| feed.name.as_str()).collect::<Vec<_>>().join(", ");
        let mut wanted = Vec::new();
        for name in names {
            let found: Vec<&Feed> =
                all.iter().copied().filter(|feed| feed.name.to_lowercase() == name.to_lowercase()).collect();
            if found.is_empty() {
                let help = format!("the sources of config.toml are: {}", known());
                return Err(Notice::new(format!("there is no source `{name}` to fetch")).help(help).into());
            }
            wanted.extend(found);
        }
        Ok(if names.is_empty() { all } else { wanted })
    }

    /// Fetches all sources: `[fetch] at_once` hosts at a time, and one host's sources one after another with pauses.
    async fn ask(
        &self,
        fetcher: Fetcher,
        tasks: Vec<Task>,
        spread: Duration,
        now: DateTime<Utc>,
        mut jitter: impl FnMut() -> f64,
    ) -> Vec<(Task, Answer)> {
        let settings = &self.site.config.fetch;
        let seats = Arc::new(Semaphore::new(settings.at_once.max(1)));
        let mut hosts: BTreeMap<String, Vec<Task>> = BTreeMap::new();
        for task in tasks {
            hosts.entry(host(&task)).or_default().push(task);
        }
        let several = hosts.len() > settings.at_once;
        let mut running = JoinSet::new();
        for tasks in hosts.into_values() {
            let delay = if several { spread.mul_f64(jitter().clamp(0.0, 1.0)) } else { Duration::ZERO };
            let (fetcher, seats, pause, folder) =
                (fetcher.clone(), Arc::clone(&seats), settings.pause, self.site.root.clone());
            running.spawn(async move {
                tokio::time::sleep(delay).await;
                let _seat = seats.acquire_owned().await;
                let mut answers = Vec::new();
                for (number, mut task) in tasks.into_iter().enumerate() {
                    if number > 0 {
                        tokio::time::sleep(pause).await;
                    }
                    let answer = one(&fetcher, &task.feed, &mut task.health, now, folder.clone()).await;
                    answers.push((task, answer));
                }
                answers
            });
        }
        running.join_all().await.into_iter().flatten().collect()
    }
}

/// A source being fetched.
struct Task {
    /// Its place in config.toml.
    at: usize,
    feed: Feed,
    health: Health,
}

/// The key of a source's memory.
fn of(feed: &Feed) -> String {
    match feed.source() {
        Source::Web(url) => url.to_owned(),
        Source::Program(command) => command.join(" "),
        Source::Imported => String::new(),
    }
}

/// Where a source causes load: its host, or this machine.
fn host(task: &Task) -> String {
    let address = match task.feed.source() {
        Source::Web(url) => task.health.moved.as_deref().unwrap_or(url),
        Source::Program(_) | Source::Imported => "",
    };
    let host = Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| format!(" {}", task.feed.name))
}

/// The result of a source; its new items join `fresh`, except feed items dated longer ago than `oldest`: a new source's
/// archive is not this week's news. All items of a program are accepted, since the operator chose them.
fn taken(
    task: &mut Task,
    answer: Answer,
    now: DateTime<Utc>,
    oldest: Duration,
    fresh: &mut Vec<Item>,
) -> FetchedSource {
    let name = task.feed.name.clone();
    let (outcome, mut notices) = match answer {
        Answer::Read(Reading { entries, mut items, notices, .. }) => {
            items.sort_by_key(|fed| std::cmp::Reverse(fed.item.published.earliest(chrono_tz::UTC)));
            items.truncate(task.feed.most);
            let is_program = matches!(task.feed.source(), Source::Program(_));
            let limit = TimeDelta::from_std(oldest).ok().filter(|oldest| !oldest.is_zero() && !is_program);
            let limit = limit.and_then(|oldest| now.checked_sub_signed(oldest));
            let is_old = |fed: &Fed| {
                fed.dated == Dated::Itself
                    && limit.is_some_and(|limit| fed.item.published.latest(chrono_tz::UTC) < limit)
            };
            let ids: Vec<String> = items.iter().map(|fed| fed.item.id.clone()).collect();
            let old: HashSet<String> = items.iter().filter(|fed| is_old(fed)).map(|fed| fed.item.id.clone()).collect();
            // All items are remembered: their dates show how often the source publishes.
            let mut changed = task.health.take(items, now);
            changed.retain(|item| !old.contains(&item.id));
            let is_doubted = |id: &&String| task.health.items.get(*id).is_some_and(|shown| shown.doubted);
            let doubted = ids.iter().filter(is_doubted).count();
            let left_out = ids.iter().filter(|id| old.contains(*id)).count();
            let read = ids.len() - left_out - doubted;
            let outcome = Outcome::Read { entries, items: read, changed: changed.len(), old: left_out, doubted };
            fresh.extend(changed);
            (outcome, notices)
        }
        Answer::Unchanged => (Outcome::Unchanged, Vec::new()),
        Answer::Waits(until) => (Outcome::Waits(until), Vec::new()),
        Answer::Failed(why) => (Outcome::Failed(why), Vec::new()),
    };
    if let Some(moved) = &task.health.moved {
        let message = format!("{name} has moved permanently to {moved}, and is fetched from there now");
        notices.push(Notice::new(message).help("write the new address into config.toml"));
    }
    FetchedSource { name, outcome, waits_until: task.health.not_before, notices }
}

fn log(fetching: &Fetching) {
    let failed = fetching.sources.iter().filter(|source| matches!(source.outcome, Outcome::Failed(_))).count();
    let (added, updated) = (fetching.news.added, fetching.news.updated);
    tracing::info!(sources = fetching.sources.len(), failed, added, updated, "the feeds were fetched");
    for source in &fetching.sources {
        if let Outcome::Failed(why) = &source.outcome {
            tracing::warn!(source = source.name, "a feed was not fetched: {why}");
        }
    }
}

#[cfg(test)]
mod tests;
