//! Works through the ledger: claims each message that is due, delivers it, and records the outcome before the next.
//! Knows no SQL, no template and no draft; the clock and the stop signal are handed in.

mod canary;
mod connections;
mod dialer;
mod folder_worker;
mod in_flight;
mod membership;
mod outcomes;
mod retry;
mod session;
mod settings;
mod shared;
mod single;
mod smtp_worker;
mod throttle;
mod worker;

use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, oneshot, watch};

use crate::mail::{CompiledIssue, DomainGroup, Folder, Message, Refusal, Relay};
use crate::model::{DeliveryState, Reply};
use crate::store::{Ledger, Writer};
pub use canary::{Answers, Limits, canary_numbers, verdict};
use connections::Connections;
use retry::Guard;
pub use retry::Schedule;
pub use settings::{Settings, TransportKind};
use shared::Shared;
pub use single::{LetterSender, Try};
use throttle::Throttle;

/// Where messages go.
#[derive(Clone)]
pub enum Transport {
    Smtp(Box<Relay>),
    Folder(Folder),
}

/// The time now; `--now` shifts it.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// An event of a send, for observers such as a progress bar or a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message's try ended in this state. `number` is the recipient's in the ledger.
    Tried { number: i64, state: DeliveryState, reply: Reply },
    /// A connection could not be made or was lost; the worker tries again.
    ConnectionLost { reason: String },
    /// The relay refused another connection: `open` stay in use, and one more is tried from time to time.
    ConnectionRefused { open: usize, reason: String },
}

/// Everything a run needs.
pub struct Run {
    pub compiled: Arc<CompiledIssue>,
    pub ledger: Ledger,
    pub transport: Transport,
    pub schedule: Schedule,
    pub clock: Clock,
    /// Turns true when the run shall end after the messages in flight.
    pub stop: watch::Receiver<bool>,
    /// The most messages this run may try.
    pub limit: usize,
    /// The part of the tried messages that may be refused for what we send or who we are, 0 to 1; 0 means any.
    pub stop_at_refused: f64,
    /// The part of the tried messages whose addresses may turn out not to exist, 0 to 1; 0 means any.
    pub stop_at_bounced: f64,
    /// How many messages are due: no more connections than that are opened.
    pub due: usize,
    pub watch: Box<dyn Fn(Event) + Send + Sync>,
}

/// Why a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nobody is due any more, or the limit was reached.
    Done,
    /// The stop signal came.
    Interrupted,
    /// Another process set the send to stopped.
    StoppedElsewhere,
    /// Another sender has ended this one, because it did not renew its lease in time.
    Expired,
    /// Too many messages were refused or bounced: the reason, in words for the operator, who alone can resume the send.
    Guarded(String),
    /// Something is wrong on our side, so that no message could have gone out: the reason, in words for the operator.
    Broken(String),
}

/// Delivers one message outside any ledger; `number` tells it from others in a folder. Returns what the relay, or the folder, said.
pub async fn once(transport: &Transport, number: i64, message: &Message) -> Result<String, String> {
    match transport {
        Transport::Folder(folder) => {
            folder.deliver(number, message).map(|path| path.display().to_string()).map_err(|e| e.to_string())
        }
        Transport::Smtp(relay) => {
            let told = |refusal: Refusal| format!("{} {}: {}", relay.address(), refusal.stage, refusal.reply);
            let mut connection = relay.connect().await.map_err(told)?;
            connection.offer(message).await.map_err(told)?;
            let reply = connection.deliver(message).await.map_err(told)?;
            connection.close().await;
            Ok(reply.to_string())
        }
    }
}

/// Delivers what is due, on as many connections as the transport allows, and says why it ended. One thread of its own does it all,
/// commits included: between them there is nothing to wait for, and handing words from thread to thread would cost more than
/// they do.
pub async fn run(run: Run, writer: Writer) -> Ended {
    let (tell, told) = oneshot::channel();
    let thread = std::thread::Builder::new().name("send".into()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let ended = match runtime {
            Ok(runtime) => runtime.block_on(work_off(run, writer)),
            Err(error) => Ended::Broken(format!("cannot start the sender: {error}")),
        };
        drop(tell.send(ended));
    });
    if let Err(error) = thread {
        return Ended::Broken(format!("cannot start the sender's thread: {error}"));
    }
    told.await.unwrap_or_else(|_| Ended::Broken("the sender's thread failed".into()))
}

async fn work_off(run: Run, writer: Writer) -> Ended {
    let (connections, rate) = match &run.transport {
        Transport::Smtp(relay) => (relay.connections(), relay.rate()),
        Transport::Folder(_) => (1, 0),
    };
    let workers = connections.min(run.due.min(run.limit)).max(1);
    let groups: Vec<DomainGroup> = match &run.transport {
        Transport::Smtp(relay) => relay.groups().cloned().collect(),
        Transport::Folder(_) => Vec::new(),
    };
    let writer = tokio::spawn(writer.run());
    let (ended, _) = watch::channel(None);
    let shared = Arc::new(Shared {
        allowance: AtomicUsize::new(run.limit),
        throttle: Mutex::new(Throttle::new(rate, connections, groups.iter(), Instant::now())),
        moved: Notify::new(),
        guard: Mutex::new(Guard::new(run.stop_at_refused, run.stop_at_bounced)),
        ended,
        reached: AtomicBool::new(false),
        connections: Mutex::new(Connections::new(workers, Instant::now())),
        dialed: Notify::new(),
        answered: AtomicBool::new(false),
        groups: AtomicBool::new(true),
        membership: run.ledger.membership(),
        run,
    });
    if let Err(why) = membership::start(&shared).await {
        shared.end(why);
    }
    let following = tokio::spawn(membership::follow(Arc::clone(&shared)));
    loop {
        let tasks: Vec<_> =
            (0..workers).map(|worker| tokio::spawn(worker::work(Arc::clone(&shared), worker))).collect();
        for task in tasks {
            if let Err(error) = task.await {
                shared.end(Ended::Broken(format!("a worker failed: {error}")));
            }
        }
        if !membership::linger(&shared).await {
            break;
        }
    }
    following.abort();
    drop(following.await);
    let why = shared.ended.borrow().clone();
    // The last handle to the ledger: the writer ends, and its connection with it.
    drop(shared);
    if let Err(error) = writer.await {
        return Ended::Broken(format!("the ledger's writer failed: {error}"));
    }
    why.unwrap_or(Ended::Done)
}
