//! What the DNS should say of a sender: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 9989), where bounces go, and reverse names.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::{Diagnosis, Health, Progress};
use crate::mail::{DkimSigner, Dns, sender_domain};
use crate::pipeline::{Doctor, TransportKind};

type Answers = Result<Vec<String>, String>;

/// Time limit for all queries together. They run in parallel, and a working nameserver answers each in well under a second.
const PATIENCE: Duration = Duration::from_secs(5);

impl Doctor {
    pub(super) async fn examine_names(&self, nameserver: Option<SocketAddr>, tell: &mut impl FnMut(Progress)) {
        let Ok(domain) = sender_domain(&self.site.config.letterhead()) else {
            let what = "not checked: `publication.from` names no domain";
            return tell(Progress::Found(Diagnosis::new("dns", Health::Skipped, what)));
        };
        let dns = match Dns::new(nameserver, PATIENCE) {
            Ok(dns) => dns,
            Err(why) => {
                let wrong = Diagnosis::new("dns", Health::Error, why).mend("see /etc/resolv.conf");
                return tell(Progress::Found(wrong));
            }
        };
        tell(Progress::Waits(format!("the nameserver, about {domain}")));
        for question in self.questions(&dns, &domain) {
            match question.await {
                Ok(found) => found.into_iter().for_each(|one| tell(Progress::Found(one))),
                Err(why) => tell(Progress::Found(Diagnosis::new("dns", Health::Error, why.to_string()))),
            }
        }
    }

    /// Every query in progress, in the order in which the answers are reported.
    fn questions(&self, dns: &Dns, domain: &str) -> Vec<JoinHandle<Vec<Diagnosis>>> {
        let bounces = self.site.config.bounces.domain.clone();
        // SPF applies to the envelope's domain, which is the bounce domain if there is one.
        let envelope = if bounces.is_empty() { domain.to_owned() } else { bounces.clone() };
        let (own, asked) = (domain.to_owned(), dns.clone());
        let mut questions = vec![tokio::spawn(async move { vec![spf(&envelope, asked.txt(&envelope).await)] })];
        questions.push(self.dkim(dns.clone(), domain));
        let asked = dns.clone();
        questions.push(tokio::spawn(async move { vec![dmarc(&own, &asked).await] }));
        if !bounces.is_empty() {
            let asked = dns.clone();
            questions.push(tokio::spawn(async move { vec![bounce_hosts(&bounces, asked.mx(&bounces).await)] }));
        }
        if self.site.config.delivery.transport == TransportKind::Smtp {
            let (host, asked) = (self.outermost(domain), dns.clone());
            questions.push(tokio::spawn(async move { vec![reverse(&host, &asked).await] }));
        }
        questions
    }

    fn dkim(&self, dns: Dns, domain: &str) -> JoinHandle<Vec<Diagnosis>> {
        let signer = DkimSigner::load(&self.site.config.delivery.dkim, &self.site.root, domain);
        tokio::spawn(async move {
            let signer = match signer {
                Ok(Some(signer)) => signer,
                Ok(None) => {
                    let what = "no keys, so messages are not signed here; your relay must sign them";
                    return vec![Diagnosis::new("dkim", Health::Skipped, what)];
                }
                Err(notice) => return vec![Diagnosis::error("dkim", &notice)],
            };
            let mut found = Vec::new();
            for record in signer.records() {
                found.push(dkim_record(&record.name, &record.text, &record.key, dns.txt(&record.name).await));
            }
            found
        })
    }

