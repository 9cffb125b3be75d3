//! `digest doctor`: checks everything that a send needs, and says how to fix problems. Each result is reported as soon as it is known.
//! Sends no messages and changes nothing.

mod names;
mod online;

use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::{Site, TransportKind, words};
use crate::check::{self, Severity};
use crate::mail::{Relay, sender_domain};
use crate::model::{Notice, Notices, WordsMistake};
use crate::render::EditorLetter;
use crate::render::{self, PageSetting, Setting};
use crate::send::Transport;
use crate::store::Place;

/// The result of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Good,
    /// Not checked; the message says why.
    Skipped,
    Warning,
    Error,
}

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// Such as `store`, `smtp`, `dkim`.
    pub about: &'static str,
    pub health: Health,
    pub what: String,
    /// How to fix it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl Diagnosis {
    pub fn new(about: &'static str, health: Health, what: impl Into<String>) -> Self {
        Self { about, health, what: what.into(), mend: None }
    }

    /// An error from a notice, with its place and remedy.
    pub fn error(about: &'static str, notice: &Notice) -> Self {
        let place = notice.at.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        Self { about, health: Health::Error, what: format!("{place}{}", notice.message), mend: notice.help.clone() }
    }

    /// One result for each notice in an error.
    pub fn errors(about: &'static str, error: &anyhow::Error) -> Vec<Self> {
        match (error.downcast_ref::<Notices>(), error.downcast_ref::<Notice>()) {
            (Some(Notices(notices)), _) => notices.iter().map(|notice| Self::error(about, notice)).collect(),
            (None, Some(notice)) => vec![Self::error(about, notice)],
            (None, None) => {
                let told = format!("{error:#}");
                let (what, help) = told.split_once("\n  help: ").unwrap_or((&told, ""));
                let diagnosis = Self::new(about, Health::Error, what);
                vec![if help.is_empty() { diagnosis } else { diagnosis.mend(help) }]
            }
        }
    }

    /// Adds how to fix it.
    #[must_use]
    pub fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mend = Some(mend.into());
        self
    }
}

/// Progress reported while the doctor runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// What the doctor is now waiting for, such as `the nameserver`.
    Waits(String),
    Found(Diagnosis),
}

/// Time limit for the relay to answer, greet and log us in; a send waits longer.
const RELAY_PATIENCE: Duration = Duration::from_secs(30);

/// Free space below which the next send may not finish, and below which it should not start.
const LITTLE: u64 = 500 << 20;
const TOO_LITTLE: u64 = 50 << 20;

/// Checks a publication before something goes wrong.
#[derive(Clone)]
pub struct Doctor {
    pub(in crate::pipeline) site: Site,
}

impl Doctor {
    /// Runs every check and reports each result as it is known. `nameserver` replaces the system's; `online` also checks the
    /// public pages.
    pub async fn examine(&self, nameserver: Option<SocketAddr>, online: bool, tell: &mut impl FnMut(Progress)) {
        let mut found = |found: Vec<Diagnosis>| found.into_iter().for_each(|one| tell(Progress::Found(one)));
        found(self.examine_config());
        found(self.examine_templates());
        found(self.examine_store());
        found(self.examine_secrets());
        found(self.examine_clock());
        found(self.examine_disk());
        found(self.examine_editors());
        if self.site.config.delivery.transport == TransportKind::Smtp {
            tell(Progress::Waits(format!("the relay {}", self.site.config.delivery.smtp.host)));
        }
        tell(Progress::Found(self.examine_relay().await));
        self.examine_names(nameserver, tell).await;
        if online {
            tell(Progress::Waits(format!("the public pages at {}", self.site.config.letterhead().public_url)));
            tell(Progress::Found(self.examine_public_url().await));
        }
        if !self.site.config.bounces.imap.host.is_empty() {
            tell(Progress::Waits(format!("the mailbox at {}", self.site.config.bounces.imap.host)));
        }
        self.site.subscribers().examine_bounces().await.into_iter().for_each(|one| tell(Progress::Found(one)));
    }

