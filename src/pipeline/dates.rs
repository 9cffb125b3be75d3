//! Skips or adds dates of an edition by editing config.toml as an operator would. Computes no schedule itself.

use std::fs;
use std::path::Path;

use chrono::{DateTime, Days, NaiveDate};

use super::Drafts;
use crate::config::{self, Dates};
use crate::files::replace;
use crate::model::{Edition, IssueName, Notice};
use crate::schedule::{self, Run};

impl Drafts {
    /// Adds a date to a list of an edition in the configuration at `path`, or removes it; `false` if there was nothing to change.
    ///
    /// # Errors
    /// The date would change nothing: it is past, no run falls on it, or it is already a run.
    pub fn change_date(
        &self,
        path: &Path,
        edition: &str,
        list: Dates,
        date: NaiveDate,
        there: bool,
    ) -> anyhow::Result<bool> {
        let found = self.site.config.edition(edition)?;
        // Links are followed, so that their target is changed.
        let path = path.canonicalize()?;
        let changed = config::edit_dates(&fs::read_to_string(&path)?, edition, list, date, there);
        let Some(changed) = changed.map_err(|wrong| wrong.at(&path, None))? else { return Ok(false) };
        if there {
            self.makes_a_difference((edition, found), list, date)?;
        }
        replace(&path, changed.as_bytes())
            .map_err(|e| Notice::new(format!("cannot write the configuration: {e}")).at(&path, None))?;
        Ok(true)
    }

    /// A warning if an edition does not go out on a date, with the nearest runs: the day is often a typo.
    pub fn off_calendar(&self, name: &IssueName) -> Option<Notice> {
        let edition = self.site.config.editions.get(&name.edition)?;
        let zone = self.site.config.publication.timezone;
        let from = name.date.checked_sub_days(Days::new(7))?.and_hms_opt(0, 0, 0)?.and_utc();
        let last = name.date.checked_add_days(Days::new(7))?;
        let near: Vec<NaiveDate> =
            schedule::runs(edition, from, zone).map(|run| run.date).take_while(|date| *date <= last).collect();
        let day = |date: &NaiveDate| date.format("%a %d %b %Y").to_string();
        (!near.contains(&name.date)).then(|| {
            let near: Vec<String> = near.iter().map(day).collect();
            let notice = Notice::new(format!("{} is not scheduled for {}", name.edition, day(&name.date)));
            notice.help(format!("the dates around it: {}; ignore this if you meant that date", near.join(", ")))
        })
    }

    fn makes_a_difference(
        &self,
        (name, edition): (&str, &Edition),
        list: Dates,
        date: NaiveDate,
    ) -> Result<(), Notice> {
        let zone = self.site.config.publication.timezone;
        if schedule::send_time(edition.send, date, zone) < self.site.now() {
            return Err(Notice::new(format!("{name}'s time on {date} has passed; nothing was changed"))
                .help("`digest schedule` shows the upcoming dates"));
        }
        let runs = self.runs_near(edition, date);
        match (list, runs.iter().any(|run| run.date == date)) {
            (Dates::Skip, false) => {
                let near: Vec<String> = runs.iter().map(|run| run.date.format("%a %d %b %Y").to_string()).collect();
                let day = date.format("%a %d %b %Y");
                Err(Notice::new(format!(
                    "{name} is not scheduled for {day}, so there is nothing to skip; nothing was changed"
                ))
                .help(format!("the dates around it: {}", near.join(", "))))
            }
            (Dates::Extra, _) if edition.skip.contains(&date) => {
                Err(Notice::new(format!("{name} skips {date}, which takes precedence; nothing was changed"))
                    .help(format!("`digest schedule skip {date} {name} --undo` takes it back")))
            }
            (Dates::Extra, true) => {
                Err(Notice::new(format!("{name} is already scheduled for {date}; nothing was changed")))
            }
            _ => Ok(()),
        }
    }

    /// The runs from a week before a date to a week after it.
    fn runs_near(&self, edition: &Edition, date: NaiveDate) -> Vec<Run> {
        let first = date.checked_sub_days(Days::new(7)).and_then(|first| first.and_hms_opt(0, 0, 0));
        let last = date.checked_add_days(Days::new(7)).unwrap_or(date);
        let from = first.map_or(DateTime::UNIX_EPOCH, |midnight| midnight.and_utc());
        let runs = schedule::runs(edition, from, self.site.config.publication.timezone);
        runs.take_while(|run| run.date <= last).filter(|run| run.at >= self.site.now()).collect()
    }
}
