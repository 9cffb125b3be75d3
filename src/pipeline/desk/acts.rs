//! An editor's acts on a whole issue, by the same functions as the commands. Nothing here sends an issue to its subscribers.

use std::path::Path;

use super::super::Site;
use crate::config::Dates;
use crate::model::{Address, IssueName, Notice};
use crate::web::preview::Act;

/// Maximum number of addresses for one test.
const MOST: usize = 10;

/// Performs the act, and says in words what was done.
pub fn act(site: &Site, config: &Path, name: &IssueName, act: &Act) -> anyhow::Result<String> {
    let drafts = site.drafts();
    match act {
        Act::Approve { by, stamp } => {
            let (_, approval) = drafts.approve_seen(name, by.trim(), Some(stamp))?;
            Ok(format!("Approved by {}", approval.by))
        }
        Act::TakeBack {} => {
            let was = drafts.take_back(name)?;
            let done = || "The approval is taken back".to_owned();
            was.then(done).ok_or_else(|| Notice::new(format!("{name} is not approved")).into())
        }
        Act::Hold {} => {
            site.delivery().stop(name)?;
            Ok("The send is stopped".into())
        }
        Act::Resume {} => {
            site.delivery().resume(name)?;
            Ok("The send goes on".into())
        }
        Act::Skip { undo } => {
            drafts.change_date(config, &name.edition, Dates::Skip, name.date, !undo)?;
            Ok(if *undo { "The date is back in the calendar" } else { "The date is skipped" }.into())
        }
        Act::Test { addresses } => test(site, name, addresses),
    }
}

fn test(site: &Site, name: &IssueName, addresses: &[String]) -> anyhow::Result<String> {
    if addresses.is_empty() || addresses.len() > MOST {
        return Err(Notice::new(format!("a test goes to 1 to {MOST} addresses")).into());
    }
    let parse = |text: &String| {
        Address::parse(text.trim()).map_err(|why| Notice::new(format!("`{text}` is no email address: {why}")))
    };
    let addresses = addresses.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let delivery = site.delivery();
    tokio::runtime::Handle::try_current()?.block_on(delivery.send_test(name, &addresses))?;
    let copies =
        if addresses.len() == 1 { "A test copy is".into() } else { format!("{} test copies are", addresses.len()) };
    let place = if site.config.mails_people() { "on its way" } else { "in the outbox" };
    Ok(format!("{copies} {place}"))
}