    /// Settings that load but would be wrong in a mail. The configuration counts as good only if there are no errors.
    fn examine_config(&self) -> Vec<Diagnosis> {
        let mut found = Vec::new();
        let letterhead = self.site.config.letterhead();
        if let Err(wrong) = sender_domain(&letterhead) {
            found.push(Diagnosis::error("config", &self.site.config.origin.locate(wrong)));
        }
        let is_mailbox = found.is_empty();
        let findings = check::setup_findings(&self.site.config.setup()).into_iter();
        for finding in findings.filter(|finding| is_mailbox || !finding.code.starts_with("sender")) {
            let is_error = finding.severity == Severity::Error && self.site.config.mails_people();
            let health = if is_error { Health::Error } else { Health::Warning };
            found.push(Diagnosis::new("config", health, finding.message).mend(finding.help));
        }
        found.extend(self.examine_story_threshold());
        if found.is_empty() {
            found.push(Diagnosis::new("config", Health::Good, "config.toml has no mistakes"));
        }
        found
    }

    /// Earlier versions' threshold was a similarity of words; read as a probability, it joins far too much.
    fn examine_story_threshold(&self) -> Option<Diagnosis> {
        let weights = &self.site.config.compose;
        let what = format!(
            "story_threshold = {} in [compose] joins different stories: it is now a likelihood",
            weights.story_threshold
        );
        let mend = "the default is 0.5; before, it was a similarity, and 0.28 meant what 0.5 means now";
        (weights.story_threshold < weights.doubt_threshold)
            .then(|| Diagnosis::new("config", Health::Warning, what).mend(mend))
    }

    /// Every edition's templates, the letters and the pages, with sample data, both branches of every condition.
    fn examine_templates(&self) -> Vec<Diagnosis> {
        let proved = (|| -> anyhow::Result<()> {
            let templates = self.site.templates()?;
            for (name, edition) in &self.site.config.editions {
                let title = self.site.config.edition_title(name);
                let setting = Setting { edition_title: &title, ..Setting::new(&self.site.config.publication, edition) };
                render::prove(&setting, &templates)?;
                render::editors(
                    &EditorLetter {
                        language: self.site.config.publication.language.clone(),
                        ..EditorLetter::default()
                    },
                    &self.site.config.publication.name,
                    &edition.template,
                    &templates,
                )?;
            }
            for (kind, sample) in render::letter_samples() {
                render::letter(kind, &sample, &self.site.config.publication, &templates)?;
            }
            let public_url = self.site.config.letterhead().public_url;
            let pages = PageSetting::new(&self.site.config.publication, &public_url);
            render::prove_pages(pages, &templates)?;
            Ok(())
        })();
        match proved.and_then(|()| self.examine_words()) {
            Ok(words) if words.is_empty() => {
                vec![Diagnosis::new("templates", Health::Good, "all render with sample data")]
            }
            Ok(words) => words,
            Err(error) => Diagnosis::errors("templates", &error),
        }
    }

    /// Missing or misspelled entries in the files of words of each language in use.
    fn examine_words(&self) -> anyhow::Result<Vec<Diagnosis>> {
        let templates = self.site.templates()?;
        let mut found = words::unread(&self.site, &templates);
        for language in words::configured(&self.site) {
            found.extend(render::words_mistakes(&language, &templates)?);
        }
        let told = |mistake: WordsMistake| {
            let told = Diagnosis::error("templates", &mistake.notice);
            if mistake.fault.is_error() { told } else { Diagnosis { health: Health::Warning, ..told } }
        };
        Ok(found.into_iter().map(told).collect())
    }

