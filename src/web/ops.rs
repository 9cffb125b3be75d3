//! /healthz, /readyz and /metrics for monitoring the daemon, never on the public pages. Knows no store; an [`OpsService`]
//! answers. Names and units follow <https://prometheus.io/docs/practices/naming/>.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use prometheus::proto::{Bucket, Histogram, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{Encoder, Gauge, GaugeVec, Opts, Registry, TextEncoder};
use tokio::net::TcpListener;

use crate::model::DeliveryCounts;

/// The figures behind /metrics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vitals {
    /// Sends that are not over, and the last ones.
    pub sends: Vec<SendVitals>,
    /// By status.
    pub subscribers: Vec<(String, u64)>,
    pub editions: Vec<EditionVitals>,
    /// Whether a process is sending from this store now.
    pub sender_alive: bool,
    /// The processes that send.
    pub workers: Vec<WorkerVitals>,
    /// Age of the news by source: seconds since the last good fetch.
    pub feeds: Vec<(String, f64)>,
}

/// A process that sends an issue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkerVitals {
    pub issue: String,
    /// Host and process.
    pub name: String,
    pub in_flight: u64,
    /// Messages tried in the last minute.
    pub per_minute: u64,
    pub lease_until: DateTime<Utc>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct SendVitals {
    pub issue: String,
    pub stopped: bool,
    pub counts: DeliveryCounts,
    /// Recipients by the class of their last reply: `2xx`, `4xx`, `5xx`, `none`.
    pub replies: Vec<(String, u64)>,
    pub latency: Buckets,
    pub started: DateTime<Utc>,
    pub finished: Option<DateTime<Utc>>,
    /// When the next deferred message is due.
    pub next_due: Option<DateTime<Utc>>,
    /// Until when pending recipients are held back on purpose: by a canary, by the ceiling of a warm-up.
    pub held_until: Option<DateTime<Utc>>,
    /// Recipients for whom a bounce, a complaint or another mail came back, by kind.
    pub came_back: Vec<(String, u64)>,
    /// How often each answer of its poll was given.
    pub poll: Vec<(String, u64)>,
    /// How much later than its edition's time it began, in seconds.
    pub lag_seconds: Option<f64>,
}

/// A histogram: upper bounds in seconds, each with the count at or below it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buckets {
    pub up_to: Vec<(f64, u64)>,
    pub count: u64,
    pub sum_seconds: f64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct EditionVitals {
    pub edition: String,
    pub next_run: DateTime<Utc>,
}

/// Supplies the answers. A call may take some milliseconds, and is never made on a runtime's thread.
#[derive(Clone)]
pub struct OpsService {
    /// Whether the daemon can work, or why not.
    pub ready: Arc<dyn Fn() -> anyhow::Result<()> + Send + Sync>,
    pub vitals: Arc<dyn Fn() -> anyhow::Result<Vitals> + Send + Sync>,
}

/// Answers on a listener until `stop` is ready.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: TcpListener,
    service: OpsService,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(service)).with_graceful_shutdown(stop).await
}

/// The three routes.
pub fn router(service: OpsService) -> Router {
    Router::new()
        .route("/healthz", get(async || plain(StatusCode::OK, "ok\n".into())))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(service)
}

async fn ready(State(service): State<OpsService>) -> Response {
    let asked = tokio::task::spawn_blocking(move || (service.ready)()).await.map_err(anyhow::Error::from).flatten();
    match asked {
        Ok(()) => plain(StatusCode::OK, "ready\n".into()),
        Err(why) => plain(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why:#}\n")),
    }
}

async fn metrics(State(service): State<OpsService>) -> Response {
    let read =
        tokio::task::spawn_blocking(move || write(&(service.vitals)()?)).await.map_err(anyhow::Error::from).flatten();
    match read {
        Ok(text) => {
            let mut answer = plain(StatusCode::OK, text);
            let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            answer.headers_mut().insert(header::CONTENT_TYPE, kind);
            answer
        }
        Err(why) => {
            tracing::error!("the metrics cannot be read: {why:#}");
            plain(StatusCode::INTERNAL_SERVER_ERROR, format!("the metrics cannot be read: {why:#}\n"))
        }
    }
}

fn plain(status: StatusCode, text: String) -> Response {
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (status, headers, text).into_response()
}

/// The figures in Prometheus' text form.
///
/// # Errors
/// Two figures have the same name and labels.
pub fn write(vitals: &Vitals) -> anyhow::Result<String> {
    let registry = Registry::new();
    let page = Page { registry: &registry };
    page.one("digest_build_info", "The version that runs; always 1.", &["version"])?
        .with_label_values(&[env!("CARGO_PKG_VERSION")])
        .set(1.0);
    page.plain("digest_sender_running", "1 while some process sends from this store.", f64::from(vitals.sender_alive))?;
    page.workers(&vitals.workers)?;
    let subscribers = page.one("digest_readers", "Readers on the list, by status.", &["status"])?;
    for (status, count) in &vitals.subscribers {
        subscribers.with_label_values(&[status]).set(real(*count));
    }
    let next = page.one("digest_next_run_timestamp_seconds", "When an edition is due next.", &["edition"])?;
    for edition in &vitals.editions {
        next.with_label_values(&[&edition.edition]).set(seconds(edition.next_run));
    }
    if !vitals.feeds.is_empty() {
        let ages = page.one("digest_feed_age_seconds", "Time since the last good fetch of a source.", &["source"])?;
        for (source, age) in &vitals.feeds {
            ages.with_label_values(&[source]).set(*age);
        }
    }
    page.sends(&vitals.sends)?;
    let mut families = registry.gather();
    families.retain(|family| !family.get_metric().is_empty());
    if !vitals.sends.is_empty() {
        families.push(latencies(&vitals.sends));
    }
    let mut text = Vec::new();
    TextEncoder::new().encode(&families, &mut text)?;
    Ok(String::from_utf8(text)?)
}

struct Page<'r> {
    registry: &'r Registry,
}

