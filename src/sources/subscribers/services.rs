//! The services whose exports are known: by which columns each is recognised, what its columns mean, and its words for where somebody
//! stands. One table, a row a service; a column that is not named here is looked at as in any list. Knows no file.

use super::meaning::Meaning::{self, *};
use super::words::State;
use crate::model::SubscriberStatus::{Bounced, Complained, Confirmed, Pending, Unsubscribed};

/// A service and its export.
#[derive(Debug)]
pub struct Service {
    /// For `--from`.
    pub name: &'static str,
    pub title: &'static str,
    /// A file with all columns of one of these is the service's. Headings as [`super::meaning::key`] writes them, here and below.
    pub marks: &'static [&'static [&'static str]],
    pub columns: &'static [(&'static str, Meaning)],
    pub states: &'static [(&'static str, State)],
    /// Columns that only files have in which everybody has this state; not if the file also has one of `mixed`.
    pub whole: &'static [(&'static str, State)],
    pub mixed: &'static [&'static str],
    /// How the names of files begin in which everybody has this state.
    pub files: &'static [(&'static str, State)],
    /// The domain that replaces the address of somebody who asked to be deleted.
    pub deleted_domain: &'static str,
    /// What its export does not contain, and what to do about it.
    pub advice: &'static str,
}

/// The defaults of a row of the table.
const NONE: Service = Service {
    name: "",
    title: "",
    marks: &[],
    columns: &[],
    states: &[],
    whole: &[],
    mixed: &[],
    files: &[],
    deleted_domain: "",
    advice: "",
};

const SIGNED_OFF: Meaning = LeftAt(Unsubscribed);

/// The columns of our own export, in their order; any other is a merge field.
pub const OWN: [&str; 10] =
    ["email", "name", "editions", "status", "created", "consent", "confirmed", "left", "paused_until", "history"];