    /// The host that hands our mail to the world, as far as we can know it.
    fn outermost(&self, domain: &str) -> String {
        let smtp = &self.site.config.delivery.smtp;
        let near = matches!(smtp.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        let hello = if smtp.hello.is_empty() { domain } else { &smtp.hello };
        if near { hello.to_owned() } else { smtp.host.clone() }
    }
}

/// The host's reverse name, and whether it resolves back to the host.
async fn reverse(host: &str, dns: &Dns) -> Diagnosis {
    let addresses = match host.parse::<IpAddr>() {
        Ok(address) => Ok(vec![address]),
        Err(_) => dns.addresses(host).await,
    };
    let address = match addresses {
        Ok(addresses) => addresses.into_iter().next(),
        Err(why) => return unanswered("reverse", why),
    };
    let Some(address) = address else {
        let what = format!("{host} has no address");
        return Diagnosis::new("reverse", Health::Error, what)
            .mend("the name that a mail server gives itself must have an address (RFC 5321 section 4.1.1.1)");
    };
    match dns.names(address).await {
        Err(why) => unanswered("reverse", why),
        Ok(names) if names.is_empty() => {
            let what = format!("{address} ({host}) has no name");
            Diagnosis::new("reverse", Health::Warning, what)
                .mend("ask whoever gave you the address for a PTR record with the server's name; Gmail wants one")
        }
        Ok(names) => {
            let back = dns.addresses(&names[0]).await.unwrap_or_default();
            if back.contains(&address) {
                return Diagnosis::new("reverse", Health::Good, format!("{address} resolves to {} and back", names[0]));
            }
            let what = format!("{address} is called {}, which does not lead back to it", names[0]);
            Diagnosis::new("reverse", Health::Warning, what)
                .mend("give that name this address, or set the PTR record to a name that has this address")
        }
    }
}

fn unanswered(about: &'static str, why: String) -> Diagnosis {
    Diagnosis::new(about, Health::Warning, why).mend("check that this machine is online and its nameserver responds")
}

fn spf(domain: &str, answers: Answers) -> Diagnosis {
    let records = match answers {
        Ok(records) => records.into_iter().filter(|text| is_version(text, "v=spf1")).collect::<Vec<_>>(),
        Err(why) => return unanswered("spf", why),
    };
    let mend = format!("{domain} TXT \"v=spf1 include:YOUR-RELAY -all\", as your relay's manual says");
    match records.as_slice() {
        [] => Diagnosis::new("spf", Health::Error, format!("{domain} has no SPF record")).mend(mend),
        [one] if one.contains("+all") || one.split(' ').any(|word| word == "all") => {
            let what = format!("the SPF record of {domain} lets everybody send in its name: {one}");
            Diagnosis::new("spf", Health::Error, what).mend("end it with ~all or -all")
        }
        [one] => Diagnosis::new("spf", Health::Good, format!("{domain}: {one}")),
        _ => Diagnosis::new("spf", Health::Error, format!("{domain} has several SPF records, so none is used"))
            .mend("join them into one (RFC 7208 section 3.2)"),
    }
}

fn is_version(text: &str, version: &str) -> bool {
    let head = text.get(..version.len()).is_some_and(|head| head.eq_ignore_ascii_case(version));
    head && matches!(text.as_bytes().get(version.len()), None | Some(b' ' | b';'))
}

/// The record must hold the public half of our key.
fn dkim_record(name: &str, wanted: &str, key: &str, answers: Answers) -> Diagnosis {
    let mend = format!("{name} TXT \"{wanted}\"");
    let records = match answers {
        Ok(records) => records,
        Err(why) => return unanswered("dkim", why),
    };
    let tag = |text: &str, tag: &str| -> Option<String> {
        text.split(';').find_map(|part| {
            let (name, value) = part.split_once('=')?;
            (name.trim() == tag).then(|| value.split_whitespace().collect())
        })
    };
    let keys: Vec<String> = records.iter().filter_map(|text| tag(text, "p")).collect();
    match keys.as_slice() {
        [] => Diagnosis::new("dkim", Health::Error, format!("there is no record {name}")).mend(mend),
        keys if keys.iter().any(|found| found == key) && keys.len() == 1 => {
            Diagnosis::new("dkim", Health::Good, format!("{name} holds our key"))
        }
        keys if keys.iter().any(|found| found == key) => {
            Diagnosis::new("dkim", Health::Error, format!("{name} has several records, so receivers may pick any"))
                .mend("leave only the one with our key")
        }
        _ => {
            Diagnosis::new("dkim", Health::Error, format!("{name} holds a different key from ours, so signatures fail"))
                .mend(mend)
        }
    }
}

/// The policy of the domain, or of one above it (RFC 7489 §6.6.3 asks the organizational domain; without a list of public
/// suffixes each parent of two labels or more is asked).
async fn dmarc(domain: &str, dns: &Dns) -> Diagnosis {
    let mut at = domain;
    loop {
        let name = format!("_dmarc.{at}");
        let records = match dns.txt(&name).await {
            Ok(records) => records.into_iter().filter(|text| is_version(text, "v=DMARC1")).collect::<Vec<_>>(),
            Err(why) => return unanswered("dmarc", why),
        };
        match records.as_slice() {
            [] => {}
            // A public suffix's own record (psd=y) does not apply to the domains below it.
            [one] if at != domain && tag(one, "psd").is_some_and(|psd| psd.eq_ignore_ascii_case("y")) => break,
            [one] => return dmarc_record(&name, one),
            _ => {
                return Diagnosis::new("dmarc", Health::Error, format!("{name} has several records, so none is used"))
                    .mend("leave one");
            }
        }
        match above(at) {
            Some(parent) => at = parent,
            None => break,
        }
    }
    Diagnosis::new(
        "dmarc",
        Health::Error,
        format!("{domain} has no DMARC record; Gmail and Yahoo want one of bulk senders"),
    )
    .mend(format!("_dmarc.{domain} TXT \"v=DMARC1; p=none; rua=mailto:dmarc@{domain}\""))
}

/// The next name of the tree walk (RFC 9989 section 4.10): one label less; of a name of more than eight labels, the last seven.
fn above(name: &str) -> Option<&str> {
    let labels = name.split('.').count();
    let keep = if labels > 8 { 7 } else { labels - 1 };
    let mut rest = name;
    for _ in keep..labels {
        rest = rest.split_once('.')?.1;
    }
    Some(rest)
}

/// The value of a tag of a DMARC record.
fn tag<'r>(record: &'r str, name: &str) -> Option<&'r str> {
    record
        .split(';')
        .find_map(|part| part.trim().split_once('=').filter(|(key, _)| key.trim().eq_ignore_ascii_case(name)))
        .map(|(_, value)| value.trim())
}

