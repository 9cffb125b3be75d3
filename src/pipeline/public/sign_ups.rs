//! Accepts sign-ups: each is written to disk before the response, and processed after it. Knows no page.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use tokio::sync::oneshot;

use super::super::{Site, seed};
use crate::model::{Address, LetterOrder, Purpose, token, token_hash};
use crate::render;
use crate::store::{SignUp, SignUpRequest, Store, Wanted};

/// Maximum number of sign-ups waiting for the disk; further ones are asked to try again.
const WAITING: usize = 512;
/// How many are processed in one transaction.
const BATCH: usize = 64;
/// How often the queue is checked when no sign-ups arrive, since another process may have left some.
const IDLE: Duration = Duration::from_mins(10);
/// The same after an error on our side.
const AGAIN: Duration = Duration::from_secs(30);
/// The longest pause to let a sender write.
const LONGEST_REST: Duration = Duration::from_millis(100);

/// The queue for incoming sign-ups.
pub(super) struct SignUpQueue(SyncSender<Waiting>);

struct Waiting {
    asking: SignUpRequest,
    kept: oneshot::Sender<()>,
}

impl SignUpQueue {
    /// Opens the queue, and processes what an earlier run left.
    pub(super) fn open(site: Arc<Site>) -> anyhow::Result<Self> {
        let store = site.store_to_fill()?;
        let (door, coming) = sync_channel(WAITING);
        std::thread::Builder::new().name("sign-ups".into()).spawn(move || receive(&site, store, &coming))?;
        Ok(Self(door))
    }

    /// Queues a sign-up to be written to disk, together with any others that are waiting. The receiver reports when that is done. It fails if
    /// the store fails: then the sign-up is lost, and the response must not claim that it was accepted.
    ///
    /// # Errors
    /// Too many are waiting.
    pub(super) fn keep(&self, asking: SignUpRequest) -> anyhow::Result<oneshot::Receiver<()>> {
        let (kept, told) = oneshot::channel();
        self.0.try_send(Waiting { asking, kept }).map_err(|_| anyhow!("too many sign-ups wait for the disk"))?;
        Ok(told)
    }
}

fn receive(site: &Site, mut store: Store, coming: &Receiver<Waiting>) {
    let mut patience = Duration::ZERO;
    loop {
        let first = match coming.recv_timeout(patience) {
            Ok(first) => Some(first),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let began = Instant::now();
        renew(site, &mut store);
        if let Some(first) = first {
            keep(&mut store, std::iter::once(first).chain(coming.try_iter()).take(WAITING).collect());
        }
        patience = match take_in(site, &mut store) {
            Ok(BATCH) => Duration::ZERO,
            Ok(_) => IDLE,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "sign-ups wait");
                AGAIN
            }
        };
        if store.sends().is_sending().unwrap_or(true) {
            rest(began.elapsed());
        }
    }
}

/// Reopens the database if its file was replaced: writes to the old file would be lost.
fn renew(site: &Site, store: &mut Store) {
    if store.check_file().is_ok() {
        return;
    }
    match site.delivery().ledger_store() {
        Ok(new) => *store = new,
        // The transaction then fails with the reason.
        Err(error) => tracing::error!(error = format!("{error:#}"), "the database file was replaced"),
    }
}

/// Leaves the database to others for as long as we held it: its lock is not fair, and writing without a pause would
/// starve a sender.
#[expect(clippy::disallowed_methods, reason = "a thread of its own, which gives way on purpose")]
fn rest(had: Duration) {
    std::thread::sleep(had.min(LONGEST_REST));
}

/// Replies to those whose sign-up is on disk; the others see their channel close.
fn keep(store: &mut Store, all: Vec<Waiting>) {
    match store.subscribers().keep_asked(all.iter().map(|waiting| &waiting.asking)) {
        // A caller that has stopped waiting does not need the reply.
        Ok(()) => {
            for waiting in all {
                let _ = waiting.kept.send(());
            }
        }
        Err(error) => tracing::error!(%error, "sign-ups cannot be kept"),
    }
}

/// Processes the waiting sign-ups, and returns how many there were.
fn take_in(site: &Site, store: &mut Store) -> anyhow::Result<usize> {
    let asked = store.subscribers().asked(BATCH)?;
    if asked.is_empty() {
        return Ok(0);
    }
    let order = |(id, asking): (i64, SignUpRequest)| -> anyhow::Result<_> {
        let found = if asking.kind == Wanted::Link { store.subscribers().secret(&asking.email)? } else { None };
        order(site, id, asking, found)
    };
    let all: Vec<_> = asked.into_iter().map(order).collect::<Result<_, _>>()?;
    let taken = store.subscribers().take_in(&all, site.config.web.sign_ups_per_network, (site.clock)())?;
    tracing::info!(taken, asked = all.len(), "sign-ups");
    Ok(all.len())
}

/// A sign-up with its link, and the letter with that link. If the link to their preferences is requested, `found` has the subscriber's
/// secret, if they are on the list.
fn order(
    site: &Site,
    id: i64,
    asking: SignUpRequest,
    found: Option<(Address, String)>,
) -> anyhow::Result<(i64, SignUp, Option<LetterOrder>)> {
    if asking.kind == Wanted::Link {
        let letter = found.map(|(email, seed)| preferences_letter(site, "preferences", email, &seed)).transpose()?;
        let SignUpRequest { email, editions, network, kind } = asking;
        // A request of this kind has no confirmation link.
        return Ok((id, SignUp { email, editions, network, token: seed(), kind }, letter));
    }
    let (sign_up, letter) = linked(site, "confirm", asking)?;
    Ok((id, sign_up, Some(letter)))
}

/// A letter with the link to the preferences of the subscriber with this secret.
pub(super) fn preferences_letter(site: &Site, kind: &str, to: Address, secret: &str) -> anyhow::Result<LetterOrder> {
    let public = site.config.letterhead().public_url;
    let link = format!("{public}/preferences/{}", Purpose::Preferences.token(secret));
    let context = serde_json::to_value(render::Confirm { link, editions: Vec::new() })?;
    Ok(LetterOrder { key: format!("{kind}:{}", seed()), kind: kind.into(), to, context, ordered: (site.clock)() })
}

/// A request with its confirmation link, `/confirm/…` or `/move/…`, and the letter of that name with the link.
pub(super) fn linked(site: &Site, kind: &str, asking: SignUpRequest) -> anyhow::Result<(SignUp, LetterOrder)> {
    let token = token(&[kind, &seed(), &seed()]);
    let public = site.config.letterhead().public_url;
    let editions = asking.editions.iter().map(|name| site.config.edition_title(name)).collect();
    let context = render::Confirm { link: format!("{public}/{kind}/{token}"), editions };
    let letter = LetterOrder {
        key: format!("{kind}:{}", data_encoding::HEXLOWER.encode(&token_hash(&token))),
        kind: kind.into(),
        to: asking.email.clone(),
        context: serde_json::to_value(context)?,
        ordered: (site.clock)(),
    };
    let SignUpRequest { email, editions, network, kind } = asking;
    Ok((SignUp { email, editions, network, token, kind }, letter))
}
