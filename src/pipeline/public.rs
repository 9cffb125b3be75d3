//! The service behind the public pages: looks up subscribers, records what they do, and renders responses. Knows no HTTP.

mod clicks;
mod form;
mod less;
mod poll;
mod sign_ups;
mod stores;
mod window;

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use tokio::sync::watch;

use super::archive::line as archive_line;
use super::{Site, seed};
use crate::model::{Address, Edition, Purpose, Subscriber, SubscriberStatus};
use crate::render::{
    self, ArchiveLine, Choice, Home, Language, Lost, MessagePage, Page, PageSetting, Preferences, Templates,
};
use crate::store::{Archived, Confirmed, PreferenceChange, SignUpRequest, Trace, Wanted};
use crate::text;
use crate::web::archive;
use crate::web::public::{
    Answer, Caller, Form, Limits, Pages, PublicRequest, PublicResponse, PublicService, Way, go, router, serve,
};
use clicks::Clicks;
use sign_ups::SignUpQueue;
use stores::Stores;

pub use form::sign_up_form;

/// The longest pause in days: a leap year, so that a year from today is always allowed.
const LONGEST_PAUSE: TimeDelta = TimeDelta::days(366);
/// Maximum length of a name, in characters.
const NAME: usize = 120;

/// Serves the public pages until `stop` turns true, each request with the settings current at the time.
///
/// # Errors
/// The templates have a mistake, the store cannot be opened, or the listener cannot be used.
pub async fn serve_pages(
    mut sites: watch::Receiver<Arc<Site>>,
    listener: std::net::TcpListener,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let first = Arc::clone(&sites.borrow_and_update());
    let clicks = Clicks::open(Arc::clone(&first))?;
    let (renew, routes) = watch::channel(routes(first, &clicks)?);
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut serving = std::pin::pin!(serve(listener, routes, Limits::default(), stop));
    loop {
        tokio::select! {
            () = &mut serving => break,
            Ok(()) = sites.changed() => {}
        }
        let site = Arc::clone(&sites.borrow_and_update());
        match self::routes(site, &clicks) {
            Ok(routes) => drop(renew.send_replace(routes)),
            Err(error) => tracing::error!(error = format!("{error:#}"), "the public pages stay as they were"),
        }
    }
    tokio::task::spawn_blocking(move || clicks.end()).await?;
    Ok(())
}

/// The public pages' routes with these settings. Requests on older ones are served to the end.
fn routes(site: Arc<Site>, clicks: &Clicks) -> anyhow::Result<Pages> {
    let templates = Arc::new(site.templates()?);
    let others = archive::router(site.archive().archive_service(&templates)?).merge(go::router(clicks.service(&site)));
    let pages = PublicPages::open(site, templates)?;
    let client_header = pages.site.config.web.client_header.to_ascii_lowercase();
    let service =
        PublicService { handle: Arc::new(move |request, caller| pages.answer(request, caller)), client_header };
    Ok(router(service, others, Limits::default()))
}

struct PublicPages {
    site: Arc<Site>,
    templates: Arc<Templates>,
    language: Arc<Language>,
    style: String,
    public_url: String,
    stores: Stores,
    sign_ups: SignUpQueue,
    /// The newest issue as the home page shows it. Kept because finding its language means parsing the whole issue.
    latest: Mutex<Option<(Archived, ArchiveLine)>>,
}

impl PublicPages {
    fn open(site: Arc<Site>, templates: Arc<Templates>) -> anyhow::Result<Self> {
        let style = render::style(&templates)?;
        let public_url = site.config.letterhead().public_url;
        let setting = PageSetting::new(&site.config.publication, &public_url);
        let language = setting.language(&templates)?;
        let (stores, sign_ups) = (Stores::open(Arc::clone(&site))?, SignUpQueue::open(Arc::clone(&site))?);
        // Render every page once, so that a mistake in a template shows at the start and not to a subscriber.
        render::prove_pages(setting, &templates)?;
        Ok(Self { site, templates, language, style, public_url, stores, sign_ups, latest: Mutex::default() })
    }