    fn examine_store(&self) -> Vec<Diagnosis> {
        let place = match self.site.config.database(&self.site.root) {
            Ok(place) => place,
            Err(error) => return Diagnosis::errors("store", &error.into()),
        };
        if !self.site.has_store() {
            let what = format!("there is no database yet at {place}, which is normal for a new publication");
            let mend = "`digest subscribers import` creates one; if you had one, restore it from a backup";
            return vec![Diagnosis::new("store", Health::Skipped, what).mend(mend)];
        }
        let looked = self.site.delivery().ledger_store().and_then(|store| Ok(store.quick_check()?));
        let mut found = match looked {
            Ok(()) => {
                let state = if place.file().is_some() { "is whole" } else { "answers" };
                vec![Diagnosis::new("store", Health::Good, format!("{place} {state}"))]
            }
            Err(error) => Diagnosis::errors("store", &error),
        };
        if let [Diagnosis { health: Health::Error, mend: mend @ None, .. }] = found.as_mut_slice() {
            *mend = Some("restore the database from a backup; nothing is mailed from a damaged one".into());
        }
        let file =
            place.file().and_then(|path| private(path, "store", "the database holds your subscribers' addresses"));
        found.extend(file);
        found.extend(self.examine_safety_log());
        found
    }

    /// Whether the database may act, and is as recent as its safety log.
    fn examine_safety_log(&self) -> Vec<Diagnosis> {
        let log = self.site.safety_log();
        if let Err(error) = self.site.backups().refuse_if_held() {
            return Diagnosis::errors("store", &error);
        }
        let has_sends = self
            .site
            .store_to_read()
            .is_ok_and(|store| store.is_some_and(|s| s.sends().issues().is_ok_and(|all| !all.is_empty())));
        if has_sends && !log.exists() {
            let what = format!("there is no safety log at {}", log.display());
            let mend = "the next send creates one; if you had one, put it back: without it nobody can tell that a database is older than its last send";
            return vec![Diagnosis::new("store", Health::Warning, what).mend(mend)];
        }
        private(&log, "store", "the safety log holds hashes of who left").into_iter().collect()
    }

    fn examine_secrets(&self) -> Vec<Diagnosis> {
        let delivery = &self.site.config.delivery;
        let keys = delivery.dkim.keys.iter().map(|key| key.file.as_str());
        let files = keys.chain([delivery.smtp.password_file.as_str()]).filter(|file| !file.is_empty());
        let look = |file: &str| {
            let path = self.site.root.join(file);
            if path.exists() {
                return private(&path, "secrets", "anyone who reads it can send in your name");
            }
            let what = format!("{} is not there", path.display());
            Some(Diagnosis::new("secrets", Health::Error, what).mend("config.toml names it; put it back"))
        };
        files.filter_map(look).collect()
    }

    /// Compares the clock with earlier times on record.
    fn examine_clock(&self) -> Vec<Diagnosis> {
        let now = self.site.now();
        if now.timestamp() < super::prepare::EARLIEST {
            let what = format!("the clock shows {now}, which is in the past");
            return vec![Diagnosis::new("clock", Health::Error, what).mend("set it; every message carries its time")];
        }
        let decisions = self.site.delivery().decisions(1).unwrap_or_default();
        match decisions.first().filter(|entry| entry.at > now + chrono::TimeDelta::minutes(5)) {
            Some(entry) => {
                let what = format!("the clock shows {now}, but a decision of {} is on record", entry.at);
                vec![Diagnosis::new("clock", Health::Error, what).mend("it was set back; keep it right with NTP")]
            }
            None => vec![Diagnosis::new("clock", Health::Good, format!("it shows {now}"))],
        }
    }

