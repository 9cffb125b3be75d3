//! Who sent a request: the client's network, never its whole address. Knows no page.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::model::network;

/// The client of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// 192.0.2.0/24 or `2001:db8::/64`; empty when it is not known.
    pub network: String,
    /// The most that one customer of a provider may own: 192.0.2.0/24 or `2001:db8::/48`; empty when it is not known.
    pub site: String,
}

/// The other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The header that a trusted proxy sets; empty when there is none.
#[derive(Clone, Debug)]
pub struct Header(pub String);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
        let header = parts.extensions.get::<Header>().filter(|header| !header.0.is_empty());
        let told = header.and_then(|header| {
            // The last entry is what our own proxy saw; all before it was written by others.
            let value = parts.headers.get_all(header.0.as_str()).iter().next_back()?.to_str().ok()?;
            address(value.rsplit(',').next()?.trim())
        });
        let of = |bits| told.or(peer).map(|address| network(address, bits)).unwrap_or_default();
        Ok(Self { network: of(64), site: of(48) })
    }
}

/// An address as proxies write it: some add the port.
fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| text.parse().ok().map(|with_port: SocketAddr| with_port.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_as_its_network() {
        let of = |text: &str| network(text.parse().expect("an address"), 64);
        assert_eq!(of("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(of("::ffff:192.0.2.77"), "192.0.2.0/24");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        let wider = |text: &str| network(text.parse().expect("an address"), 48);
        assert_eq!(
            (wider("192.0.2.77").as_str(), wider("2001:db8:1:2:3:4:5:6").as_str()),
            ("192.0.2.0/24", "2001:db8:1::/48")
        );
    }
}
