//! The network of an IP address, which is all that is ever stored of a person's address.

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