    fn answer(&self, request: PublicRequest, caller: &Caller) -> Answer {
        let answered = match request {
            PublicRequest::SignUp(form) => return self.or_busy(self.sign_up(&form, caller)),
            PublicRequest::Lost(Some(form)) => return self.or_busy(self.lost(&form, caller)),
            PublicRequest::Home => self.home().and_then(|home| self.page(200, &home, "home")),
            PublicRequest::Style => Ok(PublicResponse { status: 200, body: self.style.clone(), is_data: false }),
            PublicRequest::Lost(None) => self.page(200, &Lost::default(), "lost"),
            PublicRequest::Move { token, post } => self.confirm_move(&token, post, caller),
            PublicRequest::Confirm { token, post } => self.confirm(&token, post, caller),
            PublicRequest::Leave { token, post } => self.leave(&token, post, caller),
            PublicRequest::Preferences { token, form: None } => self.preferences(&token),
            PublicRequest::Preferences { token, form: Some(form) } => self.change(&token, &form, caller),
            PublicRequest::Poll { issue, answer, post } => self.poll(&issue, answer, post),
            PublicRequest::Missing => self.missing(),
            PublicRequest::Refused(status) => self.page(status, &MessagePage::default(), "refused"),
            PublicRequest::Busy => self.page(503, &MessagePage::default(), "busy"),
        };
        self.or_busy(answered.map(Answer::Now))
    }

    fn or_busy(&self, answered: anyhow::Result<Answer>) -> Answer {
        answered.unwrap_or_else(|error| {
            tracing::error!(error = format!("{error:#}"), "a public page failed");
            let busy = self.page(503, &MessagePage::default(), "busy");
            Answer::Now(busy.unwrap_or(PublicResponse { status: 503, body: String::new(), is_data: false }))
        })
    }

    fn page(&self, status: u16, page: &impl Page, section: &str) -> anyhow::Result<PublicResponse> {
        self.page_in("", status, page, section)
    }

    /// A page in the language with this BCP 47 tag; empty means the publication's.
    fn page_in(&self, tag: &str, status: u16, page: &impl Page, section: &str) -> anyhow::Result<PublicResponse> {
        let setting = PageSetting::new(&self.site.config.publication, &self.public_url).in_language(tag);
        let body = render::page(page, section, setting, &self.templates)?;
        Ok(PublicResponse { status, body, is_data: false })
    }

    fn sheet(&self, section: &str) -> anyhow::Result<PublicResponse> {
        self.page(200, &MessagePage::default(), section)
    }

    fn missing(&self) -> anyhow::Result<PublicResponse> {
        self.page(404, &MessagePage::default(), "missing")
    }

    fn now(&self) -> DateTime<Utc> {
        (self.site.clock)()
    }

    fn trace<'a>(&self, how: &'a str, caller: &'a Caller) -> Trace<'a> {
        Trace { how, network: &caller.network, at: self.now() }
    }

    /// The editions, ticked where `chosen` says so.
    fn choices(&self, chosen: impl Fn(&str) -> bool) -> Vec<Choice> {
        let choice = |(name, edition): (&String, &Edition)| Choice {
            name: name.clone(),
            title: self.site.config.edition_title(name),
            weekday: self.language.weekday(edition.send.day),
            description: text::line(&edition.description),
            language: self.site.config.language_of(name).to_owned(),
            chosen: chosen(name),
        };
        self.site.config.editions.iter().map(choice).collect()
    }

    /// The home page with a blank form, in which every edition is ticked.
    fn home(&self) -> anyhow::Result<Home> {
        let editions = self.choices(|_| true);
        Ok(Home {
            description: text::line(&self.site.config.publication.description),
            latest: self.latest()?,
            choice: editions.len() > 1,
            editions,
            clicks: self.site.config.tracking.clicks,
            ..Home::default()
        })
    }

    /// The newest issue.
    fn latest(&self) -> anyhow::Result<Option<ArchiveLine>> {
        self.stores.read(|store| {
            let Some(newest) = store.issues().latest_archived()? else { return Ok(None) };
            let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
            if latest.as_ref().is_none_or(|(known, _)| *known != newest) {
                let line = archive_line(&self.site, store, &self.language, &newest);
                *latest = Some((newest, line));
            }
            Ok(latest.as_ref().map(|(_, line)| line.clone()))
        })
    }

