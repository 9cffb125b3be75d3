//! A mailbox address: ASCII, one `@`, no white space, at most 254 octets, and read again it is itself.
#![no_main]

use digest::model::Address;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(address) = Address::parse(text) else { return };
    let form = address.as_str();
    assert!(form.len() <= 254 && form.bytes().all(|b| b.is_ascii_graphic()), "{form:?}");
    assert_eq!(form.matches('@').count(), 1, "{form:?}");
    assert!(!form.contains(['<', '>', '(', ')', '[', ']', '"', ',', ';', ':', '\\']), "{form:?}");
    assert_eq!(Address::parse(form).as_ref(), Ok(&address), "of {text:?}");
    assert_eq!(format!("{}@{}", address.local(), address.domain()), form);
    assert_eq!(Address::parse(&address.key()).map(|a| a.key()), Ok(address.key()));
    assert!(!address.masked().contains(form));
});
