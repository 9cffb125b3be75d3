//! DNS queries about a sender's own records. Knows the answers, not what they should be.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::{Resolver, TokioResolver};
use tokio::time::Instant;

/// A resolver: the system's, or one that asks a given server. All its questions together have a time by which they are answered.
#[derive(Clone)]
pub struct Dns {
    resolver: TokioResolver,
    patience: Duration,
    until: Instant,
}

impl Dns {
    /// Queries not answered within `patience` fail.
    ///
    /// # Errors
    /// When the system's DNS configuration cannot be read.
    pub fn new(server: Option<SocketAddr>, patience: Duration) -> Result<Self, String> {
        let mut builder = match server {
            None => Resolver::builder_tokio().map_err(|e| e.to_string())?,
            Some(server) => {
                let mut config = NameServerConfig::udp_and_tcp(server.ip());
                for connection in &mut config.connections {
                    connection.port = server.port();
                }
                let config = ResolverConfig::from_name_servers(vec![config]);
                Resolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        // A datagram may be lost: it is worth a second try within the patience.
        builder.options_mut().timeout = patience / 3;
        builder.options_mut().attempts = 2;
        let resolver = builder.build().map_err(|e| e.to_string())?;
        Ok(Self { resolver, patience, until: Instant::now() + patience })
    }

    /// The TXT records of a name, each with its strings run together (RFC 7208 §3.3); empty when there are none.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn txt(&self, name: &str) -> Result<Vec<String>, String> {
        self.ask(name, RecordType::TXT, |data| match data {
            RData::TXT(txt) => Some(txt.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect()),
            _ => None,
        })
        .await
    }

    /// The hosts that accept a domain's mail (MX), the preferred first.
    pub async fn mx(&self, name: &str) -> Result<Vec<String>, String> {
        let found = self.ask(name, RecordType::MX, |data| match data {
            RData::MX(mx) => Some((mx.preference, mx.exchange.to_ascii())),
            _ => None,
        });
        let mut hosts = found.await?;
        hosts.sort();
        Ok(hosts.into_iter().map(|(_, host)| host.trim_end_matches('.').to_owned()).collect())
    }

    /// The addresses of a host, IPv4 first.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        let mut found = Vec::new();
        for kind in [RecordType::A, RecordType::AAAA] {
            found.extend(
                self.ask(host, kind, |data| match data {
                    RData::A(a) => Some(IpAddr::V4(a.0)),
                    RData::AAAA(a) => Some(IpAddr::V6(a.0)),
                    _ => None,
                })
                .await?,
            );
        }
        Ok(found)
    }

    /// The names of an address.
    pub async fn names(&self, address: IpAddr) -> Result<Vec<String>, String> {
        let backwards = reverse(address);
        let found = self.ask(&backwards, RecordType::PTR, |data| match data {
            RData::PTR(name) => Some(name.0.to_ascii().trim_end_matches('.').to_owned()),
            _ => None,
        });
        found.await
    }

    async fn ask<T>(&self, name: &str, kind: RecordType, pick: impl Fn(&RData) -> Option<T>) -> Result<Vec<T>, String> {
        let absolute = format!("{}.", name.trim_end_matches('.'));
        let answer = tokio::time::timeout_at(self.until, self.resolver.lookup(absolute, kind)).await;
        let Ok(answer) = answer else {
            return Err(format!("no answer for {name} within {} s", self.patience.as_secs()));
        };
        match answer {
            Ok(found) => Ok(found.answers().iter().filter_map(|record| pick(&record.data)).collect()),
            Err(error) if is_empty(&error) => Ok(Vec::new()),
            Err(error) => Err(format!("no answer for {name}: {error}")),
        }
    }
}

fn is_empty(error: &NetError) -> bool {
    error.is_no_records_found() || error.is_nx_domain()
}

/// The name under which an address has its names (RFC 1035 §3.5, RFC 3596 §2.5).
fn reverse(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(v6) => {
            let nibbles = v6.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
            let labels: Vec<String> = nibbles.map(|nibble| format!("{nibble:x}")).collect();
            format!("{}.ip6.arpa", labels.join("."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_backwards() {
        assert_eq!(reverse("192.0.2.7".parse().expect("v4")), "7.2.0.192.in-addr.arpa");
        let v6 = reverse("2001:db8::1".parse().expect("v6"));
        assert!(v6.starts_with("1.0.0.0.") && v6.ends_with("8.b.d.0.1.0.0.2.ip6.arpa"), "{v6}");
    }
}
