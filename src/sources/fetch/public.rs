//! Which IP addresses the public reaches: not those of this machine, of a network of one's own, of a cloud's metadata.
//! After the special-purpose registries of IANA (RFC 6890 and its updates). Knows no name and no port.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address belongs to the public internet. An IPv6 address that carries an IPv4 one is as public as that.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    // This network, private ones (RFC 1918), loopback, and all from 224 on: multicast, reserved, broadcast.
    let whole = matches!(address.octets(), [0 | 10 | 127 | 224..=255, ..]);
    let part = match address.octets() {
        // Private too.
        [172, second, ..] => (16..=31).contains(&second),
        // Shared by a provider's customers (RFC 6598).
        [100, second, ..] => (64..=127).contains(&second),
        // Link-local, where clouds keep their metadata.
        [169, second, ..] => second == 254,
        // Private, protocol assignments, documentation, the old 6to4 relays.
        [192, second, third, _] => matches!((second, third), (168, _) | (0, 0 | 2) | (88, 99)),
        // Benchmarks, documentation.
        [198, second, third, _] => matches!((second, third), (18 | 19, _) | (51, 100)),
        [203, second, third, _] => (second, third) == (0, 113),
        _ => false,
    };
    !whole && !part
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // NAT64 (RFC 6052) and 6to4 (RFC 3056) lead to the IPv4 address inside. Mapped ones (::ffff:0:0/96) too.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0, 0xffff, high, low] | [0x2002, high, low, ..] => {
            v4(high, low)
        }
        // Teredo and other protocol assignments, documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Only 2000::/3 is given out: loopback, unique local, link-local and multicast are outside.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}