/// Parts of a DMARC record that receivers ignore, or read differently than intended.
fn dmarc_record(name: &str, record: &str) -> Diagnosis {
    let policy = |key: &str| tag(record, key).map(str::to_ascii_lowercase);
    let known = |value: &String| ["none", "quarantine", "reject"].contains(&value.as_str());
    let what = format!("{name}: {record}");
    if let Some(key) = ["p", "sp", "np"].into_iter().find(|key| policy(key).is_some_and(|value| !known(&value))) {
        let mend = format!("`{key}` is none, quarantine or reject");
        return Diagnosis::new("dmarc", Health::Error, what).mend(mend);
    }
    if policy("p").is_none() {
        let mend = "add p=none, p=quarantine or p=reject";
        return Diagnosis::new(
            "dmarc",
            Health::Warning,
            format!("{what}; it has no `p`, so it counts as p=none at best"),
        )
        .mend(mend);
    }
    if tag(record, "pct").is_some() {
        let mend =
            "remove `pct`; `t=y` makes receivers report but not apply the policy, as pct=0 was meant to (RFC 9989)";
        return Diagnosis::new("dmarc", Health::Warning, format!("{what}; `pct` is not read any more")).mend(mend);
    }
    let trial = policy("t").is_some_and(|t| t == "y");
    let note = if trial { "; t=y: receivers report and do not apply it" } else { "" };
    Diagnosis::new("dmarc", Health::Good, format!("{what}{note}"))
}

fn bounce_hosts(domain: &str, answers: Answers) -> Diagnosis {
    match answers {
        Err(why) => unanswered("bounces", why),
        Ok(hosts) if hosts.is_empty() => {
            Diagnosis::new("bounces", Health::Error, format!("{domain} has no MX record, so bounces reach nobody"))
                .mend(format!("{domain} MX 10 the host that takes your bounces"))
        }
        Ok(hosts) => Diagnosis::new("bounces", Health::Good, format!("mail for {domain} goes to {}", hosts.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(diagnosis: &Diagnosis) -> Health {
        diagnosis.health
    }

    #[test]
    fn spf_is_one_record_that_does_not_let_everybody_in() {
        for (records, expected) in [
            (vec![], Health::Error),
            (vec!["google-site-verification=x"], Health::Error),
            (vec!["v=spf1 include:relay.example -all"], Health::Good),
            (vec!["V=SPF1 ~all", "other"], Health::Good),
            (vec!["v=spf1 +all"], Health::Error),
            (vec!["v=spf1 all"], Health::Error),
            (vec!["v=spf10 -all"], Health::Error),
            (vec!["v=spf1 -all", "v=spf1 ~all"], Health::Error),
        ] {
            let answers = records.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(health(&spf("news.example", Ok(answers))), expected, "{records:?}");
        }
        assert_eq!(health(&spf("news.example", Err("silence".into()))), Health::Warning);
    }

    #[test]
    fn dmarc_is_read_as_rfc_9989_says() {
        for (record, expected, told) in [
            ("v=DMARC1; p=reject; rua=mailto:d@x.example", Health::Good, "p=reject"),
            ("v=DMARC1; p=quarantine; t=y; np=reject; psd=n", Health::Good, "do not apply"),
            ("v=DMARC1; p=reject; pct=50", Health::Warning, "`pct` is not read"),
            ("v=DMARC1; rua=mailto:d@x.example", Health::Warning, "no `p`"),
            ("v=DMARC1; p=maybe", Health::Error, "p=maybe"),
            ("v=DMARC1; p=none; np=strict", Health::Error, "np=strict"),
        ] {
            let found = dmarc_record("_dmarc.x.example", record);
            assert!(found.health == expected && found.what.contains(told), "{record}: {found:?}");
        }
        assert_eq!(above("a.b.example"), Some("b.example"));
        assert_eq!(above("example"), None);
        assert_eq!(above("a.b.c.d.e.f.g.h.i.example"), Some("d.e.f.g.h.i.example"), "seven labels");
    }

    #[test]
    fn dkim_compares_the_key() {
        let look = |records: &[&str]| {
            let answers = Ok(records.iter().map(|text| (*text).to_owned()).collect());
            health(&dkim_record("a._domainkey.news.example", "v=DKIM1; p=AAAA", "AAAA", answers))
        };
        assert_eq!(look(&["v=DKIM1; k=rsa; p=AA AA"]), Health::Good);
        assert_eq!(look(&["v=DKIM1; k=rsa; p=BBBB"]), Health::Error);
        assert_eq!(look(&["p=AAAA", "p=BBBB"]), Health::Error);
        assert_eq!(look(&["v=DKIM1; p="]), Health::Error);
        assert_eq!(look(&[]), Health::Error);
    }
}