    /// The home page with the form as it was submitted, and what is wrong with it.
    fn refused_form(&self, form: &Form, none: bool) -> anyhow::Result<Home> {
        let typed = form.get("email");
        let ticked = |name: &str| !chooses(form) || form.all("edition").any(|ticked| ticked == name);
        Ok(Home {
            email: typed.chars().take(254).collect(),
            wrong: Address::parse(typed).is_err(),
            none,
            editions: self.choices(ticked),
            ..self.home()?
        })
    }

    /// The editions ticked in a form; empty if all are ticked, `None` if none are.
    fn ticked(&self, form: &Form) -> Option<Vec<String>> {
        let all = &self.site.config.editions;
        let ticked: Vec<String> = all.keys().filter(|name| form.all("edition").any(|t| t == *name)).cloned().collect();
        match ticked.len() {
            _ if all.len() < 2 => Some(Vec::new()),
            0 => None,
            n if n == all.len() => Some(Vec::new()),
            _ => Some(ticked),
        }
    }

    /// The response shows only whether the address is valid: the work done before it is the same for every address.
    fn sign_up(&self, form: &Form, caller: &Caller) -> anyhow::Result<Answer> {
        let editions = if chooses(form) { self.ticked(form) } else { Some(Vec::new()) };
        let none = editions.is_none();
        let (Ok(email), Some(editions)) = (Address::parse(form.get("email")), editions) else {
            return Ok(Answer::Now(self.page(422, &self.refused_form(form, none)?, "home")?));
        };
        // The second field is hidden from people.
        if !form.get("website").is_empty() {
            return Ok(Answer::Now(self.sheet("asked")?));
        }
        let network = caller.network.clone();
        let asking = SignUpRequest { email, editions, network, kind: Wanted::SignUp };
        Ok(Answer::Once { kept: self.sign_ups.keep(asking)?, page: self.sheet("asked")? })
    }

    fn confirm(&self, token: &str, post: bool, caller: &Caller) -> anyhow::Result<PublicResponse> {
        if post {
            let trace = self.trace("web page", caller);
            return match self.stores.write(|store| Ok(store.subscribers().confirm(token, trace, &seed())?))? {
                Confirmed::Now | Confirmed::Before => self.sheet("confirmed"),
                Confirmed::No => self.missing(),
            };
        }
        match self.stores.read(|store| Ok(store.subscribers().can_confirm(token, self.now())?))? {
            Confirmed::Now => {
                self.page(200, &MessagePage { action: format!("/confirm/{token}"), value: "" }, "confirm")
            }
            Confirmed::Before => self.sheet("confirmed"),
            Confirmed::No => self.missing(),
        }
    }

    fn leave(&self, token: &str, post: Option<Way>, caller: &Caller) -> anyhow::Result<PublicResponse> {
        let Some(way) = post else {
            return match self
                .stores
                .read(|store| Ok(store.subscribers().subscriber_by(Purpose::Unsubscribe, token)?))?
            {
                Some(subscriber) if subscriber.status.is_gone() => self.sheet("left"),
                Some(subscriber) => self.page(200, &self.leaving(token, &subscriber), "leave"),
                None => self.missing(),
            };
        };
        let how = match way {
            Way::OneClick => "one-click",
            Way::Button => "web page",
            Way::Edition(_) | Way::Pause => return self.get_less(token, &way, caller),
        };
        let trace = self.trace(how, caller);
        match self.stores.write(|store| Ok(store.subscribers().leave(Purpose::Unsubscribe, token, trace)?))? {
            Some(_) => self.sheet("left"),
            None => self.missing(),
        }
    }

    fn subscriber(&self, token: &str) -> anyhow::Result<Option<Subscriber>> {
        self.stores.read(|store| Ok(store.subscribers().subscriber_by(Purpose::Preferences, token)?))
    }

    fn preferences(&self, token: &str) -> anyhow::Result<PublicResponse> {
        let Some(subscriber) = self.subscriber(token)? else { return self.missing() };
        if subscriber.status.is_gone() {
            return self.page(200, &MessagePage { action: format!("/preferences/{token}"), value: "forget" }, "gone");
        }
        self.page(200, &self.state(token, &subscriber), "preferences")
    }