#[rustfmt::skip]
pub const SERVICES: &[Service] = &[
    Service {
        name: "mailchimp", title: "Mailchimp",
        marks: &[&["optintime", "confirmtime"], &["memberrating"], &["leid", "euid"], &["unsubtime"], &["cleantime"]],
        columns: &[
            ("optintime", OptInTime), ("optinip", OptInNetwork), ("confirmtime", ConfirmTime), ("confirmip", ConfirmNetwork),
            ("unsubtime", SIGNED_OFF), ("cleantime", LeftAt(Bounced)), ("unsubreason", Reason), ("unsubreasonother", Reason),
            ("unsubcampaigntitle", Reason), ("cleancampaigntitle", Reason), ("unsubcampaignid", Ignored), ("cleancampaignid", Ignored),
            ("memberrating", Ignored), ("latitude", Ignored), ("longitude", Ignored), ("gmtoff", Ignored), ("dstoff", Ignored),
            ("timezone", Field), ("cc", Field), ("region", Field), ("lastchanged", Ignored), ("leid", Ignored), ("euid", Ignored),
            ("notes", Field), ("tags", Tags), ("emailtype", Ignored), ("source", Field),
        ],
        states: &[
            ("subscribed", Confirmed), ("unsubscribed", Unsubscribed), ("cleaned", Bounced), ("pending", Pending),
            ("nonsubscribed", Pending), ("transactional", Pending), ("archived", Unsubscribed), ("abuse", Complained),
        ],
        whole: &[("unsubtime", Unsubscribed), ("cleantime", Bounced)],
        mixed: &["lastchanged"],
        files: &[
            ("unsubscribed", Unsubscribed), ("cleaned", Bounced), ("nonsubscribed", Pending), ("non-subscribed", Pending),
            ("archived", Unsubscribed), ("abuse", Complained),
        ],
        ..NONE
    },
    Service {
        name: "substack", title: "Substack",
        marks: &[
            &["emaildisabled"], &["activesubscription", "expiry"], &["activesubscription", "plan"], &["preferdigests"],
            &["receivingemailsfor"], &["subscriptiontype", "activity"], &["stripeplan", "activity"], &["stripeplan", "paidupgradedate"],
        ],
        columns: &[
            ("emaildisabled", OptedOut(Unsubscribed)), ("activesubscription", Field), ("expiry", Field), ("plan", Field),
            ("preferdigests", Field), ("createdat", Created), ("subscriptiontype", Field), ("activity", Ignored),
            ("subscriptiondate", OptInTime), ("startdate", OptInTime), ("stripeplan", Field), ("canceldate", Ignored),
            ("paidupgradedate", Ignored), ("type", Field), ("isbestseller", Ignored), ("revenue", Ignored),
            ("firstpaymentat", Ignored), ("receivingemailsfor", Receives), ("subscriptionsource", Field),
            ("subscriptionsourcefree", Field), ("subscriptionsourcepaid", Field), ("country", Field), ("stateprovince", Field),
        ],
        deleted_domain: "deletion-request.substack.com",
        ..NONE
    },
    Service {
        name: "ghost", title: "Ghost",
        marks: &[&["subscribedtoemails"], &["complimentaryplan", "createdat"]],
        columns: &[
            ("id", Ignored), ("note", Field), ("subscribedtoemails", OptedIn), ("complimentaryplan", Ignored),
            ("stripecustomerid", Ignored), ("createdat", Created), ("deletedat", SIGNED_OFF), ("labels", Tags), ("tiers", Field),
            ("products", Field), ("giftid", Ignored), ("reimportas", Ignored),
        ],
        ..NONE
    },
    Service {
        name: "buttondown", title: "Buttondown",
        marks: &[&["subscribertype"], &["secondaryid", "creationdate"], &["unsubscriptiondate", "metadata"]],
        columns: &[
            ("id", Ignored), ("secondaryid", Ignored), ("email", Email), ("emailaddress", Email), ("notes", Field),
            ("subscribertype", Status), ("type", Status), ("referrerurl", Field), ("utmsource", Field), ("utmmedium", Field),
            ("utmcampaign", Field), ("creationdate", Created), ("ipaddress", OptInNetwork), ("subscriptiondate", OptInTime),
            ("unsubscriptiondate", SIGNED_OFF), ("unsubscriptionreason", Reason), ("churndate", Ignored), ("undeliverabilitydate", LeftAt(Bounced)),
            ("undeliverabilityreason", Reason), ("tags", Tags), ("metadata", Attributes), ("source", Field), ("riskscore", Ignored),
            ("stripecustomerid", Ignored), ("lastopendate", Ignored), ("lastclickdate", Ignored), ("avatarurl", Ignored),
        ],
        states: &[
            ("regular", Confirmed), ("premium", Confirmed), ("gifted", Confirmed), ("trialed", Confirmed), ("trial", Confirmed),
            ("paid", Confirmed), ("free", Confirmed), ("churning", Confirmed), ("churned", Confirmed), ("pastdue", Confirmed),
            ("unpaid", Confirmed), ("unactivated", Pending), ("upcoming", Pending), ("unsubscribed", Unsubscribed), ("complained", Complained),
            ("undeliverable", Bounced), ("blocked", Unsubscribed), ("removed", Unsubscribed), ("paused", Unsubscribed),
            ("spammy", Unsubscribed), ("deleted", Unsubscribed),
        ],
        ..NONE
    },
    Service {
        name: "beehiiv", title: "Beehiiv",
        marks: &[&["status", "tier"], &["status", "stripecustomerid"], &["status", "unsubscribedat", "tier"]],
        columns: &[
            ("id", Ignored), ("status", Status), ("tier", Field), ("createdat", Created), ("subscribedat", OptInTime), ("stripecustomerid", Ignored),
            ("unsubscribedat", SIGNED_OFF), ("unsubscribereason", Reason), ("utmsource", Field), ("utmmedium", Field), ("utmcampaign", Field),
            ("utmchannel", Field), ("acquisitionsource", Field), ("referringsite", Field), ("referralcode", Ignored), ("tags", Tags),
            ("subscriptiontier", Field), ("subscriptionpremiumtiernames", Field), ("createddate", Created),
        ],
        states: &[
            ("active", Confirmed), ("validating", Pending), ("pending", Pending), ("needsattention", Pending), ("needsverification", Pending),
            ("paused", Unsubscribed), ("invalid", Bounced), ("inactive", Unsubscribed), ("unsubscribed", Unsubscribed), ("deleted", Unsubscribed), ("blocked", Unsubscribed),
            ("bounced", Bounced), ("complained", Complained), ("spam", Complained),
        ],
        ..NONE
    },
    Service {
        name: "listmonk", title: "listmonk",
        marks: &[&["uuid", "attributes", "status"], &["uuid", "attribs", "status"], &["uuid", "email", "status"]],
        columns: &[
            ("id", Ignored), ("uuid", Ignored), ("attributes", Attributes), ("attribs", Attributes), ("status", Status), ("createdat", Created),
            ("updatedat", Ignored), ("lists", Field), ("subscriptionstatus", Status),
        ],
        states: &[
            ("enabled", Confirmed), ("disabled", Unsubscribed), ("blocklisted", Unsubscribed), ("blacklisted", Unsubscribed),
            ("confirmed", Confirmed), ("unconfirmed", Pending), ("unsubscribed", Unsubscribed),
        ],
        advice: "listmonk's export does not say who left a single list: export each list by subscription status, and import those who \
                 unsubscribed with --map '*=unsubscribed'",
        ..NONE
    },
    Service {
        name: "keila", title: "Keila",
        marks: &[&["data", "status", "externalid"], &["daten", "status", "externeid"], &["email", "data", "status"], &["donnees", "statut", "idexterne"]],
        columns: &[
            ("data", Attributes), ("daten", Attributes), ("donnees", Attributes), ("status", Status), ("statut", Status), ("externalid", Field),
            ("externeid", Field), ("idexterne", Field), ("insertedat", Created), ("updatedat", Ignored), ("doubleoptinat", ConfirmTime),
        ],
        states: &[
            ("active", Confirmed), ("unsubscribed", Unsubscribed), ("unreachable", Bounced), ("deleted", Unsubscribed),
        ],
        ..NONE
    },
    Service {
        name: "curated", title: "Curated",
        marks: &[&["subscribedat", "utmlastpath"], &["subscribedat", "utmsource", "utmreferrer"], &["subscribedat", "utmterm"]],
        columns: &[
            ("subscribedat", OptInTime), ("utmsource", Field), ("utmmedium", Field), ("utmterm", Field), ("utmcontent", Field),
            ("utmcampaign", Field), ("utmlastpath", Field), ("utmreferrer", Field), ("unsubscribedat", SIGNED_OFF),
        ],
        advice: "Curated exports only those who are active: import its list of those who unsubscribed, too, with --map '*=unsubscribed'",
        ..NONE
    },
    Service {
        name: "kit", title: "Kit",
        marks: &[&["firstname", "emailaddress", "state"], &["emailaddress", "state", "createdat"], &["firstname", "emailaddress", "status"]],
        columns: &[
            ("id", Ignored), ("firstname", FirstName), ("state", Status), ("status", Status), ("createdat", Created), ("subscribedat", OptInTime),
            ("cancelledat", SIGNED_OFF), ("canceledat", SIGNED_OFF), ("unsubscribedat", SIGNED_OFF), ("tags", Tags), ("referrer", Field),
        ],
        states: &[
            ("active", Confirmed), ("confirmed", Confirmed), ("inactive", Pending), ("unconfirmed", Pending), ("cancelled", Unsubscribed),
            ("canceled", Unsubscribed), ("unsubscribed", Unsubscribed), ("bounced", Bounced), ("complained", Complained), ("blocked", Unsubscribed),
            ("coldsubscriber", Confirmed),
        ],
        ..NONE
    },
    Service {
        name: "mailerlite", title: "MailerLite",
        marks: &[&["optedinat"], &["optinip", "status"], &["subscribedat", "unsubscribedat"], &["optiniptime"], &["openscount", "clickscount"]],
        columns: &[
            ("id", Ignored), ("status", Status), ("type", Status), ("source", Field), ("sent", Ignored), ("opened", Ignored), ("clicked", Ignored),
            ("openscount", Ignored), ("clickscount", Ignored), ("openrate", Ignored), ("clickrate", Ignored), ("ipaddress", OptInNetwork),
            ("subscribedat", OptInTime), ("signupip", OptInNetwork), ("signuptimestamp", OptInTime), ("confirmationip", ConfirmNetwork),
            ("confirmationtimestamp", ConfirmTime), ("optedinat", ConfirmTime), ("optinip", ConfirmNetwork), ("optintimestamp", ConfirmTime),
            ("unsubscribedat", SIGNED_OFF), ("dateunsubscribe", SIGNED_OFF), ("datesubscribe", OptInTime), ("datecreated", Created),
            ("createdat", Created), ("updatedat", Ignored), ("dateupdated", Ignored), ("groups", Tags), ("forgetat", SIGNED_OFF), ("deletedat", SIGNED_OFF),
        ],
        states: &[
            ("active", Confirmed), ("unsubscribed", Unsubscribed), ("unconfirmed", Pending), ("bounced", Bounced), ("junk", Complained),
            ("spam", Complained), ("deleted", Unsubscribed), ("forgotten", Unsubscribed),
        ],
        ..NONE
    },
];

