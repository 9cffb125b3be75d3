//! The network that an address belongs to: as much of an address as is ever kept of a person.

use std::net::{IpAddr, Ipv6Addr};

/// What one household or company has, and no more. `bits` of the address count in version 6, 24 in version 4.
pub fn network(address: IpAddr, bits: u32) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let masked = u128::from(v6) & (u128::MAX << (128 - bits));
            format!("{}/{bits}", Ipv6Addr::from(masked))
        }
    }
}