    fn state(&self, token: &str, subscriber: &Subscriber) -> Preferences {
        let zone = self.site.config.publication.timezone;
        let paused = subscriber.paused.filter(|until| *until > self.now());
        let editions = self.choices(|name| subscriber.gets(name));
        Preferences {
            action: format!("/preferences/{token}"),
            email: subscriber.email.to_string(),
            name: subscriber.name.clone(),
            paused: paused.map(|until| until.with_timezone(&zone).date_naive().to_string()).unwrap_or_default(),
            example: self.example(),
            choice: editions.len() > 1,
            editions,
            ..Preferences::default()
        }
    }

    fn change(&self, token: &str, form: &Form, caller: &Caller) -> anyhow::Result<PublicResponse> {
        let Some(subscriber) = self.subscriber(token)? else { return self.missing() };
        match form.get("action") {
            "leave" => {
                let trace = self.trace("web page", caller);
                self.stores.write(|store| Ok(store.subscribers().leave(Purpose::Preferences, token, trace)?))?;
                self.sheet("left")
            }
            "ask" => {
                self.page(200, &MessagePage { action: format!("/preferences/{token}"), value: "forget" }, "forget")
            }
            "forget" => {
                self.stores.write(|store| Ok(store.subscribers().forget(&subscriber.email, self.now())?))?;
                self.sheet("forgotten")
            }
            "data" => self.data(&subscriber),
            "move" if subscriber.status == SubscriberStatus::Confirmed => {
                self.ask_to_move(token, &subscriber, form, caller)
            }
            "save" if subscriber.status == SubscriberStatus::Confirmed => self.save(token, &subscriber, form, caller),
            "save" => self.preferences(token),
            _ => self.page(422, &MessagePage::default(), "refused"),
        }
    }

    fn save(
        &self,
        token: &str,
        subscriber: &Subscriber,
        form: &Form,
        caller: &Caller,
    ) -> anyhow::Result<PublicResponse> {
        let name: String = form.get("name").chars().filter(|c| !c.is_control()).take(NAME).collect();
        let pause = self.pause(form.get("pause"));
        let editions = self.ticked(form);
        let (Some(editions), Ok(paused_until)) = (editions.clone(), pause) else {
            let refused = Preferences {
                name,
                paused: form.get("pause").chars().take(NAME).collect(),
                editions: self.choices(|name| form.all("edition").any(|ticked| ticked == name)),
                none: editions.is_none(),
                date: pause.is_err(),
                ..self.state(token, subscriber)
            };
            return self.page(422, &refused, "preferences");
        };
        let wishes = PreferenceChange { name: name.trim().to_owned(), editions, paused_until };
        let trace = self.trace("web page", caller);
        self.stores.write(|store| Ok(store.subscribers().choose(Purpose::Preferences, token, &wishes, trace)?))?;
        let Some(subscriber) = self.subscriber(token)? else { return self.missing() };
        self.page(200, &Preferences { saved: true, ..self.state(token, &subscriber) }, "preferences")
    }

    /// An example of a day on which a pause may end, in words: three months from today.
    fn example(&self) -> String {
        let today = self.now().with_timezone(&self.site.config.publication.timezone).date_naive();
        self.language.locale.full_day(today + Months::new(3))
    }

    /// When a pause ends: midnight at the start of the day in the publication's zone.
    fn pause(&self, day: &str) -> Result<Option<DateTime<Utc>>, ()> {
        if day.trim().is_empty() {
            return Ok(None);
        }
        let midnight = day.trim().parse::<NaiveDate>().map_err(drop)?.and_time(NaiveTime::MIN);
        let zone = self.site.config.publication.timezone;
        // Where midnight is skipped, the day begins an hour later; nobody is mailed in that hour.
        let local = zone.from_local_datetime(&midnight).earliest();
        let until = local.map_or_else(|| midnight.and_utc(), |local| local.to_utc());
        if until > self.now() && until <= self.now() + LONGEST_PAUSE { Ok(Some(until)) } else { Err(()) }
    }
}

/// Whether the form offered a choice of editions. A form that asks only for an address means all of them.
fn chooses(form: &Form) -> bool {
    form.all("edition").next().is_some() || !form.get("choice").is_empty()
}