/// A plain list, of nobody's in particular.
pub const PLAIN: Service = Service { name: "spreadsheet", title: "an ordinary list", ..NONE };

/// Our own export.
#[rustfmt::skip]
pub const DIGEST: Service = Service {
    name: "digest", title: "digest",
    columns: &[
        ("email", Email), ("name", Name), ("editions", Editions), ("status", Status), ("created", Created), ("consent", Consent),
        ("confirmed", ConfirmTime), ("left", Left), ("paused_until", Paused), ("history", History),
    ],
    states: &[("pending", Pending), ("confirmed", Confirmed), ("unsubscribed", Unsubscribed), ("bounced", Bounced), ("complained", Complained)],
    ..NONE
};

/// The service that `--from` names.
pub fn by_name(name: &str) -> Option<&'static Service> {
    let name = super::meaning::key(name);
    let name = if name == "convertkit" { "kit" } else { name.as_str() };
    SERVICES.iter().chain([&PLAIN, &DIGEST]).find(|service| service.name == name)
}

/// The service whose export has such columns; the one that explains most of them.
pub fn recognise(headings: &[String]) -> Option<&'static Service> {
    let has = |column: &&str| headings.iter().any(|heading| heading == *column);
    let explained = |service: &Service| service.columns.iter().filter(|(column, _)| has(column)).count();
    let recognised = |service: &&Service| service.marks.iter().any(|mark| mark.iter().all(&has));
    // Of two that explain as much, the first.
    SERVICES.iter().filter(recognised).rev().max_by_key(|service| explained(service))
}
