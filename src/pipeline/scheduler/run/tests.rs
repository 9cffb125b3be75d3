//! The lease beside what takes long. The wall clock is an argument; tokio's own stands still and goes where the next timer is.

use std::path::Path;
use std::sync::Mutex;

use chrono::TimeDelta;
use tempfile::TempDir;

use super::*;
use crate::pipeline::init;

/// A daemon's keeper on a publication of its own, and its clock.
struct Watch {
    keeper: Keeper,
    time: Arc<Mutex<DateTime<Utc>>>,
    _dir: TempDir,
    _change: watch::Sender<Arc<Site>>,
}

impl Watch {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        init(dir.path()).unwrap();
        let start = "2026-03-03T07:00:00Z".parse().unwrap();
        let time = Arc::new(Mutex::new(start));
        let shown = Arc::clone(&time);
        let site = Site::open(dir.path(), Path::new("config.toml"), start).unwrap();
        let site = site.with_clock(Arc::new(move || *shown.lock().unwrap()));
        site.found_store().unwrap();
        let (change, site) = watch::channel(Arc::new(site));
        let keeper = Keeper::new(site, "one".into());
        Self { keeper, time, _dir: dir, _change: change }
    }

    fn hold(&mut self) -> Option<FencingToken> {
        let site = self.keeper.site();
        self.keeper.hold(&site).unwrap()
    }

    fn pass(&self, seconds: i64) {
        *self.time.lock().unwrap() += TimeDelta::seconds(seconds);
    }

    /// A send that goes on until it is halted.
    fn begin(&mut self) -> watch::Receiver<bool> {
        let (halt, halted) = watch::channel(false);
        let mut heard = halted.clone();
        let task = tokio::spawn(async move {
            heard.wait_for(|halt| *halt).await.unwrap();
            Ok(true)
        });
        self.keeper.under_way = Some(UnderWay { halt, task });
        halted
    }
}

#[tokio::test]
async fn a_lost_lease_halts_the_send_under_way() {
    let mut watch = Watch::new();
    let lease = TimeDelta::from_std(watch.keeper.site().config.serve.lease).unwrap().num_seconds();
    watch.hold().unwrap();
    let halted = watch.begin();
    watch.pass(lease / 2);
    assert!(watch.hold().is_some() && !*halted.borrow(), "renewed in time");
    watch.pass(lease + 1);
    assert!(watch.keeper.site().daemon().hold_lease("two").unwrap().is_some());
    assert!(watch.hold().is_none() && *halted.borrow());
}

#[tokio::test(start_paused = true)]
async fn the_lease_is_renewed_beside_a_step_that_takes_long() {
    let mut watch = Watch::new();
    let first = watch.hold().unwrap();
    let site = watch.keeper.site();
    let lease = site.config.serve.lease;
    let time = Arc::clone(&watch.time);
    let long = async {
        for _ in 0..40 {
            tokio::time::sleep(lease / 8).await;
            *time.lock().unwrap() += lease / 8;
        }
        Ok(Tick::Stale)
    };
    let (_keep, stop) = watch::channel(false);
    watch.keeper.under_lease(&site, long, stop).await.unwrap();
    assert!(watch.keeper.site().daemon().hold_lease("two").unwrap().is_none(), "it is still held");
    assert_eq!(watch.hold().map(|fencing_token| fencing_token.number), Some(first.number), "by the same holder");
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_a_step_halts_the_send_at_once() {
    let mut watch = Watch::new();
    watch.hold().unwrap();
    let halted = watch.begin();
    let site = watch.keeper.site();
    let (end, stop) = watch::channel(false);
    let mut told = halted.clone();
    let step = async {
        end.send_replace(true);
        told.wait_for(|halt| *halt).await.unwrap();
        Ok(Tick::Stale)
    };
    let within = tokio::time::timeout(site.config.serve.lease * 9, watch.keeper.under_lease(&site, step, stop));
    assert!(within.await.is_ok(), "the step waits for the end of the send");
    assert!(watch.keeper.arrived().await);
}