    fn examine_disk(&self) -> Vec<Diagnosis> {
        let place = self.site.config.database(&self.site.root).ok();
        // Of a server's disk we know nothing; the outbox and the logs are here.
        let near = place.as_ref().and_then(Place::file).and_then(Path::parent).unwrap_or(&self.site.root);
        let folder = near.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
        let Ok(space) = rustix::fs::statvfs(folder) else {
            let what = format!("cannot find out how much space {} has", folder.display());
            return vec![Diagnosis::new("disk", Health::Warning, what)];
        };
        let free = space.f_bavail.saturating_mul(space.f_frsize);
        let what = format!("{} MB are free at {}", free >> 20, folder.display());
        let health = match free {
            free if free < TOO_LITTLE => Health::Error,
            free if free < LITTLE => Health::Warning,
            _ => return vec![Diagnosis::new("disk", Health::Good, what)],
        };
        vec![Diagnosis::new("disk", health, what).mend("a send stops when the disk is full")]
    }

    /// Connects, greets, logs in and quits.
    async fn examine_relay(&self) -> Diagnosis {
        if self.site.config.delivery.transport == TransportKind::File {
            let what = "`delivery.transport` is \"file\", so nobody is mailed";
            return Diagnosis::new("smtp", Health::Skipped, what);
        }
        let relay: Box<Relay> = match self.site.delivery().transport("doctor") {
            Ok(Transport::Smtp(relay)) => relay,
            Ok(Transport::Folder(_)) => return Diagnosis::new("smtp", Health::Skipped, "mail goes into files"),
            Err(error) => return Diagnosis::errors("smtp", &error).swap_remove(0),
        };
        let address = relay.address();
        let Ok(answer) = tokio::time::timeout(RELAY_PATIENCE, relay.connect()).await else {
            let what = format!("{address} does not answer within {} s", RELAY_PATIENCE.as_secs());
            return Diagnosis::new("smtp", Health::Error, what)
                .mend("see [delivery.smtp]: host, port; perhaps a firewall blocks that port");
        };
        match answer {
            Ok(connection) => {
                connection.close().await;
                let login =
                    if self.site.config.delivery.smtp.username.is_empty() { "" } else { " and accepts our login" };
                Diagnosis::new("smtp", Health::Good, format!("{address} answers{login}"))
            }
            Err(refusal) => {
                let what = format!("{address} refuses {}: {}", refusal.stage, refusal.reply);
                Diagnosis::new("smtp", Health::Error, what)
                    .mend("see [delivery.smtp]: host, port, tls, username, password")
            }
        }
    }

    fn examine_editors(&self) -> Vec<Diagnosis> {
        if self.site.config.editors.notify.is_empty() {
            let what = "`editors.notify` is empty, so `digest serve` tells nobody what it does";
            return vec![Diagnosis::new("editors", Health::Warning, what).mend("name at least one address")];
        }
        Vec::new()
    }
}

/// A finding if others than the owner can read a file.
fn private(path: &Path, about: &'static str, why: &str) -> Option<Diagnosis> {
    let found = std::fs::metadata(path).ok()?;
    let mode = found.permissions().mode() & 0o777;
    others_may(mode, found.gid()).then(|| {
        let what = format!("{} can be read by others (mode {mode:o}): {why}", path.display());
        Diagnosis::new(about, Health::Warning, what).mend(format!("chmod 600 {}", path.display()))
    })
}

/// Whether a mode gives others access. Group root does not count: systemd hands credentials over as root's with 0440, where
/// the group's bits are the mask of an access list that names the daemon.
fn others_may(mode: u32, group: u32) -> bool {
    let others = if group == 0 { 0o007 } else { 0o077 };
    mode & others != 0
}

#[cfg(test)]
mod tests {
    use super::others_may;

    #[test]
    fn a_credential_of_systemd_is_private_and_what_a_group_or_all_may_read_is_not() {
        for (mode, group, open) in [
            (0o600, 1000, false),
            (0o400, 1000, false),
            (0o440, 0, false),
            (0o440, 1000, true),
            (0o640, 1000, true),
            (0o644, 0, true),
            (0o604, 1000, true),
        ] {
            assert_eq!(others_may(mode, group), open, "{mode:o} of group {group}");
        }
    }
}