impl Page<'_> {
    fn one(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<GaugeVec> {
        let gauge = GaugeVec::new(Opts::new(name, help), labels)?;
        self.registry.register(Box::new(gauge.clone()))?;
        Ok(gauge)
    }

    fn workers(&self, workers: &[WorkerVitals]) -> prometheus::Result<()> {
        let labels = ["issue", "process"];
        let in_flight =
            self.one("digest_worker_in_flight", "Messages that a sending process has in flight.", &labels)?;
        let pace =
            self.one("digest_worker_messages_per_minute", "Messages that it tried in the last minute.", &labels)?;
        let lease = self.one("digest_worker_lease_timestamp_seconds", "When others may take over from it.", &labels)?;
        for worker in workers {
            let labels = [worker.issue.as_str(), worker.name.as_str()];
            in_flight.with_label_values(&labels).set(real(worker.in_flight));
            pace.with_label_values(&labels).set(real(worker.per_minute));
            lease.with_label_values(&labels).set(seconds(worker.lease_until));
        }
        Ok(())
    }

    fn plain(&self, name: &str, help: &str, value: f64) -> prometheus::Result<()> {
        let gauge = Gauge::new(name, help)?;
        gauge.set(value);
        self.registry.register(Box::new(gauge))
    }

    fn sends(&self, sends: &[SendVitals]) -> prometheus::Result<()> {
        let recipients = self.one("digest_recipients", "Recipients of a send, by state.", &["issue", "state"])?;
        let replies =
            self.one("digest_replies", "Recipients of a send, by the class of their last reply.", &["issue", "class"])?;
        let came_back = self.one(
            "digest_came_back",
            "Recipients of a send for whom a bounce, a complaint or another mail came back, by kind.",
            &["issue", "kind"],
        )?;
        let poll =
            self.one("digest_poll_answers", "How often an answer of an issue's poll was given.", &["issue", "answer"])?;
        let stopped = self.one("digest_send_stopped", "1 while a send is stopped.", &["issue"])?;
        let start = self.one("digest_send_start_timestamp_seconds", "When a send began.", &["issue"])?;
        let end = self.one("digest_send_end_timestamp_seconds", "When a send was through.", &["issue"])?;
        let retry = self.one(
            "digest_next_retry_timestamp_seconds",
            "When the next deferred copy of a send is due.",
            &["issue"],
        )?;
        let held = self.one(
            "digest_send_held_until_timestamp_seconds",
            "Time until which waiting recipients are held back on purpose.",
            &["issue"],
        )?;
        let lag =
            self.one("digest_send_lag_seconds", "How much later than its edition's time a send began.", &["issue"])?;
        for send in sends {
            let issue = send.issue.as_str();
            let counts = &send.counts;
            for (state, count) in [
                ("delivered", counts.delivered),
                ("failed", counts.failed),
                ("deferred", counts.deferred),
                ("pending", counts.pending),
                ("suppressed", counts.suppressed),
                ("uncertain", counts.uncertain),
            ] {
                recipients.with_label_values(&[issue, state]).set(real(count));
            }
            for (class, count) in &send.replies {
                replies.with_label_values(&[issue, class]).set(real(*count));
            }
            for (kind, count) in &send.came_back {
                came_back.with_label_values(&[issue, kind]).set(real(*count));
            }
            for (answer, count) in &send.poll {
                poll.with_label_values(&[issue, answer]).set(real(*count));
            }
            stopped.with_label_values(&[issue]).set(f64::from(send.stopped));
            start.with_label_values(&[issue]).set(seconds(send.started));
            let times = [
                (&end, send.finished.map(seconds)),
                (&retry, send.next_due.map(seconds)),
                (&held, send.held_until.map(seconds)),
                (&lag, send.lag_seconds),
            ];
            for (gauge, value) in times.into_iter().filter_map(|(gauge, value)| Some((gauge, value?))) {
                gauge.with_label_values(&[issue]).set(value);
            }
        }
        Ok(())
    }
}

/// The histograms are counted by the store, so they are put together here rather than observed one by one.
fn latencies(sends: &[SendVitals]) -> MetricFamily {
    let metric = |send: &SendVitals| {
        let mut label = LabelPair::default();
        label.set_name("issue".into());
        label.set_value(send.issue.clone());
        let bucket = |&(bound, count): &(f64, u64)| {
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(bound);
            bucket.set_cumulative_count(count);
            bucket
        };
        let mut histogram = Histogram::default();
        histogram.set_sample_count(send.latency.count);
        histogram.set_sample_sum(send.latency.sum_seconds);
        histogram.set_bucket(send.latency.up_to.iter().map(bucket).collect());
        let mut metric = Metric::from_label(vec![label]);
        metric.set_histogram(histogram);
        metric
    };
    let mut family = MetricFamily::default();
    family.set_name("digest_delivery_duration_seconds".into());
    family.set_help("From the claim of a copy to its outcome on record, of copies delivered at the first try.".into());
    family.set_field_type(MetricType::HISTOGRAM);
    family.set_metric(sends.iter().map(metric).collect());
    family
}

fn seconds(at: DateTime<Utc>) -> f64 {
    real(u64::try_from(at.timestamp()).unwrap_or(0))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "Prometheus has nothing but f64; a list of 2^53 subscribers is far away"
)]
fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
